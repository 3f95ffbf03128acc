"""A stream is read to its end, and each new image is recorded at once."""

from __future__ import annotations

from contextlib import suppress

import pytest
from attrs import evolve
from tests.core.acme import (
    ASKED,
    DONE,
    INFO,
    LIVE,
    STREAMING,
    Acme,
    Line,
    Scripted,
    ended,
    event,
    told,
)

from tintype._flow.effects import Head, Receive
from tintype.catalog import Model, References
from tintype.entries import Snapshot
from tintype.errors import (
    BadRequestError,
    Billed,
    DroppedError,
    ProtocolError,
    RateLimitError,
    ServerError,
    SubmissionUnknownError,
    TintypeError,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonBody, Response, ServerSentEvent
from tintype.models import Task, TaskState, Update

LIVELY = evolve(ASKED, model="live", stream=True)
ONE = event(images=["a"])
TWO = event(images=["a", "b"])
PREVIEW = event(previews=["p"])
GARBAGE = ServerSentEvent(data="ping")
DROPPED = DroppedError("reset")


def drawn(*script: Scripted, plugin: object | None = None) -> tuple[Task, Line]:
    """The task that a stream comes to."""
    line = Line(STREAMING, *script)
    return line.run(line.talk(plugin).submit(LIVELY)), line


def test_a_stream_is_read_to_its_end() -> None:
    """Every event, and then the end."""
    task, line = drawn(ONE, TWO, None)
    assert task.state is TaskState.SUCCEEDED
    assert [image.url for image in task.images] == ["a", "b"]
    assert [effect for effect in line.asked if isinstance(effect, Receive)] == [Receive()] * 3
    assert line.finished


def test_each_new_image_is_recorded_at_once() -> None:
    """Before the next event is asked for; an event that tells nothing new is not."""
    line = Line(STREAMING, PREVIEW, ONE, ONE, TWO, None)
    line.run(line.talk().submit(LIVELY))
    kinds = [type(effect).__name__ for effect in line.asked[2:]]
    new, old = ["Receive", "Record"], ["Receive"]
    assert kinds == [*new, *new, *old, *new, *new]
    images = [len(record.entry.task.images) for record in line.records[1:]]
    assert images == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("more", "snapshots"),
    [
        (event(images=["a"]), 3),
        (event(previews=["p"]), 2),
        (event(error="no"), 2),
        (event(status="failed"), 3),
        (event(), 1),
    ],
)
def test_only_an_event_that_tells_more_is_recorded(more: ServerSentEvent, snapshots: int) -> None:
    """An image, a preview, a failure or an end; behind the first event, and before the end."""
    line = Line(STREAMING, event(), more, None)
    with suppress(SubmissionUnknownError):
        line.run(line.talk().submit(LIVELY))
    assert line.recorded.count("Snapshot") == snapshots


@pytest.mark.parametrize("script", [(ONE, DROPPED), (ONE, GARBAGE, None), (GARBAGE, ONE, None)])
def test_images_count_whatever_else_goes_wrong(script: tuple[Scripted, ...]) -> None:
    """They are paid for: the task holds them, and what was lost."""
    task, line = drawn(*script)
    assert [image.url for image in task.images] == ["a"]
    assert "A part of the stream was lost" in task.errors[-1].message
    assert line.recorded[-1] == "Snapshot"


def test_a_stream_that_breaks_off_is_neither_a_success_nor_a_failure() -> None:
    """Its state is unknown, with the images so far."""
    task, _ = drawn(ONE, DROPPED)
    assert task.state is TaskState.UNKNOWN


@pytest.mark.parametrize(
    "script", [(DROPPED,), (PREVIEW, DROPPED), (GARBAGE, DROPPED), (GARBAGE, None)]
)
def test_a_stream_that_breaks_off_before_an_image_is_a_lost_submission(
    script: tuple[Scripted, ...],
) -> None:
    """It may have been charged, and is never repeated."""
    line = Line(STREAMING, *script)
    with pytest.raises(SubmissionUnknownError):
        line.run(line.talk().submit(LIVELY))
    assert line.submissions == 1
    assert line.recorded[-1] == "Settled"


class Telling(Acme):
    """A provider whose events tell of a failure."""

    def __init__(self, failure: TintypeError) -> None:
        self.failure = failure

    @hookimpl
    def parse(self, exchange: Exchange) -> Update:
        """Raise it."""
        if exchange.operation is Operation.EVENT:
            raise self.failure
        return Update()


