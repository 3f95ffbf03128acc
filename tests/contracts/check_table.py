"""The table of every check in docs/contracts.md, made from the registry.

    python tests/contracts/check_table.py

writes it anew. A test holds the page against the registry.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from tintype_contracts.checks import all_checks

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"
START, END = "<!-- checks -->", "<!-- /checks -->"
_TABLE = re.compile(f"{START}\n.*?{END}", re.DOTALL)


def table() -> str:
    """A heading a group, a row a check: its id, its level, what it says."""
    lines = [START]
    for group, checks in groupby(all_checks(), key=lambda check: check.group):
        lines += [
            "",
            f"**{group}**",
            "",
            "| check | level | what it holds |",
            "| --- | --: | --- |",
        ]
        lines += [
            f"| `{check.id}` | {check.level} | {check.summary.replace('|', chr(92) + '|')} |"
            for check in checks
        ]
    return "\n".join([*lines, "", END])


def written() -> str:
    """The table as the page has it."""
    found = _TABLE.search(PAGE.read_text("utf-8"))
    return found[0] if found else ""


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text("utf-8")), "utf-8")
