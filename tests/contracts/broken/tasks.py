"""Plugins that tell wrongly what went wrong, and those that lose a task or make one up."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from tests.contracts.broken.row import by_id, by_url, openrouter
from tests.contracts.changed import (
    Change,
    Hook,
    around,
    body_of,
    both,
    bytes_of,
    failing,
    heard,
    instead,
    raising,
    status_of,
    update,
)

from tintype.errors import (
    BadRequestError,
    Billed,
    InsufficientCreditError,
    OverloadedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    TintypeError,
)
from tintype.exchange import Exchange, Operation
from tintype.messages import Request
from tintype.models import Failure, Image, TaskState, Update

_OK, _REFUSED, _TEAPOT, _BROKEN = 200, 400, 418, 500


def _with(kind: type[ProviderError] = ProviderError, **fields: object) -> Change:
    """Raises the errors of the provider with other fields."""

    def change(error: TintypeError) -> TintypeError:
        for name, value in fields.items():
            setattr(error, name, value)
        return error

    return raising(kind, change)


def _as(kind: type[TintypeError], **fields: Any) -> Hook:
    """An error of another class in an error's place."""
    return lambda error: kind(error.message, **fields)


UNBILLED = raising(ProtocolError, _as(OverloadedError, billed=Billed.NO))
"""A refusal that nothing was charged for, whatever it was."""


def _ends_with(message: str) -> Update:
    return Update(id="task-1", state=TaskState.FAILED, errors=(Failure(message=message),))


def _where(met: Hook, made: Update) -> Change:
    """Makes that of an answer of such a kind."""
    return around("parse", lambda do, it: made if met(it) else do(it))


def _asks_for_the_error(do: Hook, exchange: Exchange) -> object:
    body = body_of(exchange)
    if status_of(exchange) >= _REFUSED and body is not None:
        body["error"]["message"].lower()
    return do(exchange)


def _slows_down(error: InsufficientCreditError, exchange: Exchange) -> object:
    raise RateLimitError(error.message, status=status_of(exchange)) from None


def _is_silent(exchange: Exchange) -> bool:
    body = body_of(exchange) if status_of(exchange) == _OK else None
    return isinstance(body, dict) and "error" in body and "status" not in body


def _hides_refusals(task: Update, _: Exchange) -> Update:
    if task.state is not TaskState.REFUSED:
        return task
    failures = tuple(evolve(each, refused=False) for each in task.errors)
    return evolve(task, state=TaskState.FAILED, errors=failures)


# ------------------------------------------------------------------------------- states


def _renames(old: str, new: str) -> Change:
    """Takes one status for another."""
    return heard(lambda body, _: body.update(status=new) if body["status"] == old else None)


def _takes(one: TaskState, other: TaskState) -> Change:
    """Takes a task in one state for one in another."""
    return update(state=lambda state: other if state is one else state)


GUESSES = heard(lambda body, _: body.update(status="done") if "done" in body["status"] else None)
"""Takes every status with a "done" in it for done."""


def _runs_by_default(error: ProtocolError, exchange: Exchange) -> Update:
    if not exchange.task.id:
        raise error
    return Update()


_ADDS_UP = update(
    lambda it, exchange: evolve(it, images=(*exchange.task.images, *it.images)) if it.images else it
)


def _wants_to_see_it_run(task: Update, exchange: Exchange) -> Update:
    if task.state.terminal and exchange.task.progress is None:
        msg = "It was never seen at work."
        raise ProtocolError(msg)
    return task


_GIVES_UP = _where(
    lambda it: it.operation is Operation.POLL and status_of(it) >= _BROKEN,
    _ends_with("It answered with an error."),
)


def _remembers() -> Change:
    addresses: dict[str, str] = {}

    def keep(found: Update, _: Exchange) -> Update:
        addresses[found.id or ""] = str(found.notes["polling_url"])
        return evolve(found, notes={})

    return both(
        update(keep, "submit"), instead("poll", lambda task: Request.get(addresses[task.id]))
    )


def _draws_early(task: Update, _: Exchange) -> Update:
    early = (Image(url="https://early.test/0.png"),)
    return evolve(task, images=early) if task.progress and not task.state.terminal else task


_CANCELS = instead(
    "cancel",
    lambda task: Request(method="DELETE", url=f"https://api.by-url.test/v2/results/{task.id}"),
)

ROWS = {
    "error.documented-class": (
        by_id(raising(InsufficientCreditError, _as(BadRequestError))),
        by_id(failing(ProviderError, lambda *_: Update(id="task-1", state=TaskState.RUNNING))),
        by_id(failing(InsufficientCreditError, _slows_down, "poll"), "poll"),
    ),
    "error.documented-billing": (
        by_id(_with(billed=Billed.NO)),
        openrouter(_with(billed=Billed.YES)),
    ),
    "error.tells-all-it-was-told": (
        by_id(raising(ProviderError, lambda error: type(error)("It failed."))),
        by_id(_with(retry_after=1.0)),
    ),
    "parse.documented-answer": (by_id(_with(code="")), by_id(_with(status=None))),
    "error.any-refusal-is-one": (
        by_id(_where(lambda it: status_of(it) == _TEAPOT, Update(id="task-1"))),
        by_id(_where(lambda it: bytes_of(it).startswith(b"<!"), _ends_with("A page."))),
        by_id(around("parse", _asks_for_the_error)),
    ),
    "error.inside-a-success": (by_id(_where(_is_silent, Update(id="task-1"))),),
    "error.refused-content-is-told-apart": (by_id(update(_hides_refusals)),),
    "error.no-credit-is-not-slow-down": (
        by_id(raising(InsufficientCreditError, _as(RateLimitError))),
    ),
    "error.submissions-are-not-repeated": (by_id(UNBILLED), openrouter(UNBILLED)),
    "state.words-mean-what-is-documented": (
        by_id(_renames("drawing", "pondering")),
        by_id(_renames("expired", "canceled")),
        by_id(_takes(TaskState.RUNNING, TaskState.SUCCEEDED)),
        by_id(_takes(TaskState.RUNNING, TaskState.FAILED)),
        by_id(_takes(TaskState.SUCCEEDED, TaskState.RUNNING)),
        by_id(_takes(TaskState.FAILED, TaskState.RUNNING)),
        by_id(_takes(TaskState.REFUSED, TaskState.FAILED)),
    ),
    "state.unknown-words-are-errors": (
        by_id(GUESSES, "/status"),
        by_id(failing(ProtocolError, _runs_by_default)),
    ),
    "state.told-twice-is-told-once": (by_id(_ADDS_UP),),
    "state.resumes-elsewhere": (by_url(_remembers()),),
    "state.scenes-end-as-documented": (
        by_id(_renames("done", "drawing")),
        by_url(instead("poll", lambda _: None)),
    ),
    "state.ends-at-any-look": (by_id(update(_wants_to_see_it_run, "poll")),),
    "state.noise-loses-no-task": (by_id(_GIVES_UP),),
    "state.waits-as-asked": (by_id(_with(RateLimitError, retry_after=0.5)),),
    "state.stops-at-the-deadline": (by_id(_GIVES_UP),),
    "state.cancels-as-documented": (by_url(_CANCELS), by_id(_renames("canceled", "failed"))),
    "state.any-walk-is-sound": (by_id(update(_draws_early)),),
}
