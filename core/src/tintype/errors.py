"""Every error tintype raises, split by whose fault it is.

    TintypeError
    ├── UsageError                      the caller's: nothing was sent, nothing was billed
    │   ├── InvalidRequestError             a field has a value nobody could send
    │   ├── UnsupportedError                this model or provider cannot do that
    │   ├── UnknownProviderError            no installed plugin has that name
    │   ├── MissingKeyError                 the provider needs a key and has none
    │   ├── CostLimitError                  the quote is over `max_cost`, or unknown
    │   │   └── BudgetError                     … or over what is left of a budget
    │   └── SaveError                       the file cannot be written there
    ├── JournalError                    the journal's: it cannot be opened, or not be written
    ├── PluginError                     a plugin is broken: the message names its distribution
    ├── TransportError                  the network's
    │   ├── NotSentError                    failed before a byte of the request left
    │   │   └── CertificateError                … because nobody vouches for the host
    │   ├── DroppedError                    failed after that: the provider may have acted
    │   │   └── RequestTimeoutError             … because the request's deadline passed
    │   └── DownloadError                   a result could not be fetched
    ├── ProtocolError                   the provider's: an answer no document describes
    │   ├── UnknownStatusError              … because it names a status no document lists
    │   └── SignatureError                  a webhook is not signed by its provider
    │       └── StaleSignatureError             … or was signed too long ago
    ├── ProviderError                   the provider's: it said no, in documented words
    │   ├── BadRequestError                 it does not accept the request
    │   ├── AuthenticationError             it does not accept the key
    │   ├── PermissionDeniedError           the key may not do this
    │   ├── InsufficientCreditError         the balance is too low
    │   ├── NotFoundError                   it does not know the task or the model
    │   ├── RateLimitError                  slow down
    │   │   └── GateError                       … and the submission was not sent for that
    │   └── ServerError                     it failed
    │       └── OverloadedError                 … because it has no capacity now
    ├── SubmissionUnknownError          a submission left and nobody knows what became of it
    ├── SizeMismatchError               a picture is saved, and has not the size that was asked for
    └── TaskError                       a task ended without an image; the error carries it
        ├── TaskFailedError                 the provider gave up
        ├── TaskRefusedError                moderation refused the result
        └── DeadlineError                   the task's deadline passed; it may still finish

Each error says whether money was spent (`billed`) and survives pickling. `str()`
is one sentence or two, of at most 1,000 characters: what happened, and what to do about it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from tintype._excerpts import sentences, shortened
from tintype._statuses import STATUSES

if TYPE_CHECKING:
    from pathlib import Path

    from tintype.entries import Unread
    from tintype.models import Attempt, Generation, Notice, Resolved, Task


class Billed(enum.StrEnum):
    """Whether money was spent."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Outcome(enum.StrEnum):
    """The fate of a submission, as far as anybody knows it."""

    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


# What `str()` puts around it, such as the provider's name and advice, has room in the rest.
_MAX_WORDS = 850


