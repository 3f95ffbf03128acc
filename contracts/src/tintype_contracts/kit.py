"""The version of the kit's promise: the fixture format, and what a check may be."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet

VERSION = "1.0.0"
"""Semantic: a fixture set names the range it was written for (`kit` in `provider.json`). It
is neither the version of the distribution nor the dated set of checks."""


def serves(wanted: str, version: str = VERSION) -> bool | None:
    """Whether this kit is within the range `wanted`; None where that is no range."""
    try:
        return SpecifierSet(wanted).contains(version)
    except InvalidSpecifier:
        return None
