"""What a provider offers, in a few words a heading: as its catalog and its hooks say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

import pluggy

from tintype._keys.variables import to_be_set
from tintype._plugins.registry import Plugin
from tintype.catalog import Model, ProviderInfo
from tintype.errors import TintypeError
from tintype.messages import Request
from tintype.request import Submission
from tintype.signatures import Hmac, Signature

UNKNOWN = "unknown"
NOT_NEEDED = "not needed"
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_FORMS = {"url": "links", "data_uri": "data URIs", "bytes": "files"}
_THEN = datetime.fromtimestamp(0, UTC)


def offers(plugin: Plugin) -> Mapping[str, str]:
    """Each heading, and what stands below it; `unknown` where no document says it."""
    info = plugin.info
    return {
        "models": str(len(info.models)),
        "price": _price(plugin),
        "references": _references(info),
        "masks": _share(info, list(filter(_takes_mask, info.models))),
        "streaming": _share(info, [each for each in info.models if "stream" in each.parameters]),
        "webhooks": signed(info.signature) if info.webhooks else "no",
        "cancel": "yes" if _defines(plugin, "cancel") else "no",
        "live list": "yes" if _defines(plugin, "models") else "no",
        "results kept": _of(info, lambda model: duration(model.results_kept)),
        "in flight": _of(info, lambda model: str(model.max_in_flight or UNKNOWN)),
        "a minute": _of(info, lambda model: str(model.requests_per_minute or UNKNOWN)),
        "key": key_words(info),
    }


def key_words(info: ProviderInfo) -> str:
    """The variables that hold the credentials, or that none is needed."""
    return NOT_NEEDED if info.auth.optional else to_be_set(info)


def signed(signature: Signature | None) -> str:
    """How webhooks are signed."""
    if signature is None:
        return "not signed"
    name = f"HMAC-{signature.algorithm.upper()}" if isinstance(signature, Hmac) else "Ed25519"
    return f"signed, {name}"


def duration(seconds: int | None) -> str:
    """Seconds in the largest unit that they are a whole number of."""
    if seconds is None:
        return UNKNOWN
    name, size = next(unit for unit in _UNITS if not seconds % unit[1])
    count = seconds // size
    return f"{count} {name}{'' if count == 1 else 's'}"


def _of(info: ProviderInfo, told: Callable[[Model], str]) -> str:
    """What is true of the models: one thing, or of how many of them each is."""
    found = Counter(map(told, info.models))
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{words} ({count} of {found.total()})" for words, count in found.items())


def _share(info: ProviderInfo, able: Sequence[Model], what: str = "yes") -> str:
    """How many of the models can do something."""
    share = "" if len(able) == len(info.models) else f" ({len(able)} of {len(info.models)})"
    return f"{what}{share}" if able else "no"


def _references(info: ProviderInfo) -> str:
    """In which forms source images are taken, and the most that a model takes."""
    able = [model for model in info.models if model.references or model.edits_with]
    taken = [model.references for model in info.models if model.references]
    forms = _listed(dict.fromkeys(_FORMS[form] for each in taken for form in each.forms))
    most = max((each.max_count or 0 for each in taken), default=0)
    return _share(info, able, f"{forms}, up to {most}" if most else forms)


def _takes_mask(model: Model) -> bool:
    """Whether a mask may be given, also where the image itself can stand for it."""
    asked = any("mask" in needs for needs in model.abilities.values())
    return asked or (model.references is not None and "mask" in model.references.roles)


def _price(plugin: Plugin) -> str:
    """Whether it is asked, or of how many models it is written down, and in what."""
    info = plugin.info
    counted = "credits" if info.credit_values else "USD"
    if _is_asked(plugin):
        return f"asked live, in {counted}"
    priced = [model for model in info.models if model.prices]
    if not priced:
        return UNKNOWN
    lines = [line for model in priced for line in model.prices]
    if not any(line.usd or line.credits for line in lines):
        return "free"
    counted = "credits" if any(line.credits is not None for line in lines) else "USD"
    units = _listed(dict.fromkeys(line.unit for line in lines))
    return _share(info, priced, f"listed, in {counted} by {units}")


def _is_asked(plugin: Plugin) -> bool:
    """Whether the price of a picture by the default model is a question to the provider."""
    asked = Submission(prompt="a cat", model=plugin.info.models[0].id, at=_THEN)
    with suppress(TintypeError):
        return isinstance(plugin.hooks.price(request=asked, quote=None), Request)
    return False


def _defines(plugin: Plugin, hook: str) -> bool:
    return bool(cast("pluggy.HookCaller", getattr(plugin.extras, hook)).get_hookimpls())


def _listed(words: Iterable[str]) -> str:
    return " or ".join(words)
