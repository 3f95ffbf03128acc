"""Mutators of the tasks that answers come to: results lost, states mistaken."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from tintype.convert import loads, redact
from tintype.errors import Billed, ProtocolError
from tintype.exchange import Operation
from tintype.models import Image, Task, TaskState
from tintype_contracts.selftest.bending import OTHER_BILL, Bend, Call, Mutator, unless_same


def _of_task(change: Callable[[Task], Task]) -> Bend:
    """A bend of the tasks that `parse` returns."""

    def bend(call: Call) -> object:
        answer = call.answer
        if call.hook != "parse" or not isinstance(answer, Task):
            return answer
        return unless_same(change(answer), answer)

    return bend


def _of_state(state: TaskState, change: Callable[[Task], Task]) -> Bend:
    """A bend of the tasks in one state."""
    return _of_task(lambda task: change(task) if task.state is state else task)


# ------------------------------------------------------------------------------ results


def _first_image(task: Task) -> Task:
    return evolve(task, images=task.images[:1])


def _reversed_images(task: Task) -> Task:
    return evolve(task, images=task.images[::-1])


def _images(change: Callable[[Image], Image]) -> Bend:
    """A bend of the images that an answer brings; those a task has already are the core's."""

    def bend(call: Call) -> object:
        answer = call.answer
        if call.hook != "parse" or not isinstance(answer, Task):
            return answer
        before = call.exchange.task if call.exchange else None
        known = before.images if before else ()
        made = [image if image in known else change(image) for image in answer.images]
        kept = all(unless_same(*pair) is pair[1] for pair in zip(made, answer.images, strict=True))
        return answer if kept else evolve(answer, images=tuple(made))

    return bend


def _bytes_in_raw(call: Call) -> object:
    """The whole body kept, the images in it too."""
    message = call.exchange.message if call.exchange else None
    if call.hook != "parse" or not isinstance(call.answer, Task) or not call.answer.raw:
        return call.answer
    try:
        body = loads(message)
    except ProtocolError:
        return call.answer
    holds = isinstance(body, dict) and redact(body) != body and "<" in str(redact(body))
    return evolve(call.answer, raw=body) if holds and isinstance(body, dict) else call.answer


def _float_cost(task: Task) -> Task:
    cost = task.cost
    if cost is None:
        return task
    usd = None if cost.usd is None else float(cost.usd) + 0.0001
    credits_ = None if cost.credits is None else float(cost.credits) + 0.0001
    return evolve(task, cost=evolve(cost, usd=usd, credits=credits_))  # type: ignore[arg-type]  # on purpose


def _doubled_cost(task: Task) -> Task:
    cost = task.cost
    if cost is None:
        return task
    usd = None if cost.usd is None else cost.usd * 2
    credits_ = None if cost.credits is None else cost.credits * 2
    return evolve(task, cost=evolve(cost, usd=usd, credits=credits_))


# ------------------------------------------------------------------------------- states


def _becomes(state: TaskState) -> Callable[[Task], Task]:
    return lambda task: evolve(task, state=state)


def _reawakened(call: Call) -> object:
    """A finished task that runs again, whatever is said of it."""
    before = call.exchange.task if call.exchange else None
    asked = call.exchange and call.exchange.operation in {Operation.POLL, Operation.WEBHOOK}
    if not asked or before is None or not before.state.terminal:
        return call.answer
    return evolve(before, state=TaskState.RUNNING)


_RESULT = "an exchange that expects the field of its images"

