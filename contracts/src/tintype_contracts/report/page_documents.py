"""The documents on the page: how much of them is shown, and where each fact is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tintype._html import Html, element, joined, link
from tintype_contracts.report.prose import prose
from tintype_contracts.report.words import scrubbed, share
from tintype_contracts.verdict import Fact, Report

_KINDS = ("verbatim", "adapted", "observed", "inferred")
_FULL = 1.0


def coverage(report: Report) -> Html:
    """A bar for each part of the documents."""
    bars = [_bar(name, fraction, share(fraction)) for name, fraction in report.coverage.items()]
    verbatim = report.provenance.verbatim
    bars.append(_bar("verbatim", f"{verbatim:.0%}", verbatim, plain=True))
    return element("div", *bars, class_="bars")


def _bar(name: str, words: str, part: float | None, *, plain: bool = False) -> Html:
    filled = 0.0 if part is None else part
    kind = "plain" if plain else "full" if filled == _FULL else "part"
    line = element("i", style=f"width:{filled:.1%}", class_=kind)
    return element(
        "div",
        element("span", name.replace("_", " ")),
        element("span", line, class_="bar", role="img", aria_label=f"{name}: {words}"),
        element("b", words if part is not None else "none"),
    )


def documents(report: Report) -> Html:
    """Every fact with how literally it is said and where; folded by table."""
    if not report.facts:
        return Html()
    tables: dict[str, list[Fact]] = {}
    for fact in report.facts:
        tables.setdefault(fact.table, []).append(fact)
    folds = [_table(report, name, facts) for name, facts in tables.items()]
    return joined([element("h3", "Where each fact is written"), _legend(), *folds])


def _legend() -> Html:
    meanings = {
        "verbatim": "the document says exactly this",
        "adapted": "it says this in another form",
        "observed": "it was seen on the wire",
        "inferred": "an upstream or a sibling says it, or nobody does",
    }
    items = [element("span", _chip(kind), f" {meaning}") for kind, meaning in meanings.items()]
    return element("p", *items, class_="legend quiet")


def _table(report: Report, name: str, facts: Sequence[Fact]) -> Html:
    counted = {kind: sum(fact.kind == kind for fact in facts) for kind in _KINDS}
    shares = [
        element("span", f"{count} {kind}", class_=f"chip {kind}")
        for kind, count in counted.items()
        if count
    ]
    lines = [_line(report, fact) for fact in facts]
    summary = element(
        "summary", element("b", name), element("span", str(len(facts)), class_="quiet"), *shares
    )
    return element("details", summary, element("table", element("tbody", *lines), class_="facts"))


def _line(report: Report, fact: Fact) -> Html:
    source = report.sources.get(fact.src, {})
    title = link(source.get("title", fact.src), source.get("url", ""))
    day = source.get("retrieved", "")
    why = element("small", prose(fact.why)) if fact.why else ""
    return element(
        "tr",
        element("td", _chip(fact.kind), class_="narrow"),
        element("td", element("code", scrubbed(fact.name)), why),
        element("td", title, element("small", f"read {day}") if day else ""),
        data_fact=fact.table,
    )


def _chip(kind: str) -> Html:
    return element("span", kind, class_=f"chip {kind}")


# ----------------------------------------------------------------------------- about


def about(report: Report) -> Html:
    """What was run, and on what."""
    parts = [
        _list("Run", {"kit": report.kit, "core": report.core, "set": report.set}),
        _list("Wheel (SHA-256)", {report.distribution: report.wheel} if report.wheel else {}),
        _list("Environment", report.environment),
        _list("Fixture files (SHA-256)", report.fixture_files),
    ]
    summary = element("summary", element("b", "about this run"))
    return joined(
        [
            element("h3", "The run"),
            element("details", summary, *parts),
        ]
    )


def _list(title: str, values: Mapping[str, str]) -> Html:
    lines = [
        element("tr", element("td", name), element("td", element("code", scrubbed(value))))
        for name, value in values.items()
    ]
    if not lines:
        return Html()
    return joined(
        [element("h4", title), element("table", element("tbody", *lines), class_="plain")]
    )
