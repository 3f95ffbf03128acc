"""tintype's own values as JSON text and back, strictly: money is text, bytes are base64."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Literal, TypeVar, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.fns import identity

from tintype import _amounts
from tintype._structuring.json_values import plain, shown
from tintype._structuring.shapes import EXACTLY, Hook, OddError, Reader, is_union, refuse, told
from tintype.errors import ProtocolError, TintypeError

T = TypeVar("T")


def to_json(value: attrs.AttrsInstance) -> str:
    """A request, quote, task, generation or catalog as JSON text.

    Money is text; bytes are base64. An error in a generation is what it says of itself
    (`type`, `message`, `billed`, ...), to be read and not to be made again.
    """
    return _TEXT.encode(to_builtins(value))


def in_brief(value: attrs.AttrsInstance) -> str:
    """The same without the fields that are as their class has them; `from_json` reads it, too."""
    return _TEXT.encode(_BRIEF_WRITER.unstructure(value))


def to_builtins(value: object) -> object:
    """A value as objects, lists, text and numbers, which is what its JSON holds."""
    built: object = _WRITER.unstructure(value)
    return built


def from_json(text: str | bytes, shape: type[T]) -> T:
    """A value of the class that it was before `to_json` wrote it.

    Raises:
        ProtocolError: The text is not JSON, or not of that shape.
    """
    try:
        value: object = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        msg = f"The text is not JSON: {shown(text)}"
        raise ProtocolError(msg) from None
    return told(_READER, value, shape)


def _written(parse: Callable[[str], object] | None = None) -> Hook:
    """A hook for what JSON can only write as text: money, times, bytes; and for a word."""

    def hook(value: object, target: object) -> object:
        if type(value) is not str:
            refuse("text", value)
        try:
            return (parse or cast("type[str]", target))(value)
        except (ValueError, InvalidOperation) as error:
            reason = str(error) or f"Cannot read {shown(value)}."
            raise OddError(reason) from None

    return hook


def _is_literal(shape: object) -> bool:
    return get_origin(shape) is Literal


def _word(value: object, shape: object) -> object:
    """One of the words of a `Literal`."""
    return value if value in get_args(shape) else refuse(" or ".join(get_args(shape)), value)


class _Stored(Reader):
    """Reads what `to_json` wrote."""

    def __init__(self) -> None:
        texts: Mapping[object, Hook] = {
            str: _written(),
            Decimal: _written(Decimal),
            bytes: _written(base64.b64decode),
            datetime: _written(datetime.fromisoformat),
            date: _written(date.fromisoformat),
        }
        super().__init__({**EXACTLY, **texts})
        self._to.register_structure_hook_func(_is_literal, _word)

    def anything(self, value: object, _: object) -> object:
        """A value of no documented type, as JSON can write it."""
        return plain(value)

    def make(self, shape: type[attrs.AttrsInstance], given: Mapping[str, object]) -> object:
        """A value of a class, if the class takes what its fields are."""
        try:
            return super().make(shape, given)
        except (TintypeError, TypeError, ValueError) as error:
            raise OddError(str(error)) from None

    def _union(self, shape: object) -> Hook:
        """One of several classes, by the name of its class under `type`."""
        kinds = {kind.__name__: kind for kind in get_args(shape) if attrs.has(kind)}
        if not _is_tagged(shape):
            return super()._union(shape)

        def hook(value: object, _: object) -> object:
            if value is None and NoneType in get_args(shape):
                return None
            if not isinstance(value, dict):
                refuse("an object", value)
            if "type" not in value:
                msg = "The documented key 'type' is missing."
                raise OddError(msg)
            kind = kinds.get(str(value["type"]))
            if kind is None:
                msg = f"{shown(value['type'])} is no type here. There are: {', '.join(kinds)}."
                raise OddError(msg)
            return self.hook(kind)(value, kind)

        return hook


def _is_tagged(shape: object) -> bool:
    """Whether a value may be of one of several classes of attrs, and perhaps None."""
    return sum(isinstance(kind, type) and attrs.has(kind) for kind in get_args(shape)) > 1


def _with_type(made: cattrs.Converter) -> Callable[[object], object]:
    """The way back: what it is by its own class, and the name of that class."""

    def hook(value: object) -> object:
        plain = made.unstructure(value)
        return plain if value is None else {**plain, "type": type(value).__name__}

    return hook


def _error_as_told(error: TintypeError) -> dict[str, object]:
    """What an error says of itself, for a program that reads it: it is not made again of this."""
    facts = {name: value for name, value in vars(error).items() if isinstance(value, str | int)}
    facts |= {"message": error.message, "provider": error.provider, "billed": error.billed.value}
    return {"type": type(error).__name__, **facts, "body": error.body}


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, TintypeError)


def _is_bare(shape: object) -> bool:
    """Whether a value is text, a number, or None, which JSON holds as it is."""
    return is_union(shape) and {*get_args(shape)} <= {str, int, bool, float, NoneType}


def _writer(*, brief: bool = False) -> cattrs.Converter:
    made = cattrs.Converter(omit_if_default=brief, use_alias=True)
    made.register_unstructure_hook_factory(_is_bare, lambda _: identity)
    made.register_unstructure_hook_func(lambda shape: shape is object, plain)
    made.register_unstructure_hook_factory(_is_tagged, lambda _: _with_type(made))
    made.register_unstructure_hook_func(_is_error, _error_as_told)
    made.register_unstructure_hook(Decimal, _amounts.plain)
    made.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    made.register_unstructure_hook(date, date.isoformat)
    made.register_unstructure_hook(datetime, datetime.isoformat)
    return made


_TEXT = json.JSONEncoder(ensure_ascii=False)
_WRITER = _writer()
_BRIEF_WRITER = _writer(brief=True)
_READER = _Stored()
