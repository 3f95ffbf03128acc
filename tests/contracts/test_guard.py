"""What the guard notices while a function runs, and what it leaves alone."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from tintype_contracts.oracles.purity import ReachedOutError, guarded, touches_of

TOUCHES: list[tuple[str, Callable[[], object]]] = [
    ("io", lambda: open(__file__)),  # noqa: PTH123, SIM115 - the plainest way
    ("io", socket.socket),
    ("io", lambda: socket.getaddrinfo("localhost", 80)),
    ("io", lambda: subprocess.run([sys.executable, "-V"], check=False)),
    ("io", lambda: threading.Thread(target=len, args=("",)).start()),
    ("io", lambda: print("text")),  # noqa: T201
    ("io", lambda: sys.__stdout__ and sys.__stdout__.write("text")),
    ("io", os.getcwd),
    ("io", lambda: os.listdir("/")),  # noqa: PTH208
    ("clock", time.time),
    ("clock", lambda: time.sleep(0)),
    ("clock", time.monotonic),
    ("clock", time.perf_counter_ns),
    ("clock", datetime.now),
    ("clock", date.today),
    ("chance", random.random),
    ("chance", lambda: random.choice("ab")),  # noqa: S311
    ("chance", uuid.uuid4),
    ("chance", lambda: os.urandom(1)),
    ("environment", lambda: os.environ.get("HOME")),
    ("environment", lambda: os.getenv("HOME")),
    ("environment", lambda: "HOME" in os.environ),
    ("environment", lambda: os.environ.__setitem__("TINTYPE_TEST", "1")),
]


@pytest.mark.parametrize(("reach", "call"), TOUCHES)
def test_what_a_function_reaches_for_is_noticed(reach: str, call: Callable[[], object]) -> None:
    """Files, sockets, processes, threads, the terminal, clocks, chance, the environment."""
    with guarded() as touches, pytest.raises(ReachedOutError):
        call()
    assert [touch.reach for touch in touches] == [reach]


def test_what_is_pure_is_left_alone() -> None:
    """JSON, decimals, dates that are given, text: nothing of it reaches out."""
    with guarded() as touches:
        json.loads(json.dumps({"a": [1, 2.5, None]}), parse_float=Decimal)
        datetime.fromisoformat("2026-11-20T00:00:00+00:00").isoformat()
        b"text".decode().casefold()
        sorted({"b": 1, "a": 2}.items())
    assert touches == []


def test_an_import_at_first_use_is_no_touch() -> None:
    """The function is called once before it is watched."""
    sys.modules.pop("this", None)

    def lazily() -> object:
        import colorsys  # noqa: PLC0415

        return colorsys.rgb_to_hsv(0, 0, 0)

    sys.modules.pop("colorsys", None)
    assert touches_of(lazily) == []


def test_no_except_exception_hides_a_touch() -> None:
    """A function that swallows what goes wrong is found out all the same."""

    def sly() -> float:
        try:
            return time.time()
        except Exception:  # noqa: BLE001
            return 0.0

    assert [touch.reach for touch in touches_of(sly)] == ["clock"]


def test_a_guard_sees_its_own_thread_alone() -> None:
    """What another thread does while a guard is open is not the function's deed."""
    go, gone = threading.Event(), threading.Event()

    def other() -> None:
        go.wait()
        time.monotonic()
        open(__file__).close()  # noqa: PTH123
        gone.set()

    thread = threading.Thread(target=other)
    thread.start()
    with guarded() as touches:
        go.set()
        while not gone.is_set():
            pass
    thread.join()
    assert touches == []


def test_a_guard_that_is_closed_is_idle() -> None:
    """An audit hook cannot be removed; it looks away."""
    with guarded() as touches:
        pass
    open(__file__).close()  # noqa: PTH123
    time.time()
    assert touches == []
