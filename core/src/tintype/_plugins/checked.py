"""A plugin's values, held to their classes before the core computes with them.

A plugin is code of strangers: nothing in Python keeps `Update(images=None)` from being made.
What a class says of its fields is checked, field by field and however deep. What is decisive
and odd is the plugin's fault; what only stands beside a picture is left out with a notice,
because the picture is paid for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from itertools import compress
from operator import attrgetter, is_, is_not, not_
from types import NoneType, UnionType
from typing import Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from tintype._amounts import is_amount, plain
from tintype._blame import broken
from tintype._structuring.json_values import Kept
from tintype.models import Cost, Image, Notice, Quote, Task, Update, Usage

T = TypeVar("T")
_Check: TypeAlias = Callable[[object, list[Notice]], object]
# Name, the classes that need no check, the check, and what makes the default.
_Field: TypeAlias = tuple[str, frozenset[object], _Check, Callable[[], object]]

MAX_IMAGES = 256
"""More pictures than one task of any provider draws."""

_DEEPEST = 128
_MAX_NOTICES = 64
# What is left out where it is odd, by whose it is.
_BESIDE: Mapping[type, frozenset[str]] = {
    Update: frozenset(
        {"model", "made_at", "progress", "usage", "cost", "raw", "poll_after", "previews"}
    ),
    Image: frozenset({"media_type", "width", "height", "seed", "preview_url", "expires_at"}),
    Usage: frozenset({"images", "prompt_tokens", "completion_tokens", "total_tokens"}),
    Cost: frozenset(),
}
_NOT_BELOW_ZERO = frozenset({"poll_after", "index", "width", "height", "progress"})


class _OddError(ValueError):
    """A value that is not what its class says."""


def checked(value: T, provider: str, hook: str = "parse", before: Task | None = None) -> T:
    """A plugin's value, without what is odd beside a picture.

    Args:
        value: What a hook returned.
        provider: Whose hook it was.
        hook: Which one.
        before: The task as it was checked last: what is still the same is not looked at again.

    Raises:
        PluginError: A value is not what its class says, and too much hangs on it.
    """
    odd: list[Notice] = []
    try:
        found = _whole(value, type(value), odd, before)
        if isinstance(found, Quote):
            _check_order(found)
    except _OddError as error:
        raise broken(provider, hook, f"returned {type(value).__name__}{error}", "Total") from None
    if isinstance(found, Update):
        return cast("T", _bounded(found, odd))
    return found


def noted(before: tuple[Notice, ...], fresh: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """Notices, each once, and no more of them than anybody reads."""
    if not fresh or fresh is before:
        return before
    return tuple(dict.fromkeys((*before, *fresh)))[:_MAX_NOTICES]


def _bounded(update: Update, odd: list[Notice]) -> Update:
    most = max(len(update.images), len(update.previews), len(update.errors))
    if not odd and most <= MAX_IMAGES:
        return update
    lists = {"images": update.images, "previews": update.previews, "errors": update.errors}
    changes: dict[str, object] = {
        name: each[:MAX_IMAGES] for name, each in lists.items() if len(each) > MAX_IMAGES
    }
    if "images" in changes:
        msg = f"Of {len(update.images)} pictures the first {MAX_IMAGES} are kept."
        odd.append(Notice(field="images", message=msg))
    if odd:
        changes["notices"] = noted(update.notices, tuple(odd))
    return like(update, **changes)


def _check_order(quote: Quote) -> None:
    for low, high in (("low", "high"), ("credits_low", "credits_high")):
        least, most = getattr(quote, low), getattr(quote, high)
        if least is not None and most is not None and least > most:
            msg = f".{high}: {plain(most)} is less than its {low}, {plain(least)}."
            raise _OddError(msg)


def _whole(value: T, shape: type, odd: list[Notice], before: object = None) -> T:
    """A value of an attrs class, each of its fields checked that is not as the class has it."""
    changes: dict[str, object] = {}
    values, usual, fields = _fields(shape)
    given = values(value)
    # Most are as the class has them, or plainly of a type that it names.
    for held, (name, sure, check, default) in compress(
        zip(given, fields, strict=True), map(is_not, given, usual)
    ):
        kind = type(held)
        if kind in sure and (kind not in _SURE_WHERE or _SURE_WHERE[kind](held)):
            continue
        known = getattr(before, name, _NOTHING)
        if held is known:
            continue
        try:
            made = _grown(held, check, odd, known) if kind is tuple else check(held, odd)
        except _OddError as error:
            odd.append(_left_out(shape, name, error))
            made = default()
        if made is not held:
            changes[name] = made
    if isinstance(value, Image) and not (value.url or value.data):
        msg = ": an image has a url or its data, and this one has neither."
        raise _OddError(msg)
    return like(value, **changes) if changes else value


def like(value: T, **changes: object) -> T:
    """What `attrs.evolve` makes, without asking anew which fields the class has."""
    names, values = _given(cast("type", type(value)))
    return type(value)(**dict(zip(names, values(value), strict=True)) | changes)


@cache
def _given(shape: type) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    """By what names the fields of an attrs class are given, and what tells their values."""
    fields = [each for each in attrs.fields(shape) if each.init]
    names = tuple(each.alias or each.name for each in fields)
    return names, _values_of([each.name for each in fields])


def _values_of(names: Sequence[str]) -> Callable[[object], tuple[object, ...]]:
    if len(names) == 1:
        return lambda value: (getattr(value, names[0]),)
    return attrgetter(*names)


def _left_out(shape: type, name: str, error: _OddError) -> Notice:
    """The notice of a field that is odd and only stands beside a picture.

    Raises:
        _OddError: Much hangs on it.
    """
    if name in _BESIDE.get(shape, ()):
        return Notice(field=name, message=f"The plugin's {name}{error} It is left out.")
    msg = f".{name}{error}"
    raise _OddError(msg) from None


_NOTHING = object()


def _grown(held: object, check: _Check, odd: list[Notice], known: object) -> object:
    """A list; where it goes on from one that was checked, what is new of it is checked."""
    given = cast("tuple[object, ...]", held)
    if not isinstance(known, tuple) or given[: len(known)] != known:
        return check(given, odd)
    rest = check(given[len(known) :], odd)
    return given if rest == given[len(known) :] else (*known, *cast("tuple[object, ...]", rest))


def _not_below_zero(check: _Check, held: object, odd: list[Notice]) -> object:
    made = check(held, odd)
    if isinstance(made, _NUMBERS) and made < 0:
        msg = f": {made} is below zero."
        raise _OddError(msg)
    return made


@cache
def _fields(
    shape: type,
) -> tuple[Callable[[object], tuple[object, ...]], tuple[object, ...], tuple[_Field, ...]]:
    """What gives the values of an attrs class, their defaults, and its fields."""
    hints = get_type_hints(shape)
    fields = attrs.fields(shape)
    names = [each.name for each in fields]
    given = [each.alias or each.name for each in fields]
    usual = tuple(each.default for each in fields)
    return (
        _values_of(names),
        usual,
        tuple(
            (name, _sure_at(name, hint), _check_at(name, hint), _default(each))
            for name, each, hint in zip(given, fields, map(hints.__getitem__, names), strict=True)
        ),
    )


def _sure_at(name: str, hint: object) -> frozenset[object]:
    return _sure(hint) - ({int, float} if name in _NOT_BELOW_ZERO else set())


def _check_at(name: str, hint: object) -> _Check:
    check = _check_of(hint)
    return partial(_not_below_zero, check) if name in _NOT_BELOW_ZERO else check


def _default(field: attrs.Attribute[object]) -> Callable[[], object]:
    return cast("Callable[[], object]", getattr(field.default, "factory", lambda: field.default))


def _sure(hint: object) -> frozenset[object]:
    """The classes that a type names and whose instances are all of it, or as `_SURE_WHERE` says."""
    if get_origin(hint) in (Union, UnionType):
        return frozenset[object]().union(*map(_sure, get_args(hint)))
    if get_origin(hint) is Mapping:
        return frozenset({dict, Kept})
    looked_at = get_origin(hint) is not None or hint is object or attrs.has(cast("type", hint))
    return frozenset(() if looked_at else {hint})


# ----------------------------------------------------------- a check for any type a class says


@cache
def _check_of(hint: object) -> _Check:
    """What gives a value back where it is of that type, and raises where it is not."""
    origin, held = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        checks = {each: _check_of(each) for each in held if each is not NoneType}
        return partial(_one_of, checks, admits_none=NoneType in held)
    if origin is Literal:
        return partial(_fitting, held.__contains__, f"one of {', '.join(map(repr, held))}")
    if origin is tuple:
        of, many = (held[:-1], True) if held[-1:] == (...,) else (held, False)
        return partial(_items, tuple(map(_check_of, of)), many=many, words=_spelt(hint))
    if origin in (Mapping, dict):
        if held[1:] in ((), (object,)):
            return partial(_fitting, _is_json_object, _JSON)
        return partial(_mapping, _check_of(held[1]))
    kind = cast("type", hint)
    words, fits = _LEAVES.get(kind, (f"of class {kind.__name__}", kind.__instancecheck__))
    return partial(_instance if attrs.has(kind) else _fitting, fits, words)


_JSON = "JSON of a bounded depth"


def _spelt(hint: object) -> str:
    """A type as a person would say it: pairs are `a tuple of (str, str)`."""
    held = get_args(hint)
    if get_origin(hint) is not tuple:
        return str(getattr(hint, "__name__", "value"))
    if held[-1:] == (...,):
        return f"a tuple of {_spelt(held[0])}"
    return f"({', '.join(map(_spelt, held))})"


def _fitting(
    fits: Callable[[object], bool], words: str, value: object, _odd: list[Notice]
) -> object:
    return _expected(value, fits(value), words)


def _instance(
    fits: Callable[[object], bool], words: str, value: object, odd: list[Notice]
) -> object:
    return _whole(_expected(value, fits(value), words), type(value), odd)


def _one_of(
    checks: Mapping[object, _Check], value: object, odd: list[Notice], *, admits_none: bool
) -> object:
    if value is None and admits_none:
        return None
    own = checks.get(type(value))
    if own is not None:
        return own(value, odd)
    faults: list[_OddError] = []
    for check in checks.values():
        try:
            return check(value, odd)
        except _OddError as error:
            faults.append(error)
    raise faults[0]


def _items(
    checks: tuple[_Check, ...], value: object, odd: list[Notice], *, many: bool, words: str
) -> object:
    _expected(value, isinstance(value, tuple), words)
    values = cast("tuple[object, ...]", value)
    if many:
        checks *= len(values)
    _expected(values, len(values) == len(checks), f"{len(checks)} values")
    made = tuple([check(each, odd) for each, check in zip(values, checks, strict=True)])
    return values if all(map(is_, made, values)) else made


def _mapping(check: _Check, value: object, odd: list[Notice]) -> object:
    _expected(value, isinstance(value, Mapping), "a mapping")
    for key, each in cast("Mapping[object, object]", value).items():
        try:
            check(each, odd)
        except _OddError as error:
            msg = f"[{_shown(key)}]{error}"
            raise _OddError(msg) from None
    return value


def _expected(value: object, fits: object, words: str) -> object:
    if fits:
        return value
    msg = f": {_shown(value)} is not {words}."
    raise _OddError(msg)


def _shown(value: object) -> str:
    if isinstance(value, str | int | float | Decimal | bool | None):
        text = repr(value)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"a value of class {type(value).__name__}"


_LONGEST = 80


def _is_json(value: object) -> bool:
    """Whether a value can be written as JSON, in UTF-8. It is walked without recursion."""
    waiting: list[tuple[Iterable[object], int]] = [((value,), 0)]
    while waiting:
        values, depth = waiting.pop()
        for each in values:
            if (type(each) is str and each.isascii()) or type(each) in _SCALARS:
                continue
            held = _held_in(each)
            if held is None or depth > _DEEPEST:
                return False
            if held is not _NOTHING_MORE:
                waiting.append((held, depth + 1))
    return True


def _held_in(value: object) -> Iterable[object] | None:
    """What a JSON value holds, `_NOTHING_MORE` for a text and a number; None where it is none."""
    if isinstance(value, _OBJECTS):
        try:
            keys = "".join(value)
        except TypeError:  # a key is no text
            return None
        return value.values() if keys.isascii() or _is_text(keys) else None
    if isinstance(value, _LISTS):
        return value
    return _NOTHING_MORE if _is_text(value) or isinstance(value, _NUMBERS) else None


_NOTHING_MORE: tuple[()] = ()
_NUMBERS = (int, float, Decimal)
_LISTS = (list, tuple)
_OBJECTS = (dict, Mapping)
_SCALARS = frozenset({*_NUMBERS, bool, NoneType})


def _is_json_object(value: object) -> bool:
    return isinstance(value, _OBJECTS) and _is_json(value)


def _is_text(value: object) -> bool:
    """Whether a value is text that can be written down: half a surrogate pair can not."""
    if not isinstance(value, str):
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_number(value: object) -> bool:
    whole = _is_whole(value) and abs(cast("int", value)) < _MAX_SECONDS
    return whole or (isinstance(value, float) and math.isfinite(value))


_LARGEST = 10**64
_MAX_SECONDS = 10**15
# In words, and whether a value is it.
_LEAVES: Mapping[object, tuple[str, Callable[[object], bool]]] = {
    object: (_JSON, _is_json),
    str: ("text", _is_text),
    int: ("a whole number", _is_whole),
    float: ("a finite number", _is_number),
    datetime: (
        "a time with its zone",
        lambda value: isinstance(value, datetime) and value.utcoffset() is not None,
    ),
    Decimal: ("an amount", lambda value: isinstance(value, Decimal) and is_amount(value)),
}
# Of which values of a class that is named a look shows that they are all of it.
_SURE_WHERE: Mapping[object, Callable[[object], object]] = {
    **{kind: fits for kind, (_, fits) in _LEAVES.items()},
    str: cast("Callable[[object], bool]", str.isascii),
    Decimal: cast("Callable[[object], bool]", is_amount),
    dict: not_,
}