@pytest.mark.parametrize(
    ("failure", "kind", "submissions"),
    [
        (RateLimitError("slow"), RateLimitError, 4),
        (BadRequestError("no"), BadRequestError, 1),
        (ServerError("down"), SubmissionUnknownError, 1),
    ],
)
def test_a_failure_that_an_event_tells_is_the_submissions_own(
    failure: TintypeError, kind: type[TintypeError], submissions: int
) -> None:
    """As where it comes with a status: repeated only where a document calls it unbilled."""
    line = Line(*[STREAMING, event(), None] * 4)
    with pytest.raises(kind):
        line.run(line.talk(Telling(failure)).submit(LIVELY))
    assert line.submissions == submissions


def test_a_stream_that_is_dropped_after_a_refusal_may_have_been_charged() -> None:
    """What came after the words is not known."""
    line = Line(STREAMING, event(), DROPPED)
    with pytest.raises(SubmissionUnknownError):
        line.run(line.talk(Telling(RateLimitError("slow"))).submit(LIVELY))
    assert line.submissions == 1


@pytest.mark.parametrize(
    "script", [(None,), (event(), None), (PREVIEW, None), (event(status="unknown"), None)]
)
def test_a_stream_that_ends_without_an_image_is_unknown(script: tuple[Scripted, ...]) -> None:
    """It may have been charged: an error, as any submission whose answer says nothing."""
    line = Line(STREAMING, *script)
    with pytest.raises(SubmissionUnknownError, match="neither a picture nor a reason"):
        line.run(line.talk().submit(LIVELY))
    assert line.submissions == 1


@pytest.mark.parametrize("word", ["failed", "refused", "canceled", "expired"])
def test_a_refusal_told_by_an_event_counts_although_another_event_is_lost(word: str) -> None:
    """The provider said what became of it, and whether it was billed."""
    refused = event(status=word, error="No.", billed="no")
    task, _ = drawn(GARBAGE, refused, None)
    assert (task.state, task.billed) == (word, "no")
    assert task.errors[0].message == "No."


def test_an_end_that_says_nothing_does_not_hide_what_was_lost() -> None:
    """An unknown state is no answer."""
    line = Line(STREAMING, event(status="unknown"), GARBAGE, None)
    with pytest.raises(SubmissionUnknownError):
        line.run(line.talk().submit(LIVELY))


@pytest.mark.parametrize("script", [(ONE, None), (ONE, TWO, None)])
def test_a_plugin_that_fails_at_the_end_loses_no_image(script: tuple[Scripted, ...]) -> None:
    """The failure is told beside them."""

    class Broken(Acme):
        @hookimpl
        def parse(self, exchange: Exchange) -> Update:
            if exchange.operation is Operation.END:
                raise KeyError(exchange.operation)
            found = Acme.parse(self, exchange)
            assert isinstance(found, Update)
            return found

    task, _ = drawn(*script, plugin=Broken())
    assert task.images
    assert "KeyError" in task.errors[-1].message
    assert task.state is TaskState.UNKNOWN


def test_plain_json_is_read_where_the_provider_does_not_stream() -> None:
    """Although events were asked for."""
    line = Line(ended("succeeded", "a"))
    task = line.run(line.talk().submit(LIVELY))
    assert task.state is TaskState.SUCCEEDED
    assert line.sends[0].request.answer == "events"


def test_a_refusal_in_place_of_a_stream_is_a_refusal() -> None:
    """With its status, before any event."""
    line = Line(told(400))
    with pytest.raises(BadRequestError):
        line.run(line.talk().submit(LIVELY))


@pytest.mark.parametrize("reply", [Response(status=200), b"bytes"])
def test_a_driver_that_sends_no_event_is_told_so(reply: Scripted) -> None:
    """A transport's bug is not the provider's."""
    line = Line(STREAMING, reply)
    with pytest.raises(TintypeError, match="A ServerSentEvent was expected"):
        line.run(line.talk().submit(LIVELY))
    assert line.submissions == 1


# ------------------------------------------------------------------------------- draw


def test_drawing_asks_for_images_as_they_are_made_where_the_model_can() -> None:
    """And for the whole where it cannot."""
    line = Line(STREAMING, ONE, None)
    task = line.run(line.talk().draw(evolve(ASKED, model="live")))
    assert line.sends[0].request.answer == "events"
    assert task.state is TaskState.SUCCEEDED
    line = Line(told(id="t1"), DONE)
    assert line.run(line.talk().draw(ASKED)).images
    assert line.sends[0].request.answer == "whole"


def test_drawing_from_references_asks_the_model_that_edits() -> None:
    """Whether that one can stream counts."""
    edit = Model(id="edit", references=References(forms=("url",)))

    class Editing(Acme):
        info = evolve(INFO, models=(evolve(LIVE, edits_with="edit"), edit))

    line = Line(DONE)
    request = evolve(ASKED, references=("https://a.test/1.png",))
    line.run(line.talk(Editing()).draw(request))
    assert line.sends[0].request.answer == "whole"
    body = line.sends[0].request.body
    assert isinstance(body, JsonBody)
    assert body.value["model"] == "edit"


