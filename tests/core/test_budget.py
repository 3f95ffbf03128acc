"""Budgets: reserved before a submission leaves, settled when its task ends, shared by all."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.databases import Place
from tests.core.loopback import Fault, Loopback, answer, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    Billed,
    Budget,
    Client,
    Cost,
    ImageRequest,
    Period,
    Quote,
    Task,
    TaskState,
)
from tintype.entries import Entry, Intent, Released, Settled, Snapshot
from tintype.errors import (
    BudgetError,
    CostLimitError,
    InvalidRequestError,
    Outcome,
    SubmissionUnknownError,
    TaskFailedError,
    TintypeError,
    UnknownProviderError,
    UsageError,
)
from tintype.journal import NoJournal
from tintype.journal._sql import SqlJournal

Artist = Callable[..., Client]

ROOT = Path(__file__).parents[2]
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
FAILED = said({"id": "p1", "state": "failed", "why": "no paint"})
ONE = Budget(usd="0.05")  # what one picture of the easel's costs


def intent(usd: str | None, *budgets: Budget, provider: str = "easel", label: str = "") -> Intent:
    """A submission that may cost so much."""
    price = None if usd is None else Decimal(usd)
    quote = Quote(low=price, high=price, reason="" if usd else "nobody wrote it down")
    return Intent(provider=provider, request=REQUEST, quote=quote, budgets=budgets, label=label)


def fits(journal: SqlJournal, asked: Intent) -> bool:
    """Whether a submission may leave; it is then reserved."""
    try:
        return bool(journal.record(asked).result())
    except BudgetError:
        return False


# ------------------------------------------------------------------------- two at once


def test_two_jobs_in_threads_cannot_both_pass_a_budget_for_one(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """One is drawn, the others are refused before they are sent."""
    server.on(CREATE, DONE)
    clients = [artist(journal=journal, budgets=[ONE]) for _ in range(4)]

    def draw(client: Client) -> str:
        try:
            client.generate(REQUEST, provider="easel")
        except BudgetError as error:
            return error.billed.value
        return "drawn"

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(draw, clients))
    assert told == ["drawn", "no", "no", "no"]
    assert server.lines() == [CREATE]


JOB = """
import sys
from tests.core import easel
from tintype import Account, Budget, Client, ImageRequest
from tintype.errors import BudgetError
account = Account(provider="easel", key="key-of-mine", base_url=sys.argv[2])
sys.stdin.readline()
with Client(account, plugins={"easel": easel}, journal=sys.argv[1], environ={},
            label="ours", budgets=[Budget(usd="0.05"), Budget(usd="0.05", label="ours")]) as client:
    try:
        client.generate(ImageRequest(prompt="p"), provider="easel")
        print("drawn")
    except BudgetError:
        print("refused")
"""


def test_two_processes_cannot_both_pass_a_budget_for_one(server: Loopback, place: Place) -> None:
    """The budget is the journal's, whoever asks."""
    server.on(CREATE, DONE)
    jobs = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-W", "error", "-c", JOB, str(place), server.url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda job: job.communicate("go\n", timeout=60), jobs))
    assert sorted(out.strip() for out, _ in told) == ["drawn", "refused", "refused"], told
    assert server.lines() == [CREATE]


def test_what_does_not_fit_in_a_batch_refuses_itself_alone(
    journal: SqlJournal, place: Place
) -> None:
    """Those before and after it in the same transaction are written."""
    with place.locked():
        waiting = [journal.record(intent(usd, Budget(usd=1))) for usd in ("0.6", "0.6", "0.4")]
    refused = [isinstance(each.exception(), BudgetError) for each in waiting]
    assert refused == [False, True, False]


# ------------------------------------------------------------------------- unknown prices


