"""`tintype contracts replay`: one documented exchange, and what a plugin makes of it."""

from __future__ import annotations

import click

from tintype._cli.options import option
from tintype._cli.speaking import give_up, say
from tintype.errors import TintypeError, UsageError
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.harness.worlds import World
from tintype_contracts.runner.asked import PARTS, ask_for
from tintype_contracts.runner.replay import replay, replay_text
from tintype_contracts.runner.run import subject_of
from tintype_contracts.strategies.mutations import Mutation


@click.command("replay")
@click.argument("name")
@click.argument("exchange")
@option(
    "--mutate",
    "mutations",
    multiple=True,
    metavar="POINTER=VALUE",
    help="Change the answer first: /status=null, /images= to drop; or what the provider "
    "chooses: id=…, url=…, sides=…, now=… (repeatable).",
)
def command(name: str, exchange: str, mutations: tuple[str, ...]) -> None:
    """Play one exchange to a plugin: what it sends, what it is told, what it makes of it.

    In the place of EXCHANGE an operation (submit, price, upload): what is sent for these fields,
    NAME=VALUE each, or /POINTER=VALUE for a raw option.

    VALUE is JSON; nothing behind the sign drops the place. Exit status: 0 as documented,
    1 not, 2 misuse. With --mutate the documents expect nothing: 1 says that the plugin
    did what no hook may.
    """
    try:
        if exchange in PARTS:
            subject = subject_of(name)
            asked = ask_for(subject, exchange, mutations, subject.info.auth.shown[1])
            say(asked.text)
            raise SystemExit(0 if asked.holds else 1)
        chosen = [text for text in mutations if text.partition("=")[0].isalpha()]
        changes = [Mutation.parse(text) for text in mutations if text not in chosen]
        world = World.of({text.partition("=")[0]: text.partition("=")[2] for text in chosen})
        subject = subject_of(name)
        found = replay(subject, exchange, changes, world)
        say(replay_text(found, subject.info.auth.shown[1]))
    except (UsageError, ValueError) as error:
        give_up(str(error))
    except (TintypeError, FixtureError) as error:
        give_up(str(error), 1)
    raise SystemExit(0 if found.holds else 1)
