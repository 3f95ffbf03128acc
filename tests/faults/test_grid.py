"""The fault grid, run: nothing is paid twice, nothing that was paid is lost. And its judge.

Here one cell of five is walked; `nox -s faults` walks them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.faults.grid.cells import Cell
from tests.faults.grid.clients import CLIENTS
from tests.faults.grid.injections import INJECTIONS, Injection
from tests.faults.grid.judging import judged
from tests.faults.grid.running import run_grid
from tests.faults.grid.table import Grid
from tests.faults.grid.walks import Walk

from tintype import Billed, Client, Cost, ImageRequest, Outcome, Task, TaskState
from tintype.entries import Intent, Settled, Snapshot
from tintype.errors import ServerError, SubmissionUnknownError
from tintype.journal._sql import SqlJournal
from tintype_contracts import Sandbox, installed
from tintype_contracts.sandbox import KINDS, Fault

PROVIDER = "apiyi"


@pytest.fixture(scope="module")
def grid() -> Grid:
    """Every provider, every fault, both clients."""
    return run_grid(installed(), one_of=5)


def test_every_promise_is_kept_in_every_cell(grid: Grid) -> None:
    """No submission paid twice, every paid image on disk once, or listed as unknown once."""
    assert grid.broken == (), grid.as_text()


def test_every_fault_happened(grid: Grid) -> None:
    """A cell whose fault did not strike proves nothing."""
    assert grid.idle == (), grid.as_text()


def test_every_fault_every_provider_and_both_clients_are_met(grid: Grid) -> None:
    """Though not each with each."""
    cells = [each.cell for each in grid.results]
    assert {each.injection for each in cells} == set(INJECTIONS)
    assert {each.fault.kind for each in INJECTIONS if each.fault} == set(KINDS)
    for provider in installed():
        walked = [each for each in cells if each.provider == provider]
        assert "submit" in {each.injection.operation for each in walked}
        assert {each.client for each in walked} == set(CLIENTS)


def test_only_a_lost_answer_to_a_submission_is_unknown(grid: Grid) -> None:
    """Whatever happens to a price, a look, a download or a webhook, the picture comes."""
    others = [
        each for each in grid.results if each.cell.injection.operation not in ("submit", "stream")
    ]
    assert {each.ending for each in others} == {"straight", "helped"}
    lost = [each for each in grid.results if each.ending == "unknown"]
    assert any(each.paid for each in lost)


def test_the_table_counts_the_cells(grid: Grid) -> None:
    """And shows a mark for each."""
    assert f"{len(grid.results)} cells, " in grid.as_text()


# ---------------------------------------------------------------------------- its judge


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One provider that answers at once."""
    with Sandbox([PROVIDER], pace=0, plain=True) as served:
        yield served


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    """A journal."""
    made = SqlJournal(tmp_path / "journal.db")
    yield made
    made.close()


@pytest.fixture
def walk(sandbox: Sandbox, journal: SqlJournal, tmp_path: Path) -> Walk:
    """A cell in which nothing is dialled: a test does what a bad client would do."""
    nothing = Injection(name="nothing", operation="poll")
    return Walk(
        cell=Cell(provider=PROVIDER, injection=nothing, client="Client"),
        plugin=None,
        sandbox=sandbox,
        journal=journal,
        folder=tmp_path / "out",
        request=ImageRequest(prompt="a cat", model="seedream-4.5"),
    )


@pytest.fixture
def client(walk: Walk) -> Iterator[Client]:
    """A client on the cell's sandbox and journal."""
    with Client(environ=walk.sandbox.environ(), journal=walk.journal) as made:
        yield made


def verdict(walk: Walk) -> str:
    """What the judge finds broken, as one text."""
    return " ".join(judged(walk).broken)


def test_a_good_cell_is_good(walk: Walk, client: Client) -> None:
    """Drawn once, saved once."""
    client.save(client.generate(walk.request, provider=PROVIDER), walk.folder)
    assert judged(walk).broken == ()
    assert judged(walk).ending == "straight"


def test_a_submission_that_is_paid_twice_is_found(walk: Walk, client: Client) -> None:
    """The same picture, asked for twice, both saved."""
    for _ in range(2):
        client.save(client.generate(walk.request, provider=PROVIDER), walk.folder)
    assert "was paid for more than once" in verdict(walk)


