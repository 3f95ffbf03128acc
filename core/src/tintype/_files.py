"""Files written so that no half one is ever seen: beside their place, then linked there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from attrs import frozen

from tintype._media import HEAD, dimensions, extension, media_type
from tintype.errors import DownloadError, SaveError

# A picture that claims more pixels than this is a trap for whoever opens it.
_MOST_PIXELS = 2**28
_MOST_NUMBERS = 10_000


@frozen(kw_only=True)
class Place:
    """Where an image goes.

    Attributes:
        folder: Made if it is not there.
        stem: The name without an extension.
        overwrite: Whether a file of that name gives way.
        exact: Whether a taken name is an error; else a number is added to it.
    """

    folder: Path
    stem: str
    overwrite: bool = False
    exact: bool = False

    def names(self, ending: str) -> Iterator[Path]:
        """The paths to try, best first."""
        yield self.folder / f"{self.stem}.{ending}"
        if not (self.overwrite or self.exact):
            for number in range(2, _MOST_NUMBERS):
                path = self.folder / f"{self.stem}-{number}.{ending}"
                if not path.exists():
                    yield path


class PartFile:
    """A sink that keeps an image beside its final place until it is whole.

    Args:
        folder: The final folder.
        name: What tells it from other parts, "" for a name nobody has. A part of that name
            which a dead process left behind is begun anew.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        self._folder = folder
        self._path = folder / f".tintype-{name or os.urandom(8).hex()}.part"
        self._digest = hashlib.sha256()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w+b")
        except (OSError, ValueError) as error:
            raise self._refused(error) from error

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind but what was linked."""
        with suppress(OSError):  # a full disk may refuse the last bytes once more
            self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._digest.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._refused(error) from error

    def restart(self) -> None:
        """Forget all bytes so far."""
        self._digest = hashlib.sha256()
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            raise self._refused(error) from error

    def finish(self) -> tuple[str, str]:
        """Put the bytes on disk; their SHA-256, and the extension that their content has.

        Raises:
            DownloadError: They are no image, or one that claims to be enormous.
            SaveError: The disk refuses.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._refused(error) from error
        self._file.seek(0)
        kind = media_type(self._file.read(HEAD))
        if not kind:
            msg = "What came is no image that is known here."
            raise DownloadError(msg)
        width, height = dimensions(self._path) or (0, 0)
        if width * height > _MOST_PIXELS:
            msg = f"The image claims to be {width}x{height} pixels, more than anyone draws."
            raise DownloadError(msg)
        return self._digest.hexdigest(), extension(kind)

    def link(self, path: Path, *, overwrite: bool) -> bool:
        """Give the file its name; False where the name is taken.

        Raises:
            SaveError: The disk refuses.
        """
        try:
            if overwrite:
                self._path.replace(path)
            else:
                path.hardlink_to(self._path)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._refused(error) from error
        return True

    def _refused(self, error: OSError | ValueError) -> SaveError:
        reason = getattr(error, "strerror", None) or str(error)
        return SaveError(f"Cannot write into {self._folder}: {reason}.")
