"""A stranger's words, made fit for a terminal and for a line of a log.

A provider, a plugin or a file's name can hold what a terminal obeys: escape sequences that
set its title, write to the clipboard or wipe what stands there, line breaks that begin a
line in tintype's name, and marks that turn the reading direction around.
"""

from __future__ import annotations

import re

# C0, DEL and C1; soft hyphen; marks and overrides of the reading direction; the blank without
# width (its joiners make letters and emoji); line and paragraph separators; lone surrogates;
# the byte order mark; annotations; tags.
_UNPRINTABLE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f]"
)
_BYTES, _UNITS = 1 << 8, 1 << 16
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """The text on one line: whatever a terminal would obey is spelled out, as an escape."""
    return _UNPRINTABLE.sub(_spelled, text)


def printable_lines(text: str) -> str:
    """Lines of tintype's own making: their breaks stay, whatever else is odd is spelled out."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """JSON that means the same: whatever a terminal would obey is escaped, by its number.

    Line breaks and tabs can only stand between the values, and stay.
    """
    return _UNPRINTABLE.sub(_escaped, text)


def _spelled(found: re.Match[str]) -> str:
    char = found.group()
    point = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if point < _BYTES:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < _UNITS else f"\\U{point:08x}"


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    if char in _SHORT:
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
