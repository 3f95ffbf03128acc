"""Files beside the journal: images until they are saved, and answers until they are understood."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from stat import S_ISREG

from attrs import evolve, frozen

from tintype._files import sync_folder
from tintype.convert import from_json, to_json
from tintype.entries import Unread
from tintype.errors import JournalError, ProtocolError
from tintype.exchange import Operation
from tintype.messages import Headers, Response
from tintype.models import Task

_PART = ".part"
_SUFFIX = ".answer"
_MAX_KEPT = 10  # of one record; then the last one gives way to a later


@frozen(kw_only=True)
class _Head:
    """All of a kept answer but its body: the first line of the file."""

    operation: Operation
    at: datetime
    before: Task
    status: int
    headers: tuple[tuple[str, ...], ...] = ()
    stream: bool = False


class Spool:
    """A folder of images that were paid for and are nowhere else, and of answers."""

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

    def keep_answer(self, unread: Unread) -> None:
        """Write an answer to disk, whole and durable, beside those that wait already."""
        places = list(self._answers(unread.record))
        durably(next((each for each in places if not each.exists()), places[-1]), to_bytes(unread))

    def answers(self, record: str) -> tuple[str, ...]:
        """Where a record's answers are that nobody understood so far, oldest first."""
        return tuple(map(str, takewhile(stands, self._answers(record))))

    def drop_answers(self, record: str) -> None:
        """Forget what is understood, or what a person has settled."""
        for path in reversed(self.answers(record)):
            Path(path).unlink(missing_ok=True)

    def _answers(self, record: str) -> Iterator[Path]:
        """Where answers of a record may be, in turn: those that are there come first."""
        yield record_path(self._folder, record, _SUFFIX)
        for number in range(2, _MAX_KEPT + 1):
            yield record_path(self._folder, record, f".{number}{_SUFFIX}")

    def _path(self, record: str, index: int) -> Path:
        return record_path(self._folder, record, f"-{index}")

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        if not stands(path):
            _replace(path, data)


def stands(path: Path) -> bool:
    """Whether a file is there, and not a link to one elsewhere: nobody here makes links."""
    try:
        return S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


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


def to_bytes(unread: Unread) -> bytes:
    """A kept answer as its file has it: a line of JSON, then the body as it came."""
    head = _Head(
        operation=unread.operation,
        at=unread.at,
        before=unread.before,
        status=unread.response.status,
        headers=unread.response.headers,
        stream=unread.stream,
    )
    return to_json(head).encode("utf-8", "surrogatepass") + b"\n" + unread.response.body


def from_bytes(content: bytes) -> Unread:
    """What `to_bytes` wrote.

    Raises:
        ProtocolError: The file is no kept answer.
    """
    line, _, body = content.partition(b"\n")
    head = from_json(line.decode("utf-8", "surrogatepass"), _Head)
    headers: Headers = tuple((name, value) for name, value in map(_pair, head.headers))
    return Unread(
        record=head.before.record,
        operation=head.operation,
        at=head.at,
        before=head.before,
        response=Response(status=head.status, headers=headers, body=body),
        stream=head.stream,
    )


def _pair(header: tuple[str, ...]) -> tuple[str, str]:
    if len(header) == 2:  # noqa: PLR2004 - a name and a value
        return header[0], header[1]
    msg = "The kept answer's headers are no pairs."
    raise ProtocolError(msg)