MUTATORS = (
    Mutator(
        name="only-the-first-image",
        breaks="keeps the first image of several",
        missing="an exchange that expects two images",
        bend=_of_task(_first_image),
    ),
    Mutator(
        name="images-reversed",
        breaks="hands the images out in another order",
        missing="an exchange that expects two images",
        bend=_of_task(_reversed_images),
    ),
    Mutator(
        name="image-index-lost",
        breaks="gives every image the index 0",
        missing="an exchange that expects two images with their index",
        bend=_images(lambda image: evolve(image, index=0)),
    ),
    Mutator(
        name="image-type-lost",
        breaks="forgets the media type of an image",
        missing=_RESULT,
        bend=_images(lambda image: evolve(image, media_type="")),
    ),
    Mutator(
        name="image-pixels-lost",
        breaks="forgets width and height of an image",
        missing=_RESULT,
        bend=_images(lambda image: evolve(image, width=None, height=None)),
    ),
    Mutator(
        name="image-preview-lost",
        breaks="forgets the smaller version of an image",
        missing=_RESULT,
        bend=_images(lambda image: evolve(image, preview_url=None)),
    ),
    Mutator(
        name="image-seed-lost",
        breaks="forgets the seed of an image",
        missing=_RESULT,
        bend=_images(lambda image: evolve(image, seed=None)),
    ),
    Mutator(
        name="previews-lost",
        breaks="forgets the previews of a stream",
        missing="an exchange of a stream that expects previews",
        bend=_of_task(lambda task: evolve(task, previews=())),
    ),
    Mutator(
        name="raw-dropped",
        breaks="does not keep the provider's own words",
        missing="an exchange whose answer has fields that tintype does not know",
        bend=_of_task(lambda task: evolve(task, raw={})),
    ),
    Mutator(
        name="image-bytes-in-raw",
        breaks="keeps the bytes of an image in raw",
        missing="an exchange whose answer holds an image",
        bend=_bytes_in_raw,
    ),
    Mutator(
        name="id-lost",
        breaks="forgets the id of the task",
        missing="an exchange that expects the id of the task",
        bend=_of_task(lambda task: evolve(task, id="")),
    ),
    Mutator(
        name="handle-lost",
        breaks="forgets the addresses that the provider returned",
        missing="a scene that goes on at an address that an answer returned",
        bend=_of_task(lambda task: evolve(task, handle={})),
    ),
    Mutator(
        name="progress-lost",
        breaks="forgets how far the task is",
        missing="an exchange that expects progress",
        bend=_of_task(lambda task: evolve(task, progress=None)),
    ),
    Mutator(
        name="poll-hint-lost",
        breaks="forgets how long the provider asks to wait",
        missing="an exchange that expects poll_after",
        bend=_of_task(lambda task: evolve(task, poll_after=None)),
    ),
    Mutator(
        name="usage-lost",
        breaks="forgets what the provider counted",
        missing="an exchange that expects usage",
        bend=_of_task(lambda task: evolve(task, usage=None)),
    ),
    Mutator(
        name="cost-lost",
        breaks="forgets what the provider charged",
        missing="an exchange that expects a cost",
        bend=_of_task(lambda task: evolve(task, cost=None)),
    ),
    Mutator(
        name="cost-doubled",
        breaks="counts what was charged twice",
        missing="an exchange that expects a cost",
        bend=_of_task(_doubled_cost),
    ),
    Mutator(
        name="float-cost",
        breaks="counts money in binary fractions",
        missing="an exchange that expects a cost",
        bend=_of_task(_float_cost),
    ),
    Mutator(
        name="bill-of-a-success-flipped",
        breaks="says that nothing was billed for what was delivered",
        missing="an exchange that expects billed beside its images",
        bend=_of_state(TaskState.SUCCEEDED, lambda task: evolve(task, billed=Billed.NO)),
    ),
    Mutator(
        name="bill-of-a-failure-flipped",
        breaks="says that a failed task was billed",
        missing="the story failed, with billed",
        bend=_of_state(TaskState.FAILED, lambda task: evolve(task, billed=OTHER_BILL[task.billed])),
    ),
    Mutator(
        name="success-as-running",
        breaks="takes a finished task for a running one",
        missing="an exchange that expects a task to succeed",
        bend=_of_state(TaskState.SUCCEEDED, _becomes(TaskState.RUNNING)),
    ),
    Mutator(
        name="running-as-success",
        breaks="takes a running task for a finished one",
        missing="an exchange that expects a running task",
        bend=_of_state(TaskState.RUNNING, _becomes(TaskState.SUCCEEDED)),
    ),
    Mutator(
        name="running-as-failure",
        breaks="takes a running task for a failed one",
        missing="an exchange that expects a running task",
        bend=_of_state(TaskState.RUNNING, _becomes(TaskState.FAILED)),
    ),
    Mutator(
        name="failure-as-running",
        breaks="waits for a task that has failed",
        missing="the story failed",
        bend=_of_state(TaskState.FAILED, _becomes(TaskState.RUNNING)),
    ),
    Mutator(
        name="refusal-as-failure",
        breaks="takes a word of moderation for a failure",
        missing="the story refused_content",
        bend=_of_state(TaskState.REFUSED, _becomes(TaskState.FAILED)),
    ),
    Mutator(
        name="partial-as-success",
        breaks="says nothing of the images that did not come about",
        missing="an exchange of which one image fails",
        bend=_of_state(TaskState.PARTIAL, _becomes(TaskState.SUCCEEDED)),
    ),
    Mutator(
        name="reasons-lost",
        breaks="forgets why a task failed",
        missing="the story failed, with its errors",
        bend=_of_task(lambda task: evolve(task, errors=())),
    ),
    Mutator(
        name="terminal-not-absorbing",
        breaks="lets a finished task run again",
        missing="a scene that goes on after the end, such as a webhook delivered twice",
        bend=_reawakened,
    ),
)
"""What can go wrong with a task, whoever's it is."""
