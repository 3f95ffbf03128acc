"""What a finding says: the place, the source, the mutations that show it again."""

from __future__ import annotations

import pytest
from tests.contracts import reference
from tests.contracts.broken import answers
from tests.contracts.broken.tasks import GUESSES, UNBILLED
from tests.contracts.changed import (
    BY_ID,
    Change,
    Hook,
    around,
    body_of,
    changed,
    findings,
    sent,
)

from tintype.errors import UnknownStatusError
from tintype.exchange import Exchange
from tintype.messages import Response
from tintype_contracts.case import Case
from tintype_contracts.runner.replay import replay, replay_text


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("fuzz.every-answer-is-read", answers.ASKS_FOR_KEYS),
        ("fuzz.no-empty-success", answers.GIVES_UP_SOFTLY),
        ("fuzz.no-impossible-value", answers.COUNTS_IN_FLOATS),
        ("fuzz.pairs-of-mutations", answers.TRIPS_OVER_TWO),
        ("fuzz.other-values", answers.TRIPS_OVER_VALUES),
    ],
)
def test_what_a_fuzz_check_finds_is_shown_by_replay(check: str, change: Change) -> None:
    """Each finding carries all the mutations it takes, and replay judges as the check does."""
    subject = changed(BY_ID, change)
    every = findings(check, subject)
    assert every
    for found in every:
        again = replay(subject, Case.of(found.exchange, found.mutations))
        assert not again.holds
        assert f"what no hook may: {again.flaws[0]}" in replay_text(again)
        assert any(flaw in found.message for flaw in again.flaws)


def test_a_stream_that_ends_before_its_image_is_shown_by_replay() -> None:
    """With the events in the order in which they were told."""
    subject = changed("openrouter", answers.ENDS_EARLY)
    found = findings("fuzz.events-in-any-order", subject)[0]
    flaw = "the task is succeeded and has no image"
    assert replay(subject, Case.of(found.exchange, found.mutations)).flaws == (flaw,)


def test_a_pair_carries_both_of_its_mutations() -> None:
    """In their order; `mutation` is for what takes one alone."""
    (found,) = findings("fuzz.pairs-of-mutations", changed(BY_ID, answers.TRIPS_OVER_TWO))
    assert len(found.mutations) == 2
    assert found.mutation == ""
    assert found.message.startswith(f"With {' and '.join(found.mutations)} ")


def test_the_same_plugin_gets_the_same_verdict() -> None:
    """Hypothesis draws the same examples in every run."""
    one, other = (
        [each.message for each in findings("fuzz.pairs-of-mutations", subject)]
        for subject in (
            changed(BY_ID, answers.TRIPS_OVER_TWO),
            changed(BY_ID, answers.TRIPS_OVER_TWO),
        )
    )
    assert one == other != []


def test_money_is_no_float_deep_down() -> None:
    """The oracle looks into a task's cost, wherever a task is told of."""
    found = findings("fuzz.no-impossible-value", changed(BY_ID, answers.COUNTS_IN_FLOATS))
    assert {each.exchange for each in found} >= {"generated/done", "webhook_completed/delivery"}


def test_a_submission_that_would_be_sent_again_is_counted() -> None:
    """A page that is taken for an unbilled refusal is a second picture."""
    subject = changed("openrouter", UNBILLED)
    found = findings("error.submissions-are-not-repeated", subject)
    assert any("is sent 4 times" in each.message for each in found)


def test_an_error_of_another_kind_is_told_and_stops_nothing() -> None:
    """A KeyError in one exchange does not hide what is wrong in the next."""

    def breaks(parse: Hook, exchange: Exchange) -> object:
        if not isinstance(exchange.message, Response):
            raise KeyError
        return parse(exchange)

    found = findings("parse.documented-answer", changed(BY_ID, around("parse", breaks)))
    assert {each.exchange.partition("/")[0] for each in found} >= {"webhook_completed"}


def test_an_event_that_is_not_known_is_found() -> None:
    """A documented type of event that the plugin has never heard of."""

    def parse(do: Hook, exchange: Exchange) -> object:
        told = body_of(exchange)
        if isinstance(told, dict) and told.get("type") == "image_generation.partial_image":
            msg = "It is not among the documented ones."
            raise UnknownStatusError(msg, pointer="/type")
        return do(exchange)

    found = findings(
        "state.words-mean-what-is-documented", changed("apiyi", around("parse", parse))
    )
    assert {each.pointer.rpartition("/")[2] for each in found} == {"type"}
    assert all("partial_image" in each.message for each in found)


def test_a_finding_can_be_replayed() -> None:
    """It names the exchange, and the mutation that shows it."""
    found = findings("state.unknown-words-are-errors", changed(BY_ID, GUESSES))
    assert found[0].mutation.startswith("/status=")
    assert found[0].exchange in reference.fixtures(BY_ID).exchanges


@pytest.mark.parametrize("client", ["urllib3", "aiohttp"])
def test_what_is_found_on_the_wire_has_its_place_and_source(client: str) -> None:
    """The finding names the exchange, the pointer and the document."""
    wrong = changed(BY_ID, sent(nonsense=1))
    first, *_ = findings(f"wire.scenes-by-{client}", wrong)
    assert first.pointer == "/json/nonsense"
    assert first.exchange
    assert first.src
    assert "https://" in first.message
