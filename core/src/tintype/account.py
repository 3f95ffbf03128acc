"""Keys and addresses: how to reach a provider, and as whom. No plugin ever sees them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from attrs import field, frozen


def _secret(key: Secret | str | None) -> Secret | None:
    return Secret(key) if isinstance(key, str) else key


def _secrets(given: Secret | str | Iterable[Secret | str]) -> tuple[Secret, ...]:
    several = (given,) if isinstance(given, Secret | str) else given
    return tuple(each if isinstance(each, Secret) else Secret(each) for each in several if each)


class Variables(Protocol):
    """What is asked of an environment: a mapping of text to text will do."""

    def get(self, name: str, default: str, /) -> str:
        """The value of a variable."""


class Secret:
    """A key that shows itself only when asked. Its text, repr and pickle are redacted."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the one place that puts it into a header."""
        return self._value

    def __repr__(self) -> str:
        """A redaction."""
        return "Secret('…')"

    __str__ = __repr__

    def __copy__(self) -> Secret:
        """Itself: a copy within the process is no way out of it."""
        return self

    def __deepcopy__(self, _: object) -> Secret:
        """Itself."""
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        """A pickle that holds nothing."""
        return Secret, ("",)


@frozen(kw_only=True)
class Account:
    """How to reach one provider, and as whom. No plugin ever sees it.

    Attributes:
        provider: The provider's name.
        key: The key, or None where the provider is only looked at.
        base_url: An origin, with a path prefix if need be, in place of the documented one.
        usd_per_credit: What a credit cost you, in US dollars; None is the documented value.
        webhook_secrets: What the provider signs its webhooks with: one, or several while it
            is renewed, of which any counts. None: signatures by a secret are not looked at.
        trusted_hosts: From where results may come although it is plain http or not of the
            public internet: names, `*.example.com` for all below a domain, and ranges such as
            `198.18.0.0/15`, from which the resolvers of some proxies answer.
    """

    provider: str
    key: Secret | None = field(default=None, converter=_secret)
    base_url: str | None = None
    usd_per_credit: Decimal | None = None
    webhook_secrets: tuple[Secret, ...] = field(default=(), converter=_secrets)
    trusted_hosts: tuple[str, ...] = ()
