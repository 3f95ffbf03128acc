"""Every answer that was paid for, told with one value of it odd, and what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from attrs import frozen

from tintype.errors import ProtocolError, TintypeError
from tintype.models import Image, Task, TaskState
from tintype_contracts.case import DROPPED
from tintype_contracts.check import Finding, NotApplicable
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.fixtures.pointers import MISSING, join, tokens
from tintype_contracts.fixtures.strict_json import Verbatim
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    Broken,
    Parsed,
    documented_answers,
    verdict,
)
from tintype_contracts.oracles.paid import (
    DRAWN,
    Paid,
    documented_types,
    paid_answers,
    place,
    same_image,
    same_images,
    with_three,
)
from tintype_contracts.strategies.mutations import Mutation, places
from tintype_contracts.strategies.odd_values import BEYOND, NOTHING, OTHER_TYPE, Odd, odd_values

Role: TypeAlias = Literal["beside", "one of several", "decisive"]
"""What hangs on a place: no picture, one of several, or what became of the task."""

BESIDE: Role = "beside"
ONE_OF_SEVERAL: Role = "one of several"
DECISIVE: Role = "decisive"

_SHOWN = 120
_SAYS_NOTHING: tuple[object, ...] = (None, False, "", [], {})


@frozen(kw_only=True)
class Trial:
    """One odd value in one answer.

    Attributes:
        answer: The answer as it is documented.
        kind: The kind of the odd value.
        mutation: Where it stands, and what it is.
        role: What hangs on that place.
        wrong: What no plugin may make of it, or "".
        unread: Whether the plugin raised an error and made nothing of it.
    """

    answer: Answer
    kind: str
    mutation: Mutation
    role: Role
    wrong: str
    unread: bool = False

    @property
    def exchange(self) -> DocumentedExchange:
        """The exchange of the answer."""
        return self.answer.exchange

    @property
    def told(self) -> Answer:
        """The answer with the odd value in it."""
        return self.answer.saying(self.mutation.apply(self.answer.body))


@lru_cache(maxsize=1)
def trials(subject: Subject) -> tuple[Trial, ...]:
    """Every odd value in every place of every answer that holds a picture or leads to one."""
    return tuple(_trials(subject))


def trials_of(subject: Subject, role: Role) -> Iterator[Trial]:
    """Those in places of one role.

    Raises:
        NotApplicable: No documented answer holds a picture, or leads to one.
    """
    if not paid_answers(subject):
        msg = "No documented answer holds a picture, or leads to one."
        raise NotApplicable(msg)
    yield from (trial for trial in trials(subject) if trial.role == role)


def _trials(subject: Subject) -> Iterator[Trial]:
    """Each value where the documents first show its place; elsewhere one there."""
    seen: set[object] = set()
    for paid in paid_answers(subject):
        for mutation, kind in _changes(subject, paid):
            documented = _is_documented(subject, paid, mutation)
            if _is_new(seen, paid, mutation) and not documented:
                yield _tried(subject, paid, mutation, kind)
        for crowd in with_three(subject, paid):
            for mutation, kind in _changes(subject, crowd):
                several = _role(crowd, mutation.pointer) == ONE_OF_SEVERAL
                if several and _is_new(seen, crowd, mutation):
                    yield _tried(subject, crowd, mutation, kind)


def _is_documented(subject: Subject, paid: Paid, mutation: Mutation) -> bool:
    """Whether the answer with an odd value is one that the documents show there, too."""
    said, operation = mutation.apply(paid.answer.body), paid.answer.exchange.operation
    told = [each for each in documented_answers(subject) if each.exchange.operation == operation]
    return mutation.value is DROPPED and any(each.body == said for each in told)


def _is_new(seen: set[object], paid: Paid, mutation: Mutation) -> bool:
    """Whether a value is new at its place, or the first at that place of this answer."""
    answer, count = paid.answer, len(paid.usual.images)
    about = (answer.exchange.operation, paid.usual.state, answer.streamed, count, mutation.pointer)
    keys = {(*about, str(mutation)), (answer.exchange.id, count, mutation.pointer)}
    new = not keys <= seen
    seen |= keys
    return new


def _tried(subject: Subject, paid: Paid, mutation: Mutation, kind: str) -> Trial:
    said = verdict(subject, paid.answer.saying(mutation.apply(paid.answer.body)))
    role = _role(paid, mutation.pointer)
    judge = beside if role == BESIDE else _at_what_decides
    return Trial(
        answer=paid.answer,
        kind=kind,
        mutation=mutation,
        role=role,
        wrong=judge(paid, mutation, said),
        unread=isinstance(said, TintypeError),
    )


def _role(paid: Paid, pointer: str) -> Role:
    if not paid.decides(pointer):
        return BESIDE
    alone = paid.decides_the_task(pointer) or not paid.whole(pointer)
    return DECISIVE if alone else ONE_OF_SEVERAL


def misread(tried: Iterable[Trial], mend: str) -> Iterator[Finding]:
    """A finding for each place where odd values are misread, with the first of them."""
    found: dict[tuple[str, str], list[Trial]] = {}
    for trial in tried:
        if trial.wrong:
            found.setdefault((trial.exchange.id, trial.mutation.pointer), []).append(trial)
    for first, *others in found.values():
        more = f" So do {len(others)} other values there." if others else ""
        yield Finding(
            message=f"With {_short(first.mutation)} {first.wrong}.{more} {mend}",
            exchange=first.exchange.id,
            src=first.exchange.src,
            pointer=first.mutation.pointer,
            mutations=(str(first.mutation),),
        )


def _short(mutation: Mutation) -> str:
    text = str(mutation)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


# ------------------------------------------------------------------------ what is tried


def _changes(subject: Subject, paid: Paid) -> Iterator[tuple[Mutation, str]]:
    types = documented_types(subject)
    for pointer, value in places(paid.answer.body):
        if not pointer:
            continue
        in_object = _is_key(paid, pointer)
        key = tokens(pointer)[-1] if in_object else None
        for odd in odd_values(value, types[place(pointer)], key):
            if _is_odd_there(subject, paid, pointer, odd):
                yield Mutation(pointer=pointer, value=odd.value), odd.kind
        for absent in _absent(subject, pointer, value):
            for nothing in _SAYS_NOTHING:
                yield Mutation(pointer=join(pointer, absent), value=nothing), NOTHING


def _is_key(paid: Paid, pointer: str) -> bool:
    parent = pointer.rpartition("/")[0]
    return next(isinstance(v, Mapping) for at, v in places(paid.answer.body) if at == parent)


def _is_odd_there(subject: Subject, paid: Paid, pointer: str, odd: Odd) -> bool:
    """Whether it is odd, and not what the provider might say of another task, or of a fault."""
    if pointer in paid.ids:
        return not odd.own and (paid.names_task or not _is_whole_number(odd.value))
    if odd.value is DROPPED and not _is_key(paid, pointer):
        return False  # a list with an item less is a list
    if paid.decides(pointer) and not paid.decides_the_task(pointer):
        return not odd.own
    number = odd.kind in {BEYOND, OTHER_TYPE}
    return not (odd.own and number and place(pointer) in _told_by_errors(subject))


def _is_whole_number(value: object) -> bool:
    text = value.text if isinstance(value, Verbatim) else str(value)
    return not isinstance(value, str) and text.removeprefix("-").isdecimal()


@lru_cache(maxsize=1)
def _told_by_errors(subject: Subject) -> frozenset[str]:
    """Places where a documented error says what went wrong."""
    return frozenset(
        place(pointer)
        for answer in documented_answers(subject)
        if answer.exchange.expect.outcome == "error" and answer.body is not MISSING
        for pointer, _ in places(answer.body)
    )


@lru_cache(maxsize=1)
def _keys(subject: Subject) -> Mapping[str, frozenset[str]]:
    """The keys that any answer to a submission, a poll or a webhook shows at each place."""
    found: dict[str, set[str]] = {}
    for answer in documented_answers(subject):
        if answer.exchange.operation in {"submit", "poll", "webhook"}:
            for pointer, value in places(answer.body):
                if isinstance(value, Mapping):
                    found.setdefault(place(pointer), set()).update(value)
    return {at: frozenset(keys) for at, keys in found.items()}


def _absent(subject: Subject, pointer: str, value: object) -> Iterator[str]:
    """Keys that other answers show in that object, and this one does not."""
    if isinstance(value, Mapping):
        yield from sorted(_keys(subject).get(place(pointer), frozenset()) - set(value))


# ------------------------------------------------------------------------ what is right


def beside(paid: Paid, _: Mutation, said: Parsed) -> str:
    """What is wrong with what came of it: beside a picture nothing matters."""
    if not isinstance(said, Task):
        return told(said)
    usual = paid.usual
    if said.state is not usual.state:
        return f"the task is {said.state}, not {usual.state}"
    if not same_images(said.images, usual.images):
        return f"{len(usual.images)} whole images come out as {len(said.images)} or as others"
    if not usual.state.terminal and (said.id, said.notes) != (usual.id, usual.notes):
        return "the task is asked for by another id"
    return ""


def _at_what_decides(paid: Paid, mutation: Mutation, said: Parsed) -> str:
    """Where an answer decides nothing is guessed; a picture elsewhere in it stays whole."""
    whole = paid.whole(mutation.pointer)
    if isinstance(said, Broken):
        return said.deed
    if isinstance(said, TintypeError):
        if whole and not paid.decides_the_task(mutation.pointer):
            return told(said)
        return "" if isinstance(said, ProtocolError) else f"{told(said)}, and nobody keeps it"
    return _guessed(paid, mutation, said, whole) if isinstance(said, Task) else told(said)


def _guessed(paid: Paid, mutation: Mutation, said: Task, whole: tuple[Image, ...]) -> str:
    if _is_reading(paid, mutation, said) or _is_asked_again(paid, said):
        return ""
    if not all(paid.shows(image, mutation) for image in said.images):
        return "an image is made of it"
    if not all(any(same_image(each, image) for image in said.images) for each in whole):
        return f"of {len(whole)} images that are whole {len(said.images)} come out"
    return "" if paid.answer.streamed else _claimed(paid, mutation, said)


def _claimed(paid: Paid, mutation: Mutation, said: Task) -> str:
    """What a task says of itself, and cannot know."""
    usual = paid.usual
    if said.state in DRAWN and not said.images:
        return "it is read as a success without an image"
    if len(said.images) < len(usual.images) and said.state is not TaskState.PARTIAL:
        return f"the task is {said.state}, though an image of it is lost"
    if mutation.pointer in paid.states and usual.state.terminal:
        return f"the task is said to be {said.state}"
    same = said.state is usual.state and (said.id, said.notes) == (usual.id, usual.notes)
    return "" if same or not paid.decides_the_task(mutation.pointer) else "it is guessed"


def _is_asked_again(paid: Paid, said: Task) -> bool:
    """Whether a create names its task, whatever else it says: a poll tells how it stands."""
    running = said.state is TaskState.RUNNING and not said.images
    return paid.answer.exchange.operation == "submit" and running and said.id == paid.usual.id != ""


def _is_reading(paid: Paid, mutation: Mutation, said: Task) -> bool:
    """Whether a whole number is read as the id that its digits are."""
    if mutation.pointer not in paid.ids or not _is_whole_number(mutation.value):
        return False
    return str(mutation).partition("=")[2] == said.id


def told(said: Parsed) -> str:
    """What came in the place of a task, in words."""
    match said:
        case Broken():
            return said.deed
        case TintypeError():
            return f"the whole answer is refused ({type(said).__name__}: {str(said)[:_SHOWN]})"
        case _:
            return f"it is read as a {type(said).__name__}"
