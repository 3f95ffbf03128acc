"""The sandbox on real loopback sockets: what is documented is sent, and answered."""

from __future__ import annotations

import base64
import http.server
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
import trustme
import urllib3
from attrs import evolve
from PIL import Image

from tintype_contracts import Fixtures, Sandbox, load
from tintype_contracts.fixtures.comparing import mismatches
from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    JsonContent,
    MultipartContent,
    WireResponse,
)
from tintype_contracts.fixtures.neutral import neutral_fields
from tintype_contracts.fixtures.placeholders import dump, render
from tintype_contracts.fixtures.values import (
    asked_body,
    fixed_values,
    part_value,
    small_png,
    submission,
)
from tintype_contracts.fixtures.verbatim import payloads
from tintype_contracts.sandbox.engine.following import Follower

PROVIDERS = ("apiin", "apimodels", "apiyi", "cheapai", "openrouter")
FIXTURES = {name: load(name) for name in PROVIDERS}
PACE = 0.05


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """All five providers, fast."""
    with Sandbox(PROVIDERS, pace=PACE) as served:
        yield served


@pytest.fixture(scope="module")
def http_pool() -> Iterator[urllib3.PoolManager]:
    """A client that keeps its connections, retries nothing and follows nothing."""
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        yield pool


@pytest.fixture
def client(sandbox: Sandbox, http_pool: urllib3.PoolManager) -> Client:
    """It sends documented requests."""
    return Client(sandbox, http_pool)


