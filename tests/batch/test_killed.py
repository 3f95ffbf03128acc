"""A batch that is killed on the way pays for no line twice, and loses none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.batch.running import Course, play


@pytest.mark.parametrize("provider", ["apiyi", "apimodels"])
def test_a_batch_that_is_killed_charges_no_line_twice(provider: str, tmp_path: Path) -> None:
    """Drawn at once, or polled: every line is done and charged once, or listed as unknown."""
    found = play(Course(lines=120, kills=1, provider=provider), tmp_path)
    assert found.wrongs == []
    assert found.outcomes["done"] + found.outcomes["unknown"] == 119
    assert found.outcomes["unknown"] <= 32
    assert found.charges >= found.outcomes["done"]
