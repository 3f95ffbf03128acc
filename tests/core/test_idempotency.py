"""A submission whose fate is open is repeated by a documented key, and in no other way."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import pytest
from attrs import evolve
from tests.core.acme import (
    ACCEPTED,
    ASKED,
    INFO,
    STREAMING,
    Acme,
    Line,
    Scripted,
    Slow,
    event,
    told,
)

from tintype import to_json
from tintype._flow.effects import Send
from tintype.catalog import Idempotency, ProviderInfo
from tintype.entries import Intent
from tintype.errors import (
    DroppedError,
    NotSentError,
    PluginError,
    RequestTimeoutError,
    SubmissionUnknownError,
)
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import JsonBody, Request, Response
from tintype.models import Update
from tintype.request import Submission

LOST = DroppedError("The answer was lost.")
PAGE = Response(status=200, body=b"<html>Sorry</html>")
# What leaves a submission's fate open, whichever way.
OPEN: list[Scripted] = [
    LOST,
    RequestTimeoutError("too late"),
    *(told(status) for status in (408, 500, 502, 504, 520, 524)),
    PAGE,
]
BY_HEADER = Idempotency(header="Idempotency-Key", source="acme keys")
BY_FIELD = Idempotency(field="uuid", window=60.0, source="acme keys")


def acme(rule: Idempotency | None) -> Acme:
    """Acme, with such a key in its documents."""

    class Keyed(Acme):
        info: ProviderInfo = evolve(INFO, idempotency=rule)

    return Keyed()


def nonces() -> dict[str, object]:
    """Terms under which each submission has another nonce."""
    numbers = count(1)
    return {"nonce": lambda: f"n{next(numbers)}"}


def submitted(line: Line, rule: Idempotency | None) -> list[Send]:
    """What is sent for one submission, whatever comes of it."""
    with suppress(SubmissionUnknownError):
        line.run(line.talk(acme(rule), **nonces()).submit(ASKED))
    return line.sends


@pytest.mark.parametrize("rule", [BY_HEADER, BY_FIELD])
def test_a_lost_submission_is_repeated_with_the_same_bytes(rule: Idempotency) -> None:
    """The nonce is its key, and what is sent again is the very same request."""
    line = Line(LOST, ACCEPTED)
    first, second = submitted(line, rule)
    assert first == second
    body = first.request.body
    assert isinstance(body, JsonBody)
    assert ("Idempotency-Key", "n1") in first.request.headers or "n1" in str(body.value)
    assert line.recorded == ["Intent", "Snapshot"]


@pytest.mark.parametrize("rule", [BY_HEADER, BY_FIELD])
@pytest.mark.parametrize("answer", OPEN, ids=repr)
def test_whatever_leaves_its_fate_open_a_submission_is_repeated_by_one_rule(
    rule: Idempotency, answer: Scripted
) -> None:
    """A gateway's word for nothing known is no other than a broken connection."""
    line = Line(answer, ACCEPTED)
    first, second = submitted(line, rule)
    assert first == second
    assert line.accepted
    assert "Settled" not in line.recorded


@pytest.mark.parametrize("answer", OPEN, ids=repr)
def test_without_a_documented_key_nothing_is_repeated(answer: Scripted) -> None:
    """Whatever else the provider documents."""
    line = Line(answer)
    with pytest.raises(SubmissionUnknownError, match="charged, and is not sent again"):
        line.run(line.talk(acme(None), **nonces()).submit(ASKED))
    assert len(line.sends) == 1
    assert line.recorded[-1] == "Settled"


def test_a_stream_that_breaks_is_repeated_as_well() -> None:
    """Its submission left, and nobody knows what became of it."""
    line = Line(
        STREAMING,
        event(status="running"),
        LOST,
        STREAMING,
        event(status="succeeded", images=["https://cdn.acme.test/1.png"]),
        None,
    )
    task = line.run(
        line.talk(acme(BY_FIELD), **nonces()).submit(evolve(ASKED, model="live", stream=True))
    )
    assert len(line.sends) == 2
    assert len(task.images) == 1


def test_the_error_says_that_it_was_sent_again_under_its_key() -> None:
    """And that this is over: what to do next stands behind it."""
    line = Line(then=told(502))
    with pytest.raises(SubmissionUnknownError, match="the same idempotency key, and no more is;"):
        line.run(line.talk(acme(BY_FIELD), **nonces()).submit(ASKED))
    assert len(line.sends) == 4


def test_an_answer_that_was_not_understood_is_kept_whatever_the_next_one_says() -> None:
    """It may hold the picture; where no journal keeps it, the error does."""
    line = Line(LOST, PAGE, told(400))
    with pytest.raises(SubmissionUnknownError, match="read") as caught:
        line.run(line.talk(acme(BY_FIELD), **nonces()).submit(ASKED))
    assert line.recorded == ["Intent", "Unread", "Settled"]
    assert caught.value.kept


