"""What the two commands that may cost money have in common: their flags and their fences."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import reduce
from pathlib import Path
from typing import TypeVar

import click

from tintype.cli.options import option
from tintype.cli.speaking import tell
from tintype.errors import UsageError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.live import Caps, Ledger, Played, Session, consent

Command = TypeVar("Command", bound=Callable[..., object])  # type: ignore[explicit-any]  # as click


def _dollars(_: click.Context, __: click.Parameter, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        msg = f"{text!r} is not an amount such as 0.20."
        raise click.BadParameter(msg) from None


_FLAGS = (
    option("--budget-usd", callback=_dollars, required=True, help="What may be spent."),
    option(
        "--scene",
        "scenes",
        multiple=True,
        metavar="STORY/SCENE",
        help="What to play (repeatable); the cheapest that draws if left out.",
    ),
    option(
        "--ledger",
        default="tintype-live.jsonl",
        show_default=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="Where each submission is written down before it leaves.",
    ),
    option("--submits", default=4, show_default=True, help="The most submissions."),
    option("--attempts", default=6, show_default=True, help="The most attempts."),
    option("--ci", is_flag=True, help="Run although this is CI."),
    option("-y", "--yes", is_flag=True, help="Do not ask."),
)


def paid_flags(command: Command) -> Command:  # type: ignore[explicit-any]  # as click
    """Give a command the flags that a run for money needs."""
    return reduce(lambda made, decorate: decorate(made), reversed(_FLAGS), command)


def play_scenes(  # noqa: PLR0913 - each is a flag
    fixtures: Fixtures,
    *,
    budget_usd: Decimal,
    scenes: Sequence[str],
    ledger: Path,
    submits: int,
    attempts: int,
    ci: bool,
    yes: bool,
) -> list[Played]:
    """Play scenes for money, one at a time, once every fence is passed.

    Raises:
        UsageError: A fence is closed; what stands behind it was not submitted.
    """
    agreed = consent(fixtures.provider, os.environ, ci=ci)
    caps = Caps(budget=budget_usd, submits=submits, attempts=attempts)
    kept = Ledger(ledger, caps)
    session = Session(agreed, fixtures, kept)
    chosen = list(scenes) or [session.cheapest()]
    _ask(fixtures, chosen, kept, budget_usd, yes=yes)
    return [session.play(scene) for scene in chosen]


def _ask(
    fixtures: Fixtures, scenes: Sequence[str], ledger: Ledger, budget: Decimal, *, yes: bool
) -> None:
    listed = ", ".join(scenes)
    tell(f"{fixtures.title}: {listed}; {ledger.spent} of {budget} USD are spent.")
    if yes:
        return
    if not sys.stdin.isatty():
        msg = "Nobody can be asked whether this may cost money: give --yes."
        raise UsageError(msg)
    click.confirm("Go on, and pay for it?", abort=True, err=True)


def played_lines(played: Played) -> list[str]:
    """How a scene went, for a person."""
    ended = played.task.state if played.task else f"not accepted: {played.error}"
    lines = [f"{played.scene}: {ended}, {len(played.observed)} exchanges"]
    lines += [
        f"  image {asset.media_type}, {asset.size} bytes, SHA-256 {asset.sha256}"
        for asset in played.assets
    ]
    if played.error is not None and played.task is not None:
        lines.append(f"  {played.error}")
    return lines
