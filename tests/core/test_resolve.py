"""A request against a model's limits: what is sent, what is changed, what is refused."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import ASKED, DRAW, INFO, PNG, SAME_EVERY_TIME

from tintype._flow.resolve import pick_model, resolve
from tintype.catalog import (
    Caution,
    Choice,
    Flag,
    Integer,
    Model,
    Number,
    Pixels,
    Price,
    ProviderInfo,
    ReferenceForm,
    References,
    Text,
    Unsupported,
)
from tintype.errors import InvalidRequestError, UnsupportedError
from tintype.models import Notice, Resolved
from tintype.prices import quote_from_prices
from tintype.request import ImageRequest, Reference, Role, Submission

ALL = {
    "aspect_ratio": "16:9",
    "resolution": "2K",
    "quality": "high",
    "output_format": "png",
    "output_compression": 0,
    "background": "opaque",
    "watermark": False,
    "seed": 0,
    "negative_prompt": "rain",
    "guidance": 7.5,
    "steps": 30,
    "strength": 0.0,
    "style": "vivid",
    "user": "u-1",
    "stream": True,
}
URL = "https://a.test/1.png"
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
SVG = b'<?xml version="1.0"?><svg width="1" height="1"></svg>'


def of(model: Model, **fields: object) -> ProviderInfo:
    """Acme with that one model."""
    return evolve(INFO, models=(model,), **fields)  # type: ignore[arg-type]


def asking(**fields: object) -> ImageRequest:
    """A request with these fields."""
    return evolve(ASKED, **fields)  # type: ignore[arg-type]


# ------------------------------------------------------------------------ the fields


@pytest.mark.parametrize("name", ALL)
def test_a_field_the_model_lacks_is_an_error_that_names_it(name: str) -> None:
    """Also where its value is 0 or False; and it lists what the model has."""
    info = of(Model(id="m", parameters={"size": Pixels()}))
    with pytest.raises(UnsupportedError, match=f"m has no {name}") as caught:
        resolve(asking(**{name: ALL[name]}), info)
    assert caught.value.field == name
    assert caught.value.allowed == ("size",)
    assert caught.value.provider == "acme"


@pytest.mark.parametrize("name", ALL)
def test_a_field_the_model_lacks_can_be_left_behind_with_a_notice(name: str) -> None:
    """Never in silence: the notice and the change are both written down."""
    plan = resolve(
        asking(**{name: ALL[name]}), of(Model(id="m", source="doc")), on_unsupported="notice"
    )
    assert getattr(plan.requests[0], name) in (None, False)
    notice = Notice(field=name, message=f"m has no {name}. It is not sent.", source="doc")
    assert plan.notices == (notice,)
    sent = "false" if name == "stream" else None
    asked = str(ALL[name]).lower() if isinstance(ALL[name], bool) else str(ALL[name])
    assert plan.resolved[1:] == (Resolved(field=name, asked=asked, sent=sent),)


def test_what_the_model_can_is_sent_as_it_was_asked() -> None:
    """Nothing is changed but the model's name."""
    parameters = {
        "aspect_ratio": Choice(values=("16:9",)),
        "resolution": Choice(values=("2K",)),
        "quality": Choice(values=("high",)),
        "output_format": Choice(values=("png",)),
        "output_compression": Integer(low=0, high=100),
        "background": Choice(values=("opaque",)),
        "watermark": Flag(),
        "seed": Integer(),
        "negative_prompt": Text(),
        "guidance": Number(low=1, high=20),
        "steps": Integer(low=1, high=50),
        "strength": Number(low=0, high=1),
        "style": Choice(values=("vivid", "natural")),
        "user": Text(max_length=64),
        "stream": Flag(),
    }
    request = asking(**ALL)
    plan = resolve(request, of(Model(id="m", parameters=parameters)))
    assert plan.requests == (evolve(request, model="m"),)
    assert plan.notices == ()
    assert plan.resolved == (Resolved(field="model", asked=None, sent="m"),)


