"""What the trial plugins are drawn with: both clients, and a server on loopback."""

from __future__ import annotations

from tests.core.conftest import connect, server

__all__ = ["connect", "server"]
