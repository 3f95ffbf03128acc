"""When to ask again, as arithmetic."""

from __future__ import annotations

import math
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import NOW, SAME_EVERY_TIME

from tintype._pacing import backoff, believed, poll_pause, retry_after


@pytest.mark.parametrize(("looks", "pause"), [(0, 2.0), (1, 3.0), (2, 8.0), (3, 8.0), (99, 8.0)])
def test_the_last_pause_of_a_schedule_repeats(looks: int, pause: float) -> None:
    """A long task is looked at in even steps."""
    assert poll_pause((2.0, 3.0, 8.0), looks) == pause


@pytest.mark.parametrize("hint", [-5.0, 1e-9, math.nan])
def test_no_hint_makes_a_loop_without_waiting(hint: float) -> None:
    """A pause is never nothing, whatever a server proposes."""
    assert poll_pause((2.0,), 0, hint) == 0.05
    assert poll_pause((0.0,), 0) == 0.05


@pytest.mark.parametrize(("hint", "pause"), [(7.5, 7.5), (0.0, 2.0), (None, 2.0)])
def test_a_hint_replaces_the_schedule(hint: float | None, pause: float) -> None:
    """The plugin knows better where its provider says so."""
    assert poll_pause((2.0,), 0, hint) == pause


def test_backoff_doubles_up_to_a_minute() -> None:
    """1, 2, 4, … 60 seconds."""
    pauses = [backoff(failures, 0.0) for failures in (1, 2, 3, 6, 7, 5000)]
    assert pauses == [1.0, 2.0, 4.0, 32.0, 60.0, 60.0]


@given(st.integers(1, 100), st.floats(0, 1))
@SAME_EVERY_TIME
def test_jitter_takes_off_at_most_half(failures: int, jitter: float) -> None:
    """Many clients do not come back at once, and none comes back at once."""
    full = backoff(failures, 0.0)
    assert full / 2 <= backoff(failures, jitter) <= full


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("601", 600.0),
        ("9" * 5000, 600.0),
        ("1.5", 1.5),
        ("2.", 2.0),
        ("2, 30", 30.0),
        ("30,2", 30.0),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=3), usegmt=True), 600.0),
        ("Fri, 20 Nov 2026 12:00:30", 30.0),
        ("Friday, 20-Nov-26 12:00:30 GMT", 30.0),
        ("Fri Nov 20 12:00:30 2026", 30.0),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(value: str, seconds: float) -> None:
    """Both forms of RFC 9110, and the dates of its ancestors."""
    assert retry_after((("retry-AFTER", value),), NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-5",
        ".5",
        "1.5.2",
        "1e3",
        "2, soon",
        "inf",
        "nan",
        "\u0663",
        "Mon, 99 Nov 2026",
        "1 Nov 99999999999 00:00:00 GMT",
    ],
)
def test_a_retry_after_that_says_nothing_is_none(value: str) -> None:
    """What no document describes is not guessed at."""
    assert retry_after((("Retry-After", value),), NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("Retry-After", "2"), ("retry-after", "30")), 30.0),
        ((("retry-after-ms", "1500"),), 1.5),
        ((("Retry-After", "7"), ("Retry-After-Ms", "250.5")), 0.2505),
        ((("Retry-After", "7"), ("Retry-After-Ms", "soon")), 7.0),
        ((("Retry-After-Ms", "9" * 400),), 600.0),
    ],
)
def test_the_most_exact_and_the_longest_wait_counts(
    headers: tuple[tuple[str, str], ...], seconds: float
) -> None:
    """A gateway and a server may each say one."""
    assert retry_after(headers, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1), timedelta(0)])
def test_a_date_is_compared_with_the_answers_own(wrong: timedelta) -> None:
    """A clock that goes an hour wrong waits no minute more, and none less."""
    theirs = NOW + wrong
    headers = (
        ("Date", format_datetime(theirs, usegmt=True)),
        ("Retry-After", format_datetime(theirs + timedelta(seconds=5), usegmt=True)),
    )
    assert retry_after(headers, NOW) == 5.0


def test_a_date_that_is_none_leaves_our_own_clock() -> None:
    """Better than nothing."""
    later = format_datetime(NOW + timedelta(seconds=5), usegmt=True)
    assert retry_after((("Date", "yesterday"), ("Retry-After", later)), NOW) == 5.0


def test_no_header_is_none() -> None:
    """Most answers have none."""
    assert retry_after((), NOW) is None


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]\d+"))
@SAME_EVERY_TIME
def test_any_retry_after_is_a_bounded_wait_or_none(value: str) -> None:
    """No header ends the flow."""
    found = retry_after((("Retry-After", value),), NOW)
    assert found is None or 0.0 <= found <= 600.0


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(None, 0.0), (-1.0, 0.0), (5.0, 5.0), (1e18, 600.0), (math.inf, 600.0), (math.nan, 0.0)],
)
def test_a_server_is_believed_up_to_ten_minutes(asked: float | None, wait: float) -> None:
    """A wait is a number that can be slept."""
    assert believed(asked) == wait
