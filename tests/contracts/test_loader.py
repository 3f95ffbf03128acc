"""Fixture sets: found, read, and refused with the file, the place and the mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tintype_contracts import FixtureError, Fixtures, installed, load, load_folder
from tintype_contracts.fixtures.format import JsonContent


def test_a_set_is_read_whole(acme: Fixtures) -> None:
    """Tables, stories, excerpts: all become values, ids of scenes in full."""
    assert acme.provider == "acme"
    assert acme.stories["failed"].scenes["failed"][0] == "generated/create"
    assert acme.excerpts["create_curl"].startswith("curl ")
    answer = acme.exchanges["generated/create"].response
    assert answer is not None
    assert answer.content == JsonContent(value={"id": "{{id:task}}", "status": "queued"})


def test_a_printed_form_is_read_as_it_is_printed(acme: Fixtures) -> None:
    """It goes to the route of its address, and its files keep their names."""
    request = acme.exchanges["generated_from_references/edit"].request
    assert request is not None
    assert request.url == "https://api.acme.test/v1/edits"
    parts = getattr(request.content, "parts", ())
    assert [(part.name, part.filename) for part in parts if part.file] == [("image", "cat.png")]


def test_a_link_that_leads_nowhere_is_an_error(folder: Path) -> None:
    """Emacs leaves one beside a file that is being edited."""
    (folder / ".#sheet.toml").symlink_to("nobody@nowhere.1234")
    with pytest.raises(FixtureError, match=r"\.#sheet\.toml#: It cannot be read: "):
        load_folder(folder)


@pytest.mark.parametrize("name", ["notes.md", "sources/other.txt", "old/sheet.toml"])
def test_an_orphan_file_is_an_error(folder: Path, name: str) -> None:
    """Whatever lies in the folder is the sheet, or named by a source."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("{}", "utf-8")
    with pytest.raises(FixtureError, match=f"{name}#: No source names this file"):
        load_folder(folder)


def test_what_makes_a_folder_a_package_is_no_orphan(folder: Path) -> None:
    """A fixture set is shipped as package data."""
    (folder / "__init__.py").write_text("", "utf-8")
    (folder / "__pycache__").mkdir()
    assert load_folder(folder).provider == "acme"


def test_a_folder_without_a_sheet_is_an_error(tmp_path: Path) -> None:
    """An empty folder is no fixture set."""
    with pytest.raises(FixtureError, match=r"sheet\.toml#: It is missing"):
        load_folder(tmp_path)


def test_a_provider_that_is_not_installed_is_told_what_to_do() -> None:
    """The error lists what there is, and names the group of the entry point."""
    with pytest.raises(FixtureError, match=r"'nobody'.*apimodels.*group tintype\.fixtures"):
        load("nobody")


def test_every_provider_that_is_installed_is_sound() -> None:
    """Each fixture set of this workspace keeps every rule."""
    assert [load(name).provider for name in installed()] == list(installed())


def test_all_faults_are_told_at_once(folder: Path, edit: Callable[..., None]) -> None:
    """An author mends a sheet in one go."""
    edit(("strength", "/strength"), ('"/hook" = "webhook', '"hook" = "webhook'))
    edit(("2K $0.080", "2K 0.080"))
    with pytest.raises(FixtureError) as caught:
        load_folder(folder)
    assert len(caught.value.faults) == 2
    assert len(str(caught.value).splitlines()) == 3
