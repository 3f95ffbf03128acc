"""Plugins that tell wrongly what went wrong, and those that lose a task or make one up."""

from __future__ import annotations

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    Hook,
    Row,
    Way,
    bent,
    body_of,
    bytes_of,
    good,
    hooks,
    raises,
    reads,
    rewrites,
    status_of,
    told,
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
from tintype.models import Failure, Image, Task, TaskState, Update
from tintype_contracts.harness.subject import Subject

_OK, _REFUSED, _TEAPOT, _BROKEN = 200, 400, 418, 500


def _with(**fields: object) -> Way:
    """Raises the errors of the provider with other fields."""

    def change(error: TintypeError) -> TintypeError:
        for name, value in fields.items():
            setattr(error, name, value)
        return error

    return raises(ProviderError, change)


def _bad_request(error: TintypeError) -> TintypeError:
    return BadRequestError(error.message, status=getattr(error, "status", None))


def unbilled(error: TintypeError) -> TintypeError:
    """A refusal that nothing was charged for, whatever it was."""
    return OverloadedError(error.message, billed=Billed.NO)


def _teapot(parse: Hook, exchange: Exchange) -> object:
    return Update(id="task-1") if status_of(exchange) == _TEAPOT else parse(exchange)


def _html_ends_it(parse: Hook, exchange: Exchange) -> object:
    if bytes_of(exchange).startswith(b"<!"):
        failure = Failure(message="A page.")
        return Update(id="task-1", state=TaskState.FAILED, errors=(failure,))
    return parse(exchange)


def _asks_for_the_error(parse: Hook, exchange: Exchange) -> object:
    body = body_of(exchange)
    if status_of(exchange) >= _REFUSED and body is not None:
        body["error"]["message"].lower()
    return parse(exchange)


