"""What the core adds to a plugin's words: times, expiry, dollars, sums."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from attrs import evolve

from tintype._amounts import MAX_DOLLARS, plain, times, total
from tintype._excerpts import shortened
from tintype._flow.sizes import mismatch, unlike
from tintype._pictures.expiry import signed_expiry
from tintype._pictures.media import SVG, dimensions, media_type
from tintype._pictures.whole import is_whole
from tintype._plugins.checked import like, noted
from tintype.catalog import Model, ProviderInfo
from tintype.convert import decode_image
from tintype.errors import Billed, ProtocolError
from tintype.models import (
    Cost,
    Failure,
    Image,
    Notice,
    Quote,
    QuoteLine,
    Resolved,
    Task,
    TaskState,
    Update,
    Upload,
)
from tintype.request import Submission

T = TypeVar("T")

_LONGEST_CODE = 200
CALLBACK_FIELD = "tintype"
"""The query field of a webhook URL that names the journal's record, and proves that it may."""


def proof(token: str) -> str:
    """What a journal keeps of a token: who reads it there cannot say it."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


def named_by(callback: str, proven: Callable[[str], str]) -> str:
    """The record that a webhook URL's field names, "" where it does not know the record's token.

    Args:
        callback: The field's value, `RECORD.TOKEN`.
        proven: The proof that the journal keeps for a record, "" where it has none.
    """
    record, _, token = callback.partition(".")
    kept = proven(record) if record and token else ""
    return record if kept and hmac.compare_digest(kept, proof(token)) else ""


def folded(task: Task, update: Update) -> Task:
    """The task after one more answer: what the plugin read, laid over what it was before.

    What it leaves out stays, but for `progress` and `poll_after`, which are true of one answer
    only. What is said not to be billed has no cost, whatever was reserved for it.
    """
    return _laid_over(
        task,
        update,
        provider=task.provider,
        state=update.state or task.state,
        images=update.images or task.images,
        errors=update.errors or task.errors,
        cost=_cost(task, update),
        created_at=task.created_at or update.made_at,
        updated_at=task.updated_at,
        resolved=_fates(task, update),
        notices=noted(task.notices, update.notices),
    )


def _laid_over(task: Task, update: Update, **known: object) -> Task:
    """The same, with the fields that are more than the one or the other."""
    return Task(
        model=update.model or task.model,
        id=update.id or task.id,
        previews=update.previews or task.previews,
        progress=update.progress,
        usage=update.usage or task.usage,
        billed=update.billed or task.billed,
        request=task.request,
        raw=update._raw or task._raw,  # noqa: SLF001 - as it is held: nobody looks at it here
        notes=update.notes or task.notes,
        poll_after=update.poll_after,
        record=task.record,
        **known,  # type: ignore[arg-type]  # each is of its field
    )


def _cost(task: Task, update: Update) -> Cost | None:
    return update.cost if update.cost or update.billed is Billed.NO else task.cost


def _fates(task: Task, update: Update) -> tuple[Resolved, ...]:
    """What became of each field, told once, and as it was told last."""
    if task.updated_at is not None and not update.resolved:  # it was read before
        return task.resolved
    told = (*task.resolved, *update.resolved)
    return tuple({each.field: each for each in told}.values()) if len(told) > 1 else told


def uploaded(before: Upload, told: Upload) -> Upload:
    """An upload after one more answer; the role and the weight are the caller's."""
    fresh, known = told.reference, before.reference
    if fresh is not None and known is not None:
        fresh = evolve(fresh, role=known.role, weight=known.weight)
    return Upload(reference=fresh or known, notes=told.notes or before.notes)


def is_empty_success(task: Task) -> bool:
    """Whether a task calls itself a success and has no picture."""
    return task.state in _DRAWN and not task.images


_DRAWN = (TaskState.SUCCEEDED, TaskState.PARTIAL)


def completed_task(
    task: Task, update: Update, info: ProviderInfo, usd_per_credit: Decimal | None, at: datetime
) -> Task:
    """The task after one more answer, with what only the core knows.

    Args:
        task: The task as it was completed before: what is the same is known already.
        update: What the plugin read.
        info: The provider.
        usd_per_credit: The account's credit value, or None: the documented one, or
            the dearest where documents disagree.
        at: When the answer was complete.
    """
    kept, fresh = _split(update.images, task.images)
    model = update.model or task.model
    drawn = tuple([_known(each, info.limits(model), at) for each in fresh]) if fresh else ()
    told, failed = _split(update.errors, task.errors)
    errors = (*told, *(_judged(each, info) for each in failed)) if failed else told
    cost, beyond = _cost_in_dollars(_cost(task, update), usd_per_credit or info.dearest_credit)
    cut = tuple(
        Notice(field="images", message=f"The picture {image.index} came without its end.")
        for image in drawn
        if image.data is not None and not is_whole(image.data, media_type(image.data))
    )
    images = (*kept, *drawn) if drawn else kept
    resolved = _fates(task, update)
    odd = tuple(_unlike(task, resolved, drawn)) if drawn else ()
    return _laid_over(
        task,
        update,
        provider=info.name,
        state=_state(update.state or task.state, errors),
        images=images,
        errors=errors,
        cost=cost,
        created_at=task.created_at or update.made_at or at,
        updated_at=at,
        resolved=_with_received(resolved, task, images) if drawn or update.resolved else resolved,
        notices=noted(task.notices, (*update.notices, *cut, *odd, *beyond)),
    )


def _split(said: tuple[T, ...], known: tuple[T, ...]) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """What is known of a list that usually goes on where it was, and what is new."""
    if not said:
        return known, ()
    return (known, said[len(known) :]) if said[: len(known)] == known else ((), said)


