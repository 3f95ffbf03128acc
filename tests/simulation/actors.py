"""Who acts in a simulated world: processes, the calls they make, the flows they are at work on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from attrs import define, field
from tests.simulation.asks import End
from tests.simulation.meeting import Desk, Line
from tests.simulation.plots import Plot
from tests.simulation.studio import Work


@define(kw_only=True, eq=False)
class Process:
    """A process.

    Attributes:
        fuse: How many effects it has left to live, None for as many as it likes.
        gently: Whether it ends by Ctrl-C.
    """

    name: str
    desk: Desk
    journal: object
    fuse: int | None = None
    gently: bool = False
    alive: bool = True
    runs: list[Run] = field(factory=list)


@define(kw_only=True, eq=False)
class Post:
    """A submission that left. `kept` is whether what came of it was written down as a task."""

    clear: bool
    key: str = ""
    kept: bool = False


@define(kw_only=True, eq=False)
class Call:
    """A picture that somebody asked for.

    Attributes:
        parts: How many submissions it may take.
        then: What is done with the pictures: `fetch`, `save`, or nothing.
        held: The pictures that the caller was given.
        cut: Whether its process ended meanwhile.
    """

    number: int
    plot: Plot
    way: str
    parts: int
    then: str
    most: Decimal | None
    hook: bool
    posts: list[Post] = field(factory=list)
    works: list[Work] = field(factory=list)
    held: set[tuple[str, int]] = field(factory=set)
    end: End | None = None
    cut: bool = False


@define(kw_only=True, eq=False)
class Run:
    """A flow that a process is at work on.

    Attributes:
        pieces: The flows of the same call that are under way beside each other, if any are to be.
    """

    line: Line
    process: Process
    call: Call | None
    ended: Callable[[Run, End], None]
    record: str = ""
    arrives: int | None = None
    post: Post | None = None
    fresh: bool = False
    pieces: list[Run] | None = None
