"""What an error or an ending means: whether to ask again, what it cost, what to raise."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from attrs import evolve

from tintype._amounts import is_amount, plain
from tintype._blame import about
from tintype._excerpts import quoted, shortened
from tintype._keys.variables import env_name
from tintype._watch import Watch
from tintype.catalog import ProviderInfo
from tintype.convert import to_json
from tintype.errors import (
    Billed,
    CertificateError,
    CostLimitError,
    DeadlineError,
    GateError,
    InvalidRequestError,
    JournalError,
    NotSentError,
    Outcome,
    PluginError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    SubmissionUnknownError,
    TaskError,
    TaskFailedError,
    TaskRefusedError,
    TintypeError,
    TransportError,
    UsageError,
)
from tintype.messages import Request
from tintype.models import Attempt, Failure, Generation, Quote, Task, TaskState

# Characters of an error within another: what to do next stands behind it.
_QUOTED = 350
# RFC 9110, 9.2.2: asked twice, they do what they do once.
_IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
AnyTaskError = TypeVar("AnyTaskError", bound=TaskError)


def is_transient(error: TintypeError) -> bool:
    """Whether the same free question may well be answered a moment later."""
    if isinstance(error, ProviderError):
        return error.retryable
    return not isinstance(error, UsageError | PluginError)


def may_resubmit(error: TintypeError) -> bool:
    """Whether a submission that ended so may be sent again: rule 1."""
    if isinstance(error, NotSentError):
        return not isinstance(error, CertificateError)
    return isinstance(error, ProviderError) and error.retryable and error.billed is Billed.NO


def asks_for_patience(error: TintypeError) -> bool:
    """Whether a refusal keeps everyone of the account: it says slow down, or names a wait."""
    return isinstance(error, RateLimitError) or wait_of(error) is not None


def wait_of(error: TintypeError) -> float | None:
    """Seconds that whoever refused asks us to wait, or None."""
    return error.retry_after if isinstance(error, ProviderError) else None


def leaves_fate_open(error: TintypeError) -> bool:
    """Whether a submission that ended so may be at work, or done, for all that anybody knows.

    A plugin that fails at an answer is none: it would fail at the same one again.
    """
    told = error.billed is Billed.YES or isinstance(error, PluginError)
    return not told and outcome_of(error) is Outcome.UNKNOWN


def may_ask_again(asked: Request, error: TintypeError) -> bool:
    """Whether a question that ended so may be asked again: always, or as rule 1 has it."""
    return asked.repeat is not False or may_resubmit(error)


def leaves_repeat_open(asked: Request) -> bool:
    """Whether nobody says what asking a second time does, neither the plugin nor the method."""
    return asked.repeat is None and asked.method not in _IDEMPOTENT


def outcome_of(error: TintypeError) -> Outcome:
    """What became of a submission that ended in an error."""
    match error:
        case SubmissionUnknownError():
            return Outcome.UNKNOWN
        case NotSentError() | UsageError() | GateError():
            return Outcome.NOT_SENT
        case ProviderError() | ProtocolError() if error.billed is Billed.NO:
            return Outcome.REJECTED
        case PluginError() | JournalError() | TransportError() if error.billed is Billed.NO:
            return Outcome.NOT_SENT
        case _:
            return Outcome.UNKNOWN


def attempts_of(error: TintypeError) -> tuple[Attempt, ...]:
    """What became of each submission of a call that ended in an error; of none, of the call."""
    if error.attempts:
        return error.attempts
    return (Attempt(outcome=outcome_of(error), provider=error.provider, error=error),)


def unknown_submission_error(
    error: TintypeError, intent: str, info: ProviderInfo
) -> SubmissionUnknownError:
    """A submission of which nobody knows what became: its answer was lost, or not understood."""
    answered = not isinstance(error, TransportError)
    what = "its answer was not understood" if answered else "its answer was lost"
    named = f" (journal record {intent})" if intent else ""
    msg = (
        f"A submission left and {what}{named}: {shortened(str(error), _QUOTED)} "
        f"{kept_words(error)}It may have been charged, {_AGAIN[info.idempotency is not None]}; "
        "look at the provider's own list of tasks before you ask for the picture once more."
    )
    found = SubmissionUnknownError(
        msg, record=intent, answered=answered, provider=info.name, billed=Billed.UNKNOWN
    )
    return about(found, answer=error.answer, kept=error.kept, body=error.body)


_AGAIN = {
    False: "and is not sent again",
    True: "once at most: whatever was sent again bore the same idempotency key, and no more is",
}


def kept_words(error: TintypeError) -> str:
    """Where an answer is that nobody understood, and who reads it again; "" where there is none."""
    if error.kept:
        return f"The answer is kept in {error.kept}: resume() reads it by a newer plugin too. "
    if error.answer is not None:
        return "This error holds the answer: client.read_again(error) reads it once more. "
    return ""


def check_cost(quote: Quote, max_cost: Decimal | None) -> None:
    if max_cost is None:
        return
    if quote.high is None:
        reason = quote.reason or _of_credits(quote) or "no document tells it"
        limit = f"max_cost={plain(max_cost)} was set"
        msg = f"The price is unknown ({reason}), and {limit}. Nothing was sent."
        raise CostLimitError(msg, provider=quote.provider)
    if quote.high > max_cost:
        most, limit = plain(quote.high), plain(max_cost)
        msg = f"It may cost ${most}, more than max_cost={limit}. Nothing was sent."
        raise CostLimitError(msg, provider=quote.provider)


def _of_credits(quote: Quote) -> str:
    """Why a price that is known in credits is unknown in dollars, or ""."""
    low, high = quote.credits
    if high is None:
        return ""
    span = plain(high) if low in {None, high} else f"{plain(low or high)} to {plain(high)}"
    name = f"{env_name(quote.provider)}_USD_PER_CREDIT"
    return f"it is {span} credits, and {name}, what one costs you, is not set"


def check_limit(max_cost: object) -> None:
    """Refuse a limit that is no exact amount.

    Raises:
        InvalidRequestError: It is a float, a text, or anything else but a Decimal or an int; or
            no amount that somebody can mean, such as one below zero.
    """
    exact = isinstance(max_cost, Decimal | int) and not isinstance(max_cost, bool)
    exact = exact and is_amount(Decimal(max_cost))  # type: ignore[arg-type]  # it is one of the two
    if max_cost is not None and not exact:
        msg = f"max_cost={quoted(max_cost)} is no exact amount: give Decimal('0.05')."
        raise InvalidRequestError(msg, field="max_cost", allowed=("Decimal", "int"))


def concluded(generation: Generation) -> Generation:
    """The generation, if it holds any image; else the reason why not that may have cost most."""
    if generation.images:
        return generation
    reasons = [
        attempt.error or _fruitless(attempt.task or Task()) for attempt in generation.attempts
    ]
    worst = max(reasons, key=lambda reason: _COST.index(reason.billed))
    raise about(worst, attempts=generation.attempts) from worst.__cause__


_WAIT_AGAIN = "Keep the task (error.task_json) and wait for it again."
_COST = (Billed.NO, Billed.UNKNOWN, Billed.YES)


def worst_billed(found: Iterable[Billed]) -> Billed:
    """Whether money was spent on any of several, as far as that is known; of none: no."""
    return max(found, key=_COST.index, default=Billed.NO)


def _fruitless(task: Task) -> TaskError:
    words = "; ".join(failure.message for failure in task.errors) or f"it ended as {task.state}"
    refused = task.state is TaskState.REFUSED
    kind = TaskRefusedError if refused else TaskFailedError
    head = "Moderation refused the picture" if refused else "No picture was drawn"
    stop = "" if words.endswith((".", "!", "?", "…", "。")) else "."
    return _about(task, kind, f"{head}: {words}{stop} Billed: {task.billed}.")


def deadline_error(watch: Watch) -> DeadlineError:
    task = watch.task
    last = shortened(str(watch.last_failure or ""), _QUOTED)
    why = f" The last look failed: {last}" if last else ""
    msg = f"The task {task.id} did not end in time.{why} It may still finish."
    found = _about(task, DeadlineError, msg, _WAIT_AGAIN)
    return about(found, answer=watch.last_failure.answer) if watch.last_failure else found


def webhook_only_error(task: Task) -> TaskError:
    named = task.id or f"without an id (record {task.record})"
    msg = f"Only a webhook tells the end of the task {named}: hand it to receive()."
    return _about(task, TaskError, msg)


def unpollable_error(task: Task, error: TintypeError) -> TaskError:
    msg = f"The task {task.id} cannot be looked at: {error} It may still finish."
    advice = "Keep the task (error.task_json) and wait for it again once that is mended."
    return about(_about(task, TaskError, msg, advice), answer=error.answer)


def fault_error(task: Task, error: Exception) -> TaskError:
    """The error for a task at which something failed that nobody foresaw."""
    msg = f"The task {task.id} met a fault of {type(error).__name__}: {error} It may still finish."
    found = _about(task, TaskError, msg, _WAIT_AGAIN)
    found.__cause__ = error
    return found


def closed_error(task: Task) -> TaskError:
    msg = f"The client was closed while the task {task.id} was running. It may still finish."
    return _about(task, TaskError, msg, _WAIT_AGAIN)


def _about(task: Task, kind: type[AnyTaskError], message: str, advice: str = "") -> AnyTaskError:
    """An error that carries the task, also as JSON."""
    return kind(
        message,
        task=task,
        task_json=to_json(task),
        advice=advice,
        provider=task.provider,
        billed=task.billed,
    )


def closed_stream(task: Task | None, failure: TintypeError | None) -> Task:
    """What a stream came to. Images count whatever else went wrong.

    Raises:
        TintypeError: What went wrong, where there is no image.
    """
    if task is None or (failure is not None and not stands(task)):
        raise failure or ProtocolError("The stream ended without an answer.")
    if failure is not None:
        lost = Failure(message=f"A part of the stream was lost: {failure}")
        task = evolve(task, errors=(*task.errors, lost))
    ended = task.state.terminal and task.state is not TaskState.UNKNOWN
    if not (ended or task.images or task.id):
        msg = "The stream ended with neither a picture nor a reason."
        raise ProtocolError(msg, pointer="/-")  # what is missing stands behind the last event
    return task if task.state.terminal else evolve(task, state=TaskState.UNKNOWN)


def stands(task: Task) -> bool:
    """Whether a stream's task is believed although a part of the stream was not understood.

    A charge without a picture is for one in that part.
    """
    return bool(task.images) or (task.state in _SAYS_WHY and task.billed is not Billed.YES)


_SAYS_WHY = {TaskState.FAILED, TaskState.REFUSED, TaskState.CANCELED, TaskState.EXPIRED}


def tells_more(latest: Task, before: Task) -> bool:
    """Whether a snapshot of a stream holds something that the one before did not."""
    return (
        latest.id != before.id
        or len(latest.images) != len(before.images)
        or latest.previews is not before.previews
        or latest.state is not before.state
        or len(latest.errors) != len(before.errors)
    )
