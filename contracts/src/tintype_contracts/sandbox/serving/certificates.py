"""TLS for clients that speak nothing else: a certificate that is given, or made."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import mkdtemp

_FILE = "authority.pem"
_HOSTS = ("127.0.0.1", "localhost")


def made() -> tuple[ssl.SSLContext, Path]:
    """What the server shows, and the file of the authority that vouches for it."""
    import trustme  # noqa: PLC0415 - most sandboxes speak plain HTTP, and are to start at once

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*_HOSTS).configure_cert(context)
    place = Path(mkdtemp(prefix="tintype-sandbox-")) / _FILE
    authority.cert_pem.write_to_path(str(place))
    return context, place


def given(certificate: Path) -> ssl.SSLContext:
    """What the server shows: a PEM file with a certificate, its chain and its key.

    Raises:
        OSError: It cannot be read, or holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
