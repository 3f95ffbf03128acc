"""Acme played from its fixtures: values in, values out, the time brought along."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from attrs import evolve

from tintype_contracts import Fixtures
from tintype_contracts.fixtures.neutral import Price
from tintype_contracts.sandbox import (
    Account,
    Engine,
    SandboxRequest,
    Settings,
    State,
    Stream,
    WholeResponse,
)
from tintype_contracts.sandbox.engine.deliveries import Deliveries, is_loopback
from tintype_contracts.sandbox.engine.messages import Webhook

KEY = ("x-key", "k")
JSON = ("Content-Type", "application/json")
NOW = 1_800_000_000.0


def send(
    engine: Engine, at: float = 0.0, path: str = "/v1/images", **fields: object
) -> WholeResponse:
    """Submit; at so many seconds from the start."""
    body = json.dumps({"prompt": "a cat", **fields}).encode()
    call = SandboxRequest(method="POST", path=path, headers=(KEY, JSON), body=body)
    reply = engine.answer(call, NOW + at)
    assert isinstance(reply, WholeResponse)
    return reply


def look(engine: Engine, task: str, at: float, method: str = "GET") -> WholeResponse:
    """Poll, or cancel."""
    call = SandboxRequest(method=method, path=f"/v1/tasks/{task}", headers=(KEY,))
    reply = engine.answer(call, NOW + at)
    assert isinstance(reply, WholeResponse)
    return reply


def value(reply: WholeResponse) -> dict:
    """The reply's JSON."""
    return json.loads(reply.body)


def submitted(engine: Engine, at: float = 0.0, **fields: object) -> str:
    """The id of a new task."""
    reply = send(engine, at, **fields)
    assert reply.status == 200, reply
    return value(reply)["id"]


def reason(reply: WholeResponse) -> str:
    """Why the sandbox refused."""
    return dict(reply.headers).get("x-sandbox-reason", "")


def test_a_task_walks_its_documented_states(engine: Engine) -> None:
    """One second each; what is over stays as it is."""
    task = submitted(engine, n=2)
    seen = [value(look(engine, task, at)) for at in (0.0, 0.9, 1.1, 50.0)]
    assert [each["status"] for each in seen] == ["drawing", "drawing", "done", "done"]
    assert [each["progress"] for each in seen] == [50, 50, 100, 100]
    assert seen[2] == seen[3]


def test_a_finished_task_has_its_images_and_its_cost(engine: Engine) -> None:
    """Two of the size asked for, at URLs of the sandbox, by the price table."""
    done = value(look(engine, submitted(engine, n=2, size="2K"), 9.0))
    assert [image["size"] for image in done["images"]] == ["2048x2048", "2048x2048"]
    assert len({image["url"] for image in done["images"]}) == 2
    assert done["images"][0]["url"].startswith("http://acme.local/acme/assets/")
    assert done["cost"] == 0.16


def test_a_field_that_is_documented_to_have_no_effect_has_none(acme: Fixtures) -> None:
    """It is admitted, and one image is drawn all the same."""
    rows = [evolve(row, ignored=row.wire == "/n") for row in acme.parameters]
    settings = Settings(base_url="http://x", key="k")
    fixtures = evolve(acme, fields=tuple(rows))
    engine = Engine(state=State(fixtures=fixtures, settings=settings))
    assert len(value(look(engine, submitted(engine, n=4), 9.0))["images"]) == 1


@pytest.mark.parametrize(
    ("story", "status"), [("failed", "broken"), ("refused_content", "refused")]
)
def test_a_prompt_can_ask_for_a_story(engine: Engine, story: str, status: str) -> None:
    """`sandbox:failed` fails, as documented."""
    task = submitted(engine, prompt=f"a cat sandbox:{story}")
    assert value(look(engine, task, 60.0))["status"] == status


