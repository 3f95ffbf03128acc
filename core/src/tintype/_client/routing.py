"""One picture, drawn by whoever is first of several providers that can.

The next one is tried only where the last is known to have billed nothing. A provider that seems
to be down is left alone for a while, and tried behind the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from inspect import iscoroutine
from typing import Literal, TypeAlias

from attrs import evolve, frozen

from tintype._blame import about, of_provider
from tintype._client.comparing import Comparing, in_order
from tintype._client.conversations import Conversations
from tintype._doors import all_held, held, one_of
from tintype._excerpts import guess, quoted, sentences, shortened
from tintype._flow.choices import PerCall
from tintype._flow.effects import Flow, Together, Turn
from tintype._flow.following import Agenda, Part
from tintype._flow.hook_caller import asked
from tintype._flow.verdicts import attempts_of, check_cost, check_limit
from tintype._pacing import Clock
from tintype.errors import (
    AuthenticationError,
    Billed,
    DeadlineError,
    GateError,
    InsufficientCreditError,
    InvalidRequestError,
    JournalError,
    NotSentError,
    Outcome,
    ProviderError,
    RateLimitError,
    ServerError,
    SubmissionUnknownError,
    TaskError,
    TintypeError,
    TransportError,
    UsageError,
)
from tintype.models import Attempt, Generation, Offer
from tintype.request import ImageRequest

Order: TypeAlias = Literal["price", "listed"] | Callable[[tuple[Offer, ...]], Iterable[Offer]]

ANY = "any"
ORDERS = ("price", "listed")
_AN_ORDER = "'price', 'listed', or a function of offers that returns them in its order"
NAMES = "'any', or a list of the names of installed providers"
_PATIENCE = 30.0  # seconds for which offers are waited for
_AT_A_GATE = 5.0  # seconds for which one provider's gate is waited at before others are tried
_QUOTED = 160  # characters of one attempt's reason within another's error

# What says of a provider, or of the account with it, that the next request would fail as well.
_DOWN = (
    TransportError,
    ServerError,
    RateLimitError,
    AuthenticationError,
    InsufficientCreditError,
    DeadlineError,
)
_FIRST_REST = 10.0  # seconds for which a provider is then left alone, doubling each time
_LONGEST_REST = 600.0


@frozen(kw_only=True)
class Route:
    """Who may draw a picture, and who is tried first.

    Attributes:
        names: The providers, in the caller's order.
        order: What to try them by.
        max_cost: US dollars; a dearer or unknown price is passed over.
        per_call: What holds for this call alone.
    """

    names: tuple[str, ...]
    order: Order
    max_cost: Decimal | None
    per_call: PerCall


@frozen(kw_only=True)
class _Rest:
    """A provider's time off.

    Attributes:
        times: How often in a row it got one.
        end: When it is over, on the monotonic clock.
        until: The same on the wall.
        reason: Why.
    """

    times: int
    end: float
    until: datetime
    reason: str


class Health:
    """Which providers seem to be down, for all callers of a client.

    Args:
        clock: What time it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rests: dict[str, _Rest] = {}

    def cooling(self, provider: str) -> NotSentError | None:
        """Why a provider is left alone just now, or None."""
        rest = self._rests.get(provider)
        if rest is None or rest.end <= self._clock.monotonic():
            return None
        words = f"It is cooling down until {rest.until:%H:%M:%S} UTC after: {rest.reason}"
        return NotSentError(words, provider=provider)

    def failed(self, provider: str, error: TintypeError) -> None:
        """Leave a provider alone that seems to be down; one that gives any other answer is up.

        Many calls fail at once where one provider does: together they are one failure. Who was
        kept at the gate asked it nothing.
        """
        if isinstance(error, GateError):
            return
        why = _says_down(error)
        if why is None and isinstance(error, ProviderError | TaskError):
            self.works(provider)
        elif why is not None and self.cooling(provider) is None:
            before = self._rests.get(provider)
            times = before.times if before else 0
            self._rests[provider] = self._rest(times + 1, why)

    def works(self, provider: str) -> None:
        """A provider is up."""
        self._rests.pop(provider, None)

    def _rest(self, times: int, error: TintypeError) -> _Rest:
        wanted = (error.retry_after or 0.0) if isinstance(error, ProviderError) else 0.0
        seconds = min(max(_FIRST_REST * 2.0 ** min(times - 1, 10), wanted), _LONGEST_REST)
        return _Rest(
            times=times,
            end=self._clock.monotonic() + seconds,
            until=self._clock.now() + timedelta(seconds=seconds),
            reason=shortened(error.message, _QUOTED),
        )


