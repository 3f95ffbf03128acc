"""Where pictures go that are to stand in no local folder: an address, or a sink of yours.

Any address that fsspec knows will do, such as `s3://bucket/folder` (`pip install
'tintype[fsspec]'`, and the library of that address, such as `s3fs`). `file://` and `s3://` are
tested; others are untried.
"""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

from tintype._doors import check_methods, held
from tintype._excerpts import guess, quoted
from tintype.errors import InvalidRequestError, UsageError

if TYPE_CHECKING:
    from typing import BinaryIO

_MARK = "://"
_WAY_OUT = "a path, the text of one, an address such as 's3://bucket/folder', or a sink"
# Whose objects appear when they are whole, and can be made only where none is.
_WHOLE_OBJECTS = frozenset({"s3", "s3a", "gs", "gcs"})


class Sink(Protocol):
    """Keeps pictures, each whole or not at all. Called from several threads at once.

    What it raises is told as a `SaveError`: the picture stays paid for and unsaved, and `resume`
    tries again.
    """

    @property
    def url(self) -> str:
        """Where it is, such as `db://pictures`: the journal knows a picture by `url/name`."""

    def put(self, name: str, file: Path, *, overwrite: bool) -> bool:
        """Keep what a file holds under a name, such as `panda.png`.

        Args:
            name: A plain file name.
            file: Its bytes; it is gone afterwards.
            overwrite: Whether what is kept under that name gives way.

        Returns:
            Whether it is kept; False where the name is taken.
        """

    def digest(self, name: str) -> str:
        """The SHA-256, in hexadecimal, of what is kept under a name; "" where nothing is.

        It is asked for where a process died between keeping a picture and writing that down.
        """


Home: TypeAlias = Path | Sink
"""A folder, or what takes its place."""


class _Files(Protocol):
    """What is used of a file system of fsspec."""

    protocol: str | tuple[str, ...]

    def exists(self, path: str) -> bool: ...

    def open(self, path: str, mode: str) -> BinaryIO: ...

    def put_file(self, lpath: str, rpath: str, *, mode: str = "overwrite") -> object: ...

    def makedirs(self, path: str, *, exist_ok: bool) -> object: ...

    def mv(self, path1: str, path2: str) -> object: ...

    def rm_file(self, path: str) -> object: ...

    def invalidate_cache(self) -> object: ...


class FsspecSink:
    """An address that fsspec knows.

    On S3 and Google's storage a picture is one object, which appears once it is whole, and only
    where none of its name is. Elsewhere it is written beside its place and moved there: between
    the look whether a name is free and the move, another process can take it.

    Args:
        url: A folder there, such as `s3://bucket/folder`. It holds no password: the library of
            that address has ways of its own for that, such as `AWS_SECRET_ACCESS_KEY`.
        options: What that library takes, such as `endpoint_url=…`.

    Raises:
        InvalidRequestError: It is no address, or holds a password.
    """

    def __init__(self, url: str, **options: object) -> None:
        held(url, str, "url", "an address such as 's3://bucket/folder'")
        parts = urlsplit(url)
        if _MARK not in url or not parts.scheme or parts.password is not None:
            msg = "url is no address such as 's3://bucket/folder', without a password."
            raise InvalidRequestError(msg, field="url")
        self.url: str = url.rstrip("/")
        self._options = options

    def __repr__(self) -> str:
        """The address; options may hold a key."""
        return f"FsspecSink({self.url!r})"

    def check(self) -> None:
        """Find out whether the libraries are there that speak to the address.

        Raises:
            UsageError: They are not, or nobody knows such an address.
        """
        _ = self._opened

    def put(self, name: str, file: Path, *, overwrite: bool) -> bool:
        """Keep what a file holds under a name; False where the name is taken."""
        files, root = self._opened
        path = f"{root}/{name}"
        files.invalidate_cache()
        if not overwrite and files.exists(path):
            return False
        if not _WHOLE_OBJECTS.isdisjoint(_protocols(files)):
            try:
                files.put_file(str(file), path, mode="overwrite" if overwrite else "create")
            except FileExistsError:
                return False
            return True
        self._move_there(files, root, file, path)
        return True

    def digest(self, name: str) -> str:
        """The SHA-256 of what is kept under a name, or ""."""
        files, root = self._opened
        files.invalidate_cache()
        try:
            with files.open(f"{root}/{name}", "rb") as found:
                return hashlib.file_digest(found, "sha256").hexdigest()  # type: ignore[arg-type]  # it can be read into a buffer
        except FileNotFoundError:
            return ""

    @staticmethod
    def _move_there(files: _Files, root: str, file: Path, path: str) -> None:
        part = f"{root}/.tintype-{os.urandom(8).hex()}.part"
        files.makedirs(root, exist_ok=True)
        try:
            files.put_file(str(file), part)
            files.mv(part, path)
        except BaseException:
            if files.exists(part):
                files.rm_file(part)
            raise

    @cached_property
    def _opened(self) -> tuple[_Files, str]:
        """The file system, and the folder in its own words."""
        try:
            import fsspec  # noqa: PLC0415 - an extra
        except ImportError as error:
            msg = f"Saving to {self.url} needs fsspec: pip install 'tintype[fsspec]'"
            raise UsageError(msg) from error
        try:
            files, root = fsspec.core.url_to_fs(self.url, **self._options)
        except ImportError as error:
            msg = f"Saving to {self.url} needs one more library: {error}."
            raise UsageError(msg) from error
        except ValueError as error:
            scheme = self.url.partition(_MARK)[0]
            near = guess(scheme, fsspec.available_protocols())
            msg = f"{self.url} is no address that fsspec knows: {error}.{near}"
            raise UsageError(msg) from error
        return cast("_Files", files), str(root).rstrip("/")


def _protocols(files: _Files) -> frozenset[str]:
    names = files.protocol
    return frozenset((names,) if isinstance(names, str) else names)


def is_address(text: str) -> bool:
    """Whether a text is an address, and no path of this machine."""
    return _MARK in text


def home_of(given: str | Path | Sink) -> Home:
    """Where a caller wants pictures. `file://` is a folder of this machine.

    Raises:
        InvalidRequestError: It is nothing that takes one.
    """
    if isinstance(given, Path):
        return given
    if not isinstance(given, str):
        check_methods(given, ["put", "digest"], "folder", _WAY_OUT)
        if not isinstance(url := getattr(given, "url", None), str) or not is_address(url):
            msg = f"folder is a sink whose url is {quoted(url)}: give an address, 'db://pictures'."
            raise InvalidRequestError(msg, field="folder")
        return given
    if not is_address(given):
        return Path(given)
    parts = urlsplit(given)
    if parts.scheme != "file":
        return FsspecSink(given)
    if parts.netloc not in {"", "localhost"}:
        msg = f"{given!r} is on another machine: file:///folder is on this one."
        raise InvalidRequestError(msg, field="folder")
    from urllib.request import url2pathname  # noqa: PLC0415 - slow to import, for this alone

    return Path(url2pathname(parts.path))


def sink_of(address: str, home: Home) -> tuple[Sink, str] | None:
    """The sink of a picture that the journal knows by an address, and its name there.

    None where nobody here knows such an address: it was a sink of somebody's own.
    """
    url, _, name = address.rpartition("/")
    if not isinstance(home, Path) and home.url == url:
        return home, name
    made = FsspecSink(url)
    try:
        made.check()
    except UsageError:
        return None
    return made, name
