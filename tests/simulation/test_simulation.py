"""The whole, simulated: seeded worlds, and the providers' ledgers as the judge.

`nox -s simulate` plays as many as it is asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.simulation.running import in_memory, played, simulated, told
from tests.simulation.sabotage import CORE, SABOTAGED, Sabotage
from tests.simulation.stage import Stage
from tests.simulation.world import World

_HERE = Path(__file__).parent
_PARTS = 5
_WORLDS = 550  # some 2,000 submissions


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The providers, set once for all worlds."""
    with in_memory() as folder:
        yield Stage(folder)


@pytest.mark.parametrize("part", range(_PARTS))
def test_ten_thousand_submissions_break_no_promise(stage: Stage, part: int) -> None:
    """Nothing is charged twice, lost, swapped, untyped or over a limit, whatever goes wrong."""
    tally = played(stage, part * _WORLDS, _WORLDS)
    assert tally.submissions >= 1_900
    assert tally.wrongs == [], told(tally)


def test_a_world_follows_from_its_seed(stage: Stage) -> None:
    """The same seed tells the same story, word for word."""
    stories: list[list[str]] = [[], []]
    for story in stories:
        World(stage, 10, kind="book", trace=story.append).run()
    assert stories[0] == stories[1]
    assert any("submits" in line for line in stories[0])


def test_worlds_are_played_on_all_cores() -> None:
    """In the order of their seeds, so that a range of them can be named."""
    tally = simulated(100, first=10_000, processes=2)
    assert (tally.first, tally.worlds % 50) == (10_000, 0)
    assert tally.submissions >= 100
    assert "seeds 10000 to" in told(tally)


@pytest.mark.parametrize("sabotage", SABOTAGED, ids=lambda each: each.breaks)
def test_every_sabotage_still_applies(sabotage: Sabotage) -> None:
    """Whether it is noticed takes minutes: `nox -s sabotage` tells."""
    assert sabotage.after in sabotage.applied(CORE / "tintype")


def test_the_core_is_met_in_one_module() -> None:
    """No other module of the simulation imports what is private to the core; that one is short."""
    for path in _HERE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        private = [name for name in names if name.startswith("tintype._")]
        assert not private or path.name == "meeting.py", path
    assert len((_HERE / "meeting.py").read_text(encoding="utf-8").splitlines()) <= 180
