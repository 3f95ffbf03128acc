"""What was spent: what was paid, what may have been, and whose prices are not what they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import SAME_EVERY_TIME
from tests.core.databases import Place
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Billed,
    Budget,
    Client,
    Cost,
    Image,
    ImageRequest,
    Outcome,
    Quote,
    Task,
    TaskState,
)
from tintype._cli.spend import command
from tintype.entries import Intent, Saved, Settled, Snapshot
from tintype.errors import InvalidRequestError, UsageError
from tintype.journal import NoJournal
from tintype.journal._sql import SqlJournal
from tintype.spending import Drift, Facet, Scope, Spent, total_of

Artist = Callable[..., Client]

REQUEST = ImageRequest(prompt="a red panda", model="oil-1")
EVER = Budget(usd=10**9, period="ever")
PICTURE = Image(url="https://x.test/1.png")


def begun(
    journal: SqlJournal,
    low: str | None = "0.05",
    high: str | None = "",
    *,
    provider: str = "easel",
    tag: str | None = None,
    label: str = "",
) -> str:
    """The record of a submission that is about to leave, at a price or a range."""
    least, most = (None if each is None else Decimal(each) for each in (low, high or low))
    intent = Intent(
        provider=provider,
        request=evolve(REQUEST, tag=tag),
        quote=Quote(low=least, high=None if high is None else most),
        label=label,
    )
    return journal.record(intent).result()


def ended(journal: SqlJournal, record: str, **fields: object) -> str:
    """A task that ended well and was billed, unless something else is said."""
    whole: dict[str, object] = {
        "provider": "easel",
        "model": "oil-1",
        "id": f"p{record}",
        "state": TaskState.SUCCEEDED,
        "billed": Billed.YES,
        "images": (PICTURE,),
    }
    told = Task(record=record, **{**whole, **fields})  # type: ignore[arg-type]
    return journal.record(Snapshot(task=told)).result()


def lost(journal: SqlJournal, record: str) -> str:
    """A submission whose answer was lost."""
    entry = Settled(record=record, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="lost")
    return journal.record(entry).result()


def reported(usd: str) -> Cost:
    """What the provider says that it charged."""
    return Cost(usd=Decimal(usd), source="reported")


def sums(journal: SqlJournal) -> dict[str, str]:
    """What was paid, the part that is estimated, and what is unknown."""
    total = journal.spent().total
    return {name: f"{getattr(total, name):f}" for name in ("paid", "estimated", "unknown")}


# ------------------------------------------------------------------------- what is known how


def test_what_is_reported_is_paid(journal: SqlJournal) -> None:
    """As it was reported, whatever was quoted."""
    ended(journal, begun(journal), cost=reported("0.07"))
    (row,) = journal.spent().rows
    assert row == Spent(
        name="easel",
        submissions=1,
        pictures=1,
        quoted=Decimal("0.05"),
        paid=Decimal("0.07"),
    )


def test_a_quote_stands_where_a_provider_bills_and_says_not_how_much(journal: SqlJournal) -> None:
    """It is paid, and told apart; so is a documented price times what the provider counted."""
    ended(journal, begun(journal))
    ended(journal, begun(journal), cost=Cost(usd=Decimal("0.02"), source="documented price x n"))
    assert sums(journal) == {"paid": "0.07", "estimated": "0.07", "unknown": "0"}


def test_of_a_range_the_least_is_paid_and_the_rest_unknown(journal: SqlJournal) -> None:
    """Where nobody says what it came to."""
    ended(journal, begun(journal, "0.02", "0.05"))
    assert sums(journal) == {"paid": "0.02", "estimated": "0.02", "unknown": "0.03"}
    assert journal.spent().total.open == 1


@pytest.mark.parametrize("state", [TaskState.PARTIAL, TaskState.FAILED, TaskState.EXPIRED])
def test_of_what_did_not_come_whole_nothing_is_known_to_be_paid(
    journal: SqlJournal, state: TaskState
) -> None:
    """It was billed, and perhaps for less than was quoted."""
    ended(journal, begun(journal), state=state)
    assert sums(journal) == {"paid": "0", "estimated": "0", "unknown": "0.05"}


def test_what_is_lost_or_under_way_is_unknown(journal: SqlJournal) -> None:
    """With how many submissions that are."""
    begun(journal)
    lost(journal, begun(journal, "0.02"))
    ended(journal, begun(journal), state=TaskState.RUNNING, billed=Billed.UNKNOWN)
    total = journal.spent().total
    assert (total.paid, total.unknown, total.open) == (0, Decimal("0.12"), 3)


def test_what_has_no_price_is_counted(journal: SqlJournal) -> None:
    """With it the unknown has no upper end; a charge that is reported is its price."""
    lost(journal, begun(journal, None))
    lost(journal, begun(journal, "0.02", None))
    ended(journal, begun(journal, None))
    ended(journal, begun(journal, None), cost=reported("0"))
    total = journal.spent().total
    assert (total.unknown, total.open, total.unpriced) == (Decimal("0.02"), 3, 3)


def test_of_a_price_without_an_upper_end_the_least_is_counted(journal: SqlJournal) -> None:
    """By budgets that let it through, and as paid once it is billed."""
    ended(journal, begun(journal, "0.02", None))
    total = journal.spent().total
    assert (total.paid, total.unknown, total.unpriced) == (Decimal("0.02"), 0, 1)
    assert journal.counted(EVER) == Decimal("0.02")


def test_what_was_not_billed_costs_nothing(journal: SqlJournal) -> None:
    """Refused, failed, or not even sent; it is counted as a submission all the same."""
    refused = Settled(record=begun(journal), outcome=Outcome.REJECTED, billed=Billed.NO, reason="")
    journal.record(refused).result()
    ended(journal, begun(journal), state=TaskState.FAILED, billed=Billed.NO, images=())
    assert journal.spent().total == Spent(submissions=2)


def test_what_a_person_looked_up_is_known(journal: SqlJournal) -> None:
    """Billed: what was quoted, as an estimate. Not billed: nothing."""
    yes, no = (lost(journal, begun(journal)) for _ in range(2))
    journal.settle(yes, billed=Billed.YES)
    journal.settle(no, billed=Billed.NO)
    assert sums(journal) == {"paid": "0.05", "estimated": "0.05", "unknown": "0"}


def test_pictures_are_counted_whatever_their_files_are_called(journal: SqlJournal) -> None:
    """Once each, saved or not."""
    record = begun(journal)
    ended(journal, record, images=(PICTURE, Image(url="https://x.test/2.png", index=1)))
    odd = Saved(record=record, index=1, path='/x/"index": [é\x00].png', done=True)
    journal.record(odd).result()
    assert journal.spent().total.pictures == 2


def test_sums_are_exact_however_large(journal: SqlJournal) -> None:
    """A nanodollar beside what no server can cost, twenty times."""
    for _ in range(20):
        ended(journal, begun(journal, "0"), cost=reported("999999999.999999999"))
    assert journal.spent().total.paid == Decimal("19999999999.99999998")


_CENTS = st.none() | st.sampled_from(["0", "0.02", "0.05"])


@SAME_EVERY_TIME
@given(
    bought=st.lists(
        st.tuples(
            _CENTS,
            st.sampled_from(TaskState),
            st.sampled_from(Billed),
            st.none() | st.sampled_from([reported("0.03"), Cost(usd=Decimal(0), source="a page")]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_budgets_count_what_is_paid_and_what_is_unknown(
    local: SqlJournal, bought: list[tuple[str | None, TaskState, Billed, Cost | None]]
) -> None:
    """There is one truth about money, and spending tells more of it."""
    for price, state, billed, cost in bought:
        ended(local, begun(local, price, "0.05"), state=state, billed=billed, cost=cost)
    total = local.spent().total
    assert local.counted(EVER) == total.paid + total.unknown
    assert total.estimated <= total.paid


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlJournal]:
    """A journal in a file, which goes on from one example to the next."""
    made = SqlJournal(tmp_path_factory.mktemp("spent") / "journal.db")
    yield made
    made.close()


# -------------------------------------------------------------------------------- of what


@pytest.fixture
def several(journal: SqlJournal, place: Place) -> SqlJournal:
    """Pictures of two providers, two labels and two days."""
    wanted = [
        ("easel", "a", "cover", "2026-10-31T23:59:59.999999+00:00"),
        ("easel", "b", "cover", "2026-11-01T00:00:00.000000+00:00"),
        ("other", "a", "", "2026-11-02T12:00:00.000000+00:00"),
    ]
    for number, (provider, label, tag, at) in enumerate(wanted, 1):
        cost, record = reported(f"0.0{number}"), ""
        record = begun(journal, provider=provider, tag=tag or None, label=label)
        ended(journal, record, provider=provider, cost=cost)
        place.rows("UPDATE submission SET created_at = :at WHERE record = :of", at=at, of=record)
    return journal


@pytest.mark.parametrize(
    ("by", "paid"),
    [
        ("provider", {"easel": "0.03", "other": "0.03"}),
        ("day", {"2026-10-31": "0.01", "2026-11-01": "0.02", "2026-11-02": "0.03"}),
        ("month", {"2026-10": "0.01", "2026-11": "0.05"}),
        ("model", {"oil-1": "0.06"}),
        ("tag", {"": "0.03", "cover": "0.03"}),
        ("label", {"a": "0.04", "b": "0.02"}),
    ],
)
def test_spending_is_told_by_what_one_asks(
    several: SqlJournal, by: Facet, paid: dict[str, str]
) -> None:
    """Days in their order, else the dearest first."""
    rows = several.spent(by=by).rows
    assert {row.name: f"{row.paid:f}" for row in rows} == paid
    assert [row.name for row in rows] == list(paid)


@pytest.mark.parametrize(
    ("scope", "paid"),
    [
        ({"since": date(2026, 11, 1)}, "0.05"),
        ({"until": date(2026, 10, 31)}, "0.01"),
        ({"since": date(2026, 11, 1), "until": date(2026, 11, 1)}, "0.02"),
        ({"until": date.max}, "0.06"),
        ({"provider": "easel", "label": "a"}, "0.01"),
        ({"tag": ""}, "0.03"),
        ({"model": "oil-1"}, "0.06"),
        ({"label": "nobody"}, "0"),
    ],
)
def test_spending_is_of_some_alone(
    several: SqlJournal, scope: dict[str, object], paid: str
) -> None:
    """Of a provider, a model, a tag, a label, and of days, both ends included."""
    assert f"{several.spent(**scope).total.paid:f}" == paid  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"by": "providr"}, "Did you mean 'provider'"),
        ({"by": None}, "by is None: give 'day', 'month', 'provider'"),
        ({"by": "colour"}, "by is 'colour': give 'day', 'month', 'provider'"),
        (
            {"since": date(2026, 11, 2), "until": date(2026, 11, 1)},
            "since=2026-11-02 is after until=2026-11-01",
        ),
        ({"since": datetime(2026, 11, 1)}, "since is of the type datetime: give a day in UTC"),  # noqa: DTZ001
        ({"until": "today"}, "until is of the type str"),
        ({"label": 7}, "label is of the type int"),
    ],
)
def test_what_cannot_be_added_up_is_refused(
    journal: SqlJournal, scope: dict[str, object], words: str
) -> None:
    """With the field's name."""
    with pytest.raises(InvalidRequestError, match=words):
        journal.spent(**scope)  # type: ignore[arg-type]


