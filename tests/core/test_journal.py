"""The journal: what it keeps, when it is durable, whom it serves, and what it refuses."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from attrs import evolve
from tests.core import easel
from tests.core.databases import Place
from tests.core.loopback import Answer, Loopback, Recorded, said
from tests.core.pictures import PNG, drawn, in_base64

from tintype import (
    Account,
    Client,
    Cost,
    Image,
    ImageRequest,
    Observation,
    Outcome,
    Quote,
    Request,
    Submission,
    Task,
    TaskState,
    hookimpl,
)
from tintype._flow.effects import Record, Send
from tintype.convert import from_json, to_json
from tintype.entries import Closed, Entry, Intent, Opened, Released, Saved, Settled, Snapshot
from tintype.errors import Billed, JournalError, TintypeError, UsageError
from tintype.journal import Journal, JournalRecord, NoJournal, open_journal
from tintype.journal._lives import LEASE
from tintype.journal._owner import may_be_taken, me
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
from tintype.journal._tables import metadata, submission
from tintype.journal._writer import BatchError, Writer

Artist = Callable[..., Client]

ROOT = Path(__file__).parents[2]
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})


def begun(journal: Journal, prompt: str = "a red panda") -> str:
    """The record of a submission that is about to leave."""
    return journal.record(Intent(provider="easel", request=ImageRequest(prompt=prompt))).result()


def task(entry: str = "", **fields: object) -> Task:
    """A task of the easel's."""
    return evolve(Task(provider="easel", model="oil-1", id="p1", record=entry), **fields)


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process that runs this."""
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told_by(process: subprocess.Popen[str], words: str = "") -> str:
    """What a process says, once it has ended well."""
    out, err = process.communicate(words, timeout=60)
    assert process.returncode == 0, err
    return out


# ----------------------------------------------------------------- what is written, and when


def test_an_intent_is_written_before_its_submission_and_the_task_before_all_else(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """The order of effects: intent, send, snapshot, and only then the first look."""
    server.on(CREATE, DRAWING).on(LOOK, DONE)
    seen: list[str] = []

    def observe(told: Observation) -> None:
        if isinstance(told.effect, Record):
            seen.append(type(told.effect.entry).__name__)
        elif isinstance(told.effect, Send):
            seen.append(told.effect.request.method)

    artist(journal=journal, observers=[observe]).generate(REQUEST, provider="easel")
    assert seen == ["Intent", "POST", "Snapshot", "GET", "Snapshot"]


def test_an_intent_can_be_read_by_others_when_its_submission_arrives(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """It is committed by then: another connection sees it, under way and without a task."""
    seen: list[object] = []

    def create(_: Recorded) -> bytes:
        seen.extend(place.rows("SELECT provider, outcome, task FROM submission"))
        return DONE

    server.on(CREATE, create)
    artist(journal=journal).generate(REQUEST, provider="easel")
    assert seen == [("easel", None, None)]


def test_an_accepted_task_can_be_read_by_others_when_it_is_first_asked_about(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """The task is committed before anything else happens."""
    seen: list[object] = []

    def look(_: Recorded) -> bytes:
        seen.extend(place.rows("SELECT outcome, task_id, state FROM submission"))
        return DONE

    server.on(CREATE, DRAWING).on(LOOK, look)
    artist(journal=journal).generate(REQUEST, provider="easel")
    assert seen == [("accepted", "p1", "running")]


def test_every_state_is_an_event(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """Intent and quote, then each new state once."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING, DRAWING, DONE)
    artist(journal=journal).generate(REQUEST, provider="easel")
    found = place.rows("SELECT kind, body FROM event ORDER BY number")
    assert [kind for kind, _ in found] == ["intent", "running", "succeeded"]
    assert '"low":"0.05"' in str(found[0][1]).replace(" ", "")


