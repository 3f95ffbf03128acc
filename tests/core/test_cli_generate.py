"""`tintype generate` for a script: one JSON document, names of files, prompts in files."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import define
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, drawn, in_base64
from tests.core.terminal import SCRIPT

from tintype._client.naming import fields_of
from tintype.errors import MissingKeyError, SaveError

PROMPT = "a red panda"
SUBMIT = "POST /v1/images/generations"
DRAW = ("generate", PROMPT, "-p", "apiyi", "-m", "seedream-4.5", "-o", "out")
DRAWN = said({"data": [{"b64_json": in_base64(PNG)}], "usage": {"generated_images": 1}})
REFUSED = said({"error": {"message": "No such model.", "code": "x"}}, status=400)
SHAPE = {
    *("provider", "model", "billed", "images", "quote", "cost", "tasks", "notices", "attempts"),
    "error",
}


@define
class Shell:
    """The command in a folder of its own, APIYI and CheapAI at the server."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """The command's end; it never shows the key or a traceback."""
        done = subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, *arguments],
            env=self.environ,
            cwd=self.folder,
            input=given,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert KEY.encode() not in done.stdout + done.stderr
        assert b"Traceback" not in done.stderr
        return done

    def told(self, *arguments: str, status: int = 0) -> Mapping[str, object]:
        """The one document of a command that ends so."""
        done = self.run(*arguments, "--json")
        assert done.returncode == status, done.stderr
        document = json.loads(done.stdout)
        assert set(document) == SHAPE
        return document


@pytest.fixture
def shell(tmp_path: Path, environ: dict[str, str]) -> Shell:
    """A folder, and an environment with a key for each."""
    return Shell(tmp_path, environ)


def files(shell: Shell) -> list[str]:
    """What stands in the folder of results."""
    return sorted(path.name for path in (shell.folder / "out").iterdir())


# -------------------------------------------------------------------------- --json


