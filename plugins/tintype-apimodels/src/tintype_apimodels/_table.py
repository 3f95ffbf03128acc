"""How a line of the vendor's price table, its pages and its guide makes a model.

The documents are named here, and what many models have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tintype.catalog import Caution, Choice, Descriptor, Model, Price, References, Text

DOUBAO = "https://apimodels.app/en/docs/image?p=doubao"
GEMINI = "https://apimodels.app/en/docs/image?p=gemini"
GROK = "https://apimodels.app/en/docs/image?p=grok"
KLING = "https://apimodels.app/en/docs/kling-image"
TABLE = "https://github.com/stimQQ/apimodels-skill image/data/models.json@e588d354"
GUIDE = "https://github.com/stimQQ/apimodels-skill image/SKILL.md@e588d354"
SCRIPT = "https://github.com/stimQQ/apimodels-skill image/scripts/generate.mjs@1c1a359c"
UPSTREAM = "https://ai.google.dev/gemini-api/docs/deprecations"
_READ = date(2026, 11, 20)
WEEK = 7 * 24 * 3600

RATIO: Mapping[str, Descriptor] = {
    "aspect_ratio": Choice(
        values=("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"),
        source=SCRIPT,
    ),
}
NO_TIER: Mapping[str, Descriptor] = {}
# Upper case, as the script and the table have it. The Gemini and Kling pages print "2k",
# and are older: that spelling is not sent.
ANY_TIER: Mapping[str, Descriptor] = {
    "resolution": Choice(values=("1K", "2K", "4K"), source=SCRIPT)
}
_TIER_UNSURE = Caution(
    field="resolution",
    message="Which tiers this model draws is not documented; it may refuse or ignore this one.",
    source=SCRIPT,
)
ALPHA: Mapping[str, Descriptor] = {"background": Choice(values=("transparent",), source=GUIDE)}
ALPHA_KEPT = Caution(
    field="background",
    message="It keeps the alpha channel of one PNG reference that has one; it makes none.",
    source=GUIDE,
)
KLING_PROMPT: Mapping[str, Descriptor] = {"prompt": Text(max_length=2500, source=KLING)}

# Links only: "Pass public HTTPS URLs" (`GUIDE`). How many is documented for few models.
LINKS = References(forms=("url",), source=GUIDE)
NEEDS_LINK = References(forms=("url",), required=True, source=TABLE)


def up_to(count: int) -> References:
    """Links, as many as the guide says."""
    return References(forms=("url",), max_count=count, source=GUIDE)


_MODES = {"text2img": "no", "img2img": "yes"}
_FLAT = {"per image", "image"}


def _when(key: str) -> dict[str, str]:
    """The fields a key of the table stands for: `2K`, `1K-low`, `img2img`, `per image`."""
    if key in _FLAT:
        return {}
    if key in _MODES:
        return {"references": _MODES[key]}
    tier, _, quality = key.partition("-")
    return {"resolution": tier, "quality": quality} if quality else {"resolution": tier}


def by_quality(**usd: tuple[str, str, str]) -> dict[str, str]:
    """The keys of a model that costs by its quality, at 1K, 2K and 4K."""
    tiers = ("1K", "2K", "4K")
    return {
        f"{tier}-{quality}": each[column]
        for column, tier in enumerate(tiers)
        for quality, each in usd.items()
    }


def _prices(pricing: Mapping[str, str]) -> tuple[Price, ...]:
    """A price for each key; one key alone is the price of the model."""
    single = len(pricing) == 1
    return tuple(
        Price(usd=Decimal(usd), when={} if single else _when(key), source=TABLE, as_of=_READ)
        for key, usd in pricing.items()
    )


def _named_by(pricing: Mapping[str, str], field: str) -> dict[str, Descriptor]:
    """`field` as a choice of the values that the table's keys name, if they name any."""
    found = (_when(key).get(field) for key in pricing)
    values = tuple(dict.fromkeys(value for value in found if value is not None))
    return {field: Choice(values=values, source=TABLE)} if values else {}


def each_reference(usd: str, source: str) -> Price:
    """What each source image costs, beside what is drawn."""
    return Price.per_reference(usd, source=source, as_of=_READ)


def model(  # noqa: PLR0913 - the columns of the table
    model_id: str,
    title: str,
    pricing: Mapping[str, str],
    *,
    name: str | None = None,
    tiers: Mapping[str, Descriptor] | None = None,
    ratio: Mapping[str, Descriptor] = RATIO,
    others: Mapping[str, Descriptor] | None = None,
    references: References | None = LINKS,
    surcharge: tuple[Price, ...] = (),
    cautions: tuple[Caution, ...] = (),
    source: str = TABLE,
) -> Model:
    """One line of the table, with what the pages and the guide add to it.

    Most ids of the table are canonical names, too; another, or none, is said.
    """
    tiers = _named_by(pricing, "resolution") if tiers is None else tiers
    unsure = (_TIER_UNSURE,) if tiers is ANY_TIER else ()
    return Model(
        id=model_id,
        name=model_id if name is None else name,
        title=title,
        parameters={**ratio, **tiers, **_named_by(pricing, "quality"), **(others or {})},
        # `n` is printed without bounds, and for few models: one image a submission.
        max_n=1,
        references=references,
        cautions=cautions + unsure,
        prices=_prices(pricing) + surcharge,
        results_kept=WEEK,
        source=source,
    )