def test_nothing_was_spent_where_nothing_was_asked(journal: SqlJournal) -> None:
    """No row, and a sum of nothing."""
    spending = journal.spent()
    assert (spending.rows, spending.drifts, spending.total) == ((), (), Spent())
    assert spending.scope == Scope()
    assert total_of(()) == Spent()


def test_without_a_journal_nobody_knows_what_was_spent() -> None:
    """And it is said."""
    with pytest.raises(UsageError, match="No journal is kept"):
        NoJournal().spent()


def test_a_client_tells_what_it_spent(
    artist: Artist, server: Loopback, journal: SqlJournal
) -> None:
    """Also for a submission alone, which asks no price where one has to be asked for."""
    done = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
    server.on("POST /v1/pictures", done)
    client = artist(journal=journal, label="ours")
    client.submit(evolve(REQUEST, tag="cover"), provider="easel")
    (row,) = client.journal.spent(by="label").rows
    assert (row.name, row.quoted) == ("ours", Decimal("0.05"))


# ------------------------------------------------------------------------ the command line


def run(place: Place, *words: str) -> tuple[int, str]:
    """The exit status of `tintype spend`, and what it said, or why it refuses."""
    done = CliRunner().invoke(command, words, env={"TINTYPE_JOURNAL": str(place)})
    return done.exit_code, f"{done.output}{done.exception or ''}"


