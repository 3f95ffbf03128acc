"""What a provider offers, as data: what a field may hold, what a request costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
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
    Price,
    ProviderInfo,
    References,
    Text,
    Unit,
    Unsupported,
    quote_from_prices,
)
from tintype.convert import from_json, to_json
from tintype.credentials import HeaderKey
from tintype.models import Quote, QuoteKind
from tintype.request import ImageRequest, Submission

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


# --------------------------------------------------------------------------- prices


def priced(*prices: Price) -> Model:
    """A model with that price list."""
    return Model(id="m", prices=prices)


def quoted(model: Model, request: ImageRequest) -> Quote | None:
    """What the list of a provider's one model says."""
    return listed(evolve(INFO, models=(model,)), evolve(request, model=model.id))


def listed(info: ProviderInfo, request: ImageRequest) -> Quote | None:
    """What the lists of a provider say."""
    return quote_from_prices(info, Submission.of(request, info.name, datetime.now(UTC)))


CENT = Decimal("0.01")
TIERS = priced(
    Price(usd=CENT, when={"resolution": "1K"}, source="list", as_of=date(2026, 11, 1)),
    Price(usd=4 * CENT, when={"resolution": "2K"}, source="list"),
)


def test_no_price_list_is_no_quote() -> None:
    """Unknown is None, never 0."""
    assert quoted(priced(), ImageRequest(prompt="a cat")) is None
    request = ImageRequest(prompt="a cat", resolution="8K")
    assert quoted(TIERS, request) is None


@pytest.mark.parametrize(("tier", "usd"), [("1K", CENT), ("2K", 4 * CENT)])
def test_the_price_of_a_tier_is_exact(tier: str, usd: Decimal) -> None:
    """Times the number of images, with its source and date."""
    quote = quoted(TIERS, ImageRequest(prompt="a cat", resolution=tier, n=3))
    assert quote is not None
    assert quote.usd == 3 * usd
    assert quote.source == "list"
    assert quote.assumptions == ()
    assert [line.quantity for line in quote.lines] == [3]


def test_a_field_left_open_makes_a_range_and_an_assumption() -> None:
    """Nobody knows which tier the provider picks."""
    quote = quoted(TIERS, ImageRequest(prompt="a cat"))
    assert quote is not None
    assert quote.kind is QuoteKind.RANGE
    assert (quote.low, quote.high) == (CENT, 4 * CENT)
    assert quote.assumptions == ("resolution is left open; the price depends on it.",)
    assert quote.as_of == date(2026, 11, 1)
    assert quote.model == "m"


@pytest.mark.parametrize(("references", "usd"), [((), CENT), (("https://a.test/1.png",), 2 * CENT)])
def test_editing_and_drawing_may_differ_in_price(references: tuple[str, ...], usd: Decimal) -> None:
    """Told by whether there are references."""
    model = priced(
        Price(usd=CENT, when={"references": "no"}), Price(usd=2 * CENT, when={"references": "yes"})
    )
    quote = quoted(model, ImageRequest(prompt="a cat", references=references))
    assert quote is not None
    assert quote.usd == usd


def test_lines_for_different_billables_add_up() -> None:
    """By the image, by the reference and by the submission."""
    model = priced(
        Price(usd=CENT),
        Price(usd=CENT, unit="reference", billable="input_image"),
        Price(usd=CENT, unit="request", billable="call"),
    )
    references = ("https://a.test/1.png", "https://a.test/2.png")
    quote = quoted(model, ImageRequest(prompt="a cat", n=3, references=references))
    assert quote is not None
    assert quote.usd == (3 + 2 + 1) * CENT


