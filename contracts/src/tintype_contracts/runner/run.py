"""The checks asked about a plugin, one by one, and the verdict on it.

This runs in the process it is called in. `tintype contracts check` does it in a process of
its own (`child`), where an author's configuration and environment do not reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from tintype._plugins.registry import Plugin, Registry
from tintype.errors import PluginError
from tintype_contracts.check import Check
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.kit import VERSION
from tintype_contracts.fixtures.loader import load
from tintype_contracts.harness.distribution import (
    digests,
    distribution,
    environment,
    version,
    wheel,
)
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles import coverage
from tintype_contracts.runner.facts import facts_of, sources_of
from tintype_contracts.runner.levels import advised, checks_of_set, level_of, newest_set
from tintype_contracts.runner.waivers import check_waivers, waived
from tintype_contracts.verdict import Report, Row


def run(
    provider: str, *, level: int = 3, set_: str | None = None, today: date | None = None
) -> Report:
    """The verdict on an installed plugin.

    Args:
        provider: Its name.
        level: The level that is asked for, 1 to 3; the checks of higher ones are not run.
        set_: The dated check set; the newest if left out.
        today: The day that ages are counted to. Without it no document is too old, so
            that a verdict does not change overnight.

    Raises:
        UnknownProviderError: No such plugin is installed.
        UsageError: There is no such check set, or a waiver matches no check.
    """
    return examine(subject_of(provider, today=today), level=level, set_=set_, today=today)


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
) -> Report:
    """The verdict on any subject, by the checks given, or by all there are.

    Raises:
        UsageError: There is no such check set, or a waiver matches no check.
    """
    every = all_checks() if checks is None else checks
    dated = set_ or newest_set(every)
    chosen = [check for check in checks_of_set(every, dated) if check.level <= level]
    day = today or datetime.now(UTC).date()
    if not subject.faults:
        check_waivers(subject.fixtures.waivers, {check.id for check in every})
    rows = tuple(judge(check, subject, dated, day) for check in _askable(chosen, subject))
    return _report(subject, rows, dated, (level, level_of(rows, chosen)))


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
