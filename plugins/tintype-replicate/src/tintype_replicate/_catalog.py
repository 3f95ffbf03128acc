"""Replicate's models and prices, each line with its source. Any other model can be named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tintype.catalog import Choice, Descriptor, Integer, Items, Model, Price, ProviderInfo, Text
from tintype.signatures import standard_webhooks

_REFERENCE = "https://replicate.com/docs/reference/http"
_SCHNELL = "https://replicate.com/black-forest-labs/flux-schnell"  # words: third parties' copies
_KEPT = 3600  # "automatically deleted after an hour" (predictions.create)
_LIMITS = "https://replicate.com/docs/topics/predictions/rate-limits"
_A_MINUTE = 600  # "You can create predictions at 600 requests per minute" (_LIMITS)
_COMMON: Mapping[str, Descriptor] = {
    "prompt": Text(source=_REFERENCE),
    "seed": Integer(source=_REFERENCE),
}

INFO = ProviderInfo(
    name="replicate",
    title="Replicate",
    homepage="https://replicate.com/account/api-tokens",
    origins=("https://api.replicate.com",),
    variables={"key": "REPLICATE_API_TOKEN"},
    models=(
        Model(
            id="black-forest-labs/flux-schnell",
            name="flux-1-schnell",
            title="FLUX.1 [schnell]",
            parameters={
                **_COMMON,
                "aspect_ratio": Choice(
                    values=(
                        *("1:1", "16:9", "21:9", "3:2", "2:3", "4:5"),
                        *("5:4", "3:4", "4:3", "9:16", "9:21"),
                    ),
                    source=_SCHNELL,
                ),
                "output_format": Choice(values=("webp", "jpeg", "png"), source=_SCHNELL),
                "steps": Integer(low=1, high=4, source=_SCHNELL),
            },
            max_n=4,
            prices=(Price(usd=Decimal("0.003"), source=_SCHNELL, as_of=date(2026, 11, 29)),),
            requests_per_minute=_A_MINUTE,
            results_kept=_KEPT,
            source=_SCHNELL,
        ),
    ),
    open_models=True,
    general=Model(
        id="",
        parameters=_COMMON,
        requests_per_minute=_A_MINUTE,
        results_kept=_KEPT,
        source=_REFERENCE,
    ),
    options={"webhook_events_filter": Items(source=_REFERENCE)},
    webhooks=True,
    signature=standard_webhooks(),
    sources=(_REFERENCE, _SCHNELL, _LIMITS),
)
