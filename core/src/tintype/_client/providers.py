"""The installed plugins, each with the account that is used for it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from attrs import evolve

from tintype._client.accounts import completed
from tintype._client.keyed_results import Rules
from tintype._client.keyring import Keyring
from tintype._doors import all_held, held
from tintype._keys.dispatch import checked_base_url, checked_trust, filled_for
from tintype._pacing import Clock
from tintype._plugins.registry import Registry
from tintype.account import Account, Variables
from tintype.errors import UsageError
from tintype.messages import Proxy

CLOCK = Clock(monotonic=time.monotonic, now=partial(datetime.now, UTC))

A_NAME = "the name of an installed plugin, as `tintype providers` lists them"
_ACCOUNTS = "Account(provider=…, key=…), one behind the other"


class Providers:
    """The plugins, the accounts with them, and what follows from both.

    Args:
        registry: The plugins.
        accounts: What the caller gave.
        environ: What completes it.
        clock: What time it is.
        proxy: Through which proxy all goes, but of an account that has its own.

    Raises:
        UnknownProviderError: An account is with nobody.
        UsageError: Two are with one provider.
    """

    def __init__(
        self,
        registry: Registry,
        accounts: Iterable[Account],
        environ: Variables,
        clock: Clock = CLOCK,
        proxy: Proxy | None = None,
    ) -> None:
        self.registry = registry
        self.clock = clock
        self._given: dict[str, Account] = {}
        for account in all_held(accounts, Account, "accounts", _ACCOUNTS):
            if account.provider in self._given:
                msg = (
                    "There are two accounts of it, and a client has one of each provider: make a "
                    "client for each, with a journal of its own."
                )
                raise UsageError(msg, provider=account.provider)
            self._given[account.provider] = account
        self._environ = environ
        self._proxy = proxy
        self._accounts: dict[str, Account] = {}
        self._keyrings: dict[str, Keyring] = {}
        registry.check(self._given)  # an account of nobody

    def account(self, provider: str) -> Account:
        """The account with a provider: what was given, completed once from the environment.

        Raises:
            UnknownProviderError: No plugin of that name is installed.
            PluginError: It is installed and broken.
        """
        held(provider, str, "provider", A_NAME)
        if provider not in self._accounts:
            given = self._given.get(provider, Account(provider=provider))
            given = evolve(given, proxy=given.proxy or self._proxy)
            info = self.registry.get(provider).info
            self._accounts[provider] = completed(given, info, self._environ)
        return self._accounts[provider]

    def keyring(self, provider: str) -> Keyring:
        """The account's credentials as they are now: put into requests, taken out of answers."""
        if provider not in self._keyrings:
            info, account = self.registry.get(provider).info, self.account(provider)
            self._keyrings.setdefault(provider, Keyring(info, account, self.clock.now))
        return self._keyrings[provider]

    def rules(self, provider: str) -> Rules:
        """How a provider's results are fetched; "" is nobody's."""
        if not provider:
            return Rules(clock=self.clock, proxy=self._proxy)
        account = self.account(provider)
        info = self.registry.get(provider).info
        return Rules(
            clock=self.clock,
            base_url=checked_base_url(account),
            origins=filled_for(info.origins, info, account),
            keyed=filled_for(info.keyed_results, info, account),
            headers=info.result_headers,
            query=info.auth.query,
            trusted=checked_trust(account),
            proxy=account.proxy,
        )

    @property
    def has_proxy(self) -> bool:
        """Whether a proxy is named, by the client or by an account."""
        return any([self._proxy, *(each.proxy for each in self._given.values())])
