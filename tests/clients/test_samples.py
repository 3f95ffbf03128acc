"""The samples that the providers print, word for word but for host and key, at the sandbox."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from tests.clients.drawing import HERE, picture, sold

from tintype_contracts import Sandbox

SAMPLES = HERE / "samples"
# What the documents print in place of a host and of a key.
HOSTS = {
    "apiin": "https://apiin.one",
    "apimodels": "https://apimodels.app",
    "apiyi": "https://api.apiyi.com",
    "cheapai": "https://api.cheapaiapi.com",
    "stability": "https://api.stability.ai",
}
KEYS = ("YOUR_API_KEY", "sk-MYAPIKEY", "sk-your-api-key", "sk_your_api_key", "<token>")
CHROMIUM = [
    "chromium",
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--virtual-time-budget=10000", "--dump-dom"),
]
PAGE = """<!doctype html><title>waiting</title><img id="img"><script type="module">
document.getElementById("img").onload = ({{target}}) => {{
  document.title = `${{target.naturalWidth}}x${{target.naturalHeight}}`;
}};
{sample}</script>
"""


def sample(sandbox: Sandbox, name: str) -> str:
    """A printed sample, with the sandbox's host and key in their places."""
    provider = name.partition(".")[0]
    text = (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")
    for key in KEYS:
        text = text.replace(key, sandbox.key(provider))
    return text.replace(HOSTS[provider], sandbox.url(provider))


def run(command: list[str], text: str, folder: Path | None = None) -> str:
    """What a program prints that gets the sample on its standard input, in a folder."""
    done = subprocess.run(  # noqa: S603 - a document's own sample, at a sandbox on loopback
        command, input=text, capture_output=True, check=True, text=True, timeout=60, cwd=folder
    )
    return done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "apiin.curl",
        "apimodels.curl",
        "apimodels.edit.curl",
        "apiyi.curl",
        "apiyi.heredoc.curl",
        "cheapai.curl",
    ],
)
def test_curl_starts_what_is_printed(sandbox: Sandbox, name: str) -> None:
    """The command is answered, and one image is charged."""
    answer = run(
        ["bash", "-s"], f'set -eu\ncurl() {{ command curl -sSf "$@"; }}\n{sample(sandbox, name)}'
    )
    assert answer.startswith("{")
    assert sold(sandbox, name.partition(".")[0]) == [1]


SAVING: Mapping[str, list[str]] = {
    "stability.core.curl": ["bash", "-s"],
    "stability.ultra.curl": ["bash", "-s"],
    "stability.sd3.curl": ["bash", "-s"],
    "stability.requests.py": [sys.executable, "-"],
}


@pytest.mark.parametrize("name", SAVING)
def test_a_sample_saves_the_bytes_that_it_is_answered_with(
    sandbox: Sandbox, name: str, tmp_path: Path
) -> None:
    """The picture is of the format that was asked for, and is charged once."""
    run(SAVING[name], sample(sandbox, name), tmp_path)
    [saved] = tmp_path.iterdir()
    with Image.open(saved) as drawn:
        assert (drawn.format or "").lower() == saved.suffix[1:]
    assert sold(sandbox, "stability") == [1]


SCRIPTS: Mapping[str, list[str]] = {
    "apiyi.openai.py": [sys.executable, "-"],
    "apiyi.requests.py": [sys.executable, "-"],
    "apiyi.node.mjs": ["node", "--input-type=module"],
}


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_prints_the_address_of_its_picture(sandbox: Sandbox, name: str) -> None:
    """It can be fetched, decodes, and has the size that was asked for."""
    (url,) = run(SCRIPTS[name], sample(sandbox, name)).split()
    assert picture({"url": url}).size == (2048, 2048)
    assert sold(sandbox, "apiyi") == [1]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder at an origin of its own, on loopback."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not here")
def test_a_browser_shows_the_picture_of_another_origin(sandbox: Sandbox, tmp_path: Path) -> None:
    """The page's script asks across origins, and its picture is drawn at its full size."""
    page = PAGE.format(sample=sample(sandbox, "apiyi.browser.js"))
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    with served(tmp_path) as origin:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        shown = run([*CHROMIUM, profile, f"{origin}/index.html"], "")
    assert "<title>2048x2048</title>" in shown
    assert sold(sandbox, "apiyi") == [1]
