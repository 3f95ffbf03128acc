"""Refusals: the documented ones, those a table's row implies, and a gateway's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from attrs import evolve

from tintype.exchange import Operation
from tintype.messages import Response
from tintype_contracts.fixtures.format import ErrorRow
from tintype_contracts.fixtures.pointers import MISSING, get, tokens
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, documented_answers

WORDS = "Something is not as it should be."
"""What a made-up refusal says. No rule about words applies to it."""

GATEWAY_BODIES: Mapping[str, bytes] = {
    "no body": b"",
    "a page": b"<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>",
    "plain words": b"upstream connect error or disconnect/reset before headers",
}
"""Bodies that something in front of the provider sends."""

ODD_BODIES: Mapping[str, bytes] = {
    "[]": b"[]",
    '"x"': b'"x"',
    "null": b"null",
    "7": b"7",
    "{}": b"{}",
    "a null error": b'{"error":null}',
    "a number for an error": b'{"error":7}',
    "a list for an error": b'{"error":[]}',
    "a truth value for an error": b'{"error":true}',
    "wrong types in an error": b'{"error":{"message":7,"code":[],"type":{}},"code":"x","msg":[]}',
    "a wrong message": b'{"message":{},"detail":[{"loc":[1]}]}',
    "JSON that is cut short": b'{"error":{"message":"',
    "bytes that are no text": b"\xff\xfe\x00{",
}
"""Bodies that no document shows."""


def fits(row: ErrorRow, answer: Answer) -> bool:
    """Whether a documented answer is what a row of the error table is about."""
    expected = answer.exchange.expect
    matched = all(get(answer.body, pointer) == value for pointer, value in row.match.items())
    agreed = expected.error == row.error
    billed = expected.fields.get("billed", row.billed) == row.billed  # a gateway's page may differ
    return answer.status == row.status and matched and agreed and billed


def examples_of(subject: Subject, row: ErrorRow) -> list[Answer]:
    """The documented answers of a row; where there are none, one made in their likeness."""
    found = [answer for answer in documented_answers(subject) if fits(row, answer)]
    return found or [_made(subject, row)]


def refusals(subject: Subject, operation: str = "") -> list[Answer]:
    """The documented answers, not streamed, that the plugin raises an error for."""
    return [
        answer
        for answer in documented_answers(subject)
        if answer.exchange.expect.outcome == "error"
        and operation in {"", answer.exchange.operation}
        and not answer.streamed
    ]


def bodies_of(subject: Subject, operation: Operation) -> Iterator[str]:
    """Every JSON body that is documented for an operation, once."""
    found: set[bytes] = set()
    for answer in documented_answers(subject):
        turn, message = answer.turns[0]
        if turn is operation and isinstance(message, Response) and answer.body is not MISSING:
            if message.body not in found:
                yield message.body.decode()
            found.add(message.body)


@lru_cache(maxsize=1)
def questions(subject: Subject) -> Mapping[Operation, Answer]:
    """One documented answer of each operation, to be given other bodies."""
    found: dict[Operation, Answer] = {}
    for answer in documented_answers(subject):
        operation, message = answer.turns[0]
        if isinstance(message, Response):
            found.setdefault(operation, answer)
    return found


def elsewhere(subject: Subject, answer: Answer) -> Iterator[tuple[Operation, Answer]]:
    """The same refusal in answer to every other operation that is documented."""
    own, message = answer.turns[0]
    for operation, other in questions(subject).items():
        if operation is not own and isinstance(message, Response):
            yield operation, evolve(other, turns=((operation, message),), body=answer.body)


def _made(subject: Subject, row: ErrorRow) -> Answer:
    """A refusal as another documented one, its words taken out, with what the row matches."""
    likeness = [each for each in refusals(subject) if isinstance(each.body, Mapping)]
    model = min(likeness, key=lambda each: _likeness(each, row), default=None)
    base = model or next(iter(questions(subject).values()))
    body = _neutral(base.body, base.status or 0, row.status) if model else {}
    for pointer, value in row.match.items():
        body = _with(body, tokens(pointer), value)
    return base.saying(body).under(row.status)


def _likeness(answer: Answer, row: ErrorRow) -> tuple[bool, bool]:
    """How unlike an answer is to what a row is about: by its status, then its operation."""
    return answer.status != row.status, answer.exchange.operation != "submit"


def _neutral(value: object, status: int, wanted: int) -> object:
    """A body without its words, its status changed wherever it stands."""
    match value:
        case str():
            return WORDS
        case Mapping():
            return {key: _neutral(item, status, wanted) for key, item in value.items()}
        case list():
            return [_neutral(item, status, wanted) for item in value]
        case int() if value == status:
            return wanted
        case _:
            return value


def _with(body: object, path: list[str], value: object) -> object:
    """A body that has `value` at a place, objects made on the way there."""
    if not path:
        return value
    first, *rest = path
    known = dict(body) if isinstance(body, Mapping) else {}
    return {**known, first: _with(known.get(first), rest, value)}
