"""What is written down while a picture is bought: the words of a journal."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from tintype.account import Limits
from tintype.budget import Budget
from tintype.errors import Billed, Outcome
from tintype.exchange import Operation
from tintype.messages import Response
from tintype.models import Quote, Task
from tintype.request import ImageRequest


@frozen(kw_only=True)
class Intent:
    """A submission is about to leave. Recording it gives the id of the whole record.

    Attributes:
        provider: Who will draw.
        request: What is asked, as resolved.
        quote: What it is expected to cost, or None where nobody asked.
        budgets: What it has to fit into.
        label: Whose it is, "" where nobody says.
        record: The record's id, which the journal gives.
        nonce: What makes it unique, and is sent again with it.
        callback: The SHA-256 of the token in its webhook's URL, "" where it has none.
        limits: What its account is let do at a time, by all processes; None: nobody knows.
        inside: How many tasks this process has in flight there, with this one.
        key: What the call is known by that makes it, "" where nothing is. While a submission of
            that key may have been charged, no other process makes one.
        digest: The SHA-256 of what that call asks for.
        standing: The records of that key that the call goes on from.
    """

    provider: str
    request: ImageRequest = field(repr=False)
    quote: Quote | None = None
    budgets: tuple[Budget, ...] = ()
    label: str = ""
    record: str = ""
    nonce: str = ""
    callback: str = field(default="", repr=False)
    limits: Limits | None = None
    inside: int = 0
    key: str = ""
    digest: str = ""
    standing: tuple[str, ...] = ()


@frozen(kw_only=True)
class Opened:
    """A call begins that has a key. Recording it gives the id of its turn.

    That is "" as long as another call has its turn under the same key.

    Attributes:
        key: What it is known by.
        asked: What is asked, as JSON, to tell whoever asks for something else by this key.
        digest: The SHA-256 of that.
        record: The turn's id, which the journal gives.
    """

    key: str
    asked: str = field(repr=False)
    digest: str
    record: str = ""


@frozen(kw_only=True)
class Closed:
    """A call that has a key is over: the next one has its turn.

    Attributes:
        record: The id that recording the `Opened` gave.
        done: Whether what was drawn is the answer to this key from now on.
    """

    record: str
    done: bool = False


@frozen(kw_only=True)
class Settled:
    """A submission brought no task.

    Attributes:
        record: The id that recording the `Intent` gave.
        outcome: What became of it.
        billed: Whether money was spent.
        reason: Why, as a sentence.
        by_hand: Whether a person looked it up: then it closes what nobody else knows of.
        pause: Seconds for which everyone of its account was told to wait.
    """

    record: str
    outcome: Outcome
    billed: Billed
    reason: str
    by_hand: bool = False
    pause: float = 0.0


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Snapshot:
    """How a task stands. `task.record` is the id that recording the `Intent` gave.

    Attributes:
        task: The task.
        understood: Whether it was read from the answer that was kept: it need not be any more.
        more: Whether it comes from a stream that goes on: its end is told once, behind it.
    """

    task: Task
    understood: bool = False
    more: bool = False

    @property
    def told(self) -> bool:
        """Whether whoever follows the task hears of it."""
        return not (self.more and self.task.state.terminal)


@frozen(kw_only=True)
class Saved:
    """Where an image goes, told before each step and once it is there.

    Attributes:
        record: The record of its task.
        index: Its place among the task's images.
        path: The file, absolute, or the address; without an extension until its content is known.
        digest: The SHA-256 of its content in hexadecimal, "" until it is known.
        done: Whether the file is there, whole.
    """

    record: str
    index: int
    path: str
    digest: str = ""
    done: bool = False


@frozen(kw_only=True)
class Released:
    """Nobody follows this record any more: another process may pick it up."""

    record: str


@frozen(kw_only=True)
class Paused:
    """Everyone of an account was told to wait, by the answer to a question.

    Attributes:
        provider: Who told it.
        seconds: For how long.
        record: "": it is of no record.
    """

    provider: str
    seconds: float
    record: str = ""


@frozen(kw_only=True)
class Unread:
    """An answer that no hook understood: kept, to be read again by whatever is installed then.

    Attributes:
        record: The record of its submission, "" without a journal.
        operation: What had been asked.
        at: When it was complete.
        before: The task as it stood before, or a blank one with the request.
        response: The answer, the key redacted; of a stream the body is its events so far.
        stream: Whether it was a stream of events.
    """

    record: str
    operation: Operation
    at: datetime
    before: Task = field(repr=False)
    response: Response
    stream: bool = False


Entry: TypeAlias = (
    Intent | Opened | Closed | Settled | Snapshot | Saved | Released | Paused | Unread
)
