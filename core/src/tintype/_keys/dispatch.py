"""A plugin's request as the very bytes that go on the wire, for one account.

Both transports send what stands here and add nothing: method, URL, headers and body are
fixed before either library sees them. What shows the provider who asks is added to these bytes
by `_signing`, and only where the request goes to a declared host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from posixpath import normpath
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from tintype._blame import of_provider
from tintype._excerpts import quoted
from tintype._holes import HOLE
from tintype._http.addresses import Trusted, is_of_a_network
from tintype._http.bodies import encoded
from tintype._http.headers import (
    CREDENTIAL,
    TOKEN,
    OutOfLawError,
    checked_headers,
    checked_media_types,
)
from tintype._keys.origins import DEFAULT_PORTS, Origins, origin, origins_of
from tintype._keys.settings import filled_where_declared
from tintype._keys.variables import env_name
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError, TintypeError, UsageError
from tintype.messages import AnswerKind, Headers, HttpRequest, Proxy, Request, target_of

USER_AGENT = "tintype/0.2.0"
_ALWAYS = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", USER_AGENT))
# What is asked for where the plugin does not say: JSON always, for who does not stream.
_ACCEPTED: Mapping[AnswerKind, str] = {
    "whole": "application/json",
    "events": "text/event-stream, application/json",
    "lines": "application/x-ndjson, application/json",
}
# Not an exchange's: the one opens a tunnel, the other has the key told back.
_OF_THE_CONNECTION = frozenset({"CONNECT", "TRACE"})
_MAX_DECODINGS = 3
_PATH_PARAMETER = re.compile(r";[^/]*")
_BODILESS = frozenset({"GET", "HEAD"})
_USUAL = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
# What goes on the wire as it was given: whoever signed a URL signed these characters.
_TARGET = "".join(map(chr, range(0x21, 0x7F)))
# What stands in front of a target, once what no URL can hold is gone (WHATWG URL, 4.4).
_FRONT = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
_NOWHERE = str.maketrans("", "", "\t\r\n")
_BLANK = "".join(map(chr, range(0x21)))
# A URL that stands as it goes on the wire, and a path that leads up by no reading of it.
_NORMAL = re.compile(r"https?://[\w.:-]+/[!\"$-~]*", re.ASCII)
_DOWNWARD = re.compile(r"(?:/(?!\.)[^/%;\\]*)+")
_SHOWN = 40


class Dispatch:
    """Puts requests into bytes for one account; what that alone decides is found once."""

    def __init__(self, info: ProviderInfo, account: Account) -> None:
        self._info = info
        self._account = account
        self._reserved = frozenset(name.lower() for name in info.auth.headers)

    def encode(self, request: Request, hook: str = "") -> HttpRequest:
        """A plugin's request, before its provider is shown who asks; an error names the hook.

        Raises:
            PluginError: It would show the key to a host the provider does not declare, or it is
                nothing that HTTP can carry.
            UsageError: The account's base URL is none.
        """
        asker = f"The plugin's {hook}()" if hook else "A hook of the plugin"
        try:
            return self._encoded(request)
        except OutOfLawError as error:
            msg = f"{asker} {error}; nothing was sent (docs/plugins.md, {error.section})."
            raise PluginError(msg, provider=self._info.name) from None
        except TintypeError as error:
            raise of_provider(error, self._info.name) from error.__cause__
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            msg = f"{asker} asks for what cannot be encoded; nothing was sent ({fault})."
            raise PluginError(msg, provider=self._info.name) from error

    @cached_property
    def _base(self) -> str | None:
        return checked_base_url(self._account)

    @cached_property
    def _origins(self) -> Origins:
        return origins_of(filled_for(self._info.origins, self._info, self._account))

    def _filled(self, text: str) -> str:
        return filled_where_declared(text, self._info.settings, self._account.settings)

    def _encoded(self, request: Request) -> HttpRequest:
        if request.method not in _USUAL:
            _check_method(request.method)
        url, ours = self._address(request)
        media_type, body = encoded(request.body)
        if request.auth:
            _check_query(url, self._info.auth.query)
        headers = [("Accept", _accepted(request)), *_ALWAYS]
        if request.headers != ():
            given = checked_headers(self._given(request.headers, ours=ours), self._reserved)
            headers = [*given, *headers]
        if media_type:
            headers.append(("Content-Type", media_type))
        if media_type or request.method not in _BODILESS:
            headers.append(("Content-Length", str(len(body))))
        return HttpRequest(method=request.method, url=url, headers=tuple(headers), body=body)

    def _given(self, headers: Headers, *, ours: bool) -> Headers:
        """A plugin's headers; to its provider with the account's settings in their values."""
        if not ours:
            return headers
        return tuple(
            (name, self._filled(value) if isinstance(value, str) else value)
            for name, value in headers
        )

    def _address(self, request: Request) -> tuple[str, bool]:
        """The request's URL, and whether it is the provider's: then its holes are filled.

        Documented origins give way to the base URL. What is somebody else's, such as a presigned
        upload, is asked for to the letter.
        """
        base, asked = self._base, self._filled(request.url)
        try:
            documented = self._origins.hold(asked)
            declared = documented or (base is not None and is_under(asked, base))
        except ValueError:
            documented = declared = False
        if documented:
            return _on_base(normalized(asked), base), True
        if request.auth and not declared:
            msg = (
                f"asks for a credential to go to {_named(asked)}, a host it does not declare: keys "
                f"go to ProviderInfo.origins ({', '.join(self._info.origins)}) and nowhere else. "
                "Add it there if a document names it, or ask with auth=False"
            )
            raise OutOfLawError(msg, "Places")
        try:
            return normalized(asked if declared else request.url), declared
        except ValueError:
            msg = f"asks for {quoted(request.url)}, which is no URL"
            raise OutOfLawError(msg, "Requests") from None


def _check_method(method: str) -> None:
    if not TOKEN.fullmatch(method) or method.upper() in _OF_THE_CONNECTION:
        msg = f"{method[:_SHOWN]!r} is no method"
        raise ValueError(msg)


def _check_query(url: str, reserved: Iterable[str]) -> None:
    """Refuse a parameter that the core fills: of two, servers do not agree which one counts.

    Raises:
        OutOfLawError: The URL has it, however it is written.
    """
    for name in reserved:
        if has_parameter(url, name):
            msg = (
                f"asks for a URL with the parameter {name!r}: {CREDENTIAL}. "
                "Leave it out of Request.url"
            )
            raise OutOfLawError(msg, "Requests")


def has_parameter(url: str, name: str) -> bool:
    """Whether a URL's query names a parameter, as any server may read it."""
    pieces = re.split("[&;]", url.partition("?")[2])
    names = (unquote_plus(piece.partition("=")[0]).partition("[")[0] for piece in pieces)
    return name.lower() in {each.strip(_BLANK).lower() for each in names}