class Client:
    """Sends what the documents show, the origin and the key replaced."""

    def __init__(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        self.sandbox = sandbox
        self.pool = pool

    def send(
        self, name: str, exchange: DocumentedExchange, task: str = "", **fields: object
    ) -> urllib3.BaseHTTPResponse:
        """One request; `fields` go into its JSON body."""
        fixtures = FIXTURES[name]
        filling = evolve(
            fixed_values(fixtures, exchange), key=self.sandbox.key(name), identity=lambda _: task
        )
        request = exchange.request
        assert request is not None
        parts = urlsplit(str(render(request.url, filling)))
        url = f"{self.sandbox.url(name)}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        headers = {key: str(render(value, filling)) for key, value in request.headers}
        if isinstance(request.content, MultipartContent):
            headers.pop("Content-Type", None)
            form = [_field(part, filling) for part in request.content.parts]
            return self.pool.request(request.method, url, headers=headers, fields=form)
        body = None
        if isinstance(request.content, JsonContent):
            body = dump({**_rendered(request.content, filling), **fields}).encode()
        return self.pool.request(request.method, url, headers=headers, body=body)


def _rendered(content: JsonContent, filling: object) -> dict:
    value = render(content.value, filling)
    assert isinstance(value, dict)
    return value


def _field(part: object, filling: object) -> tuple:
    if part.file is not None:
        return part.name, (part.filename, small_png("reference 0"), part.media_type)
    return part.name, str(render(part_value(part), filling))


def opening(name: str, story: str = "generated") -> DocumentedExchange:
    """The submission that a story begins with."""
    fixtures = FIXTURES[name]
    scene = fixtures.scene(story, next(iter(fixtures.stories[story].scenes)))
    return next(exchange for exchange in scene if exchange.operation == "submit")


def task_in(answer: urllib3.BaseHTTPResponse) -> str:
    """The id that the sandbox made up."""
    return next(word for word in _words(answer.json()) if word.startswith("sb"))


def _words(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, str):
        yield value


def look_until(
    client: Client, name: str, task: str, good: Callable[[str], bool]
) -> urllib3.BaseHTTPResponse:
    """Poll until the answer's text is good."""
    poll = next(e for e in FIXTURES[name].exchanges.values() if e.operation == "poll")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        answer = client.send(name, poll, task)
        if good(answer.data.decode()):
            return answer
        time.sleep(PACE / 5)
    pytest.fail(f"{name}: {answer.data[:300]!r}")


SUBMISSIONS = [
    pytest.param(name, exchange, id=f"{name}:{exchange.id}")
    for name, fixtures in FIXTURES.items()
    for story in ("generated", "generated_from_references", "streamed")
    if story in fixtures.stories
    for exchange in fixtures.stories[story].exchanges.values()
    if exchange.operation == "submit"
]
QUESTIONS = [
    pytest.param(name, exchange, id=f"{name}:{exchange.id}")
    for name, fixtures in FIXTURES.items()
    for exchange in fixtures.exchanges.values()
    if exchange.story in {"priced", "models"} and exchange.expect.outcome != "error"
]


@pytest.mark.parametrize(("name", "exchange"), SUBMISSIONS)
def test_a_documented_submission_gets_a_documented_answer(
    client: Client, name: str, exchange: DocumentedExchange
) -> None:
    """The body is one that its story shows for such a request, placeholders filled."""
    answer = client.send(name, exchange)
    reason = answer.headers.get("x-sandbox-reason")
    assert answer.status == 200, reason
    stories = FIXTURES[name].stories[exchange.story].exchanges.values()
    documented = [_living(name, each) for each in stories if each.operation == "submit"]
    assert any(_is(response, answer) for response in documented)
    assert reason is None


@pytest.mark.parametrize(("name", "exchange"), QUESTIONS)
def test_a_documented_question_gets_a_documented_answer(
    client: Client, name: str, exchange: DocumentedExchange
) -> None:
    """A price, a list of models."""
    answer = client.send(name, exchange)
    stories = FIXTURES[name].stories[exchange.story].exchanges.values()
    documented = [_living(name, each) for each in stories if each.operation == exchange.operation]
    assert any(_is(response, answer) for response in documented)


def _living(name: str, exchange: DocumentedExchange) -> WireResponse:
    """What is printed, with a placeholder for all that follows from the request or the clock."""
    assert exchange.response is not None
    content = _follower(name, exchange).content(exchange.response.content)
    return evolve(exchange.response, content=content)


def _follower(name: str, exchange: DocumentedExchange) -> Follower:
    body = asked_body(FIXTURES[name], submission(FIXTURES[name], exchange))
    fields = neutral_fields(FIXTURES[name], "submit", body)
    return Follower.of(FIXTURES[name], exchange, fields, body)


def _is(response: object, answer: urllib3.BaseHTTPResponse) -> bool:
    """Whether `answer` is the documented response with values in its placeholders."""
    if response.status != answer.status:
        return False
    if isinstance(response.content, JsonContent):
        return not list(mismatches(response.content.value, _json(answer)))
    events = [event.content for event in getattr(response.content, "events", ())]
    templates = [each.value for each in events if isinstance(each, JsonContent)]
    sent = list(payloads(answer.data.decode()))
    return bool(templates) and all(
        any(not list(mismatches(template, value)) for template in templates) for value in sent
    )


def _json(answer: urllib3.BaseHTTPResponse) -> object:
    return json.loads(answer.data, parse_float=Decimal)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_task_walks_to_images_that_can_be_fetched(client: Client, name: str) -> None:
    """Through the documented states, to a picture that Pillow reads, or base64 of one."""
    answer = client.send(name, opening(name))
    before = len(client.sandbox.ledger(name).charged_tasks)
    if any(route.operation == "poll" for route in FIXTURES[name].routes):
        task = task_in(answer)
        look_until(client, name, task, lambda text: "/assets/" not in text)
        answer = look_until(client, name, task, lambda text: "/assets/" in text)
    urls = [word for word in _words(answer.json()) if "/assets/" in word]
    blobs = [word for word in _words(answer.json()) if len(word) > 5000]
    assert urls or blobs
    for url in urls:
        fetched = client.pool.request("GET", url)
        image = Image.open(io.BytesIO(fetched.data))
        image.load()
        assert fetched.headers["Content-Type"] == Image.MIME[str(image.format)]
    for blob in blobs:
        Image.open(io.BytesIO(base64.b64decode(blob))).load()
    assert len(client.sandbox.ledger(name).charged_tasks) >= max(1, before)


@pytest.mark.parametrize(
    ("fields", "size", "kind"),
    [
        ({"resolution": "1K"}, (1024, 1024), "PNG"),
        (
            {"resolution": "2K", "aspect_ratio": "16:9", "output_format": "jpeg"},
            (2728, 1536),
            "JPEG",
        ),
        ({"size": "640x480", "output_format": "webp"}, (640, 480), "WEBP"),
        ({"resolution": "512", "n": 3}, (512, 512), "PNG"),
    ],
)
def test_images_have_the_size_number_and_format_asked_for(
    client: Client, fields: dict[str, object], size: tuple[int, int], kind: str
) -> None:
    """OpenRouter's table has all of these fields; nothing in the sandbox knows its name."""
    body = {"model": "openai/gpt-image-1", "prompt": "a cat", **fields}
    answer = client.pool.request(
        "POST",
        f"{client.sandbox.url('openrouter')}/api/v1/images",
        headers={"Authorization": f"Bearer {client.sandbox.key('openrouter')}"},
        json=body,
    )
    images = [
        Image.open(io.BytesIO(base64.b64decode(d["b64_json"]))) for d in answer.json()["data"]
    ]
    assert [(image.size, image.format) for image in images] == [(size, kind)] * int(
        str(fields.get("n", 1))
    )


@pytest.mark.parametrize("name", PROVIDERS)
def test_another_key_is_refused_as_documented(client: Client, name: str) -> None:
    """A status of the story `bad_key`, or 401 in plain words."""
    exchange = opening(name)
    assert exchange.request is not None
    url = f"{client.sandbox.url(name)}{urlsplit(exchange.request.url).path}"
    answer = client.pool.request("POST", url, headers={"Authorization": "Bearer x"}, json={})
    assert answer.status in _statuses(name, "bad_key", 401)
    assert "Authorization" in answer.headers["x-sandbox-reason"]
    assert client.sandbox.key(name) not in answer.headers["x-sandbox-reason"]


@pytest.mark.parametrize("name", ["apiin", "apimodels", "apiyi", "openrouter"])
def test_a_wrong_parameter_is_refused_as_documented(client: Client, name: str) -> None:
    """An undocumented field is one; nothing is charged."""
    before = client.sandbox.ledger(name).of("charged")
    answer = client.send(name, opening(name), colour="red")
    assert answer.status in _statuses(name, "invalid_parameter", 400)
    assert "/colour is not a documented parameter" in answer.headers["x-sandbox-reason"]
    assert client.sandbox.ledger(name).of("charged")[len(before) :] == ()


@pytest.mark.parametrize("name", ["apiin", "apimodels", "cheapai"])
def test_an_unknown_task_is_refused_as_documented(client: Client, name: str) -> None:
    """In the words of the story `unknown_task`, or 404 in plain ones."""
    poll = next(e for e in FIXTURES[name].exchanges.values() if e.operation == "poll")
    answer = client.send(name, poll, "nothing")
    assert answer.status in _statuses(name, "unknown_task", 404)


def _statuses(name: str, story: str, usual: int) -> set[int]:
    told = FIXTURES[name].stories.get(story)
    if told is None:
        return {usual}
    return {each.response.status for each in told.exchanges.values() if each.response}


@pytest.mark.parametrize(
    ("name", "story"),
    [
        (name, story)
        for name in PROVIDERS
        for story in ("no_credit", "slow_down", "server_down", "not_json", "refused_content")
    ],
)
def test_a_prompt_asks_for_a_story_of_any_provider(client: Client, name: str, story: str) -> None:
    """`sandbox:<story>` gives what the provider documents, or plain words that it does not."""
    exchange = opening(name)
    assert exchange.request is not None
    content = exchange.request.content
    prompt = f"a cat sandbox:{story}"
    if isinstance(content, MultipartContent):
        parts = [
            evolve(part, text=prompt) if part.name == "prompt" else part for part in content.parts
        ]
        content = evolve(content, parts=tuple(parts))
        request = evolve(exchange.request, content=content)
        answer = client.send(name, evolve(exchange, request=request))
    else:
        answer = client.send(name, exchange, prompt=prompt)
    told = FIXTURES[name].stories.get(story)
    if told is None:
        assert FIXTURES[name].absent[story] in answer.data.decode()
    elif any(each.operation == "submit" for each in told.exchanges.values()):
        assert answer.status in _statuses(name, story, 0)
    else:
        assert answer.status == 200


# ------------------------------------------------------------------------- the server


def test_an_unknown_prefix_lists_what_is_served(client: Client) -> None:
    """A wrong base URL is told at once."""
    origin = client.sandbox.url("apiin").removesuffix("/apiin")
    answer = client.pool.request("GET", f"{origin}/v1/images")
    assert answer.status == 404
    assert "apiin, apimodels" in answer.data.decode()


def test_a_page_of_another_origin_may_ask(client: Client) -> None:
    """The preflight is answered, and the answer may be read."""
    url = f"{client.sandbox.url('apiyi')}/v1/images/generations"
    asked = {"Origin": "http://page.test", "Access-Control-Request-Headers": "authorization"}
    preflight = client.pool.request("OPTIONS", url, headers=asked)
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    answer = client.send("apiyi", opening("apiyi"))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_stream_comes_event_by_event() -> None:
    """The first event is on the wire before the last one is due."""
    with Sandbox(["openrouter"], pace=30) as slow:
        parts = urlsplit(slow.url("openrouter"))
        body = json.dumps(
            {"model": "openai/gpt-image-1", "prompt": "a", "stream": True, "resolution": "512"}
        )
        head = (
            f"POST {parts.path}/api/v1/images HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {slow.key('openrouter')}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        with closing(socket.create_connection((parts.hostname, parts.port), 10)) as connection:
            connection.sendall(f"{head}{body}".encode())
            text = b""
            while b"data: " not in text:
                text += connection.recv(65536)
            connection.settimeout(0.3)
            with connection.makefile("rb") as reader, pytest.raises(TimeoutError):
                reader.read()
    assert b"text/event-stream" in text
    assert b"data: [DONE]" not in text


@pytest.mark.parametrize("own", [True, False])
def test_it_speaks_tls_where_a_client_speaks_nothing_else(
    acme: Fixtures, tmp_path: Path, *, own: bool
) -> None:
    """With a certificate that is made, or one that is given with its key."""
    authority, pem = trustme.CA(), tmp_path / "mine.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with Sandbox([acme], tls=pem if own else True) as sandbox:
        trusted = str(tmp_path / "authority.pem") if own else sandbox.environ()["SSL_CERT_FILE"]
        with urllib3.PoolManager(ca_certs=trusted) as pool:
            assert sandbox.url("acme").startswith("https://127.0.0.1:")
            answer = pool.request(
                "GET",
                f"{sandbox.url('acme')}/v1/price/acme-1",
                headers={"x-key": sandbox.key("acme")},
            )
        made = Path(sandbox.authority)
    assert answer.json() == {"model": "acme-1", "usd": 0.04}
    assert own or not made.parent.exists()


def test_one_text_is_no_list_of_providers() -> None:
    """A text is an iterable of letters."""
    with pytest.raises(TypeError, match=r"give \['apiyi'\]"):
        Sandbox("apiyi")


def test_many_clients_are_served_at_once(client: Client) -> None:
    """And one connection carries many calls."""
    answers: list[int] = []

    def draw() -> None:
        answers.extend(client.send("apiin", opening("apiin")).status for _ in range(5))

    threads = [threading.Thread(target=draw) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 100


def test_two_sandboxes_do_not_know_one_another(acme: Fixtures) -> None:
    """Each has its port, its tasks and its money; a seed makes other ids."""
    with Sandbox([acme], pace=0) as one, Sandbox([acme], pace=0, seed=1) as other:
        first, second = _submit(one), _submit(other)
        assert one.url("acme") != other.url("acme")
        assert first["id"] != second["id"]
        assert len(one.ledger("acme").charged_tasks) == len(other.ledger("acme").charged_tasks) == 1


def _submit(sandbox: Sandbox, **fields: object) -> dict:
    answer = urllib3.request(
        "POST",
        f"{sandbox.url('acme')}/v1/images",
        headers={"x-key": sandbox.key("acme")},
        json={"prompt": "a cat", "size": "512", **fields},
        retries=False,
    )
    assert answer.status == 200, answer.headers
    return answer.json()


def test_the_environment_points_to_the_sandbox(sandbox: Sandbox) -> None:
    """A key and a base URL for each."""
    environ = sandbox.environ()
    assert len(environ) == 2 * len(PROVIDERS)
    assert environ["APIYI_BASE_URL"] == sandbox.url("apiyi")
    assert environ["APIYI_API_KEY"] == sandbox.key("apiyi")


def test_results_expire_by_the_clock_that_was_brought(acme: Fixtures) -> None:
    """An hour is over when the clock says so."""
    now = [1_800_000_000.0]
    with Sandbox([acme], pace=0, clock=lambda: now[0]) as sandbox:
        task = _submit(sandbox)["id"]
        url = f"{sandbox.url('acme')}/assets/{task}/0.png"
        assert urllib3.request("GET", url, retries=False).status == 200
        now[0] += 3601
        assert urllib3.request("GET", url, retries=False).status == 404


def test_after_the_block_nothing_is_left(acme: Fixtures) -> None:
    """No thread, no listening socket; connections that were kept alive are closed."""
    before = set(threading.enumerate())
    with Sandbox([acme]) as sandbox, urllib3.PoolManager(retries=False) as pool:
        url = sandbox.url("acme")
        pool.request("GET", url)
        port = urlsplit(url).port
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port or 0)), 1)


