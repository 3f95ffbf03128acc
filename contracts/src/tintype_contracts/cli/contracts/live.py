"""`tintype contracts live`: one picture for money, and the shapes of the answers compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import click

from tintype._cli.speaking import say
from tintype.errors import TintypeError, UsageError
from tintype_contracts.cli.contracts.paid import (
    PaidError,
    PaidFlags,
    paid_flags,
    play_scenes,
    played_lines,
    tell_unsaved,
)
from tintype_contracts.cli.ending import give_up, give_up_in_lines
from tintype_contracts.drift import SEVERITIES, Change
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.loader import load
from tintype_contracts.live import Played, shape_changes


@click.command("live")
@click.argument("name")
@paid_flags
def command(name: str, **flags: Unpack[PaidFlags]) -> None:
    """Play scenes against the live service, for money, and compare shapes.

    Needs <NAME>_API_KEY and TINTYPE_LIVE=1 in the environment, and a budget. Nothing is
    submitted whose price is unknown. No fixture is changed: write the day into
    `validated.live` yourself. Pictures are saved beside the ledger, in which tasks stand.
    Exit status: 0 as documented, 1 not, 2 refused (nothing was submitted).
    """
    changes: list[Change] = []

    def keep(played: Sequence[Played]) -> None:
        say("\n".join(played_lines(played[-1])))
        tell_unsaved(played[-1], flags["ledger"])
        changes.extend(shape_changes(fixtures, played[-1]))

    try:
        fixtures = load(name)
        played = play_scenes(fixtures, flags, keep)
    except (UsageError, FixtureError) as error:
        give_up_in_lines(str(error))
    except (TintypeError, PaidError) as error:
        give_up(str(error), 1)
    finally:
        for change in sorted(changes, key=lambda change: SEVERITIES.index(change.severity)):
            say(f"{change.severity:<8} {change.name}: {change.message}")
    wrong = any(change.severity == "error" for change in changes)
    raise SystemExit(1 if wrong or any(_failed(each) for each in played) else 0)


def _failed(played: Played) -> bool:
    return played.error is not None or played.task is None or played.task.state != "succeeded"
