"""The tasks of the sandbox: what was submitted, where it stands, what it draws."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from attrs import define, evolve, frozen

from tintype_contracts.fixtures.format import DocumentedExchange, Results, Route
from tintype_contracts.fixtures.neutral import Price
from tintype_contracts.sandbox.engine.stories import Course
from tintype_contracts.sandbox.images.pictures import Sketch, encode

_ROUNDING = 1e-6
_PREVIEW = 256  # pixels of the longer side


@frozen(kw_only=True)
class Drawing:
    """One image of a task, painted when its bytes are asked for."""

    name: str
    url: str
    preview_url: str
    sketch: Sketch

    @property
    def data(self) -> bytes:
        """The encoded image."""
        return encode(self.sketch)

    @property
    def media_type(self) -> str:
        """Its media type."""
        return self.sketch.shape.media_type

    @property
    def width(self) -> int:
        """Pixels."""
        return self.sketch.shape.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.sketch.shape.height

    def unfinished(self) -> Drawing:
        """The same, as it looks while it is being drawn."""
        return evolve(self, sketch=evolve(self.sketch, finished=False))


@define(kw_only=True)
class Work:
    """One accepted submission.

    Attributes:
        id: The id that the sandbox gave it.
        body: The submission's body as an object.
        fields: What it asks for, in neutral terms.
        digest: SHA-256 of the submission.
        plan: The documented scene that it follows.
        drawings: Its images.
        price: What they cost.
        callback: Where its end is to be reported, or None.
        key: The `Idempotency-Key` that came with it, or "".
        started: When it was accepted, in Unix seconds.
        settled: Whether its end has been dealt with: money, webhook.
    """

    id: str
    body: Mapping[str, object]
    fields: Mapping[str, object]
    digest: str
    plan: Course
    drawings: tuple[Drawing, ...]
    price: Price
    callback: str | None
    started: float
    key: str = ""
    settled: bool = False

    def step(self, now: float, pace: float) -> int:
        """How many states it has left behind; each lasts `pace` seconds."""
        if pace <= 0:
            return self.last
        return min(self.last, int((now - self.started) / pace + _ROUNDING))

    @property
    def last(self) -> int:
        """How many states it leaves behind in all."""
        return self.plan.last

    def poll(self, now: float, pace: float, route: Route) -> DocumentedExchange | None:
        """The exchange that answers a look at it; None where no document says, or not yet."""
        return self.plan.poll(self.step(now, pace), route)

    def ends(self, pace: float) -> float:
        """When it comes to its end, in Unix seconds."""
        return self.started + self.last * pace

    def done(self, now: float, pace: float) -> bool:
        """Whether it has come to its end."""
        return self.step(now, pace) >= self.last

    def moment(self, now: float, pace: float) -> float:
        """The time that answers speak of: what is over does not change any more."""
        return min(now, self.ends(pace))

    def progress(self, now: float, pace: float) -> int:
        """From 0 to 100."""
        return round(100 * (self.step(now, pace) + 1) / (self.last + 1))

    def identity(self, name: str) -> str:
        """What `{{id:name}}` stands for in its scene."""
        if name == "task":
            return self.id
        return f"{name}_{hashlib.sha256(f'{self.id} {name}'.encode()).hexdigest()[:16]}"


def drawings(
    base: str, task: str, sketch: Sketch, count: int, results: Results | None = None
) -> tuple[Drawing, ...]:
    """The images of a task; its assets are served below `base`, or where results are by name."""
    ending = sketch.shape.extension
    names = [f"{task}_{index}.{ending}" for index in range(count)]
    return tuple(
        Drawing(
            name=name,
            url=base
            + (
                results.address(name)
                if results and results.at
                else f"/assets/{task}/{index}.{ending}"
            ),
            preview_url=f"{base}/assets/{task}/{index}.preview.{ending}",
            sketch=evolve(sketch, seed=f"{sketch.seed}/{index}"),
        )
        for index, name in enumerate(names)
    )


def preview(drawing: Drawing) -> Drawing:
    """A smaller version of it."""
    shape = drawing.sketch.shape
    scale = min(1.0, _PREVIEW / max(shape.width, shape.height))
    smaller = evolve(
        shape, width=max(1, round(shape.width * scale)), height=max(1, round(shape.height * scale))
    )
    return evolve(drawing, sketch=evolve(drawing.sketch, shape=smaller))
