"""When to ask again: pure arithmetic on a clock that is passed in. All times are seconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from tintype.messages import Headers, find_header

# Retries of one exchange: the first pause, its growth, and the longest; what a look proposes is
# believed up to there, too, or one odd number would put the next look off to the deadline.
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_MAX_DOUBLINGS = 10
# A server that asks for more than this is believed up to here, and asked again.
_LONGEST_RETRY_AFTER = 600.0
_SHORTEST_POLL = 0.05


@frozen(kw_only=True)
class Clock:
    """What time it is: `monotonic` in seconds for deadlines, `now` for records."""

    monotonic: Callable[[], float]
    now: Callable[[], datetime]


def poll_pause(schedule: tuple[float, ...], looks: int, hint: float | None = None) -> float:
    """The pause before the next look at a task, after so many looks.

    Args:
        schedule: The pauses; the last one repeats.
        looks: How often the task was looked at.
        hint: What the plugin proposes instead, at most a minute, or None or 0.
    """
    # In this order NaN, too, comes to the shortest pause.
    proposed = min(hint, _LONGEST_PAUSE) if hint else schedule[min(looks, len(schedule) - 1)]
    return max(_SHORTEST_POLL, proposed)


def backoff(failures: int, jitter: float) -> float:
    """The pause after so many failures in a row: doubling, with up to half of it taken off.

    Args:
        failures: 1 for the first.
        jitter: From 0 to 1, so that many clients do not come back at once.
    """
    pause = _FIRST_PAUSE * 2.0 ** min(failures - 1, _MAX_DOUBLINGS)
    return min(pause, _LONGEST_PAUSE) * (1 - jitter / 2)


def retry_after(headers: Headers, now: datetime) -> float | None:
    """How long an answer asks to wait: the longest, where it says so several times; or None.

    `retry-after-ms` comes first, which is more exact; then `Retry-After` (RFC 9110, 10.2.3:
    seconds, which some write with a fraction, or a date). A date is compared with the answer's
    own `Date`: the two come from one clock, and ours may go wrong.
    """
    exact = [_number(each) for each in _listed(headers, "retry-after-ms")]
    asked = [ms / 1000 for ms in exact if ms is not None]
    if not asked:
        asked = [
            seconds
            for name, value in headers
            if name.lower() == "retry-after" and (seconds := _wait(value, headers, now)) is not None
        ]
    return believed(max(asked)) if asked else None


def _listed(headers: Headers, name: str) -> list[str]:
    return [each for key, value in headers if key.lower() == name for each in value.split(",")]


def _wait(value: str, headers: Headers, now: datetime) -> float | None:
    numbers = [_number(each) for each in value.split(",")]
    if told := [each for each in numbers if each is not None]:
        return max(told) if len(told) == len(numbers) else None
    moment = _moment(value)
    if moment is None:
        return None
    return (moment - (_moment(find_header(headers, "date") or "") or now)).total_seconds()


def _number(value: str) -> float | None:
    # So many digits mean "not soon" anyway.
    found = _NUMBER.fullmatch(value[:_LONGEST_VALUE].strip())
    return float(found[0]) if found else None


def _moment(value: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - rare, and slow to import

    try:
        moment = parsedate_to_datetime(value[:_LONGEST_VALUE])
    except (ValueError, OverflowError):  # no date, or a year that no date has
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_LONGEST_VALUE = 100


def believed(asked: float | None) -> float:
    """The wait a server asks for, as far as it is believed; 0 where it asks for none."""
    # In this order NaN, too, comes to 0.
    return min(max(0.0, asked or 0.0), _LONGEST_RETRY_AFTER)
