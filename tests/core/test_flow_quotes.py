"""What a request would cost: known, askable, or unknown with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from attrs import evolve, frozen
from tests.core.acme import (
    API,
    ASKED,
    INFO,
    PNG,
    Acme,
    Line,
    Scripted,
    told,
)

from tintype.catalog import Model, Price, ProviderInfo
from tintype.convert import read
from tintype.errors import (
    InvalidRequestError,
    MissingKeyError,
    NotSentError,
    PluginError,
    ProtocolError,
    UnsupportedError,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response
from tintype.models import Quote, QuoteKind
from tintype.prices import quote_from_prices
from tintype.request import ImageRequest, Reference, Submission

CENT = Decimal("0.01")
LAW = "That breaks the law Total (docs/plugins.md, The laws of a hook)."
MEND = "Status 401: check ACME_API_KEY, or what the Account gives in its place; get one at https://acme.test."


@frozen(kw_only=True)
class Step:
    """An answer on the way to a price."""

    last: bool


@frozen(kw_only=True)
class Named:
    """An answer that names a model."""

    id: str


class Live(Acme):
    """A provider whose price is asked."""

    @hookimpl
    def price(self, request: Submission) -> Request:
        """A GET for that many images."""
        return Request.get(f"{API}/price?n={request.n}")


class Saying(Acme):
    """A provider whose price a test replaces, one after another."""

    def __init__(self, *says: object) -> None:
        self.says = list(says)

    @hookimpl
    def price(self) -> object:
        """What the test gave, or raise it."""
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def quoted(
    plugin: object, *script: Scripted, request: ImageRequest = ASKED, **terms: object
) -> tuple[Quote, Line]:
    """A quote, and what was asked for it."""
    line = Line(*script)
    return line.run(line.talk(plugin, **terms).quote(request)), line


def test_a_documented_price_is_told_without_a_question() -> None:
    """And nothing is submitted."""
    quote, line = quoted(Acme())
    assert (quote.usd, quote.kind) == (4 * CENT, QuoteKind.EXACT)
    assert (quote.provider, quote.model, quote.source) == ("acme", "acme-draw-1", "acme prices")
    assert line.sends == []


@pytest.mark.parametrize(("rate", "usd"), [(None, 5 * CENT), (Decimal("0.5"), Decimal("2.5"))])
def test_a_price_in_credits_is_asked_and_told_in_dollars(
    rate: Decimal | None, usd: Decimal
) -> None:
    """By the account's credit value, else the documented one; the credits stay."""
    quote, line = quoted(Live(), told(credits=5), usd_per_credit=rate)
    assert line.sent == ["GET /price?n=1"]
    assert quote.usd == usd
    assert quote.credits == (5, 5)
    assert "A credit is $" in quote.assumptions[0]
    assert line.sends[0].repeat


def test_a_fraction_of_a_credit_is_exact() -> None:
    """Money is never a float."""
    quote, _ = quoted(Live(), Response(status=200, body=b'{"credits": 0.1}'))
    assert quote.credits_low == Decimal("0.1")
    assert quote.usd == Decimal("0.001")


def test_a_split_request_is_asked_once_for_each_size() -> None:
    """And costs the sum of its submissions."""
    quote, line = quoted(Live(), told(credits=4), told(credits=3), request=evolve(ASKED, n=7))
    assert line.sent == ["GET /price?n=2", "GET /price?n=1"]
    assert quote.credits == (3 * 4 + 3, 3 * 4 + 3)
    assert quote.usd == 15 * CENT


def test_one_price_that_cannot_be_had_makes_the_sum_unknown() -> None:
    """With its reason."""
    quote, _ = quoted(Live(), told(credits=4), told(402), request=evolve(ASKED, n=3))
    assert quote.kind is QuoteKind.UNKNOWN
    assert "402" in quote.reason


