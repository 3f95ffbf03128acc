"""Keys in the keyring: set unseen, listed without being shown, and the environment wins."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from attrs import define
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64
from tests.core.terminal import SCRIPT, Terminal
from tests.core.vault import Vault

from tintype import AsyncClient, Client, Secret

ROOT = Path(__file__).parents[2]
SUBMIT = "POST /v1/images/generations"
DRAWN = said({"data": [{"b64_json": in_base64(PNG)}], "usage": {"generated_images": 1}})
OTHER = "sk-of-the-environment-0815"
DRAW = ("generate", "a cat", "-p", "apiyi", "-m", "seedream-4.5", "-o", "out")


@define
class Shell:
    """The command with a keyring of its own."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """The command's end; it never shows a key, or a traceback."""
        done = subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, *arguments],
            env=self.environ,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert KEY not in done.stdout + done.stderr
        assert OTHER not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def sources(self) -> dict[tuple[str, str], str]:
        """Where each credential is from, as `keys list` says."""
        rows = json.loads(self.run("keys", "list", "--json").stdout)
        return {(row["provider"], row["credential"]): row["from"] for row in rows}


@pytest.fixture
def shell(tmp_path: Path, server: Loopback) -> Shell:
    """APIYI at the server, without a key."""
    server.on(SUBMIT, DRAWN)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": "tests.core.vault.Vault",
        "VAULT": str(tmp_path / "vault.json"),
        "APIYI_BASE_URL": server.url,
        "TINTYPE_JOURNAL": "off",
    }
    return Shell(tmp_path, environ)


def shown(server: Loopback) -> str | None:
    """The key that the server was shown last."""
    return server.take()[-1].header("Authorization")


def test_a_key_is_kept_used_and_forgotten(shell: Shell, server: Loopback) -> None:
    """Read from standard input; who has none is told how to keep one."""
    done = shell.run(*DRAW)
    assert done.returncode == 2
    assert "`tintype keys set apiyi`" in done.stderr
    assert shell.run("keys", "set", "apiyi", given=f"{KEY}\n").returncode == 0
    assert shell.sources()["apiyi", "key"] == "keyring"
    assert shell.run(*DRAW).returncode == 0
    assert shown(server) == f"Bearer {KEY}"
    assert [row["provider"] for row in json.loads(shell.run("quote", "x", "--json").stdout)] == [
        "apiyi"
    ]
    assert shell.run("keys", "remove", "apiyi").returncode == 0
    assert shell.sources()["apiyi", "key"] == ""
    assert shell.run(*DRAW).returncode == 2
    done = shell.run("keys", "remove", "apiyi")
    assert (done.returncode, "has no APIYI_API_KEY" in done.stderr) == (2, True)


def test_the_environment_wins(shell: Shell, server: Loopback) -> None:
    """Also by the variable that the provider documents; it is said when a key is set."""
    shell.environ["APIYI_API_KEY"] = OTHER
    done = shell.run("keys", "set", "apiyi", given=KEY)
    assert "APIYI_API_KEY is set, and wins" in done.stderr
    assert shell.sources()["apiyi", "key"] == "APIYI_API_KEY"
    assert shell.run(*DRAW).returncode == 0
    assert shown(server) == f"Bearer {OTHER}"
    shell.run("keys", "set", "replicate", given=KEY)
    shell.environ["REPLICATE_API_TOKEN"] = OTHER
    assert shell.sources()["replicate", "key"] == "REPLICATE_API_TOKEN"


def test_a_key_is_asked_for_unseen(shell: Shell) -> None:
    """At a terminal, by the name of the variable that it stands in for."""
    terminal = Terminal.of(("keys", "set", "apiyi"), shell.environ, shell.folder)
    terminal.until(b"APIYI_API_KEY: ")
    terminal.type(f"{KEY}\n".encode())
    assert terminal.end() == 0
    assert KEY.encode() not in terminal.shown
    assert shell.sources()["apiyi", "key"] == "keyring"


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        (("set", "apiyy"), KEY, "Did you mean 'apiyi'?"),
        (("set", "apiyi", "kee"), KEY, "Did you mean 'key'?"),
        (("set", "apiyi", KEY), "", "is the name of none of its credentials"),
        (("set", "apiyi"), "", "nothing stands"),
        (("set", "apiyi"), "aaaa", "fewer than 6 different characters"),
        (("set", "apiyi"), f"{KEY}\n{OTHER}", "characters that no key has"),
        (("remove", "apiyy"), "", "Did you mean 'apiyi'?"),
    ],
)
def test_what_is_no_key_is_not_kept(
    shell: Shell, arguments: tuple[str, ...], given: str, words: str
) -> None:
    """It says why, and shows nothing of it."""
    done = shell.run("keys", *arguments, given=given)
    assert done.returncode == 2
    assert words in done.stderr
    assert KEY not in done.stderr
    assert not (shell.folder / "vault.json").exists()


@pytest.mark.parametrize(
    "backend", ["tests.core.vault.Broken", "keyring.backends.fail.Keyring", "no.such.Backend"]
)
def test_a_keyring_that_is_broken_is_told_and_keeps_nothing_up(
    shell: Shell, server: Loopback, backend: str
) -> None:
    """Where the environment has the key all goes on; else the way out is said."""
    shell.environ["PYTHON_KEYRING_BACKEND"] = backend
    done = shell.run("keys", "set", "apiyi", given=KEY)
    assert (done.returncode, "cannot be written to" in done.stderr) == (2, True)
    assert "cannot be read" in shell.run("keys", "list").stderr
    done = shell.run(*DRAW)
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)
    assert "APIYI_API_KEY" in done.stderr
    shell.environ["APIYI_API_KEY"] = OTHER
    assert shell.run(*DRAW).returncode == 0
    assert shown(server) == f"Bearer {OTHER}"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """The keyring of this process."""
    before, place = keyring.get_keyring(), os.environ.get("VAULT")
    os.environ["VAULT"] = str(tmp_path / "vault.json")
    keyring.set_keyring(Vault())
    yield Vault()
    keyring.set_keyring(before)
    del os.environ["VAULT"]
    if place is not None:
        os.environ["VAULT"] = place


def test_a_program_has_keys_from_the_keyring_where_it_says_so(vault: Vault) -> None:
    """Both clients; an account that has a key is left as it is."""
    vault.set_password("tintype", "APIYI_API_KEY", KEY)
    assert Client(environ={}).account("apiyi").key is None
    for made in (Client(environ={}, keyring=True), AsyncClient(environ={}, keyring=True)):
        key = made.account("apiyi").key
        assert isinstance(key, Secret)
        assert key.reveal() == KEY
        assert made.account("apiin").key is None
    key = Client(environ={"APIYI_API_KEY": OTHER}, keyring=True).account("apiyi").key
    assert isinstance(key, Secret)
    assert key.reveal() == OTHER
