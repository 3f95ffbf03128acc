"""apiin.one's models, limits and prices, each line with its source.

Three documents are read: the page of the model (`_PAGE`, in Japanese; seed 003 is the same
page in Spanish), a second page of the same model that names another price (`_OTHER_PAGE`),
and the page of the whole API (`_DOCS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve

from tintype.catalog import (
    Caution,
    Choice,
    Descriptor,
    Integer,
    Items,
    Model,
    Price,
    ProviderInfo,
    References,
    Text,
)

_PAGE = "https://apiin-one.pages.dev/ja/models/seedream-4-5"
_OTHER_PAGE = "https://apiin.one/model/seedream-4-5"
_DOCS = "https://apiin.one/docs"
_READ = date(2026, 11, 20)

_UNSURE = Caution(
    field="negative_prompt",
    message="The API's page lists negative_prompt, the model's does not: it may do nothing.",
    source=_DOCS,
)

_PARAMETERS: Mapping[str, Descriptor] = {
    "prompt": Text(min_length=3, max_length=5000, source=_DOCS),
    "aspect_ratio": Choice(
        values=("1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9"), source=_PAGE
    ),
    "quality": Choice(values=("basic", "high"), source=_PAGE),
    "negative_prompt": Text(source=_DOCS),
}

_SEEDREAM_4_5 = Model(
    id="seedream/4.5-text-to-image",
    name="seedream-4.5",
    title="Seedream 4.5",
    parameters=_PARAMETERS,
    edits_with="seedream/4.5-edit",
    cautions=(_UNSURE,),
    # Each image costs 12 credits, "for both text-to-image and image editing modes".
    prices=(Price(credits=Decimal(12), source=_PAGE, as_of=_READ),),
    source=_PAGE,
)

# The page requires this id in the first of its two lines about `model`; its samples send what
# the second calls the sub-model.
_SEEDREAM_4_5_BY_PAGE = evolve(
    _SEEDREAM_4_5,
    id="seedream-4-5",
    name="",
    cautions=(
        *_SEEDREAM_4_5.cautions,
        Caution(
            field="model",
            message="The samples of API in One send seedream/4.5-text-to-image for this id.",
            source=_PAGE,
        ),
    ),
)

_SEEDREAM_4_5_EDIT = evolve(
    _SEEDREAM_4_5,
    id="seedream/4.5-edit",
    name="",
    title="Seedream 4.5 Edit",
    edits_with="",
    references=References(forms=("url",), required=True, source=_PAGE),
)

INFO = ProviderInfo(
    name="apiin",
    title="API in One",
    homepage="https://apiin.one",
    origins=("https://apiin.one",),
    models=(_SEEDREAM_4_5, _SEEDREAM_4_5_EDIT, _SEEDREAM_4_5_BY_PAGE),
    # What both pages call the same. They disagree on the name of the references.
    general=Model(
        id="",
        parameters={
            **_PARAMETERS,
            **dict.fromkeys(("aspect_ratio", "quality"), Text(source=_DOCS)),
        },
        source=_DOCS,
    ),
    # `_DOCS` lists these for images in general, the page of Seedream 4.5 none of them: they can
    # be sent as options.
    options={
        **dict.fromkeys(("type", "resolution"), Text(source=_DOCS)),
        "seed": Integer(source=_DOCS),
        "input_urls": Items(source=_DOCS),
    },
    wire_names={"image_urls": ("references",), "callback_url": ("webhook_url",)},
    # "~$0.024 per image (12 credits)", and "12 credits per image (~$0.12)". Which of the two is the
    # newer, nothing on them says.
    credit_values={_PAGE: Decimal("0.002"), _OTHER_PAGE: Decimal("0.01")},
    webhooks=True,
    poll_schedule=(3.0, 3.0, 4.0, 6.0, 8.0),  # "Speed 3-10 seconds"
    sources=(_PAGE, _OTHER_PAGE, _DOCS),
)
