"""The lines of a batch: read one by one, each known by its tag, and drawn by one at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from threading import Lock
from typing import Protocol

from attrs import frozen

from tintype import _forks
from tintype._doors import check_methods
from tintype._excerpts import quoted
from tintype.convert import to_builtins
from tintype.errors import InvalidRequestError
from tintype.request import ImageRequest

_BESIDE = "\x1f"  # what neither a name nor a tag holds


class Items(Protocol):
    """Where the lines of a batch come from.

    Attributes:
        again: The same lines once more, or None where they can be read once alone.
    """

    @property
    def again(self) -> Iterable[object] | None: ...

    def next(self) -> object:
        """The next one's number, from 1, and itself; None at the end. It may be awaited."""


@frozen(kw_only=True)
class BatchLine:
    """A line that is a request.

    Attributes:
        number: Its place, from 1.
        request: What it asks for, with its tag.
        digest: The SHA-256 of that.
        key: What the journal knows it by.
    """

    number: int
    request: ImageRequest
    digest: str
    key: str

    @property
    def tag(self) -> str:
        """What it is known by in its batch."""
        return self.request.tag or ""


def digest_of(request: ImageRequest) -> str:
    """The SHA-256 of what a request asks for, whatever its tag is.

    What is left at its default does not count: a field that a later version has changes nothing.
    """
    told, blank = to_builtins(request.digested()), to_builtins(_BLANK)
    if not isinstance(told, dict) or not isinstance(blank, dict):
        raise TypeError
    given = {name: value for name, value in told.items() if value != blank[name]}
    given = {**given, "prompt": request.prompt, "tag": None}
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


_BLANK = ImageRequest(prompt="-")


def prefix_of(name: str) -> str:
    """What the keys of a batch's lines begin with in the journal."""
    return _BESIDE.join(("batch", name, ""))


def tag_of(number: int, request: ImageRequest) -> str:
    """What a line without a tag is known by: two that are equal are two pictures."""
    return f"{number}-{digest_of(request)[:12]}"


class InTurn:
    """The items of an iterable, each with its number, for whoever asks next: from any thread.

    Attributes:
        again: The iterable, where it can be iterated once more.
    """

    def __init__(self, items: Iterable[object]) -> None:
        check_methods(items, ["__iter__"], "requests", "an iterable of ImageRequests")
        self.again = items if iter(items) is not items else None
        self._items = enumerate(items, start=1)
        self._lock = Lock()

    def next(self) -> tuple[int, object] | None:
        """The next one, or None: there are no more."""
        with self._lock:
            return next(self._items, None)


class AtWork:
    """The lines that this process is at work on, whichever batch they are of."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be at work on none, as a process that was just forked."""
        self._lock = Lock()
        self._digests: dict[str, str] = {}

    def begin(self, line: BatchLine) -> bool:
        """Whether a line could be begun: else another one of its tag is under way.

        Raises:
            InvalidRequestError: That one asks for something else.
        """
        with self._lock:
            known = self._digests.setdefault(line.key, "")
            if known and known != line.digest:
                raise other_request(line)
            self._digests[line.key] = line.digest
            return not known

    def end(self, line: BatchLine) -> None:
        """It is over."""
        with self._lock:
            self._digests.pop(line.key, None)


AT_WORK = AtWork()
_forks.guard(AT_WORK)


def other_request(line: BatchLine) -> InvalidRequestError:
    """The error of a line whose tag stands for something else."""
    msg = (
        f"The tag {quoted(line.tag)} stands for another request in this batch, which is drawn or "
        "under way: give this line a tag of its own. Nothing was sent."
    )
    return InvalidRequestError(msg, field="tag")
