"""A journal's database that breaks, hangs or is new to everybody at once, and odd words in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool
from tests.core.databases import Cluster, Place
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import PNG, in_base64

from tintype import Billed, Client, Image, ImageRequest, Outcome, Task, TaskState
from tintype.entries import Intent, Saved, Settled, Snapshot
from tintype.errors import JournalError
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal

Artist = Callable[..., Client]

ROOT = Path(__file__).parents[2]
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})

# Nobody else's connections: the tests of this file may run beside others' on the same server.
_OURS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

only_postgresql = pytest.mark.parametrize("place", ["postgresql"], indirect=True)


def backends(place: Place) -> list[int]:
    """The server's processes that serve this database's connections."""
    return [int(str(pid)) for (pid,) in place.rows(f"SELECT pid {_OURS}")]


@contextmanager
def hanging(place: Place) -> Iterator[None]:
    """Whoever is connected by now is not answered."""
    stopped = backends(place)
    assert stopped
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


# ------------------------------------------------------------------------- what is written


@pytest.mark.parametrize(
    "name",
    ["p" * 100_000, "p\x001", "p\ud8001", "\x00", "é漢😀", "p\\u0000"],
    ids=["long", "nul", "surrogate", "only-nul", "unicode", "escape"],
)
def test_a_task_is_found_by_any_name_that_a_provider_gives_it(
    journal: SqlJournal, name: str
) -> None:
    """An id has any length and any characters, and the task comes back as it was."""
    record = journal.record(Intent(provider="easel", request=REQUEST)).result()
    given = Task(provider="easel", id=name, record=record, raw={"words": name})
    journal.record(Snapshot(task=given)).result()
    found = journal.find("easel", name)
    assert found is not None
    assert (found.id, found.task) == (record, given)
    assert journal.find("easel", f"{name}x") is None


@pytest.mark.parametrize("odd", ["no\x00paint", "no \udcffpaint", "w" * 5000])
def test_any_words_of_a_provider_are_kept(journal: SqlJournal, odd: str) -> None:
    """A reason, a name and a file's name are read as they were written."""
    record = journal.record(Intent(provider=odd, request=REQUEST)).result()
    settled = Settled(record=record, outcome=Outcome.REJECTED, billed=Billed.NO, reason=odd)
    for each in (settled, Saved(record=record, index=0, path=f"/x/{odd}", digest="", done=False)):
        journal.record(each).result()
    (line,) = journal.records([record])
    assert (line.reason, line.provider) == (odd, odd)
    assert line.saved[0].path == f"/x/{odd}"


# ------------------------------------------------------------------- many, and all at once

OPENS = """
import sys
from tintype import ImageRequest
from tintype.entries import Intent
from tintype.journal._sql import SqlJournal
sys.stdin.readline()
journal = SqlJournal(sys.argv[1])
print(journal.record(Intent(provider="easel", request=ImageRequest(prompt="p"))).result())
journal.close()
"""

BUYS = """
import sys
from decimal import Decimal
from tintype import Budget, ImageRequest, Quote
from tintype.entries import Intent
from tintype.errors import BudgetError
from tintype.journal._sql import SqlJournal
journal = SqlJournal(sys.argv[1])
price = Decimal("0.05")
asked = Intent(provider="easel", request=ImageRequest(prompt="p"),
               quote=Quote(low=price, high=price), budgets=(Budget(usd="1"),))
sys.stdin.readline()
bought = [journal.record(asked) for _ in range(10)]
print(sum(each.exception() is None for each in bought))
assert all(isinstance(each.exception(), BudgetError | None) for each in bought)
journal.close()
"""


def eight(code: str, place: Place) -> list[str]:
    """What eight processes say that begin at once."""
    jobs = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", code, str(place)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda job: job.communicate("go\n", timeout=120), jobs))
    assert [job.returncode for job in jobs] == [0] * 8, told
    return [out.strip() for out, _ in told]


def test_eight_workers_may_be_the_first_at_once(place: Place) -> None:
    """One makes the tables, the others find them made."""
    assert len(set(eight(OPENS, place))) == 8
    assert place.rows("SELECT count(*) FROM submission") == [(8,)]


