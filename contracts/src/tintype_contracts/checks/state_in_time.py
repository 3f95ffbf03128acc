"""state, over time: the core's own flow drives the plugin on a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

from attrs import evolve

from tintype.convert import from_json
from tintype.errors import (
    DeadlineError,
    ProviderError,
    RequestTimeoutError,
    TaskError,
    TintypeError,
    UnsupportedError,
    UsageError,
)
from tintype.messages import Request, Response
from tintype.models import Task, TaskState
from tintype_contracts.check import Finding, check
from tintype_contracts.fixtures.format import DocumentedExchange, EventsContent
from tintype_contracts.harness.lifecycle import (
    accepted,
    asked,
    expected_state,
    looks,
    said_state,
    submitted,
)
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    answer_of,
    documented_answers,
    hear,
    verdict,
)
from tintype_contracts.harness.virtual_time import Course, Said, course, drawing, in_order, waiting

_ASKED_TO_WAIT = 42.0
_TOO_MANY = 429
_SLACK = 0.001
_STEPS = ("submit", "poll")
_PAGE = Response(
    status=502,
    headers=(("Content-Type", "text/html"),),
    body=b"<html><body>Bad gateway</body></html>",
)


@check("state.scenes-end-as-documented", level=2)
def scenes_end_as_documented(subject: Subject) -> Iterator[Finding]:
    """Every documented scene, driven by the core, ends where the documents end it.

    The submission and each look at the task are answered in the scene's order. A scene that
    stops while the task runs ends at the deadline, with the task in the error.
    """
    for scene in subject.fixtures.scenes():
        steps = [exchange for exchange in scene if exchange.operation in _STEPS]
        if not steps or steps[0].operation != "submit" or steps[0].case is None:
            continue
        answers = [answer_of(subject, step) for step in steps]
        went = course(subject, drawing(asked(answers[0])), in_order(answers))
        if not isinstance(went.error, UsageError):  # the checks of requests tell that
            yield from _ended_otherwise(steps[-1], went)


@check("state.ends-at-any-look", level=2)
def ends_at_any_look(subject: Subject) -> Iterator[Finding]:
    """A task may end at the first look or the third, after running, in any documented way.

    Each documented end is told at once, and after the task was seen running twice. After
    the end nothing more is sent, and a look at a task that has ended sends nothing.
    """
    begun = submitted(subject)
    running = looks(subject, running=True)[0]
    for end in looks(subject, running=False):
        for before in (0, 2):
            said = [begun, *[running] * before, end]
            went = course(subject, drawing(asked(begun)), in_order(said))
            yield from _ended_otherwise(end.exchange, went)
            if not went.endless and len(went.sent) != len(said):
                yield _finding(end, f"{len(said)} requests end the task", len(went.sent))
            if isinstance(went.result, Task) and _looked_again(subject, went.result):
                yield _finding(end, "nothing is sent about a task that has ended", "a request")


@check("state.noise-loses-no-task", level=2)
def noise_loses_no_task(subject: Subject) -> Iterator[Finding]:
    """Nothing that goes wrong while polling loses a paid task.

    A gateway's page, an empty answer, a dropped connection, an answer of another task, a
    404 and every documented error come between two looks, and the task still ends as it
    does without them. `parse` raises what is true of one answer only; it returns a failed
    task only where the documents say that the task has failed.
    """
    task = accepted(subject)
    end = next(
        (each for each in looks(subject, running=False) if _state(each) is TaskState.SUCCEEDED),
        looks(subject, running=False)[0],
    )
    for name, noise in _noises(subject, task):
        went = course(subject, waiting(task), in_order([noise, noise, end]))
        state = went.result.state if isinstance(went.result, Task) else None
        if state is not _state(end):
            yield Finding(
                message=f"With {name} in between, the task is lost: it should be asked again. "
                "Raise a ProviderError or a ProtocolError for it.",
                expected=str(_state(end)),
                got=_how_it_ended(went),
                exchange=end.exchange.id,
                src=end.exchange.src,
            )


@check("state.waits-as-asked", level=2)
def waits_as_asked(subject: Subject) -> Iterator[Finding]:
    """Looks keep to the plugin's schedule or hint, and to a server's Retry-After in both forms.

    A 429 or 5xx that the documents list comes with `Retry-After: 42`, and with the date 42
    seconds from then; the next look is not made before. Declare `poll_schedule` in
    `describe()`; hint with `poll_after` where the answer tells when to come back.
    """
    task = accepted(subject)
    running, end = looks(subject, running=True)[0], looks(subject, running=False)[0]
    went = course(subject, waiting(task), in_order([running, running, end]))
    schedule = subject.info.poll_schedule
    if min(schedule) <= 0:
        yield Finding(message=f"A pause of the poll schedule {schedule} is no pause.")
    if any(pause < min(*schedule, _ASKED_TO_WAIT) - _SLACK for pause in went.pauses):
        hinted = verdict(subject, running)
        if not isinstance(hinted, Task) or not hinted.poll_after:
            yield _finding(running, f"pauses by the schedule {schedule}", went.pauses)
    yield from _impatient(subject, task, end)


@check("state.stops-at-the-deadline", level=2)
def stops_at_the_deadline(subject: Subject) -> Iterator[Finding]:
    """A task that never ends is given up at its deadline, and can be taken up again.

    Whether it runs for ever, or its answers never say anything, the flow stops, sends
    nothing after the deadline, and its error carries the task as JSON.
    """
    task = accepted(subject)
    running = looks(subject, running=True)[0]
    deadline = subject.info.task_timeout
    sayings: list[tuple[str, Said]] = [("it runs for ever", running), *_noises(subject, task)]
    for name, said in sayings:
        went = course(subject, waiting(task), in_order([said]))
        late = bool(went.sent) and went.sent[-1].at > deadline + _SLACK
        if not isinstance(went.error, DeadlineError) or late or not _resumable(went.error, task):
            yield Finding(
                message=f"Where {name}, the wait should end at the deadline ({deadline:g} s) "
                "with a DeadlineError that carries the task.",
                expected="DeadlineError",
                got=_how_it_ended(went),
                exchange=running.exchange.id,
                src=running.exchange.src,
            )
        if went.endless:
            return  # nor would any other wait end


@check("state.cancels-as-documented", level=2)
def cancels_as_documented(subject: Subject) -> Iterator[Finding]:
    """A running task is canceled as documented; where no document says how, nothing is sent.

    The hook `cancel` exists only where the provider documents it: without it the core tells
    the caller that it cannot be done.
    """
    task = accepted(subject)
    answers = [
        answer for answer in documented_answers(subject) if answer.exchange.operation == "cancel"
    ]
    for answer in answers:
        went = course(subject, lambda talk: talk.cancel(task), in_order([answer]))
        yield from _ended_otherwise(answer.exchange, went)
    if not answers:
        went = course(subject, lambda talk: talk.cancel(task), in_order([_PAGE]))
        if not isinstance(went.error, UnsupportedError) or went.sent:
            yield Finding(
                message="The documents name no way to cancel, and the plugin knows one. "
                "Document it in the fixtures, or take the hook away.",
                expected="UnsupportedError",
                got=_how_it_ended(went),
            )


# ---------------------------------------------------------------------------- the ends


def _ended_otherwise(exchange: DocumentedExchange, went: Course[Task]) -> Iterator[Finding]:
    """A finding where a flow did not end as its last exchange is documented."""
    state = expected_state(exchange)
    if _ends_in_an_error(exchange, state):
        right = isinstance(went.error, TintypeError) and not went.endless
        wanted = exchange.expect.error or "DeadlineError"
    else:
        result = went.result if went.result is not None else _carried(went.error)
        right = isinstance(result, Task) and result.state in {state, TaskState.UNKNOWN}
        wanted = str(state)
    if not right:
        yield Finding(
            message=f"Driven by the core, the task should end as {wanted}.",
            expected=wanted,
            got=_how_it_ended(went),
            exchange=exchange.id,
            src=exchange.src,
        )


def _ends_in_an_error(exchange: DocumentedExchange, state: TaskState | None) -> bool:
    """Whether the flow over a scene that stops there raises.

    So it does of a task that runs on, and of a stream that ends without a picture.
    """
    streamed = exchange.response is not None and isinstance(
        exchange.response.content, EventsContent
    )
    drawn = streamed and bool(exchange.expect.fields.get("images"))
    runs_on = state is TaskState.RUNNING and exchange.operation in _STEPS and not drawn
    return state is None or runs_on


def _carried(error: Exception | None) -> Task | None:
    return error.task if isinstance(error, TaskError) else None


def _how_it_ended(went: Course[Task]) -> str:
    if went.endless:
        return f"no end, after {len(went.sent)} requests in {went.took:g} s"
    return said_state(went.result if went.error is None else went.error)


def _resumable(error: DeadlineError, task: Task) -> bool:
    try:
        return from_json(error.task_json, Task).id == task.id
    except TintypeError:
        return False


def _looked_again(subject: Subject, task: Task) -> bool:
    return bool(course(subject, lambda talk: talk.refresh(task), in_order([_PAGE])).sent)


def _state(answer: Answer) -> TaskState | None:
    return expected_state(answer.exchange)


# ---------------------------------------------------------------------------- the noise


def _noises(subject: Subject, task: Task) -> list[tuple[str, Said]]:
    """What may come instead of an answer about `task`, each by its name."""
    plain: list[tuple[str, Said]] = [
        ("a gateway's page", _PAGE),
        ("a page under 200", Response(status=200, body=_PAGE.body)),
        ("an empty answer", Response(status=200)),
        ("a dropped connection", RequestTimeoutError("The answer did not arrive in time.")),
        ("JSON that is cut short", Response(status=200, body=b'{"status": "')),
        ("null", Response(status=200, body=b"null")),
    ]
    told: list[tuple[str, Said]] = [
        (f"the documented {answer.exchange.id}", answer)
        for answer in documented_answers(subject)
        if answer.exchange.operation == "poll"
        and answer.exchange.expect.outcome == "error"
        and _says_nothing_of(subject, task, answer)
    ]
    return [*plain, *told]


def _says_nothing_of(subject: Subject, task: Task, answer: Answer) -> bool:
    """Whether an answer is an error of this task too: one may echo another task's request."""
    said = hear(subject, evolve(answer.context, task=task, request=task.request), answer.turns[0])
    return isinstance(said, TintypeError)


