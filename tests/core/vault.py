"""A keyring of the tests' own: a file, or one that cannot be opened."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Vault(KeyringBackend):
    """Keeps passwords in the file that `VAULT` names."""

    priority = 0.5  # type: ignore[assignment]  # a property of the class, there

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept, or None."""
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self._write({**self._read(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        kept = self._read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError
        self._write(kept)

    def _read(self) -> dict[str, str]:
        place = Path(os.environ["VAULT"])
        return json.loads(place.read_text()) if place.exists() else {}

    def _write(self, kept: dict[str, str]) -> None:
        Path(os.environ["VAULT"]).write_text(json.dumps(kept))


class Broken(Vault):
    """Fails at everything, and says what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        """Fail."""
        msg = f"no bus for {service} {username}"
        raise RuntimeError(msg)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Fail."""
        msg = f"no bus for {service} {username} {password}"
        raise RuntimeError(msg)
