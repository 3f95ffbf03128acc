"""Somebody who asks a provider: an account with one text for every credential."""

from __future__ import annotations

from datetime import UTC, datetime

from tintype._client.keyring import Keyring, Prepared
from tintype._flow.effects import Send
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
    return shown(Keyring(info, account, lambda: _NOW), request)


def shown(keyring: Keyring, request: Request) -> HttpRequest:
    """A request of `submit` with what can be shown without asking anybody."""
    made = keyring.rehearse(request)
    try:
        next(keyring.prepared(Send(request=request, repeat=False, timeout=1.0, encoded=made)))
    except StopIteration as stop:
        ready: Prepared = stop.value
        return ready.request
    return made  # a token would have to be bought
