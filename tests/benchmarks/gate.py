"""`python -m tests.benchmarks.gate`: does this commit need more instructions than the one before?

Callgrind counts the instructions of 200 conversations minus those of none, for the sources as
they stand and for those of the commit they grew from, in one run: the counts repeat within
0.03 %, where times differ by a tenth. The program and the plugin's answers are this commit's.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_RATIO = 1.02
_COUNT = 200
_COLLECTED = re.compile(r"Collected : (\d+)")


def main() -> None:
    """Count, print the ratio, and fail where it passes `MAX_RATIO`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", help="a commit; without it, the one this grew from")
    parser.add_argument("--count", type=int, default=_COUNT, help="how many conversations")
    given = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.stdout.write("skipped: valgrind is not installed (apt-get install valgrind)\n")
        return
    base = given.against or _grown_from()
    if base is None:
        sys.stdout.write("skipped: the commit that this one grew from is not in this clone\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        _git("worktree", "add", "--detach", "--quiet", folder, base)
        try:
            before, now = (instructions(Path(tree), given.count) for tree in (folder, ROOT))
        finally:
            _git("worktree", "remove", "--force", folder)
    ratio = now / before
    sys.stdout.write(
        f"instructions a conversation: {now:,.0f}; at {base[:12]}: {before:,.0f}; "
        f"ratio {ratio:.4f}, at most {MAX_RATIO}\n"
    )
    sys.exit(ratio > MAX_RATIO)


def instructions(tree: Path, count: int) -> float:
    """The instructions of a conversation with the sources of a tree."""
    return (_collected(tree, count) - _collected(tree, 0)) / count


def _collected(tree: Path, count: int) -> int:
    sources = [*tree.glob("core/src"), *tree.glob("plugins/*/src"), ROOT]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    program = [sys.executable, "-m", "tests.benchmarks.conversations", str(count)]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = _COLLECTED.search(done.stderr)
    if done.returncode or found is None:
        sys.exit(done.stderr)
    return int(found[1])


def _grown_from() -> str | None:
    """The last commit where there is a change that is not committed, else the one before it."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "core", "plugins")
    return _git("rev-parse", "--verify", "--quiet", "HEAD" if changed else "HEAD^") or None


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607 - whichever git is first
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
