"""Signed webhooks of three schemes: right, changed and stale, in both clients."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TypeAlias

import pytest
from attrs import evolve, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, said
from tests.shapes import keyed

import tintype_fal
import tintype_replicate as replicate
from tintype import Account, Client, Delivery, TaskState
from tintype.errors import SignatureError, StaleSignatureError

OLD, SECRET = "whsec_b2xkLW9sZC1vbGQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = Ed25519PrivateKey.generate()
PICTURE = "https://cdn.test/1.png"
Signs: TypeAlias = Callable[[int, bytes], Mapping[str, str]]


def by_standard(at: int, body: bytes) -> dict[str, str]:
    """As standardwebhooks.com has it, in two versions."""
    secret = base64.b64decode(SECRET.removeprefix("whsec_"))
    made = base64.b64encode(hmac.digest(secret, f"msg_1.{at}.".encode() + body, "sha256")).decode()
    shown = f"v1a,c29tZXRoaW5n v1,{made}"
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": shown}


def by_hash(at: int, body: bytes) -> dict[str, str]:
    """A keyed hash in a field of a header."""
    made = hmac.digest(SECRET.encode(), f"{at}.".encode() + body, "sha256").hex()
    return {"X-Signature": f"t={at}, v1={made}"}


def by_key(at: int, body: bytes) -> dict[str, str]:
    """A key of fal's."""
    over = f"r1\nuser-1\n{at}\n{hashlib.sha256(body).hexdigest()}".encode()
    front = "X-Fal-Webhook"
    return {
        f"{front}-Request-Id": "r1",
        f"{front}-User-Id": "user-1",
        f"{front}-Timestamp": str(at),
        f"{front}-Signature": PRIVATE.sign(over).hex(),
    }


@frozen
class Scheme:
    """A provider that signs, what it says of a task that is done, and how it signs that."""

    plugin: ModuleType
    says: Mapping[str, object]
    signs: Signs


SCHEMES = {
    "standard": Scheme(
        replicate, {"id": "p1", "status": "succeeded", "output": [PICTURE]}, by_standard
    ),
    "keyed hash": Scheme(keyed, {"id": "p1", "state": "done", "url": PICTURE}, by_hash),
    "key set": Scheme(
        tintype_fal,
        {"request_id": "p1", "status": "OK", "payload": {"images": [{"url": PICTURE}]}},
        by_key,
    ),
}


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """One of the three."""
    return SCHEMES[request.param]


@pytest.fixture
def client(scheme: Scheme, connect: Connect, server: Loopback) -> Client:
    """A client whose account has an old secret, and the one that is used now."""
    name = scheme.plugin.INFO.name
    x = base64.urlsafe_b64encode(PRIVATE.public_key().public_bytes_raw()).decode().rstrip("=")
    keys = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]}
    server.on("GET /.well-known/jwks.json", said(keys))
    account = Account(provider=name, key=KEY, base_url=server.url, webhook_secrets=(OLD, SECRET))
    return connect(account, plugins={name: scheme.plugin})


def delivery(scheme: Scheme, at: float) -> Delivery:
    """What the provider sends of the task that is done, signed at that time."""
    body = json.dumps(scheme.says).encode()
    return Delivery(body=body, headers=tuple(scheme.signs(int(at), body).items()))


def test_a_right_delivery_is_believed_unasked(
    scheme: Scheme, client: Client, server: Loopback
) -> None:
    """The second of the account's secrets signed it, or the provider's key, fetched once."""
    for _ in range(2):
        told = delivery(scheme, time.time())
        task = client.receive(told, provider=scheme.plugin.INFO.name)
        assert (task.id, task.state) == ("p1", TaskState.SUCCEEDED)
        assert [image.url for image in task.images] == [PICTURE]
    fetched = ["GET /.well-known/jwks.json"] if scheme.plugin is tintype_fal else []
    assert server.lines() == fetched
    assert all(each.header("authorization") is None for each in server.requests)


def test_a_changed_delivery_is_refused(scheme: Scheme, client: Client, server: Loopback) -> None:
    """Whoever swaps the picture cannot sign it; the error shows no secret."""
    told = delivery(scheme, time.time())
    forged = evolve(told, body=told.body.replace(b"cdn.test", b"evil.test"))
    with pytest.raises(SignatureError, match="signature is wrong") as caught:
        client.receive(forged, provider=scheme.plugin.INFO.name)
    assert not any(secret in str(caught.value) for secret in (OLD, SECRET, KEY))
    assert not any("p1" in line for line in server.lines())


def test_a_stale_delivery_is_refused(scheme: Scheme, client: Client) -> None:
    """It is right, and an hour old: somebody sends it again."""
    with pytest.raises(StaleSignatureError, match="seconds ago"):
        client.receive(delivery(scheme, time.time() - 3600), provider=scheme.plugin.INFO.name)


def test_a_delivery_without_a_signature_is_refused(scheme: Scheme, client: Client) -> None:
    """Where the account has what checks it, it has to be there."""
    told = evolve(delivery(scheme, time.time()), headers=())
    with pytest.raises(SignatureError, match="not signed as its provider signs"):
        client.receive(told, provider=scheme.plugin.INFO.name)


def test_a_signature_that_leaves_the_body_out_has_the_provider_asked(
    connect: Connect, server: Loopback
) -> None:
    """Genuine headers with a stranger's body: the task is as the provider says."""
    headers = {"timestamp": "X-Signature[t]"}
    form = evolve(keyed.INFO.signature, over="{timestamp}", headers=headers)

    class Half:
        price, submit, poll, parse = keyed.price, keyed.submit, keyed.poll, keyed.parse

        describe = keyed.hookimpl(lambda: evolve(keyed.INFO, signature=form))

    account = Account(provider="keyed", key=KEY, base_url=server.url, webhook_secrets=SECRET)
    asking = connect(account, plugins={"keyed": Half})
    server.on("GET /pictures/p1", said({"id": "p1", "state": "drawing"}))
    at = int(time.time())
    made = hmac.digest(SECRET.encode(), str(at).encode(), "sha256").hex()
    forged = json.dumps({"id": "p1", "state": "done", "url": "https://evil.test/1.png"}).encode()
    told = Delivery(body=forged, headers=(("X-Signature", f"t={at},v1={made}"),))
    task = asking.receive(told, provider="keyed")
    assert (task.state, task.images) == (TaskState.RUNNING, ())
    assert server.lines() == ["GET /pictures/p1"]
