"""A plugin's hooks with what they answer bent a little, in one way at a time.

A bent plugin is the plugin itself behind a relay with a wrapper around it, as the core
would load it. Nothing of its source is needed, so any installed plugin can be bent.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Literal, TypeAlias, cast

import attrs
import pluggy
from attrs import frozen

from tintype._registry import Plugin, Registry
from tintype.errors import Billed, PluginError, TintypeError
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Task
from tintype.request import ImageRequest
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.harness.subject import Subject

Hook: TypeAlias = Literal["describe", "price", "submit", "poll", "parse"]

OTHER_BILL = {Billed.YES: Billed.NO, Billed.NO: Billed.YES, Billed.UNKNOWN: Billed.NO}
"""What is said of the money when the opposite is true."""


@frozen(kw_only=True)
class Call:
    """One call of a hook, and what it came to.

    Attributes:
        hook: Which hook.
        answer: What it returned, or the error it raised.
        request: What it was asked about, where it was a request.
        task: Where it was a task.
        exchange: Where it was an exchange.
        fixtures: What the provider documents.
    """

    hook: Hook
    answer: object
    fixtures: Fixtures
    request: ImageRequest | None = None
    task: Task | None = None
    exchange: Exchange | None = None


Bend: TypeAlias = Callable[[Call], object]
"""What a mutator makes of an answer: the very same one where it finds nothing to bend. An
exception is raised in the place of what was answered."""


def unless_same(made: attrs.AttrsInstance, answer: attrs.AttrsInstance) -> attrs.AttrsInstance:
    """`made`, or the very `answer` where the two hold the same; a NaN is the same as itself."""
    same = attrs.astuple(made, recurse=False) == attrs.astuple(answer, recurse=False)
    return answer if same else made


@frozen(kw_only=True)
class Mutator:
    """One way to break any plugin.

    Attributes:
        name: Stable, kebab-case.
        breaks: What a plugin so broken does, as a sentence.
        missing: What the fixtures lack if nothing notices, as a sentence.
        bend: What it makes of an answer.
        capability: What the plugin must be able to do for it to make a difference, or "".
    """

    name: str
    breaks: str
    missing: str
    bend: Bend
    capability: str = ""


_Steps: TypeAlias = Generator[None, object, object]


class Wrapper:
    """The hooks' wrapper: every answer goes through one mutator.

    Attributes:
        bent: How many answers came out changed.
    """

    def __init__(self, bend: Bend, fixtures: Fixtures) -> None:
        self._bend = bend
        self._fixtures = fixtures
        self.bent = 0

    @hookimpl(wrapper=True)
    def describe(self) -> _Steps:
        """What the plugin offers, bent."""
        return self._answered(Call(hook="describe", answer=(yield), fixtures=self._fixtures))

    @hookimpl(wrapper=True)
    def price(self, request: ImageRequest) -> _Steps:
        """A price, or the question for it, bent."""
        answer = yield
        call = Call(hook="price", answer=answer, request=request, fixtures=self._fixtures)
        return self._answered(call)

    @hookimpl(wrapper=True)
    def submit(self, request: ImageRequest) -> _Steps:
        """A submission, bent."""
        answer = yield
        call = Call(hook="submit", answer=answer, request=request, fixtures=self._fixtures)
        return self._answered(call)

    @hookimpl(wrapper=True)
    def poll(self, task: Task) -> _Steps:
        """A look at a task, bent."""
        answer = yield
        call = Call(hook="poll", answer=answer, task=task, fixtures=self._fixtures)
        return self._answered(call)

    @hookimpl(wrapper=True)
    def parse(self, exchange: Exchange) -> _Steps:
        """What is made of an answer, bent, be it a value or an error."""
        try:
            answer: object = yield
        except TintypeError as error:
            answer = error
        call = Call(hook="parse", answer=answer, exchange=exchange, fixtures=self._fixtures)
        return self._answered(call)

    def _answered(self, call: Call) -> object:
        made = self._bend(call)
        if made is not call.answer:
            self.bent += 1
        if isinstance(made, Exception):
            raise made
        return made


@frozen(kw_only=True)
class Bent:
    """A bent plugin, to be examined.

    Attributes:
        subject: The plugin behind its wrapper, and its fixtures.
        wrapper: The wrapper, which counts what it bent.
    """

    subject: Subject
    wrapper: Wrapper


def bend(plugin: Plugin, fixtures: Fixtures, mutator: Mutator) -> Bent:
    """`plugin` with every answer going through `mutator`."""
    wrapper = Wrapper(mutator.bend, fixtures)
    bent: Plugin | PluginError
    try:
        bent = Registry({plugin.name: _module(plugin)}, wrappers=[wrapper]).get(plugin.name)
    except PluginError as error:
        bent = error
    return Bent(subject=Subject(bent, fixtures, name=plugin.name), wrapper=wrapper)


def _module(plugin: Plugin) -> object:
    """The author's own module, from behind the relay."""
    relay = cast("pluggy.HookCaller", plugin.hooks.describe)
    return next(found.plugin for found in relay.get_hookimpls() if not found.wrapper)


def of_request(hook: Hook, change: Callable[[Request, Call], Request]) -> Bend:
    """A bend of the requests that one hook builds."""

    def bend(call: Call) -> object:
        answer = call.answer
        if call.hook != hook or not isinstance(answer, Request):
            return answer
        made = change(answer, call)
        return unless_same(made, answer)

    return bend
