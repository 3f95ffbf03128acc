"""apimodels.app's models, limits and prices, each line with its source.

The vendor's price table (`_TABLE`) says which models there are, what they cost and, by
its keys, which tiers and qualities each one draws ("model-dependent; see
data/models.json", `_SCRIPT`). Its older issue @1c1a359c lists 24 of these models and
other prices for three of them; the newer one is used, and the older price stands beside
the line. The documentation pages add limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tintype.catalog import (
    Caution,
    Choice,
    Descriptor,
    Model,
    Price,
    ProviderInfo,
    References,
    Text,
    Unsupported,
)

_DOUBAO = "https://apimodels.app/en/docs/image?p=doubao"
_GEMINI = "https://apimodels.app/en/docs/image?p=gemini"
_GROK = "https://apimodels.app/en/docs/image?p=grok"
_KLING = "https://apimodels.app/en/docs/kling-image"
_TABLE = "https://github.com/stimQQ/apimodels-skill image/data/models.json@e588d354"
_GUIDE = "https://github.com/stimQQ/apimodels-skill image/SKILL.md@e588d354"
_SCRIPT = "https://github.com/stimQQ/apimodels-skill image/scripts/generate.mjs@1c1a359c"
_READ = date(2026, 11, 20)
_WEEK = 7 * 24 * 3600

# The Doubao page prints the tier as `size`, and lists these two ids. Every other model is
# asked as the vendor's script asks, with `resolution`; so are 5.0 Pro and 5.0 Flash, which
# are newer than that page.
TIER_AS_SIZE = frozenset({"doubao-seedream-4-5-251128", "doubao-seedream-5-0-260128"})

# US dollars for each reference, least and most. The table adds FLUX's to every one of them;
# the guide says of Qwen "extra references" and not which are extra.
REFERENCE_PRICES = {
    "flux-2-klein-4b": (Decimal("0.0015"), Decimal("0.0015")),
    "qwen3-image": (Decimal(0), Decimal("0.004")),
    "qwen3-image-pro": (Decimal(0), Decimal("0.004")),
}

_RATIO: Mapping[str, Descriptor] = {
    "aspect_ratio": Choice(
        values=("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"),
        source=_SCRIPT,
    ),
}
_NO_TIER: Mapping[str, Descriptor] = {}
# Upper case, as the script and the table have it. The Gemini and Kling pages print "2k",
# and are older: that spelling goes through `options`.
_ANY_TIER: Mapping[str, Descriptor] = {
    "resolution": Choice(values=("1K", "2K", "4K"), source=_SCRIPT)
}
_TIER_UNSURE = Caution(
    field="resolution",
    message="Which tiers this model draws is not documented; it may refuse or ignore this one.",
    source=_SCRIPT,
)
_ALPHA: Mapping[str, Descriptor] = {"background": Choice(values=("transparent",), source=_GUIDE)}
_ALPHA_KEPT = Caution(
    field="background",
    message="It keeps the alpha channel of one PNG reference that has one; it makes none.",
    source=_GUIDE,
)
_KLING_PROMPT: Mapping[str, Descriptor] = {"prompt": Text(max_length=2500, source=_KLING)}

# Links only: "Pass public HTTPS URLs" (`_GUIDE`). How many is documented for few models.
_LINKS = References(forms=("url",), source=_GUIDE)
_NEEDS_LINK = References(forms=("url",), required=True, source=_TABLE)


def _up_to(count: int) -> References:
    return References(forms=("url",), max_count=count, source=_GUIDE)


_MODES = {"text2img": "no", "img2img": "yes"}
_FLAT = {"per image", "image"}


def _when(key: str) -> dict[str, str]:
    """The fields a key of the table stands for: `2K`, `1K-low`, `img2img`, `per image`."""
    if key in _FLAT:
        return {}
    if key in _MODES:
        return {"references": _MODES[key]}
    tier, _, quality = key.partition("-")
    return {"resolution": tier, "quality": quality} if quality else {"resolution": tier}


def _prices(pricing: Mapping[str, str]) -> tuple[Price, ...]:
    """A price for each key; one key alone is the price of the model."""
    single = len(pricing) == 1
    return tuple(
        Price(usd=Decimal(usd), when={} if single else _when(key), source=_TABLE, as_of=_READ)
        for key, usd in pricing.items()
    )


def _named_by(pricing: Mapping[str, str], field: str) -> dict[str, Descriptor]:
    """`field` as a choice of the values that the table's keys name, if they name any."""
    found = (_when(key).get(field) for key in pricing)
    values = tuple(dict.fromkeys(value for value in found if value is not None))
    return {field: Choice(values=values, source=_TABLE)} if values else {}


