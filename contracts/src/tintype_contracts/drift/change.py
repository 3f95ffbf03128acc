"""One difference between two documents, and how much it matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from tintype_contracts.drift.surface import ANY_KEY, Field

Severity: TypeAlias = Literal["info", "warning", "error"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""Worst first."""

# An integer is a number.
_WIDER: Mapping[str, frozenset[str]] = {"integer": frozenset({"integer", "number"})}


@frozen(kw_only=True)
class Change:
    """One thing that the newer document says otherwise.

    Attributes:
        severity: What it means for a plugin: `error` breaks it, `warning` may, `info` is new.
        table: Of the fixtures: `parameters`, `responses`, `states`, `errors`, `prices`, …
        name: What it is about.
        message: What changed, as a sentence.
        proposal: What an author may write into the fixtures, "" where there is nothing.
    """

    severity: Severity
    table: str
    name: str
    message: str
    proposal: str = ""


def added(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[str]:
    """New fields at the places that the fixtures describe: at the top, or beside a known one."""
    parents = {name.rpartition("/")[0] for name in old}
    parents |= {f"{operation} " for operation in operations(new)}
    for name in new:
        parent, _, last = name.rpartition("/")
        if name not in old and parent in parents and last not in {"*", ANY_KEY}:
            yield name


def operations(fields: Iterable[str]) -> set[str]:
    """The operations that fields belong to."""
    return {operation(name) for name in fields}


def operation(name: str) -> str:
    """The operation of a field's name, `submit /size`."""
    return name.partition(" ")[0]


def lost_types(old: Field, new: Field) -> list[str]:
    """The types that were documented and are admitted no more; null is no type of its own."""
    if not old.types or not new.types:
        return []
    given = sorted(old.types - {"null"})
    return [each for each in given if not (_WIDER.get(each, {each}) & new.types)]


def one_type(field: Field) -> str:
    """A type to propose."""
    return min(field.types - {"null"}, default="string")


def listed(words: Iterable[object]) -> str:
    """Words one after another."""
    return ", ".join(str(word) for word in words)
