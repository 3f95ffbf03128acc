"""Signatures of webhooks: who called, and whether that proves what the body says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from tintype._blame import of_provider
from tintype._flow.channel import DRIVER, Channel
from tintype._flow.effects import Flow, Send, Sleep
from tintype._flow.hook_caller import expected
from tintype._keys.verification import (
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
_MIN_KEPT = timedelta(minutes=1)
# Seconds after a first failure to fetch them, which double with each other, and at most so many.
_PAUSE = 15.0
_MAX_DOUBLINGS = 6
_GLANCE = 0.2  # seconds between two looks whether another delivery's fetch is over


class KeySet:
    """A provider's public keys, as they were fetched last.

    Anybody can send what only these can refuse, so that nobody decides by it how often the
    provider is asked: one fetch at a time, and none for a while after one that failed.
    """

    def __init__(self) -> None:
        self.keys: tuple[bytes, ...] = ()
        self._at: datetime | None = None
        self._failures = 0
        self._rests_until = self._busy_until = -math.inf

    def is_older(self, now: datetime, than: timedelta) -> bool:
        """Whether they were fetched longer ago, or never."""
        return self._at is None or now - self._at > than

    def is_busy(self, seconds: float) -> bool:
        """Whether another delivery has them fetched just now."""
        return seconds < self._busy_until

    def begin(self, seconds: float, timeout: float) -> None:
        """Have them fetched.

        Raises:
            ServerError: They could not be had a moment ago.
        """
        if seconds < self._rests_until:
            msg = (
                f"The keys that its webhooks are signed with could not be fetched; they are asked "
                f"for again in {self._rests_until - seconds:.0f} seconds."
            )
            raise ServerError(msg)
        self._busy_until = seconds + timeout

    def end(self, keys: tuple[bytes, ...], now: datetime) -> None:
        """Keep what was fetched."""
        self.keys, self._at, self._failures = keys, now, 0

    def fail(self, seconds: float) -> None:
        """Have nothing fetched for a while."""
        self._rests_until = seconds + _PAUSE * 2 ** min(self._failures, _MAX_DOUBLINGS)
        self._failures += 1

    def rest(self) -> None:
        """Nothing is under way any more, whatever came of it."""
        self._busy_until = -math.inf


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
        raise of_provider(error, channel.info.name) from error.__cause__
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
    for longest in (_KEPT, _MIN_KEPT):  # they may have been renewed since
        yield from _renew(channel, key_set, signature, longest)
        if is_ours(signed, key_set.keys):
            return True
    return False


def _renew(channel: Channel, key_set: KeySet, signature: Ed25519, longest: timedelta) -> Flow[None]:
    """Fetch the keys where they are older.

    Raises:
        TintypeError: They cannot be had, or could not a moment ago.
    """
    clock = channel.terms.clock
    while key_set.is_busy(clock.monotonic()):
        yield Sleep(seconds=_GLANCE)
    if not key_set.is_older(clock.now(), longest):
        return
    key_set.begin(clock.monotonic(), channel.timeout(None))
    try:
        key_set.end((yield from _fetched(channel, signature)), clock.now())
    except TintypeError:
        key_set.fail(clock.monotonic())
        raise
    finally:
        key_set.rest()


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
