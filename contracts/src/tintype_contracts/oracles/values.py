"""What a neutral value may never be, whatever a plugin was told.

The oracle is small on purpose: a verdict of it is a fault of the plugin, not an opinion
about odd answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, TypeAlias, TypeGuard

from attrs import evolve, fields

from tintype.catalog import ProviderInfo
from tintype.convert import from_json, to_json
from tintype.errors import Billed, TintypeError
from tintype.exchange import Operation
from tintype.models import Cost, Image, Quote, Task, TaskState, Upload
from tintype_contracts.harness.variants import Answer, Broken, Parsed, Value

Sort: TypeAlias = Literal["broken", "empty", "impossible"]

_DRAWN = {TaskState.SUCCEEDED, TaskState.PARTIAL}
_ASKED_AGAIN = {Operation.SUBMIT, Operation.POLL, Operation.WEBHOOK}


def sorted_flaw(said: Parsed, answer: Answer) -> tuple[Sort, str] | None:
    """What is wrong with what a plugin made of an answer, and which sort of wrong it is."""
    if isinstance(said, Broken):
        return "broken", said.deed
    if isinstance(said, TintypeError):
        return None
    if what := empty_success(said):
        return "empty", f"the task {what}"
    judged = evolve(said, billed=Billed.YES) if _is_free(said, answer) else said
    what = next(impossible(judged, answer.turns[0][0]), "")
    return ("impossible", f"the {type(said).__name__.lower()} {what}") if what else None


def _is_free(said: Value, answer: Answer) -> TypeGuard[Task]:
    """Whether the answer is documented to draw, and to cost nothing."""
    told = answer.exchange.expect.fields
    free = told.get("state") in _DRAWN and told.get("billed") == Billed.NO
    return free and isinstance(said, Task)


def empty_success(value: Value) -> str:
    """How a task claims a picture it has not, or ""."""
    if not isinstance(value, Task) or value.state not in _DRAWN:
        return ""
    if not value.images:
        return f"is {value.state} and has no image"
    lost = [image.index for image in value.images if not (image.url or image.data)]
    return f"is {value.state}, and image {lost[0]} has neither URL nor bytes" if lost else ""


def impossible(value: Value, operation: Operation) -> Iterator[str]:
    """What about a value cannot be: a negative cost, a float for money, a list for a text."""
    match value:
        case Task():
            yield from _task(value, operation)
            yield from _round_trip(evolve(value, raw={}), Task)
        case Quote():
            yield from _quote(value)
            yield from _round_trip(value, Quote)
        case ProviderInfo():
            yield from _catalog(value)
        case Upload():
            yield from _round_trip(value, Upload)


def _task(task: Task, operation: Operation) -> Iterator[str]:
    yield from _cost(task.cost)
    for image in task.images:
        yield from _image(image)
    if not _within(task.progress, 0, 1):
        yield f"is {task.progress!r} of the way; progress goes from 0 to 1"
    if not _within(task.poll_after, 0, math.inf):
        yield f"is to be asked again after {task.poll_after!r} seconds"
    if task.state in _DRAWN and task.billed is Billed.NO:
        yield "has drawn an image and says that nothing was billed"
    if task.state is TaskState.RUNNING and operation in _ASKED_AGAIN and not _named(task):
        yield "is running, and has neither an id nor notes to ask for it by"


def _named(task: Task) -> bool:
    return bool(task.id or task.notes)


def _image(image: Image) -> Iterator[str]:
    for name in ("width", "height"):
        side = getattr(image, name)
        if not _within(side, 1, math.inf):
            yield f"has an image with a {name} of {side!r} pixels"
    if not _within(image.index, 0, math.inf):
        yield f"has an image with the index {image.index!r}"


def _cost(cost: Cost | None) -> Iterator[str]:
    if cost is not None:
        yield from _money("cost", cost.usd)
        yield from _money("cost in credits", cost.credits)


def _quote(quote: Quote) -> Iterator[str]:
    amounts = {
        "low": quote.low,
        "high": quote.high,
        "credits_low": quote.credits_low,
        "credits_high": quote.credits_high,
    }
    for name, amount in amounts.items():
        yield from _money(name, amount)
    for line in quote.lines:
        yield from _money("quantity", line.quantity)
        yield from _money("unit price", line.unit_price)
        yield from _money("unit price in credits", line.unit_credits)
    for low, high in ((quote.low, quote.high), quote.credits):
        if (low is None and high is not None) or not _ordered(low, high):
            yield f"goes from {low!r} to {high!r}"


def _ordered(low: object, high: object) -> bool:
    """Whether two amounts are in order; the end may be open, and no amount is told elsewhere."""
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        return low.is_nan() or high.is_nan() or low <= high
    return True


def _catalog(info: ProviderInfo) -> Iterator[str]:
    if not info.models:
        yield "offers no model"
    if any(not isinstance(model.id, str) or not model.id for model in info.models):
        yield "offers a model without an id"
    if any(not _within(model.max_n, 1, math.inf) for model in info.models):
        yield "offers a model that draws less than one image"


def _money(name: str, amount: object) -> Iterator[str]:
    """None is unknown; all else is a Decimal from 0 on."""
    if amount is None:
        return
    if not isinstance(amount, Decimal):
        yield f"has a {name} that is a {type(amount).__name__}, {amount!r}, not a Decimal"
    elif not (amount.is_finite() and amount >= 0):
        yield f"has a {name} of {amount}"


def _within(value: object, low: float, high: float) -> bool:
    """Whether a number is between two others, or None."""
    if value is None:
        return True
    return isinstance(value, int | float | Decimal) and low <= value <= high


def _round_trip(value: Task | Quote | Upload, kind: type[Value]) -> Iterator[str]:
    """A field of another type than its class says comes back changed, or not at all."""
    try:
        back = from_json(to_json(value), kind)
    except (TintypeError, TypeError, ValueError, AttributeError) as error:
        yield f"cannot go to JSON and back ({str(error)[:200]})"
        return
    if back != value:
        yield f"comes back from JSON as another one ({_first_change(value, back)})"


def _first_change(value: Value, back: object) -> str:
    for name in (field.name for field in fields(type(value))):
        if getattr(value, name) != getattr(back, name):
            return f"{name} was {getattr(value, name)!r}"[:200]
    return "nothing shows where"
