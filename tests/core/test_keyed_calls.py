"""A call that bears a key: drawn once, in whatever process; on both databases, by both clients."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import pytest
from attrs import evolve
from tests.core.conftest import Connect
from tests.core.databases import Place
from tests.core.loopback import Fault, Loopback, Pause, said
from tests.core.pictures import drawn, in_base64
from tests.core.studios import Studio, studios

from tintype import Billed, Client, ImageRequest, Outcome
from tintype.errors import (
    InvalidRequestError,
    SubmissionUnknownError,
    TintypeError,
    UsageError,
)
from tintype.journal._sql import SqlJournal
from tintype.models import Generation

REQUEST = ImageRequest(prompt="a red panda", n=1)
PICTURE = drawn()
DRAWN = said({"id": "1", "state": "done", "picture": in_base64(PICTURE)})
LOOK = "GET /v1/pictures/1"
RUNNING = said({"id": "1", "state": "drawing"})
FAILED = said({"id": "1", "state": "failed", "why": "not this prompt"})
KEY = "order-4711"
POST = "POST /v1/pictures"


@pytest.fixture
def client(artist: Callable[..., Client], journal: SqlJournal) -> Client:
    """Of one provider, with a journal."""
    return artist(journal=journal)


def draw(client: Client, request: ImageRequest = REQUEST, **given: object) -> Generation:
    """Draw by the key."""
    return client.generate(request, **{"provider": "easel", "key": KEY, **given})  # type: ignore[arg-type]


def pictures(made: Generation) -> list[bytes | None]:
    """The bytes of its images."""
    return [image.data for image in made.images]


def test_what_was_drawn_is_the_answer(client: Client, server: Loopback, tmp_path: Path) -> None:
    """Once it is saved, too: its bytes come from the file; the quote is what it was."""
    server.on(POST, DRAWN)
    made, again = draw(client), draw(client)
    assert pictures(made) == pictures(again) == [PICTURE]
    assert again.quote == made.quote
    assert [(each.outcome, each.provider) for each in again.attempts] == [
        (Outcome.ACCEPTED, "easel")
    ]
    client.save(again, tmp_path / "out")
    assert pictures(draw(client)) == [PICTURE]
    assert server.lines() == [POST]


def test_a_result_at_a_url_keeps_its_url(client: Client, server: Loopback) -> None:
    """Nothing is fetched for it."""
    url = f"{server.url}/picture.png"
    server.on(POST, said({"id": "1", "state": "done", "urls": [url]}))
    draw(client)
    assert [image.url for image in draw(client).images] == [url]
    assert server.lines() == [POST]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"request": evolve(REQUEST, prompt="a dog")}, "prompt is 'a red panda' there and 'a dog'"),
        ({"request": evolve(REQUEST, seed=3)}, "seed is None there and 3 here"),
        ({"provider": None, "providers": ["easel"]}, "provider is 'easel' there and None here"),
    ],
)
def test_another_request_by_the_same_key_is_refused(
    client: Client, server: Loopback, change: dict[str, object], words: str
) -> None:
    """The error names what differs; the first one's is still the answer."""
    server.on(POST, DRAWN)
    draw(client)
    with pytest.raises(UsageError, match=words):
        draw(client, **{"request": REQUEST, **change})  # type: ignore[arg-type]
    assert pictures(draw(client)) == [PICTURE]
    assert server.lines() == [POST]


def test_what_was_not_billed_is_tried_again(client: Client, server: Loopback) -> None:
    """By another request, too: nothing was paid for the first."""
    server.on(POST, FAILED, said({}, status=400), DRAWN)
    for _ in range(2):
        with pytest.raises(TintypeError) as caught:
            draw(client)
        assert caught.value.billed is Billed.NO
    assert pictures(draw(client, evolve(REQUEST, prompt="a panda"))) == [PICTURE]
    assert len(server.lines()) == 3


def test_what_nobody_knows_of_is_never_sent_again(client: Client, server: Loopback) -> None:
    """Until a person has looked it up, and it was not charged."""
    server.on(POST, Fault.RESET, DRAWN)
    for _ in range(3):
        with pytest.raises(SubmissionUnknownError, match="onnection") as caught:
            draw(client)
    assert server.lines() == [POST]
    assert caught.value.billed is Billed.UNKNOWN
    client.journal.settle(caught.value.record, billed=Billed.NO)
    assert pictures(draw(client)) == [PICTURE]


