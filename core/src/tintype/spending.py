"""What was spent, as a journal adds it up: what was paid, and apart from it what may have been."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias, TypedDict, get_args

from attrs import Attribute, field, frozen

from tintype._amounts import in_digits
from tintype._doors import a_line, one_of, refused
from tintype.errors import InvalidRequestError

Facet: TypeAlias = Literal["day", "month", "provider", "model", "tag", "label"]
FACETS: tuple[Facet, ...] = get_args(Facet)


def _check_facet(_: Scope, __: Attribute[Facet], given: Facet) -> None:
    one_of(given, FACETS, "by")


def _check_day(_: Scope, attribute: Attribute[date | None], given: date | None) -> None:
    if given is not None and type(given) is not date:  # a moment is none
        raise refused(given, attribute.name, "a day in UTC, such as date(2026, 11, 1), or nothing")


def _check_order(scope: Scope, _: Attribute[date | None], until: date | None) -> None:
    if scope.since is not None and until is not None and scope.since > until:
        msg = f"since={scope.since} is after until={until}: between them is no day."
        raise InvalidRequestError(msg, field="since")


def _check_text(_: Scope, attribute: Attribute[str | None], given: str | None) -> None:
    if given is not None:
        a_line(given, attribute.name)


class ScopeKeywords(TypedDict, total=False):
    """What `journal.spent` may be given.

    Attributes:
        by: What each sum is of: a day or a month in UTC, a provider, a model, a tag or a label.
        since: The first day, in UTC; None is the first there is.
        until: The last day, which counts as well.
        provider: Whose alone, or None: everyone's.
        model: Of which alone, as the provider calls it.
        tag: With which alone; "" is those without one.
        label: With which alone, likewise.
    """

    by: Facet
    since: date | None
    until: date | None
    provider: str | None
    model: str | None
    tag: str | None
    label: str | None


@frozen(kw_only=True)
class Scope:
    """Which submissions are added up, and how they are told apart; `ScopeKeywords` says more."""

    by: Facet = field(default="provider", validator=_check_facet)
    since: date | None = field(default=None, validator=_check_day)
    until: date | None = field(default=None, validator=[_check_day, _check_order])
    provider: str | None = field(default=None, validator=_check_text)
    model: str | None = field(default=None, validator=_check_text)
    tag: str | None = field(default=None, validator=_check_text)
    label: str | None = field(default=None, validator=_check_text)


@frozen(kw_only=True)
class Spent:
    """What was spent on some submissions, in US dollars.

    What the provider charged lies between `paid` and `paid + unknown`, and is `paid` where nothing
    is unknown: as far as it charges what it says and what its documents say. Budgets count both.

    Attributes:
        name: The day (`2026-11-29`), the month (`2026-11`), the provider, the model, the tag or the
            label; "" for those that have none, and for a sum of all.
        submissions: How many were about to leave, those that were refused or not sent among them.
        pictures: How many came of them.
        quoted: What those were to cost at most that were billed, or may have been.
        paid: What is known to be charged.
        estimated: The part of it that no provider reported: a documented price, where the provider
            says that it billed and not how much.
        unknown: The most that may have been charged beside it: for what is under way, for answers
            that were lost, and where a quote is a range and nobody says what it came to.
        open: How many submissions that is of.
        unpriced: How many of these have no price: with them `unknown` has no upper end.
    """

    name: str = ""
    submissions: int = 0
    pictures: int = 0
    quoted: Decimal = field(default=Decimal(0), repr=in_digits)
    paid: Decimal = field(default=Decimal(0), repr=in_digits)
    estimated: Decimal = field(default=Decimal(0), repr=in_digits)
    unknown: Decimal = field(default=Decimal(0), repr=in_digits)
    open: int = 0
    unpriced: int = 0


@frozen(kw_only=True)
class Drift:
    """A model whose provider reports other charges than were quoted, by more than a hundredth.

    Attributes:
        provider: Whose prices are not what its table says.
        model: Of what, as it calls it.
        submissions: How many were drawn whose charge it reported.
        drifted: How many of them were not charged as quoted.
        quoted: What these were to cost at most, in US dollars.
        paid: What they did cost.
    """

    provider: str
    model: str
    submissions: int
    drifted: int
    quoted: Decimal = field(repr=in_digits)
    paid: Decimal = field(repr=in_digits)


@frozen(kw_only=True)
class Spending:
    """What was spent, row by row.

    Attributes:
        scope: Of what.
        rows: A sum each: days and months in their order, else the dearest first.
        drifts: Where charges are not as quoted.
        forgotten: US dollars that stood in records which `prune` forgot, and that a budget without
            an end goes on counting: of which day, model and tag they were, nobody knows any more.
    """

    scope: Scope
    rows: tuple[Spent, ...] = ()
    drifts: tuple[Drift, ...] = ()
    forgotten: Decimal = field(default=Decimal(0), repr=in_digits)

    @property
    def total(self) -> Spent:
        """The sum of all rows."""
        return total_of(self.rows)


def total_of(rows: Sequence[Spent]) -> Spent:
    """The sum of what was spent."""
    return Spent(
        submissions=sum(row.submissions for row in rows),
        pictures=sum(row.pictures for row in rows),
        quoted=sum((row.quoted for row in rows), Decimal(0)),
        paid=sum((row.paid for row in rows), Decimal(0)),
        estimated=sum((row.estimated for row in rows), Decimal(0)),
        unknown=sum((row.unknown for row in rows), Decimal(0)),
        open=sum(row.open for row in rows),
        unpriced=sum(row.unpriced for row in rows),
    )