def _model(  # noqa: PLR0913 - the columns of the table
    model_id: str,
    title: str,
    pricing: Mapping[str, str],
    *,
    name: str = "",
    tiers: Mapping[str, Descriptor] | None = None,
    ratio: Mapping[str, Descriptor] = _RATIO,
    others: Mapping[str, Descriptor] | None = None,
    references: References | None = _LINKS,
    cautions: tuple[Caution, ...] = (),
    source: str = _TABLE,
) -> Model:
    """One line of the table, with what the pages and the guide add to it."""
    tiers = _named_by(pricing, "resolution") if tiers is None else tiers
    unsure = (_TIER_UNSURE,) if tiers is _ANY_TIER else ()
    return Model(
        id=model_id,
        name=name,
        title=title,
        parameters={**ratio, **tiers, **_named_by(pricing, "quality"), **(others or {})},
        # `n` is printed without bounds, and for few models: one image a submission.
        max_n=1,
        references=references,
        cautions=cautions + unsure,
        prices=_prices(pricing),
        results_kept=_WEEK,
        source=source,
    )


_SEEDREAM = (
    _model(
        "doubao-seedream-4-5-251128",
        "Seedream 4.5",
        {"per image": "0.05"},
        name="seedream-4.5",
        tiers=_ANY_TIER,
        source=_DOUBAO,
    ),
    _model(
        "doubao-seedream-5-0-260128",
        "Seedream 5.0 Lite",
        {"per image": "0.055"},
        name="seedream-5.0-lite",
        tiers={"resolution": Choice(values=("2K", "4K"), source=_DOUBAO)},
        ratio={
            "aspect_ratio": Unsupported(
                reason="aspect_ratio is ignored by 5.0 Lite", source=_DOUBAO
            ),
        },
        source=_DOUBAO,
    ),
    _model(
        "doubao-seedream-5-0-pro",
        "Seedream 5.0 Pro",
        {"1K": "0.03", "2K": "0.06"},  # @1c1a359c: 0.076 and 0.15
        name="seedream-5.0-pro",
        others=_ALPHA,
        cautions=(_ALPHA_KEPT,),
    ),
    _model(
        "doubao-seedream-5-0-flash",
        "Seedream 5.0 Flash",
        {"1K": "0.03", "2K": "0.03"},
        name="seedream-5.0-flash",
        others=_ALPHA,
        cautions=(_ALPHA_KEPT,),
    ),
)

_OPENAI = (
    _model(
        "gpt-image-2",
        "GPT Image 2",
        {"1K": "0.025", "2K": "0.03", "4K": "0.05"},
        name="gpt-image-2",
        references=_up_to(16),
    ),
    _model(
        "gpt-image-2-all",
        "GPT Image 2 All",
        {
            "1K-low": "0.01",
            "1K-medium": "0.025",
            "1K-high": "0.07",
            "2K-low": "0.025",
            "2K-medium": "0.04",
            "2K-high": "0.10",
            "4K-low": "0.06",
            "4K-medium": "0.06",
            "4K-high": "0.23",
        },
    ),
    _model(
        "gpt-image-2-lite",
        "GPT Image 2 Lite",
        {"per image": "0.01"},  # @1c1a359c: 1K 0.008, 2K 0.015, 4K 0.025
        tiers={
            "resolution": Unsupported(
                reason="it draws about 1.5 megapixels; 2K and 4K were retired on 2026-08-31",
                source=_TABLE,
            ),
        },
    ),
    *(
        _model(
            model_id,
            title,
            {
                "1K-low": "0.008",
                "1K-medium": "0.02",
                "1K-high": "0.03",
                "1K-xhigh": "0.05",
                "1K-max": "0.08",
                "2K-low": "0.02",
                "2K-medium": "0.025",
                "2K-high": "0.04",
                "2K-xhigh": "0.08",
                "2K-max": "0.15",
                "4K-low": "0.02",
                "4K-medium": "0.045",
                "4K-high": "0.08",
                "4K-xhigh": "0.17",
                "4K-max": "0.30",
            },
            name=model_id,
        )
        for model_id, title in (
            ("gpt-image-2.5-flare", "GPT Image 2.5 Flare"),
            ("gpt-image-2.5-sunburst", "GPT Image 2.5 Sunburst"),
        )
    ),
)

