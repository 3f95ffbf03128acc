"""`Sandbox`: the providers, their keys and their addresses, while a `with` block lasts."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import installed, load
from tintype_contracts.fixtures.neutral import Price
from tintype_contracts.sandbox.engine.account import PLENTY, Account
from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.engines import Engines
from tintype_contracts.sandbox.engine.ledger import Ledger, Picture
from tintype_contracts.sandbox.engine.messages import SandboxRequest, Webhook
from tintype_contracts.sandbox.engine.signing import secret_for
from tintype_contracts.sandbox.engine.state import Settings, State
from tintype_contracts.sandbox.faults.dial import Fault
from tintype_contracts.sandbox.serving.certificates import given, made
from tintype_contracts.sandbox.serving.gates import Gate, Point
from tintype_contracts.sandbox.serving.server import Server


class Sandbox:
    """Providers on loopback, each at `http://127.0.0.1:PORT/<name>`.

        with Sandbox(["apiyi"]) as sandbox:
            account = Account(
                provider="apiyi", key=sandbox.key("apiyi"), base_url=sandbox.url("apiyi")
            )

    Args:
        providers: Names of installed fixture sets, or sets; all that are installed if None.
        port: Where to listen; 0 is any free port.
        pace: Seconds that each documented state of a task lasts.
        seed: Makes other task ids and other pictures.
        balance: What each account holds at first.
        clock: Unix seconds; what "24 hours later" means in a test.
        faults: What is to go wrong; more can be dialled in later.
        plain: Whether pictures are of one colour, and painted in no time.
        lenient: Whether undocumented fields and models are accepted.
        tls: Whether it speaks TLS: with a certificate that is made for it, or with the one in
            a PEM file that holds its key, too.

    Raises:
        FixtureError: A fixture set is missing. One that is broken is told when it is asked for.
        OSError: The port is taken.
        CertificateError: The certificate cannot be read.
    """

    def __init__(  # noqa: PLR0913 - each is a keyword with a default
        self,
        providers: Iterable[str | Fixtures] | None = None,
        *,
        port: int = 0,
        pace: float = 1.0,
        seed: int = 0,
        balance: Price = PLENTY,
        clock: Callable[[], float] = time.time,
        faults: Iterable[Fault] = (),
        plain: bool = False,
        lenient: bool = False,
        tls: bool | Path = False,
    ) -> None:
        if isinstance(providers, str):
            msg = f"providers is one text: give [{providers!r}]."
            raise TypeError(msg)
        here = installed()
        wanted = here if providers is None else tuple(providers)
        self._fixtures: dict[str, Callable[[], Fixtures]] = {}
        for each in wanted:
            if isinstance(each, str) and each in here:
                self._fixtures[each] = partial(load, each)
            else:
                found = load(each) if isinstance(each, str) else each
                self._fixtures[found.provider] = partial(_itself, found)
        self._lenient, self._tls, self._authority = lenient, tls, ""
        self._kept = ExitStack()
        self._port, self._clock, self._balance = port, clock, balance
        self._pace, self._seed, self._plain = pace, seed, plain
        self._faults = tuple(faults)
        self._engines = Engines({})
        self._server: Server | None = None

    def __enter__(self) -> Self:
        """Listen."""
        with ExitStack() as kept:
            server = Server(self._port, self._clock, self._context(kept))
            self._kept = kept.pop_all()
        self._engines = Engines(
            {
                name: partial(self._engine, fixtures, server.origin)
                for name, fixtures in self._fixtures.items()
            }
        )
        server.start(self._engines)
        self._server = server
        for fault in self._faults:
            server.dial_in(fault)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; no thread, no socket and no file is left."""
        with self._kept:
            if self._server is not None:
                self._server.stop()

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of all that are served."""
        return tuple(self._fixtures)

    def url(self, provider: str) -> str:
        """The base URL of `provider`, to stand in place of the documented origin."""
        return f"{self._served.origin}/{self._known(provider)}"

    def key(self, provider: str) -> str:
        """The one key that `provider` accepts here."""
        return f"sandbox-{self._known(provider)}"

    def webhook_secret(self, provider: str) -> str:
        """What `provider` signs its webhooks with here, where a document says how."""
        return secret_for(self._known(provider))

    @property
    def authority(self) -> str:
        """The file of the authority behind a certificate that was made, else ""."""
        return self._authority

    def environ(self) -> dict[str, str]:
        """The environment variables that point tintype here: a key and a URL a provider.

        Where a certificate was made, those by which OpenSSL and Node trust it as well.
        """
        trusted = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS") if self._authority else ()
        environ: dict[str, str] = dict.fromkeys(trusted, self._authority)
        for provider in self.providers:
            name = provider.upper().replace("-", "_")
            environ[f"{name}_API_KEY"] = self.key(provider)
            environ[f"{name}_BASE_URL"] = self.url(provider)
        return environ

    def ledger(self, provider: str) -> Ledger:
        """What was charged, given back, answered and collected so far."""
        return self._engines[provider].state.account.ledger

    def balance(self, provider: str) -> Price:
        """What is left on the account."""
        return self._engines[provider].state.account.balance

    def delivered(self, provider: str) -> tuple[Webhook, ...]:
        """The webhooks that were taken, in order."""
        return tuple(self._engines[provider].state.deliveries.done)

    def lost(self, provider: str) -> tuple[Webhook, ...]:
        """The webhooks that were given up after their last try."""
        return tuple(self._engines[provider].state.deliveries.lost)

    def refused(self, provider: str) -> tuple[str, ...]:
        """The callback URLs that are not on loopback: nothing was sent there."""
        return tuple(self._engines[provider].state.deliveries.refused)

    def calls(self, provider: str) -> tuple[str, ...]:
        """The operations that were asked for so far, in order; "" is no documented one."""
        return tuple(operation for name, operation in self._served.calls if name == provider)

    def pictures(self, provider: str) -> Mapping[Picture, bytes]:
        """The bytes of every image of every task, drawn or yet to be."""
        works = self._engines[provider].state.works
        return {
            (work.id, index): drawing.data
            for work in tuple(works.values())
            for index, drawing in enumerate(work.drawings)
        }

    def at_work(self, provider: str) -> bool:
        """Whether any task has not come to its end, so that money may still move."""
        works = self._engines[provider].state.works
        return not all(work.settled for work in tuple(works.values()))

    # ------------------------------------------------------------- what is to go wrong

    def dial(self, fault: Fault) -> None:
        """Have something go wrong; the calls it concerns are counted from now on."""
        self._served.dial_in(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        self._served.clear()

    @property
    def struck(self) -> tuple[Fault, ...]:
        """The faults that happened to a call, in order."""
        return self._served.dial.struck

    def gate(self, provider: str, operation: str, point: Point, *, nth: int = 1) -> Gate:
        """Close a gate: the nth request that comes by waits there until it is opened.

        Leaving the `with` block opens all.
        """
        gate = Gate(provider=provider, operation=operation, point=point, nth=nth)
        self._served.gates.add(gate)
        return gate

    @property
    def elsewhere(self) -> str:
        """The origin of another host, to which redirects and forgeries lead."""
        return self._served.elsewhere

    @property
    def strays(self) -> tuple[SandboxRequest, ...]:
        """What was sent to that host."""
        return self._served.canary.visits

    @property
    def leaks(self) -> tuple[SandboxRequest, ...]:
        """What was sent to that host with a key in it. There must be none, ever."""
        return self._served.canary.leaks(tuple(self.key(name) for name in self.providers))

    @property
    def _served(self) -> Server:
        if self._server is None:
            msg = "The sandbox is not open: use it in a with block."
            raise RuntimeError(msg)
        return self._server

    def _known(self, provider: str) -> str:
        if provider not in self._fixtures:
            raise KeyError(provider)
        return provider

    def _context(self, kept: ExitStack) -> ssl.SSLContext | None:
        if isinstance(self._tls, Path):
            return given(self._tls)
        if not self._tls:
            return None
        folder = kept.enter_context(TemporaryDirectory(prefix="tintype-sandbox-"))
        context, place = made(Path(folder))
        self._authority = str(place)
        return context

    def _engine(self, read: Callable[[], Fixtures], origin: str) -> Engine:
        fixtures = read()
        settings = Settings(
            base_url=f"{origin}/{fixtures.provider}",
            key=self.key(fixtures.provider),
            lenient=self._lenient,
            webhook_secret=self.webhook_secret(fixtures.provider),
            pace=self._pace,
            seed=self._seed,
            plain=self._plain,
        )
        account = Account(self._balance)
        return Engine(state=State(fixtures=fixtures, settings=settings, account=account))


def _itself(fixtures: Fixtures) -> Fixtures:
    return fixtures
