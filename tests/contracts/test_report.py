"""Reports: JSON, JUnit, Markdown, and a page that a browser shows without complaint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import pytest
from tests.contracts.verdicts import conforming, failing

from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.report import (
    FORMS,
    badge_text,
    grade,
    html_text,
    json_text,
    junit_text,
    markdown_text,
    write_html,
)
from tintype_contracts.report.words import groups, scrubbed, shown
from tintype_contracts.verdict import Report

BOTH = (conforming(), failing())
VOID = {"meta", "br", "hr", "link", "img", "input"}


# ------------------------------------------------------------------------------ words


def test_a_level_is_never_told_without_what_it_rests_on() -> None:
    """Level and provenance stand side by side, and what was never tried is said."""
    assert grade(conforming()) == "level 3, happy path inferred, never validated live"
    assert grade(failing()) == "level 0, happy path verbatim, validated live on 2026-11-21"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("at /home/me/acme/src/x.py line 3", "at …/x.py line 3"),
        (r"at C:\Users\me\x.py", "at …/x.py"),
        ("/var/tt-1/verdict.json", "…/verdict.json"),
        ("/response/json/id", "/response/json/id"),
        ("https://api.acme.test/home/x", "https://api.acme.test/home/x"),
        ("Bearer sk-abcdefghij0123456789", "<redacted>"),
    ],
)
def test_no_path_and_no_key_stands_in_a_report(text: str, told: str) -> None:
    """Of a path of this machine the last name is left; JSON pointers and URLs stay."""
    assert scrubbed(text) == told


def test_values_are_shown_so_that_types_differ() -> None:
    """A number and the text of it, null and nothing, are told apart."""
    assert shown("1") != shown(1)
    assert shown(None) != shown(MISSING)
    assert shown({"a": b"\0\0", "b": [MISSING]}) == '{"a": "<2 bytes>", "b": ["(nothing)"]}'


class Rude:
    """A value of a plugin that cannot even say what it is."""

    def __repr__(self) -> str:
        raise KeyError


def test_a_value_that_cannot_be_shown_is_named() -> None:
    """A report survives whatever a broken plugin returned."""
    assert shown(Rude()) == "<Rude>"
    assert shown({"a": Rude()}) == '{"a": "<Rude>"}'


# ------------------------------------------------------------------------------- JSON


def test_one_report_is_an_object_and_several_are_an_array() -> None:
    """`check NAME --json` and `check --all --json`."""
    assert json.loads(json_text(conforming()))["format"] == "tintype-conformance/1"
    assert [each["provider"]["name"] for each in json.loads(json_text(BOTH))] == ["good", "poor"]
    kinds = [
        type(json.loads(FORMS["json"](reports, several)))
        for reports in ([conforming()], BOTH)
        for several in (False, True)
    ]
    assert kinds == [dict, list, list, list]


def test_the_json_report_has_every_key_of_the_format() -> None:
    """A reader of version 1 finds what version 1 promises."""
    value = json.loads(json_text(conforming()))
    assert list(value) == [
        "format",
        "kit",
        "set",
        "core",
        "provider",
        "env",
        "level",
        "asked",
        "conforms",
        "summary",
        "coverage",
        "provenance",
        "rows",
        "facts",
        "sources",
    ]
    assert value["summary"] == {"pass": 4, "fail": 0, "waived": 0, "na": 1, "advisory": 0}
    assert value["provenance"]["live_validated"] is None
    assert list(value["provider"]) == ["name", "title", "dist", "wheel_sha256", "fixture_files"]
    assert value["provider"]["wheel_sha256"] is None


def test_a_failing_row_says_all_that_an_author_needs() -> None:
    """Expected, got, pointer, source, quote, and two commands."""
    finding = json.loads(json_text(failing()))["rows"][0]["findings"][0]
    assert finding["expected"] == '{"n": 2}'
    assert finding["got"] == '{"n": "2"}'
    assert finding["pointer"] == "/json/n"
    assert finding["url"] == "https://docs.acme.test/create"
    assert '"n": 2' in finding["quote"]
    explain, replay = finding["reproduce"]
    assert explain == "tintype contracts explain request.documented"
    assert replay.startswith("tintype contracts replay poor generated/create --mutate '/n=")
    assert replay.endswith(" --check request.documented")


def test_a_finding_of_two_mutations_has_both_in_the_json_and_in_its_command() -> None:
    """`mutation` stands for one that is enough alone, `mutations` for several."""
    row = failing().rows[0]
    pair = attrs.evolve(row.findings[0], mutations=("/n=null", '/url=""'))
    report = attrs.evolve(failing(), rows=(attrs.evolve(row, findings=(pair,)),))
    value = json.loads(json_text(report))["rows"][0]["findings"][0]
    assert "mutation" not in value
    assert value["mutations"] == ["/n=null", '/url=""']
    assert "create --mutate '/n=null' --mutate '/url=\"\"' --check" in value["reproduce"][1]


def test_the_order_of_a_report_does_not_depend_on_the_order_it_was_made_in() -> None:
    """Digests and versions are sorted: two runs differ in milliseconds only."""
    one = attrs.evolve(conforming(), environment={"b": "1", "a": "2"})
    other = attrs.evolve(conforming(), environment={"a": "2", "b": "1"})
    assert json_text(one) == json_text(other)


# ------------------------------------------------------------------------------ JUnit


def test_junit_counts_and_names_every_check() -> None:
    """A suite a provider; what is waived, advisory or not applicable is skipped with why."""
    root = ET.fromstring(junit_text(BOTH))  # noqa: S314 - our own text
    suites = {suite.get("name"): suite for suite in root}
    assert (suites["poor"].get("tests"), suites["poor"].get("failures")) == ("4", "1")
    assert suites["poor"].get("skipped") == "2"
    failures = root.findall(".//failure")
    assert [failure.get("type") for failure in failures] == ["request.documented"]
    assert "expected: {" in (failures[0].text or "")
    skipped = [skip.get("message") for skip in root.findall(".//skipped")]
    assert skipped[0] == "na: It has none."


def test_junit_holds_what_xml_cannot() -> None:
    """A control character from a broken plugin does not break the file."""
    row = failing().rows[0]
    odd = attrs.evolve(row, findings=(attrs.evolve(row.findings[0], message="\x00\x1b ]]> <x>"),))
    root = ET.fromstring(junit_text([attrs.evolve(failing(), rows=(odd,))]))  # noqa: S314
    assert root.find(".//failure").get("message") == "\ufffd\ufffd ]]> <x>"


# --------------------------------------------------------------------------- Markdown


def test_markdown_tells_the_grade_and_the_failures() -> None:
    """The overview has a line a provider, the section every failure."""
    text = markdown_text(BOTH)
    assert "| Good & Co | level 3, happy path inferred, never validated live | 4 | 0 |" in text
    assert "### ✗ `request.documented` (fail)" in text
    assert "[Create image](https://docs.acme.test/create)" in text


def test_markdown_of_a_plugin_is_no_markup() -> None:
    """What a plugin said cannot open a tag or a table cell."""
    text = markdown_text([failing()])
    assert "<script>" not in text
    assert r"\<script\>" in text


# ------------------------------------------------------------------------------- HTML


class Page(HTMLParser):
    """Counts what a page holds, and that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.checks: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it, and remember it until it is closed."""
        given = dict(attrs)
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if "data-check" in given:
            self.checks.append(given["data-check"] or "")
        self.links += [given[name] or "" for name in ("href", "src") if name in given]

    def handle_endtag(self, tag: str) -> None:
        """It closes what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if self.open and self.open[-1] != "style":
            self.words += data