def test_a_story_that_begins_with_an_error_makes_no_task(engine: Engine) -> None:
    """Nothing is charged for it."""
    reply = send(engine, prompt="sandbox:no_credit")
    assert (reply.status, value(reply)["error"]["code"]) == (402, "no_credit")
    assert engine.state.works == {}
    assert engine.state.account.ledger.of("charged") == ()


def test_a_story_without_a_submission_begins_as_usual(engine: Engine) -> None:
    """The task is accepted, and looked at it cannot be found."""
    task = submitted(engine, prompt="sandbox:unknown_task")
    assert look(engine, task, 0.0).status == 404


@pytest.mark.parametrize(("story", "status"), [("slow_down", 429), ("sorrow", 501)])
def test_an_absent_story_is_answered_in_plain_words(
    engine: Engine, story: str, status: int
) -> None:
    """It says that no document has it, and why."""
    reply = send(engine, prompt=f"sandbox:{story}")
    assert reply.status == status
    assert reply.body.startswith(b"The sandbox has no documented answer")
    assert reason(reply)


@pytest.mark.parametrize("headers", [(), (("x-key", "K"),), (("x-key", "k "),), (("key", "k"),)])
def test_a_wrong_key_is_answered_as_documented(
    engine: Engine, headers: tuple[tuple[str, str], ...]
) -> None:
    """The header is compared exactly, and the key is not told."""
    call = SandboxRequest(method="POST", path="/v1/images", headers=headers, body=b"{}")
    reply = engine.answer(call, NOW)
    assert isinstance(reply, WholeResponse)
    assert (reply.status, value(reply)["error"]["code"]) == (401, "bad_key")
    assert "'x-key: <the sandbox's key>'" in reason(reply)


@pytest.mark.parametrize(
    "fields", [{"n": 9}, {"n": "1"}, {"colour": "red"}, {"prompt": None}, {"size": "9K"}]
)
def test_a_wrong_parameter_is_answered_as_documented(
    engine: Engine, fields: dict[str, object]
) -> None:
    """With the reason in a header, and without a charge."""
    reply = send(engine, **fields)
    assert (reply.status, value(reply)["error"]["code"]) == (422, "invalid")
    assert f"/{next(iter(fields))}" in reason(reply)
    assert engine.state.account.ledger.of("charged") == ()


def test_a_body_that_is_no_json_is_a_wrong_parameter(engine: Engine) -> None:
    """The reason says so."""
    call = SandboxRequest(method="POST", path="/v1/images", headers=(KEY, JSON), body=b"{")
    reply = engine.answer(call, NOW)
    assert isinstance(reply, WholeResponse)
    assert reply.status == 422
    assert "not JSON" in reason(reply)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/v1/images", ()),
        ("POST", "/v2/images", ()),
        ("GET", "/v1/models", ()),
        ("GET", "/v1/models", (("kind", "audio"),)),
        ("GET", "/v1/models", (("kind", "image"), ("page", "1"))),
        ("GET", "/v1/tasks/a/b", ()),
    ],
)
def test_an_undocumented_address_is_not_found(
    engine: Engine, method: str, path: str, query: tuple[tuple[str, str], ...]
) -> None:
    """The documented ones are listed."""
    call = SandboxRequest(method=method, path=path, query=query, headers=(KEY,))
    reply = engine.answer(call, NOW)
    assert isinstance(reply, WholeResponse)
    assert reply.status == 404
    assert "POST /v1/images" in reason(reply)


def test_an_unknown_task_is_answered_as_documented(engine: Engine) -> None:
    """404 in Acme's form, and the reason where Acme has its message."""
    reply = look(engine, "nothing", 0.0)
    assert (reply.status, value(reply)["error"]["message"]) == (404, "No task has this id.")


def test_the_nearest_documented_request_is_answered(engine: Engine) -> None:
    """A field that only one scene knows leads to that scene."""
    assert "kept" not in value(send(engine))
    assert value(send(engine, extra={"keep": True}))["kept"] is True


