"""What a provider offers, as data: what a field may hold, what a request costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from typing import Literal, get_args, get_origin

import attrs
import pytest
from attrs import NOTHING, evolve
from tests.core.acme import DRAW, INFO, LIVE

from tintype.catalog import (
    Choice,
    Descriptor,
    Flag,
    Integer,
    Items,
    Model,
    Number,
    Object,
    Pixels,
    ProviderInfo,
    References,
    Text,
    Unsupported,
)
from tintype.convert import from_json, to_json
from tintype.credentials import HeaderKey
from tintype.errors import ProtocolError

SIZES = Pixels(min_total=100, max_total=10_000, max_ratio=4)


@pytest.mark.parametrize(
    ("descriptor", "admitted", "refused"),
    [
        (Choice(values=("a", "b")), ["a", "b"], ["A", "", "c", 1, None]),
        (Integer(low=1, high=4), [1, 4], [0, 5, True, 2.0, "2", None]),
        (Integer(low=1), [1, 10**9], [0]),
        (Integer(high=4), [-(10**9), 4], [5]),
        (Integer(), [-(10**9), 0], [False]),
        (Number(low=0.5, high=2), [0.5, 1, 2.0], [0.4, 2.1, math.nan, True, "1", None]),
        (Number(), [-1.5, 0, 10**400], [math.nan, math.inf, -math.inf]),
        (Flag(), [True, False], [0, 1, "true", None]),
        (Text(max_length=3), ["a", "abc", "\U0001f43c" * 3], ["", "abcd", 7, None]),
        (Text(min_length=2), ["ab", "a" * 99], ["a"]),
        (SIZES, ["10x10", "5x20", "20x5", "100x100"], ["9x10", "101x100", "4x100", "10", 7, None]),
        (SIZES, [], ["x", "10x", "x10", "axb", "-10x10", "10x10x10", "", "10X10"]),
        (Pixels(), ["1x1", "9999x1"], ["0x5"]),
        (Integer(low=16, high=64, step=16), [16, 64], [24, 80, 0]),
        (
            Pixels(width=Integer(high=1440, step=32), height=Integer(low=256)),
            ["1440x256", "32x9999"],
            ["1472x256", "33x256", "32x255"],
        ),
        (Unsupported(reason="it is ignored"), [], ["a", 1, True, None]),
        (Object(), [{}, {"a": 1}], [[], "a", None]),
        (Object(fields={"a": Integer(low=1)}), [{}, {"a": 1, "b": 0}], [{"a": 0}]),
        (Items(max_count=2), [[], ["a", 1]], [["a", "b", "c"], {}, "ab", None]),
        (Items(each=Flag()), [[], [True, False]], [[1]]),
    ],
)
def test_a_descriptor_admits_what_is_documented_and_nothing_else(
    descriptor: Descriptor, admitted: list[object], refused: list[object]
) -> None:
    """Of the documented type, within the documented bounds, both ends included."""
    assert [value for value in admitted if not descriptor.admits(value)] == []
    assert [value for value in refused if descriptor.admits(value)] == []


@pytest.mark.parametrize(
    ("descriptor", "allowed"),
    [
        (Choice(values=("a", "b")), ("a", "b")),
        (Integer(low=1, high=4), ("1…4",)),
        (Integer(low=0), ("0…",)),
        (Integer(high=0), ("…0",)),
        (Integer(), ("any integer",)),
        (Number(low=0.5, high=2), ("0.5…2",)),
        (Number(), ("any number",)),
        (Flag(), ("true", "false")),
        (Text(max_length=300), ("1…300 characters",)),
        (Text(min_length=2), ("2… characters",)),
        (SIZES, ("WIDTHxHEIGHT of 100 to 10,000 pixels, sides at most 1:4",)),
        (Pixels(min_total=100), ("WIDTHxHEIGHT of at least 100 pixels",)),
        (Unsupported(reason="it is ignored"), ()),
        (Object(), ("an object",)),
        (Object(fields={"a": Flag()}), ("an object with a (true, false)",)),
        (Items(), ("a list",)),
        (Items(each=Flag(), max_count=2), ("a list of at most 2, each true, false",)),
    ],
)
def test_a_descriptor_says_what_may_be_given(
    descriptor: Descriptor, allowed: tuple[str, ...]
) -> None:
    """For a person to read in an error."""
    assert descriptor.allowed == allowed


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, DRAW),
        ("acme-draw-1", DRAW),
        ("draw", DRAW),
        ("live", LIVE),
        ("Draw", None),
        ("", None),
        ("gone", None),
    ],
)
def test_a_model_is_found_by_id_or_canonical_name(wanted: str | None, found: Model | None) -> None:
    """None is the default; a model without a canonical name is not found by an empty one."""
    info = evolve(INFO, models=(*INFO.models, Model(id="nameless")))
    assert info.find(wanted) == found


def test_an_id_wins_over_another_models_name() -> None:
    """The wire is what it is."""
    first, second = Model(id="a", name="b"), Model(id="b", name="c")
    assert evolve(INFO, models=(first, second)).find("b") is second


def test_a_model_outside_the_catalog_has_the_general_limits() -> None:
    """Under its own id, and without a price."""
    assert INFO.limits("gone") == evolve(INFO.general, id="gone")
    assert INFO.limits("gone").prices == ()
    assert INFO.limits("acme-draw-1") is DRAW


def test_a_key_is_shown_as_a_bearer_unless_documented_otherwise() -> None:
    """The usual form."""
    assert HeaderKey() == HeaderKey(header="Authorization", prefix="Bearer ")
    assert HeaderKey().shown == ("Authorization", "Bearer {key}")


DRAWS: dict[str, tuple[str, ...]] = {"draw": ("prompt",)}
EDITS: dict[str, tuple[str, ...]] = {"edit": ("prompt", "image")}
INPAINTS: dict[str, tuple[str, ...]] = {"inpaint": ("prompt", "image", "mask")}


@pytest.mark.parametrize(
    ("model", "abilities"),
    [
        (Model(id="m"), DRAWS),
        (Model(id="m", edits_with="e"), DRAWS | EDITS),
        (Model(id="m", references=References(forms=("url",))), DRAWS | EDITS),
        (Model(id="m", references=References(forms=("url",), required=True)), EDITS),
        (
            Model(id="m", references=References(forms=("url",), roles=("image", "mask"))),
            DRAWS | EDITS | INPAINTS,
        ),
        (Model(id="m", tasks={"upscale": ("image",)}), {"upscale": ("image",)}),
    ],
)
def test_what_a_model_can_do_follows_from_what_it_takes(
    model: Model, abilities: dict[str, tuple[str, ...]]
) -> None:
    """Unless it says so itself; what it says goes to JSON and back."""
    assert model.abilities == abilities
    assert from_json(to_json(model), Model) == model


def _examples(shape: object) -> Iterator[object]:
    """A value of each class that may stand there, each again with whatever it may hold."""
    held = get_args(shape)
    if isinstance(shape, type) and attrs.has(shape):
        fields = attrs.fields(attrs.resolve_types(shape))
        needed = {it.name: next(_examples(it.type)) for it in fields if it.default is NOTHING}
        nested = ((it.name, _examples(it.type)) for it in fields if "tintype" in str(it.type))
        given = ({name: value} for name, values in nested for value in values if value is not None)
        for each in ({}, *given):
            with suppress(ValueError):  # of two fields one is needed
                yield shape(**{**needed, **each})
    elif get_origin(shape) is tuple:
        yield from ((each,) for each in _examples(held[0]))
    elif get_origin(shape) is Mapping:
        yield from ({"name": each} for each in _examples(held[1]))
    elif get_origin(shape) is Literal:
        yield held[0]
    elif held:
        yield from chain.from_iterable(map(_examples, held))
    else:
        yield _VALUES.get(shape)


_VALUES = {str: "a", int: 1, Decimal: Decimal("0.1"), bool: True, float: 0.5}


@pytest.mark.parametrize("shape", [Model, ProviderInfo])
def test_whatever_a_catalog_may_hold_goes_to_json_and_back(shape: type[Model]) -> None:
    """Descriptors of every class, in every place that admits one, and None where it may be."""
    values = list(_examples(shape))
    assert len(values) > 40
    for value in values:
        assert from_json(to_json(value), shape) == value  # type: ignore[arg-type]  # it is one


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"type": "Foo"}', "There are: Choice, Integer"),
        ('{"type": []}', "There are: Choice, Integer"),
        ("{}", "'type' is missing"),
        ("7", "an object"),
    ],
)
def test_a_descriptor_of_no_type_is_told_by_its_place(text: str, told: str) -> None:
    """With the types that there are."""
    with pytest.raises(ProtocolError, match=f"{told}.* At /options/a"):
        from_json(f'{{"id": "m", "options": {{"a": {text}}}}}', Model)
