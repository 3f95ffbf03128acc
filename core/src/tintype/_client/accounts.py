"""Accounts as the environment names them, and what they lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from attrs import evolve

from tintype._amounts import is_amount
from tintype._excerpts import guess, quoted
from tintype._keys.variables import env_name, own_variable, to_be_set
from tintype.account import Account, Rate, Secret, Variables
from tintype.catalog import ProviderInfo
from tintype.errors import InvalidRequestError, UsageError


class Environ:
    """An environment that does not show what it holds.

    Crash reporters print what they find: the items of a mapping, too, so it is none.
    """

    def __init__(
        self, values: Mapping[str, str], stored: Callable[[str], str] | None = None
    ) -> None:
        self._values = values
        self._stored = stored

    def get(self, name: str, default: str, /) -> str:
        """The value of a variable."""
        return self._values.get(name, default)

    def look_in(self, stored: Callable[[str], str]) -> None:
        """Have credentials that a keyring keeps, too."""
        self._stored = stored

    def stored(self, name: str) -> str:
        """The credential that a keyring keeps under a variable's name, or ""."""
        return self._stored(name) if self._stored is not None else ""

    def __repr__(self) -> str:
        """How many there are."""
        return f"Environ({len(self._values)} variables)"


def account_from(info: ProviderInfo, environ: Variables) -> Account:
    """A provider's account as the environment names it.

    `<NAME>_API_KEY`, or the variable that the provider documents, is the key; other credentials
    and settings stand in `<NAME>_<CREDENTIAL>`, or likewise. `<NAME>_BASE_URL` replaces the
    origin and may carry a path prefix, `<NAME>_USD_PER_CREDIT` is what a credit cost you,
    `<NAME>_WEBHOOK_SECRET` is what webhooks are signed with, `<NAME>_TRUSTED_HOSTS` lists hosts
    with commas between, `<NAME>_CONCURRENCY` and `<NAME>_RATE` are what the account may do at a
    time.

    Raises:
        UsageError: The credit value is no amount of money, or a limit is none.
    """
    name = env_name(info.name)
    base_url = environ.get(f"{name}_BASE_URL", "").strip()
    worth = environ.get(f"{name}_USD_PER_CREDIT", "").strip()
    hosts = environ.get(f"{name}_TRUSTED_HOSTS", "")
    try:
        usd = Decimal(worth) if worth else None
    except InvalidOperation:
        usd = Decimal(-1)
    if usd is not None and not (is_amount(usd) and usd > 0):
        msg = f"{name}_USD_PER_CREDIT={worth!r} is not an amount such as 0.002."
        raise UsageError(msg, provider=info.name)
    named = [*info.auth.needs, *info.auth.takes]
    return Account(
        provider=info.name,
        key=_held(info, "key", environ) or None if "key" in named else None,
        credentials={
            each: found for each in named if each != "key" and (found := _held(info, each, environ))
        },
        settings={each: _found(info, each, environ) for each in info.settings},
        base_url=base_url or None,
        usd_per_credit=usd,
        webhook_secrets=environ.get(f"{name}_WEBHOOK_SECRET", "").split(),
        trusted_hosts=tuple(filter(None, (host.strip() for host in hosts.split(",")))),
        concurrency=_most(name, environ),
        rate=_rate(name, environ),
    )


def _most(name: str, environ: Variables) -> int | None:
    """How many tasks the environment lets be in flight."""
    given = environ.get(f"{name}_CONCURRENCY", "").strip()
    if given and not (given.isascii() and given.isdecimal() and int(given)):
        msg = f"{name}_CONCURRENCY={quoted(given)} is not a whole number from 1 on."
        raise UsageError(msg)
    return int(given) if given else None


def _rate(name: str, environ: Variables) -> Rate | None:
    """How many submissions the environment lets leave in a span of time."""
    given = environ.get(f"{name}_RATE", "").strip()
    rate = Rate.of(given)
    if given and rate is None:
        msg = f"{name}_RATE={quoted(given)} is not a rate such as 5/s, 300/min or 1000/h."
        raise UsageError(msg)
    return rate


