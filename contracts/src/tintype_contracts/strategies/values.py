"""Values that a row of the parameter table admits, and values that it does not.

They are values of the neutral field that the row names, as a caller would write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isqrt
from typing import TypeAlias

from attrs import evolve

from tintype.catalog import Model, ReferenceForm
from tintype.request import ROLES, Reference, Role
from tintype_contracts.fixtures.format import Parameter, Pixels
from tintype_contracts.fixtures.values import data_uri, small_png

Samples: TypeAlias = Callable[[Parameter, ReferenceForm], Sequence[tuple[str, object]]]

PROMPT = "a red fox in the snow"
STRANGE = "tintype-strange"
"""A word that no document lists."""

_TEXT_FIELDS = frozenset(
    {"aspect_ratio", "resolution", "quality", "output_format", "background", "style"}
)
_FREE_TEXT = frozenset({"prompt", "negative_prompt", "user"})
_REPEATED = {3: 1}
_COUNTS = frozenset({"n", "seed", "output_compression", "steps", "previews"})
_FRACTIONS: Mapping[str, Sequence[float]] = {"guidance": (1.5, 7.0), "strength": (0.0, 0.5, 1.0)}
_MAX_REFERENCES = 16
_SIDE = 1024
_CALLBACK = "https://caller.test/Hook/%C3%A4/?task=1&more=%20x+Y&sig=Ab%2F%3D="
_MANY = 5
_A_FEW = 2
_URLS = (
    "https://caller.test/picture?id={index}",
    "https://pictures.caller.internal/{index}.png?a=1&b=%20x",
    "https://caller.test/Zz/%C3%A4+b.JPG?X-Amz-Signature=aB%2Bc%2F9%3D&n={index}",
)
_FILES = (
    ("image/png", b"", b""),
    ("image/jpeg", b"\xff\xd8\xff\xe0", b"\0\r\n \t\n"),
    ("image/webp", b"RIFF\0\0\0\0WEBPVP8 ", b" "),
)
"""What a file is, how it begins by that, and what stands behind its picture."""
_PLAIN: Mapping[str, Sequence[object]] = {
    "watermark": (True, False),
    "stream": (True,),  # False is how a caller says nothing
    "webhook_url": (_CALLBACK,),
    "negative_prompt": ('rain, "crowds" & 雨', "  Zoe\u0308, \u200f\u05e9\u05dc\u05d2\n "),
    "style": ("loose watercolor",),
    "user": ("user-7", "Über+7 %2F@caller.test"),
    "options": ({"tintype_sample": "text", "tintype_none": 0},),
}


def admitted(row: Parameter, _: ReferenceForm = "url") -> Sequence[tuple[str, object]]:
    """(neutral field, value) for every word, and for the ends of every range.

    A row of `pixels` is reached by a tier and by exact pixels: two neutral fields.
    """
    if row.nth > 1:
        return []  # the first of them stands for all
    name = row.neutral or ""
    values = [(name, value) for value in _values(row, name)]
    sizes = [("size", size) for size in _sizes(row.pixels)] if row.pixels else []
    halves = [("size", _sized(row, half)) for half in _numbers(row)] if row.side else []
    return [*values, *sizes, *halves]


def _values(row: Parameter, name: str) -> Sequence[object]:
    if name in _COUNTS:
        return _numbers(row)
    if name in _FRACTIONS:
        bounds = {float(bound) for bound in (row.min, row.max) if bound is not None}
        return sorted(bounds) or _FRACTIONS[name]
    if name == "references":
        return [f"{count} {row.role}" for count in _counts(row)] if row.role else _counts(row)
    if name in _TEXT_FIELDS and (row.enum or row.pattern):
        return tuple(map(row.meant, row.enum))
    return _PLAIN.get(name, ())


def fields_of(
    row: Parameter, model: Model, samples: Samples = admitted
) -> Iterator[tuple[str, object]]:
    """(neutral field, value) of a row for a model, as far as the documents say."""
    for name, value in samples(row, best_form(model)):
        if not (name == "references" and _beyond_what_is_said(row, model, value)):
            yield name, value


def _beyond_what_is_said(row: Parameter, model: Model, value: object) -> bool:
    """Whether so many references are the plugin's to bound: no document says how many."""
    most = (model.references and model.references.max_count) or 0
    silent = row.max_items is None and most > 0
    return silent and isinstance(value, int) and value > max(_A_FEW, most)


def refused(row: Parameter, form: ReferenceForm = "url") -> Sequence[tuple[str, object]]:
    """(neutral field, value) beyond every documented bound."""
    name = row.neutral or ""
    if name in _TEXT_FIELDS and row.enum:
        return [(name, STRANGE)]
    if name == "references":
        beyond_ = _references_beyond(row, form) if row.nth <= 1 else ()
        return [(name, f"{given} {row.role}" if row.role else given) for given in beyond_]
    if name in _FREE_TEXT:
        return [(name, text) for text in _texts_beyond(row)]
    if row.side:
        return [(name, _sized(row, half)) for half in _beyond(row)]
    if name in _COUNTS | _FRACTIONS.keys():
        return [(name, value) for value in _beyond(row)]
    return [(name, "16x16")] if row.pixels and row.pixels.min else []


def beyond(row: Parameter) -> Iterator[object]:
    """Values of the wire's own that are beyond what a row admits."""
    if row.enum:
        yield STRANGE
    if row.type in {"integer", "number"}:
        yield from _beyond(row)
    if row.type == "string":
        yield from _texts_beyond(row)


