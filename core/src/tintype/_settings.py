"""An account's settings, which are no secrets, in the holes that a provider declares for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tintype.errors import UsageError

_HOLE = re.compile(r"\{(\w+)\}")
# What can lead nowhere else, wherever in a URL it stands.
_SAFE = re.compile(r"[A-Za-z0-9_-]+")


def filled(text: str, settings: Mapping[str, str]) -> str:
    """A text with the account's settings in place of their names in braces.

    Raises:
        UsageError: A setting is missing, or holds what could lead elsewhere.
    """

    def setting(found: re.Match[str]) -> str:
        name, value = found[1], settings.get(found[1], "")
        if not _SAFE.fullmatch(value):
            what = f"holds {value[:40]!r}" if value else "is missing"
            msg = f"The account's setting {name!r} {what}: give letters, digits, - and _."
            raise UsageError(msg)
        return value

    return _HOLE.sub(setting, text)