def test_a_stream_sends_the_documented_events(engine: Engine) -> None:
    """A coarse picture first, then each finished one, then the sentinel, in their time."""
    body = json.dumps({"prompt": "a cat", "stream": True, "n": 2, "size": "512"}).encode()
    call = SandboxRequest(method="POST", path="/v1/images", headers=(KEY, JSON), body=body)
    stream = engine.answer(call, NOW)
    assert isinstance(stream, Stream)
    assert dict(stream.headers)["Content-Type"] == "text/event-stream"
    events = [event.data.decode() for event in stream.events]
    assert [event.after for event in stream.events] == [0.0, 1.0, 1.0, 1.0, 0.0]
    assert events[0].startswith('event: partial\ndata: {"type":"partial"')
    assert events[-1] == "data: [DONE]\n\n"
    data = [json.loads(event.partition("data: ")[2]) for event in events[:-1]]
    assert [each.get("index") for each in data] == [None, None, 0, 1]
    assert data[0]["b64"] != data[2]["b64"]


# ------------------------------------------------------------------------------ money


def test_what_was_charged_is_known(engine: Engine) -> None:
    """Once for each task, with the digest of its request: the same for the same bytes."""
    first, second = submitted(engine), submitted(engine)
    charges = engine.state.account.ledger.of("charged")
    assert [charge.task for charge in charges] == [first, second]
    assert charges[0].digest == charges[1].digest
    assert (charges[0].usd, charges[0].credits) == (Decimal("0.040"), None)
    assert engine.state.account.balance.usd == Decimal("999.920")


def test_a_failed_task_is_refunded_where_the_documents_say_so(engine: Engine) -> None:
    """The charge stays on the list, given back."""
    task = submitted(engine, prompt="sandbox:failed")
    assert not engine.state.account.ledger.refunded(task)
    look(engine, task, 60.0)
    assert engine.state.account.ledger.refunded(task)
    assert engine.state.account.balance.usd == Decimal(1000)


def test_money_taken_on_delivery_is_not_taken_before(acme: Fixtures) -> None:
    """And never for a failure."""
    billing = evolve(acme.billing, charged="delivered", refunded_on_failure=None)
    settings = Settings(base_url="http://x", key="k")
    engine = Engine(state=State(fixtures=evolve(acme, billing=billing), settings=settings))
    task, failed = submitted(engine), submitted(engine, prompt="sandbox:failed")
    assert engine.state.account.ledger.of("charged") == ()
    look(engine, task, 60.0)
    look(engine, failed, 60.0)
    assert engine.state.account.ledger.charged_tasks == (task,)


def test_an_empty_account_is_told_so(acme: Fixtures) -> None:
    """As documented; nothing is accepted."""
    account = Account(Price(usd=Decimal("0.05"), credits=Decimal(0)))
    settings = Settings(base_url="http://x", key="k")
    engine = Engine(state=State(fixtures=acme, settings=settings, account=account))
    submitted(engine)
    reply = send(engine)
    assert reply.status == 402
    assert value(reply)["error"]["message"] == "You have 0.01 USD."


# ----------------------------------------------------------------------------- ends


def test_a_canceled_task_stays_canceled(engine: Engine) -> None:
    """And the money comes back, as for anything that was not delivered."""
    task = submitted(engine)
    assert value(look(engine, task, 0.1, "DELETE"))["status"] == "canceled"
    assert value(look(engine, task, 60.0))["status"] == "canceled"
    assert engine.state.account.ledger.refunded(task)


def test_a_finished_task_cannot_be_canceled(engine: Engine) -> None:
    """Its result stays."""
    task = submitted(engine)
    look(engine, task, 60.0, "DELETE")
    assert value(look(engine, task, 61.0))["status"] == "done"


