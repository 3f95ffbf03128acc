"""An exchange's answer told again with whatever a case says is other than documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from tintype.messages import Delivery, Headers, Response
from tintype_contracts.case import Case
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, answer_of, one_a_shape
from tintype_contracts.harness.worlds import CHOSEN, USUAL, WORLDS, World
from tintype_contracts.strategies.mutations import Mutation, places
from tintype_contracts.strategies.refusals import GATEWAY_BODIES, ODD_BODIES


def worlds(subject: Subject) -> Iterator[Case]:
    """Every exchange, as usual and where the provider chooses other ids, addresses and times."""
    for exchange in subject.exchanges():
        yield from (Case(place=exchange.id, given=world.others) for world in (USUAL, *WORLDS))


def exchanges(subject: Subject) -> Iterator[Case]:
    """Every exchange as it is documented."""
    yield from (Case(place=exchange.id) for exchange in subject.exchanges())


def shapes(subject: Subject) -> Iterator[tuple[Case, Answer]]:
    """One exchange of each shape of answer, and its answer."""
    yield from ((Case(place=answer.exchange.id), answer) for answer in one_a_shape(subject))


def world_of(case: Case) -> World:
    """What the provider chooses in a case."""
    return World.of({name: it for name, it in case.given.items() if name in CHOSEN})


def exchange_of(subject: Subject, case: Case) -> DocumentedExchange:
    """The exchange of a case.

    Raises:
        LookupError: There is none.
    """
    return subject.fixtures.exchanges[case.place]


def usual(subject: Subject, case: Case) -> Answer:
    """The answer of a case as it is documented."""
    return _answer(subject, exchange_of(subject, case).id, USUAL, None)


@lru_cache(maxsize=64)
def _answer(subject: Subject, exchange: str, world: World, images: int | None) -> Answer:
    return answer_of(subject, subject.fixtures.exchanges[exchange], world, images)


def told(subject: Subject, case: Case) -> Answer:
    """The answer of a case with all that is other than documented.

    Raises:
        LookupError: There is no such exchange, or no such place in its answer.
        ValueError: Nothing of that name can be otherwise.
    """
    images = case.given.get("images")
    count = images if isinstance(images, int) else None
    answer = _answer(subject, exchange_of(subject, case).id, world_of(case), count)
    for name, value in case.given.items():
        if not name or name.startswith("/"):
            answer = _changed(answer, Mutation(pointer=name, value=value))
        elif name in _ALTERED:
            answer = _ALTERED[name](answer, value)
        elif name not in {*CHOSEN, "images"}:
            known = ", ".join((*sorted(CHOSEN), "images", *_ALTERED))
            msg = f"{name}: it is a pointer, or one of {known}."
            raise ValueError(msg)
    return answer


def _changed(answer: Answer, mutation: Mutation) -> Answer:
    if answer.body is MISSING:
        msg = f"The answer of {answer.exchange.id} is no JSON: there is nothing to mutate."
        raise LookupError(msg)
    try:
        return answer.saying(mutation.apply(answer.body))
    except LookupError as error:
        msg = f"{mutation}: the answer of {answer.exchange.id} has no such place. {error}"
        raise LookupError(msg) from None


def _turned(answer: Answer, pointer: object) -> Answer:
    """The answer with the keys of one object turned round."""
    value = next(value for at, value in places(answer.body) if at == pointer)
    turned = dict(reversed(list(value.items()))) if isinstance(value, Mapping) else value
    return answer.saying(Mutation(pointer=str(pointer), value=turned).apply(answer.body))


def _with_body(answer: Answer, name: object) -> Answer:
    """The answer with a body of the tables of odd ones, or with these very letters."""
    known = {**GATEWAY_BODIES, **ODD_BODIES}
    return answer.bytes(known.get(str(name), str(name).encode()))


def _under(answer: Answer, status: object) -> Answer:
    return answer.under(int(str(status)))


def _cut(answer: Answer, end: object) -> Answer:
    return answer.bytes(bytes_of(answer)[: int(str(end))])


def _typed(answer: Answer, media_type: object) -> Answer:
    """The answer with another content type, or with none; its other headers as they are."""
    _, message = answer.turns[0]
    headers: Headers = message.headers if isinstance(message, Response) else ()
    others = tuple(pair for pair in headers if pair[0].lower() != "content-type")
    typed: Headers = (("Content-Type", str(media_type)),) if media_type else ()
    return answer.under(answer.status or 0, (*others, *typed))


def bytes_of(answer: Answer) -> bytes:
    """The body of an answer that is no stream."""
    _, message = answer.turns[0]
    return message.body if isinstance(message, Response | Delivery) else b""


_ALTERED: Mapping[str, Callable[[Answer, object], Answer]] = {
    "keys-of": _turned,
    "status": _under,
    "body": _with_body,
    "cut": _cut,
    "type": _typed,
    "before": lambda it, text: it.bytes(str(text).encode() + bytes_of(it), it.body),
    "behind": lambda it, text: it.bytes(bytes_of(it) + str(text).encode(), it.body),
}
