"""The conversation with one provider: generators that perform no I/O.

The rules about money live here and nowhere else:

1. A submission is never repeated unless nothing can have been charged: it was not sent,
   or the provider refused it in words that a document calls unbilled. Its intent is
   recorded before it leaves, its task before anything else happens.
2. Nothing that goes wrong while polling ends a task before its deadline.
3. A submission is built before its price is asked: what the plugin refuses sends nothing.
4. A stream is read to its end, and each new image is recorded at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from itertools import count
from typing import TypeVar

from attrs import evolve, frozen

from tintype._effects import Flow, Head, Load, Receive, Record, Send, Sleep
from tintype._pacing import Clock, backoff, believed
from tintype._reader import Reader, expected
from tintype._registry import Plugin
from tintype._resolve import OnUnsupported, Plan, pick_model, resolve
from tintype._settle import add_quotes, in_dollars, with_callback
from tintype._verdicts import (
    check_cost,
    closed_stream,
    concluded,
    late,
    may_repeat,
    only_a_webhook,
    outcome_of,
    passes,
    tells_more,
    unaskable,
    unknown_submission,
)
from tintype._watch import Watch
from tintype.budget import Budget
from tintype.catalog import Flag, ProviderInfo
from tintype.entries import Intent, Settled, Snapshot
from tintype.errors import (
    Billed,
    JournalError,
    Outcome,
    PluginError,
    ProtocolError,
    ProviderError,
    TintypeError,
    TransportError,
    UnsupportedError,
    UsageError,
)
from tintype.exchange import Exchange, Operation
from tintype.messages import Delivery, Request, Response, ServerSentEvent
from tintype.models import (
    Attempt,
    Generation,
    ImageRequest,
    Notice,
    Quote,
    Reference,
    Task,
)

T = TypeVar("T")

_MOST_QUESTIONS = 4  # how often an unfinished quote is asked again
_MOST_TRIES = 4  # how often an exchange is made that may be repeated
_MOST_UPLOADS = 64  # how often `prepare` may be asked whether there is one more
_DRIVER = "the driver"


@frozen(kw_only=True)
class Terms:
    """What the embedder decided.

    Attributes:
        clock: What time it is.
        jitter: A number from 0 to 1, another one at each call.
        usd_per_credit: What a credit cost, or None: what the provider documents.
        request_timeout: Seconds for one answer, or None: what the provider documents.
        task_timeout: Seconds for a task, or None: likewise.
        on_unsupported: What to do about a field the model cannot honour.
        budgets: What every submission has to fit into.
    """

    clock: Clock
    jitter: Callable[[], float]
    usd_per_credit: Decimal | None = None
    request_timeout: float | None = None
    task_timeout: float | None = None
    on_unsupported: OnUnsupported = "error"
    budgets: tuple[Budget, ...] = ()


class Conversation:
    """Everything that can be said to one provider, each as a flow."""

    def __init__(self, plugin: Plugin, terms: Terms) -> None:
        self._hooks = plugin.hooks
        self._extras = plugin.extras
        self._info = plugin.info
        self._terms = terms
        self._reader = Reader(plugin, terms.clock, terms.usd_per_credit)

    # ------------------------------------------------------------------- questions

    def quote(self, request: ImageRequest) -> Flow[Quote]:
        """What a request would cost. Its submissions are built, and not sent."""
        plan = yield from self._plan(request)
        quotes = yield from self._quotes(plan)
        return self._total(plan, quotes)

    def models(self) -> Flow[ProviderInfo]:
        """The provider's live list of models, or the catalog where it has none."""
        asked = self._reader.call(self._extras.models)
        if not isinstance(asked, Request):
            return self._info
        return (yield from self._ask(ProviderInfo, Operation.MODELS, asked))

    def _quotes(self, plan: Plan) -> Flow[dict[int, Quote]]:
        """What each kind of the plan's submissions would cost, by how many images it asks for."""
        quotes: dict[int, Quote] = {}
        for size in dict.fromkeys(part.n for part in plan.requests):
            try:
                quote = yield from self._price(evolve(plan.requests[0], n=size))
            except UsageError:
                raise
            except TintypeError as error:
                quote = Quote(reason=str(error))
            quotes[size] = self._in_dollars(plan, quote)
        return quotes

    def _total(self, plan: Plan, quotes: dict[int, Quote]) -> Quote:
        counts = Counter(part.n for part in plan.requests)
        return add_quotes([(quotes[size], times) for size, times in counts.items()])

    def _in_dollars(self, plan: Plan, quote: Quote) -> Quote:
        named = evolve(quote, provider=self._info.name, model=plan.model.id)
        return in_dollars(named, self._info, self._terms.usd_per_credit)

    def _price(self, request: ImageRequest) -> Flow[Quote]:
        quote: Quote | None = None
        for _ in range(_MOST_QUESTIONS):
            asked = self._reader.call(self._hooks.price, request=request, quote=quote)
            if asked is None:
                return Quote(reason="No document tells the price.")
            if isinstance(asked, Quote):
                return asked
            asked = expected(asked, Request, self._info.name)
            quote = yield from self._ask(
                Quote, Operation.PRICE, asked, request=request, quote=quote
            )
            if quote.final:
                return quote
        return Quote(reason=f"The price was still open after {_MOST_QUESTIONS} questions.")

    # ----------------------------------------------------------------- submissions

    def submit(self, request: ImageRequest) -> Flow[Task]:
        """Start one submission.

        Raises:
            UnsupportedError: The model draws fewer images at once than are asked for.
            SubmissionUnknownError: Nobody knows whether it was accepted.
        """
        plan = yield from self._plan(request)
        first, *more = plan.requests
        if more:
            most = plan.model.max_n
            msg = f"{plan.model.id} draws {most} at once: ask for n={most}, or call generate()."
            allowed = (f"1 to {most}",)
            raise UnsupportedError(msg, field="n", allowed=allowed, provider=self._info.name)
        quotes = (yield from self._quotes(plan)) if self._terms.budgets else {}
        return (yield from self._submit(plan, first, quotes.get(first.n)))

    def draw(self, request: ImageRequest) -> Flow[Task]:
        """Start one submission and follow it to its end; snapshots are recorded on the way.

        Images are asked for as they are made where the model can.
        """
        model = pick_model(request, self._info)
        if model is not None and isinstance(model.parameters.get("stream"), Flag):
            request = evolve(request, stream=True)
        task = yield from self.submit(request)
        return (yield from self.wait(task))

    def generate(self, request: ImageRequest, max_cost: Decimal | None = None) -> Flow[Generation]:
        """Quote, submit as often as `n` demands, and follow all to their ends.

        Raises:
            CostLimitError: The quote is over `max_cost`, or unknown.
            TintypeError: What kept every one of the submissions from giving an image.
        """
        plan = yield from self._plan(request)
        quotes = yield from self._quotes(plan)
        quote = self._total(plan, quotes)
        check_cost(quote, max_cost)
        watches: list[Watch] = []
        failures: list[Attempt] = []
        for part in plan.requests:
            try:
                task = yield from self._submit(plan, part, quotes[part.n])
            except TintypeError as error:
                failures.append(Attempt(outcome=outcome_of(error), error=error))
                break  # what kept this one will keep the next; the accepted ones go on
            watches.append(self._watch(task))
        yield from self._follow(watches)
        attempts = (*(_followed(watch) for watch in watches), *failures)
        return concluded(Generation(quote=quote, attempts=attempts, notices=plan.notices))

    def _plan(self, request: ImageRequest) -> Flow[Plan]:
        """The request with its files read and its uploads made, against the model's limits."""
        request = yield from self._loaded(request)
        plan = resolve(request, self._info, on_unsupported=self._terms.on_unsupported)
        first = plan.requests[0]
        for _ in range(_MOST_UPLOADS):
            asked = self._reader.call(self._extras.prepare, request=first)
            if not isinstance(asked, Request):
                requests = tuple(evolve(first, n=part.n) for part in plan.requests)
                for part in requests:
                    self._build(part)  # what the plugin refuses sends nothing (rule 3)
                return evolve(plan, requests=requests)
            first = yield from self._ask(ImageRequest, Operation.PREPARE, asked, request=first)
        msg = f"The plugin's prepare() asks again after {_MOST_UPLOADS} answers."
        raise PluginError(msg, provider=self._info.name)

    def _loaded(self, request: ImageRequest) -> Flow[ImageRequest]:
        """The request with the bytes of its local files in place of their paths."""
        references: list[Reference] = []
        for reference in request.references:
            if reference.path is None:
                references.append(reference)
                continue
            data = expected((yield Load(path=reference.path)), bytes, _DRIVER)
            name = reference.name or reference.path.replace("\\", "/").rpartition("/")[2]
            references.append(evolve(reference, path=None, data=data, name=name))
        return evolve(request, references=tuple(references))

    def _build(self, request: ImageRequest) -> Request | Task:
        build: object = self._reader.call(self._hooks.submit, request=request)
        return build if isinstance(build, Task) else expected(build, Request, self._info.name)

    def _submit(self, plan: Plan, request: ImageRequest, quote: Quote | None) -> Flow[Task]:
        """Send a submission; again only where nothing can have been charged (rule 1)."""
        for tries in count(1):
            entry = yield from self._intend(request, quote)
            try:
                task = yield from self._submit_once(plan, with_callback(request, entry), entry)
            except TintypeError as error:
                outcome = outcome_of(error)
                settled = Settled(
                    entry=entry, outcome=outcome, billed=error.billed, reason=str(error)
                )
                yield from self._note(settled)
                if outcome is Outcome.UNKNOWN:
                    raise unknown_submission(error, entry, self._info.name) from error
                if tries == _MOST_TRIES or not may_repeat(error):
                    raise
                yield Sleep(seconds=self._pause(error, tries))
            else:
                return (yield from self._keep(task))
        raise AssertionError  # count() does not end

    def _intend(self, request: ImageRequest, quote: Quote | None) -> Flow[str]:
        """The journal's id for a submission that is about to leave.

        Raises:
            JournalError: It cannot be kept, so it does not leave.
            BudgetError: It does not fit.
        """
        name, budgets = self._info.name, self._terms.budgets
        intent = Intent(provider=name, request=request, quote=quote, budgets=budgets)
        try:
            return expected((yield Record(entry=intent)), str, _DRIVER)
        except JournalError as error:
            error.billed = Billed.NO
            raise

    def _note(self, settled: Settled) -> Flow[None]:
        """Write down how a submission ended. What it ended in matters more than the journal."""
        with suppress(JournalError):
            yield Record(entry=settled)

    def _keep(self, task: Task) -> Flow[Task]:
        """Write a task down. It is not lost because the journal fails: a notice says so."""
        try:
            entry = yield Record(entry=Snapshot(task=task))
        except JournalError as error:
            notice = Notice(field="journal", message=f"{error} The task goes on without it.")
            return evolve(task, notices=(*task.notices, notice))
        return evolve(task, entry=entry) if isinstance(entry, str) and entry else task

    def _submit_once(self, plan: Plan, request: ImageRequest, entry: str) -> Flow[Task]:
        build = self._build(request)
        blank = Task(
            model=plan.model.id,
            request=evolve(request, references=tuple(r.digested() for r in request.references)),
            resolved=plan.resolved,
            notices=plan.notices,
            entry=entry,
        )
        if isinstance(build, Task):
            return self._reader.stamp(build, blank)
        timeout = self._timeout(plan.model.request_timeout)
        reply = yield Send(request=build, repeat=False, timeout=timeout)
        if isinstance(reply, Head):
            return (yield from self._read_stream(request, blank))
        response = expected(reply, Response, _DRIVER)
        return self._reader.read_task(Operation.SUBMIT, response, blank, request=request)

    def _read_stream(self, request: ImageRequest, blank: Task) -> Flow[Task]:
        """The task that a stream of events tells (rule 4)."""
        read = self._reader.read_task
        task: Task | None = None
        failure: TintypeError | None = None
        try:
            while (reply := (yield Receive())) is not None:
                event = expected(reply, ServerSentEvent, _DRIVER)
                try:
                    latest = read(Operation.EVENT, event, blank, request=request, task=task)
                except (ProtocolError, ProviderError) as error:
                    failure = error  # this event tells nothing; an image may follow it
                    continue
                fresh = task is None or tells_more(latest, task)
                task = (yield from self._keep(latest)) if fresh else latest
            task = read(Operation.END, None, blank, request=request, task=task)
        except TintypeError as error:
            failure = error
        return closed_stream(task, failure)

    # --------------------------------------------------------------------- polling

    def refresh(self, task: Task) -> Flow[Task]:
        """One look at a task. A task that has ended is left alone."""
        asked = None if task.state.terminal else self._question(task)
        if asked is None:
            return task
        return (yield from self._tell(Operation.POLL, asked, task))

    def wait(self, task: Task) -> Flow[Task]:
        """Follow a task to its end, whatever goes wrong on the way.

        Raises:
            DeadlineError: It did not end in time. The error carries it as JSON.
        """
        watch = self._watch(task)
        yield from self._follow([watch])
        if watch.error is not None:
            raise watch.error
        return watch.task

    def finish(self, tasks: Iterable[Task]) -> Flow[tuple[Attempt, ...]]:
        """Follow several tasks to their ends; what went wrong with one stands in its attempt."""
        watches = [self._watch(task) for task in tasks]
        yield from self._follow(watches)
        return tuple(_followed(watch) for watch in watches)

    def cancel(self, task: Task) -> Flow[Task]:
        """Ask the provider to stop a task. A task that has ended is left alone.

        Raises:
            UnsupportedError: No document names a way to.
        """
        if task.state.terminal:
            return task
        asked = self._reader.call(self._extras.cancel, task=task)
        if not isinstance(asked, Request):
            msg = "It documents no way to cancel a task."
            raise UnsupportedError(msg, field="task", provider=self._info.name)
        return (yield from self._tell(Operation.CANCEL, asked, task))

    def hint(self, delivery: Delivery) -> Task:
        """What a webhook says, believed by nobody yet.

        Raises:
            ProtocolError: It says nothing that a document describes.
        """
        return self._reader.read_task(Operation.WEBHOOK, delivery, Task())

    def receive(
        self, delivery: Delivery, task: Task | None = None, secret: str | None = None
    ) -> Flow[Task]:
        """The task a webhook speaks of.

        What it says is a hint, and the provider is asked; unless the plugin can tell that it
        is signed with `secret`.

        Raises:
            ProtocolError: It speaks of another task, its signature is wrong, or nobody can
                confirm it.
        """
        before = task or Task()
        verified = self._verified(delivery, secret)
        hint = self._reader.read_task(Operation.WEBHOOK, delivery, before, task=task)
        if before.id and hint.id != before.id:
            msg = f"The webhook speaks of the task {hint.id!r}, not of {before.id!r}."
            raise ProtocolError(msg, provider=self._info.name)
        known = evolve(before, id=hint.id, provider=hint.provider, model=hint.model)
        if known.state.terminal:
            return known
        if verified:
            return (yield from self._keep(hint))
        asked = self._question(known)
        if asked is None:
            msg = "The webhook is unsigned and the provider cannot be asked: nobody confirms it."
            raise ProtocolError(msg, provider=self._info.name)
        return (yield from self._tell(Operation.POLL, asked, known))

    def _verified(self, delivery: Delivery, secret: str | None) -> bool:
        """Whether the plugin knows the webhook to be the provider's."""
        if secret is None:
            return False
        at = self._terms.clock.now()
        exchange = Exchange(operation=Operation.WEBHOOK, at=at, message=delivery)
        signed = self._reader.call(self._extras.verify, exchange=exchange, secret=secret)
        if signed is False:
            msg = "The webhook's signature is wrong."
            raise ProtocolError(msg, provider=self._info.name)
        return bool(signed)

    def _question(self, task: Task) -> Request | None:
        asked: object = self._reader.call(self._hooks.poll, task=task)
        return None if asked is None else expected(asked, Request, self._info.name)

    def _tell(self, operation: Operation, asked: Request, task: Task) -> Flow[Task]:
        """What the provider says of a task, recorded."""
        reply = yield Send(request=asked, repeat=True, timeout=self._timeout(None))
        response = expected(reply, Response, _DRIVER)
        latest = self._reader.read_task(operation, response, task, task=task)
        return (yield from self._keep(latest))

    def _watch(self, task: Task) -> Watch:
        timeout = self._terms.task_timeout or self._info.task_timeout
        return Watch(task, self._info.poll_schedule, self._terms.clock.monotonic(), timeout)

    def _follow(self, watches: list[Watch]) -> Flow[None]:
        """Look at each task in its turn until none is left running (rule 2)."""
        while running := [watch for watch in watches if watch.running]:
            watch = min(running, key=lambda each: each.due)
            try:
                asked = self._question(watch.task)
            except TintypeError as error:
                watch.give_up(unaskable(watch.task, error))
                continue
            if asked is None:
                watch.give_up(only_a_webhook(watch.task))
                continue
            pause = watch.due - self._terms.clock.monotonic()
            if pause > 0:
                yield Sleep(seconds=pause)
            yield from self._look(watch, asked)

    def _look(self, watch: Watch, asked: Request) -> Flow[None]:
        """One look at one task: what it tells is kept, what goes wrong is waited out."""
        clock = self._terms.clock
        try:
            latest = yield from self._tell(Operation.POLL, asked, watch.task)
        except TintypeError as error:
            if outcome_of(error) is Outcome.NOT_SENT and not isinstance(error, TransportError):
                watch.give_up(unaskable(watch.task, error))  # it will not leave later either
                return
            watch.stumbled(error, self._pause(error, watch.failures + 1), clock.monotonic())
        else:
            watch.saw(latest, clock.monotonic())
        if watch.running and clock.monotonic() >= watch.deadline:
            watch.give_up(late(watch))

    # --------------------------------------------------------------- free questions

    def _ask(
        self,
        kind: type[T],
        operation: Operation,
        asked: Request,
        *,
        request: ImageRequest | None = None,
        quote: Quote | None = None,
    ) -> Flow[T]:
        """The answer to a question that costs nothing and may be asked again."""
        for tries in count(1):
            try:
                reply = yield Send(request=asked, repeat=True, timeout=self._timeout(None))
                response = expected(reply, Response, _DRIVER)
                return self._reader.read(kind, operation, response, request=request, quote=quote)
            except TintypeError as error:
                if tries == _MOST_TRIES or not passes(error):
                    raise
                yield Sleep(seconds=self._pause(error, tries))
        raise AssertionError  # count() does not end

    def _timeout(self, documented: float | None) -> float:
        return self._terms.request_timeout or documented or self._info.request_timeout

    def _pause(self, error: TintypeError, failures: int) -> float:
        asked = error.retry_after if isinstance(error, ProviderError) else None
        return max(believed(asked), backoff(failures, self._terms.jitter()))


def _followed(watch: Watch) -> Attempt:
    return Attempt(outcome=Outcome.ACCEPTED, task=watch.task, error=watch.error)
