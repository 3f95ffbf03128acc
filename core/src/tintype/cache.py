"""A cache of pictures: what was drawn for a request is not bought again for the same one.

It is for development and for tests, where the same picture is wanted over and over: a request
without a seed, too, is answered with the picture that was drawn the first time. `generate` looks
it up once it is known what would be sent, before anything is priced, recorded or sent.

    client = Client(cache="pictures-of-the-tests")
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Protocol

from tintype.errors import UsageError


class Cache(Protocol):
    """Keeps entries by their keys. Used from several threads, and by several processes, at once.

    Neither method can cost a picture: what one raises is logged, and the provider is asked.
    """

    def get(self, key: str) -> bytes | None:
        """The entry of a key, or None. One that is not whole, or not tintype's, is passed over."""

    def put(self, key: str, entry: bytes) -> None:
        """Keep an entry under its key, 64 hexadecimal digits; one that is there gives way."""


class FolderCache:
    """A cache in a folder, a file an entry. Nothing leaves it by itself: delete what you like.

    Args:
        folder: Made with the first entry. It holds prompts and pictures, and no key.

    Raises:
        UsageError: It cannot be one, such as where a file has its name.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder: Path = Path(folder)
        there = next(each for each in (self.folder, *self.folder.parents) if os.path.exists(each))  # noqa: PTH110 - it raises nothing
        if not (there.is_dir() and os.access(there, os.W_OK)):
            why = "cannot be written to" if there.is_dir() else "is no folder"
            msg = f"cache={str(self.folder)!r} keeps nothing: {there} {why}."
            raise UsageError(msg)

    def get(self, key: str) -> bytes | None:
        """The entry of a key, or None."""
        try:
            return self._place(key).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, key: str, entry: bytes) -> None:
        """Keep an entry, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(dir=self.folder, prefix=f".{key[:8]}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(entry)
            part.replace(self._place(key))
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def _place(self, key: str) -> Path:
        return self.folder / f"{key}.tintype"
