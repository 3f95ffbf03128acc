"""Answers that nobody understood, each in a file of its own until somebody does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from attrs import frozen

from tintype.convert import from_json, to_json
from tintype.entries import Unread
from tintype.errors import ProtocolError
from tintype.exchange import Operation
from tintype.journal._spool import durably, record_path, stands
from tintype.messages import Headers, Response
from tintype.models import Task

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


class Answers:
    """A folder of answers; it is the spool's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, unread: Unread) -> Path:
        """Write an answer to disk, whole and durable, beside those that wait already."""
        places = list(self._places(unread.record))
        path = next((each for each in places if not each.exists()), places[-1])
        durably(path, to_bytes(unread))
        return path

    def find(self, record: str) -> tuple[str, ...]:
        """Where a record's answers are, oldest first."""
        return tuple(map(str, takewhile(stands, self._places(record))))

    def drop(self, record: str) -> None:
        """Forget what is understood, or what a person has settled."""
        for path in reversed(self.find(record)):
            Path(path).unlink(missing_ok=True)

    def _places(self, record: str) -> Iterator[Path]:
        """Where answers of a record may be, in turn: those that are there come first."""
        yield record_path(self._folder, record, _SUFFIX)
        for number in range(2, _MAX_KEPT + 1):
            yield record_path(self._folder, record, f".{number}{_SUFFIX}")


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
