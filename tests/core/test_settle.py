"""What the core adds to a plugin's words: times, expiry, dollars, sums."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest
from attrs import evolve
from tests.core.acme import ASKED, INFO, NOW, PNG

from tintype._flow.settle import add_quotes, completed_task, folded, in_dollars
from tintype.errors import Billed
from tintype.models import (
    Cost,
    Failure,
    Image,
    Notice,
    Quote,
    QuoteKind,
    QuoteLine,
    Resolved,
    Task,
    TaskState,
    Update,
    Usage,
)

CENT = Decimal("0.01")
BLANK = Task(model="acme-draw-1", request=ASKED, notices=(Notice(field="n", message="!"),))
LATER = NOW + timedelta(seconds=5)


def settled(update: Update, before: Task = BLANK, usd_per_credit: Decimal | None = None) -> Task:
    """What a plugin read, folded and completed."""
    return completed_task(before, update, INFO, usd_per_credit, LATER)


ONE, TWO = Image(url="https://cdn.acme.test/1.png"), Image(url="https://cdn.acme.test/2.png")
FAILURE = Failure(message="no")
SIZE = Resolved(field="size", asked="2K", sent="2048x2048")
SEED = Resolved(field="seed", received="7")
FULL = Task(
    id="t1",
    model="acme-draw-1",
    images=(ONE,),
    previews=(TWO,),
    errors=(FAILURE,),
    progress=0.5,
    usage=Usage(images=1),
    cost=Cost(credits=Decimal(4)),
    billed=Billed.YES,
    created_at=NOW,
    resolved=(SIZE,),
    notices=BLANK.notices,
    raw={"a": 1},
    notes={"at": "x"},
    record="r1",
)


@pytest.mark.parametrize(
    ("update", "changes"),
    [
        (Update(), {}),
        (Update(id="t2", model="other"), {"id": "t2", "model": "other"}),
        (Update(state=TaskState.SUCCEEDED), {"state": TaskState.SUCCEEDED}),
        (Update(images=(ONE, TWO)), {"images": (ONE, TWO)}),
        (Update(images=(TWO,), previews=(ONE,)), {"images": (TWO,), "previews": (ONE,)}),
        (Update(errors=(FAILURE, FAILURE)), {"errors": (FAILURE, FAILURE)}),
        (Update(progress=0.25), {"progress": 0.25}),
        (Update(usage=Usage(images=2)), {"usage": Usage(images=2)}),
        (Update(cost=Cost(usd=CENT)), {"cost": Cost(usd=CENT)}),
        (Update(billed=Billed.NO), {"billed": Billed.NO, "cost": None}),
        (Update(billed=Billed.NO, cost=Cost()), {"billed": Billed.NO, "cost": Cost()}),
        (Update(billed=Billed.UNKNOWN), {"billed": Billed.UNKNOWN}),
        (Update(made_at=LATER), {}),
        (Update(resolved=(SEED,)), {"resolved": (SIZE, SEED)}),
        (
            Update(resolved=(evolve(SIZE, received="2x2"),)),
            {"resolved": (evolve(SIZE, received="2x2"),)},
        ),
        (Update(notices=BLANK.notices), {}),
        (Update(raw={"b": 2}, notes={"at": "y"}), {"raw": {"b": 2}, "notes": {"at": "y"}}),
        (Update(poll_after=0.0), {"poll_after": 0.0}),
    ],
)
def test_what_a_plugin_leaves_out_stays_as_it_was(
    update: Update, changes: dict[str, object]
) -> None:
    """And what it says takes its place, field by field."""
    changes = {"progress": None, **changes}
    assert folded(FULL, update) == evolve(FULL, **changes)  # type: ignore[arg-type]


def test_what_became_of_a_field_is_told_once() -> None:
    """As it was told last, also where a request was changed twice before it was sent."""
    twice = evolve(FULL, resolved=(SIZE, SEED, evolve(SIZE, sent="1x1")))
    assert folded(twice, Update()).resolved == (evolve(SIZE, sent="1x1"), SEED)


def test_the_wait_that_is_asked_for_holds_once() -> None:
    """It is true of one answer only."""
    assert folded(evolve(FULL, poll_after=2.0), Update()).poll_after is None


def test_the_core_alone_sets_what_is_its_own() -> None:
    """An update has no field for it, and the core knows when it submitted a task."""
    own = {"provider", "created_at", "updated_at", "request", "record"}
    fields = {each.alias for each in attrs.fields(Update)}
    assert fields - {"made_at"} == {each.alias for each in attrs.fields(Task)} - own
    assert folded(Task(), Update(made_at=LATER)).created_at == LATER


def test_a_snapshot_is_given_what_only_the_core_knows() -> None:
    """Provider, model, request, times and notices."""
    task = settled(Update(id="t1"))
    assert (task.provider, task.model, task.request) == ("acme", "acme-draw-1", ASKED)
    assert (task.created_at, task.updated_at) == (LATER, LATER)
    assert task.notices == BLANK.notices


def test_a_later_snapshot_keeps_the_time_of_the_first() -> None:
    """What the plugin says itself wins over what went before; its notices come behind."""
    notice = Notice(field="seed", message="?")
    task = settled(Update(model="other", notices=(notice,)), evolve(BLANK, created_at=NOW))
    assert (task.created_at, task.updated_at) == (NOW, LATER)
    assert task.model == "other"
    assert task.notices == (*BLANK.notices, notice)


def test_a_result_at_a_url_expires_as_the_model_documents() -> None:
    """Unless the provider named the moment itself."""
    image = Image(url="https://cdn.acme.test/1.png")
    told = evolve(image, expires_at=NOW)
    task = settled(Update(images=(image, told)))
    assert [each.expires_at for each in task.images] == [LATER + timedelta(hours=1), NOW]
    unknown = settled(Update(model="acme-live", images=(image,)))
    assert unknown.images == (image,)


def test_an_image_in_memory_tells_its_size_and_type() -> None:
    """What the bytes say wins over what the provider says of their type."""
    task = settled(Update(images=(Image(data=PNG, media_type="image/jpeg"),)))
    (image,) = task.images
    assert (image.width, image.height, image.media_type) == (1024, 512, "image/png")
    assert image.expires_at is None


def test_bytes_that_tell_nothing_are_left_as_the_provider_said() -> None:
    """They are paid for all the same."""
    odd = Image(data=b"odd", media_type="image/x-odd")
    sized = Image(data=PNG, width=7, height=7)
    assert settled(Update(images=(odd, sized))).images == (odd, sized)


def test_what_came_back_stands_beside_what_was_sent() -> None:
    """The first size that is known, whatever was asked."""
    ratio = Resolved(field="aspect_ratio", asked="16:9")
    size = Resolved(field="size", sent="1280x720")
    before = evolve(BLANK, resolved=(size, ratio))
    images = (Image(url="u"), Image(url="v", width=1344, height=768))
    task = settled(Update(images=images), before)
    assert task.resolved == (ratio, evolve(size, received="1344x768"))
    plain = settled(Update(images=images), evolve(BLANK, request=evolve(ASKED, size="10x10")))
    sent = Resolved(field="size", asked="10x10", sent="10x10", received="1344x768")
    assert plain.resolved == (sent,)
    assert settled(Update(images=images), Task()).resolved == (
        Resolved(field="size", received="1344x768"),
    )
    assert settled(Update(images=images[:1]), before).resolved == before.resolved


@pytest.mark.parametrize(
    ("cost", "rate", "usd"),
    [
        (Cost(credits=Decimal(4)), None, 4 * CENT),
        (Cost(credits=Decimal(4)), Decimal("0.5"), Decimal(2)),
        (Cost(credits=Decimal(4), usd=CENT), Decimal("0.5"), CENT),
        (Cost(credits=Decimal(0)), None, Decimal(0)),
        (Cost(), None, None),
    ],
)
def test_credits_that_were_charged_are_told_in_dollars(
    cost: Cost, rate: Decimal | None, usd: Decimal | None
) -> None:
    """By the account's credit value, else the documented one; dollars that are told stay."""
    task = settled(Update(cost=cost), usd_per_credit=rate)
    assert task.cost is not None
    assert task.cost.usd == usd
    assert task.cost.credits == cost.credits


