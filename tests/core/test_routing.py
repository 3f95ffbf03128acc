"""One picture from the first of several providers that can: both clients, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import define, evolve
from tests.core.acme import NOW
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Answer, Fault, Loopback, said
from tests.core.pictures import drawn, in_base64
from tests.core.studios import Studio, studios

from tintype import (
    Account,
    Billed,
    Client,
    ImageRequest,
    Offer,
    Outcome,
    Quote,
    Reference,
    Request,
)
from tintype._client.routing import Health
from tintype._pacing import Clock
from tintype.catalog import References
from tintype.convert import is_refusal
from tintype.credentials import HeaderKey
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    CostLimitError,
    DroppedError,
    InvalidRequestError,
    MissingKeyError,
    RateLimitError,
    SubmissionUnknownError,
    TaskFailedError,
    TintypeError,
    UnknownProviderError,
    UsageError,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.journal._sql import SqlJournal
from tintype.models import Attempt, Generation, Task, Update, Upload

REQUEST = ImageRequest(prompt="a red panda")
PICTURE = in_base64(drawn())
DRAWN = said({"id": "1", "state": "done", "picture": PICTURE})
FAILED = said({"id": "1", "state": "failed", "why": "not this prompt"})
NO_KEY = said({"why": "who are you"}, status=401)
BROKEN = said({"why": "oh no"}, status=500)
CHEAP, DEAR = Studio("cheap", "0.02"), Studio("dear", "0.09")


@pytest.fixture
def client(connect: Connect, server: Loopback) -> Client:
    """Of a cheap and a dear provider."""
    return studios(connect, server, DEAR, CHEAP)


def told(found: Generation | TintypeError) -> list[tuple[str, Outcome, Billed]]:
    """The history of a generation."""
    return [(each.provider, each.outcome, each.billed) for each in found.attempts]


def test_the_cheapest_draws_and_nobody_else_is_asked(client: Client, server: Loopback) -> None:
    """With a price that is asked for, too."""
    server.on("POST /cheap", DRAWN)
    made = client.generate(REQUEST, providers=["dear", "cheap"])
    assert (made.quote.provider, len(made.images)) == ("cheap", 1)
    assert told(made) == [("cheap", Outcome.ACCEPTED, Billed.YES)]
    assert server.lines() == ["POST /cheap"]


def test_the_next_draws_where_the_first_billed_nothing(client: Client, server: Loopback) -> None:
    """The result tells of both, and why the first did not; a refused prompt is no other case."""
    server.on("POST /cheap", FAILED).on("POST /dear", DRAWN)
    made = client.generate(REQUEST, providers="any")
    assert (made.quote.provider, len(made.images)) == ("dear", 1)
    assert told(made) == [
        ("cheap", Outcome.ACCEPTED, Billed.NO),
        ("dear", Outcome.ACCEPTED, Billed.YES),
    ]
    assert [each.reason for each in made.attempts] == ["not this prompt", ""]


def test_nobody_else_is_asked_where_the_first_may_have_billed(
    connect: Connect, server: Loopback
) -> None:
    """The error has the whole history, with what each said and whether it billed."""
    server.on("POST /mute", NO_KEY).on("POST /cheap", BROKEN).on("POST /dear", DRAWN)
    client = studios(connect, server, DEAR, CHEAP, Studio("mute", "0.01"))
    with pytest.raises(SubmissionUnknownError) as caught:
        client.generate(REQUEST, providers="any")
    assert told(caught.value) == [
        ("mute", Outcome.REJECTED, Billed.NO),
        ("cheap", Outcome.UNKNOWN, Billed.UNKNOWN),
    ]
    assert str(caught.value).startswith("cheap: A submission left")
    assert "The others: mute: who are you (billed: no)." in str(caught.value)
    assert server.lines() == ["POST /mute", "POST /cheap"]


def test_where_nobody_draws_each_has_said_why(client: Client, server: Loopback) -> None:
    """The error is of the last one that answered; nothing was billed."""
    server.on("POST /cheap", said({"why": "odd"}, status=400)).on("POST /dear", FAILED)
    with pytest.raises(TaskFailedError) as caught:
        client.generate(REQUEST, providers="any")
    assert caught.value.billed is Billed.NO
    assert "not this prompt" in str(caught.value)
    assert "The others: cheap: odd (billed: no)." in str(caught.value)
    assert [each.billed for each in caught.value.attempts] == [Billed.NO, Billed.NO]


def test_a_dearer_or_unknown_price_is_passed_over(connect: Connect, server: Loopback) -> None:
    """With its reason in the history; nothing is sent to whoever asks for more."""
    server.on("GET /asked/price", said({}, status=401)).on("POST /dear", DRAWN)
    client = studios(connect, server, CHEAP, DEAR, Studio("asked"), Studio("small", parameters={}))
    with pytest.raises(CostLimitError, match=r"dear: It may cost \$0.09") as caught:
        client.generate(REQUEST, providers=["dear", "cheap"], max_cost=Decimal("0.01"))
    assert told(caught.value) == [
        ("cheap", Outcome.NOT_SENT, Billed.NO),
        ("dear", Outcome.NOT_SENT, Billed.NO),
    ]
    names = ["asked", "small", "dear"]
    made = client.generate(
        evolve(REQUEST, seed=7), providers=names, order="price", max_cost=Decimal("0.10")
    )
    assert made.quote.provider == "dear"
    assert {each.provider: each.outcome for each in made.attempts} == {
        "asked": Outcome.NOT_SENT,
        "small": Outcome.NOT_SENT,
        "dear": Outcome.ACCEPTED,
    }
    assert "POST /asked" not in server.lines()


def test_as_listed_nobody_is_asked_for_a_price_first(connect: Connect, server: Loopback) -> None:
    """Each is tried in the caller's order; a limit holds all the same."""
    server.on("POST /dear", DRAWN).on("POST /cheap", DRAWN)
    client = studios(connect, server, CHEAP, DEAR)
    made = client.generate(REQUEST, providers=["dear", "cheap"], order="listed")
    assert made.quote.provider == "dear"
    limit = Decimal("0.05")
    made = client.generate(REQUEST, providers=["dear", "cheap"], order="listed", max_cost=limit)
    assert told(made) == [
        ("dear", Outcome.NOT_SENT, Billed.NO),
        ("cheap", Outcome.ACCEPTED, Billed.YES),
    ]


