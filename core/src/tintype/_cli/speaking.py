"""All that the command line says goes through here, and is made printable on the way."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

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


def say_path(path: Path | str) -> None:
    """A file, or an address, on stdout: for a program with the very bytes of its name."""
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


def can_ask() -> bool:
    """Whether there is somebody who sees a question, and can answer it."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: object) -> bool:
    """Whether a stream is a terminal; a closed one is None in Python, or says so."""
    try:
        return stream is not None and bool(os.isatty(stream.fileno()))  # type: ignore[attr-defined]  # what has no number is no terminal
    except (AttributeError, OSError, ValueError):
        return False
