"""The file of settings: what holds where nothing is said, and what nobody could mean."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from attrs import define
from click.testing import CliRunner, Result
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64
from tests.core.terminal import SCRIPT

from tintype._cli import cli
from tintype.errors import UsageError

SUBMIT = "POST /v1/images/generations"
DRAWN = said({"data": [{"b64_json": in_base64(PNG)}], "usage": {"generated_images": 1}})


@define
class Shell:
    """The command with a file of settings."""

    folder: Path
    environ: dict[str, str]

    def write(self, text: str) -> None:
        """Say that in the file."""
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        """The command's end, in this process."""
        return CliRunner().invoke(cli, arguments, env=self.environ)


@pytest.fixture
def shell(tmp_path: Path, server: Loopback) -> Shell:
    """APIYI at the server."""
    return Shell(
        tmp_path,
        {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "APIYI_API_KEY": KEY,
            "APIYI_BASE_URL": server.url,
            "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
            "TINTYPE_CONFIG": str(tmp_path / "config.toml"),
        },
    )


# ---------------------------------------------------------------------- what holds


def test_defaults_stand_in_for_flags(shell: Shell, server: Loopback) -> None:
    """The provider, the model and the folder; a flag or a variable wins."""
    server.on(SUBMIT, DRAWN)
    out, other = shell.folder / "out", shell.folder / "other"
    shell.write(f'provider = "apiyi"\nmodel = "seedream-4.5"\nfolder = {json.dumps(str(out))}\n')
    done = shell.run("generate", "a cat")
    assert done.exit_code == 0, done.output
    (request,) = server.take()
    assert json.loads(request.body)["model"] == "seedream-4-5-251128"
    assert len(list(out.iterdir())) == 1
    shell.environ["TINTYPE_MODEL"] = "seedream-5.0"
    assert shell.run("generate", "a cat", "-o", str(other)).exit_code == 0
    (request,) = server.take()
    assert json.loads(request.body)["model"].startswith("seedream-5-0")
    assert len(list(other.iterdir())) == 1
    assert shell.run("generate", "a cat", "-m", "seedream-4.5").exit_code == 0
    (request,) = server.take()
    assert json.loads(request.body)["model"] == "seedream-4-5-251128"


def test_several_providers_may_stand_there(shell: Shell, server: Loopback) -> None:
    """As several flags do: the next is tried where the first cannot."""
    server.on(SUBMIT, DRAWN)
    shell.write('provider = ["apiin", "apiyi"]\norder = "listed"\nmodel = "seedream-4.5"\n')
    done = shell.run("generate", "a cat", "-o", str(shell.folder / "out"))
    assert done.exit_code == 0, done.output
    assert "drawn by apiyi" in done.stderr


def test_quotes_are_asked_of_all_whatever_the_default(shell: Shell) -> None:
    """Comparing is what they are for."""
    shell.write('provider = "apiyi"\nmodel = "seedream-4.5"\n')
    shell.environ["APIIN_API_KEY"] = KEY
    rows = json.loads(shell.run("quote", "a cat", "--json").stdout)
    assert {row["provider"] for row in rows} == {"apiyi", "apiin"}


def test_budgets_hold_for_every_submission(shell: Shell, server: Loopback) -> None:
    """Whether an amount is text or a number: it is exact; and not without a journal."""
    server.on(SUBMIT, DRAWN)
    shell.write('[[budget]]\nusd = 0.05\nperiod = "ever"\nprovider = "apiyi"\n')
    draw = ("generate", "x", "-p", "apiyi", "-m", "seedream-4.5", "-o", str(shell.folder / "out"))
    assert shell.run(*draw).exit_code == 0
    done = shell.run(*draw)
    assert "0.05" in str(done.exception)
    assert server.accepted == 1
    shell.environ["TINTYPE_JOURNAL"] = "off"
    assert "A budget is kept in a journal" in str(shell.run(*draw).exception)
    assert server.accepted == 1


def test_what_holds_is_shown_with_where_it_is_from(shell: Shell) -> None:
    """A proxy without its password."""
    shell.write(
        'model = "seedream-4.5"\nproxy = "http://ann:s3cret@proxy.test:3128"\n'
        '[[budget]]\nusd = "20"\n[[budget]]\nusd = 5\nperiod = "day"\nprovider = "apiyi"\n'
    )
    shell.environ["TINTYPE_MODEL"] = "seedream-5.0"
    done = shell.run("config", "--json")
    rows = {(row["name"], row["value"]): row["from"] for row in json.loads(done.stdout)}
    assert rows["model", "seedream-5.0"] == "TINTYPE_MODEL"
    assert rows["proxy", "http://proxy.test:3128"] == "file"
    assert rows["folder", "."] == "default"
    assert rows["budget", "$20 a month"] == "file"
    assert rows["budget", "$5 a day at apiyi"] == "file"
    assert rows["journal", str(shell.folder / "journal.db")] == "TINTYPE_JOURNAL"
    table = shell.run("config")
    assert "s3cret" not in done.output + table.output
    assert f"{shell.folder}/config.toml is read." in table.stderr
    assert shell.run("config", "--path").stdout.strip() == str(shell.folder / "config.toml")