def test_a_function_of_offers_orders_them(client: Client, server: Loopback) -> None:
    """It is given those that can draw, and leaves out whom it will."""
    server.on("POST /dear", DRAWN)
    given: list[tuple[Offer, ...]] = []

    def dearest(offers: tuple[Offer, ...]) -> Iterable[Offer]:
        given.append(offers)
        return offers[-1:]

    made = client.generate(REQUEST, providers="any", order=dearest)
    assert [offer.provider for offer in given[0]] == ["cheap", "dear"]
    assert [(each.provider, each.outcome) for each in made.attempts] == [
        ("cheap", Outcome.NOT_SENT),
        ("dear", Outcome.ACCEPTED),
    ]
    assert made.attempts[0].reason == "order() left its offer out."


def test_an_order_may_be_by_what_pictures_took(
    connect: Connect, server: Loopback, journal: SqlJournal
) -> None:
    """As far as the journal knows: the offers say."""
    server.on("POST /dear", DRAWN).on("POST /cheap", DRAWN)
    client = studios(connect, server, CHEAP, DEAR, journal=journal)
    client.generate(REQUEST, provider="dear")

    def known(offers: tuple[Offer, ...]) -> Iterable[Offer]:
        return [offer for offer in offers if offer.seconds is not None]

    made = client.generate(REQUEST, providers="any", order=known)
    assert made.quote.provider == "dear"


