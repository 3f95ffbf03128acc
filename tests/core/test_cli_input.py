"""What the command line takes: a prompt from standard input, each option once, a home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import click
import pytest
from click.testing import CliRunner
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, said
from tests.core.pictures import PNG, in_base64
from tests.core.terminal import SCRIPT, Terminal

from tintype._cli import cli
from tintype._cli.options import Once
from tintype.errors import Billed, JournalError
from tintype.journal._sql import SqlJournal

Done: TypeAlias = subprocess.CompletedProcess[bytes]
MODEL = ("-m", "seedream-4.5")
SUBMIT = "POST /v1/images/generations"
DRAWN = said({"data": [{"b64_json": in_base64(PNG)}]})
_MISUSE = 2


@pytest.fixture
def environ(tmp_path: Path, server: Loopback) -> dict[str, str]:
    """APIYI and OpenRouter at the server, with a key each."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "APIYI_API_KEY": KEY,
        "APIYI_BASE_URL": server.url,
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_BASE_URL": server.url,
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
    }


def run(environ: dict[str, str], folder: Path, *arguments: str, given: bytes = b"") -> Done:
    """The command's end, with these bytes on its stdin."""
    return subprocess.run(  # noqa: S603 - our own script
        [SCRIPT, *arguments],
        env=environ,
        cwd=folder,
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )


# -------------------------------------------------------------------------- the prompt


def test_a_dash_reads_the_prompt_from_standard_input(
    server: Loopback, environ: dict[str, str], tmp_path: Path
) -> None:
    """To its end, without the blanks around it; the sign itself is never drawn."""
    server.on(SUBMIT, DRAWN)
    given = "\ufeff  a red panda,\n  asleep ä\n\n".encode()
    done = run(environ, tmp_path, "generate", "-", "-p", "apiyi", *MODEL, given=given)
    assert done.returncode == 0, done.stderr
    (request,) = server.take()
    assert json.loads(request.body)["prompt"] == "a red panda,\n  asleep ä"


@pytest.mark.parametrize("given", [b"", b" \n\t\n", b"\xff\xfe\x00"])
@pytest.mark.parametrize("command", ["generate", "quote"])
def test_nothing_on_standard_input_is_misuse(
    server: Loopback, environ: dict[str, str], tmp_path: Path, command: str, given: bytes
) -> None:
    """As are bytes that are no text: nothing is sent."""
    done = run(environ, tmp_path, command, "-", "-p", "apiyi", *MODEL, given=given)
    assert done.returncode == _MISUSE
    assert b"Error: " in done.stderr
    assert server.accepted == 0


@pytest.mark.parametrize("command", ["generate", "quote"])
def test_a_prompt_that_is_left_out_is_misuse(
    server: Loopback, environ: dict[str, str], tmp_path: Path, command: str
) -> None:
    """Where the model needs one: nothing is sent."""
    done = run(environ, tmp_path, command, "-p", "apiyi", *MODEL)
    assert (done.returncode, done.stdout) == (_MISUSE, b"")
    assert b"say what to draw" in done.stderr
    assert server.accepted == 0