def test_a_port_in_use_is_an_error_at_once(acme: Fixtures) -> None:
    """In the caller's thread, before anything is served."""
    before = set(threading.enumerate())
    with Sandbox([acme]) as sandbox:
        port = int(urlsplit(sandbox.url("acme")).port or 0)
        with pytest.raises(OSError, match="in use"), Sandbox([acme], port=port):
            pass
    assert set(threading.enumerate()) == before


def test_an_open_stream_does_not_hold_up_the_end(acme: Fixtures) -> None:
    """Leaving the block cuts what is still being sent."""
    with Sandbox([acme], pace=30) as sandbox:
        parts = urlsplit(sandbox.url("acme"))
        body = json.dumps({"prompt": "a cat", "stream": True})
        connection = socket.create_connection((parts.hostname, parts.port), 10)
        head = (
            f"POST {parts.path}/v1/images HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"x-key: {sandbox.key('acme')}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(f"{head}{body}".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
    with closing(connection), connection.makefile("rb") as reader:
        assert b"completed" not in reader.read()


# --------------------------------------------------------------------------- webhooks


class Receiver:
    """A loopback server that keeps what it is sent, and answers as it is told."""

    def __init__(self, statuses: list[int]) -> None:
        self.bodies: list[dict] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(json.loads(body))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def _wait(good: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not good():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_webhook_is_delivered_once_the_task_has_ended(acme: Fixtures) -> None:
    """With the documented body, its images included."""
    with Receiver([]) as receiver, Sandbox([acme], pace=PACE) as sandbox:
        task = _submit(sandbox, hook=receiver.url)["id"]
        _wait(lambda: sandbox.delivered("acme"))
    (body,) = receiver.bodies
    assert body["event"] == "done"
    assert json.loads(body["data"])["id"] == task
    assert body["to"] == receiver.url


def test_a_webhook_that_is_not_taken_is_sent_again(acme: Fixtures) -> None:
    """Twice refused, by an error and by a redirect, and taken the third time."""
    with Receiver([500, 302]) as receiver, Sandbox([acme], pace=PACE) as sandbox:
        _submit(sandbox, hook=receiver.url)
        _wait(lambda: sandbox.delivered("acme"))
    assert len(receiver.bodies) == 3
    assert receiver.bodies[0] == receiver.bodies[2]


def test_a_webhook_to_a_dead_port_harms_nobody(acme: Fixtures) -> None:
    """It is given up after its last try; the sandbox goes on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/hook"
    with Sandbox([acme], pace=0) as sandbox:
        _submit(sandbox, hook=dead)
        _wait(lambda: sandbox.lost("acme"))
        _submit(sandbox)
    assert sandbox.delivered("acme") == ()


def test_a_webhook_to_another_machine_is_refused(acme: Fixtures) -> None:
    """And recorded."""
    with Sandbox([acme], pace=0) as sandbox:
        _submit(sandbox, hook="http://192.0.2.1/hook")
        _wait(lambda: sandbox.refused("acme"))
    assert sandbox.refused("acme") == ("http://192.0.2.1/hook",)


@pytest.mark.parametrize("name", ["apiin", "apimodels", "cheapai"])
def test_the_three_with_webhooks_deliver_them(client: Client, name: str) -> None:
    """The documented body reaches a loopback receiver."""
    fixtures = FIXTURES[name]
    assert fixtures.webhooks is not None
    exchange = opening(name)
    with Receiver([]) as receiver:
        if isinstance(exchange.request.content, MultipartContent):
            parts = [*exchange.request.content.parts]
            hook = evolve(parts[0], name=fixtures.webhooks.field[1:], text=receiver.url)
            content = MultipartContent(parts=(*parts, hook))
            request = evolve(exchange.request, content=content)
            client.send(name, evolve(exchange, request=request))
        else:
            client.send(name, exchange, **{fixtures.webhooks.field[1:]: receiver.url})
        _wait(lambda: receiver.bodies)
    documented = [
        _follower(name, each).content(each.delivery.content).value
        for each in fixtures.exchanges.values()
        if each.delivery is not None and isinstance(each.delivery.content, JsonContent)
    ]
    assert any(not list(mismatches(template, receiver.bodies[0])) for template in documented)
