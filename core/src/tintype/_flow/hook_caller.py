"""A plugin's hooks, called so that whatever goes wrong in one is told as what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from attrs import evolve

from tintype._blame import about, is_interruption
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
            name = error.provider or self._info.name
            raise about(error, provider=name) from error.__cause__
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
        name = self._info.name
        try:
            parsed = expected(self.call(self._parse, exchange=exchange), kind, name)
            return checked(parsed, name, task)
        except UsageError as error:  # it would say that nothing was sent
            msg = f"The plugin's parse() failed with {type(error).__name__}: {error.message}"
            raise PluginError(msg, provider=name, billed=Billed.UNKNOWN) from error
        except TintypeError as error:
            raise about(error, **_told_by(exchange, error)) from error.__cause__

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


def _told_by(exchange: Exchange, error: TintypeError) -> dict[str, object]:
    """What an exchange tells of an error that was found in it."""
    facts: dict[str, object] = {}
    if exchange.message is not None:
        facts["body"] = body = _said_in(exchange.message)
        facts["message"] = _with_words(error.message, body)
    if isinstance(error, PluginError):
        facts["billed"] = Billed.UNKNOWN  # the answer may well have been a paid image
    head = exchange.message if isinstance(exchange.message, Response) else exchange.head
    if isinstance(error, ProviderError) and head is not None:
        asked = error.retry_after
        facts["retry_after"] = retry_after(head.headers, exchange.at) if asked is None else asked
        facts["request_id"] = error.request_id or head.header("x-request-id") or ""
    return facts


def _said_in(message: Message) -> str:
    if isinstance(message, ServerSentEvent):
        return said_in(message.data.encode(errors="replace"))
    return said_in(message.body)


def _with_words(message: str, body: str) -> str:
    """An error's text; one that is made of a status alone gets the provider's own words."""
    bare = message.startswith(_BARE) and "It says:" not in message
    words = " ".join(_TAG.sub(" ", body).split())
    if bare and any(map(str.isalnum, words)):
        return shortened(f"{message} It says: {words[:_MAX_WORDS]}")
    return message


# How the text begins of an error that is made of a status alone; what HTML is not read for.
_BARE = "It answered "
_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")
_MAX_WORDS = 200


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
