"""`tintype batch`: files are read line by line, each line fails alone, and Ctrl-C loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from attrs import define
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64
from tests.core.terminal import SCRIPT, Terminal

from tintype import ImageRequest, TintypeError
from tintype._cli.lines import Lines
from tintype.errors import InvalidRequestError
from tintype.journal._sql import SqlJournal

SUBMIT = "POST /v1/images/generations"
DRAWN = said({"data": [{"b64_json": in_base64(PNG)}], "usage": {"generated_images": 1}})
CAT = '{"prompt": "a cat", "tag": "cat"}'
DOG = '{"prompt": "a dog", "tag": "dog"}'


@define
class Shell:
    """The command in a folder of its own, APIYI and CheapAI at the server."""

    folder: Path
    environ: dict[str, str]

    def write(self, *lines: str, name: str = "lines.jsonl") -> None:
        """A file of these lines."""
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(
        self, *arguments: str, given: bytes = b"", status: int = 0
    ) -> tuple[list[Mapping[str, object]], str]:
        """The result lines of a batch that ends so, by their lines; and what it says besides."""
        done = subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, "batch", *([] if "-o" in arguments else ["-o", "out"]), *arguments],
            env=self.environ,
            cwd=self.folder,
            input=given,
            capture_output=True,
            check=False,
            timeout=60,
        )
        said = done.stderr.decode()
        assert done.returncode == status, said
        assert KEY.encode() not in done.stdout + done.stderr
        assert "Traceback" not in said
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return sorted(rows, key=lambda row: row["line"]), said


@pytest.fixture
def shell(tmp_path: Path, environ: dict[str, str]) -> Shell:
    """A folder, a journal, and an environment with a key for each."""
    return Shell(tmp_path, environ)


def read(folder: Path, content: bytes, name: str = "lines.jsonl") -> list[ImageRequest | str]:
    """What stands in a file: a request a line, or what is said of it."""
    path = folder / name
    path.write_bytes(content)
    found: Iterator[ImageRequest | TintypeError] = iter(Lines(str(path), 10_000))
    return [each if isinstance(each, ImageRequest) else each.message for each in found]


# ------------------------------------------------------------------------------- reading


def test_a_line_is_an_object_with_the_fields_of_a_request(tmp_path: Path) -> None:
    """Empty lines, a mark of the byte order and the ends of lines of Windows are nothing."""
    references = '["https://x.test/a.png", {"path": "hole.png", "role": "mask"}]'
    cat, dog = read(
        tmp_path,
        b'\xef\xbb\xbf{"prompt": "a cat", "tag": "tom", "n": 2, "seed": null}\r\n\r\n'
        + f'{{"prompt": "a dog", "references": {references}}}'.encode(),
    )
    assert cat == ImageRequest(prompt="a cat", tag="tom", n=2)
    assert isinstance(dog, ImageRequest)
    assert [each.role for each in dog.references] == ["image", "mask"]
    assert str(dog.tag).startswith("3-")


def test_what_is_wrong_with_a_line_is_said_with_its_number(tmp_path: Path) -> None:
    """The others are read all the same."""
    lines = [
        b'{"prompt": "a cat"}',
        b'{"promt": "a cat"}',
        b'{"prompt": "a cat", "n": "two"}',
        b"{",
        b"5",
        b'"\xff"',
        b'{"prompt": "a cat", "references": [{"pth": "a.png"}]}',
        b'{"prompt": "a cat", "references": 5}',
        b'{"prompt": "a cat", "tag": "' + b"x" * 300 + b'"}',
        b'{"prompt": "a cat", "seed": 1, "seed": 2}',
        b'{"prompt": "a dog"}',
    ]
    first, *odd, last = read(tmp_path, b"\n".join(lines))
    assert isinstance(first, ImageRequest)
    assert isinstance(last, ImageRequest)
    assert [str(each).partition(":")[0] for each in odd] == [f"Line {n}" for n in range(2, 11)]
    assert "Did you mean 'prompt'?" in str(odd[0])
    assert "n cannot be 'two'" in str(odd[1])
    assert "no JSON" in str(odd[2])
    assert "Did you mean 'path'?" in str(odd[5])
    assert "'seed' is given 2 times" in str(odd[8])


def test_a_line_without_an_end_is_bounded(tmp_path: Path) -> None:
    """It is not kept, and the next one is read."""
    found = read(tmp_path, CAT.encode() + b"\n" + b"x" * (33 * 2**20) + b"\n" + DOG.encode())
    assert [isinstance(each, ImageRequest) for each in found] == [True, False, True]
    assert "MiB" in str(found[1])


def test_a_table_has_a_column_for_each_field(tmp_path: Path) -> None:
    """Text stands as it is, anything else as JSON, and an empty cell gives nothing."""
    found = read(
        tmp_path,
        b"\xef\xbb\xbfprompt,tag,n,watermark,options\r\n"
        b'"a ""big"" cat,\r\nasleep",tom,2,FALSE,"{""apiyi"": {""x"": 1}}"\r\n'
        b"5,,,,\r\n"
        b"\r\n"
        b"a,b,c,d,e,f\r\n"
        b'a dog,rex,"x"y,,\r\n'
        b"a dog,rex\r\n",
        "lines.csv",
    )
    assert found[0] == ImageRequest(
        prompt='a "big" cat,\nasleep', tag="tom", n=2, watermark=False, options={"apiyi": {"x": 1}}
    )
    assert isinstance(found[1], ImageRequest)
    assert (found[1].prompt, str(found[1].tag)[:2]) == ("5", "4-")
    assert found[2] == "Line 6: it has 6 cells, and there are 5 columns."
    assert str(found[3]).startswith("Line 7: it is no CSV")
    assert found[4] == ImageRequest(prompt="a dog", tag="rex")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "lines.jsonl", "holds no line"),
        (b"\n\n", "lines.jsonl", "holds no line"),
        (b"a red panda\n" * 20, "prompts.txt", "is no JSON Lines"),
        (b'[\n{"prompt":\n"a"}\n]', "lines.json", "is no JSON Lines"),
        (PNG, "cat.png", "is no JSON Lines"),
        ('{"prompt": "a"}'.encode("utf-16"), "lines.jsonl", "is no JSON Lines"),
        (b"promt,n\na,1\n", "lines.csv", "Did you mean 'prompt'?"),
        (b"prompt,n\n", "lines.csv", "holds no line"),
        (b"prompt,n,prompt\na,1,b\n", "lines.csv", "a column twice: 'prompt' is given 2 times"),
        (b'prompt,tag\n"a,b\n', "lines.csv", "is no table of which any row can be drawn"),
    ],
)
def test_a_file_of_something_else_is_refused(
    content: bytes, name: str, words: str, tmp_path: Path
) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidRequestError) as caught:
        read(tmp_path, content, name)
    assert words in str(caught.value)
    assert "Nothing was sent." in str(caught.value)


# ------------------------------------------------------------------------------- drawing


def test_a_batch_is_drawn_and_resumed(shell: Shell, server: Loopback) -> None:
    """A result a line, and a summary; again it is gone on with only when asked, and pays once."""
    server.on(SUBMIT, DRAWN)
    shell.write(CAT, "", DOG)
    rows, said = shell.run("lines.jsonl", "-p", "apiyi")
    assert [row["line"] for row in rows] == [1, 3]
    cat = rows[0]
    assert (cat["tag"], cat["outcome"], cat["provider"], cat["error"]) == (
        "cat",
        "done",
        "apiyi",
        None,
    )
    assert cat["files"] == [str(shell.folder / "out" / "cat.png")]
    assert (cat["pixels"], cat["quoted"], cat["paid"]) == (["4x3"], "0.035", "0.035")
    assert (cat["billed"], cat["recorded"]) == ("yes", False)
    assert "2 done, 0 failed, 0 refused, 0 unknown; $0.07 spent." in said
    assert "--resume" in shell.run("lines.jsonl", "-p", "apiyi", status=2)[1]
    shell.write(CAT, DOG, '{"prompt": "a bird"}', "{")
    rows, said = shell.run("lines.jsonl", "-p", "apiyi", "--resume", status=1)
    assert [row["recorded"] for row in rows] == [True, True, False, False]
    assert [row["outcome"] for row in rows] == ["done", "done", "done", "failed"]
    assert "3 done, 1 failed, 0 refused, 0 unknown (2 recorded before); $0.105 spent." in said
    assert "Line 4: '{' is no JSON" in said
    assert server.lines() == [SUBMIT] * 3


def test_what_lines_of_one_tag_cost_is_counted_once(shell: Shell, server: Loopback) -> None:
    """In the summary, while the batch goes on, and when it is run again."""
    server.on(SUBMIT, DRAWN)
    shell.write(CAT, CAT, CAT, DOG)
    terminal = Terminal.of(
        ["batch", "lines.jsonl", "-p", "apiyi", "-o", "out"], shell.environ, shell.folder
    )
    assert terminal.end() == 0
    assert b"$0.07 spent" in terminal.shown
    assert b"$0.105" not in terminal.shown
    _, said = shell.run("lines.jsonl", "-p", "apiyi", "--resume")
    assert "4 done, 0 failed, 0 refused, 0 unknown (4 recorded before); $0.07 spent." in said


def test_a_place_that_ends_with_the_command_is_refused(shell: Shell, server: Loopback) -> None:
    """By the flag or by a setting, with the way out."""
    shell.write(CAT)
    for place in ("memory://x", "simplecache::memory://x"):
        _, said = shell.run("lines.jsonl", "-p", "apiyi", "-o", place, status=2)
        assert "'-o'" in said
        assert "name a folder" in said
    assert server.lines() == []


def test_a_budget_that_cannot_hold_all_is_said_first(shell: Shell, server: Loopback) -> None:
    """One that the file of settings has, with what it would hold."""
    settings = shell.folder / "config.toml"
    settings.write_text('[[budget]]\nusd = "0.08"\n')
    shell.environ["TINTYPE_CONFIG"] = str(settings)
    shell.write(CAT, DOG, CAT, '{"prompt": "a bird"}')
    _, said = shell.run("lines.jsonl", "-p", "apiyi", status=2)
    assert "of the budget of $0.08 a month $0.08 is left, which would hold the first 3" in said
    assert server.lines() == []


def test_a_line_without_a_model_has_that_of_the_settings(shell: Shell, server: Loopback) -> None:
    """Or of the flag; a line's own stands."""
    settings = shell.folder / "config.toml"
    settings.write_text('model = "seedream-4.5"\n')
    shell.environ["TINTYPE_CONFIG"] = str(settings)
    server.on(SUBMIT, DRAWN)
    shell.write(CAT, '{"prompt": "a dog", "tag": "dog", "model": "seedream-4.0"}')
    asked = ("lines.jsonl", "-p", "apiyi", "--width", "1")
    shell.run(*asked)
    shell.run(*asked, "--as", "other", "-m", "seedream-5.5")
    models = [json.loads(each.body)["model"][:12] for each in server.take()]
    assert models == ["seedream-4-5", "seedream-4-0", "seedream-5-5", "seedream-4-0"]


