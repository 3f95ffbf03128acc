"""A submission: written down before it leaves, and never sent twice by mistake (rule 1)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from attrs import evolve

from tintype._blame import about
from tintype._flow.channel import DRIVER, Channel
from tintype._flow.effects import Flow, Head, Receive, Record, Reply, Send, Sleep
from tintype._flow.following import watch
from tintype._flow.gates import Gate, Visit
from tintype._flow.hook_caller import expected
from tintype._flow.planning import Built, rebuilt, submission
from tintype._flow.resolve import Plan
from tintype._flow.settle import proof, with_callback
from tintype._flow.verdicts import (
    asks_for_patience,
    closed_stream,
    leaves_fate_open,
    may_resubmit,
    outcome_of,
    stands,
    tells_more,
    unknown_submission_error,
    wait_of,
)
from tintype._lifting import Content
from tintype._watch import Watch
from tintype.account import Limits
from tintype.catalog import Idempotency
from tintype.entries import Intent, Settled
from tintype.errors import (
    Billed,
    GateError,
    JournalError,
    Outcome,
    PluginError,
    ProtocolError,
    ProviderError,
    TintypeError,
)
from tintype.exchange import Operation
from tintype.messages import Response, ServerSentEvent, stream_of
from tintype.models import Attempt, Notice, Quote, Task
from tintype.request import ImageRequest, Submission

_SOON = 30.0  # seconds after which a key of no documented window is not relied on
_ONCE_MORE = 2  # how often a submission is sent that has such a key
_TOLD = 1.0  # seconds at the gate from which on they are told
_LATE = "It waited {:.0f} s until its account let it through."


class Submissions:
    """The submissions that one request demands, a piece of work each, in their order.

    What keeps one will keep the next: none is begun any more. Those that were accepted go on.
    """

    def __init__(
        self,
        channel: Channel,
        plan: Plan,
        ready: Mapping[int, Built],
        quotes: Mapping[int, Quote],
        visit: Visit,
    ) -> None:
        self._visit = visit
        self._channel = channel
        self._plan = plan
        self._ready = ready
        self._quotes = quotes
        self._next = 0
        self._ends: dict[int, Watch | Attempt] = {}

    @property
    def accepted(self) -> list[Watch]:
        """The tasks of those that were accepted."""
        return [end for _, end in sorted(self._ends.items()) if isinstance(end, Watch)]

    @property
    def failed(self) -> list[Attempt]:
        """The others that were begun."""
        return [end for _, end in sorted(self._ends.items()) if isinstance(end, Attempt)]

    def __len__(self) -> int:
        """How many are still to be begun."""
        return 0 if self.failed else len(self._plan.requests) - self._next

    def pause(self) -> float | None:
        """No time, or None where none is to be begun any more."""
        return 0.0 if len(self) else None

    def take(self) -> Flow[None]:
        """The next submission."""
        place, self._next = self._next, self._next + 1
        return self._submitted(place)

    def _submitted(self, place: int) -> Flow[None]:
        n = self._plan.requests[place].n
        ready = self._ready[n]
        try:
            if place and self._plan.requests[place - 1].n == n:  # one more of that size
                nonce = self._channel.terms.nonce()
                ready = rebuilt(self._channel, ready, submission(self._channel, ready.part, nonce))
            task = yield from submit(self._channel, self._plan, ready, self._quotes[n], self._visit)
        except TintypeError as error:
            name = self._channel.info.name
            self._ends[place] = Attempt(outcome=outcome_of(error), provider=name, error=error)
        else:
            self._ends[place] = watch(self._channel, task)


def submit(
    channel: Channel, plan: Plan, ready: Built, quote: Quote | None, visit: Visit
) -> Flow[Task]:
    """Send a submission; again only where nothing can have been charged (rule 1)."""
    request, asking = ready.part, ready.asking
    gate, limits, end = channel.terms.gate, channel.limits(plan.model), channel.patience(visit)
    patience = channel.timeout(plan.model.request_timeout)  # others are answered by then
    tries, waited = 0, 0.0
    while True:
        tries += 1
        token = channel.terms.token() if request.webhook_url else ""
        intent = _intent(channel, request, quote, proof(token), asking.nonce)
        record, seconds = yield from _admitted(channel, intent, visit, limits, end)
        waited, before = waited + seconds, (gate.accepted, gate.pauses)
        blank = _blank(channel, plan, request, record, waited)
        try:
            ready = rebuilt(channel, ready, with_callback(asking, record, token))
            task = yield from _submit_once(channel, plan, ready, asking, blank)
        except TintypeError as error:
            visit.leave()
            pause = _paused(gate, error, before[1])
            yield from _settled(channel, record, error, pause)
            others = pause is not None and gate.moves(before[0], visit.others, patience)
            tries = 1 if others else tries
            if tries >= channel.tries or not may_resubmit(error):
                raise
            if token:  # other bytes: a key goes with the same ones alone
                asking = evolve(asking, nonce=channel.terms.nonce())
            yield from _waited_out(channel, error, tries, pause)
        else:
            gate.went_well()
            return (yield from channel.record(task))


def _paused(gate: Gate, error: TintypeError, pauses: int) -> float | None:
    """Seconds for which a refusal pauses everyone of the account, or None: it does not."""
    if not (may_resubmit(error) and asks_for_patience(error)):
        return None
    return gate.refused(wait_of(error), str(error), pauses)


def _settled(channel: Channel, record: str, error: TintypeError, pause: float | None) -> Flow[None]:
    """Write down how a submission ended. What it ended in matters more than the journal.

    Raises:
        SubmissionUnknownError: Nobody knows.
    """
    outcome, told = outcome_of(error), str(error)
    settled = Settled(
        record=record, outcome=outcome, billed=error.billed, reason=told, pause=pause or 0.0
    )
    with suppress(JournalError):
        yield Record(entry=settled)
    if outcome is Outcome.UNKNOWN:
        raise unknown_submission_error(error, record, channel.info) from error


def _waited_out(
    channel: Channel, error: TintypeError, tries: int, pause: float | None
) -> Flow[None]:
    """Wait until a submission may be sent again; a pause is waited out at the gate, with all."""
    if pause is None:
        yield Sleep(seconds=channel.pause(error, tries), retry=True)


def _admitted(
    channel: Channel, intent: Intent, visit: Visit, limits: Limits | None, end: float
) -> Flow[tuple[str, float]]:
    """The journal's id for a submission that has its turn, and how long it waited for that."""
    waited = 0.0
    while True:
        seconds, turn = yield from visit.enter(limits, end)
        waited += seconds
        if limits is not None:
            inside = channel.terms.gate.inside
            intent = evolve(intent, limits=visit.shared(limits), inside=inside)
        try:
            record = yield from _intend(intent)
        except BaseException as error:
            visit.give_back(turn, error)
            if not isinstance(error, GateError):  # other processes have theirs
                raise
        else:
            return record, waited


