"""What a pure function may not touch, noticed while it runs.

Two instruments, because neither sees everything:

- An audit hook (PEP 578) sees files, sockets, processes, threads and writes to the
  environment, whoever asks for them, C code included. It can never be removed, so it is
  installed once, and idle unless a guard is open.
- A profile function sees every call that Python code makes to a function written in C.
  That is how clocks, `sleep`, random numbers, `print` and reads of the environment are
  noticed: they raise no audit event.

What is reached for is not had: the call ends in `ReachedOutError`, and the touch is
written down whatever becomes of that.

What neither sees: a clock that C code reads on its own account, values kept from an
earlier call (the checks for determinism look for those), and what another thread does;
starting one is seen.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from types import CodeType, FrameType
from typing import Literal, TypeAlias

from attrs import frozen

Reach: TypeAlias = Literal["io", "clock", "chance", "environment"]


@frozen
class Touch:
    """Something outside that a function reached for.

    Attributes:
        reach: Of which sort it is.
        what: What it was, as `open('/etc/hosts')`.
    """

    reach: Reach
    what: str


class ReachedOutError(BaseException):
    """A guarded function reached for something outside. No `except Exception` stops it."""


_EVENTS: Mapping[str, Reach] = {
    "open": "io",
    "_thread.start_new_thread": "io",
    "ctypes.dlopen": "io",
    "os.putenv": "environment",
    "os.unsetenv": "environment",
}
_FAMILIES = ("socket.", "subprocess.", "os.", "shutil.", "tempfile.", "sqlite3.", "urllib.")
_SHOWN = 200

_CLOCKS = (
    "time",
    "time_ns",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
    "thread_time_ns",
    "clock_gettime",
    "clock_gettime_ns",
    "localtime",
    "sleep",
)
_TODAY = frozenset({"now", "utcnow", "today"})
_FUNCTIONS: Mapping[tuple[object, str], Reach] = {
    **{("time", name): "clock" for name in _CLOCKS},
    **{(module, "urandom"): "chance" for module in ("posix", "nt")},
    ("_thread", "start_new_thread"): "io",
    ("_thread", "start_joinable_thread"): "io",
    ("builtins", "print"): "io",
    ("builtins", "input"): "io",
}
_TEXTS = (str, bytes, bytearray, re.Pattern, re.Match)
_PLAIN = frozenset((*_TEXTS, int, float, Decimal, dict, list, tuple, set, frozenset))
"""Of what the methods written in C reach for nothing: nearly all that a hook calls."""
_SYSTEM = frozenset({"posix", "nt", "_socket"})  # all of it, but for what follows
_HARMLESS = frozenset({"fspath"})


@contextlib.contextmanager
def guarded() -> Iterator[list[Touch]]:
    """Notices what this thread reaches for, until the block ends.

    Yields:
        The touches, in order. A profiler that was at work is silent meanwhile.
    """
    touches: list[Touch] = []
    _install()
    before = sys.getprofile()
    collects = gc.isenabled()
    gc.disable()  # what a collection sets off, finalizers and callbacks, is not the function's
    _open.touches = touches
    sys.setprofile(_profile(touches))
    try:
        yield touches
    finally:
        sys.setprofile(before)
        _open.touches = None
        if collects:
            gc.enable()


def touches_of(
    call: Callable[[], object], first: Callable[[], object] | None = None
) -> list[Touch]:
    """What `call` reaches for, once `first` was called: an import at first use is none.

    `first` is the call itself where it is left out.
    """
    _quietly(first or call)
    with guarded() as touches:
        _quietly(call)
    return touches


def _quietly(call: Callable[[], object]) -> None:
    with contextlib.suppress(Exception, ReachedOutError):  # only what it touches matters here
        call()


# -------------------------------------------------------------------------- the audit hook


class _Open(threading.local):
    """The guard that is open in this thread, if one is."""

    touches: list[Touch] | None = None


_open = _Open()


@cache
def _install() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    touches = _open.touches
    if touches is None:
        return
    reach = reach_of_event(event)
    if reach is not None:
        _open.touches = None  # describing the arguments must not be noticed
        what = f"{event}{arguments!r}"[:_SHOWN]
        _open.touches = touches
        _reached(touches, reach, what)


def reach_of_event(event: str) -> Reach | None:
    """What an audit event tells of reaching out, if it does."""
    return _EVENTS.get(event) or ("io" if event.startswith(_FAMILIES) else None)


# -------------------------------------------------------------------- the profile function


def _profile(touches: list[Touch]) -> Callable[[FrameType, str, object], None]:
    environ = environ_code()

    def notice(frame: FrameType, event: str, called: object) -> None:
        if event == "call" and frame.f_code in environ:
            _reached(touches, "environment", "os.environ")
        elif event == "c_call":
            found = reach_of_call(called)
            if found is not None:
                _reached(touches, *found)

    return notice


def reach_of_call(called: object) -> tuple[Reach, str] | None:
    """What a function written in C reaches for, if it does."""
    if type(getattr(called, "__self__", None)) in _PLAIN:
        return None
    name = str(getattr(called, "__name__", ""))
    module = getattr(called, "__module__", None)
    known = _FUNCTIONS.get((module, name))
    if known is None and module in _SYSTEM and name not in _HARMLESS:
        known = "io"
    if known is not None:
        return known, f"{module}.{name}()"
    return _reach_of_method(getattr(called, "__self__", None), name)


def _reach_of_method(owner: object, name: str) -> tuple[Reach, str] | None:
    if isinstance(owner, type):
        reads = issubclass(owner, date) and name in _TODAY
        return ("clock", f"{owner.__name__}.{name}()") if reads else None
    if isinstance(owner, random.Random):
        return "chance", f"random.{name}()"
    if isinstance(owner, io.IOBase) and not isinstance(owner, io.BytesIO | io.StringIO):
        return "io", f"{type(owner).__name__}.{name}()"
    return None


@cache
def environ_code() -> frozenset[CodeType]:
    """The code that reads the environment: the methods of `os.environ` are written in Python."""
    methods = vars(type(os.environ)).values()
    return frozenset(code for method in methods if (code := getattr(method, "__code__", None)))


def _reached(touches: list[Touch], reach: Reach, what: str) -> None:
    touches.append(Touch(reach, what))
    raise ReachedOutError(what)
