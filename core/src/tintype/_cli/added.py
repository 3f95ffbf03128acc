"""Commands that other distributions add, and what is said of them without importing them."""

from __future__ import annotations

import ast
import inspect
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

GROUP = "tintype.commands"
_SAID_OTHERWISE = frozenset({"help", "short_help", "deprecated"})
"""What a decorator may say of a command in the place of its docstring."""


def added() -> dict[str, EntryPoint]:
    """The entry points of the group `tintype.commands`, by the names of their commands."""
    return {point.name: point for point in entry_points(group=GROUP)}


def short_help(point: EntryPoint) -> str | None:
    """The line of a command whose function has a docstring, read from its module's source.

    None where that cannot be known without importing the module: there is no source, or no
    such function, or a decorator says something else.
    """
    found = _spec(point.module)
    if found is None or not found.has_location or Path(str(found.origin)).suffix != ".py":
        return None
    try:
        module = ast.parse(Path(str(found.origin)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    told = [
        ast.get_docstring(each)
        for each in module.body
        if isinstance(each, ast.FunctionDef) and each.name == point.attr and not _overruled(each)
    ]
    text = told[-1] if told else None
    return click.Command(None, help=inspect.cleandoc(text)).get_short_help_str() if text else None


def _overruled(function: ast.FunctionDef) -> bool:
    """Whether a decorator says what the command is for."""
    calls = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    return any(
        keyword.arg in _SAID_OTHERWISE
        for call in calls
        if ast.unparse(call.func).endswith(("command", "group"))
        for keyword in call.keywords
    )


def _spec(module: str) -> ModuleSpec | None:
    """Where a module is, found as an import finds it, with none of its packages imported."""
    first, *rest = module.split(".")
    try:
        found = find_spec(first)
    except (ImportError, ValueError):
        return None
    name = first
    for part in rest:
        places = found.submodule_search_locations if found else None
        name = f"{name}.{part}"
        found = PathFinder.find_spec(name, places) if places is not None else None
    return found
