"""A plugin imported in a process of its own, and what that does.

Run as a module with the provider's name and a file to write to. No HTTP library can be
imported here: a plugin that needs one does I/O.
"""

from __future__ import annotations

import decimal
import importlib.abc
import json
import logging
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType

from attrs import field, frozen

from tintype_contracts.harness.distribution import child_environment
from tintype_contracts.oracles.purity import environ_code, reach_of_call, reach_of_event

HTTP_LIBRARIES = ("urllib3", "aiohttp", "httpx", "httpx2", "requests")
_GROUP = "tintype"
_MAX_SECONDS = 60
# A module is read when it is imported; data beside it may be, too.
_READS = ("open", "os.listdir", "os.scandir", "posix.", "nt.")
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
        ended = subprocess.run(  # noqa: S603 - this interpreter, this module
            [sys.executable, "-P", "-m", _ME, provider, str(told)],
            cwd=folder,
            env=child_environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_MAX_SECONDS,
            check=False,
        )
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
    """Both instruments of `guard`, which only look on, and pass over what an import does."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.touches: list[str] = []
        self.over = False

    def audit(self, event: str, _: tuple[object, ...]) -> None:
        """An audit hook."""
        if not self.over and reach_of_event(event):
            self._note(event, sys._getframe(1))  # noqa: SLF001 - who asks is on the stack

    def profile(self, frame: FrameType, event: str, called: object) -> None:
        """A profile function."""
        if event == "call" and frame.f_code in environ_code():
            self._note("os.environ", frame)
        found = reach_of_call(called) if event == "c_call" else None
        if found is not None:
            self._note(found[1], frame)

    def _note(self, what: str, frame: FrameType) -> None:
        reads = what.startswith(_READS)
        if not reads and what not in self.touches and _asked_by(self._package, frame):
            self.touches.append(what)


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
