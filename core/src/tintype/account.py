"""Keys and addresses: how to reach a provider, and as whom. No plugin ever sees them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Protocol, TypeAlias

from attrs import field, frozen

from tintype._amounts import in_digits
from tintype._doors import MIN_DIFFERENT, all_held, check_methods, held, refused
from tintype._excerpts import quoted
from tintype.errors import UsageError
from tintype.messages import Proxy, proxy_of

_A_NAME = "the provider's name, as `tintype providers` lists it"
_TEXTS = "a mapping of names to texts"
_A_RATE = "a text such as '5/s', '300/min' or '1000/h', or nothing"
_SECRETS = "one text or Secret, or several"


def _provider(given: str) -> str:
    return held(given, str, "provider", _A_NAME)


def _secrets(given: Secret | str | Iterable[Secret | str]) -> tuple[Secret, ...]:
    several = (given,) if isinstance(given, Secret | str) else given
    kept = all_held(several, object, "webhook_secrets", _SECRETS)
    for each in kept:
        if not isinstance(each, Secret | str):
            raise refused(each, "webhook_secrets", _SECRETS)
    made = [each if isinstance(each, Secret) else Secret(str(each)) for each in kept if each]
    for number, each in enumerate(made, start=1):
        if len(set(each.reveal())) < MIN_DIFFERENT:
            msg = (
                f"Webhook secret {number} of {len(made)} has fewer than {MIN_DIFFERENT} different "
                "characters: it proves nothing, and would be taken out of addresses that hold it. "
                "Copy it again, whole, into webhook_secrets (<PROVIDER>_WEBHOOK_SECRET)."
            )
            raise UsageError(msg)
    return tuple(made)


class Variables(Protocol):
    """An environment, such as a mapping of text to text."""

    def get(self, name: str, default: str, /) -> str:
        """The value of a variable."""


class Secret:
    """A key that shows itself only when asked. Its text, repr and pickle are redacted."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = held(value, str, "value", "the key as a text")

    def reveal(self) -> str:
        """The key itself, for the one place that puts it into a header."""
        return self._value

    def __repr__(self) -> str:
        """A text that shows nothing of the secret."""
        return "Secret('…')"

    __str__ = __repr__

    def __copy__(self) -> Secret:
        """The secret itself: a copy within the process is no way out of it."""
        return self

    def __deepcopy__(self, _: object) -> Secret:
        """The secret itself."""
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
        check_methods(ask, ["__call__"], "ask", "a function without arguments that tells the key")
        self.ask: Ask = ask

    def __repr__(self) -> str:
        """A redaction: what is asked may hold a secret of its own."""
        return "Renewed(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        """A pickle that holds nothing."""
        return Secret, ("",)


Credential: TypeAlias = Secret | Renewed


def _credential(given: Secret | Renewed | str | Ask | None, name: str) -> Credential | None:
    if given is None or isinstance(given, Secret | Renewed):
        return given
    if isinstance(given, str):
        return Secret(given)
    if not callable(given):
        way_out = "a text, a Secret, or a function that tells one"  # type: ignore[unreachable]  # of who has no type checker
        raise refused(given, name, way_out)
    return Renewed(given)


def _key(given: Secret | Renewed | str | Ask | None) -> Credential | None:
    return _credential(given, "key")


def _credentials(given: Mapping[str, Secret | Renewed | str | Ask]) -> Mapping[str, Credential]:
    way_out = "a mapping of names to credentials"
    check_methods(given, ["items", "keys"], "credentials", way_out)
    all_held(given, str, "credentials", way_out)
    if "key" in given:
        msg = "The credential 'key' is given as Account(key=…), the others in credentials={…}."
        raise UsageError(msg)
    made = {name: _credential(each, "credentials") for name, each in given.items()}
    return {name: each for name, each in made.items() if each is not None}


def _names(given: Iterable[str]) -> frozenset[str]:
    several = (given,) if isinstance(given, str) else given
    return frozenset(all_held(several, str, "public", "names of credentials, such as {'key'}"))


def _settings(given: Mapping[str, str]) -> Mapping[str, str]:
    check_methods(given, ["items", "keys"], "settings", _TEXTS)
    for name, value in given.items():
        held(name, str, "settings", _TEXTS)
        held(value, str, "settings", _TEXTS)
    return given


def _base_url(given: str | None) -> str | None:
    way_out = "an address such as 'https://gateway.example', or nothing"
    return None if given is None else held(given, str, "base_url", way_out)


def _worth(given: Decimal | None) -> Decimal | None:
    way_out = "an amount such as Decimal('0.002'), or nothing"
    if given is None or (held(given, Decimal, "usd_per_credit", way_out).is_finite() and given > 0):
        return given
    raise refused(given, "usd_per_credit", way_out)


def _hosts(given: Iterable[str]) -> tuple[str, ...]:
    several = (given,) if isinstance(given, str) else given
    return all_held(several, str, "trusted_hosts", "names, *.domains or ranges, as texts")


@frozen
class Rate:
    """So many submissions in any span of so many seconds; as a text `5/s`, `300/min`, `1000/h`."""

    count: int
    seconds: float

    def __attrs_post_init__(self) -> None:
        """Refuse what lets nothing through, or nobody can keep to.

        Raises:
            UsageError: It is so.
        """
        counts = type(self.count) is int and self.count > 0
        if not (counts and isinstance(self.seconds, int | float) and 0 < self.seconds <= _YEAR):
            several = f"{quoted(self.count)} in {quoted(self.seconds)} seconds"
            msg = f"rate={several} is no rate: give {_A_RATE}."
            raise UsageError(msg)

    @classmethod
    def of(cls, text: str) -> Rate | None:
        """What a text says, or None where it is no rate."""
        found = _RATE.fullmatch(text.strip())
        return cls(int(found["count"]), _SPANS[found["span"]]) if found else None

    @property
    def span(self) -> float:
        """Seconds that are kept to: a submission may take longer on its way than the next one."""
        return self.seconds + _MARGIN

    def __str__(self) -> str:
        """The text that says it."""
        spans = {seconds: span for span, seconds in _SPANS.items()}
        return f"{self.count}/{spans.get(self.seconds, f'{self.seconds:g} s')}"


_MARGIN = 0.1
_YEAR = 31_536_000.0
_SPANS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_RATE = re.compile(r"(?P<count>[1-9][0-9]{0,8}) ?/ ?(?P<span>s|min|h)")


@frozen(kw_only=True)
class Limits:
    """What an account, or a model, is let do at a time.

    Attributes:
        concurrency: The most tasks in flight, or None where nobody says.
        rate: The most submissions in a span of time, or None likewise.
    """

    concurrency: int | None = None
    rate: Rate | None = None

    def __str__(self) -> str:
        """Both in words."""
        told = [
            *([f"{self.concurrency} in flight"] * (self.concurrency is not None)),
            *([str(self.rate)] * (self.rate is not None)),
        ]
        return " and ".join(told) or "no limit"


def _concurrency(given: int | None) -> int | None:
    way_out = "a whole number from 1 on, or nothing"
    if given is None or held(given, int, "concurrency", way_out) > 0:
        return given
    msg = f"concurrency={given} lets nothing through: give {way_out}."
    raise UsageError(msg)


def _rate(given: str | Rate | None) -> Rate | None:
    if given is None or isinstance(given, Rate):
        return given
    rate = Rate.of(held(given, str, "rate", _A_RATE))
    if rate is None:
        msg = f"rate={quoted(given)} is no rate: give {_A_RATE}."
        raise UsageError(msg)
    return rate


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
        proxy: Through which proxy all goes that concerns this provider, its results, too:
            `http://user:password@host:3128`; None is the client's.
        concurrency: The most tasks in flight at a time, in place of what the provider
            documents; None is that.
        rate: The most submissions in any second, minute or hour, such as `5/s`, `300/min` or
            `1000/h`; None is what the provider documents.
    """

    provider: str = field(converter=_provider)
    key: Credential | None = field(default=None, converter=_key)
    credentials: Mapping[str, Credential] = field(factory=dict, converter=_credentials, hash=False)
    public: frozenset[str] = field(default=frozenset(), converter=_names)
    settings: Mapping[str, str] = field(factory=dict, converter=_settings, hash=False)
    base_url: str | None = field(default=None, converter=_base_url)
    usd_per_credit: Decimal | None = field(default=None, converter=_worth, repr=in_digits)
    webhook_secrets: tuple[Secret, ...] = field(default=(), converter=_secrets)
    trusted_hosts: tuple[str, ...] = field(default=(), converter=_hosts)
    proxy: Proxy | None = field(default=None, converter=proxy_of)
    concurrency: int | None = field(default=None, converter=_concurrency)
    rate: Rate | None = field(default=None, converter=_rate)

    @property
    def held(self) -> Mapping[str, Credential]:
        """Every credential by its name; the key is `key`."""
        return self.credentials if self.key is None else {"key": self.key, **self.credentials}
