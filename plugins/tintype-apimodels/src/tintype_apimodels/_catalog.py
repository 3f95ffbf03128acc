"""apimodels.app's models, limits and prices, each line with its source.

The vendor's price table (`TABLE`) says which models there are, what they cost and, by
its keys, which tiers and qualities each one draws ("model-dependent; see
data/models.json", `SCRIPT`). Its older issue @1c1a359c lists 24 of these models and
other prices for three of them; the newer one is used, and the older price stands beside
the line. The documentation pages add limits.
"""

from __future__ import annotations

from attrs import evolve

from tintype.catalog import Caution, Choice, Integer, Model, ProviderInfo, References, Unsupported
from tintype_apimodels import _table

# The Doubao page prints the tier as `size`, and lists these two ids. Every other model is
# asked as the vendor's script asks, with `resolution`; so are 5.0 Pro and 5.0 Flash, which
# are newer than that page.
TIER_AS_SIZE = frozenset({"doubao-seedream-4-5-251128", "doubao-seedream-5-0-260128"})

_IGNORED = Unsupported(reason="aspect_ratio is ignored by 5.0 Lite", source=_table.DOUBAO)

_SEEDREAM = (
    _table.model(
        "doubao-seedream-4-5-251128",
        "Seedream 4.5",
        {"per image": "0.05"},
        name="seedream-4.5",
        tiers=_table.ANY_TIER,
        source=_table.DOUBAO,
    ),
    evolve(
        _table.model(
            "doubao-seedream-5-0-260128",
            "Seedream 5.0 Lite",
            {"per image": "0.055"},
            name="seedream-5.0-lite",
            tiers={"resolution": Choice(values=("2K", "4K"), source=_table.DOUBAO)},
            ratio={"aspect_ratio": _IGNORED},
            source=_table.DOUBAO,
        ),
        options=_table.RATIO,
    ),
    _table.model(
        "doubao-seedream-5-0-pro",
        "Seedream 5.0 Pro",
        {"1K": "0.03", "2K": "0.06"},  # @1c1a359c: 0.076 and 0.15
        name="seedream-5.0-pro",
        others=_table.ALPHA,
        cautions=(_table.ALPHA_KEPT,),
    ),
    _table.model(
        "doubao-seedream-5-0-flash",
        "Seedream 5.0 Flash",
        {"1K": "0.03", "2K": "0.03"},
        name="seedream-5.0-flash",
        others=_table.ALPHA,
        cautions=(_table.ALPHA_KEPT,),
    ),
)

_OPENAI = (
    _table.model(
        "gpt-image-2",
        "GPT Image 2",
        {"1K": "0.025", "2K": "0.03", "4K": "0.05"},
        references=_table.up_to(16),
    ),
    _table.model(
        "gpt-image-2-all",
        "GPT Image 2 All",
        _table.by_quality(
            low=("0.01", "0.025", "0.06"),
            medium=("0.025", "0.04", "0.06"),
            high=("0.07", "0.10", "0.23"),
        ),
        name="",
    ),
    _table.model(
        "gpt-image-2-lite",
        "GPT Image 2 Lite",
        {"per image": "0.01"},  # @1c1a359c: 1K 0.008, 2K 0.015, 4K 0.025
        name="",
        tiers={
            "resolution": Unsupported(
                reason="it draws about 1.5 megapixels; 2K and 4K were retired on 2026-08-31",
                source=_table.TABLE,
            ),
        },
    ),
    *(
        _table.model(
            model_id,
            title,
            _table.by_quality(
                low=("0.008", "0.02", "0.02"),
                medium=("0.02", "0.025", "0.045"),
                high=("0.03", "0.04", "0.08"),
                xhigh=("0.05", "0.08", "0.17"),
                max=("0.08", "0.15", "0.30"),
            ),
        )
        for model_id, title in (
            ("gpt-image-2.5-flare", "GPT Image 2.5 Flare"),
            ("gpt-image-2.5-sunburst", "GPT Image 2.5 Sunburst"),
        )
    ),
)

