"""The sandbox on real loopback sockets: what is documented is sent, and answered."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
import trustme
import urllib3
from attrs import evolve
from tests.contracts.http_by_hand import begun, submit

from tintype._pictures.media import media_type
from tintype_contracts import Fixtures, Sandbox, installed, load
from tintype_contracts.fixtures.comparing import mismatches
from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    JsonContent,
    MultipartContent,
    TextContent,
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
from tintype_contracts.sandbox.engine.following import Follower, Printed

PROVIDERS = installed()
FIXTURES = {name: load(name) for name in PROVIDERS}
PACE = 0.05


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The first five providers, fast."""
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


DOCUMENTED = [
    pytest.param(name, exchange, id=f"{name}:{exchange.id}")
    for name, fixtures in FIXTURES.items()
    for story in ("generated", "generated_from_references", "streamed", "priced", "models")
    if story in fixtures.stories
    for exchange in fixtures.stories[story].exchanges.values()
    if exchange.operation in {"submit", "price", "models"} and exchange.expect.outcome != "error"
]


@pytest.mark.parametrize(("name", "exchange"), DOCUMENTED)
def test_a_documented_request_gets_a_documented_answer(
    client: Client, name: str, exchange: DocumentedExchange
) -> None:
    """The body is one that its story shows for such a request, placeholders filled."""
    answer = client.send(name, exchange)
    reason = answer.headers.get("x-sandbox-reason")
    assert 200 <= answer.status < 300, reason
    stories = FIXTURES[name].stories[exchange.story].exchanges.values()
    documented = [_living(name, each) for each in stories if each.operation == exchange.operation]
    assert any(_is(response, answer) for response in documented)
    assert reason is None


def _living(name: str, exchange: DocumentedExchange) -> WireResponse:
    """What is printed, with a placeholder for all that follows from the request or the clock."""
    assert exchange.response is not None
    content = _follower(name, exchange).content(exchange.response.content)
    return evolve(exchange.response, content=content)


def _follower(name: str, exchange: DocumentedExchange) -> Follower:
    body = asked_body(FIXTURES[name], submission(FIXTURES[name], exchange))
    given = body if isinstance(body, Mapping) else {}
    named = {"model": given["model"]} if "model" in given else {}  # where the address names it
    fields = {**named, **neutral_fields(FIXTURES[name], "submit", body)}
    return Follower.of(Printed.of(FIXTURES[name], exchange), fields, body)


def _is(response: object, answer: urllib3.BaseHTTPResponse) -> bool:
    """Whether `answer` is the documented response with values in its placeholders."""
    if response.status != answer.status:
        return False
    drawn = media_type(answer.data)
    if drawn or isinstance(response.content, TextContent):
        told = response.content == TextContent(text="{{image:bytes}}")
        return told and drawn == answer.headers["Content-Type"]
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


def test_a_stream_comes_event_by_event_and_does_not_hold_up_the_end(acme: Fixtures) -> None:
    """The first event comes before the last is due; leaving the block cuts what is still sent."""
    with Sandbox([acme], pace=30) as slow:
        body = {"prompt": "a cat", "stream": True}
        connection = begun(slow, "acme", "/v1/images", body, **{"x-key": slow.key("acme")})
        text = connection.recv(65536)
        connection.settimeout(0.5)
        heard = [text]
        with pytest.raises(TimeoutError):
            heard.extend(iter(lambda: connection.recv(65536), b""))
        connection.settimeout(10)
    with closing(connection), connection.makefile("rb") as reader:
        assert b"[DONE]" not in reader.read()
    assert b"text/event-stream" in text
    assert b"data: " in b"".join(heard)


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
        first, second = submit(one).value, submit(other).value
        assert one.url("acme") != other.url("acme")
        assert first["id"] != second["id"]
        assert len(one.ledger("acme").charged_tasks) == len(other.ledger("acme").charged_tasks) == 1


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
        task = submit(sandbox).value["id"]
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
        task = submit(sandbox, hook=receiver.url).value["id"]
        _wait(lambda: sandbox.delivered("acme"))
    (body,) = receiver.bodies
    assert body["event"] == "done"
    assert json.loads(body["data"])["id"] == task
    assert body["to"] == receiver.url


def test_a_webhook_that_is_not_taken_is_sent_again(acme: Fixtures) -> None:
    """Twice refused, by an error and by a redirect, and taken the third time."""
    with Receiver([500, 302]) as receiver, Sandbox([acme], pace=PACE) as sandbox:
        submit(sandbox, hook=receiver.url)
        _wait(lambda: sandbox.delivered("acme"))
    assert len(receiver.bodies) == 3
    assert receiver.bodies[0] == receiver.bodies[2]


def test_a_webhook_to_a_dead_port_harms_nobody(acme: Fixtures) -> None:
    """It is given up after its last try; the sandbox goes on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/hook"
    with Sandbox([acme], pace=0) as sandbox:
        submit(sandbox, hook=dead)
        _wait(lambda: sandbox.lost("acme"))
        submit(sandbox)
    assert sandbox.delivered("acme") == ()


def test_a_webhook_to_another_machine_is_refused(acme: Fixtures) -> None:
    """And recorded."""
    with Sandbox([acme], pace=0) as sandbox:
        submit(sandbox, hook="http://192.0.2.1/hook")
        _wait(lambda: sandbox.refused("acme"))
    assert sandbox.refused("acme") == ("http://192.0.2.1/hook",)