def references(given: object, model: Model) -> tuple[Reference, ...]:
    """Source images for `3`, `3 bytes`, `1 bytes 4096` or `2 style`.

    They are so many, of a form, so large, of a role; a mask comes with what it marks a part of.

    A list is one of addresses as they are. All others differ in address and type, but for the
    fourth, which is the second once more; without a form they have the one that the model takes
    best.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(given, list | tuple):
        return tuple(given)
    count, *told = str(given).split()
    how = [each for each in told if each not in ROLES]
    role = next((each for each in ROLES if each in told), _usual_role(model))
    size = int(how.pop()) if len(how) > 1 else 0
    form = how[0] if how else best_form(model)
    made = [_reference(_REPEATED.get(at, at), form, size) for at in range(int(count))]
    marked = [_reference(len(made), form, size)] if role == "mask" else []
    return (*marked, *(evolve(each, role=role) for each in made))


def most_references(model: Model, otherwise: int) -> int:
    """How many references of their usual role a model takes; `otherwise` where nobody says."""
    accepts = model.references
    bounds = (accepts.max_count, accepts.max_of.get(_usual_role(model))) if accepts else ()
    return min(filter(None, bounds), default=otherwise)


def _usual_role(model: Model) -> Role:
    """What a picture is for where nobody says; the first role that the model takes, else."""
    roles = model.references.roles if model.references else ()
    others = [each for each in roles if each != "mask"]
    return "image" if "image" in roles else (*others, "image")[0]


def best_form(model: Model) -> ReferenceForm:
    """The form of references that the model takes best."""
    return model.references.forms[0] if model.references else "url"


def words(letters: int) -> str:
    """Words no two of which are alike, so that nothing is cut or folded unseen."""
    return " ".join(map(str, range(letters)))[:letters]


def raw_value(row: Parameter) -> object:
    """A value for a field that only raw options reach."""
    if row.enum:
        return row.enum[0]
    kinds: dict[str, object] = {
        "integer": -(-int(row.min or 0) // (row.step or 1)) * (row.step or 1),
        "number": float(row.min) if row.min is not None and row.min % 1 else int(row.min or 0),
        "boolean": False,
        "array": ["https://caller.test/0.png"] * max(1, row.min_items or 1),
        "object": {"tintype_sample": 0},
        "json": {"tintype_sample": 0},
    }
    return kinds.get(row.type, "text")


def _reference(index: int, form: str, size: int) -> Reference:
    kind, head, tail = _FILES[index % len(_FILES)]
    data = (head + small_png(f"sample {index}") + tail).ljust(size, b"\0")
    match form:
        case "url":
            return Reference(url=_URLS[index % len(_URLS)].format(index=index))
        case "data_uri":
            return Reference(url=data_uri(data, kind))
        case "capitals":
            head_, comma, rest = data_uri(data, kind).partition(",")
            return Reference(url=head_.upper() + comma + rest)
        case "bytes":
            return Reference(data=data, media_type=kind, name=f"sample-{index}.png")
        case _:
            raise ValueError(form)


def _counts(row: Parameter) -> Sequence[int]:
    """How many references: the fewest, two (for their order), several, the most."""
    fewest = max(1, row.min_items or 1)
    if row.type in {"string", "file"} and row.max_items is None:
        return (fewest,)
    most = min(row.max_items or _MANY, _MAX_REFERENCES)
    return sorted({fewest, *(min(max(each, fewest), most) for each in (2, _MANY)), most})


def _numbers(row: Parameter) -> Sequence[int]:
    if row.type == "string":  # a number written out
        return (1, 2)
    step = row.step or 1
    bounds = {int(row.max) // step * step} if row.max is not None else set()
    if row.min is not None:
        bounds |= {-(-int(row.min) // step) * step}
    elif bounds and not row.side:
        bounds |= {0}
    free = {_SIDE // step * step} if row.side else {0, 7 * step, (2**31 - 1) // step * step}
    return sorted(bounds or free)


def _beyond(row: Parameter) -> Iterator[int]:
    """The next number below and above the bounds, and one between two steps."""
    step = row.step or 1
    if row.min is not None:
        yield (int(row.min) - 1) // step * step
    if row.max is not None:
        yield (int(row.max) // step + 1) * step
    if step > 1:
        yield _numbers(row)[0] + 1


def _sized(row: Parameter, half: int) -> str:
    """A size with that half of it; the other is as near to a usual one as it may be."""
    least, most, step = row.beside
    other = min(max(_SIDE, least), most) // step * step
    width, height = (half, other) if row.side == "width" else (other, half)
    return f"{width}x{height}"


def _texts_beyond(row: Parameter) -> Iterator[str]:
    if row.min_length is not None and row.min_length > 1:
        yield "x" * (row.min_length - 1)
    if row.max_length is not None:
        yield "x" * (row.max_length + 1)


def _references_beyond(row: Parameter, form: ReferenceForm) -> Iterator[object]:
    """One more than may be, a file of one byte more than may be, a head in capitals."""
    if row.max_items is not None:
        yield row.max_items + 1
    if row.max_bytes is not None and form == "bytes":
        yield f"1 bytes {row.max_bytes + 1}"
    if row.pattern is not None and row.type == "array":
        yield "1 capitals"


def _sizes(pixels: Pixels) -> Iterator[str]:
    """Squares of the fewest and of the most pixels, and the longest strip, in whole steps."""
    step, least = pixels.step or 1, pixels.least_side or 1
    low = max(least, isqrt(max(1, pixels.min or 1) - 1) + 1)
    low += -low % step
    high = isqrt(pixels.max) if pixels.max else low
    high = min(high, pixels.most_side or high)
    yield f"{low}x{low}"
    yield f"{high - high % step}x{high - high % step}"
    if pixels.ratio:
        short = max(least, isqrt((pixels.min or 1) // pixels.ratio) + 1)
        short += -short % step
        yield f"{short * pixels.ratio}x{short}"