def test_a_person_at_a_terminal_is_told_how_to_end_the_prompt(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Instead of waiting in silence."""
    terminal = Terminal.of(("quote", "-", "-p", "apiyi", *MODEL), environ, tmp_path)
    terminal.until(b"Ctrl-D")
    terminal.type(b"a red panda\n\x04")
    assert terminal.end() == 0
    assert b"$0.04" in terminal.shown


# -------------------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("generate", "x", "-p", "apiyi", "-n", "1", "-n", "2"), ("'1'", "'2'")),
        (("generate", "x", "-p", "apiyi", "-m", "a", "--model", "b"), ("'a'", "'b'")),
        (
            ("generate", "x", "-p", "apiyi", "--max-cost", "1", "--max-cost", "9"),
            ("'1'", "'9'"),
        ),
        (("quote", "x", "--size", "1x1", "--size", "2x2"), ("'1x1'", "'2x2'")),
        (("resume", "-o", "a", "-o", "b"), ("'a'", "'b'")),
        (("webhooks", "serve", "--port", "1", "--port", "2"), ("'1'", "'2'")),
    ],
)
def test_an_option_that_takes_one_value_refuses_a_second(
    server: Loopback, environ: dict[str, str], arguments: tuple[str, ...], names: tuple[str, str]
) -> None:
    """It names both; the last does not win in silence."""
    done = CliRunner().invoke(cli, arguments, env=environ)
    assert done.exit_code == _MISUSE
    assert all(name in done.stderr for name in names)
    assert server.accepted == 0


@pytest.mark.parametrize(
    "amount", ["1e999999999", "1e-999999999", "-1", "NaN", "sNaN", "inf", "much", "9" * 5000]
)
@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "x", "-p", "apiyi", "--max-cost"),
        ("contracts", "live", "apiyi", "--budget-usd"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_amount_that_nobody_can_mean_is_misuse(
    server: Loopback, environ: dict[str, str], arguments: tuple[str, ...], amount: str
) -> None:
    """One line that shows an amount; nothing is sent."""
    done = CliRunner().invoke(cli, [*arguments, amount], env=environ)
    assert done.exit_code == _MISUSE
    assert "is not an amount such as 0." in done.stderr
    assert len(done.stderr) < 600
    assert server.accepted == 0


def options(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Every option of every command below a group that takes a value."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from options(command, *path, name)
        for each in command.params:
            if isinstance(each, Once) and not (each.is_flag or each.count or each.empty):
                yield (*path, name, each.opts[-1])


def test_a_value_with_nothing_in_it_is_misuse() -> None:
    """It is a variable of a script that is not set, and never a way to leave the option out."""
    for arguments in options(cli):
        done = CliRunner().invoke(cli, [*arguments, ""])
        assert done.exit_code == _MISUSE, arguments
        assert f"{arguments[-1]}': Nothing stands in it: give it a value" in done.stderr, arguments


def test_an_option_that_takes_several_takes_several(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """And one that has a default keeps it."""
    done = run(environ, tmp_path, "quote", "x", "-p", "apiyi", "-p", "apiin", *MODEL, "--json")
    assert done.returncode == 0, done.stderr
    assert [row["provider"] for row in json.loads(done.stdout)] == ["apiyi", "apiin"]


@pytest.mark.parametrize("arguments", [(), ("webhooks",), ("contracts",)])
def test_a_group_alone_shows_its_help(
    environ: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Line by line, and is misuse."""
    done = run(environ, tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (_MISUSE, b"")
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("Usage: tintype")
    assert "Commands:" in lines
    assert not any(line.startswith("Error") for line in lines)


def test_a_command_line_that_cannot_be_read_says_how_it_is_called(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """The usage, where help is, and what is wrong."""
    done = run(environ, tmp_path, "generate", "x", "-p", "apiyi", "-n", "many\x1b[2J")
    assert done.returncode == _MISUSE
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("Usage: tintype generate ")
    assert lines[-1].startswith("Error: ")
    assert b"\x1b" not in done.stderr


# -------------------------------------------------------------------------- a proxy


@pytest.mark.parametrize("name", ["", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_person_behind_a_proxy_is_told_that_it_is_not_used(
    environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    """Where the connection fails; without one in the environment there is no word of it."""
    environ["APIYI_BASE_URL"] = "http://127.0.0.1:1"
    proxy = {name: "http://127.0.0.1:9"} if name else {}
    done = run(environ | proxy, tmp_path, "generate", "x", "-p", "apiyi", *MODEL)
    assert done.returncode == 1
    assert (b"PROXY" in done.stderr.upper()) == bool(name)
    assert not name or f"{name} is set, and not read".encode() in done.stderr


# -------------------------------------------------------------------------- a home

# Its real user stands in no table; what it may read is still root's.
_NOBODY = "import os, sys; os.setreuid(54321, 0); from tintype._cli import main; main(sys.argv[1:])"


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0, reason="only root can become a user nobody knows"
)
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("tasks",), _MISUSE),
        (("resume",), _MISUSE),
        (("generate", "x", "-p", "apiyi", *MODEL), _MISUSE),
        (("quote", "x", "-p", "apiyi", *MODEL), 0),
        (("models",), 0),
    ],
)
def test_nobody_pays_where_a_journal_has_no_home(
    server: Loopback, environ: dict[str, str], arguments: tuple[str, ...], status: int
) -> None:
    """A user without HOME and without an entry in the table of users: a sentence."""
    homeless = {k: v for k, v in environ.items() if k not in {"HOME", "TINTYPE_JOURNAL"}}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", _NOBODY, *arguments],
        env=homeless,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    assert (b"set HOME, or TINTYPE_JOURNAL" in done.stderr) == (status == _MISUSE)
    assert server.accepted == 0


# -------------------------------------------------------------------------- a shell's loop


def interrupted_loop(
    command: str, server: Loopback, environ: dict[str, str], folder: Path
) -> tuple[int, bytes]:
    """How bash ends, and what is told, when Ctrl-C meets the first round of a loop."""
    loop = f"for i in 1 2 3; do '{SCRIPT}' {command}; echo next >> begun; done"
    with subprocess.Popen(  # noqa: S603 - our own script
        ["/bin/bash", "-c", loop],
        env=environ,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as bash:
        assert server.has_been_asked()
        os.killpg(bash.pid, signal.SIGINT)
        _, told = bash.communicate(timeout=30)
    return bash.returncode, told


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="only where there is bash")
@pytest.mark.parametrize(
    "command",
    [
        "generate 'loop '$i -p apiyi -m seedream-4.5",
        "quote 'loop '$i -p openrouter -m google/gemini-2.5-flash-image",
        "models -p openrouter --live",
    ],
)
def test_ctrl_c_ends_the_loop_around_it(
    server: Loopback, environ: dict[str, str], tmp_path: Path, command: str
) -> None:
    """The process dies by the signal, so bash starts no second one: nothing more is paid for."""
    server.on("*", Fault.STALL)
    status, told = interrupted_loop(command, server, environ, tmp_path)
    assert status == -signal.SIGINT
    assert b"Traceback" not in told
    assert not (tmp_path / "begun").exists()
    assert len(server.lines()) == 1


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="only where there is bash")
def test_ctrl_c_ends_the_loop_around_a_resume(
    server: Loopback, environ: dict[str, str], tmp_path: Path
) -> None:
    """The task stays open in the journal."""
    environ |= {"CHEAPAI_API_KEY": KEY, "CHEAPAI_BASE_URL": server.url}
    server.on("POST /v1i/task/generate-image", said({"success": True, "id": "t"}))
    accepted = run(environ, tmp_path, "generate", "x", "-p", "cheapai", "--no-wait")
    assert accepted.returncode == 0, accepted.stderr
    server.take()
    server.on("*", Fault.STALL)
    status, told = interrupted_loop("resume", server, environ, tmp_path)
    assert status == -signal.SIGINT
    assert b"Traceback" not in told
    assert not (tmp_path / "begun").exists()
    (listed,) = json.loads(run(environ, tmp_path, "tasks", "--json").stdout)
    assert listed["task"]["id"] == "t"


# -------------------------------------------------------------------------- a journal


@pytest.mark.parametrize("content", [b"not a database at all, and long enough to be one" * 9])
def test_a_journal_that_cannot_be_opened_stops_it_before_anything_is_sent(
    server: Loopback, environ: dict[str, str], tmp_path: Path, content: bytes
) -> None:
    """A sentence, exit code 1, and the truth about the money."""
    (tmp_path / "journal.db").write_bytes(content)
    done = run(environ, tmp_path, "generate", "x", "-p", "apiyi", *MODEL)
    assert done.returncode == 1
    assert b"Nothing was sent" in done.stderr
    assert server.accepted == 0
    with pytest.raises(JournalError) as caught:
        SqlJournal(tmp_path / "journal.db")
    assert caught.value.billed is Billed.NO
