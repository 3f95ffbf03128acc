"""Sizes that travel: what pixels become at a model that has them not, and what came of them."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import ASKED, INFO, NOW, SAME_EVERY_TIME
from tests.core.conftest import Connect
from tests.core.pictures import SVG, drawn

from tintype import Generation, Image, ImageRequest, Quote, Task
from tintype._flow.resolve import Plan, resolve
from tintype._flow.settle import completed_task
from tintype._flow.sizes import nearest, unlike
from tintype.catalog import Choice, Descriptor, Integer, Model, Pixels, Text, Unsupported
from tintype.errors import (
    Billed,
    InvalidRequestError,
    Outcome,
    SizeMismatchError,
    UnsupportedError,
)
from tintype.models import Attempt, Resolved, Update

RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21", "auto")
TABLE = {"1K": {"1:1": "1024x1024"}, "2K": {"1:1": "2048x2048", "16:9": "2848x1600"}}
WORDS = Model(
    id="words",
    parameters={
        "aspect_ratio": Choice(values=RATIOS),
        "resolution": Choice(values=("1K", "2K", "4K")),
    },
    sizes=TABLE,
    source="words page",
)
BOUNDS = Pixels(min_total=1280 * 720, max_total=4096 * 4096, max_ratio=16)
SIDE = Integer(low=256, high=1536, step=32)


def sized(model: Model, size: str, policy: str = "nearest", **terms: object) -> Plan:
    """What is sent for a size."""
    info = evolve(INFO, models=(model,))
    asked = evolve(ASKED, size=size)
    return resolve(asked, info, size_policy=policy, **terms)  # type: ignore[arg-type]


def by(**parameters: Descriptor) -> Model:
    """A model that takes these."""
    return Model(id="m", parameters=parameters)


# ---------------------------------------------------------------------- what is sent


@pytest.mark.parametrize(
    ("size", "ratio", "tier", "told"),
    [
        ("1024x1024", "1:1", "1K", "which gives it."),
        ("1000x1000", "1:1", "1K", "(1024x1024), the nearest that words has."),
        ("2560x1440", "16:9", "2K", "(2848x1600), the nearest that words has."),
        ("1080x1920", "9:16", "1K", "No document says what pixels that gives."),
        ("3800x2900", "4:3", "4K", "No document says what pixels that gives."),
        ("9000x100", "21:9", "1K", "No document says what pixels that gives."),
    ],
)
def test_pixels_become_the_nearest_tier_and_ratio(
    size: str, ratio: str, tier: str, told: str
) -> None:
    """The ratio counts before the area; a notice and `resolved` tell what was done."""
    plan = sized(WORDS, size)
    (sent,) = plan.requests
    assert (sent.size, sent.aspect_ratio, sent.resolution) == (None, ratio, tier)
    (notice,) = plan.notices
    assert (notice.field, notice.source) == ("size", "words page")
    assert notice.message.startswith(f"size={size} is sent as {ratio} at {tier}")
    assert notice.message.endswith(told)
    fates = {each.field: each for each in plan.resolved}
    assert fates["size"] == Resolved(field="size", asked=size, sent=f"{ratio} at {tier}")
    assert fates["aspect_ratio"] == Resolved(field="aspect_ratio", sent=ratio)


def test_an_exact_size_is_sent_where_a_document_gives_it() -> None:
    """By any tier and ratio; anything else is an error that lists what the model has."""
    (sent,) = sized(WORDS, "2848x1600", "exact").requests
    assert (sent.aspect_ratio, sent.resolution) == ("16:9", "2K")
    with pytest.raises(UnsupportedError, match="words has no size of 2848x1601; it has") as caught:
        sized(WORDS, "2848x1601", "exact")
    assert caught.value.field == "size"
    assert caught.value.allowed == (*RATIOS, "1K", "2K", "4K")
    plan = sized(WORDS, "10x10", "exact", on_unsupported="notice")
    assert plan.requests[0].size is None
    assert plan.requests[0].aspect_ratio is None


@pytest.mark.parametrize(
    ("model", "size", "sent"),
    [
        (by(size=Choice(values=("1024x1024", "1536x1024", "auto"))), "1200x800", "1536x1024"),
        (by(size=BOUNDS), "512x512", "960x960"),
        (by(size=BOUNDS), "9000x9000", "4096x4096"),
        (by(size=Pixels(width=SIDE, height=SIDE)), "1000x700", "960x672"),
        (by(size=Pixels(width=SIDE, height=SIDE)), "4000x2000", "1536x768"),
        (by(size=Pixels(width=SIDE, height=SIDE)), "4000x200", "1536x256"),
        (by(size=Text(min_length=12)), "10x10", None),
    ],
)
def test_pixels_that_are_not_taken_become_the_nearest_that_are(
    model: Model, size: str, sent: str | None
) -> None:
    """Listed ones, or those within bounds; an exact size is refused with what is taken."""
    if sent is not None:
        plan = sized(model, size)
        assert plan.requests[0].size == sent
        assert Resolved(field="size", asked=size, sent=sent) in plan.resolved
    with pytest.raises(UnsupportedError, match=f"does not take size={size}; it takes"):
        sized(model, size, "nearest" if sent is None else "exact")


def test_a_size_that_is_taken_is_sent_as_it_is() -> None:
    """Whatever the policy is, and without a word."""
    for policy in ("nearest", "exact"):
        plan = sized(by(size=BOUNDS, **WORDS.parameters), "1920x1080", policy)
        assert plan.requests[0].size == "1920x1080"
        assert plan.notices == ()


def test_a_model_without_any_size_says_so() -> None:
    """There is nothing near."""
    with pytest.raises(UnsupportedError, match=r"m has no size\. It takes seed"):
        sized(by(seed=Integer()), "10x10")


def test_a_size_that_is_named_and_not_honoured_becomes_words() -> None:
    """A tier alone where no ratio is taken; usual words where a document names none."""
    tiers = by(size=Unsupported(reason="ignored"), resolution=Choice(values=("1K", "4K")))
    assert sized(tiers, "3000x3000").requests[0].resolution == "4K"
    with pytest.raises(UnsupportedError, match="it has 1K, 4K"):
        sized(tiers, "3000x3000", "exact")
    assert sized(by(aspect_ratio=Text()), "1920x1080").requests[0].aspect_ratio == "16:9"
    odd = by(aspect_ratio=Choice(values=("wide", "1.5.1:1")), resolution=Choice(values=("high",)))
    with pytest.raises(UnsupportedError, match="m has no size of 10x10; it has wide"):
        sized(odd, "10x10")


sides = st.integers(1, 20_000)
words = st.builds(
    lambda ratios, tiers, mirrored: by(
        aspect_ratio=Choice(
            values=tuple(
                dict.fromkeys(
                    name for a, b in ratios for name in (f"{a}:{b}", f"{b}:{a}")[: 1 + mirrored]
                )
            )
        ),
        resolution=Choice(values=tuple(tiers)),
    ),
    st.lists(st.tuples(st.integers(1, 21), st.integers(1, 21)), min_size=1, max_size=6),
    st.lists(st.sampled_from(("512", "1K", "1.5K", "2K", "4K")), unique=True, max_size=4),
    st.booleans(),
)
side = st.builds(
    lambda low, more, step: Integer(low=low * step, high=(low + more) * step, step=step),
    st.integers(1, 30),
    st.integers(0, 100),
    st.sampled_from((1, 8, 16, 64)),
)
bounds = st.builds(
    lambda least, more, ratio, width, height: by(
        size=Pixels(
            min_total=least, max_total=least + more, max_ratio=ratio, width=width, height=height
        )
    ),
    st.integers(1, 10**6),
    st.integers(0, 10**7),
    st.none() | st.integers(1, 16),
    st.none() | side,
    st.none() | side,
)
lists = st.builds(
    lambda sizes: by(size=Choice(values=tuple(f"{a}x{b}" for a, b in sizes))),
    st.lists(st.tuples(sides, sides), min_size=1, max_size=6),
)


@SAME_EVERY_TIME
@given(model=words | bounds | lists, width=sides, height=sides)
def test_nothing_is_sent_that_the_model_has_not(model: Model, width: int, height: int) -> None:
    """Every field that comes of a size is one that the model takes; what it takes itself stays."""
    size = f"{width}x{height}"
    try:
        (sent,) = sized(model, size).requests
    except InvalidRequestError:
        assert nearest((width, height), model) is None
        return
    fields = {name: getattr(sent, name) for name in ("size", "aspect_ratio", "resolution")}
    given = {name: value for name, value in fields.items() if value is not None}
    assert given
    assert all(model.parameters[name].admits(value) for name, value in given.items())
    by_pixels = model.parameters.get("size")
    if by_pixels is not None and by_pixels.admits(size):
        assert given == {"size": size}


@SAME_EVERY_TIME
@given(model=words, width=sides, height=sides)
def test_no_ratio_that_the_model_has_is_nearer(model: Model, width: int, height: int) -> None:
    """By the distance of logarithms, to a hundredth."""
    found = nearest((width, height), model)
    assert found is not None

    def off(ratio: str) -> float:
        one, other = map(int, ratio.split(":"))
        return abs(math.log(width / height) - math.log(one / other))

    ratios = model.parameters["aspect_ratio"]
    assert isinstance(ratios, Choice)
    assert off(found.fields["aspect_ratio"]) <= min(map(off, ratios.values)) + 0.0101


@SAME_EVERY_TIME
@given(width=sides, height=sides)
def test_portrait_and_landscape_are_alike(width: int, height: int) -> None:
    """A picture on its side becomes the same words on their side."""
    model = evolve(WORDS, sizes={})
    one, other = nearest((width, height), model), nearest((height, width), model)
    assert one is not None
    assert other is not None
    assert one.fields["resolution"] == other.fields["resolution"]
    flipped = ":".join(reversed(one.fields["aspect_ratio"].split(":")))
    assert other.fields["aspect_ratio"] == flipped


# ------------------------------------------------------------------------- what came


@pytest.mark.parametrize(
    ("fields", "fates", "width", "height", "asked"),
    [
        ({"size": "10x10"}, (), 10, 10, None),
        ({"size": "10x10"}, (), 10, 11, "10x10"),
        ({}, (Resolved(field="size", asked="10x10", sent="1:1 at 1K"),), 1024, 1024, "10x10"),
        ({"size": "20x10"}, (Resolved(field="size", sent="20x10"),), 10, 10, "20x10"),
        ({"aspect_ratio": "16:9"}, (), 1344, 768, None),
        ({"aspect_ratio": "16:9"}, (), 1024, 1024, "16:9"),
        ({"aspect_ratio": "4:3"}, (), 1280, 1024, "4:3"),
        ({"aspect_ratio": "auto", "resolution": "2K"}, (), 10, 20, None),
        ({"aspect_ratio": "1:1"}, (Resolved(field="aspect_ratio", sent="1:1"),), 9, 7, None),
        ({}, (), 9, 7, None),
    ],
)
def test_a_picture_is_held_to_what_was_asked(
    fields: dict[str, str], fates: tuple[Resolved, ...], width: int, height: int, asked: str | None
) -> None:
    """Pixels to the pixel, a ratio to a twentieth; what nobody asked for is never wrong."""
    request = ImageRequest(prompt="p", **fields)  # type: ignore[arg-type]
    found = unlike(request, fates, width, height)
    assert (found and found.asked) == asked
    assert found is None or found.received == f"{width}x{height}"


def test_a_picture_whose_pixels_are_known_is_told_of_at_once() -> None:
    """A notice of its task names it; a drawing of vectors has no pixels of its own."""
    before = Task(provider="acme", request=evolve(ASKED, size="10x10"))
    right, wrong = drawn(size=(10, 10)), drawn(size=(12, 10))
    images = (Image(data=right), Image(data=wrong, index=1), Image(data=SVG, index=2))
    task = completed_task(before, Update(images=images), INFO, None, NOW)
    (notice,) = task.notices
    assert notice.field == "size"
    assert notice.message == "The picture 1 has 12x10 pixels; 10x10 was asked for."
    again = completed_task(task, Update(images=task.images), INFO, None, NOW)
    assert again.notices == task.notices


def made(came: tuple[int, int], **fields: object) -> Generation:
    """A generation of one picture of a size, for a request with these fields."""
    request = evolve(ASKED, **fields)  # type: ignore[arg-type]
    task = Task(images=(Image(data=drawn(size=came)),), request=request)
    attempt = Attempt(outcome=Outcome.ACCEPTED, task=task)
    return Generation(quote=Quote(), attempts=(attempt,))


def test_a_mismatch_is_raised_once_the_picture_is_saved(connect: Connect, tmp_path: Path) -> None:
    """The error has the files and the generation, and says that it was billed."""
    client = connect(on_mismatch="error")
    generation = made((12, 10), size="10x10")
    with pytest.raises(SizeMismatchError, match="has 12x10 pixels; 10x10 was asked") as caught:
        client.save(generation, tmp_path)
    error = caught.value
    assert [path.read_bytes() for path in error.paths] == [drawn(size=(12, 10))]
    assert error.drawn is generation
    assert error.billed is Billed.YES
    assert error.resolved == (
        Resolved(field="size", asked="10x10", sent="10x10", received="12x10"),
    )
    assert client.save(made((10, 10), size="10x10"), tmp_path)


def test_a_mismatch_is_else_a_line_of_the_log(
    connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The files are what they are."""
    with caplog.at_level(logging.WARNING, "tintype"):
        assert connect().save(made((12, 10), aspect_ratio="1:1"), tmp_path)
    assert "The picture 0 has 12x10 pixels; 1:1 was asked for." in caplog.messages


@pytest.mark.parametrize(
    ("option", "words"),
    [("size_policy", "'nearest' or 'exact'"), ("on_mismatch", "'error' or 'notice'")],
)
def test_an_odd_policy_is_refused(connect: Connect, option: str, words: str) -> None:
    """With what may be given."""
    with pytest.raises(InvalidRequestError, match=words):
        connect(**{option: "never"})
