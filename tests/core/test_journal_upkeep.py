"""What a journal keeps beside its records, and what becomes of earlier ones and of the past."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner
from tests.core.databases import Place
from tests.core.loopback import Loopback, answer, said
from tests.core.pictures import PNG

from tintype import Billed, Budget, Client, Image, ImageRequest, Outcome, Quote, Task, TaskState
from tintype._cli.tasks import command
from tintype.entries import Intent, Released, Saved, Settled, Snapshot, Unread
from tintype.exchange import Operation
from tintype.journal._rows import UNFINISHED
from tintype.journal._sql import SqlJournal
from tintype.messages import Response

Artist = Callable[..., Client]

REQUEST = ImageRequest(prompt="a red panda", tag="cover 7", model="oil-1")
PICTURE = Image(url="https://x.test/1.png")


def begun(journal: SqlJournal, usd: str = "0.05") -> str:
    """The record of a submission that is about to leave, at a price."""
    quote = Quote(low=Decimal(usd), high=Decimal(usd))
    return journal.record(Intent(provider="easel", request=REQUEST, quote=quote)).result()


def task(record: str, **fields: object) -> Task:
    """A task of the easel's."""
    return evolve(Task(provider="easel", model="oil-1", id="p1", record=record), **fields)


def drawn(journal: SqlJournal, *, saved: bool) -> str:
    """A task that has ended well; its picture is saved, or not."""
    record = begun(journal)
    over = task(record, state=TaskState.SUCCEEDED, images=(PICTURE,))
    journal.record(Snapshot(task=over)).result()
    if saved:
        journal.record(Saved(record=record, index=0, path="/x/1.png", done=True)).result()
    return record


def unanswered(journal: SqlJournal, outcome: Outcome) -> str:
    """A submission that brought no task."""
    record = begun(journal)
    billed = Billed.UNKNOWN if outcome is Outcome.UNKNOWN else Billed.NO
    journal.record(Settled(record=record, outcome=outcome, billed=billed, reason="so")).result()
    return record


def kept(journal: SqlJournal) -> str:
    """A task that has ended, with an answer that nobody understood."""
    record = begun(journal)
    over = task(record, state=TaskState.FAILED, billed=Billed.NO)
    journal.record(Snapshot(task=over)).result()
    unread = Unread(
        record=record,
        operation=Operation.POLL,
        at=datetime.now(UTC),
        before=over,
        response=Response(status=200, body=b"?"),
    )
    journal.record(unread).result()
    return record


def some_of_each(journal: SqlJournal) -> tuple[set[str], set[str]]:
    """Records of every kind: those there is something to do for or to tell of, and the others."""
    running = begun(journal)
    journal.record(Snapshot(task=task(running))).result()
    stream = begun(journal)
    journal.record(Snapshot(task=task(stream, id="", state=TaskState.UNKNOWN))).result()
    open_ = {
        *(begun(journal), running, stream, kept(journal), drawn(journal, saved=False)),
        unanswered(journal, Outcome.UNKNOWN),
    }
    closed = unanswered(journal, Outcome.UNKNOWN)
    journal.settle(closed, billed=Billed.YES)
    past = {closed, drawn(journal, saved=True), unanswered(journal, Outcome.REJECTED)}
    return open_, past


# ------------------------------------------------------------------------------ what is open


def test_what_is_unfinished_is_what_records_say_of_themselves(journal: SqlJournal) -> None:
    """Open, or lost: without a look at what is past."""
    open_, past = some_of_each(journal)
    records = journal.records()
    assert {each.id for each in records} == open_ | past
    assert {each.id for each in records if each.open or each.lost} == open_
    found = list(journal.unfinished())
    assert found == [each for each in records if each.id in open_]
    assert journal.check() == []


def test_a_mark_that_is_wrong_is_told_and_mended(journal: SqlJournal, place: Place) -> None:
    """What is open and was taken for finished is found again."""
    open_, _ = some_of_each(journal)
    place.rows("UPDATE submission SET unfinished = :no", no=False)
    assert list(journal.unfinished()) == []
    told = journal.check(mend=True)
    assert {each.split()[2] for each in told} == open_
    assert {each.id for each in journal.unfinished()} == open_


