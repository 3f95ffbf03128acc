"""Keys and addresses: how to reach a provider, and as whom. No plugin ever sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Protocol, TypeAlias

from attrs import field, frozen

from tintype.errors import UsageError


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


# What tells a credential when it is asked. The async client awaits an awaitable.
Ask: TypeAlias = Callable[[], "str | Secret | Awaitable[str | Secret]"]


class Renewed:
    """A credential that is asked for before each exchange. It does not show whom it asks."""

    __slots__ = ("ask",)

    def __init__(self, ask: Ask) -> None:
        self.ask: Ask = ask

    def __repr__(self) -> str:
        """A redaction: what is asked may hold a secret of its own."""
        return "Renewed(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        """A pickle that holds nothing."""
        return Secret, ("",)


Credential: TypeAlias = Secret | Renewed


def _credential(given: Secret | Renewed | str | Ask | None) -> Credential | None:
    if given is None or isinstance(given, Secret | Renewed):
        return given
    if isinstance(given, str):
        return Secret(given)
    if not callable(given):
        kind: str = type(given).__name__  # type: ignore[unreachable]  # of who has no type checker
        msg = f"A credential is a text, a Secret or a function that tells one, not a {kind}."
        raise UsageError(msg)
    return Renewed(given)


def _credentials(given: Mapping[str, Secret | Renewed | str | Ask]) -> Mapping[str, Credential]:
    if "key" in given:
        msg = "The credential 'key' is given as Account(key=…), the others in credentials={…}."
        raise UsageError(msg)
    made = {name: _credential(each) for name, each in given.items()}
    return {name: each for name, each in made.items() if each is not None}


def _names(given: Iterable[str]) -> frozenset[str]:
    return frozenset((given,) if isinstance(given, str) else given)


@frozen(kw_only=True)
class Account:
    """How to reach one provider, and as whom. No plugin ever sees it.

    A credential is a text, a `Secret`, or a function without arguments that tells it: it is
    asked before each exchange, so that a key can be renewed while a client lives. The async
    client takes a coroutine function, too; one that blocks is called in a thread.

    Attributes:
        provider: The provider's name.
        key: The key, or None where the provider is only looked at.
        credentials: What else the provider's scheme needs, by name, such as `secret`.
        public: The names of credentials that everybody knows, such as `key` of a shared
            account: they are not redacted, and need not be hard to guess.
        settings: What is no secret, by name, such as `region`.
        base_url: An origin, with a path prefix if need be, in place of the documented one.
        usd_per_credit: What a credit cost you, in US dollars; None is the documented value.
        webhook_secrets: What the provider signs its webhooks with: one, or several while it
            is renewed, of which any counts. None: signatures by a secret are not looked at.
        trusted_hosts: From where results may come although it is plain http or not of the
            public internet: names, `*.example.com` for all below a domain, and ranges such as
            `198.18.0.0/15`, from which the resolvers of some proxies answer.
    """

    provider: str
    key: Credential | None = field(default=None, converter=_credential)
    credentials: Mapping[str, Credential] = field(factory=dict, converter=_credentials, hash=False)
    public: frozenset[str] = field(default=frozenset(), converter=_names)
    settings: Mapping[str, str] = field(factory=dict, hash=False)
    base_url: str | None = None
    usd_per_credit: Decimal | None = None
    webhook_secrets: tuple[Secret, ...] = field(default=(), converter=_secrets)
    trusted_hosts: tuple[str, ...] = ()

    @property
    def held(self) -> Mapping[str, Credential]:
        """Every credential by its name; the key is `key`."""
        return self.credentials if self.key is None else {"key": self.key, **self.credentials}
