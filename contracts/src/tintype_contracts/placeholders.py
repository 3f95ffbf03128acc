"""Templates to bodies: the one implementation for the hook tier and the sandbox.

A string that is nothing but a placeholder becomes a value of the placeholder's own type;
inside longer text it becomes text. The item of an array that holds an image placeholder
is written once for each image; several such items are the first image, the second, and so
on. `{"$json": value}` is the JSON text of `value`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from tintype_contracts.format import EventTemplate, JsonContent
from tintype_contracts.pointers import is_array, leaves

PLACEHOLDER = re.compile(r"\{\{([a-z_]+)(?::([^{}]*))?\}\}")
"""Its name is the first group, what stands behind the colon the second."""

NAMES: Mapping[str, frozenset[str] | None] = {
    "secret": frozenset({"api_key"}),
    "id": None,
    "request": None,
    "request_json": frozenset({""}),
    "image": frozenset(
        {
            "url",
            "preview_url",
            "b64",
            "data_uri",
            "media_type",
            "width",
            "height",
            "size",
            "index",
            "count",
        }
    ),
    "cost": frozenset({"credits", "usd"}),
    "balance": frozenset({"credits", "usd"}),
    "time": frozenset({"s", "ms", "iso"}),
    "progress": frozenset({""}),
    "webhook": frozenset({"url"}),
    "reference": None,
}
"""Every placeholder, and what may stand behind its colon; None is anything."""


class Values(Protocol):
    """Where the values of placeholders come from."""

    @property
    def count(self) -> int:
        """How many images there are."""
        ...

    def value(self, name: str, argument: str, image: int) -> object:
        """The value of `{{name:argument}}`, for the image with that index."""
        ...


def render(template: object, values: Values, image: int = 0) -> object:
    """`template` with every placeholder filled."""
    match template:
        case str():
            return _text(template, values, image)
        case {"$json": inner, **rest} if not rest:
            return dump(render(inner, values, image))
        case Mapping():
            return {key: render(value, values, image) for key, value in template.items()}
        case list() | tuple():
            return list(_items(template, values, image))
        case _:
            return template


def render_text(template: str, values: Values, image: int = 0) -> str:
    """`template`, which stays text even where it is nothing but a placeholder."""
    return PLACEHOLDER.sub(lambda found: _shown(_value(found, values, image)), template)


def render_events(
    events: tuple[EventTemplate, ...], values: Values
) -> Iterator[tuple[EventTemplate, str]]:
    """Each event of a stream with its data, those that hold an image once for each."""
    for event in events:
        content = event.content.value if isinstance(event.content, JsonContent) else None
        text = None if isinstance(event.content, JsonContent) else event.content.text
        for image in range(values.count if holds_image((content, text)) else 1):
            if text is None:
                yield event, dump(render(content, values, image))
            else:
                yield event, render_text(text, values, image)


def dump(value: object) -> str:
    """JSON text; whole decimals become integers, other decimals fractions."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_number)


def holds_image(template: object) -> bool:
    """Whether an item is written once for each image: it holds a fact of one.

    An array inside it that holds one is repeated in its own right.
    """
    match template:
        case str():
            found = PLACEHOLDER.finditer(template)
            return any(name[1] == "image" and name[2] != "count" for name in found)
        case Mapping():
            return any(holds_image(value) for value in template.values() if not is_array(value))
        case list() | tuple():
            return any(holds_image(value) for value in template)
        case _:
            return False


def placeholders(template: object) -> Iterator[tuple[str, str, str]]:
    """Every placeholder in `template`: the pointer of its text, its name, its argument."""
    for pointer, value in leaves(template):
        for found in PLACEHOLDER.finditer(value) if isinstance(value, str) else ():
            yield pointer, found[1], found[2] or ""


def whole(template: object) -> tuple[str, str] | None:
    """The name and argument of the placeholder that `template` is, or None."""
    found = PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    return (found[1], found[2] or "") if found else None


def pattern(template: str) -> re.Pattern[str]:
    """A pattern that admits `template` with any text in its placeholders."""
    pieces = PLACEHOLDER.split(template)[::3]
    return re.compile("(.*?)".join(re.escape(piece) for piece in pieces), re.DOTALL)


def _items(template: Sequence[object], values: Values, image: int) -> Iterator[object]:
    drawn = [index for index, item in enumerate(template) if holds_image(item)]
    for index, item in enumerate(template):
        if index not in drawn:
            yield render(item, values, image)
        elif len(drawn) == 1:
            yield from (render(item, values, each) for each in range(values.count))
        elif drawn.index(index) < values.count:
            yield render(item, values, drawn.index(index))


def _text(template: str, values: Values, image: int) -> object:
    alone = PLACEHOLDER.fullmatch(template)
    return _value(alone, values, image) if alone else render_text(template, values, image)


def _value(found: re.Match[str], values: Values, image: int) -> object:
    return values.value(found[1], found[2] or "", image)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else dump(value)


def _number(value: object) -> int | float:
    if not isinstance(value, Decimal):
        msg = f"{type(value).__name__} has no place in JSON"
        raise TypeError(msg)
    return int(value) if value == value.to_integral_value() else float(value)