def _swallows(parse: Hook, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except ProviderError:
        return Update(id="task-1", state=TaskState.RUNNING)


def _believes_in_200(parse: Hook, exchange: Exchange) -> object:
    body = body_of(exchange)
    silent = isinstance(body, dict) and "error" in body and "status" not in body
    return Update(id="task-1") if silent and status_of(exchange) == _OK else parse(exchange)


def _hides_refusals(_: Exchange, task: Update) -> Update:
    if task.state is not TaskState.REFUSED:
        return task
    failures = tuple(evolve(each, refused=False) for each in task.errors)
    return evolve(task, state=TaskState.FAILED, errors=failures)


# ------------------------------------------------------------------------------ states


def renames(old: str, new: str) -> Way:
    """Takes one status for another."""
    return rewrites(lambda body: body.get("status") == old and body.update(status=new))


def _takes(one: TaskState, other: TaskState) -> Way:
    """Takes a task in one state for one in another."""
    return told(lambda _, task: evolve(task, state=other) if task.state is one else task)


def guesses(body: dict[str, object]) -> None:
    """Takes every status with a "done" in it for done."""
    if "done" in str(body.get("status")):
        body["status"] = "done"


def _runs_by_default(parse: Hook, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except ProtocolError:
        if not exchange.task.id:
            raise
        return Update()


def _adds_up(exchange: Exchange, task: Update) -> Update:
    known = exchange.task.images
    return evolve(task, images=(*known, *task.images)) if task.images else task


def _wants_to_see_it_run(exchange: Exchange, task: Update) -> Update:
    seen = exchange.task.progress is not None
    if exchange.operation is Operation.POLL and task.state.terminal and not seen:
        msg = "It was never seen at work."
        raise ProtocolError(msg)
    return task


def _gives_up(parse: Hook, exchange: Exchange) -> object:
    if exchange.operation is Operation.POLL and status_of(exchange) >= _BROKEN:
        failure = Failure(message="It answered with an error.")
        return Update(state=TaskState.FAILED, errors=(failure,))
    return parse(exchange)


def _in_a_hurry(error: TintypeError) -> TintypeError:
    error.retry_after = 0.5
    return error


def _remembers(name: str) -> Subject:
    addresses: dict[str, object] = {}

    def parse(exchange: Exchange) -> object:
        said = good(name, "parse")(exchange)
        if exchange.operation is Operation.SUBMIT:
            addresses[said.id] = said.notes["polling_url"]
            return evolve(said, notes={})
        return said

    return bent(name, parse=parse, poll=lambda task: Request.get(str(addresses[task.id])))


def _draws_early(_: Exchange, task: Update) -> Update:
    early = (Image(url="https://early.test/0.png"),)
    return evolve(task, images=early) if task.progress and not task.state.terminal else task


def _cancels(task: Task) -> Request:
    return Request(method="DELETE", url=f"https://api.by-url.test/v2/results/{task.id}")


ROWS = (
    Row("error.documented-class", BY_ID, raises(InsufficientCreditError, _bad_request)),
    Row("error.documented-class", BY_ID, reads(_swallows)),
    Row("error.documented-billing", BY_ID, _with(billed=Billed.NO)),
    Row("error.documented-billing", AT_ONCE, _with(billed=Billed.YES)),
    Row(
        "error.tells-all-it-was-told",
        BY_ID,
        raises(ProviderError, lambda error: type(error)("It failed.")),
    ),
    Row("error.tells-all-it-was-told", BY_ID, _with(retry_after=1.0)),
    Row("parse.documented-answer", BY_ID, _with(code="")),
    Row("parse.documented-answer", BY_ID, _with(status=None)),
    Row("error.any-refusal-is-one", BY_ID, reads(_teapot)),
    Row("error.any-refusal-is-one", BY_ID, reads(_html_ends_it)),
    Row("error.any-refusal-is-one", BY_ID, reads(_asks_for_the_error)),
    Row("error.inside-a-success", BY_ID, reads(_believes_in_200)),
    Row("error.refused-content-is-told-apart", BY_ID, told(_hides_refusals)),
    Row(
        "error.no-credit-is-not-slow-down",
        BY_ID,
        raises(InsufficientCreditError, lambda error: RateLimitError(error.message)),
    ),
    Row("error.submissions-are-not-repeated", BY_ID, raises(ProtocolError, unbilled)),
    Row(
        "error.submissions-are-not-repeated",
        AT_ONCE,
        raises(ProtocolError, unbilled),
    ),
    Row("state.words-mean-what-is-documented", BY_ID, renames("drawing", "pondering")),
    Row("state.words-mean-what-is-documented", BY_ID, renames("expired", "canceled")),
    *(
        Row("state.words-mean-what-is-documented", BY_ID, _takes(one, other))
        for one, other in (
            (TaskState.RUNNING, TaskState.SUCCEEDED),
            (TaskState.RUNNING, TaskState.FAILED),
            (TaskState.SUCCEEDED, TaskState.RUNNING),
            (TaskState.FAILED, TaskState.RUNNING),
            (TaskState.REFUSED, TaskState.FAILED),
        )
    ),
    Row("state.unknown-words-are-errors", BY_ID, rewrites(guesses), "/status"),
    Row("state.unknown-words-are-errors", BY_ID, reads(_runs_by_default)),
    Row("state.told-twice-is-told-once", BY_ID, told(_adds_up)),
    Row("state.resumes-elsewhere", BY_URL, _remembers),
    Row("state.scenes-end-as-documented", BY_ID, renames("done", "drawing")),
    Row("state.scenes-end-as-documented", BY_URL, hooks(poll=lambda task: None)),  # noqa: ARG005
    Row("state.ends-at-any-look", BY_ID, told(_wants_to_see_it_run)),
    Row("state.noise-loses-no-task", BY_ID, reads(_gives_up)),
    Row("state.waits-as-asked", BY_ID, raises(RateLimitError, _in_a_hurry)),
    Row("state.stops-at-the-deadline", BY_ID, reads(_gives_up)),
    Row("state.cancels-as-documented", BY_URL, hooks(cancel=_cancels)),
    Row("state.cancels-as-documented", BY_ID, renames("canceled", "failed")),
    Row("state.any-walk-is-sound", BY_ID, told(_draws_early)),
    Row("state.any-walk-is-sound", BY_ID, told(_adds_up)),
)
