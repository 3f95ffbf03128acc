"""What the tests of the edge share: loopback servers, and both clients under one name."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, cast

import pytest
from tests.core import databases, easel
from tests.core.databases import BACKENDS, Cluster, Place
from tests.core.loopback import Loopback
from tests.core.wires import KINDS, Wire

from tintype import Account, AsyncClient, Client
from tintype.journal._sql import SqlJournal

KEY = "sk-do-not-tell-4711"


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server without a script: it answers 404."""
    with Loopback() as made:
        yield made


@pytest.fixture
def refused_url() -> Iterator[str]:
    """An origin where nobody listens, and nobody but this test will."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def environ(tmp_path: Path, server: Loopback) -> dict[str, str]:
    """An environment of its own: APIYI and CheapAI at the server, each with a key."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONWARNINGS": "error",
        "APIYI_API_KEY": KEY,
        "APIYI_BASE_URL": server.url,
        "CHEAPAI_API_KEY": KEY,
        "CHEAPAI_BASE_URL": server.url,
        "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
    }


@pytest.fixture(params=KINDS)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """A transport, closed when the test ends."""
    with ExitStack() as stack:
        yield Wire(request.param, stack)


class Awaited:
    """An `AsyncClient` with the blocking methods of `Client`, so that a test serves both."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> object:
        """The method, awaited; anything else as it is."""
        found = getattr(self._client, name)
        if inspect.isasyncgenfunction(found):
            return lambda *args, **options: self._iterate(found(*args, **options))
        if inspect.iscoroutinefunction(found):
            return lambda *args, **options: self._runner.run(found(*args, **options))
        return found

    def _iterate(self, steps: AsyncGenerator[object]) -> Iterator[object]:
        async def step() -> object:
            return await anext(steps)

        try:
            while True:
                try:
                    yield self._runner.run(step())
                except StopAsyncIteration:
                    return
        finally:
            self._runner.run(_closed(steps))


async def _closed(steps: AsyncGenerator[object]) -> None:
    await steps.aclose()


class Connect(Protocol):
    """Makes a client, sync or async, which is closed when the test ends."""

    def __call__(self, *accounts: Account, **options: object) -> Client:
        """A client of these accounts and options."""


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients: the sync one, then the async one behind the same blocking methods."""
    with ExitStack() as stack:

        def sync(*accounts: Account, **options: object) -> Client:
            made = Client(*accounts, **{"environ": {}, **options})
            stack.callback(made.close)
            return made

        def awaited(*accounts: Account, **options: object) -> Client:
            runner = stack.enter_context(asyncio.Runner())
            made = AsyncClient(*accounts, **{"environ": {}, **options})
            stack.callback(lambda: runner.run(made.close()))
            return cast("Client", Awaited(made, runner))

        yield sync if request.param == "sync" else awaited


@pytest.fixture
def artist(connect: Connect, server: Loopback) -> Callable[..., Client]:
    """Makes clients of the provider `easel` at the server."""

    def made(**options: object) -> Client:
        account = Account(provider="easel", key=KEY, base_url=server.url)
        return connect(account, **{"plugins": {"easel": easel}, **options})

    return made


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of these tests' own, started when it is first asked for."""
    reason = databases.missing()
    if reason:
        pytest.skip(reason)
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The user's data folder, where a journal that is no file has its spool."""
    before = os.environ.get("XDG_DATA_HOME")
    os.environ["XDG_DATA_HOME"] = str(tmp_path / "home")
    yield tmp_path / "home"
    del os.environ["XDG_DATA_HOME"]
    if before is not None:
        os.environ["XDG_DATA_HOME"] = before


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest, file: Path, home: Path) -> Iterator[Place]:
    """Where a journal is to be: a file, then an empty database of the PostgreSQL."""
    if request.param == "sqlite":
        yield databases.place(str(file), request.param, Path(f"{file}.spool"))
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.database()
    yield databases.place(url, request.param, home / "tintype" / "spool")
    cluster.drop(url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a journal in SQLite is to be."""
    return tmp_path / "journal.db"


@pytest.fixture
def journal(place: Place) -> Iterator[SqlJournal]:
    """A journal that is empty."""
    made = SqlJournal(place, least_free=0)
    yield made
    made.close()
