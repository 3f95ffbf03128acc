"""Files written so that no half one is ever seen: beside their place, then linked there."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from attrs import frozen

from tintype._pictures.media import HEAD, checked_type, media_type
from tintype._pictures.whole import is_whole
from tintype.errors import SaveError

MAX_NUMBERS = 10_000
# What a disk says that knows no second names (EINVAL: Windows, of a FAT disk).
_NO_LINKS = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EINVAL}
)
_PART = ".part"
# The parts that this process is at work on, by name.
_OPEN: set[str] = set()


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

    @property
    def address(self) -> str:
        """What it is known by, but for the extension."""
        return str(self.folder / self.stem)

    def names(self, ending: str) -> Iterator[Path]:
        """The paths to try, best first."""
        yield self.folder / f"{self.stem}.{ending}"
        if not (self.overwrite or self.exact):
            for number in range(2, MAX_NUMBERS):
                path = self.folder / f"{self.stem}-{number}.{ending}"
                if not path.exists():
                    yield path


class PartFile:
    """A sink that keeps an image beside its final place until it is whole.

    Args:
        folder: The final folder.
        name: What it is a part of, "" for nothing that is known again. Two parts of one name
            are two files: each saver has its own.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        self._folder = folder
        self._path = folder / f"{_beginning(name)}.{os.getpid()}.{os.urandom(8).hex()}{_PART}"
        self._digest = hashlib.sha256()
        _OPEN.add(self._path.name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("x+b")
        except (OSError, ValueError) as error:
            _OPEN.discard(self._path.name)
            raise self._refused(error) from error

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self._path

    def __enter__(self) -> Self:
        """The part file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind but what was linked."""
        with suppress(OSError):  # a full disk may refuse the last bytes once more
            self._file.close()
        self._path.unlink(missing_ok=True)
        _OPEN.discard(self._path.name)

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
        try:
            self._file.flush()
        except OSError as error:
            raise self._refused(error) from error
        if not self._file.tell():
            return False
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return is_whole(content, media_type(content[:HEAD]))

    def finish(self) -> tuple[str, str]:
        """Put the bytes on disk; their SHA-256, and the media type of their content.

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
        kind = checked_type(self._file.read(HEAD), self._path)
        self._file.close()
        return self._digest.hexdigest(), kind

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
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._take_empty(path)

    def _take_empty(self, path: Path) -> None:
        """Take a name with an empty file first: some disks know no second names."""
        path.open("xb").close()
        try:
            self._path.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _refused(self, error: OSError | ValueError) -> SaveError:
        reason = getattr(error, "strerror", None) or str(error)
        return SaveError(f"Cannot write into {self._folder}: {reason}.")


def sweep(folder: Path, name: str) -> None:
    """Drop the parts of a name that nobody is at work on any more.

    They are not emptied: one may by now be linked to the image that it became.
    """
    with suppress(OSError):  # where nothing can be dropped, saving says why
        for path in folder.glob(f"{_beginning(name)}*{_PART}"):
            if not _at_work(path.name):
                path.unlink(missing_ok=True)


def _beginning(name: str) -> str:
    return f".tintype-{name}"


def _at_work(part: str) -> bool:
    """Whether a process lives that writes a part; its name tells which."""
    pid = part.removesuffix(_PART).rpartition(".")[0].rpartition(".")[2]
    if not pid.isdecimal():
        return False  # of a version whose parts did not tell
    # In a container every process may have the id of the one before it.
    return part in _OPEN if int(pid) == os.getpid() else _lives(int(pid))


def _lives(pid: int) -> bool:
    """Whether there is a process of that id. A zombie has ended."""
    try:
        import psutil  # noqa: PLC0415 - it comes with the journal, and only resuming needs it
    except ImportError:
        return True
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


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
