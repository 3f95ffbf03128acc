from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from tests.contracts import reference

from tintype.errors import Billed
from tintype.exchange import Operation
from tintype.models import Cost, Image, Quote, QuoteLine, Task, TaskState
from tintype_contracts.oracles.values import empty_success, impossible
from tintype_contracts.strategies.heavy import heavy_bodies, strained

IMAGE = Image(url="https://a.test/0.png", width=64, height=64)
DONE = Task(
    id="t",
    state=TaskState.SUCCEEDED,
    images=(IMAGE,),
    billed=Billed.YES,
    cost=Cost(usd=Decimal("0.04")),
    progress=1.0,
)
QUOTE = Quote(
    low=Decimal("0.04"),
    high=Decimal("0.08"),
    lines=(QuoteLine(billable="output_image", unit="image", unit_price=Decimal("0.04")),),
)


@pytest.mark.parametrize(
    "value",
    [DONE, QUOTE, evolve(QUOTE, high=None), Quote(), Task(id="t"), Task(notes={"at": "u"})],
)
def test_a_sound_value_is_left_alone(value: Task | Quote) -> None:
    """Nothing is said of what may be."""
    assert empty_success(value) == ""
    assert list(impossible(value, Operation.POLL)) == []


@pytest.mark.parametrize(
    "task",
    [
        evolve(DONE, images=()),
        evolve(DONE, images=(Image(url=""),)),
        evolve(DONE, images=(IMAGE, Image())),
        evolve(DONE, state=TaskState.PARTIAL, images=()),
    ],
)
def test_a_success_without_an_image_is_none(task: Task) -> None:
    """No image, an image without an address, and a part that is nothing."""
    assert empty_success(task)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cost": Cost(usd=Decimal("-0.01"))}, "cost of -0.01"),
        ({"cost": Cost(usd=Decimal("NaN"))}, "NaN"),
        ({"cost": Cost(credits=12)}, "int"),
        ({"cost": Cost(usd=0.04)}, "float"),
        ({"progress": 1.5}, "1.5 of the way"),
        ({"progress": "1"}, "of the way"),
        ({"poll_after": -1.0}, "asked again"),
        ({"poll_after": float("nan")}, "asked again"),
        ({"images": (evolve(IMAGE, width=0),)}, "width of 0"),
        ({"images": (evolve(IMAGE, index=-1),)}, "index -1"),
        ({"images": (evolve(IMAGE, media_type=7),)}, "JSON"),
        ({"images": [IMAGE]}, "another one"),
        ({"id": None}, "JSON"),
        ({"notes": {"at": {1}}}, "JSON"),
        ({"billed": Billed.NO}, "nothing was billed"),
        ({"state": TaskState.RUNNING, "id": "", "images": ()}, "neither an id nor notes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_task_that_cannot_be(change: dict, words: str) -> None:
    """Each is told in words that name the field."""
    assert any(words in what for what in impossible(evolve(DONE, **change), Operation.POLL))


@pytest.mark.parametrize(
    "change",
    [
        {"low": None},
        {"low": Decimal("0.09")},
        {"high": Decimal("Infinity")},
        {"high": 0.08},
        {"credits_low": Decimal(-1), "credits_high": Decimal(1)},
        {"lines": (evolve(QUOTE.lines[0], unit_price=0.04),)},
        {"lines": (evolve(QUOTE.lines[0], quantity=Decimal(-1)),)},
        {"final": "yes"},
    ],
    ids=str,
)
def test_a_quote_that_cannot_be(change: dict) -> None:
    """Floats, negative amounts, half a range and a range that runs backwards."""
    assert list(impossible(evolve(QUOTE, **change), Operation.PRICE))


def test_a_catalog_that_cannot_be() -> None:
    """No model, one without an id, and one that draws nothing."""
    info = reference.plugin("reference_by_id").INFO
    first = info.models[0]
    assert list(impossible(info, Operation.MODELS)) == []
    for models in ((), (evolve(first, id=""),), (evolve(first, max_n=0),)):
        assert list(impossible(evolve(info, models=models), Operation.MODELS))


def test_heavy_bodies_are_what_they_are_called() -> None:
    """Depth, digits, letters and items, each in the place of a value of its type."""
    body = {"n": 7, "word": "done", "many": [{"url": "u"}], "ok": True}
    made = dict(heavy_bodies(body))
    assert made["lists nested 100,000 deep"] == b"[" * 100_000
    assert b"9" * 4_000 in made["a number of 4,000 digits at /n"]
    assert len(made["a text of a million letters at /word"]) > 1_000_000
    assert made["2,000 items at /many"].count(b"url") == 2_000
    assert not any(name.endswith("/ok") for name in made)


def test_what_takes_too_much_memory_is_told() -> None:
    """The peak is looked at, not what is left."""
    said, strain = strained(lambda: len(bytearray(300 * 2**20)))
    assert said == 300 * 2**20
    assert strain.endswith("MiB of memory")
    assert strained(lambda: 7) == (7, "")
