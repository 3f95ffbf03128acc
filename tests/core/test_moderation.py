"""Moderation, whichever way a provider tells of it: always a task in state `refused`."""

from __future__ import annotations

import json

import pytest
from attrs import frozen
from tests.core.acme import ACCEPTED, ASKED, Acme, Line, ended

from tintype import TaskState
from tintype._moderation import is_moderation, names_moderation
from tintype.convert import read
from tintype.errors import (
    AuthenticationError,
    ProtocolError,
    SubmissionUnknownError,
    TaskRefusedError,
    TintypeError,
)
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Response
from tintype.models import Task

CODES = (
    "moderation_blocked",
    "content_policy_violation",
    "CONTENT_POLICY_VIOLATION",
    "content-filter",
    "InputTextSensitiveContentDetected",
    "OutputImageSensitiveContentDetected",
    "IMAGE_SAFETY",
    "PROHIBITED_CONTENT",
    "DataInspectionFailed",
    "Request Moderated",
)
PROSE = (
    "Your request was rejected by our safety system.",
    "Content policy violation",
    "The prompt was flagged as sensitive",
    "The image was blocked due to NSFW content",
    "This prompt may contain sensitive content",
)
OTHER = (
    ("", ""),
    ("rate_limit_exceeded", "Too many requests"),
    ("", "The moderation service is slow today"),
    ("invalid_size", "size has to be one of 1K, 2K"),
    ("", "A safety lamp, drawn in ink"),
)


@pytest.mark.parametrize("code", CODES)
def test_a_code_of_moderation_is_known_in_any_spelling(code: str) -> None:
    """Whatever its case and separators."""
    assert is_moderation(code, "")


@pytest.mark.parametrize("words", PROSE)
def test_words_of_moderation_are_known(words: str) -> None:
    """Where a provider gives no code."""
    assert is_moderation("", words)


@pytest.mark.parametrize(("code", "words"), OTHER)
def test_other_refusals_are_not_moderations(code: str, words: str) -> None:
    """A word in passing is no verdict."""
    assert not is_moderation(code, words)


def test_documented_words_count_for_their_provider() -> None:
    """As `describe` lists them, in any case."""
    assert is_moderation("", "Picture Not Allowed: hats", ("not allowed: hats",))


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 400, "metadata": {"raw": '{"code": "moderation_blocked"}'}}},
        {"data": [{"respect_moderation": False}]},
        {"error": {"inner_error": {"code": "content_policy_violation"}}},
    ],
)
def test_a_code_is_found_however_deep_it_lies(body: object) -> None:
    """A gateway wraps what the provider behind it said."""
    assert names_moderation(json.dumps(body).encode())


def refused_with(status: int, body: object) -> Response:
    """A refusal with a body."""
    return Response(status=status, body=json.dumps(body).encode())


@pytest.mark.parametrize("status", [400, 422, 429])
def test_a_submission_that_moderation_refuses_is_a_refused_task_and_is_not_repeated(
    status: int,
) -> None:
    """Also under a status that is otherwise asked again, or that no document lists."""
    line = Line(refused_with(status, {"error": {"code": "content_policy_violation"}}))
    with pytest.raises(TaskRefusedError):
        line.run(line.talk().generate(ASKED))
    assert line.submissions == 1


def test_a_refusal_for_another_reason_stays_what_it_is() -> None:
    """A key that is not accepted is no verdict on the picture."""
    line = Line(refused_with(401, {"error": {"code": "content_policy_violation"}}))
    with pytest.raises(AuthenticationError):
        line.run(line.talk().submit(ASKED))


def test_a_server_that_fails_has_judged_nothing() -> None:
    """Whatever its words: it may have drawn, and charged."""
    line = Line(refused_with(500, {"error": {"code": "content_policy_violation"}}))
    with pytest.raises(TintypeError) as caught:
        line.run(line.talk().submit(ASKED))
    assert not isinstance(caught.value, TaskRefusedError)


def test_a_task_that_failed_by_moderation_is_refused() -> None:
    """By the words of its failure."""
    line = Line(ACCEPTED, ended("failed", error="moderation_blocked: content policy"))
    task = line.run(line.talk().wait(line.run(line.talk().submit(ASKED))))
    assert task.state is TaskState.REFUSED
    assert [each.refused for each in task.errors] == [True]


def test_a_look_that_is_answered_by_moderation_ends_the_task() -> None:
    """It is not asked until the deadline."""
    line = Line(ACCEPTED, refused_with(400, {"error": {"code": "moderation_blocked"}}))
    task = line.run(line.talk().wait(line.run(line.talk().submit(ASKED))))
    assert task.state is TaskState.REFUSED


@frozen(kw_only=True)
class Listed:
    """What `Lists` reads."""

    images: tuple[str, ...] | None = None


class Lists(Acme):
    """A provider whose answer lists its images."""

    @hookimpl
    def parse(self, exchange: Exchange) -> Task:
        """A task with its images, or an error of the answer."""
        read(exchange.message, Listed)
        msg = "The answer holds no image."
        raise ProtocolError(msg, status=200)


def test_words_of_moderation_beside_an_odd_value_are_no_verdict() -> None:
    """A picture may stand where nobody can read it: the answer is kept to be read again."""
    code = "OutputImageSensitiveContentDetected"
    line = Line(refused_with(200, {"images": None, "error": {"code": code}}))
    assert line.run(line.talk(Lists()).submit(ASKED)).state is TaskState.REFUSED
    line = Line(refused_with(200, {"images": {"odd": "https://x.test/1.png"}, "error": code}))
    with pytest.raises(SubmissionUnknownError) as caught:
        line.run(line.talk(Lists()).submit(ASKED))
    assert caught.value.answered
    assert caught.value.kept or caught.value.answer
