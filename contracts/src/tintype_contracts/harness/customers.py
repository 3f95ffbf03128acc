"""Somebody who asks a provider: an account with one text for every credential."""

from __future__ import annotations

from datetime import UTC, datetime

from tintype._client.keyring import Keyring
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.messages import HttpRequest, Request

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def account(info: ProviderInfo, key: str, base_url: str | None = None) -> Account:
    """An account whose every credential is `key`, its settings any."""
    return Account(
        provider=info.name,
        key=key,
        credentials={name: key for name in info.auth.needs if name != "key"},
        settings=dict.fromkeys(info.settings, "any"),
        base_url=base_url,
    )


def leaving(request: Request, info: ProviderInfo, account: Account) -> HttpRequest:
    """A request as it leaves, with what shows the provider who asks."""
    return Keyring(info, account, lambda: _NOW).signed(request)