def test_a_cost_that_nobody_tells_is_unknown() -> None:
    """None, not 0."""
    assert settled(Update()).cost is None


# -------------------------------------------------------------------------- quotes


@pytest.mark.parametrize(
    ("rate", "usd", "note"),
    [
        (None, 4 * CENT, "A credit is $0.01 by acme packages."),
        (Decimal("0.0020"), Decimal("0.008"), "A credit is $0.002 by your account."),
        (Decimal("1E+1"), Decimal(40), "A credit is $10 by your account."),
    ],
)
def test_a_quote_in_credits_is_told_in_dollars_with_the_rate(
    rate: Decimal | None, usd: Decimal, note: str
) -> None:
    """And where the rate is known from."""
    quote = Quote(credits_low=Decimal(4), credits_high=Decimal(4), assumptions=("a",))
    told = in_dollars(quote, INFO, rate)
    assert told.usd == usd
    assert told.assumptions == ("a", note)
    assert told.credits == quote.credits


def test_a_quote_is_a_range_where_documents_disagree_on_what_a_credit_is_worth() -> None:
    """A budget keeps the dearer; both are told, with who says so, and how to say which is true."""
    torn = evolve(INFO, credit_values={"one page": CENT, "another": 5 * CENT})
    quote = Quote(credits_low=Decimal(4), credits_high=Decimal(4))
    told = in_dollars(quote, torn, None)
    assert (told.low, told.high) == (4 * CENT, 20 * CENT)
    (note,) = told.assumptions
    assert note.startswith("A credit is $0.01 by one page, or $0.05 by another: the account's ")
    assert in_dollars(quote, torn, CENT).usd == 4 * CENT
    charged = completed_task(BLANK, Update(cost=Cost(credits=Decimal(4))), torn, None, LATER)
    assert charged.cost == Cost(credits=Decimal(4), usd=20 * CENT)


