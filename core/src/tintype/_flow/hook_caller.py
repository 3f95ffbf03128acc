"""A plugin's hooks, called so that whatever goes wrong in one is told as what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from functools import partial
from types import NoneType
from typing import TypeVar

from attrs import evolve

from tintype._blame import about, broken, is_interruption, of_provider
from tintype._excerpts import shortened
from tintype._flow.effects import Ask, Asked, Flow
from tintype._flow.settle import completed_task, is_empty_success
from tintype._keys.variables import advice_on_refusal
from tintype._lifting import at_hand
from tintype._moderation import names_moderation
from tintype._pacing import Clock, retry_after
from tintype._plugins.checked import checked, noted
from tintype._plugins.registry import Plugin
from tintype._structuring.json_values import said_in
from tintype._structuring.shapes import OddError, noting
from tintype.errors import (
    AuthenticationError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    PermissionDeniedError,
    PluginError,
    ProtocolError,
    ProviderError,
    TintypeError,
    UnknownStatusError,
    UsageError,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.messages import Request, Response
from tintype.models import Failure, Notice, Task, TaskState, Update
from tintype.request import Submission

T = TypeVar("T")


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
        self._info = plugin.info
        self._clock = clock
        self._usd_per_credit = usd_per_credit

    def under(self, head: Response) -> HookCaller:
        """The same for what a stream says that has that head."""
        return HookCaller(self._plugin, self._clock, self._usd_per_credit, head)

    def call(self, kind: type[T], hook: str, **arguments: object) -> T | None:
        """What a hook that asks returns; None for nothing.

        Raises:
            UsageError: It refuses what the caller asked for.
            PluginError: It raised anything else, or returned what is none of that class.
        """
        given = self._called(hook, _REFUSED, arguments)
        return None if given is None else self.typed(given, kind, hook)

    def typed(self, given: object, kind: type[T], hook: str) -> T:
        """What a hook returned, if it is of that class, and its fields are what the class says.

        Raises:
            PluginError: It is not, or they are not.
        """
        if isinstance(given, kind):
            return checked(given, self._info.name, hook) if kind is Request else given
        if isinstance(given, Coroutine):
            given.close()  # nobody awaits it
        deed = f"returned {_named(type(given))}, not {_named(kind)}"
        raise broken(self._info.name, hook, deed, "Total")

    def _called(
        self, hook: str, allowed: tuple[type[TintypeError], ...], arguments: Mapping[str, object]
    ) -> object:
        """Call a hook. Whatever comes out of it but what it may raise is the plugin's fault."""
        try:
            return self._plugin.calls[hook](**arguments)
        except allowed as error:
            raise of_provider(error, self._info.name) from error.__cause__
        except BaseException as error:
            if is_interruption(error):
                raise
            deed = f"failed with {type(error).__name__}: {error}"
            raise broken(self._info.name, hook, deed, "Total") from error

    def read(self, kind: type[T], exchange: Exchange) -> T:
        """What the plugin reads in an answer.

        Raises:
            TintypeError: What the answer means. A `ProviderError` is told the wait and the
                request id that the answer's head names.
        """
        held = exchange.message.content.held if exchange.message else None
        if not held:
            return self._parsed(kind, exchange)
        with at_hand(held):
            return self._parsed(kind, exchange)

    def _parsed(self, kind: type[T], exchange: Exchange) -> T:
        try:
            given = self._called("parse", _SAID, {"exchange": exchange})
            found = self.typed(given, kind, "parse")
            return checked(found, self._info.name, before=exchange.task)
        except TintypeError as error:
            facts = _told_by(exchange, error)
            if isinstance(error, AuthenticationError | PermissionDeniedError):
                facts["advice"] = advice_on_refusal(self._info, error.status)
            raise about(error, **facts) from error.__cause__

    def read_task(
        self,
        operation: Operation,
        message: Message | None,
        task: Task,
        *,
        request: Submission | None = None,
    ) -> Task:
        """The task after an answer: what the plugin reads in it, folded into what it was."""
        exchange = Exchange(
            operation=operation,
            at=self._clock.now(),
            message=message,
            request=request or self._asked(task),
            task=task,
            head=self._head,
        )
        with noting() as odd:
            try:
                update = self.read(Update, exchange)
            except (ProviderError, ProtocolError) as error:
                # Where something was odd, words of moderation may stand beside a picture.
                unread = isinstance(error, ProtocolError) and bool(odd)
                if unread or not self._is_moderation(error, message):
                    raise
                update = _refused(task, error)
        if odd:
            update = evolve(update, notices=noted(update.notices, tuple(map(_left_out, odd))))
        if operation in _STREAMED:
            update = _taking_nothing_back(update, task)
        found = completed_task(task, update, self._info, self._usd_per_credit, exchange.at)
        self._check_told(operation, task, found)
        return found

    def _check_told(self, operation: Operation, before: Task, task: Task) -> None:
        """Refuse a success without a picture, and an answer about another task.

        A webhook may say that a task is done and not show it: then the provider is asked.

        Raises:
            PluginError: The plugin calls a task a success that has no image.
            ProtocolError: The provider answers about a task that was not asked about.
        """
        if operation is not Operation.WEBHOOK and is_empty_success(task):
            deed = f"calls the task {task.state.value!r} and has no image of it"
            raise broken(self._info.name, "parse", deed, "Honest")
        if operation in _ABOUT_ONE and before.id and task.id != before.id:
            msg = f"The answer is about the task {task.id!r}, not {before.id!r}."
            raise ProtocolError(msg, provider=self._info.name)

    def _asked(self, task: Task) -> Callable[[], Submission] | None:
        """What a task was asked for, as its plugin is told, where that is known."""
        if task.request is None:
            return None
        at = task.created_at or self._clock.now()
        return partial(Submission.of, task.request, self._info.name, at)

    def _is_moderation(self, error: ProviderError | ProtocolError, message: Message | None) -> bool:
        """Whether an answer that is raised as an error says that moderation refused the picture."""
        if isinstance(error, _OTHER_REASONS) or not 0 <= (error.status or 0) < _FIRST_SERVER_ERROR:
            return False
        code = error.code if isinstance(error, ProviderError) else ""
        body = message.content.text if isinstance(message, Response) and error.status else b""
        return self._info.is_moderation(code, error.message) or names_moderation(body)