_GOOGLE = (
    _model(
        "gemini-2.5-flash-image",
        "Gemini 2.5 Flash Image",
        {"1K": "0.02"},
        name="gemini-2.5-flash-image",
        cautions=(
            Caution(
                field="model",
                message="Google retired it on 2026-10-02: use gemini-3.1-flash-image instead.",
                source=_TABLE,
            ),
        ),
    ),
    _model(
        "gemini-3-pro-image",
        "Gemini 3 Pro Image",
        {"1K": "0.10", "2K": "0.10", "4K": "0.15"},
        name="gemini-3-pro-image",
    ),
    _model(
        "gemini-3-pro-image-gemini",
        "Gemini 3 Pro Image (budget channel)",
        {"1K": "0.03", "2K": "0.03", "4K": "0.03"},
    ),
    _model(
        "gemini-3-pro-image-preview",
        "Gemini 3 Pro Image (preview model)",
        {"1K": "0.068", "2K": "0.068", "4K": "0.13"},
        name="gemini-3-pro-image-preview",
    ),
    _model(
        "gemini-3.1-flash-image",
        "Gemini 3.1 Flash Image",
        {"512": "0.04", "1K": "0.06", "2K": "0.06", "4K": "0.10"},
        name="gemini-3.1-flash-image",
    ),
    _model(
        "gemini-3.1-flash-image-gemini",
        "Gemini 3.1 Flash Image (budget channel)",
        {"1K": "0.025", "2K": "0.025", "4K": "0.025"},
    ),
    _model(
        "gemini-3.1-flash-image-preview",
        "Gemini 3.1 Flash Image (preview model)",
        {"1K": "0.05", "2K": "0.05", "4K": "0.08"},
        name="gemini-3.1-flash-image-preview",
    ),
    _model(
        "nanobanana-2-beta",
        "Nano Banana 2 (beta)",
        {"1K": "0.05", "2K": "0.05", "4K": "0.08"},
    ),
)

_XAI = (
    _model(
        "grok-4.2-image",
        "Grok 4.2 Image",
        {"per image": "0.0075"},  # @1c1a359c: 0.03
        name="grok-4.2-image",
        tiers=_ANY_TIER,
    ),
    _model(
        "grok-imagine-image",
        "Grok Imagine Image",
        {"per image": "0.03"},
        name="grok-imagine-image",
        tiers=_ANY_TIER,
    ),
    _model(
        "grok-imagine-image-pro",
        "Grok Imagine Image Pro",
        {"1K": "0.08", "2K": "0.12"},
        name="grok-imagine-image-pro",
    ),
    _model(
        "grok-imagine-image-2.0",
        "Grok Imagine Image 2.0",
        {"1K-low": "0.03", "1K-medium": "0.045", "2K-low": "0.04", "2K-medium": "0.06"},
        name="grok-imagine-image-2.0",
    ),
)

# The Kling page's own prices (0.076 to 1.80 "credits") are older than the table's.
_KUAISHOU = (
    _model(
        "kling-v2-1",
        "Kling V2.1 Image",
        {"text2img": "0.016", "img2img": "0.045"},
        name="kling-v2-1",
        tiers=_ANY_TIER,
        others=_KLING_PROMPT,
    ),
    _model(
        "kling-v2-new",
        "Kling V3 Omni",
        {"1K": "0.05", "2K": "0.05", "4K": "0.10"},
        others=_KLING_PROMPT,
    ),
    _model(
        "kling-v3-image",
        "Kling V3 Image",
        {"image": "0.05"},
        name="kling-v3-image",
        tiers={"resolution": Choice(values=("1K", "2K"), source=_KLING)},
        others=_KLING_PROMPT,
    ),
    _model(
        "kling-image-o1",
        "Kling Omni-Image",
        {"1K": "0.05", "2K": "0.05"},
        name="kling-image-o1",
        others=_KLING_PROMPT,
    ),
    _model(
        "kling-multi-image",
        "Kling Multi-Image",
        {"1K": "0.045"},
        others=_KLING_PROMPT,
        references=_NEEDS_LINK,
    ),
    _model(
        "kling-expand",
        "Kling Expand",
        {"1K": "0.023"},
        others=_KLING_PROMPT,
        references=_NEEDS_LINK,
    ),
)

