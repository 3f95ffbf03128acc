"""Records of the journal as a person names and reads them: by a beginning, in brief, or whole."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from tintype._cli.display import usd
from tintype._cli.speaking import is_terminal, say
from tintype._excerpts import guess
from tintype._printable import printable
from tintype.errors import Billed, UsageError
from tintype.spending import FACETS

if TYPE_CHECKING:
    from tintype.journal import Journal, JournalRecord
    from tintype.journal._sql import SqlJournal

_MIN_CHARACTERS = 4
_MAX_LISTED = 5
_WHAT = ("record", "provider", "state", "cost")


def whole(journal: Journal, named: Sequence[str]) -> list[str]:
    """The ids of the records that a person named, each by all of its id or by its beginning.

    Raises:
        UsageError: A beginning is nobody's, that of several, or too short to mean one.
    """
    return [_whole(cast("SqlJournal", journal), each) for each in named]


def _whole(journal: SqlJournal, named: str) -> str:
    found = journal.ids(named, _MAX_LISTED + 1)
    if len(named) < _MIN_CHARACTERS:
        msg = f"{named!r} names no record: give {_MIN_CHARACTERS} characters of its id, or more."
    elif not found:
        msg = f"The journal has no record {named!r}; `tintype tasks` lists what it has."
    elif len(found) > 1:
        listed = ", ".join(found[:_MAX_LISTED]) + (" and more" if len(found) > _MAX_LISTED else "")
        msg = f"Several records begin with {named!r}: {listed}. Give more of the id."
    else:
        return found[0]
    raise UsageError(msg)


def check_names(journal: Journal, of: Mapping[str, str | None]) -> None:
    """Refuse the name of a provider, a model, a tag or a label that the journal does not know.

    Raises:
        UsageError: There is one.
    """
    for facet in FACETS:
        name = of.get(facet)
        known = [row.name for row in journal.spent(by=facet).rows] if name else []
        if name and name not in known:
            msg = f"The journal knows of no {facet} {name!r}.{guess(name, known)}"
            raise UsageError(msg)


def show_list(records: Sequence[JournalRecord]) -> None:
    """Records on stdout, two lines each: on a terminal no line is longer than that is wide.

    The first line has the id, the provider, the state and the cost, and is never cut.
    """
    facts = [(each.id, each.provider, state(each), cost(each)) for each in records]
    rows = [[printable(cell) for cell in row] for row in facts]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for record, row in zip(records, rows, strict=True):
        say("  ".join(map(str.ljust, row, widths)).rstrip())
        say(_fitting(f"    {_about(record)}"))


def _about(record: JournalRecord) -> str:
    request, kept = record.request, "answer kept" if record.unread else ""
    known = [
        record.model,
        files(record),
        kept,
        record.tag and f"tag {record.tag}",
        record.label and f"label {record.label}",
        f"{record.created_at:%Y-%m-%d %H:%M}",
        request.prompt if request else "",
    ]
    return printable(", ".join(filter(None, known)))


def _fitting(line: str) -> str:
    """A line as much of which is shown as a terminal has room for."""
    if not is_terminal(sys.stdout):
        return line
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415 - slow to import

    room = shutil.get_terminal_size().columns
    return line if cell_len(line) <= room else f"{set_cell_size(line, room - 1).rstrip()}…"


def show_whole(record: JournalRecord) -> None:
    """All that a person wants to know of a record, on stdout, a line each."""
    for name, value in _facts(record):
        if value:
            say(f"{name:9} {printable(value)}")


def _facts(record: JournalRecord) -> Iterator[tuple[str, str]]:
    yield from zip(_WHAT, (record.id, record.provider, state(record), cost(record)), strict=True)
    yield "billed", record.billed.value
    yield "quoted", _quoted(record)
    yield "model", record.model
    yield "task", record.task.id if record.task else ""
    yield "tag", record.tag
    yield "label", record.label
    yield "since", f"{record.created_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "heard of", f"{record.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "prompt", record.request.prompt if record.request else ""
    yield "reason", record.reason
    for index, file in sorted(record.saved.items()):
        yield f"image {index}", file.path if file.done else f"{file.path} (not whole yet)"
    for index, path in sorted(record.spooled.items()):
        yield f"image {index}", f"{path} (not saved yet)"
    for path in record.unread:
        yield "answer", f"{path} (kept to be read again)"


def state(record: JournalRecord) -> str:
    """Where it stands: its task, where there is one, else its submission."""
    if record.task is not None:
        return record.task.state.value
    return record.outcome.value.replace("_", " ") if record.outcome else "under way"


def files(record: JournalRecord) -> str:
    """How many of its images are on disk."""
    drawn = {image.index for image in record.task.images} if record.task else set()
    done = sum(file.done for file in record.saved.values())
    every = len(drawn | record.saved.keys())
    return f"{done} of {every} saved" if every else "no picture"


def cost(record: JournalRecord) -> str:
    """What it cost: `~` where it is estimated, `≤` where it may be less, `?` where nobody knows."""
    if record.billed is Billed.NO:
        return "-"
    if record.source:
        return f"{'' if record.source == 'reported' else '~'}{usd(record.charged)}"
    if record.quote is None:
        return "?"
    exact = record.billed is Billed.YES and record.least == record.quote
    return f"{'~' if exact else '≤'}{usd(record.quote)}"


def _quoted(record: JournalRecord) -> str:
    if record.quote is None:
        return "unknown"
    least, most = usd(record.least), usd(record.quote)
    return most if record.least in {None, record.quote} else f"{least}…{most}"
