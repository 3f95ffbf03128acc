"""The programs of docs/examples, as their readers would start them, against the sandbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
import urllib3
from nbclient import NotebookClient

from tintype_contracts.sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
SCRIPTS = [path for path in PROGRAMS if path.stem != "service"]
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Every provider."""
    with Sandbox(pace=0.05) as made:
        yield made


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("pictures/*") if path.is_file())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_program_leaves_pictures(path: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    """It is run as it stands, warnings being errors, and ends with 0."""
    done = subprocess.run(  # noqa: S603 - our own documentation
        [sys.executable, "-W", "error", path],
        cwd=tmp_path,
        env={**os.environ, **sandbox.environ()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert _pictures(tmp_path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_shows_a_picture(path: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    """Jupyter's own client runs it, cell by cell, in a kernel."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    running = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}})
    done = running.execute(env={**os.environ, **sandbox.environ()})
    outputs = [output for cell in done.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert _pictures(tmp_path)


@contextmanager
def _served(sandbox: Sandbox, folder: Path) -> Iterator[str]:
    """The address of the service."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        asked = ["service:app", "--app-dir", str(EXAMPLES), "--fd", str(listening.fileno())]
        process = subprocess.Popen(  # noqa: S603 - our own documentation
            [sys.executable, "-m", "uvicorn", *asked],
            cwd=folder,
            env={**os.environ, **sandbox.environ(), "PUBLIC_URL": url},
            pass_fds=[listening.fileno()],
        )
        try:
            yield url
        finally:
            process.terminate()
            process.wait(30)


def test_the_service_draws_what_is_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    """The provider calls it back, it saves the picture, and tells where."""
    with _served(sandbox, tmp_path) as url, urllib3.PoolManager() as pool:
        begun = pool.request("POST", f"{url}/pictures?prompt=a%20cat")
        assert begun.status == 202, begun.data
        told = {"state": "", "files": []}
        for _ in range(600):
            told = json.loads(pool.request("GET", f"{url}/pictures/{begun.json()['id']}").data)
            if told["files"]:
                break
            pool.request("GET", f"{url}/openapi.json")  # a little later
        assert told["state"] == "succeeded"
        (picture,) = _pictures(tmp_path)
        assert picture.read_bytes().startswith(PNG)
        assert pool.request("GET", f"{url}/pictures/nobodys").status == 404
        refused = pool.request("POST", f"{url}/pictures?prompt=")
        assert (refused.status, refused.json()["detail"]["billed"]) == (502, "no")


@pytest.mark.parametrize("path", [*PROGRAMS, *NOTEBOOKS], ids=lambda path: path.name)
def test_it_is_short(path: Path) -> None:
    """At most 40 lines; of a notebook those of its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert len(text.splitlines()) <= 40