class TintypeError(Exception):
    """The base of every error tintype raises.

    Attributes:
        message: What happened, as a sentence; of a long one the beginning and the end.
        provider: The provider's name, or "" where none is involved.
        billed: Whether money was spent.
        body: What the provider said, at most 4 KiB of it, without keys and with `<N bytes>`
            in place of images; "" where it said nothing.
        attempts: What became of each submission, where a generation gave no image.
        notices: What the caller should know of the request that failed.
        answer: The answer that no hook understood, where no journal keeps it: hand the error to
            `client.read_again`.
        kept: The file in which the journal keeps that answer for `resume`, or "".
        advice: What a person or a program can do about it, or ""; `str()` says it at the end.
    """

    billed: Billed = Billed.UNKNOWN
    body: str = ""
    answer: Unread | None = None
    kept: str = ""
    advice: str = ""
    attempts: tuple[Attempt, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __init__(self, message: str, *, provider: str = "", billed: Billed | None = None) -> None:
        message = shortened(message, _MAX_WORDS)
        super().__init__(message)
        self.message = message
        self.provider = provider
        if billed is not None:
            self.billed = billed

    def __str__(self) -> str:
        """The message, behind the provider's name where there is one, and what to do about it."""
        words = f"{self.provider}: {self.message}" if self.provider else self.message
        return shortened(sentences(words, self.advice) if self.advice else words)


class UsageError(TintypeError):
    """The caller asked for something that cannot be done. Nothing was sent."""

    billed = Billed.NO


class InvalidRequestError(UsageError):
    """A field of a request has a value that nobody could send.

    Attributes:
        field: The field's name as the caller spells it.
        allowed: The values that would have been accepted, where they can be listed.
    """

    def __init__(
        self, message: str, *, field: str = "", allowed: tuple[str, ...] = (), provider: str = ""
    ) -> None:
        super().__init__(message, provider=provider)
        self.field = field
        self.allowed = allowed


class UnsupportedError(InvalidRequestError):
    """This model or provider cannot do what the field asks for."""


class UnknownProviderError(UsageError):
    """No installed plugin has that name."""


class MissingKeyError(UsageError):
    """The provider needs a key and the account has none."""


class CostLimitError(UsageError):
    """The quote is over the caller's `max_cost`, or it is unknown."""


class BudgetError(CostLimitError):
    """The highest price of a submission is more than a budget has left."""


class SaveError(UsageError):
    """An image cannot be written where the caller wants it."""


class JournalError(TintypeError):
    """The journal cannot be opened, or not be written. What cannot be kept is not begun."""


class PluginError(TintypeError):
    """A plugin is broken. The message names its distribution and the mend."""

    billed = Billed.NO


class TransportError(TintypeError):
    """The network failed, before or after the request had left."""


class NotSentError(TransportError):
    """The exchange failed before a byte of the request left: it is safe to repeat."""

    billed = Billed.NO


class CertificateError(NotSentError):
    """Nobody vouches for the host's certificate: another try will not mend that."""


class DroppedError(TransportError):
    """The exchange failed after bytes had left: the provider may have acted on them."""


class RequestTimeoutError(DroppedError):
    """The request's deadline passed before its answer was complete."""


class DownloadError(TransportError):
    """A result could not be fetched.

    Attributes:
        expired: Whether it is gone for good, its time being over.
    """

    def __init__(self, message: str, *, expired: bool = False, provider: str = "") -> None:
        super().__init__(message, provider=provider)
        self.expired = expired


class ProtocolError(TintypeError):
    """The provider gave an answer that no document describes.

    Attributes:
        pointer: JSON pointer (RFC 6901) of the offending value, "" for the whole body.
        status: The HTTP status, or None outside HTTP.
    """

    def __init__(
        self,
        message: str,
        *,
        pointer: str = "",
        status: int | None = None,
        provider: str = "",
        billed: Billed | None = None,
    ) -> None:
        super().__init__(message, provider=provider, billed=billed)
        self.pointer = pointer
        self.status = status


class UnknownStatusError(ProtocolError):
    """The provider names a task status that no document lists."""


class SignatureError(ProtocolError):
    """A webhook is not signed as its provider signs: it was changed, or somebody else sent it."""


class StaleSignatureError(SignatureError):
    """A webhook's signature is right and too old: somebody sends it again."""


class ProviderError(TintypeError):
    """The provider refused in documented words.

    Attributes:
        status: The HTTP status, or None where the refusal came by other means.
        code: The provider's own error code, or "".
        retry_after: Seconds the provider asks us to wait, or None.
        request_id: The provider's name for the exchange, or "".
    """

    retryable: ClassVar[bool] = False

    def __init__(  # noqa: PLR0913 - each is a keyword the provider may have told us
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        retry_after: float | None = None,
        request_id: str = "",
        provider: str = "",
        billed: Billed | None = None,
    ) -> None:
        super().__init__(message, provider=provider, billed=billed)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id


class BadRequestError(ProviderError):
    """The provider does not accept the request as it is."""

    billed = Billed.NO


class AuthenticationError(ProviderError):
    """The provider does not accept the key."""

    billed = Billed.NO


class PermissionDeniedError(ProviderError):
    """The key may not do this."""

    billed = Billed.NO


class InsufficientCreditError(ProviderError):
    """The balance is too low for this."""

    billed = Billed.NO


class NotFoundError(ProviderError):
    """The provider does not know the task, the model or the address."""


class RateLimitError(ProviderError):
    """Too many requests: slow down."""

    billed = Billed.NO
    retryable = True


class GateError(RateLimitError):
    """A submission could not leave in time: the account's limits, or a refusal, kept it here."""


class ServerError(ProviderError):
    """The provider failed. Whether it had begun to work, and so to charge, is not known."""

    retryable = True


class OverloadedError(ServerError):
    """The provider has no capacity now and did not begin."""

    billed = Billed.NO


# What these statuses mean wherever a document lists them, unless it says otherwise.
_USUAL: Mapping[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServerError,
    413: BadRequestError,
    422: BadRequestError,
    429: RateLimitError,
    500: ServerError,
    502: ServerError,
    503: OverloadedError,
    504: ServerError,
    524: ServerError,
    529: OverloadedError,
}


def refusals(*documented: int) -> dict[int, type[ProviderError]]:
    """The table of the statuses that a provider's documents list, with their usual meaning.

    What means something else there is laid over it: `refusals(400, 401) | {429: …}`.

    Raises:
        KeyError: One of them has no usual meaning.
    """
    return {status: _USUAL[status] for status in documented}


def refusal(
    status: int,
    kinds: Mapping[int, type[ProviderError]],
    message: str | None = "",
    code: str | int | None = "",
    *,
    billed: Billed | None = None,
    in_body: bool = False,
) -> ProviderError | ProtocolError:
    """The error for an HTTP status (or one of its kind in a body), by a plugin's own table.

    A status the table does not list is told by HTTP's: a `ProtocolError` that was not billed
    where the status itself says that nothing was processed; else, because nobody knows whether
    it was billed, a `ServerError` from 500 on and a `ProtocolError` below.

    Args:
        status: The status, of the answer or inside it.
        kinds: What each documented status means.
        message: The provider's words.
        code: The provider's code.
        billed: Whether money was spent, where that is known and other than usual.
        in_body: Whether it stands in the body of another status: HTTP does not say what it
            means there.
    """
    known = billed is not None and billed is not Billed.UNKNOWN
    kind = kinds.get(status, ServerError if known and status >= _FIRST_SERVER_ERROR else None)
    if kind is not None:
        text = message or f"It answered with status {status}."
        return kind(text, status=status, code=str(code or ""), billed=billed)
    meaning = None if in_body else STATUSES.get(status)
    why = f" ({meaning.reason})" if meaning is not None else ""
    words = f" It says: {message}" if message else ""
    if meaning is not None and meaning.outcome == "rejected":
        text = f"It answered {status}{why}, so nothing was processed or billed.{words}"
        return ProtocolError(text, status=status, billed=Billed.NO)
    text = f"It answered {status}{why}, and what that means for money is not documented.{words}"
    if status >= _FIRST_SERVER_ERROR:
        return ServerError(text, status=status, code=str(code or ""), billed=billed)
    return ProtocolError(text, status=status)


_FIRST_SERVER_ERROR = 500


class SubmissionUnknownError(TintypeError):
    """A submission left and nobody knows what became of it. It is not sent again by itself.

    Where a document names a key by which the provider knows it again, that was done already.

    Attributes:
        record: The id of the recorded intent, to look for in the journal.
        answered: Whether an answer came and nobody understood it; else it was lost.
    """

    def __init__(
        self,
        message: str,
        *,
        record: str = "",
        answered: bool = False,
        provider: str = "",
        billed: Billed | None = None,
    ) -> None:
        super().__init__(message, provider=provider, billed=billed)
        self.record = record
        self.answered = answered


class SizeMismatchError(TintypeError):
    """Pictures are recorded and saved, and some have not the size that was asked for.

    Attributes:
        drawn: The generation or the task whose pictures they are, or None.
        paths: The files of all of them, in their order.
        resolved: What was asked, sent and received, for each picture that is another size.
    """

    def __init__(
        self,
        message: str,
        *,
        drawn: Generation | Task | None = None,
        paths: tuple[Path | str, ...] = (),
        resolved: tuple[Resolved, ...] = (),
        provider: str = "",
        billed: Billed | None = None,
    ) -> None:
        super().__init__(message, provider=provider, billed=billed)
        self.drawn = drawn
        self.paths = paths
        self.resolved = resolved


class TaskError(TintypeError):
    """A task ended without an image, or did not end in time.

    Attributes:
        task: The task's last snapshot, or None once the error was made by hand.
        task_json: The same snapshot as JSON, for another process to pick up.
    """

    def __init__(
        self,
        message: str,
        *,
        task: Task | None = None,
        task_json: str = "",
        advice: str = "",
        provider: str = "",
        billed: Billed | None = None,
    ) -> None:
        super().__init__(message, provider=provider, billed=billed)
        self.task = task
        self.task_json = task_json
        self.advice = advice


class TaskFailedError(TaskError):
    """The provider gave up on the task."""


class TaskRefusedError(TaskError):
    """Moderation refused the task or its result."""


class DeadlineError(TaskError):
    """The task's deadline passed. It may still finish: wait for it again from `task_json`."""
