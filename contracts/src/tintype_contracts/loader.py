"""Fixture sets, found and read.

A set is a folder of JSON files and excerpts: a package that an installed distribution
names in the entry-point group `tintype.fixtures`, or any folder. What is broken about it
is told all at once, in one `FixtureError`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from tintype.messages import JsonObject
from tintype_contracts._shape import fixtures_of, shape_faults, story_of
from tintype_contracts.faults import Fault, FixtureError
from tintype_contracts.format import Fixtures
from tintype_contracts.rules import check
from tintype_contracts.rules_of_files import file_faults
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
        return _load(resources.files(entry.value), provider)
    known = ", ".join(installed()) or "none"
    fault = Fault(
        file=_TABLES,
        pointer="",
        message=f"No installed distribution has fixtures of {provider!r}.",
        mend=f"Install one that does; there are: {known}.",
    )
    raise FixtureError(provider, [fault])


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
    stories: dict[str, JsonObject] = {}
    for name, data in files.items():
        if name.endswith(".json") and name != _TABLES and "/" not in name:
            stories[name], wrong = _json(name, data, "story")
            faults += wrong or file_faults(name, stories[name], tables)
    return tables, stories, faults


def _json(
    name: str, data: bytes | None, schema: Literal["provider", "story"]
) -> tuple[JsonObject, list[Fault]]:
    if data is None:
        return {}, [Fault(file=name, pointer="", message="It is missing.", mend="Write it.")]
    try:
        value: object = json.loads(data, parse_float=Decimal, object_pairs_hook=_once)
    except ValueError as error:
        message = f"It is not JSON: {error}."
        return {}, [Fault(file=name, pointer="", message=message, mend="Mend the syntax.")]
    faults = shape_faults(name, value, schema)
    return value if isinstance(value, dict) else {}, faults


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys all differ."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = f"the key {twice!r} stands twice in one object"
        raise ValueError(msg)
    return made


def _excerpts(tables: JsonObject, files: Mapping[str, bytes]) -> Mapping[str, str]:
    """The text of each source's excerpt, for those that exist."""
    sources = tables["sources"]
    rows = sources.items() if isinstance(sources, Mapping) else ()
    return {
        key: files[row["file"]].decode("utf-8", "replace")
        for key, row in rows
        if row.get("file") in files
    }
