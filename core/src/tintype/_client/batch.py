"""Many requests, drawn side by side and each once, however often the batch is run.

A line is known by its tag, within a batch by its name. The two are its key: every submission
of the line has it in the journal, which is asked for it before anything is sent. What may have been
charged stands: it is finished, or told of, and never sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice, repeat
from threading import Lock
from typing import TypeVar

from attrs import define, evolve, field, frozen

from tintype._amounts import plain
from tintype._client.batch_lines import (
    AT_WORK,
    BatchLine,
    Items,
    digest_of,
    other_request,
    prefix_of,
    tag_of,
)
from tintype._client.batch_results import (
    asked_of,
    drawn,
    failed,
    missing,
    recorded,
    saved,
    spent,
    stands,
    without_missing,
)
from tintype._client.claims import Claim, Claims
from tintype._client.comparing import Comparing
from tintype._client.downloads import absolute, check_home
from tintype._client.naming import fields_of
from tintype._client.options import for_call
from tintype._client.results import Results
from tintype._client.routing import Order, Routing, check_order
from tintype._doors import a_line, check_flag, refused
from tintype._excerpts import quoted
from tintype._flow.choices import Choices, PerCall
from tintype._flow.effects import Flow, Sleep, Tell, Together, Turn
from tintype._flow.hook_caller import asked
from tintype._flow.verdicts import check_limit, fault_error
from tintype.budget import Budget
from tintype.errors import (
    AuthenticationError,
    Billed,
    BudgetError,
    CostLimitError,
    InsufficientCreditError,
    InvalidRequestError,
    JournalError,
    MissingKeyError,
    SaveError,
    SizeMismatchError,
    TintypeError,
    UsageError,
)
from tintype.journal import Journal, JournalRecord, NoJournal
from tintype.models import BatchOutcome, BatchResult, Offer, Task
from tintype.request import ImageRequest
from tintype.sinks import Home, home_of

T = TypeVar("T")

_PATIENCE = 30.0  # seconds for which an offer is waited for
_SOME = 200  # lines that are priced at once, and prices that are remembered
_LOOK = 0.1  # seconds between two looks whether a line of the same tag is over
# Seconds between two looks whether another process has ended a line: ten minutes in all.
_PAUSES = (0.1, 0.3, 1.0, 3.0, *repeat(5.0, 120))
_NO_JOURNAL = (
    "A batch is kept in a journal: give one, or set TINTYPE_JOURNAL "
    "(pip install 'tintype[journal]'). Nothing was sent."
)
_A_REQUEST = "an ImageRequest, or the error that says why it is none"
# What keeps one line will keep the next: none is begun any more.
_KEEPS_ALL = (
    AuthenticationError,
    BudgetError,
    InsufficientCreditError,
    JournalError,
    MissingKeyError,
    SaveError,  # what is drawn and cannot be kept is paid for, and its address goes stale
)


def _name(given: str) -> str:
    if not a_line(given, "name"):
        msg = "The batch's name (name=…, --as NAME) is empty: it is known by it."
        raise InvalidRequestError(msg, field="name")
    return given


def _providers(given: Iterable[str] | None) -> Iterable[str] | None:
    return given if given is None or isinstance(given, str) else tuple(given)


@frozen(kw_only=True)
class BatchTerms:
    """What holds for all lines of a batch.

    Attributes:
        name: What the journal knows the batch by.
        folder: Where pictures go.
        file_name: A template for the names of their files.
        provider: Who draws, or None: one of `providers`.
        providers: Who may draw.
        order: Which of them is tried first.
        max_cost: US dollars that all lines together may cost, in all runs.
        resume: Whether an earlier run is gone on with.
        width: How many lines are under way at a time.
        per_call: What else holds for each of them.
    """

    name: str = field(converter=_name)
    folder: Home = field(converter=home_of)
    file_name: str
    provider: str | None
    providers: Iterable[str] | None = field(converter=_providers)
    order: Order
    max_cost: Decimal | None
    resume: bool = field(validator=check_flag)
    width: int
    per_call: PerCall = field(converter=for_call)


class Allowance:
    """What a batch may still spend. Used from several threads."""

    def __init__(self, limit: Decimal) -> None:
        self._lock = Lock()
        self._limit = limit
        self._left = limit

    @property
    def left(self) -> Decimal:
        """US dollars that are."""
        return self._left

    def spend(self, amount: Decimal) -> None:
        """So much is spent, or with a sign before it is not."""
        with self._lock:
            self._left -= amount

    def reserve(self, amount: Decimal) -> None:
        """Set aside what a line may cost.

        Raises:
            CostLimitError: It is more than is left.
        """
        with self._lock:
            if amount > self._left:
                left = plain(max(self._left, Decimal(0)).normalize())
                msg = (
                    f"It may cost ${plain(amount)}; of max_cost={plain(self._limit)} for the batch "
                    f"${left} is left. Nothing was sent."
                )
                raise CostLimitError(msg)
            self._left -= amount


@define(kw_only=True)
class _Limit:
    """What all lines of a batch together have to fit into.

    Attributes:
        words: What it is.
        left: US dollars of it that are.
        error: What is raised where they do not fit.
        fit: How many of the lines would.
    """

    words: str
    left: Decimal
    error: type[CostLimitError]
    fit: int = 0

    def passed(self, total: Decimal, count: int) -> CostLimitError:
        """The error where they may cost more."""
        rest = plain(max(self.left, Decimal(0)).normalize())
        msg = (
            f"The {count} lines that are not drawn may cost ${plain(total.normalize())}; of "
            f"{self.words} ${rest} is left, which would hold the first {self.fit}. "
            "Nothing was sent."
        )
        return self.error(msg)


@frozen(kw_only=True)
class Batches:
    """What batches are drawn with."""

    choices: Choices
    journal: Journal
    claims: Claims
    comparing: Comparing
    routing: Routing
    results: Results

    def of(self, terms: BatchTerms, items: Items) -> Batch:
        """The work of a batch.

        Raises:
            UsageError: There is no journal, or the terms cannot be met.
        """
        if isinstance(self.journal, NoJournal):
            raise UsageError(_NO_JOURNAL)
        check_limit(terms.max_cost)
        if terms.per_call.key:
            msg = "key= is for generate(): a line of a batch is known by its tag. Nothing was sent."
            raise InvalidRequestError(msg, field="key")
        if not fields_of(terms.file_name):
            msg = (
                f"{quoted(terms.file_name)} (file_name=…, --name) is one name for the pictures of "
                "all lines: give it a field, such as {tag}."
            )
            raise SaveError(msg)
        self._names(terms)
        return Batch(self, terms, items)

    def offers(self, request: ImageRequest, terms: BatchTerms) -> Flow[list[Offer]]:
        """What each that may draw it would do with a request."""
        offers: list[Offer] = []
        for name in self._names(terms):
            yield Turn(provider=name)
            offers.append((yield from self.comparing.offer(name, request, _PATIENCE)))
        return offers

    def budgets(self, terms: BatchTerms) -> list[Budget]:
        """Those that every line counts against, whoever draws it."""
        names, label = self._names(terms), terms.per_call.label or self.choices.label
        return [
            each
            for each in self.choices.budgets
            if all(each.concerns(name, label) for name in names)
        ]

    def _names(self, terms: BatchTerms) -> tuple[str, ...]:
        if (terms.provider is None) is (terms.providers is None):
            msg = "Name one provider, provider='apiyi', or several, providers=['apiyi', 'fal']."
            raise InvalidRequestError(msg, field="provider")
        check_order(terms.order)
        if terms.provider is not None:
            return self.comparing.known([terms.provider])
        return self.routing.route(
            terms.providers, terms.order, terms.max_cost, terms.per_call
        ).names


class Batch:
    """The work of a batch: a piece for each line, which is read once it is begun.

    Args:
        parts: What a line is drawn with.
        terms: What holds for all lines.
        items: Where they come from.
    """

    def __init__(self, parts: Batches, terms: BatchTerms, items: Items) -> None:
        self._parts = parts
        self._terms = terms
        self._items = items
        self._prefix = prefix_of(terms.name)
        self._open = 0  # lines that were begun, and whose results nobody has yet
        self._over = False
        limit = terms.max_cost
        self._allowance = None if limit is None else Allowance(Decimal(limit))

    def flow(self) -> Flow[None]:
        """The whole batch. What comes of each line is told once it is known.

        Raises:
            UsageError: It was begun before, and nobody says that it is to be gone on with; or
                nothing can be saved in its folder.
            CostLimitError: All lines together may cost more than is left, of `max_cost` or of a
                budget.
        """
        limits = yield from asked(self._checked)
        if limits and self._items.again is not None:
            yield from self._foreseen(limits, self._items.again)
        yield Together(work=self, width=self._terms.width, apart=True)

    def handed_over(self) -> None:
        """Somebody has a line's result: another one may be begun."""
        self._open -= 1

    def __len__(self) -> int:
        """Whether there may be more lines."""
        return 0 if self._over else 1

    def pause(self) -> float | None:
        """No time; or None: no line is to be begun as long as nobody takes results."""
        return None if self._over or self._open >= 2 * self._terms.width else 0.0

    def take(self) -> Flow[None]:
        """The next line."""
        self._open += 1
        return self._taken()

    def _checked(self) -> list[_Limit]:
        """What all lines have to fit into, once it is known that they may be begun."""
        check_home(self._terms.folder)
        journal = self._parts.journal
        so_far = journal.tally(self._prefix)
        if so_far.records and not self._terms.resume:
            msg = (
                f"The batch {self._terms.name!r} was begun before: go on with it (resume=True, "
                "--resume), or begin another one under a name of its own (name=…, --as NAME). "
                "Nothing was sent."
            )
            raise UsageError(msg)
        limits = [
            _Limit(words=f"the budget of {each}", left=each.left(journal), error=BudgetError)
            for each in self._parts.budgets(self._terms)
        ]
        if self._allowance is not None:
            self._allowance.spend(so_far.spent)
            words = f"max_cost={plain(self._terms.max_cost or 0)}"
            limits.insert(0, _Limit(words=words, left=self._allowance.left, error=CostLimitError))
        return limits

    def _foreseen(self, limits: Sequence[_Limit], lines: Iterable[object]) -> Flow[None]:
        """Hold the worst that all lines may cost, but those that stand, against what is left.

        A tag is counted once: that takes a word of memory a line, until the first is begun.

        Raises:
            CostLimitError: It is more; the error says how many lines would fit.
        """
        numbered, prices, tags = enumerate(lines, start=1), dict[str, Decimal](), set[int]()
        total, count = Decimal(0), 0
        while (some := (yield from asked(partial(self._some, numbered)))) is not None:
            for line in some:
                if (tag := hash(line.tag)) not in tags:
                    tags.add(tag)
                    total += yield from self._price(line.request, prices)
                count += 1
                for limit in limits:
                    limit.fit = count if total <= limit.left else limit.fit
        for limit in limits:
            if total > limit.left:
                raise limit.passed(total, count)

    def _some(self, numbered: Iterator[tuple[int, object]]) -> list[BatchLine] | None:
        """Some lines of which nothing stands yet, or None: there are no more."""
        items = list(islice(numbered, _SOME))
        lines = [self._line(n, each) for n, each in items if isinstance(each, ImageRequest)]
        journal = self._parts.journal
        return [line for line in lines if not journal.keyed(line.key)] if items else None

    def _price(self, request: ImageRequest, known: dict[str, Decimal]) -> Flow[Decimal]:
        """What a request may cost at most: as one that is like it; 0 where nobody knows."""
        kind = digest_of(evolve(request, prompt="-", seed=None, user=None))
        if kind not in known:
            offers = yield from self._parts.offers(request, self._terms)
            highs = [each.quote.high for each in offers if each.quote.high is not None]
            if len(known) >= _SOME:
                known.clear()
            known[kind] = max(highs, default=Decimal(0))
        return known[kind]

    def _taken(self) -> Flow[None]:
        taken: object = yield from asked(self._items.next)
        match taken:
            case (int() as number, item):
                yield Tell(result=(yield from self._fenced(number, item)))
            case _:
                self._over = True

    def _fenced(self, number: int, item: object) -> Flow[BatchResult]:
        """What comes of a line, whatever goes wrong with it: the others are still to come."""
        if not isinstance(item, ImageRequest):
            error = item if isinstance(item, TintypeError) else refused(item, "line", _A_REQUEST)
            return failed(BatchResult(number=number, outcome=BatchOutcome.FAILED), error)
        line = self._line(number, item)
        blank = BatchResult(
            number=number, tag=line.tag, outcome=BatchOutcome.FAILED, request=line.request
        )
        try:
            return (yield from self._once(line, blank))
        except TintypeError as error:
            return failed(blank, error)
        except Exception as error:  # noqa: BLE001 - one line's fault stops no other
            return failed(blank, fault_error(Task(), error))

    def _line(self, number: int, request: ImageRequest) -> BatchLine:
        if request.tag is None:
            request = evolve(request, tag=tag_of(number, request))
        return BatchLine(
            number=number,
            request=request,
            digest=digest_of(request),
            key=f"{self._prefix}{request.tag}",
        )

    def _once(self, line: BatchLine, blank: BatchResult) -> Flow[BatchResult]:
        """Draw a line, or finish what stands of it."""
        while not AT_WORK.begin(line):
            yield Sleep(seconds=_LOOK)
        try:
            result = None
            while result is None:
                result = yield from self._tried(line, blank)
            return result
        finally:
            AT_WORK.end(line)

    def _tried(self, line: BatchLine, blank: BatchResult) -> Flow[BatchResult | None]:
        """What comes of a line; None where another process has begun it since it was looked up."""
        error = yield from self._finished(line)
        standing = yield from self._standing(line)
        lacking = line.request.n - sum(asked_of(each) for each in standing)
        if lacking > 0:
            rest = evolve(blank, request=evolve(line.request, n=lacking))
            told = yield from self._drawn(line, rest, standing)
            if not told.records and len((yield from self._standing(line))) > len(standing):
                return None
            if not standing:
                return told
            error = error or told.error
        there = yield from self._there(line)
        if error is None and (gone := [each for each in there if each.unsaved]):
            error = yield from self._restored(gone)
            there = yield from self._there(line)
        return recorded(blank, there, error)

    def _there(self, line: BatchLine) -> Flow[list[JournalRecord]]:
        """The records that stand, their pictures saved where they are still to be found."""
        standing = yield from self._standing(line)
        return (yield from asked(lambda: [without_missing(each) for each in standing]))

    def _restored(self, gone: list[JournalRecord]) -> Flow[TintypeError | None]:
        """Save again what was saved and is not there any more; what is in the way, or None."""
        yield Turn(provider=gone[0].provider)
        resumed = yield from self._parts.results.resuming(
            gone, self._terms.folder, self._terms.file_name
        )
        return next((missing(each.error) for each in resumed if each.error is not None), None)

    def _standing(self, line: BatchLine) -> Flow[list[JournalRecord]]:
        """The records of a line that may have been charged, or hold a picture or a refusal.

        Raises:
            InvalidRequestError: They are of another request.
        """

        def standing() -> list[JournalRecord]:
            return [each for each in self._parts.journal.keyed(line.key) if stands(each, line)]

        found = yield from asked(standing)
        if any(record.digest != line.digest for record in found):
            raise other_request(line)
        return found

    def _finished(self, line: BatchLine) -> Flow[TintypeError | None]:
        """Finish what is open of a line; what is still in the way, or None."""
        for pause in _PAUSES:
            ids = yield from self._to_finish(line)
            if not ids:
                return None
            with Claim(self._parts.claims, ids) as claim:
                claimed = yield from asked(claim.take)
                if len(claimed) == len(ids):
                    yield Turn(provider=claimed[0].provider)
                    resumed = yield from self._parts.results.resuming(
                        list(claimed), self._terms.folder, self._terms.file_name
                    )
                    return next((each.error for each in resumed if each.error is not None), None)
            yield Sleep(seconds=pause)  # another process is at work on it
        msg = "Another process is at work on it, and does not end: it is left to that one."
        return UsageError(msg, billed=Billed.UNKNOWN)

    def _to_finish(self, line: BatchLine) -> Flow[list[str]]:
        """The records of a line that are open, once nobody in this process is at work on them.

        A line of the same tag that has just ended may be, and so may `resume`.
        """
        while True:
            standing = yield from self._standing(line)
            ids = [each.id for each in standing if each.open or each.outcome is None]
            if not any(map(self._parts.claims.is_followed, ids)):
                return ids
            yield Sleep(seconds=_LOOK)

    def _drawn(
        self, line: BatchLine, blank: BatchResult, standing: Iterable[JournalRecord]
    ) -> Flow[BatchResult]:
        """Draw and save what a line asks for, or what it still lacks beside what stands."""
        terms, request = self._terms, blank.request or line.request
        most = yield from self._reserved(request)
        result = blank
        try:
            if terms.provider is not None:
                yield Turn(provider=terms.provider)
            made = yield from self._parts.routing.generating(
                request,
                terms.provider,
                terms.providers,
                terms.order,
                most,
                evolve(
                    terms.per_call,
                    key=line.key,
                    digest=line.digest,
                    standing=tuple(each.id for each in standing),
                ),
            )
            result = drawn(blank, made)
            saving = self._parts.results.saving(
                made, result.provider, terms.folder, terms.file_name, overwrite=False
            )
            result = saved(result, (yield from saving), made)
        except SizeMismatchError as error:
            files = tuple(map(absolute, error.paths))
            result = evolve(failed(result, error), files=files)
        except TintypeError as error:
            self._over = self._over or isinstance(error, _KEEPS_ALL)
            result = failed(result, error)
        finally:
            if self._allowance is not None and most is not None:
                self._allowance.spend(spent(result, most) - most)
        return result

    def _reserved(self, request: ImageRequest) -> Flow[Decimal | None]:
        """What a line may cost at most, set aside of what the batch may; None: as it comes.

        Raises:
            CostLimitError: It does not fit, or nobody knows what it costs.
        """
        if self._allowance is None:
            return None
        offers = yield from self._parts.offers(request, self._terms)
        known = [each.quote.high for each in offers if each.quote.high is not None]
        if not known:
            failed = next((each.error for each in offers if each.error is not None), None)
            reason = offers[0].quote.reason or "no document tells it"
            msg = f"The price is unknown ({reason}), and max_cost was set. Nothing was sent."
            raise failed or CostLimitError(msg)
        most = max(known)
        try:
            self._allowance.reserve(most)
        except CostLimitError:
            self._over = True
            raise
        return most
