"""Together's models, limits and prices, each line with its source. Any other model can be named."""

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
    Items,
    Model,
    Number,
    Pixels,
    Price,
    ProviderInfo,
    References,
    Text,
)

_SKILL = "https://github.com/togethercomputer/skills@644d3822 skills/together-images"
_SPEC = "https://github.com/togethercomputer/openapi@090263aa openapi.yaml"
_PAGE = "https://docs.together.ai/docs/images-overview"
_PARAMETERS = "https://docs.together.ai/docs/inference/images/parameters"
_REFERENCES = "https://docs.together.ai/docs/inference/images/reference-images"
_PRICING = "inferred from a third party's copy of https://www.together.ai/pricing"
_READ = date(2026, 11, 29)

_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:2")
_STANDARD: Mapping[str, str] = {
    "1:1": "1024x1024",
    "16:9": "1344x768",
    "9:16": "768x1344",
    "3:2": "1248x832",
    "2:3": "832x1248",
    "4:3": "1184x864",
    "3:4": "864x1184",
}
_LARGER: Mapping[str, Mapping[str, str]] = {
    "1K": _STANDARD,
    "2K": {
        "1:1": "2048x2048",
        "16:9": "2688x1536",
        "9:16": "1536x2688",
        "3:2": "2496x1664",
        "2:3": "1664x2496",
        "4:3": "2368x1728",
        "3:4": "1728x2368",
    },
    "4K": {
        "1:1": "4096x4096",
        "16:9": "5376x3072",
        "9:16": "3072x5376",
        "3:2": "4992x3328",
        "2:3": "3328x4992",
        "4:3": "4736x3456",
        "3:4": "3456x4736",
    },
}


def _steps(default: int | None = None) -> Integer:
    return Integer(low=1, high=50, default=default, source=_SKILL)


def _size(low: int = 256, high: int = 1920) -> Pixels:
    side = Integer(low=low, high=high, step=8, default=1024, source=_SKILL)
    return Pixels(width=side, height=side, default="1024x1024", source=_SKILL)


def _megapixel(usd: str) -> tuple[Price, ...]:
    return (Price(usd=Decimal(usd), unit="megapixel", source=_PRICING, as_of=_READ),)


_PLAIN: Mapping[str, Descriptor] = {
    "prompt": Text(source=_SPEC),
    "size": _size(),
    "seed": Integer(source=_SPEC),
}
_STEPPED: Mapping[str, Descriptor] = {
    **_PLAIN,
    "steps": _steps(),
    "guidance": Number(source=_SPEC),
}
_FORMAT = Choice(values=("jpeg", "png"), default="jpeg", source=_SPEC)
# The page on parameters says so; the skill's own samples give Kontext width and height.
_SHAPED = Caution(
    field="size",
    message="Together's page says that this model takes aspect_ratio; its samples give it sizes.",
    source=_PARAMETERS,
)
_SEVERAL = References(forms=("url",), source=_REFERENCES)

# --------------------------------------------------------------------- one of each kind

_OTHER = Model(
    id="",
    parameters={**_STEPPED, "negative_prompt": Text(source=_PAGE)},
    sizes={"1K": _STANDARD},
    max_n=4,
    source=_SKILL,
)
_SCHNELL = evolve(
    _OTHER,
    id="black-forest-labs/FLUX.1-schnell",
    name="flux-1-schnell",
    title="FLUX.1 [schnell]",
    parameters={
        **_OTHER.parameters,
        "steps": _steps(4),
        "aspect_ratio": Choice(values=_RATIOS, source=_SKILL),
    },
    sizes={},
    cautions=(_SHAPED,),
    prices=_megapixel("0.0027"),
)
_KONTEXT_PRO = evolve(
    _SCHNELL,
    id="black-forest-labs/FLUX.1-kontext-pro",
    name="",
    title="FLUX.1 Kontext [pro]",
    parameters={
        **_STEPPED,
        "steps": _steps(28),
        "aspect_ratio": Choice(values=_RATIOS, source=_SKILL),
    },
    references=References(forms=("url",), max_count=1, source=_REFERENCES),
    prices=_megapixel("0.04"),
)
_FLUX_2_PRO = evolve(
    _OTHER,
    id="black-forest-labs/FLUX.2-pro",
    title="FLUX.2 [pro]",
    parameters={**_PLAIN, "output_format": _FORMAT},
    options={"prompt_upsampling": Flag(default=True, source=_SKILL)},
    references=_SEVERAL,
)
_FLUX_2_DEV = evolve(
    _FLUX_2_PRO,
    id="black-forest-labs/FLUX.2-dev",
    title="FLUX.2 [dev]",
    parameters={**_STEPPED, "output_format": _FORMAT},
    options={**_FLUX_2_PRO.options, "image_loras": Items(max_count=2, source=_SKILL)},
)
_GOOGLE = evolve(_OTHER, parameters=_PLAIN)
_GEMINI_3 = evolve(
    _GOOGLE,
    id="google/gemini-3-pro-image",
    name="gemini-3-pro-image",
    title="Gemini 3 Pro Image",
    parameters={**_PLAIN, "size": _size(672, 6144)},
    sizes=_LARGER,
    references=_SEVERAL,
)

