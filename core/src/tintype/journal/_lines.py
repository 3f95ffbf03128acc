"""A submission's line in the journal, and what each entry makes of it: rules, and no database.

What has ended is not undone by what comes late, what may have been charged goes on counting, and
a line is unfinished as long as there is anything to do for it or to tell of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from attrs import define, evolve

from tintype._amounts import MAX_DOLLARS, is_amount
from tintype._structuring.stored import from_json, in_brief
from tintype.entries import Intent, Saved, Settled
from tintype.errors import Billed, Outcome, UsageError
from tintype.journal._totals import Origin, nano
from tintype.models import Image, Notice, Quote, Task, TaskState
from tintype.request import ImageRequest

REPORTED = "reported"
"""How a charge is known that the provider names itself, as `Cost.source` calls it."""
_DOCUMENTED = "documented"
_SILENCE = timedelta(days=1)
"""How long a provider has told nothing of a task that a person may close."""


class Place(TypedDict):
    """Where an image of a line is, or is to be; no path where nobody has begun to save it."""

    index: int
    path: str
    digest: str
    done: bool


@define(kw_only=True, slots=False)
class Line:
    """A row of the table `submission`: its columns, by their names."""

    record: str
    provider: str
    created_at: str
    updated_at: str
    owner: str
    model: str = ""
    outcome: str | None = None
    billed: str = Billed.UNKNOWN.value
    state: str = ""
    task_id: str = ""
    request: str | None = None
    task: str | None = None
    reason: str = ""
    quote: int | None = None
    least: int | None = None
    reserved: int = 0
    charged: int = 0
    source: str = ""
    callback: str = ""
    tag: str = ""
    label: str = ""
    key: str = ""
    digest: str = ""
    files: str = "[]"
    unfinished: bool = True

    @property
    def places(self) -> list[Place]:
        """Where each image is, or is to be."""
        found: list[Place] = json.loads(self.files) if self.files != "[]" else []
        return found

    @property
    def counted_for(self) -> Origin:
        """The day, the provider and the label for which it counts against budgets."""
        return Origin.of(self.created_at, self.provider, self.label)

    @property
    def counts(self) -> int:
        """Nanodollars that count against budgets."""
        return self.reserved + self.charged

    @property
    def lost(self) -> bool:
        """Whether nobody can look what became of it, if no answer is kept."""
        nameless = not self.task_id and self.files == "[]"
        return self.outcome == Outcome.UNKNOWN.value and nameless

    @property
    def paid(self) -> bool:
        """Whether it is known to be billed by more than a person's word."""
        reported = self.source == REPORTED and bool(self.charged)
        ended = self.state not in {"", TaskState.UNKNOWN.value}  # a person's word leaves it so
        said = self.billed == Billed.YES.value and ended
        return self.billed != Billed.NO.value and (reported or said or self.files != "[]")

    @property
    def answers(self) -> bool:
        """Whether its provider, which told of a running task of late, can be asked what it does."""
        heard = datetime.fromisoformat(self.updated_at)
        running = bool(self.task_id) and self.state == TaskState.RUNNING.value
        return running and datetime.now(UTC) - heard < _SILENCE

    @property
    def open(self) -> bool:
        """Whether there is anything to do for it or to tell of it, if no answer is kept."""
        if self.outcome in {None, Outcome.UNKNOWN.value} or self.state == TaskState.RUNNING.value:
            return True
        return self.state != TaskState.EXPIRED.value and any(
            not place["done"] for place in self.places
        )


def begun(intent: Intent, reserved: int, owner: str, at: str) -> Line:
    """The line of a submission that is about to leave."""
    quote = intent.quote or Quote()
    return Line(
        record=intent.record,
        provider=intent.provider,
        created_at=at,
        updated_at=at,
        owner=owner,
        model=intent.request.model or "",
        request=in_brief(intent.request.digested()),
        quote=None if quote.high is None else nano(quote.high),
        least=None if quote.low is None else nano(quote.low),
        reserved=reserved,
        callback=intent.callback,
        tag=intent.request.tag or "",
        key=intent.key,
        digest=intent.digest,
        label=intent.label,
    )


# What changes a line tells whether it told anything new.


def settle(line: Line, settled: Settled) -> bool:
    """A submission that brought no task, or what a person says of one that nobody knows.

    What may have been charged stays reserved, until a person says that it was.

    Raises:
        UsageError: A person would close what is not over, or contradict what is known.
    """
    if line.task_id and not settled.by_hand:  # who has a task with an id has an answer
        return False
    if settled.by_hand:
        _check_word(line, settled.billed)
    line.outcome, line.billed = settled.outcome.value, settled.billed.value
    line.reason, line.owner = settled.reason, ""
    if settled.by_hand and line.task:
        over = evolve(from_json(line.task, Task), state=TaskState.UNKNOWN, billed=settled.billed)
        line.task, line.state = in_brief(over), over.state.value
    if settled.billed is Billed.NO:
        _give_back(line)
    return True


