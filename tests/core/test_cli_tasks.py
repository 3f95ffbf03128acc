"""`tintype tasks`: what the journal knows of, in as many columns as there are."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner
from rich.cells import cell_len
from tests.core.databases import Place
from tests.core.pictures import PNG
from tests.core.terminal import Terminal

from tintype import Billed, Cost, Image, ImageRequest, Outcome, Quote, Task, TaskState
from tintype._cli import cli
from tintype.convert import to_json
from tintype.entries import Intent, Saved, Settled, Snapshot
from tintype.errors import UsageError
from tintype.journal._sql import SqlJournal

REQUEST = ImageRequest(prompt="a red panda in a space suit, on the far side of the moon, in oil")
LONG = "fal-ai/bytedance/seedream/v4.5/text-to-image"


def begun(journal: SqlJournal, low: str | None = "0.05", high: str = "0.05", **of: str) -> str:
    """The record of a submission at a price: of a provider, with a tag and a label."""
    known = {"provider": "openrouter", "tag": "cover 7", "label": "team-a", **of}
    quote = Quote(low=Decimal(low), high=Decimal(high)) if low else None
    request = evolve(REQUEST, tag=known.pop("tag") or None)
    return journal.record(Intent(request=request, quote=quote, **known)).result()


def ended(journal: SqlJournal, record: str, cost: Cost | None = None, **of: object) -> str:
    """Its task, which ended well, with two pictures."""
    whole: dict[str, object] = {
        "provider": "openrouter",
        "model": LONG,
        "id": "p1",
        "state": TaskState.SUCCEEDED,
        "billed": Billed.YES,
        "images": (Image(url="https://x.test/1.png"), Image(data=PNG, index=1)),
        "request": REQUEST,
    }
    task = Task(record=record, cost=cost, **{**whole, **of})  # type: ignore[arg-type]
    return journal.record(Snapshot(task=task)).result()


def run(place: Place, *words: str) -> tuple[int, str]:
    """The exit status of a command, and what it said, or why it refuses."""
    done = CliRunner().invoke(cli, words, env={"TINTYPE_JOURNAL": str(place)})
    return done.exit_code, f"{done.output}{done.exception or ''}"


@pytest.fixture
def drawn(journal: SqlJournal) -> str:
    """The record of a task whose first picture is saved."""
    record = ended(journal, begun(journal), Cost(usd=Decimal("0.0387"), source="reported"))
    path = "/home/somebody/pictures/a-red-panda.png"
    journal.record(Saved(record=record, index=0, path=path, digest="d", done=True)).result()
    return record


# ------------------------------------------------------------------------------- the list


@pytest.mark.parametrize("columns", [80, 60])
def test_the_list_fits_a_terminal_and_its_ids_are_whole(tmp_path: Path, columns: int) -> None:
    """Whatever the models and the prompts are called; colours are nobody's."""
    journal = SqlJournal(tmp_path / "journal.db")
    wide = ended(journal, begun(journal), request=evolve(REQUEST, prompt="熊猫" * 60))
    records = [wide, begun(journal), ended(journal, begun(journal, "0.02"))]
    journal.close()
    environ = {"PATH": "", "HOME": str(tmp_path), "TINTYPE_JOURNAL": str(tmp_path / "journal.db")}
    terminal = Terminal.of(("tasks",), environ, tmp_path, columns=columns)
    assert terminal.end() == 0
    lines = terminal.shown.decode().splitlines()
    assert [line.split()[0] for line in lines[::2]] == records
    assert max(map(cell_len, lines)) <= columns
    assert [LONG in line for line in lines[1::2]] == [True, False, True]
    assert "\x1b" not in terminal.shown.decode()


def test_nothing_is_cut_for_a_program(drawn: str, place: Place) -> None:
    """A line that begins with the id, and one that tells the rest."""
    status, told = run(place, "tasks")
    first, second = told.splitlines()
    assert status == 0
    assert first.split() == [drawn, "openrouter", "succeeded", "$0.0387"]
    assert second.startswith(f"    {LONG}, 1 of 2 saved, tag cover 7, label team-a, 20")
    assert second.endswith(REQUEST.prompt)