def test_the_file_is_in_the_platforms_place(tmp_path: Path) -> None:
    """And need not be there."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TINTYPE_JOURNAL": "off"}
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "etc")
    told = [
        subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, "config", *more],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        for more in (["--path"], [])
    ]
    assert Path(told[0].stdout.strip()).parts[-2:] == ("tintype", "config.toml")
    assert "is not there" in told[1].stderr
    assert KEY not in told[1].stdout


# ---------------------------------------------------------------------- what nobody could mean


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('\nprovder = "apiyi"', 2, "Did you mean 'provider'?"),
        ('model = "x"\n[budgets]\nusd = 1', 2, "Did you mean 'budget'?"),
        ('[[budget]]\nusd = 1\n\nperoid = "day"', 4, "Did you mean 'period'?"),
        (
            '[[budget]]\nusd = 1\n[[budget]]\nusd = 1\nperiod = "week"',
            5,
            "'day', 'month' or 'ever'",
        ),
        ("[[budget]]\nusd = -1", 2, "give an amount"),
        ("[[budget]]\nusd = nan", 2, "give an amount"),
        ("[[budget]]\nusd = true", 2, "give an amount"),
        ('[[budget]]\nperiod = "day"', 1, 'usd = "20"'),
        ('[[budget]]\nusd = 1\nprovider = "apiyy"', 3, "Did you mean 'apiyi'?"),
        ('[[budget]]\nusd = 1\nunknown_price = "no"', 3, "True or False"),
        ("[[budget]]\nusd = 1\nlabel = 7", 3, "a text"),
        ("[[budget]]\nusd = 1\nprovider = 7", 3, "the name of one"),
        ('[[budget]]\nusd = 1\nperiod = "day"\n[[ budget ]]\nperiod = "day"', 4, 'usd = "20"'),
        ('provider = "any"\n\n[[budget]]\nusd = 1\nprovider = "apiyy"', 5, "'apiyi'?"),
        ('budget = [{usd = 1}, {usd = 1, period = "moth"}]', 1, "Did you mean 'month'?"),
        ('model = """\norder = 1"""\norder = 2', 3, "price or listed"),
        ("budget = 5", 1, "[[budget]]"),
        ('provider = "apiyy"', 1, "Did you mean 'apiyi'?"),
        ("provider = []", 1, "a list of names"),
        ("provider = 7", 1, "a list of names"),
        ('order = "cheapest"', 1, "price or listed"),
        ('order = ["price"]', 1, "price or listed"),
        ("model = 1", 1, "the name of one"),
        ('folder = ""', 1, "the path of one"),
        ('proxy = "socks5://ann:s3cret@x"', 1, "http or https"),
        ('proxy = ["http://ann:s3cret@x"]', 1, "an address"),
    ],
)
def test_a_wrong_line_is_named(
    shell: Shell, server: Loopback, text: str, line: int, words: str
) -> None:
    """With the way out, before anything is sent, by every command that would use it."""
    shell.write(text)
    for arguments in (("generate", "x", "-p", "apiyi"), ("config",)):
        done = shell.run(*arguments)
        assert isinstance(done.exception, UsageError)
        assert f"config.toml, line {line}: " in str(done.exception)
        assert words in str(done.exception)
        assert "s3cret" not in str(done.exception)
    assert server.accepted == 0


@pytest.mark.parametrize("content", [b"model = ", b"\xff", b'a = "\x00"', b"a = 1\na = 2"])
def test_a_file_that_is_no_toml_is_told(shell: Shell, content: bytes) -> None:
    """With the place."""
    (shell.folder / "config.toml").write_bytes(content)
    done = shell.run("generate", "x", "-p", "apiyi")
    assert isinstance(done.exception, UsageError)
    assert "config.toml" in str(done.exception)


def test_a_file_that_is_named_has_to_be_there(shell: Shell) -> None:
    """Defaults that are meant are not left out in silence; help is given all the same."""
    done = shell.run("generate", "x", "-p", "apiyi")
    assert "TINTYPE_CONFIG" in str(done.exception)
    assert shell.run("generate", "--help").exit_code == 0
    assert shell.run("--help").exit_code == 0
    shell.environ["TINTYPE_CONFIG"] = "off"
    assert "No file is read." in shell.run("config").stderr
