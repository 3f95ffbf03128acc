"""One request offered to several providers at once: both clients, over real sockets."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.acme import ACCEPTED, Line, Slow
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Fault, Loopback, said
from tests.core.studios import Studio, studios

from tintype import (
    Account,
    Client,
    ImageRequest,
    Offer,
    Request,
    Task,
    TaskState,
)
from tintype._client.comparing import within
from tintype._flow.effects import Flow, Send, Sleep
from tintype.catalog import Choice, Text
from tintype.credentials import HeaderKey
from tintype.entries import Snapshot
from tintype.errors import (
    InvalidRequestError,
    MissingKeyError,
    PluginError,
    RequestTimeoutError,
    UnknownProviderError,
    UnsupportedError,
    UsageError,
)
from tintype.hooks import hookimpl
from tintype.journal._sql import SqlJournal

REQUEST = ImageRequest(prompt="a red panda")


def names(offers: tuple[Offer, ...]) -> list[str]:
    """Whose they are."""
    return [offer.provider for offer in offers]


def test_offers_come_cheapest_first(connect: Connect, server: Loopback) -> None:
    """By the most that each can cost; unknown prices come behind, refusals last."""
    server.on("GET /asked/price", said({"usd": 0.02}))
    server.on("GET /silent/price", said({"why": "who are you"}, status=401))
    client = studios(
        connect,
        server,
        Studio("small", "0.01", parameters={}),
        Studio("dear", "0.09"),
        Studio("listed", "0.03"),
        Studio("silent"),
        Studio("asked"),
    )
    offers = client.quotes(evolve(REQUEST, seed=7))
    assert names(offers) == ["asked", "listed", "dear", "silent", "small"]
    assert [offer.quote.usd for offer in offers[:3]] == [*map(Decimal, ["0.02", "0.03", "0.09"])]
    assert offers[3].quote.reason
    assert isinstance(offers[4].error, UnsupportedError)
    assert "no seed" in offers[4].quote.reason


def test_an_offer_tells_what_pictures_took(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """The median of what the journal knows of that model there; without one, nothing."""
    journal = SqlJournal(tmp_path / "journal.db")
    began = datetime(2026, 11, 1, tzinfo=UTC)
    for number, (name, seconds, state) in enumerate(
        [
            ("quick", 2, TaskState.SUCCEEDED),
            ("quick", 90, TaskState.PARTIAL),
            ("quick", 4, TaskState.SUCCEEDED),
            ("quick", 900, TaskState.FAILED),
            ("other", 7, TaskState.RUNNING),
        ]
    ):
        task = Task(
            provider=name,
            model=easel.INFO.models[0].id,
            id=f"t{number}",
            state=state,
            created_at=began,
            updated_at=began + timedelta(seconds=seconds),
        )
        journal.record(Snapshot(task=task)).result()
    made = Studio("quick", "0.05"), Studio("other", "0.06")
    offers = studios(connect, server, *made, journal=journal).quotes(REQUEST)
    assert [offer.seconds for offer in offers] == [4.0, None]
    assert not any(offer.seconds for offer in studios(connect, server, *made).quotes(REQUEST))
    journal.close()


@pytest.mark.parametrize("answer", [Fault.STALL, said({}, 503, headers=[("Retry-After", "60")])])
def test_whoever_is_slow_is_an_offer_that_says_so(
    connect: Connect, server: Loopback, answer: bytes | Fault
) -> None:
    """Whether it does not answer or asks for time; the others are told all the same."""
    server.on("GET /slow/price", answer)
    client = studios(connect, server, Studio("slow"), Studio("quick", "0.05"))
    quick, slow = client.quotes(REQUEST, deadline=1)
    assert (quick.provider, quick.error) == ("quick", None)
    assert (slow.provider, slow.quote.usd) == ("slow", None)
    assert isinstance(slow.error, RequestTimeoutError) or "1 s" in slow.quote.reason


def test_a_hook_that_does_not_return_holds_nobody_up(server: Loopback) -> None:
    """Not a client that asks in threads."""
    free = threading.Event()

    class Stuck(Studio):
        @hookimpl
        def price(self) -> None:
            """Never."""
            free.wait(20)

    plugins = {"stuck": Stuck("stuck"), "quick": Studio("quick", "0.05")}
    accounts = [Account(provider=name, key=KEY, base_url=server.url) for name in plugins]
    with Client(*accounts, plugins=plugins, environ={}) as client:
        quick, stuck = client.quotes(REQUEST, deadline=1)
        free.set()
    assert quick.quote.usd == Decimal("0.05")
    assert "within 1 s" in stuck.quote.reason


def test_a_plugin_that_is_broken_is_an_offer_that_says_so(connect: Connect) -> None:
    """Where somebody names it."""
    client = connect(plugins={"ruin": object(), "quick": Studio("quick", "0.05")})
    quick, ruin = client.quotes(REQUEST, providers=["ruin", "quick"])
    assert quick.error is None
    assert isinstance(ruin.error, PluginError)


def test_who_has_a_key_is_asked_and_who_needs_none_is_named(connect: Connect) -> None:
    """Once, however often it is named."""
    free = Studio("free", "0.01")
    free.info = evolve(free.info, auth=HeaderKey(optional=True))
    plugins = {"free": free, "mine": Studio("mine", "0.05"), "theirs": Studio("theirs", "0.01")}
    client = connect(Account(provider="mine", key=KEY), plugins=plugins)
    assert names(client.quotes(REQUEST)) == ["mine"]
    assert names(client.quotes(REQUEST, providers=["free", "mine", "free"])) == ["free", "mine"]
    with pytest.raises(MissingKeyError, match="MINE_API_KEY, THEIRS_API_KEY"):
        connect(plugins=plugins).quotes(REQUEST)


def test_an_account_that_cannot_be_read_is_an_offer_that_says_so(connect: Connect) -> None:
    """The others are asked."""
    plugins = {"mine": Studio("mine", "0.05"), "odd": Studio("odd", "0.01")}
    environ = {"ODD_API_KEY": KEY, "ODD_USD_PER_CREDIT": "much", "MINE_API_KEY": KEY}
    mine, odd = connect(plugins=plugins, environ=environ).quotes(REQUEST)
    assert mine.error is None
    assert "ODD_USD_PER_CREDIT" in odd.quote.reason


def test_an_offer_tells_what_would_come_and_what_would_be_changed(connect: Connect) -> None:
    """The pixels of a tier and a ratio, what is sent in their place, and whose model it is."""
    ratios = {"2K": {"1:1": "2048x2048", "16:9": "2560x1440"}}
    ratio = {"aspect_ratio": Text()}
    sized = {"size": Text(), "resolution": Choice(values=("2K",), default="2K")}
    plugins = {
        "table": Studio("table", "0.05", sizes=ratios, parameters=sized),
        "other": Studio("other", "0.06", id="chalk-9", canonical="", parameters=ratio),
    }
    request = evolve(REQUEST, aspect_ratio="16:9")
    table, other = connect(plugins=plugins).quotes(request, providers=plugins)
    assert table.size == "2560x1440"
    assert {each.field: each.sent for each in table.resolved}["size"] == "2560x1440"
    assert [notice.field for notice in table.notices] == ["aspect_ratio"]
    assert (table.name, table.quote.model, table.drawn_by) == ("oil", "oil-1", "oil")
    assert (other.name, other.size, other.drawn_by) == ("", "", "chalk-9")
    square, _ = connect(plugins=plugins).quotes(
        evolve(request, aspect_ratio="1:1"), providers=plugins
    )
    assert square.size == "2048x2048"


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"providers": ["lister"]}, UnknownProviderError, "Did you mean 'listed'"),
        ({"providers": []}, UsageError, "providers is empty"),
        ({"providers": "listed"}, InvalidRequestError, "providers"),
        ({"deadline": 0}, UsageError, "deadline=0 leaves no time"),
        ({"deadline": "1"}, InvalidRequestError, "deadline"),
        ({"request": "a cat"}, InvalidRequestError, "request"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anybody_is_asked(
    connect: Connect, server: Loopback, given: dict[str, object], kind: type[Exception], words: str
) -> None:
    """With the name of the argument, or the nearest provider."""
    client = studios(connect, server, Studio("listed", "0.03"), Studio("asked"))
    with pytest.raises(kind, match=words):
        client.quotes(**{"request": REQUEST, **given})  # type: ignore[arg-type]
    assert server.accepted == 0


def test_a_flow_within_a_deadline_waits_no_longer_than_is_left() -> None:
    """Each exchange gets what is left of it; a pause that would last longer ends it at once."""

    def flow() -> Flow[str]:
        asked = Request.get("https://api.acme.test/price")
        yield Send(request=asked, repeat=True, timeout=3.0)
        yield Send(request=asked, repeat=True, timeout=60.0)
        yield Sleep(seconds=6.0)
        return "never"

    line = Line(then=Slow(4.0, ACCEPTED))
    with pytest.raises(RequestTimeoutError, match="within 10 s"):
        line.run(within(flow(), 10.0, line.clock))
    assert [send.timeout for send in line.sends] == [3.0, 6.0]
    assert line.sleeps == []
