"""The Gemini API streams: each event is an answer, and one with a reason to stop is the last."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from tests.core.pictures import PNG, in_base64

import tintype_google as plugin
from tintype import ImageRequest, Quote, Submission, Task, TaskState
from tintype._flow.resolve import resolve
from tintype._flow.settle import folded
from tintype.errors import Billed
from tintype.exchange import Exchange, Operation
from tintype.messages import ServerSentEvent

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ASKED = Submission(prompt="a boat", model="gemini-nano-banana-2.1", at=NOW, stream=True)


def piece(*parts: object, stop: str | None = None) -> dict[str, object]:
    """An event's data: a piece of a turn, and why it is the last."""
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": stop}]}


def heard(*events: object) -> Task:
    """A task after these events and the end of their stream."""
    task = Task()
    asked = Exchange(operation=Operation.EVENT, at=NOW, message=None, request=ASKED, task=task)
    for each in events:
        event = ServerSentEvent(event="message", data=json.dumps(each))
        task = folded(task, plugin.parse(exchange=evolve(asked, message=event, task=task)))
    return folded(task, plugin.parse(exchange=evolve(asked, operation=Operation.END, task=task)))


WORDS = {"text": "Here "}
PICTURE = {"inlineData": {"mimeType": "image/png", "data": in_base64(PNG)}}
BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
BROKEN = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}


def test_a_stream_is_asked_for_at_an_address_of_its_own() -> None:
    """The body is the same; Imagen has none."""
    streamed, whole = plugin.submit(request=ASKED), plugin.submit(evolve(ASKED, stream=False))
    assert streamed.url == f"{whole.url.replace(':generate', ':streamGenerate')}?alt=sse"
    assert (streamed.answer, whole.answer) == ("events", "whole")
    assert streamed.body == whole.body


def test_the_pieces_of_a_stream_are_put_together() -> None:
    """Words, and pictures in their order; nothing ends before the last piece says so."""
    task = heard(piece(WORDS), piece(PICTURE), piece(PICTURE, {"text": "it is."}, stop="STOP"))
    assert (task.state, task.billed) == (TaskState.SUCCEEDED, Billed.YES)
    assert [(image.data, image.index) for image in task.images] == [(PNG, 0), (PNG, 1)]
    assert task.notes == {"text": "Here it is."}


@pytest.mark.parametrize(
    ("events", "state", "code"),
    [
        ([BLOCKED], TaskState.REFUSED, "PROHIBITED_CONTENT"),
        ([piece(WORDS), piece(stop="IMAGE_SAFETY")], TaskState.REFUSED, "IMAGE_SAFETY"),
        ([piece(WORDS), piece(stop="STOP")], TaskState.FAILED, ""),
        ([piece(WORDS), BROKEN], TaskState.FAILED, "UNAVAILABLE"),
    ],
)
def test_a_stream_without_a_picture_says_why(
    events: list[object], state: TaskState, code: str
) -> None:
    """It was blocked, it was stopped, it has words alone, or it failed under way."""
    task = heard(*events)
    assert (task.state, task.images) == (state, ())
    assert [each.code for each in task.errors] == [code]


def test_a_stream_that_is_cut_short_keeps_its_picture() -> None:
    """Without one nobody knows what became of it."""
    cut = heard(piece(WORDS), piece(PICTURE))
    assert (cut.state, cut.billed, len(cut.images)) == (TaskState.SUCCEEDED, Billed.YES, 1)
    assert not heard(piece(WORDS)).state.terminal


def quoted(model: str, **more: object) -> Quote:
    """What this plugin says that a picture of this model costs."""
    said = plugin.price(request=evolve(ASKED, model=model, **more), quote=None)
    assert said is not None
    return said


@pytest.mark.parametrize(
    ("model", "low", "high"),
    [
        ("gemini-3-pro-image", "0.134", "4.194304"),
        ("gemini-3.1-flash-image", "0.067", "2.031616"),
        ("gemini-2.5-flash-image", "0.039", "1.0223616"),
        ("gemini-nano-banana-2.1", "0.0336", None),
    ],
)
def test_a_picture_is_the_least_that_gemini_charges(model: str, low: str, high: str | None) -> None:
    """The most is all the tokens that a model takes and gives, where a page limits them."""
    quote = quoted(model)
    assert (quote.low, quote.high) == (Decimal(low), high and Decimal(high))
    assert quote.assumptions[-1].startswith("Tokens come on top")
    assert bool(quote.reason) is (high is None)


def test_imagen_charges_for_pictures_alone() -> None:
    """Its price is exact."""
    quote = quoted("imagen-4.0-generate-001", stream=False, n=2)
    assert (quote.low, quote.high) == (Decimal("0.08"), Decimal("0.08"))


def test_the_earliest_possible_day_of_an_end_is_told_and_refuses_nothing() -> None:
    """Google says the exact one later; a model may be served beyond it."""
    asked = ImageRequest(prompt="a boat", model="gemini-2.5-flash-image")
    plan = resolve(asked, plugin.INFO, today=date(2026, 11, 29))
    assert "2026-10-02" in " ".join(each.message for each in plan.notices)
