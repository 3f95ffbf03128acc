"""`tintype contracts check`: the verdict on a plugin."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import click

from tintype._cli.options import option
from tintype._cli.speaking import is_terminal, say
from tintype._plugins.registry import Registry
from tintype._printable import printable
from tintype.errors import PluginError, UsageError
from tintype_contracts.cli.ending import complain_in_lines, give_up
from tintype_contracts.runner.child import examine_apart
from tintype_contracts.verdict import Report

_Ended: TypeAlias = Report | PluginError
_AT_THE_END = (
    "tintype_contracts.cli.contracts.remaining",
    "tintype_contracts.report.terminal",
)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@option("--all", "everyone", is_flag=True, help="Every installed plugin.")
@option("--level", default=3, type=click.IntRange(1, 3), help="What is asked for.")
@option("--set", "set_", metavar="DATE", help="A dated check set, such as 2026.11.")
@option("--today", type=_DAY, help="The day that the age of documents is counted to.")
@option("--json", "json_", type=click.Path(path_type=Path), help="Write the report here.")
@option("--junit", type=click.Path(path_type=Path), help="… as JUnit.")
@option("--html", type=click.Path(path_type=Path), help="… as one page.")
@option("--markdown", type=click.Path(path_type=Path), help="… as Markdown.")
@option("--badge", type=click.Path(path_type=Path), help="… as JSON for a badge.")
def command(  # noqa: PLR0913 - each is an option
    names: tuple[str, ...],
    *,
    everyone: bool,
    level: int,
    set_: str | None,
    today: datetime | None,
    json_: Path | None,
    junit: Path | None,
    html: Path | None,
    markdown: Path | None,
    badge: Path | None,
) -> None:
    """Hold plugins against what their providers document.

    Each is examined in a process of its own, offline. Exit status: 0 conforms, 1 does not,
    2 misuse.
    """
    day = today.date() if today else None
    ended = _examine(_named(names, everyone=everyone), level, set_, day)
    from tintype_contracts.cli.contracts.remaining import due  # noqa: PLC0415 - was imported by then
    from tintype_contracts.report.terminal import summary  # noqa: PLC0415

    reports = [each for each in ended if isinstance(each, Report)]
    files = {"json": json_, "junit": junit, "html": html, "markdown": markdown, "badge": badge}
    for form, path in files.items():
        if path is not None and reports:
            _write(path, form, reports, several=everyone)  # before who reads the rest may leave
    say("\n\n".join(summary(report) for report in reports))
    for report in reports if len(names) == 1 else ():
        say("\n".join(("", *due(report))))
    for error in (each for each in ended if isinstance(each, PluginError)):
        complain_in_lines(str(error))
    conform = all(isinstance(each, Report) and each.conforms for each in ended)
    raise SystemExit(0 if conform else 1)


def _named(names: Sequence[str], *, everyone: bool) -> Sequence[str]:
    if everyone == bool(names):
        give_up("Name a provider, or give --all.")
    chosen = Registry().names if everyone else names
    if not chosen:
        give_up("No plugin is installed: there is nothing to check.")
    return chosen


def _examine(
    names: Sequence[str], level: int, set_: str | None, today: date | None
) -> list[_Ended]:
    """One process a plugin, as many at a time as there are cores; two for one by itself."""
    cores = os.cpu_count() or 1
    beside = len(names) == 1 and cores > 1

    def one(name: str) -> _Ended:
        try:
            return examine_apart(name, level=level, set_=set_, today=today, beside=beside)
        except PluginError as error:  # it came to no verdict; the others shall
            return error

    try:
        with ThreadPoolExecutor(max_workers=cores) as pool:
            ended = pool.map(one, names)
            for module in _AT_THE_END:
                import_module(module)  # while the children are at work
            return list(_counted(names, level, ended))
    except UsageError as error:
        give_up(str(error))


def _counted(names: Sequence[str], level: int, ended: Iterator[_Ended]) -> Iterator[_Ended]:
    """What ends, with a line at a terminal that says what is being done meanwhile."""
    for number, name in enumerate(names, start=1):
        _progress(f"{number} of {len(names)}: {name}, every check up to level {level} …")
        yield next(ended)
    _progress("")


def _progress(text: str) -> None:
    if is_terminal(sys.stderr):
        click.echo(f"\r\x1b[K{printable(text)}", err=True, nl=False)


def _write(path: Path, form: str, reports: Sequence[Report], *, several: bool) -> None:
    from tintype_contracts.report import FORMS  # noqa: PLC0415 - needed where a file is asked for

    try:
        path.write_text(FORMS[form](reports, several), "utf-8")
    except OSError as error:
        give_up(f"{path} cannot be written: {error.strerror}.")