def _check_word(line: Line, billed: Billed) -> None:
    """Let a person say only what nobody else knows, or can still be asked.

    Raises:
        UsageError: Its picture is to be saved, its provider to be asked, or it is known as paid.
    """
    record = line.record
    if not all(place["done"] for place in line.places):
        msg = f"The record {record!r} has a picture that is not saved: resume it first."
        raise UsageError(msg)
    if line.answers:
        msg = (
            f"The record {record!r} is a task that its provider can be asked about: "
            f"`tintype resume {record}` first. Of what it tells nothing for a day you may say it."
        )
        raise UsageError(msg)
    if billed is Billed.NO and line.paid:
        msg = (
            f"The record {record!r} is known to be billed: a picture of it came, or its provider "
            f"said so (`tintype tasks show {record}`). Nothing is changed; settle is for what "
            "nobody knows."
        )
        raise UsageError(msg)


def snapshot(line: Line, task: Task) -> bool:
    """How a task stands, unless that is known to be over."""
    if _overtaken(line, task):
        return False
    outcome = _answer(task)
    if outcome is not None:
        line.outcome = outcome.value
    line.model, line.task_id = task.model or line.model, task.id
    line.billed, line.state, line.task = task.billed.value, task.state.value, in_brief(task)
    if task.state.terminal:
        _end(line, task)
    if task.images or line.files != "[]":
        _place(line, task)
    return True


def _end(line: Line, task: Task) -> None:
    """What a task's end does to what was reserved for it.

    Where nobody says what it cost, what was reserved goes on counting.
    """
    usd = task.cost.usd if task.cost else None
    if task.billed is Billed.NO:
        _give_back(line)
    elif usd is not None and is_amount(usd):  # what is below zero would raise every budget
        line.reserved, line.charged = 0, nano(min(usd, MAX_DOLLARS))
        line.source = REPORTED if task.cost and task.cost.source == REPORTED else _DOCUMENTED


def _give_back(line: Line) -> None:
    """Have a line count nothing."""
    line.reserved = line.charged = 0
    line.source = ""


def _place(line: Line, task: Task) -> None:
    known = {place["index"]: place for place in line.places}
    blank = [Place(index=each.index, path="", digest="", done=False) for each in task.images]
    drawn = [known.pop(place["index"], place) for place in blank]
    line.files = json.dumps(drawn + [place for place in known.values() if place["path"]])


def _answer(task: Task) -> Outcome | None:
    """What a snapshot tells of its submission, None where it tells nothing yet.

    A stream that still runs has no id: if it is cut off, nobody can be asked about it. One
    that ended without an id and without an image may have been paid for all the same.
    """
    if task.id:
        return Outcome.ACCEPTED
    if not task.state.terminal:
        return None
    nothing = task.state is TaskState.UNKNOWN and not task.images
    return Outcome.UNKNOWN if nothing else Outcome.ACCEPTED


def _overtaken(line: Line, task: Task) -> bool:
    """Whether a snapshot of a running task comes after the one of its end.

    Nobody knew what became of an end that is unknown and has no id: an id is news.
    """
    if not line.state or task.state.terminal or not TaskState(line.state).terminal:
        return False
    lost = line.state == TaskState.UNKNOWN.value and not line.task_id
    return not (lost and task.id)


def save(line: Line, saved: Saved) -> bool:
    """Where an image goes.

    A second copy that may fail does not undo the first one, which is there.
    """
    places = {place["index"]: place for place in line.places}
    before = places.get(saved.index)
    if before is not None and before["done"] and not saved.done:
        return False
    places[saved.index] = Place(
        index=saved.index, path=saved.path, digest=saved.digest, done=saved.done
    )
    line.files = json.dumps(list(places.values()))
    return True


def release(line: Line, owner: str) -> bool:
    """Let go of a record. A submission that was under way is one nobody knows of."""
    if line.owner != owner:
        return False
    line.owner = ""
    if line.outcome is None:
        line.outcome, line.reason = Outcome.UNKNOWN.value, _LEFT
    return True


def take(line: Line, owner: str, spooled: Iterable[int]) -> None:
    """Have a record followed by `owner`.

    A submission whose process died before it wrote down an answer is one nobody knows of;
    images that it had already put into the spool are an answer, also where another machine, which
    does not have them, has taken it meanwhile.
    """
    line.owner, spooled = owner, tuple(spooled)
    if line.outcome is not None and not (line.lost and spooled):
        return
    line.updated_at = now()
    line.reason, images = _ABANDONED, tuple(Image(index=index) for index in spooled)
    line.outcome = (Outcome.ACCEPTED if images else Outcome.UNKNOWN).value
    if images:
        found = Task(
            provider=line.provider,
            state=TaskState.UNKNOWN,
            images=images,
            request=from_json(line.request, ImageRequest) if line.request else None,
            notices=(Notice(field="images", message=_RESCUED),),
            record=line.record,
        )
        snapshot(line, found)


def now() -> str:
    """The time, as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


_LEFT = "The call ended while its submission was under way; the answer is lost."
_ABANDONED = "The process ended while the submission was under way; its answer is lost."
_RESCUED = "The process ended while it wrote these images down: there may have been more."
