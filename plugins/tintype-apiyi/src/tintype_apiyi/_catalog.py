"""APIYI's models, limits and prices, each line with its source.

APIYI's own pages contradict one another in places; the newer one wins, and the line that
decides says so. Its upstream (`_ARK`, and `_SIRAYA`, a sibling) is read where APIYI is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve

from tintype.catalog import (
    Caution,
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
    Unsupported,
)

_DOCS = "https://docs.apiyi.com/en/api-capabilities/seedream-image"
_TEXT = f"{_DOCS}/text-to-image"
_EDIT = f"{_DOCS}/image-edit"
_OVERVIEW = f"{_DOCS}/overview"
_VERSIONS = f"{_DOCS}/historical-versions"
_PRICES_5_5 = f"{_DOCS}/seedream-5-5-pricing.md"
_ARK = "https://ai.byteplus.com/ark/region:ap-southeast-1/docs/image-generation-api (upstream)"
_SIRAYA = (
    "inferred from https://docs.siraya.ai/docs/api-reference/generative-model-api/Seedream/"
    " (a sibling of the upstream)"
)
_READ = date(2026, 11, 20)
_A_MINUTE = 500  # by default (_OVERVIEW)
_DAY = 24 * 3600

# -------------------------------------------------------------- what all of them share

_SIZE = Pixels(min_total=1280 * 720, max_total=4096 * 4096, max_ratio=16, source=_TEXT)
_JPEG = Choice(values=("jpeg",), source=_TEXT)
_JPEG_OR_PNG = Choice(values=("jpeg", "png"), source=_TEXT)
_STREAM = Flag(source=_OVERVIEW)

# The text-to-image page takes a seed "for reproducibility"; the image-edit page, newer, says it
# "has no effect on 4.x or 5.x", and the upstream has none. Only an option sends it.
_SEED = Unsupported(reason="it has no effect on 4.x or 5.x", source=_EDIT)
_SEEDLESS = Caution(
    field="seed",
    message="The newer of APIYI's pages says that seed has no effect on 4.x or 5.x.",
    source=_EDIT,
)

# The default of `watermark` is "varies" in the page's table, false in its schema and true
# upstream: it is sent only when it is asked for.
_WATERMARK = Flag(source=_TEXT)

_REFERENCES = References(forms=("url", "data_uri"), max_count=10, source=_EDIT)

# `n` is 1 to 4 on the text-to-image page; by the image-edit page, newer, it is silently ignored
# ("you still get one image and pay for one"). So `max_n` is 1, and only an option sends `n`.
_N = Caution(
    field="n",
    message="The newer of APIYI's pages says that n is ignored: each image is a submission of its"
    " own; n sent as an option may draw one.",
    source=_EDIT,
)
_EVENTS = Caution(
    field="stream",
    message="APIYI documents no events: those of its upstream and of OpenAI are understood.",
    source=_OVERVIEW,
)
_CAUTIONS = (_N, _SEEDLESS, _EVENTS)

_OPTIONS: Mapping[str, Descriptor] = {
    "response_format": Choice(values=("url", "b64_json"), source=_TEXT),
    "n": Integer(low=1, high=4, source=_TEXT),
    "seed": Integer(source=_TEXT),
}
# "References and images together are at most 15": `submit` sees to it.
_SEQUENCE: Mapping[str, Descriptor] = {
    "sequential_image_generation": Choice(values=("auto", "disabled"), source=_EDIT),
    "sequential_image_generation_options": Object(
        fields={"max_images": Integer(low=1, high=15)}, source=_EDIT
    ),
}
# Any value, even "disabled", is answered with 400.
_NO_SEQUENCE = Unsupported(reason="the API answers 400 to it, whatever its value", source=_VERSIONS)

# APIYI documents one range of pixels for all models, and that 5.0 has another; the upstream
# gives the stricter one for 5.0 and 4.5. The documented one is admitted, the other is told.
_FLOOR = Caution(
    field="size",
    message="Below 3,686,400 pixels (about 2560x1440) the upstream may answer 400, unbilled.",
    source=f"{_EDIT}; {_ARK}",
)

# APIYI gives no pixels for a ratio.
_RATIOS_AT_2K = {
    "2K": {
        "1:1": "2048x2048",
        "3:4": "1728x2304",
        "4:3": "2304x1728",
        "16:9": "2848x1600",
        "9:16": "1600x2848",
        "3:2": "2496x1664",
    }
}


def _parameters(**own: Descriptor) -> Mapping[str, Descriptor]:
    return {"size": _SIZE, "watermark": _WATERMARK, "seed": _SEED, **own}


def _tiers(*values: str) -> Choice:
    return Choice(values=values, source=_TEXT)


def _per_image(usd: str) -> tuple[Price, ...]:
    return (Price(usd=Decimal(usd), source=_VERSIONS, as_of=_READ),)


# ----------------------------------------------------------------------------- models

_SEEDREAM_5 = Model(
    id="seedream-5-0-260128",
    name="seedream-5.0",
    title="Seedream 5.0",
    # The upstream's 5.0 Lite has 4K by now; APIYI says "no 4K".
    parameters=_parameters(
        resolution=_tiers("2K", "3K"), output_format=_JPEG_OR_PNG, stream=_STREAM
    ),
    options=_SEQUENCE,
    sizes=_RATIOS_AT_2K,
    references=_REFERENCES,
    cautions=(*_CAUTIONS, _FLOOR),
    prices=_per_image("0.035"),
    requests_per_minute=_A_MINUTE,
    results_kept=_DAY,
    # At least 60 is documented, and that 4K "may reach 30-60s". Hanging up is billed.
    request_timeout=120.0,
    source=f"{_TEXT}; pixels of a ratio {_SIRAYA}",
)

_SEEDREAM_4_5 = evolve(
    _SEEDREAM_5,
    id="seedream-4-5-251128",
    name="seedream-4.5",
    title="Seedream 4.5",
    parameters=_parameters(resolution=_tiers("2K", "4K"), output_format=_JPEG, stream=_STREAM),
    prices=_per_image("0.04"),
)

_SEEDREAM_4 = evolve(
    _SEEDREAM_5,
    id="seedream-4-0-250828",
    name="seedream-4.0",
    title="Seedream 4.0",
    parameters=_parameters(
        resolution=_tiers("1K", "2K", "4K"), output_format=_JPEG, stream=_STREAM
    ),
    cautions=_CAUTIONS,
    prices=_per_image("0.03"),
)

# On the text-to-image page it stands in the list of ids alone, without tiers or a price.
# `_VERSIONS` calls it an alias of 5.0 "with identical behavior", yet lists no price for the id:
# the tiers of 5.0 can be sent, with a notice, and no price is claimed.
_SEEDREAM_5_LITE = evolve(
    _SEEDREAM_5,
    id="seedream-5-0-lite-260128",
    name="seedream-5.0-lite",
    title="Seedream 5.0 Lite",
    sizes={},
    cautions=(
        *_SEEDREAM_5.cautions,
        Caution(
            field="resolution",
            message="No page gives this id tiers of its own: these are those of 5.0.",
            source=_VERSIONS,
        ),
    ),
    prices=(),
    source=_TEXT,
)

_SEEDREAM_5_PRO = evolve(
    _SEEDREAM_5,
    id="seedream-5-0-pro-260628",
    name="seedream-5.0-pro",
    title="Seedream 5.0 Pro",
    parameters=_parameters(
        resolution=Choice(values=("1K", "2K"), source=_VERSIONS),
        size=Pixels(min_total=1280 * 720, max_total=2048 * 2048, max_ratio=16, source=_VERSIONS),
        output_format=Choice(values=("jpeg", "png"), source=_VERSIONS),
        stream=_NO_SEQUENCE,
    ),
    options=dict.fromkeys(_SEQUENCE, _NO_SEQUENCE),
    sizes={},
    cautions=(_N, _SEEDLESS),
    # $0.12 a request, flat; a request draws one image, so it is the same by the image.
    prices=_per_image("0.12"),
    request_timeout=240.0,
    source=_VERSIONS,
)


# Of Seedream 5.5 APIYI documents the tiers and the prices alone.
_SEEDREAM_5_5 = Model(
    id="seedream-5-5-261028",
    name="seedream-5.5",
    title="Seedream 5.5",
    parameters=_parameters(resolution=Choice(values=("1K", "1.5K", "2K"), source=_PRICES_5_5)),
    references=_REFERENCES,
    cautions=(_N, _SEEDLESS),
    prices=(
        *(
            Price(usd=Decimal(usd), when={"resolution": tier}, source=_PRICES_5_5, as_of=_READ)
            for tier, usd in (("1K", "0.020"), ("1.5K", "0.020"), ("2K", "0.035"))
        ),
        Price.per_reference("0.008", source=_PRICES_5_5, as_of=_READ),
    ),
    requests_per_minute=_A_MINUTE,
    results_kept=_DAY,
    source=_PRICES_5_5,
)

# The same model by way of Volcengine in China: the canonical name goes to the other.
_SEEDREAM_5_5_VOLCENGINE = evolve(
    _SEEDREAM_5_5,
    id="doubao-seedream-5-5-261028",
    name="",
    title="Seedream 5.5 (Volcengine)",
)

INFO = ProviderInfo(
    name="apiyi",
    title="APIYI",
    homepage="https://api.apiyi.com",
    origins=("https://api.apiyi.com", "https://vip.apiyi.com"),
    # The documented default is 5.0.
    models=(
        _SEEDREAM_5,
        _SEEDREAM_4_5,
        _SEEDREAM_4,
        _SEEDREAM_5_LITE,
        _SEEDREAM_5_PRO,
        _SEEDREAM_5_5,
        _SEEDREAM_5_5_VOLCENGINE,
    ),
    general=Model(
        id="",
        parameters=_parameters(
            resolution=_tiers("1K", "2K", "3K", "4K"), output_format=_JPEG_OR_PNG, stream=_STREAM
        ),
        references=_REFERENCES,
        cautions=_CAUTIONS,
        requests_per_minute=_A_MINUTE,
        results_kept=_DAY,
        source=_TEXT,
    ),
    options=_OPTIONS,
    wire_names={"size": ("size", "resolution"), "image": ("references",)},
    # The longest that is documented for any model: whoever hangs up earlier pays for nothing.
    request_timeout=240.0,
    # Upstream: InputText…, InputImage…, OutputImageSensitiveContentDetected. APIYI is known to
    # put upstream codes in front of its messages, so both are looked at.
    moderation=("SensitiveContentDetected",),
    sources=(_TEXT, _EDIT, _OVERVIEW, _VERSIONS, _PRICES_5_5, _ARK, _SIRAYA),
)
