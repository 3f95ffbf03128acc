"""A verdict as a file: JSON for machines, JUnit for CI, Markdown, HTML and a badge for people.

Every writer takes one report or several. What is written is in one order, holds no key
and no path of the machine it was made on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tintype_contracts.report.badge import badge_text
from tintype_contracts.report.conformance import json_text
from tintype_contracts.report.junit import junit_text
from tintype_contracts.report.markdown import markdown_text
from tintype_contracts.report.page import html_text
from tintype_contracts.report.words import grade
from tintype_contracts.verdict import Report

__all__ = [
    "FORMS",
    "badge_text",
    "grade",
    "html_text",
    "json_text",
    "junit_text",
    "markdown_text",
    "write_badge",
    "write_html",
    "write_json",
    "write_junit",
    "write_markdown",
]

# Reports, and whether they stand for several providers even where there is one.
_Form: TypeAlias = Callable[[Sequence[Report], bool], str]

FORMS: Mapping[str, _Form] = {
    "json": lambda reports, several: json_text(
        reports if several or len(reports) > 1 else reports[0]
    ),
    "junit": lambda reports, _: junit_text(reports),
    "markdown": lambda reports, _: markdown_text(reports),
    "html": lambda reports, _: html_text(reports),
    "badge": lambda reports, _: badge_text(reports),
}
"""What writes each form, by the name of its option."""


def write_json(reports: Report | Sequence[Report], path: Path | str) -> None:
    """Write `tintype-conformance/1`: an object for a report, an array for several."""
    Path(path).write_text(json_text(reports), "utf-8")


def write_junit(reports: Report | Sequence[Report], path: Path | str) -> None:
    """Write JUnit XML: a suite a provider, a test case a check."""
    Path(path).write_text(junit_text(_several(reports)), "utf-8")


def write_markdown(reports: Report | Sequence[Report], path: Path | str) -> None:
    """Write Markdown, as for the summary of a CI job."""
    Path(path).write_text(markdown_text(_several(reports)), "utf-8")


def write_html(reports: Report | Sequence[Report], path: Path | str) -> None:
    """Write one self-contained page."""
    Path(path).write_text(html_text(_several(reports)), "utf-8")


def write_badge(reports: Report | Sequence[Report], path: Path | str) -> None:
    """Write the JSON that a badge is drawn from."""
    Path(path).write_text(badge_text(_several(reports)), "utf-8")


def _several(reports: Report | Sequence[Report]) -> Sequence[Report]:
    return [reports] if isinstance(reports, Report) else reports