@pytest.fixture
def bought(journal: SqlJournal) -> SqlJournal:
    """A picture whose charge was reported, one whose was not, one that is lost."""
    ended(journal, begun(journal), cost=reported("0.06"))
    ended(journal, begun(journal, provider="other", tag="cover"), provider="other")
    lost(journal, begun(journal, label="ours"))
    return journal


@pytest.mark.usefixtures("bought")
def test_spending_is_a_table(place: Place) -> None:
    """A row each and their sum, and below it what is estimated, unknown, and drifted."""
    status, told = run(place)
    assert status == 0
    rows = [line.split() for line in told.splitlines() if line.strip()]
    assert rows[0] == ["provider", "asked", "drawn", "quoted", "paid", "unknown"]
    assert rows[2:5] == [
        ["easel", "2", "1", "$0.10", "$0.06", "≤$0.05"],
        ["other", "1", "1", "$0.05", "~$0.05", "-"],
        ["all", "3", "2", "$0.15", "~$0.11", "≤$0.05"],
    ]
    assert "~ $0.05 of what is paid is estimated" in told
    assert "≤ 1 submission may have been charged beside what is paid: $0.05 at most." in told
    assert "easel charged oil-1 otherwise than quoted 1 of 1 times: $0.06, not $0.05." in told


