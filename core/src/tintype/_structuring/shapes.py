"""JSON values as wire classes: strictly, or as generously as they can be read.

A wire class says by its fields what decides. A field without a default is needed, and one made
by `decisive()` is strict: where it is odd, so is the whole object. Every other field is read by
itself and left at its default where it is odd. An odd item of a list costs itself alone: it is
None where the list admits None, and else left out. Of a list that is read generously the first
`MAX_ITEMS` are looked at.

cattrs makes the classes; the hooks here replace those of its that would look at everything
before they complain of the first, or that coerce without a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import NewType, NoReturn, TypeAlias, TypeVar, Union, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.cols import is_mapping

from tintype._lifting import Meanwhile
from tintype._structuring.json_values import MAX_ITEMS, loads, shown
from tintype.errors import ProtocolError, TintypeError

T = TypeVar("T")
Hook: TypeAlias = Callable[[object, object], object]
# Name, whether it is needed, what is read as it is, what is unless it is empty, and how the rest.
_Field: TypeAlias = tuple[str, bool, frozenset[type], frozenset[type], Callable[[object], object]]
_LEFT_OUT = object()

Id = NewType("Id", str)
"""A provider's name for something: text that is not empty, or a whole number as its digits."""


@attrs.frozen(kw_only=True)
class ErrorObject:
    """What most APIs have under `error`: an object, or a text, which is its `message`.

    Attributes:
        message: The words for a person.
        code: The provider's code, or an HTTP status.
        type: The kind of error, where an API has one beside its code.
    """

    message: str | None = None
    code: int | str | None = None
    type: str | None = None


_DECISIVE = "tintype.decisive"
_MAX_NOTES = 20
# What is larger is no amount, and does not fit where they are kept.
_MAX_NUMBER = 10**15
_WIDEST = 2**64  # of a whole number: some seeds are as wide
# What stands for no object at all, in the spellings of servers.
_NOTHING: tuple[object, ...] = (None, False, "", {}, [])


class OddError(ValueError):
    """A value that cannot be read in its place.

    Attributes:
        pointer: Where it stands, as a JSON pointer (RFC 6901).
    """

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(reason)
        self.pointer = pointer

    def within(self, key: object) -> OddError:
        """The same, seen from the object or list around it."""
        return OddError(str(self), f"/{escaped(key)}{self.pointer}")


# What was left out of the values that are being read, by whoever wants to know.
_NOTES: ContextVar[list[OddError]] = ContextVar("notes")


def noting() -> Meanwhile[list[OddError]]:
    """What is left out of all that is read meanwhile."""
    return Meanwhile(_NOTES, [])


def decisive(default: T) -> T:
    """A field of a wire class that may be missing and may not be odd.

    Args:
        default: Its value where it is missing.
    """
    made: T = attrs.field(default=default, metadata={_DECISIVE: True})
    return made


def escaped(key: object) -> str:
    """A key as a part of a JSON pointer (RFC 6901, 3)."""
    return str(key).replace("~", "~0").replace("/", "~1")


# ------------------------------------------------------------------------ what holds others


def refuse(wanted: str, value: object) -> NoReturn:
    msg = f"Expected {wanted}, got {shown(value)}."
    raise OddError(msg)


def leave_out(error: OddError) -> None:
    """Note what is left out, for whoever wants to know."""
    notes = _NOTES.get(None)
    if notes is not None and len(notes) < _MAX_NOTES:
        notes.append(error)


def _inside(key: object, hook: Hook, value: object, shape: object, *, lets_go: bool) -> object:
    """A value by its hook; what is odd within it is told from the outside.

    It comes to `_LEFT_OUT` where it is odd itself, and may be let go.
    """
    notes = _NOTES.get(None)
    before = len(notes) if notes is not None else 0
    try:
        return hook(value, shape)
    except OddError as error:
        odd = error.within(key)
        if not lets_go:
            raise odd from None
    finally:
        if notes is not None and len(notes) > before:
            notes[before:] = [note.within(key) for note in notes[before:]]
    leave_out(odd)
    return _LEFT_OUT


