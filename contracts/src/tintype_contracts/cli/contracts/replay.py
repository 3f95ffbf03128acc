"""`tintype contracts replay`: a case, an exchange or an operation, as a plugin takes it."""

from __future__ import annotations

import click

from tintype._cli.options import option
from tintype._cli.speaking import say
from tintype.errors import TintypeError, UsageError
from tintype_contracts.case import Case
from tintype_contracts.cli.ending import give_up, give_up_in_lines
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.asked import PARTS, ask_for
from tintype_contracts.runner.replay import again, replay, replay_text
from tintype_contracts.runner.run import subject_of


@click.command("replay")
@click.argument("name")
@click.argument("place", default="")
@option(
    "--mutate",
    "mutations",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change the answer first: /status=null, /images= to drop; or what the provider "
    "chooses: id=…, url=…, sides=…, now=…; or ask for a field (repeatable).",
)
@option("--check", "check", metavar="CHECK_ID", help="What that check finds of this case.")
def command(name: str, place: str, mutations: tuple[str, ...], check: str | None) -> None:
    """Play one exchange to a plugin: what it sends, what it is told, what it makes of it.

    PLACE is an exchange, or an operation (submit, price, upload): what is sent for these fields,
    NAME=VALUE each, or /POINTER=VALUE for a raw option. With --check the check is asked about
    this very case, as a report's finding names it; without PLACE, about everything.

    VALUE is JSON; nothing behind the sign drops the place. Exit status: 0 as documented,
    1 not, 2 misuse. With --mutate the documents expect nothing: 1 says that the plugin
    did what no hook may, or what --check names.
    """
    try:
        case = Case.of(place, mutations)
        subject = subject_of(name)
        found = again(subject, check, case) if check else ""
        text, holds = _played(subject, case, alone=not check)
        say(f"{text}\n\n{found}".strip())
    except (UsageError, ValueError) as error:
        give_up(str(error))
    except (TintypeError, FixtureError) as error:
        give_up_in_lines(str(error), 1)
    raise SystemExit(0 if (not found if check else holds) else 1)


def _played(subject: Subject, case: Case, *, alone: bool) -> tuple[str, bool]:
    """Both sides of a case as text, and whether they are as documented."""
    form = subject.info.auth.shown[1]
    try:
        if case.place in PARTS:
            asked = ask_for(subject, case, form)
            return asked.text, asked.holds
        found = replay(subject, case)
        return replay_text(found, form), found.holds
    except UsageError:  # a check tries what else there may be, too
        if alone:
            raise
        return "", True
