"""One gate for all processes that share a journal, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.databases import Place
from tests.core.loopback import Fault, Loopback, Recorded, said
from tests.core.pictures import PNG, in_base64

from tintype import Account, AsyncClient, Billed, Client, ImageRequest, Outcome
from tintype.account import Limits, Rate
from tintype.entries import Intent, Paused, Settled
from tintype.errors import GateError
from tintype.journal._sql import SqlJournal

ROOT = Path(__file__).parents[2]
CREATE = "POST /v1/pictures"
DONE = {"state": "done", "picture": in_base64(PNG)}
ASKED = Intent(provider="easel", request=ImageRequest(prompt="a red panda", model="oil-1"))

# So many calls at once, by threads or by tasks; it tells how they ended.
PROCESS = """
import asyncio, json, sys
from concurrent.futures import ThreadPoolExecutor
from tests.core import easel
from tintype import Account, AsyncClient, Client, ImageRequest
from tintype.account import Rate
kind, calls, place, url, limits = sys.argv[1:]
calls, limits = int(calls), json.loads(limits)
if "rate" in limits:
    limits["rate"] = Rate(*limits["rate"])
account = Account(provider="easel", key="key-of-mine", base_url=url, **limits)
options = {"plugins": {"easel": easel}, "journal": place, "environ": {}, "seed": calls}
asked = ImageRequest(prompt="a red panda")
print("ready", flush=True)
sys.stdin.readline()
if kind == "sync":
    with Client(account, **options) as client, ThreadPoolExecutor(calls) as pool:
        def one(_):
            try:
                client.generate(asked, provider="easel")
            except Exception as error:
                return repr(error)
        ends = list(pool.map(one, range(calls)))
else:
    async def all_of_them():
        async with AsyncClient(account, **options) as client:
            calling = [client.generate(asked, provider="easel") for _ in range(calls)]
            return await asyncio.gather(*calling, return_exceptions=True)
    ends = [repr(e) if isinstance(e, Exception) else None for e in asyncio.run(all_of_them())]