@pytest.mark.parametrize(
    ("fields", "message", "allowed"),
    [
        ({"aspect_ratio": "4:3"}, "does not take aspect_ratio=4:3; it takes 1:1, 16:9", 2),
        ({"seed": 10}, "does not take seed=10; it takes 0…9", 1),
    ],
)
def test_a_value_outside_the_limits_is_an_error_that_lists_them(
    fields: dict[str, object], message: str, allowed: int
) -> None:
    """The way out stands in the message."""
    with pytest.raises(UnsupportedError, match=message) as caught:
        resolve(asking(**fields), INFO)
    assert len(caught.value.allowed) == allowed
    plan = resolve(asking(**fields), INFO, on_unsupported="notice")
    assert [notice.field for notice in plan.notices] == list(fields)


def test_a_field_the_model_ignores_is_refused_with_the_reason() -> None:
    """A provider that names a field and does not honour it is no support."""
    ignored = Unsupported(reason="it is ignored", source="a page")
    info = of(Model(id="m", parameters={"aspect_ratio": ignored}))
    with pytest.raises(UnsupportedError, match="aspect_ratio has no use with m: it is ignored"):
        resolve(asking(aspect_ratio="1:1"), info)
    plan = resolve(asking(aspect_ratio="1:1"), info, on_unsupported="notice")
    assert plan.notices[0].source == "a page"


@pytest.mark.parametrize(("length", "fits"), [(3, True), (4, False)])
def test_a_prompt_that_is_too_long_is_always_an_error(length: int, *, fits: bool) -> None:
    """It cannot be left behind, and is never cut."""
    info = of(Model(id="m", parameters={"prompt": Text(max_length=3)}))
    request = ImageRequest(prompt="x" * length)
    if fits:
        assert resolve(request, info).requests[0].prompt == request.prompt
        return
    with pytest.raises(InvalidRequestError, match="has 4 characters; it takes 1…3") as caught:
        resolve(request, info, on_unsupported="notice")
    assert caught.value.field == "prompt"


def test_a_fraction_is_held_to_the_models_bounds() -> None:
    """Both ends belong to it."""
    info = of(Model(id="m", parameters={"guidance": Number(low=1, high=10)}))
    assert resolve(asking(guidance=10), info).requests[0].guidance == 10.0
    with pytest.raises(UnsupportedError, match=r"does not take guidance=10\.5; it takes 1…10"):
        resolve(asking(guidance=10.5), info)


def test_previews_are_of_a_stream() -> None:
    """Without one they are refused, or stay behind with a notice; so they do with the stream."""
    info = of(Model(id="m", parameters={"stream": Flag(), "previews": Integer(low=0, high=3)}))
    assert resolve(asking(previews=2, stream=True), info).requests[0].previews == 2
    with pytest.raises(UnsupportedError, match="stream is not asked for") as caught:
        resolve(asking(previews=2), info)
    assert (caught.value.field, caught.value.allowed) == ("previews", ("stream=True",))
    without = of(Model(id="m", parameters={"previews": Integer(low=0, high=3)}))
    plan = resolve(asking(previews=2, stream=True), without, on_unsupported="notice")
    assert (plan.requests[0].stream, plan.requests[0].previews) == (False, None)
    assert [notice.field for notice in plan.notices] == ["stream", "previews"]


def test_a_tag_is_the_callers_own() -> None:
    """No model need describe it, and nothing is said of it."""
    plan = resolve(asking(tag="cover 7"), of(Model(id="m")))
    assert (plan.requests[0].tag, plan.notices) == ("cover 7", ())


@pytest.mark.parametrize(
    ("host", "told"),
    [
        *(("localhost:8000", True), ("127.0.0.1", True), ("[::1]", True), ("10.0.0.7", True)),
        *(("studio.local", True), ("0x7f000001", True), ("169.254.169.254", True)),
        *(("hooks.me.test", False), ("me.test:8443", False), ("1.1.1.1", False)),
    ],
)
def test_a_webhook_that_no_provider_reaches_is_told(host: str, told: bool) -> None:  # noqa: FBT001 - a row
    """It is sent: a sandbox on this machine reaches it."""
    request = asking(webhook_url=f"https://{host}/hook")
    plan = resolve(request, evolve(INFO, webhooks=True))
    assert ("webhook_url" in [notice.field for notice in plan.notices]) is told
    assert plan.requests[0].webhook_url == request.webhook_url


