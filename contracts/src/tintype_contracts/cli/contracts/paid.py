"""What the two commands that may cost money have in common: their flags and their fences."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import TypeAlias, TypedDict, TypeVar

import click

from tintype._cli.options import option
from tintype._cli.requests import dollars
from tintype._cli.speaking import can_ask, complain, tell
from tintype._cli.unfinished import told_if_interrupted, way_on
from tintype._plugins.registry import Registry
from tintype.errors import TintypeError, UsageError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.live import Caps, Planned, Played, Session, consent

# Called with all that was played so far.
Keep: TypeAlias = Callable[[Sequence[Played]], None]


class PaidError(Exception):
    """A run ended when something was submitted already: no misuse any more."""

    def __init__(self, error: TintypeError) -> None:
        super().__init__(str(error))


Command = TypeVar("Command", bound=Callable[..., object])  # type: ignore[explicit-any]  # as click


_FLAGS = (
    option("--budget-usd", callback=dollars, required=True, help="What may be spent."),
    option(
        "--scene",
        "scenes",
        multiple=True,
        metavar="STORY/SCENE",
        help="What to play (repeatable); the cheapest that draws if left out.",
    ),
    option(
        "--ledger",
        default="tintype-live.db",
        show_default=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="The journal in which each submission stands before it leaves.",
    ),
    option("--submits", default=4, show_default=True, help="The most submissions."),
    option("--attempts", default=6, show_default=True, help="The most attempts."),
    option("--ci", is_flag=True, help="Run although this is CI."),
    option("-y", "--yes", is_flag=True, help="Do not ask."),
)


class PaidFlags(TypedDict):
    """What the flags of a run for money say.

    Attributes:
        budget_usd: What may be spent.
        scenes: Which; the cheapest that draws if there is none.
        ledger: Where each submission is written down.
        submits: The most submissions.
        attempts: The most attempts.
        ci: Whether a run in CI is meant.
        yes: Whether to ask nobody.
    """

    budget_usd: Decimal
    scenes: tuple[str, ...]
    ledger: Path
    submits: int
    attempts: int
    ci: bool
    yes: bool


def paid_flags(command: Command) -> Command:  # type: ignore[explicit-any]  # as click
    """Give a command the flags that a run for money needs."""
    return reduce(lambda made, decorate: decorate(made), reversed(_FLAGS), command)


def play_scenes(fixtures: Fixtures, flags: PaidFlags, keep: Keep) -> list[Played]:
    """Play scenes for money, one at a time, once every fence is passed.

    Args:
        fixtures: What the provider documents.
        flags: What was asked for.
        keep: Called with all that was played so far, after each scene; also after the one that
            an interrupt ended.

    Raises:
        UsageError: A fence is closed: nothing was submitted.
        PaidError: Something went wrong when something was submitted already, and kept.
    """
    yes, budget = flags["yes"], flags["budget_usd"]
    agreed = consent(Registry().get(fixtures.provider).info, os.environ, ci=flags["ci"])
    if not yes and not can_ask():
        msg = "Nobody can be asked whether this may cost money: give --yes."
        raise UsageError(msg)
    caps = Caps(budget=budget, submits=flags["submits"], attempts=flags["attempts"])
    with told_if_interrupted(_with(flags["ledger"])) as seen:
        session = Session(agreed, fixtures, flags["ledger"], caps, seen=seen)
        planned = session.plan(list(flags["scenes"]) or [session.cheapest()])
        _tell_of(fixtures, planned, session, budget)
        if not yes:
            click.confirm("Go on, and pay for it?", abort=True, err=True)
        try:
            for each in planned:
                _play(session, each, keep)
        except TintypeError as error:
            if session.played:
                raise PaidError(error) from error
            raise
    return session.played


def _play(session: Session, planned: Planned, keep: Keep) -> None:
    """Play one scene, and keep it whatever ends it."""
    before = len(session.played)
    try:
        session.play(planned)
    except BaseException:
        if len(session.played) > before:
            with suppress(TintypeError):  # what ended it matters more
                keep(session.played)
        raise
    keep(session.played)


def _tell_of(
    fixtures: Fixtures, planned: Sequence[Planned], session: Session, budget: Decimal
) -> None:
    listed = ", ".join(each.scene for each in planned)
    worst = sum((each.quote.high or Decimal() for each in planned), Decimal())
    spent = f"{session.spent} of {budget} USD are spent"
    tell(f"{fixtures.title}: {listed}, for up to {worst} USD; {spent}.")


def _with(ledger: Path) -> str:
    """How a shell calls tintype with the ledger for its journal."""
    return f"TINTYPE_JOURNAL={shlex.quote(str(ledger))} tintype"


def tell_unsaved(played: Played, ledger: Path) -> None:
    """Say how to get at a task that an error kept from being saved; of an interrupt others tell."""
    task = played.task
    if played.error is None or task is None:
        return
    if len(played.assets) < len(task.images) or not task.state.terminal:
        complain(f"{task.provider}: {way_on(task, _with(ledger))}")


def played_lines(played: Played) -> list[str]:
    """How a scene went, for a person."""
    lost = f"not accepted: {played.error}" if played.error else "interrupted, without an answer"
    ended = played.task.state if played.task else lost
    lines = [f"{played.scene}: {ended}, {len(played.observed)} exchanges"]
    lines += [
        f"  image {asset.media_type}, {asset.size} bytes, SHA-256 {asset.sha256}, {asset.path}"
        for asset in played.assets
    ]
    if played.error is not None and played.task is not None:
        lines.append(f"  {played.error}")
    return lines
