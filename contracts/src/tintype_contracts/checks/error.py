"""error: what goes wrong is told in tintype's words, with who pays and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

from tintype._flow.hook_caller import HookCaller
from tintype._flow.verdicts import may_resubmit
from tintype._pacing import Clock
from tintype.errors import (
    Billed,
    DroppedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    TintypeError,
    UsageError,
)
from tintype.exchange import Exchange, Operation
from tintype.messages import Response
from tintype.models import Task, TaskState
from tintype_contracts.case import Case
from tintype_contracts.check import Finding, NotApplicable, check, check_each
from tintype_contracts.fixtures.format import ErrorRow
from tintype_contracts.fixtures.pointers import MISSING, leaves
from tintype_contracts.fixtures.values import NOW
from tintype_contracts.harness.lifecycle import asked, expected_state, said_state
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    Broken,
    Parsed,
    documented_answers,
    verdict,
)
from tintype_contracts.harness.virtual_time import Said, course, in_order
from tintype_contracts.strategies.refusals import (
    GATEWAY_BODIES,
    ODD_BODIES,
    bodies_of,
    elsewhere,
    examples_of,
    questions,
    refusals,
)
from tintype_contracts.strategies.tellings import told

_FIRST_REFUSAL = 400
_FIRST_SERVER_ERROR = 500
_STATUSES = (301, 302, 303, 307, 308, *range(_FIRST_REFUSAL, 600))
_WAIT = 17.0
_ID = "request-7"
_SENTENCE = re.compile(r"\w+\s+\w+")
_NOT_DRAWN = {TaskState.FAILED, TaskState.REFUSED, TaskState.CANCELED, TaskState.EXPIRED}


@check("error.documented-class", level=2)
def documented_class(subject: Subject) -> Iterator[Finding]:
    """Every row of the error table is raised as the class it names, whatever was asked.

    Each row is told by the documented answers of its status and match; where there are
    none, by another documented refusal with its words taken out. So it is told to every
    operation: a limit is one while a task is polled, too. Put the status into the table that
    the plugin hands to `tintype.errors.refusal`.
    """
    for row, answer, said in _told_rows(subject):
        if type(said).__name__ != row.error:
            message = f"A {row.status}{_matching(row)} is documented as {row.error}."
            yield _row_finding(row, answer, message, row.error, said_state(said))
            continue
        for operation, other in elsewhere(subject, answer):
            heard = verdict(subject, other)
            if type(heard).__name__ != row.error:
                message = f"A {row.status}{_matching(row)} is {row.error} to {operation} as well."
                yield _row_finding(row, answer, message, row.error, said_state(heard))


@check("error.documented-billing", level=2)
def documented_billing(subject: Subject) -> Iterator[Finding]:
    """Every row of the error table says who pays, and the error says the same.

    An error that says "not billed" is what allows a submission to be sent again, so it is
    said only where a document says it; one that says "unknown" where the document says
    "no" costs the caller a picture. Pass `billed` to `tintype.errors.refusal`.
    """
    for row, answer, said in _told_rows(subject):
        if isinstance(said, TintypeError) and said.billed.value != row.billed:
            message = f"A {row.status}{_matching(row)} is documented as billed: {row.billed}."
            yield _row_finding(row, answer, message, row.billed, said.billed.value)


@check("error.tells-all-it-was-told", level=2)
def tells_all_it_was_told(subject: Subject) -> Iterator[Finding]:
    """An error keeps the provider's words, its status, the wait it asks for and its request id.

    The wait and the id stand in the head of the answer, where the core reads them, in
    seconds and as a date; a plugin that sets them itself must set the same. The words are
    the provider's own: a caller can do nothing with "it failed".
    """
    for answer in refusals(subject):
        for form, asked_for in _waits().items():
            headers = (("X-Request-Id", _ID), ("Retry-After", form))
            yield from _untold(subject, answer.under(answer.status or 0, headers), asked_for)


def _refused(subject: Subject) -> Iterator[Case]:
    """Every status with a page and with nothing; of many of them every odd and documented body."""
    told_of = {*_STATUSES[::7], *(row.status for row in subject.fixtures.errors)}
    for operation, answer in questions(subject).items():
        others = [*ODD_BODIES, *bodies_of(subject, operation)]
        for status in _STATUSES:
            for body in (*GATEWAY_BODIES, *(others if status in told_of else ())):
                yield Case(place=answer.exchange.id, given={"status": status, "body": body})


@check_each("error.any-refusal-is-one", _refused, level=2)
def any_refusal_is_one(subject: Subject, case: Case) -> Iterator[Finding]:
    """Any status from 400 to 599, and a redirect, with any body, is one of tintype's errors.

    Every status with a page and with nothing; every documented status, and every seventh, with
    `[]`, `"x"`, `null`, wrong types and every documented body. It is never a KeyError, a
    success, or a task that runs; and what a gateway sends in the provider's place is never the
    end of a task. Decide by the status before the body is read, and read the body of a refusal
    with `tintype.convert.peek`.
    """
    answer = told(subject, case)
    said = verdict(subject, answer)
    may_end = case.given.get("body") not in {*GATEWAY_BODIES, *ODD_BODIES}
    if case.given.get("status") in _STATUSES and not _is_refusal(said, may_end=may_end):
        message = f"With {case} the answer to a {answer.exchange.operation} is no error."
        yield _finding(answer, message, "an error of tintype's", said_state(said))


def _inside(subject: Subject) -> Iterator[Case]:
    """Each documented refusal under HTTP 200."""
    for answer in refusals(subject):
        if answer.body is not MISSING and (answer.status or 0) >= _FIRST_REFUSAL:
            yield Case(place=answer.exchange.id, given={"status": 200})


@check_each("error.inside-a-success", _inside, level=2)
def inside_a_success(subject: Subject, case: Case) -> Iterator[Finding]:
    """A documented error under HTTP 200 is an error, or a failed task: never a success.

    Gateways, and some providers, answer 200 with the error in the body. What the answer
    lacks tells it: a ProtocolError at least, so that nobody takes it for a picture.
    """
    answer = told(subject, case)
    said = verdict(subject, answer)
    if case.given and not _is_refusal(said, may_end=True):
        message = "The documented error, told under HTTP 200, is taken for an answer."
        yield _finding(answer, message, "an error, or a failed task", said_state(said))


@check("error.refused-content-is-told-apart", level=2)
def refused_content_is_told_apart(subject: Subject) -> Iterator[Finding]:
    """What moderation refused is a refused task, not a bad request, and is not tried again.

    The caller who mends a bad request sends it again; a prompt that moderation refused is
    refused again, and may cost the account. Return a task in the state `refused`, with a
    failure whose `refused` is True.
    """
    answers = [
        answer
        for answer in documented_answers(subject)
        if expected_state(answer.exchange) is TaskState.REFUSED
    ]
    if not answers:
        msg = "No document says how moderation answers."
        raise NotApplicable(msg)
    for answer in answers:
        said = verdict(subject, answer)
        told = isinstance(said, Task) and any(failure.refused for failure in said.errors)
        if not told or not isinstance(said, Task) or said.state is not TaskState.REFUSED:
            message = "Moderation refused it, and the plugin does not say so."
            due = "a refused task, with a failure whose `refused` is True"
            got = said_state(said) if told else f"{said_state(said)}, and no failure says so"
            yield _finding(answer, message, due, got)
    for answer in refusals(subject, "submit"):
        said = verdict(subject, answer)
        if answer.exchange.story == "invalid_parameter" and isinstance(said, Task):
            message = "A bad request is taken for a refusal of moderation."
            yield _finding(answer, message, answer.exchange.expect.error, said_state(said))


@check("error.no-credit-is-not-slow-down", level=2)
def no_credit_is_not_slow_down(subject: Subject) -> Iterator[Finding]:
    """An empty account, a bad key and a bad request are not worth another try; a limit is.

    A 429 may mean either. Asked again and again, an account without credit stays without.
    """
    stories = {"no_credit", "bad_key", "invalid_parameter"}
    for answer in refusals(subject):
        said = verdict(subject, answer)
        if not isinstance(said, ProviderError):
            continue
        hopeless = answer.exchange.story in stories and said.retryable
        limited = answer.exchange.expect.error == "RateLimitError"
        if hopeless or limited != isinstance(said, RateLimitError):
            expected = answer.exchange.expect.error or "an error that is not tried again"
            yield _finding(answer, "It is told as the wrong one.", expected, said_state(said))


@check("error.submissions-are-not-repeated", level=2)
def submissions_are_not_repeated(subject: Subject) -> Iterator[Finding]:
    """A submission is sent once, unless the documents say that its refusal is not billed.

    The core repeats it only after an error that is both retryable and not billed. So an
    answer that no document shows (a page, nothing, a status outside the error table) may
    never be such an error: the picture may have been drawn and charged.
    """
    answer = questions(subject).get(Operation.SUBMIT)
    if answer is None:
        msg = "No submission is documented."
        raise NotApplicable(msg)
    for status in _STATUSES:
        for name, body in {**GATEWAY_BODIES, **ODD_BODIES}.items():
            said = verdict(subject, answer.under(status).bytes(body))
            repeated = isinstance(said, TintypeError) and may_resubmit(said)
            if repeated and not _documented_as_free(subject, status, page=name in GATEWAY_BODIES):
                message = f"After a {status} with {name} the core would submit again."
                yield _finding(answer, message, "billed: unknown", said_state(said))
    yield from _sent_again(subject, answer)


# ---------------------------------------------------------------------------- the table


def _told_rows(subject: Subject) -> Iterator[tuple[ErrorRow, Answer, Parsed]]:
    if not subject.fixtures.errors:
        msg = "The documents list no errors."
        raise NotApplicable(msg)
    for row in subject.fixtures.errors:
        for answer in examples_of(subject, row):
            yield row, answer, verdict(subject, answer)


def _matching(row: ErrorRow) -> str:
    conditions = " and ".join(f"{value!r} at {place}" for place, value in row.match.items())
    return f" with {conditions}" if conditions else ""


def _row_finding(
    row: ErrorRow, answer: Answer, message: str, expected: object, got: object
) -> Finding:
    return Finding(
        message=message, expected=expected, got=got, exchange=answer.exchange.id, src=row.src
    )


# ----------------------------------------------------------------------------- the words


def _waits() -> dict[str, float]:
    date = format_datetime(NOW + timedelta(seconds=_WAIT), usegmt=True)
    return {f"{_WAIT:.0f}": _WAIT, date: _WAIT}


def _untold(subject: Subject, answer: Answer, wait: float) -> Iterator[Finding]:
    """What the core does not learn from a refusal with these headers."""
    error = _raised(subject, answer)
    if isinstance(error, ProviderError):
        if error.retry_after != wait:
            yield _finding(answer, "The wait asked for is lost.", wait, error.retry_after)
        if error.request_id != _ID:
            yield _finding(answer, "The request id is lost.", _ID, error.request_id)
    words = [text for _, text in leaves(answer.body) if _is_sentence(text)]
    if isinstance(error, ProviderError) and words and not _tells(error, words):
        yield _finding(answer, "The provider's own words are lost.", words[0], str(error))


def _raised(subject: Subject, answer: Answer) -> TintypeError | None:
    """The error as a caller gets it: by way of the core, which adds what the head says."""
    clock = Clock(monotonic=lambda: 0.0, now=lambda: NOW)
    operation, message = answer.turns[0]
    reader = HookCaller(subject.plugin, clock, None)
    known = answer.context
    try:
        exchange = Exchange(
            operation=operation,
            at=NOW,
            message=message,
            request=known.asked(subject.info),
            task=known.task or Task(),
            quote=known.quote,
        )
        reader.read(object, exchange)
    except TintypeError as error:
        return error
    return None


def _is_sentence(text: object) -> bool:
    return isinstance(text, str) and _SENTENCE.search(text) is not None


def _tells(error: TintypeError, words: list[object]) -> bool:
    return any(str(each).strip() in str(error) for each in words)


# ------------------------------------------------------------------------------ the grid


def _is_refusal(said: Parsed, *, may_end: bool) -> bool:
    """Whether it is an error, or, where that is allowed, a task without a picture."""
    if isinstance(said, ProtocolError | ProviderError):
        return True
    return may_end and isinstance(said, Task) and said.state in _NOT_DRAWN and not said.images


def _documented_as_free(subject: Subject, status: int, *, page: bool) -> bool:
    """Whether the documents say of a status that it is not billed and may be tried again.

    From 500 on a page, or nothing, is a gateway's: it counts only if the documents show it.
    """
    if page and status >= _FIRST_SERVER_ERROR:
        return any(
            answer.status == status
            and answer.body is MISSING
            and answer.exchange.expect.fields.get("billed") == Billed.NO
            for answer in refusals(subject, "submit")
        )
    rows = [row for row in subject.fixtures.errors if row.status == status]
    return any(row.billed == Billed.NO.value for row in rows)


def _sent_again(subject: Subject, answer: Answer) -> Iterator[Finding]:
    """Submissions of which nobody knows what became, and that the core sends again."""
    page = GATEWAY_BODIES["a page"]
    losses: dict[str, Said] = {
        "a dropped connection": DroppedError("The connection broke."),
        "no answer in time": RequestTimeoutError("The answer did not arrive in time."),
        "a gateway's page": Response(status=502, body=page),
        "a page under 200": Response(status=200, body=page),
        "nothing under 200": Response(status=200),
    }
    for name, loss in losses.items():
        went = course(subject, lambda talk: talk.submit(asked(answer)), in_order([loss]))
        if isinstance(went.error, UsageError):
            return  # the plugin builds no request: the checks of requests tell that
        if len(went.sent) != 1:
            message = f"After {name} the submission is sent {len(went.sent)} times."
            yield _finding(answer, message, "once", len(went.sent))


def _finding(answer: Answer, message: str, expected: object, got: object) -> Finding:
    return Finding(
        message=message,
        expected=expected,
        got=got.deed if isinstance(got, Broken) else got,
        exchange=answer.exchange.id,
        src=answer.exchange.src,
    )
