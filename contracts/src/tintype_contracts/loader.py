"""Fixture sets, found and read.

A set is a folder of JSON files and excerpts: a package that an installed distribution
names in the entry-point group `tintype.fixtures`, or any folder. What is broken about it
is told all at once, in one `FixtureError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from tintype.messages import JsonObject
from tintype_contracts import strict_json
from tintype_contracts._shape import fixtures_of, shape_faults, story_of
from tintype_contracts.faults import Fault, FixtureError
from tintype_contracts.format import Fixtures
from tintype_contracts.rules import check
from tintype_contracts.rules_of_files import file_faults, table_faults
from tintype_contracts.rules_of_messages import excerpt_faults
from tintype_contracts.verbatim import verbatim_faults

_GROUP = "tintype.fixtures"
_TABLES = "provider.json"


def installed() -> tuple[str, ...]:
    """The names of all providers whose fixtures are installed, sorted."""
    return tuple(sorted({entry.name for entry in metadata.entry_points(group=_GROUP)}))


def load(provider: str) -> Fixtures:
    """The fixtures of an installed provider.

    Raises:
        FixtureError: No installed distribution has them, or they break a rule.
    """
    for entry in metadata.entry_points(group=_GROUP, name=provider):
        return _load(folder_of(entry), provider)
    known = ", ".join(installed()) or "none"
    fault = Fault(
        file=_TABLES,
        pointer="",
        message=f"No installed distribution has fixtures of {provider!r}.",
        mend=f"Install one that does; there are: {known}.",
    )
    raise FixtureError(provider, [fault])


def files_of(provider: str) -> Mapping[str, bytes]:
    """Every file of an installed provider's fixtures by its name; none if it has none."""
    for entry in metadata.entry_points(group=_GROUP, name=provider):
        return dict(_files(folder_of(entry)))
    return {}


def folder_of(entry: metadata.EntryPoint) -> Traversable:
    """The folder that an entry point of `tintype.fixtures` names: a package.

    Raises:
        FixtureError: The package, or the one it stands in, cannot be imported.
    """
    try:
        return resources.files(entry.value)
    except (Exception, SystemExit) as error:
        fault = Fault(
            file=_TABLES,
            pointer="",
            message=f"Importing {entry.value} raised {type(error).__name__}: {error}.",
            mend="Ship the fixtures in a package that can be imported.",
        )
        raise FixtureError(entry.name, [fault]) from error


def installed_folder(provider: str) -> Path | None:
    """Where an installed provider's fixtures lie on this disk; None if it has none.

    Raises:
        FixtureError: The package they stand in cannot be imported.
    """
    for entry in metadata.entry_points(group=_GROUP, name=provider):
        return Path(str(folder_of(entry)))
    return None


def load_folder(path: Path | str) -> Fixtures:
    """The fixtures in a folder.

    Raises:
        FixtureError: They break a rule.
    """
    folder = Path(path)
    return _load(folder, folder.name)


def _load(folder: Traversable, provider: str) -> Fixtures:
    files = dict(_files(folder))
    tables, stories, faults = _read(files)
    if faults:
        raise FixtureError(provider, faults)
    fixtures = fixtures_of(
        tables, [story_of(story) for story in stories.values()], _excerpts(tables, files)
    )
    faults = [*check(fixtures, files), *verbatim_faults(fixtures)]
    if faults:
        raise FixtureError(provider, faults)
    return fixtures


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Every file of the set. What makes a folder a package is no part of it."""
    entries = folder.iterdir() if folder.is_dir() else ()
    for entry in sorted(entries, key=lambda entry: entry.name):
        if entry.name.startswith("__") or entry.name == "py.typed":
            continue
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_bytes()


def _read(files: Mapping[str, bytes]) -> tuple[JsonObject, dict[str, JsonObject], list[Fault]]:
    """The tables and the stories as JSON, and what is wrong with each file by itself."""
    tables, faults = _json(_TABLES, files.get(_TABLES), "provider")
    faults = faults or table_faults(_TABLES, tables)
    stories: dict[str, JsonObject] = {}
    for name, data in files.items():
        if name.endswith(".json") and name != _TABLES and "/" not in name:
            stories[name], wrong = _json(name, data, "story")
            faults += wrong or file_faults(name, stories[name], tables)
        elif name.startswith("sources/"):
            faults += excerpt_faults(name, data)
    return tables, stories, faults


def _json(
    name: str, data: bytes | None, schema: Literal["provider", "story"]
) -> tuple[JsonObject, list[Fault]]:
    if data is None:
        return {}, [Fault(file=name, pointer="", message="It is missing.", mend="Write it.")]
    try:
        value = strict_json.parse(data)
    except ValueError as error:
        message = f"It is not JSON: {error}."
        return {}, [Fault(file=name, pointer="", message=message, mend="Mend the syntax.")]
    faults = shape_faults(name, value, schema)
    return value if isinstance(value, dict) else {}, faults


def _excerpts(tables: JsonObject, files: Mapping[str, bytes]) -> Mapping[str, str]:
    """The text of each source's excerpt, for those that exist."""
    sources = tables["sources"]
    rows = sources.items() if isinstance(sources, Mapping) else ()
    return {
        key: files[row["file"]].decode("utf-8", "replace")
        for key, row in rows
        if row.get("file") in files
    }
