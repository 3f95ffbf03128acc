"""What is shown of a credential: computed here, from the finished bytes of a request.

Nothing here reads a clock, a file or the environment, and no plugin's code runs here. Secrets
stand in local variables only where whatever fails is caught within this module: a crash
reporter prints the frames of an error, and no error leaves here with one that held a secret.

HS256 and SigV4 are `hmac` and `hashlib` of the standard library: some forty lines, held by the
tests against PyJWT and botocore, which would bring 25 MB and a client of their own. What needs
more than a hash, RS256 and EdDSA, is left to `cryptography`.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial, reduce
from hashlib import sha256
from importlib.util import find_spec
from posixpath import normpath
from typing import TypeVar, assert_never
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from attrs import frozen

from tintype._doors import MIN_DIFFERENT
from tintype._holes import HOLE, with_texts
from tintype._keys.settings import filled
from tintype.account import Secret
from tintype.credentials import (
    NAMES,
    Basic,
    HeaderKey,
    Jwt,
    OAuthClientCredentials,
    QueryKey,
    Scheme,
    SigV4,
)
from tintype.errors import UsageError
from tintype.messages import Headers, HttpRequest, find_header

T = TypeVar("T")
Held = Mapping[str, Secret]

TOKEN = "oauth_token"  # noqa: S105 - its name among what is held
"""What a token that was bought is called beside the account's own credentials."""

_PRINTABLE = re.compile(r"[!-~]+")
# What goes into a header, or stands in one in clear.
_SHOWN = frozenset({"key", "session_token", "client_id", TOKEN})


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Signed:
    """A request as it leaves, and the secrets that were derived for it."""

    request: HttpRequest
    derived: tuple[Secret, ...] = ()


def sign(
    scheme: Scheme, held: Held, settings: Mapping[str, str], request: HttpRequest, at: datetime
) -> Signed:
    """A request with what its provider is to be shown.

    `held` are the account's credentials, those that the scheme needs; `at` is the time.

    Raises:
        UsageError: A credential or a setting does not serve.
    """
    region = filled(scheme.region, settings) if isinstance(scheme, SigV4) else ""
    made = _guarded(lambda: _signed(scheme, held, region, request, at))
    if isinstance(made, str):
        need = " and ".join(scheme.needs)
        msg = f"What the provider is to be shown cannot be made of {need} ({made})."
        raise UsageError(msg)
    return made


def missing_extra(scheme: Scheme) -> str:
    """What has to be installed before the scheme can be computed, or ""."""
    if isinstance(scheme, Jwt) and scheme.algorithm != "HS256" and not find_spec("cryptography"):
        return f"{scheme.algorithm} needs cryptography: pip install 'tintype[crypto]'."
    return ""


def unfit(name: str, secret: Secret, *, public: bool) -> str:
    """Why a credential cannot serve, in words that do not show it; "" where it can."""
    value = secret.reveal()
    if name in _SHOWN and not _PRINTABLE.fullmatch(value):
        return "holds characters that no key has"
    if not value.strip() or (name == "username" and ":" in value):
        return "is blank" if not value.strip() else "holds a colon"
    if not public and name not in NAMES and len(set(value)) < MIN_DIFFERENT:
        few = f"fewer than {MIN_DIFFERENT} different characters"
        return f"has {few} (if everybody knows it, say Account(public={[name]}))"
    return ""


def token_request(
    scheme: OAuthClientCredentials, held: Held, settings: Mapping[str, str], agent: Headers
) -> Signed:
    """The request that buys a token; it goes to the declared address only.

    Raises:
        UsageError: A setting is missing.
    """
    url = filled(scheme.token_url, settings)
    form = {name: filled(value, settings) for name, value in _form(scheme).items()}
    made = _guarded(lambda: _purchase(scheme, held, url, form, agent))
    if isinstance(made, str):
        msg = f"No token can be asked for with client_id and client_secret ({made})."
        raise UsageError(msg)
    return made


