"""Which processes live, for those that cannot see them: on other machines, in other containers.

Whoever follows anything says so every `BEAT` seconds, by the clock of the database. Who was silent
for `LEASE` has left it. Where a process was only held up, it finds that out before it sends: no
intent is written beside what others have begun under its key (`_batch`).
"""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tintype.journal._owner import may_be_taken
from tintype.journal._tables import call, life, submission, upsert

BEAT = 15.0  # seconds
LEASE = 60  # seconds

_NOW = {
    "sqlite": sa.cast(sa.func.strftime("%s", "now"), sa.BigInteger),
    "postgresql": sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.BigInteger),
}
_FOLLOWS = (
    sa.select(submission.c.record)
    .where(submission.c.unfinished, submission.c.owner == sa.bindparam("owner"))
    .limit(1)
)


# Nobody misses who follows nothing; who lives says so again before long.
_IDLE = life.delete().where(
    life.c.owner.not_in(sa.select(submission.c.owner).where(submission.c.unfinished)),
    life.c.owner.not_in(sa.select(call.c.owner)),
)


def forget_lives(connection: Connection) -> None:
    """Forget the processes that follow nothing."""
    connection.execute(_IDLE)


class Pulse:
    """When this process last said that it lives."""

    def __init__(self) -> None:
        self._said = -BEAT

    def is_due(self) -> bool:
        """Whether it is to say so."""
        return time.monotonic() - self._said >= BEAT

    def beat(self, lives: Lives) -> None:
        """Have it say so in a transaction, where that is due."""
        if self.is_due():
            lives.say()
            self._said = time.monotonic()


class Lives:
    """The processes that live, as one transaction sees them.

    Attributes:
        connection: Where the transaction is.
        me: This process.
    """

    def __init__(self, connection: Connection, me: str) -> None:
        self.connection = connection
        self.me = me
        self._silent: dict[str, bool] = {}
        self._now = _NOW[connection.dialect.name]

    def say(self) -> None:
        """Write down that this process lives."""
        insert = upsert(self.connection, life).values(owner=self.me, seen=self._now)
        self.connection.execute(
            insert.on_conflict_do_update(index_elements=["owner"], set_={"seen": self._now})
        )

    def follows(self) -> bool:
        """Whether this process is at work on a record."""
        return self.connection.execute(_FOLLOWS, {"owner": self.me}).first() is not None

    def may_be_taken(self, owner: str, *, by_name: bool) -> bool:
        """Whether what `owner` followed may be followed by another process.

        Of one that cannot be seen from here a person may say so, who names the record, or its
        silence does.
        """
        if may_be_taken(owner, by_name=False):
            return True
        is_elsewhere = may_be_taken(owner, by_name=True)
        return is_elsewhere and (by_name or self._is_silent(owner))

    def _is_silent(self, owner: str) -> bool:
        """Whether it was not heard of for too long. Of an earlier version nothing ever is."""
        if owner not in self._silent:
            silence = sa.select(self._now - life.c.seen).where(life.c.owner == owner)
            found = self.connection.execute(silence).scalar()
            self._silent[owner] = found is not None and int(found) > LEASE
        return self._silent[owner]
