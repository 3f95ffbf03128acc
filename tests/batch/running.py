"""A batch in a process of its own, killed and resumed, held against the sandbox's ledger."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from tintype.errors import Billed, Outcome
from tintype.journal._sql import SqlJournal
from tintype_contracts.sandbox import Sandbox

_PACE = 0.05
_KILLED = -signal.SIGKILL
_EVERY = 97  # every so many lines one is no JSON
_PROMPT = re.compile(r"panda no\. (\d+)\b")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@frozen(kw_only=True)
class Course:
    """What is played.

    Attributes:
        lines: How many lines the file has.
        kills: How often the process is killed on the way.
        provider: Who draws.
        width: How many lines are under way at once.
    """

    lines: int
    kills: int
    provider: str
    width: int = 32


@define
class Verdict:
    """What came of it.

    Attributes:
        course: What was played.
        outcomes: How many lines came out how, in the last run.
        charges: How many submissions the ledger says were paid for.
        twice: The lines that were charged more than once.
        peak: KiB of memory that the largest of the processes ever had.
        seconds: How long it all took.
        wrongs: What broke a promise.
    """

    course: Course
    outcomes: Counter[str] = field(factory=Counter)
    charges: int = 0
    twice: list[int] = field(factory=list)
    peak: int = 0
    seconds: float = 0.0
    wrongs: list[str] = field(factory=list)


def written(path: Path, lines: int) -> None:
    """A file of so many lines, each a picture of its own; some are no JSON."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, lines + 1):
            prompt = {"prompt": f"panda no. {number}"}
            file.write("{\n" if number % _EVERY == 0 else f"{json.dumps(prompt)}\n")


def play(course: Course, folder: Path) -> Verdict:
    """Run a batch, kill it as often as the course says, resume it, and judge what came of it."""
    verdict, began = Verdict(course), time.monotonic()
    file = folder / "lines.jsonl"
    written(file, course.lines)
    with Sandbox([course.provider], pace=_PACE, plain=True) as sandbox:
        environ = {
            **os.environ,
            **sandbox.environ(),
            "TINTYPE_JOURNAL": str(folder / "journal.db"),
        }
        part = course.lines // (course.kills + 1)
        for _ in range(course.kills):
            _run(course, folder, environ, verdict, until=part)
        rows = _run(course, folder, environ, verdict)
        verdict.seconds = time.monotonic() - began
        _judge(verdict, rows, sandbox, folder)
    return verdict


def _run(
    course: Course, folder: Path, environ: Mapping[str, str], verdict: Verdict, until: int = 0
) -> dict[int, Mapping[str, Any]]:
    """One process; killed once so many lines are drawn that were not before. Its rows, by line."""
    command = [sys.executable, "-m", "tintype", "batch", "lines.jsonl", "-o", "out"]
    flags = ["-p", course.provider, "--width", str(course.width), "--resume"]
    rows: dict[int, Mapping[str, Any]] = {}
    fresh = 0
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, *flags], env=environ, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            row = json.loads(line)
            if row["line"] in rows:
                verdict.wrongs.append(f"line {row['line']} has two results in one run")
            rows[row["line"]] = row
            fresh += not row["recorded"]
            if until and fresh == until:
                process.kill()
            _weigh(process.pid, verdict)
    if process.returncode != (_KILLED if until else 1 if course.lines >= _EVERY else 0):
        verdict.wrongs.append(f"it ended with {process.returncode}")
    return rows


def _weigh(pid: int, verdict: Verdict) -> None:
    with contextlib.suppress(OSError):
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
        verdict.peak = max(verdict.peak, int(found[1]) if found else 0)


def _judge(
    verdict: Verdict, rows: dict[int, Mapping[str, Any]], sandbox: Sandbox, folder: Path
) -> None:
    charges = _charges(sandbox, verdict.course.provider)
    verdict.charges = charges.total()
    verdict.twice = [line for line, times in charges.items() if times > 1]
    verdict.outcomes = Counter(row["outcome"] for row in rows.values())
    verdict.wrongs += [f"line {line} was charged twice" for line in verdict.twice]
    for number in range(1, verdict.course.lines + 1):
        row = rows.get(number)
        wrong = "it has no result" if row is None else _wrong(row, number, charges[number])
        if wrong:
            verdict.wrongs.append(f"line {number}: {wrong}")
    verdict.wrongs += _of_journal(folder / "journal.db", charges)


def _wrong(row: Mapping[str, Any], number: int, charges: int) -> str:
    """What is wrong with a line's result, or ""."""
    if number % _EVERY == 0:
        return "" if row["outcome"] == "failed" and not charges else "it is no JSON"
    match row["outcome"]:
        case "done":
            files = [Path(path).stat().st_size for path in row["files"]]
            return "" if charges == 1 and len(files) == 1 and all(files) else f"{charges} charges"
        case "unknown":
            return "" if row["billed"] == "unknown" else "unknown, and its bill is not"
        case outcome:
            return f"{outcome}: {row['error']}"


def _charges(sandbox: Sandbox, provider: str) -> Counter[int]:
    """How often each line was paid for."""
    works = sandbox._engines[provider].state.works  # noqa: SLF001 - what was drawn
    ledger = sandbox.ledger(provider)
    back = {entry.task for entry in ledger.of("refunded")}
    found: Counter[int] = Counter()
    for entry in ledger.of("charged"):
        named = _PROMPT.search(json.dumps({k: str(v) for k, v in works[entry.task].body.items()}))
        assert named is not None
        found[int(named[1])] += entry.task not in back
    return +found


def _of_journal(place: Path, charges: Counter[int]) -> Iterator[str]:
    """What the journal has, held against the ledger: a line that was billed stands there once."""
    journal = SqlJournal(place)
    billed: Counter[int] = Counter()
    unknown: set[int] = set()
    for record in journal.records():
        named = _PROMPT.search(record.request.prompt) if record.request else None
        assert named is not None
        if record.billed is Billed.YES:
            billed[int(named[1])] += 1
        elif record.outcome is Outcome.UNKNOWN:
            unknown.add(int(named[1]))
    yield from journal.check()
    journal.close()
    for line, times in billed.items():
        if times != 1 or charges[line] != 1:
            yield f"line {line} stands as billed {times} times, and was charged {charges[line]}"
    for line in charges.keys() - billed.keys() - unknown:
        yield f"line {line} was charged, and is neither billed nor unknown"
