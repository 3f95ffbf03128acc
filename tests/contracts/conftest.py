"""Acme, an imaginary provider, and its fixtures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tintype_contracts import Fixtures, load_folder
from tintype_contracts.sandbox import Engine, Settings, State

ACME = Path(__file__).parent / "acme"


@pytest.fixture(scope="session")
def acme() -> Fixtures:
    """What Acme documents."""
    return load_folder(ACME)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Acme's fixtures that a test may break."""
    copy = tmp_path / "acme"
    shutil.copytree(ACME, copy)
    return copy


@pytest.fixture
def edit(folder: Path) -> Callable[..., None]:
    """A function that changes the sheet of the copy: each text for the one beside it."""

    def change(*edits: tuple[str, str]) -> None:
        path = folder / "sheet.toml"
        text = path.read_text("utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, "utf-8")

    return change


@pytest.fixture
def engine(acme: Fixtures) -> Engine:
    """Acme played at one second a state, its assets at acme.local."""
    settings = Settings(base_url="http://acme.local/acme", key="k", pace=1.0)
    return Engine(state=State(fixtures=acme, settings=settings))
