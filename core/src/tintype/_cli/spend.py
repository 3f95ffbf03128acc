"""`tintype spend`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

import click
from attrs import asdict, evolve

from tintype._cli.client import journaled
from tintype._cli.display import table, usd
from tintype._cli.options import Day, option
from tintype._cli.records import check_names
from tintype._cli.settings import settings_of
from tintype._cli.speaking import say, say_json, tell
from tintype._printable import printable
from tintype.budget import Budget
from tintype.errors import UsageError
from tintype.spending import FACETS, Drift, Facet, ScopeKeywords, Spending, Spent


@click.command()
@option(
    "--by",
    type=click.Choice(FACETS),
    default="provider",
    show_default=True,
    help="What each row is of.",
)
@option("--since", type=Day(), metavar="DATE", help="The first day, in UTC, such as 2026-11-01.")
@option("--until", type=Day(), metavar="DATE", help="The last day, which counts as well.")
@option("-p", "--provider", help="Of this provider alone.")
@option("-m", "--model", help="Of this model alone, by the provider's own id.")
@option("--tag", empty=True, help="Of this tag alone; '' is none.")
@option("--label", empty=True, help="Of this label alone; '' is none.")
@option("--json", "json_", is_flag=True, help="An object: rows, their total, and drifts.")
@option("--csv", "csv_", is_flag=True, help="The rows, below a line of names.")
def command(
    *,
    by: Facet,
    since: date | None,
    until: date | None,
    json_: bool,
    csv_: bool,
    **of: str | None,
) -> None:
    """Tell what was paid, what may have been charged beside it, and whose prices have drifted."""
    if json_ and csv_:
        msg = "--json and --csv are two forms of one answer: give one of them."
        raise UsageError(msg)
    scope = ScopeKeywords(by=by, since=since, until=until)
    budgets = settings_of(click.get_current_context()).budgets
    with journaled() as client:
        left = [(budget, budget.left(client.journal)) for budget in budgets]
        spending = client.journal.spent(**scope, **of)
        if not spending.rows:
            check_names(client.journal, of)
    if json_:
        document = {**_document(spending), "budgets": [_row(*each) for each in left]}
        say_json(json.dumps(document, ensure_ascii=False, indent=2))
    elif csv_:
        say(_as_csv(spending))
    else:
        _show(spending)
        for budget, amount in left:
            say(f"  Of the budget of {budget} {usd(amount)} is left.")


def _show(spending: Spending) -> None:
    total = evolve(spending.total, name="all")
    rows = (*spending.rows, total) if len(spending.rows) > 1 else spending.rows
    if rows:
        names = (spending.scope.by, "asked", "drawn", "quoted", "paid", "unknown")
        table(names, [_cells(row) for row in rows])
    else:
        tell("Nothing was asked for.")
    for line in _remarks(spending):
        say(f"  {line}")


def _cells(row: Spent) -> tuple[str, ...]:
    paid = f"{'~' if row.estimated else ''}{usd(row.paid)}"
    counts, more = (str(row.submissions), str(row.pictures)), " + ?" if row.unpriced else ""
    return (row.name or "-", *counts, f"{usd(row.quoted)}{more}", paid, _most(row))


def _most(row: Spent) -> str:
    """What may have been charged beside what is paid."""
    if not row.open:
        return "-"
    return f"{usd(row.unknown)} + ?" if row.unpriced else f"≤{usd(row.unknown)}"


def _remarks(spending: Spending) -> Iterator[str]:
    """What the marks mean that stand in the table, what does not stand there, and who drifted."""
    total = spending.total
    if total.estimated:
        yield (
            f"~ {usd(total.estimated)} of what is paid is estimated by documented prices: nobody "
            "reported it."
        )
    if total.open:
        yield (
            f"≤ {_count(total.open, 'submission')} may have been charged beside what is paid: "
            f"{usd(total.unknown)} at most."
        )
    if total.unpriced:
        yield f"? {total.unpriced} of them had no price: of what these cost there is no most."
    if spending.forgotten:
        yield f"{usd(spending.forgotten)} more stood in records that were forgotten."
    yield from map(_drifted, spending.drifts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _drifted(drift: Drift) -> str:
    """Whose prices are not what its table says."""
    return (
        f"{drift.provider} charged {drift.model} otherwise than quoted {drift.drifted} of "
        f"{drift.submissions} times: {usd(drift.paid)}, not {usd(drift.quoted)}."
    )


def _document(spending: Spending) -> Mapping[str, object]:
    """The answer for a program: amounts are decimal text."""
    return {
        **_plain(spending.scope),
        "rows": [_plain(row) for row in spending.rows],
        "total": _plain(spending.total),
        "drifts": [_plain(drift) for drift in spending.drifts],
        "forgotten": _spelt(spending.forgotten),
    }


def _row(budget: Budget, left: Decimal) -> Mapping[str, object]:
    return {**_plain(budget), "left": _spelt(left)}


def _plain(value: object) -> dict[str, object]:
    return {name: _spelt(each) for name, each in asdict(value).items()}  # type: ignore[arg-type]  # each is a class of attrs


def _spelt(value: object) -> object:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
        case _:
            return value


def _as_csv(spending: Spending) -> str:
    """The rows, the first of the columns called by what they are of."""
    text = io.StringIO()
    _, *names = _plain(Spent())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([spending.scope.by, *names])
    for row in spending.rows:
        writer.writerow([printable(str(cell)) for cell in _plain(row).values()])
    return text.getvalue().rstrip("\n")
