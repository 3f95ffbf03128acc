"""Observed exchanges as a fixture story: redacted, dated, beside what the documents say."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Self

from tintype.errors import UsageError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.formatter import format_fixture, on_a_line
from tintype_contracts.fixtures.sheet.document import FILE
from tintype_contracts.fixtures.strict_json import parse
from tintype_contracts.live.redaction import Redaction, plain_exchange
from tintype_contracts.live.session import Asset, Played

_STORY = "observed"
_TABLES = "provider.json"
_WIDTH = 80


class Recording:
    """A copy of a fixture set in a new folder, and a story of what was observed in it.

    Used as a context manager: the folder is there before anything is paid, and gone again
    where nothing was observed. Nothing is overwritten.

    Args:
        files: The fixture set as it is, by file name.
        folder: Where the new set goes; it must not exist.
        fixtures: The same set, read.
        day: The day on which the scenes are played.
    """

    def __init__(
        self, files: Mapping[str, bytes], folder: Path, fixtures: Fixtures, day: date
    ) -> None:
        self._files = files
        self._folder = folder
        self._fixtures = fixtures
        self._name = f"{_STORY}-{day.isoformat()}"
        self._day = day
        self._written = False

    @property
    def path(self) -> Path:
        """The new story's file."""
        return self._folder / f"{self._name}.json"

    def __enter__(self) -> Self:
        """Make the folder, and copy the set.

        Raises:
            UsageError: The folder is there already, or cannot be made.
        """
        if self._folder.exists():
            msg = f"{self._folder} is there already: nothing is overwritten, name another."
            raise UsageError(msg)
        with self._translated():
            self._folder.mkdir(parents=True)
            for file, data in self._files.items():
                (self._folder / file).parent.mkdir(parents=True, exist_ok=True)
                (self._folder / file).write_bytes(data)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind where nothing was observed."""
        if not self._written:
            shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, played: Sequence[Played]) -> None:
        """Write what was observed so far, in place of what was written before.

        Args:
            played: The scenes that were played, the interrupted one among them.

        Raises:
            UsageError: It cannot be written.
        """
        told = [each for each in played if each.observed]
        if not told:
            return
        story = _story(self._name, self._fixtures, told)
        assets = [asset for each in told for asset in each.assets]
        title = "; ".join([f"Observed live on {self._day.isoformat()}", *map(_told, assets)])
        tables, text = self._with_source(title)
        with self._translated():
            self.path.write_text(format_fixture(on_a_line(story)), "utf-8")
            (self._folder / tables).write_text(text, "utf-8")
        self._written = True

    def _with_source(self, title: str) -> tuple[str, str]:
        """The file that lists the sources, with the run among them.

        Of the pictures the title keeps what tells them apart.
        """
        if FILE in self._files:
            sheet = self._files[FILE].decode("utf-8")
            wrapped = textwrap.fill(title, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
            row = f'{self._name} = ["""\n  {wrapped}""", {self._day.isoformat()}]'
            return FILE, sheet.replace("[sources]\n", f"[sources]\n{row}\n", 1)
        return _TABLES, _listed(self._files[_TABLES], self._name, title, self._day)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            msg = f"{self._folder} cannot be written: {error.strerror}."
            raise UsageError(msg) from error


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


def _listed(tables: bytes, name: str, title: str, day: date) -> str:
    """The tables with the run as a source."""
    parsed = parse(tables.decode("utf-8"))
    if not isinstance(parsed, dict):
        msg = "provider.json holds no tables."
        raise UsageError(msg)
    parsed["sources"][name] = {"title": title, "retrieved": day.isoformat()}
    return format_fixture(on_a_line(parsed))


def _told(asset: Asset) -> str:
    return f"image {asset.media_type}, {asset.size} bytes, SHA-256 {asset.sha256[:12]}…"
