"""The words of image generation: what it costs, and what came of it.

All are frozen values. `ImageRequest` and `Task` go to JSON and back
(`tintype.to_json`, `tintype.from_json`), so another process can pick them up.
Money is `Decimal` US dollars; credits are kept apart from dollars. Times are
aware datetimes. Durations are seconds.
"""

from __future__ import annotations

import enum
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from attrs import field, frozen

from tintype._amounts import in_digits, total
from tintype.errors import Billed, InvalidRequestError, Outcome, TintypeError
from tintype.messages import JsonObject
from tintype.request import ImageRequest, Reference


@frozen(kw_only=True)
class Notice:
    """Something the caller should know: a field that is not sent as it was asked.

    Attributes:
        field: The request's field.
        message: What happens to it, as a sentence.
        source: Where that is documented, or "".
    """

    field: str
    message: str
    source: str = ""


@frozen(kw_only=True)
class Resolved:
    """One field's fate: what was asked, what was sent, what came back.

    Each is written as text; None where there is nothing to say.
    """

    field: str
    asked: str | None = None
    sent: str | None = None
    received: str | None = None


# ---------------------------------------------------------------------------- price


class QuoteKind(enum.StrEnum):
    """How much a quote knows."""

    EXACT = "exact"
    RANGE = "range"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class QuoteLine:
    """One thing that is charged for.

    Attributes:
        billable: What is counted, such as `output_image`.
        unit: In what, such as `image`, `megapixel`, `token`, `request`.
        quantity: How many units, or None where only the work itself will tell.
        unit_price: US dollars a unit, or None where the provider counts in credits.
        unit_credits: Credits a unit, or None.
    """

    billable: str
    unit: str
    quantity: Decimal | None = field(default=None, repr=in_digits)
    unit_price: Decimal | None = field(default=None, repr=in_digits)
    unit_credits: Decimal | None = field(default=None, repr=in_digits)


@frozen(kw_only=True)
class Quote:
    """What a request would cost.

    Attributes:
        provider: The provider's name; the core sets it.
        model: The provider's own id of the model.
        lines: What is charged for.
        low: The least it can cost in US dollars, or None: unknown. 0 is said only where
            a document says free.
        high: The most, equal to `low` where the price is exact.
        credits_low: The least in credits, or None where the provider has none or says none.
        credits_high: The most in credits.
        assumptions: What was assumed, each as a sentence.
        source: Where the price is written, or was asked.
        as_of: The day the price was true.
        final: False where the plugin has to ask again before it knows.
        notes: The plugin's own between two questions.
        reason: Why the price is unknown, or "".
    """

    provider: str = ""
    model: str = ""
    lines: tuple[QuoteLine, ...] = ()
    low: Decimal | None = field(default=None, repr=in_digits)
    high: Decimal | None = field(default=None, repr=in_digits)
    credits_low: Decimal | None = field(default=None, repr=in_digits)
    credits_high: Decimal | None = field(default=None, repr=in_digits)
    assumptions: tuple[str, ...] = ()
    source: str = ""
    as_of: date | None = None
    final: bool = True
    notes: JsonObject = field(factory=dict, hash=False)
    reason: str = ""

    @property
    def kind(self) -> QuoteKind:
        """Exact, a range, or unknown, in dollars where there are dollars, else in credits."""
        low, high = (self.low, self.high) if self.low is not None else self.credits
        if low is None:
            return QuoteKind.UNKNOWN
        return QuoteKind.EXACT if low == high else QuoteKind.RANGE

    @property
    def credits(self) -> tuple[Decimal | None, Decimal | None]:
        """(least, most) in credits."""
        return self.credits_low, self.credits_high

    @property
    def usd(self) -> Decimal | None:
        """The price in US dollars where it is exact, else None."""
        return self.low if self.low == self.high else None


@frozen(kw_only=True)
class Offer:
    """What one provider would do with a request, and for how much.

    Attributes:
        provider: Its name.
        quote: What it would cost; unknown, with the reason, where it cannot be done at all.
        name: The model's canonical name, or "" where it has none; `quote.model` is its id.
        size: The pixels that would come, `WIDTHxHEIGHT`, or "" where no document says.
        seconds: How long its pictures took of late, as the journal knows, or None.
        resolved: What would be sent in place of what is asked, field by field.
        notices: What the caller should know before it is sent.
        error: Why it cannot be done, or was not told in time; else None.
    """

    provider: str
    quote: Quote
    name: str = ""
    size: str = ""
    seconds: float | None = None
    resolved: tuple[Resolved, ...] = ()
    notices: tuple[Notice, ...] = ()
    error: TintypeError | None = None

    @property
    def drawn_by(self) -> str:
        """The model by the name it has everywhere: offers that differ in it are of two models."""
        return self.name or self.quote.model


# --------------------------------------------------------------------------- result


