"""One documented exchange played to a plugin, and all that came of it, told for its author."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

from tintype._excerpts import guess
from tintype.convert import redact, to_builtins
from tintype.errors import TintypeError, UsageError
from tintype.messages import Body, FormBody, JsonBody, MultipartBody, RawBody, Request
from tintype_contracts.case import Case
from tintype_contracts.check import Check, Finding, of_case
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.comparing import Difference
from tintype_contracts.fixtures.format import DocumentedExchange, Source
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING, is_array
from tintype_contracts.fixtures.strict_json import plain
from tintype_contracts.harness.evaluate import plain_finding
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Broken, Parsed, listen
from tintype_contracts.harness.worlds import CHOSEN
from tintype_contracts.oracles.values import sorted_flaw
from tintype_contracts.report.terminal import row_lines
from tintype_contracts.report.words import shown
from tintype_contracts.strategies.tellings import told, world_of
from tintype_contracts.verdict import Row


@frozen(kw_only=True)
class Replay:
    """What came of one exchange.

    Attributes:
        exchange: The exchange.
        source: The document it stands in.
        built: What the plugin would send: a request, or what it said instead.
        request: Where that is not the documented request.
        answer: What the provider says, with the mutations in it.
        mutations: What was changed in the documented answer.
        heard: What the plugin makes of the answer.
        flaws: What is wrong with that, or with what it made of an event before the last,
            whatever the documents say.
        outcome: Where that is not what is expected; not compared with a mutated answer.
    """

    exchange: DocumentedExchange
    source: Source | None
    built: object
    request: tuple[Difference, ...]
    answer: Answer
    mutations: tuple[str, ...]
    heard: Parsed
    flaws: tuple[str, ...]
    outcome: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether the plugin does what is documented and nothing that no hook may do."""
        wrong = isinstance(self.built, Broken) or self.flaws
        return not (wrong or self.request or self.outcome)


def replay(subject: Subject, case: Case) -> Replay:
    """Play an exchange to a plugin, with what a case says is other than documented.

    Raises:
        UsageError: There is no such exchange, or no place in it that a mutation names.
        PluginError: The plugin cannot be loaded.
        FixtureError: The fixtures cannot be loaded.
    """
    exchange = _exchange(subject, case.place)
    try:
        answer = told(subject, case)
    except LookupError as error:
        raise UsageError(str(error)) from None
    rehearsal = subject.in_world(world_of(case))
    said = listen(subject, answer) if answer.turns else (Broken(deed="nothing was answered"),)
    asked = exchange.request is not None
    changed = not case.given.keys() <= CHOSEN
    return Replay(
        exchange=exchange,
        source=subject.fixtures.sources.get(exchange.src),
        built=_attempt(lambda: rehearsal.ask(exchange)) if asked else None,
        request=_compare(rehearsal.request_differences, exchange),
        answer=answer,
        mutations=case.mutations if changed else (),
        heard=said[-1],
        flaws=_flaws(said, answer),
        outcome=() if changed else _compare(rehearsal.outcome_differences, exchange),
    )


def again(subject: Subject, name: str, case: Case) -> str:
    """What a check finds of one case, or of everything where none is given; "" for nothing.

    Raises:
        UsageError: There is no such check.
    """
    known = {check.id: check for check in all_checks()}
    if name not in known:
        msg = f"There is no check {name!r}.{guess(name, known)}"
        raise UsageError(msg)
    check = known[name]
    found = _found(subject, check, case)
    row = Row(check=check.id, level=check.level, outcome="fail", findings=tuple(found))
    return "\n".join(row_lines(row)) if row.findings else ""


def _found(subject: Subject, check: Check, case: Case) -> Iterator[Finding]:
    """By the check's own judge; a check that tries no cases is asked all that it asks."""
    if check.judge is not None and case.place:
        every = of_case(subject, case, check.judge)
    else:
        every = check.run(subject)
    for found in every:
        if not case.place or Case.of(found.exchange, found.mutations) == case:
            yield plain_finding(found)


def _exchange(subject: Subject, name: str) -> DocumentedExchange:
    known = subject.fixtures.exchanges
    if name not in known:
        msg = f"{subject.name} has no exchange {name!r}.{guess(name, known, 3)}"
        raise UsageError(msg)
    return known[name]


