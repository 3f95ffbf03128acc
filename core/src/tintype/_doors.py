"""What a caller gives, held to what is taken: an error that names the argument and the way out.

It tells the kind of what was given and not the value, which may be a key, but for a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tintype._excerpts import guess, quoted
from tintype.errors import InvalidRequestError

if TYPE_CHECKING:
    from attrs import Attribute

T = TypeVar("T")

_LONGEST_LINE = 200
MIN_DIFFERENT = 6
"""Characters in which a secret differs: what is easier to guess also stands in many an id and
address by chance, which is then rewritten."""
_TWO_WEEKS = 1_209_600
"""Seconds that anything is waited for; no socket takes 25 days."""


def held(value: object, kind: type[T], name: str, way_out: str) -> T:
    """The value, if it is of that class.

    Args:
        value: What was given.
        kind: What it has to be.
        name: The argument's name.
        way_out: What to give, as the end of a sentence.

    Raises:
        InvalidRequestError: It is not.
    """
    if isinstance(value, kind) and (kind in _OF_TRUTH or not isinstance(value, bool)):
        return value
    raise refused(value, name, way_out)


_OF_TRUTH = (bool, object)
"""The classes that True is of; in Python it is also a 1, which nobody means."""


def one_of(value: T, words: Sequence[str], name: str, beside: str = "") -> T:
    """The value, if it is one of a closed list of words.

    Args:
        value: What was given.
        words: The list.
        name: The argument's name.
        beside: What else is taken, as the end of a sentence.

    Raises:
        InvalidRequestError: It is not; the error lists them all, and says which is near.
    """
    if isinstance(value, str) and value in words:
        return value
    known = tuple(map(str, words))
    *before, last = [*map(repr, known), *([beside] if beside else [])]
    way_out = f"{', '.join(before)} or {last}"
    if not isinstance(value, str):
        raise refused(value, name, way_out)
    msg = f"{name} is {quoted(value)}: give {way_out}.{guess(value, known)}"
    raise InvalidRequestError(msg, field=name, allowed=known)


def all_held(values: object, kind: type[T], name: str, way_out: str) -> tuple[T, ...]:
    """The values, each of that class.

    Raises:
        InvalidRequestError: One is not, or they are not several: a text is one value.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise refused(values, name, way_out)
    return tuple(held(value, kind, name, way_out) for value in values)


def a_line(text: str, name: str) -> str:
    """A caller's own text, if it is a line that can be shown and looked up.

    Raises:
        InvalidRequestError: It is not, or too long.
    """
    held(text, str, name, "a text")
    if len(text) > _LONGEST_LINE or not text.isprintable():
        msg = f"{name}={quoted(text)} is not a line of at most {_LONGEST_LINE} characters."
        allowed = (f"1 to {_LONGEST_LINE} characters",)
        raise InvalidRequestError(msg, field=name, allowed=allowed)
    return text


def check_seconds(seconds: float, name: str) -> None:
    """Refuse what leaves no time, or more than any wait takes.

    Raises:
        InvalidRequestError: It is no number, or not such a one.
    """
    held(seconds, int | float, name, "a number of seconds")  # type: ignore[arg-type]  # a union is one
    if not 0 < seconds <= _TWO_WEEKS:
        fault = " is more than two weeks" if seconds > 0 else f"={seconds} leaves no time"
        msg = f"{name}{fault}: give seconds above 0, at most {_TWO_WEEKS}."
        raise InvalidRequestError(msg, field=name)


def check_flag(_: object, attribute: Attribute[bool], given: bool) -> None:  # noqa: FBT001 - attrs calls it so
    """Refuse, of a field of a class, what is neither True nor False.

    Raises:
        InvalidRequestError: It is so.
    """
    held(given, bool, attribute.name, "True or False")


def check_methods(value: object, methods: Iterable[str], name: str, way_out: str) -> None:
    """Refuse what lacks one of these methods; `__call__` is one.

    Raises:
        InvalidRequestError: It does.
    """
    if isinstance(value, type) or not all(callable(getattr(value, each, None)) for each in methods):
        raise refused(value, name, way_out)


def refused(value: object, name: str, way_out: str) -> InvalidRequestError:
    """Why an argument is not taken, and what is."""
    kind = "None" if value is None else f"of the type {type(value).__name__}"
    return InvalidRequestError(f"{name} is {kind}: give {way_out}.", field=name)
