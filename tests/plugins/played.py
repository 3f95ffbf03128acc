"""What the sandbox answers to what the five first documents print; no socket is opened."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from attrs import evolve, frozen
from PIL import Image
from tests.contracts import sweep
from tests.plugins.answers import Address, Answer, Refusal, is_told, made_of, matching, pointers

from tintype.exchange import Operation
from tintype_contracts.case import Case
from tintype_contracts.harness.subject import Subject
from tintype_contracts.sandbox import SandboxRequest, Stream, WholeResponse
from tintype_contracts.strategies.builder import builder_of

_LOOKS = (0.0, 1.5, 2.5, 3.5, 600.0)  # seconds after the submission; a state lasts one
_HOOK = "http://127.0.0.1:9/hook"
_OK = 200


# ----------------------------------------------------------------- what is asked for


def drawn(subject: Subject, body: Mapping[str, object]) -> str:
    """What comes of a submission: pictures, their format and size, their price, a webhook."""
    fixtures = subject.fixtures
    engine = sweep.engine_of(fixtures)
    field = fixtures.webhooks.field[1:] if fixtures.webhooks else ""
    asked = {key: _HOOK if key == field else value for key, value in body.items()}
    answer = sweep.ask(engine, sweep.Request(subject.name, "", asked))
    if answer.reply.status != _OK:
        reason = dict(answer.reply.headers).get("x-sandbox-reason", "")
        return f"{answer.reply.status}: {reason}"
    called = len(engine.due(sweep.NOW + 600))
    words = [
        f"{len(answer.pictures)} {', '.join(dict.fromkeys(map(_kind, answer.pictures)))}",
        *(f"${each.usd}" for each in engine.state.account.ledger.paid if each.usd is not None),
        *(f"{each.credits} credits" for each in engine.state.account.ledger.paid if each.credits),
        *(["streamed"] if isinstance(answer.reply, Stream) else []),
        *(["webhook"] if called else []),
    ]
    return ", ".join(words)


def _kind(data: bytes) -> str:
    """The format and the pixels of a picture."""
    if b"<svg" in data[:300]:
        return "svg"
    with Image.open(io.BytesIO(data)) as picture:
        clear = " with alpha" if "A" in picture.mode or "transparency" in picture.info else ""
        return f"{str(picture.format).lower()} {picture.width}x{picture.height}{clear}"


def refused(subject: Subject, fact: Refusal) -> tuple[str, str]:
    """What the sheet and the sandbox have to say to what a document refuses.

    It is sent in the document's own words. The sandbox gives the sheet's reason.
    """
    body = _written(subject, fact)
    engine = sweep.engine_of(subject.fixtures)
    reply = engine.answer(sweep.submission(subject.fixtures, body), sweep.NOW)
    rows = builder_of(subject).rows(Case(place="submit", given={"model": fact.model}))
    if reply.status == _OK:
        ignored = [row.wire for row in rows if row.ignored and row.wire[1:] in body]
        return f"ignores {', '.join(ignored)}" if ignored else "", drawn(subject, body)
    reason = dict(reply.headers).get("x-sandbox-reason", "")
    told = json.loads(reply.body) if isinstance(reply, WholeResponse) else None
    heard = Answer(
        provider=fact.provider,
        says=fact.says,
        operation=Operation.SUBMIT,
        body=told,
        read={},
        status=reply.status,
    )
    return reason, f"{reply.status}, error {made_of(subject, heard).get('error', '')}"


def _written(subject: Subject, fact: Refusal) -> Mapping[str, object]:
    """A request that is right but for what the document refuses."""
    builder = builder_of(subject)
    asked = dict(fact.asked)
    references = asked.get("references", ())
    assert isinstance(references, tuple)
    more = {"references": references[:1]} if references else {}
    case = Case(place="submit", given={"model": fact.model, **more})
    built = builder.build(case)
    assert built is not None
    body = dict(built.body or {})
    for row in builder.rows(case):
        name = row.wire[1:]
        if row.neutral == "references" and name in body:
            one = body.pop(name)
            body |= {name: one * len(references)} if references and isinstance(one, list) else {}
        elif row.neutral in asked or name in asked:
            body[name] = row.spelt(asked.get(row.neutral or name, asked.get(name)))
    raw = asked.get("options", {})
    assert isinstance(raw, dict)
    return {**body, **raw}


# ----------------------------------------------------------------- what is answered


@frozen
class Heard:
    """An answer of the sandbox, or a delivery.

    Attributes:
        operation: What it answers.
        status: Its HTTP status.
        body: Its JSON.
        task: The task that it is about, or "".
    """

    operation: str
    status: int
    body: object
    task: str


@frozen
class Played:
    """An answer of the sandbox that tells what a document does.

    Attributes:
        scene: Where it was played.
        read: What the plugin reads in it, by the names of the fact.
        more: How many fields it has besides.
    """

    scene: str
    read: Mapping[str, str]
    more: int

    def differs(self, fact: Answer) -> int:
        """In how much the plugin reads it otherwise; ids, addresses and money are its own."""
        return sum(
            _told(name, self.read[name]) != _told(name, fact.read[name]) for name in self.read
        )


def played(subject: Subject, fact: Answer) -> str:
    """What the plugin reads in the sandbox's answer of this kind, and the scene it came in."""
    found = min(
        _played(subject, fact), key=lambda each: (each.differs(fact), each.more), default=None
    )
    if found is None:
        return ""
    return f"{', '.join(_told(*each) for each in found.read.items())} ({found.scene or 'as asked'})"