def _guarded(make: Callable[[], T]) -> T | str:
    """What is made; or the kind of error that came instead, none of whose frames is left."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - its frames hold secrets, whatever it is
        return type(error).__name__
    except BaseException as error:  # noqa: BLE001 - Ctrl-C, too
        raise error.with_traceback(None)  # noqa: B904 - it is itself


# ------------------------------------------------------------------------------ the schemes


def _signed(scheme: Scheme, held: Held, region: str, request: HttpRequest, at: datetime) -> Signed:
    match scheme:
        case HeaderKey():
            made = _with_header(request, scheme.header, scheme.prefix, held["key"])
        case QueryKey():
            made = _in_query(scheme.name, held["key"], request)
        case Basic():
            pair = _pair(held, *scheme.needs)
            made = _with_header(request, "Authorization", "Basic ", pair, pair)
        case Jwt():
            made = _with_jwt(scheme, held, request, at)
        case SigV4():
            made = _sigv4(scheme.service, held, region, request, at)
        case OAuthClientCredentials():
            made = _with_token(scheme, held, request)
        case _:
            assert_never(scheme)
    return made


def _with_header(
    request: HttpRequest, name: str, prefix: str, value: Secret, *derived: Secret
) -> Signed:
    made = _with(request, (name, f"{prefix}{value.reveal()}"))
    return Signed(request=made, derived=derived)


def _with(request: HttpRequest, *shown: tuple[str, str], url: str = "") -> HttpRequest:
    """A request with more headers: all else of it stands in its bytes."""
    headers = (*request.headers, *shown)
    return HttpRequest(
        method=request.method, url=url or request.url, headers=headers, body=request.body
    )


def _with_token(scheme: OAuthClientCredentials, held: Held, request: HttpRequest) -> Signed:
    made = _with_header(request, "Authorization", "Bearer ", held[TOKEN])
    if not scheme.id_header:
        return made
    return _with_header(made.request, scheme.id_header, "", held["client_id"])


def _in_query(name: str, key: Secret, request: HttpRequest) -> Signed:
    joint = "&" if "?" in request.url else "?"
    url = f"{request.url}{joint}{name}={quote(key.reveal(), safe='')}"
    return Signed(request=_with(request, url=url))


def _pair(held: Held, name: str, password: str) -> Secret:
    pair = f"{held[name].reveal()}:{held[password].reveal()}"
    return Secret(b64encode(pair.encode()).decode())


def _form(scheme: OAuthClientCredentials) -> dict[str, str]:
    """What is asked for, before settings and credentials are in it."""
    scope = {"scope": scheme.scope} if scheme.scope else {}
    return {"grant_type": "client_credentials", **scheme.parameters, **scope}


def _purchase(
    scheme: OAuthClientCredentials, held: Held, url: str, form: dict[str, str], agent: Headers
) -> Signed:
    shown: Headers = ()
    derived: tuple[Secret, ...] = ()
    if scheme.proof == "body":
        form |= {name: held[name].reveal() for name in scheme.needs}
    else:  # RFC 6749, 2.3.1: both are encoded as in a form first
        coded = {name: Secret(quote_plus(held[name].reveal())) for name in scheme.needs}
        derived = (_pair(coded, *scheme.needs),)
        shown = (("Authorization", f"Basic {derived[0].reveal()}"),)
    body = urlencode(form).encode()
    headers = (
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        *agent,
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", str(len(body))),
        *shown,
    )
    made = HttpRequest(method="POST", url=url, headers=headers, body=body)
    return Signed(request=made, derived=derived)


# ------------------------------------------------------------------------------ web tokens


def _with_jwt(scheme: Jwt, held: Held, request: HttpRequest, at: datetime) -> Signed:
    """RFC 7515, 7.1: the head, the claims and the signature of both, in base64url."""
    now = int(at.timestamp())
    times = {name: now + seconds for name, seconds in scheme.times.items()}
    claims = {**_named(scheme.claims, held), **times, "exp": now + scheme.lifetime}
    head = {"typ": "JWT", **_named(scheme.head, held), "alg": scheme.algorithm}
    said = f"{_in_json(head)}.{_in_json(claims)}"
    key = held["secret"].reveal()
    signature = _in_base64url(_SIGNERS[scheme.algorithm](key, said.encode()))
    token = Secret(f"{said}.{signature}")
    derived = (token, Secret(signature))
    return _with_header(request, scheme.header, scheme.prefix, token, *derived)


def _named(fields: Mapping[str, object], held: Held) -> dict[str, object]:
    """Fields, with credentials in place of their names in braces, however deep they stand."""
    told = partial(HOLE.sub, lambda found: held[found[1]].reveal())
    return {name: with_texts(value, told) for name, value in fields.items()}


def _in_json(value: Mapping[str, object]) -> str:
    return _in_base64url(json.dumps(value, separators=(",", ":")).encode())


def _in_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _hs256(key: str, said: bytes) -> bytes:
    return hmac.digest(key.encode(), said, "sha256")


def _rs256(key: str, said: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    loaded = _private_key(key)
    if not isinstance(loaded, RSAPrivateKey):
        msg = "no RSA key"
        raise TypeError(msg)
    return loaded.sign(said, PKCS1v15(), SHA256())


def _eddsa(key: str, said: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    loaded = _private_key(key)
    if not isinstance(loaded, Ed25519PrivateKey):
        msg = "no Ed25519 key"
        raise TypeError(msg)
    return loaded.sign(said)


def _private_key(pem: str) -> object:
    """A key in PEM; a variable often holds the escapes of its line ends."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    return load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)


