"""Every program of the benchmarks runs; what they measure, `nox -s bench` tells."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.benchmarks import page
from tests.benchmarks.measuring import Size
from tests.benchmarks.rows import PROGRAMS, ROWS, Better, Row, reached


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the programs share, as they do when they measure."""
    return tmp_path_factory.mktemp("benchmarks")


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_it_runs_at_its_smallest(program: str, place: Path) -> None:
    """And gives each of its rows a figure."""
    raw = PROGRAMS[program](Size(rounds=0, share=0.001, place=place))
    for row in ROWS:
        if row.program == program:
            assert all(map(math.isfinite, row.figure(raw)))


def test_every_program_has_a_row() -> None:
    """And no row is without a program."""
    assert {row.program for row in ROWS} == PROGRAMS.keys()


def test_a_row_is_reached_by_what_is_no_worse() -> None:
    """Whichever way is better."""
    lower = Row("p", "t", list, 2.0, 1.0)
    higher = Row("p", "t", list, 2.0, 3.0, Better.HIGHER)
    assert [reached(lower, each) for each in (1.9, 2.0, 2.1)] == [True, True, False]
    assert [reached(higher, each) for each in (1.9, 2.0, 2.1)] == [False, True, True]


def test_what_was_not_measured_says_why() -> None:
    """In the table, in place of a figure."""
    text = page.table({"width": {"missing": "No module named 'x'", "at": "", "load": 0}})
    assert "not measured: No module named 'x'" in text
