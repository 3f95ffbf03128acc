"""The checks on the page: what failed in full, and every row, folded by group."""

from __future__ import annotations

from collections.abc import Sequence

from tintype._html import Html, element, joined, link
from tintype_contracts.check import Finding
from tintype_contracts.report.prose import prose
from tintype_contracts.report.words import (
    MARKS,
    groups,
    quote,
    reproduction,
    scrubbed,
    shown,
    source_of,
)
from tintype_contracts.verdict import Report, Row

_TITLES = {
    "fail": "What failed",
    "advisory": "What will bind from the next set on",
    "waived": "What is waived",
}
_MAX_OPEN = 20  # findings of one check that stand open to the eye


def findings(report: Report) -> Html:
    """What is not as it should be, worst first."""
    parts: list[Html] = []
    for outcome, title in _TITLES.items():
        rows = [row for row in report.rows if row.outcome == outcome]
        if rows:
            parts.append(element("h3", title))
            parts += [_row(report, row) for row in rows]
    return joined(parts)


def row_groups(report: Report) -> Html:
    """Every row; a group in which something is wrong stands open."""
    folds = [_group(group, rows) for group, rows in groups(report).items()]
    return joined([element("h3", "Checks"), *folds])


def _group(group: str, rows: Sequence[Row]) -> Html:
    passed = sum(row.outcome == "pass" for row in rows)
    wrong = any(row.outcome == "fail" for row in rows)
    looked = sum(row.outcome != "na" for row in rows)
    summary = element(
        "summary",
        element("b", group),
        element("span", f"{passed} of {looked}" if looked else "not applicable", class_="quiet"),
        element("span", *(_mark(row) for row in rows), class_="marks"),
    )
    body = element("tbody", *(_line(row) for row in rows))
    return element("details", summary, element("table", body, class_="rows"), open=wrong)


def _mark(row: Row) -> Html:
    return element("i", MARKS[row.outcome], class_=f"mark {row.outcome}", title=row.check)


def _line(row: Row) -> Html:
    told = [row.note] if row.note else [finding.message for finding in row.findings[:1]]
    more = len(row.findings) - 1
    if not row.note and more > 0:
        told.append(f" (and {more} more)")
    notes = element("small", prose("".join(told))) if told else ""
    return element(
        "tr",
        element("td", _mark(row), class_="narrow"),
        element("td", element("code", row.check), notes),
        element("td", f"L{row.level}", class_="narrow quiet"),
        element("td", f"{row.ms:,.0f} ms", class_="narrow quiet number"),
        class_=row.outcome,
        data_check=row.check,
    )


# -------------------------------------------------------------------------- findings


def _row(report: Report, row: Row) -> Html:
    count = len(row.findings)
    told = f"{count} findings" if count > 1 else ""
    cards = [_finding(report, row, finding) for finding in row.findings[:_MAX_OPEN]]
    rest = [_finding(report, row, finding) for finding in row.findings[_MAX_OPEN:]]
    if rest:
        fold = element("summary", f"{len(rest)} more")
        cards.append(element("details", fold, *rest))
    note = [element("p", prose(row.note), class_="note")] if row.note else []
    heading = element(
        "summary", _mark(row), element("code", row.check), element("span", told, class_="quiet")
    )
    return element(
        "details",
        heading,
        *note,
        *cards,
        class_=f"failure {row.outcome}",
        open=row.outcome == "fail",
    )


def _finding(report: Report, row: Row, finding: Finding) -> Html:
    return element(
        "article",
        element("p", prose(finding.message)),
        _compared(finding),
        _place(finding),
        _source(report, finding),
        _commands(report, row, finding),
        class_="finding",
    )


def _compared(finding: Finding) -> Html:
    sides = [("expected", finding.expected), ("got", finding.got)]
    cells = [
        element("div", element("small", name), element("pre", shown(value)), class_=name)
        for name, value in sides
        if value is not None
    ]
    return element("div", *cells, class_="compared") if cells else Html()


def _place(finding: Finding) -> Html:
    places = [("in", finding.exchange), ("at", finding.pointer), ("with", finding.mutation)]
    words = [
        element("span", f"{word} ", element("code", scrubbed(place)))
        for word, place in places
        if place
    ]
    return element("p", *words, class_="place quiet") if words else Html()


def _source(report: Report, finding: Finding) -> Html:
    source = source_of(report, finding)
    if not source:
        return Html()
    title = source.get("title", finding.src)
    said = quote(report, finding)
    lines = [element("figcaption", "Source: ", link(title, source.get("url", "")))]
    if said:
        lines.append(element("blockquote", element("pre", said)))
    return element("figure", *lines)


def _commands(report: Report, row: Row, finding: Finding) -> Html:
    text = "\n".join(f"$ {command}" for command in reproduction(report, row, finding))
    return element("pre", text, class_="commands")