_SIGNERS: Mapping[str, Callable[[str, bytes], bytes]] = {
    "HS256": _hs256,
    "RS256": _rs256,
    "EdDSA": _eddsa,
}


# ------------------------------------------------------------------------------ AWS SigV4

# What anything on the way may add or change, as botocore has it.
_UNSIGNED = frozenset({"user-agent", "connection", "expect", "te", "transfer-encoding"})
_ALGORITHM = "AWS4-HMAC-SHA256"


def _sigv4(service: str, held: Held, region: str, request: HttpRequest, at: datetime) -> Signed:
    """AWS, "Create a signed AWS API request": every header of ours is signed but five."""
    stamp = (at - (at.utcoffset() or timedelta())).strftime("%Y%m%dT%H%M%SZ")
    token = held.get("session_token")
    added = (("X-Amz-Date", stamp), *((("X-Amz-Security-Token", token.reveal()),) if token else ()))
    dated = _with(request, *added)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    names, canonical = _canonical(dated)
    said = "\n".join([_ALGORITHM, stamp, scope, sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{held['secret'].reveal()}".encode()
    signature = reduce(_hmac, (*scope.split("/"), said), key).hex()
    shown = (
        f"{_ALGORITHM} Credential={held['key'].reveal()}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    made = _with(dated, ("Authorization", shown))
    return Signed(request=made, derived=(Secret(signature),))


def _hmac(key: bytes, said: str) -> bytes:
    return hmac.digest(key, said.encode(), "sha256")


def _canonical(request: HttpRequest) -> tuple[str, str]:
    """The names of the signed headers, and the request as it is signed."""
    parts = urlsplit(request.url)
    headers = {
        name.lower(): " ".join(value.split())
        for name, value in request.headers
        if name.lower() not in _UNSIGNED
    }
    if find_header(request.headers, "host") is None:
        headers["host"] = _host(request.url)
    names = ";".join(sorted(headers))
    lines = [
        request.method,
        quote(_plain_path(parts.path), safe="/~"),
        _canonical_query(parts.query),
        *(f"{name}:{headers[name]}" for name in sorted(headers)),
        "",
        names,
        sha256(request.body).hexdigest(),
    ]
    return names, "\n".join(lines)


def _canonical_query(query: str) -> str:
    pairs = sorted(tuple(each.partition("=")[::2]) for each in query.split("&")) if query else []
    return "&".join(map("=".join, pairs))


def _host(url: str) -> str:
    """The host as the transports send it: with its port unless that is the scheme's own."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port in {None, usual} else f"{host}:{parts.port}"


def _plain_path(path: str) -> str:
    """A path without its dots (RFC 3986, 5.2.4) and without empty steps."""
    plain = normpath("/" + path.lstrip("/"))
    return f"{plain}/" if path.endswith("/") and plain != "/" else plain
