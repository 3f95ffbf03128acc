"""JSON to typed values and back, strictly.

cattrs coerces by default (`None` becomes "None", `"7"` becomes 7, a string becomes a
tuple of its letters). A provider's answer is evidence, so here nothing is coerced: a
value of another type than documented is a `ProtocolError` with its JSON pointer. Keys
no document mentions are tolerated.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NoReturn, TypeAlias, TypeVar, get_origin

import attrs
import cattrs
from cattrs.cols import homogenous_tuple_structure_factory as _homogenous
from cattrs.cols import (
    is_mapping,
)
from cattrs.cols import mapping_structure_factory as _mapping
from cattrs.gen import make_dict_structure_fn
from cattrs.strategies import configure_tagged_union, configure_union_passthrough

from tintype.catalog import Descriptor
from tintype.errors import InvalidRequestError, ProtocolError, UnknownStatusError
from tintype.exchange import Message
from tintype.messages import JsonObject, Response, ServerSentEvent

T = TypeVar("T")
_Hook: TypeAlias = Callable[[object, object], object]
# cattrs types the hooks it builds as taking anything.
_CattrsHook: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]

# How the encoded images of every format the providers name begin, in base64.
_IMAGE_TEXT = re.compile(r"data:image/|iVBORw0KGgo|/9j/|UklGR|R0lGOD|PHN2Zy|PD94bWw")
_BASE64_TEXT = re.compile(r"[A-Za-z0-9+/_-]{160}")
# JSON can spell half a character; nothing can be done with the text that holds one.
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SHOWN = 80
_DEEPEST = 64


# ------------------------------------------------------------ what plugins call


def read(message: Message | None, shape: type[T]) -> tuple[T, JsonObject]:
    """A message's JSON object as `shape`, and as JSON without the bytes of images.

    Raises:
        ProtocolError: The body is not JSON, not an object, or not of that shape.
    """
    value = loads(message)
    try:
        typed, plain = structure(value, shape), _structured(_wire, value, dict[str, object])
        return typed, {key: redact(item) for key, item in plain.items()}
    except ProtocolError as error:
        error.status = _status(message)
        raise
    except RecursionError:
        msg = "The answer is nested deeper than any document describes."
        raise ProtocolError(msg, status=_status(message)) from None


def peek(message: Message | None, shape: type[T]) -> T | None:
    """A message's JSON object as `shape`, or None where it is anything else.

    For the bodies of refusals: a gateway may answer for the provider, in HTML or nothing.
    """
    try:
        return read(message, shape)[0]
    except ProtocolError:
        return None


def translate(word: str, table: Mapping[str, T], pointer: str) -> T:
    """The meaning of a provider's status word.

    Raises:
        UnknownStatusError: No document lists the word. It is neither a success nor a
            failure, so the flow asks again.
    """
    if word in table:
        return table[word]
    listed = ", ".join(table)
    msg = f"The status {_shown(word)} is not among the documented ones ({listed})."
    raise UnknownStatusError(msg, pointer=pointer)


def loads(message: Message | bytes | str | None) -> object:
    """A body as JSON, its fractions as `Decimal`.

    Raises:
        ProtocolError: The body is empty or not JSON.
    """
    text = _text(message)
    if not text.strip():
        msg = "The answer is empty."
        raise ProtocolError(msg, status=_status(message))
    try:
        value: object = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
        if _ESCAPED_SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError, InvalidOperation):
        msg = f"The answer is not JSON: {_shown(text)}"
        raise ProtocolError(msg, status=_status(message)) from None
    return value


def structure(value: object, shape: type[T]) -> T:
    """A JSON value as `shape`.

    Raises:
        ProtocolError: It is not of that shape; `pointer` says where.
    """
    return _structured(_wire, value, shape)


def unstructure(body: attrs.AttrsInstance) -> dict[str, object]:
    """A wire class as the JSON object to send: fields at None are left out, all else kept."""
    plain: dict[str, object] = _wire.unstructure(body)
    return _without_none(plain)


def merge_options(
    body: attrs.AttrsInstance, options: JsonObject, reserved: Collection[str] = ()
) -> dict[str, object]:
    """A wire class as the JSON object to send, with a caller's raw options beside its fields.

    Args:
        body: The wire class. A field at None is left out, and no option may set it either.
        options: The caller's raw fields.
        reserved: Names that no option may have, besides those of the fields of `body`.

    Raises:
        InvalidRequestError: An option has the name of a field, so it would go round the
            checks and the price of the request.
    """
    fields = {field.name for field in attrs.fields(type(body))}
    for name in options:
        if name in fields or name in reserved:
            msg = f"{name!r} is no option: it goes by a field of the request."
            raise InvalidRequestError(msg, field="options")
    return {**unstructure(body), **options}


def redact(value: object, depth: int = 0) -> object:
    """A JSON value with `<N bytes>` in place of every encoded image.

    Raises:
        ProtocolError: It is nested deeper than any document describes.
    """
    if depth > _DEEPEST:
        msg = "The answer is nested deeper than any document describes."
        raise ProtocolError(msg)
    match value:
        case str() if _IMAGE_TEXT.match(value) or _BASE64_TEXT.match(value):
            payload = value.partition(",")[2] if value.startswith("data:") else value
            return f"<{len(payload.rstrip('=')) * 3 // 4} bytes>"
        case Mapping():
            return {key: redact(item, depth + 1) for key, item in value.items()}
        case list():
            return [redact(item, depth + 1) for item in value]
        case _:
            return _plain(value)


def decode_image(text: str, pointer: str = "") -> bytes:
    """The bytes of an image in base64, with or without a `data:` prefix.

    Raises:
        ProtocolError: It is not base64, or it is empty.
    """
    payload = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = binascii.a2b_base64(payload, strict_mode=True)
    except ValueError:
        msg = f"The image is not base64: {_shown(text)}"
        raise ProtocolError(msg, pointer=pointer) from None
    if not data:
        msg = "The image is empty."
        raise ProtocolError(msg, pointer=pointer)
    return data


# ---------------------------------------------------------------- models and JSON


def to_json(value: attrs.AttrsInstance) -> str:
    """A request, quote, task or catalog as JSON text. Money is text; bytes are base64."""
    return json.dumps(to_builtins(value), ensure_ascii=False)


def to_builtins(value: object) -> object:
    """The same as objects, lists, text and numbers."""
    plain: object = _models.unstructure(value)
    return plain


def from_json(text: str | bytes, shape: type[T]) -> T:
    """What `to_json` wrote, as the class it was.

    Raises:
        ProtocolError: The text is not JSON, or not of that shape.
    """
    return _structured(_models, loads(text), shape)


# ---------------------------------------------------------------------- the pieces


class _MismatchError(ValueError):
    """A value of another type than documented."""


def _text(message: Message | bytes | str | None) -> str:
    match message:
        case None:
            return ""
        case str():
            return message
        case ServerSentEvent():
            return message.data
        case bytes():
            return message.decode("utf-8-sig", "replace")
        case _:
            return message.body.decode("utf-8-sig", "replace")


def _status(message: object) -> int | None:
    return message.status if isinstance(message, Response) else None


def _refuse(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _shown(value: object) -> str:
    text = repr(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _escaped(key: object) -> str:
    """A key as a part of a JSON pointer (RFC 6901, 3)."""
    return str(key).replace("~", "~0").replace("/", "~1")


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
                    pointer += f"/{_escaped(note.name)}"
                case cattrs.IterableValidationNote():
                    pointer += f"/{_escaped(note.index)}"
                case _:  # a note that is not cattrs' own
                    pass
    if isinstance(error, KeyError):
        return pointer, f"The documented key {error.args[0]!r} is missing."
    return pointer, str(error)


def _without_none(value: Mapping[str, object]) -> dict[str, object]:
    return {key: _pruned(item) for key, item in value.items() if item is not None}


def _pruned(item: object) -> object:
    match item:
        case dict():
            return _without_none(item)
        case list() | tuple():
            return [_pruned(each) for each in item]
        case _:
            return item


def _exactly(kind: type) -> _Hook:
    """A hook that admits instances of just this class: True is no int.

    A class of its own made of it, such as a `StrEnum`, is made from the value.
    """

    def hook(value: object, target: object) -> object:
        if type(value) is not kind:
            msg = f"Expected {kind.__name__}, got {_shown(value)}."
            raise _MismatchError(msg)
        return target(value) if isinstance(target, type) and target is not kind else value

    return hook


def _number(value: object, _: object) -> Decimal:
    if type(value) is int or type(value) is Decimal:
        return Decimal(value)
    msg = f"Expected a number, got {_shown(value)}."
    raise _MismatchError(msg)


def _fraction(value: object, _: object) -> float:
    return float(_number(value, None))


def _anything(value: object, _: object) -> object:
    return value


def _plain(value: object, _: object = None) -> object:
    """A value of no documented type, its fractions as JSON writes them."""
    match value:
        case Decimal():
            return float(value) if math.isfinite(float(value)) else str(value)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _parsed_text(parse: Callable[[str], object]) -> _Hook:
    """A hook for what JSON can only write as text: money, times, bytes."""

    def hook(value: object, _: object) -> object:
        try:
            return parse(str(_exactly(str)(value, str)))
        except (ValueError, InvalidOperation) as error:
            reason = str(error) or f"Cannot read {_shown(value)}."
            raise _MismatchError(reason) from None

    return hook


def _checked(kind: type, name: str, inner: _CattrsHook) -> _Hook:
    """The hook `inner`, once the value is known to be of class `kind`."""

    def hook(value: object, target: object) -> object:
        if isinstance(value, kind):
            return inner(value, target)
        msg = f"Expected {name}, got {_shown(value)}."
        raise _MismatchError(msg)

    return hook


def _is_object(shape: object) -> bool:
    return shape is object


def _is_tuple(shape: object) -> bool:
    return get_origin(shape) is tuple


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
        _is_tuple,
        lambda shape: _checked(list, "an array", _homogenous(shape, made)),
    )
    made.register_structure_hook_factory(
        is_mapping,
        lambda shape: _checked(dict, "an object", _mapping(shape, made)),
    )
    # Without bool: it is a subclass of int, and would pass for one.
    configure_union_passthrough(str | int | Decimal | None, made)
    return made


def _model_converter() -> cattrs.Converter:
    made = _strict_converter()
    made.register_structure_hook(Decimal, _parsed_text(Decimal))
    made.register_structure_hook_func(_is_object, _plain)
    made.register_unstructure_hook_func(_is_object, _plain)
    made.register_structure_hook(bytes, _parsed_text(base64.b64decode))
    made.register_structure_hook(datetime, _parsed_text(datetime.fromisoformat))
    made.register_structure_hook(date, _parsed_text(date.fromisoformat))
    configure_tagged_union(Descriptor, made, tag_name="type")
    made.register_unstructure_hook(Decimal, str)
    made.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    made.register_unstructure_hook(date, date.isoformat)
    made.register_unstructure_hook(datetime, datetime.isoformat)
    return made


_wire = _strict_converter()
_models = _model_converter()
