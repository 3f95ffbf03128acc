"""Webhooks signed as a document says."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

from attrs import evolve

from tintype_contracts.fixtures.format import Signature
from tintype_contracts.sandbox.engine.messages import Webhook

_STANDARD_FRONT = "whsec_"


def secret_for(provider: str) -> str:
    """The secret that a provider of the sandbox signs with: the same each time."""
    digest = hashlib.sha256(f"tintype sandbox {provider}".encode()).digest()
    return f"{_STANDARD_FRONT}{b64encode(digest).decode()}"


def signed(webhook: Webhook, signature: Signature, secret: str, now: float) -> Webhook:
    """A webhook with the headers that prove who sent it."""
    told = {"id": f"msg_{webhook.task}", "time": str(int(now))}
    names = {"id": signature.id, "time": signature.time}
    standard = signature.scheme == "standard-webhooks"
    if standard:
        names = {key: name or f"webhook-{_STANDARD[key]}" for key, name in names.items()}
    body = webhook.body
    message = b"".join(
        body if piece == "body" else told.get(piece, piece).encode()
        for piece in signature.over.replace("{", "}").split("}")
    )
    key = b64decode(secret.removeprefix(_STANDARD_FRONT)) if standard else secret.encode()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    shown = f"v1,{b64encode(digest).decode()}" if standard else digest.hex()
    headers = [(name, told[key]) for key, name in names.items() if name]
    return evolve(webhook, headers=(*webhook.headers, *headers, (signature.header, shown)))


_STANDARD = {"id": "id", "time": "timestamp"}