# The page p=grok sends SparkPix to paths of its own (`generations-sync`, `edit`) and calls
# both synchronous. The guide is newer: "all behind one endpoint".
_OTHERS = (
    _model(
        "qwen3-image",
        "Qwen Image 3.0",
        {"1K": "0.035", "2K": "0.035"},
        name="qwen3-image",
        references=_up_to(3),
    ),
    _model(
        "qwen3-image-pro",
        "Qwen Image 3.0 Pro",
        {"1K": "0.037", "2K": "0.075"},
        name="qwen3-image-pro",
    ),
    _model(
        "flux-2-klein-4b",
        "FLUX.2 Klein 4B",
        {"per image": "0.006"},
        name="flux-2-klein-4b",
        tiers={
            "resolution": Unsupported(
                reason="it always draws about 2 megapixels",
                source=_TABLE,
            ),
        },
        references=_up_to(3),
    ),
    # It is no generator and needs an image, although the table says `requires_image: false`.
    _model(
        "real-esrgan",
        "Real-ESRGAN Upscaler",
        {"per image": "0.004"},
        name="real-esrgan",
        tiers=_NO_TIER,
        ratio={},
        references=References(forms=("url",), required=True, source=_GUIDE),
    ),
    _model(
        "sparkpix-image",
        "SparkPix Image",
        {"per image": "0.008"},
        name="sparkpix-image",
        tiers=_NO_TIER,
        ratio={
            "aspect_ratio": Choice(
                values=("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"), source=_GROK
            ),
        },
    ),
    _model(
        "sparkpix-image-edit",
        "SparkPix Image Edit",
        {"per image": "0.013"},
        name="sparkpix-image-edit",
        tiers=_NO_TIER,
    ),
    # Exact sizes and a seed are documented for both, the names of the fields are not: `options`.
    _model(
        "z-image-spicy",
        "Z-Image Spicy",
        {"per image": "0.015"},
        name="z-image-spicy",
        tiers=_NO_TIER,
        references=None,
    ),
    _model(
        "z-image-spicy-pro",
        "Z-Image Spicy Pro",
        {"per image": "0.03"},
        name="z-image-spicy-pro",
        tiers=_NO_TIER,
        references=None,
    ),
)

# Ids that the pages print and the table does not have: a route in front of the name, mostly.
_UNLISTED = tuple(
    _model(
        model_id,
        model_id,
        {},
        tiers=_ANY_TIER,
        cautions=(
            Caution(
                field="model",
                message="The vendor's newest list does not have this id: it may be refused.",
                source=_TABLE,
            ),
        ),
        source=source,
    )
    for model_id, source in (
        ("gemini-3-pro-image-lite", _GEMINI),
        ("nanobanana2/gemini-3.1-flash-image-preview", _GEMINI),
        ("nanobanana-2-lite/gemini-3.1-flash-image-preview", _GEMINI),
        ("nanobanana-2-beta/gemini-3.1-flash-image-preview", _GEMINI),
        ("grok-image/grok-4.2-image", _GROK),
        ("grok-imagine/grok-imagine-image", _GROK),
        ("grok-imagine-pro/grok-imagine-image-pro", _GROK),
    )
)

INFO = ProviderInfo(
    name="apimodels",
    title="apimodels.app",
    homepage="https://apimodels.app",
    # The pages use the first; the vendor's script the second, without the `/api` of the path.
    origins=("https://apimodels.app", "https://api.apimodels.app"),
    models=_SEEDREAM + _OPENAI + _GOOGLE + _XAI + _KUAISHOU + _OTHERS + _UNLISTED,
    general=Model(
        id="",
        parameters={**_RATIO, **_ANY_TIER},
        references=_LINKS,
        results_kept=_WEEK,
        source=_SCRIPT,
    ),
    webhooks=True,
    # As the vendor's script: it waits 60 s for an answer, 10 minutes for a task.
    request_timeout=60.0,
    task_timeout=600.0,
    poll_schedule=(3.0, 3.0, 5.0, 5.0, 5.0, 8.0, 8.0, 10.0, 15.0),
    sources=(_DOUBAO, _GEMINI, _GROK, _KLING, _TABLE, _GUIDE, _SCRIPT),
)
