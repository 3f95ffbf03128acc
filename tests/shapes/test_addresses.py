"""A trial plugin that looks at two addresses in turn, which the submission's answer names."""

from __future__ import annotations

from tests.core.conftest import Connect
from tests.core.loopback import Loopback, said
from tests.shapes import fal
from tests.shapes.test_requests import REQUEST, client_of

from tintype import TaskState

TASK = "764cabcf-b745-4b3e-ae38-1200304cf45b"
AT = f"/fal-ai/flux/requests/{TASK}"
QUEUED = {
    "status": "IN_QUEUE",
    "request_id": TASK,
    "response_url": f"https://queue.fal.run{AT}",
    "status_url": f"https://queue.fal.run{AT}/status",
    "queue_position": 0,
}


def test_the_status_is_looked_at_and_then_the_result(connect: Connect, server: Loopback) -> None:
    """The result at once, when the status says that it is there."""
    server.on("POST /fal-ai/flux/schnell", said(QUEUED))
    working = {**QUEUED, "status": "IN_PROGRESS"}
    server.on(f"GET {AT}/status", said(working), said({**QUEUED, "status": "COMPLETED"}))
    server.on(f"GET {AT}", said({"images": [{"url": f"{server.url}/1.png"}], "seed": 7}))
    drawn = client_of(connect, server, fal).generate(REQUEST, provider="fal")
    (task,) = drawn.tasks
    assert (task.state, task.id) == (TaskState.SUCCEEDED, TASK)
    assert [image.url for image in task.images] == [f"{server.url}/1.png"]
    asked = [(sent.method, sent.target) for sent in server.requests]
    assert asked[1:] == [("GET", f"{AT}/status"), ("GET", f"{AT}/status"), ("GET", AT)]
    assert all(sent.header("authorization").startswith("Key ") for sent in server.requests)
