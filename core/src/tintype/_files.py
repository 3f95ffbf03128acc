"""Files written so that no half one is ever seen: beside their place, then linked there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from attrs import frozen

from tintype._media import HEAD, TAIL, dimensions, extension, is_whole, media_type
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
            which a dead process left behind is dropped.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        self._folder = folder
        self._path = part_path(folder, name or os.urandom(8).hex())
        self._digest = hashlib.sha256()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Not emptied: it may by now be linked to the image that it became.
            self._path.unlink(missing_ok=True)
            self._file = self._path.open("x+b")
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

    def whole(self) -> bool:
        """Whether the bytes so far are an image with its end, or no image at all."""
        size = self._file.tell()
        self._file.seek(0)
        head = self._file.read(HEAD)
        self._file.seek(max(0, size - TAIL))
        tail = self._file.read()
        return is_whole(head, tail, size)

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
        self._file.close()
        return self._digest.hexdigest(), extension(kind)

    def link(self, path: Path, *, overwrite: bool) -> bool:
        """Give the file its name, durably; False where the name is taken.

        Raises:
            SaveError: The disk refuses.
        """
        try:
            if overwrite:
                self._path.replace(path)
            else:
                self._take(path)
                self._path.unlink(missing_ok=True)
            sync_folder(self._folder)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._refused(error) from error
        return True

    def _take(self, path: Path) -> None:
        """Appear under a name that nobody has."""
        try:
            path.hardlink_to(self._path)
        except FileExistsError:
            raise
        except OSError:
            # Some disks know no second names: then the name is taken by an empty file first.
            path.open("xb").close()
            self._path.replace(path)

    def _refused(self, error: OSError | ValueError) -> SaveError:
        reason = getattr(error, "strerror", None) or str(error)
        return SaveError(f"Cannot write into {self._folder}: {reason}.")


def part_path(folder: Path, name: str) -> Path:
    """Where the part of an image is kept until it is whole."""
    return folder / f".tintype-{name}.part"


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
