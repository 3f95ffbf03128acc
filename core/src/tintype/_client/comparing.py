"""One request, offered to several providers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from decimal import Decimal
from threading import Thread
from typing import TypeVar

from attrs import evolve, frozen

from tintype._blame import of_provider
from tintype._client.accounts import has_key
from tintype._client.closing import with_timeout
from tintype._client.conversations import Conversations
from tintype._client.providers import A_NAME, Providers
from tintype._doors import all_held, check_seconds, held
from tintype._flow.effects import Flow, Sleep
from tintype._keys.variables import variable
from tintype._pacing import Clock
from tintype.catalog import ProviderInfo
from tintype.errors import (
    JournalError,
    MissingKeyError,
    RequestTimeoutError,
    TintypeError,
    UsageError,
)
from tintype.journal import Journal
from tintype.models import Offer, Quote
from tintype.request import ImageRequest

T = TypeVar("T")

_LATE = "It made no offer within {:g} s."
_NEVER = Decimal("Infinity")


@frozen(kw_only=True)
class Comparing:
    """The flows that ask several providers for an offer."""

    providers: Providers
    conversations: Conversations
    journal: Journal

    def asking(
        self, request: ImageRequest, named: Iterable[str] | None, seconds: float
    ) -> Mapping[str, Flow[Offer]]:
        """A flow for each provider, which ends by the deadline, with what went wrong as an offer.

        Args:
            request: The picture.
            named: Whom to ask, or None: every provider that there is a key of.
            seconds: Until the deadline.

        Raises:
            UnknownProviderError: A name is nobody's.
            MissingKeyError: Nobody is named, and no provider has a key.
        """
        held(request, ImageRequest, "request", "ImageRequest(prompt=…)")
        check_seconds(seconds, "deadline")
        names = self.with_a_key() if named is None else self.known(named)
        return {name: self.offer(name, request, seconds) for name in names}

    def ordered(
        self,
        request: ImageRequest,
        asked: Iterable[str],
        found: Mapping[str, Offer],
        seconds: float,
    ) -> tuple[Offer, ...]:
        """An offer of each that was asked, in their order, with what it takes by the journal."""
        late = RequestTimeoutError(_LATE.format(seconds))
        offers = (found.get(name) or no_offer(name, request, late) for name in asked)
        return in_order(map(self.timed, offers))

    def timed(self, offer: Offer) -> Offer:
        """The offer, with how long pictures by its model took there."""
        with suppress(JournalError):
            seconds = self.journal.typical_seconds(offer.provider, offer.quote.model)
            return offer if seconds is None else evolve(offer, seconds=seconds)
        return offer

    def with_a_key(self) -> list[str]:
        """The providers that have a key. One that needs none, such as one's own server, is named.

        Raises:
            MissingKeyError: None has.
        """
        infos = [plugin.info for plugin in self.providers.registry.working()]
        needing = [info for info in infos if not info.auth.optional]
        found = [info.name for info in needing if self._has_key(info)]
        if not found:
            named = [variable(info, name) for info in needing for name in info.auth.needs[:1]]
            keys = ", ".join(named) or "a provider's key"
            msg = f"No provider has a key: set one of {keys}; `tintype demo` needs none."
            raise MissingKeyError(msg)
        return found

    def _has_key(self, info: ProviderInfo) -> bool:
        try:
            return has_key(info, self.providers.account(info.name))
        except TintypeError:  # its offer says what is wrong with the account
            return True

    def known(self, named: Iterable[str]) -> tuple[str, ...]:
        """The providers of these names, each once.

        Raises:
            UnknownProviderError: A name is nobody's.
            UsageError: There are none.
        """
        names = tuple(dict.fromkeys(all_held(named, str, "providers", f"a list, each {A_NAME}")))
        self.providers.registry.check(names)
        if not names:
            msg = "providers is empty: name whom to ask, or leave it out to ask all with a key."
            raise UsageError(msg)
        return names

    def offer(self, name: str, request: ImageRequest, seconds: float) -> Flow[Offer]:
        """A provider's offer, by a deadline; what goes wrong is one that says so."""
        try:
            flow = self.conversations.of(name).offer(request)
            return (yield from within(flow, seconds, self.providers.clock))
        except TintypeError as error:
            return no_offer(name, request, error)


def in_order(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Offers by the most that each can cost.

    Those whose price nobody tells come behind, and last who makes none.
    """
    return tuple(sorted(offers, key=_rank))


def no_offer(provider: str, request: ImageRequest, error: TintypeError) -> Offer:
    """The offer of a provider that makes none."""
    error = of_provider(error, provider)
    quote = Quote(provider=provider, model=request.model or "", reason=error.message)
    return Offer(provider=provider, quote=quote, notices=error.notices, error=error)


def within(flow: Flow[T], seconds: float, clock: Clock) -> Flow[T]:
    """A flow that ends by a deadline: no exchange and no pause of it lasts longer.

    Raises:
        RequestTimeoutError: It is not at its end by then.
    """
    end = clock.monotonic() + seconds
    try:
        effect = next(flow)
        while True:
            left = end - clock.monotonic()
            if left <= 0 or (isinstance(effect, Sleep) and effect.seconds >= left):
                raise RequestTimeoutError(_LATE.format(seconds))
            try:
                reply = yield with_timeout(effect, left)
            except Exception as error:  # noqa: BLE001 - the flow says whom it concerns
                effect = flow.throw(error)
            else:
                effect = flow.send(reply)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


def _rank(offer: Offer) -> tuple[bool, Decimal, Decimal]:
    low, high = offer.quote.low, offer.quote.high
    return offer.error is not None, _NEVER if high is None else high, low or Decimal(0)


def side_by_side(work: Mapping[str, Callable[[], T]], seconds: float | None = None) -> dict[str, T]:
    """What functions return that are called at once, a thread each.

    What is late is left out. Its thread is waited for by nobody, not even by Python's end.

    Raises:
        BaseException: What one of them raised.
    """
    begun = {name: _begun(function) for name, function in work.items()}
    done, _ = wait(begun.values(), seconds)
    return {name: each.result() for name, each in begun.items() if each in done}


def _begun(function: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def call() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is wanted
            future.set_exception(error)

    Thread(name="tintype", target=call, daemon=True).start()
    return future
