"""One word for one thing, in every source of the workspace."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSES = ("contracts", "core", "fixtures", "plugins", "tests")


def test_a_bound_is_named_max_or_min() -> None:
    """No constant says MOST or LEAST."""
    sources = [path for house in HOUSES for path in (ROOT / house).rglob("*.py")]
    found = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in sources
        for word in re.findall(
            r"^_?(?:MOST|LEAST)(?:_\w+)? ?=", path.read_text("utf-8"), re.MULTILINE
        )
    }
    assert found == set()