def test_a_plugin_that_fails_at_an_answer_is_not_given_another() -> None:
    """It would fail at the same one again, and this one may hold the picture."""

    class Failing(Acme):
        info: ProviderInfo = evolve(INFO, idempotency=BY_FIELD)

        @hookimpl
        def parse(self, exchange: Exchange) -> Update:
            raise KeyError(exchange.operation)

    line = Line(LOST, ACCEPTED)
    with pytest.raises(SubmissionUnknownError, match="KeyError"):
        line.run(line.talk(Failing(), **nonces()).submit(ASKED))
    assert len(line.sends) == 2


def test_within_the_window_a_repetition_that_is_slowed_down_is_made_later() -> None:
    """Its refusal says nothing of the first, which may be drawing."""
    line = Line(LOST, told(429), NotSentError("no"), ACCEPTED)
    assert len(set(map(repr, submitted(line, BY_FIELD)))) == 1
    assert line.accepted


def test_without_a_documented_window_it_is_repeated_once_and_at_once() -> None:
    """Nobody knows for how long the provider remembers the key."""
    line = Line(LOST, LOST)
    assert len(submitted(line, BY_HEADER)) == 2
    assert line.sleeps == []
    assert line.recorded == ["Intent", "Settled"]


def test_within_a_documented_window_it_is_repeated_like_a_question() -> None:
    """With pauses, and not without end."""
    line = Line(then=LOST)
    assert len(submitted(line, BY_FIELD)) == 4
    assert len(line.sleeps) == 3


def test_beyond_the_window_nothing_is_repeated() -> None:
    """The provider may have forgotten the key by then."""
    line = Line(LOST)
    assert len(submitted(line, evolve(BY_FIELD, window=0.1))) == 1
    assert line.recorded == ["Intent", "Settled"]


@pytest.mark.parametrize("rule", [evolve(BY_FIELD, window=10.0), BY_HEADER])
def test_a_window_counts_from_when_the_submission_left(rule: Idempotency) -> None:
    """A loss that takes minutes to notice is none to repeat after: the key may be forgotten."""
    line = Line(Slow(300.0, RequestTimeoutError("too late")))
    assert len(submitted(line, rule)) == 1
    assert line.recorded == ["Intent", "Settled"]


def test_the_keys_field_is_the_cores_own() -> None:
    """A plugin that fills it would have its own value replaced."""
    rule = Idempotency(field="prompt", source="acme keys")
    with pytest.raises(PluginError, match="'prompt', which is the field of the idempotency key"):
        Line().run(Line().talk(acme(rule)).submit(ASKED))


@pytest.mark.parametrize("second", [told(400), told(401), told(429), NotSentError("no")])
def test_a_refused_repetition_says_nothing_of_the_first(second: Scripted) -> None:
    """It may have been accepted, and charged: nobody knows."""
    line = Line(LOST, second)
    assert len(submitted(line, BY_HEADER)) == 2
    assert line.recorded == ["Intent", "Settled"]


def test_a_submission_that_did_not_leave_keeps_its_nonce_at_the_next_try() -> None:
    """In the intent, and in the very request that is sent; another submission has another one."""
    seen: list[Submission] = []

    class Watching(Acme):
        @hookimpl
        def submit(self, request: Submission) -> Request:
            seen.append(request)
            return super().submit(request)

    line = Line(NotSentError("no"), ACCEPTED, ACCEPTED)
    talk = line.talk(Watching(), **nonces())
    line.run(talk.submit(evolve(ASKED, options={"acme": {"a": 1}, "other": {"b": 2}}, tag="mine")))
    line.run(talk.submit(ASKED))
    intents = [each.entry for each in line.records if isinstance(each.entry, Intent)]
    assert [each.nonce for each in intents] == ["n1", "n1", "n2"]
    assert [each.nonce for each in seen] == ["n1", "n2"]
    assert line.sends[0].request is line.sends[1].request
    assert (seen[0].model, seen[0].options) == ("acme-draw-1", {"a": 1})
    assert "n1" not in to_json(ASKED)


def test_a_key_goes_into_an_object_alone() -> None:
    """A plugin that sends none is told before anything is sent."""

    class Bare(Acme):
        info: ProviderInfo = evolve(INFO, idempotency=BY_FIELD)

        @hookimpl
        def submit(self) -> Request:
            return Request(method="POST", url="https://api.acme.test/v1/images")

    line = Line()
    with pytest.raises(PluginError, match="JSON object"):
        line.run(line.talk(Bare(), **nonces()).submit(ASKED))
    assert line.asked == []


def test_a_key_goes_to_one_place() -> None:
    """A header or a field, not both and not none."""
    for places in ({}, {"header": "a", "field": "b"}):
        with pytest.raises(ValueError, match="name one"):
            Idempotency(source="acme keys", **places)
