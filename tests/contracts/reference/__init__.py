"""Four good plugins of imaginary providers, one a style, with what their providers document.

They prove the kit: they pass every check, and each broken one (`tests.contracts.broken`)
is noticed by the check that is named for it. They are not installed as providers.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module, resources
from pathlib import Path
from types import ModuleType

from tintype._plugins.registry import Registry
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load_folder
from tintype_contracts.harness.subject import Subject

NAMES = ("reference_at_once", "reference_by_id", "reference_by_url", "reference_multipart")
"""The providers: one answers at once, one is polled by id, one at a URL, one takes a form."""


def plugin(name: str) -> ModuleType:
    """The plugin of a reference provider."""
    return import_module(f"{__name__}.{name.removeprefix('reference_')}")


def folder(name: str) -> Path:
    """Where the documents of a reference provider are."""
    return Path(str(resources.files(__name__) / "documents" / name))


@cache
def fixtures(name: str) -> Fixtures:
    """What a reference provider documents."""
    return load_folder(folder(name))


def subject(name: str) -> Subject:
    """A reference provider, to be examined."""
    return Subject(Registry({name: plugin(name)}).get(name), fixtures(name))
