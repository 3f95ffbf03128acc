"""The live list of models, read as a catalog."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve

from tintype.catalog import Choice, Descriptor, Flag, Integer, Model, ProviderInfo, References
from tintype.errors import ProtocolError
from tintype_openrouter import _wire
from tintype_openrouter._catalog import ALWAYS, BUFFERED, CAUTIONS, INFO, MODELS, REFERENCES

_OK = 200
_DIGITS = 18  # no bound of a parameter has more


def offer(listed: tuple[_wire.ListedModel, ...]) -> ProviderInfo:
    """The provider with the models that it lists now, the catalog's default first."""
    if not listed:
        msg = "The list of models is empty."
        raise ProtocolError(msg, pointer="/data", status=_OK)
    live = [_model(item) for item in listed]
    live.sort(key=lambda model: model.id != INFO.models[0].id)
    return evolve(INFO, models=tuple(live))


def _model(item: _wire.ListedModel) -> Model:
    """A listed model. Its capabilities are the union over its endpoints."""
    able = item.supported_parameters
    parameters = dict(ALWAYS)
    for name, capability in able.items():
        if name in INFO.general.parameters:
            parameters[name] = _descriptor(capability, INFO.general.parameters[name])
    parameters["stream"] = Flag(source=MODELS) if item.supports_streaming else BUFFERED
    told = {*able, "stream"} if item.supports_streaming else set(able)
    return Model(
        id=item.id,
        name=item.id.rpartition("/")[2],
        title=item.name,
        parameters=parameters,
        max_n=_most(able.get("n"), INFO.general.max_n),
        references=_takes(item),
        cautions=tuple(caution for caution in CAUTIONS if caution.field in told),
        source=MODELS,
    )


def _descriptor(capability: _wire.Capability, general: Descriptor) -> Descriptor:
    """An enum or a range as it says; what merely is supported has the schema's limits."""
    match capability:
        case _wire.Capability(type="enum", values=tuple() as values):
            return Choice(values=values, source=MODELS)
        case _wire.Capability(type="range"):
            low, high = _whole(capability.min), _whole(capability.max)
            return Integer(low=low, high=high, source=MODELS)
        case _:
            return general


def _whole(bound: Decimal | None) -> int | None:
    """A bound as a whole number, or None where there is none that a request could reach.

    Raises:
        ProtocolError: It is no whole number, and all that is counted here is.
    """
    if bound is None or bound.adjusted() > _DIGITS:
        return None
    if bound % 1:
        msg = f"A bound of a whole number is {bound}."
        raise ProtocolError(msg, pointer="/data", status=_OK)
    return int(bound)


def _most(capability: _wire.Capability | None, general: int) -> int:
    """How many of something: 1 where the parameter is absent, else by its range."""
    if capability is None:
        return 1
    most = _whole(capability.max)
    return general if most is None else max(1, most)


def _takes(item: _wire.ListedModel) -> References | None:
    """How it takes source images, by its range or, where it has none, by its modalities."""
    able = item.supported_parameters.get("input_references")
    most = _whole(able.max) if able else None
    if most is not None:
        return evolve(REFERENCES, max_count=most, source=MODELS) if most > 0 else None
    return REFERENCES if able or "image" in item.architecture.input_modalities else None
