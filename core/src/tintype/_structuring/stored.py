"""tintype's own values as JSON text and back, strictly: money is text, bytes are base64."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import TypeAlias, TypeVar, get_args

import attrs
import cattrs
from cattrs.cols import homogenous_tuple_structure_factory as _homogenous
from cattrs.cols import is_mapping
from cattrs.cols import mapping_structure_factory as _mapping
from cattrs.gen import make_dict_structure_fn
from cattrs.strategies import configure_union_passthrough

from tintype import _amounts
from tintype._structuring.json_values import plain, shown
from tintype._structuring.shapes import escaped, is_tuple
from tintype.errors import ProtocolError, TintypeError

T = TypeVar("T")
_Hook: TypeAlias = Callable[[object, object], object]
# cattrs types the hooks it builds as taking anything.
_CattrsHook: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]


def to_json(value: attrs.AttrsInstance) -> str:
    """A request, quote, task, generation or catalog as JSON text.

    Money is text; bytes are base64. An error in a generation is what it says of itself
    (`type`, `message`, `billed`, ...), to be read and not to be made again.
    """
    return json.dumps(to_builtins(value), ensure_ascii=False)


def to_builtins(value: object) -> object:
    """A value as objects, lists, text and numbers, which is what its JSON holds."""
    plain: object = _models.unstructure(value)
    return plain


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
    return _structured(_models, value, shape)


class _MismatchError(ValueError):
    """A value of another type than it was written as."""


def _structured(converter: cattrs.Converter, value: object, shape: type[T]) -> T:
    try:
        return converter.structure(value, shape)
    except (cattrs.BaseValidationError, cattrs.StructureHandlerNotFoundError, ValueError) as error:
        pointer, reason = _first_fault(error)
        msg = f"{reason} At {pointer or 'the top'}."
        raise ProtocolError(msg, pointer=pointer) from None


def _first_fault(error: BaseException) -> tuple[str, str]:
    """The JSON pointer and the reason of the first leaf in cattrs' tree of errors."""
    pointer = ""
    while isinstance(error, cattrs.BaseValidationError):
        error = error.exceptions[0]
        for note in getattr(error, "__notes__", ()):
            match note:
                case cattrs.AttributeValidationNote():
                    pointer += f"/{escaped(note.name)}"
                case cattrs.IterableValidationNote():
                    pointer += f"/{escaped(note.index)}"
                case _:  # a note that is not cattrs' own
                    pass
    if isinstance(error, KeyError):
        return pointer, f"The documented key {error.args[0]!r} is missing."
    return pointer, str(error)


def _exactly(kind: type) -> _Hook:
    """A hook that admits instances of just this class: True is no int.

    A class of its own made of it, such as a `StrEnum`, is made from the value.
    """

    def hook(value: object, target: object) -> object:
        if type(value) is not kind:
            msg = f"Expected {kind.__name__}, got {shown(value)}."
            raise _MismatchError(msg)
        return target(value) if isinstance(target, type) and target is not kind else value

    return hook


def _number(value: object, _: object) -> Decimal:
    if type(value) is int or type(value) is Decimal:
        return Decimal(value)
    msg = f"Expected a number, got {shown(value)}."
    raise _MismatchError(msg)


def _fraction(value: object, _: object) -> float:
    return float(_number(value, None))


def _anything(value: object, _: object) -> object:
    return value


def _kept(value: object, _: object = None) -> object:
    """A value of no documented type, as JSON can write it."""
    return plain(value)


def _parsed_text(parse: Callable[[str], object]) -> _Hook:
    """A hook for what JSON can only write as text: money, times, bytes."""

    def hook(value: object, _: object) -> object:
        try:
            return parse(str(_exactly(str)(value, str)))
        except (ValueError, InvalidOperation) as error:
            reason = str(error) or f"Cannot read {shown(value)}."
            raise _MismatchError(reason) from None

    return hook


def _checked(kind: type, name: str, inner: _CattrsHook) -> _Hook:
    """The hook `inner`, once the value is known to be of class `kind`."""

    def hook(value: object, target: object) -> object:
        if isinstance(value, kind):
            return inner(value, target)
        msg = f"Expected {name}, got {shown(value)}."
        raise _MismatchError(msg)

    return hook


def _is_object(shape: object) -> bool:
    return shape is object


def _strict_converter() -> cattrs.Converter:
    """A converter that admits each JSON type as itself and nothing else."""
    made = cattrs.Converter()
    for kind in (str, int, bool):
        made.register_structure_hook(kind, _exactly(kind))
    made.register_structure_hook(float, _fraction)
    made.register_structure_hook(Decimal, _number)
    made.register_structure_hook_func(_is_object, _anything)
    made.register_structure_hook_factory(
        attrs.has,
        lambda shape: _checked(dict, "an object", make_dict_structure_fn(shape, made)),
    )
    made.register_structure_hook_factory(
        is_tuple,
        lambda shape: _checked(list, "an array", _homogenous(shape, made)),
    )
    made.register_structure_hook_factory(
        is_mapping,
        lambda shape: _checked(dict, "an object", _mapping(shape, made)),
    )
    # Without bool: it is a subclass of int, and would pass for one.
    configure_union_passthrough(str | int | Decimal | None, made)
    return made


def _is_tagged(shape: object) -> bool:
    """Whether a value may be of one of several classes of attrs, and perhaps None."""
    return sum(isinstance(kind, type) and attrs.has(kind) for kind in get_args(shape)) > 1


def _told_by_type(shape: object, made: cattrs.Converter) -> _Hook:
    """A hook for one of several classes, by the name of its class under `type`."""
    kinds = {kind.__name__: kind for kind in get_args(shape) if attrs.has(kind)}
    admits_none = NoneType in get_args(shape)

    def hook(value: object, _: object) -> object:
        if value is None and admits_none:
            return None
        if not isinstance(value, dict):
            msg = f"Expected an object, got {shown(value)}."
            raise _MismatchError(msg)
        kind = kinds.get(str(value["type"]))
        if kind is None:
            msg = f"{shown(value['type'])} is no type here. There are: {', '.join(kinds)}."
            raise _MismatchError(msg)
        return made.structure(value, kind)

    return hook


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


def _model_converter() -> cattrs.Converter:
    made = _strict_converter()
    made.register_structure_hook(Decimal, _parsed_text(Decimal))
    made.register_structure_hook_func(_is_object, _kept)
    made.register_unstructure_hook_func(_is_object, _kept)
    made.register_structure_hook(bytes, _parsed_text(base64.b64decode))
    made.register_structure_hook(datetime, _parsed_text(datetime.fromisoformat))
    made.register_structure_hook(date, _parsed_text(date.fromisoformat))
    made.register_structure_hook_factory(_is_tagged, lambda shape: _told_by_type(shape, made))
    made.register_unstructure_hook_factory(_is_tagged, lambda _: _with_type(made))
    made.register_unstructure_hook_func(_is_error, _error_as_told)
    made.register_unstructure_hook(Decimal, _amounts.plain)
    made.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    made.register_unstructure_hook(date, date.isoformat)
    made.register_unstructure_hook(datetime, datetime.isoformat)
    return made


_models = _model_converter()
