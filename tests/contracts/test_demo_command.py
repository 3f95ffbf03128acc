"""`tintype demo` as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tintype.journal.sql import SqlJournal
from tintype_contracts.commands.demo import _is_here
from tintype_contracts.sandbox import Sandbox

SCRIPT = Path(sys.executable).parent / "tintype"
DEMO = ("demo", "-p", "apiin", "-p", "apiyi", "--pace", "0.02")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment without a key, and a journal of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
    }


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose exports stand in somebody's shell."""
    with Sandbox(["apiin"], pace=0.02) as found:
        yield found


def demo(environ: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command's end, with nobody at its stdin."""
    return subprocess.run(  # noqa: S603 - our own script
        [SCRIPT, *DEMO],
        env=environ,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_a_key_the_sandbox_draws_and_no_journal_is_kept(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """What it plays is gone with it: there is nothing to resume."""
    done = demo(environ, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sandbox") == 2
    assert "for real" not in done.stderr
    assert not (tmp_path / "journal.db").exists()


def test_a_key_of_the_sandbox_is_not_called_real(
    environ: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    """A base URL on this machine is named; nobody pays there."""
    exports = sandbox.environ()
    done = demo(environ | exports, tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"apiin: drawn at {exports['APIIN_BASE_URL']}" in done.stderr
    assert "for real" not in done.stderr
    assert not (tmp_path / "journal.db").exists()


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080/apiyi", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:1", True),
        ("http://localhost:1", True),
        ("https://api.apiyi.com", False),
        ("http://10.0.0.1", False),
        ("https://127.0.0.1.example.com", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_this_machine_is_told_by_its_address(url: str, here: bool) -> None:  # noqa: FBT001 - a table
    """Loopback, in either version of the protocol, or by name."""
    assert _is_here(url) is here


def _paying(environ: dict[str, str], sandbox: Sandbox, code: str = "") -> list[str]:
    """The demo where the sandbox's address counts as one that charges."""
    environ |= sandbox.environ()
    start = (
        "from tintype.cli import main; import tintype_contracts.commands.demo as demo; "
        f"demo._is_here = lambda url: False; {code}main({[*DEMO]!r})"
    )
    return [sys.executable, "-c", start]


def test_what_is_drawn_for_real_is_written_down(
    environ: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    """In the journal, and the sandbox's play is not."""
    done = subprocess.run(  # noqa: S603 - our own code
        _paying(environ, sandbox),
        env=environ,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "apiin: drawn for real, with your key" in done.stderr
    lines = SqlJournal(tmp_path / "journal.db").records()
    assert [line.provider for line in lines] == ["apiin"]


def test_an_interrupt_tells_what_goes_on(environ: dict[str, str], tmp_path: Path) -> None:
    """The task that is paid for, and how to finish it."""
    with (
        Sandbox(["apiin"], pace=30) as slow,
        subprocess.Popen(  # noqa: S603 - our own code
            _paying(environ, slow),
            env=environ,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("apiin: ") and "drawn" not in line:
                break
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    (line,) = SqlJournal(tmp_path / "journal.db").records()
    assert f"tintype resume {line.id}" in shown
    assert "apiin: The task" in shown
    assert "Traceback" not in shown
