"""Two good plugins of imaginary providers, with what these document.

One is polled by id, takes uploads, can be canceled and signs its webhooks; one is polled at a URL
that it is told. No shipped plugin does. A third answers at once: the simulation gives it a key of
idempotency.

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

NAMES = ("reference_by_id", "reference_by_url")
"""The providers: one is polled by id, one at the URL that it says."""


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
