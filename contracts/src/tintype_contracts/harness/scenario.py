"""A plugin's hooks played through the scenes of the documents, without a network.

A plugin is asked what it would send (`ask`) and told what the provider says (`tell`).
What it must know by then (the task, the quote) is what it made of the scene so far.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TypeAlias, cast
from urllib.parse import quote

from attrs import evolve, field, frozen

from tintype._flow.settle import folded, uploaded
from tintype.catalog import ProviderInfo
from tintype.errors import ProtocolError, TintypeError
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import Extras, Provider
from tintype.messages import JsonObject, Request, Response
from tintype.models import Quote, Task, Update, Upload
from tintype.request import ImageRequest, Submission
from tintype_contracts.fixtures import format as words
from tintype_contracts.fixtures.comparing import Difference
from tintype_contracts.fixtures.messages import (
    answers,
    head_of,
    image_request,
    outcome_differences,
    request_differences,
)
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.values import NOW, Filling, submission
from tintype_contracts.harness.worlds import USUAL, World

Ending: TypeAlias = Quote | Task | Upload | ProviderInfo | TintypeError


@frozen(kw_only=True)
class Context:
    """What is known before an exchange: the request, and what came of the scene so far.

    Attributes:
        request: The request as it was resolved.
        task: The task so far.
        quote: The quote so far.
        upload: What came of the last upload.
        head: The head of the stream that the exchange is answered by.
    """

    request: ImageRequest | None = None
    task: Task | None = None
    quote: Quote | None = None
    upload: Upload | None = None
    head: Response | None = None
    _told: dict[str, Submission] = field(factory=dict, init=False, eq=False, repr=False)

    @property
    def uploading(self) -> Upload:
        """The reference that an upload is about: the one that is not through, else the next."""
        last = self.upload
        if last is not None and last.notes and last.reference and last.reference.data:
            return last
        given = self.request.references if self.request else ()
        return Upload(reference=next((each for each in given if each.data), None))

    def asked(self, info: ProviderInfo) -> Submission | None:
        """What `parse` is told was asked for."""
        if self.request is not None and info.name not in self._told:
            self._told[info.name] = submission_of(self.request, info)
        return self._told.get(info.name)

    def after(self, outcome: Ending) -> Context:
        """The same once an exchange has come to `outcome`; an error teaches nothing."""
        match outcome:
            case Task():
                return evolve(self, task=outcome)
            case Quote():
                return evolve(self, quote=outcome)
            case Upload(reference=reference) if self.request is not None:
                before = self.uploading.reference
                references = tuple(
                    reference if reference and each == before else each
                    for each in self.request.references
                )
                request = evolve(self.request, references=references)
                return evolve(self, request=request, upload=outcome)
            case _:
                return self


@frozen(kw_only=True)
class Rehearsal:
    """One plugin and its provider's fixtures.

    Attributes:
        hooks: The plugin: its module, or a relay of its hooks.
        fixtures: What the provider documents.
        world: What the provider says where its documents leave that open.
    """

    hooks: Provider
    fixtures: words.Fixtures
    world: World = USUAL
    _info: ProviderInfo = field(init=False)
    _contexts: dict[str, Context] = field(init=False, factory=dict, repr=False)

    @_info.default
    def _describe(self) -> ProviderInfo:
        return self.hooks.describe()

    @property
    def info(self) -> ProviderInfo:
        """What the plugin offers."""
        return self._info

    def ask(self, exchange: words.DocumentedExchange) -> Request | Quote | None:
        """What the plugin answers when it is asked what to send."""
        return self._asked(exchange, self.context(exchange))

    def ask_about(self, exchange: words.DocumentedExchange, task: Task) -> Request | Quote | None:
        """The same, of a given task."""
        return self._asked(exchange, evolve(self.context(exchange), task=task))

    def _asked(
        self, exchange: words.DocumentedExchange, context: Context
    ) -> Request | Quote | None:
        task = context.task or Task()
        request = submission_of(_known(context.request), self._info, self.world.now)
        match exchange.operation:
            case "price":
                return self.hooks.price(request=request, quote=context.quote)
            case "submit":
                return self.hooks.submit(request=request)
            case "poll":
                return self.hooks.poll(task=task)
            case other:
                return self._asked_for_more(other, context, task)

    def _asked_for_more(
        self, operation: words.OperationName, context: Context, task: Task
    ) -> Request | None:
        """The hooks that not every plugin has."""
        extras = cast("Extras", self.hooks)
        match operation:
            case "upload":
                known = context.uploading
                if known.reference is None:
                    return None
                return extras.upload(reference=known.reference, notes=known.notes)
            case "models":
                return extras.models(cursor="")
            case "cancel":
                return extras.cancel(task=task)
            case _:
                return None

    def tell(self, exchange: words.DocumentedExchange) -> Ending:
        """What the plugin makes of the answer, event by event where it is a stream."""
        return self._told(exchange, self.context(exchange))

    def told(
        self, exchange: words.DocumentedExchange, message: Message | None, operation: Operation
    ) -> Ending:
        """What the plugin makes of another message in the place of the documented one.

        It is told in the scene's context. One of tintype's errors is a value here; any
        other exception comes out as it is.
        """
        return self._parsed(message, operation, self.context(exchange))

    def context(self, exchange: words.DocumentedExchange) -> Context:
        """What is known before `exchange`, from the scene that it stands in."""
        if exchange.id not in self._contexts:
            self._contexts[exchange.id] = self._context(exchange)
        return self._contexts[exchange.id]

    def _context(self, exchange: words.DocumentedExchange) -> Context:
        asked = submission(self.fixtures, exchange)
        case = exchange if exchange.case is not None else asked
        request = None
        if case.case is not None:
            request = image_request(case, self._values(case))
        context = Context(request=request)
        for earlier in self.fixtures.scene_of(exchange):
            if earlier.id == exchange.id:
                break
            context = context.after(self._told(earlier, context))
        context = evolve(context, head=head_of(exchange, self._values(exchange)))
        return self._with_task(exchange, context) if _needs_task(exchange) else context

    def _with_task(self, exchange: words.DocumentedExchange, context: Context) -> Context:
        """A task that was accepted elsewhere stands in where the scene has made none."""
        if context.task is not None and context.task.id:
            return context
        model = (context.request.model if context.request else None) or ""
        task = self.accepted(self._values(exchange).identity("task"))
        return evolve(context, task=evolve(task, model=model, request=context.request))

    def accepted(self, known: str) -> Task:
        """A task of that id as the plugin made it of a documented submission, with its notes."""
        for exchange in self.fixtures.exchanges.values():
            runs = exchange.expect.fields.get("state") == "running"
            if exchange.operation == "submit" and runs and exchange.case is not None:
                told = self._told(exchange, self.context(exchange))
                if isinstance(told, Task) and told.id:
                    old, new = (quote(each, safe="") for each in (told.id, known))
                    notes: JsonObject = json.loads(dump(told.notes).replace(old, new))
                    return Task(id=known, notes=notes)
        return Task(id=known)

    def _values(self, exchange: words.DocumentedExchange) -> Filling:
        return self.world.values(self.fixtures, exchange)

    def request_differences(self, exchange: words.DocumentedExchange) -> list[Difference]:
        """Where what the plugin would send is not what the documents show."""
        if exchange.request is None:
            return []
        rows = [row for row in self.fixtures.parameters if row.operation == exchange.operation]
        found = request_differences(
            exchange.request,
            self.ask(exchange),
            auth=self._info.auth,
            filling=self._values(exchange),
            parameters=tuple(rows),
        )
        return list(found)

    def outcome_differences(self, exchange: words.DocumentedExchange) -> list[Difference]:
        """Where what the plugin makes of the answer is not what is expected."""
        filling = self._values(exchange)
        heard = tuple(message for _, message in answers(exchange, filling))
        return list(outcome_differences(exchange.expect, self.tell(exchange), filling, heard))

    def _told(self, exchange: words.DocumentedExchange, context: Context) -> Ending:
        outcome: Ending = Task()
        filling = self._values(exchange)
        context = evolve(context, head=head_of(exchange, filling))
        for operation, message in answers(exchange, filling):
            outcome = self._parsed(message, operation, context)
            if isinstance(outcome, TintypeError):
                return outcome
            context = context.after(outcome)
        return outcome

    def _parsed(self, message: Message | None, operation: Operation, context: Context) -> Ending:
        known = context.task or Task()
        told = Exchange(
            operation=operation,
            at=NOW,
            message=message,
            request=context.asked(self._info),
            task=known,
            quote=context.quote,
            upload=context.uploading,
            head=context.head,
        )
        try:
            said = self.hooks.parse(exchange=told)
            if isinstance(said, Upload):
                return uploaded(context.uploading, said)
            outcome = folded(known, said) if isinstance(said, Update) else said
            refuse_a_stranger(told, outcome)
        except TintypeError as error:
            return error
        return outcome


def refuse_a_stranger(exchange: Exchange, outcome: object) -> None:
    """Refuse what the core refuses: what is said of another task than was asked about.

    Raises:
        ProtocolError: It is about another task.
    """
    known = exchange.task.id
    told = exchange.operation in {Operation.POLL, Operation.CANCEL, Operation.WEBHOOK}
    if told and isinstance(outcome, Task) and known not in {"", outcome.id}:
        msg = f"The answer is about the task {outcome.id!r}, not {known!r}."
        raise ProtocolError(msg)


def submission_of(
    request: ImageRequest, info: ProviderInfo, at: datetime | None = None
) -> Submission:
    """A request as the hooks are given it."""
    named = request if request.model else evolve(request, model=info.models[0].id)
    return Submission.of(named, info.name, at or NOW, _NONCE)


_NONCE = "00000000-0000-4000-8000-000000000000"


def _known(request: ImageRequest | None) -> ImageRequest:
    return request or ImageRequest(prompt="a picture")


def _needs_task(exchange: words.DocumentedExchange) -> bool:
    return exchange.operation in {"poll", "cancel", "webhook"}