@pytest.mark.parametrize(
    ("options", "known"),
    [
        ({}, True),
        ({"acme": {}}, True),
        ({"other": {"layers": 9}}, True),
        ({"acme": {"form": "url"}}, True),
        ({"acme": {"layers": 9}}, False),
        ({"acme": {"form": "url", "layers": 9}}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("alone", [None, ("resolution",)])
def test_an_undescribed_option_has_no_price_unless_a_document_says_what_has(
    options: Mapping[str, Mapping[str, object]], alone: tuple[str, ...] | None, *, known: bool
) -> None:
    """It may draw more than was asked for; another provider's option is nothing to this one."""
    request = ImageRequest(prompt="a cat", model="m", resolution="1K", options=options)
    model = evolve(TIERS, options={"form": Choice(values=("url",))})
    info = evolve(INFO, models=(model,), prices_depend_on=alone)
    quote = listed(info, request)
    assert quote is not None
    assert (quote.usd == CENT) is (known or alone is not None)
    assert ("'layers'" in quote.reason) is (quote.usd is None)


def test_an_option_that_bears_a_fields_name_is_priced_as_that_field() -> None:
    """Four images are four images, by whatever name the API calls them."""
    options = {"acme": {"count": 4, "tier": "2K"}}
    model = evolve(TIERS, options={"count": Integer(low=1), "tier": Text()})
    names = {"count": ("n",), "tier": ("size", "resolution")}
    info = evolve(INFO, models=(model,), wire_names=names)
    quote = listed(info, ImageRequest(prompt="a cat", model="m", options=options))
    assert quote is not None
    assert quote.usd == 16 * CENT


def test_a_price_may_depend_on_any_field_or_option() -> None:
    """The size that is in the table is exact; one that is not has no price."""
    model = evolve(
        priced(
            Price(usd=CENT, when={"quality": "low", "size": "1024x1024"}),
            Price(usd=2 * CENT, when={"quality": "low", "size": "1024x1536"}),
            Price(usd=9 * CENT, when={"quality": "low", "fidelity": "high"}),
        ),
        options={"fidelity": Choice(values=("low", "high"))},
    )

    def usd(size: str, fidelity: str) -> Decimal | None:
        options = {"acme": {"fidelity": fidelity}}
        request = ImageRequest(prompt="a cat", quality="low", size=size, options=options)
        quote = quoted(model, request)
        return quote and quote.usd

    assert [usd("1024x1024", "low"), usd("1024x1536", "low")] == [CENT, 2 * CENT]
    assert usd("9x9", "low") is None
    assert usd("9x9", "high") == 9 * CENT


@pytest.mark.parametrize(
    ("unit", "fields", "ends"),
    [
        ("megapixel", {"size": "2000x1000", "n": 3}, (6 * CENT, 6 * CENT)),
        ("megapixel", {}, (CENT, 4 * CENT)),
        ("step", {"steps": 20, "n": 2}, (40 * CENT, 40 * CENT)),
        ("step", {}, (10 * CENT, 50 * CENT)),
        ("second", {}, (None, None)),
        ("token", {}, (None, None)),
    ],
)
def test_units_are_counted_where_the_request_fixes_them(
    unit: Unit, fields: Mapping[str, object], ends: tuple[Decimal | None, Decimal | None]
) -> None:
    """Else within the documented bounds; what only the work will tell is unknown, and says so."""
    limits = {
        "size": Pixels(min_total=10**6, max_total=4 * 10**6),
        "steps": Integer(low=10, high=50),
    }
    model = evolve(priced(Price(usd=CENT, unit=unit)), parameters=limits)
    quote = quoted(model, evolve(ImageRequest(prompt="a cat"), **fields))  # type: ignore[arg-type]
    assert quote is not None
    assert (quote.low, quote.high) == ends
    assert (unit in quote.reason) is (ends == (None, None))


def test_credits_are_no_dollars() -> None:
    """The core converts them; the price list does not."""
    quote = quoted(priced(Price(credits=Decimal(4))), ImageRequest(prompt="a cat", n=2))
    assert quote is not None
    assert (quote.credits_low, quote.credits_high) == (8, 8)
    assert (quote.low, quote.high) == (None, None)


def test_a_line_in_another_money_makes_the_sum_unknown() -> None:
    """Never a sum of half the lines."""
    model = priced(Price(usd=CENT), Price(credits=Decimal(1), billable="call"))
    quote = quoted(model, ImageRequest(prompt="a cat"))
    assert quote is not None
    assert quote.kind is QuoteKind.UNKNOWN


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
