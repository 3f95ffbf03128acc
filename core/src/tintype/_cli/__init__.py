"""The `tintype` command. Each subcommand is a module, imported when it is called.

Other distributions add subcommands by an entry point in the group `tintype.commands`.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from tintype._cli.added import added, short_help
from tintype._cli.options import Verbosity, verbose
from tintype._cli.speaking import MISUSE, complain, tell
from tintype._excerpts import guess
from tintype._printable import printable
from tintype.errors import Billed, InvalidRequestError, TintypeError, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# Name: (module, what --help says of it without importing the module).
_COMMANDS: Mapping[str, tuple[str, str]] = {
    "providers": ("tintype._cli.providers", "List the installed providers."),
    "models": ("tintype._cli.models", "List models, their limits and prices."),
    "quote": ("tintype._cli.quote", "Ask what a picture costs."),
    "compare": ("tintype._cli.compare", "Draw at several, side by side on a page."),
    "generate": ("tintype._cli.generate", "Draw a picture and save it."),
    "batch": ("tintype._cli.batch", "Draw many pictures, each once, from a file."),
    "tasks": ("tintype._cli.tasks", "List what the journal knows of."),
    "spend": ("tintype._cli.spend", "Tell what was paid, and what may have been."),
    "keys": ("tintype._cli.keys", "Keep keys in the system's keyring."),
    "config": ("tintype._cli.config", "Show the defaults that hold."),
    "webhooks": ("tintype._cli.webhooks", "Take the providers' calls."),
    "resume": ("tintype._cli.resume", "Finish what was paid for."),
    "settle": ("tintype._cli.settle", "Close a record that you have looked up."),
}


class _LazyGroup(click.Group):
    """A group whose subcommands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every subcommand's name."""
        return [*_COMMANDS, *sorted(set(added()) - set(_COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand of that name, or None."""
        if cmd_name in _COMMANDS:
            module = import_module(_COMMANDS[cmd_name][0])
            return cast("click.Command", module.command)
        point = added().get(cmd_name)
        return cast("click.Command", point.load()) if point else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that is meant; of a mistyped one, which is near."""
        known, name = self.list_commands(ctx), args[0]
        if name not in known and not (name.startswith("-") or ctx.resilient_parsing):
            ctx.fail(f"No such command {name!r}.{guess(name, known)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Run the subcommand. What it returns is no exit status."""
        super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The subcommands with a line each; one that cannot be imported says why."""
        rows = [(name, said) for name, (_, said) in _COMMANDS.items()]
        points = sorted(added().items())
        rows += [(name, _line(point)) for name, point in points if name not in _COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _line(point: EntryPoint) -> str:
    """What is said of an added command."""
    read = short_help(point)
    if read is not None:
        return read
    try:
        return cast("click.Command", point.load()).get_short_help_str()
    except Exception as error:  # noqa: BLE001 - another distribution's fault, named as such
        return printable(f"(cannot be loaded: {type(error).__name__}: {error})")


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tintype")
@verbose
def cli() -> None:
    """Price, submit, poll and collect images from any provider."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: 0 done, 1 failed, 2 misuse. Errors are sentences on stderr.

    Ctrl-C ends the process by SIGINT once everything is cleaned up, so that the shell's loop
    around it ends, too.
    """
    _spell_out_what_a_terminal_lacks()
    verbosity = Verbosity()
    try:
        try:
            status = cli.main(arguments, "tintype", standalone_mode=False, obj=verbosity)
            _report(verbosity)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except click.ClickException as error:
        status = _shown(error, verbosity)
    except click.Abort as error:
        status = _aborted(error, verbosity)
    except OSError as error:
        status = _unwritten(error)
    except TintypeError as error:
        status = _told(error, verbosity)
    finally:
        _let_go_of_broken_streams()
    if status:
        sys.exit(status)


def _report(verbosity: Verbosity, error: TintypeError | None = None) -> bool:
    """Whether a JSON document was asked for: then it is told, on stdout, once."""
    if verbosity.report is not None:
        verbosity.report.say(error)
    return verbosity.report is not None


def _shown(error: click.ClickException, verbosity: Verbosity) -> int:
    """What click says of a command line that it cannot read, or that is help itself."""
    parameter = error.param if isinstance(error, click.BadParameter) else None
    name = (parameter and parameter.name) or ""
    _report(verbosity, InvalidRequestError(error.format_message(), field=name))
    words = io.StringIO()
    error.show(file=words)
    for line in words.getvalue().splitlines():
        tell(line)
    return error.exit_code


def _told(error: TintypeError, verbosity: Verbosity) -> int:
    from tintype._cli.unfinished import print_tasks, tell_details, words_for  # noqa: PLC0415 - it imports more than --help needs

    for notice in error.notices:
        tell(f"note: {notice.message}")
    if not _report(verbosity, error):
        print_tasks(error)
    complain(words_for(error))
    if verbosity.asked:
        tell_details(error)
    paid = error.billed is not Billed.NO
    return MISUSE if isinstance(error, UsageError) and not paid else 1


def _unwritten(error: OSError) -> int:
    if error.errno != errno.EPIPE:  # a reader that leaves has heard enough
        complain(f"What there is to say cannot be written: {error.strerror or error}.")
    return 1


def _aborted(error: click.Abort, verbosity: Verbosity) -> int:
    """End by SIGINT if that was what came; else somebody said no to a question.

    Python kills itself by the signal when nobody catches the interrupt, after its last
    clean-up; another Ctrl-C ends that at once.
    """
    _report(verbosity, TintypeError("It was interrupted."))
    if isinstance(error.__context__, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.excepthook = lambda *_: None
        raise KeyboardInterrupt
    tell("Aborted!")
    return 1


def _spell_out_what_a_terminal_lacks() -> None:
    """A character that stdout's encoding lacks is spelled out, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_broken_streams() -> None:
    """What could not be written is not tried once more when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