def _intent(
    channel: Channel, request: ImageRequest, quote: Quote | None, callback: str, nonce: str
) -> Intent:
    """What is written down before a submission leaves."""
    return Intent(
        provider=channel.info.name,
        request=request,
        quote=quote,
        budgets=channel.terms.choices.budgets,
        label=channel.terms.label,
        key=channel.terms.per_call.key,
        digest=channel.terms.per_call.digest,
        standing=channel.terms.per_call.standing,
        nonce=nonce,
        callback=callback,
    )


def _intend(intent: Intent) -> Flow[str]:
    """The journal's id for a submission that is about to leave.

    Raises:
        JournalError: It cannot be kept, so it does not leave.
        BudgetError: It does not fit.
        GateError: It is not its turn.
    """
    try:
        return expected((yield Record(entry=intent)), str, DRIVER)
    except JournalError as error:
        raise about(error, billed=Billed.NO) from error.__cause__


def _blank(channel: Channel, plan: Plan, request: ImageRequest, record: str, waited: float) -> Task:
    """The task before anybody has heard of it."""
    late = (Notice(field="gate", message=_LATE.format(waited)),) if waited >= _TOLD else ()
    return Task(
        model=plan.model.id,
        request=request.digested(),  # it holds no token
        resolved=plan.resolved,
        notices=(*plan.notices, *late),
        created_at=channel.terms.clock.now(),
        record=record,
    )


