"""`kill -9` anywhere in the life of a generating process: nothing is paid twice or lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve
from tests.kill.killing import AT_ONCE, POLLED, PROVIDERS, Life, Point, Theatre, traced

CLIENTS = ("sync", "async")
AT = ("request-head-read", "request-read", "answer-half-sent", "answered")
ASKED = {"cheapai": "price", "openrouter": "price"}
FETCHED = ("apimodels", "cheapai", "apiyi")
STAGES = 2  # sandboxes at work at once
FEWEST = 200

# What of a life changes anything outside of the process.
CALLS = (
    *("write", "pwrite64", "fdatasync", "fsync", "ftruncate", "connect", "sendto", "recvfrom"),
    *("link", "linkat", "unlink", "unlinkat", "rename", "renameat2", "mkdir"),
)


# -------------------------------------------------------------------------------- the points


def by_effects(stage: Theatre) -> Iterator[Point]:
    """Behind every effect: between journal records, polling, saving; one picture and two."""
    for provider in PROVIDERS:
        for n in (1, 2) if provider in {"apimodels", "openrouter"} else (1,):
            for client in CLIENTS:
                point = Point(stratum="effect", provider=provider, client=client, n=n)
                steps = stage.steps(point)
                for number, name in enumerate(steps, start=1):
                    yield evolve(point, stratum=f"behind {name}", effect=number)


def by_gates() -> Iterator[Point]:
    """At every gate of the sandbox, of every operation."""
    for client in CLIENTS:
        for provider in PROVIDERS:
            operations = ["submit"]
            operations += ["poll"] if provider in POLLED else []
            operations += ["asset"] if provider in FETCHED else []
            operations += [ASKED[provider]] if provider in ASKED else []
            for operation in operations:
                for where in AT:
                    gate = (operation, where, 1)
                    words = f"{operation}: {where}"
                    yield Point(stratum=words, provider=provider, client=client, gate=gate)


def half_sent() -> Iterator[Point]:
    """While half of a large request is in the network."""
    for client in CLIENTS:
        for provider in AT_ONCE:
            yield Point(
                stratum="submit: request half sent",
                provider=provider,
                client=client,
                gate=("submit", "request-head-read", 1),
                large=True,
            )


def by_webhook() -> Iterator[Point]:
    """The answer is lost, and a webhook is delivered."""
    for client in CLIENTS:
        for provider in POLLED:
            for where in ("request-read", "answer-half-sent"):
                yield Point(
                    stratum=f"webhook after submit: {where}",
                    provider=provider,
                    client=client,
                    gate=("submit", where, 1),
                    webhook=True,
                )


def killed_again() -> Iterator[Point]:
    """The process that resumes is killed as well, behind each of its effects."""
    kept = {"apimodels": (3, 7), "cheapai": (4, 7), "apiyi": (3, 4), "openrouter": (4, 3)}
    for client in CLIENTS:
        for provider, (effect, most) in kept.items():
            for again in range(1, most + 1):
                yield Point(
                    stratum="resuming",
                    provider=provider,
                    client=client,
                    effect=effect,
                    again=again,
                )


def with_commands(points: Iterator[Point]) -> Iterator[Point]:
    """The same, some of them finished by the command line: where nothing is polled."""
    for number, point in enumerate(points):
        by_command = number % 3 == 0 and point.provider in AT_ONCE
        yield evolve(point, by_command=by_command)


# -------------------------------------------------------------------------------- the tests


@pytest.fixture
def stages() -> Iterator[list[Theatre]]:
    """Theatres that play at the same time, in memory: SIGKILL leaves what the system has."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    where = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with TemporaryDirectory(dir=where, prefix="tintype-kill-") as folder, ExitStack() as stack:
        made = [Theatre(Path(folder) / f"{number}") for number in range(STAGES)]
        yield [stack.enter_context(stage) for stage in made]