def test_a_paid_picture_that_is_nowhere_is_found(walk: Walk, client: Client) -> None:
    """Drawn, and never saved: the record is open, too."""
    client.generate(walk.request, provider=PROVIDER)
    assert "were paid for and are nowhere" in verdict(walk)
    assert "is still open" in verdict(walk)


def test_a_picture_that_is_there_twice_is_found(walk: Walk, client: Client) -> None:
    """Saved under two names."""
    drawn = client.generate(walk.request, provider=PROVIDER)
    client.save(drawn, walk.folder)
    client.save(drawn, walk.folder, name="again")
    assert "is on disk 2 times" in verdict(walk)


def test_half_a_file_is_found(walk: Walk, client: Client) -> None:
    """It is none of the images that were drawn."""
    (path,) = client.save(client.generate(walk.request, provider=PROVIDER), walk.folder)
    path.write_bytes(path.read_bytes()[:-10])
    assert "something else than a whole image" in verdict(walk)
    assert "are nowhere" in verdict(walk)


def test_an_unknown_submission_that_nobody_was_told_of_is_found(walk: Walk) -> None:
    """And one whose answer came after all."""
    entry = walk.journal.record(Intent(provider=PROVIDER, request=walk.request)).result()
    lost = Settled(record=entry, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="")
    walk.journal.record(lost).result()
    assert f"lists ['{entry}'] as unknown; the errors named []" in verdict(walk)
    assert "and its answer came" in verdict(walk)


def test_an_error_that_says_not_billed_of_what_was_is_found(walk: Walk, client: Client) -> None:
    """A lie about money."""
    client.save(client.generate(walk.request, provider=PROVIDER), walk.folder)
    walk._meet(ServerError("No capacity.", billed=Billed.NO))  # noqa: SLF001 - as the walk does
    assert "says not billed, and it was" in verdict(walk)


def test_a_visit_to_another_host_is_found(walk: Walk) -> None:
    """With or without a key."""
    with (
        Client(
            environ={**walk.sandbox.environ(), "APIYI_BASE_URL": walk.sandbox.elsewhere}
        ) as lost,
        pytest.raises(SubmissionUnknownError),
    ):
        lost.submit(walk.request, provider=PROVIDER)
    assert "with a key" in verdict(walk)


def test_a_charge_that_spending_does_not_know_of_is_found(walk: Walk) -> None:
    """What a client without this journal has paid for."""
    with Client(environ=walk.sandbox.environ(), journal="off") as stranger:
        stranger.generate(walk.request, provider=PROVIDER)
    assert "$0.04 were charged, and the journal says $0 to $0." in verdict(walk)


def test_spending_that_nobody_charged_is_found(walk: Walk) -> None:
    """A picture that the provider knows nothing of, written down as paid."""
    cost = Cost(usd=Decimal("0.04"), source="reported")
    task = Task(provider=PROVIDER, id="t", state=TaskState.SUCCEEDED, cost=cost)
    walk.journal.record(Snapshot(task=task)).result()
    assert "$0 were charged, and the journal says $0.04 to $0.04." in verdict(walk)


def test_what_was_spent_is_what_was_charged(grid: Grid) -> None:
    """In every cell; to the cent where nothing is unknown, and for each provider, too."""
    sure = [each for each in grid.results if each.ledger is not None and not each.spent.open]
    assert all(each.ledger == each.spent.paid for each in sure)
    assert len(sure) > len(grid.results) / 3
    assert any(each.spent.unknown for each in grid.results)
    assert "paid  estimated    ledger   unknown  unpriced" in grid.as_text()


def test_a_fault_that_did_not_happen_is_told(walk: Walk) -> None:
    """The cell is idle."""
    fault = Fault(kind="500", operation="poll")
    walk.sandbox.dial(fault)
    walk.cell = evolve(walk.cell, injection=evolve(walk.cell.injection, fault=fault))
    idle = judged(walk)
    assert not idle.struck
    grid = Grid(results=(evolve(idle, cell=evolve(idle.cell, injection=INJECTIONS[0])),))
    assert "~" in grid.as_text()