def _flaws(said: Sequence[Parsed], answer: Answer) -> tuple[str, ...]:
    """What the fuzz checks would say, once each."""
    found = [sorted_flaw(each, answer) for each in said]
    return tuple(dict.fromkeys(flaw[1] for flaw in found if flaw))


def _compare(
    differences: Callable[[DocumentedExchange], list[Difference]], exchange: DocumentedExchange
) -> tuple[Difference, ...]:
    found = _attempt(lambda: differences(exchange))
    return tuple(found) if isinstance(found, list) else ()


def _attempt(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        return Broken(deed=f"{type(error).__name__} was raised: {error}")


# ------------------------------------------------------------------------------ told


def replay_text(replay: Replay, key_form: str = "{key}") -> str:
    """Everything, for a person at a terminal.

    Args:
        replay: What came of it.
        key_form: How the provider is shown who asks, such as `Bearer {key}`.
    """
    exchange = replay.exchange
    lines = [f"{exchange.id}: {exchange.operation}, {exchange.kind}"]
    if replay.source is not None:
        lines.append(f"  {replay.source.title} {replay.source.url}".rstrip())
    if exchange.why:
        lines.append(f"  {exchange.why}")
    if exchange.case is not None:
        lines += ["", "asked", *_json(exchange.case)]
    if exchange.request is not None:
        lines += ["", "the plugin sends", *sent_lines(replay.built, key_form)]
        lines += _compared(replay.request, "as documented")
    lines += ["", "the provider says", *_answer(replay)]
    lines += ["", "parse makes of it", *_heard(replay.heard)]
    lines += [f"  what no hook may: {flaw}" for flaw in replay.flaws]
    if not replay.mutations:
        lines += _compared(replay.outcome, "as expected")
    return "\n".join(lines)


def sent_lines(built: object, key_form: str) -> Iterator[str]:
    """What a plugin sends, or what it says in its place."""
    if not isinstance(built, Request):
        yield f"  {built.deed if isinstance(built, Broken) else shown(built)}"
        return
    yield f"  {built.method} {built.url}"
    if built.auth:
        yield f"  with the key, as {key_form}"
    yield from _body(built.body)


def _body(body: Body | None) -> Iterator[str]:
    match body:
        case JsonBody(value=value):
            yield from _json(json.loads(dump(value)))
        case FormBody(fields=fields):
            yield from (f"  {name}: {text}" for name, text in fields)
        case MultipartBody(parts=parts):
            for part in parts:
                told = f"<{len(part.data)} bytes>" if part.filename else part.data.decode()
                yield f"  {part.name}: {told}"
        case RawBody(data=data, media_type=media_type):
            yield f"  <{len(data)} bytes of {media_type}>"
        case None:
            return


def _answer(replay: Replay) -> Iterator[str]:
    status = replay.answer.status
    if status is not None:
        yield f"  {status}"
    for mutation in replay.mutations:
        yield f"  with {mutation}"
    body = replay.answer.body
    yield from _json(body) if body is not MISSING else ["  (no JSON)"]


def _heard(heard: Parsed) -> Iterator[str]:
    match heard:
        case Broken():
            return  # it is among the flaws
        case TintypeError():
            yield f"  {type(heard).__name__} (billed: {heard.billed}): {heard}"
        case _:
            yield f"  a {type(heard).__name__}"
            yield from _json(_without_blanks(to_builtins(heard)))


def _without_blanks(value: object) -> object:
    """The fields that say something."""
    if is_array(value):
        return [_without_blanks(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _without_blanks(item)
        for key, item in value.items()
        if item is not None and item not in ("", [], {})
    }


def _json(value: object) -> list[str]:
    told = json.loads(dump(redact(plain(value))))
    text = json.dumps(told, ensure_ascii=False, indent=2)
    return [f"  {line}" for line in text.splitlines()]


def _compared(differences: Sequence[Difference], same: str) -> Iterator[str]:
    if not differences:
        yield f"  = {same}"
    for difference in differences:
        yield f"  ! {difference}"