class Reader:
    """The hooks of one converter.

    Args:
        spellings: How single values are read, by their classes.
        generous: Whether what does not decide is left out where it is odd.
    """

    def __init__(self, spellings: Mapping[object, Hook], *, generous: bool = False) -> None:
        self._generous = generous
        self._to = cattrs.Converter()
        for kind, spelling in spellings.items():
            self._to.register_structure_hook(kind, spelling)
        self._to.register_structure_hook_func(lambda shape: shape is object, self.anything)
        self._to.register_structure_hook_factory(attrs.has, self._class)
        self._to.register_structure_hook_factory(_is_tuple, self._tuple)
        self._to.register_structure_hook_factory(is_mapping, self._mapping)
        self._to.register_structure_hook_factory(is_union, self._union)

    def hook(self, shape: object) -> Hook:
        """What reads a value as that shape, or raises an `OddError`; it is made once."""
        made: Hook = self._to.get_structure_hook(shape)
        return made

    def anything(self, value: object, _: object) -> object:
        """A value of no documented type."""
        return value

    def _class(self, shape: type[attrs.AttrsInstance]) -> Hook:
        @cache  # not made before it is needed: a class may hold its own kind
        def fields() -> tuple[_Field, ...]:
            return tuple(map(self._field, attrs.fields(attrs.resolve_types(shape))))

        def hook(value: object, _: object) -> object:
            found = as_written(value) if self._generous else value
            if shape is ErrorObject and isinstance(found, str):
                return ErrorObject(message=_words(found, None))
            if not isinstance(found, dict):
                refuse("an object", value)
            return self.make(shape, _given(found, fields()))

        return hook

    def make(self, shape: type[attrs.AttrsInstance], given: Mapping[str, object]) -> object:
        """A value of a class by its fields."""
        return shape(**given)

    def _field(self, field: attrs.Attribute[object]) -> _Field:
        """A field's name, whether it is needed, and how its value is read."""
        name = field.alias or field.name
        needed = field.default is attrs.NOTHING
        decides = needed or bool(field.metadata.get(_DECISIVE))
        lets_go = self._generous and not decides
        may_be_nothing = lets_go and _holds_objects(field.type)
        hook = (_EXACT if decides and not needed else self).hook(field.type)

        def validated(value: object, shape: object) -> object:
            found = hook(value, shape)
            _check(field, found)
            return found

        checked = hook if field.validator is None else validated

        def read(said: object) -> object:
            if may_be_nothing and said in _NOTHING:
                return _LEFT_OUT
            return _inside(name, checked, said, field.type, lets_go=lets_go)

        looked_at = may_be_nothing or field.validator is not None
        plain, filled = (_NONE, _NONE) if looked_at else (_plain(field.type), _filled(field.type))
        return name, needed, plain, filled, read

    def _tuple(self, shape: object) -> Hook:
        of = get_args(shape)[0]
        admits_none = NoneType in get_args(of)
        item_hook = self.hook(of)

        def hook(value: object, _: object) -> object:
            found = as_written(value, "[") if self._generous else value
            if not isinstance(found, list):
                refuse("an array", value)
            read: list[object] = []
            for index, item in enumerate(found[:MAX_ITEMS] if self._generous else found):
                made = _inside(index, item_hook, item, of, lets_go=self._generous)
                if made is not _LEFT_OUT or admits_none:
                    read.append(None if made is _LEFT_OUT else made)
            if self._generous and len(found) > MAX_ITEMS:
                leave_out(OddError(f"Of {len(found)} items the first {MAX_ITEMS} are read."))
            return tuple(read)

        return hook

    def _mapping(self, shape: object) -> Hook:
        of = get_args(shape)[1]
        item_hook = self.hook(of)

        def hook(value: object, _: object) -> object:
            if not isinstance(value, dict):
                refuse("an object", value)
            read = {
                key: _inside(key, item_hook, item, of, lets_go=self._generous)
                for key, item in value.items()
            }
            return {key: made for key, made in read.items() if made is not _LEFT_OUT}

        return hook

    def _union(self, shape: object) -> Hook:
        kinds = [kind for kind in get_args(shape) if kind is not NoneType]
        admits_none = NoneType in get_args(shape)
        # Exactly first: two unions are one type in whichever order they name their members.
        readers = (_EXACT, self) if len(kinds) > 1 else ()
        tried = [(reader.hook(kind), kind) for reader in readers for kind in kinds]
        last = self.hook(kinds[-1])

        def hook(value: object, _: object) -> object:
            nothing = value is None or (value == "" and kinds == [Id])
            if nothing and admits_none:
                return None
            for read, kind in tried:
                with suppress(OddError):
                    return read(value, kind)
            return last(value, kinds[-1])

        return hook


def _given(found: Mapping[str, object], fields: tuple[_Field, ...]) -> dict[str, object]:
    """What an object says for the fields of a class, as far as it can be read."""
    given: dict[str, object] = {}
    missing: list[str] = []
    for name, needed, plain, filled, read in fields:
        if name in found:
            said = found[name]
            made = said if type(said) in plain or (said and type(said) in filled) else read(said)
            if made is not _LEFT_OUT:
                given[name] = made
        elif needed:
            missing.append(name)
    if missing:
        msg = f"The documented key {missing[0]!r} is missing."
        raise OddError(msg)
    return given


def _plain(shape: object) -> frozenset[type]:
    """The classes whose values are read as they are, wherever something of a shape is read."""
    if is_union(shape):
        return frozenset[type]().union(*map(_plain, get_args(shape)))
    return frozenset({kind for kind in (str, bool, NoneType) if kind is shape})


