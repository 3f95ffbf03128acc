"""A submission: written down before it leaves, and never sent twice by mistake (rule 1)."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from attrs import evolve

from tintype._effects import Flow, Head, Receive, Record, Send, Sleep
from tintype._flow.channel import DRIVER, MOST_TRIES, Channel
from tintype._flow.planning import build
from tintype._reader import expected
from tintype._resolve import Plan
from tintype._settle import with_callback
from tintype._verdicts import (
    closed_stream,
    may_repeat,
    outcome_of,
    tells_more,
    unknown_submission,
)
from tintype.entries import Intent, Settled
from tintype.errors import (
    Billed,
    JournalError,
    Outcome,
    ProtocolError,
    ProviderError,
    TintypeError,
)
from tintype.exchange import Operation
from tintype.messages import Response, ServerSentEvent
from tintype.models import Quote, Task
from tintype.request import ImageRequest


def submit(channel: Channel, plan: Plan, request: ImageRequest, quote: Quote | None) -> Flow[Task]:
    """Send a submission; again only where nothing can have been charged (rule 1)."""
    for tries in count(1):
        record = yield from _intend(channel, request, quote)
        try:
            task = yield from _submit_once(channel, plan, with_callback(request, record), record)
        except TintypeError as error:
            outcome = outcome_of(error)
            settled = Settled(
                record=record, outcome=outcome, billed=error.billed, reason=str(error)
            )
            yield from _note(settled)
            if outcome is Outcome.UNKNOWN:
                raise unknown_submission(error, record, channel.info.name) from error
            if tries == MOST_TRIES or not may_repeat(error):
                raise
            yield Sleep(seconds=channel.pause(error, tries))
        else:
            return (yield from channel.keep(task))
    raise AssertionError  # count() does not end


def _intend(channel: Channel, request: ImageRequest, quote: Quote | None) -> Flow[str]:
    """The journal's id for a submission that is about to leave.

    Raises:
        JournalError: It cannot be kept, so it does not leave.
        BudgetError: It does not fit.
    """
    name, budgets = channel.info.name, channel.terms.budgets
    intent = Intent(provider=name, request=request, quote=quote, budgets=budgets)
    try:
        return expected((yield Record(entry=intent)), str, DRIVER)
    except JournalError as error:
        error.billed = Billed.NO
        raise


def _note(settled: Settled) -> Flow[None]:
    """Write down how a submission ended. What it ended in matters more than the journal."""
    with suppress(JournalError):
        yield Record(entry=settled)


def _submit_once(channel: Channel, plan: Plan, request: ImageRequest, record: str) -> Flow[Task]:
    built = build(channel, request)
    blank = Task(
        model=plan.model.id,
        request=evolve(request, references=tuple(r.digested() for r in request.references)),
        resolved=plan.resolved,
        notices=plan.notices,
        record=record,
    )
    if isinstance(built, Task):
        return channel.reader.stamp(built, blank)
    timeout = channel.timeout(plan.model.request_timeout)
    reply = yield Send(request=built, repeat=False, timeout=timeout)
    if isinstance(reply, Head):
        return (yield from _read_stream(channel, request, blank))
    response = expected(reply, Response, DRIVER)
    return channel.reader.read_task(Operation.SUBMIT, response, blank, request=request)


def _read_stream(channel: Channel, request: ImageRequest, blank: Task) -> Flow[Task]:
    """The task that a stream of events tells (rule 4)."""
    read = channel.reader.read_task
    task: Task | None = None
    failure: TintypeError | None = None
    try:
        while (reply := (yield Receive())) is not None:
            event = expected(reply, ServerSentEvent, DRIVER)
            try:
                latest = read(Operation.EVENT, event, blank, request=request, task=task)
            except (ProtocolError, ProviderError) as error:
                failure = error  # this event tells nothing; an image may follow it
                continue
            fresh = task is None or tells_more(latest, task)
            task = (yield from channel.keep(latest)) if fresh else latest
        task = read(Operation.END, None, blank, request=request, task=task)
    except TintypeError as error:
        failure = error
    return closed_stream(task, failure)
