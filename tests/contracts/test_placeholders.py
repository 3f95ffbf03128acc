"""Templates become bodies, the same way in the hook tier and in the sandbox."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve

from tintype_contracts import Fixtures
from tintype_contracts.fixtures.format import EventTemplate, JsonContent, Results, TextContent
from tintype_contracts.fixtures.neutral import Price
from tintype_contracts.fixtures.placeholders import dump, render, render_events, render_text
from tintype_contracts.fixtures.values import Filling, FixedPicture, fixed_values, small_png


@pytest.fixture
def filling() -> Filling:
    """Two pictures, and a value for everything else."""
    return Filling(
        key="the key",
        identity=lambda name: f"{name}-9",
        pictures=[
            FixedPicture(url=f"https://cdn/{n}", preview_url=f"https://cdn/{n}p", data=b"%d" % n)
            for n in range(2)
        ],
        body={"model": "m", "deep": {"n": 3}},
        price=Price(usd=Decimal("0.040"), credits=Decimal(12)),
        balance=Price(usd=Decimal(5), credits=Decimal(100)),
        now=datetime(2025, 11, 20, 1, 2, 3, tzinfo=UTC),
        progress=50,
        callback="https://me/hook",
    )


def test_the_names_of_members_have_placeholders(filling: Filling) -> None:
    """An answer may bear the task's id where others have a word."""
    made = render({"{{id:task}}": {"of": "{{id:task}}"}}, filling)
    assert made == {"task-9": {"of": "task-9"}}


@pytest.mark.parametrize("name", ["1.png", "a b/ä&=.png"])
def test_a_result_is_found_by_its_name(name: str) -> None:
    """Both ways, whatever the name holds; what stands elsewhere has none."""
    results = Results(src="docs", kind="adapted", at="/view?filename={name}&type=output")
    assert results.name(f"https://api.test{results.address(name)}") == name
    assert results.name("https://api.test/1.png") == ""


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{secret:api_key}}", "the key"),
        ("{{id:task}}", "task-9"),
        ("{{request:/deep/n}}", 3),
        ("{{request:/deep}}", {"n": 3}),
        ("{{request:/lost}}", None),
        ("{{request_json}}", '{"model":"m","deep":{"n":3}}'),
        ("{{image:width}}", 64),
        ("{{image:size}}", "64x64"),
        ("{{image:index}}", 0),
        ("{{image:count}}", 2),
        ("{{image:media_type}}", "image/png"),
        ("{{image:b64}}", base64.b64encode(b"0").decode()),
        ("{{image:data_uri}}", "data:image/png;base64,MA=="),
        ("{{image:preview_url}}", "https://cdn/0p"),
        ("{{cost:usd}}", Decimal("0.040")),
        ("{{cost:credits}}", Decimal(12)),
        ("{{balance:credits}}", Decimal(100)),
        ("{{time:s}}", 1763600523),
        ("{{time:ms}}", 1763600523000),
        ("{{time:iso}}", "2025-11-20T01:02:03Z"),
        ("{{progress}}", 50),
        ("{{webhook:url}}", "https://me/hook"),
        ("no placeholder", "no placeholder"),
        ("{{not one}}", "{{not one}}"),
    ],
)
def test_a_lone_placeholder_keeps_its_type(filling: Filling, template: str, value: object) -> None:
    """A string that is nothing but a placeholder becomes a number, an object, null or text."""
    made = render(template, filling)
    assert made == value
    assert type(made) is type(value)


def test_inside_longer_text_a_placeholder_becomes_text(filling: Filling) -> None:
    """Numbers are written as JSON writes them."""
    template = "task {{id:task}} costs {{cost:usd}} of {{balance:credits}}, {{image:count}} images"
    assert render(template, filling) == "task task-9 costs 0.04 of 100, 2 images"


def test_a_header_stays_text(filling: Filling) -> None:
    """`render_text` never gives a number."""
    assert render_text("{{time:s}}", filling) == "1763600523"


def test_an_item_is_written_once_for_each_image(filling: Filling) -> None:
    """Items without an image stand as they are, before and after."""
    template = {"data": ["first", {"u": "{{image:url}}", "i": "{{image:index}}"}, "last"]}
    images = [{"u": "https://cdn/0", "i": 0}, {"u": "https://cdn/1", "i": 1}]
    assert render(template, filling) == {"data": ["first", *images, "last"]}


