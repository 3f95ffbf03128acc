"""What a flow asks of the outside world, and what it is told.

A flow is a generator that performs no I/O. It yields one of these effects, and is sent
the reply or thrown the error. A driver, sync or async, does nothing else than perform
them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol, TypeAlias, TypeVar

from attrs import field, frozen

from tintype.entries import Entry
from tintype.messages import Headers, HttpRequest, Proxy, Request, Response, ServerSentEvent
from tintype.models import BatchResult, Task

T = TypeVar("T")


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Send:
    """Make this exchange. The reply is a `Response`, or `Head` where events follow.

    Attributes:
        repeat: Whether a repetition is safe. A driver never repeats by itself; it may
            choose its connection by this.
        timeout: Seconds from now until the answer must be complete.
        hook: Which hook asks, or "": tintype itself.
        encoded: The request in bytes, before its provider is shown who asks, where that was
            rehearsed.
        waited: Seconds since its task was last heard of, where it looks at one that is followed.
    """

    request: Request
    repeat: bool
    timeout: float
    hook: str = ""
    waited: float = 0.0
    encoded: HttpRequest | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Receive:
    """The next event of the open stream. The reply is the event, or None at its end."""


@frozen(kw_only=True)
class Sleep:
    """Wait so many seconds.

    Attributes:
        why: What keeps a submission at its account's gate, or "".
        retry: Whether what went wrong is tried again then.
        looks: Whether tasks are looked at then; each look tells how long its own task waited.
    """

    seconds: float
    why: str = ""
    retry: bool = False
    looks: bool = False


@frozen(kw_only=True)
class Load:
    """The bytes of a local file."""

    path: str


class Sink(Protocol):
    """Where the bytes of a result go."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next bytes."""

    def restart(self) -> None:
        """Forget all bytes so far: the result is fetched anew."""

    def whole(self) -> bool:
        """Whether the bytes so far are an image with its end, or no image at all."""


@frozen(kw_only=True)
class Fetch:
    """Get a result. The reply is the `Head`; the body of a 200 is written.

    Attributes:
        limit: The most bytes to accept.
        timeout: Seconds from now until the body must be complete.
        public_only: Whether an address that is not of the public internet is refused.
        trusted_networks: Networks whose addresses are not refused, such as `198.18.0.0/15`.
        keyed: Whether it is on an origin of the API's, and behind its credential.
        headers: Headers of the API's own that it is then asked for with.
        proxy: Through which proxy, or None.
    """

    url: str
    sink: Sink
    limit: int
    timeout: float
    public_only: bool = True
    trusted_networks: tuple[str, ...] = ()
    keyed: bool = False
    headers: Headers = ()
    proxy: Proxy | None = None

    @property
    def question(self) -> Send:
        """The exchange that gets a result which is behind a credential."""
        asked = Request(method="GET", url=self.url, accept="image/*", headers=self.headers)
        return Send(request=asked, repeat=True, timeout=self.timeout)


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Record:
    """Write this down before going on. The reply is the record's id, "" without a journal.

    A `JournalError` says that it is not durable, or not in time.
    """

    entry: Entry


class Work(Protocol):
    """Pieces of work, each a flow: which of them is next, and when."""

    def __len__(self) -> int:
        """How many pieces wait."""

    def pause(self) -> float | None:
        """Seconds until the next piece is due, or None where none waits."""

    def take(self) -> Flow[None]:
        """The next piece."""


@frozen(kw_only=True)
class Together:
    """Do several pieces of work at a time, each as it falls due, until none is left.

    The reply is the next thing that a piece tells, and the effect is to be performed again; or
    None: all is done.

    Attributes:
        width: How many at a time.
        apart: Whether each piece is at work on records of its own, and leaves them when it ends.
    """

    work: Work
    width: int
    apart: bool = False


@frozen(kw_only=True)
class Head:
    """The head of an answer: its body is a stream of events, or went into a sink.

    Attributes:
        body: The beginning of a body that went nowhere: why there is no result.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""


@frozen(kw_only=True)
class Turn:
    """Turn to a provider: all that is asked for from now on concerns it."""

    provider: str


@frozen(kw_only=True)
class Ask:
    """Call a function that may block; what it returns may have to be awaited. See `Asked`."""

    call: Callable[[], object]


@frozen(kw_only=True)
class Asked:
    """What a function returned."""

    value: object


@frozen(kw_only=True)
class Tell:
    """Tell whoever waits for it what came of a line of a batch."""

    result: BatchResult


News: TypeAlias = Task | BatchResult
Step: TypeAlias = Send | Receive | Sleep | Load | Fetch | Record
Effect: TypeAlias = Step | Together | Turn | Ask | Tell
Reply: TypeAlias = Response | Head | ServerSentEvent | News | Asked | bytes | str | None
Flow: TypeAlias = Generator[Effect, Reply, T]
