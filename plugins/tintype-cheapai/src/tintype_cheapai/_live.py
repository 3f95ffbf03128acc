"""The live list of models, read as a catalog."""

from __future__ import annotations

from attrs import evolve

from tintype.catalog import Choice, Model, ProviderInfo, References
from tintype_cheapai import _wire
from tintype_cheapai._catalog import INFO, MAX_BYTES, MODELS


def offer(listed: tuple[_wire.ListedModel, ...]) -> ProviderInfo:
    """The provider with the models that it lists now, the catalog's default first."""
    live = [_model(item) for item in listed]
    live.sort(key=lambda model: model.id != INFO.models[0].id)
    return evolve(INFO, models=tuple(live))


def _model(item: _wire.ListedModel) -> Model:
    """A listed model. What the list leaves open stays as the catalog has it."""
    known = INFO.limits(item.model_id)
    words = {"aspect_ratio": item.aspect_ratios, "resolution": item.resolutions}
    choices = {
        name: Choice(values=values, source=f"GET {MODELS}")
        for name, values in words.items()
        if values
    }
    return evolve(
        known,
        parameters={**known.parameters, **choices},
        max_n=item.max_generations or known.max_n,
        references=_references(item, known.references),
    )


def _references(item: _wire.ListedModel, known: References | None) -> References | None:
    if item.supports_images is None:
        return known
    if not item.supports_images:
        return None
    return References(
        forms=("bytes",),
        max_count=item.max_assets,
        max_bytes=MAX_BYTES,
        required=bool(item.requires_reference_images),
        source=f"GET {MODELS}",
    )
