"""ModelArk's models, limits and prices, each line with its source."""

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
    Object,
    Pixels,
    Price,
    ProviderInfo,
    References,
)

_API = "https://docs.byteplus.com/en/docs/ModelArk/1541523 (a stored copy)"
_AUDIT = (
    "inferred from a third party's audit of"
    " https://ai.byteplus.com/ark/region:ap-southeast-1/docs/image-generation-api, revision 265"
)
_SDK = "https://github.com/byteplus-sdk/byteplus-python-sdk-v2 byteplussdkarkruntime"
_BILLING = "https://docs.byteplus.com/en/docs/Byteplus_LAS/Large_model_billing"
_REGIONS = "https://docs.byteplus.com/api/docs/ModelArk/1544106"
_ERRORS = "https://docs.byteplus.com/en/docs/ModelArk/1299023"
_RESELLER = "inferred from https://docs.gogogotoken.ai/overseas/seedream-models.md, a reseller"
_READ = date(2026, 11, 29)

_MOST, _LARGEST = 4096 * 4096, 4_624_220  # pixels of 4.0 to 5.0 lite, and of 5.0 pro and flash


def _pixels(least: int, most: int, source: str) -> Pixels:
    return Pixels(min_total=least, max_total=most, max_ratio=16, source=source)


def _ratios(*sizes: str) -> Mapping[str, str]:
    """The size of each ratio, in the order of the page."""
    names = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9")
    return dict(zip(names, sizes, strict=True))


def _optimized(*modes: str) -> Mapping[str, Descriptor]:
    mode = Choice(values=modes, default="standard")
    return {"optimize_prompt_options": Object(fields={"mode": mode}, source=_API)}


def _per_image(usd: str, source: str) -> tuple[Price, ...]:
    return (Price(usd=Decimal(usd), source=source, as_of=_READ),)


_WATERMARK: Mapping[str, Descriptor] = {"watermark": Flag(default=True, source=_API)}
_STREAMED: Mapping[str, Descriptor] = {**_WATERMARK, "stream": Flag(source=_API)}
_JPEG_OR_PNG = Choice(values=("jpeg", "png"), default="jpeg", source=_AUDIT)

# "References and images together are at most 15": `submit` sees to it.
_SEQUENCE: Mapping[str, Descriptor] = {
    "sequential_image_generation": Choice(values=("auto", "disabled"), source=_API),
    "sequential_image_generation_options": Object(
        fields={"max_images": Integer(low=1, high=15)}, source=_API
    ),
}
_REFERENCES = References(
    forms=("url", "data_uri"), max_count=14, max_bytes=30_000_000, source=_AUDIT
)

_SEEDREAM_4_5 = Model(
    id="seedream-4-5-251128",
    name="seedream-4.5",
    title="Seedream 4.5",
    parameters={
        **_STREAMED,
        "size": _pixels(2560 * 1440, _MOST, _API),
        "resolution": Choice(values=("2K", "4K"), source=_API),
    },
    options={**_SEQUENCE, **_optimized("standard")},
    sizes={
        "2K": _ratios(
            *("2048x2048", "2304x1728", "1728x2304", "2560x1440"),
            *("1440x2560", "2496x1664", "1664x2496", "3024x1296"),
        )
    },
    references=_REFERENCES,
    prices=_per_image("0.04", _BILLING),
    requests_per_minute=500,
    results_kept=24 * 3600,
    source=_API,
)
_SEEDREAM_4 = evolve(
    _SEEDREAM_4_5,
    id="seedream-4-0-250828",
    name="seedream-4.0",
    title="Seedream 4.0",
    parameters={
        **_STREAMED,
        "size": _pixels(1280 * 720, _MOST, _API),
        "resolution": Choice(values=("1K", "2K", "4K"), source=_API),
    },
    options={**_SEQUENCE, **_optimized("standard", "fast")},
    prices=_per_image("0.03", _BILLING),
)
_SEEDREAM_5_LITE = evolve(
    _SEEDREAM_4_5,
    id="seedream-5-0-260128",
    name="seedream-5.0-lite",
    title="Seedream 5.0 lite",
    parameters={
        **_STREAMED,
        "size": _pixels(2560 * 1440, _MOST, _AUDIT),
        "resolution": Choice(values=("2K", "3K", "4K"), source=_AUDIT),
        "output_format": _JPEG_OR_PNG,
    },
    sizes={},
    prices=_per_image("0.035", _RESELLER),
    source=_AUDIT,
)
# The same model by its other id: the canonical name goes to the one of the examples.
_SEEDREAM_5_LITE_TOO = evolve(_SEEDREAM_5_LITE, id="seedream-5-0-lite-260128", name="")
_SEEDREAM_5_PRO = evolve(
    _SEEDREAM_5_LITE,
    id="dola-seedream-5-0-pro-260628",
    name="seedream-5.0-pro",
    title="Seedream 5.0 pro",
    parameters={
        **_WATERMARK,
        "size": _pixels(1280 * 720, _LARGEST, _AUDIT),
        "resolution": Choice(values=("1K", "1.5K", "2K"), source=_AUDIT),
        "output_format": _JPEG_OR_PNG,
    },
    options=_optimized("standard", "fast"),
    sizes={
        "1K": _ratios(
            *("1024x1024", "1152x864", "864x1152", "1424x800"),
            *("800x1424", "1248x832", "832x1248", "1568x672"),
        ),
        "1.5K": _ratios(
            *("1536x1536", "1792x1344", "1344x1792", "2048x1152"),
            *("1152x2048", "1872x1248", "1248x1872", "2352x1008"),
        ),
        "2K": _ratios(
            *("2048x2048", "2368x1776", "1776x2368", "2816x1584"),
            *("1584x2816", "2496x1664", "1664x2496", "3136x1344"),
        ),
    },
    references=evolve(_REFERENCES, max_count=10),
    prices=(),
)
_SEEDREAM_5_FLASH = evolve(
    _SEEDREAM_5_PRO,
    id="dola-seedream-5-0-flash-260915",
    name="seedream-5.0-flash",
    title="Seedream 5.0 flash",
    options=_optimized("standard"),
)

INFO = ProviderInfo(
    name="ark",
    title="BytePlus ModelArk",
    homepage="https://console.byteplus.com/ark",
    origins=("https://ark.ap-southeast.bytepluses.com", "https://ark.eu-west.bytepluses.com"),
    variables={"key": "ARK_API_KEY"},
    models=(
        _SEEDREAM_4_5,
        _SEEDREAM_4,
        _SEEDREAM_5_LITE,
        _SEEDREAM_5_LITE_TOO,
        _SEEDREAM_5_PRO,
        _SEEDREAM_5_FLASH,
    ),
    general=Model(
        id="",
        parameters={
            **_STREAMED,
            "size": _pixels(1280 * 720, _MOST, _API),
            "resolution": Choice(values=("1K", "1.5K", "2K", "3K", "4K"), source=_AUDIT),
            "output_format": _JPEG_OR_PNG,
        },
        references=_REFERENCES,
        requests_per_minute=500,
        results_kept=24 * 3600,
        source=_API,
    ),
    options={
        "response_format": Choice(values=("url", "b64_json"), default="url", source=_API),
    },
    wire_names={"size": ("size", "resolution"), "image": ("references",)},
    request_timeout=600.0,  # the official package's
    # InputText…, InputImage…, OutputImageSensitiveContentDetected, some with a suffix.
    moderation=("SensitiveContentDetected",),
    sources=(_API, _AUDIT, _SDK, _BILLING, _REGIONS, _ERRORS, _RESELLER),
)
