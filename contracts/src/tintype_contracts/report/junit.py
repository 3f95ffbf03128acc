"""A report as JUnit XML, which every CI system reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from tintype_contracts.check import Finding
from tintype_contracts.report.words import (
    grade,
    quote,
    reproduction,
    scrubbed,
    shown,
    source_of,
)
from tintype_contracts.verdict import Report, Row

# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(reports: Sequence[Report]) -> str:
    """A suite a provider, a case a check. What is waived or advisory is skipped, with why."""
    root = ET.Element("testsuites", name="tintype contracts")
    for report in reports:
        root.append(_suite(report))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report) -> ET.Element:
    summary = report.summary
    suite = ET.Element(
        "testsuite",
        name=report.provider,
        tests=str(len(report.rows)),
        failures=str(summary["fail"]),
        errors="0",
        skipped=str(summary["waived"] + summary["na"] + summary["advisory"]),
        time=_seconds(sum(row.ms for row in report.rows)),
    )
    properties = ET.SubElement(suite, "properties")
    facts = {"grade": grade(report), "set": report.set, "dist": report.distribution}
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    suite.extend(_case(report, row) for row in report.rows)
    return suite


def _case(report: Report, row: Row) -> ET.Element:
    group = row.check.partition(".")[0]
    case = ET.Element(
        "testcase",
        classname=f"{report.provider}.{group}",
        name=row.check,
        time=_seconds(row.ms),
    )
    text = "\n\n".join(_told(report, row, finding) for finding in row.findings)
    if row.outcome == "fail":
        message = row.findings[0].message if row.findings else row.note or "It failed."
        failure = ET.SubElement(case, "failure", message=_clean(message), type=row.check)
        failure.text = _clean(text)
    elif row.outcome != "pass":
        reason = row.note or (row.findings[0].message if row.findings else "")
        message = _clean(f"{row.outcome}: {reason}")
        ET.SubElement(case, "skipped", message=message).text = _clean(text)
    return case


def _told(report: Report, row: Row, finding: Finding) -> str:
    source = source_of(report, finding)
    lines = [
        finding.message,
        f"expected: {shown(finding.expected)}" if finding.expected is not None else "",
        f"got: {shown(finding.got)}" if finding.got is not None else "",
        f"at: {finding.exchange}{finding.pointer}" if finding.exchange or finding.pointer else "",
        f"source: {source.get('title', finding.src)} {source.get('url', '')}"
        if finding.src
        else "",
        quote(report, finding),
        *(f"$ {command}" for command in reproduction(report, row, finding)),
    ]
    return "\n".join(line for line in lines if line)


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.3f}"


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", scrubbed(text))
