"""Whether a plugin's hooks are found at all: names, marks and arguments.

A hook manager is lenient: it passes over a function without a mark, and takes one with a
misspelt name for something it will need later.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from types import ModuleType
from typing import Literal, TypeAlias

from attrs import frozen

from tintype.hooks import Extras, Provider

_MARK = "tintype_impl"
_Hook: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]  # whatever a plugin defines
Sort: TypeAlias = Literal["name", "mark", "arguments", "missing"]


@frozen(kw_only=True)
class ShapeFault:
    """A hook that is not found, or cannot be called.

    Attributes:
        sort: What is wrong: the name, the mark, the arguments; or it is missing.
        hook: The function's name.
        message: What is wrong and the mend, in a sentence or two.
    """

    sort: Sort
    hook: str
    message: str


def _specified(spec: type) -> Mapping[str, tuple[str, ...]]:
    """The hooks of a specification, with the arguments that each is called with."""
    hooks = {name: hook for name, hook in vars(spec).items() if not name.startswith("_")}
    return {name: tuple(inspect.signature(hook).parameters)[1:] for name, hook in hooks.items()}


REQUIRED = _specified(Provider)
KNOWN: Mapping[str, tuple[str, ...]] = {**REQUIRED, **_specified(Extras)}


def shape_faults(plugin: object) -> Iterator[ShapeFault]:
    """What keeps the hooks of a plugin, a module as a rule, from being called."""
    functions = dict(_functions(plugin))
    marked = {name: hook for name, hook in functions.items() if _mark(hook) is not None}
    for name, hook in marked.items():
        yield from _marked_faults(name, hook)
    for name in sorted(KNOWN.keys() & (functions.keys() - marked.keys())):
        message = f"{name}() has no mark, so it is never called: put @hookimpl above it."
        yield ShapeFault(sort="mark", hook=name, message=message)
    for name in sorted(REQUIRED.keys() - functions.keys() - _renamed(marked)):
        message = f"It does not define {name}({', '.join(REQUIRED[name])}): write it."
        yield ShapeFault(sort="missing", hook=name, message=message)


def _marked_faults(name: str, hook: _Hook) -> Iterator[ShapeFault]:
    meant = _meant(name, hook)
    if meant not in KNOWN:
        near = get_close_matches(meant, KNOWN, n=1)
        mend = f"rename it {near[0]}()" if near else "take its @hookimpl away"
        message = f"{name}() is no hook, so it is never called: {mend}."
        yield ShapeFault(sort="name", hook=name, message=message)
        return
    wrong = [each for each in _arguments(hook) if each not in KNOWN[meant]]
    if wrong:
        given = ", ".join(KNOWN[meant])
        message = (
            f"{name}() takes {', '.join(wrong)}, which nobody gives: it is called {meant}({given})."
        )
        yield ShapeFault(sort="arguments", hook=name, message=message)


def _functions(plugin: object) -> Iterator[tuple[str, _Hook]]:
    """The functions that a plugin defines itself; what it imports is not its own."""
    for name in dir(plugin):
        found = getattr(plugin, name, None)
        if not inspect.isroutine(found):
            continue
        own = not isinstance(plugin, ModuleType) or found.__module__ == plugin.__name__
        if own or _mark(found) is not None:
            yield name, found


def _mark(hook: _Hook) -> object:
    return getattr(hook, _MARK, None)


def _meant(name: str, hook: _Hook) -> str:
    """The hook that a function is for: `@hookimpl(specname=…)`, or its own name."""
    mark = _mark(hook)
    specname = mark.get("specname") if isinstance(mark, Mapping) else None
    return specname or name


def _renamed(marked: Mapping[str, _Hook]) -> set[str]:
    return {_meant(name, hook) for name, hook in marked.items()}


def _arguments(hook: _Hook) -> tuple[str, ...]:
    """The arguments that a function needs: those with a default are its own affair."""
    parameters = inspect.signature(hook).parameters.values()
    return tuple(each.name for each in parameters if each.default is inspect.Parameter.empty)