async def _later(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    return offers


@pytest.mark.parametrize(
    "order",
    [
        lambda _: None,
        lambda _: ["cheap"],
        lambda offers: [*offers, offers[0]],
        lambda offers: [evolve(offers[0], provider="x")],
        _later,
    ],
)
def test_what_is_no_order_of_the_offers_is_refused(
    client: Client, server: Loopback, order: Callable[[tuple[Offer, ...]], Iterable[Offer]]
) -> None:
    """A name, an offer twice, one of nobody, or what is still to be awaited."""
    with pytest.raises(InvalidRequestError, match=r"order\(\)"):
        client.generate(REQUEST, providers="any", order=order)
    assert server.accepted == 0


def test_a_mistyped_order_is_refused_where_one_provider_is_named(
    client: Client, server: Loopback
) -> None:
    """It does nothing there, and whoever gave it meant something."""
    with pytest.raises(InvalidRequestError, match="Did you mean 'price'"):
        client.generate(REQUEST, provider="cheap", order="prize")  # type: ignore[arg-type]
    assert server.accepted == 0


def test_equal_prices_stay_as_they_are_listed(connect: Connect, server: Loopback) -> None:
    """The first of them draws."""
    server.on("*", DRAWN)
    client = studios(connect, server, *(Studio(name, "0.02") for name in "abc"))
    made = client.generate(REQUEST, providers=["b", "c", "a"])
    assert made.quote.provider == "b"


def test_whoever_seems_to_be_down_is_tried_last(client: Client, server: Loopback) -> None:
    """The history says until when; where nobody else can it is tried all the same."""
    server.on("POST /cheap", NO_KEY).on("POST /dear", DRAWN, DRAWN, FAILED)
    client.generate(REQUEST, providers="any")
    server.take()
    made = client.generate(REQUEST, providers="any")
    assert server.lines() == ["POST /dear"]
    assert (made.attempts[0].provider, made.attempts[0].outcome) == ("cheap", Outcome.NOT_SENT)
    assert "cooling down until" in made.attempts[0].reason
    assert "UTC after: who are you" in made.attempts[0].reason
    with pytest.raises(AuthenticationError) as caught:
        client.generate(REQUEST, providers="any")
    assert [each.provider for each in caught.value.attempts] == ["dear", "cheap"]
    assert server.lines() == ["POST /dear", "POST /dear", "POST /cheap"]


def test_where_all_seem_to_be_down_all_are_tried(client: Client, server: Loopback) -> None:
    """As if none were."""
    server.on("POST /cheap", NO_KEY, DRAWN).on("POST /dear", NO_KEY)
    with pytest.raises(AuthenticationError):
        client.generate(REQUEST, providers="any")
    made = client.generate(REQUEST, providers="any")
    assert told(made) == [("cheap", Outcome.ACCEPTED, Billed.YES)]


def test_a_picture_of_several_ends_the_route(connect: Connect, server: Loopback) -> None:
    """What is missing is not drawn elsewhere: the result tells of it, and it is not paid twice."""
    server.on("POST /cheap", DRAWN, said({"why": "odd"}, status=400)).on("POST /dear", DRAWN)
    client = studios(connect, server, CHEAP, DEAR, width=1)
    made = client.generate(evolve(REQUEST, n=3), providers="any")
    assert len(made.images) == 1
    assert told(made) == [
        ("cheap", Outcome.ACCEPTED, Billed.YES),
        ("cheap", Outcome.REJECTED, Billed.NO),
    ]


class Gallery(Studio):
    """A studio that wants to be told where references are: they are brought there first."""

    def __init__(self, name: str, usd: str) -> None:
        super().__init__(name, usd, references=References(forms=("url",), uploads=True))

    @hookimpl
    def upload(self, reference: Reference, notes: Mapping[str, object]) -> Request | None:
        """Its bytes, to `/NAME/wall`."""
        del notes
        if reference.data is None:
            return None
        return Request.post(f"https://api.easel.test/{self.info.name}/wall", {"bytes": "…"})

    @hookimpl
    def parse(self, exchange: Exchange) -> Quote | Update | Upload:
        """Where it hangs, or as a studio."""
        if exchange.operation is Operation.UPLOAD and not is_refusal(exchange.message):
            return Upload(reference=Reference(url="https://wall.test/1"))
        return super().parse(exchange)


@pytest.mark.parametrize(
    "breaks", [Fault.RESET, said({"why": "oh no"}, status=500), said({"why": "no"}, status=400)]
)
def test_an_upload_that_breaks_off_does_not_end_the_route(
    connect: Connect, server: Loopback, breaks: Answer
) -> None:
    """Nothing was submitted yet, so nothing is billed: the next one draws."""
    server.on("POST /cheap/wall", breaks).on("POST /dear", DRAWN)
    client = studios(connect, server, Gallery("cheap", "0.02"), DEAR, tries=1)
    asked = evolve(REQUEST, references=(Reference(data=drawn()),))
    made = client.generate(asked, providers="any")
    assert made.quote.provider == "dear"
    assert [(each.provider, each.billed) for each in made.attempts] == [
        ("cheap", Billed.NO),
        ("dear", Billed.YES),
    ]
    assert server.lines() == ["POST /cheap/wall", "POST /dear"]


def test_an_upload_that_breaks_off_billed_nothing(connect: Connect, server: Loopback) -> None:
    """Also where one provider alone is asked, which is told so."""
    server.on("POST /cheap/wall", Fault.RESET)
    client = studios(connect, server, Gallery("cheap", "0.02"), tries=1)
    asked = evolve(REQUEST, references=(Reference(data=drawn()),))
    with pytest.raises(DroppedError) as caught:
        client.generate(asked, provider="cheap")
    assert caught.value.billed is Billed.NO


# ------------------------------------------------------------------------------ gates


def test_a_route_does_not_wait_long_at_a_gate(connect: Connect, server: Loopback) -> None:
    """The next one draws, nothing was sent to the first, and it is not believed to be down."""
    server.on("POST /cheap", DRAWN).on("POST /dear", DRAWN, DRAWN)
    client = studios(connect, server, CHEAP, DEAR, rates={"cheap": "1/h"})
    client.generate(REQUEST, providers="any")
    for _ in range(2):
        made = client.generate(REQUEST, providers="any")
        assert told(made) == [
            ("cheap", Outcome.NOT_SENT, Billed.NO),
            ("dear", Outcome.ACCEPTED, Billed.YES),
        ]
        assert "The account's gate lets nothing through in time" in made.attempts[0].reason
    assert server.lines() == ["POST /cheap", "POST /dear", "POST /dear"]


def test_a_refusal_that_asks_to_wait_long_is_waited_out_elsewhere(
    client: Client, server: Loopback
) -> None:
    """Nothing was billed by whoever refused; the next call does not ask it before its time."""
    slow = said({"why": "slow down"}, status=429, headers=[("Retry-After", "60")])
    server.on("POST /cheap", slow).on("POST /dear", DRAWN, DRAWN)
    for _ in range(2):
        made = client.generate(REQUEST, providers="any")
        assert made.quote.provider == "dear"
        assert "slow down" in made.attempts[0].reason
    assert server.lines() == ["POST /cheap", "POST /dear", "POST /dear"]


def test_nothing_is_brought_to_whoever_may_not_be_asked(connect: Connect, server: Loopback) -> None:
    """A refused look pauses the account: its upload would wait, and another provider need not."""
    slow = said({"why": "slow down"}, status=429, headers=[("Retry-After", "60")])
    server.on("GET /v1/pictures/1", slow).on("POST /dear", DRAWN)
    client = studios(connect, server, Gallery("cheap", "0.02"), DEAR)
    with pytest.raises(RateLimitError):
        client.refresh(Task(provider="cheap", id="1"))
    asked = evolve(REQUEST, references=(Reference(data=drawn()),))
    made = client.generate(asked, providers="any")
    assert told(made) == [
        ("cheap", Outcome.NOT_SENT, Billed.NO),
        ("dear", Outcome.ACCEPTED, Billed.YES),
    ]
    assert "slow down" in made.attempts[0].reason
    assert server.lines() == ["GET /v1/pictures/1", "POST /dear"]


def test_where_nobody_else_can_a_gate_is_waited_at(client: Client, server: Loopback) -> None:
    """Whoever was kept there comes last, and waits as long as it takes."""
    slow = said({"why": "slow down"}, status=429, headers=[("Retry-After", "5.5")])
    server.on("POST /cheap", slow, DRAWN).on("POST /dear", said({"why": "odd"}, status=400))
    made = client.generate(REQUEST, providers="any")
    assert told(made) == [
        ("cheap", Outcome.NOT_SENT, Billed.NO),
        ("dear", Outcome.REJECTED, Billed.NO),
        ("cheap", Outcome.ACCEPTED, Billed.YES),
    ]
    assert server.lines() == ["POST /cheap", "POST /dear", "POST /cheap"]


def test_any_is_whoever_has_a_key(connect: Connect, server: Loopback) -> None:
    """One that needs none is named, also where it was given one; the error says how to give one."""
    free = Studio("free", "0.01")
    free.info = evolve(free.info, auth=HeaderKey(optional=True))
    plugins = {"free": free, "mine": Studio("mine", "0.05"), "theirs": Studio("theirs", "0.01")}
    server.on("*", DRAWN)
    accounts = [Account(provider=name, key=KEY, base_url=server.url) for name in ("free", "mine")]
    client = connect(*accounts, plugins=plugins)
    made = client.generate(REQUEST, providers="any")
    assert told(made) == [("mine", Outcome.ACCEPTED, Billed.YES)]
    with pytest.raises(MissingKeyError, match="MINE_API_KEY, THEIRS_API_KEY"):
        connect(accounts[0], plugins=plugins).generate(REQUEST, providers="any")


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"providers": ["cheep"]}, UnknownProviderError, "Did you mean 'cheap'"),
        ({"providers": []}, UsageError, "providers is empty"),
        ({"providers": "amy"}, InvalidRequestError, "Did you mean 'any'"),
        ({"providers": 7}, InvalidRequestError, "providers"),
        ({"providers": [7]}, InvalidRequestError, "providers"),
        ({}, InvalidRequestError, "provider is None, and so is providers: give one"),
        ({"provider": "cheap", "providers": ["dear"]}, InvalidRequestError, "provider is given"),
        ({"providers": "any", "order": "prise"}, InvalidRequestError, "Did you mean 'price'"),
        ({"providers": "any", "order": 7}, InvalidRequestError, "order"),
        ({"providers": "any", "max_cost": 0.5}, InvalidRequestError, "max_cost"),
        ({"providers": "any", "request": "a cat"}, InvalidRequestError, "request"),
    ],
)
def test_what_is_no_route_is_told_before_anything_is_sent(
    client: Client, server: Loopback, given: dict[str, object], kind: type[Exception], words: str
) -> None:
    """With the name of the argument, or the nearest name."""
    with pytest.raises(kind, match=words):
        client.generate(**{"request": REQUEST, **given})  # type: ignore[arg-type]
    assert server.accepted == 0


