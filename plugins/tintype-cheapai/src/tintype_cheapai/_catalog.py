"""CheapAI's models and limits, each line with its source.

Prices are not here: they are asked, `POST /v1i/task/price`.

CheapAI names one model and sends readers to `GET /v1i/models` for its limits, but prints
no answer. The upstream prints one for the very same model id; those limits are used. A
ratio or tier beyond them can be sent as an option, which lands in the same place.
"""

from __future__ import annotations

from decimal import Decimal

from tintype.catalog import Choice, Model, ProviderInfo, References, Text, Unsupported

MODELS = "https://api.cheapaiapi.com/v1i/models"  # the live list

_PRODUCT = "https://www.cheapaiapi.com/products/image, read 2026-11-20"
_DOCS = "https://www.cheapaiapi.com/docs/image-generation, read 2026-11-20"
_BILLING = "https://www.cheapaiapi.com/docs/billing, read 2026-11-20"
_UPSTREAM = "api.ai33.pro documentation (CheapAI's upstream), read 2026-11-20"

_PROMPT = Text(max_length=4000, source=_UPSTREAM)
# "1-4, depends on model"
_MAX_IMAGES = 4
# "Max 5MB/file" [UP]. The larger reading of MB, so that nothing acceptable is refused.
MAX_BYTES = 5 * 1024 * 1024

_SEEDREAM_4_5 = Model(
    id="bytedance-seedream-4.5",
    name="seedream-4.5",
    title="Seedream 4.5",
    parameters={
        "prompt": _PROMPT,
        "aspect_ratio": Choice(values=("16:9", "4:3", "1:1", "3:4", "9:16"), source=_UPSTREAM),
        "resolution": Choice(values=("2K", "4K"), source=_UPSTREAM),
    },
    max_n=_MAX_IMAGES,
    references=References(forms=("bytes",), max_count=10, max_bytes=MAX_BYTES, source=_UPSTREAM),
    source=_PRODUCT,
)

INFO = ProviderInfo(
    name="cheapai",
    title="CheapAI",
    # cheapaiapi.org, cheapai.io and others of similar name are different products.
    homepage="https://www.cheapaiapi.com",
    origins=("https://api.cheapaiapi.com",),
    models=(_SEEDREAM_4_5,),
    general=Model(
        id="",
        parameters={
            "prompt": _PROMPT,
            "aspect_ratio": Text(source=_DOCS),
            "resolution": Text(source=_DOCS),
        },
        max_n=_MAX_IMAGES,
        references=References(forms=("bytes",), max_bytes=MAX_BYTES, source=_DOCS),
        source=_DOCS,
    ),
    options={
        "aspect_ratio": Text(source=_DOCS),
        "resolution": Text(source=_DOCS),
        "model_parameters": Unsupported(reason="the options are what stands in it", source=_DOCS),
    },
    wire_names={
        "model_id": ("model",),
        "generations_count": ("n",),
        "receive_url": ("webhook_url",),
        "assets": ("references",),
    },
    # The price is asked with all that is sent.
    prices_depend_on=("model", "n", "references", "options"),
    # The smallest package, and the dearest credit of those that last 30 days: $25 for
    # 1,000,000. The largest is $1300 for 100,000,000; an account may name its own value.
    credit_values={_BILLING: Decimal(25) / 1_000_000},
    webhooks=True,
    poll_schedule=(3.0, 3.0, 4.0, 5.0),  # "every 3-5s", upstream
    sources=(_PRODUCT, _DOCS, _BILLING, _UPSTREAM),
)
