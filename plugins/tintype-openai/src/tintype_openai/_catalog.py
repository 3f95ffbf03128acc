"""OpenAI's models, limits and prices, each line with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve

from tintype.catalog import (
    Choice,
    Descriptor,
    Flag,
    Integer,
    Model,
    Pixels,
    Price,
    ProviderInfo,
    References,
    Text,
)

_SPEC = "https://github.com/openai/openai-openapi@f85dbe22 openapi.json"
_REFERENCE = "https://developers.openai.com/api/reference/resources/images/methods/generate"
_MINI = "https://developers.openai.com/api/docs/models/gpt-image-1-mini"
_SUNBURST = "https://developers.openai.com/api/docs/models/gpt-image-2.6-sunburst"
_DEPRECATIONS = "https://developers.openai.com/api/docs/deprecations"
_RUNWARE = "inferred from https://runware.ai/docs/models/openai-gpt-image-1-5, a reseller"
_READ = date(2026, 11, 29)
_GONE = date(2026, 12, 1)
_MILLION = Decimal(1_000_000)

_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_PARAMETERS: Mapping[str, Descriptor] = {
    "prompt": Text(max_length=32_000, source=_SPEC),
    "size": Choice(values=_SIZES, source=_SPEC),
    "quality": Choice(values=("low", "medium", "high", "auto"), source=_SPEC),
    "background": Choice(values=("transparent", "opaque", "auto"), default="auto", source=_SPEC),
    "output_format": Choice(values=("png", "jpeg", "webp"), default="png", source=_SPEC),
    "output_compression": Integer(low=0, high=100, default=100, source=_SPEC),
    "user": Text(source=_SPEC),
    "stream": Flag(source=_SPEC),
    "previews": Integer(low=0, high=3, default=0, source=_SPEC),
}
_MODERATION: Mapping[str, Descriptor] = {
    "moderation": Choice(values=("low", "auto"), default="auto", source=_SPEC),
}
_FIDELITY: Mapping[str, Descriptor] = {
    **_MODERATION,
    "input_fidelity": Choice(values=("high", "low"), default="low", source=_SPEC),
}

# Any size in steps of 16, up to 4K; `auto` is meant where none is given.
_SIDE = Integer(low=16, step=16)
_ANY_SIZE = Pixels(max_total=3840 * 2160, max_ratio=3, width=_SIDE, height=_SIDE, source=_SPEC)
_GIVEN = References(
    forms=("bytes",),
    roles=("image", "mask"),
    max_count=16,
    max_of={"mask": 1},
    max_bytes=50_000_000,
    source=_SPEC,
)


def _by_quality(source: str, **rows: tuple[str, str, str]) -> tuple[Price, ...]:
    """The price of an image at each quality, by size: square, wide, tall."""
    return tuple(
        Price(
            usd=Decimal(usd),
            when={"quality": quality, "size": size},
            source=source,
            as_of=_READ,
        )
        for quality, prices in rows.items()
        for size, usd in zip(_SIZES, prices, strict=True)
    )


def _by_token(output: str, source: str) -> tuple[Price, ...]:
    """By the million tokens of what is drawn: how many they are only the work tells."""
    return (Price(usd=Decimal(output) / _MILLION, unit="token", source=source, as_of=_READ),)


def _rates(text: str, image: str, output: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(usd) / _MILLION for usd in (text, image, output))


# Dollars a token: of text and of images that are given, and of what is drawn.
RATES: Mapping[str, tuple[Decimal, ...]] = {
    "gpt-image-2.6-sunburst": _rates("5.00", "8.00", "30.00"),
    "gpt-image-1-mini": _rates("2.00", "2.50", "8.00"),
}

_GPT_IMAGE_2 = Model(
    id="gpt-image-2",
    name="gpt-image-2",
    title="GPT Image 2",
    parameters={**_PARAMETERS, "size": _ANY_SIZE},
    options=_FIDELITY,
    max_n=10,
    references=_GIVEN,
    source=_SPEC,
)
_SUNBURST_2_6 = evolve(
    _GPT_IMAGE_2,
    id="gpt-image-2.6-sunburst",
    name="gpt-image-2.6-sunburst",
    title="GPT Image 2.6 Sunburst",
    parameters=_PARAMETERS,
    prices=_by_token("30.00", _SUNBURST),
    source=_REFERENCE,
)
_FLARE_2_6 = evolve(
    _SUNBURST_2_6,
    id="gpt-image-2.6-flare",
    name="gpt-image-2.6-flare",
    title="GPT Image 2.6 Flare",
    prices=(),
)
_GPT_IMAGE_1_5 = evolve(
    _GPT_IMAGE_2,
    id="gpt-image-1.5",
    name="gpt-image-1.5",
    title="GPT Image 1.5",
    parameters=_PARAMETERS,
    prices=_by_quality(
        _RUNWARE,
        low=("0.009", "0.013", "0.013"),
        medium=("0.034", "0.05", "0.051"),
        high=("0.133", "0.199", "0.20"),
    ),
    retires=_GONE,
    successor="gpt-image-2.6-sunburst",
)
_GPT_IMAGE_1_MINI = evolve(
    _GPT_IMAGE_1_5,
    id="gpt-image-1-mini",
    name="gpt-image-1-mini",
    title="GPT Image 1 mini",
    options=_MODERATION,
    prices=_by_quality(
        _MINI,
        low=("0.005", "0.006", "0.006"),
        medium=("0.011", "0.015", "0.015"),
        high=("0.036", "0.052", "0.052"),
    ),
)

INFO = ProviderInfo(
    name="openai",
    title="OpenAI",
    homepage="https://platform.openai.com/api-keys",
    origins=("https://api.openai.com",),
    variables={"key": "OPENAI_API_KEY"},
    models=(_GPT_IMAGE_2, _SUNBURST_2_6, _FLARE_2_6, _GPT_IMAGE_1_5, _GPT_IMAGE_1_MINI),
    general=evolve(
        _GPT_IMAGE_2, id="", name="", title="", parameters={**_PARAMETERS, "size": _ANY_SIZE}
    ),
    wire_names={
        "image": ("references",),
        "image[]": ("references",),
        "partial_images": ("previews",),
    },
    request_timeout=600.0,
    moderation=("moderation_blocked",),
    sources=(_SPEC, _REFERENCE, _MINI, _SUNBURST, _DEPRECATIONS, _RUNWARE),
)