def test_an_answer_that_nobody_understands_is_told_again(client: Client, server: Loopback) -> None:
    """It may be a picture: nothing is drawn once more, and the error says where it is kept."""
    server.on(POST, said({"id": "1", "state": "done"}))
    for _ in range(2):
        with pytest.raises(SubmissionUnknownError) as caught:
            draw(client)
        assert caught.value.kept.endswith(".answer")
        assert caught.value.answered
    assert server.lines() == [POST]


@pytest.mark.parametrize(
    "given", [{"key": ""}, {"key": 7}, {"key": "a\nb"}, {"key": "x" * 201}, {"label": ""}]
)
def test_what_is_no_key_or_label_is_refused(
    client: Client, server: Loopback, given: dict[str, object]
) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidRequestError, match=next(iter(given))):
        draw(client, **given)
    assert server.accepted == 0


def test_none_is_no_key_and_no_label(
    client: Client, server: Loopback, journal: SqlJournal, tmp_path: Path
) -> None:
    """As if they were not given, whichever method is called."""
    server.on(POST, DRAWN)
    none: dict[str, None] = {"key": None, "label": None, "tries": None, "timeout": None}
    client.submit(REQUEST, provider="easel", **none)
    assert [draw(client, **none).images[0].data for _ in range(2)] == [PICTURE] * 2
    list(client.stream(REQUEST, provider="easel", **none))
    list(client.batch([evolve(REQUEST, tag="a")], tmp_path / "out", provider="easel", **none))
    assert server.lines() == [POST] * 5
    assert {record.label for record in journal.records()} == {""}


def test_a_key_needs_a_journal_and_a_call_that_waits(
    artist: Callable[..., Client], client: Client, server: Loopback
) -> None:
    """The errors name the way out."""
    with pytest.raises(InvalidRequestError, match="TINTYPE_JOURNAL"):
        draw(artist())
    with pytest.raises(InvalidRequestError, match=r"generate\(\)"):
        client.submit(REQUEST, provider="easel", key=KEY)
    with pytest.raises(InvalidRequestError, match=r"generate\(\)"):
        list(client.stream(REQUEST, provider="easel", key=KEY))
    assert server.accepted == 0


def test_a_route_has_a_key_too(connect: Connect, server: Loopback, journal: SqlJournal) -> None:
    """What one provider drew is the answer, and nobody is asked any more."""
    server.on("POST /cheap", FAILED).on("POST /dear", DRAWN)
    client = studios(
        connect, server, Studio("cheap", "0.02"), Studio("dear", "0.09"), journal=journal
    )
    made = client.generate(REQUEST, providers="any", key=KEY)
    again = client.generate(REQUEST, providers="any", key=KEY, max_cost=Decimal("0.01"))
    assert [each.provider for each in again.attempts] == ["cheap", "dear"]
    assert [each.billed for each in again.attempts] == [Billed.NO, Billed.YES]
    assert (pictures(again), again.quote.provider) == (pictures(made), "dear")
    assert server.lines() == ["POST /cheap", "POST /dear"]
    with pytest.raises(UsageError, match="order is 'price' there and 'listed' here"):
        client.generate(REQUEST, providers="any", order="listed", key=KEY)


def test_of_several_pictures_those_that_came_are_the_answer(
    artist: Callable[..., Client], journal: SqlJournal, server: Loopback
) -> None:
    """What went wrong with the others is told again, and they are not drawn later."""
    server.on(POST, DRAWN, said({"why": "odd"}, status=400))
    client = artist(journal=journal, width=1)
    made, again = (draw(client, evolve(REQUEST, n=2)) for _ in range(2))
    assert pictures(made) == pictures(again) == [PICTURE]
    assert [each.billed for each in again.attempts] == [Billed.YES, Billed.NO]
    assert again.attempts[1].reason.endswith("odd")
    assert len(server.lines()) == 2


def test_a_key_is_forgotten_with_its_records(
    client: Client, journal: SqlJournal, server: Loopback, tmp_path: Path, place: Place
) -> None:
    """Not before: what is not saved keeps its key."""
    server.on(POST, DRAWN)
    made = draw(client)
    for table in ("submission", "call"):
        place.rows(f"UPDATE {table} SET created_at = '2020-02-29T12:00:00.000000+00:00'")  # noqa: S608 - our own
    assert journal.prune(date(2021, 1, 1)) == 0
    client.save(made, tmp_path / "out")
    assert journal.prune(date(2021, 1, 1)) == 1
    assert place.rows("SELECT key FROM call") == []
    draw(client, evolve(REQUEST, prompt="a dog"))
    assert len(server.lines()) == 2


