"""Signatures of webhooks, computed: what was signed, by whom, and when.

Everything here is a function of what it is given. A secret is revealed in functions that raise
nothing: it is in no frame of an error.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from itertools import chain, islice

from attrs import frozen

from tintype._holes import BRACE, HOLE
from tintype._http.headers import TOKEN, VALUE
from tintype._structuring.json_values import loads
from tintype.account import Secret
from tintype.errors import ProtocolError, SignatureError, StaleSignatureError, UsageError
from tintype.messages import Delivery, Headers
from tintype.signatures import Ed25519, Hmac, Signature

MAX_KEY_BYTES = 262_144
"""The longest answer that is read for a set of keys."""

# A header, or a field of one.
_PLACE = re.compile(rf"({TOKEN.pattern})(?:\[(\w+)\])?")
# What parts the fields of a header: `t=…,v1=…` as Stripe has it, `ts=…;h1=…` as Paddle does.
_APART = re.compile("[,;]")
# What hexadecimal and base64, for URLs or not, are written in; nothing else touches it.
_WRITTEN = r"([0-9A-Za-z+/_=-]+)(?![^\s,;])"
_WHOLE = re.compile(r"[0-9]{1,18}")
_KEY_IN_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])")
# What is not a header's.
_OWN: Mapping[str, Callable[[Delivery], bytes]] = {
    "body": lambda delivery: delivery.body,
    "sha256": lambda delivery: hashlib.sha256(delivery.body).hexdigest().encode(),
    "url": lambda delivery: delivery.url.encode(),
}
_MAX_CANDIDATES = 16
_MAX_KEYS = 64
_KEY_LENGTH = 32


@frozen
class Signed:
    """What a webhook shows.

    Attributes:
        message: What was signed.
        shown: The signatures that stand beside it, as bytes; one has to fit.
        stamp: The timestamp that was signed, in seconds since 1970, or None.
    """

    message: bytes
    shown: tuple[bytes, ...]
    stamp: float | None


# ------------------------------------------------------------------------- at load


def fault_of_signature(signature: Signature | None, webhooks: bool) -> str:  # noqa: FBT001 - two facts
    """What is wrong with a declared signature, as the end of a sentence, or ""."""
    if signature is None:
        return ""
    if not webhooks:
        return "a signature of webhooks, and no webhooks"
    pieces = set(HOLE.findall(signature.over))
    idle = sorted(signature.headers.keys() - pieces)
    unfilled = [name for name, text in _fixed_texts(signature) if BRACE.search(text)]
    for fault, wrong in (
        (f"a signature over {signature.over!r}, which names nothing of the webhook", not pieces),
        (
            f"a signature over {signature.over!r}, and not the headers of all its pieces",
            not pieces <= {*_OWN, *signature.headers},
        ),
        (
            "a signature whose headers have the name of a piece",
            bool(_OWN.keys() & signature.headers.keys()),
        ),
        (
            f"a signature whose headers name {', '.join(map(repr, idle))}, which `over` does not",
            bool(idle),
        ),
        (
            "a signature with ticks or a window, and no {timestamp} in what it is over",
            "timestamp" not in pieces and _timed(signature) != _UNTIMED,
        ),
        (
            f"a signature with braces in {', '.join(unfilled)}, where nothing fills them",
            bool(unfilled),
        ),
    ):
        if wrong:
            return fault
    return ""


def _fixed_texts(signature: Signature) -> Iterator[tuple[str, str]]:
    """The texts in which nothing is filled, by their names; of `over`, what is no hole."""
    yield "over", HOLE.sub("", signature.over)
    for name in ("header", "prefix", "secret_prefix", "keys_url"):
        yield name, getattr(signature, name, "")


def _timed(signature: Signature) -> tuple[int, int]:
    return signature.ticks, signature.window


_UNTIMED = _timed(Hmac(header="X"))


# ---------------------------------------------------------------------- what is shown


def signed_by(signature: Signature, delivery: Delivery) -> Signed:
    """What a webhook shows of a signature.

    Raises:
        SignatureError: There is none, or not all of what it covers.
    """
    values = {name: _shown(place, delivery.headers) for name, place in signature.headers.items()}
    if "{url}" in signature.over and not delivery.url:
        msg = "The webhook's signature covers its URL: give Delivery(url=…), as it was called."
        raise SignatureError(msg)
    message = b"".join(
        piece.encode() if index % 2 == 0 else _piece(piece, delivery, values)
        for index, piece in enumerate(HOLE.split(signature.over))
    )
    shown = tuple(_candidates(signature, delivery.headers))
    if not shown:
        msg = f"The webhook's {signature.header} holds no signature of the declared form."
        raise SignatureError(msg)
    stamp = values.get("timestamp") if "{timestamp}" in signature.over else None
    return Signed(message, shown, None if stamp is None else _seconds(stamp, signature.ticks))


def _piece(name: str, delivery: Delivery, values: Mapping[str, str]) -> bytes:
    return values[name].encode() if name in values else _OWN[name](delivery)


def _shown(place: str, headers: Headers) -> str:
    """What stands in a place, of which there is one.

    Raises:
        SignatureError: There is none, or more than one.
    """
    found = _all_shown(place, headers)
    if len(found) != 1:
        much = "more than one" if found else "no"
        msg = f"The webhook is not signed as its provider signs: it has {much} {place!r}."
        raise SignatureError(msg)
    return found[0]


def _all_shown(place: str, headers: Headers) -> list[str]:
    """Everything that stands in a place: a header, or a field of one."""
    name, _, part = place.rstrip("]").partition("[")
    said = [text for key, text in headers if key.lower() == name.lower() and VALUE.fullmatch(text)]
    if not part:
        return said
    pairs = [each.partition("=") for text in said for each in _APART.split(text)]
    return [value.strip().strip('"') for key, _, value in pairs if key.strip() == part]


def _candidates(signature: Signature, headers: Headers) -> Iterable[bytes]:
    """The signatures that a header shows, decoded; what is no signature is left out."""
    one = re.compile(rf"(?<![^\s,;]){re.escape(signature.prefix)}{_WRITTEN}")
    shown = (one.finditer(text) for text in _all_shown(signature.header, headers))
    for each in islice(chain.from_iterable(shown), _MAX_CANDIDATES):
        found = _decoded(each[1], signature.encoding)
        if found:
            yield found


def _decoded(text: str, encoding: str) -> bytes | None:
    """Bytes in hexadecimal, in base64 or as text; None where they are not."""
    try:
        if encoding == "hex":
            return bytes.fromhex(text)
        if encoding == "base64":
            plain = text.replace("-", "+").replace("_", "/")
            return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (NotBase64, ValueError):
        return None
    return text.encode()


def _seconds(stamp: str, ticks: int) -> float:
    if not _WHOLE.fullmatch(stamp):
        msg = "The webhook's timestamp is no whole number."
        raise SignatureError(msg)
    return int(stamp) / ticks


# ------------------------------------------------------------------------ what is right


def check_secrets(signature: Hmac, secrets: Sequence[Secret]) -> None:
    """See that every secret is what the provider hands out.

    Raises:
        UsageError: One is not.
    """
    for number, secret in enumerate(secrets, start=1):
        if not _key(signature, secret):
            msg = (
                f"Webhook secret {number} of {len(secrets)} is not written in {signature.secret}: "
                "copy it again, whole, into the account's webhook_secrets "
                "(<PROVIDER>_WEBHOOK_SECRET)."
            )
            raise UsageError(msg)


def is_keyed(signature: Hmac, signed: Signed, secrets: Sequence[Secret]) -> bool:
    """Whether one of the secrets makes one of the signatures; every pair is compared."""
    made = [
        hmac.digest(_key(signature, secret), signed.message, signature.algorithm)
        for secret in secrets
    ]
    fits = [hmac.compare_digest(mine, shown) for mine in made for shown in signed.shown]
    return any(fits)


def _key(signature: Hmac, secret: Secret) -> bytes:
    """A secret's bytes, none where it is not written as it should be."""
    plain = secret.reveal().removeprefix(signature.secret_prefix)
    return _decoded(plain, signature.secret) or b""


