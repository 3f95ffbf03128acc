"""How findings become rows, rows a level, and what waivers and dated sets change."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve
from tests.contracts import reference

from tintype.errors import PluginError, UsageError
from tintype_contracts import Report
from tintype_contracts.check import FIRST_SET, Check, Finding, NotApplicable
from tintype_contracts.fixtures.format import Waiver
from tintype_contracts.harness.evaluate import MAX_FINDINGS, ask, plain
from tintype_contracts.harness.subject import Subject
from tintype_contracts.report.terminal import replay_command, summary
from tintype_contracts.runner.run import examine
from tintype_contracts.verdict import report_from_json, report_to_json

SUBJECT = reference.subject("reference_by_id")
DAY = date(2026, 11, 20)


def _passes(_: Subject) -> Iterator[Finding]:
    """It holds."""
    return iter(())


def _fails(_: Subject) -> Iterator[Finding]:
    """It does not hold."""
    yield Finding(message="Mend it.", expected={"a": Decimal("0.10")}, got=object, src="page")


def _breaks(_: Subject) -> Iterator[Finding]:
    """It ends in an exception of a plugin."""
    msg = "task_id"
    raise KeyError(msg)


def _does_not_apply(_: Subject) -> Iterator[Finding]:
    """There is nothing to look at."""
    msg = "Nothing is polled."
    raise NotApplicable(msg)


def _check(name: str, run: object, level: int = 1, since: str = FIRST_SET) -> Check:
    return Check(id=name, level=level, since=since, run=run)  # type: ignore[arg-type]


GOOD = (
    _check("pure.one", _passes),
    _check("state.two", _passes, 2),
    _check("wire.three", _passes, 3),
)


def _report(checks: Sequence[Check], **options: object) -> Report:
    return examine(SUBJECT, checks=checks, **options)  # type: ignore[arg-type]


def _waived(*waivers: Waiver) -> Subject:
    fixtures = evolve(reference.fixtures("reference_by_id"), waivers=waivers)
    return Subject(SUBJECT.plugin, fixtures)


def _waiver(check: str, until: date = date(2027, 1, 1)) -> Waiver:
    return Waiver(check=check, why="The document is silent.", ref="acme#12", until=until)


# ------------------------------------------------------------------------------ rows


def test_an_exception_that_escapes_a_check_is_a_finding() -> None:
    """It names what was raised and where; the next check is asked all the same."""
    rows = _report([_check("pure.one", _breaks), _check("pure.two", _passes)]).rows
    assert [row.outcome for row in rows] == ["fail", "pass"]
    assert "KeyError was raised at test_verdicts.py" in rows[0].findings[0].message


def test_what_does_not_apply_says_why() -> None:
    """It is neither a pass nor a failure."""
    row = ask(_check("pure.one", _does_not_apply), SUBJECT)
    assert (row.outcome, row.note) == ("na", "Nothing is polled.")


def test_findings_hold_nothing_that_json_cannot() -> None:
    """Decimals become text; what is no JSON value is shown as its repr."""
    finding = ask(_check("pure.one", _fails), SUBJECT).findings[0]
    assert finding.expected == {"a": "0.10"}
    assert finding.got == "<class 'object'>"


def test_a_repr_that_raises_is_no_way_out() -> None:
    """A class of a plugin may do anything."""

    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "Odd" in str(plain(Odd()))


def test_what_is_wrong_a_thousand_times_is_told_often_enough() -> None:
    """A check is stopped once it has said it."""

    def endless(_: Subject) -> Iterator[Finding]:
        while True:
            yield Finding(message="Again.")

    assert len(ask(_check("pure.one", endless), SUBJECT).findings) == MAX_FINDINGS


# ---------------------------------------------------------------------------- levels


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_check_that_fails_costs_its_level_and_those_above(broken: int) -> None:
    """What is above does not make up for it."""
    checks = [
        evolve(check, run=_fails if i == broken else check.run) for i, check in enumerate(GOOD)
    ]
    assert _report(checks).level == broken


def test_a_level_at_which_nothing_was_looked_at_is_not_granted() -> None:
    """No checks at all, or none that applies: silence is no proof."""
    assert _report(GOOD[:1]).level == 1
    assert _report([*GOOD[:1], _check("state.two", _does_not_apply, 2), GOOD[2]]).level == 1
    assert _report([]).level == 0


def test_higher_levels_than_asked_for_are_not_run() -> None:
    """And the level asked for is what conforming means."""
    report = _report([*GOOD[:2], _check("wire.three", _fails, 3)], level=2)
    assert [row.level for row in report.rows] == [1, 2]
    assert report.conforms


def test_a_plugin_that_cannot_be_loaded_is_asked_why_and_nothing_else() -> None:
    """Only the group install; no level."""
    error = PluginError("It cannot be loaded.", provider="acme")
    subject = Subject(error, reference.fixtures("reference_by_id"), name="acme")
    report = examine(subject, checks=[_check("install.loads", _fails), *GOOD])
    assert [row.check for row in report.rows] == ["install.loads"]
    assert report.level == 0


# --------------------------------------------------------------------------- waivers


def test_a_waived_check_is_run_and_may_fail() -> None:
    """The reason, the reference and the end stand in the row."""
    report = examine(_waived(_waiver("pure.one")), checks=[_check("pure.one", _fails)], today=DAY)
    assert report.rows[0].outcome == "waived"
    assert report.rows[0].note == "The document is silent. (acme#12, until 2027-01-01)"
    assert report.level == 1


@pytest.mark.parametrize("run", [_passes, _does_not_apply])
def test_a_waiver_of_what_does_not_fail_fails(run: object) -> None:
    """It would hide the next fault."""
    report = examine(_waived(_waiver("pure.one")), checks=[_check("pure.one", run)], today=DAY)
    assert report.rows[0].outcome == "fail"
    assert "take the waiver away" in report.rows[0].findings[0].message


def test_a_waiver_ends_on_its_day() -> None:
    """From that day on the check fails again."""
    subject = _waived(_waiver("pure.one", DAY))
    before = examine(subject, checks=[_check("pure.one", _fails)], today=date(2026, 11, 19))
    after = examine(subject, checks=[_check("pure.one", _fails)], today=DAY)
    assert [before.rows[0].outcome, after.rows[0].outcome] == ["waived", "fail"]


def test_a_waiver_may_be_of_one_pointer() -> None:
    """What else the check finds fails; so does the waiver where nothing is found there."""

    def fails_at(*pointers: str) -> Check:
        def run(_: Subject) -> Iterator[Finding]:
            yield from (Finding(message="It is wrong.", pointer=pointer) for pointer in pointers)

        return _check("pure.one", run)

    subject = _waived(evolve(_waiver("pure.one"), at="/strength"))
    found = {
        pointers: examine(subject, checks=[fails_at(*pointers)], today=DAY).rows[0]
        for pointers in [("/strength",), ("/strength", "/size"), ("/size",)]
    }
    assert [row.outcome for row in found.values()] == ["waived", "fail", "fail"]
    assert [each.pointer for each in found["/strength", "/size"].findings] == ["/size"]
    assert "take the waiver away" in found[("/size",)].findings[0].message


def test_a_waiver_that_matches_nothing_is_misuse() -> None:
    """A misspelt one would wait for a fault that it never covers."""
    with pytest.raises(UsageError, match="matches no check"):
        examine(_waived(_waiver("pure.onne")), checks=GOOD, today=DAY)


def test_more_than_three_waivers_cost_a_level() -> None:
    """Three are free."""
    failing = [_check(f"pure.n{number}", _fails) for number in range(4)]
    checks = [*failing, *GOOD]
    names = [check.id for check in failing]
    three = [*(_waiver(name) for name in names[:3])]
    assert examine(_waived(*three), checks=[*failing[:3], *GOOD], today=DAY).level == 3
    assert examine(_waived(*three, _waiver(names[3])), checks=checks, today=DAY).level == 2


# ------------------------------------------------------------------------ dated sets


def test_a_new_check_advises_in_its_own_set_and_binds_in_the_next() -> None:
    """Nobody's build breaks on the day that a kit is updated."""
    new = _check("pure.new", _fails, since="2027.02")
    later = _check("pure.later", _passes, since="2027.05")
    marks = {
        dated: [
            row.outcome
            for row in _report([*GOOD, new, later], set_=dated).rows
            if row.check == "pure.new"
        ]
        for dated in (FIRST_SET, "2027.02", "2027.05")
    }
    assert marks == {FIRST_SET: [], "2027.02": ["advisory"], "2027.05": ["fail"]}
    assert _report([*GOOD, new], set_="2027.02").level == 3


