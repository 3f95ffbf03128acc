"""When to ask again: pure arithmetic on a clock that is passed in. All times are seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from tintype.messages import Headers, find_header

# Retries of one exchange: the first pause, its growth, and the longest.
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_MOST_DOUBLINGS = 10
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
        hint: What the plugin proposes instead, or None or 0.
    """
    # In this order NaN, too, comes to the shortest pause.
    return max(_SHORTEST_POLL, hint or schedule[min(looks, len(schedule) - 1)])


def backoff(failures: int, jitter: float) -> float:
    """The pause after so many failures in a row: doubling, with up to half of it taken off.

    Args:
        failures: 1 for the first.
        jitter: From 0 to 1, so that many clients do not come back at once.
    """
    pause = _FIRST_PAUSE * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    return min(pause, _LONGEST_PAUSE) * (1 - jitter / 2)


def retry_after(headers: Headers, now: datetime) -> float | None:
    """What a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), or None."""
    value = (find_header(headers, "retry-after") or "").strip()
    if value.isascii() and value.isdecimal():
        # int() refuses very long numbers; so many digits mean "not soon" anyway.
        return believed(float(value[:9]))
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - rare, and slow to import

    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # no date, or a year that no date has
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return believed((moment - now).total_seconds())


def believed(asked: float | None) -> float:
    """The wait a server asks for, as far as it is believed; 0 where it asks for none."""
    # In this order NaN, too, comes to 0.
    return min(max(0.0, asked or 0.0), _LONGEST_RETRY_AFTER)