def _submit_once(
    channel: Channel, plan: Plan, ready: Built, asking: Submission, blank: Task
) -> Flow[Task]:
    """Send a submission; where its fate is open, the same again by its documented key (rule 1).

    Raises:
        TintypeError: No answer was a task. Once one left the fate open, it is that one's,
            whatever a later one says, or the first one's that leads to an answer.
    """
    timeout = channel.timeout(plan.model.request_timeout)
    sending = Send(
        request=ready.request,
        repeat=False,
        timeout=timeout,
        hook="submit",
        encoded=ready.encoded,
    )
    rule, clock = channel.info.idempotency, channel.terms.clock.monotonic
    most, seconds = _allowed(rule, channel.tries)
    end = clock() + seconds
    lost: TintypeError | None = None
    tries = 0
    while True:
        tries += 1
        try:
            return (yield from _heard(channel, (yield sending), asking, blank))
        except TintypeError as raised:
            error = yield from channel.with_answer_kept(raised)
        if lost is None and outcome_of(error) is not Outcome.UNKNOWN:
            raise error
        lost = error if lost is None or _holds_more(error, lost) else lost
        pause = channel.pause(error, tries) if rule and rule.window else 0.0
        over = tries == most or clock() + pause >= end
        if over or not (leaves_fate_open(error) or may_resubmit(error)):
            raise lost
        if pause:
            yield Sleep(seconds=pause, retry=True)


def _allowed(rule: Idempotency | None, tries: int) -> tuple[int, float]:
    """How often the same submission may be sent, and for how many seconds.

    The second half of a window is left alone: what is sent then may arrive behind it. Whether a
    provider still knows a key after minutes of which no document speaks, nobody knows.
    """
    if rule is None:
        return 1, 0.0
    return (tries, rule.window / 2) if rule.window else (min(tries, _ONCE_MORE), _SOON)


def _holds_more(error: TintypeError, lost: TintypeError) -> bool:
    """Whether an error leads to an answer that may be a picture, where an earlier one does not."""
    return bool(error.kept or error.answer) and not (lost.kept or lost.answer)


def _heard(channel: Channel, reply: Reply, asking: Submission, blank: Task) -> Flow[Task]:
    """The task that the answer to a submission tells of."""
    if isinstance(reply, Head):
        return (yield from _read_stream(channel, asking, blank, reply))
    response = expected(reply, Response, DRIVER)
    with channel.unread(Operation.SUBMIT, response, blank):
        task = channel.caller.read_task(Operation.SUBMIT, response, blank, request=asking)
        if not task.state.terminal and not (task.id or task.notes or asking.webhook_url):
            msg = "The submission is accepted, and the answer names nothing to ask for it by."
            raise ProtocolError(msg, provider=channel.info.name, status=response.status)
        return task


def _read_stream(channel: Channel, asking: Submission, blank: Task, head: Head) -> Flow[Task]:
    """The task that a stream of events tells (rule 4)."""
    opening = Response(status=head.status, headers=head.headers)
    told = Told(channel, asking, blank, opening)
    try:
        while (reply := (yield Receive())) is not None:
            if told.hear(expected(reply, ServerSentEvent, DRIVER)) and told.task is not None:
                told.task = yield from channel.record(told.task, more=True)
    except TintypeError as error:
        told.failure = error
    else:
        told.end()
    response = evolve(opening, body=told.body)
    with channel.unread(Operation.SUBMIT, response, blank, stream=True):
        return closed_stream(told.task, told.failure)


class Told:
    """What the events of a stream tell of a task, one after another (rule 4).

    Attributes:
        task: The task so far, or None.
        failure: Why an event, or the rest of the stream, told nothing; or None.
    """

    def __init__(
        self, channel: Channel, asking: Submission | None, blank: Task, head: Response
    ) -> None:
        self.task: Task | None = None
        self.failure: TintypeError | None = None
        self._read = channel.caller.under(head).read_task
        self._asking = asking
        self._blank = blank
        self._events: list[ServerSentEvent] = []

    def hear(self, event: ServerSentEvent) -> bool:
        """Read one event; whether it tells something new that may be written down.

        An end that the stream's own end will not let stand may not: whoever is killed before
        then leaves a record that is open.
        """
        self._events.append(event)
        before = self.task
        try:
            self.task = self._look(Operation.EVENT, event)
        except (ProtocolError, ProviderError, PluginError) as error:
            self.failure = error  # this event tells nothing; an image may follow it
            return False
        if self.failure is not None and self.task.state.terminal and not stands(self.task):
            return False
        return before is None or tells_more(self.task, before)

    def end(self) -> None:
        """Read the end of the stream."""
        try:
            self.task = self._look(Operation.END, None)
        except TintypeError as error:
            self.failure = error

    @property
    def body(self) -> Content:
        """The events so far, as a stream has them."""
        return stream_of(self._events)

    def _look(self, operation: Operation, event: ServerSentEvent | None) -> Task:
        return self._read(operation, event, self.task or self._blank, request=self._asking)
