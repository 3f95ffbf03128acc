"""Which network addresses are public: no result comes from inside somebody's network."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

from attrs import frozen

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

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


def is_of_a_network(host: str) -> bool:
    """Whether a host is surely of this machine or of a private network, as it is written.

    An address that is not public, a name without dots, or one that no public name server knows;
    a number that some libraries read as an address is none of them.
    """
    plain = host.rstrip(".").lower()
    try:
        ipaddress.ip_address(plain)
    except ValueError:
        return plain[:1].isalpha() and ("." not in plain or plain.endswith(_LOCAL_NAMES))
    return not is_public(plain)


@frozen
class Trusted:
    """Hosts and networks that an account trusts with results, public or not.

    Attributes:
        hosts: Names, addresses, and all names below a domain as `*.example.com`.
        networks: Ranges such as `198.18.0.0/15`: a name may resolve to an address in one.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[str]) -> Trusted:
        """What an account's `trusted_hosts` say.

        Raises:
            ValueError: An entry with a slash is no range.
        """
        networks = tuple(each for each in entries if "/" in each)
        _networks(networks)
        return cls(tuple(each.lower() for each in entries if "/" not in each), networks)

    def names(self, host: str) -> bool:
        """Whether a host, as a URL writes it, is among them."""
        return any(
            host.endswith(each[1:]) if each.startswith("*.") else host == each
            for each in self.hosts
        ) or within(host, self.networks)


def within(address: str, networks: Sequence[str]) -> bool:
    """Whether an IP address lies in one of several networks."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(found in network for network in _networks(tuple(networks)))


def refused_place(url: str) -> str:
    """Why nothing is fetched from a URL, and the way out."""
    return f"The result's address is not one that is fetched (https and public): {url}. {_WAY_OUT}"


def refused_address(address: str) -> str:
    """Why nothing is fetched from where a name leads, and the way out."""
    return (
        f"The result's host resolves to {address}, which is not of the public internet. {_WAY_OUT}"
    )


_WAY_OUT = (
    "If you trust it, name the host, or the range that a proxy's resolver answers from (such as "
    "198.18.0.0/15), in the account's trusted_hosts (<PROVIDER>_TRUSTED_HOSTS)."
)


@lru_cache
def _networks(ranges: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in ranges)


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address behind the well-known NAT64 prefix (RFC 6052), or None."""
    if address not in ipaddress.ip_network("64:ff9b::/96"):
        return None
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