_GOOGLE = (
    _table.model(
        "gemini-2.5-flash-image",
        "Gemini 2.5 Flash Image",
        {"1K": "0.02"},
        cautions=(
            Caution(
                field="model",
                message="Google names 2026-10-02 as the earliest possible date of its end, for"
                " gemini-3.1-flash-image.",
                source=_table.UPSTREAM,
            ),
        ),
    ),
    _table.model(
        "gemini-3-pro-image", "Gemini 3 Pro Image", {"1K": "0.10", "2K": "0.10", "4K": "0.15"}
    ),
    _table.model(
        "gemini-3-pro-image-gemini",
        "Gemini 3 Pro Image (budget channel)",
        {"1K": "0.03", "2K": "0.03", "4K": "0.03"},
        name="",
    ),
    _table.model(
        "gemini-3-pro-image-preview",
        "Gemini 3 Pro Image (preview model)",
        {"1K": "0.068", "2K": "0.068", "4K": "0.13"},
    ),
    _table.model(
        "gemini-3.1-flash-image",
        "Gemini 3.1 Flash Image",
        {"512": "0.04", "1K": "0.06", "2K": "0.06", "4K": "0.10"},
    ),
    _table.model(
        "gemini-3.1-flash-image-gemini",
        "Gemini 3.1 Flash Image (budget channel)",
        {"1K": "0.025", "2K": "0.025", "4K": "0.025"},
        name="",
    ),
    _table.model(
        "gemini-3.1-flash-image-preview",
        "Gemini 3.1 Flash Image (preview model)",
        {"1K": "0.05", "2K": "0.05", "4K": "0.08"},
    ),
    _table.model(
        "nanobanana-2-beta",
        "Nano Banana 2 (beta)",
        {"1K": "0.05", "2K": "0.05", "4K": "0.08"},
        name="",
    ),
)

_XAI = (
    _table.model(
        "grok-4.2-image",
        "Grok 4.2 Image",
        {"per image": "0.0075"},  # @1c1a359c: 0.03
        tiers=_table.ANY_TIER,
    ),
    _table.model(
        "grok-imagine-image", "Grok Imagine Image", {"per image": "0.03"}, tiers=_table.ANY_TIER
    ),
    _table.model("grok-imagine-image-pro", "Grok Imagine Image Pro", {"1K": "0.08", "2K": "0.12"}),
    _table.model(
        "grok-imagine-image-2.0",
        "Grok Imagine Image 2.0",
        {"1K-low": "0.03", "1K-medium": "0.045", "2K-low": "0.04", "2K-medium": "0.06"},
    ),
)

# The Kling page's own prices (0.076 to 1.80 "credits") are older than the table's.
_KUAISHOU = (
    _table.model(
        "kling-v2-1",
        "Kling V2.1 Image",
        {"text2img": "0.016", "img2img": "0.045"},
        tiers=_table.ANY_TIER,
        others=_table.KLING_PROMPT,
    ),
    _table.model(
        "kling-v2-new",
        "Kling V3 Omni",
        {"1K": "0.05", "2K": "0.05", "4K": "0.10"},
        name="",
        others=_table.KLING_PROMPT,
    ),
    _table.model(
        "kling-v3-image",
        "Kling V3 Image",
        {"image": "0.05"},
        tiers={"resolution": Choice(values=("1K", "2K"), source=_table.KLING)},
        others=_table.KLING_PROMPT,
    ),
    _table.model(
        "kling-image-o1",
        "Kling Omni-Image",
        {"1K": "0.05", "2K": "0.05"},
        others=_table.KLING_PROMPT,
    ),
    _table.model(
        "kling-multi-image",
        "Kling Multi-Image",
        {"1K": "0.045"},
        name="",
        others=_table.KLING_PROMPT,
        references=_table.NEEDS_LINK,
    ),
    _table.model(
        "kling-expand",
        "Kling Expand",
        {"1K": "0.023"},
        name="",
        others=_table.KLING_PROMPT,
        references=_table.NEEDS_LINK,
    ),
)

# The guide prices Qwen's "extra references" and does not say which are extra: all of them, or
# none. Two lines for one thing are alternatives, so the price is a range.
_EXTRA_REFERENCES = (
    _table.each_reference("0", _table.GUIDE),
    _table.each_reference("0.004", _table.GUIDE),
)