def completed(given: Account, info: ProviderInfo, environ: Variables) -> Account:
    """An account with the environment's in place of what it leaves out.

    What a scheme takes where it is there comes with the rest of an identity, or not at all: a
    session token of another identity than the key's would be refused.

    Raises:
        InvalidRequestError: It gives what the provider takes none of.
        UsageError: The environment's credit value is no amount of money, or a limit is none.
    """
    _check_names(given, info)
    found = account_from(info, environ)
    lent = info.auth.needs if given.held else (*info.auth.needs, *info.auth.takes)
    credentials = {name: each for name, each in found.credentials.items() if name in lent}
    settings = {name: value for name, value in found.settings.items() if value}
    return evolve(
        given,
        key=given.key or found.key,
        credentials={**credentials, **given.credentials},
        settings={**info.settings, **settings, **given.settings},
        base_url=given.base_url or found.base_url,
        usd_per_credit=given.usd_per_credit or found.usd_per_credit,
        webhook_secrets=given.webhook_secrets or found.webhook_secrets,
        trusted_hosts=given.trusted_hosts or found.trusted_hosts,
        concurrency=given.concurrency or found.concurrency,
        rate=given.rate or found.rate,
    )


def _check_names(given: Account, info: ProviderInfo) -> None:
    """Refuse what nothing would read: most of it is a typing error.

    Raises:
        InvalidRequestError: It gives a credential or a setting that its provider takes none of.
    """
    named = (*info.auth.needs, *info.auth.takes)
    for field, names, known in (
        ("key", ["key"] * (given.key is not None), named),
        ("credentials", given.credentials, named),
        ("public", given.public, named),
        ("settings", given.settings, tuple(info.settings)),
    ):
        for name in sorted(set(names) - set(known)):
            raise _unknown(info, field, name, known)


def _unknown(
    info: ProviderInfo, field: str, name: str, known: Sequence[str]
) -> InvalidRequestError:
    takes = ", ".join(map(repr, known)) or "none"
    kind = "settings" if field == "settings" else "credentials"
    where = "key=…" if field == "key" else f"{field}={{{name!r}}}"
    msg = f"Account({where}) is nothing that it takes.{guess(name, known, 3)} Its {kind}: {takes}."
    return InvalidRequestError(msg, field=field, provider=info.name)


def missing(info: ProviderInfo, account: Account) -> tuple[str, ...]:
    """The credentials that an account lacks; none where it may go without any of them."""
    lacking = tuple(name for name in info.auth.needs if not _is_there(account, name))
    return () if info.auth.optional and len(lacking) == len(info.auth.needs) else lacking


def has_key(info: ProviderInfo, account: Account) -> bool:
    """Whether an account has all that the provider wants to be shown, and something of it."""
    return bool(account.held) and not missing(info, account)


def advice(info: ProviderInfo, names: tuple[str, ...]) -> str:
    """The way out where credentials are missing: variables to set, or an account to give."""
    others = ", ".join(f"{name!r}: …" for name in names if name != "key")
    given = [
        *(["a key"] if "key" in names else []),
        *([f"credentials={{{others}}}"] * bool(others)),
    ]
    where = f" Get one at {info.homepage}." if info.homepage else ""
    return f"set {to_be_set(info, names)}, or give an Account with {' and '.join(given)}.{where}"


def _is_there(account: Account, name: str) -> bool:
    held = account.held.get(name)
    return held is not None and (not isinstance(held, Secret) or bool(held.reveal()))


def _held(info: ProviderInfo, name: str, environ: Variables) -> str:
    """A credential as the environment has it, or else a keyring, or ""."""
    found = _found(info, name, environ)
    if found or not isinstance(environ, Environ):
        return found
    return environ.stored(own_variable(info, name))


def _found(info: ProviderInfo, name: str, environ: Variables) -> str:
    """A credential or setting as the environment has it, or ""."""
    own = environ.get(own_variable(info, name), "").strip()
    documented = info.variables.get(name, "")
    return own or (environ.get(documented, "").strip() if documented else "")