def test_what_was_drawn_is_one_document(shell: Shell, server: Loopback) -> None:
    """Files with their digests and pixels, what was quoted and paid, who drew it, as what."""
    server.on(SUBMIT, DRAWN)
    told = shell.told(*DRAW)
    (image,) = told["images"]
    path = shell.folder / image["path"]
    assert path.read_bytes() == PNG
    assert image["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (image["width"], image["height"]) == (4, 3)
    assert (told["provider"], told["model"]) == ("apiyi", "seedream-4-5-251128")
    assert (told["billed"], told["error"]) == ("yes", None)
    assert (told["quote"]["low"], told["cost"]["usd"]) == ("0.04", "0.04")
    (attempt,) = told["attempts"]
    assert attempt["outcome"] == "accepted"
    assert attempt["task"]["record"] == image["record"]
    assert in_base64(PNG) not in json.dumps(told)


def test_an_error_is_the_same_document(shell: Shell, server: Loopback) -> None:
    """With what went wrong; the exit code is what it was, and the sentence is on stderr."""
    server.on(SUBMIT, REFUSED)
    told = shell.told(*DRAW, status=1)
    assert (told["images"], told["billed"]) == ([], "no")
    error = told["error"]
    assert (error["type"], error["status"], error["code"]) == ("BadRequestError", 400, "x")
    assert "No such model." in error["message"]


@pytest.mark.parametrize(
    ("arguments", "kind", "field"),
    [
        (("-n", "many"), "InvalidRequestError", "n"),
        (("--max-cost", "cheap"), "InvalidRequestError", "max_cost"),
        (("--max-cost", "0.01"), "CostLimitError", None),
        (("--size", "1x1", "--size-policy", "exact"), "UnsupportedError", "size"),
        (("--name", "{sed}"), "SaveError", None),
    ],
)
def test_misuse_is_the_same_document_and_nothing_is_sent(
    shell: Shell, server: Loopback, arguments: tuple[str, ...], kind: str, field: str | None
) -> None:
    """It names the field, whoever found it."""
    told = shell.told(*DRAW, *arguments, status=2)
    assert (told["error"]["type"], told["error"].get("field")) == (kind, field)
    assert told["billed"] == "no"
    assert server.accepted == 0


def test_what_came_beside_an_error_stands_in_the_document(shell: Shell, server: Loopback) -> None:
    """Two are asked for and one is drawn: its file, and why the other is not."""
    server.on(SUBMIT, DRAWN, REFUSED)
    told = shell.told(*DRAW, "-n", "2", "--width", "2", status=1)
    assert len(told["images"]) == 1
    assert (told["billed"], told["error"]["type"]) == ("yes", "BadRequestError")
    assert len(told["attempts"]) == 2


@pytest.mark.parametrize("journal", ["journal.db", "off"])
def test_a_task_that_goes_on_stands_in_the_document(
    shell: Shell, server: Loopback, journal: str
) -> None:
    """Once, where it is not waited for and where it is late: another process can go on."""
    shell.environ["TINTYPE_JOURNAL"] = journal
    server.on("*", said({"success": True, "credits": 1188}), said({"success": True, "id": "t"}))
    told = shell.told("generate", PROMPT, "-p", "cheapai", "--timeout", "0.5", status=1)
    assert (told["tasks"], told["billed"]) == (["t"], "unknown")
    assert told["attempts"][0]["task"]["state"] == "running"
    assert told["error"]["type"] == "DeadlineError"
    server.on("*", said({"success": True, "task_id": "t-1"}))
    told = shell.told("generate", PROMPT, "-p", "cheapai", "--no-wait")
    assert (told["tasks"], told["error"]) == (["t-1"], None)


def test_a_picture_that_is_saved_nowhere_stands_in_the_document(
    shell: Shell, server: Loopback
) -> None:
    """With its bytes: what was paid for can still be had from it."""
    server.on(SUBMIT, said({"data": [{"b64_json": in_base64(PNG[:-20])}]}))
    told = shell.told(*DRAW, status=1)
    assert told["error"]["type"] == "DownloadError"
    (image,) = told["images"]
    assert image["path"] is None
    (attempt,) = told["attempts"]
    assert attempt["task"]["images"][0]["data"] == in_base64(PNG[:-20])


def test_an_interrupt_leaves_the_document_too(shell: Shell, server: Loopback) -> None:
    """With the task that may go on."""
    server.on("*", said({"success": True, "credits": 1188}), said({"success": True, "id": "t"}))
    command = [str(SCRIPT), "generate", PROMPT, "-p", "cheapai", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own script
        command, env=shell.environ, cwd=shell.folder, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"cheapai: running\n"
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
    told = json.loads(stdout)
    assert (process.returncode, told["tasks"]) == (-signal.SIGINT, ["t"])
    assert told["error"]["message"] == "It was interrupted."


# -------------------------------------------------------------------------- --name


def test_files_are_named_by_a_template(shell: Shell, server: Loopback) -> None:
    """Each image has its number; what nobody knows is said so; a taken name is counted on."""
    server.on(SUBMIT, DRAWN)
    name = ("--name", "{provider}-{model}-{seed}-{n:02}-{tag}")
    for _ in range(2):
        assert shell.run(*DRAW, *name, "--tag", "A/b ../c").returncode == 0
    stem = "apiyi-seedream-4-5-251128-none-01-a-b-..-c"
    assert files(shell) == [f"{stem}-2.png", f"{stem}.png"]


def test_a_taken_name_is_found_before_anything_is_sent(shell: Shell, server: Loopback) -> None:
    """And never overwritten."""
    server.on(SUBMIT, DRAWN)
    assert shell.run(*DRAW, "--name", "cat").returncode == 0
    assert server.accepted == 1
    (shell.folder / "out" / "cat.png").write_bytes(drawn(color="blue"))
    done = shell.run(*DRAW, "--name", "cat")
    assert done.returncode == 2
    assert b"cat.png exists" in done.stderr
    assert server.accepted == 1
    assert (shell.folder / "out" / "cat.png").read_bytes() != PNG


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{sed}", "Did you mean 'seed'?"),
        ("{}", "is no field"),
        ("{0}", "is no field"),
        ("{n.real}", "is no field"),
        ("{n[0]}", "is no field"),
        ("{n!r}", "is written so"),
        ("{n:9999999999}", "is written so"),
        ("{n:x}", "is written so"),
        ("{model:40}", "is written so"),
        ("{n:{n}}", "is written so"),
        ("{n", "a brace"),
        ("}", "a brace"),
        ("../{n}", "no plain file name"),
        ("{model}/{n}", "no plain file name"),
        (".{n}", "no plain file name"),
        ("a\\{n}", "no plain file name"),
        ("a\n", "no plain file name"),
        ("", "no plain file name"),
    ],
)
def test_a_template_that_names_no_file_is_refused(name: str, words: str) -> None:
    """It says why, and what there is."""
    with pytest.raises(SaveError) as raised:
        fields_of(name)
    assert words.replace("no plain", "not a plain") in str(raised.value)


