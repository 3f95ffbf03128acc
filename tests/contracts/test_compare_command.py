"""`tintype compare` against the sandbox: what it pays for, and the page that it leaves."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.core.terminal import SCRIPT

from tintype.journal._sql import SqlJournal
from tintype_contracts.sandbox import Sandbox

Done: TypeAlias = subprocess.CompletedProcess[str]
Compare: TypeAlias = Callable[..., Done]
BOTH = ("-p", "apiin", "-p", "apiyi")
PICTURE = re.compile(r'<img src="data:(image/[a-z]+);base64,([A-Za-z0-9+/=]+)"')
_MISUSE = 2


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Three providers that are quick."""
    with Sandbox(["apiin", "apiyi", "fal"], pace=0.02) as found:
        yield found


@pytest.fixture
def compare(sandbox: Sandbox, tmp_path: Path) -> Compare:
    """Runs the command in a folder of its own, with a journal."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
        **sandbox.environ(),
    }

    def run(*arguments: str) -> Done:
        return subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, "compare", *arguments],
            env=environ,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def paid(sandbox: Sandbox) -> int:
    """How many pictures the sandbox charged for."""
    return sum(len(sandbox.ledger(name).paid) for name in ("apiin", "apiyi", "fal"))


def columns(page: str) -> dict[str, str]:
    """What the page says of each provider."""
    parts = re.findall(r"<article.*?</article>", page, re.DOTALL)
    return {re.findall(r"<h2>(.*?)</h2>", part)[0]: part for part in parts}


def test_the_pictures_stand_side_by_side_on_one_page(
    compare: Compare, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Whole in the page, saved beside it, and closed in the journal; nothing is loaded or run."""
    done = compare("a <b>red</b> panda", *BOTH, "--aspect-ratio", "16:9", "--max-cost", "0.20")
    assert (done.returncode, paid(sandbox)) == (0, 2), done.stderr
    first, *paths = done.stdout.split()
    page = (tmp_path / first).read_text("utf-8")
    assert first == "compare.html"
    pictures = [base64.b64decode(data) for _, data in PICTURE.findall(page)]
    assert pictures == [(tmp_path / path).read_bytes() for path in paths]
    told = columns(page)
    assert list(told) == ["apiyi", "apiin"]  # the cheaper first
    assert all(words in told["apiyi"] for words in ("seedream-5.0", "$0.035", "2848x1600", " s<"))
    assert "12 credits, $0.024…$0.12" in told["apiin"]
    assert "not reported" in told["apiin"]
    assert "asked: aspect_ratio=16:9 · 2 different models · 2 of 2 drew" in page
    assert "a &lt;b&gt;red&lt;/b&gt; panda" in page
    assert not re.search(r"<script|https?:|<link|url\(", page)
    assert not [each for each in SqlJournal(tmp_path / "journal.db").records() if each.open]


def test_whoever_fails_is_a_column_that_says_why(
    compare: Compare, sandbox: Sandbox, tmp_path: Path
) -> None:
    """So is whose price nobody tells; the next page takes a name that is free."""
    (tmp_path / "compare.html").write_text("mine")
    done = compare("a panda sandbox:failed", *BOTH, "-p", "fal", "--max-cost", "0.20")
    assert done.returncode == 1
    assert done.stdout.split()[0] == "compare-2.html"
    told = columns((tmp_path / "compare-2.html").read_text("utf-8"))
    assert "No picture was drawn: " in told["apiin"]
    assert "The price is unknown" in told["fal"]
    assert "tintype: fal: The price is unknown" in done.stderr
    assert paid(sandbox) == 0
    assert (tmp_path / "compare.html").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*BOTH, "--max-cost", "0.05"), "All together may cost $0.155"),
        ((*BOTH, "--max-cost", "1", "-o", "there.html"), "there.html exists"),
        (("-p", "apiin", "-p", "apiyo", "--max-cost", "1"), "Did you mean 'apiyi'"),
        (BOTH, "Missing option '--max-cost'"),
        (("--max-cost", "1"), "Missing option '-p'"),
    ],
)
def test_what_may_not_be_drawn_is_misuse(
    compare: Compare, sandbox: Sandbox, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """One sentence; nothing is submitted and no page is left."""
    (tmp_path / "there.html").write_text("mine")
    done = compare("a red panda", *arguments)
    assert (done.returncode, done.stdout) == (_MISUSE, "")
    assert words in done.stderr
    assert paid(sandbox) == 0
    assert [path.name for path in tmp_path.glob("*.html")] == ["there.html"]
