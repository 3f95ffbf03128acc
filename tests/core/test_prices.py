"""What a request costs by the price list of its model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.acme import INFO, SAME_EVERY_TIME

from tintype.catalog import (
    Choice,
    Descriptor,
    Integer,
    Items,
    Model,
    Object,
    Pixels,
    Price,
    ProviderInfo,
    Text,
    Unit,
)
from tintype.models import Quote, QuoteKind
from tintype.prices import quote_from_prices
from tintype.request import ImageRequest, Submission


def priced(*prices: Price) -> Model:
    """A model with that price list."""
    return Model(id="m", prices=prices)


def quoted(model: Model, request: ImageRequest) -> Quote | None:
    """What the list of a provider's one model says."""
    return offered(evolve(INFO, models=(model,)), evolve(request, model=model.id))


def offered(info: ProviderInfo, request: ImageRequest) -> Quote | None:
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


@pytest.mark.parametrize(
    ("fields", "usd"),
    [
        ({}, 4 * CENT),
        ({"resolution": "1K"}, CENT),
        ({"n": 2, "aspect_ratio": "16:9"}, 8 * CENT),
    ],
)
def test_a_documented_default_is_what_is_meant_where_nothing_is_said(
    fields: dict[str, Any], usd: Decimal
) -> None:
    """The price is that of the default, and nothing is assumed."""
    tiers = evolve(TIERS, parameters={"resolution": Choice(values=("1K", "2K"), default="2K")})
    quote = quoted(tiers, ImageRequest(prompt="a cat", **fields))
    assert quote is not None
    assert quote.usd == usd
    assert quote.assumptions == ()


def test_a_default_is_not_meant_beside_what_says_otherwise() -> None:
    """Exact pixels say what a tier would have said; who knows which line they are of."""
    tiers = evolve(TIERS, parameters={"resolution": Choice(values=("1K", "2K"), default="2K")})
    quote = quoted(tiers, ImageRequest(prompt="a cat", size="1024x1024"))
    assert quote is not None
    assert quote.kind is QuoteKind.RANGE


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
    quote = offered(info, request)
    assert quote is not None
    assert (quote.usd == CENT) is (known or alone is not None)
    assert ("'layers'" in quote.reason) is (quote.usd is None)


def test_an_option_that_bears_a_fields_name_is_priced_as_that_field() -> None:
    """Four images are four images, by whatever name the API calls them."""
    options = {"acme": {"count": 4, "tier": "2K"}}
    model = evolve(TIERS, options={"count": Integer(low=1), "tier": Text()})
    names = {"count": ("n",), "tier": ("size", "resolution")}
    info = evolve(INFO, models=(model,), wire_names=names)
    quote = offered(info, ImageRequest(prompt="a cat", model="m", options=options))
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


MEGA = priced(Price(usd=CENT, unit="megapixel"))
SIZES = {"size": Pixels(min_total=10**6, max_total=4 * 10**6)}
SIDE = Integer(low=500, high=8000)


@pytest.mark.parametrize(
    ("options", "ends"),
    [
        ({"width": 8000, "height": 8000}, (64 * CENT, 64 * CENT)),
        ({"width": 8000}, (4 * CENT, 64 * CENT)),
        ({"w": 8000, "h": 2000}, (16 * CENT, 16 * CENT)),
        ({"image_size": {"width": 8000, "height": 8000}}, (64 * CENT, 64 * CENT)),
        ({"image_size": {"width": 8000}}, (None, None)),
        ({"image_size": "huge"}, (None, None)),
        ({"count": 7}, (7 * CENT, 28 * CENT)),
        ({"count": "many"}, (None, None)),
        ({"count": 0}, (None, None)),
        ({"count": -7}, (None, None)),
        ({"tier": "8K"}, (None, None)),
        ({"tier": "2K"}, (4 * CENT, 6 * CENT)),
        ({"tier": "2K", "ratio": "1:1"}, (4 * CENT, 4 * CENT)),
    ],
    ids=str,
)
def test_an_option_that_decides_what_a_unit_counts_is_counted(
    options: Mapping[str, object], ends: tuple[Decimal | None, Decimal | None]
) -> None:
    """Else the bounds of the field that it replaces would stand in a quote that is far too low."""
    described: dict[str, Descriptor] = {
        **dict.fromkeys(("width", "height", "w", "h"), SIDE),
        "image_size": Object(),
        "count": Integer(),
        **dict.fromkeys(("tier", "ratio"), Text()),
    }
    names = {
        "w": ("width",),
        "h": ("height",),
        "image_size": ("size",),
        "count": ("n",),
        "tier": ("resolution",),
        "ratio": ("aspect_ratio",),
    }
    sizes = {"2K": {"1:1": "2000x2000", "3:2": "3000x2000"}}
    model = evolve(MEGA, parameters=SIZES, options=described, sizes=sizes)
    info = evolve(INFO, models=(model,), wire_names=names)
    quote = offered(info, ImageRequest(prompt="a", model="m", options={"acme": options}))
    assert quote is not None
    assert (quote.low, quote.high) == ends


def test_source_images_that_an_option_names_are_counted_and_make_it_an_edit() -> None:
    """By whatever name the API calls them."""
    model = evolve(
        priced(
            Price(usd=CENT, when={"references": "no"}),
            Price(usd=2 * CENT, when={"references": "yes"}),
            Price(usd=CENT, unit="reference", billable="input_image"),
        ),
        options={"image_urls": Items()},
    )
    info = evolve(INFO, models=(model,), wire_names={"image_urls": ("references",)})
    options = {"acme": {"image_urls": ["https://a.test/1.png", "https://a.test/2.png"]}}
    quote = offered(info, ImageRequest(prompt="a", model="m", options=options))
    assert quote is not None
    assert quote.usd == 4 * CENT