print(json.dumps([each for each in ends if each]))
"""


def started(
    kind: str, calls: int, place: Place, url: str, **limits: object
) -> subprocess.Popen[str]:
    """A process that is ready to make so many calls."""
    arguments = [kind, str(calls), str(place), url, json.dumps(limits)]
    made = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", PROCESS, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def went(*processes: subprocess.Popen[str]) -> list[str]:
    """What went wrong in processes that begin at once."""
    with ThreadPoolExecutor(len(processes)) as pool:
        told = list(pool.map(lambda each: each.communicate("go\n", timeout=120)[0], processes))
    return [error for each in told for error in json.loads(each)]


class Turnstile:
    """A provider that draws so many pictures in any span of time, and refuses the rest."""

    def __init__(self, most: int, seconds: float) -> None:
        self.times: list[float] = []
        self.refused = 0
        self._most, self._seconds = most, seconds
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def __call__(self, _: Recorded) -> bytes:
        """A picture, or 429."""
        with self._lock:
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - self._seconds:
                self._recent.popleft()
            if len(self._recent) >= self._most:
                self.refused += 1
                return said({"why": "slow"}, status=429, headers=[("Retry-After", "0.5")])
            self._recent.append(now)
            self.times.append(now)
            return said({"id": f"p{len(self.times)}", **DONE})


def test_two_processes_share_a_rate(server: Loopback, place: Place) -> None:
    """Each has twelve calls at once; the provider lets five through in a span, and refuses few."""
    provider = Turnstile(5, 0.5)
    server.on(CREATE, *[provider] * 200)
    two = [started(kind, 12, place, server.url, rate=[5, 0.5]) for kind in ("sync", "async")]
    assert went(*two) == []
    assert len(provider.times) == 24
    assert provider.refused < 10


def counted(server: Loopback, tasks: int) -> list[int]:
    """How many tasks are in flight whenever one more is submitted, of so many that are to come."""
    running: set[str] = set()
    inside: list[int] = []

    def create(_: Recorded) -> bytes:
        name = f"p{len(inside)}"
        running.add(name)
        inside.append(len(running))
        return said({"id": name, "state": "drawing"})

    def look(request: Recorded) -> bytes:
        name = request.target.rpartition("/")[2]
        running.discard(name)
        return said({"id": name, **DONE})

    server.on(CREATE, *[create] * tasks)
    for number in range(tasks):
        server.on(f"GET /v1/pictures/p{number}", look)
    return inside


def test_two_processes_share_how_many_tasks_may_be_in_flight(
    server: Loopback, place: Place
) -> None:
    """Three at a time, whichever process they are of."""
    inside = counted(server, 16)
    two = [started(kind, 8, place, server.url, concurrency=3) for kind in ("sync", "async")]
    assert went(*two) == []
    assert len(inside) == 16
    assert max(inside) <= 3


def test_the_places_of_a_process_that_was_killed_are_free(server: Loopback, place: Place) -> None:
    """It had the only one, and left its submission open."""
    server.on(CREATE, Fault.STALL, said({"id": "p2", **DONE}))
    holder = started("sync", 1, place, server.url, concurrency=1)
    assert holder.stdin is not None
    holder.stdin.write("go\n")
    holder.stdin.flush()
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.02)
    waiter = started("sync", 1, place, server.url, concurrency=1)
    assert waiter.stdin is not None
    waiter.stdin.write("go\n")
    waiter.stdin.flush()
    time.sleep(1.0)
    assert len(server.requests) == 1
    holder.kill()
    holder.communicate()
    assert json.loads(waiter.communicate(timeout=60)[0]) == []
    assert len(server.requests) == 2


def test_clients_of_one_process_share_a_gate_by_their_journal(
    server: Loopback, place: Place
) -> None:
    """A sync and an async one have one place among them, however each opened the journal."""
    inside = counted(server, 12)
    account = Account(provider="easel", key=KEY, base_url=server.url, concurrency=1)
    options = {"plugins": {"easel": easel}, "journal": str(place), "environ": {}}

    async def awaited() -> None:
        async with AsyncClient(account, **options) as client:
            calls = [client.generate(ASKED.request, provider="easel") for _ in range(6)]
            await asyncio.gather(*calls)

    with Client(account, **options) as client, ThreadPoolExecutor(7) as pool:
        others = pool.submit(asyncio.run, awaited())
        calls = [pool.submit(client.generate, ASKED.request, provider="easel") for _ in range(6)]
        for each in (others, *calls):
            each.result(60)
    assert len(inside) == 12
    assert max(inside) == 1


def test_a_pause_of_one_client_is_that_of_another_of_its_journal(
    connect: Connect, server: Loopback, place: Place
) -> None:
    """The second is told before it sends anything, and not where it has a journal of its own."""
    slow = said({"why": "slow down"}, status=429, headers=[("Retry-After", "99")])
    server.on(CREATE, slow, said({"id": "p1", **DONE}))
    account = Account(provider="easel", key=KEY, base_url=server.url)
    options = {"plugins": {"easel": easel}, "task_timeout": 30.0}
    for _ in range(2):
        client = connect(account, journal=str(place), **options)
        with pytest.raises(GateError, match="slow down"):
            client.generate(ASKED.request, provider="easel")
    assert len(server.requests) == 1
    assert connect(account, **options).generate(ASKED.request, provider="easel").images


# ------------------------------------------------------------------------- the journal


def refusal(journal: SqlJournal, intent: Intent) -> float:
    """How long an intent is to wait; nothing was written of it."""
    before = len(journal.records())
    with pytest.raises(GateError, match="Nothing was sent") as caught:
        journal.record(intent).result()
    assert caught.value.billed is Billed.NO
    assert len(journal.records()) == before
    return caught.value.retry_after or 0.0


def test_a_journal_lets_no_more_through_than_the_rate(journal: SqlJournal) -> None:
    """It counts what was begun, whoever began it and however it ended."""
    intent = evolve(ASKED, limits=Limits(rate=Rate(2, 60.0)))
    journal.record(ASKED).result()
    record = journal.record(intent).result()
    assert 50 < refusal(journal, intent) <= 61
    journal.record(
        Settled(record=record, outcome=Outcome.NOT_SENT, billed=Billed.NO, reason="no")
    ).result()
    assert 50 < refusal(journal, intent) <= 61
    journal.record(evolve(intent, provider="acme")).result()


def test_of_entries_that_are_written_together_no_more_are_let_through(journal: SqlJournal) -> None:
    """They come to the database in one transaction, perhaps."""
    intent = evolve(ASKED, limits=Limits(rate=Rate(3, 60.0)))
    told = [journal.record(intent) for _ in range(20)]
    assert sum(each.exception() is None for each in told) == 3


def test_a_pause_is_everyones(place: Place, journal: SqlJournal) -> None:
    """Also where nobody knows a limit; it ends, and a shorter one does not cut it short."""
    other = SqlJournal(place, least_free=0)
    record = journal.record(ASKED).result()
    slow = Settled(record=record, outcome=Outcome.REJECTED, billed=Billed.NO, reason="slow")
    journal.record(evolve(slow, pause=40.0)).result()
    journal.record(evolve(slow, pause=1.0)).result()
    assert 30 < refusal(other, ASKED) <= 40
    assert 30 < refusal(other, evolve(ASKED, limits=Limits(rate=Rate(99, 1.0)))) <= 40
    other.record(evolve(ASKED, provider="acme")).result()
    other.close()
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="microseconds")
    place.rows("UPDATE gate SET shut_until = :past", past=past)
    late = SqlJournal(place, least_free=0)
    late.record(ASKED).result()
    late.close()


def test_a_clock_that_was_set_back_keeps_nobody(place: Place, journal: SqlJournal) -> None:
    """What stands in the journal for tomorrow was written by a clock that was wrong."""
    intent = evolve(ASKED, limits=Limits(rate=Rate(1, 60.0)))
    record = journal.record(intent).result()
    slow = Settled(record=record, outcome=Outcome.REJECTED, billed=Billed.NO, reason="slow")
    journal.record(evolve(slow, pause=40.0)).result()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="microseconds")
    place.rows("UPDATE gate SET shut_until = :at", at=tomorrow)
    place.rows("UPDATE submission SET created_at = :at", at=tomorrow)
    late = SqlJournal(place, least_free=0)
    other = late.record(intent).result()
    late.record(evolve(slow, record=other, pause=40.0)).result()
    assert 30 < refusal(journal, evolve(ASKED, limits=Limits(rate=Rate(99, 1.0)))) <= 40
    late.close()


def test_a_refused_question_pauses_others_submissions(place: Place, journal: SqlJournal) -> None:
    """It is of no record, and nothing stands in the journal but how long it is."""
    other = SqlJournal(place, least_free=0)
    assert journal.record(Paused(provider="easel", seconds=40.0)).result() == ""
    assert 30 < refusal(other, ASKED) <= 40
    assert journal.records() == []
    other.close()


def test_tasks_of_other_processes_are_in_flight_as_long_as_those_live(
    place: Place, journal: SqlJournal
) -> None:
    """One that lost its process is in nobody's way, nor one that began an hour ago."""
    intent = evolve(ASKED, limits=Limits(concurrency=1), inside=1)
    record = journal.record(ASKED).result()
    journal.record(intent).result()
    mine = place.rows("SELECT owner FROM submission WHERE record = :record", record=record)[0][0]
    elsewhere = f"another machine|{str(mine).partition('|')[2]}"
    place.rows("UPDATE submission SET owner = :owner", owner=elsewhere)
    assert refusal(journal, intent) < 1
    place.rows("UPDATE submission SET owner = :owner", owner=f"{mine}-gone")
    journal.record(intent).result()
    long_ago = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="microseconds")
    place.rows(
        "UPDATE submission SET owner = :owner, created_at = :at", owner=elsewhere, at=long_ago
    )
    journal.record(intent).result()
