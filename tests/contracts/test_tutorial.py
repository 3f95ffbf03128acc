"""docs/tutorial.md leads from a page of documentation to level 3, exactly as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contracts.tutorial import PAGE, beginning, blocks, ran, settled, write

TEXT = PAGE.read_text("utf-8")


def test_nobody_has_to_guess_the_file_of_a_block() -> None:
    """Each fence is a console, or stands under the name of a file."""
    assert len(blocks(TEXT)) == len(re.findall(r"^```\w", TEXT, re.MULTILINE))
    assert [
        each.text for each in blocks(TEXT) if not each.file and each.language != "console"
    ] == []


def test_whoever_follows_the_tutorial_reaches_level_3(tmp_path: Path) -> None:
    """Each file is written, each command typed, in order; each prints what stands below it."""
    environ = beginning(tmp_path)
    for block in blocks(TEXT):
        if block.language != "console":
            write(block, tmp_path)
            continue
        for command, printed in block.typed:
            assert settled(ran(command, tmp_path, environ)) == settled(printed), command
    assert "\nUmber: level 3, " in TEXT
