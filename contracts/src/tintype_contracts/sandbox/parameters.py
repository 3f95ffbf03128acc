"""Whether a request body is one that the parameter table admits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from tintype_contracts.fixtures.format import Parameter, Pixels, WireType
from tintype_contracts.fixtures.neutral import read_field, rows_for
from tintype_contracts.fixtures.pointers import MISSING, covers, is_array, leaves
from tintype_contracts.sandbox.forms import UploadedFile

# Longer than any value that a pattern describes.
_LONGEST = 4096
_SIZE = re.compile(r"([1-9]\d*)x([1-9]\d*)")


def objections(
    rows: Sequence[Parameter], body: Mapping[str, object], *, form: bool = False
) -> Iterator[str]:
    """Why `body` is not admitted, a sentence each; none where it is.

    `rows` are those of one operation. A field with several rows need fit only one. A form
    has nothing but text: there a number is written out.
    """
    model = _model(rows, body)
    mine = rows_for(rows, model)
    yield from _unknown(mine, body, model)
    for wire in dict.fromkeys(row.wire for row in mine):
        value = _field(body, wire, mine)
        alternatives = [row for row in mine if row.wire == wire]
        if value is not MISSING:
            faults = [_fault(row, value, form=form) for row in alternatives]
            if all(faults):
                yield f"{wire}: {faults[0]}"
        elif all(row.required for row in alternatives):
            yield f"{wire} is required."


def _model(rows: Sequence[Parameter], body: Mapping[str, object]) -> object:
    for row in rows:
        if row.neutral == "model":
            value = read_field(body, row)
            return row.default if value is MISSING else value
    return None


def _field(body: Mapping[str, object], wire: str, rows: Iterable[Parameter]) -> object:
    return read_field(body, next(row for row in rows if row.wire == wire))


def _unknown(rows: Sequence[Parameter], body: Mapping[str, object], model: object) -> Iterator[str]:
    """Fields no row names. Whatever stands inside a field that has a row is its own affair."""
    wires = [row.wire for row in rows]
    for pointer, _ in leaves(body):
        if pointer and not any(covers(wire, pointer) for wire in wires):
            yield f"{pointer} is not a documented parameter of {model or 'this request'}."


def _fault(row: Parameter, value: object, *, form: bool) -> str:
    """Why `value` does not fit `row`, or ""."""
    read = _read(row.type, value, form=form)
    if read is MISSING:
        return f"{_shown(value)} is not of type {row.type}."
    if row.type != "json" and (row.enum or row.pattern or row.pixels) and not _is_named(row, read):
        return f"{_shown(value)} is not one of {_allowed(row)}."
    return next((reason for rule in _BOUNDS if (reason := rule(row, read))), "")


def _read(kind: WireType, value: object, *, form: bool) -> object:
    """`value` as the type it should have, or `MISSING`."""
    if form and isinstance(value, str) and kind in {"integer", "number", "boolean"}:
        value = _parsed(value)
    if kind == "json" and isinstance(value, str):
        return _parsed(value)
    return value if _KINDS[kind](value) else MISSING


def _is_named(row: Parameter, value: object) -> bool:
    """Whether `value` is one of the words, matches the pattern, or is of such pixels."""
    if any(value == word and type(value) is type(word) for word in row.enum):
        return True
    if not isinstance(value, str):
        return False
    if row.pattern is not None and len(value) <= _LONGEST and re.fullmatch(row.pattern, value):
        return True
    return row.pixels is not None and _fits(row.pixels, value)


def _fits(pixels: Pixels, value: str) -> bool:
    found = _SIZE.fullmatch(value)
    if found is None:
        return False
    short, long = sorted((int(found[1]), int(found[2])))
    least, most = pixels.min or 0, pixels.max or short * long
    return least <= short * long <= most and long <= short * (pixels.ratio or long)


def _out_of_bounds(row: Parameter, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    return _bounded(Decimal(value), row.min, row.max, "")


def _length(row: Parameter, value: object) -> str:
    if not isinstance(value, str):
        return ""
    return _bounded(len(value), row.min_length, row.max_length, " characters")


def _items(row: Parameter, value: object) -> str:
    if not is_array(value):
        return ""
    return _bounded(len(value), row.min_items, row.max_items, " items")


def _bounded(
    amount: int | Decimal, least: int | Decimal | None, most: int | Decimal | None, unit: str
) -> str:
    if least is not None and amount < least:
        return f"{amount}{unit} is less than {least}."
    if most is not None and amount > most:
        return f"{amount}{unit} is more than {most}."
    return ""


def _allowed(row: Parameter) -> str:
    words = [json.dumps(word, default=str) for word in row.enum]
    size = ["WIDTHxHEIGHT within bounds"] if row.pixels else []
    return ", ".join([*words, *([f"/{row.pattern}/"] if row.pattern else []), *size])


def _shown(value: object) -> str:
    return repr(value)[:80]


def _parsed(text: str) -> object:
    try:
        value: object = json.loads(text, parse_float=Decimal)
    except ValueError:
        return MISSING
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


_KINDS: Mapping[WireType, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": is_array,
    "object": lambda value: isinstance(value, dict),
    "file": lambda value: is_array(value) and isinstance(value[0], UploadedFile),
    "json": lambda value: isinstance(value, dict | list),
}
_BOUNDS = (_out_of_bounds, _length, _items)