def test_a_webhook_that_nobody_calls_is_refused() -> None:
    """Somebody would wait for it."""
    request = asking(webhook_url="https://me.test")
    with pytest.raises(UnsupportedError, match="Acme calls no webhooks") as caught:
        resolve(request, INFO)
    assert caught.value.field == "webhook_url"
    assert resolve(request, INFO, on_unsupported="notice").requests[0].webhook_url is None
    assert resolve(request, evolve(INFO, webhooks=True)).requests[0].webhook_url


# ------------------------------------------------------------------------- the model


@pytest.mark.parametrize(
    ("asked", "changed"), [(None, True), ("draw", True), ("acme-draw-1", False)]
)
def test_the_providers_own_id_is_sent(asked: str | None, *, changed: bool) -> None:
    """A canonical name becomes an id, and that is written down."""
    plan = resolve(asking(model=asked), INFO)
    assert plan.model is DRAW
    assert plan.requests[0].model == "acme-draw-1"
    entry = Resolved(field="model", asked=asked, sent="acme-draw-1")
    assert plan.resolved == ((entry,) if changed else ())


def test_a_model_outside_the_catalog_is_an_error_that_names_the_near_ones() -> None:
    """It is a slip more often than a model that is new."""
    with pytest.raises(UnsupportedError, match="Did you mean 'acme-draw-1'") as told:
        resolve(asking(model="acme-drow-1"), INFO)
    assert (told.value.field, told.value.provider) == ("model", "acme")
    assert "allow_unlisted=True" in told.value.message
    assert DRAW.name in told.value.allowed


@pytest.mark.parametrize("given", [{"allow_unlisted": True}, {}])
def test_a_model_outside_the_catalog_is_sent_where_that_is_meant(given: dict[str, bool]) -> None:
    """By the caller, or since the provider serves more than it lists: with one notice."""
    info = INFO if given else evolve(INFO, open_models=True)
    plan = resolve(asking(model="new", seed=3), info, **given)  # type: ignore[arg-type]
    assert plan.requests[0].model == "new"
    assert plan.model.id == "new"
    assert plan.model.prices == ()
    assert len(plan.notices) == 1
    assert "not in the catalog" in plan.notices[0].message
    with pytest.raises(UnsupportedError, match="new has no quality"):
        resolve(asking(model="new", quality="high"), info, **given)  # type: ignore[arg-type]
    (near,) = resolve(asking(model="acme-drow-1"), info, **given).notices  # type: ignore[arg-type]
    assert near.message.endswith("sent as it is. Did you mean 'acme-draw-1'?")


def test_a_model_is_told_of_until_its_last_day_and_refused_from_then_on() -> None:
    """The error names what takes its place; who knows better asks all the same."""
    gone = date(2026, 10, 2)
    info = of(Model(id="m", retires=gone, successor="m-2"))
    (told,) = resolve(asking(), info, today=date(2026, 10, 1)).notices
    assert told.message == "Its provider retires m on 2026-10-02: use m-2 instead."
    with pytest.raises(UnsupportedError, match="has retired m on 2026-10-02: use m-2") as refused:
        resolve(asking(), info, today=gone)
    assert refused.value.allowed == ("m-2",)
    assert resolve(asking(), info, today=gone, allow_unlisted=True).notices == (told,)


def test_the_editing_model_takes_the_place_of_the_drawing_one() -> None:
    """Only where there are references."""
    edit = Model(id="m-edit", references=References(forms=("url",), required=True))
    draw = Model(id="m-draw", name="m", edits_with="m-edit")
    info = evolve(INFO, models=(draw, edit))
    assert resolve(asking(model="m"), info).requests[0].model == "m-draw"
    plan = resolve(asking(model="m", references=URL), info)
    assert plan.requests[0].model == "m-edit"
    assert plan.resolved == (Resolved(field="model", asked="m", sent="m-edit"),)
    assert pick_model(asking(model="gone", references=URL), info) is None
    with pytest.raises(InvalidRequestError, match="m-edit edits images: give it at least one"):
        resolve(asking(model="m-edit"), info)


