"""Whether anybody wants this run to cost money."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from tintype._client.accounts import account_from, advice, missing
from tintype._keys.variables import env_name, own_variable, variable
from tintype.catalog import ProviderInfo
from tintype.errors import UsageError

SWITCH = "TINTYPE_LIVE"
_OF_EVERY_ACCOUNT = ("BASE_URL", "USD_PER_CREDIT", "WEBHOOK_SECRET", "TRUSTED_HOSTS")


@frozen(kw_only=True)
class Consent:
    """A person's word that this provider may be paid.

    Attributes:
        provider: Its name.
        environ: The account's own variables and nothing else of the environment.
    """

    provider: str
    environ: Mapping[str, str] = field(repr=False)


def consent(info: ProviderInfo, environ: Mapping[str, str], *, ci: bool = False) -> Consent:
    """The consent that an environment gives.

    Args:
        info: The provider: which variables an account of it is made of.
        environ: The environment.
        ci: Whether a run in CI is meant.

    Raises:
        UsageError: There is no key, the switch is off, or this is CI and it is not meant.
    """
    lacking = missing(info, account_from(info, environ))
    if lacking:
        msg = f"A live run needs a key: {advice(info, lacking)}"
        raise UsageError(msg)
    if environ.get(SWITCH) != "1":
        msg = f"A live run costs money: set {SWITCH}=1 to say that you mean it."
        raise UsageError(msg)
    if environ.get("CI") and not ci:
        msg = "This is CI, where a run repeats itself: give --ci to say that you mean it."
        raise UsageError(msg)
    kept = _variables(info)
    own = {key: value for key, value in environ.items() if key in kept}
    return Consent(provider=info.name, environ=own)


def _variables(info: ProviderInfo) -> frozenset[str]:
    """All that an account of the provider is completed from."""
    names = (*info.auth.needs, *info.auth.takes, *info.settings)
    own = {own_variable(info, name) for name in names}
    usual = {f"{env_name(info.name)}_{each}" for each in _OF_EVERY_ACCOUNT}
    return frozenset({*own, *usual, *(variable(info, name) for name in names)})
