"""Addresses that an answer gives, and places that an account fills in, in both clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, answer, said
from tests.core.pictures import PNG
from tests.shapes import bfl
from tests.shapes.test_requests import client_of

from tintype import ImageRequest
from tintype.errors import TaskError

REQUEST = ImageRequest(prompt="a red panda")
POLLED = "/v1/get_result?id=t1"


def created(polling_url: str) -> bytes:
    """What BFL answers to a create."""
    return said({"id": "t1", "polling_url": polling_url})


def test_a_task_is_polled_on_the_region_that_its_answer_names(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """With the key, which goes to no other host; the signed result is fetched without."""
    ready = {"id": "t1", "status": "Ready", "result": {"sample": f"{server.url}/s.png?sig=1"}}
    server.on("POST /v1/flux-pro-1.1", created(f"https://api.us4.bfl.ai{POLLED}"))
    server.on("GET /v1/get_result", said({"id": "t1", "status": "Pending"}), said(ready))
    server.on("GET /s.png", answer(PNG, media_type="image/png"))
    client = client_of(connect, server, bfl)
    drawn = client.generate(REQUEST, provider="bfl")
    (path,) = client.save(drawn, tmp_path)
    assert path.read_bytes() == PNG
    assert [each.target for each in server.requests[1:]] == [POLLED, POLLED, "/s.png?sig=1"]
    assert [each.header("x-key") for each in server.requests] == [KEY, KEY, KEY, None]


@pytest.mark.parametrize(
    "host",
    [
        "https://evilbfl.ai",
        "https://bfl.ai.evil.test",
        "https://api.bfl.ai@evil.test",
        "https://api.us4.bfl.ai:8443",
        "http://api.us4.bfl.ai",
    ],
)
def test_a_look_alike_is_not_polled(connect: Connect, server: Loopback, host: str) -> None:
    """The task is told with its name, to be waited for once the plugin is mended."""
    server.on("POST /v1/flux-pro-1.1", created(f"{host}{POLLED}"))
    client = client_of(connect, server, bfl)
    with pytest.raises(TaskError, match="a host it does not declare") as caught:
        client.wait(client.submit(REQUEST, provider="bfl"))
    assert caught.value.task is not None
    assert caught.value.task.id == "t1"
    assert server.lines() == ["POST /v1/flux-pro-1.1"]