class Tiered(Acme):
    """A provider with a price list of two tiers."""

    model = Model(
        id="tiers",
        prices=(
            Price(usd=CENT, when={"resolution": "1K"}),
            Price(usd=3 * CENT, when={"resolution": "2K"}),
        ),
        max_n=2,
    )
    info = evolve(INFO, models=(model,))

    @hookimpl
    def price(self, request: Submission) -> Quote | None:
        """By the list."""
        return quote_from_prices(self.info, request)


def test_a_range_stays_a_range_over_several_submissions() -> None:
    """Least and most add up apart."""
    quote, _ = quoted(Tiered(), request=evolve(ASKED, n=3))
    assert (quote.kind, quote.low, quote.high) == (QuoteKind.RANGE, 3 * CENT, 9 * CENT)
    assert quote.usd is None
    assert quote.assumptions == ("resolution is left open; the price depends on it.",)


@pytest.mark.parametrize(
    ("plugin", "script", "reason"),
    [
        (Saying(None), (), "No document tells the price."),
        (
            Saying(KeyError("x")),
            (),
            f"acme: The plugin's price() failed with KeyError: 'x'. {LAW}",
        ),
        (Saying("free"), (), f"acme: The plugin's price() returned a str, not a Request. {LAW}"),
        (Live(), (told(401),), f"acme: It answered with status 401. {MEND}"),
        (Live(), (told(credits="5"),) * 4, "acme: Expected a number, got '5'. At /credits."),
        (Live(), (NotSentError("refused"),) * 4, "refused"),
        (Live(), (told(500),) * 4, "acme: It answered with status 500."),
    ],
)
def test_a_price_that_cannot_be_had_is_unknown_with_its_reason(
    plugin: object, script: Sequence[Scripted], reason: str
) -> None:
    """It is no error, and never 0."""
    quote, line = quoted(plugin, *script)
    assert quote.kind is QuoteKind.UNKNOWN
    assert (quote.low, quote.high, quote.credits) == (None, None, (None, None))
    assert quote.reason == reason
    assert quote.provider == "acme"
    assert line.finished


def test_a_question_is_asked_again_after_a_fault() -> None:
    """It is free; the wait that the server names is kept."""
    quote, line = quoted(
        Live(),
        told(503, (("Retry-After", "9"),)),
        NotSentError("refused"),
        Response(status=200, body=b"<html>"),
        told(credits=5),
    )
    assert quote.usd == 5 * CENT
    assert line.sleeps == [9.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "error", [MissingKeyError("set ACME_API_KEY"), InvalidRequestError("no", field="n")]
)
def test_what_the_caller_can_mend_is_raised(error: Exception) -> None:
    """Not hidden in a reason."""
    line = Line(error)
    for plugin in (Live(), Saying(error)):
        flow = line.talk(plugin).quote(ASKED)
        with pytest.raises(type(error)):
            line.run(flow)


class Stepwise(Acme):
    """A price in several steps, each of which the plugin is handed the one before."""

    @hookimpl
    def price(self, quote: Quote | None) -> Request:
        """The next question."""
        step = 0 if quote is None else quote.notes["step"]
        return Request.get(f"{API}/price/{step}")

    @hookimpl
    def parse(self, exchange: Exchange) -> Quote:
        """The next step."""
        before = exchange.quote.notes["step"] if exchange.quote else 0
        assert isinstance(before, int)
        body, _ = read(exchange.message, Step)
        price = CENT if body.last else None
        return Quote(final=body.last, notes={"step": before + 1}, low=price, high=price)


def test_a_price_may_take_several_questions() -> None:
    """The quote so far is handed on."""
    quote, line = quoted(Stepwise(), told(last=False), told(last=False), told(last=True))
    assert line.sent == ["GET /price/0", "GET /price/1", "GET /price/2"]
    assert quote.usd == CENT


def test_a_price_that_is_open_after_four_questions_is_unknown() -> None:
    """A plugin cannot ask for ever."""
    line = Line(then=told(last=False))
    quote = line.run(line.talk(Stepwise()).quote(ASKED))
    assert len(line.sends) == 4
    assert quote.kind is QuoteKind.UNKNOWN
    assert quote.reason == "The price was still open after 4 questions."


