"""What one provider of the sandbox remembers: its tasks, its money, its webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import field, frozen

from tintype_contracts.format import Fixtures
from tintype_contracts.neutral import neutral_fields, price_of
from tintype_contracts.pointers import get
from tintype_contracts.sandbox.account import Account, Charge
from tintype_contracts.sandbox.asking import Asking
from tintype_contracts.sandbox.deliveries import Deliveries
from tintype_contracts.sandbox.messages import Webhook
from tintype_contracts.sandbox.pictures import Sketch
from tintype_contracts.sandbox.shapes import count_of, shape_of
from tintype_contracts.sandbox.stories import Plan
from tintype_contracts.sandbox.works import Work, drawings
from tintype_contracts.transcripts import body_bytes, render_headers
from tintype_contracts.values import Filling

_DELIVERED = {"succeeded", "partial"}


@frozen(kw_only=True)
class Settings:
    """What the sandbox is told.

    Attributes:
        base_url: Where this provider is served; assets stand below it.
        key: The one key that is accepted.
        pace: Seconds that a state lasts; documented waits between webhooks are times it.
        seed: Makes other ids and other pictures.
    """

    base_url: str
    key: str
    pace: float = 1.0
    seed: int = 0


@frozen(kw_only=True)
class State:
    """The memory of one provider. Whoever changes it holds the engine's lock."""

    fixtures: Fixtures
    settings: Settings
    account: Account = field(factory=Account)
    works: dict[str, Work] = field(factory=dict)
    deliveries: Deliveries = field(init=False)

    @deliveries.default
    def _no_deliveries(self) -> Deliveries:
        waits = self.fixtures.webhooks.retries if self.fixtures.webhooks else ()
        return Deliveries(retries=tuple(wait * self.settings.pace for wait in waits))

    def fields(self, asking: Asking) -> Mapping[str, object]:
        """The neutral fields of a body, the documented defaults among them."""
        return neutral_fields(self.fixtures, asking.operation, asking.body)

    def invented(self, name: str) -> str:
        """An id that the sandbox makes up: the same for the same name and seed."""
        text = f"{self.fixtures.provider} {self.settings.seed} {name}"
        return f"sb{hashlib.sha256(text.encode()).hexdigest()[:22]}"

    def work(self, asking: Asking, plan: Plan) -> Work:
        """A new task, not yet accepted."""
        fields = self.fields(asking)
        name = self.invented(f"task {len(self.works)}")
        model = str(fields.get("model", ""))
        sketch = Sketch(
            prompt=str(fields.get("prompt", "")),
            caption=f"{self.fixtures.provider} · {model}",
            seed=f"{self.settings.seed}/{fields.get('seed', '')}",
            shape=shape_of(fields),
        )
        return Work(
            id=name,
            body=asking.body,
            digest=asking.digest,
            plan=plan,
            drawings=drawings(self.settings.base_url, name, sketch, count_of(fields)),
            price=price_of(self.fixtures, fields, count_of(fields)),
            callback=self._callback(asking),
            started=asking.now,
        )

    def accept(self, work: Work, now: float) -> None:
        """Take a task in."""
        self.works[work.id] = work
        if self.fixtures.billing.charged == "accepted":
            self._charge(work, now)

    def filling(self, asking: Asking, work: Work | None) -> Filling:
        """Live values for an answer."""
        fields = self.fields(asking)
        return Filling(
            key=self.settings.key,
            identity=work.identity if work else self.invented,
            pictures=work.drawings if work else (),
            body=work.body if work else asking.body,
            price=work.price if work else price_of(self.fixtures, fields, count_of(fields)),
            balance=self.account.balance,
            now=datetime.fromtimestamp(asking.now, UTC),
            progress=work.progress(asking.now, self.settings.pace) if work else 0,
            callback=work.callback if work else None,
        )

    def settle(self, now: float) -> None:
        """Deal with every task that has come to its end: money, and the webhook."""
        for work in [each for each in self.works.values() if not each.settled]:
            if work.done(now, self.settings.pace):
                work.settled = True
                self._close(work, now)

    def _close(self, work: Work, now: float) -> None:
        billing = self.fixtures.billing
        delivered = work.plan.end in _DELIVERED
        if billing.charged == "delivered" and delivered:
            self._charge(work, now)
        if billing.refunded_on_failure and not delivered:
            self.account.refund(work.id)
        if work.callback is not None and work.plan.webhook is not None:
            self._call_back(work, work.callback, now)

    def _charge(self, work: Work, now: float) -> None:
        charge = Charge(
            provider=self.fixtures.provider,
            task=work.id,
            digest=work.digest,
            price=work.price,
            at=now,
        )
        self.account.charge(charge)

    def _call_back(self, work: Work, url: str, now: float) -> None:
        delivery = work.plan.webhook.delivery if work.plan.webhook else None
        if delivery is None:
            return
        filling = Filling(
            key=self.settings.key,
            identity=work.identity,
            pictures=work.drawings,
            body=work.body,
            price=work.price,
            balance=self.account.balance,
            now=datetime.fromtimestamp(now, UTC),
            progress=100,
            callback=url,
        )
        webhook = Webhook(
            task=work.id,
            url=url,
            headers=render_headers(delivery.headers, filling),
            body=body_bytes(delivery.content, filling),
        )
        self.deliveries.schedule(webhook, now)

    def _callback(self, asking: Asking) -> str | None:
        field = self.fixtures.webhooks.field if self.fixtures.webhooks else ""
        url = get(asking.body, field) if field else None
        return url if isinstance(url, str) else None
