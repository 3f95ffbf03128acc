"""Whatever a provider answers: the flow ends, waits between looks, and never pays twice."""

from __future__ import annotations

from contextlib import suppress

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.acme import (
    ACCEPTED,
    ASKED,
    SAME_EVERY_TIME,
    STREAMING,
    Line,
    Scripted,
    Slow,
    ended,
    event,
    told,
)

from tintype._flow.effects import Record, Send
from tintype.convert import from_json, to_json
from tintype.errors import (
    Billed,
    DroppedError,
    NotSentError,
    RequestTimeoutError,
    TaskError,
    TintypeError,
)
from tintype.messages import Response, ServerSentEvent
from tintype.models import Task

LOSSES: tuple[Scripted, ...] = (
    DroppedError("reset"),
    RequestTimeoutError("late"),
    told(500),
    told(404),
    told(418),
    Response(status=200, body=b"<html>"),
    Response(status=200, body=b'{"id": '),
    ended("odd"),
)
SAFE: tuple[Scripted, ...] = (NotSentError("refused"), told(429), told(503))
AT_ONCE: tuple[Scripted, ...] = (
    told(poll_after=0, notes={"at": "a"}),
    told(poll_after=0, notes={"at": "b"}),
)
WAITS: tuple[Scripted, ...] = (
    told(429, (("Retry-After", "30"),)),
    told(503, (("Retry-After", "Fri, 20 Nov 2026 12:01:00 GMT"),)),
    told(poll_after=-1),
    *AT_ONCE,
    told(poll_after=1e300),
    Slow(45.0, told()),
    Slow(45.0, DroppedError("reset")),
)
REFUSALS: tuple[Scripted, ...] = (told(400), told(401), told(402))
ENDS: tuple[Scripted, ...] = tuple(
    ended(word, *images)
    for word in ("succeeded", "partial", "failed", "refused", "canceled", "unknown")
    for images in ((), ("a",))
)
STREAM: tuple[Scripted, ...] = (
    STREAMING,
    event(images=["a"]),
    event(previews=["p"]),
    event(status="failed", error="no"),
    ServerSentEvent(data="ping"),
    None,
)
# Replies of the wrong kind come along: a driver that is broken must not cost money either.
ANY = st.sampled_from((*LOSSES, *SAFE, *WAITS, *REFUSALS, *ENDS, *STREAM))
LAST = st.sampled_from((*LOSSES, *SAFE, *REFUSALS, told()))


def outcome_of_each(line: Line) -> list[str]:
    """What became of each submission, as it was recorded."""
    return [
        "accepted" if name == "Snapshot" else str(getattr(record.entry, "outcome", name))
        for name, record in zip(line.recorded, line.records, strict=True)
        if name != "Intent"
    ]


@given(st.lists(ANY, max_size=12), LAST, st.integers(1, 5), st.booleans())
@settings(SAME_EVERY_TIME, max_examples=400)
def test_every_conversation_ends_and_none_pays_twice(
    script: list[Scripted],
    last: Scripted,
    n: int,
    live: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """In a generation with an image, or in an error that says what it cost."""
    line = Line(*script, then=last)
    request = evolve(ASKED, n=n, model="live" if live else "draw", stream=live)
    try:
        generation = line.run(line.talk().generate(request))
    except TintypeError as error:
        check_error(error, line)
    else:
        assert generation.images
        assert from_json(to_json(generation.tasks[0]), Task) == generation.tasks[0]
    check_money(line)


def check_error(error: TintypeError, line: Line) -> None:
    """An error is a sentence, and never says that nothing was billed when something may be."""
    assert str(error)
    told_of = [record.entry for record in line.records]
    billed = [entry.billed for entry in told_of if hasattr(entry, "billed")]
    if line.accepted or Billed.UNKNOWN in billed:
        assert error.billed is not Billed.NO
    if isinstance(error, TaskError):
        assert from_json(error.task_json, Task) == error.task


def check_money(line: Line) -> None:
    """Each submission was recorded first; none follows one that may have been charged."""
    assert line.submissions <= line.recorded.count("Intent")
    lost = False
    for effect in line.asked:
        assert not (lost and isinstance(effect, Send) and not effect.repeat)
        lost = lost or (
            isinstance(effect, Record) and getattr(effect.entry, "outcome", "") == "unknown"
        )


@given(st.lists(ANY, max_size=12), LAST)
@settings(SAME_EVERY_TIME, max_examples=400)
def test_every_look_is_waited_for_and_the_waiting_ends(
    script: list[Scripted], last: Scripted
) -> None:
    """But for one look at once for each change of the notes."""
    line = Line(*script, then=last)
    task = Task(provider="acme", id="t1")
    with suppress(TaskError):
        assert line.run(line.talk().wait(task)).state.terminal
    at_once = sum(reply in script for reply in AT_ONCE) and len(script)
    assert len(line.sleeps) <= len(line.sends) <= len(line.sleeps) + at_once
    assert sum(line.sleeps) <= 60.0
    assert line.submissions == 0


@pytest.mark.parametrize("stop", [KeyboardInterrupt, GeneratorExit, RuntimeError])
@pytest.mark.parametrize("after", range(8))
def test_a_flow_that_is_stopped_asks_for_nothing_more(
    stop: type[BaseException], after: int
) -> None:
    """Ctrl-C, a cancelled task, or a driver that breaks: at any point."""
    line = Line(ACCEPTED, then=told())
    flow = line.talk().generate(ASKED)
    effect = next(flow)
    for _ in range(after):
        effect = flow.send(line.reply(effect))
    with pytest.raises(stop):
        flow.throw(stop())
    with pytest.raises(StopIteration):
        next(flow)


@pytest.mark.parametrize(
    ("replies", "billed"),
    [
        ((ended("failed", billed="yes"), told(402)), Billed.YES),
        ((ended("failed", billed="no"), DroppedError("reset")), Billed.UNKNOWN),
        ((ended("failed", billed="no"), told(402)), Billed.NO),
    ],
)
def test_of_several_reasons_the_one_that_may_have_cost_most_is_raised(
    replies: tuple[Scripted, Scripted], billed: Billed
) -> None:
    """A refusal of the second submission does not hide that the first was charged."""
    first, second = replies
    line = Line(told(id="t1"), second, first)
    with pytest.raises(TintypeError) as caught:
        line.run(line.talk().generate(evolve(ASKED, n=3)))
    assert caught.value.billed is billed
