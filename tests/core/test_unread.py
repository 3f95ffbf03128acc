"""Answers that nobody understands: kept, and read again by whatever plugin is installed then."""

from __future__ import annotations

import pickle
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.acme import ASKED, Line
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Answer, Fault, Loopback, answer, said
from tests.core.pictures import PNG, in_base64

from tintype import Account, Billed, Budget, Client, ImageRequest, Outcome, TaskState
from tintype._flow.effects import Effect, Record, Reply
from tintype.entries import Intent, Settled, Snapshot, Unread
from tintype.errors import (
    BadRequestError,
    BudgetError,
    DeadlineError,
    ProtocolError,
    ServerError,
    SubmissionUnknownError,
    TintypeError,
    UsageError,
    refusal,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.journal._sql import SqlJournal
from tintype.messages import Request, Response
from tintype.models import Image, Task, Update

Artist = Callable[..., Client]

REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
# A later version of the API: the picture stands where no plugin of today looks.
NEWER = said({"art": {"status": "finished", "canvas": in_base64(PNG)}, "key": KEY})
STREAM = answer(
    b'event: art\ndata: {"canvas": "' + in_base64(PNG).encode() + b'"}\n\n',
    media_type="text/event-stream",
)


def newer() -> SimpleNamespace:
    """Easel's hooks, its `parse` one that understands the later version."""
    hooks = {
        name: getattr(easel, name)
        for name in ("describe", "price", "submit", "poll", "cancel")
        if hasattr(easel, name)
    }
    return SimpleNamespace(**hooks, parse=parse)


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A picture of either version."""
    message = exchange.message
    text = getattr(message, "body", None) or getattr(message, "data", "").encode()
    if b"canvas" in text:
        image = Image(data=PNG)
        return Update(state=TaskState.SUCCEEDED, images=(image,), billed=Billed.YES)
    found: Update = easel.parse(exchange)
    return found


@hookimpl
def in_lines(request: ImageRequest) -> Request:
    """The easel's submission, answered by lines of JSON."""
    return evolve(easel.submit(request), answer="lines")


@hookimpl
def broken(exchange: Exchange) -> Update:
    """A hook with a mistake in it."""
    raise KeyError(exchange.operation)


@hookimpl
def refusing(exchange: Exchange) -> Task:
    """A hook that reads a refusal in every answer, and no word about money."""
    raise refusal(502, {502: ServerError}, "Odd weather", code=exchange.operation)


def client_of(connect: Connect, server: Loopback, plugin: object, **options: object) -> Client:
    """A client whose `easel` is this plugin."""
    account = Account(provider="easel", key=KEY, base_url=server.url)
    return connect(account, plugins={"easel": plugin}, **options)


def kept(folder: Path) -> list[Path]:
    """The answers in a journal's folder."""
    return sorted(folder.glob("*.spool/*.answer"))


@pytest.mark.parametrize("plugin", ["today's", "broken", "refusing"])
def test_an_answer_that_nobody_understands_is_drawn_by_a_newer_plugin(
    connect: Connect, server: Loopback, tmp_path: Path, plugin: str
) -> None:
    """Kept beside the journal, named in the error, read by `resume`, and then gone."""
    server.on(CREATE, NEWER)
    hooks: object = easel
    if plugin != "today's":
        hooks = newer()
        hooks.parse = {"broken": broken, "refusing": refusing}[plugin]  # type: ignore[attr-defined]
    place = tmp_path / "journal.db"
    with pytest.raises(SubmissionUnknownError, match="was not understood") as caught:
        client_of(connect, server, hooks, journal=place).generate(REQUEST, provider="easel")
    (file,) = kept(tmp_path)
    assert caught.value.answered
    assert caught.value.kept == str(file)
    assert str(file) in str(caught.value)
    assert caught.value.answer is None
    assert KEY.encode() not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    updated = client_of(connect, server, newer(), journal=place)
    (record,) = updated.journal.records()
    assert (record.open, record.lost, record.unread) == (True, False, (str(file),))
    (resumed,) = updated.resume(tmp_path / "out")
    assert resumed.error is None
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert kept(tmp_path) == []
    (record,) = updated.journal.records()
    assert (record.open, record.outcome, record.billed) == (False, Outcome.ACCEPTED, Billed.YES)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 500])