@define
class Hand:
    """A clock that is set by hand."""

    seconds: float = 0.0

    @property
    def clock(self) -> Clock:
        """What it shows."""
        return Clock(
            monotonic=lambda: self.seconds, now=lambda: NOW + timedelta(seconds=self.seconds)
        )


def test_each_rest_is_twice_as_long_as_the_one_before() -> None:
    """Up to ten minutes; many that fail together are one failure, and an answer ends it."""
    hand = Hand()
    health = Health(hand.clock)
    rests = []
    for _ in range(9):
        for _ in range(50):
            health.failed("cheap", RateLimitError("slow down"))
        began = hand.seconds
        while health.cooling("cheap"):
            hand.seconds += 5
        rests.append(hand.seconds - began)
    assert rests == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    health.failed("cheap", BadRequestError("odd"))
    health.failed("cheap", RateLimitError("slow down"))
    hand.seconds += 10
    assert health.cooling("cheap") is None


def test_a_rest_is_as_long_as_the_provider_asks_for() -> None:
    """And is told with its end."""
    health = Health(Hand().clock)
    health.failed("cheap", RateLimitError("slow down", retry_after=90.0))
    assert "until 12:01:30 UTC after: slow down" in str(health.cooling("cheap"))


def test_what_was_wrong_with_the_request_says_nothing_of_the_provider() -> None:
    """It neither begins a rest nor shortens the next one."""
    hand = Hand()
    health = Health(hand.clock)
    health.failed("cheap", CostLimitError("too dear"))
    assert health.cooling("cheap") is None
    health.failed("cheap", RateLimitError("slow down"))
    hand.seconds = 10
    health.failed("cheap", CostLimitError("too dear"))
    health.failed("cheap", RateLimitError("slow down"))
    hand.seconds = 25
    assert health.cooling("cheap") is not None


def test_a_lost_answer_says_that_the_provider_is_down() -> None:
    """One that came and was not understood is perhaps the plugin's fault: it does not."""
    lost = SubmissionUnknownError("lost")
    lost.__cause__ = RateLimitError("slow down")
    health = Health(Hand().clock)
    health.failed("cheap", SubmissionUnknownError("odd", answered=True))
    assert health.cooling("cheap") is None
    attempts = (Attempt(outcome=Outcome.UNKNOWN, error=lost),)
    odd = BadRequestError("odd")
    odd.attempts = attempts
    health.failed("cheap", odd)
    assert health.cooling("cheap") is not None
