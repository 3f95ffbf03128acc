"""`contracts live` and `record` as processes: whole before they pay, and nothing paid is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.core.terminal import SCRIPT, Terminal

from tintype.budget import Budget
from tintype.journal._sql import SqlJournal
from tintype_contracts import Sandbox

Done: TypeAlias = subprocess.CompletedProcess[str]
SCENE = ("--scene", "generated/drawn")
BUDGET = ("--budget-usd", "1")
LEDGER = "tintype-live.db"
_MISUSE = 2


@pytest.fixture
def service() -> Iterator[Sandbox]:
    """A provider that stands for the live service."""
    with Sandbox(["apiin"], pace=0.02) as found:
        yield found


@pytest.fixture
def slow() -> Iterator[Sandbox]:
    """The same, which takes its time to draw."""
    with Sandbox(["apiin"], pace=30) as found:
        yield found


def environ(service: Sandbox, folder: Path) -> dict[str, str]:
    """The environment of somebody who means it."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TINTYPE_LIVE": "1",
        "TINTYPE_JOURNAL": str(folder / "journal.db"),
        **service.environ(),
    }


def run(service: Sandbox, folder: Path, *arguments: str) -> Done:
    """The command's end, with nobody at its stdin."""
    return subprocess.run(  # noqa: S603 - our own script
        [SCRIPT, "contracts", *arguments],
        env=environ(service, folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("live", "apiin", *BUDGET, "--yes", *SCENE, "--scene", "generated/x"), "generated/x"),
        (
            ("record", "apiin", "to", *BUDGET, "--yes", *SCENE, "--scene", "x/listed"),
            "no scene 'x/listed'",
        ),
        (("record", "apiin", "to", "--budget-usd", "0.03", "--yes", *SCENE, *SCENE), "may cost"),
        (("live", "apiin", *BUDGET, "--yes", "--submits", "1", *SCENE, *SCENE), "submissions"),
        (("record", "apiin", "file/to", *BUDGET, "--yes", *SCENE), "cannot be written"),
        (("record", "apiin", "there", *BUDGET, "--yes", *SCENE), "overwritten"),
        (("live", "apiin", *BUDGET, "--yes", "--ledger", "file/l.db", *SCENE), "Cannot write"),
        (("live", "apiin", *BUDGET, *SCENE), "give --yes"),
    ],
)
def test_what_cannot_be_played_whole_is_not_begun(
    service: Sandbox, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """The second scene, the folder, the ledger and the consent are looked at before the first."""
    (tmp_path / "file").touch()
    (tmp_path / "there").mkdir()
    done = run(service, tmp_path, *arguments)
    assert done.returncode == _MISUSE, done.stderr
    assert words in done.stderr
    assert service.ledger("apiin").paid == ()
    assert not (tmp_path / "to").exists()


def test_without_anybody_to_ask_not_even_a_price_is_asked(service: Sandbox, tmp_path: Path) -> None:
    """Exit code 2 is only where nothing was sent."""
    run(service, tmp_path, "live", "apiin", *BUDGET)
    assert service.calls("apiin") == ()


def test_a_terminal_is_asked_for_how_much(service: Sandbox, tmp_path: Path) -> None:
    """With the worst of all scenes; an n pays nothing."""
    arguments = ("contracts", "live", "apiin", *BUDGET, *SCENE, *SCENE)
    terminal = Terminal.of(arguments, environ(service, tmp_path), tmp_path)
    terminal.until(b"Go on, and pay for it? [y/N]")
    terminal.type(b"n\n")
    assert terminal.end() == 1
    assert b"for up to 0." in terminal.shown
    assert service.ledger("apiin").paid == ()


def test_pictures_are_saved_beside_the_ledger(service: Sandbox, tmp_path: Path) -> None:
    """And the ledger has nothing left to do; the user's own journal knows nothing of it."""
    done = run(service, tmp_path, "live", "apiin", *BUDGET, "--yes", *SCENE)
    assert done.returncode == 0, done.stderr
    (picture, *_) = (tmp_path / f"{LEDGER}.pictures").iterdir()
    assert picture.name in done.stdout
    assert [record.open for record in SqlJournal(tmp_path / LEDGER).records()] == [False]
    assert not (tmp_path / "journal.db").exists()


@pytest.mark.parametrize("command", [("live", "apiin"), ("record", "apiin", "to")])
def test_an_interrupt_loses_nothing(
    slow: Sandbox, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """The task is told with the way on, what was observed is written, the worst stays spent."""
    with subprocess.Popen(  # noqa: S603 - our own script
        [SCRIPT, "contracts", *command, *BUDGET, "--yes", *SCENE],
        env=environ(slow, tmp_path),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while "poll" not in slow.calls("apiin"):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in told
    with closing(SqlJournal(tmp_path / LEDGER)) as journal:
        (record,) = journal.records()
        assert journal.counted(Budget(usd=1, period="ever")) > 0
    assert f"TINTYPE_JOURNAL={LEDGER} tintype resume {record.id}" in told
    if command[0] == "record":
        assert "[story.observed-" in (tmp_path / "to" / "sheet.toml").read_text("utf-8")


def test_what_was_played_is_kept_when_a_later_scene_goes_wrong(
    service: Sandbox, tmp_path: Path
) -> None:
    """It was paid for: that is exit code 1, and the recording holds the first scene."""
    twice = ("record", "apiin", "to", *BUDGET, "--yes", "--attempts", "1", *SCENE, *SCENE)
    done = run(service, tmp_path, *twice)
    assert done.returncode == 1, done.stderr
    assert len(service.ledger("apiin").paid) == 1
    assert "[story.observed-" in (tmp_path / "to" / "sheet.toml").read_text("utf-8")