# -------------------------------------------------------------------------- all of them


def _like(kind: Model, own: str, title: str, usd: str = "", name: str = "") -> Model:
    prices = _megapixel(usd) if usd else ()
    return evolve(kind, id=own, title=title, prices=prices, name=name)


_MODELS = (
    _SCHNELL,
    _like(_OTHER, "black-forest-labs/FLUX.1.1-pro", "FLUX1.1 [pro]", "0.04", "flux-1.1-pro"),
    _KONTEXT_PRO,
    _like(_KONTEXT_PRO, "black-forest-labs/FLUX.1-kontext-max", "FLUX.1 Kontext [max]", "0.08"),
    _FLUX_2_PRO,
    _FLUX_2_DEV,
    evolve(
        _FLUX_2_DEV,
        id="black-forest-labs/FLUX.2-flex",
        title="FLUX.2 [flex]",
        options=_FLUX_2_PRO.options,
    ),
    evolve(_FLUX_2_PRO, id="black-forest-labs/FLUX.2-max", title="FLUX.2 [max]", references=None),
    _like(_GOOGLE, "google/imagen-4.0-preview", "Imagen 4.0 Preview", "0.04"),
    _like(_GOOGLE, "google/imagen-4.0-fast", "Imagen 4.0 Fast", "0.02"),
    _like(_GOOGLE, "google/imagen-4.0-ultra", "Imagen 4.0 Ultra", "0.06"),
    # The pricing page calls it "Gemini Flash Image 2.5 (Nano Banana)".
    evolve(
        _like(_GOOGLE, "google/flash-image-2.5", "Flash Image 2.5", "0.039"),
        name="gemini-2.5-flash-image",
        references=_SEVERAL,
    ),
    _like(_GOOGLE, "google/flash-image-3.1-lite", "Gemini 3.1 Flash-Lite Image"),
    _GEMINI_3,
    _like(_OTHER, "ByteDance-Seed/Seedream-4.0", "Seedream 4.0", "0.03", "seedream-4.0"),
    _like(_OTHER, "ByteDance-Seed/Seedream-3.0", "Seedream 3.0", "0.018"),
    _like(_OTHER, "Qwen/Qwen-Image", "Qwen Image", "0.0058"),
    _like(_OTHER, "ideogram/ideogram-3.0", "Ideogram 3.0", "0.06"),
    _like(_OTHER, "ideogram/ideogram-4.0", "Ideogram 4.0"),
    _like(_OTHER, "HiDream-ai/HiDream-I1-Full", "HiDream-I1-Full", "0.009"),
    _like(_OTHER, "HiDream-ai/HiDream-I1-Dev", "HiDream-I1-Dev", "0.0045"),
    _like(_OTHER, "HiDream-ai/HiDream-I1-Fast", "HiDream-I1-Fast", "0.0032"),
    _like(_OTHER, "RunDiffusion/Juggernaut-pro-flux", "Juggernaut Pro Flux", "0.0049"),
    _like(_OTHER, "Rundiffusion/Juggernaut-Lightning-Flux", "Juggernaut Lightning", "0.0017"),
    _like(_OTHER, "Lykon/DreamShaper", "DreamShaper", "0.0006"),
    _like(_OTHER, "stabilityai/stable-diffusion-3-medium", "SD 3 Medium", "0.0019"),
)

# How the two families say what others say otherwise.
KONTEXT = frozenset(each.id for each in _MODELS if "kontext" in each.id)
FLUX_2 = frozenset(each.id for each in _MODELS if "FLUX.2" in each.id)

INFO = ProviderInfo(
    name="together",
    title="Together AI",
    homepage="https://api.together.ai/settings/api-keys",
    origins=("https://api.together.xyz", "https://api.together.ai"),
    variables={"key": "TOGETHER_API_KEY"},
    models=_MODELS,
    general=_OTHER,
    options={
        "response_format": Choice(values=("base64", "url"), default="url", source=_SPEC),
        "disable_safety_checker": Flag(default=False, source=_SPEC),
    },
    wire_names={
        "image_url": ("references",),
        "reference_images": ("references",),
        "guidance_scale": ("guidance",),
    },
    sources=(_SKILL, _SPEC, _PAGE, _PARAMETERS, _REFERENCES, _PRICING),
)
