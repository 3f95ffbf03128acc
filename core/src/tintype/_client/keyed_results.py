"""Results on the wire: from where they may be fetched, and how their bytes are taken."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import field, frozen

from tintype._flow.effects import Fetch
from tintype._http.addresses import Trusted, names_a_private_host, refused_place
from tintype._keys.dispatch import has_parameter, is_under
from tintype._keys.origins import origin, origins_of
from tintype._pacing import Clock
from tintype.errors import DownloadError
from tintype.messages import Headers, Proxy


@frozen(kw_only=True)
class Rules:
    """How results are fetched.

    Attributes:
        clock: What time it is, to tell an expired result.
        base_url: An origin whose results may be fetched although it is plain http, or
            stands in a private network.
        origins: The API's own origins; results there are fetched at the base URL.
        keyed: Addresses below which results are behind the account's credential.
        headers: Headers of the API's own that those are asked for with.
        query: The parameters in which the credential is shown: an address that has one shows who
            asks already.
        trusted: Hosts and networks whose results may be fetched although they do.
        limit: The most bytes of one image.
        timeout: Seconds for one image.
        proxy: Through which proxy they are fetched, or None.
    """

    clock: Clock
    base_url: str | None = None
    origins: tuple[str, ...] = ()
    keyed: tuple[str, ...] = ()
    headers: Headers = ()
    query: tuple[str, ...] = ()
    trusted: Trusted = field(factory=Trusted)
    limit: int = 100 * 1024 * 1024
    timeout: float = 120.0
    proxy: Proxy | None = None


@frozen(kw_only=True)
class Place:
    """Where a result is fetched.

    Attributes:
        url: Not always as it was given: plain http is asked for by https.
        public_only: Whether it has to be of the public internet.
    """

    url: str
    public_only: bool


def place_of(url: str, rules: Rules) -> Place:
    """Where to fetch a result from.

    A result on the API's own origin follows the account's base URL; plain http is asked only
    of the base URL, of trusted hosts, and of an API that is on this machine; anywhere else https
    in its place.

    Raises:
        DownloadError: It may not come from there at all.
    """
    try:
        here = rules.base_url is None and names_a_private_host(url)
        if here and origins_of(rules.origins).hold(url):
            return Place(url=url, public_only=False)
        return _checked_place(_on_base_url(url, rules), rules)
    except ValueError:
        raise DownloadError(refused_place(url)) from None


def is_keyed(url: str, rules: Rules) -> bool:
    """Whether a result, as the provider told it, is behind the account's credential."""
    try:
        shown = any(has_parameter(url, name) for name in rules.query)
        return not shown and any(is_under(url, each) for each in rules.keyed)
    except ValueError:
        return False


def _checked_place(url: str, rules: Rules) -> Place:
    url.encode()  # half a character is no part of an address
    scheme, host, _ = origin(url)
    if rules.base_url and origin(url) == origin(rules.base_url):
        return Place(url=url, public_only=False)
    if rules.trusted.names(host) and scheme in {"http", "https"}:
        return Place(url=url, public_only=False)
    if scheme not in {"http", "https"} or names_a_private_host(url):
        msg = "it is neither public nor trusted"
        raise ValueError(msg)
    return Place(url=_over_tls(url) if scheme == "http" else url, public_only=True)


def _on_base_url(url: str, rules: Rules) -> str:
    """The URL, with the account's base URL in place of the API's own origin."""
    if rules.base_url is None or not origins_of(rules.origins).hold(url):
        return url
    scheme, rest = url.split("://", 1)
    return rules.base_url + rest[len(urlsplit(f"{scheme}://{rest}").netloc) :]


def _over_tls(url: str) -> str:
    """The same by https, at its usual port where the port was the usual one of http."""
    rest = url.partition("://")[2]
    netloc = urlsplit(url).netloc
    return f"https://{netloc.removesuffix(':80')}{rest[len(netloc) :]}"


class Intake:
    """The body of an answer to a fetch, taken chunk by chunk.

    Attributes:
        said: The beginning of a refusal's body.
    """

    def __init__(self, effect: Fetch, status: int) -> None:
        self.said = b""
        self._effect = effect
        self._status = status
        self._length = 0

    def take(self, chunk: bytes) -> bool:
        """Take the next bytes; False where no more are wanted.

        Raises:
            DownloadError: The result is larger than it may be.
        """
        if self._status != _OK:
            self.said = (self.said + chunk)[:_EXCERPT]
            return self._status >= _FIRST_REFUSAL and len(self.said) < _EXCERPT
        self._length += len(chunk)
        if self._length > self._effect.limit:
            msg = f"The result is larger than {self._effect.limit} bytes: {self._effect.url}"
            raise DownloadError(msg)
        self._effect.sink.write(chunk)
        return True


_OK = 200
_FIRST_REFUSAL = 400
_EXCERPT = 4096
