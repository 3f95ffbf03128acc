"""Batches: each line is drawn once, however often the batch is run, and fails alone."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread

import pytest
from attrs import evolve
from sqlalchemy import Select, create_engine
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.databases import Place
from tests.core.loopback import Fault, Loopback, answer, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    BatchOutcome,
    BatchResult,
    Billed,
    Budget,
    Client,
    ImageRequest,
    Outcome,
    Period,
    Task,
    TaskState,
)
from tintype._client.batch_lines import digest_of
from tintype.entries import Entry, Intent, Released, Settled, Snapshot
from tintype.errors import (
    BudgetError,
    CostLimitError,
    InvalidRequestError,
    MissingKeyError,
    SaveError,
    SubmissionUnknownError,
    TintypeError,
    UnknownProviderError,
    UsageError,
)
from tintype.journal._batch import TAKEN
from tintype.journal._rows import KEYED
from tintype.journal._sql import SqlJournal

Artist = Callable[..., Client]

CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
CAT, DOG = ImageRequest(prompt="a cat"), ImageRequest(prompt="a dog")
DONE = {"id": "p1", "state": "done", "picture": in_base64(PNG)}
DRAWING = {"id": "p1", "state": "drawing"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where pictures go."""
    return tmp_path / "out"


def drawn(client: Client, requests: object, out: Path, **terms: object) -> list[BatchResult]:
    """The results of a batch, by number."""
    found = client.batch(requests, out, **{"provider": "easel", **terms})  # type: ignore[arg-type]
    return sorted(found, key=lambda result: result.number)


def outcomes(results: list[BatchResult]) -> list[str]:
    """What came of each line."""
    return [str(result.outcome) for result in results]


def submissions(server: Loopback) -> int:
    """How many pictures were asked for."""
    return server.lines().count(CREATE)


def known(journal: SqlJournal, request: ImageRequest, key: str, **fields: object) -> str:
    """The record of a line's submission, whose process let go of it."""
    intent = Intent(provider="easel", request=request, key=key, digest=digest_of(request))
    entry = journal.record(intent).result()
    if fields:
        task = Task(provider="easel", model="oil-1", id="p1", record=entry, request=request)
        journal.record(Snapshot(task=evolve(task, **fields))).result()
    journal.record(Released(record=entry)).result()
    return entry


def key_of(tag: str, name: str = "batch") -> str:
    """A line's key in the journal."""
    return f"batch\x1f{name}\x1f{tag}"


# ---------------------------------------------------------------------------- lines