def test_what_has_no_price_has_no_limit(journal: SqlJournal, place: Place) -> None:
    """It is not added up as if it cost nothing."""
    begun(journal, None)
    _, told = run(place)
    assert told.count("$0.00 + ?") == 2  # what was quoted, and what is unknown
    assert "? 1 of them had no price" in told


@pytest.mark.usefixtures("bought")
def test_spending_is_json_for_a_program(place: Place) -> None:
    """Amounts are decimal text."""
    status, told = run(place, "--json", "--by", "label", "--since", "2026-01-01")
    document = json.loads(told)
    assert (status, document["by"], document["since"]) == (0, "label", "2026-01-01")
    assert {row["name"]: row["paid"] for row in document["rows"]} == {"": "0.11", "ours": "0"}
    assert document["total"]["unknown"] == "0.05"
    assert [drift["model"] for drift in document["drifts"]] == ["oil-1"]


@pytest.mark.usefixtures("bought")
def test_spending_is_csv_for_a_sheet(place: Place) -> None:
    """Below a line of names."""
    status, told = run(place, "--csv", "--by", "tag", "--until", "9999-12-31")
    assert status == 0
    assert told.splitlines() == [
        "tag,submissions,pictures,quoted,paid,estimated,unknown,open,unpriced",
        ",2,1,0.1,0.06,0,0.05,1,0",
        "cover,1,1,0.05,0.05,0.05,0,0,0",
    ]


