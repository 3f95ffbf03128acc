"""What a plugin promises in its description, held to what it would keep that with: one table.

A promise without its hook is found out by a caller, in the middle of a purchase; a hook that no
description speaks of is never asked. Both are refused when the plugin is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from tintype._blame import LAWS
from tintype.catalog import Descriptor, Model, ProviderInfo, Unsupported

_HONEST = f"({LAWS}: Honest)"


def unkept(info: ProviderInfo, hooks: Collection[str]) -> str:
    """The first promise of a description that the plugin cannot keep, or ""; with the law.

    Args:
        info: What it says of itself.
        hooks: The names of the hooks that it defines.
    """
    models = {repr(model.id): model for model in info.models} | {"the general one": info.general}
    for named, model in models.items():
        for (promise, need), (says, keeps) in _OF_A_MODEL.items():
            if says(model) and not keeps(model, hooks):
                return f"describes the model {named} with {promise}, and {need} {_HONEST}"
    if "upload" in hooks and not any(map(_uploads, models.values())):
        return f"defines upload(), and describes no model with references.uploads {_HONEST}"
    if info.result_headers and not info.keyed_results:
        return f"describes result_headers, and no keyed_results to ask for with them {_HONEST}"
    return ""


def _uploads(model: Model) -> bool:
    return model.references is not None and model.references.uploads


def _takes(name: str) -> Callable[[Model], bool]:
    """Whether a model takes a field."""
    return lambda model: not isinstance(model.parameters.get(name, _NOT), Unsupported)


def _needs(name: str) -> Callable[[Model], bool]:
    """Whether one of the tasks that a model names needs a reference of that kind."""
    return lambda model: any(name in needs for needs in model.tasks.values())


def _has_mask(model: Model) -> bool:
    return model.references is not None and "mask" in model.references.roles


def _defaults(model: Model) -> list[tuple[Descriptor, object]]:
    """What has a documented default, and the default."""
    every = (*model.parameters.values(), *model.options.values())
    found = [(each, getattr(each, "default", None)) for each in every]
    return [(each, default) for each, default in found if default not in {None, ""}]


_NOT = Unsupported(reason="it is not described")
_Rule: TypeAlias = tuple[Callable[[Model], bool], Callable[[Model, Collection[str]], bool]]
# By what is promised and what is missing then: who promises it, and who can keep it.
_OF_A_MODEL: Mapping[tuple[str, str], _Rule] = {
    ("references.uploads", "there is no upload() hook to bring one there"): (
        _uploads,
        lambda _, hooks: "upload" in hooks,
    ),
    ("a mask (references.roles)", "no role of a picture that it marks a part of"): (
        _has_mask,
        lambda model, _: model.references is not None and len(model.references.roles) > 1,
    ),
    ("a default of a parameter or an option", "none of the values that it may have"): (
        lambda model: bool(_defaults(model)),
        lambda model, _: all(each.admits(default) for each, default in _defaults(model)),
    ),
    ("a most of a role (references.max_of)", "no such role in references.roles"): (
        lambda model: bool(model.references and model.references.max_of),
        lambda model, _: (
            model.references is not None and {*model.references.max_of} <= {*model.references.roles}
        ),
    ),
    ("parameters.previews", "no parameters.stream that they come in"): (
        _takes("previews"),
        lambda model, _: _takes("stream")(model),
    ),
    ("a task that needs an image (tasks)", "neither references nor edits_with"): (
        _needs("image"),
        lambda model, _: model.references is not None or bool(model.edits_with),
    ),
    ("a task that needs a mask (tasks)", "neither 'mask' in references.roles nor edits_with"): (
        _needs("mask"),
        lambda model, _: _has_mask(model) or bool(model.edits_with),
    ),
}