@pytest.mark.parametrize(
    "quote",
    [
        Quote(),
        Quote(low=CENT, high=CENT, credits_low=Decimal(4), credits_high=Decimal(4)),
        Quote(credits_low=Decimal(4)),
    ],
)
def test_a_quote_that_has_dollars_or_no_credits_is_left_alone(quote: Quote) -> None:
    """Nothing is guessed."""
    assert in_dollars(quote, INFO, CENT) == quote


def test_credits_without_a_rate_stay_credits() -> None:
    """Where no document and no account says what one is worth."""
    quote = Quote(credits_low=Decimal(4), credits_high=Decimal(4))
    assert in_dollars(quote, evolve(INFO, credit_values={}), None) == quote


def test_quotes_add_up_each_as_often_as_it_says() -> None:
    """Lines, ranges and credits alike; assumptions are told once."""
    line = QuoteLine(billable="output_image", unit="image", quantity=Decimal(2), unit_price=CENT)
    vague = QuoteLine(billable="output_image", unit="token")
    first = Quote(
        lines=(line, vague),
        low=2 * CENT,
        high=4 * CENT,
        credits_low=Decimal(1),
        credits_high=Decimal(2),
        assumptions=("a", "b"),
        source="s",
        as_of=date(2026, 11, 20),
    )
    second = Quote(
        low=CENT, high=CENT, credits_low=Decimal(1), credits_high=Decimal(1), assumptions=("b", "c")
    )
    total = add_quotes([(first, 2), (second, 1)])
    assert (total.low, total.high) == (5 * CENT, 9 * CENT)
    assert total.credits == (3, 5)
    assert total.lines == (evolve(line, quantity=Decimal(4)), vague)
    assert total.assumptions == ("a", "b", "c")
    assert (total.source, total.as_of) == ("s", date(2026, 11, 20))


def test_one_unknown_quote_makes_the_sum_unknown() -> None:
    """Never a sum of what happens to be known."""
    known = Quote(low=CENT, high=CENT)
    total = add_quotes([(known, 2), (Quote(reason="down"), 1)])
    assert total.kind is QuoteKind.UNKNOWN
    assert total.reason == "down"