@frozen(kw_only=True)
class Image:
    """A picture, at a URL or in memory.

    Attributes:
        url: Where it can be fetched, or None.
        data: The encoded image itself, or None.
        media_type: As the provider says, or "".
        width: Pixels, or None until known.
        height: Pixels, or None until known.
        index: Its place among the images of its task.
        seed: The seed it was drawn with, or None.
        preview_url: A smaller version, or None.
        expires_at: When the URL stops working, or None where nobody says.
    """

    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    index: int = 0
    seed: int | None = None
    preview_url: str | None = None
    expires_at: datetime | None = None


@frozen(kw_only=True)
class Failure:
    """Why a task, or one image of it, did not come about.

    Attributes:
        message: The provider's words.
        code: The provider's code, or "".
        index: Which image, or None for the whole task.
        refused: Whether moderation is the reason.
    """

    message: str
    code: str = ""
    index: int | None = None
    refused: bool = False


@frozen(kw_only=True)
class Usage:
    """What the provider counted, where it says."""

    images: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@frozen(kw_only=True)
class Cost:
    """What was charged.

    Attributes:
        usd: US dollars, or None where unknown.
        credits: Credits, or None.
        source: How it is known: what the provider `reported`, or a documented price
            times what it counted.
    """

    usd: Decimal | None = field(default=None, repr=in_digits)
    credits: Decimal | None = field(default=None, repr=in_digits)
    source: str = ""


class TaskState(enum.StrEnum):
    """Where a task stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def terminal(self) -> bool:
        """Whether the task will not change any more."""
        return self is not TaskState.RUNNING


# Letters, digits, blanks and hyphens: files beside a journal bear these names.
_RECORD = re.compile(r"[A-Za-z0-9 _-]{0,64}", re.ASCII)


def _names_a_record(task: Task, attribute: object, record: object) -> None:  # noqa: ARG001
    """Refuse what would lead elsewhere: a task's JSON may come from anywhere.

    Raises:
        InvalidRequestError: It is no name of a record.
    """
    if record == "":
        return
    if not isinstance(record, str) or _RECORD.fullmatch(record) is None:
        msg = f"record={str(record)[:80]!r} names no record of a journal; nothing was sent."
        raise InvalidRequestError(msg, field="record")


@frozen(kw_only=True, slots=False)  # one an answer: made in two thirds of the time
class Update:
    """What a plugin reads of a task in one answer: what it leaves out stays as it was.

    All else of a `Task` is the core's, and no plugin can set it.

    Attributes:
        id: The provider's id of the task, or "".
        model: The model that drew it, where the provider names another than was asked, or "".
        made_at: When the provider says it was made, or None: a lost submission is known by it.
        state: Where it stands, or None.
        images: All that it drew so far, in the provider's order.
        previews: All unfinished images so far.
        errors: All that went wrong so far, as a whole or image by image.
        progress: From 0 to 1, or None; true of this answer only.
        usage: What the provider counted, or None.
        cost: What the provider charged, or None. What is said not to be billed has none.
        billed: Whether money was spent, or None where this answer does not say.
        resolved: What was asked, sent and received of a field, where the provider tells.
        notices: What the caller should know of this answer.
        notes: The plugin's own notes, such as an address the provider returned.
        poll_after: Seconds to wait before the next look, or None; true of this answer only.
    """

    id: str = ""
    model: str = ""
    made_at: datetime | None = None
    state: TaskState | None = None
    images: tuple[Image, ...] = ()
    previews: tuple[Image, ...] = ()
    errors: tuple[Failure, ...] = ()
    progress: float | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    billed: Billed | None = None
    resolved: tuple[Resolved, ...] = ()
    notices: tuple[Notice, ...] = ()
    _raw: JsonObject = field(factory=dict, hash=False, repr=False, alias="raw")
    notes: JsonObject = field(factory=dict, hash=False)
    poll_after: float | None = None

    @property
    def raw(self) -> dict[str, object]:
        """The answer as JSON, `<N bytes>` in place of images; it is made when it is looked at."""
        return dict(self._raw)

    @classmethod
    def of(cls, task: Task) -> Update:
        """What is known of a task so far, to go on from: for an event of a stream."""
        return cls(images=task.images, previews=task.previews, errors=task.errors)


@frozen(kw_only=True)
class Upload:
    """What a plugin reads of an upload in one answer: what it leaves out stays as it was.

    Attributes:
        reference: The reference as `submit` is to name it, or None; its role and weight stay.
        notes: The plugin's own notes of this reference, for the next step.
    """

    reference: Reference | None = None
    notes: JsonObject = field(factory=dict, hash=False)


@frozen(kw_only=True)
class Task:
    """One submission, as it stood when it was last looked at.

    The core makes it, by folding what a plugin reads, an `Update`, into what it was before.

    Attributes:
        provider: The provider's name.
        model: The provider's own id of the model.
        id: The provider's id of the task, "" where it answers at once.
        state: Where it stands.
        images: What it drew, in the provider's order.
        previews: Unfinished images of a stream.
        errors: Why it failed, as a whole or image by image.
        progress: From 0 to 1, or None where nobody says.
        usage: What the provider counted.
        cost: What the provider charged, or None where it does not say.
        billed: Whether money was spent.
        created_at: When it was submitted.
        updated_at: When this snapshot was taken.
        request: What was asked, as resolved, with digests in place of images.
        resolved: Asked, sent and received, field by field.
        notices: What the caller should know.
        notes: The plugin's own notes, such as an address the provider returned.
        poll_after: Seconds the plugin proposes to wait before the next look, of which a minute is
            heeded at most, or None.
        record: The journal's record of it, "" without a journal.
    """

    provider: str = ""
    model: str = ""
    id: str = ""
    state: TaskState = TaskState.RUNNING
    images: tuple[Image, ...] = ()
    previews: tuple[Image, ...] = ()
    errors: tuple[Failure, ...] = ()
    progress: float | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    billed: Billed = Billed.UNKNOWN
    created_at: datetime | None = None
    updated_at: datetime | None = None
    request: ImageRequest | None = None
    resolved: tuple[Resolved, ...] = ()
    notices: tuple[Notice, ...] = ()
    _raw: JsonObject = field(factory=dict, hash=False, repr=False, alias="raw")
    notes: JsonObject = field(factory=dict, hash=False)
    poll_after: float | None = None
    record: str = field(default="", validator=_names_a_record)

    @property
    def raw(self) -> dict[str, object]:
        """The provider's last words as JSON, `<N bytes>` in place of images, made likewise."""
        return dict(self._raw)


