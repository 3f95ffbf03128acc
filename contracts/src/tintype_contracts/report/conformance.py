"""The format `tintype-conformance/1`: a report as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from tintype.messages import JsonObject
from tintype_contracts.check import Finding
from tintype_contracts.report.words import (
    quote,
    reproduction,
    scrubbed,
    shown,
    source_of,
)
from tintype_contracts.verdict import Report, Row


def json_text(reports: Report | Sequence[Report]) -> str:
    """One report as an object, several as an array."""
    value = (
        report_value(reports)
        if isinstance(reports, Report)
        else [report_value(report) for report in reports]
    )
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def report_value(report: Report) -> JsonObject:
    """A report as the JSON object that the format describes."""
    return {
        "format": report.format,
        "kit": report.kit,
        "set": report.set,
        "core": report.core,
        "provider": {
            "name": report.provider,
            "title": report.title,
            "dist": report.distribution,
            "wheel_sha256": report.wheel.removeprefix("sha256:") or None,
            "fixture_files": dict(sorted(report.fixture_files.items())),
        },
        "env": dict(sorted(report.environment.items())),
        "level": report.level,
        "asked": report.asked,
        "conforms": report.conforms,
        "summary": dict(report.summary),
        "coverage": dict(report.coverage),
        "provenance": attrs.asdict(report.provenance),
        "rows": [_row_value(report, row) for row in report.rows],
        "facts": [attrs.asdict(fact) for fact in report.facts],
        "sources": {name: dict(source) for name, source in report.sources.items()},
    }


def _row_value(report: Report, row: Row) -> JsonObject:
    return {
        "check": row.check,
        "level": row.level,
        "outcome": row.outcome,
        "ms": round(row.ms, 1),
        "src": row.src,
        "kind": row.kind,
        "note": scrubbed(row.note),
        "findings": [_finding_value(report, row, finding) for finding in row.findings],
    }


def _finding_value(report: Report, row: Row, finding: Finding) -> JsonObject:
    source = source_of(report, finding)
    values = {
        name: shown(value)
        for name, value in (("expected", finding.expected), ("got", finding.got))
        if value is not None
    }
    told = {
        "pointer": finding.pointer,
        "exchange": finding.exchange,
        "src": finding.src,
        "url": source.get("url", ""),
        "quote": quote(report, finding),
        "mutation": scrubbed(finding.mutation),
    }
    commands = list(reproduction(report, row, finding))
    given = {name: text for name, text in told.items() if text}
    changes = [*map(scrubbed, finding.mutations)]
    several = {"mutations": changes} if len(changes) > 1 else {}
    message = scrubbed(finding.message)
    return {"message": message, **values, **given, **several, "reproduce": commands}