# What hooks that ask may raise; and `parse`: what is true of one answer.
_REFUSED = (UsageError, PluginError)
_SAID = (ProviderError, ProtocolError, PluginError)
_STREAMED = (Operation.EVENT, Operation.END)
_ABOUT_ONE = (Operation.POLL, Operation.CANCEL)
# What these say has another reason than the picture.
_OTHER_REASONS = (AuthenticationError, InsufficientCreditError, NotFoundError, UnknownStatusError)
_FIRST_SERVER_ERROR = 500


def _taking_nothing_back(update: Update, task: Task) -> Update:
    """What an event tells, beside the pictures and the end that earlier ones told.

    A plugin that forgets to go on from `Update.of(task)` costs no picture, and is told of.
    """
    goes_on = update.images[: len(task.images)] == task.images
    if update.images and not (goes_on or set(task.images) <= set(update.images)):
        known = set(task.images)
        fresh = tuple(each for each in update.images if each not in known)
        notice = Notice(field="images", message=_FORGOTTEN)
        notices = noted(update.notices, (notice,))
        update = evolve(update, images=(*task.images, *fresh), notices=notices)
    if task.state.terminal and update.state is TaskState.RUNNING:
        update = evolve(update, state=task.state)
    return update


_FORGOTTEN = (
    "The plugin's parse() left out pictures of earlier events, which are kept: it has to go on "
    "from Update.of(exchange.task) (docs/plugins.md, Streams, uploads, live lists)."
)


def _refused(task: Task, error: ProviderError | ProtocolError) -> Update:
    """What is new of a task where an answer's error is moderation's."""
    code = error.code if isinstance(error, ProviderError) else ""
    failure = Failure(message=error.message, code=code, refused=True)
    errors = (*task.errors, failure)
    return Update(state=TaskState.REFUSED, errors=errors, billed=error.billed)


def _left_out(odd: OddError) -> Notice:
    at = odd.pointer
    return Notice(field=at, message=f"The answer's {at} is left out: {odd}")


def _told_by(exchange: Exchange, error: TintypeError) -> dict[str, object]:
    """What an exchange tells of an error that was found in it."""
    facts: dict[str, object] = {}
    if exchange.message is not None:
        facts["body"] = body = said_in(exchange.message.content.text)
        facts["message"] = _with_words(error.message, body)
    if isinstance(error, PluginError):
        facts["billed"] = Billed.UNKNOWN  # the answer may well have been a paid image
    if isinstance(error, ProtocolError) and isinstance(exchange.message, Response):
        facts["status"] = error.status or exchange.message.status
    head = exchange.message if isinstance(exchange.message, Response) else exchange.head
    if isinstance(error, ProviderError) and head is not None:
        asked = error.retry_after
        facts["retry_after"] = retry_after(head.headers, exchange.at) if asked is None else asked
        facts["request_id"] = error.request_id or head.header("x-request-id") or ""
    return facts


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


def asked(function: Callable[[], T]) -> Flow[T]:
    """What a function returns that may block."""
    found: T = expected((yield Ask(call=function)), Asked, "the driver").value  # type: ignore[assignment]  # it is what the function returned
    return found


def expected(value: object, kind: type[T], name: str) -> T:
    """The value, if it is of that class.

    Raises:
        PluginError: It is not; `name` says whose it was.
    """
    if isinstance(value, kind):
        return value
    wanted = _named(kind)
    msg = f"{wanted[0].upper()}{wanted[1:]} was expected, not {_named(type(value))}."
    raise PluginError(msg, provider=name)


def _named(kind: type) -> str:
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    return "None" if kind is NoneType else f"{article} {kind.__name__}"
