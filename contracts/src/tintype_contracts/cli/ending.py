"""Complaints in lines, and the end of a command that cannot go on."""

from __future__ import annotations

from typing import NoReturn

from tintype._cli.speaking import MISUSE, complain, tell


def complain_in_lines(text: str) -> None:
    """Lines of tintype's own making on stderr, the first of which says who speaks."""
    for line in f"tintype: {text}".split("\n"):
        tell(line)


def give_up(sentence: str, status: int = MISUSE) -> NoReturn:
    """End with a sentence on stderr."""
    complain(sentence)
    raise SystemExit(status)


def give_up_in_lines(text: str, status: int = MISUSE) -> NoReturn:
    """End with lines of tintype's own making on stderr."""
    complain_in_lines(text)
    raise SystemExit(status)
