"""Logs: silent unless asked for, structured, and without what is nobody's business."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, answer, said
from tests.core.pictures import PNG

from tintype import Client, ImageRequest
from tintype.errors import SubmissionUnknownError

Artist = Callable[..., Client]

ROOT = Path(__file__).parents[2]
REQUEST = ImageRequest(prompt="a red panda nobody should read of")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})


def test_every_effect_is_a_record(
    artist: Artist, server: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG, in order, with the facts as a dictionary."""
    done = said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png?sig=abc"]})
    server.on(CREATE, DRAWING).on(LOOK, done)
    server.on("GET /1.png", answer(PNG, media_type="image/png"))
    client = artist(journal=tmp_path / "journal.db")
    with caplog.at_level(logging.DEBUG, "tintype"):
        client.save(client.generate(REQUEST, provider="easel"), tmp_path / "out")
    ours = [record for record in caplog.records if record.name == "tintype"]
    facts = [record.__dict__["tintype"] for record in ours]
    assert [each["effect"] for each in facts][:4] == ["record", "send", "record", "sleep"]
    assert {record.levelno for record in ours} == {logging.DEBUG}
    send = facts[1]
    assert (send["method"], send["status"], send["provider"]) == ("POST", 200, "easel")
    assert send["url"].endswith("/v1/pictures")
    fetch = next(each for each in facts if each["effect"] == "fetch")
    assert fetch["url"].endswith("/1.png")
    snapshot = facts[2]
    assert (snapshot["task"], snapshot["state"]) == ("p1", "running")
    assert len(snapshot["record"]) == 28


def test_what_failed_is_a_warning(
    artist: Artist, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    """With the error's name, and whether it was billed."""
    server.on(CREATE, Fault.RESET)
    with caplog.at_level(logging.WARNING, "tintype"), pytest.raises(SubmissionUnknownError):
        artist().generate(REQUEST, provider="easel")
    (record,) = [record for record in caplog.records if record.name == "tintype"]
    assert record.__dict__["tintype"]["error"] == "DroppedError"
    assert "billed=unknown" in record.getMessage()


def test_no_prompt_no_body_and_no_signature_is_logged(
    artist: Artist, server: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Addresses stand there without their queries."""
    done = said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png?sig=abc"]})
    server.on(CREATE, done).on("GET /1.png", answer(PNG, media_type="image/png"))
    client = artist()
    with caplog.at_level(logging.DEBUG, "tintype"):
        client.save(client.generate(REQUEST, provider="easel"), tmp_path / "out")
    text = "\n".join(
        record.getMessage() + repr(record.__dict__)
        for record in caplog.records
        if record.name == "tintype"
    )
    for secret in ("panda", "sig=abc", KEY):
        assert secret not in text


QUIET = """
import sys
from tests.core import easel
from tintype import Account, Client, ImageRequest
from tintype.errors import TintypeError
account = Account(provider="easel", key="key-of-mine", base_url=sys.argv[1])
with Client(account, plugins={"easel": easel}, environ={}) as client:
    try:
        client.generate(ImageRequest(prompt="p"), provider="easel")
    except TintypeError:
        pass
"""


def test_nothing_is_said_by_default(server: Loopback) -> None:
    """Not even a warning of `logging`'s last resort."""
    server.on(CREATE, Fault.RESET)
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-W", "error", "-c", QUIET, server.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
