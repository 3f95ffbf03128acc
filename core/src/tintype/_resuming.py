"""Work that an earlier process paid for and did not finish, finished."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import evolve, frozen

from tintype._effects import Flow, Record
from tintype._flow import Conversation
from tintype.downloads import Rules, finishing
from tintype.entries import Snapshot
from tintype.errors import DownloadError, TintypeError
from tintype.journal import Journal, Line
from tintype.models import TaskState

_ADVICE = (
    "Its answer was lost, and it may have been charged: look at the provider's own list of tasks. "
    "It is never sent again by itself."
)


@frozen(kw_only=True)
class Resumed:
    """What became of one record of the journal.

    Attributes:
        line: The record as it stands now.
        paths: The files that were saved by now.
        error: What is still in the way, or None.
        advice: What a person can do about it, or "".
    """

    line: Line
    paths: tuple[Path, ...] = ()
    error: TintypeError | None = None
    advice: str = ""


def claimed(journal: Journal, entries: Sequence[str], followed: Iterable[str]) -> list[Line]:
    """The records there is something to do for, now followed by this process.

    Args:
        journal: Where they are.
        entries: Their ids, or none for all.
        followed: What this process is at work on already.
    """
    busy = set(followed)
    found: list[Line] = []
    for line in journal.lines(entries):
        if line.lost:
            found.append(line)  # to be told of; there is nothing to do
        elif line.open and line.entry not in busy:
            taken = journal.claim(line.entry, by_name=bool(entries))
            found += [taken] if taken is not None else []
    return found


def of_provider(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Records by the provider they are of."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.provider, []).append(line)
    return groups


def resuming(
    conversation: Conversation, lines: Sequence[Line], folder: Path, rules: Rules
) -> Flow[tuple[Resumed, ...]]:
    """Follow one provider's tasks to their ends, and save what is not saved."""
    current: list[Line] = []
    for line in lines:
        current.append((yield from _cut_off(line)))  # noqa: PERF401 - no comprehension yields
    running = [line.task for line in current if line.task and not line.task.state.terminal]
    attempts = yield from conversation.finish(running)
    latest = {attempt.task.entry: attempt for attempt in attempts if attempt.task}
    resumed: list[Resumed] = []
    for line in current:
        attempt = latest.get(line.entry)
        if attempt is None:
            resumed.append((yield from _collected(line, folder, rules)))
        elif attempt.error is not None:
            resumed.append(Resumed(line=evolve(line, task=attempt.task), error=attempt.error))
        else:
            ended = evolve(line, task=attempt.task)
            resumed.append((yield from _collected(ended, folder, rules)))
    return tuple(resumed)


def _cut_off(line: Line) -> Flow[Line]:
    """A record whose stream ended with its process: what came of it is all there is."""
    if line.task is None or line.task.id or line.task.state.terminal:
        return line
    ended = evolve(line.task, state=TaskState.UNKNOWN)
    if ended.images:
        yield Record(entry=Snapshot(task=ended))
    return evolve(line, task=ended)


def _collected(line: Line, folder: Path, rules: Rules) -> Flow[Resumed]:
    if line.lost:
        return Resumed(line=line, advice=_ADVICE)
    try:
        paths = yield from finishing(line, folder, rules)
    except DownloadError as error:
        if error.expired and line.task is not None:
            expired = evolve(line.task, state=TaskState.EXPIRED)
            yield Record(entry=Snapshot(task=expired))
            line = evolve(line, task=expired)
        return Resumed(line=line, error=error)
    except TintypeError as error:
        return Resumed(line=line, error=error)
    return Resumed(line=line, paths=paths)
