"""OpenRouter's models and limits, each line with its source. Prices are asked live.

The request schema is read from three documents. Where they differ the newest wins: the
SDK knows more ratios, resolutions and qualities than the guide, and the guide more than
the seed document.
"""

from __future__ import annotations

from collections.abc import Mapping

from tintype.catalog import (
    Caution,
    Choice,
    Descriptor,
    Flag,
    Integer,
    Model,
    Object,
    Pixels,
    ProviderInfo,
    References,
    Text,
    Unsupported,
)

MODELS = "https://openrouter.ai/api/v1/images/models"  # the live list

_SEED = "openrouter.ai, API reference, Generate an image (seed document 001), read 2026-11-20"
_DOCS = "https://github.com/OpenRouterTeam/docs"
_GUIDE = f"{_DOCS} guides/overview/multimodal/image-generation.mdx@c26125a5, 2026-08-22"
_ERRORS = f"{_DOCS} api_reference/errors-and-debugging.mdx@c26125a5, 2026-08-22"
_SDK = "openrouter 1.3.84 (official Python SDK) components.ImageGenerationRequest, read 2026-11-20"

_RATIOS = (
    *("1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5"),
    *("5:2", "5:4", "5:7", "7:5", "8:1", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9"),
    *("9:21", "21:9", "auto"),
)
_ASPECT_RATIO = Choice(values=_RATIOS, source=_SDK)

RESOLUTION = Choice(values=("512", "768", "1K", "1.5K", "2K", "4K"), source=_SDK)
QUALITY = Choice(values=("auto", "low", "medium", "high", "xhigh", "max"), source=_SDK)

BUFFERED = Unsupported(
    reason="the flag is ignored: no endpoint of this model streams, the answer comes whole",
    source=_SEED,
)

# What every model takes in some form: `size` is brought to a provider's own dimensions by
# the router, a ratio is clamped, and `user` is the router's.
ALWAYS: Mapping[str, Descriptor] = {
    "prompt": Text(min_length=1, source=_SEED),
    "size": Pixels(source=_GUIDE),
    "user": Text(source=_SDK),
}

_PARAMETERS: Mapping[str, Descriptor] = {
    **ALWAYS,
    "aspect_ratio": _ASPECT_RATIO,
    "resolution": RESOLUTION,
    "quality": QUALITY,
    "output_format": Choice(values=("png", "jpeg", "webp", "svg"), source=_SEED),
    "output_compression": Integer(low=0, high=100, source=_SEED),
    "background": Choice(values=("auto", "transparent", "opaque"), source=_SEED),
    "seed": Integer(source=_SEED),
    "stream": Flag(source=_SEED),
}

CAUTIONS = (
    *(
        Caution(field=field, message=message, source=_SEED)
        for field, message in (
            ("aspect_ratio", "The ratio is clamped to those that the chosen provider supports."),
            ("resolution", "The pixels of a resolution are derived by the chosen provider."),
            ("quality", "A provider without a quality knob ignores quality."),
            (
                "output_compression",
                "A provider without a compression knob ignores output_compression.",
            ),
            ("seed", "Not every provider repeats an image for the same seed."),
            (
                "stream",
                "A provider that cannot stream ignores the flag; the answer then comes whole.",
            ),
        )
    ),
    Caution(
        field="output_compression",
        message="output_compression is ignored for png.",
        when={"output_format": "png"},
        source=_SEED,
    ),
    Caution(
        field="output_format",
        message="Only vectorization models draw svg.",
        when={"output_format": "svg"},
        source=_SEED,
    ),
    Caution(
        field="n",
        message="n is an upper bound: fewer images may come, and some providers refuse n > 1.",
        source=_GUIDE,
    ),
)

REFERENCES = References(forms=("url", "data_uri"), max_count=16, source=_SEED)

# `supported_parameters` of the guide's sample lists resolution and seed alone, and "an absent
# key means the parameter is unsupported". The same guide sends this model an aspect_ratio, and
# its sample takes images as input, so both are here. `n` is absent: one image a submission. The
# seed document names this model and gives its fields for every model: they can all be sent.
_SEEDREAM_4_5 = Model(
    id="bytedance-seed/seedream-4.5",
    name="seedream-4.5",
    title="Seedream 4.5",
    parameters={
        **_PARAMETERS,
        "resolution": Choice(values=("512", "1K", "2K", "4K"), source=_SEED),
        "quality": Choice(values=("auto", "low", "medium", "high"), source=_SEED),
        "stream": BUFFERED,
    },
    options={"stream": Flag(source=_SEED)},
    references=REFERENCES,
    cautions=(
        *CAUTIONS,
        *(
            Caution(
                field=name,
                message=f"The guide's newer list of what this model takes has no {name}.",
                source=_GUIDE,
            )
            for name in ("quality", "output_format", "output_compression", "background")
        ),
        Caution(
            field="resolution",
            message="The guide's newer list has 1K, 2K and 4K for this model.",
            when={"resolution": "512"},
            source=_GUIDE,
        ),
    ),
    source=_GUIDE,
)


def _unlisted(model_id: str, name: str, title: str) -> Model:
    """A model that the guide names without its capabilities: the schema's limits hold."""
    return Model(
        id=model_id,
        name=name,
        title=title,
        parameters=_PARAMETERS,
        max_n=10,
        references=REFERENCES,
        cautions=CAUTIONS,
        source=_GUIDE,
    )


INFO = ProviderInfo(
    name="openrouter",
    title="OpenRouter",
    homepage="https://openrouter.ai",
    origins=("https://openrouter.ai",),
    models=(
        _SEEDREAM_4_5,
        _unlisted("openai/gpt-image-1", "gpt-image-1", "GPT Image 1"),
        _unlisted("openai/gpt-image-2", "gpt-image-2", "GPT Image 2"),
        _unlisted(
            "google/gemini-2.5-flash-image", "gemini-2.5-flash-image", "Gemini 2.5 Flash Image"
        ),
    ),
    open_models=True,
    general=_unlisted("", "", ""),
    options={
        "provider": Object(source=_SEED),
        "session_id": Text(max_length=256, source=_SDK),
        "trace": Object(source=_SDK),
    },
    wire_names={"size": ("size", "resolution"), "input_references": ("references",)},
    # The answer is the image itself. The guide's own sample took 94 seconds.
    request_timeout=300.0,
    # The page on errors types every provider's error; it is written for chat, so that `/images`
    # uses the same words is inferred.
    moderation=("content_policy_violation",),
    sources=(_SEED, _GUIDE, _ERRORS, _SDK),
)
