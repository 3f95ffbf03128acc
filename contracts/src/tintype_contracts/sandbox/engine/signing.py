"""Webhooks signed as a document says."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from importlib.util import find_spec
from typing import TYPE_CHECKING

from attrs import evolve

from tintype_contracts.fixtures.format import Signature
from tintype_contracts.sandbox.engine.messages import Webhook

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_STANDARD_FRONT = "whsec_"
_STANDARD = {"id": "webhook-id", "time": "webhook-timestamp"}
_HOLE = re.compile(r"\{(\w+)\}")


def secret_for(provider: str) -> str:
    """The secret that a provider of the sandbox signs with: the same each time."""
    digest = hashlib.sha256(f"tintype sandbox {provider}".encode()).digest()
    return f"{_STANDARD_FRONT}{b64encode(digest).decode()}"


def key_set(secret: str) -> bytes:
    """The public half of the key that is made of a secret, as a JSON Web Key Set (RFC 8037)."""
    public = _private(secret).public_key().public_bytes_raw()
    shown = urlsafe_b64encode(public).decode().rstrip("=")
    return json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": shown}]}).encode()


def can_sign(signature: Signature) -> bool:
    """Whether what the scheme needs is installed: Ed25519 needs `cryptography`."""
    return signature.scheme != "ed25519" or find_spec("cryptography") is not None


def signed(webhook: Webhook, signature: Signature, secret: str, now: float) -> Webhook:
    """A webhook with the headers that prove who sent it."""
    standard = signature.scheme == "standard-webhooks"
    names = {**_STANDARD, **signature.headers} if standard else signature.headers
    told = {name: f"{name}_{webhook.task}" for name in names}
    told |= {"id": f"msg_{webhook.task}", "time": str(int(now))}
    body = webhook.body
    pieces = {name: text.encode() for name, text in told.items()}
    pieces |= {"body": body, "sha256": hashlib.sha256(body).hexdigest().encode()}
    message = b"".join(
        pieces[piece] if index % 2 else piece.encode()
        for index, piece in enumerate(_HOLE.split(signature.over))
    )
    headers = [(header, told[name]) for name, header in names.items()]
    shown = (signature.header, _shown(signature, secret, message))
    return evolve(webhook, headers=(*webhook.headers, *headers, shown))


def _shown(signature: Signature, secret: str, message: bytes) -> str:
    match signature.scheme:
        case "ed25519":
            return _private(secret).sign(message).hex()
        case "hmac-sha256":
            return hmac.digest(secret.encode(), message, "sha256").hex()
        case "standard-webhooks":
            key = b64decode(secret.removeprefix(_STANDARD_FRONT))
            return f"v1,{b64encode(hmac.digest(key, message, 'sha256')).decode()}"


def _private(secret: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