def test_a_refusal_is_written_with_its_reason(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """What was not accepted is over, unbilled, and says why."""
    server.on(CREATE, said({"why": "no such colour"}, status=400))
    with pytest.raises(TintypeError):
        artist(journal=journal).generate(REQUEST, provider="easel")
    (line,) = journal.records()
    assert (line.outcome, line.billed, line.open) == (Outcome.REJECTED, Billed.NO, False)
    assert "no such colour" in line.reason


def test_a_request_is_kept_without_the_bytes_of_its_images(journal: SqlJournal) -> None:
    """References stand there as digests."""
    request = ImageRequest(prompt="like this", references=(PNG,))
    journal.record(Intent(provider="easel", request=request)).result()
    (line,) = journal.records()
    assert line.request is not None
    assert line.request.references[0].digest == hashlib.sha256(PNG).hexdigest()


def test_the_callers_label_is_kept_and_nobody_is_sent_it(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """It stands in the journal and in the task; no hook that builds a request sees it."""
    server.on("POST /v1/pictures", said({"id": "p1", "state": "done", "picture": in_base64(PNG)}))
    tells = Telling()
    client = artist(plugins={"easel": tells}, journal=journal)
    drawn = client.generate(ImageRequest(prompt="a red panda", tag="cover 7"), provider="easel")
    (line,) = journal.records()
    assert line.request is not None
    assert line.request.tag == line.tag == "cover 7"
    assert [task.request and task.request.tag for task in drawn.tasks] == ["cover 7"]
    assert len(tells.asked) > 1
    assert not any(hasattr(request, "tag") for request in tells.asked)


class Telling:
    """Easel, and what its hooks that build a request were given."""

    def __init__(self) -> None:
        self.asked: list[Submission] = []
        for hook in ("describe", "poll", "parse"):
            setattr(self, hook, getattr(easel, hook))

    @hookimpl
    def price(self, request: Submission, quote: Quote | None) -> Quote | None:
        """As easel does."""
        self.asked.append(request)
        return easel.price(request, quote)

    @hookimpl
    def submit(self, request: Submission) -> Request:
        """As easel does."""
        self.asked.append(request)
        return easel.submit(request)


def test_many_entries_at_once_are_few_transactions(journal: SqlJournal, place: Place) -> None:
    """Group commit: what waits together is written together."""
    commits: list[object] = []
    count = commits.append
    begun(journal)
    intents = [Intent(provider="easel", request=evolve(REQUEST, seed=n)) for n in range(320)]
    with place.locked():  # so that they all have to wait
        waiting = [journal.record(intent) for intent in intents]
        sa.event.listen(sa.Engine, "commit", count)
    entries = {each.result() for each in waiting}
    sa.event.remove(sa.Engine, "commit", count)
    assert len(entries) == 320
    assert len(commits) <= 3  # what came first, then 256 at a time


def test_an_entry_that_cannot_be_written_spoils_no_other(journal: SqlJournal, place: Place) -> None:
    """In one batch, the full spool of one task is nobody else's failure."""
    spool = place.spool
    spool.parent.mkdir(parents=True, exist_ok=True)
    spool.write_text("no folder")  # what is inline cannot be put here
    good = begun(journal)
    with ThreadPoolExecutor(16) as pool:
        bad = task(good, state=TaskState.SUCCEEDED, images=(Image(data=PNG),))
        answers = [
            pool.submit(
                lambda n=n: journal.record(
                    Snapshot(task=bad) if n % 2 else Intent(provider="easel", request=REQUEST)
                ).result()
            )
            for n in range(32)
        ]
    failures = [each.exception() for each in answers]
    assert all(isinstance(each, JournalError) for each in failures[1::2])
    assert failures[0::2] == [None] * 16


def test_a_task_from_elsewhere_is_taken_in(journal: SqlJournal) -> None:
    """A task that was submitted without a journal, or with another one, gets a record."""
    nameless = journal.record(Snapshot(task=task())).result()
    foreign = journal.record(Snapshot(task=task("e" * 28, id="p2"))).result()
    assert foreign == "e" * 28
    assert [line.id for line in journal.records()] == [nameless, foreign]
    assert all(line.outcome is Outcome.ACCEPTED for line in journal.records())


def test_a_lock_that_others_hold_for_too_long_is_a_clear_error(place: Place) -> None:
    """Each of many that wait is refused with an error of its own; what comes later is written."""
    journal = SqlJournal(place, busy_seconds=1)
    with place.locked():
        waiting = [journal.record(Intent(provider="easel", request=REQUEST)) for _ in range(20)]
        errors = [each.exception() for each in waiting]
    assert all(isinstance(each, JournalError) for each in errors)
    assert all(re.search("locked|timeout", str(each)) for each in errors)
    assert len({id(each) for each in errors}) == 20
    assert begun(journal)
    journal.close()


@pytest.mark.parametrize(
    ("error", "tried"),
    [
        (BatchError(OSError("locked")), [1, 20]),
        (OSError("one of them is wrong"), [1, 20, *[1] * 20]),
    ],
    ids=["of-nobody", "of-one"],
)
def test_only_what_may_be_one_entrys_own_fault_is_tried_alone(
    error: Exception, tried: list[int]
) -> None:
    """A lock that kept a whole batch from being written would be waited for by each again."""
    started, goes_on, sizes = threading.Event(), threading.Event(), []

    def apply(entries: list[Entry]) -> list[str | TintypeError]:
        sizes.append(len(entries))
        if len(sizes) == 1:
            started.set()
            goes_on.wait()
            return ["the first"]
        raise error

    writer = Writer(apply)
    first = writer.submit(Released(record=""))
    started.wait()
    waiting = [writer.submit(Released(record="")) for _ in range(20)]
    goes_on.set()
    assert first.result() == "the first"
    assert all(isinstance(each.exception(), JournalError) for each in waiting)
    assert sizes == tried
    writer.close()


FORKS = """
import os, sys, threading, warnings
from tintype import ImageRequest
from tintype.convert import from_json, to_json
from tintype.entries import Intent
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
warnings.simplefilter("ignore")  # that there is a thread is the point
journal = SqlJournal(sys.argv[1])
intent = Intent(provider="easel", request=ImageRequest(prompt="a red panda"))
first = journal.record(intent).result()
child = os.fork()
if child == 0:
    code = 1
    try:
        journal.record(intent).result(timeout=30)
        mine = [line.mine for line in journal.records()]
        code = 0 if mine == [False, True] and journal.claim([first]) == [] else 2
    finally:
        os._exit(code)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
journal.record(intent).result(timeout=30)
print(*(line.mine for line in journal.records()))
journal.close()
"""


RESUMES = """
import os, sys, warnings
from tintype import Client
from tintype._trail import FOLLOWED
warnings.simplefilter("ignore")
with FOLLOWED.claiming:
    child = os.fork()
    if child == 0:
        os._exit(len(Client(journal=sys.argv[1]).resume()))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_process_resumes_whatever_its_parent_was_at(place: Place) -> None:
    """The parent was claiming records just then: its lock is none of the child's."""
    assert told_by(python(RESUMES, place)).split() == ["0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_process_writes_for_itself(place: Place) -> None:
    """It has a thread and a name of its own; its parent's records stay its parent's."""
    assert told_by(python(FORKS, place)).split() == ["0", "True", "False", "True"]


def test_a_closed_journal_takes_nothing(place: Place) -> None:
    """It says that it is closed; what was waiting was written."""
    journal = SqlJournal(place)
    waiting = [journal.record(Intent(provider="easel", request=REQUEST)) for _ in range(20)]
    journal.close()
    assert all(each.done() for each in waiting)
    with pytest.raises(JournalError, match="closed"):
        begun(journal)


# ------------------------------------------------------------------ what comes too late


def test_a_running_snapshot_does_not_undo_the_end_of_its_task(journal: SqlJournal) -> None:
    """Two that look at a task at once may be told in the wrong order."""
    entry = begun(journal)
    done = task(entry, state=TaskState.SUCCEEDED, images=(Image(url="https://x.test/1.png"),))
    for each in (done, task(entry, state=TaskState.RUNNING)):
        journal.record(Snapshot(task=each)).result()
    (line,) = journal.records()
    assert line.task == done


def test_a_task_that_is_found_again_goes_on_from_an_unknown_end(journal: SqlJournal) -> None:
    """An id is news where the stream ended without one."""
    entry = begun(journal)
    for each in (task(entry, id="", state=TaskState.UNKNOWN), task(entry)):
        journal.record(Snapshot(task=each)).result()
    (line,) = journal.records()
    assert (line.outcome, line.task) == (Outcome.ACCEPTED, task(entry))
    assert line.open


def test_a_late_word_does_not_unsay_an_accepted_task(journal: SqlJournal) -> None:
    """A webhook may bring the task before its submission is given up."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry))).result()
    late = Settled(record=entry, outcome=Outcome.UNKNOWN, billed=Billed.NO, reason="It broke.")
    journal.record(late).result()
    (line,) = journal.records()
    assert (line.outcome, line.billed, line.reason) == (Outcome.ACCEPTED, Billed.UNKNOWN, "")
    assert (line.open, line.mine) == (True, True)


def test_a_stream_that_ended_with_neither_id_nor_image_is_one_nobody_knows_of(
    journal: SqlJournal,
) -> None:
    """It ended cleanly, and may have been paid for: it is lost, not done."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry, id="", state=TaskState.UNKNOWN))).result()
    (line,) = journal.records()
    assert (line.outcome, line.lost, line.open) == (Outcome.UNKNOWN, True, False)


def test_a_second_copy_that_fails_does_not_undo_the_first(journal: SqlJournal) -> None:
    """Only a file that is there takes the place of a file that is there."""
    entry = begun(journal)
    first = Saved(record=entry, index=0, path="/a/1.png", digest="1" * 64, done=True)
    half = Saved(record=entry, index=0, path="/b/1", digest="2" * 64)
    for each in (first, half):
        journal.record(each).result()
    assert journal.records()[0].saved[0].path == "/a/1.png"
    journal.record(evolve(half, done=True)).result()
    assert journal.records()[0].saved[0].path == "/b/1"


# ------------------------------------------------------------------------------- images


def test_a_row_holds_what_a_task_says_and_nothing_twice(journal: SqlJournal, place: Place) -> None:
    """Fields that are as their class has them are left out; an event does not repeat its row."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry, notes={"at": None}))).result()
    ((written,),) = place.rows("SELECT task FROM submission")
    assert json.loads(str(written)) == {
        "provider": "easel",
        "model": "oil-1",
        "id": "p1",
        "record": entry,
        "notes": {"at": None},
    }
    assert place.rows("SELECT body FROM event WHERE kind = 'running'") == [("{}",)]
    (line,) = journal.records()
    assert line.task == task(entry, notes={"at": None})


def test_the_providers_last_words_come_back(journal: SqlJournal) -> None:
    """As the object they were, which is made when somebody looks at it, and JSON can hold."""
    entry = begun(journal)
    said: dict[str, object] = {"state": "drawing", "more": [{"share": 0.5, "who": "Zoë"}, None]}
    journal.record(Snapshot(task=task(entry, raw=said))).result()
    (line,) = journal.records()
    assert line.task is not None
    assert (line.task.raw, json.loads(json.dumps(line.task.raw))) == (said, said)
    assert from_json(to_json(line.task), Task) == line.task


def test_an_inline_image_is_spooled_and_comes_back(journal: SqlJournal, place: Place) -> None:
    """The bytes stand in a file beside the journal, not in it, and in the task that is found."""
    entry = begun(journal)
    done = task(entry, state=TaskState.SUCCEEDED, images=(Image(data=PNG),))
    journal.record(Snapshot(task=done)).result()
    spool = place.spool
    assert [path.read_bytes() for path in spool.iterdir()] == [PNG]
    (line,) = journal.records()
    assert line.spooled == {0: str(next(spool.iterdir()))}
    found = journal.find("easel", "p1")
    assert found is not None
    assert found.task is not None
    assert found.task.images[0].data == PNG
    assert (line.unsaved, line.open) == ((0,), True)
    assert place.rows(
        "SELECT count(*) FROM submission WHERE task LIKE :bytes", bytes=f"%{in_base64(PNG)}%"
    ) == [(0,)]


def test_a_spooled_image_is_dropped_once_it_is_saved(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, tmp_path: Path
) -> None:
    """The file is where it belongs; nothing is kept twice, nothing is left to do."""
    server.on(CREATE, DONE)
    client = artist(journal=journal)
    (path,) = client.save(client.generate(REQUEST, provider="easel"), tmp_path / "out")
    assert path.read_bytes() == PNG
    assert list(place.spool.iterdir()) == []
    (line,) = journal.records()
    assert (line.unsaved, line.open) == ((), False)
    assert line.saved[0].stands()
    assert line.saved[0].path == str(path)


def test_an_image_is_spooled_once(journal: SqlJournal, place: Place) -> None:
    """A second snapshot leaves the file alone."""
    entry = begun(journal)
    done = task(entry, state=TaskState.SUCCEEDED, images=(Image(data=PNG),))
    journal.record(Snapshot(task=done)).result()
    (path,) = place.spool.iterdir()
    before = path.stat()
    journal.record(Snapshot(task=done)).result()
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_half_saved_record_knows_where_the_file_was_to_go(journal: SqlJournal) -> None:
    """The last step that was told stands."""
    entry = begun(journal)
    for digest, done in (("", False), ("ab", False)):
        saved = Saved(record=entry, index=0, path="/x/1.png", digest=digest, done=done)
        journal.record(saved).result()
    (line,) = journal.records()
    assert (line.saved[0].digest, line.saved[0].done) == ("ab", False)
    assert not line.saved[0].stands()


# ----------------------------------------------------------------------------- questions


def test_lines_are_in_order_and_can_be_named(journal: SqlJournal) -> None:
    """Oldest first; by id, or all; an unknown id is nothing."""
    entries = [begun(journal, f"{number}") for number in range(5)]
    assert [line.id for line in journal.records()] == entries
    assert [line.id for line in journal.records([entries[3]])] == [entries[3]]
    assert journal.records(["nobody"]) == []


def test_a_task_is_found_by_its_providers_name_for_it(journal: SqlJournal) -> None:
    """By provider and id together; a record without a task is not found by an empty id."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(begun(journal)))).result()
    found = journal.find("easel", "p1")
    assert found is not None
    assert found.task is not None
    assert found.id != entry
    assert journal.find("other", "p1") is None
    assert journal.find("easel", "") is None


def test_what_is_settled_is_over(journal: SqlJournal) -> None:
    """A submission that brought no task is not open, whatever became of it."""
    for outcome in (Outcome.NOT_SENT, Outcome.REJECTED, Outcome.UNKNOWN):
        entry = begun(journal)
        journal.record(
            Settled(record=entry, outcome=outcome, billed=Billed.UNKNOWN, reason="so")
        ).result()
        (line,) = journal.records([entry])
        assert (line.outcome, line.reason, line.open) == (outcome, "so", False)


@pytest.mark.parametrize(
    ("facts", "billed", "words"),
    [
        ({"state": TaskState.SUCCEEDED, "images": (Image(data=PNG),)}, Billed.NO, "to be billed"),
        ({"state": TaskState.FAILED, "billed": Billed.YES}, Billed.NO, "to be billed"),
        (
            {"state": TaskState.UNKNOWN, "cost": Cost(usd=Decimal("0.03"), source="reported")},
            Billed.NO,
            "to be billed",
        ),
        ({}, Billed.NO, "tintype resume"),
        ({}, Billed.YES, "tintype resume"),
    ],
    ids=["drawn", "failed and billed", "reported", "running", "running, yes"],
)
def test_what_is_known_is_not_settled(
    facts: dict[str, object], billed: Billed, words: str, journal: SqlJournal
) -> None:
    """A picture or a provider says that it was billed, or can still be asked: nothing changes."""
    entry = begun(journal)
    told = task(entry, **facts)
    journal.record(Snapshot(task=told)).result()
    for image in told.images:
        journal.record(Saved(record=entry, index=image.index, path="/x/1.png", done=True)).result()
    before = journal.records([entry])
    with pytest.raises(UsageError, match=words):
        journal.settle(entry, billed=billed)
    assert journal.records([entry]) == before


@pytest.mark.parametrize("billed", [Billed.NO, Billed.YES])
def test_a_task_of_which_its_provider_tells_nothing_for_a_day_is_settled(
    billed: Billed, place: Place, journal: SqlJournal
) -> None:
    """It may have forgotten it: whoever looked it up closes it."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry))).result()
    journal.close()
    engine = sa.create_engine(database_url(place))
    with engine.begin() as connection:
        connection.execute(sa.update(submission).values(updated_at="2026-01-01T00:00:00+00:00"))
    engine.dispose()
    again = SqlJournal(place, least_free=0)
    assert (again.settle(entry, billed=billed).billed, list(again.unfinished())) == (billed, [])
    again.close()


def test_a_person_takes_back_what_they_said(journal: SqlJournal) -> None:
    """Of a submission of which nobody else says anything."""
    entry = begun(journal)
    journal.record(
        Settled(record=entry, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="lost")
    ).result()
    journal.settle(entry, billed=Billed.YES)
    assert journal.settle(entry, billed=Billed.NO).billed is Billed.NO


def test_without_a_journal_nothing_is_kept(tmp_path: Path) -> None:
    """`off`, and the lack of a word, are a journal that keeps nothing."""
    for journal in (open_journal("off", {}), open_journal(None, {})):
        assert isinstance(journal, NoJournal)
        assert begun(journal) == ""
        assert journal.records() == []
        assert journal.find("easel", "p1") is None
        assert journal.claim(["x"]) == []
        assert list(journal.unfinished()) == []
        journal.close()
    named = open_journal(None, {"TINTYPE_JOURNAL": str(tmp_path / "j.db")})
    assert isinstance(named, SqlJournal)
    named.close()


def test_budgets_need_a_journal(artist: Artist) -> None:
    """Without one they could not be kept."""
    from tintype import Budget  # noqa: PLC0415 - needed once

    with pytest.raises(UsageError, match="journal"):
        artist(budgets=[Budget(usd=1)])


# -------------------------------------------------------------------------- several processes

WRITES = """
import sys
from tintype import ImageRequest
from tintype.convert import from_json, to_json
from tintype.entries import Intent
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
sys.stdin.readline()
journal = SqlJournal(sys.argv[1])
asked = [Intent(provider="easel", request=ImageRequest(prompt=f"{n}")) for n in range(40)]
print(*[journal.record(each).result() for each in asked])
journal.close()
"""


def test_several_processes_open_a_new_journal_at_once_and_share_it(place: Place) -> None:
    """One makes the tables, the others wait; all write, and nothing is lost."""
    writers = [python(WRITES, place) for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(lambda process: told_by(process, "go\n"), writers))
    entries = {entry for line in told for entry in line.split()}
    assert len(entries) == 200
    assert {entry for (entry,) in place.rows("SELECT record FROM submission")} == entries
    assert place.rows("SELECT count(*) FROM turn") == [(1,)]


LIVES = """
import sys
from tintype import ImageRequest
from tintype.convert import from_json, to_json
from tintype.entries import Intent
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
journal = SqlJournal(sys.argv[1])
print(journal.record(Intent(provider="easel", request=ImageRequest(prompt="p"))).result())
sys.stdout.flush()
sys.stdin.readline()
"""


def test_the_record_of_a_living_process_is_left_to_it(journal: SqlJournal, place: Place) -> None:
    """While it lives, also as a person asks; once it has died, even as a zombie, it is taken."""
    process = python(LIVES, place)
    assert process.stdout is not None
    entry = process.stdout.readline().strip()
    assert journal.claim() == []
    assert journal.claim([entry]) == []
    process.kill()
    assert process.stdout.read() == ""  # it has died, and nobody has waited for it
    taken = _claimed_in_a_moment(journal, entry)
    process.communicate()
    assert taken.mine
    assert (taken.outcome, taken.billed) == (Outcome.UNKNOWN, Billed.UNKNOWN)
    assert "answer is lost" in taken.reason


def _claimed_in_a_moment(journal: SqlJournal, entry: str) -> JournalRecord:
    """The record; the system closes a dying process's files a moment before it is dead."""
    pause = threading.Event()
    for _ in range(500):
        if journal.claim([entry]):
            (taken,) = journal.records([entry])
            return taken
        pause.wait(0.01)
    raise AssertionError(entry)


@pytest.mark.parametrize(
    ("owner", "taken"),
    [("", True), ("elsewhere|1|0", False), ("no words of ours", False)],
)
def test_the_record_of_another_machine_is_taken_only_by_name(
    journal: SqlJournal,
    place: Place,
    owner: str,
    taken: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Nothing can be known from here of a process there."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry))).result()
    place.rows("UPDATE submission SET owner = :owner", owner=owner)
    assert bool(journal.claim()) is taken
    assert [line.mine for line in journal.claim([entry])] == [True]


ELSEWHERE = "elsewhere|7|0"


def heard_of(place: Place, seconds: int) -> None:
    """A process elsewhere said so long ago that it lives, by the database's clock."""
    now = {
        "sqlite": "CAST(strftime('%s', 'now') AS INTEGER)",
        "postgresql": "CAST(EXTRACT(EPOCH FROM now()) AS BIGINT)",
    }[place.backend]
    place.rows(f"INSERT INTO life VALUES (:owner, {now} - {seconds})", owner=ELSEWHERE)  # noqa: S608 - our own


@pytest.mark.parametrize(("seconds", "taken"), [(0, False), (LEASE + 60, True)])
def test_a_process_that_is_silent_elsewhere_has_left_what_it_followed(
    journal: SqlJournal,
    place: Place,
    seconds: int,
    taken: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Its tasks, and its turn under a key; one that was just heard of has them still."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry))).result()
    place.rows("UPDATE submission SET owner = :owner", owner=ELSEWHERE)
    opened = Opened(key="call\x1fa", asked="{}", digest="d")
    turns = [journal.record(opened).result()]
    place.rows("UPDATE call SET owner = :owner", owner=ELSEWHERE)
    heard_of(place, seconds)
    assert bool(journal.claim()) is taken
    turns.append(journal.record(opened).result())
    assert [bool(turn) for turn in turns] == [True, taken]
    for turn in turns:
        journal.record(Closed(record=turn)).result()


def test_a_process_says_that_it_lives_as_long_as_it_follows_anything(
    journal: SqlJournal, place: Place
) -> None:
    """With what it writes, and without; who has let go of all is silent, and then forgotten."""
    entry = begun(journal)
    assert place.rows("SELECT owner FROM life") == [(me(),)]
    place.rows("UPDATE life SET seen = 0")
    other = SqlJournal(str(place))
    other._live_on()  # noqa: SLF001 - as its writer does where there is nothing to write
    ((seen,),) = place.rows("SELECT seen FROM life")
    assert seen
    assert isinstance(seen, int)
    over = Settled(record=entry, outcome=Outcome.REJECTED, billed=Billed.NO, reason="")
    journal.record(over).result()
    journal.prune(date(2020, 1, 1))
    assert place.rows("SELECT owner FROM life") == []
    third = SqlJournal(str(place))
    third._live_on()  # noqa: SLF001 - likewise
    assert place.rows("SELECT owner FROM life") == []
    other.close()
    third.close()


def test_a_writer_without_entries_is_not_idle() -> None:
    """It calls whatever is to be done meanwhile."""
    called = threading.Event()
    writer = Writer(lambda entries: ["" for _ in entries], idle=called.set, pause=0.001)
    writer.submit(Released(record="")).result()
    assert called.wait(30)
    writer.close()


@pytest.mark.parametrize(("host", "taken"), [("", True), ("/1", False)], ids=["here", "container"])
def test_a_process_of_another_container_is_like_one_of_another_machine(
    host: str,
    taken: bool,  # noqa: FBT001 - a parameter
) -> None:
    """They may share a host's name; its processes cannot be seen from here."""
    here, _, _ = me().partition("|")
    owner = f"{socket.gethostname()}{host}" if host else here
    assert may_be_taken(f"{owner}|999999999|0", by_name=False) is taken
    assert may_be_taken(f"{owner}|999999999|0", by_name=True)


def test_a_record_is_claimed_by_one_process_alone(journal: SqlJournal, place: Place) -> None:
    """Of two that ask at once, one gets it; who has it may ask again."""
    entry = begun(journal)
    journal.record(Snapshot(task=task(entry))).result()
    journal.record(Released(record=entry)).result()
    others = [python(CLAIMS, place, entry) for _ in range(4)]
    for each in others:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said_ = []
    for each in others:
        assert each.stdout is not None
        said_.append(each.stdout.readline().strip())
    for each in others:
        told_by(each, "end\n")
    assert sorted(said_) == ["False", "False", "False", "True"]


CLAIMS = """
import sys
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
journal = SqlJournal(sys.argv[1])
sys.stdin.readline()
first = journal.claim()
assert not first or journal.claim()
print(bool(first), flush=True)
sys.stdin.readline()
journal.close()
"""


def test_what_is_under_way_here_is_not_taken_for_lost(journal: SqlJournal) -> None:
    """A submission of this very process may still be answered."""
    entry = begun(journal)
    assert journal.claim([entry]) == []
    assert journal.records()[0].outcome is None


def test_a_submission_that_was_abandoned_is_one_nobody_knows_of(journal: SqlJournal) -> None:
    """Released before its answer came: unknown, and nobody's. What is not ours stays."""
    entry = begun(journal)
    journal.record(Released(record=entry)).result()
    (line,) = journal.records()
    assert (line.outcome, line.mine) == (Outcome.UNKNOWN, False)


def test_images_that_a_dying_process_had_spooled_are_its_answer(
    journal: SqlJournal, place: Place
) -> None:
    """They were paid for: a submission whose process died behind them is not unknown."""
    process = python(LIVES, place)
    assert process.stdout is not None
    entry = process.stdout.readline().strip()
    process.kill()
    process.communicate()
    spool = place.spool
    spool.mkdir(parents=True)
    (spool / f"{entry}-0").write_bytes(PNG)
    (spool / f"{entry}-1.{process.pid}.part").write_bytes(PNG[:9])
    (taken,) = journal.claim()
    assert [Path(path).read_bytes() for path in taken.spooled.values()] == [PNG]
    assert (taken.outcome, taken.open) == (Outcome.ACCEPTED, True)
    assert [path.name for path in spool.iterdir()] == [f"{entry}-0"]


def test_images_that_only_a_dead_machine_has_are_found_when_it_is_back(
    journal: SqlJournal, place: Place, tmp_path: Path
) -> None:
    """Another one, which took the record meanwhile and has no spool of it, knew nothing of them."""
    entry = begun(journal)
    place.rows("UPDATE submission SET owner = :owner", owner=ELSEWHERE)
    heard_of(place, LEASE + 60)
    other = SqlJournal(str(place), spool=tmp_path / "other")
    (lost,) = other.claim()
    assert lost.lost
    other.close()
    place.rows("UPDATE submission SET owner = ''")
    place.spool.mkdir(parents=True)
    (place.spool / f"{entry}-0").write_bytes(PNG)
    (taken,) = journal.claim()
    assert [Path(path).read_bytes() for path in taken.spooled.values()] == [PNG]
    assert (taken.outcome, taken.open) == (Outcome.ACCEPTED, True)


# ---------------------------------------------------------------- what cannot be a journal


def _noise(file: Path) -> None:
    file.write_bytes(b"this was never a database, and is longer than a header" * 40)


def _half(file: Path) -> None:
    SqlJournal(file).close()
    shutil.copy(file, f"{file}.whole")
    file.write_bytes(Path(f"{file}.whole").read_bytes()[:3000])


def _newer(file: Path) -> None:
    SqlJournal(file).close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9000'")
        connection.commit()


def _with_tables(sql: str) -> Callable[[Path], None]:
    def made(file: Path) -> None:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.executescript(sql)

    return made


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_noise, "not a database"),
        (_half, "malformed"),
        (_newer, "newer tintype"),
        (_with_tables("CREATE TABLE submission (x);"), "tables of its own"),
        (
            _with_tables(
                "CREATE TABLE alembic_version (version_num);"
                "INSERT INTO alembic_version VALUES ('ae1027a6acf');"
            ),
            "something else",
        ),
        (
            _with_tables(
                "CREATE TABLE alembic_version (version_num);"
                "INSERT INTO alembic_version VALUES ('0000');"
            ),
            "something else",
        ),
    ],
    ids=["noise", "half", "newer", "foreign", "foreign-alembic", "foreign-older"],
)
def test_what_is_no_journal_of_ours_is_left_as_it_is(
    file: Path, server: Loopback, spoil: Callable[[Path], None], words: str
) -> None:
    """A clear error before anything is sent, and not a byte changed."""
    spoil(file)
    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}
    account = Account(provider="easel", key="key-of-mine", base_url=server.url)
    with pytest.raises(JournalError, match=words) as caught:
        Client(account, plugins={"easel": easel}, journal=file, environ={})
    assert str(file) in str(caught.value)
    assert "Nothing was sent" in str(caught.value)
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before


@pytest.mark.parametrize(
    "url", ["nonsense://x/y", "postgresql+nodriver://x/y", "sqlite://///\0", "://"]
)
def test_an_address_nobody_knows_is_an_error(url: str) -> None:
    """It says that nothing was sent."""
    with pytest.raises(JournalError, match="Nothing was sent"):
        SqlJournal(url)


def test_a_password_in_an_address_is_not_told() -> None:
    """The error shows the rest of it."""
    with pytest.raises(JournalError) as caught:
        SqlJournal("postgresql+nodriver://me:hunter2@db/x")
    with pytest.raises(JournalError) as other:
        SqlJournal("postgresql://me:hunter2@db:port/x")
    assert "hunter2" not in str(caught.value) + str(other.value)


def test_a_folder_or_a_place_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    """A folder is no file, and a file is no folder."""
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "file" / "journal.db"):
        with pytest.raises(JournalError, match="cannot be used"):
            SqlJournal(place)


