"""What a sheet does not say yet: an author's work list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import Fixtures, Parameter
from tintype_contracts.fixtures.loader import load
from tintype_contracts.verdict import Report

PAGE = "docs/fixtures.md"
"""Where every table of a sheet is described."""

_BOUNDED = (
    *("min", "max", "step", "min_length", "max_length", "min_items", "max_items"),
    *("pattern", "pixels"),
)
_HIGHEST = 3
_COMMON = (400, 401, 429)


def remaining(fixtures: Fixtures) -> Iterator[str]:
    """Each table that has something to be said, and what, in a line; none that `[absent]` names."""
    for table, of in _TABLES.items():
        if table not in fixtures.absent and (said := of(fixtures)):
            yield f"[{table}] {said}"


def due(report: Report) -> Iterator[str]:
    """What a sheet does not say yet, and in one line what is to be done next."""
    failed = next((row.check for row in report.rows if row.outcome == "fail"), "")
    left = list(_left(report.provider))
    if left:
        yield f"Still to be said in its sheet ({PAGE}), as far as a document tells it:"
        yield from (f"  {line}" for line in left)
        yield 'What no document tells stands in [absent]: billing = "why", "/text" = "why".'
    if failed:
        yield f"Next: mend {failed}; tintype contracts explain {failed} says how."
        return
    level = min(report.level + 1, _HIGHEST)
    check = f"tintype contracts check {report.provider} --level {level}"
    if left and report.level == _HIGHEST:
        yield "Next: nothing has to be done; what is left may be said, here or in [absent]."
    elif left:
        yield f"Next: say {left[0]}, then {check}"
    elif report.level == _HIGHEST:
        yield "Next: nothing; all that the sheet says holds."
    else:
        yield f"Next: {check}"


def _left(provider: str) -> Iterator[str]:
    with suppress(FixtureError):  # which is told by a check
        yield from remaining(load(provider))


def _fields(fixtures: Fixtures) -> str:
    rows = (row for row in fixtures.fields if row.wire not in fixtures.absent)
    bare = sorted({row.wire for row in rows if _is_bare(row)})
    return f"bounds or words of {', '.join(bare)}" if bare else ""


def _is_bare(row: Parameter) -> bool:
    """Whether a field may hold anything of its type, as far as the sheet says."""
    free = row.neutral in {"model", "webhook_url", "user", "options", "references"}
    plain = row.type in {"string", "integer", "number"} and not free
    bound = row.enum or any(getattr(row, name) not in {None, ""} for name in _BOUNDED)
    return plain and row.place == "body" and not bound


def _states(fixtures: Fixtures) -> str:
    states = fixtures.states
    if states is None:
        return ""
    lacking = [name for name in ("running", "failed") if not getattr(states, name)]
    return f"the words of a task that is {' or '.join(lacking)}" if lacking else ""


def _errors(fixtures: Fixtures) -> str:
    told = {row.status for row in fixtures.errors}
    lacking = [str(status) for status in _COMMON if status not in told]
    return f"the bodies of {', '.join(lacking)}, as far as they are documented" if lacking else ""


def _prices(fixtures: Fixtures) -> str:
    asked = any(route.operation == "price" for route in fixtures.routes)
    return "" if fixtures.prices or asked else 'what a picture costs: model = "$0.05"'


def _billing(fixtures: Fixtures) -> str:
    said = fixtures.billing.refunded_on_failure is not None
    return "" if said else "when it is charged, and whether failures are refunded"


def _results(fixtures: Fixtures) -> str:
    told = fixtures.results is not None and fixtures.results.kept_seconds is not None
    return "" if told or not fixtures.hosts.assets else "how long results are kept: kept_seconds"


_TABLES: dict[str, Callable[[Fixtures], str]] = {
    "fields": _fields,
    "states": _states,
    "errors": _errors,
    "prices": _prices,
    "billing": _billing,
    "results": _results,
}
