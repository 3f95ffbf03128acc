"""Reports as one HTML page that needs nothing else: no script, no font, no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

from tintype._html import Html, element, joined, link
from tintype_contracts.report.page_documents import about, coverage, documents
from tintype_contracts.report.page_rows import findings, row_groups
from tintype_contracts.report.words import grade, validation
from tintype_contracts.verdict import Mark, Report

_LEVELS = 3
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MEANING = {
    0: "Not even the hook contract holds.",
    1: "The hooks keep their contract: pure, strict, and true to the documented exchanges.",
    2: "Also states, errors, prices and malformed answers are handled as documented.",
    3: "Also on the wire: real TLS, both transports, the same bytes.",
}
_HAPPY = {
    "verbatim": "The documents print the happy path word for word.",
    "adapted": "The documents tell the happy path in another form than JSON.",
    "observed": "The happy path was seen on the wire; no document prints it.",
    "inferred": "No document prints the whole happy path: part of it is inferred.",
}


def html_text(reports: Sequence[Report]) -> str:
    """The page, with an overview in front where there are several reports."""
    title = "Conformance"
    if len(reports) == 1:
        title = f"{reports[0].title}: conformance"
    overview = [_overview(reports)] if len(reports) > 1 else []
    body = element(
        "body",
        element("header", _masthead(reports, title), class_="masthead"),
        element("main", *overview, *(_section(report) for report in reports)),
        element("footer", element("p", _CLAIM)),
    )
    page = element("html", _head(title), body, lang="en")
    return f"<!doctype html>\n{page}\n"


_CLAIM = (
    "A green report is a claim about documents: the plugin does what they say. "
    "Whether the live service does so is only known where it says “validated live”."
)


def _head(title: str) -> Html:
    style = (resources.files("tintype_contracts.report") / "page.css").read_text("utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(style)),
    )


def _masthead(reports: Sequence[Report], title: str) -> Html:
    kits = sorted({f"kit {report.kit} · checks of {report.set}" for report in reports})
    good = sum(report.conforms for report in reports)
    verdict = f"{good} of {len(reports)} conform" if len(reports) > 1 else ""
    facts = " · ".join([*([verdict] if verdict else []), *kits])
    return joined(
        [
            element("p", "tintype contracts", class_="kicker"),
            element("h1", title),
            element("p", facts, class_="quiet"),
        ]
    )


# -------------------------------------------------------------------------- overview


def _overview(reports: Sequence[Report]) -> Html:
    cards = [_card(report) for report in reports]
    return element("nav", *cards, class_="cards", aria_label="Providers")


def _card(report: Report) -> Html:
    failed = report.summary["fail"]
    words = f"{failed} failed" if failed else "nothing failed"
    return element(
        "a",
        element("strong", report.title),
        _level(report),
        element("span", *_chips(report), class_="chips"),
        _tally(report),
        element("span", f"{report.summary['pass']} passed, {words}", class_="quiet"),
        href=f"#{report.provider}",
        class_=f"card {'good' if report.conforms else 'bad'}",
    )


def _level(report: Report) -> Html:
    dots = [
        element("i", class_="dot on" if number <= report.level else "dot")
        for number in range(1, _LEVELS + 1)
    ]
    label = element("span", f"level {report.level}")
    return element("span", *dots, label, class_="level", title=_MEANING[report.level])


def _chips(report: Report) -> list[Html]:
    live = "good" if report.provenance.live_validated else "warn"
    kind = report.provenance.happy_path
    return [
        element("span", f"happy path {kind}", class_=f"chip {kind}"),
        element("span", validation(report), class_=f"chip {live}"),
    ]


def _tally(report: Report) -> Html:
    """One bar, a stretch for each mark."""
    total = max(1, len(report.rows))
    parts = [
        element("i", class_=mark, style=f"width:{100 * count / total:.2f}%")
        for mark, count in report.summary.items()
        if count
    ]
    words = ", ".join(f"{count} {mark}" for mark, count in report.summary.items() if count)
    return element("span", *parts, class_="tally", role="img", aria_label=words, title=words)


# --------------------------------------------------------------------------- section


def _section(report: Report) -> Html:
    return element(
        "section",
        element("h2", report.title, " ", element("small", report.distribution)),
        element("p", _level(report), *_chips(report), class_="chips"),
        element("p", element("b", _verdict(report)), " ", _MEANING[report.level]),
        element("p", _HAPPY[report.provenance.happy_path], " ", _validated(report)),
        _counts(report),
        coverage(report),
        findings(report),
        row_groups(report),
        documents(report),
        about(report),
        element("p", link("↑ top", "#"), class_="quiet"),
        id=report.provider,
        class_="good" if report.conforms else "bad",
        data_grade=grade(report),
    )


def _verdict(report: Report) -> str:
    if report.conforms:
        return f"Conforms: level {report.level} reached."
    return f"Does not conform: level {report.level} reached, level {report.asked} asked for."


def _validated(report: Report) -> str:
    docs = report.provenance.docs_validated
    return f"The fixtures were held against the documents on {docs}." if docs else ""


def _counts(report: Report) -> Html:
    items = [
        element("li", element("b", str(count)), " ", words, class_=mark)
        for mark, words in _COUNTED.items()
        if (count := report.summary[mark]) or mark in {"pass", "fail"}
    ]
    return joined([_tally(report), element("ul", *items, class_="counts")])


_COUNTED: Mapping[Mark, str] = {
    "pass": "passed",
    "fail": "failed",
    "waived": "waived",
    "advisory": "advisory",
    "na": "not applicable",
}
