"""`tintype contracts`: a group whose subcommands are imported when they are called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

import click

# Name: what --help says of it without importing its module.
_COMMANDS: Mapping[str, str] = {
    "new": "Write an installable plugin from a curl command and its answer.",
    "check": "Hold a plugin against what its provider documents.",
    "explain": "Say what a check looks at, why, and what an author does about it.",
    "lint": "Hold fixture files against the rules of their format.",
    "facts": "Count what the sheets say by how literally documents say it.",
    "replay": "Show what a plugin makes of one exchange.",
    "drift": "Compare a provider's tables with a newer document.",
    "live": "Draw one picture for money, and compare shapes.",
    "record": "Write exchanges from a run.",
}


class _LazyGroup(click.Group):
    """A group whose subcommands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every subcommand's name."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand of that name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"{__name__}.{cmd_name}")
        return cast("click.Command", module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The subcommands with a line each."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group("contracts", cls=_LazyGroup)
def command() -> None:
    """Prove a plugin against its provider's documentation, offline and without a key.

    Exit status: 0 conforms, 1 does not, 2 misuse.
    """
