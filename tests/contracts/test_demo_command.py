"""`tintype demo` as a process of its own: it plays, and pays only where somebody said so."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.core.loopback import Loopback
from tests.core.terminal import SCRIPT, Terminal

from tintype.journal._sql import SqlJournal
from tintype_contracts import installed
from tintype_contracts.sandbox import Sandbox

Done: TypeAlias = subprocess.CompletedProcess[str]
DEMO = ("demo", "-p", "apiin", "-p", "apiyi", "--pace", "0.02")
LIVE = ("demo", "-p", "apiin", "--live")
PROVIDERS = installed()
_MISUSE = 2


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment without a key, and a journal of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
    }


@pytest.fixture
def service() -> Iterator[Sandbox]:
    """A provider that stands for one that charges: its key and its URL are in the shell."""
    with Sandbox(["apiin"], pace=0.02) as found:
        yield found


def run(environ: dict[str, str], folder: Path, *arguments: str, given: str = "") -> Done:
    """The command's end, with nobody at its stdin."""
    return subprocess.run(  # noqa: S603 - our own script
        [SCRIPT, *arguments],
        env=environ,
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_demo_of_the_readme_sends_nothing_to_a_provider_whose_key_is_set(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """With a key for each and nobody to ask, the sandbox's pictures are all there is."""
    with Loopback() as world:
        for name in PROVIDERS:
            environ[f"{name.upper()}_API_KEY"] = "a-key-that-charges"
            environ[f"{name.upper()}_BASE_URL"] = world.url
        done = run(environ, tmp_path, "demo", "a red panda astronaut", "-o", "out")
        assert world.accepted == 0
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if " out/" in line]
    assert {(row[0], row[1]) for row in rows} == {(name, "sandbox") for name in PROVIDERS}
    assert len(list((tmp_path / "out").iterdir())) == len(PROVIDERS)
    assert "live" not in done.stdout
    assert not (tmp_path / "journal.db").exists()


def test_without_a_key_the_sandbox_draws_and_no_journal_is_kept(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """What it plays is gone with it: there is nothing to resume."""
    done = run(environ, tmp_path, *DEMO)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sandbox") == 2
    assert not (tmp_path / "journal.db").exists()


@pytest.mark.parametrize("given", ["", "n\n", "y\n"])
def test_nobody_pays_where_nobody_can_be_asked(
    environ: dict[str, str], service: Sandbox, tmp_path: Path, given: str
) -> None:
    """Whatever comes through a pipe is no answer of a person: nothing is sent."""
    done = run(environ | service.environ(), tmp_path, *LIVE, given=given)
    assert (done.returncode, done.stdout) == (_MISUSE, "")
    assert "give --yes" in done.stderr
    assert service.calls("apiin") == ()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("demo", "--live", "--yes"), "give -p NAME"),
        (("demo", "-p", "apiyi", "--live", "--yes"), "set APIYI_API_KEY"),
        (("demo", "-p", "apiin", "-p", "apiyi", "--live", "--yes"), "set APIYI_API_KEY"),
        (("demo", "-p", "nobody", "--live", "--yes"), "knows no provider 'nobody'"),
        (("demo", "-p", "nobody"), "knows no provider 'nobody'"),
        (("demo", "-"), "nothing stands"),
    ],
)
def test_a_demo_that_cannot_be_played_is_misuse(
    environ: dict[str, str],
    service: Sandbox,
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """One sentence, and nothing is sent."""
    done = run(environ | service.environ(), tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (_MISUSE, "")
    assert words in done.stderr
    assert service.calls("apiin") == ()


def test_a_terminal_is_asked_what_a_picture_costs_and_no_is_read(
    environ: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """The question names the price; nothing is submitted before it is answered."""
    terminal = Terminal.of(LIVE, environ | service.environ(), tmp_path)
    terminal.until(b"Pay with your own accounts: apiin $0.024\xe2\x80\xa6$0.12? [y/N]")
    terminal.type(b"n\n")
    assert terminal.end() == 1
    assert service.ledger("apiin").paid == ()
    assert not (tmp_path / "out").exists()


def test_an_interrupt_at_the_question_ends_it(
    environ: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """At once, by the signal."""
    terminal = Terminal.of(LIVE, environ | service.environ(), tmp_path)
    terminal.until(b"[y/N]")
    terminal.interrupt()
    assert terminal.end() == -signal.SIGINT
    assert service.ledger("apiin").paid == ()


def test_what_a_person_agreed_to_is_drawn_and_written_down(
    environ: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """In the journal, so that nothing paid for is lost."""
    terminal = Terminal.of(LIVE, environ | service.environ(), tmp_path)
    terminal.until(b"[y/N]")
    terminal.type(b"y\n")
    assert terminal.end() == 0, terminal.shown
    (record,) = SqlJournal(tmp_path / "journal.db").records()
    assert (record.provider, record.open) == ("apiin", False)
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_yes_stands_for_the_answer(
    environ: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """Where nobody is at the terminal; only who is named is paid."""
    done = run(environ | service.environ(), tmp_path, *LIVE, "--yes")
    assert done.returncode == 0, done.stderr
    (row,) = [line.split() for line in done.stdout.splitlines() if " out/" in line]
    assert row[:2] == ["apiin", "live"]


def test_an_interrupt_tells_what_goes_on(environ: dict[str, str], tmp_path: Path) -> None:
    """The task that is paid for, and how to finish it."""
    with (
        Sandbox(["apiin"], pace=30) as slow,
        subprocess.Popen(  # noqa: S603 - our own script
            [SCRIPT, *LIVE, "--yes"],
            env=environ | slow.environ(),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        assert process.stderr.readline().startswith("apiin: ")
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    (record,) = SqlJournal(tmp_path / "journal.db").records()
    assert f"tintype resume {record.id}" in shown
    assert "apiin: The task" in shown
    assert "Traceback" not in shown


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="only where there is bash")
@pytest.mark.parametrize(
    "command",
    [
        "demo -p apiin --pace 30",
        "sandbox --provider apiin",
        "contracts check apiyi",
    ],
)
def test_ctrl_c_ends_the_loop_around_it(
    environ: dict[str, str], tmp_path: Path, command: str
) -> None:
    """Whichever command it is, bash starts no second one."""
    loop = f"for i in 1 2 3; do echo begun >> begun; '{SCRIPT}' {command}; echo next >> next; done"
    with subprocess.Popen(  # noqa: S603 - our own script
        ["/bin/bash", "-c", loop],
        env=environ,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as bash:
        assert bash.stdout is not None
        if "check" in command:  # it says nothing until it is done
            with pytest.raises(subprocess.TimeoutExpired):
                bash.wait(timeout=2)
        else:
            bash.stdout.readline()
        os.killpg(bash.pid, signal.SIGINT)
        told, _ = bash.communicate(timeout=30)
    assert bash.returncode == -signal.SIGINT, told
    assert b"Traceback" not in told
    assert not (tmp_path / "next").exists()
