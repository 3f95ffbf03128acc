"""An API on this machine, as `http://127.0.0.1:8188`: it is asked for under a name of its own.

The name stands in the account's base URL, where people put the address of their own server. So
both transports ask for it by TLS as for any other, and it is read as what is documented.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tintype_contracts.fixtures.format import Fixtures

_NAME = re.compile(r"([\w-]+)-(\d+)\.this-machine\.test")


def host_of(origin: str) -> str:
    """The name that an origin is asked for under."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if parts.scheme != "http":
        return host
    return f"{host.replace('.', '-')}-{parts.port or 80}.this-machine.test"


def base_url(fixtures: Fixtures) -> str | None:
    """Where an API on this machine is asked for; None where it is anywhere else."""
    here = fixtures.hosts.api[0]
    return f"https://{host_of(here)}" if here.startswith("http:") else None


def documented(host: str) -> tuple[str, str]:
    """The scheme and the host, with its port, that a name stands for."""
    found = _NAME.fullmatch(host)
    return ("http", f"{found[1].replace('-', '.')}:{found[2]}") if found else ("https", host)
