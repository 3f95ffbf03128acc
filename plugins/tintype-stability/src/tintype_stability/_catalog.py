"""Stability AI's services and prices, each line with its source. Any other can be named.

A service's id is its path below `/v2beta/stable-image`; a Stable Diffusion's is the model's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve

from tintype.catalog import (
    Choice,
    Descriptor,
    Integer,
    Model,
    Number,
    Price,
    ProviderInfo,
    References,
    Text,
    Unsupported,
)

_REFERENCE = "https://platform.stability.ai/docs/api-reference"  # by third parties' copies
_PRICES = "https://stability.ai/api-pricing-update-25"
_NODES = "https://github.com/Stability-AI/ComfyUI-SAI_API"
_NOTEBOOK = "https://github.com/Stability-AI/stability-sdk/blob/main/nbs/SD3_API.ipynb"
_PRICING = "https://platform.stability.ai/pricing"  # by third parties' copies
_READ = date(2026, 11, 29)
_MIB = 1024 * 1024
_RATE = 150 * 6  # "150 requests every 10 seconds", in a minute

_PROMPT: Mapping[str, Descriptor] = {"prompt": Text(max_length=10_000, source=_REFERENCE)}
_NEGATIVE: Mapping[str, Descriptor] = {
    "negative_prompt": Text(max_length=10_000, source=_REFERENCE)
}
_SEED: Mapping[str, Descriptor] = {"seed": Integer(low=0, high=4_294_967_294, source=_REFERENCE)}
_FORMAT: Mapping[str, Descriptor] = {
    "output_format": Choice(values=("png", "jpeg", "webp"), source=_REFERENCE)
}
_STYLE: Mapping[str, Descriptor] = {
    "style": Choice(
        values=(
            *("3d-model", "analog-film", "anime", "cinematic", "comic-book", "digital-art"),
            *("enhance", "fantasy-art", "isometric", "line-art", "low-poly", "modeling-compound"),
            *("neon-punk", "origami", "photographic", "pixel-art", "tile-texture"),
        ),
        source=_REFERENCE,
    )
}
_RATIO: Mapping[str, Descriptor] = {
    "aspect_ratio": Choice(
        values=("1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"),
        source=_REFERENCE,
    )
}
_STRENGTH: Mapping[str, Descriptor] = {"strength": Number(low=0, high=1, source=_REFERENCE)}
_GUIDANCE: Mapping[str, Descriptor] = {"guidance": Number(low=1, high=10, source=_REFERENCE)}
_ALL = {**_PROMPT, **_NEGATIVE, **_SEED, **_FORMAT, **_STYLE}
_MAY = References(forms=("bytes",), max_count=1, max_total_bytes=10 * _MIB, source=_REFERENCE)
_MUST = evolve(_MAY, required=True)
_MASKED = evolve(_MUST, roles=("image", "mask"))
_GROW: Mapping[str, Descriptor] = {"grow_mask": Integer(low=0, high=20, source=_NODES)}


def _credits(amount: str, source: str = _PRICES) -> tuple[Price, ...]:
    """A flat rate for each picture that succeeds."""
    return (Price(credits=Decimal(amount), source=source, as_of=_READ),)


def _creativity(low: str, high: str) -> Mapping[str, Descriptor]:
    return {"creativity": Number(low=float(low), high=float(high), source=_NODES)}


_SERVICE = Model(id="", requests_per_minute=_RATE, source=_REFERENCE)
_DIFFUSION = evolve(
    _SERVICE,
    parameters={**_ALL, **_RATIO, **_STRENGTH, **_GUIDANCE},
    references=_MAY,
    options={
        "mode": Unsupported(reason="a source image says which it is", source=_NODES),
    },
)
SD3 = {
    "sd3.5-large": evolve(
        _DIFFUSION,
        id="sd3.5-large",
        name="stable-diffusion-3.5-large",
        title="Stable Diffusion 3.5 Large",
        prices=_credits("6.5", _NOTEBOOK),
    ),
    "sd3.5-large-turbo": evolve(
        _DIFFUSION,
        id="sd3.5-large-turbo",
        name="stable-diffusion-3.5-large-turbo",
        title="Stable Diffusion 3.5 Large Turbo",
        prices=_credits("4", _NOTEBOOK),
    ),
    "sd3.5-medium": evolve(
        _DIFFUSION,
        id="sd3.5-medium",
        name="stable-diffusion-3.5-medium",
        title="Stable Diffusion 3.5 Medium",
        prices=_credits("3.5", _NOTEBOOK),
    ),
    "sd3.5-flash": evolve(
        _DIFFUSION,
        id="sd3.5-flash",
        name="stable-diffusion-3.5-flash",
        title="Stable Diffusion 3.5 Flash",
        prices=_credits("2.5", _NOTEBOOK),
    ),
}
BY_STRENGTH = {"generate/ultra", *SD3}  # a source image and a strength go together

INFO = ProviderInfo(
    name="stability",
    title="Stability AI",
    homepage="https://platform.stability.ai/account/keys",
    origins=("https://api.stability.ai",),
    models=(
        evolve(
            _SERVICE,
            id="generate/core",
            name="stable-image-core",
            title="Stable Image Core",
            parameters={**_ALL, **_RATIO},
            prices=_credits("3", _REFERENCE),
        ),
        evolve(
            _SERVICE,
            id="generate/ultra",
            name="stable-image-ultra",
            title="Stable Image Ultra",
            parameters={**_ALL, **_RATIO, **_STRENGTH},
            references=_MAY,
            prices=_credits("8", _REFERENCE),
        ),
        *SD3.values(),
        evolve(
            _SERVICE,
            id="edit/inpaint",
            title="Inpaint",
            parameters=_ALL,
            options=_GROW,
            references=_MASKED,
            tasks={"inpaint": ("prompt", "image")},  # without a mask by the image's alpha channel
            prices=_credits("5"),
        ),
        evolve(
            _SERVICE,
            id="edit/erase",
            title="Erase",
            parameters={**_SEED, **_FORMAT},
            options=_GROW,
            references=_MASKED,
            tasks={"inpaint": ("image",)},
            prices=_credits("5"),
        ),
        evolve(
            _SERVICE,
            id="edit/remove-background",
            title="Remove Background",
            parameters={"output_format": Choice(values=("png", "webp"), source=_REFERENCE)},
            references=_MUST,
            tasks={"edit": ("image",)},
            prices=_credits("5"),
        ),
        evolve(
            _SERVICE,
            id="upscale/fast",
            title="Fast Upscaler",
            parameters=_FORMAT,
            references=_MUST,
            tasks={"upscale": ("image",)},
            prices=_credits("2"),
        ),
        evolve(
            _SERVICE,
            id="upscale/conservative",
            title="Conservative Upscaler",
            parameters={**_PROMPT, **_NEGATIVE, **_SEED, **_FORMAT},
            options=_creativity("0.2", "0.5"),
            references=_MUST,
            tasks={"upscale": ("prompt", "image")},
            prices=_credits("40"),
        ),
        evolve(
            _SERVICE,
            id="upscale/creative",
            title="Creative Upscaler",
            parameters=_ALL,
            options=_creativity("0", "0.35"),
            references=_MUST,
            tasks={"upscale": ("prompt", "image")},
            prices=_credits("60"),
        ),
    ),
    general=evolve(_SERVICE, parameters={**_ALL, **_RATIO, **_STRENGTH}, references=_MAY),
    wire_names={"cfg_scale": ("guidance",), "style_preset": ("style",)},
    credit_values={_PRICING: Decimal("0.01")},
    poll_schedule=(10.0,),  # "errors may occur if you poll more than once every 10 seconds"
    sources=(_REFERENCE, _PRICES, _NODES, _NOTEBOOK, _PRICING),
)