def test_assets_are_served_until_they_expire(engine: Engine) -> None:
    """A preview is smaller; after the documented time there is nothing."""
    url = value(look(engine, submitted(engine), 2.0))["images"][0]["url"]
    path = url.removeprefix("http://acme.local/acme")
    fresh = engine.answer(SandboxRequest(method="GET", path=path), NOW + 3600)
    small = engine.answer(
        SandboxRequest(method="GET", path=path.replace(".png", ".preview.png")), NOW
    )
    late = engine.answer(SandboxRequest(method="GET", path=path), NOW + 3601)
    assert isinstance(fresh, WholeResponse)
    assert isinstance(small, WholeResponse)
    assert isinstance(late, WholeResponse)
    assert (fresh.status, dict(fresh.headers)) == (200, {"Content-Type": "image/png"})
    assert len(small.body) < len(fresh.body)
    assert late.status == 404
    assert "expired" in reason(late)


# -------------------------------------------------------------------------- webhooks


def test_the_end_of_a_task_is_called_back(engine: Engine) -> None:
    """Once it is there, with the documented body, and only once."""
    task = submitted(engine, hook="http://127.0.0.1:9/hook")
    assert engine.due(NOW + 0.5) == []
    (webhook,) = engine.due(NOW + 1.0)
    assert webhook.url == "http://127.0.0.1:9/hook"
    body = json.loads(webhook.body)
    assert body["to"] == webhook.url
    assert json.loads(body["data"]) == value(look(engine, task, 1.0))
    engine.report(webhook, taken=True, now=NOW + 1.0)
    assert engine.due(NOW + 1000) == []
    assert engine.state.deliveries.done == [webhook]


def test_a_failure_is_called_back_as_a_failure(engine: Engine) -> None:
    """A refusal too, where no webhook of its own is documented."""
    for story in ("failed", "refused_content"):
        submitted(engine, hook="http://localhost/hook", prompt=f"sandbox:{story}")
    events = [json.loads(webhook.body)["event"] for webhook in engine.due(NOW + 60)]
    assert events == ["broken", "broken"]


def test_a_story_of_a_webhook_can_be_polled_as_well(engine: Engine) -> None:
    """Its scene has no poll: those of other stories stand in."""
    task = submitted(engine, hook="http://localhost/hook", prompt="sandbox:webhook_failed")
    assert value(look(engine, task, 0.5))["status"] == "drawing"
    assert value(look(engine, task, 5.0))["status"] == "broken"
    assert len(engine.due(NOW + 5.0)) == 1


def test_a_webhook_is_tried_again_as_documented(engine: Engine) -> None:
    """After one second, then after two; then it is given up."""
    submitted(engine, hook="http://localhost/hook")
    times = []
    for at in range(1, 40):
        for webhook in engine.due(NOW + at):
            times.append((at, webhook.attempt))
            engine.report(webhook, taken=False, now=NOW + at)
    assert times == [(1, 0), (2, 1), (4, 2)]
    assert len(engine.state.deliveries.lost) == 1


def test_nothing_is_sent_off_this_machine(engine: Engine) -> None:
    """A callback elsewhere is refused and recorded."""
    submitted(engine, hook="https://example.com/hook")
    assert engine.due(NOW + 60) == []
    assert engine.state.deliveries.refused == ["https://example.com/hook"]


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://127.9.9.9/x", True),
        ("http://[::1]:80/x", True),
        ("http://localhost:1/x", True),
        ("https://localhost/x", False),
        ("http://localhost.example.com/x", False),
        ("http://127.0.0.1.example.com/x", False),
        ("http://127.0.0.1@example.com/x", False),
        ("http://10.0.0.1/x", False),
        ("http://169.254.169.254/x", False),
        ("http://0.0.0.0/x", False),
        ("ftp://127.0.0.1/x", False),
        ("http://", False),
    ],
)
def test_what_this_machine_is(url: str, local: bool) -> None:  # noqa: FBT001 - a table's column
    """Loopback by name or number, over plain HTTP."""
    assert is_loopback(url) is local


def test_an_attempt_is_given_out_once() -> None:
    """Two lookers never deliver the same webhook twice."""
    deliveries = Deliveries(retries=())
    deliveries.schedule(Webhook(task="t", url="http://localhost", headers=(), body=b""), 0.0)
    assert len(deliveries.due(1.0)) == 1
    assert deliveries.due(1.0) == []
