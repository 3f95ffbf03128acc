"""What goes in and out of the engine: HTTP and time as frozen values."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from tintype.messages import Headers, find_header

Query: TypeAlias = tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class SandboxRequest:
    """A request to one provider; `path` is unquoted and has no prefix of the sandbox."""

    method: str
    path: str
    query: Query = ()
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """The first header of that name, in any case, or ""."""
        return find_header(self.headers, name) or ""


@frozen(kw_only=True)
class WholeResponse:
    """A complete answer, to be sent after so many seconds.

    Attributes:
        task: The task that a submission was accepted as, or whose asset it is, or "".
        images: Which of the task's whole images the body holds.
    """

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    after: float = 0.0
    task: str = ""
    images: tuple[int, ...] = ()


@frozen(kw_only=True)
class TimedEvent:
    """A piece of a stream, to be sent so many seconds after the one before.

    Attributes:
        images: Which whole images of the task have been sent once this has.
    """

    after: float
    data: bytes = field(repr=False)
    images: tuple[int, ...] = ()


@frozen(kw_only=True)
class Stream:
    """An answer that is sent piece by piece; `task` is the one that was accepted."""

    status: int
    headers: Headers
    events: tuple[TimedEvent, ...]
    task: str = ""


@frozen(kw_only=True)
class Webhook:
    """An attempt to call back; `attempt` counts from 0."""

    task: str
    url: str
    headers: Headers
    body: bytes = field(repr=False)
    attempt: int = 0
