"""What a plugin is drawn with where a socket is needed: both clients, and a server on loopback."""

from __future__ import annotations

from tests.core.conftest import connect, server

__all__ = ["connect", "server"]
