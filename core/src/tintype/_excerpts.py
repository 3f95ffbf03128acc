"""What somebody gave or said, short enough for a sentence: a picture in base64 is megabytes."""

from __future__ import annotations

from collections.abc import Iterable

MAX_WORDS = 1000
"""Characters of an error's text, whatever went into it."""

_MAX_QUOTED = 80
_LONGEST_NUMBER = 256  # bits
_TAIL = 300
_ENDS = ".!?…:;。"


def shortened(text: str, most: int = MAX_WORDS) -> str:
    """A text without its middle where it is long: its end says what to do next."""
    if len(text) <= most:
        return text
    tail = min(_TAIL, most // 3)
    return f"{text[: most - tail - 3]} … {text[-tail:]}"


def sentences(*texts: str) -> str:
    """Texts one after another, with a full stop where a provider's words end without one."""
    said = [text.strip() for text in texts if text.strip()]
    ended = [text if text[-1] in _ENDS else f"{text}." for text in said[:-1]]
    return " ".join([*ended, *said[-1:]])


def guess(name: str, known: Iterable[str], most: int = 1) -> str:
    """The sentence that asks whether one of the nearest names was meant; "" where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, for a typo only

    near = get_close_matches(name.lower(), tuple(known), n=most)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


def quoted(value: object) -> str:
    """A value as Python spells it; of a long one the beginning, or its kind and its length."""
    match value:
        case str() | bytes() | bytearray() if len(value) > _MAX_QUOTED:
            unit = "characters" if isinstance(value, str) else "bytes"
            return f"{value[:_MAX_QUOTED]!r}… ({len(value)} {unit})"
        case int() if value.bit_length() > _LONGEST_NUMBER:
            return "a number of many digits"
        case dict() | list() | tuple() | set() | frozenset() if value:
            return f"a {type(value).__name__} of {len(value)}"
        case _:
            return shortened(repr(value), 2 * _MAX_QUOTED)