def _played(subject: Subject, fact: Answer) -> Iterator[Played]:
    for scene in ("", *_scenes(subject, fact)):
        for heard in _heard(subject, scene, fact.asked):
            if is_told(fact, heard.operation, heard.status, heard.body):
                made = made_of(subject, evolve(fact, body=heard.body), heard.task)
                read = {name: made.get(name, "") for name in fact.read}
                yield Played(scene, read, len(set(pointers(heard.body)) - set(pointers(fact.body))))


def _told(name: str, word: str) -> str:
    """Of what is the sandbox's own, how many there are."""
    return f"{name} {len(word.split())}" if name in {"id", "urls"} else f"{name} {word}"


def _scenes(subject: Subject, fact: Answer) -> Iterator[str]:
    """The scenes in which an exchange of the fixtures tells it."""
    wanted = {each.id for each in matching(subject, fact)}
    for story in subject.fixtures.stories.values():
        for name in story.scenes:
            if wanted & {each.id for each in subject.fixtures.scene(story.name, name)}:
                yield f"{story.name}/{name}"


def _heard(subject: Subject, scene: str, asked: Mapping[str, object]) -> Iterator[Heard]:
    """Everything that the sandbox says in a scene; in "", as it is asked."""
    fixtures = subject.fixtures
    engine = sweep.engine_of(fixtures)
    model = asked.get("model", subject.info.models[0].id)
    raw = {name: value for name, value in asked.items() if name != "model"}
    case = Case(place="submit", given={"model": model, "options": raw})
    builder = builder_of(subject)
    built = builder.build(case)
    assert built is not None
    field = {fixtures.webhooks.field[1:]: _HOOK} if fixtures.webhooks else {}
    wanted = ("X-Tintype-Scene", scene)
    call = sweep.submission(fixtures, {**(built.body or {}), **field}, wanted)
    if any(route.operation == "price" for route in fixtures.routes):
        priced = builder.build(evolve(case, place="price"))
        told = (priced and priced.body) or {}
        question = sweep.submission(fixtures, told, wanted, operation="price")
        yield from _of("price", engine.answer(question, sweep.NOW))
    reply = engine.answer(call, sweep.NOW)
    yield from _of("submit", reply)
    polled = reply.task and any(route.operation == "poll" for route in fixtures.routes)
    for at in _LOOKS if polled else ():
        yield from _of("poll", engine.answer(sweep.look(fixtures, reply.task), sweep.NOW + at))
    for webhook in engine.due(sweep.NOW + _LOOKS[-1]):
        yield Heard("webhook", _OK, json.loads(webhook.body), webhook.task)


def _of(operation: str, reply: WholeResponse | Stream) -> Iterator[Heard]:
    if isinstance(reply, WholeResponse):
        with suppress(ValueError):
            yield Heard(operation, reply.status, json.loads(reply.body), reply.task)


def address(subject: Subject, fact: Address) -> str:
    """The operation for which the sandbox takes that address."""
    route = next(each for each in subject.fixtures.routes if each.operation == fact.operation)
    parts = urlsplit(fact.url)
    query = tuple(parse_qsl(parts.query))
    call = SandboxRequest(method=route.method, path=parts.path, query=query)
    return sweep.engine_of(subject.fixtures).operation(call)
