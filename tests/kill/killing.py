"""Lives of a generating process, each killed at one point, resumed, and judged by the ledger."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from attrs import define, evolve, field, frozen
from tests.core.loopback import Loopback, answer

from tintype.journal._sql import SqlJournal
from tintype_contracts.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
POLLED = ("apimodels", "cheapai")
AT_ONCE = ("apiyi", "openrouter")
PROVIDERS = (*POLLED, *AT_ONCE)
_PACE = 0.02
_PATIENCE = 20.0
_KILLED = -signal.SIGKILL


@frozen(kw_only=True)
class Point:
    """Where a life ends.

    Attributes:
        stratum: What of it is tried.
        provider: Who draws.
        client: `sync` or `async`.
        effect: Behind which effect it kills itself, or None.
        gate: (operation, point, nth) at which it is killed from outside, or None.
        again: Behind which effect the process that resumes is killed, or None.
        n: How many pictures.
        webhook: Whether the provider is to call when it has ended.
        large: Whether the request is larger than what the system buffers.
        by_command: Whether `tintype resume` finishes it.
        call: (system call, nth) before which it is killed, or None.
    """

    stratum: str
    provider: str
    client: str
    effect: int | None = None
    gate: tuple[str, str, int] | None = None
    again: int | None = None
    n: int = 1
    webhook: bool = False
    large: bool = False
    by_command: bool = False
    call: tuple[str, int] | None = None


@define
class Life:
    """What became of one.

    Attributes:
        point: Where it ended.
        prompt: What it asked for, as nobody else did.
        folder: Everything of it.
        recorded: How many tasks the journal knew when it was dead.
        killed: Whether it was; it may have ended before.
        spooled: Whether an image was in the spool when it was dead.
        wrongs: What broke a promise.
        outcome: `saved`, `unknown`, `unknown, charged`, or `never sent`.
    """

    point: Point
    prompt: str
    folder: Path
    recorded: int = 0
    killed: bool = False
    spooled: bool = False
    wrongs: list[str] = field(factory=list)
    outcome: str = ""

    @property
    def journal(self) -> Path:
        """Its journal."""
        return self.folder / "journal.db"

    @property
    def images(self) -> list[Path]:
        """Everything in the folder of its images."""
        found = self.folder / "out"
        return sorted(found.iterdir()) if found.exists() else []


class Theatre:
    """A sandbox, a zygote, and whoever takes webhooks: lives are played one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self._stack = contextlib.ExitStack()
        self._numbers = count()
        self.lives: list[Life] = []

    def __enter__(self) -> Self:
        """Begin."""
        with contextlib.ExitStack() as undo:
            enter = undo.enter_context
            self.sandbox = enter(Sandbox(PROVIDERS, pace=_PACE, plain=True))
            self._hooks = enter(Loopback())
            self._hooks.on("*", answer(b"ok"))
            SqlJournal(self._folder / "empty.db").close()
            self._zygote = enter(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-m", "tests.kill.zygote"],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            self._warm_up()
            self._stack = undo.pop_all()
        return self

    def _warm_up(self) -> None:
        """Have everything imported before anything is forked."""
        for provider in PROVIDERS:
            for client in ("sync", "async"):
                point = Point(stratum="warm", provider=provider, client=client)
                life = self._born(point, f"warm-{provider}-{client}")
                for act in ("live", "resume"):
                    job = self._job(life, act, f"{act} {client}", None)
                    assert self._begin({**job, "warm": True}) == 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._stack.close()

    # ----------------------------------------------------------------------------- playing

    def play(self, point: Point) -> Life:
        """One life: lived, killed, resumed."""
        life = self._born(point, f"{next(self._numbers):04d}")
        self.lives.append(life)
        status = self._live(life)
        life.killed = status == _KILLED
        # A task that needed one look less has fewer steps, and a process that has its last
        # answer may end before the kill comes; nothing else may be missed.
        answered = point.gate is not None and point.gate[1] == "answered"
        if not life.killed and not (status == 0 and (point.effect or point.call or answered)):
            life.wrongs.append(f"it was not killed but ended with {status}")
        self._look(life)
        if point.again is not None:
            status = self._do(self._job(life, "again", f"resume {point.client}", point.again))
            if status != _KILLED:
                life.wrongs.append(f"what resumed it was not killed but ended with {status}")
        self._resume(life)
        return life

    def _born(self, point: Point, name: str) -> Life:
        life = Life(point, f"panda {self._folder.name}-{name}", self._folder / name)
        life.folder.mkdir()
        shutil.copy(self._folder / "empty.db", life.journal)
        return life

    def steps(self, point: Point) -> list[str]:
        """The effects of a whole life that nobody kills."""
        life = self.play(evolve(point, effect=10_000))
        self.lives.remove(life)
        steps: list[str] = json.loads((life.folder / "live.json").read_text())
        return steps

    def whole(self, life: Life) -> list[str]:
        """The effects of the process that finished a life."""
        steps: list[str] = json.loads((life.folder / "resume.json").read_text())
        return steps

    def _live(self, life: Life) -> int:
        job = self._job(life, "live", f"live {life.point.client}", life.point.effect)
        if life.point.gate is not None:
            return self._killed_at_gate(life, job)
        if life.point.call is not None:
            return self._killed_at_call(life.point.call, job, life.folder)
        return self._do(job)

    def _killed_at_gate(self, life: Life, job: Mapping[str, Any]) -> int:
        assert life.point.gate is not None
        operation, where, nth = life.point.gate
        gate = self.sandbox.gate(life.point.provider, operation, where, nth=nth)
        pid = self._begin(job)
        if not gate.reached.wait(_PATIENCE):
            life.wrongs.append("the gate was not reached")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        status = self._ended()
        gate.open()
        return status

    def _killed_at_call(self, call: tuple[str, int], job: Mapping[str, Any], folder: Path) -> int:
        name, nth = call
        pid = self._begin({**job, "paused": True})
        inject = f"inject={name}:signal=KILL:when={nth}"
        wait_until_stopped(pid)
        tracer = traced(pid, ["-e", f"trace={name}", "-e", inject], folder / "strace")
        os.kill(pid, signal.SIGCONT)
        status = self._ended()
        tracer.communicate(timeout=_PATIENCE)
        return status

    def trace(self, point: Point, calls: str) -> Path:
        """The system calls of a whole life that nobody kills."""
        life = self._born(point, f"traced-{point.provider}-{point.client}")
        job = self._job(life, "live", f"live {point.client}", None)
        pid = self._begin({**job, "paused": True})
        where = life.folder / "strace"
        wait_until_stopped(pid)
        tracer = traced(pid, ["-y", "-ttt", "-s", "64", "-e", f"trace={calls}"], where)
        os.kill(pid, signal.SIGCONT)
        assert self._ended() == 0, (life.folder / "live").read_text()
        tracer.communicate(timeout=_PATIENCE)
        return where

    def _resume(self, life: Life) -> None:
        kind = "command" if life.point.by_command else life.point.client
        job = self._job(life, "resume", f"resume {kind}", None)
        if life.point.webhook:
            job |= self._webhook_of(life)
        status = self._do(job)
        if status != 0:
            text = Path(job["log"]).read_text()
            life.wrongs.append(f"what resumed it ended with {status}: {text[-600:]}")

    def _webhook_of(self, life: Life) -> dict[str, str]:
        """What the provider called with, once it has."""
        path = f"/{life.folder.name}"
        for tries in range(1, 1000):
            for each in self._hooks.requests:
                parts = urlsplit(each.target)
                if parts.path == path:
                    entry = parse_qs(parts.query)["tintype"][0]
                    return {"delivery": each.body.decode(), "entry": entry}
            self._hooks.has_been_asked(tries)
        raise AssertionError(path)

    # -------------------------------------------------------------------------------- jobs

    def _job(self, life: Life, name: str, act: str, effect: int | None) -> dict[str, Any]:
        point = life.point
        return {
            "act": act,
            "effect": effect,
            "provider": point.provider,
            "key": self.sandbox.key(point.provider),
            "url": self.sandbox.url(point.provider),
            "journal": str(life.journal),
            "folder": str(life.folder / "out"),
            "prompt": life.prompt,
            "n": point.n,
            "log": str(life.folder / name),
            "reference": str(self._reference()) if point.large else None,
            "webhook": f"{self._hooks.url}/{life.folder.name}" if point.webhook else None,
        }

    def _reference(self) -> Path:
        """A picture that is larger than what the system buffers."""
        path = self._folder / "large.png"
        if not path.exists():
            from PIL import Image  # noqa: PLC0415 - needed once

            pixels = os.urandom(2000 * 1600 * 3)
            Image.frombytes("RGB", (2000, 1600), pixels).save(path, compress_level=0)
        return path

    def _do(self, job: Mapping[str, Any]) -> int:
        self._begin(job)
        return self._ended()

    def _begin(self, job: Mapping[str, Any]) -> int:
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(job) + "\n")
        self._zygote.stdin.flush()
        return int(self._told())

    def _ended(self) -> int:
        return int(self._told())

    def _told(self) -> str:
        assert self._zygote.stdout is not None
        return self._zygote.stdout.readline()

    # ----------------------------------------------------------------------------- judging

    def _look(self, life: Life) -> None:
        """What there is of it now that it is dead."""
        with contextlib.closing(sqlite3.connect(life.journal)) as connection:
            (life.recorded,) = connection.execute("SELECT count(task) FROM submission").fetchone()
        life.spooled = any(_spooled(life, part=False))

    def judge(self) -> None:
        """Hold every life against the ledger. To be called once all have been played."""
        for life in self.lives:
            _Judgement(self.sandbox, life).speak()


