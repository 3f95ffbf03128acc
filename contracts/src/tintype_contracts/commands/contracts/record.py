"""`tintype contracts record`: what a run observed, as a fixture set beside the documented one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click

from tintype.cli.speaking import give_up, say_path, tell
from tintype.errors import TintypeError, UsageError
from tintype_contracts.commands.contracts.paid import paid_flags, play_scenes, played_lines
from tintype_contracts.fixtures.faults import FixtureError
from tintype_contracts.fixtures.loader import files_of, load, load_folder
from tintype_contracts.live import write_observed


@click.command("record")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@paid_flags
def command(  # noqa: PLR0913 - each is a flag
    name: str,
    folder: Path,
    *,
    budget_usd: Decimal,
    scenes: tuple[str, ...],
    ledger: Path,
    submits: int,
    attempts: int,
    ci: bool,
    yes: bool,
) -> None:
    """Play scenes for money, and write what was observed into FOLDER, which must be new.

    FOLDER becomes a copy of the fixture set with one story more, of kind `observed`, without
    keys, ids and pictures. The same fences hold as for `live`. Exit status: 0 written, 1
    a scene went wrong or the result breaks a rule, 2 refused.
    """
    try:
        fixtures = load(name)
        if folder.exists():
            give_up(f"{folder} is there already: nothing is overwritten.")
        played = play_scenes(
            fixtures,
            budget_usd=budget_usd,
            scenes=scenes,
            ledger=ledger,
            submits=submits,
            attempts=attempts,
            ci=ci,
            yes=yes,
        )
        day = datetime.now(UTC).date()
        path = write_observed(files_of(name), folder, fixtures, played, day)
        load_folder(folder)
    except UsageError as error:
        give_up(str(error))
    except (TintypeError, FixtureError) as error:
        give_up(str(error), 1)
    for each in played:
        tell("\n".join(played_lines(each)))
    say_path(path)
    raise SystemExit(1 if any(each.error for each in played) else 0)
