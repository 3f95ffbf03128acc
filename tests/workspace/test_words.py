"""Words that newcomers meet everywhere name one class each, over all that is shipped."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path for path in ROOT.glob("*/src/**/*.py")) + sorted(
    path for path in ROOT.glob("plugins/*/src/**/*.py")
)
WORDS = frozenset(
    [
        "Outcome",
        "Fault",
        "Heard",
        "Answer",
        "Call",
        "Row",
        "Operation",
        "Exchange",
        "Reply",
        "Plan",
        "Entry",
        "Ledger",
        "Line",
    ]
)


def names(module: ast.Module) -> Iterator[str]:
    """The classes and type aliases that a module defines, private ones without their mark."""
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=name):
                yield name.lstrip("_")
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
                yield name.lstrip("_")


def test_a_word_names_one_class() -> None:
    """A second class of that name is named by what it is."""
    found = defaultdict(list)
    for path in SHIPPED:
        for name in names(ast.parse(path.read_text("utf-8"))):
            found[name].append(str(path.relative_to(ROOT)))
    assert len(found) > len(WORDS)
    twice = {word: found[word] for word in WORDS if len(found[word]) > 1}
    assert not twice