@pytest.mark.parametrize(
    ("low", "fields", "cost"),
    [
        ("0.05", {"cost": Cost(usd=Decimal("0.04"), source="reported")}, "$0.04"),
        ("0.05", {"cost": Cost(usd=Decimal("0.04"), source="price x n")}, "~$0.04"),
        ("0.05", {}, "~$0.05"),
        ("0.02", {}, "≤$0.05"),
        ("0.05", {"billed": Billed.UNKNOWN}, "≤$0.05"),
        ("0.05", {"billed": Billed.NO, "state": TaskState.FAILED}, "-"),
        (None, {}, "?"),
    ],
)
def test_a_cost_says_how_surely_it_is_known(
    journal: SqlJournal, place: Place, low: str | None, fields: dict[str, object], cost: str
) -> None:
    """Reported, estimated, at most, or unknown: by the marks of `spend`."""
    ended(journal, begun(journal, low), **fields)  # type: ignore[arg-type]
    _, told = run(place, "tasks", "--all")
    assert told.splitlines()[0].split()[-1] == cost


def test_a_submission_without_a_task_tells_what_became_of_it(
    journal: SqlJournal, place: Place
) -> None:
    """Under way, unknown, or not sent."""
    begun(journal)
    for outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT):
        billed = Billed.UNKNOWN if outcome is Outcome.UNKNOWN else Billed.NO
        entry = Settled(record=begun(journal), outcome=outcome, billed=billed, reason="so")
        journal.record(entry).result()
    _, told = run(place, "tasks", "--all")
    states = [line.split("  ", 2)[2].split("  ")[0] for line in told.splitlines()[::2]]
    assert states == ["under way", "unknown", "not sent"]


def test_only_those_asked_for_are_listed(journal: SqlJournal, place: Place) -> None:
    """By label, tag and provider; what the journal does not know is misuse."""
    ours = begun(journal)
    theirs = begun(journal, label="team-b", tag="", provider="apiyi")
    for words, wanted in (
        (("--label", "team-a"), [ours]),
        (("--tag", ""), [theirs]),
        (("-p", "apiyi"), [theirs]),
        (("-p", "apiyi", "--tag", "cover 7"), []),
    ):
        _, told = run(place, "tasks", *words, "--json")
        assert [record["id"] for record in json.loads(told)] == wanted
    status, told = run(place, "tasks", "--label", "team-c")
    assert status
    assert "no label 'team-c'. Did you mean 'team-" in told


def test_an_empty_list_says_so(place: Place) -> None:
    """And prints nothing that a program would take for a record."""
    SqlJournal(str(place)).close()
    assert run(place, "tasks", "--json") == (0, "[]\n")
    assert run(place, "tasks") == (0, "Nothing is open.\n")
    assert run(place, "tasks", "--all") == (0, "The journal is empty.\n")


# ------------------------------------------------------------------------------ one of them


def test_a_record_is_shown_whole(drawn: str, place: Place) -> None:
    """Its files, each on a line, saved or not, and what it was to cost."""
    status, told = run(place, "tasks", "show", drawn)
    facts = {line[:9].strip(): line[10:] for line in told.splitlines()}
    assert status == 0
    assert (facts["record"], facts["state"], facts["model"]) == (drawn, "succeeded", LONG)
    assert (facts["quoted"], facts["cost"], facts["tag"]) == ("$0.05", "$0.0387", "cover 7")
    assert facts["image 0"] == "/home/somebody/pictures/a-red-panda.png"
    assert facts["image 1"].endswith(" (not saved yet)")


def test_a_record_is_shown_as_json(drawn: str, journal: SqlJournal, place: Place) -> None:
    """All that the journal has of it."""
    status, told = run(place, "tasks", "show", drawn, "--json")
    (record,) = journal.records([drawn])
    assert (status, json.loads(told)) == (0, json.loads(to_json(record)))


