"""One value written in many ways: pictures in base64, status words, ids.

Nothing here is odd: the value is there, and has to be read.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import cast

from attrs import evolve

from tintype.messages import Request
from tintype.models import Task
from tintype_contracts.check import NotApplicable
from tintype_contracts.fixtures.pointers import get
from tintype_contracts.fixtures.values import small_png
from tintype_contracts.harness.lifecycle import documented_states, statuses, words_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Parsed, verdict
from tintype_contracts.oracles.paid import Paid, paid_answers
from tintype_contracts.oracles.paid_trials import BESIDE, Trial, beside, told
from tintype_contracts.strategies.mutations import Mutation

BASE64 = "base64 in another spelling"
CASE = "a status in capitals or between blanks"
DIGITS = "an id as a whole number"

_NUMBERS = (12345, 2**53 + 1, 10**29 + 7)


def _escaped(text: str) -> str:
    return text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def _url_safe(text: str) -> str:
    return text.translate(str.maketrans("+/", "-_"))


_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "lines of 76": lambda text: "\n".join(textwrap.wrap(text, 76)),
    "lines of 64, CRLF": lambda text: "\r\n".join(textwrap.wrap(text, 64)),
    "lines of 60, each indented": lambda text: "\n  ".join(textwrap.wrap(text, 60)),
    "a newline behind": lambda text: f"{text}\n",
    "a blank before": lambda text: f" {text}",
    "tabs around": lambda text: f"\t{text}\t",
    "URL-safe": _url_safe,
    "URL-safe, no padding": lambda text: _url_safe(text).rstrip("="),
    "no padding": lambda text: text.rstrip("="),
    "too much padding": lambda text: f"{text}==",
    "padding and a newline": lambda text: f"{text}=\r\n",
    "data:": lambda text: f"data:image/png;base64,{text}",
    "DATA:": lambda text: f"DATA:image/png;base64,{text}",
    "a blank and data:": lambda text: f" data:image/png;base64,{text}",
    "Data: with BASE64": lambda text: f"Data:Image/PNG;BASE64,{text}",
    "data: without a type": lambda text: f"data:;base64,{text}",
    "data: with a charset": lambda text: f"data:image/png;charset=utf-8;base64,{text}",
    "data: and lines": lambda text: f"data:image/png;base64,\n{chr(10).join(textwrap.wrap(text))}",
    "data: escaped": lambda text: f"data:image/png;base64,{_escaped(text)}",
    "escaped": _escaped,
    "escaped in small letters": lambda text: _escaped(text).replace("%2B", "%2b"),
    "a NUL behind": lambda text: f"{text}\0",
}


@cache
def telling_png() -> bytes:
    """A picture whose base64 has all that is spelt in two ways: `+`, `/` and padding."""
    every = (small_png(f"telling {number}") for number in range(1000))
    return next(each for each in every if all(sign in _encoded(each) for sign in "+/="))


@cache
def large_png() -> bytes:
    """The same, with bytes behind its end: the core lifts its base64 out of an answer."""
    return telling_png() + bytes(range(256)) * 100


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@lru_cache(maxsize=1)
def respelt_pictures(subject: Subject) -> tuple[Trial, ...]:
    """Each picture that an answer holds in base64, in each spelling."""
    return tuple(
        _picture_trial(subject, paid, index, pointer, each)
        for paid in paid_answers(subject)
        for index, pointer in _encoded_pictures(paid)
        for each in _written()
    )


def _written() -> Iterator[tuple[bytes, str]]:
    """Pictures, and texts that are the same picture."""
    small, large = telling_png(), large_png()
    yield from ((small, spelling(_encoded(small))) for spelling in _SPELLINGS.values())
    yield large, _encoded(large)
    yield large, f"data:image/png;base64,{_encoded(large)}"


def _encoded_pictures(paid: Paid) -> Iterator[tuple[int, str]]:
    for index, image in enumerate(paid.usual.images):
        for pointer in paid.pictures[index] if image.data else ():
            shown = get(paid.answer.body, pointer)
            if isinstance(shown, str) and _encoded(image.data or b"") in shown:
                yield index, pointer


def _picture_trial(
    subject: Subject, paid: Paid, index: int, pointer: str, written: tuple[bytes, str]
) -> Trial:
    data, text = written
    mutation = Mutation(pointer=pointer, value=text)
    images = list(paid.usual.images)
    images[index] = evolve(images[index], data=data, url=None)
    wanted = evolve(paid, usual=evolve(paid.usual, images=tuple(images)))
    said = verdict(subject, paid.answer.saying(mutation.apply(paid.answer.body)))
    return _trial(paid.answer, BASE64, mutation, beside(wanted, mutation, said))


@lru_cache(maxsize=1)
def respelt_states(subject: Subject) -> tuple[Trial, ...]:
    """Each documented status word, in each answer that holds it, in each case."""
    try:
        words = words_of(documented_states(subject))
    except NotApplicable:
        return ()
    return tuple(
        _state_trial(subject, answer, Mutation(pointer=pointer, value=other))
        for answer, pointer, word in statuses(subject)
        if word in words
        for other in dict.fromkeys((word.upper(), word.title(), f" {word} ", f"{word}\n"))
    )


def _state_trial(subject: Subject, answer: Answer, mutation: Mutation) -> Trial:
    usual = verdict(subject, answer)
    said = verdict(subject, answer.saying(mutation.apply(answer.body)))
    same = _essence(said) == _essence(usual)
    return _trial(answer, CASE, mutation, "" if same else told(said))


def _essence(said: Parsed) -> object:
    if isinstance(said, Task):
        return evolve(said, raw={}, notices=())
    return type(said), str(said)


@lru_cache(maxsize=1)
def respelt_ids(subject: Subject) -> tuple[Trial, ...]:
    """Each task's id, where it is made and where it is told again, as whole numbers."""
    return tuple(
        _id_trial(subject, paid, Mutation(pointer=pointer, value=number))
        for paid in paid_answers(subject)
        for pointer in sorted(paid.ids)
        if paid.usual.id and get(paid.answer.body, pointer) == paid.usual.id
        for number in _NUMBERS
    )


def _id_trial(subject: Subject, paid: Paid, mutation: Mutation) -> Trial:
    digits = str(mutation.value)
    answer = paid.answer
    if answer.exchange.operation != "submit":  # it is about a task that the digits name already
        known = evolve(answer.context.task or Task(), id=digits)
        answer = evolve(answer, context=evolve(answer.context, task=known))
    said = verdict(subject, answer.saying(mutation.apply(answer.body)))
    wrong = beside(evolve(paid, usual=_named(paid.usual, said, digits)), mutation, said)
    if not wrong and isinstance(said, Task) and not said.state.terminal and not said.notes:
        asked = cast("object", subject.hooks.poll(task=said))
        named = isinstance(asked, Request) and digits in asked.url
        wrong = "" if named else "the next question names another task"
    return _trial(answer, DIGITS, mutation, wrong)


def _named(usual: Task, said: Parsed, digits: str) -> Task:
    """What is wanted: the usual task under its new name; a handle is the plugin's own."""
    notes = said.notes if isinstance(said, Task) else usual.notes
    return evolve(usual, id=digits, notes=notes)


def _trial(answer: Answer, kind: str, mutation: Mutation, wrong: str) -> Trial:
    return Trial(answer=answer, kind=kind, mutation=mutation, role=BESIDE, wrong=wrong)
