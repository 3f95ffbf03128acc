"""TLS for clients that speak nothing else: a certificate that is given, or made."""

from __future__ import annotations

import ssl
from pathlib import Path

_FILE = "authority.pem"
_HOSTS = ("127.0.0.1", "localhost")


class CertificateError(Exception):
    """A certificate that cannot be used; the sentence names its file."""


def made(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What the server shows, and the file in `folder` of the authority that vouches for it."""
    import trustme  # noqa: PLC0415 - most sandboxes speak plain HTTP, and are to start at once

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*_HOSTS).configure_cert(context)
    place = folder / _FILE
    authority.cert_pem.write_to_path(str(place))
    return context, place


def given(certificate: Path) -> ssl.SSLContext:
    """What the server shows: a PEM file with a certificate, its chain and its key.

    Raises:
        CertificateError: It cannot be read, or holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate)
    except OSError as error:  # which an ssl.SSLError is
        why = error.strerror if error.errno and not isinstance(error, ssl.SSLError) else str(error)
        msg = f"{certificate} is no PEM file with a certificate and its key: {why}."
        raise CertificateError(msg) from error
    return context
