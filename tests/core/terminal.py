"""A real terminal for a command: a pseudo-terminal whose other end is read."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest
from attrs import define, field

SCRIPT = Path(sys.executable).parent / "tintype"
_PATIENCE = 30.0


@define
class Terminal:
    """A command whose stdin, stdout and stderr are one terminal; whatever it writes is kept."""

    process: subprocess.Popen[bytes]
    _end: int
    shown: bytes = field(default=b"")

    @classmethod
    def of(
        cls,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
        *,
        columns: int = 400,
    ) -> Self:
        """Start `tintype` there; tests that cannot have a terminal are skipped."""
        pty = pytest.importorskip("pty", reason="only where there are pseudo-terminals")
        ours, theirs = pty.openpty()
        process = subprocess.Popen(  # noqa: S603 - our own script
            [SCRIPT, *arguments],
            env={**environ, "TERM": "xterm", "COLUMNS": str(columns)},
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        return cls(process, ours)

    def until(self, words: bytes) -> None:
        """Read until the words were shown."""
        deadline = time.monotonic() + _PATIENCE
        while words not in self.shown:
            assert self._read(deadline), self.shown

    def type(self, text: bytes) -> None:
        """What a person types."""
        os.write(self._end, text)

    def interrupt(self) -> None:
        """Press Ctrl-C, and again while nothing comes of it.

        A signal between a prompt and the wait for its answer is seen at the next key only:
        GNU readline asks for signals after its select, not before.
        """
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.5)

    def end(self) -> int:
        """Read all that comes; the exit status."""
        deadline = time.monotonic() + _PATIENCE
        while self._read(deadline):
            pass
        os.close(self._end)
        return self.process.wait(timeout=_PATIENCE)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, self.shown
        try:
            chunk = os.read(self._end, 65536)
        except OSError:  # Linux: everybody on the other side has gone
            return False
        self.shown += chunk
        return bool(chunk)
