"""HTTP as frozen values: what a plugin asks to be sent, and what came back.

Nothing here performs I/O, and nothing here knows a key. URLs are written as the
provider documents them; the core replaces the origin for an account that has a
base URL of its own.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from attrs import field, frozen

from tintype._doors import all_held, held, refused
from tintype._lifting import Content
from tintype.errors import InvalidRequestError

JsonObject: TypeAlias = Mapping[str, object]
Headers: TypeAlias = tuple[tuple[str, str], ...]
# One answer, a stream of server-sent events, or one of JSON values, each on a line (NDJSON).
AnswerKind: TypeAlias = Literal["whole", "events", "lines"]


@frozen(kw_only=True)
class JsonBody:
    """A body that is sent as `application/json`: an object, a list, or any other JSON value."""

    value: object = field(hash=False)


@frozen(kw_only=True)
class FormBody:
    """A body that is sent as `application/x-www-form-urlencoded`, its fields in this order."""

    fields: tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class Part:
    """One part of a multipart form: a field, or a file where it has a `filename`."""

    name: str
    data: bytes = field(repr=False)
    filename: str | None = None
    media_type: str | None = None


@frozen(kw_only=True)
class MultipartBody:
    """A body that is sent as `multipart/form-data`, its parts in this order."""

    parts: tuple[Part, ...]


@frozen(kw_only=True)
class RawBody:
    """A body that is sent as it is, such as a picture that is uploaded."""

    data: bytes = field(repr=False)
    media_type: str


Body: TypeAlias = JsonBody | FormBody | MultipartBody | RawBody


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Request:
    """An exchange a plugin wants made.

    Attributes:
        method: The HTTP method, in capitals.
        url: The documented absolute URL, query included, with the account's settings in braces.
        body: What to send, or None.
        headers: Headers of the API's own, such as its version. The credential, `Accept`,
            `Content-*`, and what is the connection's are not a plugin's to give. A setting of
            the account fills its hole in a value, as in the URL.
        accept: The media types that the answer may have, as `Accept` lists them, or "": JSON,
            and the stream that `answer` names.
        answer: What the answer may be: `whole`, or a stream of `events` or of `lines`, each of
            which reaches `parse` as it comes. A provider may answer whole all the same.
        repeat: Whether asking again costs nothing and does nothing. None says so of every
            question but a POST that `poll` asks, which has to say. A submission is never
            repeated by this.
        auth: Whether the account's key goes along. The core adds it, and only to a
            host the provider declares.
    """

    method: str
    url: str
    body: Body | None = None
    headers: Headers = ()
    accept: str = ""
    answer: AnswerKind = "whole"
    repeat: bool | None = None
    auth: bool = True

    @classmethod
    def get(cls, url: str, *, headers: Headers = ()) -> Request:
        """A GET of `url`."""
        return cls(method="GET", url=url, headers=headers)

    @classmethod
    def post(
        cls, url: str, body: object, *, headers: Headers = (), events: bool = False
    ) -> Request:
        """A POST of `body` as JSON to `url`, answered by events where `events` says so."""
        kind: AnswerKind = "events" if events else "whole"
        return cls(method="POST", url=url, body=JsonBody(value=body), headers=headers, answer=kind)


def _without_query(url: str) -> str:
    """A URL to be looked at: some APIs take the key in the query."""
    front, asks, _ = url.partition("?")
    return repr(f"{front}?…" if asks else url)


class Proxy:
    """A forward proxy, by its address, such as `http://user:password@host:3128`.

    Its text, repr and pickle have neither the user's name nor the password.

    Attributes:
        url: Its address without them.

    Raises:
        InvalidRequestError: It is no such address. The error does not show it.
    """

    __slots__ = ("_identity", "url")

    def __init__(self, address: str) -> None:
        parts = _proxy_parts(held(address, str, "proxy", _A_PROXY))
        userinfo, _, place = parts.netloc.rpartition("@")
        whole = userinfo if ":" in userinfo or not userinfo else f"{userinfo}:"
        self.url: str = f"{parts.scheme}://{place}"
        self._identity = unquote(whole)

    @property
    def authorization(self) -> str:
        """The value of `Proxy-Authorization`, or "" where the proxy asks nobody who they are."""
        return f"Basic {b64encode(self._identity.encode()).decode()}" if self._identity else ""

    def __eq__(self, other: object) -> bool:
        """Whether it is the same proxy, asked by the same person."""
        mine = (self.url, self._identity)
        return isinstance(other, Proxy) and mine == (other.url, other._identity)

    def __hash__(self) -> int:
        """The same for equal ones."""
        return hash((self.url, self._identity))

    def __repr__(self) -> str:
        """Its address alone."""
        return f"Proxy({self.url!r})"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Proxy], tuple[str]]:
        """A pickle that holds the address alone."""
        return Proxy, (self.url,)


_A_PROXY = "the address of a proxy, such as 'http://user:password@proxy.example:3128', or nothing"
_PROXY_TEXT = re.compile(r"[!-~]+")


def _proxy_parts(address: str) -> SplitResult:
    """The parts of a proxy's address.

    Raises:
        InvalidRequestError: It is none.
    """
    try:
        parts = urlsplit(address if _PROXY_TEXT.fullmatch(address) else "")
        fits = bool(parts.hostname) and (parts.port or 1) and not (parts.query or parts.fragment)
    except ValueError:
        fits, parts = False, urlsplit("")
    if not fits or parts.scheme not in {"http", "https"} or parts.path not in {"", "/"}:
        known = "; others, such as SOCKS, are not spoken to" if "://" in address else ""
        msg = f"proxy is no address of an http or https proxy{known}: give {_A_PROXY}."
        raise InvalidRequestError(msg, field="proxy")
    return parts


def proxy_of(given: Proxy | str | None) -> Proxy | None:
    """A proxy as a caller gives it."""
    return given if given is None or isinstance(given, Proxy) else Proxy(given)


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class HttpRequest:
    """A request as it goes on the wire, byte for byte, but for `Host`, which is the URL's.

    This is what a transport is given. It adds nothing and rewrites nothing.

    Attributes:
        public_only: Whether to refuse, with a `DownloadError`, a host that resolves to an
            address which is not of the public internet.
        trusted_networks: Ranges whose addresses are not refused all the same.
        bare: Whether nothing may go along that a client has of its own, such as headers,
            cookies and parameters: the host is anybody's.
        proxy: Through which proxy it goes, or None. The proxy resolves the host's name, so that
            only it can tell whether that leads to a public address.
    """

    method: str
    url: str = field(repr=_without_query)
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    public_only: bool = False
    trusted_networks: tuple[str, ...] = ()
    bare: bool = False
    proxy: Proxy | None = None

    @property
    def target(self) -> str:
        """What stands in the request's first line, to the letter."""
        return target_of(self.url)


