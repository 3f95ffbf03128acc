"""Observed exchanges as a story of a sheet: redacted, dated, beside what the documents say."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Self

from tintype.errors import UsageError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.sheet.document import FILE
from tintype_contracts.fixtures.strict_json import spell
from tintype_contracts.live.redaction import Redaction, plain_exchange
from tintype_contracts.live.session import Asset, Played

_STORY = "observed"
_WIDTH = 80
_LETTER = re.compile(r"\\u....|\\.|[^\\]")


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
        """The sheet that holds the new story."""
        return self._folder / FILE

    @property
    def written(self) -> bool:
        """Whether anything was observed."""
        return self._written

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
        assets = [asset for each in told for asset in each.assets]
        title = "; ".join([f"Observed live on {self._day.isoformat()}", *map(_told, assets)])
        wrapped = textwrap.fill(title, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        row = f'{self._name} = ["""\n  {wrapped}""", {self._day.isoformat()}]'
        sheet = self._files[FILE].decode("utf-8").rstrip()
        sheet = sheet.replace("[sources]\n", f"[sources]\n{row}\n", 1)
        story = "\n".join(_story(self._name, self._fixtures, told))
        with self._translated():
            self.path.write_text(f"{sheet}\n\n{story}", "utf-8")
        self._written = True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            msg = f"{self._folder} cannot be written: {error.strerror}."
            raise UsageError(msg) from error


def _story(name: str, fixtures: Fixtures, played: Iterable[Played]) -> Iterator[str]:
    """The tables of the story."""
    exchanges: dict[str, Mapping[str, object]] = {}
    scenes: dict[str, list[str]] = {}
    for each in played:
        redaction = Redaction(fixtures, each)
        ids: list[str] = []
        for observed in each.observed:
            made = plain_exchange(observed, redaction)
            known = next((key for key, other in exchanges.items() if other == made), None)
            key = known or f"{observed.operation}-{len(exchanges) + 1}"
            exchanges[key] = made
            ids.append(key)
        scenes[each.scene.replace("/", ".")] = ids
    yield from (f"[story.{name}]", f'from = "{name} observed"', "")
    for key, settings in exchanges.items():
        yield f"[story.{name}.{key}]"
        yield from (f"{word} = {_spelt(value)}" for word, value in settings.items())
        yield ""
    yield f"[story.{name}.scenes]"
    yield from (f"{_text(scene)} = {_text(' '.join(ids))}" for scene, ids in scenes.items())
    yield ""


def _spelt(value: object) -> str:
    """A value in TOML: a number, a text, a list; a table as its JSON."""
    if is_array(value):
        return "".join(["[", *(f"\n  {_spelt(item)}," for item in value), "\n]"])
    if isinstance(value, int):
        return str(value)
    return _text(value if isinstance(value, str) else spell(value))


def _text(text: str) -> str:
    """A text in TOML, over several lines where one is too short for it."""
    sound = text.encode("utf-8", "replace").decode()
    escaped = json.dumps(sound, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
    pieces = [""]
    for letter in _LETTER.findall(escaped):
        # A line must not begin with a blank: TOML would leave it out.
        if len(pieces[-1]) + len(letter) > _WIDTH and letter != " ":
            pieces.append("")
        pieces[-1] += letter
    if len(pieces) == 1:
        return f'"{escaped}"'
    return '"""\\\n' + "\\\n".join(f"  {piece}" for piece in pieces) + '"""'


def _told(asset: Asset) -> str:
    return f"image {asset.media_type}, {asset.size} bytes, SHA-256 {asset.sha256[:12]}…"
