"""Resuming: what an earlier process paid for is finished, once, and never paid for again."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.databases import Place
from tests.core.loopback import Answer, Fault, Loopback, Pause, Recorded, answer, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    Billed,
    Client,
    Image,
    ImageRequest,
    Outcome,
    Task,
    TaskState,
)
from tintype._client.keyed_results import Rules
from tintype._client.resuming import resuming
from tintype._flow.conversation import Conversation, Terms
from tintype._flow.effects import Fetch, Flow, Send
from tintype._pacing import Clock
from tintype._plugins.registry import Registry
from tintype.entries import Intent, Released, Saved, Settled, Snapshot
from tintype.errors import (
    DeadlineError,
    ProtocolError,
    SaveError,
    SizeMismatchError,
    SubmissionUnknownError,
    TaskError,
    UnknownProviderError,
)
from tintype.hooks import hookimpl
from tintype.journal import JournalRecord, Resumed
from tintype.journal._sql import SqlJournal

Artist = Callable[..., Client]

ROOT = Path(__file__).parents[2]
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
FETCH = "GET /1.png"
DRAWING = said({"id": "p1", "state": "drawing"})
INLINE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
PICTURE = answer(PNG, media_type="image/png")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where images go."""
    return tmp_path / "out"


def left(journal: SqlJournal, provider: str = "easel", **fields: object) -> str:
    """The record of a task that its process let go of."""
    entry = journal.record(Intent(provider=provider, request=REQUEST)).result()
    task = Task(provider=provider, model="oil-1", id="p1", record=entry, request=REQUEST)
    journal.record(Snapshot(task=evolve(task, **fields))).result()
    journal.record(Released(record=entry)).result()
    return entry


def over(*images: Image) -> dict[str, object]:
    """The fields of a task that has ended well."""
    return {"state": TaskState.SUCCEEDED, "images": images}


def names(folder: Path) -> list[str]:
    """Every name in a folder, hidden ones among them."""
    return sorted(path.name for path in folder.iterdir())


def done_at(server: Loopback) -> bytes:
    """The task has ended, and its image is to be fetched."""
    return said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png"]})


# ---------------------------------------------------------------------------- what is finished


