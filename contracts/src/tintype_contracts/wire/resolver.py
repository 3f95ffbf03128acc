"""How both transports come to loopback while they ask for the documented hosts.

Only the address that is dialled differs from production. urllib3 has no public seam for
that: `_new_conn` is the method that its own proxies override.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import aiohttp
import urllib3
from aiohttp.abc import AbstractResolver, ResolveResult
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError
from urllib3.util.connection import create_connection

from tintype_contracts.wire.server import HOST

_CONNECTIONS = 8


def pools(port: int, context: ssl.SSLContext) -> urllib3.PoolManager:
    """A pool manager whose every connection ends at a port of loopback."""

    def dial(connection: HTTPConnection) -> socket.socket:
        try:
            return create_connection((HOST, port), socket_options=connection.socket_options)
        except OSError as error:
            msg = f"Failed to establish a new connection: {error}"
            raise NewConnectionError(connection, msg) from error

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    manager = urllib3.PoolManager(ssl_context=context, maxsize=_CONNECTIONS)
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return manager


def connector(port: int, context: ssl.SSLContext) -> Callable[[], aiohttp.TCPConnector]:
    """Makes a connector whose every name is a port of loopback."""
    return lambda: aiohttp.TCPConnector(resolver=_Loopback(port), ssl=context, use_dns_cache=False)


class _Loopback(AbstractResolver):
    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002 - it is the server's, whatever the URL says
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - loopback has one here
    ) -> list[ResolveResult]:
        """The one address there is, whatever the host."""
        return [
            ResolveResult(
                hostname=host,
                host=HOST,
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""
