"""Signatures of webhooks: who called, and whether that proves what the body says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tintype._blame import about
from tintype._flow.channel import DRIVER, Channel
from tintype._flow.effects import Flow, Send
from tintype._flow.hook_caller import expected
from tintype._verification import (
    Signed,
    check_age,
    check_extra,
    check_secrets,
    is_keyed,
    is_ours,
    keys_in,
    signed_by,
)
from tintype.account import Secret
from tintype.errors import ServerError, SignatureError, TintypeError
from tintype.messages import Delivery, Request, Response
from tintype.signatures import Ed25519, Hmac, Signature, covers_body

_OK = 200
# How long a set of keys is believed, and how soon a stranger's signature may cost another look.
_KEPT = timedelta(days=1)
_LEAST = timedelta(minutes=1)


class KeySet:
    """A provider's public keys, as they were fetched last."""

    def __init__(self) -> None:
        self.keys: tuple[bytes, ...] = ()
        self.at: datetime | None = None

    def is_older(self, now: datetime, than: timedelta) -> bool:
        """Whether they were fetched longer ago, or never."""
        return self.at is None or now - self.at > than


def prove(
    channel: Channel, key_set: KeySet, delivery: Delivery, secrets: Sequence[Secret]
) -> Flow[bool]:
    """Whether a webhook's signature proves its body; False where nothing is signed, or not that.

    Raises:
        SignatureError: It is not the provider's, or it is stale.
        UsageError: A secret is none, or what checks the signature is not installed.
        TintypeError: The provider's keys cannot be fetched.
    """
    signature = channel.info.signature
    if signature is None or (isinstance(signature, Hmac) and not secrets):
        return False
    try:
        check_extra(signature)
        signed = signed_by(signature, delivery)
        if not (yield from _is_right(channel, key_set, signature, signed, secrets)):
            msg = "The webhook's signature is wrong: it was changed, or somebody else sent it."
            raise SignatureError(msg)
        check_age(signature, signed, channel.terms.clock.now())
    except TintypeError as error:
        name = error.provider or channel.info.name
        raise about(error, provider=name) from error.__cause__
    return covers_body(signature.over)


def _is_right(
    channel: Channel,
    key_set: KeySet,
    signature: Signature,
    signed: Signed,
    secrets: Sequence[Secret],
) -> Flow[bool]:
    if isinstance(signature, Hmac):
        check_secrets(signature, secrets)
        return is_keyed(signature, signed, secrets)
    for longest in (_KEPT, _LEAST):  # they may have been renewed since
        if key_set.is_older(channel.terms.clock.now(), longest):
            key_set.keys = yield from _fetched(channel, signature)
            key_set.at = channel.terms.clock.now()
        if is_ours(signed, key_set.keys):
            return True
    return False


def _fetched(channel: Channel, signature: Ed25519) -> Flow[tuple[bytes, ...]]:
    """The provider's public keys.

    Raises:
        ServerError: There are none where it says that they are.
    """
    asked = Request(method="GET", url=signature.keys_url, auth=False)
    reply = yield Send(request=asked, repeat=True, timeout=channel.timeout(None))
    response = expected(reply, Response, DRIVER)
    keys = keys_in(signature, response.body) if response.status == _OK else ()
    if not keys:
        msg = f"No Ed25519 key stands at {signature.keys_url} (status {response.status})."
        raise ServerError(msg, status=response.status)
    return keys