def test_a_stream_without_an_answer_is_a_protocol_error() -> None:
    """Where not even the end of it is told."""

    class Mute(Acme):
        @hookimpl
        def parse(self) -> Task:
            msg = "nothing was told"
            raise ProtocolError(msg)

    line = Line(STREAMING, None)
    with pytest.raises(SubmissionUnknownError, match="nothing was told"):
        line.run(line.talk(Mute()).submit(LIVELY))


class Counting(Acme):
    """A plugin whose stream ends in a refusal, and in words that say it was charged."""

    def __init__(self, billed: Billed) -> None:
        self.billed = billed

    @hookimpl
    def parse(self, exchange: Exchange) -> Update:
        """An event tells nothing; the end tells all."""
        if exchange.operation is Operation.END:
            return Update(state=TaskState.REFUSED, billed=self.billed)
        if exchange.message == GARBAGE:
            msg = "This event tells nothing."
            raise ProtocolError(msg)
        return Update()


def test_a_charge_without_a_picture_is_for_what_was_not_understood() -> None:
    """A refusal that was charged, behind an event nobody read, keeps the answer."""
    with pytest.raises(SubmissionUnknownError):
        drawn(PREVIEW, GARBAGE, None, plugin=Counting(Billed.YES))
    task, _ = drawn(PREVIEW, GARBAGE, None, plugin=Counting(Billed.NO))
    assert task.state is TaskState.REFUSED


def test_an_end_that_will_not_stand_is_not_written_down() -> None:
    """Whoever is killed before the stream ends leaves a record that is open."""
    ending = event(status="refused", billed="yes")
    line = Line(STREAMING, PREVIEW, GARBAGE, ending, None)
    with pytest.raises(SubmissionUnknownError):
        line.run(line.talk().submit(LIVELY))
    states = [each.entry.task.state for each in line.records if isinstance(each.entry, Snapshot)]
    assert states == [TaskState.RUNNING]


def test_the_end_of_a_stream_is_told_once() -> None:
    """It is written down as soon as an event says it, and told once the stream has ended."""
    _, line = drawn(event(images=["a"], status="succeeded"), None)
    entries = [each.entry for each in line.records if isinstance(each.entry, Snapshot)]
    ends = [entry.told for entry in entries if entry.task.state.terminal]
    assert ends[-1]
    assert ends.count(True) == 1
    assert len(ends) > 1


def test_the_head_of_a_stream_is_beside_its_events_and_its_end() -> None:
    """Some providers tell a seed, a cost or a request's id there alone."""
    heads = []

    class Reading(Acme):
        @hookimpl
        def parse(self, exchange: Exchange) -> object:
            heads.append((exchange.operation, exchange.head))
            return super().parse(exchange)

    opening = Head(status=201, headers=(("X-Seed", "7"),))
    line = Line(opening, ONE, None)
    line.run(line.talk(Reading()).submit(LIVELY))
    head = Response(status=201, headers=(("X-Seed", "7"),))
    assert heads == [(Operation.EVENT, head), (Operation.END, head)]
    line = Line(DONE)
    line.run(line.talk(Reading()).submit(ASKED))
    assert heads[-1] == (Operation.SUBMIT, None)


def test_an_error_that_an_event_tells_has_the_request_id_of_the_head() -> None:
    """As that of any other answer."""

    class Refusing(Acme):
        @hookimpl
        def parse(self, exchange: Exchange) -> object:
            raise ServerError(str(exchange.operation))

    opening = Head(status=200, headers=(("X-Request-Id", "req-7"),))
    line = Line(opening, ONE, None)
    with pytest.raises(TintypeError) as caught:
        line.run(line.talk(Refusing()).submit(LIVELY))
    assert isinstance(caught.value.__cause__, ServerError)
    assert caught.value.__cause__.request_id == "req-7"


def test_a_plugins_mistake_with_one_event_does_not_end_the_stream() -> None:
    """What it cannot read is told; the images behind it count."""

    class Clumsy(Acme):
        @hookimpl
        def parse(self, exchange: Exchange) -> Task:
            """Trips over a ping."""
            if exchange.message == GARBAGE:
                raise KeyError(exchange.message)
            found: Task = super().parse(exchange)  # type: ignore[assignment]
            return found

    task, line = drawn(ONE, GARBAGE, TWO, None, plugin=Clumsy())
    assert [image.url for image in task.images] == ["a", "b"]
    assert "KeyError" in task.errors[-1].message
    assert line.finished
