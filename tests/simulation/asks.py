"""What a call under way wants of a simulated world, what it is told, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from tintype import Generation, Task, TintypeError

KEY_HEADER = "Idempotency-Key"
Kind: TypeAlias = Literal["send", "next", "pause", "read", "get", "write", "together"]


@frozen
class Ask:
    """One effect.

    Attributes:
        kind: `send` an exchange, the `next` event of a stream, a `pause`, `read` a local file,
            `get` a result, `write` into the journal, do several things `together`.
        seconds: How long to pause, or how long an answer may take.
        url: What is asked for.
        method: The HTTP method.
        paid: Whether what is sent is a submission.
        value: The JSON that is sent.
        key: Its idempotency key, "" where its provider has none.
        note: What is written down: `intent`, `settled`, `snapshot`, `saved`, `released`.
    """

    kind: Kind
    seconds: float = 0.0
    url: str = ""
    method: str = ""
    paid: bool = False
    value: Mapping[str, object] = field(factory=dict)
    key: str = ""
    note: str = ""


@frozen(kw_only=True)
class Answer:
    """What a provider says; the events of a stream are its pieces.

    Attributes:
        after: Seconds until it is said.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    events: tuple[bytes, ...] = field(default=(), repr=False)
    after: float = 0.0


Said: TypeAlias = Answer | TintypeError | bytes | str | None


@frozen(kw_only=True)
class End:
    """How a call ended: with a result, or an error."""

    result: object = None
    error: BaseException | None = None

    def __str__(self) -> str:
        """In short."""
        return f"{type(self.error or self.result).__name__} {self.error or self.result}"

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that the caller was told of, also by an error."""
        match self.result, self.error:
            case Generation() as generation, _:
                return generation.tasks
            case Task() as task, _:
                return (task,)
            case _, TintypeError() as error:
                told = tuple(each.task for each in error.attempts if each.task)
                own = getattr(error, "task", None)
                return (*told, own) if isinstance(own, Task) else told
        return ()

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """Whatever went wrong, also beside a result."""
        attempts = getattr(self.result, "attempts", ()) or getattr(self.error, "attempts", ())
        own = () if self.error is None else (self.error,)
        return (*own, *(each.error for each in attempts if each.error is not None))
