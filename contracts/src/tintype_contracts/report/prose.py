"""Sentences as HTML."""

from __future__ import annotations

from tintype._html import Html, element, joined
from tintype_contracts.report.words import scrubbed


def prose(text: str) -> Html:
    """A sentence without keys and paths; what stands in backticks is code."""
    pieces = scrubbed(text).split("`")
    if len(pieces) % 2 == 0:
        return joined(["`".join(pieces)])
    return joined(
        element("code", piece) if index % 2 else piece for index, piece in enumerate(pieces)
    )
