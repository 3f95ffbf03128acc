"""fal's models, limits and prices, each line with its source. Any other model goes by its path."""

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
    Number,
    Pixels,
    Price,
    ProviderInfo,
    Text,
)
from tintype.credentials import HeaderKey
from tintype.signatures import Ed25519

QUEUE = "https://queue.fal.run"
_REST = "https://rest.alpha.fal.ai"
_HOOK = "X-Fal-Webhook"

_READ = "read 2026-11-29"
_DOCS = "https://fal.ai/docs/model-api-reference/image-generation-api"
_SCHNELL = f"{_DOCS}/flux-schnell, {_READ}"
_DEV = f"{_DOCS}/flux-dev, {_READ}"
_BANANA = f"{_DOCS}/nano-banana, {_READ}"
_TYPES = f"@fal-ai/client, FluxProV11Input (fal-ai/fal-js, libs/client), {_READ}"
_SEEDREAM = f"https://fal.ai/models/fal-ai/bytedance/seedream/v4/text-to-image/llms.txt, {_READ}"
_TOOLKIT = f"fal, toolkit/image/image.py (fal-ai/fal@c6f0afaa), {_READ}"
_QUEUE = f"https://fal.ai/docs/api-reference/inference-api, {_READ}"
_FAQ = f"https://fal.ai/docs/faq, {_READ}"
_PRICED = date(2026, 11, 29)

# What `image_size` says for a ratio; `square`, 512x512, is 1:1 again and can be sent as an option.
WORDS: Mapping[str, str] = {
    "1:1": "square_hd",
    "4:3": "landscape_4_3",
    "3:4": "portrait_4_3",
    "16:9": "landscape_16_9",
    "9:16": "portrait_16_9",
}
_KEPT = 7 * 24 * 3600  # "guaranteed to be available for at least 7 days" (FAQ)
_SIDE = Integer(low=1, high=14142, source=_TOOLKIT)
_SIZE = Pixels(width=_SIDE, height=_SIDE, source=_TOOLKIT)


def _sized(source: str, size: Pixels = _SIZE) -> dict[str, Descriptor]:
    """What every model with an `image_size` takes."""
    return {
        "prompt": Text(source=source),
        "aspect_ratio": Choice(values=tuple(WORDS), source=source),
        "size": size,
        "seed": Integer(source=source),
    }


def _flux(source: str, steps: int) -> dict[str, Descriptor]:
    return {
        **_sized(source),
        "output_format": Choice(values=("jpeg", "png"), source=source),
        "steps": Integer(low=1, high=steps, source=source),
        "guidance": Number(low=1, high=20, source=source),
    }


def _safe(source: str) -> dict[str, Descriptor]:
    return {"enable_safety_checker": Flag(source=source), "sync_mode": Flag(source=source)}


def _tolerant(source: str) -> Choice:
    return Choice(values=("1", "2", "3", "4", "5", "6"), source=source)


def _fast(source: str) -> Choice:
    return Choice(values=("none", "regular", "high"), source=source)


_FLUX_SCHNELL = Model(
    id="fal-ai/flux/schnell",
    name="flux-1-schnell",
    title="FLUX.1 [schnell]",
    parameters=_flux(_SCHNELL, steps=12),
    options={**_safe(_SCHNELL), "acceleration": _fast(_SCHNELL)},
    max_n=4,
    results_kept=_KEPT,
    source=_SCHNELL,
)
_FLUX_DEV = evolve(
    _FLUX_SCHNELL,
    id="fal-ai/flux/dev",
    name="flux-1-dev",
    title="FLUX.1 [dev]",
    parameters=_flux(_DEV, steps=50),
    options={**_safe(_DEV), "acceleration": _fast(_DEV)},
    source=_DEV,
)
_FLUX_PRO = Model(
    id="fal-ai/flux-pro/v1.1",
    name="flux-1.1-pro",
    title="FLUX1.1 [pro]",
    parameters=_sized(_TYPES),
    options={**_safe(_TYPES), "safety_tolerance": _tolerant(_TYPES)},
    max_n=4,
    results_kept=_KEPT,
    source=_TYPES,
)
_SEEDREAM_4 = Model(
    id="fal-ai/bytedance/seedream/v4/text-to-image",
    name="seedream-4.0",
    title="Seedream 4.0",
    parameters=_sized(
        _SEEDREAM, Pixels(min_total=960 * 960, max_total=4096 * 4096, source=_SEEDREAM)
    ),
    options={**_safe(_SEEDREAM), "max_images": Integer(low=1, high=6, source=_SEEDREAM)},
    max_n=6,
    prices=(Price(usd=Decimal("0.03"), source=_SEEDREAM, as_of=_PRICED),),
    results_kept=_KEPT,
    source=_SEEDREAM,
)
_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")
_NANO_BANANA = Model(
    id="fal-ai/nano-banana",
    # "Nano Banana" is gemini-2.5-flash-image: https://ai.google.dev/gemini-api/docs/nanobanana
    name="gemini-2.5-flash-image",
    title="Nano Banana",
    parameters={
        "prompt": Text(source=_BANANA),
        "aspect_ratio": Choice(values=_RATIOS, source=_BANANA),
        "output_format": Choice(values=("jpeg", "png", "webp"), source=_BANANA),
        "seed": Integer(source=_BANANA),
    },
    options={
        "safety_tolerance": _tolerant(_BANANA),
        "sync_mode": Flag(source=_BANANA),
        "limit_generations": Flag(source=_BANANA),
    },
    max_n=4,
    results_kept=_KEPT,
    source=_BANANA,
)

BY_RATIO = frozenset({_NANO_BANANA.id})  # they take `aspect_ratio` itself, and no `image_size`

INFO = ProviderInfo(
    name="fal",
    title="fal",
    homepage="https://fal.ai/dashboard/keys",
    origins=(QUEUE, _REST),
    models=(_FLUX_SCHNELL, _FLUX_DEV, _FLUX_PRO, _SEEDREAM_4, _NANO_BANANA),
    open_models=True,
    # What fal's toolkit gives every model that is built with it.
    general=Model(id="", parameters=_sized(_TOOLKIT), max_n=4, results_kept=_KEPT, source=_TOOLKIT),
    auth=HeaderKey(prefix="Key "),
    variables={"key": "FAL_KEY"},
    wire_names={
        "num_images": ("n",),
        "image_size": ("size", "aspect_ratio"),
        "num_inference_steps": ("steps",),
        "guidance_scale": ("guidance",),
    },
    webhooks=True,
    signature=Ed25519(
        header=f"{_HOOK}-Signature",
        keys_url=f"{_REST}/.well-known/jwks.json",
        over="{id}\n{user}\n{timestamp}\n{sha256}",
        headers={
            "id": f"{_HOOK}-Request-Id",
            "user": f"{_HOOK}-User-Id",
            "timestamp": f"{_HOOK}-Timestamp",
        },
    ),
    poll_schedule=(0.5, 0.5, 1.0, 2.0, 5.0),
    moderation=("content_policy_violation",),
    sources=(_QUEUE, _FAQ, _SCHNELL, _DEV, _TYPES, _SEEDREAM, _BANANA, _TOOLKIT),
)
