"""Observed exchanges as a fixture story: redacted, dated, beside what the documents say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from tintype.errors import UsageError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.formatter import format_fixture, on_a_line
from tintype_contracts.fixtures.strict_json import parse
from tintype_contracts.live.redaction import Redaction, plain_exchange
from tintype_contracts.live.session import Asset, Played

_STORY = "observed"


def write_observed(
    files: Mapping[str, bytes],
    folder: Path,
    fixtures: Fixtures,
    played: Sequence[Played],
    day: date,
) -> Path:
    """Copy a fixture set and add a story of what was observed. Nothing is overwritten.

    Args:
        files: The fixture set as it is, by file name.
        folder: Where the new set goes; it must not exist.
        fixtures: The same set, read.
        played: The scenes that were played.
        day: The day they were played.

    Returns:
        The new story's file.

    Raises:
        UsageError: The folder is there already, or nothing was observed.
    """
    if folder.exists():
        msg = f"{folder} is there already: nothing is overwritten, name another."
        raise UsageError(msg)
    if not any(each.observed for each in played):
        msg = "Nothing was observed: there is nothing to write."
        raise UsageError(msg)
    name = f"{_STORY}-{day.isoformat()}"
    story = _story(name, fixtures, played)
    for file, data in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
    _add_source(folder / "provider.json", name, day, [a for each in played for a in each.assets])
    path = folder / f"{name}.json"
    path.write_text(format_fixture(on_a_line(story)), "utf-8")
    return path


def _story(name: str, fixtures: Fixtures, played: Iterable[Played]) -> Mapping[str, object]:
    exchanges: dict[str, object] = {}
    scenes: dict[str, list[str]] = {}
    for each in played:
        redaction = Redaction(fixtures, each)
        ids: list[str] = []
        for observed in each.observed:
            made = plain_exchange(observed, redaction, name)
            known = next((key for key, other in exchanges.items() if other == made), None)
            key = known or f"{observed.operation}-{len(exchanges) + 1}"
            exchanges[key] = made
            ids.append(key)
        scenes[each.scene.replace("/", ".")] = ids
    return {
        "format": "tintype-fixture/1",
        "provider": fixtures.provider,
        "story": name,
        "exchanges": exchanges,
        "scenes": scenes,
    }


def _add_source(path: Path, name: str, day: date, assets: Sequence[Asset]) -> None:
    """The run as a source; of the pictures it keeps what tells them apart, not the pictures."""
    tables = parse(path.read_text("utf-8"))
    if not isinstance(tables, dict):
        msg = f"{path.name} holds no tables."
        raise UsageError(msg)
    title = "; ".join([f"Observed live on {day.isoformat()}", *map(_told, assets)])
    tables["sources"][name] = {"title": title, "retrieved": day.isoformat()}
    path.write_text(format_fixture(on_a_line(tables)), "utf-8")


def _told(asset: Asset) -> str:
    return f"image {asset.media_type}, {asset.size} bytes, SHA-256 {asset.sha256[:12]}…"
