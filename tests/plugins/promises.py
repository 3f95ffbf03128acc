"""What the five first documents promise and print nothing of; a cell that is empty says why."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen
from tests.contracts import sweep
from tests.plugins import played

from tintype import ImageRequest, Reference
from tintype._flow.resolve import resolve
from tintype.errors import InvalidRequestError
from tintype_contracts.case import Case
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import builder_of

_LINK = "https://example.com/1.png"
_HOOK = "http://127.0.0.1:9/hook"
_NOTHING = "nothing to read: no answer tells of it"


@frozen(kw_only=True)
class Promise:
    """One promise, and what each of the three makes of it."""

    provider: str
    says: str
    plugin: str
    sheet: str
    sandbox: str


def promises(subject: Subject) -> Iterator[Promise]:
    """Those of a provider, asked for and counted."""
    for says, plugin, sheet, sandbox in _OF.get(subject.name, lambda _: [])(subject):
        yield Promise(provider=subject.name, says=says, plugin=plugin, sheet=sheet, sandbox=sandbox)


def _of_cheapai(subject: Subject) -> Iterator[tuple[str, str, str, str]]:
    balance = sweep.engine_of(subject.fixtures).state.account.balance
    account = "of an account, and not of the API"
    yield (
        "$2 in free credits",
        _NOTHING,
        account,
        f"an account opens with {balance.credits} credits",
    )


def _of_apimodels(subject: Subject) -> Iterator[tuple[str, str, str, str]]:
    webhooks = subject.fixtures.webhooks
    assert webhooks is not None
    waits = ", ".join(f"{wait:g}" for wait in webhooks.retries)
    signed = "signed" if webhooks.signature else "unsigned"
    yield (
        "a callback is retried after 1, 2 and 4 s, then for up to 30 minutes",
        "takes what is delivered, as often as it comes",
        f"{signed}, retries {waits} s, then {webhooks.background:g} s in the background",
        _retried(subject),
    )
    masked = (Reference(url=_LINK), Reference(url=_LINK, role="mask"))
    lacking = "no field is named for a mask"
    asked = {**_body(subject), "mask": _LINK}
    yield "mask inpainting", _refused(subject, masked), lacking, played.drawn(subject, asked)


def _of_apiyi(subject: Subject) -> Iterator[tuple[str, str, str, str]]:
    yield (
        "data[].size may differ slightly from the size that is asked for, 1280x720",
        "read from the answer, whatever was asked",
        "no document says by how much, nor when",
        played.drawn(subject, {**_body(subject), "size": "1280x720"}),
    )


_OF = {"apimodels": _of_apimodels, "apiyi": _of_apiyi, "cheapai": _of_cheapai}


def _body(subject: Subject) -> dict[str, object]:
    model = subject.info.models[0].id
    built = builder_of(subject).build(Case(place="submit", given={"model": model}))
    assert built is not None
    return dict(built.body or {})


def _refused(subject: Subject, references: tuple[Reference, ...]) -> str:
    try:
        resolve(ImageRequest(prompt="a panda", references=references), subject.info)
    except InvalidRequestError as error:
        return f"refused, by {error.field}"
    return ""


def _retried(subject: Subject) -> str:
    """When a callback is tried whose receiver never takes it."""
    fixtures = subject.fixtures
    engine = sweep.engine_of(fixtures)
    assert fixtures.webhooks is not None
    body = {**_body(subject), fixtures.webhooks.field[1:]: _HOOK}
    engine.answer(sweep.submission(fixtures, body), sweep.NOW)
    tried: list[int] = []
    for second in range(3600):
        for webhook in engine.due(sweep.NOW + second):
            tried.append(second)
            engine.report(webhook, taken=False, now=sweep.NOW + second)
    first = ", ".join(str(at - tried[0]) for at in tried[:4])
    return f"tried at {first} s, {len(tried)} times within {(tried[-1] - tried[0]) // 60} minutes"