def test_a_running_task_is_followed_and_saved(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Accepted by a process that is gone: polled, fetched, saved, and then over."""
    entry = left(journal)
    server.on(LOOK, DRAWING, done_at(server)).on(FETCH, PICTURE)
    client = artist(journal=place)
    (resumed,) = client.resume(out)
    (path,) = resumed.paths
    assert path.read_bytes() == PNG
    assert resumed.record.id == entry
    assert (resumed.error, resumed.advice) == (None, "")
    assert server.lines() == [LOOK, LOOK, FETCH]
    assert client.resume(out) == ()
    assert len(names(out)) == 1


def test_an_inline_image_is_saved_from_the_spool(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Nobody is asked; the spool is empty afterwards."""
    left(journal, **over(Image(data=PNG)))
    (resumed,) = artist(journal=place).resume(out)
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert names(place.spool) == []
    assert server.requests == []


def test_a_file_that_was_linked_but_not_noted_is_found_again(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """It is not written twice, and the part that it was is cleaned away."""
    entry = left(journal, **over(Image(url=f"{server.url}/1.png")))
    out.mkdir()
    file = out / "panda.png"
    file.write_bytes(PNG)
    part = out / f".tintype-{entry}-0.part"
    part.hardlink_to(file)
    digest = hashlib.sha256(PNG).hexdigest()
    journal.record(Saved(record=entry, index=0, path=str(file), digest=digest)).result()
    (resumed,) = artist(journal=place).resume(out)
    assert resumed.paths == (file,)
    assert names(out) == ["panda.png"]
    assert server.requests == []


def test_a_part_that_became_a_file_which_was_changed_since_spoils_it_not(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """The part is a second name of that file: it is dropped, never emptied."""
    entry = left(journal, **over(Image(url=f"{server.url}/1.png")))
    server.on(FETCH, PICTURE)
    out.mkdir()
    file = out / "panda.png"
    file.write_bytes(b"edited by hand")
    (out / f".tintype-{entry}-0.part").hardlink_to(file)
    saved = Saved(record=entry, index=0, path=str(file), digest=hashlib.sha256(PNG).hexdigest())
    journal.record(saved).result()
    (resumed,) = artist(journal=place).resume(out)
    assert file.read_bytes() == b"edited by hand"
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert len(names(out)) == 2


def test_the_half_part_of_a_dead_process_is_cleaned_away(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """It is begun anew, in the folder that the dead process had chosen."""
    entry = left(journal, **over(Image(url=f"{server.url}/1.png")))
    chosen = out / "chosen"
    chosen.mkdir(parents=True)
    (chosen / f".tintype-{entry}-0.part").write_bytes(PNG[:20])
    journal.record(Saved(record=entry, index=0, path=str(chosen / "panda"))).result()
    server.on(FETCH, PICTURE)
    (resumed,) = artist(journal=place).resume(out)
    assert [path.parent for path in resumed.paths] == [chosen]
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert len(names(chosen)) == 1


def test_a_folder_that_takes_no_picture_any_more_keeps_none_back(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """What a dead process began there goes where the others go."""
    entry = left(journal, **over(Image(url=f"{server.url}/1.png")))
    (out.parent / "full").write_bytes(b"a file where the folder was")
    saved = Saved(record=entry, index=0, path=str(out.parent / "full" / "panda.png"))
    journal.record(saved).result()
    server.on(FETCH, PICTURE)
    client = artist(journal=place)
    (resumed,) = client.resume(out.parent / "full")
    assert isinstance(resumed.error, SaveError)
    (resumed,) = client.resume(out)
    assert [path.parent for path in resumed.paths] == [out]
    assert [path.read_bytes() for path in resumed.paths] == [PNG]


def test_only_what_is_not_saved_is_saved(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Of two images one was done: the other is fetched."""
    images = [Image(url=f"{server.url}/{n}.png", index=n) for n in (0, 1)]
    entry = left(journal, **over(*images))
    journal.record(Saved(record=entry, index=0, path="/x.png", digest="d", done=True)).result()
    server.on(FETCH, PICTURE)
    (resumed,) = artist(journal=place).resume(out)
    assert len(resumed.paths) == 1
    assert server.lines() == [FETCH]


def test_a_result_that_has_expired_is_marked(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """The error says so, and nothing is tried again the next time."""
    gone = Image(url=f"{server.url}/1.png", expires_at=datetime.now(UTC) - timedelta(days=1))
    left(journal, **over(gone), billed=Billed.YES)
    client = artist(journal=place)
    (resumed,) = client.resume(out)
    assert "expired" in str(resumed.error)
    assert resumed.error is not None
    assert resumed.error.billed is Billed.YES
    assert resumed.record.task is not None
    assert resumed.record.task.state is TaskState.EXPIRED
    assert client.resume(out) == ()
    assert len(server.requests) == 1
    assert names(out) == []


def owners(place: Place) -> list[str]:
    """Who follows each record, "" for nobody."""
    return [str(owner) for (owner,) in place.rows("SELECT owner FROM submission ORDER BY record")]


def test_what_a_resume_gives_up_is_for_others_to_take(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """This process lives on and follows it no more: another one need not wait for its end."""
    left(journal)
    server.on(LOOK, DRAWING)
    client = artist(journal=place, task_timeout=0.2)
    (late,) = client.resume(out)
    client.close()
    assert isinstance(late.error, DeadlineError)
    assert owners(place) == [""]


def test_what_a_generation_gives_up_is_for_others_to_take(
    artist: Artist, server: Loopback, place: Place
) -> None:
    """Of two tasks one is late: the generation goes on without it."""
    server.on("POST /v1/pictures", DRAWING, said({"id": "p2", "state": "done", "urls": ["u"]}))
    server.on(LOOK, DRAWING)
    client = artist(journal=place, task_timeout=0.2)
    client.generate(ImageRequest(prompt="a red panda", n=2), provider="easel")
    client.close()
    assert owners(place)[0] == ""


async def test_a_resume_that_is_cancelled_leaves_what_it_claims(
    server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """A thread claims it when the caller has gone already: the next one finishes it."""
    left(journal)
    server.on(LOOK, done_at(server)).on(FETCH, PICTURE)
    account = Account(provider="easel", key=KEY, base_url=server.url)
    fields = {"plugins": {"easel": easel}, "environ": {}, "journal": place}
    async with AsyncClient(account, **fields) as client:
        with place.locked():
            resuming = asyncio.create_task(client.resume(out))
            await asyncio.sleep(0)  # it has begun, and waits for the lock
            resuming.cancel()
            with pytest.raises(asyncio.CancelledError):
                await resuming
        resumed: tuple[Resumed, ...] = ()
        async with asyncio.timeout(30):
            while not resumed:  # until the thread has let go
                resumed = await client.resume(out)
    assert [path.read_bytes() for path in resumed[0].paths] == [PNG]


def test_what_cannot_be_had_now_stays_open(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """A task that does not end and an image that cannot be fetched are tried the next time."""
    left(journal)
    server.on(LOOK, DRAWING)
    (late,) = artist(journal=place, task_timeout=0.2).resume(out)
    assert isinstance(late.error, DeadlineError)
    server.on(LOOK, done_at(server)).on(FETCH, said({}, status=404))
    client = artist(journal=place)
    (missing,) = client.resume(out)
    assert "404" in str(missing.error)
    server.on(FETCH, PICTURE)
    (resumed,) = client.resume(out)
    assert len(resumed.paths) == 1
    assert names(out) == [resumed.paths[0].name]


def test_an_image_that_expired_keeps_no_other_from_being_saved(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """The task is marked only when nothing is left that may still be had."""
    past = datetime.now(UTC) - timedelta(days=1)
    gone, busy, fine = (Image(url=f"{server.url}/{n}.png", index=n) for n in (0, 2, 1))
    left(journal, **over(evolve(gone, expires_at=past), busy, fine))
    server.on("GET /0.png", said({}, status=404)).on("GET /2.png", said({}, status=403))
    server.on(FETCH, PICTURE)
    client = artist(journal=place)
    (resumed,) = client.resume(out)
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert "expired" in str(resumed.error)
    assert "403" in resumed.error.__notes__[0]
    server.on("GET /2.png", PICTURE)
    (again,) = client.resume(out)
    assert len(again.paths) == 1
    assert again.record.task is not None
    assert again.record.task.state is TaskState.EXPIRED
    assert client.resume(out) == ()
    assert len(names(out)) == 2


def test_a_slow_task_keeps_no_image_from_the_disk(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """What had ended is saved while others are asked for, and each other as it ends."""
    seen: list[int] = []

    def look(_: Recorded) -> bytes:
        seen.append(len(names(out)) if out.exists() else 0)
        return INLINE if len(seen) > 2 else DRAWING

    left(journal, id="p1")
    left(journal, id="p2")
    left(journal, id="p3", **over(Image(data=PNG)))
    done = said({"id": "p2", "state": "done", "picture": in_base64(PNG)})
    server.on(LOOK, look).on("GET /v1/pictures/p2", done)
    resumed = artist(journal=place).resume(out)
    assert [len(each.paths) for each in resumed] == [1, 1, 1]
    assert seen[-1] == 2


# ------------------------------------------------------------------------- what is not known


def test_a_stream_that_broke_off_before_its_image_is_unknown_and_no_more_open(
    artist: Artist, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Its last snapshot has neither an id nor an image: there is nothing to look at."""
    entry = journal.record(Intent(provider="easel", request=REQUEST)).result()
    started = Task(provider="easel", model="oil-1", record=entry, request=REQUEST)
    journal.record(Snapshot(task=started)).result()
    lost = Settled(record=entry, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="It broke.")
    journal.record(lost).result()
    client = artist(journal=place)
    for _ in range(2):
        (resumed,) = client.resume(out)
        assert (resumed.record.id, resumed.error) == (entry, None)
        assert "never sent again" in resumed.advice
        assert not resumed.record.open


def test_an_unknown_submission_is_told_of_and_never_sent_again(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """Each time, with advice, by name too; the provider sees one submission in all."""
    server.on(CREATE, Fault.RESET)
    client = artist(journal=place)
    with pytest.raises(SubmissionUnknownError) as caught:
        client.generate(REQUEST, provider="easel")
    for entries in ((), (), (caught.value.record,)):
        (resumed,) = client.resume(out, records=entries)
        assert resumed.record.id == caught.value.record
        assert "never sent again" in resumed.advice
        assert (resumed.paths, resumed.error) == ((), None)
    assert server.lines() == [CREATE]


DIES = """
import os, signal, sys
from tests.core import easel
from tintype import Account, Client, ImageRequest
from tintype._flow.effects import Record
account = Account(provider="easel", key="key-of-mine", base_url=sys.argv[2])
def observe(told):
    if isinstance(told.effect, Record):
        os.kill(os.getpid(), signal.SIGKILL)
client = Client(account, plugins={"easel": easel}, journal=sys.argv[1], environ={},
                observers=[observe])
client.generate(ImageRequest(prompt="a red panda"), provider="easel")
"""


def test_a_process_that_died_behind_its_intent_leaves_an_unknown_submission(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """Nobody knows whether it left: it is listed, and not sent."""
    arguments = [sys.executable, "-c", DIES, str(place), server.url]
    done = subprocess.run(arguments, cwd=ROOT, check=False, timeout=60)  # noqa: S603
    assert done.returncode == -9
    client = artist(journal=place)
    (resumed,) = client.resume(out)
    assert resumed.advice
    assert resumed.record.outcome is Outcome.UNKNOWN
    assert [line.outcome for line in client.journal.records()] == [Outcome.UNKNOWN]
    assert server.requests == []


@pytest.mark.parametrize("width", [1, 2])
def test_a_task_of_one_provider_keeps_nobody_elses_image_waiting(
    connect: Connect, server: Loopback, journal: SqlJournal, place: Place, out: Path, width: int
) -> None:
    """Whoever is due is asked, each with its own key, however many may be asked at a time."""
    brush = ModuleType("brush")
    brush.__dict__.update({key: each for key, each in vars(easel).items() if key[0] != "_"})
    info = evolve(easel.INFO, name="brush")
    brush.__dict__["describe"] = hookimpl(lambda: info)
    accounts = [
        Account(provider=name, key=f"sk-of-{name}", base_url=f"{server.url}/{name}")
        for name in ("brush", "easel")
    ]
    entries = [left(journal, each.provider) for each in accounts]
    slow, quick = "GET /brush/v1/pictures/p1", "GET /easel/v1/pictures/p1"
    server.on(slow, DRAWING, INLINE).on(quick, INLINE)
    plugins = {"easel": easel, "brush": brush}
    client = connect(*accounts, plugins=plugins, journal=place, width=width)
    resumed = client.resume(out)
    assert [(each.record.id, len(each.paths), each.error) for each in resumed] == [
        (entry, 1, None) for entry in entries
    ]
    asked = [(f"GET {each.target}", each.header("authorization")) for each in server.requests]
    assert sorted(asked[:2]) == [(slow, "Bearer sk-of-brush"), (quick, "Bearer sk-of-easel")]
    assert asked[2:] == [(slow, "Bearer sk-of-brush")]


def test_records_of_a_provider_that_is_not_installed_keep_no_other_from_being_finished(
    artist: Artist, journal: SqlJournal, place: Place, out: Path
) -> None:
    """They are told of with the reason, and stay open."""
    journal.record(Snapshot(task=Task(provider="gone", id="g1"))).result()
    (foreign,) = journal.records()
    journal.record(Released(record=foreign.id)).result()
    left(journal, **over(Image(data=PNG)))
    told = {each.record.provider: each for each in artist(journal=place).resume(out)}
    assert isinstance(told["gone"].error, UnknownProviderError)
    assert len(told["easel"].paths) == 1
    assert journal.records([foreign.id])[0].open


def _failing(flow: Flow[tuple[Resumed, ...]]) -> tuple[tuple[Resumed, ...], list[str]]:
    """What becomes of a flow all of whose exchanges fail as none should, and what they asked."""
    asked: list[str] = []
    try:
        effect = next(flow)
        while True:
            match effect:
                case Send():
                    asked.append(effect.request.url)
                    effect = flow.throw(MemoryError("no room"))
                case Fetch():
                    asked.append(effect.url)
                    effect = flow.throw(RuntimeError("nobody foresaw this"))
                case _:
                    effect = flow.send("")
    except StopIteration as stop:
        return stop.value, asked


def test_a_fault_nobody_foresaw_stops_one_record_only(tmp_path: Path) -> None:
    """Whatever is thrown into the flow, each record gets its own end, and the last one is asked."""
    clock = Clock(monotonic=lambda: 0.0, now=lambda: datetime.now(UTC))
    plugin = Registry({"easel": easel}).get("easel")
    conversation = Conversation(plugin, Terms(clock=clock, jitter=lambda: 0.5))
    drawn = (Image(url="https://cdn.test/1.png"),)
    tasks = [
        Task(provider="easel", id="p1", record="a", state=TaskState.SUCCEEDED, images=drawn),
        Task(provider="easel", id="p2", record="b", state=TaskState.SUCCEEDED, images=drawn),
        Task(provider="easel", id="p3", record="c"),
        Task(provider="easel", id="p4", record="d"),
    ]
    now = datetime.now(UTC)
    records = [
        JournalRecord(
            id=task.record,
            provider="easel",
            outcome=Outcome.ACCEPTED,
            billed=Billed.UNKNOWN,
            created_at=now,
            updated_at=now,
            task=task,
        )
        for task in tasks
    ]
    flow = resuming({"easel": (conversation, Rules(clock=clock))}, records, tmp_path)
    resumed, asked = _failing(flow)
    assert [each.record.id for each in resumed] == ["a", "b", "c", "d"]
    assert all(isinstance(each.error, TaskError) for each in resumed)
    assert [str(each.error.__cause__) for each in resumed] == [
        *["nobody foresaw this"] * 2,
        *["no room"] * 2,
    ]
    assert len(asked) == 4


def test_records_can_be_named(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """The others are left alone."""
    entries = [left(journal, id=f"p{n}", **over(Image(data=PNG))) for n in range(3)]
    (resumed,) = artist(journal=place).resume(out, records=[entries[1]])
    assert resumed.record.id == entries[1]
    assert [line.open for line in journal.records()] == [True, False, True]
    assert server.requests == []


def test_without_a_journal_there_is_nothing_to_resume(artist: Artist, out: Path) -> None:
    """And no error."""
    assert artist().resume(out) == ()


# ------------------------------------------------------------------------------ two at once

RESUMES = """
import asyncio, sys
from tests.core import easel
from tintype import Account, AsyncClient, Client
kind, place, url, out = sys.argv[1:]
account = Account(provider="easel", key="key-of-mine", base_url=url)
options = {"plugins": {"easel": easel}, "journal": place, "environ": {}}
async def awaited():
    async with AsyncClient(account, **options) as client:
        print("ready", flush=True)
        sys.stdin.readline()
        return await client.resume(out)
def called():
    with Client(account, **options) as client:
        print("ready", flush=True)
        sys.stdin.readline()
        return client.resume(out)
for each in asyncio.run(awaited()) if kind == "async" else called():
    print(*each.paths, each.error or "", each.advice)
"""


@pytest.mark.parametrize("kinds", [("sync", "sync"), ("async", "async"), ("sync", "async")])
def test_two_processes_that_resume_at_once_do_the_work_once(
    server: Loopback, journal: SqlJournal, place: Place, out: Path, kinds: tuple[str, str]
) -> None:
    """Every task is followed by one of them, every image fetched and written once."""
    for number in range(6):
        left(journal, id=f"p{number}")
        urls = [f"{server.url}/{number}.png"]
        done: Answer = (Pause(0.05), said({"id": f"p{number}", "state": "done", "urls": urls}))
        server.on(f"GET /v1/pictures/p{number}", done)
        server.on(f"GET /{number}.png", PICTURE)
    processes = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-W", "error", "-c", RESUMES, kind, str(place), server.url, str(out)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda each: each.communicate("go\n", timeout=60), processes))
    assert [process.returncode for process in processes] == [0, 0], told
    assert sum(len(output.splitlines()) for output, _ in told) == 6
    assert sorted(server.lines()) == sorted(
        [f"GET /v1/pictures/p{n}" for n in range(6)] + [f"GET /{n}.png" for n in range(6)]
    )
    assert len(names(out)) == 6
    assert not any(line.open for line in journal.records())


def test_two_clients_of_one_process_that_resume_at_once_do_the_work_once(
    server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Whether they share a journal or open it each."""
    account = Account(provider="easel", key=KEY, base_url=server.url)
    for number in range(4):
        left(journal, id=f"p{number}")
        body = {"id": f"p{number}", "state": "done", "picture": in_base64(PNG)}
        server.on(f"GET /v1/pictures/p{number}", (Pause(0.05), said(body)))
    given = [journal, journal, place, place]
    clients = [
        Client(account, plugins={"easel": easel}, journal=each, environ={}) for each in given
    ]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda client: client.resume(out), clients))
    for client in clients:
        client.close()
    assert sum(len(each) for each in told) == 4
    assert len(names(out)) == 4
    assert len(server.requests) == 4


def test_what_a_client_is_at_work_on_is_not_resumed_by_itself(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """A task that another thread follows is left to it."""
    seen: list[object] = []
    client = artist(journal=place)
    helper = Client(
        Account(provider="easel", key=KEY, base_url=server.url),
        plugins={"easel": easel},
        journal=client.journal,
        environ={},
    )

    def look(_: Recorded) -> bytes:
        seen.append(helper.resume(out))
        return INLINE

    server.on(CREATE, DRAWING).on(LOOK, look)
    assert client.generate(REQUEST, provider="easel").images
    helper.close()
    assert seen == [()]


def test_a_look_at_a_task_that_is_waited_for_leaves_it_followed(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """It is followed from the first moment, and until the last of two flows has ended."""
    seen: list[object] = []
    client = artist(journal=place)
    helper = Client(
        Account(provider="easel", key=KEY, base_url=server.url),
        plugins={"easel": easel},
        journal=client.journal,
        environ={},
    )

    def look(_: Recorded) -> bytes:
        seen.append(helper.resume(out))
        return DRAWING

    def look_as_well(latest: Task) -> None:
        if not latest.state.terminal:
            with pytest.raises(ProtocolError):
                helper.refresh(latest)
            seen.append(helper.resume(out))
            seen.append([line.mine for line in client.journal.records()])

    server.on(CREATE, DRAWING).on(LOOK, look, said({"why": "no"}, status=404), INLINE)
    task = client.submit(REQUEST, provider="easel")
    assert client.wait(task, on_progress=look_as_well).images
    helper.close()
    assert seen == [(), (), [True]]


def test_the_command_line_resumes(
    server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """`tintype resume` prints the files, and on stderr what nobody knows of."""
    journal.record(Intent(provider="apiyi", request=evolve(REQUEST, tag="cover 7"))).result()
    (lost,) = journal.records()
    journal.record(Released(record=lost.id)).result()
    entry = left(journal, provider="apiyi", **over(Image(data=PNG)))
    environ = {
        "PATH": "",
        "TINTYPE_JOURNAL": str(place),
        "XDG_DATA_HOME": os.environ["XDG_DATA_HOME"],
        "APIYI_BASE_URL": server.url,
    }
    command = [sys.executable, "-W", "error", "-c", "from tintype._cli import main; main()"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [*command, *arguments], env=environ, capture_output=True, text=True, check=False
        )

    listed = run("tasks")
    assert lost.id in listed.stdout
    assert "unknown" in listed.stdout
    assert "cover 7" in listed.stdout
    resumed = run("resume", "-o", str(out))
    (name,) = names(out)
    assert (resumed.returncode, resumed.stdout) == (0, f"{out / name}\n")
    assert lost.id in resumed.stderr
    assert "never sent again" in resumed.stderr
    assert entry not in run("tasks").stdout
    assert entry in run("tasks", "--all").stdout
    assert server.requests == []


def test_a_record_that_cannot_be_read_stops_no_other(
    artist: Artist, journal: SqlJournal, place: Place, out: Path
) -> None:
    """It is listed with the reason, and the others are finished."""
    broken = left(journal, id="p2", **over(Image(data=PNG)))
    left(journal, **over(Image(data=PNG)))
    place.rows("UPDATE submission SET task = '{}x' WHERE record = :record", record=broken)
    client = artist(journal=place)
    resumed = client.resume(out)
    assert [path.read_bytes() for each in resumed for path in each.paths] == [PNG]
    (damaged,) = client.journal.records([broken])
    assert "cannot be read" in damaged.reason


@pytest.mark.parametrize(("on_mismatch", "words"), [("error", "10x10 was asked"), ("notice", "")])
def test_a_picture_of_another_size_is_what_its_client_says(
    artist: Artist, journal: SqlJournal, out: Path, on_mismatch: str, words: str
) -> None:
    """Saved like the others, which it keeps from nothing; as an error its record says it once."""
    sized = evolve(REQUEST, size="10x10")
    left(journal, state=TaskState.SUCCEEDED, images=(Image(data=PNG),), request=sized)
    left(journal, state=TaskState.SUCCEEDED, images=(Image(data=PNG),), id="p2")
    client = artist(journal=journal, on_mismatch=on_mismatch)
    odd, other = client.resume(out)
    assert words in str(odd.error or "")
    assert isinstance(odd.error, SizeMismatchError) is bool(words)
    assert odd.error is None or odd.error.paths == odd.paths
    assert other.error is None
    assert [path.read_bytes() for each in (odd, other) for path in each.paths] == [PNG, PNG]
    assert client.resume(out) == ()
