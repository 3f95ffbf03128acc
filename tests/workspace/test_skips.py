"""Which tests may be skipped where CI runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTED = ROOT / ".ci" / "skips"


@pytest.mark.parametrize(
    ("how", "reason", "ends"),
    [
        ("mark", "ptrace is not permitted here", 0),
        ("mark", "chromium is not installed", 1),
        ("call", "no PostgreSQL server is installed: apt-get install postgresql", 1),
        ("call", "this machine's name 'x' resolves to nothing", 0),
    ],
)
def test_a_skip_that_is_not_listed_fails(tmp_path: Path, how: str, reason: str, ends: int) -> None:
    """What a package would bring is not skipped for want of it."""
    mark = f"@pytest.mark.skipif(True, reason={reason!r})\n" if how == "mark" else ""
    body = "pass" if how == "mark" else f"pytest.skip({reason!r})"
    test = tmp_path / "test_it.py"
    test.write_text(f"import pytest\n\n{mark}def test_it():\n    {body}\n")
    done = subprocess.run(  # noqa: S603 - our own code
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "/dev/null"),
            *("--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(test)),
        ],
        env={**os.environ, "TINTYPE_SKIPS": str(LISTED), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ends, done.stdout + done.stderr
    assert ("may not be skipped here" in done.stdout) is bool(ends)
