"""What a request asks for, as text, by the names of its fields and of a provider's options.

A price row, a caution and what a price counts all ask the same: what was said of this name? An
option that bears a field's name on the wire says it of that field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from typing import TypeAlias

import attrs

from tintype.catalog import Pixels, ProviderInfo
from tintype.request import ImageRequest, Submission

FIELDS: frozenset[str] = frozenset(each.name for each in attrs.fields(ImageRequest))
"""Every field of a request."""

SIDES = ("width", "height")
"""The two halves of `size`, where an API has a name for each."""

Asked: TypeAlias = Mapping[str, str | None]

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_TOLD = sorted(FIELDS - {"references", "options", "tag"})
_told = attrgetter(*_TOLD)
_THEMSELVES = {name: (name,) for name in (*FIELDS - {"options", "tag"}, *SIDES)}


def asked_for(info: ProviderInfo, request: ImageRequest | Submission) -> Asked:
    """What a request says of each field and option; None is left open.

    `references` is how many source images there are. `size` is put together of its sides.
    """
    told = {
        name: value if value is None or type(value) is str else spelt(value)
        for name, value in zip(_TOLD, _told(request), strict=True)
    }
    pictures = len(request.sources)
    raw = request.options
    own = raw if isinstance(request, Submission) else request.options.get(info.name, {})
    names = {**_THEMSELVES, **info.wire_names} if own else {}
    for name, value in own.items():
        told[name] = spelt(value)
        for field in field_of(names, name, value):
            told[field] = spelt(value)
            pictures += _count(value) if field == "references" else 0
    told["references"] = str(pictures)
    sides = [told.get(side) for side in SIDES]
    if told["size"] is None and all(sides):
        told["size"] = "x".join(map(str, sides))
    return told


def field_of(
    wire_names: Mapping[str, tuple[str, ...]], name: str, value: object
) -> tuple[str, ...]:
    """The field of a request that an option of a wire name is, or nothing."""
    fields = wire_names.get(name, ())
    pixels = Pixels().admits(spelt(value))
    return tuple(each for each in fields if each != "size" or pixels or len(fields) == 1)[:1]


def holds(name: str, word: str, asked: Asked) -> bool | None:
    """Whether a field or option has the value that a document names; None is left open."""
    said = asked.get(name)
    if said is None:
        return None
    if name == "references":
        return (said != "0") is (word == "yes")
    return said == word or _same_number(said, word)


def spelt(value: object) -> str | None:
    """A value as the text that price rows and cautions have for it."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case Mapping() if set(SIDES) <= value.keys():
            return "x".join(str(value[side]) for side in SIDES)
        case _:
            return str(value)


def _same_number(said: str, word: str) -> bool:
    numbers = _NUMBER.fullmatch(said) and _NUMBER.fullmatch(word)
    return bool(numbers) and float(said) == float(word)


def _count(value: object) -> int:
    """How many pictures an option is: a list of them, or one."""
    return len(value) if isinstance(value, list) else int(value is not None)