# ------------------------------------------------------------------- ratios as pixels

SIZED = Model(
    id="m",
    parameters={"size": Pixels(), "resolution": Choice(values=("1K", "2K"))},
    sizes={"1K": {"1:1": "1024x1024", "16:9": "1280x720"}, "2K": {"1:1": "2048x2048"}},
    source="sizes",
)


@pytest.mark.parametrize(
    ("fields", "size", "told"),
    [
        ({"aspect_ratio": "16:9"}, "1280x720", "16:9 at 1K is sent as size=1280x720."),
        (
            {"aspect_ratio": "1:1", "resolution": "2K"},
            "2048x2048",
            "1:1 at 2K is sent as size=2048x2048.",
        ),
    ],
)
def test_a_ratio_is_sent_as_the_pixels_documented_for_it(
    fields: dict[str, object], size: str, told: str
) -> None:
    """Where the API takes none; the first tier stands in where none is asked for."""
    plan = resolve(asking(**fields), of(SIZED))
    (sent,) = plan.requests
    assert (sent.size, sent.aspect_ratio, sent.resolution) == (size, None, None)
    assert plan.notices == (Notice(field="aspect_ratio", message=told, source="sizes"),)
    assert {entry.field for entry in plan.resolved} == {"model", "size", *fields}


@pytest.mark.parametrize("fields", [{"resolution": "2K"}, {"size": "10x10"}, {}])
def test_without_a_ratio_nothing_is_converted(fields: dict[str, object]) -> None:
    """A tier alone is the provider's business."""
    plan = resolve(asking(**fields), of(SIZED))
    assert plan.requests == (asking(model="m", **fields),)


def test_a_ratio_the_api_takes_is_left_alone() -> None:
    """The table of sizes is then for people."""
    model = evolve(SIZED, parameters={"aspect_ratio": Choice(values=("16:9",))})
    assert resolve(asking(aspect_ratio="16:9"), of(model)).requests[0].aspect_ratio == "16:9"


@pytest.mark.parametrize(
    "fields",
    [{"aspect_ratio": "16:9", "resolution": "2K"}, {"aspect_ratio": "1:1", "resolution": "8K"}],
)
def test_a_ratio_without_documented_pixels_is_refused(fields: dict[str, object]) -> None:
    """And the pairs that have some are listed."""
    with pytest.raises(UnsupportedError, match="No pixels are documented") as caught:
        resolve(asking(**fields), of(SIZED))
    assert caught.value.field == "aspect_ratio"
    assert caught.value.allowed == ("1:1 at 1K", "16:9 at 1K", "1:1 at 2K")


# ------------------------------------------------------------------------- references


def carried(source: object, *forms: ReferenceForm, uploads: bool = False) -> Reference:
    """The one reference as a model that takes these forms is sent it."""
    model = Model(id="m", references=References(forms=forms, uploads=uploads))
    (sent,) = resolve(asking(references=source), of(model)).requests
    (reference,) = sent.references
    return reference


BYTES = Reference(data=PNG, media_type="image/png")


@pytest.mark.parametrize(
    ("source", "forms", "reference"),
    [
        (URL, ("url",), Reference(url=URL)),
        (URL, ("bytes", "data_uri", "url"), Reference(url=URL)),
        (DATA_URL, ("data_uri",), Reference(url=DATA_URL)),
        (DATA_URL, ("url", "data_uri"), Reference(url=DATA_URL)),
        (DATA_URL, ("bytes",), BYTES),
        (DATA_URL.replace("data:", "DATA:"), ("bytes",), BYTES),
        (PNG, ("bytes",), BYTES),
        (PNG, ("url", "data_uri", "bytes"), BYTES),
        (PNG, ("data_uri",), Reference(url=DATA_URL)),
        (PNG, ("url", "data_uri"), Reference(url=DATA_URL)),
        (Reference(data=b"raw", media_type="image/x-raw"), ("bytes",), None),
        (Reference(data=SVG), ("bytes",), Reference(data=SVG, media_type="image/svg+xml")),
    ],
)
def test_a_reference_is_converted_only_where_it_must_be(
    source: object, forms: tuple[ReferenceForm, ...], reference: Reference | None
) -> None:
    """Every pair of what is given and what is taken; a given media type is believed."""
    expected = source if reference is None else reference
    assert carried(source, *forms) == expected