def test_sizes_are_held_to_what_a_line_asks_for(shell: Shell, server: Loopback) -> None:
    """As `generate` holds them: one that the model has not, and one of which another came."""
    server.on(SUBMIT, DRAWN)
    shell.write('{"prompt": "a cat", "tag": "cat", "size": "500x500"}')
    asked = ("lines.jsonl", "-p", "apiyi")
    rows, _ = shell.run(*asked, "--size-policy", "exact", status=1)
    assert rows[0]["error"]["type"] == "UnsupportedError"  # type: ignore[index]  # it is an object
    assert server.lines() == []
    rows, _ = shell.run(*asked, "--on-mismatch", "error", status=1)
    assert rows[0]["error"]["type"] == "SizeMismatchError"  # type: ignore[index]
    assert (rows[0]["outcome"], rows[0]["pixels"]) == ("failed", ["4x3"])


def test_standard_input_is_read_as_it_comes(shell: Shell, server: Loopback) -> None:
    """A result is told before the next line is written."""
    server.on(SUBMIT, DRAWN)
    pipe = subprocess.PIPE
    command = [str(SCRIPT), "batch", "-", "-p", "apiyi", "-o", "out"]
    with subprocess.Popen(  # noqa: S603 - our own script
        command, env=shell.environ, cwd=shell.folder, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (CAT, DOG):
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["outcome"] == "done"
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_standard_input_that_breaks_off_is_said(shell: Shell, server: Loopback) -> None:
    """What came before is drawn; the end of a terminal is no end of the lines."""
    server.on(SUBMIT, DRAWN)
    ours, theirs = os.openpty()
    pipe, command = subprocess.PIPE, [str(SCRIPT), "batch", "-", "-p", "apiyi", "-o", "out"]
    with subprocess.Popen(  # noqa: S603 - our own script
        command, env=shell.environ, cwd=shell.folder, stdin=theirs, stdout=pipe, stderr=pipe
    ) as process:
        os.close(theirs)
        os.write(ours, f"{CAT}\n".encode())
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["outcome"] == "done"
        os.close(ours)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert json.loads(stdout)["line"] == 2
    assert b"Line 2: Standard input cannot be read any further" in stderr


def test_standard_input_that_is_closed_holds_no_line(shell: Shell) -> None:
    """As one that is empty."""
    command = ["sh", "-c", f"{SCRIPT} batch - -p apiyi <&-"]
    done = subprocess.run(  # noqa: S603 - our own script
        command, env=shell.environ, cwd=shell.folder, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert b"Standard input holds no line" in done.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [(["--as", ""], "'--as'"), (["--name", "cat"], "--name) is one name")],
)
def test_what_names_nothing_is_refused(flags: list[str], words: str, shell: Shell) -> None:
    """In the words of the command line, too."""
    shell.write(CAT)
    assert words in shell.run("lines.jsonl", "-p", "apiyi", *flags, status=2)[1]


def test_a_limit_that_cannot_hold_all_is_said_first(shell: Shell, server: Loopback) -> None:
    """With what it would hold; nothing is sent."""
    shell.write(CAT, DOG, "{", '{"prompt": "a bird"}')
    _, said = shell.run("lines.jsonl", "-p", "apiyi", "--max-cost", "0.08", status=2)
    assert "The 3 lines that are not drawn may cost $0.105" in said
    assert "would hold the first 2" in said
    assert server.lines() == []
    server.on(SUBMIT, DRAWN)
    rows, _ = shell.run("-", "-p", "apiyi", "--max-cost", "0.08", given=f"{CAT}\n{DOG}\n".encode())
    assert [row["outcome"] for row in rows] == ["done", "done"]
    _, said = shell.run(
        "lines.jsonl", "--as", "stdin", "--resume", "-p", "apiyi", "--max-cost", "0.1", status=2
    )
    assert "The 1 lines that are not drawn may cost $0.035; of max_cost=0.1 $0.03 is left" in said


def test_a_limit_stops_what_nobody_could_foresee(shell: Shell, server: Loopback) -> None:
    """A pipe is read no further than it holds."""
    server.on(SUBMIT, DRAWN)
    given = "\n".join(f'{{"prompt": "cat {n}"}}' for n in range(100)).encode()
    rows, said = shell.run(
        "-", "-p", "apiyi", "--max-cost", "0.08", "--width", "1", given=given, status=1
    )
    assert [row["outcome"] for row in rows] == ["done", "done", "failed"]
    assert "$0.01 is left" in said


def test_without_a_journal_it_is_refused(shell: Shell, server: Loopback) -> None:
    """With the way out."""
    shell.write(CAT)
    shell.environ["TINTYPE_JOURNAL"] = "off"
    assert "TINTYPE_JOURNAL" in shell.run("lines.jsonl", "-p", "apiyi", status=2)[1]
    assert server.lines() == []


# ----------------------------------------------------------------------------- interrupts


@contextmanager
def under_way(shell: Shell, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A batch that is at work."""
    pipe, command = subprocess.PIPE, [str(SCRIPT), "batch", "lines.jsonl", "-o", "out"]
    with subprocess.Popen(  # noqa: S603 - our own script
        [*command, *arguments], env=shell.environ, cwd=shell.folder, stdout=pipe, stderr=pipe
    ) as process:
        yield process


def interrupted(process: subprocess.Popen[bytes], by: int = signal.SIGINT) -> None:
    """Press Ctrl-C, and read what is said of it."""
    assert process.stderr is not None
    process.send_signal(by)
    assert process.stderr.readline() == b"\n"
    assert b"Ctrl-C again" in process.stderr.readline()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_begins_no_more_and_loses_no_answer(
    by: int, shell: Shell, server: Loopback
) -> None:
    """What is under way is finished; the process ends as by Ctrl-C."""
    answered = Barrier(2)
    server.on(SUBMIT, (answered, DRAWN))
    shell.write(CAT, DOG)
    with under_way(shell, "-p", "apiyi", "--width", "1") as process:
        assert server.has_been_asked()
        interrupted(process, by)
        answered.wait(30)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert [json.loads(line)["tag"] for line in stdout.splitlines()] == ["cat"]
    assert b"1 done, 0 failed, 0 refused, 0 unknown, 1 left" in stderr
    assert server.lines() == [SUBMIT]


def test_a_second_interrupt_leaves_what_is_under_way(shell: Shell, server: Loopback) -> None:
    """The task goes on, and is there to be resumed."""
    price, running = said({"success": True, "credits": 1188}), said({"success": True, "id": "t"})
    server.on("*", price, running)
    shell.write(CAT, DOG)
    with under_way(shell, "-p", "cheapai", "--width", "1") as process:
        assert server.has_been_asked(3)
        interrupted(process)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (-signal.SIGINT, b"")
    assert b"0 done, 0 failed, 0 refused, 0 unknown, 2 left" in stderr
    assert b"left to --resume" in stderr
    journal = SqlJournal(shell.environ["TINTYPE_JOURNAL"])
    (record,) = journal.unfinished()
    journal.close()
    assert (record.tag, record.task and record.task.id) == ("cat", "t")


def test_progress_moves_on_a_terminal(shell: Shell, server: Loopback) -> None:
    """How it stands, what is spent, and what is left."""
    looked = Barrier(2)
    server.on(SUBMIT, (looked, DRAWN), DRAWN)
    shell.write(*(f'{{"prompt": "cat {n}"}}' for n in range(5)))
    arguments = ["batch", "lines.jsonl", "-p", "apiyi", "-o", "out", "--width", "1"]
    terminal = Terminal.of(arguments, shell.environ, shell.folder)
    terminal.until(b"5 left")
    looked.wait(30)
    assert terminal.end() == 0
    for words in (b"0 left", b"images a minute", b"to go", b"$0.175 spent"):
        assert words in terminal.shown
