"""The checks asked about a plugin, one by one, and the verdict on it.

This runs in the process it is called in. `tintype contracts check` does it in a process of
its own (`child`), where an author's configuration and environment do not reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial

from attrs import frozen

from tintype._plugins.registry import Plugin, Registry
from tintype.errors import PluginError
from tintype_contracts.check import GROUPS, Check
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.kit import VERSION
from tintype_contracts.fixtures.loader import load
from tintype_contracts.harness.distribution import (
    distribution,
    environment,
    version,
    wheel,
)
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles import coverage
from tintype_contracts.runner.beside import each_part
from tintype_contracts.runner.facts import digests, facts_of, sources_of
from tintype_contracts.runner.levels import advised, checks_of_set, level_of, newest_set
from tintype_contracts.runner.waivers import check_waivers, waived
from tintype_contracts.verdict import Report, Row
from tintype_contracts.wire.network_guard import guard

_LONGEST = ("fuzz", "parse", "strict", "pure", "request", "secret")
"""The groups that take longest, and are begun first where two processes share them."""


def run(
    provider: str,
    *,
    level: int = 3,
    set_: str | None = None,
    today: date | None = None,
    seconds: int = 0,
) -> Report:
    """The verdict on an installed plugin.

    Args:
        provider: Its name.
        level: The level that is asked for, 1 to 3; the checks of higher ones are not run.
        set_: The dated check set; the newest if left out.
        today: The day that ages are counted to. Without it no document is too old, so
            that a verdict does not change overnight.
        seconds: How long a second process may live that shares the checks; 0 is none.

    Raises:
        UnknownProviderError: No such plugin is installed.
        UsageError: There is no such check set, or a waiver matches no check.
    """
    subject = subject_of(provider, today=today)
    return examine(subject, level=level, set_=set_, today=today, seconds=seconds)


def subject_of(provider: str, *, today: date | None = None) -> Subject:
    """An installed plugin and its fixtures, each of which may turn out to be broken.

    Raises:
        UnknownProviderError: No such plugin is installed.
    """
    options = {"today": today.isoformat()} if today else {}
    return Subject(_plugin(provider), _fixtures(provider), options, name=provider)


def examine(
    subject: Subject,
    *,
    level: int = 3,
    set_: str | None = None,
    today: date | None = None,
    checks: Sequence[Check] | None = None,
    seconds: int = 0,
) -> Report:
    """The verdict on any subject, by the checks given, or by all there are.

    Where `seconds` are given, two processes share the checks, and the second lives no longer.

    Raises:
        UsageError: There is no such check set, or a waiver matches no check.
    """
    every = all_checks() if checks is None else checks
    dated = set_ or newest_set(every)
    chosen = [check for check in checks_of_set(every, dated) if check.level <= level]
    day = today or datetime.now(UTC).date()
    if not subject.faults:
        check_waivers(subject.fixtures.waivers, {check.id for check in every})
    asked = partial(_judged, subject, dated, day)
    askable = _askable(chosen, subject)
    rows = _beside(askable, asked, seconds) if seconds else asked(askable).rows
    return _report(subject, rows, dated, (level, level_of(rows, chosen)))


@frozen
class _Judged:
    """Rows, and what tried to leave loopback while they were found."""

    rows: tuple[Row, ...]
    attempts: tuple[str, ...]


def _judged(subject: Subject, dated: str, day: date, checks: Sequence[Check]) -> _Judged:
    before = len(guard().attempts)
    rows = tuple(judge(check, subject, dated, day) for check in checks)
    return _Judged(rows, tuple(guard().attempts[before:]))


def _beside(
    checks: Sequence[Check], asked: Callable[[Sequence[Check]], _Judged], seconds: int
) -> tuple[Row, ...]:
    """The rows in the order of the checks, a group at a time by each of two processes.

    Those of the wire come last, in this one: they tell what any check has let try to leave
    loopback.
    """
    groups = {
        group: [check for check in checks if check.group == group]
        for group in (*_LONGEST, *(each for each in GROUPS if each not in _LONGEST))
    }
    last = groups.pop("wire")
    found = each_part([each for each in groups.values() if each], asked, seconds=seconds)
    guard().attempts = [attempt for each in found for attempt in each.attempts]
    rows = {row.check: row for each in (*found, asked(last)) for row in each.rows}
    return tuple(rows[check.id] for check in checks)


def judge(check: Check, subject: Subject, dated: str, day: date) -> Row:
    """The row of one check in a dated set, once waivers are counted in."""
    row = advised(ask(check, subject), check, dated)
    return row if subject.faults else waived(row, subject.fixtures.waivers, day)


def _askable(checks: Sequence[Check], subject: Subject) -> Sequence[Check]:
    """All of them; of a plugin that cannot be loaded, those that tell why."""
    return [check for check in checks if not subject.faults or check.group == "install"]


def _report(subject: Subject, rows: tuple[Row, ...], dated: str, levels: tuple[int, int]) -> Report:
    name, fixtures = subject.name, None if subject.faults else subject.fixtures
    return Report(
        provider=name,
        title=fixtures.title if fixtures else name,
        distribution=distribution(name),
        wheel=wheel(name),
        kit=VERSION,
        core=version("tintype"),
        set=dated,
        asked=levels[0],
        level=levels[1],
        rows=rows,
        provenance=coverage.provenance(fixtures) if fixtures else coverage.NOTHING,
        coverage=_coverage(subject) if fixtures else {},
        facts=facts_of(fixtures) if fixtures else (),
        sources=sources_of(fixtures, rows) if fixtures else {},
        fixture_files=digests(name),
        environment=environment(),
    )


def _coverage(subject: Subject) -> Mapping[str, str]:
    """How much of what is documented can be sent, and how much some exchange shows."""
    from tintype_contracts.strategies.requests import reach  # noqa: PLC0415 - it brings the sandbox along

    try:
        sent = reach(subject)
    except Exception:  # noqa: BLE001 - a hook may do anything; the checks tell it
        sent = "unknown"
    return {"parameters": sent, **coverage.coverage(subject.fixtures)}


def _plugin(provider: str) -> Plugin | PluginError:
    try:
        return Registry().get(provider)
    except PluginError as error:
        return error
    except SystemExit as error:
        msg = f"The plugin {distribution(provider)} ends the process: it raises SystemExit."
        broken = PluginError(msg, provider=provider)
        broken.__cause__ = error
        return broken


def _fixtures(provider: str) -> Fixtures | FixtureError:
    try:
        return load(provider)
    except FixtureError as error:
        return error