def test_bytes_go_to_an_uploading_plugin_as_they_are() -> None:
    """Its `upload` makes a URL of them; so does an inline one."""
    assert carried(PNG, "url", uploads=True) == BYTES
    assert carried(DATA_URL, "url", uploads=True) == BYTES


@pytest.mark.parametrize(
    ("source", "forms", "way_out"),
    [
        (URL, ("bytes",), "download the image and give the file"),
        (URL, ("data_uri",), "download the image and give the file"),
        (PNG, ("url",), "put the image on the web and give its URL"),
        (DATA_URL, ("url",), "put the image on the web and give its URL"),
    ],
)
def test_a_reference_that_nothing_can_carry_is_refused_with_the_way_out(
    source: object, forms: tuple[ReferenceForm, ...], way_out: str
) -> None:
    """The core fetches nothing by itself."""
    with pytest.raises(UnsupportedError, match=way_out) as caught:
        carried(source, *forms)
    assert caught.value.field == "references"
    assert caught.value.allowed == forms


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"no image", "The reference given as bytes is no image"),
        (Reference(data=b"no image", name="a.txt"), "The reference a.txt is no image"),
        ("data:image/png;base64,%%%", "not an image in base64"),
        ("data:image/png,raw", "not an image in base64"),
        ("data:image/png;base64,", "not an image in base64"),
        (Reference(digest="ab"), "has no image in it"),
    ],
)
def test_a_reference_that_is_no_image_is_refused(source: object, message: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidRequestError, match=message) as caught:
        carried(source, "bytes")
    assert caught.value.field == "references"


def test_references_for_a_model_that_takes_none_are_refused() -> None:
    """Or left behind with a notice."""
    request = asking(references=URL)
    with pytest.raises(UnsupportedError, match="m takes no references"):
        resolve(request, of(Model(id="m")))
    plan = resolve(request, of(Model(id="m")), on_unsupported="notice")
    assert plan.requests[0].references == ()
    assert plan.resolved[-1] == Resolved(field="references", asked="1", sent="0")


def test_too_many_references_are_always_an_error() -> None:
    """Nobody knows which of them could be left out."""
    with pytest.raises(UnsupportedError, match="at most 3 references, not 4") as caught:
        resolve(asking(references=[URL] * 4), INFO, on_unsupported="notice")
    assert caught.value.allowed == ("at most 3",)
    assert len(resolve(asking(references=[URL] * 3), INFO).requests[0].references) == 3


BIGGER = Model(
    id="bigger",
    parameters={"prompt": Unsupported(reason="it is not read", source="a page")},
    references=References(forms=("url", "data_uri"), required=True),
    tasks={"upscale": ("image",), "remove_background": ("image",)},
)
FILLS = Model(
    id="fills",
    references=References(forms=("url", "data_uri"), roles=("image", "mask")),
    tasks={"inpaint": ("prompt", "image", "mask"), "outpaint": ("image",)},
)


def test_a_model_that_needs_no_prompt_is_asked_without_one() -> None:
    """With the picture alone."""
    (sent,) = resolve(ImageRequest(references=URL), of(BIGGER)).requests
    assert (sent.prompt, sent.references) == ("", (Reference(url=URL),))
    (sent,) = resolve(ImageRequest(references=URL), of(FILLS)).requests
    assert sent.prompt == ""


def test_a_prompt_that_a_model_does_not_read_is_refused_or_stays_behind() -> None:
    """It may have been meant for another model."""
    request = ImageRequest(prompt="larger", references=URL)
    with pytest.raises(UnsupportedError, match="no use with bigger: it is not read") as caught:
        resolve(request, of(BIGGER))
    assert caught.value.field == "prompt"
    plan = resolve(request, of(BIGGER), on_unsupported="notice")
    assert plan.requests[0].prompt == ""
    assert [(each.field, each.source) for each in plan.notices] == [("prompt", "a page")]


