"""How a provider signs its webhooks, as data: what is signed, with what, and where it is shown.

A plugin declares one of these in `ProviderInfo.signature`; the core alone checks it, with the
account's secrets or with the provider's public keys. No hook sees either. What is signed is a
text with holes, such as `{timestamp}.{body}`: `{body}` is the body as it came, `{sha256}` its
SHA-256 in hexadecimal, `{url}` the URL that was called, and any other the header that `headers`
names for it; `Stripe-Signature[t]` is the field `t` of a header such as `t=1700000000,v1=5257…`,
whose fields stand apart by `,` or `;`.

Where neither the body nor its digest is signed, the signature says who called, and not what is
true: the provider is asked all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

Encoding: TypeAlias = Literal["hex", "base64"]


def covers_body(over: str) -> bool:
    """Whether what is signed tells the body, or its digest."""
    return "{body}" in over or "{sha256}" in over


@frozen(kw_only=True)
class Hmac:
    """A keyed hash, with a secret that the account and the provider share (RFC 2104).

    Attributes:
        header: Where it is shown; several, with blanks, `,` or `;` between, are
            alternatives.
        over: What is signed, with holes.
        headers: Which header each hole is, by its name. `timestamp` is a whole number.
        algorithm: The hash.
        encoding: How it is written.
        prefix: What stands in front of it, such as `sha256=` or `HMAC `.
        secret: What the secret is: text, or bytes in hexadecimal or in base64.
        secret_prefix: What stands in front of a secret and is no part of it, such as `whsec_`.
        ticks: How many of the timestamp's units make a second: 1000 where it is in milliseconds.
        window: Seconds that a signed `{timestamp}` may lie behind or ahead.
    """

    header: str
    over: str = "{body}"
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""
    secret: Literal["text", "hex", "base64"] = "text"  # noqa: S105 - how it is written
    secret_prefix: str = ""
    ticks: int = 1
    window: int = 300


@frozen(kw_only=True)
class Ed25519:
    """A signature by one of the provider's keys (RFC 8032), whose public halves it publishes.

    It is checked by `cryptography`: `pip install tintype[crypto]`. The keys are fetched when they
    are first needed, kept for a day, and fetched anew where none of them fits: once a minute at
    most, and less and less often while they cannot be had, however many calls come.

    Attributes:
        header: Where it is shown; several, with blanks, `,` or `;` between, are
            alternatives.
        keys_url: Where the public keys are, over https.
        keys: How they are written there: as a JSON Web Key Set (RFC 8037), or in hexadecimal.
        over: What is signed, with holes.
        headers: Which header each hole is, by its name. `timestamp` is a whole number.
        encoding: How the signature is written.
        prefix: What stands in front of it.
        ticks: How many of the timestamp's units make a second: 1000 where it is in milliseconds.
        window: Seconds that a signed `{timestamp}` may lie behind or ahead.
    """

    header: str
    keys_url: str
    keys: Literal["jwks", "hex"] = "jwks"
    over: str = "{body}"
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    encoding: Encoding = "hex"
    prefix: str = ""
    ticks: int = 1
    window: int = 300


Signature: TypeAlias = Hmac | Ed25519


def standard_webhooks(front: str = "webhook", *, window: int = 300) -> Hmac:
    """What standardwebhooks.com describes: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

    Args:
        front: What the headers' names begin with: some providers' say `svix`.
        window: Seconds that the timestamp may lie behind or ahead.
    """
    return Hmac(
        header=f"{front}-signature",
        over="{id}.{timestamp}.{body}",
        headers={"id": f"{front}-id", "timestamp": f"{front}-timestamp"},
        encoding="base64",
        prefix="v1,",
        secret="base64",  # noqa: S106 - how it is written
        secret_prefix="whsec_",  # noqa: S106 - what stands in front of everybody's
        window=window,
    )