def test_each_line_is_drawn_once_and_saved_by_its_tag(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """The result names it by its tag, or by its number and what it asks for."""
    server.on(CREATE, said(DONE))
    cat, dog = drawn(artist(journal=file), [CAT, evolve(DOG, tag="rex")], out)
    assert outcomes([cat, dog]) == ["done", "done"]
    assert (cat.tag, dog.tag) == (f"1-{digest_of(CAT)[:12]}", "rex")
    assert [each.read_bytes() for each in cat.files + dog.files] == [PNG, PNG]
    assert dog.files == (out / "rex.png",)
    assert (dog.provider, dog.model, dog.quoted) == ("easel", "oil-1", Decimal("0.05"))
    assert (dog.billed, dog.recorded, dog.error) == (Billed.YES, False, None)
    assert [image.data for image in dog.tasks[0].images] == [None]
    assert submissions(server) == 2


def test_equal_lines_are_two_pictures_and_equal_tags_one(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """The second of a tag is told of as recorded, with the files of the first."""
    server.on(CREATE, said(DONE))
    tagged = evolve(DOG, tag="rex")
    results = drawn(artist(journal=file), [CAT, CAT, tagged, tagged], out, width=4)
    assert outcomes(results) == ["done"] * 4
    assert results[0].files != results[1].files
    assert results[2].files == results[3].files
    assert sorted([results[2].recorded, results[3].recorded]) == [False, True]
    assert submissions(server) == 3


def test_a_tag_that_stands_for_another_request_fails_alone(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Whether the other one is over or under way."""
    server.on(CREATE, said(DONE))
    results = drawn(
        artist(journal=file), [evolve(CAT, tag="a"), evolve(DOG, tag="a"), CAT], out, width=1
    )
    assert outcomes(results) == ["done", "failed", "done"]
    assert isinstance(results[1].error, InvalidRequestError)
    assert results[1].error.field == "tag"
    assert submissions(server) == 2


def test_what_is_no_request_fails_alone(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """An error in a request's place is that line's result."""
    server.on(CREATE, said(DONE))
    odd = InvalidRequestError("line 1: n is odd.", field="n")
    results = drawn(artist(journal=file), [odd, "a cat", CAT], out)
    assert outcomes(results) == ["failed", "failed", "done"]
    assert results[0].error is odd
    assert "an ImageRequest" in str(results[1].error)


def test_an_async_iterable_is_awaited(server: Loopback, file: Path, out: Path) -> None:
    """One item after another, each by whoever asks next."""
    server.on(CREATE, said(DONE))

    async def requests() -> AsyncIterator[ImageRequest]:
        for number in range(5):
            await asyncio.sleep(0)
            yield ImageRequest(prompt=f"cat {number}")

    async def run() -> list[BatchResult]:
        account = Account(provider="easel", key=KEY, base_url=server.url)
        options = {"plugins": {"easel": easel}, "environ": {}, "journal": file}
        async with AsyncClient(account, **options) as client:  # type: ignore[arg-type]
            return [each async for each in client.batch(requests(), out, provider="easel")]

    results = asyncio.run(run())
    assert sorted(result.number for result in results) == [1, 2, 3, 4, 5]
    assert submissions(server) == 5


def test_no_more_is_read_than_is_under_way(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Who is slow to take results has no more of them pile up than twice the width."""
    server.on(CREATE, said(DONE))
    read = itertools.count(1)
    last = 0

    def requests() -> Iterator[ImageRequest]:
        nonlocal last
        while True:
            last = next(read)
            yield ImageRequest(prompt=f"cat {last}")

    results = artist(journal=file).batch(requests(), out, provider="easel", width=3)
    for taken in range(1, 20):
        next(results)
        assert last <= taken + 6


def test_what_the_iterable_raises_ends_the_batch(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """It is the caller's own."""
    server.on(CREATE, said(DONE))

    def requests() -> Iterator[ImageRequest]:
        yield CAT
        raise LookupError

    with pytest.raises(LookupError):
        drawn(artist(journal=file), requests(), out, width=1)


# ----------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"provider": "easle"}, UnknownProviderError),
        ({"provider": None}, InvalidRequestError),
        ({"providers": ["easel"]}, InvalidRequestError),
        ({"file_name": "cat"}, SaveError),
        ({"file_name": "{tga}"}, SaveError),
        ({"name": ""}, InvalidRequestError),
        ({"name": "a\nb"}, InvalidRequestError),
        ({"width": 0}, UsageError),
        ({"max_cost": 0.5}, InvalidRequestError),
        ({"resume": "yes"}, InvalidRequestError),
        ({"labl": "x"}, InvalidRequestError),
        ({"key": "x"}, InvalidRequestError),
    ],
)
def test_terms_that_cannot_be_met_send_nothing(
    terms: dict[str, object],
    error: type[TintypeError],
    artist: Artist,
    server: Loopback,
    file: Path,
    out: Path,
) -> None:
    """The error is raised at the first step."""
    with pytest.raises(error):
        drawn(artist(journal=file), [CAT], out, **terms)
    assert server.lines() == []


def test_requests_that_are_none_are_refused(artist: Artist, file: Path, out: Path) -> None:
    """Nothing can be read of them."""
    with pytest.raises(InvalidRequestError, match="requests"):
        drawn(artist(journal=file), 5, out)


def test_without_a_journal_a_batch_is_refused(artist: Artist, out: Path) -> None:
    """It says how to have one."""
    with pytest.raises(UsageError, match="TINTYPE_JOURNAL"):
        drawn(artist(), [CAT], out)


def test_a_batch_that_was_begun_is_gone_on_with_only_when_asked(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """Another name is another batch; so is one that differs in its case."""
    server.on(CREATE, said(DONE))
    client = artist(journal=place)
    drawn(client, [CAT], out, name="Cats")
    with pytest.raises(UsageError, match="--resume"):
        drawn(client, [CAT], out, name="Cats")
    assert submissions(server) == 1
    for name in ("cats", "Cats2", "C_ts"):
        assert outcomes(drawn(client, [CAT], out, name=name)) == ["done"]
    assert submissions(server) == 4


def test_what_keeps_one_line_keeps_all(
    connect: Connect, server: Loopback, file: Path, out: Path
) -> None:
    """Without a key nothing is begun behind those that are under way."""
    account = Account(provider="easel", base_url=server.url)
    client = connect(account, plugins={"easel": easel}, journal=file)
    results = drawn(client, itertools.repeat(CAT), out, width=2)
    assert len(results) <= 4
    assert {type(result.error) for result in results} == {MissingKeyError}


# ----------------------------------------------------------------------------- resuming


def test_a_batch_that_is_run_again_pays_nothing_twice(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """What is done is told of; what is new is drawn."""
    server.on(CREATE, said(DONE))
    client = artist(journal=place)
    first = drawn(client, [CAT, DOG], out)
    again = drawn(client, [CAT, DOG, CAT], out, resume=True)
    assert outcomes(again) == ["done"] * 3
    assert [result.recorded for result in again] == [True, True, False]
    assert [each.files for each in again[:2]] == [each.files for each in first]
    assert again[0].quoted == Decimal("0.05")
    assert submissions(server) == 3


def test_a_picture_that_is_not_there_any_more_is_saved_again(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """From its address; the other one of its line, which somebody has changed, stays."""
    url = f"{server.url}/p.png"
    server.on(CREATE, said({"id": "p1", "state": "done", "urls": [url]}))
    server.on("GET /p.png", answer(PNG, media_type="image/png"))
    client, two = artist(journal=file), evolve(CAT, n=2, tag="tom")
    (first,) = drawn(client, [two], out)
    gone, kept = map(Path, first.files)
    gone.unlink()
    kept.write_bytes(b"cropped")
    (again,) = drawn(client, [two], out, resume=True)
    assert (again.outcome, again.recorded) == (BatchOutcome.DONE, True)
    assert sorted(Path(each).read_bytes() for each in again.files) == sorted([PNG, b"cropped"])
    assert kept in again.files
    assert submissions(server) == 2


def test_a_picture_that_cannot_be_had_again_is_told_and_not_paid_again(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """In every run: one that came inline is nowhere else."""
    server.on(CREATE, said(DONE))
    client = artist(journal=file)
    (first,) = drawn(client, [CAT, DOG], out)[:1]
    Path(first.files[0]).unlink()
    for _ in range(2):
        again, other = drawn(client, [CAT, DOG], out, resume=True)
        assert (again.outcome, again.billed, again.files) == (BatchOutcome.FAILED, Billed.YES, ())
        assert "was saved, is not there any more, and cannot be had again" in str(again.error)
        assert other.outcome is BatchOutcome.DONE
    assert submissions(server) == 2


def test_a_line_that_was_not_billed_is_tried_again(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """A task that failed, and a submission that was refused."""
    failed = said({"id": "p1", "state": "failed", "why": "no oil"})
    server.on(CREATE, failed, said({"why": "no"}, 400), said(DONE))
    client = artist(journal=file)
    assert outcomes(drawn(client, [CAT, DOG], out, width=1)) == ["failed", "failed"]
    assert outcomes(drawn(client, [CAT, DOG], out, resume=True)) == ["done", "done"]


def test_what_nobody_knows_of_is_told_and_not_sent_again(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Until a person says that it was not billed."""
    server.on(CREATE, Fault.RESET, said(DONE))
    client = artist(journal=file)
    (lost,) = drawn(client, [CAT], out)
    (again,) = drawn(client, [CAT], out, resume=True)
    for result in (lost, again):
        assert (result.outcome, result.billed) == (BatchOutcome.UNKNOWN, Billed.UNKNOWN)
        assert isinstance(result.error, SubmissionUnknownError)
        assert result.records == (result.error.record,)
    assert again.recorded
    assert submissions(server) == 1
    client.journal.settle(again.error.record, billed=Billed.NO)  # type: ignore[union-attr]
    assert outcomes(drawn(client, [CAT], out, resume=True)) == ["done"]
    assert submissions(server) == 2


def test_a_line_of_which_one_submission_is_lost_is_unknown_at_once(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """In the run that loses it as in the next: what came is saved, and all attempts count."""
    server.on(CREATE, said(DONE), Fault.RESET)  # a third beside it might be begun or not
    client, two = artist(journal=file, width=3), evolve(CAT, n=2, tag="tom")
    (lost,) = drawn(client, [two], out)
    (again,) = drawn(client, [two], out, resume=True)
    for result in (lost, again):
        assert (result.outcome, result.billed) == (BatchOutcome.UNKNOWN, Billed.YES)
        assert isinstance(result.error, SubmissionUnknownError)
        assert result.error.record in result.records
    assert (lost.files, set(lost.records)) == (again.files, set(again.records))
    assert (lost.recorded, again.recorded) == (False, True)


def test_what_nobody_understands_stays_unknown_until_somebody_does(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Each run reads its answer again, and says where it is kept."""
    server.on(CREATE, said({"id": "p1", "state": "done"}))
    client = artist(journal=file)
    first, again = (drawn(client, [CAT], out, resume=resume)[0] for resume in (False, True))
    for result in (first, again):
        assert (result.outcome, result.billed) == (BatchOutcome.UNKNOWN, Billed.UNKNOWN)
        assert isinstance(result.error, SubmissionUnknownError)
        assert result.error.answered
        assert result.error.kept.endswith(".answer")
        assert result.records == (result.error.record,)
    assert submissions(server) == 1


def test_a_submission_whose_process_died_is_unknown(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """It may have left."""
    record = known(journal, CAT, key_of(f"1-{digest_of(CAT)[:12]}"))
    (result,) = drawn(artist(journal=place), [CAT], out, resume=True)
    assert result.outcome is BatchOutcome.UNKNOWN
    assert record in str(result.error)
    assert result.records == (record,)
    assert server.lines() == []


def test_a_task_that_was_accepted_is_finished(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """It is looked at, saved by its tag, and not asked for anew."""
    cat = evolve(CAT, tag="tom")
    known(journal, cat, key_of("tom"), state=TaskState.RUNNING)
    server.on(LOOK, said(DRAWING), said(DONE))
    (result,) = drawn(artist(journal=place), [cat], out, resume=True)
    assert (result.outcome, result.recorded) == (BatchOutcome.DONE, True)
    assert result.files == (out / "tom.png",)
    assert server.lines() == [LOOK, LOOK]


def test_a_refused_line_is_not_sent_again_unless_it_is_changed(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Moderation would say the same again; what was not billed may be asked otherwise."""
    cat = evolve(CAT, tag="tom")
    known(journal, cat, key_of("tom"), state=TaskState.REFUSED, billed=Billed.NO)
    server.on(CREATE, said(DONE))
    client = artist(journal=place)
    (refused,) = drawn(client, [cat], out, resume=True)
    assert (refused.outcome, refused.recorded) == (BatchOutcome.REFUSED, True)
    assert server.lines() == []
    assert outcomes(drawn(client, [evolve(DOG, tag="tom")], out, resume=True)) == ["done"]


def test_what_a_line_still_lacks_is_asked_for(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Of two submissions one was made: the other is."""
    server.on(CREATE, said(DONE))
    two = evolve(CAT, n=2, tag="tom")
    client = artist(journal=file)
    journal = client.journal
    intent = Intent(
        provider="easel", request=evolve(two, n=1), key=key_of("tom"), digest=digest_of(two)
    )
    entry = journal.record(intent).result()
    task = Task(provider="easel", id="p1", record=entry, request=evolve(two, n=1))
    journal.record(Snapshot(task=task)).result()
    journal.record(Released(record=entry)).result()
    server.on(LOOK, said(DONE))
    (result,) = drawn(client, [two], out, resume=True)
    assert result.outcome is BatchOutcome.DONE
    assert len(result.files) == 2
    assert submissions(server) == 1


def test_what_a_line_lacks_is_asked_for_where_the_rest_is_saved(
    artist: Artist, server: Loopback, place: Place, out: Path
) -> None:
    """What was drawn of it before is nobody's any more, and refuses nothing."""
    server.on(CREATE, said(DONE), said({"why": "no"}, 400), said(DONE))
    two = evolve(CAT, n=2, tag="tom")
    first = drawn(artist(journal=place), [two], out)
    assert (outcomes(first), len(first[0].files)) == (["failed"], 1)
    (again,) = drawn(artist(journal=place), [two], out, resume=True)
    assert (again.outcome, len(again.files)) == (BatchOutcome.DONE, 2)
    assert submissions(server) == 3


def test_a_line_of_a_tag_waits_for_what_is_at_work_on_it_here(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """Whoever that is in this process; it does not fail, and the others go on meanwhile."""
    known(journal, evolve(CAT, tag="tom"), key_of("tom"), state=TaskState.RUNNING)
    looked = Barrier(2)
    server.on(LOOK, (looked, said(DONE)))
    server.on(CREATE, said(DONE))
    account = Account(provider="easel", key=KEY, base_url=server.url)
    with Client(account, plugins={"easel": easel}, environ={}, journal=journal) as other:
        resuming = Thread(target=other.resume, args=[out])
        resuming.start()
        assert server.has_been_asked()
        lines = [evolve(CAT, tag="tom"), DOG]
        client = artist(journal=place)
        results = client.batch(lines, out, provider="easel", width=2, resume=True)
        first = next(results)
        looked.wait(30)
        last = next(results)
        resuming.join()
    assert first.number == 2
    assert (last.number, last.outcome, last.recorded) == (1, BatchOutcome.DONE, True)
    assert submissions(server) == 1


CLAIMS = """
import sys
from tintype.journal._schema import database_url
from tintype.journal._sql import SqlJournal
journal = SqlJournal(sys.argv[1])
print(len(journal.claim()), flush=True)
sys.stdin.readline()
"""


def test_a_line_waits_for_another_process_that_is_at_work_on_it(
    artist: Artist, server: Loopback, journal: SqlJournal, place: Place, out: Path
) -> None:
    """It goes on where that one has died, and pays for nothing twice."""
    known(journal, evolve(CAT, tag="tom"), key_of("tom"), state=TaskState.RUNNING)
    server.on(CREATE, said(DONE)).on(LOOK, said(DONE))
    pipe, command = subprocess.PIPE, [sys.executable, "-c", CLAIMS, str(place)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as other:  # noqa: S603 - our own code
        assert other.stdout is not None
        assert other.stdout.readline() == b"1\n"
        lines = [evolve(CAT, tag="tom"), DOG]
        results = artist(journal=place).batch(lines, out, provider="easel", width=2, resume=True)
        first = next(results)
        other.communicate(b"\n")
    last = next(results)
    assert first.number == 2
    assert (last.number, last.outcome, last.recorded) == (1, BatchOutcome.DONE, True)
    assert submissions(server) == 1


class Overtaken(SqlJournal):
    """A journal in which another process begins a line just before this one does."""

    begun = False

    def record(self, entry: Entry) -> Future[str]:
        """Write an entry down, behind another's."""
        if isinstance(entry, Intent) and not self.begun:
            self.begun = True
            known(self, CAT, entry.key, state=TaskState.RUNNING)
        return super().record(entry)


def test_a_line_that_another_process_has_begun_meanwhile_is_that_ones(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """It is refused its own submission, and is what came of the other one's."""
    server.on(LOOK, said(DONE))
    journal = Overtaken(file)
    (result,) = drawn(artist(journal=journal), [CAT], out, max_cost=Decimal("0.05"))
    assert (result.outcome, result.recorded) == (BatchOutcome.DONE, True)
    assert server.lines() == [LOOK]
    journal.close()


def test_who_takes_no_more_results_leaves_the_rest_to_the_next_run(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Nothing more is begun, nothing is canceled, and nothing is sent twice."""
    server.on(CREATE, said(DONE), said(DRAWING))
    server.on(LOOK, said(DRAWING))
    client = artist(journal=file)
    results = client.batch([CAT, DOG, CAT, DOG], out, provider="easel", width=2)
    assert next(results).outcome is BatchOutcome.DONE
    results.close()  # type: ignore[attr-defined]  # it is a generator
    left = submissions(server)
    assert left <= 3
    server.on(CREATE, said(DONE))
    server.on(LOOK, said(DONE))
    assert outcomes(drawn(client, [CAT, DOG, CAT, DOG], out, resume=True)) == ["done"] * 4
    assert submissions(server) == 4


@pytest.mark.parametrize("key", [key_of("tom"), "call\x1forder-4711"])
def test_two_processes_never_both_pay_for_a_line(journal: SqlJournal, key: str) -> None:
    """What one may have paid for since the other looked refuses the other's intent.

    So does what was sent under a key while whoever had the turn was held up.
    """
    record = known(journal, CAT, key)
    intent = Intent(provider="easel", request=CAT, key=key, digest=digest_of(CAT))
    with pytest.raises(UsageError, match=record):
        journal.record(intent).result()
    settled = Settled(
        record=record, outcome=Outcome.REJECTED, billed=Billed.NO, reason="", by_hand=True
    )
    journal.record(settled).result()
    assert journal.record(intent).result()


@pytest.mark.parametrize("asked", [KEYED, TAKEN])
def test_a_line_is_looked_up_by_an_index(asked: Select[tuple[object, ...]], file: Path) -> None:
    """However many the journal has; SQLite takes one of some rows only where it is told to."""
    SqlJournal(file).close()
    engine = create_engine(f"sqlite:///{file}")
    compiled = asked.compile(engine)
    with engine.connect() as connection:
        explain = f"EXPLAIN QUERY PLAN {compiled.string}"
        blank = tuple("" for _ in compiled.positiontup or ())
        (step,) = connection.exec_driver_sql(explain, blank).all()
    engine.dispose()
    assert "USING INDEX submission_by_key (key=?)" in step.detail


# ------------------------------------------------------------------------------- money


def test_a_batch_never_passes_its_limit(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """All runs together; what does not fit is not sent, and nothing is begun behind it."""
    server.on(CREATE, said(DONE))
    client = artist(journal=file)
    some = drawn(client, [CAT, DOG], out)
    limit = Decimal("0.22")
    results = drawn(client, itertools.repeat(CAT), out, max_cost=limit, resume=True, width=2)
    assert outcomes(some) == ["done", "done"]
    assert submissions(server) == 4
    failed = [each for each in results if each.outcome is BatchOutcome.FAILED]
    assert 1 <= len(failed) <= 2
    assert all(isinstance(each.error, CostLimitError) for each in failed)
    assert "$0.02 is left" in str(failed[0].error)


def test_a_limit_that_cannot_hold_all_is_said_before_anything_is_sent(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Where the requests can be read twice; what an earlier run has drawn is not counted again."""
    server.on(CREATE, said(DONE))
    client = artist(journal=file)
    limit = Decimal("0.12")
    with pytest.raises(CostLimitError, match="would hold the first 2"):
        drawn(client, [CAT, DOG, CAT], out, max_cost=limit)
    assert server.lines() == []
    assert outcomes(drawn(client, [CAT, DOG], out, max_cost=limit)) == ["done", "done"]
    with pytest.raises(CostLimitError, match=r"The 1 lines .* \$0.02 is left"):
        drawn(client, [CAT, DOG, CAT], out, max_cost=limit, resume=True)
    assert submissions(server) == 2


def test_a_limit_counts_a_tag_once(artist: Artist, server: Loopback, file: Path, out: Path) -> None:
    """Lines of one tag are one picture, paid once."""
    server.on(CREATE, said(DONE))
    tom, rex = evolve(CAT, tag="tom"), evolve(DOG, tag="rex")
    client, limit = artist(journal=file), Decimal("0.10")
    with pytest.raises(CostLimitError, match=r"The 5 lines .* \$0.15; .* hold the first 4\."):
        drawn(client, [tom, tom, rex, tom, CAT], out, max_cost=limit)
    results = drawn(client, [tom, tom, rex, tom], out, max_cost=limit)
    assert outcomes(results) == ["done"] * 4
    assert submissions(server) == 2


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(usd="0.12"), r"budget of \$0.12 a month \$0.07 is left.* the first 1\."),
        (Budget(usd="0.12", provider="easel", period=Period.DAY), r"a day at easel \$0.07"),
        (Budget(usd="0.06", label="b"), r"for b \$0.06 is left"),
    ],
)
def test_a_budget_that_cannot_hold_all_is_said_before_anything_is_sent(
    budget: Budget,
    words: str,
    artist: Artist,
    server: Loopback,
    file: Path,
    out: Path,
) -> None:
    """With what is left of it, whoever has spent the rest, and what that would hold."""
    server.on(CREATE, said(DONE))
    client = artist(journal=file, budgets=[budget, Budget(usd=9)], label=budget.label or "a")
    client.generate(CAT, provider="easel", label="a")
    with pytest.raises(BudgetError, match=words):
        drawn(client, [CAT, DOG], out)
    assert submissions(server) == 1
    assert outcomes(drawn(client, [DOG], out)) == ["done"]


def test_a_budget_that_does_not_concern_a_line_keeps_none(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Another provider's, another label's, and one that a call's own label leaves."""
    server.on(CREATE, said(DONE))
    budgets = [Budget(usd="0.01", provider="other"), Budget(usd="0.01", label="a")]
    plugins = {"easel": easel, "other": easel}
    client = artist(journal=file, budgets=budgets, label="a", plugins=plugins)
    assert outcomes(drawn(client, [CAT, DOG], out, label="b")) == ["done", "done"]


def test_a_mistyped_order_is_refused_before_any_line(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """Also where one provider is named, and nothing is ordered."""
    with pytest.raises(InvalidRequestError, match="Did you mean 'price'"):
        drawn(artist(journal=file), [CAT], out, order="prize")
    assert server.lines() == []


def test_an_unknown_price_is_not_sent_where_there_is_a_limit(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """The lines whose price is known go on."""
    server.on(CREATE, said(DONE))
    chalk = evolve(CAT, model="chalk-1")
    results = drawn(artist(journal=file), [chalk, CAT], out, max_cost=Decimal(1), width=1)
    assert outcomes(results) == ["failed", "done"]
    assert isinstance(results[0].error, CostLimitError)


def test_what_failed_unbilled_is_free_to_be_spent(
    artist: Artist, server: Loopback, file: Path, out: Path
) -> None:
    """A limit for one picture holds until one is drawn."""
    server.on(CREATE, said({"why": "no"}, 400), said({"why": "no"}, 400), said(DONE))
    results = drawn(
        artist(journal=file), iter([CAT, CAT, CAT]), out, max_cost=Decimal("0.05"), width=1
    )
    assert outcomes(results) == ["failed", "failed", "done"]


# ------------------------------------------------------------------------------- digests


def test_the_digest_of_a_request_is_of_what_it_asks_for_alone() -> None:
    """Not of its tag; and it stays what it is when a field is added that nobody sets."""
    assert digest_of(CAT) == digest_of(evolve(CAT, tag="tom"))
    assert digest_of(CAT) != digest_of(DOG)
    assert digest_of(CAT) != digest_of(evolve(CAT, seed=0))
    assert digest_of(CAT)[:12] == "504933393948"
