"""`tintype contracts drift`: a fixture set against a newer document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tintype._cli.options import option
from tintype._cli.speaking import say
from tintype_contracts.cli.ending import give_up_in_lines
from tintype_contracts.drift import (
    SEVERITIES,
    Change,
    DocumentError,
    changes,
    read_surface,
    surface_of_fixtures,
)
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.loader import load


@click.command("drift")
@click.argument("name")
@click.argument("document", type=click.Path(exists=True, path_type=Path))
@option("--quiet", is_flag=True, help="Leave out what is merely new.")
def command(name: str, document: Path, *, quiet: bool) -> None:
    """Compare a provider's tables with a newer document, offline.

    DOCUMENT is an OpenAPI 3 file, JSON or YAML, or a folder of newer fixtures. What to
    write is proposed; no file is changed. Exit status: 0 nothing breaks, 1 something
    does, 2 misuse.
    """
    try:
        fixtures = load(name)
        found = changes(surface_of_fixtures(fixtures), read_surface(document, fixtures))
    except (FixtureError, DocumentError) as error:
        give_up_in_lines(str(error))
    shown = [change for change in found if not (quiet and change.severity == "info")]
    say("\n".join(drift_lines(name, shown)))
    raise SystemExit(1 if any(change.severity == "error" for change in found) else 0)


def drift_lines(name: str, found: Sequence[Change]) -> Iterator[str]:
    """The changes by severity, each with what may be written."""
    counts = (f"{sum(each.severity == tier for each in found)} {tier}" for tier in SEVERITIES)
    yield f"{name}: {', '.join(counts)}" if found else f"{name}: nothing has changed"
    for change in found:
        where = change.name if change.table == change.name else f"{change.table} {change.name}"
        yield f"{change.severity:<8} {where}: {change.message}"
        if change.proposal:
            yield f"         → {change.proposal}"
