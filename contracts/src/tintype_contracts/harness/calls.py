"""Every call of a hook that the documents lead to, so that it can be made again."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import TypeAlias, cast

from attrs import field, frozen

from tintype.hooks import Provider
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.harness.scenario import Rehearsal, submission_of
from tintype_contracts.harness.subject import Subject

Hook: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]  # hooks differ in arguments


@frozen(kw_only=True)
class Call:
    """One call of one hook.

    Attributes:
        hook: The hook's name.
        arguments: What it is given.
        exchange: The id of the exchange that leads to it, or "".
        src: The source of that exchange, or "".
        hooks: Where the hook is.
    """

    hook: str
    arguments: Mapping[str, object]
    exchange: str
    src: str
    hooks: Provider = field(repr=False)

    def make(self, arguments: Mapping[str, object] | None = None) -> object:
        """What comes of it; what it raises is raised.

        The arguments are copied, so that a hook that writes into them spoils no other
        call, unless they are given.
        """
        hook: Hook = getattr(self.hooks, self.hook)
        return hook(**(copy.deepcopy(self.arguments) if arguments is None else arguments))

    def ready(self) -> Callable[[], object]:
        """The call with its arguments copied, so that nothing else is done when it is made."""
        return partial(self.make, copy.deepcopy(self.arguments))

    @property
    def place(self) -> str:
        """The hook and the exchange, for a message."""
        return f"{self.hook}() in {self.exchange}" if self.exchange else f"{self.hook}()"


@lru_cache(maxsize=1)
def documented_calls(subject: Subject) -> tuple[Call, ...]:
    """Every call of a hook that playing every exchange makes."""
    return tuple(_recorded(subject))


def _recorded(subject: Subject) -> Iterator[Call]:
    recorder = _Recorder(subject.hooks)
    yield Call(hook="describe", arguments={}, exchange="", src="", hooks=subject.hooks)
    rehearsal = Rehearsal(hooks=cast("Provider", recorder), fixtures=subject.fixtures)
    recorder.calls.clear()
    for exchange in subject.exchanges():
        for play in (rehearsal.ask, rehearsal.tell, partial(_ask_beside, recorder, rehearsal)):
            # What a broken hook raises is told elsewhere; the calls up to there are wanted.
            with contextlib.suppress(Exception):
                play(exchange)
        yield from recorder.taken(exchange.id, exchange.src)


def _ask_beside(recorder: _Recorder, rehearsal: Rehearsal, exchange: DocumentedExchange) -> None:
    """The call that the core makes beside what the transcript shows: a price."""
    context = rehearsal.context(exchange)
    if exchange.operation == "submit" and context.request is not None:
        request = submission_of(context.request, rehearsal.info)
        recorder.price(request=request, quote=None)


class _Recorder:
    """Hooks that write down how they are called."""

    def __init__(self, hooks: Provider) -> None:
        self._hooks = hooks
        self.calls: list[tuple[str, Mapping[str, object]]] = []

    def __getattr__(self, name: str) -> Hook:
        hook: Hook = getattr(self._hooks, name)

        def recorded(**arguments: object) -> object:
            self.calls.append((name, copy.deepcopy(arguments)))
            return hook(**arguments)

        return recorded

    def taken(self, exchange: str, src: str) -> Iterator[Call]:
        """The calls so far, which are forgotten."""
        calls, self.calls = self.calls, []
        for name, arguments in calls:
            yield Call(
                hook=name, arguments=arguments, exchange=exchange, src=src, hooks=self._hooks
            )