def _says_down(error: TintypeError) -> TintypeError | None:
    """The error of these attempts that says that the provider is down, or None."""
    found = (each.error for each in error.attempts)
    for each in (error, *(one for one in found if one is not None)):
        cause = each.__cause__ if isinstance(each, SubmissionUnknownError) else each
        if isinstance(cause, _DOWN):
            return cause
    return None


class Routing:
    """The flows that draw at one provider, or at the first of several that can.

    Args:
        conversations: What can be said to each.
        comparing: The flows that ask them for offers.
        clock: What time it is.

    Attributes:
        health: Which of them seem to be down.
    """

    def __init__(self, conversations: Conversations, comparing: Comparing, clock: Clock) -> None:
        self.health = Health(clock)
        self._conversations = conversations
        self._comparing = comparing
        self._clock = clock

    def generating(
        self,
        request: ImageRequest,
        provider: str | None,
        providers: Iterable[str] | None,
        order: Order,
        max_cost: Decimal | None,
        per_call: PerCall,
    ) -> Flow[Generation]:
        """The flow that draws, at one provider or at the first of several that can.

        Raises:
            UsageError: Not exactly one of `provider` and `providers` is given.
            UnknownProviderError: A name is nobody's.
            MissingKeyError: Any provider will do, and none has a key.
        """
        if (provider is None) is (providers is None):
            both = "None" if provider is None else "given"
            msg = f"provider is {both}, and so is providers: give one of the two."
            raise InvalidRequestError(msg, field="provider")
        held(request, ImageRequest, "request", "ImageRequest(prompt=…)")
        check_order(order)
        if provider is not None:
            return self._conversations.of(provider, per_call).generate(request, max_cost)
        return self._routed(request, self.route(providers, order, max_cost, per_call))

    def route(
        self,
        providers: object,
        order: Order,
        max_cost: Decimal | None,
        per_call: PerCall,
    ) -> Route:
        """Who may draw, and in which order.

        Raises:
            UsageError: One of the three says nothing that can be done.
        """
        check_limit(max_cost)
        check_order(order)
        if isinstance(providers, str):
            _check_any(providers)
            names = tuple(self._comparing.with_a_key())
        else:
            names = self._comparing.known(all_held(providers, str, "providers", NAMES))
        return Route(names=names, order=order, max_cost=max_cost, per_call=per_call)

    def _routed(self, request: ImageRequest, route: Route) -> Flow[Generation]:
        """Try the providers of a route, one after another, until one has drawn."""
        resting = {name: why for name in route.names if (why := self.health.cooling(name))}
        if len(resting) == len(route.names):  # there is nobody better
            resting = {}
        ready = [name for name in route.names if name not in resting]
        ordered, failures = yield from self._ordered(request, route, ready)
        turns = _turns([*ordered, *resting])
        for name, gate_seconds in turns:
            resting.pop(name, None)
            yield Turn(provider=name)
            try:
                terms = evolve(route.per_call, gate_seconds=gate_seconds)
                said = self._conversations.of(name, terms)
                made = yield from said.generate(request, route.max_cost)
            except TintypeError as raised:
                error = of_provider(raised, name)
                self.health.failed(name, error)
                failures.append(error)
                if _ends(error):
                    raise _told(error, [*resting.values(), *failures]) from error.__cause__
                _try_later(turns, name, error, gate_seconds)
            else:
                self.health.works(name)
                before = _attempts([*resting.values(), *failures])
                return evolve(made, attempts=(*before, *made.attempts))
        last = max(reversed(failures), key=_how_far)
        raise _told(last, failures) from last.__cause__

    def _ordered(
        self, request: ImageRequest, route: Route, names: Sequence[str]
    ) -> Flow[tuple[list[str], list[TintypeError]]]:
        """Whom to try in which order, and why the others are passed over."""
        if route.order == "listed":
            return list(names), []
        failures: list[TintypeError] = []
        offers: list[Offer] = []
        for offer in (yield from self._asked(request, names)):
            error = offer.error or _too_dear(offer, route.max_cost)
            if error is None:
                offers.append(offer)
            else:
                failures.append(_not_sent(error))
                self.health.failed(offer.provider, error)
        if callable(route.order) and offers:
            found = offers
            offers = yield from asked(lambda: [self._comparing.timed(each) for each in found])
            left = _as_chosen(route.order, offers)
            passed = [each for each in offers if each not in left]
            failures += [_passed_over(each) for each in passed]
            offers = left
        return [offer.provider for offer in offers], failures

    def _asked(self, request: ImageRequest, names: Sequence[str]) -> Flow[tuple[Offer, ...]]:
        """An offer of each, asked of all at once: cheapest first."""
        agenda, found = Agenda(self._clock), dict[str, Offer]()

        def asked(name: str) -> Flow[None]:
            found[name] = yield from self._comparing.offer(name, request, _PATIENCE)

        for name in names:
            Part(agenda, name).add(0.0, partial(asked, name))
        yield Together(work=agenda, width=len(names))
        return in_order(found[name] for name in names)


