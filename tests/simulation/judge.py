"""The judge: the ledgers of the simulated providers against what the callers were told."""

from __future__ import annotations

from decimal import Decimal

from tests.simulation.actors import Call
from tests.simulation.studio import Work
from tests.simulation.world import World

from tintype import Billed, Outcome, Task, TaskState
from tintype.journal import JournalRecord
from tintype.spending import Spent

# Answers that came, and that nobody understands: they are kept.
_READABLE = {"a page of HTML", "half an answer", "other JSON", "an odd decisive value"}


def judged(world: World) -> list[str]:
    """Everything that is wrong in a world that has come to rest."""
    for call in world.calls:
        _judge_call(world, call)
    for work in world.studio.works.values():
        if work.charged:
            _judge_work(world, work)
    _judge_budget(world)
    if world.spent is not None:
        _judge_spending(world, world.spent)
    return world.notes.wrongs


def _judge_call(world: World, call: Call) -> None:
    charged = [work for work in call.works if work.charged]
    if len(charged) > call.parts:
        world.notes.wrong("double", f"call {call.number} was charged {len(charged)} times")
    if call.most is not None and sum((w.plot.usd for w in charged), Decimal(0)) > call.most:
        world.notes.wrong("max_cost", f"call {call.number} passed {call.most}")
    error = call.end.error if call.end else None
    if charged and error is not None and getattr(error, "billed", None) is Billed.NO:
        world.notes.wrong("unbilled", f"call {call.number} was charged, and told: {error!s:.200}")


def _judge_budget(world: World) -> None:
    spent = sum((w.plot.usd for w in world.studio.works.values() if w.charged), Decimal(0))
    for budget in world.budgets:
        if spent > budget.usd:
            world.notes.wrong("budget", f"{spent} of {budget.usd}")


def _judge_spending(world: World, spent: Spent) -> None:
    """What the journal says was paid was, and no more was than it says may have been."""
    charged = [work.plot.usd for work in world.studio.works.values() if work.charged]
    if not all(charged):  # the price of one is documented nowhere
        return
    usd, low, high = sum(charged, Decimal(0)), spent.paid, spent.paid + spent.unknown
    if usd < low or (usd > high and not spent.unpriced):
        world.notes.wrong("spending", f"{usd} were charged, {low} to {high} are told")


def _judge_work(world: World, work: Work) -> None:
    pictures = {(work.id, index) for index in work.plot.pictures}
    call = world.calls[work.call]
    missing = pictures - call.held - world.notes.found
    record = world.records.get(work.record)
    if record is not None and record.billed is Billed.NO:
        world.notes.wrong("unbilled", f"record {record.id} was charged: {record.reason:.200}")
    partly = len(missing) < len(pictures)
    if missing and world.kind == "none" and not (call.cut or _told(call, partly=partly)):
        world.notes.wrong("lost", f"{work.id} of call {call.number}: nothing tells of it")
    if missing and world.kind != "none":
        _judge_missing(world, work, record, partly=partly)


def _judge_missing(world: World, work: Work, record: JournalRecord | None, *, partly: bool) -> None:
    """A picture that was paid for and is nowhere: at least the journal tells of it."""
    if record is None or not _listed(record, partly=partly):
        world.notes.wrong("lost", f"{work.id}, {work.excuse or 'answered whole'}: {record!r:.300}")
    elif record.lost and work.excuse in _READABLE and not world.calls[work.call].cut:
        if not world.full:
            world.notes.wrong("thrown away", f"the answer to {work.id}: {work.excuse}")
    elif not work.excuse and not world.full:
        world.notes.wrong("withheld", f"{work.id} was answered whole: {record!r:.300}")


def _listed(record: JournalRecord, *, partly: bool) -> bool:
    """Whether the journal still tells of a picture that is nowhere."""
    ended = record.task is not None and record.task.state is TaskState.EXPIRED
    known = record.task is not None and _tells_of_less(record.task)
    return (
        record.lost
        or record.open
        or record.outcome is Outcome.UNKNOWN
        or ended
        or (partly and known)
    )


def _tells_of_less(task: Task) -> bool:
    """Whether a task says that it may not be all that was drawn."""
    left_out = any(notice.field.startswith("/") for notice in task.notices)
    fewer = task.request is not None and len(task.images) < task.request.n
    return (
        left_out
        or fewer
        or bool(task.errors)
        or task.state in {TaskState.PARTIAL, TaskState.UNKNOWN}
    )


def _told(call: Call, *, partly: bool) -> bool:
    """Whether the caller knows that something may be charged that he does not have."""
    if call.end is None:
        return False
    errors = [each for each in call.end.errors if getattr(each, "billed", None) is not Billed.NO]
    running = any(not task.state.terminal for task in call.end.tasks)
    return (
        bool(errors) or running or (partly and any(_tells_of_less(task) for task in call.end.tasks))
    )
