"""What a plugin says that it offers, held to itself when it is loaded.

A name that nothing else knows (a field misspelt in a price, a model that is not there) would be
passed over in silence at every request, and cost money. So each is a fault of the whole plugin,
and the first one is told with the model and the key it stands in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping

from tintype._asked import FIELDS, SIDES
from tintype._http.headers import header_fault
from tintype._plugins.checked import checked
from tintype._plugins.forms import odd_value
from tintype.catalog import (
    Choice,
    Flag,
    Integer,
    Model,
    Number,
    Pixels,
    ProviderInfo,
    Text,
    Unsupported,
)
from tintype.errors import PluginError

# What a catalog tells otherwise than by a descriptor, or what is nobody's to describe.
_ELSEWHERE = {
    "model": "what it is called is Model.id and Model.name",
    "n": "how many it draws at once is Model.max_n",
    "references": "how it takes source images is Model.references",
    "options": "raw ones are described in Model.options and ProviderInfo.options",
    "webhook_url": "whether there may be one is ProviderInfo.webhooks",
    "tag": "it is the caller's own, and never sent",
}
_NOT_ON_THE_WIRE = frozenset({"options", "tag"})
_WORDS = (Choice, Text, Unsupported)
_NUMBERS = (Integer, Number, Unsupported)
# What describes a field; one that is not here holds words.
_KINDS: Mapping[str, tuple[type, ...]] = {
    "size": (*_WORDS, Pixels),
    "stream": (Flag, Unsupported),
    "watermark": (Flag, Unsupported),
    **dict.fromkeys(
        ("guidance", "output_compression", "previews", "seed", "steps", "strength"), _NUMBERS
    ),
}
_ANSWERS = {"references": ("yes", "no")}


def described_oddly(info: ProviderInfo) -> str:
    """The first fault of what a provider says that it offers, with its place, or ""."""
    for place, model in _models(info):
        for rule in _RULES:
            for fault in rule(info, model):
                return f"{place}{fault}"
    return next(_provider_faults(info), "")


def holds_oddly(info: ProviderInfo) -> str:
    """The first field of what a provider says of itself that is not of its form, or ""."""
    places: tuple[tuple[str, Model | ProviderInfo], ...] = (("", info), *_models(info))
    for place, held in places:
        for fault in odd_value(held):
            return f"{place}{fault}"
    return ""


def of_odd_type(info: ProviderInfo) -> str:
    """The first value that is not of the type that its class says, or ""."""
    models = info.models if isinstance(info.models, tuple) else ()
    named = [(f"the model {each.id!r} with ", each) for each in models if isinstance(each, Model)]
    for place, model in named:
        misplaced = [name for name in _ELSEWHERE if name in _keys(model.parameters)]
        if misplaced:
            told = f"{misplaced[0]!r} among its parameters: {_ELSEWHERE[misplaced[0]]}"
            return f"{place}{told} (docs/plugins.md, What reaches `submit`)"
    try:
        checked(info, "", "describe")
    except PluginError:
        pass
    else:
        return ""
    for place, held in (*named, ("", info)):
        try:
            checked(held, "", "describe")
        except PluginError as error:
            return f"{place}what is odd ({error.message})"
    return ""


def _keys(held: object) -> Container[object]:
    return held if isinstance(held, Mapping) else ()


def _models(info: ProviderInfo) -> Iterator[tuple[str, Model]]:
    yield from ((f"the model {model.id!r} with ", model) for model in info.models)
    yield "the general limits with ", info.general


def _provider_faults(info: ProviderInfo) -> Iterator[str]:
    for key in ("id", "name"):
        counts = Counter(getattr(model, key) for model in info.models)
        twice = [name for name, count in counts.items() if count > 1 and name]
        if twice:
            yield f"two models with the {key} {twice[0]!r} (models.{key})"
    if not all(model.id for model in info.models):
        yield "a model without an id (models.id)"
    if info.idempotency is not None and info.idempotency.header:
        header, taken = info.idempotency.header, frozenset(map(str.lower, info.auth.headers))
        reason = header_fault(header, "x", taken)
        if reason:
            yield f"the header {header!r} (idempotency.header): {reason}"
    fields = [field for fields in info.wire_names.values() for field in fields]
    yield from _unknown(fields, FIELDS.union(SIDES) - _NOT_ON_THE_WIRE, "wire_names")
    names = {*info.auth.needs, *info.auth.takes, *info.settings}
    yield from _unknown(info.variables, names, "variables", "credential or setting")
    every = {name for _, model in _models(info) for name in info.described(model)}
    yield from _unknown(info.prices_depend_on or (), FIELDS | every, "prices_depend_on")


def _of_parameters(_: ProviderInfo, model: Model) -> Iterator[str]:
    yield from _unknown(model.parameters, FIELDS - _ELSEWHERE.keys(), "parameters")
    for name, held in model.parameters.items():
        if not isinstance(held, _KINDS.get(name, _WORDS)):
            yield f"a {type(held).__name__} for {name} (parameters)"


def _of_sizes(_: ProviderInfo, model: Model) -> Iterator[str]:
    for ratios in model.sizes.values():
        odd = [size for size in ratios.values() if not Pixels().admits(size)]
        if odd:
            yield f"{odd[0]!r}, which is not WIDTHxHEIGHT (sizes)"


def _of_prices(info: ProviderInfo, model: Model) -> Iterator[str]:
    for price in model.prices:
        if price.usd is None and price.credits is None:
            yield "a price of neither usd nor credits (prices.usd); where it is unknown say none"
        yield from _of_when(info, model, price.when, "prices.when")


def _of_when(info: ProviderInfo, model: Model, when: Mapping[str, str], key: str) -> Iterator[str]:
    """What a condition names that nothing here has, or may ever hold."""
    described = info.described(model)
    yield from _unknown(when, (FIELDS - _NOT_ON_THE_WIRE) | described.keys(), key)
    for name, value in when.items():
        held = model.parameters.get(name) or described.get(name)
        words = held.values if isinstance(held, Choice) else _ANSWERS.get(name, (value,))
        if value not in words:
            yield f"{name}={value!r} ({key}), which it never is; it is {' or '.join(words)}"


def _of_cautions(info: ProviderInfo, model: Model) -> Iterator[str]:
    known = (FIELDS - _NOT_ON_THE_WIRE) | info.described(model).keys()
    for caution in model.cautions:
        yield from _unknown((caution.field,), known, "cautions.field")
        yield from _of_when(info, model, caution.when, "cautions.when")


def _of_others(info: ProviderInfo, model: Model) -> Iterator[str]:
    others = {each.id for each in info.models}
    if model.edits_with and model.edits_with not in others - {model.id}:
        yield f"{model.edits_with!r}, which is no other model (edits_with)"
    if model.successor and model.successor in {model.id, model.name}:
        yield f"{model.successor!r}, which is the model itself (successor)"


_RULES = (_of_parameters, _of_sizes, _of_prices, _of_cautions, _of_others)


def _unknown(
    names: Iterable[str], known: Iterable[str], key: str, what: str = "field or option"
) -> Iterator[str]:
    """The first name that nothing has."""
    there = frozenset(known)
    odd = [name for name in names if name not in there]
    if odd:
        yield f"{odd[0]!r}, which is no {what} here ({key})"
