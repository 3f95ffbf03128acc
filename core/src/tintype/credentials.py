"""How a provider knows its customers, as data: a scheme names credentials and where they go.

A plugin declares one scheme in its `ProviderInfo`; the core alone computes what is shown, from
the account's credentials and the finished bytes of a request. No hook sees any of it. Each
says which credentials it `needs`, which it `takes` where they are there, which `headers` and
parameters of the `query` it fills, and where and how it is `shown`, for a person to read.

| scheme | needs | shows |
| --- | --- | --- |
| `HeaderKey` | key | the key in a header |
| `QueryKey` | key | the key in the query |
| `Basic` | username, password | the pair in base64 |
| `Jwt` | secret, and what its claims name | a token made for each request |
| `SigV4` | key, secret; session_token where there is one | a signature of the request |
| `OAuthClientCredentials` | client_id, client_secret | a token, bought and renewed |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, TypeAlias

from attrs import field, frozen

from tintype._holes import HOLE, texts_in

# The credentials that are names, and no secrets: they are neither redacted nor held to be hard.
NAMES: frozenset[str] = frozenset({"username", "client_id"})


@frozen(kw_only=True)
class HeaderKey:
    """The key in a header, such as `Authorization: Bearer <key>`.

    Attributes:
        header: The header's name.
        prefix: What stands in front of the key, its space included.
        optional: Whether the provider answers without a key, too.
    """

    header: str = "Authorization"
    prefix: str = "Bearer "
    optional: bool = False

    needs: ClassVar[tuple[str, ...]] = ("key",)
    takes: ClassVar[tuple[str, ...]] = ()
    query: ClassVar[tuple[str, ...]] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that it fills."""
        return (self.header,)

    @property
    def shown(self) -> tuple[str, str]:
        """Where it is shown, and how."""
        return self.header, f"{self.prefix}{{key}}"


@frozen(kw_only=True)
class QueryKey:
    """The key as a parameter in the query of each URL.

    Attributes:
        name: The parameter's name.
        optional: Whether the provider answers without a key, too.
    """

    name: str = "key"
    optional: bool = False

    needs: ClassVar[tuple[str, ...]] = ("key",)
    takes: ClassVar[tuple[str, ...]] = ()
    headers: ClassVar[tuple[str, ...]] = ()

    @property
    def query(self) -> tuple[str, ...]:
        """The parameters that it fills."""
        return (self.name,)

    @property
    def shown(self) -> tuple[str, str]:
        """Where it is shown, and how."""
        return f"?{self.name}", "{key}"


@frozen(kw_only=True)
class Basic:
    """A name and a password (RFC 7617).

    Attributes:
        optional: Whether the provider answers without them, too.
    """

    optional: bool = False

    needs: ClassVar[tuple[str, ...]] = ("username", "password")
    takes: ClassVar[tuple[str, ...]] = ()
    headers: ClassVar[tuple[str, ...]] = ("Authorization",)
    query: ClassVar[tuple[str, ...]] = ()
    shown: ClassVar[tuple[str, str]] = ("Authorization", "Basic {pair}")


@frozen(kw_only=True)
class Jwt:
    """A JSON web token (RFC 7519), made for each request and signed with `secret`.

    Attributes:
        algorithm: HS256 signs with the secret itself; RS256 and EdDSA with a private key in
            PEM, by `cryptography`: `pip install tintype[crypto]`.
        lifetime: Seconds until it expires: the claim `exp`.
        claims: Further claims, as JSON. `{key}` in a text is the credential of that name,
            however deep it stands.
        times: Claims that are times, in seconds from now: `{"iat": 0, "nbf": -5}`.
        head: Further fields of its head, such as `{"kid": "{key_id}"}`, likewise.
        header: The header it goes into.
        prefix: What stands in front of it, its space included.
        optional: Whether the provider answers without it, too.
    """

    algorithm: Literal["HS256", "RS256", "EdDSA"] = "HS256"
    lifetime: int
    claims: Mapping[str, object] = field(factory=dict, hash=False)
    times: Mapping[str, int] = field(factory=dict, hash=False)
    head: Mapping[str, object] = field(factory=dict, hash=False)
    header: str = "Authorization"
    prefix: str = "Bearer "
    optional: bool = False

    takes: ClassVar[tuple[str, ...]] = ()
    query: ClassVar[tuple[str, ...]] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that it fills."""
        return (self.header,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The credentials it cannot do without: what it names, and the secret."""
        said = (*texts_in(self.claims), *texts_in(self.head))
        named = [name for each in said for name in HOLE.findall(each)]
        return tuple(dict.fromkeys((*named, "secret")))

    @property
    def shown(self) -> tuple[str, str]:
        """Where it is shown, and how."""
        return self.header, f"{self.prefix}{{jwt}}"


@frozen(kw_only=True)
class SigV4:
    """A signature of the request as AWS has it (Signature Version 4).

    Attributes:
        service: The service's name in the scope, such as `bedrock`.
        region: The region in the scope; `{region}` is the account's setting of that name.
        optional: Whether the provider answers without it, too.
    """

    service: str
    region: str = "{region}"
    optional: bool = False

    needs: ClassVar[tuple[str, ...]] = ("key", "secret")
    takes: ClassVar[tuple[str, ...]] = ("session_token",)
    headers: ClassVar[tuple[str, ...]] = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
    query: ClassVar[tuple[str, ...]] = ()
    shown: ClassVar[tuple[str, str]] = ("Authorization", "AWS4-HMAC-SHA256 {signature}")


@frozen(kw_only=True)
class OAuthClientCredentials:
    """A token that is bought with a client's id and secret (RFC 6749, 4.4).

    It is kept until shortly before it expires, and bought anew once where the provider answers
    401 all the same. Id and secret go to `token_url` and nowhere else.

    Attributes:
        token_url: Where it is bought, over https; `{tenant}` is the account's setting.
        scope: What it is to be good for, or "".
        proof: How id and secret are shown there: as `basic`, or in the `body`.
        parameters: Further fields of the form that buys it; settings fill their holes, too.
        id_header: A header that shows the client's id beside the token, or "".
        optional: Whether the provider answers without it, too.
    """

    token_url: str
    scope: str = ""
    proof: Literal["basic", "body"] = "basic"
    parameters: Mapping[str, str] = field(factory=dict, hash=False)
    id_header: str = ""
    optional: bool = False

    needs: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    takes: ClassVar[tuple[str, ...]] = ()
    query: ClassVar[tuple[str, ...]] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that it fills."""
        return ("Authorization", self.id_header) if self.id_header else ("Authorization",)

    shown: ClassVar[tuple[str, str]] = ("Authorization", "Bearer {token}")


Scheme: TypeAlias = HeaderKey | QueryKey | Basic | Jwt | SigV4 | OAuthClientCredentials
