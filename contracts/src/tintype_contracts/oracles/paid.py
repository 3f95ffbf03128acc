"""Answers that somebody paid for: they hold a picture, or lead to one.

What stands in them is either decisive or beside the picture. Decisive are the id in the
answer to a create, the status, and the picture itself; which places these are follows from
the documents: from the values that the placeholders took, and from the table of states.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from attrs import evolve, field, frozen

from tintype.errors import UnknownStatusError
from tintype.models import Image, Task, TaskState
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.format import Results
from tintype_contracts.fixtures.messages import answers
from tintype_contracts.fixtures.pointers import MISSING, covers, get, is_array
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.harness.lifecycle import expected_state, words_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, documented_answers, verdict
from tintype_contracts.oracles.images import PICTURES
from tintype_contracts.strategies.mutations import Mutation, places

DRAWN = frozenset({TaskState.SUCCEEDED, TaskState.PARTIAL})
"""States with a picture in them."""

_INDEX = re.compile(r"/\d+(?=/|$)")
_UNKNOWN = "tintype-unknown-word"


@frozen(kw_only=True)
class Paid:
    """One answer that holds a picture, or leads to one.

    Attributes:
        answer: The answer.
        usual: What the plugin makes of it as it is documented.
        results: Where results are, where the documents say so.
        pictures: Where each image of it stands; several places where it is told twice.
        ids: Where the task's id stands, and what else it is asked for by.
        states: Where its status stands, and of which kind each event of a stream is.
    """

    answer: Answer
    usual: Task
    results: Results | None = None
    pictures: tuple[frozenset[str], ...] = field(init=False)
    ids: frozenset[str] = field(init=False)
    states: frozenset[str]

    @pictures.default
    def _pictures(self) -> tuple[frozenset[str], ...]:
        found = [self._standing(image) for image in self.usual.images]
        # What a stream shows of an image before its last place is a preview.
        return tuple(frozenset(each[-1:] if self.answer.streamed else each) for each in found)

    @ids.default
    def _ids(self) -> frozenset[str]:
        names = [each for each in (self.usual.id, *self.usual.notes.values()) if each]
        return frozenset(at for at, value in inner_places(self.answer) if value in names)

    @property
    def names_task(self) -> bool:
        """Whether nothing but this answer says which task it is about."""
        leads = self.answer.exchange.operation == "submit" and not self.usual.state.terminal
        return leads or self.answer.exchange.operation == "webhook"

    def decides(self, pointer: str) -> bool:
        """Whether what stands there decides what became of the task, or holds what does."""
        return self.decides_the_task(pointer) or _holds(pointer, *self.pictures)

    def decides_the_task(self, pointer: str) -> bool:
        """Whether it decides which task it is, or how it stands."""
        return _holds(pointer, self.states, self.ids if self.names_task else ())

    def whole(self, pointer: str) -> tuple[Image, ...]:
        """The images that are whole whatever stands at `pointer`.

        An event of a stream whose kind is unknown takes its image along.
        """
        if self.answer.streamed and _holds(pointer, self.states):
            pointer = pointer[: pointer.find("/", 1)] if pointer.count("/") > 1 else pointer
        return tuple(
            image
            for image, where in zip(self.usual.images, self.pictures, strict=True)
            if not all(covers(pointer, place) for place in where)
        )

    def shows(self, image: Image, mutation: Mutation) -> bool:
        """Whether an image is documented in this answer, and still stands in it."""
        found = self._standing(image)
        elsewhere = any(not covers(mutation.pointer, place) for place in found)
        texts = self._texts(image)
        return elsewhere or bool(found and any(text in str(mutation) for text in texts))

    def _standing(self, image: Image) -> list[str]:
        """Where an image stands, by its address, its name or its bytes in base64."""
        texts = self._texts(image)
        return [
            pointer
            for pointer, value in inner_places(self.answer)
            if isinstance(value, str) and any(text in value for text in texts)
        ]

    def _texts(self, image: Image) -> list[str]:
        name = self.results.name(image.url or "") if self.results else ""
        data = base64.b64encode(image.data or b"").decode()
        return [text for text in (image.url, name, data) if text]


def same_image(one: Image, other: Image) -> bool:
    """Whether two images are one picture, by its address or its bytes."""
    return bool((one.url and one.url == other.url) or (one.data and one.data == other.data))


def same_images(some: Collection[Image], others: Collection[Image]) -> bool:
    """Whether the same pictures come in the same order."""
    pairs = zip(some, others, strict=False)
    return len(some) == len(others) and all(same_image(*pair) for pair in pairs)


def inner_places(answer: Answer) -> Iterator[tuple[str, object]]:
    """Every value inside a body; the events of a stream are bodies of their own."""
    outermost = 1 if answer.streamed else 0
    for pointer, value in places(answer.body):
        if pointer.count("/") > outermost:
            yield pointer, value


@lru_cache(maxsize=1)
def paid_answers(subject: Subject) -> tuple[Paid, ...]:
    """Each answer that holds a picture or leads to one, one a shape."""
    found: dict[object, Paid] = {}
    for answer in documented_answers(subject):
        paid = _paid(subject, answer)
        if paid is not None:
            shape = [(pointer, json_type(value)) for pointer, value in places(answer.body)]
            kind = (answer.exchange.operation, paid.usual.state, answer.streamed, *shape)
            found.setdefault(kind, paid)
    return tuple(found.values())


def with_three(subject: Subject, paid: Paid) -> Iterator[Paid]:
    """The same answer with three pictures, if it has room for them."""
    if not paid.usual.images:
        return
    filling = fixed_values(subject.fixtures, paid.answer.exchange, PICTURES)
    turns = tuple(answers(paid.answer.exchange, filling))
    told = _paid(subject, evolve(paid.answer, turns=turns).reread())
    if told is not None and len(told.usual.images) == PICTURES:
        yield told


@lru_cache(maxsize=1)
def documented_types(subject: Subject) -> Mapping[str, set[str]]:
    """The types that the documents show at each place; all items of a list are one place."""
    found: dict[str, set[str]] = {}
    for answer in documented_answers(subject):
        for pointer, value in places(answer.body) if answer.body is not MISSING else ():
            found.setdefault(place(pointer), set()).add(json_type(value))
    return found


def place(pointer: str) -> str:
    """A pointer with all items of a list as one."""
    return _INDEX.sub("/*", pointer)


def _paid(subject: Subject, answer: Answer) -> Paid | None:
    usual = verdict(subject, answer) if answer.body is not MISSING else None
    expected = expected_state(answer.exchange)
    if not isinstance(usual, Task) or usual.state is not expected:
        return None
    if expected not in DRAWN and expected is not TaskState.RUNNING:
        return None
    states = frozenset({*_kinds(answer), *_statuses(subject, answer)})
    results = subject.fixtures.results
    return Paid(answer=answer, usual=usual, states=states, results=results)


def _statuses(subject: Subject, answer: Answer) -> Iterator[str]:
    """The places of the status: the documented one, and those where its words are read."""
    states = subject.fixtures.states
    if states is None:
        return
    words = words_of(states)
    for pointer, value in inner_places(answer):
        if isinstance(value, str) and value in words:
            documented = not answer.streamed and pointer == answer.at(states.at)
            if documented or _is_read(subject, answer, pointer):
                yield pointer


def _is_read(subject: Subject, answer: Answer, pointer: str) -> bool:
    """Whether a word that no document lists is told as an unknown status there."""
    unknown = Mutation(pointer=pointer, value=_UNKNOWN).apply(answer.body)
    return isinstance(verdict(subject, answer.saying(unknown)), UnknownStatusError)


def _kinds(answer: Answer) -> Iterator[str]:
    """Where each event of a stream says of which kind it is: the first text of each."""
    events = answer.body if answer.streamed and is_array(answer.body) else ()
    objects = {f"/{index}": each for index, each in enumerate(events) if isinstance(each, Mapping)}
    for key in next(iter(objects.values()), {}):
        said = [get(each, f"/{key}") for each in objects.values()]
        if all(isinstance(each, str) for each in said):
            yield from (f"{pointer}/{key}" for pointer in objects)
            return


def _holds(pointer: str, *sets: frozenset[str] | tuple[()]) -> bool:
    return any(covers(pointer, each) for every in sets for each in every)
