"""A plugin's hooks, called so that whatever goes wrong in one is told as what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from attrs import evolve

from tintype._blame import is_interruption
from tintype._checked import checked, noted
from tintype._excerpts import shortened
from tintype._flow.settle import completed_task, folded
from tintype._json import said_in
from tintype._moderation import names_moderation
from tintype._pacing import Clock, retry_after
from tintype._registry import Plugin
from tintype._shapes import noting
from tintype.errors import (
    AuthenticationError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    PluginError,
    ProtocolError,
    ProviderError,
    TintypeError,
    UnknownStatusError,
    UsageError,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.messages import Response, ServerSentEvent
from tintype.models import Failure, Notice, Quote, Task, TaskState, Update
from tintype.request import Submission

T = TypeVar("T")
_BLANK = Task()


class HookCaller:
    """Calls a provider's hooks, and puts on their answers what only the core knows."""

    def __init__(
        self,
        plugin: Plugin,
        clock: Clock,
        usd_per_credit: Decimal | None,
        head: Response | None = None,
    ) -> None:
        self._plugin = plugin
        self._head = head
        self._parse = plugin.hooks.parse
        self._info = plugin.info
        self._clock = clock
        self._usd_per_credit = usd_per_credit

    def under(self, head: Response) -> HookCaller:
        """The same for what a stream says that has that head."""
        return HookCaller(self._plugin, self._clock, self._usd_per_credit, head)

    def call(self, hook: Callable[..., T], **arguments: object) -> T:  # type: ignore[explicit-any]
        """Call a hook. Whatever comes out of it but tintype's errors is the plugin's fault."""
        try:
            return hook(**arguments)
        except TintypeError as error:
            error.provider = error.provider or self._info.name
            raise
        except BaseException as error:
            if is_interruption(error):
                raise
            name = getattr(hook, "name", "hook")
            msg = f"The plugin's {name}() failed with {type(error).__name__}: {error}"
            raise PluginError(msg, provider=self._info.name) from error

    def read(
        self,
        kind: type[T],
        operation: Operation,
        message: Message | None,
        *,
        request: Submission | None = None,
        task: Task = _BLANK,
        quote: Quote | None = None,
    ) -> T:
        """What the plugin reads in an answer.

        Raises:
            TintypeError: What the answer means. A `ProviderError` is told the wait and the
                request id that the answer's head names.
        """
        exchange = Exchange(
            operation=operation,
            at=self._clock.now(),
            message=message,
            request=request,
            task=task,
            quote=quote,
            head=self._head,
        )
        try:
            return checked(self._parsed(kind, exchange), self._info.name, task)
        except ProviderError as error:
            _add_what_the_head_says(error, exchange)
            raise
        except UsageError as error:  # it would say that nothing was sent
            msg = f"The plugin's parse() failed with {type(error).__name__}: {error.message}"
            raise PluginError(msg, provider=self._info.name, billed=Billed.UNKNOWN) from error
        except PluginError as error:
            error.billed = Billed.UNKNOWN  # the answer may well have been a paid image
            raise

    def _parsed(self, kind: type[T], exchange: Exchange) -> T:
        """What the plugin reads; an error of it tells what the provider said."""
        try:
            return expected(self.call(self._parse, exchange=exchange), kind, self._info.name)
        except TintypeError as error:
            _add_what_it_said(error, exchange.message)
            raise

    def read_task(
        self,
        operation: Operation,
        message: Message | None,
        task: Task,
        *,
        request: Submission | None = None,
    ) -> Task:
        """The task after an answer: what the plugin reads in it, folded into what it was."""
        request = request or self._asked(task)
        with noting() as odd:
            try:
                update = self.read(Update, operation, message, request=request, task=task)
            except (ProviderError, ProtocolError) as error:
                # Where something was odd, words of moderation may stand beside a picture.
                unread = isinstance(error, ProtocolError) and bool(odd)
                if unread or not self._is_moderation(error, message):
                    raise
                update = _refused(task, error)
        left_out = tuple(
            Notice(field=each.pointer, message=f"The answer's {each.pointer} is left out: {each}")
            for each in odd
        )
        if left_out:
            update = evolve(update, notices=noted(update.notices, left_out))
        at = self._clock.now()
        return completed_task(folded(task, update), task, self._info, self._usd_per_credit, at)

    def _asked(self, task: Task) -> Submission | None:
        """What a task was asked for, as its plugin is told, where that is known."""
        if task.request is None:
            return None
        return Submission.of(task.request, self._info.name, task.created_at or self._clock.now())

    def _is_moderation(self, error: ProviderError | ProtocolError, message: Message | None) -> bool:
        """Whether an answer that is raised as an error says that moderation refused the picture."""
        if isinstance(error, _OTHER_REASONS) or not 0 <= (error.status or 0) < _FIRST_SERVER_ERROR:
            return False
        code = error.code if isinstance(error, ProviderError) else ""
        body = message.body if isinstance(message, Response) and error.status else b""
        return self._info.is_moderation(code, error.message) or names_moderation(body)


# What these say has another reason than the picture.
_OTHER_REASONS = (AuthenticationError, InsufficientCreditError, NotFoundError, UnknownStatusError)
_FIRST_SERVER_ERROR = 500


def _refused(task: Task, error: ProviderError | ProtocolError) -> Update:
    """What is new of a task where an answer's error is moderation's."""
    code = error.code if isinstance(error, ProviderError) else ""
    failure = Failure(message=error.message, code=code, refused=True)
    errors = (*task.errors, failure)
    return Update(state=TaskState.REFUSED, errors=errors, billed=error.billed)


def _add_what_it_said(error: TintypeError, message: Message | None) -> None:
    """Put the provider's own words into an error; its text gets them where it has none."""
    match message:
        case None:
            return
        case ServerSentEvent(data=data):
            error.body = said_in(data.encode(errors="replace"))
        case _:
            error.body = said_in(message.body)
    bare = error.message.startswith(_BARE) and "It says:" not in error.message
    words = " ".join(_TAG.sub(" ", error.body).split())
    if bare and any(map(str.isalnum, words)):
        error.message = shortened(f"{error.message} It says: {words[:_MAX_WORDS]}")


# How the text begins of an error that is made of a status alone; what HTML is not read for.
_BARE = "It answered "
_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")
_MAX_WORDS = 200


def _add_what_the_head_says(error: ProviderError, exchange: Exchange) -> None:
    head = exchange.message if isinstance(exchange.message, Response) else exchange.head
    if head is None:
        return
    if error.retry_after is None:
        error.retry_after = retry_after(head.headers, exchange.at)
    error.request_id = error.request_id or head.header("x-request-id") or ""


def expected(value: object, kind: type[T], name: str) -> T:
    """The value, if it is of that class.

    Raises:
        PluginError: It is not; `name` says whose it was.
    """
    if isinstance(value, kind):
        return value
    msg = f"{_a(kind).capitalize()} {kind.__name__} was expected, not {_a(type(value))} "
    msg = f"{msg}{type(value).__name__}."
    raise PluginError(msg, provider=name)


def _a(kind: type) -> str:
    return "an" if kind.__name__[0] in "AEIOU" else "a"