def test_a_brace_that_is_doubled_stands_for_itself() -> None:
    """As in every template of Python's."""
    assert fields_of("{{n}}") == frozenset()
    assert fields_of("{n}-{model}") == {"n", "model"}


# -------------------------------------------------------------------------- --prompt-file


@pytest.mark.parametrize("place", ["prompt.txt", "-"])
def test_a_prompt_is_read_from_a_file(shell: Shell, server: Loopback, place: str) -> None:
    """As UTF-8, without the blanks around it; `-` is standard input."""
    server.on(SUBMIT, DRAWN)
    given = "\ufeff a red panda,\n  asleep ä\n".encode()
    (shell.folder / "prompt.txt").write_bytes(given)
    done = shell.run("generate", "--prompt-file", place, "-p", "apiyi", given=given)
    assert done.returncode == 0, done.stderr
    (request,) = server.take()
    assert json.loads(request.body)["prompt"] == "a red panda,\n  asleep ä"


@pytest.mark.parametrize(
    ("arguments", "content", "words"),
    [
        (("--prompt-file", "prompt.txt"), b"\xff", b"no UTF-8"),
        (("--prompt-file", "prompt.txt"), b" \n", b"nothing stands"),
        (("--prompt-file", "nowhere.txt"), b"x", b"No such file"),
        (("--prompt-file", "."), b"x", b"cannot be read"),
        (("a cat", "--prompt-file", "prompt.txt"), b"x", b"not both"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_misuse(
    shell: Shell, server: Loopback, arguments: tuple[str, ...], content: bytes, words: bytes
) -> None:
    """Nothing is sent."""
    (shell.folder / "prompt.txt").write_bytes(content)
    done = shell.run("generate", *arguments, "-p", "apiyi")
    assert done.returncode == 2
    assert words in done.stderr
    assert server.accepted == 0


def test_a_missing_key_is_told_before_the_folder_is_made(shell: Shell) -> None:
    """A document, too."""
    del shell.environ["APIYI_API_KEY"]
    told = shell.told(*DRAW, status=2)
    assert told["error"]["type"] == MissingKeyError.__name__
    assert not (shell.folder / "out").exists()


def test_how_often_an_exchange_is_tried_is_said_by_a_flag(shell: Shell, server: Loopback) -> None:
    """1 repeats nothing, also of what was refused and not billed."""
    busy = said({"error": {"message": "Slow down.", "code": "x"}}, status=429)
    server.on(SUBMIT, busy, DRAWN)
    assert shell.run(*DRAW, "--tries", "1").returncode == 1
    assert server.lines() == [SUBMIT]
    assert b"--tries" in shell.run(*DRAW, "--tries", "0").stderr
    assert server.lines() == [SUBMIT]