def test_without_images_an_item_is_not_written(filling: Filling) -> None:
    """A task that drew nothing has an empty array."""
    assert render(["{{image:url}}"], evolve(filling, pictures=[])) == []


def test_a_count_is_no_image(filling: Filling) -> None:
    """`{{image:count}}` is a fact of the task, not of one image."""
    assert render([{"n": "{{image:count}}"}], filling) == [{"n": 2}]


def test_several_items_with_images_are_the_first_the_second_and_so_on(filling: Filling) -> None:
    """What is written out is not repeated; what has no image is left out."""
    item = {"u": "{{image:url}}"}
    made = render([item, {"error": "no"}, item, item], filling)
    assert made == [{"u": "https://cdn/0"}, {"error": "no"}, {"u": "https://cdn/1"}]


def test_an_array_within_an_item_is_repeated_in_its_own_right(filling: Filling) -> None:
    """The array next to the placeholder is the one that stands for the images."""
    template = {"tasks": [{"id": "{{id:task}}", "urls": ["{{image:url}}"]}]}
    made = {"tasks": [{"id": "task-9", "urls": ["https://cdn/0", "https://cdn/1"]}]}
    assert render(template, filling) == made


def test_json_inside_json_is_text(filling: Filling) -> None:
    """`$json` writes its value, rendered, as a string."""
    made = render({"param": {"$json": {"urls": ["{{image:url}}"], "c": "{{cost:usd}}"}}}, filling)
    assert isinstance(made, dict)
    assert json.loads(str(made["param"])) == {"urls": ["https://cdn/0", "https://cdn/1"], "c": 0.04}


def test_json_of_no_value_is_no_text(filling: Filling) -> None:
    """Where no price is known, an amount that is written as text is null."""
    free = evolve(filling, price=Price())
    assert render({"amount": {"$json": "{{cost:usd}}"}}, free) == {"amount": None}


def test_events_that_hold_an_image_are_sent_once_for_each(filling: Filling) -> None:
    """A sentinel is sent once."""
    events = (
        EventTemplate(event="image", content=JsonContent(value={"i": "{{image:index}}"})),
        EventTemplate(event=None, content=TextContent(text="[DONE]")),
    )
    assert [data for _, data in render_events(events, filling)] == ['{"i":0}', '{"i":1}', "[DONE]"]


def test_money_is_written_as_a_number() -> None:
    """Whole amounts are integers, fractions keep no trailing zeros."""
    assert dump({"a": Decimal("12.00"), "b": Decimal("0.040")}) == '{"a":12,"b":0.04}'


def test_what_is_no_json_cannot_be_written() -> None:
    """A template never smuggles an object into a body."""
    with pytest.raises(TypeError, match="bytes has no place in JSON"):
        dump({"a": b"x"})


def test_the_hook_tier_has_the_values_of_the_handbook(acme: Fixtures) -> None:
    """Fixed ids, URLs, times and prices, so that a plugin's output can be compared."""
    values = fixed_values(acme, acme.exchanges["generated/done"])
    assert values.value("id", "task", 0) == "task-1"
    assert values.value("image", "url", 1) == "https://cdn.acme.test/task-1/1.png"
    assert values.value("image", "preview_url", 0) == "https://cdn.acme.test/task-1/0.preview.png"
    assert values.value("time", "s", 0) == 1763596800
    assert values.value("cost", "usd", 0) == Decimal("0.080")
    assert values.value("request", "/prompt", 0) == "a cat"
    assert values.count == 2


def test_a_webhook_knows_the_url_that_its_scene_names(acme: Fixtures) -> None:
    """The callback of the submission the scene begins with."""
    values = fixed_values(acme, acme.exchanges["webhook_completed/delivered"])
    assert values.value("webhook", "url", 0) == "https://me.test/hook"


def test_references_and_pictures_are_told_apart_by_their_bytes() -> None:
    """A reader that mixes them up is found out."""
    names = ["image 0", "image 1", "reference 0", "reference 1"]
    assert len({small_png(name) for name in names}) == 4
