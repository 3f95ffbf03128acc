"""What a plugin is given to read: one answer, and what led to it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import Quote, Task, Upload
from tintype.request import Submission

Message: TypeAlias = Response | ServerSentEvent | Delivery


class Operation(enum.StrEnum):
    """What an exchange is for."""

    PRICE = "price"
    UPLOAD = "upload"
    SUBMIT = "submit"
    POLL = "poll"
    EVENT = "event"
    END = "end"
    WEBHOOK = "webhook"
    CANCEL = "cancel"
    MODELS = "models"


@frozen(kw_only=True, slots=False)  # one an answer: made in two thirds of the time
class Exchange:
    """One answer of a provider, with everything a plugin may need to read it.

    Attributes:
        operation: What the exchange is for.
        at: When the answer was complete, as an aware datetime.
        message: The answer: a response, an event of a stream, an inbound webhook, or
            None at the end of a stream.
        request: What was asked for, where it is known; digests stand in place of images, and
            there is no nonce, once it has been submitted.
        task: The task as it stands, always there: of a submission, and of a webhook that names
            a task nobody knows, a blank one.
        quote: The quote so far, where the price is asked in several steps.
        upload: Of an upload: the reference, and what was noted of it so far.
        head: Of an event and of the end of a stream: the stream's status and headers.
    """

    operation: Operation
    at: datetime
    message: Message | None = None
    _request: Submission | Callable[[], Submission | None] | None = field(
        default=None, alias="request"
    )
    task: Task = field(factory=Task)
    quote: Quote | None = None
    upload: Upload | None = None
    head: Response | None = None

    @property
    def request(self) -> Submission | None:
        """What was asked for, put together where a plugin looks at it."""
        return self._request() if callable(self._request) else self._request
