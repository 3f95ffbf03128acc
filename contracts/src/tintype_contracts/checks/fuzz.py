"""fuzz: whatever a provider says, a plugin makes of it a true value or one of tintype's errors.

Every documented answer, event and webhook is bent at each of its places in every way JSON
has, then in two places at once, then filled with other values of the same types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import cast

from attrs import frozen
from hypothesis import strategies as st

from tintype.errors import TintypeError
from tintype.messages import Headers, Response
from tintype_contracts.case import DROPPED
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.comparing import differences
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    Parsed,
    documented_answers,
    listen,
    one_a_shape,
    verdict,
)
from tintype_contracts.oracles.values import Sort, sorted_flaw
from tintype_contracts.strategies.generated import (
    Example,
    pairs,
    rearranged,
    reordered,
    same_shape,
    smallest,
)
from tintype_contracts.strategies.heavy import heavy_bodies, strained
from tintype_contracts.strategies.mutations import Mutation, mutations

# What a plugin may read besides the body.
_HEADERS = (("X-Request-Id", "request-7"), ("Retry-After", "7"))
_SHOWN = 3  # changes that a message names


@frozen(kw_only=True)
class _Flaw:
    """What came of one mutation, where it may not."""

    answer: Answer
    mutation: Mutation
    sort: Sort
    what: str


@check("fuzz.every-answer-is-read", level=2)
def every_answer_is_read(subject: Subject) -> Iterator[Finding]:
    """Any JSON a server can send gives a value or one of tintype's errors.

    Each documented answer is told again with one place of it dropped, null, a number, a
    text, an empty list and so on. `parse` has to return what its operation calls for, or
    raise a ProtocolError or a ProviderError; a KeyError, a TypeError or an error of cattrs
    would end a paid task. Read answers with `tintype.convert.read`, and what may be missing
    with a default in the wire class.
    """
    yield from _findings(subject, "broken")


@check("fuzz.no-empty-success", level=2)
def no_empty_success(subject: Subject) -> Iterator[Finding]:
    """No answer, however odd, makes a task a success without an image.

    A task that says it has succeeded is over: nobody asks again, and the picture that was
    paid for is lost. Raise a ProtocolError where the answer says "done" and an image is
    missing: the core asks again until the deadline.
    """
    yield from _findings(subject, "empty")


@check("fuzz.no-impossible-value", level=2)
def no_impossible_value(subject: Subject) -> Iterator[Finding]:
    """No answer gives a value that cannot be: a negative cost, a float for money, a list for text.

    What `parse` returns must go to JSON and back unchanged, so each field has the type its
    class says; money is a finite Decimal from 0 on, progress goes from 0 to 1, pixels from
    1. Leave a number out that says nothing; validate with attrs in the wire class where the
    whole answer is worth nothing without it.
    """
    yield from _findings(subject, "impossible")


@check("fuzz.pairs-of-mutations", level=2)
def pairs_of_mutations(subject: Subject) -> Iterator[Finding]:
    """Answers bent in two places at once are read as well.

    Hypothesis draws the pairs, the same ones at each run, and reports the smallest answer
    that is misread. The mend is that of the checks above.
    """
    answers = _json_answers(subject)
    strategies = {id(answer): pairs(answer.body) for answer in answers}

    def wrong(drawn: tuple[Answer, tuple[Mutation, Mutation]]) -> str:
        answer, (one, other) = drawn
        try:
            body = other.apply(one.apply(answer.body))
        except LookupError:
            return ""  # the first took the place of the second away
        return _wrong(subject, answer.saying(body))

    drawn = st.sampled_from(answers).flatmap(
        lambda answer: st.tuples(st.just(answer), strategies[id(answer)])
    )
    found = smallest(drawn, wrong)
    if found is not None:
        yield _smallest_finding(found.drawn, found.wrong)


@check("fuzz.other-values", level=2)
def other_values(subject: Subject) -> Iterator[Finding]:
    """Answers of the documented shape with other values in them are read as well.

    Longer and shorter lists, other texts, negative and huge numbers: each of the documented
    type, so nothing but the plugin's own reading can go wrong.
    """
    answers = [each for each in _json_answers(subject) if each.exchange.expect.outcome != "error"]
    strategies = {id(answer): same_shape(answer.body) for answer in answers}

    def wrong(drawn: tuple[Answer, object]) -> str:
        answer, body = drawn
        return _wrong(subject, answer.saying(body))

    drawn = st.sampled_from(answers).flatmap(
        lambda answer: st.tuples(st.just(answer), strategies[id(answer)])
    )
    found = smallest(drawn, wrong, tries=300)
    if found is not None:
        yield _smallest_finding(found.drawn, found.wrong)


@check("fuzz.headers-in-any-case", level=2)
def headers_in_any_case(subject: Subject) -> Iterator[Finding]:
    """The order of an answer's headers, and the case of their names, mean nothing.

    RFC 9110, 5.1: names are compared without regard to case; proxies and HTTP/2 write them
    in lower case. Look headers up with `Response.header`.
    """
    for answer in _one_a_kind(
        [answer for answer in documented_answers(subject) if answer.status is not None]
    ):
        found = _misread_headers(subject, answer)
        if found is not None:
            shown = f"With its headers as {found.drawn!r} {found.wrong}."
            yield _finding(answer, f"{shown} Look them up with Response.header().")


def _misread_headers(subject: Subject, answer: Answer) -> Example | None:
    _, message = answer.turns[0]
    documented = message.headers if isinstance(message, Response) else ()
    spelt = {name.lower() for name, _ in documented}
    headers = (*documented, *(each for each in _HEADERS if each[0].lower() not in spelt))
    usual = _comparable(verdict(subject, answer.under(answer.status or 0, headers)))

    def wrong(drawn: Headers) -> str:
        said = verdict(subject, answer.under(answer.status or 0, drawn))
        return "" if _comparable(said) == usual else f"it is read as {_told(said)}"

    return smallest(rearranged(headers), wrong, tries=15)


@check("fuzz.events-in-any-order", level=2)
def events_in_any_order(subject: Subject) -> Iterator[Finding]:
    """Events of a stream that are lost, repeated or out of order end in a true value.

    A stream that is cut short may hold a paid image and no end. What the plugin has at the
    operation `end` must be a task with its images or an error, never a success without one.
    """
    streams = [answer for answer in documented_answers(subject) if answer.streamed]
    if not streams:
        msg = "The documents name no stream."
        raise NotApplicable(msg)
    for answer in streams:
        events = cast("list[object]", answer.body)

        def wrong(drawn: list[object], answer: Answer = answer) -> str:
            return _wrong(subject, answer.saying(drawn))

        found = smallest(reordered(events), wrong, tries=40)
        if found is not None:
            yield _smallest_finding((answer, found.drawn), found.wrong)


@check("fuzz.heavy-answers", level=2)
def heavy_answers(subject: Subject) -> Iterator[Finding]:
    """Deep, long and huge answers are read, or refused, in bounded time and memory.

    A gateway's page, a list of ten thousand items, a number of four thousand digits, JSON
    nested deeper than Python's stack: each must come to a value or an error, soon.
    """
    for answer in _one_a_kind(_plain_answers(subject)):
        for name, data in heavy_bodies(answer.body):
            heavy = answer.bytes(data)
            said, strain = strained(partial(verdict, subject, heavy))
            what = strain or (sorted_flaw(said, heavy) or ("", ""))[1]
            if what:
                yield _finding(answer, f"Told {name}, {what}. Read it with tintype.convert.")


# ------------------------------------------------------------------------ exploring


@lru_cache(maxsize=1)
def _flaws(subject: Subject) -> tuple[_Flaw, ...]:
    """What is wrong with any single mutation of any documented answer."""
    return tuple(
        flaw
        for answer in _json_answers(subject)
        for mutation in mutations(answer.body)
        for flaw in _of(subject, answer, mutation)
    )


def _of(subject: Subject, answer: Answer, mutation: Mutation) -> Iterator[_Flaw]:
    bent = answer.saying(mutation.apply(answer.body))
    found = dict.fromkeys(sorted_flaw(said, bent) for said in listen(subject, bent))
    for sort, what in filter(None, found):
        yield _Flaw(answer=answer, mutation=mutation, sort=sort, what=what)


def _wrong(subject: Subject, answer: Answer) -> str:
    flaws = (sorted_flaw(said, answer) for said in listen(subject, answer))
    return next((flaw[1] for flaw in flaws if flaw), "")


def _json_answers(subject: Subject) -> list[Answer]:
    found = [answer for answer in one_a_shape(subject) if answer.body is not MISSING]
    if not found:
        msg = "No documented answer is JSON."
        raise NotApplicable(msg)
    return found


def _plain_answers(subject: Subject) -> list[Answer]:
    return [answer for answer in _json_answers(subject) if not answer.streamed]


def _one_a_kind(answers: list[Answer]) -> list[Answer]:
    """The first answer of each operation, under each status."""
    kinds = {(answer.turns[0][0], answer.status): answer for answer in reversed(answers)}
    return list(kinds.values())


def _comparable(said: Parsed) -> object:
    """A value as it is, an error by what it tells."""
    return (type(said), vars(said)) if isinstance(said, TintypeError) else said


# ------------------------------------------------------------------------- telling


def _findings(subject: Subject, sort: Sort) -> Iterator[Finding]:
    for flaw in _flaws(subject):
        if flaw.sort == sort:
            yield _finding(flaw.answer, f"With {flaw.mutation} {flaw.what}.", flaw.mutation)


def _finding(answer: Answer, message: str, *changes: Mutation) -> Finding:
    return Finding(
        message=message,
        expected="a value of its operation, or a ProtocolError or ProviderError",
        exchange=answer.exchange.id,
        src=answer.exchange.src,
        pointer=changes[0].pointer if changes else "",
        mutations=tuple(map(str, changes)),
    )


def _smallest_finding(drawn: object, wrong: str) -> Finding:
    if not isinstance(drawn, tuple) or not isinstance(drawn[0], Answer):
        return Finding(message=f"{wrong}.")
    answer, change = drawn
    parts = change if isinstance(change, tuple) else tuple(_changes(answer.body, change))
    return _finding(answer, f"With {_listed(parts)} {wrong}.", *parts)


def _listed(changes: Sequence[Mutation]) -> str:
    """The changes, as far as they matter to a reader; the finding carries all of them."""
    names = [*map(str, changes[:_SHOWN]), *(["more"] if len(changes) > _SHOWN else [])]
    return " and ".join(names) or "nothing changed"


def _changes(body: object, other: object) -> Iterator[Mutation]:
    """What makes one body of another."""
    for difference in differences(body, other):
        value = DROPPED if difference.actual is MISSING else difference.actual
        yield Mutation(pointer=difference.pointer, value=value)


def _told(said: Parsed) -> str:
    return f"{type(said).__name__}: {said}" if isinstance(said, TintypeError) else repr(said)[:200]