def test_a_journal_that_breaks_later_says_so_when_it_is_read(
    journal: SqlJournal, place: Place
) -> None:
    """An error of ours, never the library's."""
    entry = begun(journal)
    _dropped(place)
    for ask in (
        journal.records,
        lambda: journal.find("easel", "x"),
        lambda: journal.claim([entry]),
    ):
        with pytest.raises(JournalError, match="could not be"):
            ask()


def _dropped(place: Place) -> None:
    place.rows("DROP TABLE submission")


def test_a_journal_that_fails_before_a_submission_stops_it(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """What cannot be written down is not sent, and is not billed."""
    _dropped(place)
    with pytest.raises(JournalError) as caught:
        artist(journal=journal).generate(REQUEST, provider="easel")
    assert caught.value.billed is Billed.NO
    assert server.requests == []


def test_a_journal_that_fails_after_acceptance_loses_no_task(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """The task goes on without it, and a notice says so."""

    def create(_: Recorded) -> bytes:
        _dropped(place)
        return DRAWING

    server.on(CREATE, create).on(LOOK, DONE)
    drawn_ = artist(journal=journal).generate(REQUEST, provider="easel")
    assert drawn_.images[0].data == PNG
    notices = [notice for task in drawn_.tasks for notice in task.notices]
    assert {notice.field for notice in notices} == {"journal"}


# ------------------------------------------------------------------------------ a full disk


def test_a_disk_with_too_little_room_stops_submissions_before_they_are_sent(
    artist: Artist, server: Loopback, place: Place
) -> None:
    """Room is asked for before money is spent; there is not that much in the world."""
    journal = SqlJournal(place, least_free=2**62)
    with pytest.raises(JournalError, match="full") as caught:
        artist(journal=journal).generate(REQUEST, provider="easel")
    assert caught.value.billed is Billed.NO
    assert server.requests == []
    assert journal.records() == []
    journal.close()


FULL = """
import sys
from pathlib import Path
from tests.core import easel
from tintype import Account, Client, ImageRequest
from tintype.errors import JournalError
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
disk, url = Path(sys.argv[1]), sys.argv[2]
for least in (None, 0):
    options = {} if least is None else {"least_free": least}
    journal = SqlJournal(disk / f"{least}.db", **options)
    if least == 0:
        with (disk / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 512): pass
            except OSError:
                pass
    account = Account(provider="easel", key="key-of-mine", base_url=url)
    with Client(account, plugins={"easel": easel}, journal=journal, environ={}) as client:
        for number in range(3):
            try:
                client.generate(ImageRequest(prompt=f"{number}" * 900), provider="easel")
            except JournalError as error:
                print(error.billed.value, error)
    journal.close()
"""


def test_a_disk_that_is_really_full_stops_submissions_before_they_are_sent(
    server: Loopback, tmp_path: Path
) -> None:
    """A tmpfs of a mebibyte: by the check beforehand, and by the database's own failure."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=1m tmpfs '{disk}'"
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run(  # noqa: S603 - a probe
            [unshare, "-m", "sh", "-c", mount], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no mount namespace of one's own is permitted here: no disk to fill")
    server.on(CREATE, DONE)
    done = subprocess.run(  # noqa: S603 - our own code
        [
            *(unshare, "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"),
            *(sys.executable, "-W", "error", "-c", FULL, str(disk), server.url),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert len(told) == 6
    assert all(line.startswith("no ") for line in told)
    assert all("full" in line for line in told)
    assert server.requests == []


# ---------------------------------------------------------------------------- its tables


def test_the_migrations_make_the_tables_that_the_code_writes(
    journal: SqlJournal, place: Place
) -> None:
    """From an empty file; nothing is missing and nothing is too much."""
    begun(journal)
    engine = sa.create_engine(database_url(place))
    options = {"compare_type": place.backend != "sqlite"}  # a width is a word there
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_journal_is_opened_again_as_it_was(place: Place) -> None:
    """Twice, by path and by URL."""
    first = SqlJournal(place)
    entry = begun(first)
    first.close()
    second = SqlJournal(database_url(place).render_as_string())
    assert [line.id for line in second.records()] == [entry]
    second.close()


def test_a_stream_records_each_image_as_it_comes(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place
) -> None:
    """What a stream brought before it broke is in the journal."""
    from tests.core.loopback import events  # noqa: PLC0415 - needed once

    picture = drawn("png", "blue")
    text = b'data: {"id":"p1","state":"drawing","picture":"%s"}\n\n' % in_base64(picture).encode()
    script: Answer = events(text)
    server.on(CREATE, script)
    list(artist(journal=journal).stream(REQUEST, provider="easel"))
    (line,) = journal.records()
    assert [Path(path).read_bytes() for path in line.spooled.values()] == [picture]
    assert len(list(place.spool.iterdir())) == 1
