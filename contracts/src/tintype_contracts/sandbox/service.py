"""`Sandbox`: the providers, their keys and their addresses, while a `with` block lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from tintype_contracts.format import Fixtures
from tintype_contracts.loader import installed, load
from tintype_contracts.neutral import Price
from tintype_contracts.sandbox.account import PLENTY, Account, Charge
from tintype_contracts.sandbox.engine import Engine
from tintype_contracts.sandbox.messages import Webhook
from tintype_contracts.sandbox.server import Server
from tintype_contracts.sandbox.state import Settings, State


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

    Raises:
        FixtureError: A fixture set is missing or broken.
        OSError: The port is taken.
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
    ) -> None:
        wanted = installed() if providers is None else tuple(providers)
        sets = [load(each) if isinstance(each, str) else each for each in wanted]
        self._fixtures = {fixtures.provider: fixtures for fixtures in sets}
        self._port, self._clock, self._balance = port, clock, balance
        self._pace, self._seed = pace, seed
        self._engines: Mapping[str, Engine] = {}
        self._server: Server | None = None

    def __enter__(self) -> Self:
        """Listen."""
        server = Server(self._port, self._clock)
        self._engines = {
            name: self._engine(fixtures, server.origin)
            for name, fixtures in self._fixtures.items()
        }
        server.start(self._engines)
        self._server = server
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; no thread and no socket is left."""
        if self._server is not None:
            self._server.stop()

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of all that are served."""
        return tuple(self._fixtures)

    def url(self, provider: str) -> str:
        """The base URL of `provider`, to stand in place of the documented origin."""
        return self._engines[provider].state.settings.base_url

    def key(self, provider: str) -> str:
        """The one key that `provider` accepts here."""
        return self._engines[provider].state.settings.key

    def environ(self) -> dict[str, str]:
        """The environment variables that point tintype here: a key and a URL a provider."""
        made: dict[str, str] = {}
        for provider in self.providers:
            name = provider.upper().replace("-", "_")
            made[f"{name}_API_KEY"] = self.key(provider)
            made[f"{name}_BASE_URL"] = self.url(provider)
        return made

    def charges(self, provider: str) -> tuple[Charge, ...]:
        """What was charged, in order."""
        return tuple(self._engines[provider].state.account.charges)

    def balance(self, provider: str) -> Price:
        """What is left on the account."""
        return self._engines[provider].state.account.balance

    def delivered(self, provider: str) -> tuple[Webhook, ...]:
        """The webhooks that were taken, in order."""
        return tuple(self._engines[provider].state.deliveries.done)

    def refused(self, provider: str) -> tuple[str, ...]:
        """The callback URLs that are not on loopback: nothing was sent there."""
        return tuple(self._engines[provider].state.deliveries.refused)

    def _engine(self, fixtures: Fixtures, origin: str) -> Engine:
        settings = Settings(
            base_url=f"{origin}/{fixtures.provider}",
            key=f"sandbox-{fixtures.provider}",
            pace=self._pace,
            seed=self._seed,
        )
        account = Account(self._balance)
        return Engine(state=State(fixtures=fixtures, settings=settings, account=account))
