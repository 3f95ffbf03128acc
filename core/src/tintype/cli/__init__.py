"""The `tintype` command. Each subcommand is a module, imported when it is called.

Other distributions add subcommands by an entry point in the group `tintype.commands`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import cast

import click

from tintype.errors import TintypeError, UsageError

GROUP = "tintype.commands"

# Name: (module, what --help says of it without importing the module).
_COMMANDS: Mapping[str, tuple[str, str]] = {
    "providers": ("tintype.cli.providers", "List the installed providers."),
    "models": ("tintype.cli.models", "List models, their limits and prices."),
    "quote": ("tintype.cli.quote", "Ask what a picture costs."),
    "generate": ("tintype.cli.generate", "Draw a picture and save it."),
    "tasks": ("tintype.cli.tasks", "List what the journal knows of."),
    "webhooks": ("tintype.cli.webhooks", "Take the providers' calls."),
    "resume": ("tintype.cli.resume", "Finish what was paid for."),
}


class _LazyGroup(click.Group):
    """A group whose subcommands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every subcommand's name."""
        return [*_COMMANDS, *sorted(set(_added()) - set(_COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand of that name, or None."""
        if cmd_name in _COMMANDS:
            module = import_module(_COMMANDS[cmd_name][0])
            return cast("click.Command", module.command)
        point = _added().get(cmd_name)
        return cast("click.Command", point.load()) if point else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The subcommands with a line each; one that cannot be imported says why."""
        rows = [(name, self._short_help(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        if name in _COMMANDS:
            return _COMMANDS[name][1]
        try:
            command = self.get_command(ctx, name)
        except Exception as error:  # noqa: BLE001 - another distribution's fault, named as such
            return f"(cannot be loaded: {type(error).__name__}: {error})"
        return command.get_short_help_str() if command else ""


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tintype")
def cli() -> None:
    """Price, submit, poll and collect images from any provider."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: 0 done, 1 failed, 2 misuse. Errors are sentences on stderr."""
    try:
        try:
            cli.main(args=arguments, prog_name="tintype")
        finally:
            sys.stdout.flush()
    except OSError as error:
        _complain(f"What there is to say cannot be written: {error.strerror or error}.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or it is tried once more
        sys.exit(1)
    except TintypeError as error:
        from tintype.cli.unfinished import print_tasks, words_for  # noqa: PLC0415 - it imports more than --help needs

        for notice in error.notices:
            click.echo(f"note: {notice.message}", err=True)
        print_tasks(error)
        _complain(words_for(error))
        sys.exit(2 if isinstance(error, UsageError) else 1)


def _complain(sentence: str) -> None:
    click.echo(f"tintype: {sentence}", err=True)


def _added() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