def _filled(shape: object) -> frozenset[type]:
    """The classes whose values are read as they are unless they are empty."""
    if is_union(shape):
        return frozenset[type]().union(*map(_filled, get_args(shape)))
    return frozenset({str}) if shape is Id else _NONE


_NONE = frozenset[type]()


def _is_tuple(shape: object) -> bool:
    return get_origin(shape) is tuple


def is_union(shape: object) -> bool:
    return get_origin(shape) in {Union, UnionType}


def _holds_objects(shape: object) -> bool:
    """Whether a field is documented to hold an object or a list of them, and may hold none."""
    return any(
        attrs.has(kind) if isinstance(kind, type) else get_origin(kind) is not None
        for kind in get_args(shape)
    )


def _check(field: attrs.Attribute[object], value: object) -> None:
    """Ask the field's own validator, before the class does and cannot say which it was."""
    if field.validator is None:
        return
    try:
        field.validator(None, field, value)
    except (TintypeError, ValueError) as error:
        raise OddError(str(error)) from None


def as_written(value: object, start: str = "{") -> object:
    """An object, or an array, that a server wrote as JSON text, as what it is."""
    if type(value) is str and value[:_LEAD].lstrip().startswith(start):
        try:
            return loads(value)
        except ProtocolError:
            return value
    return value


# --------------------------------------------------------------------------- single values


def _text(value: object, _: object) -> str:
    return value if type(value) is str else refuse("text", value)


def _words(value: object, _: object) -> str:
    """Text, for a person if need be."""
    return str(value) if isinstance(value, str) else refuse("text", value)


def _id(value: object, _: object) -> str:
    return str(value) if type(value) is int else _text(value, None) or refuse("a name", value)


def _int(value: object, _: object) -> int:
    return value if type(value) is int else refuse("a whole number", value)


def _bool(value: object, _: object) -> bool:
    return value if type(value) is bool else refuse("true or false", value)


def _number(value: object, _: object) -> Decimal:
    if type(value) in {int, Decimal}:
        return Decimal(str(value))
    refuse("a number", value)


def _float(value: object, _: object) -> float:
    return float(_number(value, None))


def _amount(value: object, _: object) -> Decimal:
    """A number, also one in text."""
    found = _in_text(value) if type(value) is str else _number(value, None)
    return found if abs(found) <= _MAX_NUMBER else refuse("a number that can be meant", value)


def _count(value: object, _: object) -> int:
    """A whole number: also in text, also with a fraction of nothing."""
    if type(value) is int:
        return value if abs(value) < _WIDEST else refuse("a whole number", value)
    if type(value) is str and _DIGITS.fullmatch(value):
        return _count(int(value), None)
    found = _amount(value, None)
    return int(found) if found == int(found) else refuse("a whole number", value)


def _share(value: object, _: object) -> float:
    return float(_amount(value, None))


def _in_text(value: str) -> Decimal:
    """The number that a text writes as JSON would."""
    try:
        found = loads(value)
    except ProtocolError:
        found = value
    return _number(found, None) if found != value else refuse("a number", value)


def _flag(value: object, _: object) -> bool:
    """True or false, also as a number or in text."""
    if type(value) in {bool, int, str}:
        word = str(value).strip().lower()
        if word in _FLAGS:
            return _FLAGS[word]
    refuse("true or false", value)


_DIGITS = re.compile(r"\s*+-?[0-9]{1,20}\s*+")
_LEAD = 64  # blanks in front of an object in text
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

EXACTLY: Mapping[object, Hook] = {
    str: _text,
    Id: _id,
    int: _int,
    bool: _bool,
    float: _float,
    Decimal: _number,
}

# The one table of odd spellings. A state's word is read by `convert.translate`, a picture by
# `convert.decode_image`, an object in text by `as_written`, no object by `_NOTHING`.
_SPELLINGS: Mapping[object, Hook] = {
    str: _words,
    Id: _id,
    int: _count,
    bool: _flag,
    float: _share,
    Decimal: _amount,
}

_EXACT = Reader(EXACTLY)
_GENEROUS = Reader(_SPELLINGS, generous=True)


def exactly(value: object, shape: type[T]) -> T:
    """A value as `shape`; a `ProtocolError` at the first that is not as documented."""
    return told(_EXACT, value, shape)


def generously(value: object, shape: type[T]) -> T:
    """A value as `shape`, what is odd and does not decide left out."""
    return told(_GENEROUS, value, shape)


def told(reader: Reader, value: object, shape: type[T]) -> T:
    """A value as `shape`.

    Raises:
        ProtocolError: What decides is missing or odd; `pointer` says where.
    """
    try:
        return cast("T", reader.hook(shape)(value, shape))
    except OddError as error:
        msg = f"{error} At {error.pointer or 'the top'}."
        raise ProtocolError(msg, pointer=error.pointer) from None
    except RecursionError:
        msg = "The answer is nested deeper than any document describes."
        raise ProtocolError(msg) from None
