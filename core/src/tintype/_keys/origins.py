"""Where an API is: origins that a provider declares, and who else may not be taken for one.

A key goes to these and nowhere else, so that each is held to be what it says: a scheme, a host
and perhaps a port, or all names below a domain of the provider's own, as `https://*.bfl.ai`. A
domain below which strangers have names of theirs is refused: a public suffix, as the list at
publicsuffix.org has it, or one of a cloud's. `publicsuffixlist` brings the list along, and asks
nobody for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from attrs import frozen

from tintype._holes import HOLE

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
Origin: TypeAlias = tuple[str, str, int | None]

DEFAULT_PORTS = {"http": 80, "https": 443}
# A name of labels that DNS can carry, or an address.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f.]*:[0-9a-f:.]*")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PATTERN = re.compile(rf"https://\*((?:\.{_LABEL}){{2,}})")
_PLAIN = re.compile(r"https?://[^/?#@\\*]+", re.IGNORECASE)
# A setting names a host within a domain, and never the domain.
_WITH_HOLES = re.compile(rf"https://(?:[a-z0-9.-]|\{{\w+\}})+(?:\.{_LABEL}){{2,}}")
# Whose customers have names below these, or below a region's, without the list's saying so.
_NAMES = """
aliyuncs.com appdomain.cloud azure.com azurecontainerapps.io b-cdn.net backblazeb2.com
backendless.app baseten.co bcebos.com beam.cloud cerebrium.ai cloudapp.azure.com clouddn.com
codesandbox.io github.dev gitpod.io glitch.me gradio.live huggingface.cloud jdcloud-oss.com
koyeb.app ksyuncs.com lepton.run lhr.life loca.lt localhost.run localtest.me modal.run
mybluemix.net myhuaweicloud.com myqcloud.com nip.io oraclecloud.com oraclevcn.com pinggy.io
pinggy.link qiniucdn.com qiniucs.com r2.cloudflarestorage.com runpod.net salad.cloud sealos.run
serveo.net sslip.io stackblitz.io storage.googleapis.com tcloudbase.com tcloudbaseapp.com
traefik.me upaiyun.com upcdn.net volces.com wasabisys.com webcontainer.io xip.io zrok.io
"""
_CLOUDS = tuple(_NAMES.split())


def origin(url: str) -> Origin:
    """(scheme, host, port) of a URL, as two URLs are compared.

    Raises:
        ValueError: The URL has no host, hides one behind user information, or has a port
            that is no number.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    # A letter of another script may have an ASCII one as its small letter (the kelvin sign).
    disguised = host.isascii() and not parts.netloc.isascii()
    if not _HOST.fullmatch(host) or disguised or "@" in parts.netloc or "\\" in url:
        msg = "the URL has no plain host"
        raise ValueError(msg)
    scheme = parts.scheme.lower()
    port = DEFAULT_PORTS.get(scheme) if parts.port is None else parts.port
    return scheme, host, port


@frozen
class Origins:
    """A provider's origins.

    Attributes:
        exact: Those that are one.
        domains: What the names of the others end with, such as `.bfl.ai`: over https, at its port.
        fronts: How the URLs on an exact one begin, where they spell it as it is declared.
    """

    exact: frozenset[Origin]
    domains: tuple[str, ...]
    fronts: tuple[str, ...]

    def hold(self, url: str) -> bool:
        """Whether a URL stands on one of them.

        Raises:
            ValueError: It is no URL of a plain host.
        """
        if url.startswith(self.fronts) and "\\" not in url:
            return True
        found = origin(url)
        scheme, host, port = found
        below = host.isascii() and host.endswith(self.domains)
        return found in self.exact or (below and (scheme, port) == ("https", 443))


@lru_cache
def origins_of(declared: tuple[str, ...]) -> Origins:
    """Declared origins, as URLs are compared with them."""
    patterns = {url: found[1] for url in declared if (found := _PATTERN.fullmatch(url))}
    others = [url for url in declared if url not in patterns]
    fronts = tuple(f"{url}/" for url in others)
    return Origins(frozenset(map(origin, others)), tuple(patterns.values()), fronts)


def fault_of_origins(declared: Iterable[str], settings: Iterable[str] = ()) -> str:
    """What is wrong with origins, what an account may set in braces, as half a sentence, or ""."""
    names = frozenset(settings)
    for number, url in enumerate(declared):
        if "{" in url:
            if not (_WITH_HOLES.fullmatch(url) and set(HOLE.findall(url)) <= names):
                return f"the origin {url!r}, whose holes are no settings, or in its domain"
            continue
        found = _PATTERN.fullmatch(url)
        if found and number == 0:
            return f"the origin {url!r} first, where the documented one stands, which is no pattern"
        if found and is_shared(found[1][1:]):
            return f"the origin {url!r}, and others than the provider have names below that domain"
        if not (found or _is_plain(url)):
            kinds = "neither https://host nor https://*.example.com, nor this machine"
            return f"the origin {url!r}, which is {kinds}"
    return ""


def fault_of_results(
    keyed: Iterable[str], origins: Iterable[str], settings: Iterable[str] = ()
) -> str:
    """What is wrong with addresses whose results are behind a credential, or ""."""
    homes = tuple(f"{each}/" for each in origins if "*" not in each)
    names = frozenset(settings)
    for url in keyed:
        holes, rest = set(HOLE.findall(url)), HOLE.sub("", url)
        if not url.startswith(homes) or not re.fullmatch("[!-~]+", url) or set("?#{}") & set(rest):
            return f"keyed_results {url!r}, which is no address on one of its origins"
        if not holes <= names:
            return f"keyed_results {url!r}, whose holes are no settings"
    return ""


def is_shared(domain: str) -> bool:
    """Whether strangers may have names below a domain: it is, or holds, a public suffix."""
    ours = f".{domain}"
    if any(f".{each}".endswith(ours) or ours.endswith(f".{each}") for each in _CLOUDS):
        return True
    above = re.search(rf"^(?!//).*{re.escape(ours)}\s*$", _text(), re.MULTILINE)
    return above is not None or _list(encoded="xn--" in domain).is_public(domain)


def _is_plain(url: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or this very machine."""
    try:
        scheme, host, _ = origin(url)
    except ValueError:
        return False
    return bool(_PLAIN.fullmatch(url)) and (scheme == "https" or host in _LOOPBACK)


@lru_cache
def _list(*, encoded: bool) -> PublicSuffixList:
    """The list; with what it says of names in other scripts encoded, which takes a while."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - slow, and for patterns only

    return PublicSuffixList(accept_encoded_idn=encoded)


@lru_cache
def _text() -> str:
    return files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
