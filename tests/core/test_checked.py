"""A plugin's values are held to their classes before the core computes with them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.core.acme import ASKED, INFO, Acme, Line, told

from tintype import from_json, to_json
from tintype._plugins.checked import MAX_IMAGES, checked
from tintype.budget import Budget
from tintype.entries import Intent, Snapshot
from tintype.errors import (
    Billed,
    BudgetError,
    CostLimitError,
    InvalidRequestError,
    PluginError,
    ProtocolError,
    SubmissionUnknownError,
)
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.journal._sql import SqlJournal
from tintype.models import (
    Attempt,
    Cost,
    Failure,
    Generation,
    Image,
    Outcome,
    Quote,
    Task,
    TaskState,
    Update,
    Usage,
)

DEEP: dict[str, object] = {}
for _ in range(10_000):
    DEEP = {"deeper": DEEP}
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - what is tested
DRAWN = Update(id="t", state=TaskState.SUCCEEDED, images=(Image(url="https://cdn.test/1.png"),))


@pytest.mark.parametrize(
    "odd",
    [
        {"state": "running"},
        {"id": 7},
        {"images": None},
        {"images": [Image(url="https://cdn.test/1.png")]},
        {"images": ("https://cdn.test/1.png",)},
        {"images": (Image(url=7),)},  # type: ignore[arg-type]
        {"images": (Image(index=-1),)},
        {"images": (Image(index=True),)},
        {"errors": ("no",)},
        {"errors": (Failure(message=None),)},  # type: ignore[arg-type]
        {"billed": "yes"},
        {"notes": {"a": {1}}},
        {"notes": DEEP},
        {"notices": ("n",)},
        {"resolved": ("n",)},
    ],
    ids=",".join,
)
def test_a_decisive_value_of_another_class_is_the_plugins_fault(odd: dict[str, object]) -> None:
    """The error names the field, whatever Python let the plugin build."""
    with pytest.raises(PluginError, match=next(iter(odd))):
        checked(evolve(DRAWN, **odd), "acme")


@pytest.mark.parametrize(
    "odd",
    [
        {"cost": Cost(usd=Decimal(-1))},
        {"cost": Cost(credits=Decimal("-0.01"))},
        {"cost": Cost(usd=Decimal("NaN"))},
        {"cost": Cost(usd=Decimal("sNaN"))},
        {"cost": Cost(credits=Decimal("Infinity"))},
        {"cost": Cost(credits=Decimal("1e9999999"))},
        {"cost": Cost(credits=Decimal("1e-9999999"))},
        {"cost": Cost(credits=Decimal("0e9999999"))},
        {"cost": Cost(usd=0.5)},  # type: ignore[arg-type]
        {"cost": Decimal(1)},
        {"usage": 3},
        {"progress": float("nan")},
        {"progress": "half"},
        {"poll_after": "1"},
        {"poll_after": Decimal(1)},
        {"poll_after": -1.0},
        {"poll_after": float("inf")},
        {"poll_after": 10**400},
        {"raw": {"a": {1}}},
        {"raw": DEEP},
        {"raw": None},
        {"made_at": NAIVE},
        {"previews": None},
    ],
    ids=",".join,
)
def test_what_only_stands_beside_a_picture_is_left_out(odd: dict[str, object]) -> None:
    """The picture is kept, the field has its default, and a notice names it."""
    (name,) = odd
    task = checked(evolve(DRAWN, **odd), "acme")
    assert task.images == DRAWN.images
    assert getattr(task, name) == getattr(Update(), name)
    assert [notice.field for notice in task.notices] == [name]


def test_an_odd_field_of_an_image_or_of_usage_costs_itself_alone() -> None:
    """Its neighbours stay."""
    image = Image(url="https://cdn.test/1.png", width=-1, height=4, seed="7", expires_at=NAIVE)  # type: ignore[arg-type]
    usage = Usage(images=1, total_tokens="many")  # type: ignore[arg-type]
    task = checked(evolve(DRAWN, images=(image,), usage=usage), "acme")
    assert task.images == (Image(url="https://cdn.test/1.png", height=4),)
    assert task.usage == Usage(images=1)


def test_a_value_without_a_fault_is_the_very_same() -> None:
    """Nothing is copied where nothing is odd."""
    assert checked(DRAWN, "acme") is DRAWN
    assert checked(INFO, "acme") is INFO


def test_a_task_of_very_many_pictures_keeps_the_first() -> None:
    """And says so."""
    images = tuple(Image(url="https://cdn.test/1.png", index=n) for n in range(MAX_IMAGES + 1))
    task = checked(evolve(DRAWN, images=images), "acme")
    assert task.images == images[:MAX_IMAGES]
    assert [notice.field for notice in task.notices] == ["images"]


@pytest.mark.parametrize(
    "odd",
    [
        {"low": Decimal(-1), "high": Decimal(1)},
        {"low": Decimal(2), "high": Decimal(1)},
        {"low": Decimal("NaN"), "high": Decimal("NaN")},
        {"credits_low": Decimal("1e9999999"), "credits_high": Decimal("1e9999999")},
        {"low": 0.5, "high": 0.5},
        {"lines": None},
        {"final": "no"},
    ],
    ids=",".join,
)
def test_a_price_that_is_none_is_unknown(odd: dict[str, object]) -> None:
    """Whoever set a limit sends nothing; whoever did not reads the reason in the quote."""

    class Pricing(Acme):
        """Names an odd price."""

        @hookimpl
        def price(self) -> Quote:
            """The odd one."""
            return Quote(**odd)  # type: ignore[arg-type]

    line = Line()
    quote = line.run(line.talk(Pricing()).quote(ASKED))
    assert (quote.kind, "price" in quote.reason or "Quote" in quote.reason) == ("unknown", True)
    with pytest.raises(CostLimitError):
        line.run(line.talk(Pricing()).generate(ASKED, Decimal(1)))


def test_a_limit_on_a_price_in_credits_names_what_is_missing() -> None:
    """The price is known; what a credit is worth is not."""

    class Counting(Acme):
        """Names a price in credits."""

        @hookimpl
        def price(self) -> Quote:
            """From two to three."""
            return Quote(credits_low=Decimal(2), credits_high=Decimal(3))

    line, plugin = Line(), Counting()
    plugin.info = evolve(plugin.info, credit_values={})
    with pytest.raises(CostLimitError, match="2 to 3 credits, and ACME_USD_PER_CREDIT"):
        line.run(line.talk(plugin).generate(ASKED, Decimal(1)))


def test_a_plugin_that_reads_a_paid_answer_into_nonsense_leaves_the_submission_unknown() -> None:
    """Nobody knows what was paid for: it is not said to be lost, and not sent again."""

    class Nonsense(Acme):
        """Makes tasks of whatever comes to mind."""

        @hookimpl
        def parse(self, exchange: Exchange) -> Task:  # noqa: ARG002
            """A state in text."""
            return Task(id="t", state="running")  # type: ignore[arg-type]

    line = Line(told())
    with pytest.raises(SubmissionUnknownError) as caught:
        line.run(line.talk(Nonsense()).submit(ASKED))
    assert caught.value.billed is Billed.UNKNOWN


@pytest.mark.parametrize("amount", ["1e999999", "NaN", "9e999990", "1e30"])
def test_the_cost_of_a_generation_is_a_sum_or_none(amount: str) -> None:
    """Never an exception, whatever a task that came from elsewhere says it cost."""
    cost = Cost(usd=Decimal(amount), credits=Decimal(amount))
    attempt = Attempt(outcome=Outcome.ACCEPTED, task=Task(cost=cost))
    total = Generation(quote=Quote(), attempts=(attempt, attempt)).cost
    assert total is not None
    assert total.usd is None or total.usd.is_finite()


@pytest.mark.parametrize(
    "record", ["../../evil", "a/b", "..", "a.b", "a\\b", "a\n", "x" * 65, "\u0661"]
)
def test_a_task_that_names_a_place_for_its_record_is_refused(record: str) -> None:
    """A task's JSON comes back from anywhere, and files beside the journal bear that name."""
    with pytest.raises(InvalidRequestError, match="record"):
        Task(record=record)
    text = to_json(Task(id="t")).replace('"record": ""', f'"record": {json.dumps(record)}')
    with pytest.raises(ProtocolError, match="record"):
        from_json(text, Task)


@pytest.mark.parametrize("usd", ["-1", "NaN", "Infinity", "1e9999999", "1e30"])
def test_a_cost_that_none_can_be_raises_no_budget(tmp_path: Path, usd: str) -> None:
    """What was reserved goes on counting, or the most that the journal can count does."""
    budget = Budget(usd=Decimal(1))
    quote = Quote(low=Decimal("0.6"), high=Decimal("0.6"))
    intent = Intent(provider="acme", request=ASKED, quote=quote, budgets=(budget,))
    with closing(SqlJournal(tmp_path / "journal.db")) as journal:
        record = journal.record(intent).result()
        task = Task(
            id="t",
            provider="acme",
            state=TaskState.SUCCEEDED,
            images=DRAWN.images,
            cost=Cost(usd=Decimal(usd)),
            record=record,
        )
        journal.record(Snapshot(task=task)).result()
        assert journal.records([record])[0].task == task or usd == "NaN"
        with pytest.raises(BudgetError):
            journal.record(intent).result()