def is_ours(signed: Signed, keys: Iterable[bytes]) -> bool:
    """Whether one of the Ed25519 public keys made one of the signatures."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PublicKey,
    )

    for key in keys:
        for shown in signed.shown:
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(shown, signed.message)
            except (InvalidSignature, ValueError):
                continue
            return True
    return False


def check_extra(signature: Signature) -> None:
    """See that what checks the signature is installed.

    Raises:
        UsageError: It is not.
    """
    if isinstance(signature, Ed25519) and find_spec("cryptography") is None:
        msg = "Its webhooks are signed by Ed25519, which needs: pip install 'tintype[crypto]'."
        raise UsageError(msg)


def check_age(signature: Signature, signed: Signed, now: datetime) -> None:
    """Refuse what was signed too long ago, or is signed for later.

    Raises:
        StaleSignatureError: It was.
    """
    if signed.stamp is None:
        return
    age = now.timestamp() - signed.stamp
    if abs(age) > signature.window:
        when = f"{age:.0f} seconds ago" if age > 0 else f"{-age:.0f} seconds in the future"
        msg = (
            f"The webhook was signed {when}, and its provider allows {signature.window}: it is a "
            "repetition, or this machine's clock is wrong."
        )
        raise StaleSignatureError(msg)


# --------------------------------------------------------------------------- key sets


def keys_in(signature: Ed25519, body: bytes) -> tuple[bytes, ...]:
    """The public keys in what stands at `keys_url`, none where there are none."""
    text = body[:MAX_KEY_BYTES].decode("utf-8", "replace")
    found = _in_hex(text) if signature.keys == "hex" else _in_a_set(text)
    return tuple(key for key in found if len(key) == _KEY_LENGTH)[:_MAX_KEYS]


def _in_hex(text: str) -> list[bytes]:
    return [bytes.fromhex(each) for each in _KEY_IN_HEX.findall(text)]


def _in_a_set(text: str) -> list[bytes]:
    """The Ed25519 keys of a JSON Web Key Set; others are for other uses."""
    try:
        said = loads(text)
    except ProtocolError:
        return []
    keys = said.get("keys") if isinstance(said, dict) else None
    return [
        _decoded(str(each.get("x", "")), "base64") or b""
        for each in (keys if isinstance(keys, list) else ())
        if isinstance(each, dict) and (each.get("kty"), each.get("crv")) == ("OKP", "Ed25519")
    ]
