"""A call that bears a key: drawn once, however often and by whomever it is made.

Whoever has its turn looks first at what the journal knows of the key. What was drawn is the
answer, what goes on is followed, what nobody knows of is an error, and is not sent again; only
what is known to be unbilled, or was never sent, is sent. Everybody else waits for the turn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from attrs import evolve, frozen

from tintype._blame import about
from tintype._client.claims import Claim, Claims
from tintype._client.options import PerCallKeywords, for_call
from tintype._client.results import Results
from tintype._client.routing import NAMES, Order, Routing
from tintype._doors import all_held, held
from tintype._flow.channel import DRIVER
from tintype._flow.choices import BY_TURN
from tintype._flow.effects import Flow, Record, Sleep, Turn
from tintype._flow.hook_caller import asked, expected
from tintype._flow.settle import add_quotes
from tintype._flow.verdicts import attempts_of, concluded
from tintype.convert import to_builtins
from tintype.entries import Closed, Opened
from tintype.errors import (
    Billed,
    DeadlineError,
    InvalidRequestError,
    JournalError,
    Outcome,
    SubmissionUnknownError,
    TintypeError,
)
from tintype.journal import Journal, JournalCall, JournalRecord, NoJournal
from tintype.models import Attempt, Generation, Quote
from tintype.request import ImageRequest

# Draws at a provider, or at whoever can where it is ""; so many images, beside those records.
_Draw: TypeAlias = Callable[[str, int, tuple[str, ...]], Flow[Generation]]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_PATIENCE = 3600.0


@frozen(kw_only=True)
class KeyedCall:
    """What is asked by a key.

    Attributes:
        key: What the journal knows it by.
        asked: What is asked, as JSON.
        n: How many images.
    """

    key: str
    asked: str
    n: int

    @classmethod
    def of(cls, key: str, request: ImageRequest, where: Mapping[str, object]) -> KeyedCall:
        """That of a request, and of whom it is asked; what nobody gave is no part of it."""
        blank = {**_as_dict(ImageRequest(prompt="-")), "prompt": None}
        given = _as_dict(request.digested())
        told = {name: value for name, value in given.items() if value != blank[name]}
        text = json.dumps({**told, **where}, sort_keys=True, ensure_ascii=False)
        return cls(key=f"{BY_TURN}{key}", asked=text, n=request.n)

    @property
    def digest(self) -> str:
        """What tells it from another."""
        return hashlib.sha256(self.asked.encode("utf-8", "surrogatepass")).hexdigest()


def _as_dict(request: ImageRequest) -> dict[str, object]:
    built = to_builtins(request)
    assert isinstance(built, dict)  # noqa: S101 - it is a class
    return built


def _where(
    provider: str | None, providers: str | Iterable[str] | None, order: Order
) -> Mapping[str, object]:
    """Of whom it is asked, as far as that can be written down."""
    if provider is not None:
        return {"provider": provider}
    named = order if isinstance(order, str) else "a function"
    return {"providers": providers, "order": named}


class KeyedCalls:
    """The flows of calls that bear a key.

    Args:
        routing: The flows that draw.
        journal: Where calls are known.
        claims: The journal's records this client is at work on.
        results: The flows that finish records.
    """

    def __init__(
        self, routing: Routing, journal: Journal, claims: Claims, results: Results
    ) -> None:
        self._routing = routing
        self._journal = journal
        self._claims = claims
        self._results = results

    def generating(
        self,
        request: ImageRequest,
        provider: str | None,
        providers: Iterable[str] | None,
        order: Order,
        max_cost: Decimal | None,
        per_call: PerCallKeywords,
    ) -> Flow[Generation]:
        """The flow that draws; by a key, unless that was done or begun.

        Raises:
            UsageError: What is asked cannot be done, or it has a key, and there is no journal.
        """
        said = for_call(per_call)
        begin = partial(self._routing.generating, max_cost=max_cost)
        if not said.key:
            return begin(request, provider, providers, order, per_call=said)
        if isinstance(self._journal, NoJournal):
            msg = (
                "A key is kept in a journal: give one, Client(journal='journal.db'), or set "
                "TINTYPE_JOURNAL. Nothing was sent."
            )
            raise InvalidRequestError(msg, field="key")
        held(request, ImageRequest, "request", "ImageRequest(prompt=…)")
        if providers is not None and not isinstance(providers, str):
            providers = all_held(providers, str, "providers", NAMES)
        call = KeyedCall.of(said.key, request, _where(provider, providers, order))
        said = evolve(said, key=call.key, digest=call.digest)
        fresh = begin(request, provider, providers, order, per_call=said)

        def draw(name: str, n: int, standing: tuple[str, ...]) -> Flow[Generation]:
            if not name:
                return (yield from fresh)
            yield Turn(provider=name)
            more, rest = evolve(request, n=n), evolve(said, standing=standing)
            return (yield from begin(more, name, None, "listed", per_call=rest))

        return self._once(call, draw)

    def _once(self, call: KeyedCall, draw: _Draw) -> Flow[Generation]:
        turn = yield from self._turn(call)
        try:
            made = yield from self._made(call, draw)
        except Exception:
            yield from _close(turn, done=False)
            raise
        yield from _close(turn, done=True)
        return made

    def _turn(self, call: KeyedCall) -> Flow[str]:
        """Wait until nobody else is at work under the key."""
        entry = Opened(key=call.key, asked=call.asked, digest=call.digest)
        for pause in self._pauses():
            turn = expected((yield Record(entry=entry)), str, DRIVER)
            if turn:
                return turn
            yield Sleep(seconds=pause)
        raise _too_long(call)

    @staticmethod
    def _pauses() -> Iterable[float]:
        """Pauses that become longer, until nobody should wait any more."""
        waited, pause = 0.0, _FIRST_PAUSE
        while waited < _PATIENCE:
            yield pause
            waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE)

    def _made(self, call: KeyedCall, draw: _Draw) -> Flow[Generation]:
        known, errors = yield from self._ended(call)
        attempts = tuple(_attempt(each, errors.get(each.id)) for each in known.records)
        kept = [
            (record, attempt)
            for record, attempt in zip(known.records, attempts, strict=True)
            if attempt.billed is not Billed.NO
        ]
        if not kept:
            return (yield from draw("", call.n, ()))
        made = Generation(quote=_quote([record for record, _ in kept], known), attempts=attempts)
        missing = call.n - sum(record.request.n if record.request else 1 for record, _ in kept)
        fruitful = all(attempt.task and attempt.task.images for _, attempt in kept)
        if known.done or missing <= 0 or not fruitful:
            return concluded(made)
        standing = tuple(record.id for record, _ in kept)
        return (yield from _completed(made, draw(kept[0][0].provider, missing, standing)))

    def _ended(
        self, call: KeyedCall
    ) -> Flow[tuple[JournalCall, Mapping[str, TintypeError | None]]]:
        """What the journal knows of a call, once nothing of it is under way any more."""
        errors: dict[str, TintypeError | None] = {}
        for pause in self._pauses():
            known = yield from asked(partial(self._journal.call, call.key, call.digest))
            pending = [
                each.id for each in known.records if each.id not in errors and _goes_on(each)
            ]
            if not pending:
                return known, errors
            finished = yield from self._followed(pending)
            errors |= finished
            if not finished:  # another process is at work on it
                yield Sleep(seconds=pause)
        raise _too_long(call)

    def _followed(self, pending: Sequence[str]) -> Flow[dict[str, TintypeError | None]]:
        """Follow to their ends what an earlier call began and left; what each ended in."""
        with Claim(self._claims, pending) as claim:
            claimed = yield from asked(claim.take)
            if not claimed:
                return {}
            yield Turn(provider=claimed[0].provider)
            resumed = yield from self._results.resuming(list(claimed), None)
            return {each.record.id: each.error for each in resumed}


def _close(turn: str, *, done: bool) -> Flow[None]:
    with suppress(JournalError):  # whoever comes next looks at the submissions
        yield Record(entry=Closed(record=turn, done=done))


def _goes_on(record: JournalRecord) -> bool:
    """Whether somebody can still do something to learn what becomes of a submission."""
    if record.outcome is None or record.unread:
        return True
    return not record.lost and record.task is not None and not record.task.state.terminal


def _attempt(record: JournalRecord, error: TintypeError | None) -> Attempt:
    """What became of a submission that an earlier call made."""
    task, outcome = record.task, record.outcome or Outcome.UNKNOWN
    if task is None or record.lost:
        error = _reason(record, outcome)
    return Attempt(outcome=outcome, provider=record.provider, task=task, error=error)


def _reason(record: JournalRecord, outcome: Outcome) -> TintypeError:
    """Why there is no picture, as far as the journal knows."""
    if record.billed is Billed.NO:
        return TintypeError(record.reason, provider=record.provider, billed=Billed.NO)
    msg = (
        f"A submission of this key left, and there is no picture of it (journal record "
        f"{record.id}, {outcome}): {record.reason} Nothing more is sent by this key; look at the "
        f"provider's own list of tasks. `tintype settle {record.id} --billed no` closes what was "
        "not charged: then it may be drawn."
    )
    found = SubmissionUnknownError(
        msg,
        record=record.id,
        answered=bool(record.unread),
        provider=record.provider,
        billed=record.billed,
    )
    return about(found, kept="".join(record.unread[-1:]))


def _quote(records: Iterable[JournalRecord], known: JournalCall) -> Quote:
    """What submissions were expected to cost, together."""
    quotes = [(known.quotes.get(each.id) or _unknown(each), 1) for each in records]
    return add_quotes(quotes)


def _unknown(record: JournalRecord) -> Quote:
    reason = "The journal has no quote of it."
    return Quote(provider=record.provider, model=record.model, reason=reason)


def _completed(made: Generation, more: Flow[Generation]) -> Flow[Generation]:
    """What was drawn before a call was cut off, with what it had still to submit."""
    try:
        rest = yield from more
    except TintypeError as error:  # a picture is there, and is the result
        return evolve(made, attempts=(*made.attempts, *attempts_of(error)))
    return Generation(
        quote=add_quotes([(made.quote, 1), (rest.quote, 1)]),
        attempts=(*made.attempts, *rest.attempts),
        notices=rest.notices,
    )


def _too_long(call: KeyedCall) -> DeadlineError:
    key = call.key.removeprefix(BY_TURN)
    msg = (
        f"Another call by key={key!r} did not end within {_PATIENCE:g} s. It may still: make the "
        "same call again, which waits for it or goes on."
    )
    return DeadlineError(msg)
