"""Webhooks on their way: when each is due, how often it is tried, where it may not go."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from attrs import define, evolve, field

from tintype_contracts.fixtures.format import Webhooks
from tintype_contracts.sandbox.engine.messages import Webhook


@define(kw_only=True)
class Deliveries:
    """The webhooks of one provider.

    Attributes:
        retries: Seconds before each further attempt.
        refused: URLs that are not on loopback: nothing is ever sent there.
        done: Webhooks that were taken.
        lost: Webhooks that were given up.
    """

    retries: tuple[float, ...]
    refused: list[str] = field(factory=list)
    done: list[Webhook] = field(factory=list)
    lost: list[Webhook] = field(factory=list)
    _waiting: list[tuple[float, Webhook]] = field(factory=list)

    def schedule(self, webhook: Webhook, at: float) -> None:
        """Have it delivered from `at` on, unless it leaves this machine."""
        if is_loopback(webhook.url):
            self._waiting.append((at, webhook))
        else:
            self.refused.append(webhook.url)

    def due(self, now: float) -> list[Webhook]:
        """The attempts whose time has come; each is given out once."""
        ready = [webhook for at, webhook in self._waiting if at <= now]
        self._waiting = [(at, webhook) for at, webhook in self._waiting if at > now]
        return ready

    def report(self, webhook: Webhook, *, taken: bool, now: float) -> None:
        """What came of an attempt: a 2xx within its time, or not."""
        if taken:
            self.done.append(webhook)
        elif webhook.attempt < len(self.retries):
            again = evolve(webhook, attempt=webhook.attempt + 1)
            self._waiting.append((now + self.retries[webhook.attempt], again))
        else:
            self.lost.append(webhook)


def attempts(webhooks: Webhooks) -> tuple[float, ...]:
    """The seconds before each further attempt; in the background each wait is twice the last."""
    waits = list(webhooks.retries)
    wait, left = max(waits, default=1.0) * 2, float(webhooks.background)
    while wait <= left:
        waits.append(wait)
        wait, left = wait * 2, left - wait
    return tuple(waits)


def is_loopback(url: str) -> bool:
    """Whether `url` is plain HTTP to this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http":
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