@frozen(kw_only=True)
class Attempt:
    """One submission of a generation: how it was answered, and what came of it.

    Where several providers may draw, each that was passed over has one, too.

    Attributes:
        outcome: Whether the submission was accepted.
        provider: Who was to draw.
        task: The last snapshot, or None where there never was a task.
        error: What went wrong, or None.
    """

    outcome: Outcome
    provider: str = ""
    task: Task | None = None
    error: TintypeError | None = None

    @property
    def billed(self) -> Billed:
        """Whether money was spent."""
        if self.error is not None:
            return self.error.billed
        return self.task.billed if self.task is not None else Billed.UNKNOWN

    @property
    def reason(self) -> str:
        """What went wrong, in words; "" where nothing did."""
        if self.error is not None:
            return self.error.message
        task = self.task or Task()
        words = "; ".join(failure.message for failure in task.errors)
        return words if words or task.images else f"It ended as {task.state}."


@frozen(kw_only=True)
class Generation:
    """What `generate` returns: every submission it made, and their images.

    Attributes:
        quote: What the whole was expected to cost, where it was drawn: `quote.provider`.
        attempts: The submissions, in order; where several providers might draw, behind those that
            did not.
        notices: What the caller should know.
        cached: Whether it is what the client's cache kept: nothing was sent, and nothing charged.
    """

    quote: Quote
    attempts: tuple[Attempt, ...] = ()
    notices: tuple[Notice, ...] = ()
    cached: bool = False

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that were accepted, in order."""
        return tuple(attempt.task for attempt in self.attempts if attempt.task)

    @property
    def images(self) -> tuple[Image, ...]:
        """All images, in order."""
        return tuple(image for task in self.tasks for image in task.images)

    @property
    def cost(self) -> Cost | None:
        """The sum of what was charged, or None where a provider did not say of what it billed."""
        costs = [task.cost for task in self.tasks if task.cost or task.billed is not Billed.NO]
        known = [cost for cost in costs if cost is not None]
        if not known or len(known) < len(costs):
            return None
        return Cost(
            usd=total(cost.usd for cost in known),
            credits=total(cost.credits for cost in known),
            source=known[0].source,
        )


class BatchOutcome(enum.StrEnum):
    """What came of a line of a batch."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class BatchResult:
    """What came of one line of a batch.

    Attributes:
        number: Its place among the requests, from 1.
        tag: What it is known by in the batch: its request's tag, or its number and the digest of
            its request; "" where it was no request.
        outcome: Whether all its pictures are saved; if not, why not. Of what is `unknown` nobody
            knows whether it was billed: it is not sent again.
        request: What was asked, or None.
        provider: Who drew it, or was asked to, or "".
        model: By which model, as the provider calls it, or "".
        tasks: Its tasks that were accepted. Bytes of their images stand in the files alone.
        records: The journal's records of its submissions, also of those whose answer was lost.
        files: Its pictures, in their order; in a sink their addresses.
        quoted: US dollars that it was to cost at most, or None where nobody knew.
        paid: US dollars that it cost, or None where nobody says. Lines of one tag are one picture,
            and each of them tells its cost.
        billed: Whether money was spent.
        recorded: Whether the journal knew of it before: it was paid for by an earlier run, or by
            another line of its tag.
        error: What went wrong, or None.
    """

    number: int
    tag: str = ""
    outcome: BatchOutcome
    request: ImageRequest | None = None
    provider: str = ""
    model: str = ""
    tasks: tuple[Task, ...] = ()
    records: tuple[str, ...] = ()
    files: tuple[Path | str, ...] = ()
    quoted: Decimal | None = field(default=None, repr=in_digits)
    paid: Decimal | None = field(default=None, repr=in_digits)
    billed: Billed = Billed.NO
    recorded: bool = False
    error: TintypeError | None = None
