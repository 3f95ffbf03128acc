"""A verdict as a badge: the JSON from which shields.io and its like draw one ("endpoint")."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tintype_contracts.report.words import grade
from tintype_contracts.verdict import Report


def badge_text(reports: Sequence[Report]) -> str:
    """One provider's grade, or how many of several conform.

    Green is kept for what was held against the live service; a verdict on documents is blue.
    """
    conform = [report for report in reports if report.conforms]
    live = all(report.provenance.live_validated for report in reports)
    value = {
        "schemaVersion": 1,
        "label": "tintype",
        "message": grade(reports[0]) if len(reports) == 1 else _sum(reports, len(conform)),
        "color": "red" if len(conform) < len(reports) else "brightgreen" if live else "blue",
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _sum(reports: Sequence[Report], conform: int) -> str:
    validated = sum(report.provenance.live_validated is not None for report in reports)
    live = f"{validated} validated live" if validated else "never validated live"
    return f"{conform} of {len(reports)} conform, {live}"
