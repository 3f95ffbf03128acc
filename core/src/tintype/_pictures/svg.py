"""Whether bytes begin an SVG document, read once from left to right.

What may stand before the root element (XML 1.0, 2.8) may stand there in any number, and a
stranger writes it: no regular expression goes back over it.
"""

from __future__ import annotations

import codecs
import re

_BLANKS = re.compile(rb"\s*")
_ROOT = re.compile(rb"<(?:svg:)?svg[\s/>]")
_DOCTYPE = b"<!DOCTYPE"
# What is closed by a mark of its own, so that nothing within it counts.
_CLOSED_BY = {b"<!--": b"-->", b"<?": b"?>", b'"': b'"', b"'": b"'"}
_PROLOG = (b"<!--", b"<?")
_MARK = re.compile(rb"<!--|<\?|[\"'\[\]>]")


def begins_svg(head: bytes) -> bool:
    """Whether the first bytes of a document lead to the root element of SVG."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    text = head.removeprefix(codecs.BOM_UTF8)
    at: int | None = 0
    while at is not None:
        found = _BLANKS.match(text, at)
        at = found.end() if found else at
        if _ROOT.match(text, at):
            return True
        at = _past_prolog(text, at)
    return False


def _past_prolog(text: bytes, at: int) -> int | None:
    """Where the comment, instruction or document type at a place ends, None for anything else."""
    for opening in _PROLOG:
        if text.startswith(opening, at):
            return _past(text, _CLOSED_BY[opening], at + len(opening))
    if text[at : at + len(_DOCTYPE)].upper() == _DOCTYPE:
        return _past_doctype(text, at + len(_DOCTYPE))
    return None


def _past_doctype(text: bytes, at: int) -> int | None:
    """Where a document type ends: at the first `>` that is outside of quotes and of `[…]`."""
    inside = False
    while (found := _MARK.search(text, at)) is not None:
        mark = found[0]
        if mark == b">" and not inside:
            return found.end()
        inside = (inside or mark == b"[") and mark != b"]"
        closed_by = _CLOSED_BY.get(mark)
        end = _past(text, closed_by, found.end()) if closed_by else found.end()
        if end is None:
            return None
        at = end
    return None


def _past(text: bytes, mark: bytes, at: int) -> int | None:
    """The place behind the next such mark, None where there is none."""
    found = text.find(mark, at)
    return None if found < 0 else found + len(mark)