def _accepted(request: Request) -> str:
    """The media types that the answer may have."""
    if request.answer not in _ACCEPTED:
        msg = f"an answer is one of {', '.join(_ACCEPTED)}, not {request.answer!r}"
        raise ValueError(msg)
    if request.accept:
        return checked_media_types(request.accept)
    return _ACCEPTED[request.answer]


def fetch_request(
    url: str,
    *,
    public_only: bool,
    trusted_networks: tuple[str, ...] = (),
    proxy: Proxy | None = None,
) -> HttpRequest:
    """A GET of a result: no credentials, whatever the host."""
    headers = (("Accept", "image/*"), ("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT))
    return HttpRequest(
        method="GET",
        url=normalized(url),
        headers=headers,
        public_only=public_only,
        trusted_networks=trusted_networks,
        bare=True,
        proxy=proxy,
    )


def normalized(url: str) -> str:
    """The URL as it is asked for: a signed one to the letter, what no line can hold escaped.

    Raises:
        ValueError: It is no absolute URL.
    """
    if _NORMAL.fullmatch(url):
        return url
    clean = url.translate(_NOWHERE).strip(_BLANK).partition("#")[0]
    front = _FRONT.match(clean)
    if front is None:
        msg = "the URL is not absolute"
        raise ValueError(msg)
    urlsplit(front[0])  # refuses half an IPv6 address
    return front[0] + quote(target_of(clean), safe=_TARGET)


def checked_base_url(account: Account) -> str | None:
    """The account's base URL, escaped and without a slash at its end, or None.

    Raises:
        UsageError: It is not an http(s) URL of a plain host, it has a query, or everybody on the
            way could read the key: plain http to a host that is neither private nor trusted.
    """
    if account.base_url is None:
        return None
    given, variable = account.base_url, env_name(account.provider)
    try:
        scheme, host, _ = origin(given)
    except ValueError:
        scheme = host = ""
    if scheme not in DEFAULT_PORTS or "?" in given or "#" in given:
        shown = re.sub(r"//[^/@]*@", "//…@", given)
        msg = (
            f"The base URL {shown!r} is not of the form https://host[:port][/prefix]; "
            f"mend {variable}_BASE_URL or the account."
        )
        raise UsageError(msg, provider=account.provider)
    base = normalized(given).rstrip("/")
    near = is_of_a_network(host) or checked_trust(account).names(host)
    if scheme == "http" and not near:
        msg = (
            f"The base URL {base!r} is plain http, by which everybody on the way could read the "
            f"key: give it by https in {variable}_BASE_URL or the account; where the network is "
            f"yours, name the host in the account's trusted_hosts ({variable}_TRUSTED_HOSTS)."
        )
        raise UsageError(msg, provider=account.provider)
    return base


def checked_trust(account: Account) -> Trusted:
    """The hosts and networks that the account trusts with results.

    Raises:
        UsageError: One of them is neither.
    """
    try:
        return Trusted.of(account.trusted_hosts)
    except ValueError as error:
        msg = (
            f"trusted_hosts: {error}; give names, *.domains or ranges in "
            f"{env_name(account.provider)}_TRUSTED_HOSTS or the account."
        )
        raise UsageError(msg, provider=account.provider) from None


def _on_base(url: str, base: str | None) -> str:
    """A URL of a documented origin at the account's base URL.

    Raises:
        OutOfLawError: It leads above that, where a gateway may serve other people's paths.
    """
    if base is None:
        return url
    target = target_of(url)
    moved = base + target
    plain = _DOWNWARD.fullmatch(target.partition("?")[0])
    if not plain and urlsplit(base).path and not is_under(moved, base):
        msg = "asks for a path that leads above the account's base URL"
        raise OutOfLawError(msg, "Places")
    return moved


def _named(url: str) -> str:
    """A URL's place in a sentence: no path, query or user, which may tell what is secret."""
    front = _FRONT.match(url.translate(_NOWHERE).strip(_BLANK))
    if front is None:
        return "an address without a host"
    scheme, _, host = front[0].partition("://")
    plain = host.rpartition("@")[2].encode("ascii", "backslashreplace").decode()
    return quoted(f"{scheme}://{plain}")


def filled_for(places: Iterable[str], info: ProviderInfo, account: Account) -> tuple[str, ...]:
    """A provider's origins, or addresses on them, for an account; none that it lacks a setting of.

    Raises:
        UsageError: A setting holds what could lead elsewhere.
    """
    if not info.settings:
        return tuple(places)
    known = {**info.settings, **account.settings}
    return tuple(
        filled_where_declared(each, info.settings, account.settings)
        for each in places
        if all(known.get(name) for name in HOLE.findall(each))
    )


def is_under(url: str, base: str) -> bool:
    """Whether a URL stands on another one, or below, whichever server on the way decodes it."""
    pairs = zip(_readings(url), _readings(base), strict=True)
    below = all(f"{path}/".startswith(prefix.rstrip("/") + "/") for path, prefix in pairs)
    return origin(url) == origin(base) and below


def _readings(url: str) -> Iterator[str]:
    """A URL's path without `..`, as it stands and after each further decoding of its escapes.

    Some servers take `..;x` for `..`, and a backslash for a slash.
    """
    path = urlsplit(url).path
    for _ in range(_MAX_DECODINGS + 1):
        plain = _PATH_PARAMETER.sub("", path.replace("\\", "/"))
        yield normpath("/" + plain.lstrip("/"))
        path = unquote(path)
