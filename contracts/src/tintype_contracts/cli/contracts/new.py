"""`tintype contracts new`: a provider's package, begun from what its documents print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from tintype._cli.options import option
from tintype._cli.speaking import say
from tintype_contracts.cli.contracts.remaining import remaining
from tintype_contracts.cli.contracts.starting.facts import facts_of
from tintype_contracts.cli.contracts.starting.given import StartError, checked_name, read
from tintype_contracts.cli.contracts.starting.package import files
from tintype_contracts.cli.ending import give_up, give_up_in_lines
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.loader import load_folder

_FILE = click.Path(path_type=Path)


@click.command("new")
@click.argument("name")
@option("--curl", required=True, type=_FILE, help="The command that asks for a picture.")
@option("--answer", required=True, type=_FILE, help="What is answered, in JSON.")
@option("--poll-curl", type=_FILE, help="The command that looks at a task.")
@option("--poll-answer", type=_FILE, help="What is answered when the task is done.")
@option("--error", "errors", multiple=True, metavar="STATUS=FILE", help="An error's body.")
@option("--docs", default="", metavar="URL", help="The page that prints all of it.")
@option("-o", "--output", type=_FILE, help="The folder to write; tintype-NAME if left out.")
def command(  # noqa: PLR0913 - each is an option
    name: str,
    *,
    curl: Path,
    answer: Path,
    poll_curl: Path | None,
    poll_answer: Path | None,
    errors: tuple[str, ...],
    docs: str,
    output: Path | None,
) -> None:
    """Write an installable plugin from a curl command and its answer.

    Each FILE holds what the page prints, and nothing else. Untouched, the package passes
    level 1; what is still to be said is told. Exit status: 0 written, 1 written and the sheet
    has to be mended first, 2 misuse.
    """
    if (poll_curl is None) != (poll_answer is None):
        give_up("Give --poll-curl and --poll-answer together: a look and what is answered.")
    given_files = {"create": curl, "created": answer, "look": poll_curl, "done": poll_answer}
    try:
        dashed = checked_name(name).replace("_", "-")
        folder = output or Path(f"tintype-{dashed}")
        if folder.exists():
            give_up(f"{folder} exists already: give another folder with -o. Nothing was written.")
        given = read(name, given_files, _by_status(errors), docs)
        made = files(given, facts_of(given), datetime.now(UTC).date())
    except StartError as error:
        give_up(f"{error} Nothing was written.")
    _write(folder, made)
    for line in given.cut:
        say(line)
    _tell(name, folder, folder / f"src/tintype_{name}/fixtures")


def _by_status(errors: Iterable[str]) -> Mapping[int, Path]:
    """The file of each `STATUS=FILE`.

    Raises:
        StartError: One of them is none.
    """
    found: dict[int, Path] = {}
    for each in errors:
        status, _, path = each.partition("=")
        if not re.fullmatch(r"[45]\d\d", status) or not path or int(status) in found:
            msg = f"--error {each!r} is no STATUS=FILE, such as 401=bad_key.json, each status once."
            raise StartError(msg)
        found[int(status)] = Path(path)
    return found


def _write(folder: Path, made: Mapping[str, str]) -> None:
    try:
        for name, text in made.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        give_up(f"{folder} cannot be written: {error.strerror}.")


def _tell(name: str, folder: Path, fixtures: Path) -> None:
    """What was written, what is to be said, and what to run."""
    say(f"Written: {folder}")
    try:
        loaded = load_folder(fixtures)
    except FixtureError as error:
        mended = f"Mend it, then run: tintype contracts lint {fixtures}"
        begun = "Its sheet cannot be loaded as it was begun."
        give_up_in_lines(f"{begun}\n{error}\n{mended}", status=1)
    say(f"Still to be said in {fixtures / 'sheet.toml'}:")
    for line in remaining(loaded):
        say(f"  {line}")
    say(f"Next: pip install -e {folder} && tintype contracts check {name} --level 1")
    say("docs/tutorial.md goes on from here, table by table.")
