"""Accounts as the environment names them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tintype._amounts import is_amount
from tintype._dispatch import env_name
from tintype.account import Account, Variables
from tintype.errors import UsageError


class Environ:
    """An environment that does not show what it holds.

    Crash reporters print what they find: the items of a mapping, too, so it is none.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str, default: str, /) -> str:
        """The value of a variable."""
        return self._values.get(name, default)

    def __repr__(self) -> str:
        """How many there are."""
        return f"Environ({len(self._values)} variables)"


def account_from(provider: str, environ: Variables) -> Account:
    """A provider's account as the environment names it.

    `<NAME>_API_KEY` is the key, `<NAME>_BASE_URL` replaces the origin and may carry a path
    prefix, `<NAME>_USD_PER_CREDIT` is what a credit cost you, `<NAME>_WEBHOOK_SECRET` is what
    webhooks are signed with, `<NAME>_TRUSTED_HOSTS` lists hosts with commas between.

    Raises:
        UsageError: The credit value is no amount of money.
    """
    name = env_name(provider)
    base_url = environ.get(f"{name}_BASE_URL", "").strip()
    worth = environ.get(f"{name}_USD_PER_CREDIT", "").strip()
    hosts = environ.get(f"{name}_TRUSTED_HOSTS", "")
    try:
        usd = Decimal(worth) if worth else None
    except InvalidOperation:
        usd = Decimal(-1)
    if usd is not None and not (is_amount(usd) and usd > 0):
        msg = f"{name}_USD_PER_CREDIT={worth!r} is not an amount such as 0.002."
        raise UsageError(msg, provider=provider)
    return Account(
        provider=provider,
        key=environ.get(f"{name}_API_KEY", "").strip() or None,
        base_url=base_url or None,
        usd_per_credit=usd,
        webhook_secrets=environ.get(f"{name}_WEBHOOK_SECRET", "").split(),
        trusted_hosts=tuple(filter(None, (host.strip() for host in hosts.split(",")))),
    )
