"""Inline images, kept in files beside the journal until they are saved where they belong."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from attrs import evolve

from tintype._files import sync_folder
from tintype.errors import JournalError
from tintype.models import Task

_PART = ".part"


class Spool:
    """A folder of images that were paid for and are nowhere else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, task: Task) -> Task:
        """Write a task's inline images to disk, and give the task without their bytes.

        The files are whole and durable before this returns. An image is written once.
        """
        if all(image.data is None for image in task.images):
            return evolve(task, previews=())
        private_folder(self._folder)
        for image in task.images:
            if image.data is not None:
                self._write(self._path(task.record, image.index), image.data)
        sync_folder(self._folder)
        images = tuple(evolve(image, data=None) for image in task.images)
        return evolve(task, images=images, previews=())

    def restore(self, task: Task) -> Task:
        """A task with the bytes of its spooled images in place again."""
        places = self.places(task)
        images = (
            evolve(each, data=Path(places[each.index]).read_bytes())
            if each.index in places
            else each
            for each in task.images
        )
        return evolve(task, images=tuple(images))

    def places(self, task: Task) -> dict[int, str]:
        """The files of a task's images that are here, by index."""
        return {
            image.index: str(path)
            for image in task.images
            if image.url is None and stands(path := self._path(task.record, image.index))
        }

    def found(self, records: Collection[str]) -> dict[str, list[int]]:
        """The images of dead processes' records; the half ones are dropped."""
        whole: dict[str, list[int]] = {}
        for path in sorted(self._folder.iterdir()) if records and self._folder.exists() else ():
            record, _, index = path.name.partition("-")
            if record not in records or path.is_symlink():
                continue
            if path.name.endswith(_PART):
                path.unlink(missing_ok=True)
            elif index.isdecimal():
                whole.setdefault(record, []).append(int(index))
        return {record: sorted(indexes) for record, indexes in whole.items()}

    def drop(self, record: str, index: int) -> None:
        """Forget an image that is saved elsewhere now."""
        self._path(record, index).unlink(missing_ok=True)

    def _path(self, record: str, index: int) -> Path:
        return record_path(self._folder, record, f"-{index}")

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        if not stands(path):
            _replace(path, data)


def stands(path: Path) -> bool:
    """Whether a file is there, and not a link to one elsewhere: nobody here makes links."""
    return path.is_file() and not path.is_symlink()


def private_folder(folder: Path) -> None:
    """Have a folder, for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def record_path(folder: Path, record: str, suffix: str) -> Path:
    """A record's file in a folder.

    Raises:
        JournalError: The record's id is none: it may have come from anywhere, as `../x`.
    """
    if _RECORD.fullmatch(record):
        return folder / f"{record}{suffix}"
    msg = f"{record[:80]!r} is no record of a journal."
    raise JournalError(msg)


_BINARY = getattr(os, "O_BINARY", 0)  # Windows
_RECORD = re.compile(r"[0-9a-f]{28}")


def durably(path: Path, data: bytes) -> None:
    """Write a file, whole and on disk before this returns; its folder is made if need be."""
    private_folder(path.parent)
    _replace(path, data)
    sync_folder(path.parent)


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}{_PART}")
    fresh = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY  # never through a link
    with os.fdopen(os.open(part, fresh, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
