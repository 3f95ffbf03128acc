"""Whether anybody wants this run to cost money."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from tintype._dispatch import env_name
from tintype.errors import UsageError

SWITCH = "TINTYPE_LIVE"
_ACCOUNT = ("API_KEY", "BASE_URL", "USD_PER_CREDIT")


@frozen(kw_only=True)
class Consent:
    """A person's word that this provider may be paid.

    Attributes:
        provider: Its name.
        environ: The account's own variables and nothing else of the environment.
    """

    provider: str
    environ: Mapping[str, str] = field(repr=False)


def consent(provider: str, environ: Mapping[str, str], *, ci: bool = False) -> Consent:
    """The consent that an environment gives.

    Args:
        provider: The provider's name.
        environ: The environment.
        ci: Whether a run in CI is meant.

    Raises:
        UsageError: There is no key, the switch is off, or this is CI and it is not meant.
    """
    name = env_name(provider)
    if not environ.get(f"{name}_API_KEY", "").strip():
        msg = f"A live run needs a key: set {name}_API_KEY."
        raise UsageError(msg)
    if environ.get(SWITCH) != "1":
        msg = f"A live run costs money: set {SWITCH}=1 to say that you mean it."
        raise UsageError(msg)
    if environ.get("CI") and not ci:
        msg = "This is CI, where a run repeats itself: give --ci to say that you mean it."
        raise UsageError(msg)
    kept = {f"{name}_{each}" for each in _ACCOUNT}
    own = {key: value for key, value in environ.items() if key in kept}
    return Consent(provider=provider, environ=own)
