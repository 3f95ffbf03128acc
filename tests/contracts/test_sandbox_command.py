"""`tintype sandbox` as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import urllib3
from click.testing import CliRunner

from tintype_contracts.cli.sandbox import command

RUN = "from tintype._cli import main; main()"


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, killed at the end if it still runs."""
    process = subprocess.Popen(  # noqa: S603 - it is our own
        [sys.executable, "-W", "error", "-c", RUN, "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def exports(process: subprocess.Popen[str], count: int) -> dict[str, str]:
    """The variables it prints."""
    assert process.stdout is not None
    lines = [process.stdout.readline().rstrip("\n") for _ in range(count)]
    assert all(line.startswith("export ") for line in lines)
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def test_it_prints_how_to_reach_it_serves_and_ends_quietly() -> None:
    """Two lines a provider; a documented route answers; Ctrl-C ends it, without a word."""
    with running("--provider", "apiin", "--provider", "apiyi", "--pace", "0") as process:
        found = exports(process, 4)
        assert list(found) == [
            "APIIN_API_KEY",
            "APIIN_BASE_URL",
            "APIYI_API_KEY",
            "APIYI_BASE_URL",
        ]
        answer = urllib3.request(
            "GET",
            f"{found['APIIN_BASE_URL']}/api/v1/tasks/nothing",
            headers={"Authorization": f"Bearer {found['APIIN_API_KEY']}"},
            retries=False,
        )
        assert answer.status == 404
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err.strip()) == (-signal.SIGINT, "", "")


def test_it_ends_when_it_is_told_to() -> None:
    """SIGTERM ends it as well as Ctrl-C, and its certificate's file goes with it."""
    with running("--provider", "apiyi", "--tls") as process:
        authority = Path(exports(process, 4)["SSL_CERT_FILE"])
        assert authority.exists()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    assert not authority.parent.exists()


def test_it_serves_all_that_are_installed_on_the_port_asked_for() -> None:
    """The port is in every URL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    with running("--port", str(port)) as process:
        urls = [value for name, value in exports(process, 10).items() if name.endswith("_URL")]
        process.send_signal(signal.SIGINT)
    assert all(url.startswith(f"http://127.0.0.1:{port}/") for url in urls)


def test_a_port_in_use_is_one_sentence() -> None:
    """On stderr, with what to do, and exit code 2."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["--port", str(port), "--provider", "apiin"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        f"tintype: Port {port} cannot be used: Address already in use. "
        "Choose another, or 0 for any.\n"
    )


def test_a_certificate_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    """It names the file, whether it is not there or holds something else."""
    (tmp_path / "empty.pem").touch()
    for name in ("empty.pem", "none.pem"):
        result = CliRunner().invoke(command, ["--provider", "apiyi", "--tls", str(tmp_path / name)])
        assert result.exit_code == 2
        assert f"{name} is no PEM file with a certificate and its key" in result.stderr
        assert result.stderr.count("\n") == 1


def test_an_unknown_provider_is_one_sentence() -> None:
    """It lists those that there are."""
    result = CliRunner().invoke(command, ["--provider", "nobody"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("tintype: There are no fixtures of nobody; there are: apiin, ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "70000"],
        ["--pace", "-1"],
        ["--port", "x"],
        ["--what"],
        ["--fault", "a:submit:x:500"],
    ],
)
def test_misuse_is_told_by_its_exit_code(arguments: list[str]) -> None:
    """As everywhere in tintype: 2."""
    assert CliRunner().invoke(command, arguments).exit_code == 2