def _judged(failure: Failure, info: ProviderInfo) -> Failure:
    """A failure, told as moderation's where it is."""
    return evolve(
        failure,
        message=shortened(failure.message),
        code=shortened(failure.code, _LONGEST_CODE),
        refused=failure.refused or info.is_moderation(failure.code, failure.message),
    )


def _state(said: TaskState, errors: tuple[Failure, ...]) -> TaskState:
    """Where a task stands: one that failed for moderation's reasons alone was refused."""
    refused = said is TaskState.FAILED and errors and all(each.refused for each in errors)
    return TaskState.REFUSED if refused else said


def with_callback(request: Submission, record: str, token: str) -> Submission:
    """The submission, its webhook URL naming the journal's record of the submission.

    The answer to a submission may be lost; the webhook then tells which one it was. A record's
    id is printed and logged, so it proves nothing: only the token beside it does.
    """
    if not record or not token or request.webhook_url is None:
        return request
    parts = urlsplit(request.webhook_url)
    query = "&".join(filter(None, [parts.query, f"{CALLBACK_FIELD}={record}.{token}"]))
    return evolve(request, webhook_url=urlunsplit(parts._replace(query=query)))


def in_dollars(quote: Quote, info: ProviderInfo, usd_per_credit: Decimal | None) -> Quote:
    """A quote in credits with the dollars they are worth, and where that is known from.

    Where documents disagree on their worth it is a range, and the account may say which is true.
    """
    low, high = quote.credits
    values = {"your account": usd_per_credit} if usd_per_credit else info.credit_values
    if quote.low is not None or low is None or high is None or not values:
        return quote
    usd_low, usd_high = times(low, min(values.values())), times(high, max(values.values()))
    if usd_low is None or usd_high is None:
        return quote
    told = ", or ".join(f"${each.normalize():f} by {source}" for source, each in values.items())
    way_out = ": the account's usd_per_credit says which" if len(set(values.values())) > 1 else ""
    note = f"A credit is {told}{way_out}."
    return evolve(quote, low=usd_low, high=usd_high, assumptions=(*quote.assumptions, note))


def add_quotes(quotes: Sequence[tuple[Quote, int]]) -> Quote:
    """The sum of quotes, each as often as it says. One unknown makes the sum unknown."""
    first = quotes[0][0]
    return evolve(
        first,
        lines=tuple(_repeated(line, often) for quote, often in quotes for line in quote.lines),
        low=_sum([(quote.low, often) for quote, often in quotes]),
        high=_sum([(quote.high, often) for quote, often in quotes]),
        credits_low=_sum([(quote.credits_low, often) for quote, often in quotes]),
        credits_high=_sum([(quote.credits_high, often) for quote, often in quotes]),
        assumptions=tuple(dict.fromkeys(note for quote, _ in quotes for note in quote.assumptions)),
        reason=next((quote.reason for quote, _ in quotes if quote.reason), ""),
    )


def _repeated(line: QuoteLine, often: int) -> QuoteLine:
    return line if line.quantity is None else evolve(line, quantity=times(line.quantity, often))


def _sum(amounts: Sequence[tuple[Decimal | None, int]]) -> Decimal | None:
    return total(None if amount is None else times(amount, often) for amount, often in amounts)


def _cost_in_dollars(
    cost: Cost | None, rate: Decimal | None
) -> tuple[Cost | None, tuple[Notice, ...]]:
    """What was charged, in dollars; left out where it is more than anybody charges."""
    if cost is None:
        return None, ()
    usd = cost.usd
    if usd is None and cost.credits is not None and rate is not None:
        usd = times(cost.credits, rate)
        cost = evolve(cost, usd=usd)
    if usd is None or 0 <= usd <= MAX_DOLLARS:
        return cost, ()
    said = shortened(plain(usd), _SHOWN)
    msg = f"A cost of {said} US dollars is more than anybody charges: it is left out."
    return None, (Notice(field="cost", message=msg),)


_SHOWN = 40


def _known(image: Image, model: Model, at: datetime) -> Image:
    """An image with its expiry, and with what its bytes tell where they are at hand."""
    if image.url is not None and image.url[:5].lower() == "data:":
        with suppress(ProtocolError):  # what cannot be decoded stays an address, to be refused
            image = evolve(image, url=None, data=decode_image(image.url))
    if image.url is not None and image.expires_at is None:
        kept = model.results_kept
        documented = None if kept is None else at + timedelta(seconds=kept)
        until = signed_expiry(image.url) or documented
        return like(image, expires_at=until) if until else image
    if image.data is None or image.width is not None:
        return image
    width, height = dimensions(image.data) or (None, None)
    kind = media_type(image.data) or image.media_type
    return like(image, width=width, height=height, media_type=kind)


def _unlike(
    task: Task, resolved: tuple[Resolved, ...], drawn: tuple[Image, ...]
) -> Iterator[Notice]:
    """A notice for each picture that is known not to have the size that was asked for."""
    for image in drawn:
        if image.width and image.height and image.media_type != SVG:
            found = unlike(task.request, resolved, image.width, image.height)
            if found is not None:
                yield Notice(field=found.field, message=mismatch(image.index, found))


def _with_received(
    resolved: tuple[Resolved, ...], before: Task, images: tuple[Image, ...]
) -> tuple[Resolved, ...]:
    """The fate of each field, with the pixels that came back beside what was asked."""
    first = next((image for image in images if image.width and image.height), None)
    if first is None:
        return resolved
    received = f"{first.width}x{first.height}"
    size = next((entry for entry in resolved if entry.field == "size"), None)
    sent = before.request.size if before.request else None
    fresh = evolve(size or Resolved(field="size", asked=sent, sent=sent), received=received)
    return (*(entry for entry in resolved if entry.field != "size"), fresh)
