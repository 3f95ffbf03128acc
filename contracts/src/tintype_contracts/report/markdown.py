"""A report as Markdown: short, the failures in full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tintype_contracts.check import Finding
from tintype_contracts.report.words import (
    MARKS,
    grade,
    groups,
    quote,
    reproduction,
    scrubbed,
    shown,
    source_of,
)
from tintype_contracts.verdict import Report, Row

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")


def markdown_text(reports: Sequence[Report]) -> str:
    """An overview, then a section a provider."""
    lines = ["# Conformance", "", *_overview(reports)]
    for report in reports:
        lines += ["", *_section(report)]
    return "\n".join(lines) + "\n"


def _overview(reports: Sequence[Report]) -> Iterator[str]:
    yield "| provider | verdict | pass | fail | waived | n/a | advisory |"
    yield "| --- | --- | --: | --: | --: | --: | --: |"
    for report in reports:
        counts = " | ".join(str(count) for count in report.summary.values())
        yield f"| {_plain(report.title)} | {grade(report)} | {counts} |"


def _section(report: Report) -> Iterator[str]:
    yield f"## {_plain(report.title)}"
    yield ""
    yield (
        f"{_plain(report.distribution)}: **{grade(report)}** (asked for: level {report.asked}; "
        f"checks of {report.set}; documents validated {report.provenance.docs_validated})."
    )
    yield ""
    yield "| group | pass | all |"
    yield "| --- | --: | --: |"
    for group, rows in groups(report).items():
        passed = sum(row.outcome == "pass" for row in rows)
        yield f"| {group} | {passed} | {len(rows)} |"
    yield from _tried(report)
    for row in report.rows:
        if row.outcome in {"fail", "advisory", "waived"}:
            yield from _row(report, row)


def _tried(report: Report) -> Iterator[str]:
    """How much of the documents was tried, and whether the checks would notice a fault."""
    if report.coverage:
        yield ""
        yield "Coverage: " + ", ".join(f"{name} {part}" for name, part in report.coverage.items())


def _row(report: Report, row: Row) -> Iterator[str]:
    yield ""
    yield f"### {MARKS[row.outcome]} `{row.check}` ({row.outcome})"
    if row.note:
        yield ""
        yield _plain(row.note)
    for finding in row.findings:
        yield ""
        yield from _finding(report, row, finding)


def _finding(report: Report, row: Row, finding: Finding) -> Iterator[str]:
    yield f"- {_plain(finding.message)}"
    if finding.expected is not None:
        yield f"  - expected {_code(shown(finding.expected))}"
    if finding.got is not None:
        yield f"  - got {_code(shown(finding.got))}"
    if finding.exchange or finding.pointer:
        yield f"  - at {_code(f'{finding.exchange}{finding.pointer}')}"
    source = source_of(report, finding)
    if source:
        title, url = _plain(source.get("title", finding.src)), source.get("url", "")
        yield f"  - source: [{title}]({url})" if url else f"  - source: {title}"
    if said := quote(report, finding):
        yield "    ```text"
        yield from (f"    {line}".rstrip() for line in said.replace("`", "'").splitlines())
        yield "    ```"
    for command in reproduction(report, row, finding):
        yield f"  - {_code(command)}"


def _plain(text: str) -> str:
    """Text in which nothing is markup; on one line, so that it stays in its item."""
    return _SPECIAL.sub(r"\\\1", " ".join(scrubbed(text).split()))


def _code(text: str) -> str:
    """Text in a fence longer than any run of backticks within."""
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"`{line}`"