def _turns(names: Sequence[str]) -> list[tuple[str, float | None]]:
    """Whom to try, and how many seconds at its gate: nobody waits long where others are to try."""
    return [(name, _AT_A_GATE if len(names) > 1 else None) for name in names]


def _try_later(
    turns: list[tuple[str, float | None]], name: str, error: TintypeError, seconds: float | None
) -> None:
    """Have a provider tried once more behind the others, where its gate alone kept the call."""
    if isinstance(error, GateError) and seconds is not None:
        turns.append((name, None))


def _check_any(given: str) -> None:
    if given != ANY:
        near = guess(given, [ANY])
        msg = f"providers={quoted(given)} is one text:{near} Give {NAMES}."
        raise InvalidRequestError(msg, field="providers", allowed=(ANY,))


def check_order(order: object) -> None:
    """Refuse what is no order, also where one provider draws and nobody reads it.

    Raises:
        InvalidRequestError: It is neither one of the words nor a function.
    """
    if not callable(order):
        one_of(order, ORDERS, "order", "a function of offers that returns them in its order")


def _as_chosen(
    order: Callable[[tuple[Offer, ...]], Iterable[Offer]], offers: Sequence[Offer]
) -> list[Offer]:
    """The offers as a caller's function orders them.

    Raises:
        InvalidRequestError: It returns something else than some of them, each once.
    """
    chosen: object = order(tuple(offers))
    if iscoroutine(chosen):
        chosen.close()
    found = all_held(chosen, Offer, "what order() returned", "the offers it was given, in order")
    names = [offer.provider for offer in found]
    if len(set(names)) < len(names) or not all(offer in offers for offer in found):
        msg = "order() returned an offer twice, or one that it was not given. Nothing was sent."
        raise InvalidRequestError(msg, field="order")
    return list(found)


def _too_dear(offer: Offer, max_cost: Decimal | None) -> TintypeError | None:
    try:
        check_cost(offer.quote, max_cost)
    except UsageError as error:
        return error
    return None


def _passed_over(offer: Offer) -> UsageError:
    return UsageError("order() left its offer out.", provider=offer.provider)


def _not_sent(error: TintypeError) -> TintypeError:
    """The error of a provider that was asked for a price alone, which costs nothing."""
    error = about(error, billed=Billed.NO)
    attempt = Attempt(outcome=Outcome.NOT_SENT, provider=error.provider, error=error)
    return about(error, attempts=(attempt,))


def _ends(error: TintypeError) -> bool:
    """Whether nobody else may be tried: money may have been spent, or nothing can be kept."""
    billed = {error.billed, *(attempt.billed for attempt in error.attempts)}
    return billed != {Billed.NO} or isinstance(error, JournalError)


def _how_far(error: TintypeError) -> tuple[bool, bool]:
    """How far an attempt went: whether the provider answered, or the caller is to change it."""
    answered = any(each.outcome is not Outcome.NOT_SENT for each in attempts_of(error))
    return answered, not isinstance(error, UsageError)


def _attempts(failures: Iterable[TintypeError]) -> tuple[Attempt, ...]:
    return tuple(attempt for error in failures for attempt in attempts_of(error))


def _told(error: TintypeError, failures: Sequence[TintypeError]) -> TintypeError:
    """The error with the whole history: of each provider why it did not draw, and what it cost."""
    others = [
        f"{each.provider}: {shortened(each.message, _QUOTED)} (billed: {each.billed})"
        for each in failures
        if each is not error
    ]
    history = f"The others: {'; '.join(others)}." if others else ""
    return about(
        error,
        attempts=_attempts(failures),
        message=shortened(sentences(error.message, history)),
    )
