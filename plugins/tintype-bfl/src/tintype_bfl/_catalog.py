"""Black Forest Labs' models, limits and prices, each line with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve

from tintype.catalog import (
    Caution,
    Choice,
    Descriptor,
    Flag,
    Integer,
    Model,
    Number,
    Pixels,
    Price,
    ProviderInfo,
    References,
    Text,
)
from tintype.credentials import HeaderKey

API = "https://api.bfl.ai"

_READ = "read 2026-11-29"
_DOCS = "https://docs.bfl.ai/api-reference"
_TWO = f"{_DOCS}, FLUX.2 [flex], [pro], [max], [klein] (OpenAPI), {_READ}"
_PRO = f"{_DOCS}, FLUX 1.1 [pro] (OpenAPI), {_READ}"
_ULTRA = f"{_DOCS}, FLUX 1.1 [pro] ultra (OpenAPI), {_READ}"
_DEV = f"{_DOCS}, FLUX.1 [dev] (OpenAPI), {_READ}"
_KONTEXT = f"{_DOCS}, FLUX.1 Kontext (OpenAPI), {_READ}"
_FILL = f"{_DOCS}, FLUX.1 Fill [pro] (OpenAPI), {_READ}"
_SDK = f"bfl for Python (black-forest-labs/blackforest@f7ba31b6), {_READ}"
_PRICING = f"https://docs.bfl.ml/quick_start/pricing, {_READ}"
_SKILL = f"https://github.com/black-forest-labs/skills@d0793c84 skills/bfl-api, {_READ}"
_LIMITS = "https://help.bfl.ai/articles/7158018353-what-is-the-concurrency-limit-for-the-api"
_KEPT = 600  # "delivery URLs that expire after 10 minutes" (help.bfl.ai, which endpoint)
_AT_A_TIME = 24  # "The default is 24. Except for flux-kontext-max": 6 (_LIMITS)
_OF_KONTEXT_MAX = 6

# Two official documents disagree about what `webhook_secret` is for: a key to `X-BFL-Signature`
# (skills/bfl-api), or a word that comes back in `X-Webhook-Secret` (bfl for Python). A delivery is
# a hint either way, and the provider is asked.
_IN_CLEAR = Caution(
    field="webhook_secret",
    message="It stands in the request as it is kept in the journal, and proves no delivery here.",
    source=_SDK,
)


def _credits(count: int) -> tuple[Price, ...]:
    price = Price(credits=Decimal(count), source=_PRICING, as_of=date(2026, 11, 29))
    return (price,)


def _by_megapixel(first: str, further: str) -> tuple[Price, ...]:
    """What the first megapixel costs, and what each further one, of source images each at all."""
    flat = Price(credits=Decimal(first), source=_SKILL, as_of=date(2026, 11, 29))
    return (flat, evolve(flat, credits=Decimal(further), unit="megapixel", billable="megapixels"))


def _common(source: str, formats: tuple[str, ...], default: str = "jpeg") -> dict[str, Descriptor]:
    """What every model takes."""
    return {
        "prompt": Text(source=source),
        "seed": Integer(source=source),
        "output_format": Choice(values=formats, default=default, source=source),
    }


def _tolerant(source: str, high: int = 6) -> dict[str, Descriptor]:
    return {
        "safety_tolerance": Integer(low=0, high=high, default=2, source=source),
        "prompt_upsampling": Flag(source=source),
    }


_FORMATS = ("jpeg", "png")
_SIDE = Integer(low=64, source=_TWO)
_LARGEST = 4 * 1024 * 1024  # "4MP total", by the larger reading
_FLUX_2 = Model(
    id="flux-2-pro",
    title="FLUX.2 [pro]",
    parameters={
        **_common(_SDK, (*_FORMATS, "webp")),
        "size": Pixels(max_total=_LARGEST, width=_SIDE, height=_SIDE, source=_TWO),
    },
    options={
        "safety_tolerance": Integer(low=0, high=5, default=2, source=_TWO),
        "disable_pup": Flag(source=_SDK),
        "transparent_bg": Flag(source=_SDK),
    },
    references=References(forms=("url", "bytes"), max_count=8, source=_TWO),
    prices=_by_megapixel("3", "1.5"),
    cautions=(_IN_CLEAR,),
    max_in_flight=_AT_A_TIME,
    results_kept=_KEPT,
    source=_TWO,
)
_FLEX = evolve(
    _FLUX_2,
    id="flux-2-flex",
    title="FLUX.2 [flex]",
    parameters={
        **_FLUX_2.parameters,
        "steps": Integer(low=1, high=50, default=50, source=_TWO),
        "guidance": Number(low=1.5, high=10, source=_TWO),
    },
    options={**_tolerant(_TWO, high=5), "transparent_bg": Flag(source=_SDK)},
    prices=_by_megapixel("5", "5"),
)
_KLEIN = evolve(
    _FLUX_2,
    id="flux-2-klein-4b",
    name="flux-2-klein-4b",
    title="FLUX.2 [klein] 4B",
    options={name: each for name, each in _FLUX_2.options.items() if name != "disable_pup"},
    references=References(forms=("url", "bytes"), max_count=4, source=_TWO),
    prices=_by_megapixel("1.4", "0.1"),
)
_EXACT = Pixels(
    width=Integer(low=256, high=1440, step=32, default=1024, source=_PRO),
    height=Integer(low=256, high=1440, step=32, default=768, source=_PRO),
    source=_PRO,
)
_FLUX_1_1 = Model(
    id="flux-pro-1.1",
    name="flux-1.1-pro",
    title="FLUX1.1 [pro]",
    parameters={**_common(_PRO, _FORMATS), "size": _EXACT},
    options=_tolerant(_PRO),
    references=References(forms=("bytes",), max_count=1, source=_PRO),
    prices=_credits(4),
    cautions=(_IN_CLEAR,),
    max_in_flight=_AT_A_TIME,
    results_kept=_KEPT,
    source=_PRO,
)
_FLUX_1_DEV = evolve(
    _FLUX_1_1,
    id="flux-dev",
    name="flux-1-dev",
    title="FLUX.1 [dev]",
    parameters={
        **_FLUX_1_1.parameters,
        "steps": Integer(low=1, high=50, default=28, source=_DEV),
        "guidance": Number(low=1.5, high=5, source=_DEV),
    },
    prices=(),
    source=_DEV,
)
_FLUX_1_1_ULTRA = evolve(
    _FLUX_1_1,
    id="flux-pro-1.1-ultra",
    name="",
    title="FLUX1.1 [pro] ultra",
    parameters={**_common(_ULTRA, _FORMATS), "aspect_ratio": Text(source=_ULTRA)},
    options={
        **_tolerant(_ULTRA),
        "raw": Flag(source=_ULTRA),
        "image_prompt_strength": Number(low=0, high=1, source=_ULTRA),
    },
    prices=_credits(6),
    source=_ULTRA,
)
_FLUX_KONTEXT = Model(
    id="flux-kontext-pro",
    title="FLUX.1 Kontext [pro]",
    parameters={
        **_common(_KONTEXT, _FORMATS, "png"),
        "aspect_ratio": Text(source=_KONTEXT),
    },
    options=_tolerant(_KONTEXT),
    references=References(forms=("url", "bytes"), max_count=4, source=_KONTEXT),
    prices=_credits(4),
    cautions=(_IN_CLEAR,),
    max_in_flight=_AT_A_TIME,
    results_kept=_KEPT,
    source=_KONTEXT,
)
_FLUX_FILL = Model(
    id="flux-pro-1.0-fill",
    title="FLUX.1 Fill [pro]",
    parameters={
        **_common(_FILL, _FORMATS),
        "steps": Integer(low=15, high=50, default=50, source=_FILL),
        "guidance": Number(low=1.5, high=100, source=_FILL),
    },
    options=_tolerant(_FILL),
    references=References(
        forms=("bytes",), roles=("image", "mask"), max_count=1, required=True, source=_FILL
    ),
    prices=_credits(5),
    cautions=(_IN_CLEAR,),
    max_in_flight=_AT_A_TIME,
    results_kept=_KEPT,
    source=_FILL,
)

# Where a model takes its images, numbered from the second on; a mask goes into `mask`.
IMAGES: Mapping[str, str] = {
    "flux-pro-1.1": "image_prompt",
    "flux-pro-1.1-ultra": "image_prompt",
    "flux-dev": "image_prompt",
    "flux-pro-1.0-fill": "image",
}

INFO = ProviderInfo(
    name="bfl",
    title="Black Forest Labs",
    homepage="https://dashboard.bfl.ai/get-started",
    # "Always use the polling_url returned": it names the region that has the task.
    origins=(API, "https://*.bfl.ai"),
    models=(
        _FLUX_2,
        evolve(_FLUX_2, id="flux-2-max", title="FLUX.2 [max]", prices=_by_megapixel("7", "3")),
        _FLEX,
        _KLEIN,
        evolve(
            _KLEIN,
            id="flux-2-klein-9b",
            name="",
            title="FLUX.2 [klein] 9B",
            prices=_by_megapixel("1.5", "0.2"),
        ),
        _FLUX_1_1,
        _FLUX_1_1_ULTRA,
        _FLUX_1_DEV,
        _FLUX_KONTEXT,
        evolve(
            _FLUX_KONTEXT,
            id="flux-kontext-max",
            title="FLUX.1 Kontext [max]",
            prices=_credits(8),
            max_in_flight=_OF_KONTEXT_MAX,
        ),
        _FLUX_FILL,
    ),
    general=Model(
        id="",
        parameters={"prompt": Text(source=_DOCS)},
        cautions=(_IN_CLEAR,),
        max_in_flight=_AT_A_TIME,
        results_kept=_KEPT,
        source=_DOCS,
    ),
    auth=HeaderKey(header="x-key", prefix=""),
    variables={"key": "BFL_API_KEY"},
    options={"webhook_secret": Text(source=_SDK)},
    wire_names={"width": ("size",), "height": ("size",)},
    credit_values={_PRICING: Decimal("0.01")},
    webhooks=True,
    poll_schedule=(0.5, 0.5, 1.0, 2.0, 5.0),
    sources=(_TWO, _PRO, _ULTRA, _DEV, _KONTEXT, _FILL, _SDK, _PRICING, _SKILL, _LIMITS),
)
