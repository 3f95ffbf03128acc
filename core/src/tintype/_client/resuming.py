"""Work that an earlier process paid for and did not finish, finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from types import MethodType

from attrs import evolve

from tintype._blame import about
from tintype._client.downloads import finishing, first_of
from tintype._client.keyed_results import Rules
from tintype._flow.conversation import Conversation
from tintype._flow.effects import Flow, Load, Record
from tintype._flow.following import Part
from tintype._flow.hook_caller import expected
from tintype._flow.verdicts import fault_error, outcome_of
from tintype.entries import Settled, Snapshot, Unread
from tintype.errors import Billed, DownloadError, JournalError, Outcome, TintypeError
from tintype.journal import JournalRecord, Resumed
from tintype.journal._spool import from_bytes
from tintype.models import Attempt, Task, TaskState
from tintype.sinks import Home

_ADVICE = (
    "Its answer was lost, and it may have been charged: look at the provider's own list of tasks. "
    "It is never sent again by itself."
)


_UNREAD = (
    "Its answer is kept in {}, and read again at the next resume: a newer plugin may understand "
    "it. What you look up at the provider yourself you settle by hand."
)


def resuming(
    ways: Mapping[str, tuple[Conversation, Rules]],
    records: list[JournalRecord],
    home: Home | None,
    name: str | None = None,
) -> Flow[tuple[Resumed, ...]]:
    """Follow tasks to their ends, whoever draws them, and save what is not saved.

    What has ended is saved first, and the others as each ends: neither a slow task nor a provider
    that does not answer keeps anybody's image from the disk.

    Args:
        ways: The records' providers, each as it is spoken to and its results are fetched.
        records: The records. None is held here longer than it has to be: the list is emptied.
        home: Where images go whose place the journal does not know yet; None saves nothing.
        name: A template for their names, or None.
    """
    conversation = next(iter(ways.values()))[0]
    agenda = conversation.agenda()
    agendas = {name: Part(agenda, name) if len(ways) > 1 else agenda for name in ways}
    ids = [record.id for record in records]
    resumed: dict[str, Resumed] = {}

    def begun(each: JournalRecord) -> Flow[None]:
        conversation, rules = ways[each.provider]
        record = yield from _reread(conversation, each)
        if isinstance(record, Resumed):
            resumed[each.id] = record
            return
        record = yield from _cut_off(record)
        if record.task is None or record.task.state.terminal:
            resumed[record.id] = yield from _fenced(record, home, rules, name)
        else:
            going_on = MethodType(ended, evolve(record, task=None))  # as many as there are tasks
            conversation.finish(record.task, agendas[record.provider], going_on)

    def ended(record: JournalRecord, attempt: Attempt) -> Flow[None]:
        record = evolve(record, task=attempt.task)
        if attempt.error is not None:
            resumed[record.id] = Resumed(record=record, error=attempt.error)
        else:
            resumed[record.id] = yield from _fenced(record, home, ways[record.provider][1], name)

    for record in records:
        agendas[record.provider].add(0.0, partial(begun, record))
    records.clear()
    yield from conversation.done(agenda)
    return tuple(resumed[record] for record in ids)


def _reread(conversation: Conversation, record: JournalRecord) -> Flow[JournalRecord | Resumed]:
    """A record whose kept answers were read once more; what is still in the way if none says more.

    A task that can be asked for is asked for, whatever its last answer was.
    """
    if not record.unread:
        return record
    advice = _UNREAD.format(" and ".join(record.unread))
    try:
        task = yield from conversation.reread((yield from _loaded(record.unread)))
    except TintypeError as error:
        running = record.task is not None and record.task.id and not record.task.state.terminal
        if running:
            return evolve(record, unread=())
        if (
            len(record.unread) == 1
            and record.task is None
            and outcome_of(error) is Outcome.REJECTED
        ):
            return (yield from _refused(record, error))
        return Resumed(record=record, error=error, advice=advice)
    except Exception as error:  # noqa: BLE001 - one record's fault stops no other
        return Resumed(
            record=record, error=fault_error(record.task or Task(), error), advice=advice
        )
    return evolve(record, task=task, unread=(), outcome=Outcome.ACCEPTED)


def _refused(record: JournalRecord, error: TintypeError) -> Flow[Resumed]:
    """A record whose only answer is understood by now: the provider refused, and billed nothing."""
    settled = Settled(
        record=record.id, outcome=Outcome.REJECTED, billed=Billed.NO, reason=str(error)
    )
    with suppress(JournalError):  # it is read so again the next time
        yield Record(entry=settled)
    closed = evolve(
        record,
        outcome=settled.outcome,
        billed=settled.billed,
        reason=settled.reason,
        reserved=Decimal(0),
        unread=(),
    )
    return Resumed(record=closed, error=error)


def _loaded(paths: Sequence[str]) -> Flow[list[Unread]]:
    """The kept answers that can be read from the disk; a damaged one hides no other.

    Raises:
        TintypeError: None can.
    """
    found: list[Unread] = []
    for path in paths:
        try:
            content = expected((yield Load(path=path)), bytes, "the driver")
            found.append(from_bytes(content))
        except TintypeError:
            if path == paths[-1] and not found:
                raise
    return found


def _cut_off(record: JournalRecord) -> Flow[JournalRecord]:
    """A record whose stream ended with its process: what came of it is all there is."""
    if record.task is None or record.task.id or record.task.state.terminal:
        return record
    ended = evolve(record.task, state=TaskState.UNKNOWN)
    if ended.images:
        with suppress(JournalError):  # it is found so again the next time
            yield Record(entry=Snapshot(task=ended))
    return evolve(record, task=ended)


def _fenced(
    record: JournalRecord, home: Home | None, rules: Rules, name: str | None
) -> Flow[Resumed]:
    """One record, finished or not, whatever goes wrong with it: the others are still to come."""
    try:
        return (yield from _collected(record, home, rules, name))
    except TintypeError as error:
        return Resumed(record=record, error=error)
    except Exception as error:  # noqa: BLE001 - one record's fault stops no other
        return Resumed(record=record, error=fault_error(record.task or Task(), error))


def _collected(
    record: JournalRecord, home: Home | None, rules: Rules, name: str | None
) -> Flow[Resumed]:
    if record.lost or home is None:
        return Resumed(record=record, advice=_ADVICE if record.lost else "")
    finished = yield from finishing(record, home, rules, name)
    if not finished.failures:
        return Resumed(record=record, paths=finished.paths, error=finished.mismatch)
    if all(isinstance(each, DownloadError) and each.expired for each in finished.failures):
        record = yield from _expired(record)
    error = about(first_of(finished.failures), billed=(record.task or record).billed)
    return Resumed(record=record, paths=finished.paths, error=error)


def _expired(record: JournalRecord) -> Flow[JournalRecord]:
    """A record of which nothing can be had any more."""
    if record.task is None:
        return record
    expired = evolve(record.task, state=TaskState.EXPIRED)
    yield Record(entry=Snapshot(task=expired))
    return evolve(record, task=expired)
