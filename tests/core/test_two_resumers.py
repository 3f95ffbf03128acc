"""Processes that are killed while they buy, and two that finish what they left, at once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from tests.core.databases import Place
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import drawn, in_base64

from tintype import Outcome
from tintype.journal._sql import SqlJournal

ROOT = Path(__file__).parents[2]
CREATE = "POST /v1/pictures"
KILLED = -9
EFFECTS = 6  # intent, submission, snapshot, and three steps of a file; then there are no more

LIFE = """
import os, signal, sys
from tests.core import easel
from tintype import Account, Client, ImageRequest
act, number, place, url, out = sys.argv[1:]
seen = []
def observe(told):
    seen.append(told)
    if len(seen) == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
account = Account(provider="easel", key="key-of-mine", base_url=url)
with Client(account, plugins={"easel": easel}, journal=place, environ={},
            observers=[observe]) as client:
    if act == "buy":
        client.save(client.generate(ImageRequest(prompt="p"), provider="easel"), out)
    else:
        sys.stdin.readline()
        client.resume(out)
"""


def lived(act: str, number: int, *arguments: object, pair: bool = False) -> list[int]:
    """How a process ends that is killed behind so many effects, or two that begin at once."""
    processes = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", LIFE, act, str(number), *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            text=True,
        )
        for _ in range(1 + pair)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.communicate("go\n", timeout=60), processes))
    return [each.returncode for each in processes]


def test_what_killed_processes_paid_for_is_saved_once_by_two_that_resume(
    server: Loopback, place: Place, tmp_path: Path
) -> None:
    """Killed behind each effect: charged once and saved once, or never sent, or told as unknown."""
    numbers, out = count(), tmp_path / "out"
    pictures = [drawn("png", f"#{number}0{number}0{number}0") for number in range(1, EFFECTS)]

    def create(_: Recorded) -> bytes:
        number = next(numbers)
        picture = in_base64(pictures[number])
        return said({"id": f"p{number}", "state": "done", "picture": picture})

    server.on(CREATE, create)
    journal = SqlJournal(place)
    with ThreadPoolExecutor(2) as pool:
        buy = [
            pool.submit(lived, "buy", number, place, server.url, out)
            for number in range(1, EFFECTS + 1)
        ]
        ends = [end for each in buy for end in each.result()]
    assert ends[:3] == [KILLED] * 3
    assert lived("resume", 2, place, server.url, out) == [KILLED]  # and one that resumes
    assert lived("resume", 0, place, server.url, out, pair=True) == [0, 0]
    found = Counter(line.outcome for line in journal.records())
    assert found == {Outcome.UNKNOWN: 2, Outcome.ACCEPTED: EFFECTS - 2}
    assert [line for line in journal.records() if line.open] == []
    assert server.lines() == [CREATE] * (EFFECTS - 1)  # the first was killed before it sent
    files = [path.read_bytes() for path in out.iterdir()]
    assert (len(files), len(set(files))) == (EFFECTS - 2, EFFECTS - 2)
    assert set(files) < set(pictures)
    assert list(place.spool.iterdir()) == []
    journal.close()
