"""What all worlds of a process share: plugins, documents, a folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

from attrs import evolve
from tests.contracts import reference
from tests.simulation.asks import KEY_HEADER, Answer
from tests.simulation.meeting import Desk, on_disk
from tests.simulation.plots import KEY, Script, script

from tintype import hookimpl
from tintype.catalog import Idempotency
from tintype_contracts.fixtures.loader import load

SHIPPED = ("apiin", "apimodels", "apiyi", "cheapai", "openrouter")
IMAGINARY = ("reference_at_once", "reference_by_id", "reference_by_url")
# Those of them that know a submission by its key, and for how many seconds they say so.
KEYED: Mapping[str, float | None] = {"reference_at_once": None, "reference_by_url": 60.0}


def _keyed(plugin: ModuleType, window: float | None) -> object:
    """The same provider with an idempotency key in its documents."""
    rule = Idempotency(header=KEY_HEADER, window=window, source="imaginary")
    info = evolve(plugin.INFO, idempotency=rule)
    return SimpleNamespace(**{**vars(plugin), "describe": hookimpl(lambda: info)})


class Stage:
    """The five shipped providers and three imaginary ones, which stream and can be canceled.

    Args:
        folder: Where files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        plugins: Mapping[str, object] = {
            **{name: import_module(f"tintype_{name}") for name in SHIPPED},
            **{name: reference.plugin(name) for name in IMAGINARY},
            **{name: _keyed(reference.plugin(name), window) for name, window in KEYED.items()},
        }
        self.desk = Desk(plugins, KEY)
        self.asides: dict[tuple[str, str], Answer] = {}
        self.scripts: dict[str, Script] = {}
        for name in plugins:
            documents = load(name) if name in SHIPPED else reference.fixtures(name)
            self.scripts[name] = script(name, documents, self.desk)

    def database(self, folder: Path) -> Path:
        """An empty journal on SQLite of a world's own; made once, copied for each world."""
        blank = self.folder / "blank.db"
        if not blank.exists():
            on_disk(blank, "nobody").close()
        place = folder / "journal.db"
        if not place.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(blank, place)
        return place
