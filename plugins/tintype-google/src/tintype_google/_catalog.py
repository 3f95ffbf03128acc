"""The Gemini API's image models, limits and prices, each line with its source.

Google's pages were read as a search index had them, the newest of each; prices are those that
third parties copied from its pricing page, and stand here with the day of the copy.
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
    Items,
    Model,
    Object,
    Price,
    ProviderInfo,
    References,
    Text,
)
from tintype.credentials import HeaderKey

API = "https://generativelanguage.googleapis.com"

_READ = "read 2026-11-29"
_DOCS = "https://ai.google.dev/gemini-api/docs"
_CHANGES = f"{_DOCS}/changelog, {_READ}"
_ENDS = f"{_DOCS}/deprecations, {_READ}"
_NO_MORE = f"{_DOCS}/imagen, {_READ}"
_LITE = f"{_DOCS}/models/gemini-3.1-flash-lite-image, {_READ}"
_SDK = f"google-genai 3.6.1 (official Python package), types.py, {_READ}"
_EXAMPLES = "https://github.com/google-gemini/cookbook@f1e7e3de quickstarts"
_COOKBOOK = f"{_EXAMPLES}/Get_started_imagen.ipynb"
_STREAMING = f"{_EXAMPLES}/rest/Streaming_REST.ipynb"
_COPIES = f"{_DOCS}/pricing, by third parties' copies, {_READ}"
_LIMITS = f"https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/gemini, {_READ}"
_COPIED = f"{_DOCS}/image-generation, by third parties' copies, {_READ}"

_TEN = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_FOURTEEN = (*_TEN, "1:4", "4:1", "1:8", "8:1")
_TIERS = ("1K", "2K", "4K")
_ON_TOP = Caution(
    field="prompt",
    message="The tokens of the prompt, of source images and of what the model thinks and says are"
    " charged on top of the pictures.",
    source=_COPIES,
)


def _by_size(**prices: str) -> tuple[Price, ...]:
    """What a picture costs at each resolution, `K1` being 1K and `P512` 512."""
    return tuple(
        Price(
            usd=Decimal(usd),
            when={"resolution": f"{name[1:]}K" if name[0] == "K" else name[1:]},
            source=_COPIES,
            as_of=date(2026, 11, 29),
        )
        for name, usd in prices.items()
    )


def _flat(usd: str) -> tuple[Price, ...]:
    return (Price(usd=Decimal(usd), source=_COPIES, as_of=date(2026, 11, 29)),)


# No page of an image model names more tokens than these, given and drawn (_LIMITS); those of
# thoughts are among the latter: "the maximum number of output tokens" (_SDK).
_MOST_GIVEN, _MOST_DRAWN = 131_072, 32_768


def _most(given: str, drawn: str) -> Decimal:
    """What all tokens cost, at dollars a million: of what is drawn a picture's are the dearest."""
    return (_MOST_GIVEN * Decimal(given) + _MOST_DRAWN * Decimal(drawn)) / 1_000_000


# Dollars of one answer at most (_COPIES, _LIMITS). How many pictures it has the model decides; of
# gemini-nano-banana-2.1 no page that was read limits the tokens.
MOST: Mapping[str, Decimal] = {
    **dict.fromkeys(("gemini-3-pro-image", "gemini-3-pro-image-preview"), _most("2.00", "120.00")),
    **dict.fromkeys(
        ("gemini-3.1-flash-image", "gemini-3.1-flash-image-preview"), _most("0.50", "60.00")
    ),
    "gemini-2.5-flash-image": _most("0.30", "30.00"),
}


def _shape(
    ratios: tuple[str, ...], source: str, tiers: tuple[str, ...] = ()
) -> Mapping[str, Descriptor]:
    """The fields of a Gemini model that draws in these shapes, at these resolutions."""
    sized = {"resolution": Choice(values=tiers, default="1K", source=_SDK)} if tiers else {}
    return {
        "prompt": Text(min_length=1, source=_SDK),
        "aspect_ratio": Choice(values=ratios, source=source),
        "stream": Flag(source=_STREAMING),
        **sized,
    }