def test_the_page_holds_every_check_and_is_well_formed() -> None:
    """A row a check; what is opened is closed, in order."""
    page = Page(html_text(BOTH))
    assert page.open == []
    assert page.checks == [row.check for report in BOTH for row in _grouped(report)]
    assert page.tags["section"] == 2
    assert "never validated live" in page.words


def test_the_page_needs_nothing_else() -> None:
    """No script, no style sheet, no picture, no font: it can be mailed."""
    text = html_text(BOTH)
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert {link for link in page.links if not link.startswith("#")} == {
        "https://docs.acme.test/create"
    }


def test_what_a_plugin_said_is_text_on_the_page() -> None:
    """A message cannot become markup."""
    page = Page(html_text([failing()]))
    assert "<script>alert(1)</script>" in page.words
    assert "/home/me" not in page.words
    assert "0123456789abcdef0" not in page.words


def test_a_source_that_is_no_web_address_is_no_link() -> None:
    """`javascript:` and nothing at all stay words."""
    sources = {"create": {"title": "Trap", "url": "javascript:alert(1)"}}
    page = Page(html_text([attrs.evolve(failing(), sources=sources)]))
    assert not [link for link in page.links if link.startswith("java")]


def test_each_fact_stands_with_its_kind_and_its_source() -> None:
    """Provenance is told fact by fact."""
    page = Page(html_text([conforming()]))
    for fact in conforming().facts:
        assert fact.name in page.words
    assert "Said by <support>" in page.words
    assert "read 2026-11-20" in page.words


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_shows_the_page_without_complaint(tmp_path: Path) -> None:
    """A real browser builds the same rows, opens what failed, and logs no error."""
    write_html(BOTH, tmp_path / "page.html")
    done = subprocess.run(  # noqa: S603 - the browser that is installed
        [
            str(shutil.which("chromium")),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            (tmp_path / "page.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    dom = Page(done.stdout)
    assert dom.checks == [row.check for report in BOTH for row in _grouped(report)]
    assert len(re.findall(r"<details[^>]* open", done.stdout)) == 2  # the failure, its group
    assert "CONSOLE" not in done.stderr


def _grouped(report: Report) -> list:
    """The rows in the order of the groups."""
    return [row for rows in groups(report).values() for row in rows]


LIVE = attrs.evolve(
    conforming(), provenance=attrs.evolve(conforming().provenance, live_validated="2026-11-21")
)


@pytest.mark.parametrize(
    ("reports", "message", "color"),
    [
        ([conforming()], "level 3, happy path inferred, never validated live", "blue"),
        ([LIVE], "level 3, happy path inferred, validated live on 2026-11-21", "brightgreen"),
        ([failing()], "level 0, happy path verbatim, validated live on 2026-11-21", "red"),
        ([conforming(), LIVE], "2 of 2 conform, 1 validated live", "blue"),
        (BOTH, "1 of 2 conform, 1 validated live", "red"),
        ([conforming()] * 2, "2 of 2 conform, never validated live", "blue"),
    ],
    ids=["documents", "live", "poor", "some-live", "some-poor", "none-live"],
)
def test_a_badge_is_green_for_what_was_validated_live_alone(
    reports: Sequence[Report], message: str, color: str
) -> None:
    """In the format of shields.io's endpoint badge; a level never stands alone."""
    value = json.loads(badge_text(reports))
    assert value == {"schemaVersion": 1, "label": "tintype", "message": message, "color": color}