def played(stages: list[Theatre], points: list[Point]) -> list[Life]:
    """All points, dealt out to the stages, and judged."""
    hands = [points[number :: len(stages)] for number in range(len(stages))]

    def play(stage: Theatre, hand: list[Point]) -> None:
        for point in hand:
            stage.play(point)

    with ThreadPoolExecutor(len(stages)) as pool:
        for done in [pool.submit(play, *each) for each in zip(stages, hands, strict=True)]:
            done.result()
    for stage in stages:
        stage.judge()
    return [life for stage in stages for life in stage.lives]


def report(lives: list[Life]) -> str:
    """A table: each stratum with its outcomes."""
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for life in lives:
        table[life.point.stratum][life.outcome] += 1
        table["all"][life.outcome] += 1
    lines = [f"{len(lives)} lives, {sum(life.killed for life in lives)} of them killed"]
    for stratum, counts in table.items():
        found = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        lines.append(f"  {stratum:<40} {found}")
    return "\n".join(lines)


def wrongs(lives: list[Life]) -> list[str]:
    """Every broken promise."""
    return [f"{life.point}: {wrong} ({life.folder})" for life in lives for wrong in life.wrongs]


def test_a_killed_process_pays_for_nothing_twice_and_loses_nothing(
    stages: list[Theatre], capsys: pytest.CaptureFixture[str]
) -> None:
    """At 200 points and more, in both clients: resumed, each charged image is there once."""
    points = [*by_gates(), *half_sent(), *by_webhook(), *killed_again(), *by_effects(stages[0])]
    assert len(points) >= FEWEST
    lives = played(stages, list(with_commands(iter(points))))
    with capsys.disabled():
        sys.stdout.write(f"\n{report(lives)}\n")
    assert wrongs(lives) == []
    assert len([life for life in lives if life.killed]) >= FEWEST
    outcomes = Counter(life.outcome for life in lives)
    assert outcomes["saved"] > len(lives) / 2
    # The points are where they are thought to be.
    for life in lives:
        point = life.point
        if point.large:
            assert life.outcome == "unknown"
        if point.gate is not None and point.gate[0] in {"poll", "asset"}:
            assert life.recorded == 1
        if point.gate is not None and point.gate[0] == "price":
            assert life.outcome == "never sent"
    assert any(life.spooled for life in lives)


def may_trace() -> str:
    """Why no process can be looked at here, or ""."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    with subprocess.Popen(["sleep", "20"]) as sleeper:  # noqa: S607 - a probe
        try:
            tracer = traced(sleeper.pid, ["-e", "trace=none"], Path("/dev/null"))
        except AssertionError:
            return "ptrace is not permitted here"
        finally:
            sleeper.kill()
        tracer.communicate()
    return ""


NO_TRACE = may_trace()


@pytest.mark.skipif(bool(NO_TRACE), reason=NO_TRACE or "it is permitted")
def test_a_process_killed_before_any_of_its_system_calls_loses_nothing(
    stages: list[Theatre], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each boundary between two calls of a sync life that change anything."""
    points: list[Point] = []
    for provider in AT_ONCE:
        life = Point(stratum="system call", provider=provider, client="sync")
        counts = counted(stages[0].trace(life, ",".join(CALLS)))
        points += [
            evolve(life, stratum=f"before {name}", call=(name, number), by_command=number % 3 == 0)
            for name, most in counts.items()
            for number in range(1, most + 1)
        ]
    lives = played(stages, points)
    with capsys.disabled():
        sys.stdout.write(f"\n{report(lives)}\n")
    assert wrongs(lives) == []
    assert {life.outcome for life in lives} >= {"saved", "unknown"}


def counted(trace: Path) -> dict[str, int]:
    """How often each call was made, by the thread that made it most often."""
    made: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in trace.read_text().splitlines():
        found = re.match(r"(\d+)\s+[\d.]+ (\w+)\(", line)
        if found:
            made[found[2]][found[1]] += 1
    return {name: max(threads.values()) for name, threads in made.items()}
