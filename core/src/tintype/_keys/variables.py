"""The variables of the environment that an account is made of: tintype's own, and a provider's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tintype.catalog import ProviderInfo

# What may stand in front of variables: two providers never share one.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SECRETS = ("API_KEY", "SECRET", "PASSWORD", "SESSION_TOKEN", "CLIENT_SECRET", "WEBHOOK_SECRET")


def env_name(provider: str) -> str:
    """How a provider's name is spelt at the front of environment variables."""
    return re.sub(r"\W", "_", provider).upper()


def fault_of_name(name: str) -> str:
    """What is wrong with a provider's name, as the end of a sentence, or ""."""
    plain = _NAME.fullmatch(name)
    return "" if plain else f"the name {name!r}, which is not of small letters, digits and _"


def fault_of_variables(info: ProviderInfo, others: Iterable[str]) -> str:
    """Whose key a plugin would have read in place of its own provider's, or "".

    Args:
        info: What it says of its provider.
        others: The names of all providers that are installed.
    """
    names = (*info.auth.needs, *info.auth.takes, *info.settings)
    read = {place(info, name) for name in names for place in (variable, own_variable)}
    for other in set(others) - {info.name}:
        taken = sorted(read & {f"{env_name(other)}_{each}" for each in _SECRETS})
        if taken:
            return f"the variable {taken[0]!r}, which is of the provider {other!r},"
    return ""


def variable(info: ProviderInfo, name: str) -> str:
    """The variable to set for a credential or a setting: the provider's own, if it has one."""
    return info.variables.get(name) or own_variable(info, name)


def own_variable(info: ProviderInfo, name: str) -> str:
    """The variable that tintype reads for a credential or a setting, whatever documents say."""
    return f"{env_name(info.name)}_{'API_KEY' if name == 'key' else name.upper()}"


def to_be_set(info: ProviderInfo, names: Iterable[str] | None = None) -> str:
    """The variables of credentials, as a sentence lists them; None: of all that are needed."""
    return " and ".join(variable(info, name) for name in (names or info.auth.needs))


def advice_on_refusal(info: ProviderInfo, status: int | None) -> str:
    """What to do where a provider does not accept who asks: what holds it, and where one is had."""
    where = f"; get one at {info.homepage}" if info.homepage else ""
    told = f"Status {status}: check" if status else "Check"
    return f"{told} {to_be_set(info)}, or what the Account gives in its place{where}."
