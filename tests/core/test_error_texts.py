"""Errors say what was given and what was said, in a sentence and not in megabytes."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.core.acme import ASKED, Line, told
from tests.core.easel import INFO as EASEL
from tests.core.pictures import PNG

from tintype import ImageRequest, Reference
from tintype._flow.resolve import resolve
from tintype.convert import from_json, to_json
from tintype.entries import Settled
from tintype.errors import (
    BadRequestError,
    DeadlineError,
    InvalidRequestError,
    Outcome,
    PluginError,
    ProviderError,
    RateLimitError,
    SubmissionUnknownError,
    TintypeError,
)
from tintype.messages import Response
from tintype.models import Attempt, Generation, Quote

LONG = "x" * 3_000_000
IN_BASE64 = base64.b64encode(PNG * 40).decode()


@pytest.mark.parametrize(
    "error",
    [
        BadRequestError(LONG, provider="acme"),
        InvalidRequestError(LONG, field="size"),
        PluginError(f"It failed: {LONG} Mend it.", provider="acme"),
        DeadlineError(LONG, advice=LONG),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_text_of_an_error_is_longer_than_a_thousand_characters(error: TintypeError) -> None:
    """Whatever went into it; also once it was pickled."""
    assert len(str(error)) <= 1000
    assert len(pickle.dumps(error)) < 10_000 or isinstance(error, DeadlineError)


def test_a_long_text_keeps_its_end() -> None:
    """That is where it says what to do next."""
    assert str(PluginError(f"It failed: {LONG} Mend it.")).endswith(" Mend it.")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: ImageRequest(prompt="p", references=(LONG,)),
        lambda: ImageRequest(prompt="p", references=(bytearray(3_000_000),)),  # type: ignore[arg-type]
        lambda: ImageRequest(prompt="p", size=LONG),
        lambda: ImageRequest(prompt="p", webhook_url=LONG),
        lambda: ImageRequest(prompt=LONG.encode()),  # type: ignore[arg-type]
        lambda: ImageRequest(prompt="p", n=10**10_000),
        lambda: ImageRequest(prompt="p", options={LONG: 1}),  # type: ignore[dict-item]
        lambda: ImageRequest(prompt="p", options={"acme": {"a": LONG.encode()}}),
        lambda: resolve(ImageRequest(prompt="p", aspect_ratio=LONG), EASEL),
        lambda: resolve(ImageRequest(prompt="p", quality=LONG), EASEL),
    ],
)
def test_what_a_caller_gave_is_quoted_in_part(ask: Callable[[], object]) -> None:
    """The refusal names the field and shows the beginning."""
    with pytest.raises(InvalidRequestError) as caught:
        ask()
    assert len(str(caught.value)) < 500
    assert caught.value.field


@pytest.mark.parametrize("text", [IN_BASE64, IN_BASE64.replace("+", "-").replace("/", "_")])
def test_base64_in_place_of_a_path_is_named(text: str) -> None:
    """It says how such a picture is given."""
    with pytest.raises(InvalidRequestError, match="looks like base64: give bytes or a data: URL"):
        Reference.of(text)


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        Path("mask.png"),
        Reference(url="https://x.test/a.png"),
        Decimal("7.5"),
        float("nan"),
        "\ud800",
        {7: "seven"},
        {"\ud800": 1},
        1 << 5000,
        {1, 2},
    ],
    ids=lambda value: type(value).__name__,
)
def test_options_are_held_to_json_where_they_are_made(value: object) -> None:
    """The refusal names the field."""
    with pytest.raises(InvalidRequestError, match="options") as caught:
        ImageRequest(prompt="p", options={"acme": {"a": [value]}})
    assert caught.value.field == "options"


def test_options_that_nest_too_deep_or_in_a_circle_are_refused() -> None:
    """Neither ends in a RecursionError."""
    deep: list[object] = []
    for _ in range(3000):
        deep = [deep]
    circle: dict[str, object] = {}
    circle["self"] = circle
    for value in (deep, circle):
        with pytest.raises(InvalidRequestError, match="nest"):
            ImageRequest(prompt="p", options={"acme": {"a": value}})


def test_options_come_back_from_json_as_they_were() -> None:
    """Tuples are arrays by then."""
    options = {"acme": {"a": (1, 2.5, None, True, "ä"), "b": {"c": []}}}
    request = ImageRequest(prompt="p", options=options)
    assert request.options == {"acme": {"a": [1, 2.5, None, True, "ä"], "b": {"c": []}}}
    assert from_json(to_json(request), ImageRequest) == request


@pytest.mark.parametrize("mask", [f"data:image/png;base64,{IN_BASE64}", IN_BASE64])
def test_pictures_in_options_are_written_down_as_digests(mask: str) -> None:
    """As references are; the request that is sent keeps them."""
    request = ImageRequest(prompt="p", options={"acme": {"mask": [mask], "style": "oil"}})
    written = request.digested().options["acme"]
    assert json.dumps(written).count("sha256:") == 1
    assert written["style"] == "oil"
    assert len(json.dumps(written)) < 200
    assert request.options["acme"]["mask"] == [mask]


def test_a_refusal_that_repeats_the_picture_stays_short() -> None:
    """In its text, in its body and in what is written down."""
    words = f"Bad reference data:image/png;base64,{IN_BASE64 * 100} in the request."
    line = Line(told(status=400, error=words))
    with pytest.raises(BadRequestError) as caught:
        line.run(line.talk().submit(ASKED))
    assert len(str(caught.value)) <= 1000
    assert len(caught.value.body.encode()) <= 4096
    assert IN_BASE64[:400] not in caught.value.body
    settled = [each.entry for each in line.records if isinstance(each.entry, Settled)]
    assert len(settled[0].reason) <= 1000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><h1>502 Bad Gateway</h1></html>", "502 Bad Gateway"),
        (b"upstream is away", "upstream is away"),
        ("überlastet".encode() * 1000, "überlastet"),
        (b"\x89PNG\0\0", "<6 bytes>"),
    ],
)
def test_an_answer_that_nobody_documents_is_told_in_its_own_words(body: bytes, said: str) -> None:
    """In the text and, longer, in `body`."""
    line = Line(Response(status=418, body=body))
    with pytest.raises(SubmissionUnknownError) as caught:
        line.run(line.talk().submit(ASKED))
    assert said in str(caught.value)
    assert said in caught.value.body
    assert len(caught.value.body.encode()) <= 4096


def test_a_generation_goes_to_json_whatever_its_attempts_hold() -> None:
    """An error is told by its type, its words and what it cost."""
    error = RateLimitError("slow", status=429, retry_after=2.0, provider="acme")
    attempts = (Attempt(outcome=Outcome.REJECTED, error=error), Attempt(outcome=Outcome.ACCEPTED))
    found = json.loads(to_json(Generation(quote=Quote(), attempts=attempts)))
    assert found["attempts"][1]["error"] is None
    told_of = found["attempts"][0]["error"]
    assert (told_of["type"], told_of["message"], told_of["billed"], told_of["status"]) == (
        "RateLimitError",
        "slow",
        "no",
        429,
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Rate limit exceeded", "p: Rate limit exceeded. Get a key."),
        ("Slow down!", "p: Slow down! Get a key."),
        ("", "p: Get a key."),
    ],
)
def test_advice_stands_in_a_sentence_of_its_own(said: str, told: str) -> None:
    """Providers' words often end without a full stop."""
    error = ProviderError(said, provider="p")
    error.advice = "Get a key."
    assert str(error) == told
