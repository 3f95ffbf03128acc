"""Each process has connections of its own: forked, spawned, or served by a fork server."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from tests.core.loopback import Loopback, Recorded, answer
from tests.core.wires import OWN

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")

# Each process draws its own pictures: it sends a name, and is sent that name back.
_ASK = """
import asyncio, json, multiprocessing, os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # a fork server's child has threads to warn of
from tintype.messages import HttpRequest

KIND, URL, WAY = sys.argv[1:4]

def request(name):
    body = name.encode()
    headers = (("Content-Length", str(len(body))),)
    return HttpRequest(method="POST", url=URL + "/x", headers=headers, body=body)

if KIND == "urllib3":
    from tintype.transports.urllib3 import Urllib3Transport
    TRANSPORT = Urllib3Transport()

    def ask(name):
        incoming = TRANSPORT.open(request(name), timeout=20)
        try:
            return b"".join(incoming.chunks()).decode()
        finally:
            incoming.close()
else:
    from tintype.transports.aiohttp import AiohttpTransport
    TRANSPORT = AiohttpTransport()
    RUNNER = asyncio.Runner()

    async def ask_async(name):
        incoming = await TRANSPORT.open(request(name), timeout=20)
        try:
            return b"".join([chunk async for chunk in incoming.chunks()]).decode()
        finally:
            await incoming.close()

    def ask(name):
        return RUNNER.run(ask_async(name))

def work(name):
    if KIND == "aiohttp" and name != "parent":
        global RUNNER  # a loop belongs to one process
        RUNNER = asyncio.Runner()
    for each in range(8):
        asked = f"{name}-{each}"
        got = ask(asked)
        if got != asked:
            print(json.dumps([asked, got]), flush=True)
            return 1
    if KIND == "aiohttp" and name != "parent":
        RUNNER.close()
    return 0

def child(name):
    status = work(name)
    if status:
        raise SystemExit(status)

def fork_plainly():
    children = []
    for each in range(4):
        pid = os.fork()
        if pid == 0:
            sys.exit(work(f"child{each}"))  # with all that an interpreter does at its end
        children.append(pid)
    work("parent")
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]

def start_processes():
    context = multiprocessing.get_context(WAY)
    children = [context.Process(target=child, args=(f"child{each}",)) for each in range(4)]
    for each in children:
        each.start()
    work("parent")
    for each in children:
        each.join()
    return [each.exitcode for each in children]

if __name__ == "__main__":
    assert ask("before") == "before"
    codes = fork_plainly() if WAY == "os.fork" else start_processes()
    assert ask("after") == "after"
    print(json.dumps(codes), flush=True)
    if KIND == "aiohttp":
        RUNNER.close()
"""


def _echo(request: Recorded) -> bytes:
    return answer(request.body)


@pytest.fixture(params=["http", "https"])
def easel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loopback]:
    """A server that draws what it is asked for, with or without TLS."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(f"{tmp_path}/authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(tls=context if request.param == "https" else None) as made:
        yield made.on("*", _echo)


@pytest.mark.parametrize("way", ["os.fork", "fork", "spawn", "forkserver"])
@pytest.mark.parametrize("kind", OWN)
def test_every_process_gets_its_own_pictures(
    easel: Loopback, tmp_path: Path, kind: str, way: str
) -> None:
    """The parent goes on with the connection it had, each child opens one, nothing is swapped."""
    script = tmp_path / "ask.py"
    script.write_text(_ASK)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(script), kind, easel.url, way],
        env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": f"{tmp_path}/authority.pem"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout or "null") == [0] * 4, done.stderr
    assert done.stderr == ""
    asked = sorted(request.body.decode() for request in easel.requests)
    names = [f"child{number}" for number in range(4)] + ["parent"]
    drawn = [f"{name}-{each}" for name in names for each in range(8)]
    assert asked == sorted([*drawn, "before", "after"])
    assert easel.accepted == 5
