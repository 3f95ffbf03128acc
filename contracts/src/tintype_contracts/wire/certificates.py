"""Certificates for one run: an authority that lives as long as the process."""

from __future__ import annotations

import ssl
import threading
from functools import cache

import trustme

from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.wire.nearby import host_of

_LOCK = threading.Lock()  # a cache alone would make two where two threads come at once


def declared_hosts(fixtures: Fixtures) -> tuple[str, ...]:
    """The name of every host that the documents declare, of the API and of results."""
    origins = (*fixtures.hosts.api, *fixtures.hosts.assets)
    return tuple(dict.fromkeys(map(host_of, origins)))


def server_context(hosts: tuple[str, ...]) -> ssl.SSLContext:
    """What a server shows that speaks for these hosts and for no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert(*hosts).configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    """What a client trusts: this run's authority, and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _authority().configure_trust(context)
    return context


def _authority() -> trustme.CA:
    with _LOCK:
        return _made()


@cache
def _made() -> trustme.CA:
    return trustme.CA()