def test_what_is_unfinished_is_found_by_an_index(journal: SqlJournal, place: Place) -> None:
    """It costs what is open, never what is past: no row of the table is looked through."""
    begun(journal)
    engine = journal._rows.connections.engine  # noqa: SLF001 - how it asks
    asked = UNFINISHED.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        if place.backend == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
        else:  # of so few rows it would look through all, and sort them
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_sort = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {asked}").all()
    assert "submission_unfinished" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_more_than_a_page_is_claimed_in_order(journal: SqlJournal) -> None:
    """All of it, once, the oldest first; not what this process is at work on."""
    waiting = [journal.record(Snapshot(task=task("", id=f"p{number}"))) for number in range(1_100)]
    records = [each.result() for each in waiting]
    assert sorted(each.id for each in journal.unfinished()) == sorted(records)
    claimed = journal.claim(but={records[7]})
    assert sorted(each.id for each in claimed) == sorted({*records} - {records[7]})
    assert claimed == sorted(claimed, key=lambda each: (each.created_at, each.id))


def test_a_look_that_tells_nothing_new_is_not_written(journal: SqlJournal, place: Place) -> None:
    """The time, the last words and how far it is are no news; anything else is, and an end."""
    record = begun(journal)

    def told(**fields: object) -> tuple[object, ...]:
        journal.record(Snapshot(task=task(record, **fields))).result()
        (row,) = place.rows("SELECT updated_at, task FROM submission")
        return row

    first = told(raw={"state": "drawing"})
    now = datetime.now(UTC)
    assert told(raw={"state": "still"}, updated_at=now, progress=0.5, poll_after=3.0) == first
    second = told(notes={"at": "https://x.test"}, progress=0.6)
    assert second != first
    assert told(notes={"at": "https://x.test"}, progress=0.9) == second
    assert told(notes={"at": "https://x.test"}, state=TaskState.FAILED) != second


def test_what_was_let_go_of_is_written_anew(journal: SqlJournal, place: Place) -> None:
    """Another process may have told something else meanwhile."""
    record = begun(journal)
    journal.record(Snapshot(task=task(record))).result()
    other = SqlJournal(place)
    journal.record(Released(record=record)).result()
    other.record(Snapshot(task=task(record, notes={"at": "elsewhere"}))).result()
    other.close()
    journal.record(Snapshot(task=task(record))).result()
    (line,) = journal.records()
    assert line.task is not None
    assert line.task.notes == {}


def test_a_line_knows_what_it_was_asked(journal: SqlJournal, place: Place) -> None:
    """The model, the caller's tag, and the quote, in nanodollars."""
    drawn(journal, saved=True)
    assert place.rows("SELECT model, tag, quote, files FROM submission") == [
        (
            "oil-1",
            "cover 7",
            50_000_000,
            '[{"index": 0, "path": "/x/1.png", "digest": "", "done": true}]',
        )
    ]


# --------------------------------------------------------------------------- earlier schemas

_OLD = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0003');
CREATE TABLE submission (
    record TEXT NOT NULL PRIMARY KEY, provider TEXT NOT NULL, outcome TEXT, billed TEXT NOT NULL,
    state TEXT NOT NULL, task_id TEXT NOT NULL, request TEXT, task TEXT, reason TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, owner TEXT NOT NULL,
    reserved BIGINT NOT NULL, spent BIGINT NOT NULL, callback TEXT DEFAULT '' NOT NULL);
