"""A cache: what was drawn for a request is not bought again for the same one."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from types import UnionType

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.acme import ACCEPTED, Line
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, Pause, answer, said
from tests.core.pictures import PNG, drawn, in_base64

from tintype import (
    Account,
    AsyncClient,
    BatchOutcome,
    Billed,
    Budget,
    Client,
    Generation,
    ImageRequest,
    Reference,
)
from tintype._client.cache import Cached, Drawings
from tintype._client.keyed_results import Rules
from tintype._flow.effects import Ask, Asked, Effect, Flow, Send, Sleep
from tintype._flow.resolve import resolve
from tintype._pacing import Clock
from tintype.cache import FolderCache
from tintype.errors import InvalidRequestError, TaskFailedError, UsageError

Artist = Callable[..., Client]
CREATE = "POST /v1/pictures"
ASKED = ImageRequest(prompt="a red panda")
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})


def entries(folder: Path) -> list[Path]:
    """The files in a cache's folder."""
    return sorted(folder.iterdir()) if folder.exists() else []


def test_the_same_request_is_answered_from_the_cache(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """Whether it has a seed or not: nothing is sent, priced or charged, and it is said to be so."""
    server.on(CREATE, DONE)
    first = artist(cache=tmp_path / "c").generate(ASKED, provider="easel")
    again = artist(cache=str(tmp_path / "c")).generate(ASKED, provider="easel", max_cost=Decimal(0))
    assert (first.cached, again.cached) == (False, True)
    assert [image.data for image in again.images] == [PNG] == [image.data for image in first.images]
    assert again.quote.usd == 0
    assert again.cost is not None
    assert again.cost.usd == 0
    assert [task.billed for task in again.tasks] == [Billed.NO]
    assert len(server.requests) == 1


def test_a_hit_counts_nowhere(artist: Artist, server: Loopback, tmp_path: Path) -> None:
    """It fits into a budget that is used up, and leaves no record."""
    server.on(CREATE, DONE)
    client = artist(
        cache=tmp_path / "c",
        journal=tmp_path / "journal.db",
        budgets=[Budget(usd=Decimal("0.05"))],
    )
    client.generate(ASKED, provider="easel")
    assert client.generate(ASKED, provider="easel").cached
    assert len(client.journal.records()) == 1


def test_a_picture_at_an_address_is_kept_in_bytes(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """An address expires: it stays out of the entry, as do the provider's own words."""
    url = f"{server.url}/1.png?signature=s3cret"
    server.on(CREATE, said({"id": "p1", "state": "done", "urls": [url]}))
    server.on("GET /1.png", answer(PNG))
    client = artist(cache=tmp_path / "c")
    first = client.generate(ASKED, provider="easel")
    assert [(image.url, image.data) for image in first.images] == [(url, PNG)]
    (image,) = client.generate(ASKED, provider="easel").images
    assert (image.url, image.data) == (None, PNG)
    (path,) = client.save(first, tmp_path / "out")
    assert path.read_bytes() == PNG
    assert len(server.requests) == 2
    (entry,) = entries(tmp_path / "c")
    assert b"s3cret" not in entry.read_bytes()
    assert KEY.encode() not in entry.read_bytes()


def test_as_many_are_kept_as_were_asked(artist: Artist, server: Loopback, tmp_path: Path) -> None:
    """Two pictures are another request than one, and both come back."""
    blue = said({"id": "p2", "state": "done", "picture": in_base64(drawn(color="blue"))})
    server.on(CREATE, DONE, blue, DONE)
    client = artist(cache=tmp_path / "c")
    client.generate(evolve(ASKED, n=2), provider="easel")
    two = client.generate(evolve(ASKED, n=2), provider="easel")
    assert two.cached
    assert [image.data for image in two.images] == [PNG, drawn(color="blue")]
    assert not client.generate(ASKED, provider="easel").cached


def test_what_failed_or_is_only_half_there_is_not_kept(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """It is asked for again."""
    failed = said({"id": "p1", "state": "failed", "why": "no paint"})
    server.on(CREATE, failed, DONE, failed, DONE)
    client = artist(cache=tmp_path / "c")
    with pytest.raises(TaskFailedError):
        client.generate(ASKED, provider="easel")
    assert len(client.generate(evolve(ASKED, n=2), provider="easel").images) == 1
    assert entries(tmp_path / "c") == []
    assert not client.generate(ASKED, provider="easel").cached


def test_a_picture_that_cannot_be_fetched_is_handed_over_as_it_is(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """It was paid for; it is not kept."""
    url = f"{server.url}/gone.png"
    server.on(CREATE, said({"id": "p1", "state": "done", "urls": [url]}))
    server.on("GET /gone.png", answer(status=410))
    made = artist(cache=tmp_path / "c").generate(ASKED, provider="easel")
    assert [(image.url, image.data) for image in made.images] == [(url, None)]
    assert entries(tmp_path / "c") == []


@pytest.mark.parametrize("harm", ["cut", "changed", "foreign", "empty", "other key", "old form"])
def test_an_entry_that_is_not_whole_is_passed_over(
    artist: Artist, server: Loopback, tmp_path: Path, harm: str
) -> None:
    """Whatever is wrong with it, it is no error: the picture is drawn, and the entry renewed."""
    server.on(CREATE, DONE, DONE)
    client = artist(cache=tmp_path / "c")
    client.generate(ASKED, provider="easel")
    (entry,) = entries(tmp_path / "c")
    whole = entry.read_bytes()
    head, _, content = whole.partition(b"\n")
    harmed = {
        "cut": whole[:-1],
        "changed": whole.replace(b"easel", b"weasel"),
        "foreign": b'{"pictures": []}',
        "empty": b"",
        "other key": head.replace(entry.stem.encode(), b"0" * 64) + b"\n" + content,
        "old form": head.replace(b"cache-1", b"cache-0") + b"\n" + content,
    }
    entry.write_bytes(harmed[harm])
    assert not client.generate(ASKED, provider="easel").cached
    assert client.generate(ASKED, provider="easel").cached


class Broken:
    """A cache of somebody's that fails."""

    def get(self, key: str) -> bytes | None:
        """Fail."""
        raise RuntimeError(key)

    def put(self, key: str, entry: bytes) -> None:
        """Fail."""
        raise OSError(key, entry)


def test_a_cache_that_fails_costs_no_picture(
    artist: Artist, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged."""
    server.on(CREATE, DONE)
    with caplog.at_level(logging.WARNING, "tintype"):
        assert artist(cache=Broken()).generate(ASKED, provider="easel").images
    assert caplog.messages == ["The cache raised: the provider is asked."] * 2


# --------------------------------------------------------------------- calls at once


def test_of_equal_calls_at_once_one_draws(server: Loopback, tmp_path: Path) -> None:
    """By threads and by tasks: the others wait for it, and have the same picture for nothing."""
    for number, many in enumerate((by_threads, by_tasks)):
        server.on(CREATE, (Pause(0.3), DONE))
        made = many(server.url, tmp_path / str(number), 5)
        assert [each.images[0].data for each in made if isinstance(each, Generation)] == [PNG] * 5
        assert sorted(isinstance(each, Generation) and each.cached for each in made) == [
            False,
            *[True] * 4,
        ]
    assert len(server.requests) == 2


def test_where_the_first_fails_each_of_the_others_draws_for_itself(
    server: Loopback, tmp_path: Path
) -> None:
    """Its failure is its own."""
    for number, many in enumerate((by_threads, by_tasks)):
        server.on(CREATE, (Pause(0.3), said({"why": "odd"}, status=400)), *[DONE] * 4)
        made = many(server.url, tmp_path / str(number), 5)
        assert sorted(type(each).__name__ for each in made) == [
            "BadRequestError",
            *["Generation"] * 4,
        ]
    assert len(server.requests) > 2


def test_a_call_that_is_left_makes_room_for_the_next(tmp_path: Path) -> None:
    """Whoever waited draws; another request waits for nobody."""
    line = Line(then=ACCEPTED)
    kept = Cached(
        drawings=Drawings(),
        cache=FolderCache(tmp_path / "c"),
        provider="acme",
        base_url="",
        rules=lambda: RULES,
    )
    talk = line.talk(cache=kept)
    first, second = talk.generate(ASKED), talk.generate(ASKED)
    effects = [until(line, each, Send | Sleep) for each in (first, second)]
    assert [type(each) for each in effects] == [Send, Sleep]
    other = talk.generate(evolve(ASKED, prompt="a blue panda"))
    assert isinstance(until(line, other, Send | Sleep), Send)
    other.close()
    first.close()
    assert isinstance(until(line, second, Send), Send)
    second.close()


def until(line: Line, flow: Flow[object], kind: type[Effect] | UnionType) -> Effect:
    """The next effect of a kind that a flow asks for."""
    effect = (
        next(flow) if inspect.getgeneratorstate(flow) == inspect.GEN_CREATED else flow.send(None)
    )
    while not isinstance(effect, kind):
        reply = Asked(value=effect.call()) if isinstance(effect, Ask) else line.reply(effect)
        effect = flow.send(reply)  # type: ignore[arg-type]
    return effect


def options(url: str, folder: Path) -> tuple[Account, dict[str, object]]:
    """What a client with a cache is made of."""
    account = Account(provider="easel", key=KEY, base_url=url)
    return account, {"plugins": {"easel": easel}, "environ": {}, "cache": folder}


def by_threads(url: str, folder: Path, calls: int) -> list[Generation | BaseException]:
    """What came of so many equal calls at once, from as many threads."""
    account, given = options(url, folder)
    with Client(account, **given) as client, ThreadPoolExecutor(calls) as pool:
        told = [pool.submit(client.generate, ASKED, provider="easel") for _ in range(calls)]
        return [each.exception() or each.result() for each in told]


def by_tasks(url: str, folder: Path, calls: int) -> list[Generation | BaseException]:
    """What came of them in one loop."""

    async def all_of_them() -> list[Generation | BaseException]:
        account, given = options(url, folder)
        async with AsyncClient(account, **given) as client:
            asked = [client.generate(ASKED, provider="easel") for _ in range(calls)]
            return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(all_of_them())


def test_the_lines_of_a_batch_are_the_journals(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """What was drawn for each is known there; the cache is neither asked nor told."""
    server.on(CREATE, DONE)
    client = artist(cache=tmp_path / "c", journal=tmp_path / "journal.db")
    (line,) = client.batch([ASKED], tmp_path / "out", provider="easel")
    assert line.outcome is BatchOutcome.DONE
    assert entries(tmp_path / "c") == []


def test_what_is_no_cache_is_refused(artist: Artist) -> None:
    """With what may be given."""
    with pytest.raises(InvalidRequestError, match=r"a folder, a tintype\.cache\.Cache, or nothing"):
        artist(cache=7)


# ---------------------------------------------------------------------------- the key

RULES = Rules(clock=Clock(monotonic=lambda: 0.0, now=lambda: pytest.fail("nobody asks")))
PAINTED = Reference(data=PNG)


def key(request: ImageRequest, provider: str = "easel", base_url: str = "") -> str:
    """The key of a request."""
    kept = Cached(
        drawings=Drawings(),
        cache=Broken(),
        provider=provider,
        base_url=base_url,
        rules=lambda: RULES,
    )
    return kept._key(  # noqa: SLF001
        resolve(request, easel.INFO)
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "a blue panda"},
        {"seed": 1},
        {"n": 2},
        {"stream": True},
        {"model": "chalk-1"},
        {"references": [PAINTED]},
        {"references": [Reference(data=PNG[:-1] + b"\0")]},
        {"references": [PAINTED, PAINTED]},
        {"options": {"easel": {"varnish": 1}}},
    ],
)
def test_each_field_that_is_sent_is_another_key(fields: dict[str, object]) -> None:
    """References by their content."""
    other = evolve(ASKED, **fields)  # type: ignore[arg-type]
    assert key(other) != key(ASKED)
    assert key(other) == key(evolve(ASKED, **fields))  # type: ignore[arg-type]


def test_another_place_is_another_key_and_a_tag_is_none() -> None:
    """Nor is where a webhook leads; the default model is the same as by its name."""
    keys = {key(ASKED), key(ASKED, "other"), key(ASKED, base_url="http://127.0.0.1:9")}
    assert len(keys) == 3
    same = evolve(ASKED, tag="cover", webhook_url="https://a.test/hook", model="oil")
    assert key(same) == key(ASKED)


def test_a_folder_takes_many_writers_at_once(tmp_path: Path) -> None:
    """Whoever reads finds one of their entries, whole, and nothing else is left."""
    cache = FolderCache(tmp_path / "c")
    whole = {bytes([each]) * 100_000 for each in range(8)}
    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(lambda each: cache.put("k" * 64, each), sorted(whole)):
            assert cache.get("k" * 64) in whole
    assert [path.name for path in entries(tmp_path / "c")] == [f"{'k' * 64}.tintype"]


def test_an_entry_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """Neither a part nor an empty one."""
    cache = FolderCache(tmp_path / "c")
    (tmp_path / "c" / f"{'k' * 64}.tintype").mkdir(parents=True)
    with pytest.raises(OSError, match=r".+"):
        cache.put("k" * 64, b"entry")
    assert [path.is_dir() for path in entries(tmp_path / "c")] == [True]


def test_a_cache_that_could_keep_nothing_is_refused_where_it_is_given(tmp_path: Path) -> None:
    """A file is no folder: each picture would be bought anew, and nobody told."""
    (tmp_path / "file").write_text("mine")
    for wrong in ("file", "file/below"):
        with pytest.raises(
            UsageError, match=r"^cache='.*file.*' keeps nothing: .*file is no folder"
        ):
            Client(cache=tmp_path / wrong, environ={})
