"""`tintype contracts record`: what a run observed, as a fixture set beside the documented one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Unpack

import click

from tintype._cli.speaking import say_path, tell
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
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.loader import files_of, load, load_folder
from tintype_contracts.live import Played, Recording


@click.command("record")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@paid_flags
def command(name: str, folder: Path, **flags: Unpack[PaidFlags]) -> None:
    """Play scenes for money, and write what was observed into FOLDER, which must be new.

    FOLDER becomes a copy of the fixture set with one story more, of kind `observed`, without
    keys, ids and pictures. The same fences hold as for `live`. Exit status: 0 written, 1
    a scene went wrong or the result breaks a rule, 2 refused (nothing was submitted).
    """
    try:
        fixtures = load(name)
        with Recording(files_of(name), folder, fixtures, datetime.now(UTC).date()) as recording:

            def keep(played: Sequence[Played]) -> None:
                for line in played_lines(played[-1]):
                    tell(line)
                tell_unsaved(played[-1], flags["ledger"])
                recording.write(played)

            played = play_scenes(fixtures, flags, keep)
        if not recording.written:
            give_up("Nothing was observed: there is nothing to write.", 1)
        load_folder(folder)
    except UsageError as error:
        give_up(str(error))
    except (TintypeError, PaidError, FixtureError) as error:
        give_up_in_lines(str(error), 1)
    say_path(recording.path)
    raise SystemExit(1 if any(each.error for each in played) else 0)