def _impatient(subject: Subject, task: Task, end: Answer) -> Iterator[Finding]:
    """Documented refusals after which the next look comes too soon."""
    refusals = [
        answer
        for answer in documented_answers(subject)
        if isinstance(verdict(subject, answer), ProviderError)
        and answer.exchange.operation in _STEPS
        and (answer.status or 0) >= _TOO_MANY
    ]
    for answer in refusals:
        for name, form in _FORMS:
            went = course(subject, waiting(task), _asking_to_wait(answer, form, end))
            if not went.pauses or went.pauses[0] < _ASKED_TO_WAIT - 1:
                message = f"asked to wait {_ASKED_TO_WAIT:g} s in {name}"
                yield _finding(answer, message, went.pauses)


def _asking_to_wait(
    answer: Answer, form: Callable[[datetime], str], end: Answer
) -> Callable[[Request, int, datetime], Said]:
    def provider(_: Request, count: int, now: datetime) -> Said:
        headers = (("Retry-After", form(now)),)
        return end if count else answer.under(answer.status or 0, headers)

    return provider


_FORMS: tuple[tuple[str, Callable[[datetime], str]], ...] = (
    ("seconds", lambda _: f"{_ASKED_TO_WAIT:.0f}"),
    ("a date", lambda now: format_datetime(now + timedelta(seconds=_ASKED_TO_WAIT), usegmt=True)),
)


def _finding(answer: Answer, expected: str, got: object) -> Finding:
    return Finding(
        message=f"Expected: {expected}.",
        expected=expected,
        got=str(got),
        exchange=answer.exchange.id,
        src=answer.exchange.src,
    )
