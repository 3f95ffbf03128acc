"""Work that an earlier process paid for and did not finish, finished."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import evolve, frozen

from tintype._effects import Flow, Record
from tintype._flow import Conversation
from tintype.downloads import Rules, finishing, first_of
from tintype.entries import Snapshot
from tintype.errors import DownloadError, TintypeError, UsageError
from tintype.journal import Journal, Line
from tintype.models import Attempt, TaskState

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

    Raises:
        UsageError: There is no such record.
    """
    busy = set(followed)
    found: list[Line] = []
    lines = journal.lines(entries)
    for missing in sorted(set(entries) - {line.entry for line in lines}):
        msg = f"The journal has no record {missing!r}; `tintype tasks` lists what it has."
        raise UsageError(msg)
    for line in lines:
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
    """Follow one provider's tasks to their ends, and save what is not saved.

    What has ended is saved first, and the others as each ends: a slow task keeps nobody's
    image from the disk.
    """
    resumed: dict[str, Resumed] = {}
    running: dict[str, Line] = {}
    for each in lines:
        line = yield from _cut_off(each)
        if line.task is None or line.task.state.terminal:
            resumed[line.entry] = yield from _collected(line, folder, rules)
        else:
            running[line.entry] = line

    def ended(attempt: Attempt) -> Flow[None]:
        entry = attempt.task.entry if attempt.task else ""
        line = evolve(running[entry], task=attempt.task)
        if attempt.error is not None:
            resumed[entry] = Resumed(line=line, error=attempt.error)
        else:
            resumed[entry] = yield from _collected(line, folder, rules)

    yield from conversation.finish([line.task for line in running.values() if line.task], ended)
    return tuple(resumed[line.entry] for line in lines)


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
        finished = yield from finishing(line, folder, rules)
    except TintypeError as error:
        return Resumed(line=line, error=error)
    if not finished.failures:
        return Resumed(line=line, paths=finished.paths)
    if all(isinstance(each, DownloadError) and each.expired for each in finished.failures):
        line = yield from _expired(line)
    return Resumed(line=line, paths=finished.paths, error=first_of(finished.failures))


def _expired(line: Line) -> Flow[Line]:
    """A record of which nothing can be had any more."""
    if line.task is None:
        return line
    expired = evolve(line.task, state=TaskState.EXPIRED)
    yield Record(entry=Snapshot(task=expired))
    return evolve(line, task=expired)
