"""What a plugin sent and was told, taken down at its hooks, where no key is known."""

from __future__ import annotations

from collections.abc import Generator

from attrs import frozen

from tintype.catalog import ProviderInfo
from tintype.errors import TintypeError
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request
from tintype.models import Quote, Task, Update, Upload
from tintype.request import Reference, Submission

_STREAMED = frozenset({Operation.EVENT, Operation.END})


@frozen(kw_only=True)
class Observed:
    """One exchange as it happened.

    Attributes:
        operation: What it was for.
        request: What was sent.
        messages: The answer; several where it was a stream of events.
        outcome: What the plugin made of it, an error it raised among others.
        asked: What was asked for, where it was known.
    """

    operation: Operation
    request: Request
    messages: tuple[Message, ...]
    outcome: object
    asked: Submission | None = None


class Tape:
    """A hook wrapper that writes down every exchange. It changes nothing."""

    def __init__(self) -> None:
        self._built: dict[Operation, Request] = {}
        self._events: list[Message] = []
        self.observed: list[Observed] = []

    @hookimpl(wrapper=True)
    def price(self, request: Submission, quote: Quote | None) -> Generator[None, object, object]:
        """The price is asked."""
        del request, quote
        return self._keep(Operation.PRICE, (yield))

    @hookimpl(wrapper=True)
    def submit(self, request: Submission) -> Generator[None, object, object]:
        """The work is asked for."""
        del request
        return self._keep(Operation.SUBMIT, (yield))

    @hookimpl(wrapper=True)
    def poll(self, task: Task) -> Generator[None, object, object]:
        """The task is looked at."""
        del task
        return self._keep(Operation.POLL, (yield))

    @hookimpl(wrapper=True)
    def upload(self, reference: Reference, notes: JsonObject) -> Generator[None, object, object]:
        """A reference is uploaded first."""
        del reference, notes
        return self._keep(Operation.UPLOAD, (yield))

    @hookimpl(wrapper=True)
    def models(self, cursor: str) -> Generator[None, object, object]:
        """The list of models is asked for."""
        del cursor
        return self._keep(Operation.MODELS, (yield))

    @hookimpl(wrapper=True)
    def cancel(self, task: Task) -> Generator[None, object, object]:
        """The task is stopped."""
        del task
        return self._keep(Operation.CANCEL, (yield))

    @hookimpl(wrapper=True)
    def parse(
        self, exchange: Exchange
    ) -> Generator[None, Quote | Update | Upload | ProviderInfo, object]:
        """The answer is read."""
        try:
            outcome = yield
        except TintypeError as error:
            self._take_down(exchange, error)
            raise
        self._take_down(exchange, outcome)
        return outcome

    def _keep(self, operation: Operation, built: object) -> object:
        if isinstance(built, Request):
            self._built[operation] = built
        return built

    def _take_down(self, exchange: Exchange, outcome: object) -> None:
        operation = Operation.SUBMIT if exchange.operation in _STREAMED else exchange.operation
        if exchange.operation is Operation.EVENT and exchange.message is not None:
            self._events.append(exchange.message)
            return
        messages = (*self._events, *([exchange.message] if exchange.message else []))
        self._events.clear()
        request = self._built.get(operation)
        if request is not None:
            self.observed.append(
                Observed(
                    operation=operation,
                    request=request,
                    messages=tuple(messages),
                    outcome=outcome,
                    asked=exchange.request,
                )
            )
