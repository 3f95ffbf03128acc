"""A verdict for a person at a terminal."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from tintype_contracts.check import Finding
from tintype_contracts.verdict import Report, Row

_SHOWN_FINDINGS = 3
_SHOWN_TEXT = 300
_SHOWN_COMMAND = 1000
_TOLD: Mapping[str, str] = {"fail": "FAIL", "advisory": "advisory", "waived": "waived"}


def summary(report: Report) -> str:
    """The verdict, what it rests on, and each row that is not a pass."""
    lines = [
        f"{report.title}: {verdict(report)}",
        f"  {report.distribution}, check set {report.set}: {_counts(report)}",
        *_coverage(report),
    ]
    for row in report.rows:
        if row.outcome in _TOLD:
            lines += ["", *row_lines(row, report)]
    return "\n".join(lines)


def verdict(report: Report) -> str:
    """The level with its provenance beside it: a green report is a claim about documents."""
    rests = report.provenance
    live = (
        f"validated live on {rests.live_validated}"
        if rests.live_validated
        else ("never validated live")
    )
    level = f"level {report.level}" if report.level else "no level"
    short = "" if report.conforms else f" (level {report.asked} was asked for)"
    return f"{level}{short}, happy path {rests.happy_path}, {live}"


def _counts(report: Report) -> str:
    words = {"pass": "passed", "fail": "failed", "na": "not applicable"}
    counts = report.summary.items()
    return ", ".join(f"{count} {words.get(mark, mark)}" for mark, count in counts if count)


def _coverage(report: Report) -> list[str]:
    shown = ", ".join(f"{value} {name}" for name, value in report.coverage.items())
    return [f"  covered: {shown}"] if shown else []


def row_lines(row: Row, report: Report | None = None) -> Iterator[str]:
    """One row: what is wrong, and how to learn more."""
    yield f"{_TOLD.get(row.outcome, row.outcome)} {row.check} (level {row.level})"
    if row.note:
        yield f"  {row.note}"
    for finding in row.findings[:_SHOWN_FINDINGS]:
        yield from _finding(row, finding, report)
    more = len(row.findings) - _SHOWN_FINDINGS
    if more > 0:
        yield f"  … and {more} more"
    yield f"  what it is about: tintype contracts explain {row.check}"


def _finding(row: Row, finding: Finding, report: Report | None) -> Iterator[str]:
    """What is wrong, expected and got, where, who says so, how to see it."""
    yield f"  {finding.message}"
    if finding.expected is not None or finding.got is not None:
        yield f"    expected  {_short(finding.expected)}"
        yield f"    got       {_short(finding.got)}"
    place = " ".join(part for part in (finding.exchange, finding.pointer) if part)
    if place:
        yield f"    at        {place}"
    if report is None:
        return
    source = report.sources.get(finding.src)
    if source:
        yield f"    source    {source['title']} {source['url']}".rstrip()
    command = replay_command(report.provider, row.check, finding)
    cut = f"{command[:_SHOWN_TEXT]}… (too long for a line: --json writes it)"
    yield f"    replay    {command if len(command) <= _SHOWN_COMMAND else cut}"


def replay_command(provider: str, check: str, finding: Finding) -> str:
    """The command that asks a check about the case of a finding, for a shell."""
    place = [finding.exchange] if finding.exchange else []
    given = [f"--mutate {_quoted(mutation)}" for mutation in finding.mutations]
    words = shlex.join(["tintype", "contracts", "replay", provider, *place])
    return " ".join([words, *given, f"--check {check}"])


def _quoted(text: str) -> str:
    """Always in quotes: zsh takes a bare word that begins with = for the path of a command."""
    quoted = shlex.quote(text)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_TEXT else f"{text[:_SHOWN_TEXT]}…"
