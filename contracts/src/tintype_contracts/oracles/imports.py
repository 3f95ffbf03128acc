"""A plugin imported in a process of its own, and what that does.

Run as a module with the provider's name and a file to write to. No HTTP library can be
imported here: a plugin that needs one does I/O.
"""

from __future__ import annotations

import decimal
import importlib.abc
import json
import logging
import os
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import FrameType, ModuleType

from attrs import field, frozen

from tintype_contracts.harness.distribution import run_apart
from tintype_contracts.oracles.purity import environ_code, reach_of_call, reach_of_event

HTTP_LIBRARIES = ("urllib3", "aiohttp", "httpx", "httpx2", "requests")
_GROUP = "tintype"
_MAX_SECONDS = 60
# A module is read when it is imported; data beside it, and what its wheel says, may be, too.
_LISTS = frozenset({"os.listdir", "os.scandir"})
_LOOKS = frozenset({"open", "close", "read", "lseek", "stat", "lstat", "fstat", "getcwd", "access"})
_LOOKS |= {"listdir", "scandir", "readlink", "fspath"}
_READS = frozenset({"read", "readline", "readlines", "readinto", "readall", "close", "isatty"})
_READS |= {"fileno", "seek", "tell", "readable", "seekable", "__enter__", "__exit__"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WHEEL = (".dist-info", ".egg-info")
_IMPORTERS = ("importlib._bootstrap", "_frozen_importlib")

_ME = "tintype_contracts.oracles.imports"


@frozen(kw_only=True)
class Imported:
    """What came of importing a plugin.

    Attributes:
        error: Why it could not be imported, or "".
        ends_process: Whether the error was one that ends a process.
        missing: The HTTP library that it asked for and could not have, or "".
        touches: What it reached for meanwhile.
        changed: What it changed that belongs to others.
    """

    error: str = ""
    ends_process: bool = False
    missing: str = ""
    touches: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@cache
def import_apart(provider: str) -> Imported | None:
    """What importing an installed plugin does; None where none of that name is installed."""
    if not metadata.entry_points(group=_GROUP, name=provider):
        return None
    with tempfile.TemporaryDirectory(prefix="tt-") as folder:
        told = Path(folder) / "told.json"
        ended = run_apart(folder, "-m", _ME, provider, str(told), seconds=_MAX_SECONDS)
        if not told.exists():
            reason = f"the process ended with status {ended.returncode}"
            return Imported(error=reason, ends_process=True)
        value = json.loads(told.read_text("utf-8"))
    lists = {key: tuple(value[key]) for key in ("touches", "changed")}
    return Imported(**{**value, **lists})


# ------------------------------------------------------------------- in the other process


def _import(provider: str) -> Mapping[str, object]:
    (point,) = metadata.entry_points(group=_GROUP, name=provider)
    for name in [name for name in sys.modules if name.startswith(HTTP_LIBRARIES)]:
        del sys.modules[name]
    blocked = _Blocked()
    sys.meta_path.insert(0, blocked)
    before = _belongings()
    told: dict[str, object] = {}
    with _watched(point.module.partition(".")[0]) as touches:
        try:
            point.load()
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            told["error"] = f"{type(error).__name__}: {error}"
            told["ends_process"] = not isinstance(error, Exception)
    after = _belongings()
    changed = [name for name, value in before.items() if after[name] != value]
    missing = blocked.asked[0] if blocked.asked and "error" in told else ""
    return {**told, "missing": missing, "touches": list(touches), "changed": changed}


@frozen
class _Blocked(importlib.abc.MetaPathFinder):
    """Finds no HTTP library, whether it is installed or not."""

    asked: list[str] = field(factory=list)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname in HTTP_LIBRARIES:
            self.asked.append(fullname)
            msg = f"{fullname} cannot be imported here"
            raise ModuleNotFoundError(msg, name=fullname)
        return None


def _belongings() -> Mapping[str, object]:
    """What belongs to everyone in a process, as far as a plugin is likely to change it."""
    return {
        "socket.socket": socket.socket,
        "json.loads": json.loads,
        "json.dumps": json.dumps,
        "the decimal context": repr(decimal.getcontext()),
        "the handlers and level of the root logger": (
            tuple(logging.getLogger().handlers),
            logging.getLogger().level,
        ),
        "warnings.filters": tuple(warnings.filters),
        "sys.path": tuple(sys.path),
        "sys.excepthook": sys.excepthook,
        "sys.stdout": sys.stdout,
        "the default socket timeout": socket.getdefaulttimeout(),
    }


@contextmanager
def _watched(package: str) -> Iterator[list[str]]:
    """Writes down what the modules of `package` reach for while they are imported."""
    watch = _Watch(package)
    sys.addaudithook(watch.audit)
    sys.setprofile(watch.profile)
    try:
        yield watch.touches
    finally:
        sys.setprofile(None)
        watch.over = True


class _Watch:
    """Both instruments of `guard`, which only look on, and pass over what an import does.

    A file is passed over where it is opened for reading and belongs to the package. What is
    then done with it, and what looks at the file system, is passed over by name.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        found = find_spec(package)
        alone = found.origin if found and found.origin else package
        places = (found and found.submodule_search_locations) or [alone]
        self._folders = tuple(os.path.realpath(each) for each in places)
        self.touches: list[str] = []
        self.over = False

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook."""
        if self.over or not reach_of_event(event):
            return
        reads = event == "open" and not _writes(*arguments[1:]) and self._owns(arguments[0])
        lists = event in _LISTS and (self._owns(arguments[0]) or arguments[0] in sys.path)
        if not (reads or lists):
            told = f"{event}({arguments[0]!r})" if arguments else event
            self._note(told, sys._getframe(1))  # noqa: SLF001 - who asks is on the stack

    def _owns(self, path: object) -> bool:
        """Whether a path is below the package, or of what a wheel says of itself."""
        if isinstance(path, int):
            return True  # it was opened before
        full = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes) else str(path)
        below = any(f"{full}{os.sep}".startswith(f"{each}{os.sep}") for each in self._folders)
        return below or any(part.endswith(_WHEEL) for part in Path(full).parts)

    def profile(self, frame: FrameType, event: str, called: object) -> None:
        """A profile function."""
        if event == "call" and frame.f_code in environ_code():
            self._note("os.environ", frame)
        found = reach_of_call(called) if event == "c_call" else None
        if found is not None and not _only_looks(found[1]):
            self._note(found[1], frame)

    def _note(self, what: str, frame: FrameType) -> None:
        if what not in self.touches and _asked_by(self._package, frame):
            self.touches.append(what)


def _writes(mode: object = None, flags: object = 0) -> bool:
    """Whether a file is opened to be changed."""
    by_mode = isinstance(mode, str) and not {*"wax+"}.isdisjoint(mode)
    return by_mode or (isinstance(flags, int) and bool(flags & _WRITES))


def _only_looks(call: str) -> bool:
    """Whether a call in C looks at the file system, or reads what has been opened."""
    owner, _, name = call.removesuffix("()").partition(".")
    if owner in {"posix", "nt"}:
        return name in _LOOKS or name.startswith("_path_")
    return name in _READS and owner not in {"_socket", "socket"}


def _asked_by(package: str, frame: FrameType | None) -> bool:
    """Whether code of `package` asks, itself or by what it calls, not by what it imports."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name == package or name.startswith(f"{package}."):
            return True
        if name.startswith(_IMPORTERS):
            return False
        frame = frame.f_back
    return False


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(_import(sys.argv[1])), "utf-8")
