"""Checks that two processes share: the rows are the same, and so is what a hook's end means."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import socket
from contextlib import suppress
from tests.contracts import reference
from tintype_contracts.check import FIRST_SET, Check, Finding
from tintype_contracts.runner.run import examine
from tintype_contracts.wire.network_guard import guard

def dials(subject):
    with suppress(OSError):
        socket.create_connection(("192.0.2.1", 9), 1)
    return iter(())

def tells(subject):
    yield from (Finding(message=attempt) for attempt in guard().attempts)

names = ("fuzz.first", "parse.second", "strict.third", "wire.last", "doc.after")
checks = [
    Check(id=name, level=1, since=FIRST_SET, run=tells if name == "wire.last" else dials)
    for name in names
]
with guard().armed():
    alone, shared = (
        examine(reference.subject("reference_by_id"), checks=checks, seconds=seconds)
        for seconds in (0, 30)
    )
for report in (alone, shared):
    print([(row.check, row.outcome) for row in report.rows], len(report.rows[3].findings))
"""
PARTS = """
import os, time
from tintype_contracts.runner.beside import each_part
here = os.getpid()

def do(part):
    time.sleep(0.05)
    return part, os.getpid() == here

found = each_part("abcdef", do, seconds=30)
print("".join(part for part, _ in found), len({where for _, where in found}))
"""
ENDS = """
import os, time
from tintype_contracts.runner.beside import each_part
here = os.getpid()
each_part("ab", lambda _: time.sleep(0.2) if os.getpid() == here else os._exit(7), seconds=30)
print("came to an end")
"""


def _said(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this interpreter, our own text
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=60
    )


def test_each_part_is_done_once_by_one_of_the_two() -> None:
    """And what comes of them stands in their order."""
    assert _said(PARTS).stdout == "abcdef 2\n"


def test_a_part_that_ends_its_process_ends_the_whole() -> None:
    """As it does where there is one process: there is no half of a verdict."""
    ended = _said(ENDS)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "status 7" in ended.stderr


def test_rows_are_the_same_whoever_finds_them() -> None:
    """Also those that tell what some other check has let try to leave loopback."""
    said = _said(ASKED)
    alone, shared = said.stdout.splitlines()
    assert shared.startswith("[('fuzz.first', 'pass')"), said.stderr
    assert alone.rpartition(" ")[0] == shared.rpartition(" ")[0]
    assert shared.endswith(" 4")