def test_an_unknown_price_is_refused_unless_it_is_allowed(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """Nothing is sent; with `unknown_price` it leaves, and counts with nothing."""
    server.on(CREATE, DONE)
    chalk = evolve(REQUEST, model="chalk-1")
    with pytest.raises(BudgetError, match="unknown"):
        artist(journal=journal, budgets=[ONE]).generate(chalk, provider="easel")
    assert server.requests == []
    allowed = evolve(ONE, unknown_price=True)
    client = artist(journal=journal, budgets=[allowed])
    client.generate(chalk, provider="easel")
    client.generate(REQUEST, provider="easel")
    with pytest.raises(BudgetError, match="left"):
        client.generate(REQUEST, provider="easel")


def test_an_unknown_price_counts_with_what_is_reported(journal: SqlJournal) -> None:
    """Once somebody says what it cost, it is spent."""
    allowed = Budget(usd=1, unknown_price=True)
    entry = journal.record(intent(None, allowed)).result()
    cost = Cost(usd=Decimal("0.9"), source="reported")
    over = Task(provider="easel", id="p1", state=TaskState.SUCCEEDED, cost=cost, record=entry)
    journal.record(Snapshot(task=over)).result()
    assert not fits(journal, intent("0.2", allowed))
    assert fits(journal, intent("0.1", allowed))


def test_a_negative_prompt_that_is_documented_leaves_the_limits_on(
    connect: Connect, server: Loopback, file: Path
) -> None:
    """It is drawn within `max_cost` and the budget, and refused above: the price is known."""
    done = {"task_id": "n1", "status": "completed", "output": {"image_urls": [f"{server.url}/1"]}}
    server.on("POST /api/v1/images/generations", said({"data": done})).on("GET /1", answer(PNG))
    account = Account(
        provider="apiin", key=KEY, base_url=server.url, usd_per_credit=Decimal("0.002")
    )
    client = connect(account, journal=SqlJournal(file), budgets=[Budget(usd="0.03")])
    asked = ImageRequest(prompt="a red panda", negative_prompt="rain")
    with pytest.raises(CostLimitError):
        client.generate(asked, provider="apiin", max_cost=Decimal("0.02"))
    drawn = client.generate(asked, provider="apiin", max_cost=Decimal("0.03"))
    assert drawn.quote.usd == Decimal("0.024")
    assert json.loads(server.requests[0].body)["negative_prompt"] == "rain"
    with pytest.raises(BudgetError):
        client.generate(asked, provider="apiin")


def test_a_single_submission_asks_the_price_where_there_is_a_budget(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """`submit` is held to it like `generate`."""
    server.on(CREATE, DRAWING)
    client = artist(journal=journal, budgets=[ONE])
    client.submit(REQUEST, provider="easel")
    with pytest.raises(BudgetError, match="Nothing was sent"):
        client.submit(REQUEST, provider="easel")
    assert server.lines() == [CREATE]


# ------------------------------------------------------------------------------ settling


def ended(journal: SqlJournal, usd: str, task: Task) -> None:
    """A submission of that price that ended so."""
    entry = journal.record(intent(usd)).result()
    journal.record(Snapshot(task=evolve(task, provider="easel", record=entry))).result()


@pytest.mark.parametrize(
    ("task", "left"),
    [
        (Task(state=TaskState.RUNNING), "0.6"),
        (Task(state=TaskState.SUCCEEDED, billed=Billed.YES), "0.6"),
        (
            Task(state=TaskState.SUCCEEDED, billed=Billed.YES, cost=Cost(usd=Decimal("0.3"))),
            "0.7",
        ),
        (
            Task(state=TaskState.SUCCEEDED, billed=Billed.YES, cost=Cost(usd=Decimal("0.9"))),
            "0.1",
        ),
        (Task(state=TaskState.FAILED, billed=Billed.NO), "1"),
        (Task(state=TaskState.FAILED, billed=Billed.UNKNOWN), "0.6"),
        (Task(state=TaskState.REFUSED, billed=Billed.YES), "0.6"),
        (Task(state=TaskState.SUCCEEDED, cost=Cost(credits=Decimal(3))), "0.6"),
    ],
    ids=["runs", "unsaid", "cheaper", "dearer", "unbilled", "unclear", "refused", "credits"],
)
def test_a_task_is_settled_by_what_is_known(journal: SqlJournal, task: Task, left: str) -> None:
    """By its reported cost; released where unbilled; else what was reserved goes on counting."""
    ended(journal, "0.4", task)
    budget = Budget(usd=1)
    assert not fits(journal, intent(str(Decimal(left) + Decimal("0.000000001")), budget))
    assert fits(journal, intent(left, budget))


@pytest.mark.parametrize(
    ("outcome", "billed", "left"),
    [
        (Outcome.NOT_SENT, Billed.NO, "1"),
        (Outcome.REJECTED, Billed.NO, "1"),
        (Outcome.UNKNOWN, Billed.UNKNOWN, "0.6"),
    ],
)
def test_a_submission_without_a_task_is_released_only_where_it_was_unbilled(
    journal: SqlJournal, outcome: Outcome, billed: Billed, left: str
) -> None:
    """An unknown one may have been charged: it goes on counting."""
    entry = journal.record(intent("0.4")).result()
    settled = Settled(record=entry, outcome=outcome, billed=billed, reason="so")
    journal.record(settled).result()
    assert not fits(journal, intent(str(Decimal(left) + Decimal("0.01")), Budget(usd=1)))
    assert fits(journal, intent(left, Budget(usd=1)))


def test_an_unbilled_failure_makes_room_again(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """Failed, refused by the provider: the next one fits."""
    server.on(CREATE, said({"why": "no"}, status=400), DRAWING, DONE).on(LOOK, FAILED)
    client = artist(journal=journal, budgets=[ONE])
    with pytest.raises(TintypeError, match="no"):
        client.generate(REQUEST, provider="easel")
    with pytest.raises(TaskFailedError):
        client.generate(REQUEST, provider="easel")
    assert client.generate(REQUEST, provider="easel").images


class Telling(SqlJournal):
    """Says when it is first given something to write."""

    def __init__(self, where: Path) -> None:
        self.told = threading.Event()
        super().__init__(where)

    def record(self, entry: Entry) -> Future[str]:
        """Say so."""
        self.told.set()
        return super().record(entry)


async def test_a_submission_that_is_cancelled_while_it_is_written_down_takes_no_room(
    server: Loopback, place: Place
) -> None:
    """It is not written, or it is and was not sent: the next one fits."""
    journal = Telling(place)
    account = Account(provider="easel", key=KEY, base_url=server.url)
    options = {
        "plugins": {"easel": easel},
        "journal": journal,
        "environ": {},
        "budgets": [ONE],
    }
    async with AsyncClient(account, **options) as client:
        with place.locked():
            drawing = asyncio.create_task(client.generate(REQUEST, provider="easel"))
            await asyncio.to_thread(journal.told.wait)
            drawing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await drawing
        for _ in range(2):  # behind the intent, if it is written; and behind what settles it
            await asyncio.to_thread(journal.record(Released(record="")).result)
        server.on(CREATE, DONE)
        assert (await client.generate(REQUEST, provider="easel")).images
        *before, bought = client.journal.records()
    journal.close()
    assert all((each.outcome, each.billed) == (Outcome.NOT_SENT, Billed.NO) for each in before)
    assert bought.outcome is Outcome.ACCEPTED
    assert server.lines() == [CREATE]


def test_a_lost_answer_keeps_its_room(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """It may have been charged."""
    server.on(CREATE, Fault.RESET)
    client = artist(journal=journal, budgets=[ONE])
    with pytest.raises(SubmissionUnknownError):
        client.generate(REQUEST, provider="easel")
    with pytest.raises(BudgetError):
        client.generate(REQUEST, provider="easel")
    assert len(server.requests) == 1


def test_each_submission_of_a_generation_has_to_fit(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """The first two are drawn, the third is refused and says so."""
    server.on(
        CREATE,
        *[said({"id": f"p{n}", "state": "done", "picture": in_base64(PNG)}) for n in range(3)],
    )
    client = artist(journal=journal, budgets=[Budget(usd="0.10")])
    drawn = client.generate(evolve(REQUEST, n=3), provider="easel")
    assert len(drawn.images) == 2
    assert [type(attempt.error) for attempt in drawn.attempts] == [
        type(None),
        type(None),
        BudgetError,
    ]
    assert server.lines() == [CREATE] * 2


# ------------------------------------------------------------------------- whose, how long


def test_a_budget_is_of_one_provider_or_of_all(journal: SqlJournal) -> None:
    """What others spend counts only where no provider is named."""
    everyone, easels = Budget(usd=1), Budget(usd=1, provider="easel")
    assert fits(journal, intent("0.7", easels))
    assert fits(journal, intent("0.7", easels, provider="other"))
    assert not fits(journal, intent("0.7", easels))
    assert not fits(journal, intent("0.1", everyone, provider="third"))


def test_a_budget_is_of_one_label_or_of_all(journal: SqlJournal) -> None:
    """What others spend counts only where no label is named, and so does what has none."""
    everyone, ours = Budget(usd=2), Budget(usd=1, label="ours")
    assert fits(journal, intent("0.7", ours, label="ours"))
    assert fits(journal, intent("0.7", ours, label="theirs"))
    assert fits(journal, intent("0.5", ours))
    assert not fits(journal, intent("0.7", ours, label="ours"))
    assert not fits(journal, intent("0.2", everyone, label="third"))
    assert [each.left(journal) for each in (everyone, ours)] == [Decimal("0.1"), Decimal("0.3")]


def test_a_budget_is_of_a_label_at_a_provider(journal: SqlJournal) -> None:
    """Both have to be so."""
    ours = Budget(usd=1, label="ours", provider="easel")
    for provider, label in (("easel", "theirs"), ("other", "ours"), ("easel", "ours")):
        assert fits(journal, intent("1", ours, provider=provider, label=label))
    assert not fits(journal, intent("0.1", ours, label="ours"))
    assert journal.check() == []


def test_a_client_of_a_label_is_held_to_its_budget(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """A call says whose a picture is, else the client does."""
    server.on(CREATE, DONE)
    client = artist(journal=journal, label="ours", budgets=[evolve(ONE, label="ours")])
    client.submit(REQUEST, provider="easel", label="theirs")
    client.generate(REQUEST, provider="easel")
    assert [each.label for each in journal.records()] == ["theirs", "ours"]
    with pytest.raises(BudgetError, match=r"\$0\.05 a month for ours \$0 is left"):
        list(client.stream(REQUEST, provider="easel"))
    assert server.lines() == [CREATE] * 2


async def test_the_async_client_says_whose_a_picture_is(
    server: Loopback, journal: SqlJournal
) -> None:
    """In each way of asking for one."""
    server.on(CREATE, DONE)
    account = Account(provider="easel", key=KEY, base_url=server.url)
    async with AsyncClient(
        account, plugins={"easel": easel}, journal=journal, environ={}
    ) as client:
        await client.submit(REQUEST, provider="easel", label="a")
        await client.generate(REQUEST, provider="easel", label="b")
        async for _ in client.stream(REQUEST, provider="easel", label="c"):
            pass
    assert [each.label for each in journal.records()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"lable": "ours"}, "lable is no option of a call. Did you mean 'label'"),
        ({"label": "two\nlines"}, "is not a line of at most 200 characters"),
        ({"label": "x" * 201}, "is not a line of at most 200 characters"),
    ],
)
def test_a_label_that_is_none_sends_nothing(
    artist: Artist, server: Loopback, option: dict[str, str], words: str
) -> None:
    """And neither does a keyword that is mistyped."""
    with pytest.raises(InvalidRequestError, match=words):
        artist().generate(REQUEST, provider="easel", **option)  # type: ignore[arg-type]
    assert server.lines() == []


def test_a_budget_of_no_label_at_all_is_none() -> None:
    """It is of all, or of somebody."""
    with pytest.raises(InvalidRequestError, match="label is empty"):
        Budget(usd=1, label="")


def test_without_a_journal_nothing_counts() -> None:
    """Who asks what is left is told so."""
    with pytest.raises(UsageError, match="No journal is kept"):
        ONE.left(NoJournal())


def test_all_budgets_have_to_fit(journal: SqlJournal) -> None:
    """The narrowest refuses, and nothing is reserved in the others."""
    day, month = Budget(usd=1, period=Period.DAY), Budget(usd=2)
    assert fits(journal, intent("0.8", day, month))
    assert not fits(journal, intent("0.8", day, month))
    assert fits(journal, intent("1.2", month))


@pytest.mark.parametrize(
    ("period", "ago", "counts"),
    [
        ("day", timedelta(days=1), False),
        ("month", timedelta(days=32), False),
        ("ever", timedelta(days=4000), True),
    ],
)
def test_a_period_begins_anew(
    journal: SqlJournal,
    place: Place,
    period: str,
    ago: timedelta,
    counts: bool,  # noqa: FBT001
) -> None:
    """What was spent before it began does not count."""
    budget = Budget(usd=1, period=Period(period))
    assert fits(journal, intent("1", budget))
    then = (datetime.now(UTC) - ago).isoformat(timespec="microseconds")
    place.rows("UPDATE submission SET created_at = :then", then=then)
    journal.check(mend=True)
    assert fits(journal, intent("1", budget)) is not counts


def test_a_period_begins_in_utc() -> None:
    """Midnight and the first of the month, wherever the clock hangs."""
    at = datetime(2026, 12, 1, 1, 30, tzinfo=timezone(timedelta(hours=3)))
    assert Period.DAY.starts(at) == datetime(2026, 11, 30, tzinfo=UTC)
    assert Period.MONTH.starts(at) == datetime(2026, 11, 1, tzinfo=UTC)
    assert Period.EVER.starts(at).year == 1970


# -------------------------------------------------------------------------------- exactness


def test_amounts_are_exact(journal: SqlJournal) -> None:
    """A thousand times a tenth of a cent is a dollar, and not a nanodollar more fits."""
    budget = Budget(usd=1)
    waiting = [journal.record(intent("0.001", budget)) for _ in range(1000)]
    assert all(each.result() for each in waiting)
    assert not fits(journal, intent("0.000000001", budget))
    assert fits(journal, intent("0", budget))


def test_what_is_smaller_than_a_nanodollar_counts_as_one(journal: SqlJournal) -> None:
    """Rounded up: a budget is never passed by a rounding."""
    budget = Budget(usd="0.000000002")
    assert fits(journal, intent("0.0000000001", budget))
    assert fits(journal, intent("0.0000000001", budget))
    assert not fits(journal, intent("0.0000000001", budget))


@pytest.mark.parametrize(
    "usd", ["-1", "NaN", "Infinity", "1e999999999", "much", None, {}, "9" * 99]
)
def test_a_budget_is_an_amount(usd: str) -> None:
    """Nothing else is one."""
    with pytest.raises(InvalidRequestError, match="budget"):
        Budget(usd=usd)


def test_a_budget_of_nothing_refuses_what_costs_anything(journal: SqlJournal) -> None:
    """Free is let through."""
    nothing = Budget(usd=0, period="day")
    assert not fits(journal, intent("0.000000001", nothing))
    assert fits(journal, intent("0", nothing))


def test_the_error_says_what_is_left(journal: SqlJournal) -> None:
    """In dollars, with the period."""
    budget = Budget(usd="0.10", period=Period.DAY)
    assert fits(journal, intent("0.07", budget))
    with pytest.raises(BudgetError, match=r"\$0\.07; of the budget of \$0\.10 a day \$0\.03"):
        journal.record(intent("0.07", budget)).result()


def test_what_counts_against_a_budget_is_told(journal: SqlJournal) -> None:
    """What is reserved until it is settled, of its provider alone."""
    budget = Budget(usd=1, provider="easel", period=Period.EVER)
    assert journal.counted(budget) == 0
    record = journal.record(intent("0.05")).result()
    journal.record(intent("0.3", provider="other")).result()
    assert journal.counted(budget) == Decimal("0.05")
    assert budget.left(journal) == Decimal("0.95")
    assert Budget(usd="0.2").left(journal) == 0
    rejected = Settled(record=record, outcome=Outcome.REJECTED, billed=Billed.NO, reason="no")
    journal.record(rejected).result()
    assert journal.counted(budget) == 0
    assert journal.counted(Budget(usd=1)) == Decimal("0.3")


def test_the_sums_are_what_the_records_come_to(journal: SqlJournal, place: Place) -> None:
    """Whatever became of each submission; a sum that is not is told, and mended."""
    limit = Budget(usd=9, provider="easel")
    for usd, outcome, cost in (
        ("0.5", None, None),
        ("0.4", Outcome.UNKNOWN, None),
        ("0.3", Outcome.REJECTED, None),
        ("0.2", None, Cost(usd=Decimal("0.7"))),
    ):
        entry = journal.record(intent(usd, limit)).result()
        over = Task(provider="easel", id=usd, state=TaskState.SUCCEEDED, cost=cost, record=entry)
        billed = Billed.NO if outcome is Outcome.REJECTED else Billed.UNKNOWN
        told = Settled(record=entry, outcome=outcome or Outcome.ACCEPTED, billed=billed, reason="")
        for _ in range(2):  # twice: nothing is counted twice
            journal.record(told if outcome else Snapshot(task=over)).result()
    journal.record(intent("0.1", provider="other")).result()
    assert (journal.check(), journal.counted(limit)) == ([], Decimal("1.6"))
    place.rows("UPDATE total SET nano = nano - 1 WHERE provider = 'easel' AND period = 'day'")
    (told,) = journal.check()
    assert "easel" in told
    assert "$1.599999999" in told
    assert "$1.6." in told
    assert (journal.check(mend=True), journal.check()) == ([told], [])


def test_what_no_server_can_cost_is_counted_all_the_same(journal: SqlJournal) -> None:
    """Twenty tasks of a billion each: the sum is larger than a database's integer."""
    for number in range(20):
        cost = Cost(usd=Decimal(10) ** 12)
        over = Task(provider="easel", id=f"{number}", state=TaskState.SUCCEEDED, cost=cost)
        journal.record(Snapshot(task=over)).result()
    assert journal.counted(Budget(usd=1)) == Decimal(2) * 10**10


def test_quote_and_actual_cost_stand_side_by_side(server: Loopback, place: Place) -> None:
    """A generation reports both, and the journal keeps both."""
    from tintype_openrouter import describe  # noqa: PLC0415 - one real provider that reports

    assert describe().name == "openrouter"
    usage = {"cost": 0.03, "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    picture = {"b64_json": in_base64(PNG), "media_type": "image/png"}
    body = {"created": 1748372400, "data": [picture], "usage": usage}
    server.on("POST /api/v1/images", said(body)).on("*", said({}, status=401))
    account = Account(provider="openrouter", key=KEY, base_url=server.url)
    with Client(account, journal=place, environ={}) as client:
        drawn = client.generate(REQUEST, provider="openrouter")
        (line,) = client.journal.records()
    assert drawn.cost is not None
    assert drawn.cost.usd == Decimal("0.03")
    assert drawn.quote.provider == "openrouter"
    assert line.task is not None
    assert line.task.cost == drawn.cost
    assert place.rows("SELECT reserved, charged FROM submission") == [(0, 30_000_000)]


def test_the_easel_costs_what_the_tests_think() -> None:
    """One picture is the whole of the budget for one."""
    assert easel.INFO.models[0].prices[0].usd == ONE.usd


@pytest.mark.parametrize("name", ["eesel", "EASEL"])
def test_a_budget_of_nobody_is_refused(name: str, artist: Artist, journal: SqlJournal) -> None:
    """A mistyped name would switch it off; a provider given by `plugins=` is somebody."""
    with pytest.raises(UnknownProviderError, match="Did you mean 'easel'"):
        artist(journal=journal, budgets=[Budget(usd="0.01", provider=name)])
    client = artist(journal=journal, budgets=[Budget(usd="0.01", provider="easel")])
    with pytest.raises(BudgetError):
        client.generate(REQUEST, provider="easel")


@pytest.mark.parametrize("facts", [{"usd": True}, {"usd": 1, "period": "week"}])
def test_what_is_no_budget_is_refused_with_its_field(facts: dict[str, str]) -> None:
    """A True is no dollar, and a week no period."""
    with pytest.raises(InvalidRequestError) as raised:
        Budget(**facts)
    assert raised.value.field == [*facts][-1]


@pytest.mark.parametrize("journal", ["x.db", None, 5])
def test_what_is_left_is_asked_of_a_journal(journal: SqlJournal) -> None:
    """The path of one is none: a client has it."""
    with pytest.raises(InvalidRequestError, match=r"client\.journal"):
        ONE.left(journal)