def test_a_budget_is_exact_over_eight_processes(place: Place) -> None:
    """Eighty of $0.05 are asked for, and a dollar pays for twenty."""
    SqlJournal(place).close()
    assert sum(map(int, eight(BUYS, place))) == 20


# ------------------------------------------------------------------ connections that break


@only_postgresql
def test_a_connection_that_is_dropped_while_a_provider_draws_loses_nothing(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """The picture is in the spool and in the journal: it is written on a new connection."""

    def create(_: Recorded) -> bytes:
        place.rows(f"SELECT pg_terminate_backend(pid) {_OURS}")
        return DONE

    server.on(CREATE, create)
    drawn = artist(journal=journal).generate(REQUEST, provider="easel")
    assert [notice for task in drawn.tasks for notice in task.notices] == []
    (line,) = journal.records()
    assert (line.outcome, line.unsaved) == (Outcome.ACCEPTED, (0,))
    assert [path.read_bytes() for path in place.spool.iterdir()] == [PNG]


@only_postgresql
def test_an_intent_whose_commit_is_not_heard_of_is_reserved_once(
    journal: SqlJournal, place: Place
) -> None:
    """It is written again with the id it had, and finds itself there."""
    intent = Intent(provider="easel", request=REQUEST, record="0" * 28)
    assert [journal.record(intent).result() for _ in range(2)] == ["0" * 28] * 2
    assert place.rows("SELECT count(*) FROM submission") == [(1,)]


@only_postgresql
@pytest.mark.parametrize("when", ["before", "while"])
def test_a_database_that_hangs_is_waited_for_as_long_as_an_answer(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, when: str
) -> None:
    """An intent that cannot be written sends nothing; a picture is given with a notice."""
    client = artist(journal=journal, request_timeout=1.0)
    if when == "before":
        with hanging(place), pytest.raises(JournalError) as caught:
            client.generate(REQUEST, provider="easel")
        assert caught.value.billed is Billed.NO
        assert server.requests == []
        # What was given up is undone once the database goes on: nothing stays reserved.
        journal.record(Intent(provider="easel", request=REQUEST)).result()
        journal.close()
        outcomes = place.rows("SELECT outcome FROM submission ORDER BY record")
        assert [each for (each,) in outcomes][:-1] in ([], [Outcome.NOT_SENT.value])
        return
    with hanging_on(place, server):
        drawn = client.generate(REQUEST, provider="easel")
    assert drawn.images[0].data == PNG
    assert {notice.field for task in drawn.tasks for notice in task.notices} == {"journal"}
    assert [path.read_bytes() for path in place.spool.iterdir()] == [PNG]


@contextmanager
def hanging_on(place: Place, server: Loopback) -> Iterator[None]:
    """The database hangs from when the provider draws."""
    stopped: list[int] = []

    def create(_: Recorded) -> bytes:
        stopped.extend(backends(place))
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        return DONE

    server.on(CREATE, create)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


@only_postgresql
def test_a_server_that_is_silent_is_cut_off_and_asked_again(place: Place) -> None:
    """A question does not wait for ever: a new connection is opened for it."""
    journal = SqlJournal(place, busy_seconds=1)
    journal.record(Intent(provider="easel", request=REQUEST)).result()
    with hanging(place):
        assert len(journal.records()) == 1
    journal.close()


# ------------------------------------------------------------------- who may read, and what


def test_a_journal_is_its_owners_alone(file: Path) -> None:
    """Database and spool, whatever the umask was, and also what was open to others."""
    before = os.umask(0)
    try:
        journal = SqlJournal(file)
        record = journal.record(Intent(provider="easel", request=REQUEST)).result()
        done = Task(
            provider="easel", state=TaskState.SUCCEEDED, images=(Image(data=PNG),), record=record
        )
        journal.record(Snapshot(task=done)).result()
        modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}
        journal.close()
        file.chmod(0o644)
        Path(f"{file}.spool").chmod(0o755)
        again = SqlJournal(file)
        again.record(Snapshot(task=done)).result()
        again.close()
    finally:
        os.umask(before)
    assert modes == {
        "journal.db": 0o600,
        "journal.db-wal": 0o600,
        "journal.db-shm": 0o600,
        "journal.db.spool": 0o700,
    }
    assert (file.stat().st_mode & 0o777, Path(f"{file}.spool").stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )


def test_a_symbolic_link_in_the_spool_is_neither_read_nor_written_through(
    file: Path, tmp_path: Path
) -> None:
    """What stands elsewhere is no picture of ours, and stays as it is."""
    other = tmp_path / "other"
    other.write_bytes(b"private")
    journal = SqlJournal(file)
    record = journal.record(Intent(provider="easel", request=REQUEST)).result()
    spool = Path(f"{file}.spool")
    spool.mkdir()
    (spool / f"{record}-0").symlink_to(other)
    (spool / f"{record}-1").symlink_to(other)
    (spool / f"{record}.answer").symlink_to(other)
    done = Task(
        provider="easel", state=TaskState.SUCCEEDED, images=(Image(data=PNG),), record=record
    )
    two = Image(index=1)
    journal.record(Snapshot(task=done)).result()
    assert other.read_bytes() == b"private"
    (line,) = journal.records()
    assert ([Path(each).read_bytes() for each in line.spooled.values()], line.unread) == ([PNG], ())
    both = Task(
        provider="easel", state=TaskState.SUCCEEDED, images=(*done.images, two), record=record
    )
    journal.record(Snapshot(task=both)).result()
    (line,) = journal.records()
    assert list(line.spooled) == [0]
    journal.close()


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_journal_that_is_deleted_under_a_client_is_noticed_before_money_is_spent(
    artist: Artist,
    server: Loopback,
    file: Path,
    replaced: bool,  # noqa: FBT001 - a parameter
) -> None:
    """What is written to a deleted file nobody would find."""
    client = artist(journal=file)
    server.on(CREATE, DONE)
    client.generate(REQUEST, provider="easel")
    if replaced:
        SqlJournal(file.with_name("new.db")).close()
        file.with_name("new.db").replace(file)
    else:
        file.unlink()
    with pytest.raises(JournalError, match="deleted or replaced") as caught:
        client.generate(REQUEST, provider="easel")
    assert caught.value.billed is Billed.NO
    assert server.lines() == [CREATE]


# ----------------------------------------------------------------------- what there was


def test_a_server_ends_with_the_process_that_started_it(cluster: Cluster) -> None:
    """Nothing of it is left behind, however that process ended."""
    assert cluster.execute("SELECT 1") == [(1,)]
    code = (
        "import os, signal\nfrom tests.core.databases import Cluster\nmade = Cluster()\n"
        "print(made.folder, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,  # the server holds it until it has ended
        text=True,
        check=False,
        timeout=60,
    )
    folder = Path(done.stdout.strip())
    assert list(folder.iterdir()) == []
    folder.rmdir()


def test_a_journal_of_the_first_version_is_brought_up_to_date(place: Place) -> None:
    """Its open records are there, and can be finished."""
    from alembic import command  # noqa: PLC0415 - slow to import, and needed once
    from alembic.config import Config  # noqa: PLC0415

    import tintype.journal._migrations as there  # noqa: PLC0415

    engine = sa.create_engine(database_url(place), poolclass=NullPool)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(there.__file__)).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text(
                "INSERT INTO submission (entry, provider, outcome, billed, state, task_id, task, "
                "reason, created_at, updated_at, owner, reserved, spent) VALUES ('" + "a" * 28 + "'"
                ", 'easel', 'accepted', 'unknown', 'running', 'p1', :task, '', '2026-01-01T00:00:00"
                "+00:00', '2026-01-01T00:00:00+00:00', '', 50000000, 0)"
            ),
            {"task": '{"provider":"easel","id":"p1","state":"running","entry":"' + "a" * 28 + '"}'},
        )
        connection.commit()
    engine.dispose()
    journal = SqlJournal(place)
    (line,) = journal.records()
    (taken,) = journal.claim()
    journal.close()
    assert (line.id, line.open) == ("a" * 28, True)
    assert taken.task is not None
    assert (taken.task.id, taken.task.record) == ("p1", "a" * 28)