def test_a_number_is_the_same_however_it_is_spelt() -> None:
    """`7` of a catalog is `7.0` of a request; a tier of digits is a word like any."""
    model = priced(Price(usd=CENT, when={"guidance": "7", "resolution": "512"}))
    quote = quoted(model, ImageRequest(prompt="a", guidance=7, resolution="512"))
    assert quote is not None
    assert quote.usd == CENT


# What the rows of the lists below may name, with what a request may say of it.
SAID: Mapping[str, tuple[str, ...]] = {
    "resolution": ("1K", "2K"),
    "quality": ("low", "high"),
    "size": ("1000x1000", "2000x1000"),
    "steps": ("10", "20"),
    "n": ("1", "2", "3"),
    "references": ("yes", "no"),
    "finish": ("matt", "gloss"),
    "watermark": ("true", "false"),
}
MONEY = st.integers(0, 9).map(lambda cents: cents * CENT)
ROWS = st.lists(
    st.builds(
        Price,
        usd=MONEY,
        unit=st.sampled_from(("image", "reference", "request", "megapixel", "step")),
        billable=st.sampled_from(("output_image", "input_image")),
        when=st.fixed_dictionaries(
            {}, optional={name: st.sampled_from(words) for name, words in SAID.items()}
        ),
    ),
    min_size=1,
    max_size=5,
).map(tuple)
WHOLE = st.fixed_dictionaries({name: st.sampled_from(words) for name, words in SAID.items()})


def request_of(said: Mapping[str, str]) -> ImageRequest:
    """A request that says what is said, field by field."""
    fields: dict[str, object] = {
        name: said[name] for name in ("resolution", "quality") if name in said
    }
    fields |= {name: int(said[name]) for name in ("n", "steps") if name in said}
    if said.get("size"):
        fields |= {"options": {"acme": {"dimensions": said["size"]}}}
    if said.get("finish"):
        own = {"finish": said["finish"]}
        fields["options"] = {"acme": {**fields.get("options", {}).get("acme", {}), **own}}  # type: ignore[attr-defined]
    if "watermark" in said:
        fields["watermark"] = said["watermark"] == "true"
    if said["references"] == "yes":
        fields["references"] = ("https://a.test/1.png", "https://a.test/2.png")
    return ImageRequest(prompt="a", model="m", **fields)  # type: ignore[arg-type]


def bill(rows: tuple[Price, ...], said: Mapping[str, str]) -> tuple[Decimal, Decimal] | None:
    """The same by plain counting, where all is said; None where the list says nothing."""
    width, height = map(int, said["size"].split("x"))
    images = int(said["n"])
    units = {
        "image": Decimal(images),
        "reference": Decimal(2 if said["references"] == "yes" else 0),
        "request": Decimal(1),
        "megapixel": Decimal(images * width * height) / 10**6,
        "step": Decimal(images * int(said["steps"])),
    }
    low = high = Decimal(0)
    apply = [row for row in rows if all(said[name] == word for name, word in row.when.items())]
    drawn = {row.billable for row in rows if row.unit != "reference"}
    if not apply or not drawn <= {row.billable for row in apply}:
        return None
    for billable in {row.billable for row in apply}:
        costs = [
            row.usd * units[row.unit]
            for row in apply
            if row.billable == billable and row.usd is not None
        ]
        low, high = low + min(costs), high + max(costs)
    return low, high


def listed(rows: tuple[Price, ...]) -> Model:
    """A model with that list, whose fields are bounded by what may be said."""
    return Model(
        id="m",
        prices=rows,
        parameters={
            "size": Pixels(min_total=10**6, max_total=2 * 10**6),
            "steps": Integer(low=10, high=20),
        },
        options={"finish": Choice(values=("matt", "gloss")), "dimensions": Text()},
    )


@SAME_EVERY_TIME
@given(rows=ROWS, said=WHOLE)
def test_a_request_that_says_all_is_billed_as_by_plain_counting(
    rows: tuple[Price, ...], said: Mapping[str, str]
) -> None:
    """Whatever fields the rows name, and whatever they count."""
    info = evolve(INFO, models=(listed(rows),), wire_names={"dimensions": ("size",)})
    quote = offered(info, request_of(said))
    assert (None if quote is None else (quote.low, quote.high)) == bill(rows, said)


OPEN = st.sets(st.sampled_from(sorted(set(SAID) - {"n", "references"})))


@SAME_EVERY_TIME
@example(
    rows=(
        Price(usd=0 * CENT),
        Price(usd=CENT, unit="reference", billable="input_image", when={"resolution": "1K"}),
    ),
    said={name: words[0] for name, words in SAID.items()},
    left={"resolution"},
)
@given(rows=ROWS, said=WHOLE, left=OPEN)
def test_what_is_left_open_is_never_quoted_too_low_or_too_high(
    rows: tuple[Price, ...], said: Mapping[str, str], left: set[str]
) -> None:
    """Whatever the provider picks of it, the bill lies within the quote."""
    info = evolve(INFO, models=(listed(rows),), wire_names={"dimensions": ("size",)})
    told = {name: word for name, word in said.items() if name not in left}
    quote = offered(info, request_of(told))
    for words in product(*(SAID[name] for name in sorted(left))):
        due = bill(rows, {**told, **dict(zip(sorted(left), words, strict=True))})
        if due is not None:
            assert quote is not None
            if quote.low is None or quote.high is None:  # no table says what a tier's pixels are
                assert "megapixel" in quote.reason
                assert "resolution" in told
            else:
                assert quote.low <= due[0] <= due[1] <= quote.high
