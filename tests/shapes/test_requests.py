"""A second header, and one that is sent always: drawn from loopback, by both clients."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from attrs import evolve
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, Recorded, answer, said
from tests.shapes import dashscope, runway

from tintype import Account, Client, ImageRequest, Request, Submission, TaskState, hookimpl
from tintype.catalog import ProviderInfo
from tintype.errors import (
    BadRequestError,
    PermissionDeniedError,
)

REQUEST = ImageRequest(prompt="a red panda", seed=None)


def client_of(connect: Connect, server: Loopback, plugin: ModuleType, **hooks: object) -> Client:
    """A client of a trial plugin at the server, which looks often; `hooks` replace the plugin's."""
    name = plugin.INFO.name

    @hookimpl
    def describe() -> ProviderInfo:
        return evolve(plugin.INFO, poll_schedule=(0.01,))

    made = SimpleNamespace(**{**vars(plugin), "describe": describe, **hooks})
    account = Account(provider=name, key=KEY, base_url=server.url)
    return connect(account, plugins={name: made})


PLUGINS = sorted(Path(__file__).parent.glob("[!t]*.py"))


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_a_trial_plugin_is_short(path: Path) -> None:
    """Sixty lines, empty ones aside, and as long as it takes: else the words are missing."""
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= 60, path


# ------------------------------------------------------------- a header on every request


def versioned(*answers: object) -> list[object]:
    """Runway's answers, refused without the version; the last one stays."""

    def guarded(value: object) -> object:
        def answered(asked: Recorded) -> bytes:
            if asked.header("x-runway-version") != "2024-11-06":
                error = "The `X-Runway-Version` header is missing or is no version."
                return said({"error": error}, status=400)
            return said(value)

        return answered

    return [guarded(each) for each in answers]


def test_a_version_goes_with_every_request(connect: Connect, server: Loopback) -> None:
    """With the create and with each look."""
    task = "17f20503-6c24-4c16-946b-35dbbce2af2f"
    done = {"id": task, "status": "SUCCEEDED", "output": [f"{server.url}/1.png"]}
    server.on("POST /v1/text_to_image", *versioned({"id": task}))
    running = {"id": task, "status": "RUNNING", "progress": 0.5}
    server.on(f"GET /v1/tasks/{task}", *versioned({"id": task, "status": "PENDING"}, running, done))
    drawn = client_of(connect, server, runway).generate(REQUEST, provider="runway")
    assert [image.url for image in drawn.tasks[0].images] == [f"{server.url}/1.png"]
    assert [sent.method for sent in server.requests] == ["POST", "GET", "GET", "GET"]


def test_a_version_goes_with_a_cancel(connect: Connect, server: Loopback) -> None:
    """Which has no body, and no answer but its status."""
    task = "17f20503"
    server.on("POST /v1/text_to_image", *versioned({"id": task}))
    server.on(f"DELETE /v1/tasks/{task}", answer(status=204))
    client = client_of(connect, server, runway)
    running = client.submit(REQUEST, provider="runway")
    assert client.cancel(running).state is TaskState.CANCELED
    assert server.requests[-1].header("x-runway-version") == "2024-11-06"


def test_without_the_version_it_refuses(connect: Connect, server: Loopback) -> None:
    """The server of these tests does what the documents say."""

    @hookimpl
    def submit(request: Submission) -> Request:
        return evolve(runway.submit(request), headers=())

    server.on("POST /v1/text_to_image", *versioned({"id": "t"}))
    with pytest.raises(BadRequestError, match="X-Runway-Version"):
        client_of(connect, server, runway, submit=submit).submit(REQUEST, provider="runway")


# -------------------------------------------------------------- a header on one request


def begun(asked: Recorded) -> bytes:
    """What DashScope answers to a create."""
    if asked.header("x-dashscope-async") != "enable":
        words = "current user api does not support synchronous calls."
        return said({"code": "AccessDenied", "message": words, "request_id": "r"}, status=403)
    body = json.loads(asked.body)
    assert body["parameters"] == {"size": "1024*1024", "n": 2}
    return said({"output": {"task_status": "PENDING", "task_id": "t-1"}, "request_id": "r"})


SYNTHESIS = "POST /api/v1/services/aigc/text2image/image-synthesis"


def test_work_is_asked_for_by_a_header_and_may_come_about_in_part(
    connect: Connect, server: Loopback
) -> None:
    """One picture came, one did not, and both are told."""
    results = [
        {"orig_prompt": "a red panda", "url": f"{server.url}/1.png"},
        {"code": "InternalError.Timeout", "message": "An internal timeout error has occurred."},
    ]
    output = {"task_id": "t-1", "task_status": "SUCCEEDED", "results": results}
    server.on(SYNTHESIS, begun)
    server.on(
        "GET /api/v1/tasks/t-1",
        said({"output": {"task_id": "t-1", "task_status": "RUNNING"}}),
        said({"output": output, "usage": {"image_count": 1}}),
    )
    request = ImageRequest(prompt="a red panda", n=2)
    [task] = client_of(connect, server, dashscope).generate(request, provider="dashscope").tasks
    assert task.state is TaskState.PARTIAL
    assert [image.index for image in task.images] == [0]
    assert [(error.index, error.code) for error in task.errors] == [(1, "InternalError.Timeout")]
    asked = [sent.header("x-dashscope-async") for sent in server.requests]
    assert asked == ["enable", None, None]


def test_without_the_header_it_refuses(connect: Connect, server: Loopback) -> None:
    """As the documents say it does."""

    @hookimpl
    def submit(request: Submission) -> Request:
        return evolve(dashscope.submit(request), headers=())

    server.on(SYNTHESIS, begun)
    client = client_of(connect, server, dashscope, submit=submit)
    with pytest.raises(PermissionDeniedError, match="does not support synchronous calls"):
        client.submit(REQUEST, provider="dashscope")
