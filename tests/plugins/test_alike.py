"""The plugins are laid out alike: two side by side differ only where the APIs differ."""

from __future__ import annotations

import ast
import importlib
import inspect
import re

import pytest

from tintype_contracts.fixtures.loader import installed

PROVIDERS = installed()
HOOKS = ("describe", "price", "submit", "poll", "parse", "upload", "models", "cancel")
PARTS = ("hooks", "what is sent", "what comes back", "a stream", "what went wrong")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_plugin_has_its_parts_in_the_order_of_all(name: str) -> None:
    """The hooks as `tintype.hooks` has them, then what they need, part by part."""
    source = inspect.getsource(importlib.import_module(f"tintype_{name}"))
    parts = re.findall(r"^# -{20,} (.*)$", source, re.MULTILINE)
    assert parts == [part for part in PARTS if part in parts]
    made = [each.name for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)]
    hooks = [each for each in made if not each.startswith("_")]
    assert hooks == made[: len(hooks)] == [hook for hook in HOOKS if hook in hooks]