def test_two_at_once_draw_once(
    server: Loopback, place: Place, artist: Callable[..., Client]
) -> None:
    """Each with a journal of its own: one submits, the others wait for its picture."""
    server.on(POST, (Pause(0.5), DRAWN))
    clients = [artist(journal=str(place)) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(draw, clients))
    assert [pictures(each) for each in made] == [[PICTURE]] * 4
    assert server.lines() == [POST]


# A process that draws by the key, and perhaps kills itself once so much is written down.
_LIFE = """
import os, signal, sys
from tests.core import easel
from tintype import Account, Client, ImageRequest
from tintype._flow.effects import Record
from tintype.entries import Snapshot

place, url, n, left = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def observe(seen):
    global left
    if isinstance(seen.effect, Record) and isinstance(seen.effect.entry, Snapshot):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

account = Account(provider="easel", key="k-nobody", base_url=url)
plugins = {"easel": easel}
with Client(account, plugins=plugins, journal=place, environ={}, observers=[observe]) as client:
    request = ImageRequest(prompt="a red panda", n=n)
    print(len(client.generate(request, provider="easel", key="order-4711").images), flush=True)
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def live(place: Place, server: Loopback, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Begins a process that draws so many pictures, and dies behind so many snapshots."""
    script = tmp_path / "life.py"
    script.write_text(_LIFE)

    def begin(n: int = 1, left: int = 0) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, str(script), str(place), server.url, str(n), str(left)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


Live: TypeAlias = Callable[..., "subprocess.Popen[str]"]


def reached(server: Loopback, times: int) -> bool:
    """Whether a process that begins has asked so often, however busy the machine is."""
    return any(server.has_been_asked(times) for _ in range(6))


def killed(life: subprocess.Popen[str]) -> None:
    """Have a process be dead, as if by a power cut."""
    life.kill()
    life.communicate()


def test_two_processes_draw_once(live: Live, server: Loopback) -> None:
    """Both get the picture."""
    server.on(POST, (Pause(0.5), DRAWN))
    lives = [live(), live()]
    told = [life.communicate(timeout=60) for life in lives]
    assert [out for out, _ in told] == ["1\n", "1\n"], told
    assert server.lines() == [POST]


def test_whoever_waits_for_a_dead_process_goes_on(live: Live, server: Loopback) -> None:
    """With the task that it was at, without a new submission."""
    server.on(POST, RUNNING).on(LOOK, RUNNING)
    leader = live()
    assert reached(server, 2)
    waiting = live()
    killed(leader)
    server.on(LOOK, DRAWN)
    out, err = waiting.communicate(timeout=60)
    assert out == "1\n", err
    assert server.lines().count(POST) == 1


def test_what_a_dead_process_had_sent_is_not_sent_again(
    live: Live, server: Loopback, place: Place, artist: Callable[..., Client]
) -> None:
    """Nobody knows what became of it."""
    server.on(POST, Fault.STALL)
    leader = live()
    assert reached(server, 1)
    killed(leader)
    client = artist(journal=str(place))
    for _ in range(2):
        with pytest.raises(SubmissionUnknownError, match="its answer is lost"):
            draw(client)
    assert server.lines() == [POST]


def test_what_a_dead_process_had_not_sent_yet_is_sent(
    live: Live, server: Loopback, place: Place, artist: Callable[..., Client]
) -> None:
    """One of three pictures was there: the others are drawn, and the quote is of all."""
    server.on(POST, DRAWN)
    leader = live(n=3, left=1)
    assert leader.wait(60) == -signal.SIGKILL
    leader.communicate()
    assert server.lines() == [POST]
    client = artist(journal=str(place))
    made, again = (draw(client, evolve(REQUEST, n=3)) for _ in range(2))
    assert pictures(made) == pictures(again) == [PICTURE] * 3
    assert made.quote.high == again.quote.high == Decimal("0.15")
    assert server.lines() == [POST] * 3


def test_a_call_that_was_left_gives_its_turn_to_the_next(
    server: Loopback, place: Place, artist: Callable[..., Client]
) -> None:
    """In the same process, too: its client is closed, and another goes on with its task."""
    server.on(POST, RUNNING).on(LOOK, RUNNING)
    leader = artist(journal=str(place))
    waiting = artist(journal=str(place))

    def close(_: object) -> None:
        server.on(LOOK, DRAWN)
        message = "enough"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="enough"):
        draw(leader, on_progress=close)
    assert pictures(draw(waiting)) == [PICTURE]
    assert server.lines().count(POST) == 1