def test_the_fourth_answer_still_counts() -> None:
    """Four questions, four answers."""
    quote, _ = quoted(Stepwise(), *[told(last=False)] * 3, told(last=True))
    assert quote.usd == CENT


def test_a_quote_refuses_what_cannot_be_sent() -> None:
    """Nobody needs the price of that."""
    line = Line()
    with pytest.raises(UnsupportedError, match="has no quality"):
        line.run(line.talk().quote(evolve(ASKED, quality="high")))
    assert line.asked == []


def test_a_quote_reads_local_files() -> None:
    """The price may depend on them."""
    line = Line(files={"x": PNG})
    line.run(line.talk().quote(evolve(ASKED, references=(Reference(path="x"),))))
    assert line.sends == []


# ------------------------------------------------------------------------- the catalog


class Listing(Acme):
    """A provider with a live list of models."""

    @hookimpl
    def models(self) -> Request:
        """A GET."""
        return Request.get(f"{API}/models")

    @hookimpl
    def parse(self, exchange: Exchange) -> ProviderInfo:
        """One model, of the id that is told."""
        assert exchange.operation is Operation.MODELS
        body, _ = read(exchange.message, Named)
        return evolve(INFO, models=(Model(id=body.id),))


def test_the_live_list_of_models_is_asked_where_there_is_one() -> None:
    """After a fault, again."""
    line = Line(told(id=7), told(id="new"))
    info = line.run(line.talk(Listing()).models())
    assert [model.id for model in info.models] == ["new"]
    assert line.sent == ["GET /models"] * 2


class Paged(Acme):
    """A provider whose live list comes in pages."""

    @hookimpl
    def models(self, cursor: str) -> Request:
        """A GET of one page."""
        return Request.get(f"{API}/models?after={cursor}")

    @hookimpl
    def parse(self, exchange: Exchange) -> ProviderInfo:
        """The models of a page, and where the next one begins."""
        page, _ = read(exchange.message, Page)
        return evolve(INFO, models=tuple(map(_model, page.ids)), next_models=page.next)


def _model(name: str) -> Model:
    return Model(id=name)


@frozen(kw_only=True)
class Page:
    """One page of Acme's list."""

    ids: tuple[str, ...]
    next: str = ""


def test_a_live_list_is_read_page_by_page() -> None:
    """Each model once, the catalog's default first."""
    default = INFO.models[0].id
    line = Line(told(ids=["a", "b"], next="2"), told(503), told(ids=["b", default]))
    info = line.run(line.talk(Paged()).models())
    assert [model.id for model in info.models] == [default, "a", "b"]
    assert info.next_models == ""
    assert line.sent == ["GET /models?after=", *["GET /models?after=2"] * 2]


@pytest.mark.parametrize("ways", [1, 10**6])
def test_a_live_list_without_an_end_is_left(ways: int) -> None:
    """Whether it goes round in a circle or on for ever."""
    pages = (told(ids=[f"m{number}"], next=str(number % ways)) for number in range(100))
    line = Line(*pages)
    with pytest.raises(ProtocolError, match="no end: it was left after"):
        line.run(line.talk(Paged()).models())
    assert len(line.sends) == min(ways + 1, 64)


def test_the_catalog_serves_where_there_is_no_live_list() -> None:
    """Without a question."""
    line = Line()
    assert line.run(line.talk().models()) is INFO
    assert line.asked == []


def test_a_list_of_another_kind_is_the_plugins_fault() -> None:
    """And not asked for again."""

    class Odd(Listing):
        @hookimpl
        def parse(self) -> Quote:
            return Quote()

    line = Line(told())
    with pytest.raises(PluginError, match="returned a Quote, not a ProviderInfo"):
        line.run(line.talk(Odd()).models())