@pytest.mark.parametrize(
    ("model", "fields", "words", "field"),
    [
        (DRAW, {"references": URL}, "acme-draw-1 needs a prompt to edit", "prompt"),
        (BIGGER, {"prompt": "x"}, "give it at least one reference", "references"),
        (
            evolve(FILLS, tasks={"inpaint": ("prompt", "image", "mask")}),
            {"prompt": "x", "references": URL},
            "fills needs a mask to inpaint",
            "references",
        ),
        (FILLS, {"prompt": "x"}, "needs a picture as a reference to outpaint", "references"),
    ],
)
def test_what_is_too_little_for_a_model_is_told(
    model: Model, fields: dict[str, object], words: str, field: str
) -> None:
    """By what it can do, the nearest of several; whatever the caller lets go."""
    request = ImageRequest(**fields)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match=words) as caught:
        resolve(request, of(model), on_unsupported="notice")
    assert (caught.value.field, caught.value.provider) == (field, "acme")


MASK = Reference(data=PNG, role="mask")
STYLE = Reference(url=URL, role="style", weight=0.5)
PAINTS = Model(
    id="m",
    references=References(
        forms=("url", "data_uri"),
        roles=("image", "mask", "style"),
        weight=Number(low=0, high=1),
        max_count=2,
    ),
    prices=(Price(usd=Decimal("0.04")), Price(usd=Decimal("0.01"), unit="reference", billable="i")),
)


def test_a_reference_keeps_its_role_and_weight_in_every_form() -> None:
    """Whatever becomes of the picture itself."""
    (sent,) = resolve(asking(references=[URL, MASK, STYLE]), of(PAINTS)).requests
    assert sent.references == (Reference(url=URL), Reference(url=DATA_URL, role="mask"), STYLE)
    as_bytes = Model(id="m", references=References(forms=("bytes",), roles=("image", "mask")))
    given = [PNG, Reference(url=DATA_URL, role="mask")]
    (sent,) = resolve(asking(references=given), of(as_bytes)).requests
    assert sent.references == (BYTES, evolve(BYTES, role="mask"))


def test_a_mask_is_neither_counted_nor_priced() -> None:
    """Two pictures and a mask where two pictures are the most: two are paid for."""
    info = of(PAINTS)
    plan = resolve(asking(references=[URL, STYLE, MASK]), info)
    quote = quote_from_prices(info, Submission.of(plan.requests[0], info.name, datetime.now(UTC)))
    assert quote is not None
    assert quote.usd == Decimal("0.06")
    with pytest.raises(UnsupportedError, match="at most 2 references, not 3"):
        resolve(asking(references=[URL, URL, STYLE, MASK]), info)


@pytest.mark.parametrize(
    ("bounds", "given", "told"),
    [
        ({"max_of": {"style": 1}}, [STYLE, STYLE], "at most 1 references of the role style, not 2"),
        ({"max_bytes": len(PNG) - 1}, [PNG], f"bytes of a reference, not {len(PNG)}"),
        ({"max_bytes": len(PNG) - 1}, [DATA_URL], f"bytes of a reference, not {len(PNG)}"),
        ({"max_total_bytes": 2 * len(PNG) - 1}, [PNG, MASK], "bytes of references in all"),
    ],
)
def test_references_are_bounded_by_role_and_by_bytes(
    bounds: dict[str, int], given: list[Reference | bytes | str], told: str
) -> None:
    """Before anything is sent; as much as the bound says is taken."""
    assert PAINTS.references is not None
    bounded = of(evolve(PAINTS, references=evolve(PAINTS.references, **bounds)))
    with pytest.raises(UnsupportedError, match=told) as caught:
        resolve(asking(references=given), bounded)
    assert caught.value.field == "references"
    exact = {name: {"style": 2} if name == "max_of" else most + 1 for name, most in bounds.items()}
    takes = evolve(PAINTS.references, **exact)
    assert resolve(asking(references=given), of(evolve(PAINTS, references=takes))).requests