def _content(given: Content | bytes) -> Content:
    return given if isinstance(given, Content) else Content(given)


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Response:
    """A complete HTTP answer, its body decompressed."""

    status: int
    headers: Headers = ()
    _body: Content = field(default=Content(b""), converter=_content, repr=False, alias="body")

    @property
    def body(self) -> bytes:
        """The body, put together anew where a picture was lifted out of it."""
        return self._body.whole()

    @property
    def content(self) -> Content:
        """The body as it is read: what was lifted out of it is held as bytes."""
        return self._body

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        return find_header(self.headers, name)


def _text_content(given: Content | str) -> Content:
    return given if isinstance(given, Content) else Content(given.encode("utf-8", "surrogatepass"))


@frozen(kw_only=True)
class ServerSentEvent:
    """One event of a stream (WHATWG HTML, section 9.2); of a stream of lines, one line."""

    _data: Content = field(converter=_text_content, repr=False, alias="data")
    event: str = "message"
    id: str = ""

    @property
    def data(self) -> str:
        """The data, put together anew where a picture was lifted out of it."""
        return self._data.whole().decode("utf-8", "surrogatepass")

    @property
    def content(self) -> Content:
        """The data as it is read: what was lifted out of it is held as bytes."""
        return self._data


def stream_of(events: Sequence[ServerSentEvent]) -> Content:
    """Events as a stream has them."""
    text: list[bytes] = []
    held: dict[str, bytes] = {}
    for event in events:
        text.append(f"id: {event.id}\nevent: {event.event}\n".encode())
        text += [b"data: %b\n" % line for line in event.content.text.split(b"\n")]
        text.append(b"\n")
        held |= event.content.held
    return Content(b"".join(text), held)


_PAIRS = "a mapping of names to texts, such as dict(request.headers), or pairs"


def _body(given: bytes) -> bytes:
    return held(given, bytes, "body", "the body as it came, in bytes")


def _headers(given: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    pairs: object = given.items() if isinstance(given, Mapping) else given
    return tuple(map(_pair, all_held(pairs, object, "headers", _PAIRS)))


def _pair(given: object) -> tuple[str, str]:
    match given:
        case (str(name), str(value)):
            return name, value
        case _:
            raise refused(given, "headers", f"{_PAIRS} of texts")


def _url(given: str) -> str:
    return held(given, str, "url", "the URL that was called, as a text")


@frozen(kw_only=True)
class Delivery:
    """An inbound webhook.

    Attributes:
        body: The body as it came, to the byte: a signature covers these.
        headers: The headers it came with: pairs, or a mapping such as `request.headers`.
        url: The URL that was called, where the provider signs it.

    Raises:
        InvalidRequestError: One of them is of another kind.
    """

    body: bytes = field(repr=False, converter=_body)
    headers: Headers = field(default=(), converter=_headers)
    url: str = field(default="", converter=_url)

    @property
    def content(self) -> Content:
        """The body as it is read."""
        return Content(self.body)


def find_header(headers: Headers, name: str) -> str | None:
    """The value of the first header called `name`, in any case, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def address(url: str, *segments: str, **query: str) -> str:
    """A URL with segments of a path and fields of a query behind it, whatever they hold.

    For what a provider or a caller said, such as a task's id: neither `/` nor a hole for a
    setting can be smuggled in.
    """
    for each in segments:
        url += f"/{each if _PLAIN.fullmatch(each) else quote(each, safe='')}"
    return f"{url}?{urlencode(query, quote_via=quote, safe='')}" if query else url


def target_of(url: str) -> str:
    """Path and query of an absolute URL without a fragment, to the letter."""
    _, _, rest = url.partition("://")
    target = rest[len(_AUTHORITY.split(rest, maxsplit=1)[0]) :]
    return target if target.startswith("/") else f"/{target}"


_AUTHORITY = re.compile("[/?]")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")  # what is quoted as it is
