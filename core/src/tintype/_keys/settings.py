"""An account's settings, which are no secrets, in the holes that a provider declares for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tintype._holes import HOLE
from tintype.errors import UsageError

# What can lead nowhere else, wherever in a URL it stands.
_SAFE = re.compile(r"[A-Za-z0-9_-]+")


def filled(text: str, settings: Mapping[str, str]) -> str:
    """A text with the account's settings in place of their names in braces.

    Raises:
        UsageError: A setting is missing, or holds what could lead elsewhere.
    """
    return HOLE.sub(lambda found: _checked(found[1], settings), text)


def filled_where_declared(
    text: str, declared: Mapping[str, str], settings: Mapping[str, str]
) -> str:
    """The same of the settings that a provider declares; other braces are the text's own.

    Args:
        text: A URL or an origin.
        declared: What may be set, and what it is otherwise; "" where it has to be set.
        settings: The account's.

    Raises:
        UsageError: A setting is missing, or holds what could lead elsewhere.
    """
    if "{" not in text:
        return text
    known = {**declared, **settings}
    return HOLE.sub(
        lambda found: _checked(found[1], known) if found[1] in declared else found[0], text
    )


def _checked(name: str, settings: Mapping[str, str]) -> str:
    value = settings.get(name, "")
    if not _SAFE.fullmatch(value):
        what = "holds other characters" if value else "is missing"
        msg = (
            f"The account's setting {name!r} {what}: give letters, digits, - and _, in its "
            f"variable (<PROVIDER>_{name.upper()}) or in Account(settings=…)."
        )
        raise UsageError(msg)
    return value
