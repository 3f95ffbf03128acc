"""A stranger's words on the way to a terminal, a pipe and a log."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path

import pytest
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, said
from tests.core.pictures import PNG, in_base64
from tests.core.terminal import SCRIPT, Terminal

from tintype import ImageRequest
from tintype._client.logs import log
from tintype._flow.effects import Record
from tintype._printable import printable, printable_json, printable_lines
from tintype.entries import Snapshot
from tintype.models import Task, TaskState

PROMPT = "a red panda"
DRAW = ("generate", PROMPT, "-p", "apiyi", "-m", "seedream-4.5")
# A title, the clipboard, a wiped screen, a forged line, a turned direction, a C1 sequence.
ODD = (
    "bad \x1b]0;owned\x07 \x1b]52;c;ZWNobw==\x07 \x1b[2J "
    "\r\ntintype: apiyi: done, nothing was charged \u202egnp.exe \x9b31m \x00 \x7f"
)
FORBIDDEN = [b"\x1b]", b"\x1b[2J", b"\x07", b"\x00", b"\x7f", "\x9b".encode(), "\u202e".encode()]


@pytest.fixture
def environ(tmp_path: Path, server: Loopback) -> dict[str, str]:
    """APIYI at the server, with a key."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "APIYI_API_KEY": KEY,
        "APIYI_BASE_URL": server.url,
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ä 熊 👩\u200d🚀", "plain, ä 熊 👩\u200d🚀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x00\x07\x7f\x85\x9b", "\\x00\\x07\\x7f\\x85\\x9b"),
        ("\u202eabc\u2066\u200f\u061c", "\\u202eabc\\u2066\\u200f\\u061c"),
        ("\u2028\u2029\ufeff\u200b\xad", "\\u2028\\u2029\\ufeff\\u200b\\xad"),
        ("\ud83d", "\\ud83d"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_a_terminal_obeys_is_spelled_out(text: str, shown: str) -> None:
    """On one line; letters, signs and pictures of any script stay."""
    assert printable(text) == shown
    assert printable(shown) == shown


def test_line_breaks_of_our_own_stay() -> None:
    """In a text of several lines; a carriage return is nobody's."""
    assert printable_lines("one\ntwo\r\n\x1b") == "one\ntwo\\r\n\\x1b"


def test_json_stays_the_same_value() -> None:
    """Only its spelling changes, also of what lies beyond 16 bits and of half a pair."""
    value = {"words": ODD, "tag\U000e0041": ["\ud83d", "熊"]}
    shown = printable_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(shown) == value
    assert [printable(line) for line in shown.split("\n")] == shown.split("\n")
    assert "熊" in shown


@pytest.mark.parametrize("kind", ["refused", "failed"])
def test_a_providers_words_do_not_drive_a_terminal(
    server: Loopback, environ: dict[str, str], tmp_path: Path, kind: str
) -> None:
    """Neither those of a refusal nor those beside an answer nobody understands."""
    if kind == "refused":
        answer = said({"error": {"message": ODD, "type": ODD, "code": ODD}}, status=400)
    else:
        answer = said({"error": {"message": ODD}, "data": [{"error": ODD}]}, status=500)
    server.on("POST /v1/images/generations", answer)
    terminal = Terminal.of(DRAW, environ, tmp_path)
    assert terminal.end() == 1
    assert not [odd for odd in FORBIDDEN if odd in terminal.shown]
    lines = terminal.shown.replace(b"\r\n", b"\n").split(b"\n")
    assert not any(line.startswith(b"tintype: apiyi: done") for line in lines)
    assert b"tintype: apiyi: " in terminal.shown


def test_a_task_id_cannot_forge_a_line_or_a_fact_of_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its break is spelled out, and what holds a blank or a sign is quoted."""
    task = Task(
        provider="apiyi",
        id="t\nERROR tintype: billed=no state=succeeded",
        state=TaskState.RUNNING,
        request=ImageRequest(prompt=PROMPT),
    )
    with caplog.at_level(logging.DEBUG, "tintype"):
        log("apiyi", Record(entry=Snapshot(task=task)), "", None, 0.0)
    (record,) = caplog.records
    words = record.getMessage()
    assert "\n" not in words
    assert 'task="t\\\\nERROR' in words
    assert record.__dict__["tintype"]["task"] == task.id


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_that_lacks_a_letter_is_no_error(
    environ: dict[str, str], tmp_path: Path, encoding: str
) -> None:
    """It is spelled out; JSON is UTF-8 for a program, whatever the locale."""
    environ |= {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    listed, as_json = (
        subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, "models", *flags],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=60,
        )
        for flags in ([], ["--json"])
    )
    assert (listed.returncode, listed.stderr) == (0, b"")
    assert (as_json.returncode, as_json.stderr) == (0, b"")
    assert json.loads(as_json.stdout.decode("utf-8"))


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_traceback(
    environ: dict[str, str], tmp_path: Path, closed: str
) -> None:
    """Whichever of the three a shell closes."""
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", "-c", f"'{SCRIPT}' models -p apiyi {closed}; echo $? > status"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (tmp_path / "status").read_text().strip() in {"0", "1"}
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_whoever_stops_reading_the_progress_costs_no_picture(
    server: Loopback, environ: dict[str, str], tmp_path: Path
) -> None:
    """As `tintype generate … 2>&1 | head -1` does: the picture is saved all the same."""
    server.on("POST /v1/images/generations", said({"data": [{"b64_json": in_base64(PNG)}]}))
    reading, writing = os.pipe()
    os.close(reading)
    try:
        subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, *DRAW, "-o", "out"],
            env=environ,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    (path,) = (tmp_path / "out").iterdir()
    assert path.read_bytes() == PNG


def test_what_the_journal_holds_does_not_drive_a_terminal(
    server: Loopback, environ: dict[str, str], tmp_path: Path
) -> None:
    """A prompt, a reason and an id in the list of tasks; in JSON they are what they were."""
    prompt = ODD.replace("\x00", "")
    server.on("POST /v1/images/generations", Fault.RESET)
    asked = ("generate", prompt, *DRAW[2:])
    assert Terminal.of(asked, environ, tmp_path).end() == 1
    terminal = Terminal.of(("tasks",), environ, tmp_path)
    assert terminal.end() == 0
    assert b"unknown" in terminal.shown
    assert not [odd for odd in FORBIDDEN if odd in terminal.shown]
    as_json = Terminal.of(("tasks", "--json"), environ, tmp_path)
    assert as_json.end() == 0
    assert not [odd for odd in FORBIDDEN if odd in as_json.shown]
    (listed,) = json.loads(as_json.shown)
    assert listed["request"]["prompt"] == prompt


@pytest.mark.parametrize("arguments", [("-v", *DRAW), (*DRAW, "--verbose"), DRAW])
def test_whoever_asks_hears_what_the_provider_said(
    server: Loopback, environ: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Its status and its code, made printable, below the sentence; who does not ask does not."""
    words = {"message": "no such size", "type": "invalid_request_error", "code": "size\x1b[2J"}
    server.on("POST /v1/images/generations", said({"error": words}, status=400))
    done = subprocess.run(  # noqa: S603 - our own script
        [SCRIPT, *arguments],
        env=environ,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    sentence, *details = done.stderr.splitlines()
    assert sentence.startswith("tintype: apiyi: no such size")
    told = [line for line in details if "status 400" in line]
    assert bool(told) == (arguments != DRAW)
    assert "\x1b" not in done.stderr