@pytest.mark.usefixtures("bought")
def test_what_is_left_of_the_budgets_is_told(place: Place, tmp_path: Path) -> None:
    """Of those in the file of settings."""
    file = tmp_path / "config.toml"
    file.write_text('[[budget]]\nusd = "1"\nperiod = "ever"\nlabel = "ours"\n')
    environ = {"TINTYPE_JOURNAL": str(place), "TINTYPE_CONFIG": str(file)}
    told = CliRunner().invoke(command, (), env=environ).output
    assert "Of the budget of $1 in all for ours $0.95 is left." in told
    (budget,) = json.loads(CliRunner().invoke(command, ("--json",), env=environ).output)["budgets"]
    assert (budget["label"], budget["left"]) == ("ours", "0.95")


def test_what_was_forgotten_is_told(journal: SqlJournal, place: Place) -> None:
    """Nobody takes a shorter list for less money."""
    saved = Saved(record=ended(journal, begun(journal)), index=0, path="/x", done=True)
    journal.record(saved).result()
    place.rows("UPDATE submission SET created_at = :at", at="2020-02-29T12:00:00.000000+00:00")
    journal.check(mend=True)
    assert journal.prune(date(2020, 3, 1)) == 1
    assert "$0.05 more stood in records that were forgotten." in run(place)[1]
    assert "forgotten" not in run(place, "--since", "2020-01-01")[1]


@pytest.mark.usefixtures("bought")
@pytest.mark.parametrize(
    ("words", "said_"),
    [
        (("--label", "our"), "no label 'our'. Did you mean 'ours'?"),
        (("-p", "easle", "-m", "oil-1"), "no provider 'easle'. Did you mean 'easel'?"),
        (("--json", "--csv"), "give one of them"),
        (("--by", "week"), "'week' is not one of"),
        (("--since", "yesterday"), "is no day"),
    ],
)
def test_what_the_journal_does_not_know_is_misuse(
    place: Place, words: tuple[str, ...], said_: str
) -> None:
    """With the nearest name where there is one."""
    status, told = run(place, *words)
    assert status
    assert said_ in told


@pytest.mark.usefixtures("bought")
def test_a_label_of_whom_nothing_was_bought_in_a_month_is_no_error(place: Place) -> None:
    """The journal knows of it."""
    status, told = run(place, "--label", "ours", "--until", "2020-01-01")
    assert (status, "$" in told) == (0, False)


# ---------------------------------------------------------------------------------- drift


def test_a_provider_whose_prices_drift_is_named(journal: SqlJournal) -> None:
    """With the model, how often, and what was quoted and charged then."""
    for usd in ("0.05", "0.06", "0.0505", "0.04"):  # a hundredth may be a rounding
        ended(journal, begun(journal), cost=reported(usd))
    assert journal.spent().drifts == (
        Drift(
            provider="easel",
            model="oil-1",
            submissions=4,
            drifted=2,
            quoted=Decimal("0.1"),
            paid=Decimal("0.1"),
        ),
    )


def test_a_charge_within_its_range_is_no_drift(journal: SqlJournal) -> None:
    """One outside it is, below as well as above."""
    for usd in ("0.02", "0.03", "0.05"):
        ended(journal, begun(journal, "0.02", "0.05"), cost=reported(usd))
    assert journal.spent().drifts == ()
    for usd in ("0.01", "0.06"):
        ended(journal, begun(journal, "0.02", "0.05"), cost=reported(usd))
    (drift,) = journal.spent().drifts
    assert (drift.submissions, drift.drifted, drift.paid) == (5, 2, Decimal("0.07"))


def test_what_costs_something_and_was_quoted_as_free_has_drifted(journal: SqlJournal) -> None:
    """Any charge is more than a hundredth of nothing."""
    ended(journal, begun(journal, "0"), cost=reported("0.000000001"))
    assert len(journal.spent().drifts) == 1


def test_only_whole_pictures_with_a_reported_charge_can_drift(journal: SqlJournal) -> None:
    """Not a part, not an estimate of ours, not what was never quoted."""
    ended(journal, begun(journal), cost=reported("0.09"), state=TaskState.PARTIAL)
    ended(journal, begun(journal), cost=Cost(usd=Decimal("0.09"), source="a page"))
    ended(journal, begun(journal, None), cost=reported("0.09"))
    assert journal.spent().drifts == ()
