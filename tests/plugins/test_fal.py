"""fal: what the plugin makes of a queue with two addresses, of a cancellation and of a webhook."""

from __future__ import annotations

import json
import time

import pytest
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, said

import tintype_fal as plugin
from tintype import Account, Client, Delivery, ImageRequest, TaskState
from tintype.errors import InsufficientCreditError, SignatureError
from tintype_contracts import Sandbox
from tintype_contracts.fixtures.loader import load
from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.messages import SandboxRequest, WholeResponse
from tintype_contracts.sandbox.engine.signing import secret_for
from tintype_contracts.sandbox.engine.state import Settings, State

TASK = "764cabcf-b745-4b3e-ae38-1200304cf45b"
AT = f"/fal-ai/flux/requests/{TASK}"
QUEUED = {
    "status": "IN_QUEUE",
    "request_id": TASK,
    "response_url": f"https://queue.fal.run{AT}",
    "status_url": f"https://queue.fal.run{AT}/status",
    "cancel_url": f"https://queue.fal.run{AT}/cancel",
}
BOAT = ImageRequest(prompt="a boat", model="fal-ai/flux/schnell")


@pytest.fixture
def client(connect: Connect, server: Loopback) -> Client:
    """A client whose fal is the loopback server."""
    account = Account(provider="fal", key=KEY, base_url=server.url)
    return connect(account, plugins={"fal": plugin})


def test_the_status_is_looked_at_and_then_the_result(client: Client, server: Loopback) -> None:
    """Where the answer says, and the result at once when the status says that it is there."""
    server.on("POST /fal-ai/flux/schnell", said(QUEUED))
    working = {**QUEUED, "status": "IN_PROGRESS"}
    server.on(f"GET {AT}/status", said(working), said({**QUEUED, "status": "COMPLETED"}))
    server.on(f"GET {AT}", said({"images": [{"url": f"{server.url}/1.png"}], "seed": 7}))
    (task,) = client.generate(BOAT, provider="fal").tasks
    assert (task.state, task.id) == (TaskState.SUCCEEDED, TASK)
    assert [(image.url, image.seed) for image in task.images] == [(f"{server.url}/1.png", 7)]
    asked = [(sent.method, sent.target) for sent in server.requests]
    assert asked[1:] == [("GET", f"{AT}/status"), ("GET", f"{AT}/status"), ("GET", AT)]
    assert all(sent.header("authorization") == f"Key {KEY}" for sent in server.requests)


@pytest.mark.parametrize(
    "told", [{"request_id": TASK}, {**QUEUED, "status_url": "https://evil.test/"}]
)
def test_without_an_address_of_its_own_the_documented_one_is_asked(
    client: Client, server: Loopback, told: dict[str, str]
) -> None:
    """An answer that names none, or one on another host: the owner and the app, no subpath."""
    server.on("POST /fal-ai/flux/schnell", said(told))
    server.on(f"GET {AT}/status", said({"status": "COMPLETED"}))
    server.on(f"GET {AT}", said({"images": [{"url": f"{server.url}/1.png"}]}))
    assert client.generate(BOAT, provider="fal").images


def test_a_black_image_is_a_refusal_unless_nobody_checks(client: Client, server: Loopback) -> None:
    """What the safety checker flags it blackens; with the checker off the picture is whole."""
    server.on("POST /fal-ai/flux/schnell", said(QUEUED))
    server.on(f"GET {AT}/status", said({"status": "COMPLETED"}))
    images = [{"url": f"{server.url}/{number}.png"} for number in (1, 2)]
    server.on(f"GET {AT}", said({"images": images, "has_nsfw_concepts": [False, True]}))
    (task,) = client.generate(BOAT, provider="fal").tasks
    assert (task.state, len(task.images)) == (TaskState.PARTIAL, 1)
    assert [(each.index, each.refused) for each in task.errors] == [(1, True)]
    bold = ImageRequest(prompt="a boat", options={"fal": {"enable_safety_checker": False}})
    assert len(client.generate(bold, provider="fal").images) == 2


def test_a_locked_account_is_one_without_money(client: Client, server: Loopback) -> None:
    """It comes as a 403, whose words tell it from a key that may not."""
    words = "User is locked. Reason: Exhausted balance. Top up your balance."
    server.on("POST /fal-ai/flux/schnell", said({"detail": words}, status=403))
    with pytest.raises(InsufficientCreditError, match="Exhausted balance"):
        client.generate(BOAT, provider="fal")


def test_the_sandbox_signs_a_webhook_by_a_key_of_the_set_that_it_serves(
    connect: Connect, server: Loopback
) -> None:
    """The query names the callback; the core fetches the keys, and believes no other body."""
    settings = Settings(base_url=server.url, key=KEY, webhook_secret=secret_for("fal"))
    engine = Engine(state=State(fixtures=load("fal"), settings=settings))
    keys = engine.answer(SandboxRequest(method="GET", path="/.well-known/jwks.json"), 0.0)
    assert isinstance(keys, WholeResponse)
    server.on("GET /.well-known/jwks.json", said(json.loads(keys.body)))
    account = Account(provider="fal", key=KEY, base_url=server.url)
    client = connect(account, plugins={"fal": plugin})
    now = time.time()
    call = SandboxRequest(
        method="POST",
        path="/fal-ai/flux/dev",
        query=(("fal_webhook", "http://127.0.0.1:9/"),),
        headers=(("Authorization", f"Key {KEY}"), ("Content-Type", "application/json")),
        body=b'{"prompt": "a boat"}',
    )
    engine.answer(call, now)
    (webhook,) = engine.due(now + 60)
    told = Delivery(body=webhook.body, headers=webhook.headers)
    assert client.receive(told, provider="fal").state is TaskState.SUCCEEDED
    with pytest.raises(SignatureError):
        client.receive(Delivery(body=b"{}", headers=webhook.headers), provider="fal")


def test_any_model_draws_by_its_path_and_a_task_is_canceled() -> None:
    """Exact pixels in an object, a model that no catalog has, and a cancellation."""
    with Sandbox(["fal"], pace=0.01) as sandbox, Client(environ=sandbox.environ()) as client:
        exact = ImageRequest(prompt="a boat", model="fal-ai/flux/dev", size="640x384", n=2)
        drawn = client.generate(exact, provider="fal")
        assert [(image.width, image.height) for image in drawn.images] == [(640, 384)] * 2
        other = ImageRequest(prompt="a boat", model="fal-ai/fast-sdxl", aspect_ratio="16:9")
        (image,) = client.generate(other, provider="fal").images
        assert (image.width or 0) > (image.height or 0)
        task = client.submit(BOAT, provider="fal")
        assert client.cancel(task).state in {TaskState.CANCELED, TaskState.RUNNING}
