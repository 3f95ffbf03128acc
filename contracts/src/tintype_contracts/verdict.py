"""The verdict on one plugin: a row a check, a level, and what it rests on.

`Report` is the format `tintype-conformance/1`; `tintype_contracts.report` writes it as
JSON, JUnit, Markdown and HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias

import cattrs
from attrs import field, frozen

from tintype_contracts.check import Finding
from tintype_contracts.fixtures.format import Kind

Mark: TypeAlias = Literal["pass", "fail", "waived", "na", "advisory"]
"""`na`: the documents give the check nothing to look at. `advisory`: it failed, and binds from
the next dated set on."""


@frozen(kw_only=True)
class Row:
    """What one check found.

    Attributes:
        check: Its id.
        level: The level it is needed for.
        outcome: The mark.
        ms: Milliseconds it took.
        findings: What is wrong, or why it is waived or not applicable.
        note: Why, for `na` and `waived`.
        src: The source the check rests on, where it is one.
        kind: How literally that source says it.
    """

    check: str
    level: int
    outcome: Mark
    ms: float = 0.0
    findings: tuple[Finding, ...] = ()
    note: str = ""
    src: str = ""
    kind: Kind | None = None


@frozen(kw_only=True)
class Provenance:
    """How old and how literal the documents are that a verdict rests on.

    Attributes:
        happy_path: The least literal kind among the exchanges of the scene that draws.
        verbatim: The share of exchanges that are verbatim, from 0 to 1.
        inferred: The ids of the exchanges that are inferred.
        oldest_source: The day the oldest document was read, ISO 8601.
        docs_validated: The day the fixtures were last held against the documents.
        live_validated: The day they were last held against the live service, or None:
            "never validated live".
    """

    happy_path: Kind
    verbatim: float
    inferred: tuple[str, ...]
    oldest_source: str
    docs_validated: str
    live_validated: str | None = None


@frozen(kw_only=True)
class Fact:
    """One thing the fixtures say, and how literally which document says it.

    Attributes:
        table: Where it stands: `parameters`, `prices`, `exchanges`, …
        name: What it is about, for a person to read.
        kind: How literally the source says it.
        src: The id of the source.
        why: Why it is believed where the source does not say exactly this.
    """

    table: str
    name: str
    kind: Kind
    src: str
    why: str = ""


@frozen(kw_only=True)
class Report:
    """The verdict on one plugin.

    Attributes:
        provider: Its name.
        title: What a person calls it.
        distribution: The distribution and its version, as `tintype-acme 0.3.1`.
        wheel: SHA-256 of the wheel it was installed from, "" where the installer did not note it.
        kit: The kit's version.
        core: The core's version.
        set: The dated check set that was run.
        level: The highest level all of whose checks ran and passed, 0 to 3.
        asked: The level that was asked for.
        rows: One a check, in order.
        coverage: Fractions such as `17/19` of parameters, states, errors, exchanges.
        provenance: What it rests on.
        facts: Every fact the fixtures hold, with its source.
        sources: Title, URL and day of each source, by id; `excerpt` is the payload of one
            that something was found against.
        fixture_files: SHA-256 of each fixture file.
        environment: Versions of Python and of the libraries that matter.
    """

    provider: str
    title: str
    distribution: str
    kit: str
    core: str
    set: str
    level: int
    asked: int
    rows: tuple[Row, ...]
    provenance: Provenance
    coverage: Mapping[str, str] = field(factory=dict)
    facts: tuple[Fact, ...] = ()
    sources: Mapping[str, Mapping[str, str]] = field(factory=dict)
    wheel: str = ""
    fixture_files: Mapping[str, str] = field(factory=dict)
    environment: Mapping[str, str] = field(factory=dict)
    format: Literal["tintype-conformance/1"] = "tintype-conformance/1"

    @property
    def conforms(self) -> bool:
        """Whether the level that was asked for is reached."""
        return self.level >= self.asked

    @property
    def summary(self) -> Mapping[Mark, int]:
        """How many rows have each mark."""
        marks: tuple[Mark, ...] = ("pass", "fail", "waived", "na", "advisory")
        return {mark: sum(row.outcome == mark for row in self.rows) for mark in marks}


def report_to_json(report: Report) -> str:
    """The whole report, field by field, as `report_from_json` reads it."""
    return json.dumps(_converter.unstructure(report), ensure_ascii=False)


def report_from_json(text: str) -> Report:
    """What `report_to_json` wrote."""
    return _converter.structure(json.loads(text), Report)


_converter = cattrs.Converter()
_converter.register_structure_hook_func(lambda shape: shape is object, lambda value, _: value)