def test_a_refusal_that_says_nothing_of_money_is_kept_where_http_calls_it_good(
    connect: Connect, server: Loopback, status: int
) -> None:
    """What came with a 500 is a refusal all the same, and holds no picture."""
    server.on(CREATE, said({"why": "Odd weather"}, status=status))
    hooks = newer()
    hooks.parse = refusing
    with pytest.raises(SubmissionUnknownError, match="Odd weather") as caught:
        client_of(connect, server, hooks).submit(REQUEST, provider="easel")
    assert (caught.value.answer is not None) == (status == 200)


def test_an_answer_that_is_still_not_understood_stays_kept(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """Each resume says where it is and what can be done."""
    server.on(CREATE, NEWER)
    client = client_of(connect, server, easel, journal=tmp_path / "journal.db")
    with pytest.raises(SubmissionUnknownError):
        client.submit(REQUEST, provider="easel")
    for _ in range(2):
        (resumed,) = client.resume(tmp_path / "out")
        assert isinstance(resumed.error, ProtocolError)
        (file,) = kept(tmp_path)
        assert str(file) in resumed.advice
    assert len(server.requests) == 1


def test_the_events_of_a_stream_are_kept_and_read_again(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """As far as they came."""
    server.on(CREATE, STREAM)
    place = tmp_path / "journal.db"
    lively = evolve(REQUEST, stream=True)
    with pytest.raises(SubmissionUnknownError, match="was not understood"):
        client_of(connect, server, easel, journal=place).submit(lively, provider="easel")
    (resumed,) = client_of(connect, server, newer(), journal=place).resume(tmp_path / "out")
    assert [path.read_bytes() for path in resumed.paths] == [PNG]


def test_the_lines_of_a_stream_are_kept_and_read_again(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """As events are."""
    lines = b'{"art": 1}\n{"canvas": "%s"}\n' % in_base64(PNG).encode()
    server.on(CREATE, answer(lines, media_type="application/x-ndjson"))
    place = tmp_path / "journal.db"
    today = newer()
    today.submit, today.parse = in_lines, easel.parse
    with pytest.raises(SubmissionUnknownError, match="was not understood"):
        client_of(connect, server, today, journal=place).submit(REQUEST, provider="easel")
    (resumed,) = client_of(connect, server, newer(), journal=place).resume(tmp_path / "out")
    assert [path.read_bytes() for path in resumed.paths] == [PNG]


def test_the_last_answer_of_a_poll_is_kept_at_the_deadline(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """A state that no document lists may be the end; the provider is asked again all the same."""
    server.on(CREATE, said({"id": "p1", "state": "drawing"}))
    server.on(LOOK, NEWER)
    place = tmp_path / "journal.db"
    client = client_of(connect, server, easel, journal=place, task_timeout=0.3)
    with pytest.raises(DeadlineError) as caught:
        client.generate(REQUEST, provider="easel")
    (file,) = kept(tmp_path)
    assert caught.value.kept == str(file)
    (resumed,) = client_of(connect, server, newer(), journal=place).resume(tmp_path / "out")
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert kept(tmp_path) == []


def test_without_a_journal_the_error_holds_the_answer(connect: Connect, server: Loopback) -> None:
    """`read_again` reads it, also after the error was pickled."""
    server.on(CREATE, NEWER)
    with pytest.raises(SubmissionUnknownError, match="read_again") as caught:
        client_of(connect, server, easel).submit(REQUEST, provider="easel")
    assert in_base64(PNG) not in repr(caught.value.answer)
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    with pytest.raises(TintypeError) as again:
        client_of(connect, server, easel).read_again(error)
    assert again.value.answer is not None
    task = client_of(connect, server, newer()).read_again(error)
    assert [image.data for image in task.images] == [PNG]
    assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [(Fault.CLOSE,), (Fault.RESET,)], ids=["closed", "reset"])
def test_an_answer_that_was_lost_is_told_as_lost(
    connect: Connect, server: Loopback, reply: Answer, tmp_path: Path
) -> None:
    """There is nothing to be read again, and `read_again` says so."""
    server.on(CREATE, reply)
    client = client_of(connect, server, easel, journal=tmp_path / "journal.db")
    with pytest.raises(SubmissionUnknownError, match="its answer was lost") as caught:
        client.submit(REQUEST, provider="easel")
    assert not caught.value.answered
    assert kept(tmp_path) == []
    with pytest.raises(UsageError, match="holds no answer"):
        client.read_again(caught.value)


@pytest.mark.parametrize(("billed", "fits"), [(Billed.NO, True), (Billed.YES, False)])
def test_a_person_settles_what_they_looked_up(
    connect: Connect, server: Loopback, tmp_path: Path, billed: Billed, fits: object
) -> None:
    """The record is closed, its answer dropped, and the budget counts it or gets it back."""
    server.on(CREATE, NEWER, said({"id": "p1", "state": "done", "picture": in_base64(PNG)}))
    options = {"journal": tmp_path / "journal.db", "budgets": [Budget(usd="0.05", period="ever")]}
    client = client_of(connect, server, easel, **options)
    with pytest.raises(SubmissionUnknownError) as caught:
        client.generate(REQUEST, provider="easel")
    closed = client.journal.settle(caught.value.record, billed=billed, reason="seen on the bill")
    assert (closed.open, closed.lost, closed.billed) == (False, False, billed)
    assert closed.reason == "seen on the bill"
    assert kept(tmp_path) == []
    assert client.resume(tmp_path / "out") == ()
    if fits:
        assert client.generate(REQUEST, provider="easel").images
    else:
        with pytest.raises(BudgetError):
            client.generate(REQUEST, provider="easel")


@pytest.mark.parametrize(
    ("record", "billed", "words"),
    [
        ("0" * 28, Billed.NO, "there is none"),
        ("../x", Billed.YES, "none"),
        ("0", Billed.UNKNOWN, "stays open"),
    ],
)
def test_what_cannot_be_settled_is_refused(
    tmp_path: Path, record: str, billed: Billed, words: str
) -> None:
    """With the reason."""
    with pytest.raises(UsageError, match=words):
        SqlJournal(tmp_path / "journal.db").settle(record, billed=billed)


def test_a_kept_file_that_is_damaged_stops_nobody_else(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """Its record says so; the others are finished."""
    server.on(CREATE, NEWER)
    place = tmp_path / "journal.db"
    client = client_of(connect, server, easel, journal=place)
    for _ in range(2):
        with pytest.raises(SubmissionUnknownError):
            client.submit(REQUEST, provider="easel")
    first, _ = kept(tmp_path)
    first.write_bytes(b"half a li")
    resumed = client_of(connect, server, newer(), journal=place).resume(tmp_path / "out")
    assert sorted(len(each.paths) for each in resumed) == [0, 1]


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.FAILED, TaskState.EXPIRED])
def test_a_kept_answer_outlives_a_snapshot_that_brings_no_picture(
    tmp_path: Path, state: TaskState
) -> None:
    """It may hold what the provider does not give any more; one that is understood goes."""
    journal = SqlJournal(tmp_path / "journal.db")
    record = journal.record(Intent(provider="easel", request=REQUEST)).result()
    before = Task(provider="easel", id="p1", record=record)
    unread = Unread(
        record=record,
        operation=Operation.POLL,
        at=datetime.now(UTC),
        before=before,
        response=Response(status=200, body=b"{}"),
    )
    journal.record(unread).result()
    journal.record(Snapshot(task=evolve(before, state=state))).result()
    assert len(kept(tmp_path)) == 1
    journal.record(evolve(unread, response=Response(status=200, body=b"<html>"))).result()
    assert len(kept(tmp_path)) == 2
    journal.record(Snapshot(task=before, understood=True)).result()
    assert kept(tmp_path) == []
    journal.close()


def test_what_is_not_saved_yet_is_not_settled(tmp_path: Path) -> None:
    """The picture is here: it is saved first."""
    journal = SqlJournal(tmp_path / "journal.db")
    record = journal.record(Intent(provider="easel", request=REQUEST)).result()
    drawn = Task(record=record, state=TaskState.SUCCEEDED, images=(Image(data=PNG),))
    journal.record(Snapshot(task=evolve(drawn, provider="easel"))).result()
    with pytest.raises(UsageError, match="resume it first"):
        journal.settle(record, billed=Billed.NO)
    journal.close()


def record_with(journal: SqlJournal, *bodies: bytes) -> str:
    """A record of a submission with these answers kept for it."""
    record = journal.record(Intent(provider="easel", request=REQUEST)).result()
    for body in bodies:
        answer = Unread(
            record=record,
            operation=Operation.SUBMIT,
            at=datetime.now(UTC),
            before=Task(provider="easel", request=REQUEST, record=record),
            response=Response(status=200, body=body),
        )
        assert journal.record(answer).result() == journal.records([record])[0].unread[-1]
    settled = Settled(record=record, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="?")
    journal.record(settled).result()
    return record


DRAWN = b'{"art": {"canvas": ""}}'
MUTE = b'{"art": 1}'
FAILED = b'{"state": "failed", "why": "no paint"}'


@pytest.mark.parametrize(
    "bodies",
    [(MUTE, DRAWN), (DRAWN, MUTE), (DRAWN, FAILED), (FAILED, MUTE, DRAWN)],
    ids=["last", "first", "before a failure", "after a failure"],
)
def test_every_kept_answer_of_a_record_is_read_again(
    connect: Connect, server: Loopback, tmp_path: Path, bodies: tuple[bytes, ...]
) -> None:
    """The one with the picture counts, wherever it stands; then all may go."""
    place = tmp_path / "journal.db"
    journal = SqlJournal(place)
    record_with(journal, *bodies)
    journal.close()
    assert len(kept(tmp_path)) == len(bodies)
    (resumed,) = client_of(connect, server, newer(), journal=place).resume(tmp_path / "out")
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert kept(tmp_path) == []


def test_a_kept_answer_that_turns_out_a_refusal_gives_its_budget_back(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """Once a plugin knows that nothing was billed, there is nothing left to do."""

    @hookimpl
    def parse(exchange: Exchange) -> Task:
        """The refusal that the newer version documents."""
        raise refusal(400, {400: BadRequestError}, str(exchange.operation))

    server.on(CREATE, NEWER)
    place, budget = tmp_path / "journal.db", Budget(usd="0.05", period="ever")
    with pytest.raises(SubmissionUnknownError):
        client_of(connect, server, easel, journal=place).submit(REQUEST, provider="easel")
    hooks = newer()
    hooks.parse = parse
    client = client_of(connect, server, hooks, journal=place, budgets=[budget])
    (resumed,) = client.resume(tmp_path / "out")
    assert (type(resumed.error), resumed.advice) == (BadRequestError, "")
    (record,) = client.journal.records()
    assert record == evolve(resumed.record, updated_at=record.updated_at, mine=record.mine)
    assert (record.open, record.lost, record.billed) == (False, False, Billed.NO)
    assert kept(tmp_path) == []
    assert client.resume(tmp_path / "out") == ()
    with pytest.raises(BadRequestError):  # it left: what was reserved is free again
        client.submit(REQUEST, provider="easel")


def test_a_damaged_answer_hides_no_other_of_its_record(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """The second of two is read."""
    place = tmp_path / "journal.db"
    journal = SqlJournal(place)
    record_with(journal, MUTE, DRAWN)
    (first, _) = journal.records()[0].unread
    journal.close()
    Path(first).write_bytes(b"half a li")
    (resumed,) = client_of(connect, server, newer(), journal=place).resume(tmp_path / "out")
    assert [path.read_bytes() for path in resumed.paths] == [PNG]


def test_what_is_not_understood_stays_beside_an_end_without_a_picture(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """It may hold the picture that the other answer does not know of."""
    place = tmp_path / "journal.db"
    journal = SqlJournal(place)
    record = record_with(journal, MUTE, FAILED)
    client = client_of(connect, server, newer(), journal=place)
    (resumed,) = client.resume(tmp_path / "out")
    assert resumed.record.task is not None
    assert resumed.record.task.state is TaskState.FAILED
    (line,) = journal.records()
    assert (len(line.unread), line.open) == (2, True)
    journal.close()
    client.journal.settle(record, billed=Billed.NO)
    assert kept(tmp_path) == []


class Forgetful(Line):
    """A driver whose journal keeps no answers, and says so."""

    def reply(self, effect: Effect) -> Reply | Exception:
        """Nothing for an answer that was to be kept."""
        if isinstance(effect, Record) and isinstance(effect.entry, Unread):
            return ""
        return super().reply(effect)


def test_the_error_holds_an_answer_that_the_journal_did_not_keep() -> None:
    """It stands somewhere, whatever a journal does."""
    line = Forgetful(Response(status=200, body=b'{"status": "odd"}'))
    with pytest.raises(SubmissionUnknownError, match="read_again") as caught:
        line.run(line.talk().submit(ASKED))
    assert (caught.value.kept, "Record" in str(line.asked)) == ("", True)
    assert caught.value.answer is not None
    assert caught.value.answer.response.body == b'{"status": "odd"}'


@pytest.mark.parametrize("billed", ["no", "yes", None, 0])
def test_who_settles_says_it_in_a_word_of_tintypes(tmp_path: Path, billed: object) -> None:
    """A text that looks like one is told what to give."""
    journal = SqlJournal(tmp_path / "journal.db")
    record = record_with(journal, MUTE)
    with pytest.raises(UsageError, match=r"Billed\.YES or Billed\.NO"):
        journal.settle(record, billed=billed)  # type: ignore[arg-type]
    journal.close()
