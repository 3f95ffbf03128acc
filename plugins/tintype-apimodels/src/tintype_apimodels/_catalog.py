"""apimodels.app's models, limits and prices, each line with its source.

Two documents are read: the documentation page (`_DOCS`) and the price table of the
vendor's own repository (`_TABLE`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tintype.catalog import Choice, Model, Price, ProviderInfo, References, Unsupported

_DOCS = "https://apimodels.app/en/docs/image?p=doubao"
_TABLE = "https://github.com/stimQQ/apimodels-skill image/data/models.json@1c1a359c"
_READ = date(2026, 11, 20)
_WEEK = 7 * 24 * 3600


def _per_image(usd: str) -> tuple[Price, ...]:
    return (Price(usd=Decimal(usd), source=_TABLE, as_of=_READ),)


_SEEDREAM_4_5 = Model(
    id="doubao-seedream-4-5-251128",
    name="seedream-4.5",
    title="Seedream 4.5",
    prices=_per_image("0.05"),
    results_kept=_WEEK,
    source=_DOCS,
)

_SEEDREAM_5_LITE = Model(
    id="doubao-seedream-5-0-260128",
    name="seedream-5.0-lite",
    title="Seedream 5.0 Lite",
    parameters={
        "resolution": Choice(values=("2K", "4K"), source=_DOCS),
        "aspect_ratio": Unsupported(reason="aspect_ratio is ignored by 5.0 Lite", source=_DOCS),
    },
    references=References(forms=("url",), source=_DOCS),
    prices=_per_image("0.055"),
    results_kept=_WEEK,
    source=_DOCS,
)

INFO = ProviderInfo(
    name="apimodels",
    title="apimodels.app",
    homepage="https://apimodels.app",
    origins=("https://apimodels.app", "https://api.apimodels.app"),
    models=(_SEEDREAM_4_5, _SEEDREAM_5_LITE),
    general=Model(id="", results_kept=_WEEK, source=_DOCS),
    webhooks=True,
    poll_schedule=(3.0, 3.0, 5.0, 5.0, 5.0, 8.0, 8.0, 10.0, 15.0),
    sources=(_DOCS, _TABLE),
)
