"""The conversation with one provider: generators that perform no I/O.

The rules about money live here and nowhere else:

1. A submission is never repeated unless nothing can have been charged: it was not sent,
   or the provider refused it in words that a document calls unbilled; or nobody knows what
   became of it, and a document names a key by which the provider knows it again. Its intent
   is recorded before it leaves, its task before anything else happens.
2. Nothing that goes wrong while polling ends a task before its deadline, but a plugin's own
   fault that stays: then the task is left, and kept.
3. A submission is built and encoded before its price is asked: what the plugin or the
   account refuses sends nothing, and reserves nothing.
4. A stream is read to its end, and each new image is recorded at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from attrs import evolve

from tintype._blame import about
from tintype._doors import held
from tintype._flow.channel import Channel, Terms
from tintype._flow.choices import PerCall
from tintype._flow.effects import Flow, Work
from tintype._flow.following import Agenda, Part, done, follow, followed, question, watch
from tintype._flow.gates import Visit
from tintype._flow.listing import live_list
from tintype._flow.planning import (
    build,
    known_quotes,
    placed,
    plan,
    quotes,
    rehearsed,
    submission,
    total,
)
from tintype._flow.proving import KeySet, prove
from tintype._flow.receiving import Heard, confirm, hear
from tintype._flow.rereading import reread
from tintype._flow.resolve import Plan, pick_model
from tintype._flow.submitting import Submissions, submit
from tintype._flow.verdicts import check_cost, check_limit, concluded
from tintype._plugins.registry import Plugin
from tintype._watch import Watch
from tintype.account import Secret
from tintype.catalog import Flag, ProviderInfo
from tintype.entries import Unread
from tintype.errors import InvalidRequestError, TintypeError, UnsupportedError
from tintype.exchange import Operation
from tintype.messages import Delivery, Request
from tintype.models import Attempt, Generation, Notice, Offer, Quote, Task
from tintype.prices import expected_size
from tintype.request import ImageRequest

__all__ = ["Conversation", "Heard", "Terms"]


class Conversation:
    """Everything that can be said to one provider, each as a flow."""

    def __init__(self, plugin: Plugin, terms: Terms) -> None:
        self._plugin = plugin
        self._channel = Channel(plugin, terms)
        self._info = plugin.info
        self._key_set = KeySet()

    def on(self, per_call: PerCall) -> Conversation:
        """The same conversation, where some terms are those of one call."""
        if per_call == self._channel.terms.per_call:
            return self
        return Conversation(self._plugin, evolve(self._channel.terms, per_call=per_call))

    def quote(self, request: ImageRequest) -> Flow[Quote]:
        """What a request would cost."""
        return (yield from self.offer(request)).quote

    def offer(self, request: ImageRequest) -> Flow[Offer]:
        """What would come of a request, and its price. Its submissions are built, and not sent."""
        planned = yield from plan(self._channel, request)
        for part in planned.kinds.values():
            build(self._channel, submission(self._channel, part))
        quote = total(planned, (yield from quotes(self._channel, planned)))
        return Offer(
            provider=self._info.name,
            quote=quote,
            name=planned.model.name,
            size=expected_size(self._info, submission(self._channel, planned.requests[0])),
            resolved=planned.resolved,
            notices=planned.notices,
        )

    def models(self) -> Flow[ProviderInfo]:
        """The provider's live list of models, or the catalog where it has none."""
        return (yield from live_list(self._channel))

    # ----------------------------------------------------------------- submissions

    def submit(self, request: ImageRequest) -> Flow[Task]:
        """Start one submission.

        Raises:
            UsageError: The call has a key.
            UnsupportedError: The model draws fewer images at once than are asked for.
            SubmissionUnknownError: Nobody knows whether it was accepted.
        """
        with self._visit() as visit:
            return (yield from self._submit(request, visit))

    def _visit(self) -> Visit:
        """A call, as its account's gate knows it."""
        return Visit(self._channel.terms.gate)

    def _submit(self, request: ImageRequest, visit: Visit) -> Flow[Task]:
        if self._channel.terms.per_call.key:
            msg = "key= is for generate(), which waits for the picture. Nothing was sent."
            raise InvalidRequestError(msg, field="key")
        planned = yield from plan(self._channel, request)
        with _Noted(planned.notices):
            return (yield from self._begin(planned, visit))

    def _begin(self, planned: Plan, visit: Visit) -> Flow[Task]:
        if len(planned.requests) > 1:
            most = planned.model.max_n
            msg = f"{planned.model.id} draws {most} at once: ask for n={most}, or call generate()."
            allowed = (f"1 to {most}",)
            raise UnsupportedError(msg, field="n", allowed=allowed, provider=self._info.name)
        ready = rehearsed(self._channel, planned)
        costs = yield from self._costs(planned)
        ready = yield from placed(self._channel, planned, ready)
        [(n, only)] = ready.items()
        return (yield from submit(self._channel, planned, only, costs.get(n), visit))

    def _costs(self, planned: Plan) -> Flow[dict[int, Quote]]:
        """What a single submission costs: a budget has to know it, a journal likes to."""
        terms = self._channel.terms
        if terms.choices.budgets:
            return (yield from quotes(self._channel, planned))
        return known_quotes(self._channel, planned) if terms.journaled else {}

    def reread(self, unread: Sequence[Unread]) -> Flow[Task]:
        """The task that kept answers tell of, now that one may be understood."""
        return reread(self._channel, unread)

    def draw(self, request: ImageRequest) -> Flow[Task]:
        """Start one submission and follow it to its end; snapshots are recorded on the way.

        Images are asked for as they are made where the model can.
        """
        held(request, ImageRequest, "request", "ImageRequest(prompt=…)")
        model = pick_model(request, self._info)
        if model is not None and isinstance(model.parameters.get("stream"), Flag):
            request = evolve(request, stream=True)
        with self._visit() as visit:
            task = yield from self._submit(request, visit)
            return (yield from self.wait(task))

    def generate(self, request: ImageRequest, max_cost: Decimal | None = None) -> Flow[Generation]:
        """Quote, submit as often as `n` demands, and follow all to their ends.

        Raises:
            CostLimitError: The quote is over `max_cost`, or unknown.
            TintypeError: What kept every one of the submissions from giving an image.
        """
        check_limit(max_cost)
        planned = yield from plan(self._channel, request)
        cache = self._channel.terms.cache if not self._channel.terms.per_call.key else None
        drawing = self._drawn(planned, max_cost)
        flow = cache.given(planned, drawing) if cache else drawing
        del planned
        return (yield from flow)

    def _drawn(self, planned: Plan, max_cost: Decimal | None) -> Flow[Generation]:
        """What comes of a plan's submissions."""
        notices = planned.notices
        with _Noted(notices), self._visit() as visit:
            quote, watched, failed = yield from self._accepted(planned, max_cost, visit)
            del planned  # nothing of a submission is held while its task is waited for
            agenda = self.agenda()
            for each in watched:
                follow(self._channel, agenda, each)
            yield from done(self._channel, agenda)
            attempts = (*map(followed, watched), *failed)
            return concluded(Generation(quote=quote, attempts=attempts, notices=notices))

    def _accepted(
        self, planned: Plan, max_cost: Decimal | None, visit: Visit
    ) -> Flow[tuple[Quote, list[Watch], list[Attempt]]]:
        """The price, the tasks that were accepted, and the other submissions that were begun."""
        ready = rehearsed(self._channel, planned)
        costs = yield from quotes(self._channel, planned)
        quote = total(planned, costs)
        check_cost(quote, max_cost)
        ready = yield from placed(self._channel, planned, ready)
        submissions = Submissions(self._channel, planned, ready, costs, visit)
        yield from submissions.take()  # alone: what keeps it will keep the others
        yield from done(self._channel, submissions)
        return quote, submissions.accepted, submissions.failed

    # ------------------------------------------------------------------------ tasks

    def refresh(self, task: Task) -> Flow[Task]:
        """One look at a task. A task that has ended is left alone."""
        asked = None if task.state.terminal else question(self._channel, task)
        if asked is None:
            return task
        yield from self._channel.unmuted()
        return (yield from self._channel.observe(Operation.POLL, asked, task))

    def wait(self, task: Task) -> Flow[Task]:
        """Follow a task to its end, whatever goes wrong on the way.

        Raises:
            DeadlineError: It did not end in time. The error carries it as JSON.
        """
        watched, agenda = watch(self._channel, task), self.agenda()
        follow(self._channel, agenda, watched)
        yield from done(self._channel, agenda)
        if watched.error is not None:
            raise watched.error
        return watched.task

    def agenda(self) -> Agenda:
        """What is to be done at the provider, and nothing yet."""
        return Agenda(self._channel.terms.clock)

    def finish(
        self, task: Task, agenda: Agenda | Part, ended: Callable[[Attempt], Flow[None]]
    ) -> None:
        """Have a task followed to its end, and what to do then done.

        What went wrong with it stands in its attempt.
        """
        follow(self._channel, agenda, watch(self._channel, task), ended)

    def done(self, work: Work) -> Flow[None]:
        """Do some work, several pieces at a time where the caller may."""
        return done(self._channel, work)

    def cancel(self, task: Task) -> Flow[Task]:
        """Ask the provider to stop a task. A task that has ended is left alone.

        Raises:
            UnsupportedError: No document names a way to.
        """
        if task.state.terminal:
            return task
        asked = self._channel.caller.call(Request, "cancel", task=task)
        if asked is None:
            msg = "It documents no way to cancel a task."
            raise UnsupportedError(msg, field="task", provider=self._info.name)
        return (yield from self._channel.observe(Operation.CANCEL, asked, task))

    # --------------------------------------------------------------------- webhooks

    def prove(self, delivery: Delivery, secrets: Sequence[Secret]) -> Flow[bool]:
        """Whether a webhook's signature proves its body.

        Raises:
            SignatureError: It is not the provider's, or it is stale.
        """
        return prove(self._channel, self._key_set, delivery, secrets)

    def hear(self, delivery: Delivery, task: Task | None = None) -> Heard:
        """What a webhook says, believed by nobody yet.

        Raises:
            ProtocolError: It says nothing that a document describes.
        """
        return hear(self._channel, delivery, task)

    def confirm(self, heard: Heard, *, proven: bool) -> Flow[Task]:
        """The task a webhook speaks of, once somebody confirms it or a signature proved it."""
        return confirm(self._channel, heard, proven=proven)


class _Noted:
    """An error tells what a result would have told: a dropped field may be the reason."""

    __slots__ = ("_notices",)

    def __init__(self, notices: tuple[Notice, ...]) -> None:
        self._notices = notices

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, TintypeError):
            raise about(error, notices=self._notices) from error.__cause__
