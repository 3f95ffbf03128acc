"""Which network addresses are public: no result comes from inside somebody's network."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

# All that IPv6 hands out to the public internet (RFC 4291); nothing else is believed of it.
_UNICAST = ipaddress.IPv6Network("2000::/3")
# For protocols, and for the metadata of a cloud (RFC 6890). Older Pythons take it for public.
_ASSIGNMENTS = ipaddress.IPv4Network("192.0.0.0/24")
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    Loopback, link-local (where clouds keep their metadata), private, shared, reserved and
    multicast ranges are not, also where IPv6 wraps an IPv4 address.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or _nat64(found)
        if wrapped is not None:
            return is_public(str(wrapped))
        return found in _UNICAST and found.is_global
    return found.is_global and not found.is_multicast and found not in _ASSIGNMENTS


def names_a_private_host(url: str) -> bool:
    """Whether a URL's host is, as written, no host of the public internet.

    What a name resolves to is checked where the connection is made.
    """
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(_LOCAL_NAMES) or not host:
        return True
    looks_numeric = ":" in host or host.replace(".", "").isdigit() or host.startswith("0x")
    return looks_numeric and not is_public(host)


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address behind the well-known NAT64 prefix (RFC 6052), or None."""
    if address not in ipaddress.ip_network("64:ff9b::/96"):
        return None
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
