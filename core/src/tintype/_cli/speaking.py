"""All that the command line says goes through here, and is made printable on the way."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from tintype._printable import printable, printable_json, printable_lines

MISUSE = 2


def say(text: str) -> None:
    """Lines on stdout."""
    click.echo(printable_lines(text))


def say_json(text: str) -> None:
    """JSON on stdout: UTF-8 for a program, whatever the locale is."""
    shown = printable_json(text)
    click.echo(shown if is_terminal(sys.stdout) else shown.encode())


def say_path(path: Path) -> None:
    """A file on stdout: for a program with the very bytes of its name."""
    if is_terminal(sys.stdout):
        say(str(path))
    else:
        click.echo(os.fsencode(path))


def tell(text: str) -> None:
    """A line on stderr. Nobody there to read it is no reason to give a picture up."""
    with suppress(OSError):
        click.echo(printable(text), err=True)


def complain(sentence: str) -> None:
    """A sentence on stderr that says who speaks."""
    tell(f"tintype: {sentence}")


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


def can_ask() -> bool:
    """Whether there is somebody who sees a question, and can answer it."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: object) -> bool:
    """Whether a stream is a terminal; a closed one is None in Python, or says so."""
    try:
        return stream is not None and bool(os.isatty(stream.fileno()))  # type: ignore[attr-defined]  # what has no number is no terminal
    except (AttributeError, OSError, ValueError):
        return False