# The page p=grok sends SparkPix to paths of its own (`generations-sync`, `edit`) and calls
# both synchronous. The guide is newer: "all behind one endpoint".
_OTHERS = (
    _table.model(
        "qwen3-image",
        "Qwen Image 3.0",
        {"1K": "0.035", "2K": "0.035"},
        references=_table.up_to(3),
        surcharge=_EXTRA_REFERENCES,
    ),
    _table.model(
        "qwen3-image-pro",
        "Qwen Image 3.0 Pro",
        {"1K": "0.037", "2K": "0.075"},
        surcharge=_EXTRA_REFERENCES,
    ),
    _table.model(
        "flux-2-klein-4b",
        "FLUX.2 Klein 4B",
        {"per image": "0.006"},
        tiers={
            "resolution": Unsupported(
                reason="it always draws about 2 megapixels", source=_table.TABLE
            ),
        },
        references=_table.up_to(3),
        surcharge=(_table.each_reference("0.0015", _table.TABLE),),
    ),
    # It is no generator and needs an image, although the table says `requires_image: false`.
    _table.model(
        "real-esrgan",
        "Real-ESRGAN Upscaler",
        {"per image": "0.004"},
        tiers=_table.NO_TIER,
        ratio={},
        references=References(forms=("url",), required=True, source=_table.GUIDE),
    ),
    _table.model(
        "sparkpix-image",
        "SparkPix Image",
        {"per image": "0.008"},
        tiers=_table.NO_TIER,
        ratio={
            "aspect_ratio": Choice(
                values=("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"), source=_table.GROK
            ),
        },
    ),
    _table.model(
        "sparkpix-image-edit", "SparkPix Image Edit", {"per image": "0.013"}, tiers=_table.NO_TIER
    ),
    # Exact sizes and a seed are documented for both, the names of the fields are not: `options`.
    _table.model(
        "z-image-spicy",
        "Z-Image Spicy",
        {"per image": "0.015"},
        tiers=_table.NO_TIER,
        references=None,
    ),
    _table.model(
        "z-image-spicy-pro",
        "Z-Image Spicy Pro",
        {"per image": "0.03"},
        tiers=_table.NO_TIER,
        references=None,
    ),
)

# Ids that the pages print and the table does not have: a route in front of the name, mostly.
_UNLISTED = tuple(
    _table.model(
        model_id,
        model_id,
        {},
        name="",
        tiers=_table.ANY_TIER,
        cautions=(
            Caution(
                field="model",
                message="The vendor's newest list does not have this id: it may be refused.",
                source=_table.TABLE,
            ),
        ),
        source=source,
    )
    for model_id, source in (
        ("gemini-3-pro-image-lite", _table.GEMINI),
        ("nanobanana2/gemini-3.1-flash-image-preview", _table.GEMINI),
        ("nanobanana-2-lite/gemini-3.1-flash-image-preview", _table.GEMINI),
        ("nanobanana-2-beta/gemini-3.1-flash-image-preview", _table.GEMINI),
        ("grok-image/grok-4.2-image", _table.GROK),
        ("grok-imagine/grok-imagine-image", _table.GROK),
        ("grok-imagine-pro/grok-imagine-image-pro", _table.GROK),
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
        parameters={**_table.RATIO, **_table.ANY_TIER},
        references=_table.LINKS,
        results_kept=_table.WEEK,
        source=_table.SCRIPT,
    ),
    # "GPT Image 2 Lite with n>1": named, without bounds.
    options={"n": Integer(low=1, source=_table.DOUBAO)},
    wire_names={
        "size": ("size", "resolution"),
        "image_url": ("references",),
        "image_urls": ("references",),
        "callback_url": ("webhook_url",),
    },
    webhooks=True,
    # As the vendor's script: it waits 60 s for an answer, 10 minutes for a task.
    request_timeout=60.0,
    task_timeout=600.0,
    poll_schedule=(3.0, 3.0, 5.0, 5.0, 5.0, 8.0, 8.0, 10.0, 15.0),
    # The page's sample has no code, only "Content policy violation". The rest is the rule of the
    # vendor's script, for codes (`CONTENT_MODERATION`) and words (generate.mjs@1c1a359c).
    moderation=("content policy", "moderation", "审核"),
    sources=(
        _table.DOUBAO,
        _table.GEMINI,
        _table.GROK,
        _table.KLING,
        _table.TABLE,
        _table.GUIDE,
        _table.UPSTREAM,
        _table.SCRIPT,
    ),
)