def wait_until_stopped(pid: int) -> None:
    """Wait for a process that stops itself."""
    pause = threading.Event()
    for _ in range(2000):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state in "Tt":
            return
        pause.wait(0.002)
    raise AssertionError(pid)


def traced(pid: int, what: list[str], where: Path) -> subprocess.Popen[str]:
    """A tracer that has its eyes on a process."""
    strace = shutil.which("strace")
    assert strace is not None
    tracer = subprocess.Popen(  # noqa: S603 - our own process is looked at
        [strace, "-f", "-o", str(where), *what, "-p", str(pid)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracer.stderr is not None
    assert "attached" in tracer.stderr.readline()
    return tracer


def _spooled(life: Life, *, part: bool) -> Iterator[Path]:
    spool = Path(f"{life.journal}.spool")
    for path in spool.iterdir() if spool.exists() else ():
        if path.name.endswith(".part") is part:
            yield path


class _Judgement:
    """One life against the ledger, its folder and its journal."""

    def __init__(self, sandbox: Sandbox, life: Life) -> None:
        self._life = life
        state = sandbox._engines[life.point.provider].state  # noqa: SLF001 - what was drawn
        self._works = [
            work for work in state.works.values() if f'{life.prompt}"' in json.dumps(_plain(work))
        ]
        ids = {work.id for work in self._works}
        paid = sandbox.ledger(life.point.provider).charged_tasks
        self._charged = [each for each in paid if each in ids]
        journal = SqlJournal(life.journal)
        self._lines = journal.records()
        journal.close()
        self._unknown = [line for line in self._lines if line.task is None and line.outcome]

    def speak(self) -> None:
        """Write down what is wrong, and how it came out."""
        self._life.wrongs += [words for words, wrong in self._wrongs() if wrong]
        charged, files = len(self._charged), len(self._life.images)
        if files:
            self._life.outcome = "saved"
        elif charged:
            self._life.outcome = "unknown, charged"
        else:
            self._life.outcome = "unknown" if self._unknown else "never sent"

    def _wrongs(self) -> Iterator[tuple[str, bool]]:
        life, point = self._life, self._life.point
        names = [path.name for path in life.images]
        drawn = [drawing.data for work in self._works for drawing in work.drawings]
        found = Counter(path.read_bytes() for path in life.images)
        yield f"{len(self._works)} submissions for {point.n}", len(self._works) > point.n
        yield f"charged {len(self._charged)} times for {point.n}", len(self._charged) > point.n
        yield f"{len(self._lines)} records for {point.n}", len(self._lines) > point.n
        yield f"hidden files: {names}", any(name.startswith(".") for name in names)
        yield f"files that nobody drew: {names}", bool(found - Counter(drawn))
        unsaved = len(self._charged) - len(names)
        yield f"{unsaved} charged, and neither saved nor unknown", unsaved > len(self._unknown)
        yield f"{life.recorded} recorded, {len(names)} saved", life.recorded > len(names)
        yield "still open", any(line.open or line.outcome is None for line in self._lines)
        left = [*_spooled(life, part=True), *_spooled(life, part=False)]
        yield f"left in the spool: {left}", bool(left)
        yield "an image in the spool was not saved", life.spooled and not names
        lost = point.webhook and len(names) != point.n
        yield f"a webhook came, and {len(names)} were saved", lost


def _plain(work: Any) -> object:  # noqa: ANN401 - as the sandbox keeps it
    return {key: str(value) for key, value in work.body.items()}
