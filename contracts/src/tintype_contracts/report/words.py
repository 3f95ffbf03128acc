"""What all forms of a report say in the same words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TypeAlias

from attrs import evolve

from tintype_contracts.check import GROUPS, Finding
from tintype_contracts.fixtures.leaks import cut
from tintype_contracts.fixtures.pointers import MISSING, is_array, tokens
from tintype_contracts.report.terminal import replay_command
from tintype_contracts.verdict import Report, Row

Source: TypeAlias = Mapping[str, str]

MARKS: Mapping[str, str] = {
    "pass": "✓",
    "fail": "✗",
    "waived": "~",
    "na": "·",
    "advisory": "!",
}
_MAX_LENGTH = 2000  # characters of a value that are shown
_QUOTED = 7  # lines of a document
_SEPARATOR = re.compile(r"[/\\]")
_ROOTS = "home|Users|root|tmp|var|usr|opt|private|work|mnt|srv|build|github|nix|etc"
_PATH = re.compile(rf"(?<![\w.:/-])(?:/(?:{_ROOTS})(?=/)|[A-Za-z]:\\)[^\s\"'<>|:;,()]*")


def grade(report: Report) -> str:
    """Level and provenance, always together: a level alone says nothing of the documents."""
    return f"level {report.level}, happy path {report.provenance.happy_path}, {validation(report)}"


def validation(report: Report) -> str:
    """When the live service was last asked."""
    live = report.provenance.live_validated
    return f"validated live on {live}" if live else "never validated live"


def shown(value: object) -> str:
    """A value as text: JSON where it is JSON, its own form else; no key, no path."""
    try:
        plain = isinstance(value, str | Mapping) or is_array(value)
        text = json.dumps(value, ensure_ascii=False, default=_plain) if plain else _told(value)
    except (TypeError, ValueError):
        text = _form(value)
    return scrubbed(text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]} …")


def scrubbed(text: str) -> str:
    """`text` without keys, and with the last name of every path of this machine."""
    return _PATH.sub(lambda found: f"…/{_SEPARATOR.split(found[0])[-1]}", cut(text))


def reproduction(report: Report, row: Row, finding: Finding) -> tuple[str, ...]:
    """The commands that explain a finding and show it again."""
    told = evolve(finding, mutations=tuple(map(scrubbed, finding.mutations)))
    replay = replay_command(report.provider, row.check, told)
    return f"tintype contracts explain {row.check}", replay


def source_of(report: Report, finding: Finding) -> Source:
    """The document that says otherwise; empty where none is named."""
    return report.sources.get(finding.src, {}) if finding.src else {}


def quote(report: Report, finding: Finding) -> str:
    """The lines of the document around what the finding is about, "" where it prints none."""
    lines = source_of(report, finding).get("excerpt", "").splitlines()
    if not lines:
        return ""
    names = [token for token in tokens(finding.pointer) if not token.isdecimal()]
    wanted = names[-1] if names else ""
    at = next((index for index, line in enumerate(lines) if wanted and wanted in line), 0)
    start = max(0, min(at - _QUOTED // 2, len(lines) - _QUOTED))
    return scrubbed("\n".join(lines[start : start + _QUOTED]))


def groups(report: Report) -> Mapping[str, tuple[Row, ...]]:
    """The rows by group, groups in the order in which they are run."""
    found = {row.check.partition(".")[0] for row in report.rows}
    order = [*(group for group in GROUPS if group in found), *sorted(found - set(GROUPS))]
    return {
        group: tuple(row for row in report.rows if row.check.partition(".")[0] == group)
        for group in order
    }


def share(fraction: str) -> float | None:
    """`17/19` as a number from 0 to 1; None of nothing, or of what is no fraction."""
    part, _, whole = fraction.partition("/")
    if not (part.isdecimal() and whole.isdecimal()) or int(whole) == 0:
        return None
    return min(1.0, int(part) / int(whole))


def _told(value: object) -> str:
    """A value that stands alone."""
    if isinstance(value, bool | int | float) or value is None:
        return json.dumps(value)
    return str(_plain(value))


def _plain(value: object) -> object:
    """What JSON has no word for, as it can stand inside of JSON."""
    if value is MISSING:
        return "(nothing)"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return dict(value) if isinstance(value, Mapping) else _form(value)


def _form(value: object) -> str:
    """What Python calls the value; a broken plugin's value may have no name for itself."""
    try:
        return list(value).__repr__() if is_array(value) else repr(value)
    except Exception:  # noqa: BLE001 - the repr is the plugin's code
        return f"<{type(value).__name__}>"