_REFERENCES = References(forms=("bytes",), max_count=14, source=_COPIED)
_OPTIONS: Mapping[str, Descriptor] = {
    "safetySettings": Items(source=_SDK),
    "systemInstruction": Object(source=_SDK),
}
_NANO_BANANA_2_1 = Model(
    id="gemini-nano-banana-2.1",
    title="Nano Banana 2.1",
    parameters=_shape(_FOURTEEN, _CHANGES, _TIERS),
    options=_OPTIONS,
    references=_REFERENCES,
    cautions=(_ON_TOP,),
    prices=_by_size(K1="0.0336", K4="0.1134"),
    source=_CHANGES,
)
_PRO = evolve(
    _NANO_BANANA_2_1,
    id="gemini-3-pro-image",
    name="gemini-3-pro-image",
    title="Gemini 3 Pro Image (Nano Banana Pro)",
    parameters=_shape(_TEN, _COPIED, _TIERS),
    prices=_by_size(K1="0.134", K2="0.134", K4="0.24"),
)
_FLASH = evolve(
    _NANO_BANANA_2_1,
    id="gemini-3.1-flash-image",
    name="gemini-3.1-flash-image",
    title="Gemini 3.1 Flash Image (Nano Banana 2)",
    parameters=_shape(_FOURTEEN, _COPIED, ("512", *_TIERS)),
    prices=_by_size(P512="0.045", K1="0.067", K2="0.101", K4="0.151"),
    cautions=(
        _ON_TOP,
        Caution(
            field="model",
            message="It is deprecated since 2026-10-06, for gemini-nano-banana-2.1; the changelog"
            " names no day of its end, third parties name 2026-10-29.",
            source=_CHANGES,
        ),
    ),
)
_FIRST = evolve(
    _NANO_BANANA_2_1,
    id="gemini-2.5-flash-image",
    name="gemini-2.5-flash-image",
    title="Gemini 2.5 Flash Image (Nano Banana)",
    parameters=_shape(_TEN, _COPIED),
    references=evolve(_REFERENCES, max_count=3),
    prices=_flat("0.039"),
    cautions=(
        _ON_TOP,
        Caution(
            field="model",
            message="2026-10-02 is the earliest possible date of its end, for"
            " gemini-3.1-flash-image; no page says that it has come.",
            source=_ENDS,
        ),
    ),
    source=_ENDS,
)
_PREVIEW_ENDED = date(2026, 6, 25)  # "will be shut down" (_CHANGES, 2026-05-28)
_IMAGEN = Model(
    id="imagen-4.0-generate-001",
    title="Imagen 4",
    parameters={
        "prompt": Text(min_length=1, source=_COOKBOOK),
        "aspect_ratio": Choice(
            values=("1:1", "3:4", "4:3", "9:16", "16:9"), default="1:1", source=_COOKBOOK
        ),
        "resolution": Choice(values=("1K", "2K"), default="1K", source=_COOKBOOK),
    },
    options={"personGeneration": Choice(values=("dont_allow", "allow_adult"), source=_COOKBOOK)},
    max_n=4,
    prices=_flat("0.04"),
    retires=date(2026, 8, 17),  # (_CHANGES, 2026-06-15)
    successor="gemini-3.1-flash-image",  # (_NO_MORE)
    source=_NO_MORE,
)

INFO = ProviderInfo(
    name="google",
    title="Google Gemini API",
    homepage="https://aistudio.google.com/apikey",
    origins=(API,),
    models=(
        _NANO_BANANA_2_1,
        _PRO,
        evolve(
            _PRO,
            id="gemini-3-pro-image-preview",
            name="gemini-3-pro-image-preview",
            title="Gemini 3 Pro Image (preview)",
            retires=_PREVIEW_ENDED,
            successor="gemini-3-pro-image",  # (_ENDS)
            source=_CHANGES,
        ),
        _FLASH,
        evolve(
            _FLASH,
            id="gemini-3.1-flash-image-preview",
            name="gemini-3.1-flash-image-preview",
            title="Gemini 3.1 Flash Image (preview)",
            cautions=(_ON_TOP,),
            retires=_PREVIEW_ENDED,
            successor="gemini-3.1-flash-image",  # (_ENDS)
            source=_CHANGES,
        ),
        evolve(
            _NANO_BANANA_2_1,
            id="gemini-3.1-flash-lite-image",
            title="Gemini 3.1 Flash Lite Image (Nano Banana 2 Lite)",
            parameters=_shape(_TEN, _LITE, ("1K",)),
            prices=(),
            cautions=(),
            source=_LITE,
        ),
        _FIRST,
        _IMAGEN,
        evolve(
            _IMAGEN,
            id="imagen-4.0-ultra-generate-001",
            title="Imagen 4 Ultra",
            max_n=1,
            prices=_flat("0.06"),
        ),
        evolve(
            _IMAGEN,
            id="imagen-4.0-fast-generate-001",
            title="Imagen 4 Fast",
            parameters={k: v for k, v in _IMAGEN.parameters.items() if k != "resolution"},
            prices=_flat("0.02"),
        ),
    ),
    general=Model(
        id="",
        parameters=_shape(_FOURTEEN, _CHANGES, _TIERS),
        options=_OPTIONS,
        references=_REFERENCES,
        source=_DOCS,
    ),
    auth=HeaderKey(header="x-goog-api-key", prefix=""),
    variables={"key": "GEMINI_API_KEY"},
    wire_names={
        "sampleCount": ("n",),
        "aspectRatio": ("aspect_ratio",),
        "imageSize": ("resolution",),
    },
    request_timeout=600.0,  # "the default timeout (600 seconds)" (cookbook, Error_handling)
    moderation=("PROHIBITED_CONTENT", "IMAGE_SAFETY"),
    sources=(
        *(_CHANGES, _ENDS, _NO_MORE, _LITE, _SDK, _COOKBOOK, _STREAMING),
        *(_COPIES, _LIMITS, _COPIED),
    ),
)