def test_a_record_may_be_named_by_its_beginning(journal: SqlJournal, place: Place) -> None:
    """In every command that takes one."""
    record = begun(journal)
    lost = Settled(record=record, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="lost")
    journal.record(lost).result()
    short = record[:8]
    assert record in run(place, "tasks", "show", short)[1]
    status, told = run(place, "resume", short)
    assert (status, record in told) == (0, True)
    status, told = run(place, "settle", short, "--billed", "no")
    assert (status, record in told) == (0, True)
    assert [each.billed for each in journal.records()] == [Billed.NO]


def test_a_beginning_of_several_lists_them(journal: SqlJournal, place: Place) -> None:
    """Some of them, if there are many; nothing is settled."""
    records = [journal.record(_named(f"abcd{n}{'0' * 23}")).result() for n in range(7)]
    for command in (("tasks", "show"), ("resume",), ("settle", "--billed", "no")):
        status, told = run(place, *command, "abcd")
        assert status
        assert f"begin with 'abcd': {', '.join(records[:5])} and more." in told
    assert run(place, "tasks", "show", "abcd3")[0] == 0


def _named(record: str) -> Intent:
    return Intent(provider="easel", request=REQUEST, record=record)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("01", "'01' names no record: give 4 characters of its id, or more."),
        ("", "'' names no record"),
        ("zzzz", "The journal has no record 'zzzz'; `tintype tasks` lists what it has."),
        ("%___", "The journal has no record '%___'"),
        ("ABCD", "The journal has no record 'ABCD'"),
    ],
)
def test_what_names_no_record_is_misuse(
    journal: SqlJournal, place: Place, named: str, words: str
) -> None:
    """In plain words; a sign that a database reads otherwise is a character like any other."""
    journal.record(_named("abcdef")).result()
    for command in (("tasks", "show"), ("resume",), ("settle", "--billed", "no")):
        status, told = run(place, *command, "--", named)
        assert status
        assert re.search(re.escape(words), told)


# --------------------------------------------------------------------- where no journal is

READING = (
    ("spend",),
    ("spend", "--json"),
    ("tasks",),
    ("tasks", "check"),
    ("tasks", "show", "0123456789"),
    ("tasks", "prune", "--before", "2026-01-01"),
    ("resume", "0123456789"),
    ("settle", "0123456789", "--billed", "no"),
)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_to_ask_a_journal_makes_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    """One that is named and is not there is misuse: the name is mistyped."""
    named = {"TINTYPE_JOURNAL": str(tmp_path / "jurnal.db"), "HOME": str(tmp_path)}
    done = CliRunner().invoke(cli, words, env=named)
    assert isinstance(done.exception, UsageError)
    assert "jurnal.db, where no journal is" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", READING[:4], ids=" ".join)
def test_where_nothing_was_ever_drawn_nothing_is_told_and_made(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """In the usual place: that is no mistake, and it is said."""
    nobody = {"HOME": str(tmp_path), "TINTYPE_JOURNAL": None, "TINTYPE_CONFIG": "off"}
    done = CliRunner().invoke(cli, words, env={**nobody, "XDG_DATA_HOME": None})
    assert done.exit_code == 0, done.exception
    assert "note: No journal is kept yet" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_to_finish_where_nothing_was_begun_is_nothing(tmp_path: Path) -> None:
    """A process may have died before its journal was there: what resumes it is a script."""
    named = {"TINTYPE_JOURNAL": str(tmp_path / "journal.db"), "HOME": str(tmp_path)}
    done = CliRunner().invoke(cli, ["resume", "-o", str(tmp_path)], env=named)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "note: No journal is kept yet" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "2026-11-01T00:00+02:00", "1.11.2026"])
def test_a_day_is_one(place: Place, day: str) -> None:
    """As ISO 8601 has it, and in UTC."""
    for words in (("spend", "--since"), ("spend", "--until"), ("tasks", "prune", "--before")):
        _, told = run(place, *words, day)
        assert f"'{day}' is no day in UTC such as 2026-11-01." in told


def test_days_are_in_their_order(drawn: str, place: Place) -> None:
    """An empty table would say that nothing was spent."""
    _, told = run(place, "spend", "--since", "2026-12-01", "--until", "2026-11-01")
    assert "since=2026-12-01 is after until=2026-11-01" in told
    assert drawn not in told