CREATE INDEX submission_by_time ON submission (created_at);
CREATE INDEX submission_by_task ON submission (task_id);
CREATE TABLE event (
    number {number} PRIMARY KEY, record TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX event_by_entry ON event (record);
CREATE TABLE image (
    record TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
    done BOOLEAN NOT NULL, at TEXT NOT NULL, PRIMARY KEY (record, number));
CREATE TABLE turn (name TEXT NOT NULL PRIMARY KEY, count BIGINT NOT NULL);
INSERT INTO turn VALUES ('budget', 7)
"""
_DRAWN = {"provider": "easel", "model": "oil-1", "id": "p2", "state": "succeeded"}
_ROWS: dict[str, dict[str, object]] = {
    "running": {"task": {"provider": "easel", "id": "p1", "state": "running"}},
    "drawn": {"task": {**_DRAWN, "images": [{"url": "SERVER/1.png", "index": 0}]}},
    "saved": {"task": {**_DRAWN, "id": "p3", "images": [{"url": "SERVER/1.png", "index": 0}]}},
    "refused": {"outcome": "rejected", "billed": "no", "reserved": 0},
    "lost": {"outcome": "unknown"},
    "under way": {"outcome": None},
    "settled": {"outcome": "rejected", "task": {**_DRAWN, "id": "", "state": "unknown"}},
    "damaged": {"task": "{}x", "state": "succeeded", "task_id": "p9"},
}


def name(which: str) -> str:
    """A record's id."""
    return which.encode().hex().rjust(28, "0")[-28:]


@pytest.fixture
def old(place: Place, server: Loopback) -> Place:
    """A journal of the schema before this one, with a record of each kind."""
    number = "INTEGER" if place.backend == "sqlite" else "SERIAL"
    for statement in _OLD.format(number=number).split(";"):
        place.rows(statement)
    for which, fields in _ROWS.items():
        told = fields.get("task")
        known: dict[str, object] = told if isinstance(told, dict) else {}
        row = {
            "outcome": "accepted",
            "billed": "unknown",
            "reserved": 50_000_000,
            "state": known.get("state", ""),
            "task_id": known.get("id", ""),
            **fields,
            "task": json.dumps(told).replace("SERVER", server.url) if known else told,
            "record": name(which),
            "request": '{"prompt": "a red panda", "tag": "cover 7", "n": 1}',
            "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00",
        }
        place.rows(
            "INSERT INTO submission VALUES (:record, 'easel', :outcome, :billed, :state, :task_id, "
            ":request, :task, '', :at, :at, '', :reserved, 0, '')",
            **row,
        )
    for which, done in (("saved", True), ("drawn", False)):
        place.rows(
            "INSERT INTO image VALUES (:record, 0, '/x/1', '', :done, '')",
            record=name(which),
            done=done,
        )
    return place


def test_a_journal_of_an_earlier_version_is_brought_up_to_date_and_finished(
    artist: Artist, server: Loopback, old: Place, tmp_path: Path
) -> None:
    """What is open is found and finished, what is not is past, and the sums are those of before."""
    server.on(
        "GET /v1/pictures/p1", said({"id": "p1", "state": "done", "urls": [f"{server.url}/1"]})
    )
    server.on("GET /1", answer(PNG)).on("GET /1.png", answer(PNG))
    journal = SqlJournal(old)
    assert journal.counted(Budget(usd=1)) == Decimal("0.35")
    assert {each.id for each in journal.unfinished()} == {
        name(each) for each in ("running", "drawn", "lost", "under way")
    }
    assert journal.check() == []
    (row,) = old.rows("SELECT model, tag FROM submission WHERE record = :of", of=name("saved"))
    assert row == ("oil-1", "cover 7")
    told = {each.record.id: each for each in artist(journal=journal).resume(tmp_path / "out")}
    journal.close()
    assert {each for each, one in told.items() if one.paths} == {name("running"), name("drawn")}
    assert {each for each, one in told.items() if one.advice} == {name("lost"), name("under way")}


# ------------------------------------------------------------------------------ what is past


def test_only_what_is_over_is_forgotten(journal: SqlJournal, place: Place) -> None:
    """What is open, unknown, unsaved or kept stays; what is forgotten counts for ever."""
    open_, past = some_of_each(journal)
    ever, month = Budget(usd=9, period="ever"), Budget(usd=9)
    before = journal.counted(ever)
    assert journal.prune(date(9999, 1, 1)) == 0  # it is all of this month
    place.rows("UPDATE submission SET created_at = :then", then="2020-02-29T12:00:00.000000+00:00")
    journal.check(mend=True)
    assert journal.prune(date(2020, 2, 29)) == 0
    assert journal.prune(date(2020, 3, 1), dry=True) == len(past)
    assert {each.id for each in journal.records()} == open_ | past
    assert journal.prune(date(2020, 3, 1)) == len(past)
    assert {each.id for each in journal.records()} == open_
    assert {record for (record,) in place.rows("SELECT record FROM event")} <= open_
    assert (journal.counted(ever), journal.counted(month)) == (before, 0)
    spent = journal.spent(provider="easel")
    assert spent.total.paid + spent.total.unknown + spent.forgotten == before
    assert spent.forgotten > 0
    assert journal.spent(tag="cover 7").forgotten == 0
    assert journal.check() == []


def test_the_command_line_checks_and_prunes(journal: SqlJournal, place: Place) -> None:
    """What is wrong is told and the status is 1; nothing is forgotten that nobody said yes to."""
    _, past = some_of_each(journal)
    then = "2020-02-29T12:00:00.000000+00:00"
    place.rows("UPDATE submission SET created_at = :then", then=then)
    environ = {"TINTYPE_JOURNAL": str(place)}

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(command, words, env=environ)
        return done.exit_code, f"{done.output}{done.exception or ''}"

    status, told = run("check")
    assert status == 1
    assert "easel (day" in told
    assert run("check", "--mend")[0] == 0
    assert run("check") == (0, "")
    status, told = run("prune", "--before", "2020-03-01")
    assert status == 1
    assert f"{len(past)} records before 2020-03-01 would be forgotten" in told
    assert "give --yes" in told
    status, told = run("prune", "--before", "2020-03-01", "--yes")
    assert (status, told) == (0, f"{len(past)} records before 2020-03-01 are forgotten.\n")
    assert run("prune", "--before", "yesterday", "-y")[0] == 2