@pytest.mark.parametrize("role", ["mask", "style", "subject", "control", "first"])
def test_a_role_the_model_lacks_is_refused_or_stays_behind(role: Role) -> None:
    """A style that is sent as a picture to draw from gives another picture."""
    odd = Reference(url=URL, role=role)
    request = asking(references=[DATA_URL, odd])
    with pytest.raises(UnsupportedError, match=f"takes no {role} among its references") as caught:
        resolve(request, INFO)
    assert (caught.value.field, caught.value.allowed) == ("references", ("image",))
    plan = resolve(request, INFO, on_unsupported="notice")
    assert plan.requests[0].references == (Reference(url=DATA_URL),)
    assert [notice.field for notice in plan.notices] == ["references"]
    assert plan.resolved[-1] == Resolved(field="references", asked="2", sent="1")


def test_a_mask_does_not_stay_without_its_picture() -> None:
    """Where the picture stays behind, so does what marks a part of it."""
    takes = References(forms=("url", "data_uri"), roles=("mask", "style"))
    plan = resolve(
        asking(references=[URL, MASK]),
        of(Model(id="m", references=takes)),
        on_unsupported="notice",
    )
    assert plan.requests[0].references == ()


@pytest.mark.parametrize(("weight", "model", "allowed"), [(0.5, DRAW, ()), (1.5, PAINTS, ("0…1",))])
def test_a_weight_the_model_does_not_take_is_refused_or_left_out(
    weight: float, model: Model, allowed: tuple[str, ...]
) -> None:
    """The picture itself is sent all the same."""
    request = asking(references=Reference(url=URL, weight=weight))
    with pytest.raises(UnsupportedError, match=f"not {weight}") as caught:
        resolve(request, of(model))
    assert (caught.value.field, caught.value.allowed) == ("references", allowed)
    plan = resolve(request, of(model), on_unsupported="notice")
    assert plan.requests[0].references == (Reference(url=URL),)
    assert plan.resolved[-1] == Resolved(field="references", asked=f"weight={weight}")


# -------------------------------------------------------------------------- cautions


@pytest.mark.parametrize(
    ("caution", "fields", "told"),
    [
        (Caution(field="seed", message="!"), {"seed": 0}, True),
        (Caution(field="seed", message="!"), {}, False),
        (Caution(field="stream", message="!"), {}, False),
        (Caution(field="n", message="!"), {"n": 2}, True),
        (Caution(field="n", message="!"), {"n": 1}, False),
        (Caution(field="references", message="!"), {"references": URL}, True),
        (Caution(field="references", message="!"), {}, False),
        (Caution(field="seed", message="!", when={"resolution": "2K"}), {"seed": 1}, False),
        (
            Caution(field="seed", message="!", when={"resolution": "2K"}),
            {"seed": 1, "resolution": "2K"},
            True,
        ),
        (
            Caution(field="seed", message="!", when={"resolution": "2K"}),
            {"seed": 1, "resolution": "1K"},
            False,
        ),
    ],
)
def test_a_documented_surprise_is_told_where_it_matters(
    caution: Caution, fields: dict[str, object], *, told: bool
) -> None:
    """Of a field that is sent, and under its conditions."""
    plan = resolve(asking(**fields), of(evolve(DRAW, cautions=(caution,))))
    assert bool(plan.notices) is told


# ---------------------------------------------------------------------------- how many


@pytest.mark.parametrize(
    ("n", "most", "counts"),
    [
        (1, 1, [1]),
        (1, 4, [1]),
        (4, 4, [4]),
        (5, 2, [2, 2, 1]),
        (5, 4, [4, 1]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_more_images_than_a_model_draws_become_several_submissions(
    n: int, most: int, counts: list[int]
) -> None:
    """As few as possible, all alike but for n."""
    plan = resolve(asking(n=n, seed=1), of(evolve(DRAW, max_n=most)))
    assert [request.n for request in plan.requests] == counts
    assert all(
        evolve(part, n=n) == asking(n=n, seed=1, model="acme-draw-1") for part in plan.requests
    )


@given(st.integers(1, 1000), st.integers(1, 20))
@SAME_EVERY_TIME
def test_splitting_loses_no_image(n: int, most: int) -> None:
    """The counts add up, and none is over the model's most."""
    counts = [part.n for part in resolve(asking(n=n), of(evolve(DRAW, max_n=most))).requests]
    assert sum(counts) == n
    assert max(counts) <= most
    assert min(counts) >= 1