def test_a_set_that_does_not_exist_is_misuse() -> None:
    """The message lists those that do."""
    with pytest.raises(UsageError, match=FIRST_SET):
        _report(GOOD, set_="2025.01")


# --------------------------------------------------------------------------- reports


def test_a_report_goes_to_json_and_back() -> None:
    """That is how it comes out of the process it was made in."""
    report = _report([*GOOD, _check("pure.bad", _fails)])
    assert report_from_json(report_to_json(report)) == report


def test_the_summary_says_what_a_person_needs() -> None:
    """The level with its provenance, the finding, expected and got, the source, what to do next."""
    finding = Finding(
        message="Mend it.", expected=1, got="1", pointer="/n", exchange="generated/create",
        src="page", mutations=("/n=null",),
    )  # fmt: skip
    text = summary(_report([_check("pure.bad", lambda _: iter([finding]))]))
    assert "no level (level 3 was asked for), happy path" in text
    assert "never validated live" in text
    assert "expected  1" in text
    assert "tintype contracts explain pure.bad" in text
    told = "replay reference_by_id generated/create --mutate '/n=null' --check pure.bad"
    assert f"tintype contracts {told}" in text


def test_a_replay_command_is_read_by_a_shell_as_it_was_meant() -> None:
    """An option for each mutation, whatever is in it."""
    mutations = ('/url=""', '/who="it\'s"', "/n=", "=null")
    finding = Finding(message="", exchange="generated/create", mutations=mutations)
    told = replay_command("acme", "pure.bad", finding)
    assert " --mutate '=null'" in told  # which zsh would expand without its quotes
    words = shlex.split(told)
    assert words[:5] == ["tintype", "contracts", "replay", "acme", "generated/create"]
    assert words[5:-2] == [word for each in mutations for word in ("--mutate", each)]
