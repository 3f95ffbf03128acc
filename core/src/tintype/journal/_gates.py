"""The gates of accounts, as all processes that share a journal have them.

What the other processes do stands in their rows: when a submission was begun, and what of it is in
flight. Only a pause, which everyone was told to make, has a row of its own. What is told of times
that nobody could mean yet was written by a clock that was wrong, and keeps nobody.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import MutableMapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from tintype._pacing import believed
from tintype.account import Limits, Rate
from tintype.entries import Intent
from tintype.errors import GateError
from tintype.journal._lives import Lives
from tintype.journal._tables import Statement, gate, submission

_LOOK = 1.0  # seconds from one look for a pause to the next, where nothing else is asked
_AGAIN = 0.3  # seconds until others' tasks may have ended
_LOST = 3600.0  # seconds: a task that is in flight for longer is in nobody's way

_LONGEST = believed(math.inf)  # seconds that any pause may take

_PAUSE = sa.select(gate.c.shut_until).where(gate.c.provider == sa.bindparam("provider"))
_SHUT = Statement(
    sa.text(
        "INSERT INTO gate (provider, shut_until) VALUES (:provider, :shut_until) "
        "ON CONFLICT (provider) DO UPDATE SET shut_until = excluded.shut_until "
        "WHERE gate.shut_until < excluded.shut_until OR gate.shut_until > :latest"
    ).bindparams(
        sa.bindparam("latest", type_=gate.c.shut_until.type),
        *(sa.bindparam(each.name, type_=each.type) for each in gate.c),
    )
)
_BEGUN = (
    sa.select(submission.c.created_at)
    .where(
        submission.c.provider == sa.bindparam("provider"),
        submission.c.created_at > sa.bindparam("since"),
        submission.c.created_at < sa.bindparam("until"),
    )
    .order_by(submission.c.created_at.desc())
    .limit(1)
    .offset(sa.bindparam("behind"))
)
_INSIDE = (
    sa.select(submission.c.owner, sa.func.count())
    .where(
        submission.c.unfinished,
        submission.c.provider == sa.bindparam("provider"),
        submission.c.created_at > sa.bindparam("since"),
        submission.c.owner.not_in(["", sa.bindparam("me")]),
        sa.or_(submission.c.outcome.is_(None), submission.c.state == "running"),
    )
    .group_by(submission.c.owner)
)


class Gates:
    """Whether submissions may leave by now, as one transaction sees it.

    Args:
        lives: The processes that live, and the transaction.
        looked: When it was last asked whether there is a pause, by provider.
    """

    def __init__(self, lives: Lives, looked: MutableMapping[str, float]) -> None:
        self._connection = lives.connection
        self._me = lives.me
        self._lives = lives
        self._looked = looked
        self._begun: Counter[str] = Counter()
        self._shut: dict[str, tuple[str, str]] = {}

    def check(self, intent: Intent, at: datetime) -> None:
        """Count a submission that is about to leave.

        Raises:
            GateError: It is other processes' turn.
        """
        self._check_pause(intent, at)
        if intent.limits is not None:
            wait = max(self._too_soon(intent, at), self._too_many(intent, at))
            if wait > 0:
                raise _refusal(intent, wait, f"{intent.limits} of it, for all who share a journal")
        self._begun[intent.provider] += 1

    def pause(self, provider: str, at: datetime, seconds: float) -> None:
        """Have everyone wait who shares the journal."""
        told = _written(at, seconds), _written(at, _LONGEST)
        self._shut[provider] = max(self._shut.get(provider, ("", "")), told)

    def write(self) -> None:
        """Write the pauses down, in one order, so that nobody waits in a circle."""
        _SHUT.execute(
            self._connection,
            (
                {"provider": name, "shut_until": until, "latest": latest}
                for name, (until, latest) in sorted(self._shut.items())
            ),
        )

    def _check_pause(self, intent: Intent, at: datetime) -> None:
        now, name = time.monotonic(), intent.provider
        if intent.limits is None and now - self._looked.get(name, -_LOOK) < _LOOK:
            return
        self._looked[name] = now
        until = self._connection.execute(_PAUSE, {"provider": name}).scalar()
        wait = (datetime.fromisoformat(until) - at).total_seconds() if until else 0.0
        if 0 < wait <= _LONGEST:
            del self._looked[name]  # whoever comes next is to know, too
            raise _refusal(intent, wait, "another process was told to slow down")

    def _too_soon(self, intent: Intent, at: datetime) -> float:
        """Seconds until the rate lets one more through."""
        rate = (intent.limits or Limits()).rate
        if rate is None:
            return 0.0
        behind = rate.count - 1 - self._begun[intent.provider]
        if behind < 0:  # all of them in this very transaction
            return rate.span
        return self._since_begun(intent.provider, rate, behind, at)

    def _since_begun(self, provider: str, rate: Rate, behind: int, at: datetime) -> float:
        since, until = _written(at, -rate.span), _written(at, rate.span)
        asked = {"provider": provider, "since": since, "until": until, "behind": behind}
        found = self._connection.execute(_BEGUN, asked).scalar()
        if found is None:
            return 0.0
        left = rate.span - (at - datetime.fromisoformat(found)).total_seconds()
        return min(max(left, 0.0), rate.span)  # another machine's clock may be ahead

    def _too_many(self, intent: Intent, at: datetime) -> float:
        """Seconds until others' tasks may have ended."""
        most = (intent.limits or Limits()).concurrency
        if most is None:
            return 0.0
        since = _written(at, -_LOST)
        asked = {"provider": intent.provider, "since": since, "me": self._me}
        others = sum(
            count
            for owner, count in self._connection.execute(_INSIDE, asked)
            if not self._lives.may_be_taken(owner, by_name=False)
        )
        return _AGAIN if others + intent.inside > most else 0.0


def _written(at: datetime, seconds: float) -> str:
    """A time so many seconds behind another, as it stands in the journal."""
    return (at + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def _refusal(intent: Intent, wait: float, why: str) -> GateError:
    msg = f"Other processes have their turn: {why}. Nothing was sent."
    return GateError(msg, retry_after=wait, provider=intent.provider)
