"""What one provider of the sandbox remembers: its tasks, its money, its webhooks."""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property

from attrs import field, frozen

from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.messages import body_bytes, render_headers
from tintype_contracts.fixtures.neutral import (
    callback_of,
    neutral_fields,
    price_of,
)
from tintype_contracts.fixtures.values import asked_body
from tintype_contracts.sandbox.engine.account import Account
from tintype_contracts.sandbox.engine.asking import Asking
from tintype_contracts.sandbox.engine.deliveries import Deliveries, attempts
from tintype_contracts.sandbox.engine.following import Follower, Living, Printed
from tintype_contracts.sandbox.engine.ledger import Event, LedgerEvent
from tintype_contracts.sandbox.engine.messages import Webhook
from tintype_contracts.sandbox.engine.signing import can_sign, signed
from tintype_contracts.sandbox.engine.stories import Course, Stories
from tintype_contracts.sandbox.engine.works import Work, drawings
from tintype_contracts.sandbox.images.pictures import Sketch
from tintype_contracts.sandbox.images.shapes import count_asked, shape_of

_ROUNDING = 1e-6
_DELIVERED = {"succeeded", "partial"}


@frozen(kw_only=True)
class Settings:
    """What the sandbox is told.

    Attributes:
        base_url: Where this provider is served; assets stand below it.
        key: The one key that is accepted.
        pace: Seconds that a state lasts; documented waits between webhooks are times it.
        seed: Makes other ids and other pictures.
        plain: Whether pictures are of one colour, and painted in no time.
        lenient: Whether undocumented fields and models are accepted.
        webhook_secret: What webhooks are signed with where a document says how.
    """

    base_url: str
    key: str
    pace: float = 1.0
    seed: int = 0
    plain: bool = False
    lenient: bool = False
    webhook_secret: str = ""


@frozen(kw_only=True)
class State:
    """The memory of one provider. Whoever changes it holds the engine's lock."""

    fixtures: Fixtures
    settings: Settings
    account: Account = field(factory=Account)
    works: dict[str, Work] = field(factory=dict)
    deliveries: Deliveries = field(init=False)
    stories: Stories = field(init=False)
    _open: list[tuple[float, int, Work]] = field(factory=list)  # a heap: what ends first
    _turn: Iterator[int] = field(factory=itertools.count)
    _made: Counter[tuple[str, str]] = field(factory=Counter)
    _printed: dict[str, Printed] = field(factory=dict)

    @deliveries.default
    def _no_deliveries(self) -> Deliveries:
        waits = attempts(self.fixtures.webhooks) if self.fixtures.webhooks else ()
        return Deliveries(retries=tuple(wait * self.settings.pace for wait in waits))

    @stories.default
    def _the_stories(self) -> Stories:
        return Stories(fixtures=self.fixtures)

    @cached_property
    def models(self) -> frozenset[object]:
        """Every model that a document names, but in a refusal."""
        rows = self.fixtures.parameters
        listed = [each for row in rows if row.neutral == "model" for each in row.enum]
        told = [each for each in self.fixtures.exchanges.values() if each.expect.outcome != "error"]
        shown = [
            neutral_fields(self.fixtures, each.operation, asked_body(self.fixtures, each))
            for each in told
        ]
        return frozenset(
            [
                *self.fixtures.names,
                *listed,
                *(model for row in rows for model in row.models),
                *(row.model for row in self.fixtures.prices),
                *(fields["model"] for fields in shown if "model" in fields),
                *(each.case["model"] for each in told if each.case and "model" in each.case),
            ]
        )

    def count(self, asking: Asking) -> int:
        """How many images a call asks for."""
        return count_asked(asking.mine, asking.fields, asking.body)

    def invented(self, name: str) -> str:
        """An id that the sandbox makes up: the same for the same name and seed."""
        text = f"{self.fixtures.provider} {self.settings.seed} {name}"
        return f"sb{hashlib.sha256(text.encode()).hexdigest()[:22]}"

    def work(self, asking: Asking, plan: Course) -> Work:
        """A new task, not yet accepted."""
        fields = asking.fields
        count = self.count(asking) if plan.images is None else plan.images
        name = self.invented(f"task {len(self.works)}")
        model = str(fields.get("model", ""))
        sketch = Sketch(
            prompt=str(fields.get("prompt", "")),
            caption=f"{self.fixtures.provider} · {model}",
            seed=f"{self.settings.seed}/{self.fixtures.provider}/{fields.get('seed', '')}",
            shape=shape_of(
                fields,
                asking.mine,
                sizes=[row for row in self.fixtures.sizes if model in (row.models or {model})],
                formats=[row for row in self.fixtures.formats if model in (row.models or {model})],
            ),
            plain=self.settings.plain,
        )
        callback = self._callback(asking)
        return Work(
            id=name,
            body=asking.body,
            fields=fields,
            digest=asking.digest(callback or ""),
            plan=plan,
            drawings=drawings(self.settings.base_url, name, sketch, count, self.fixtures.results),
            price=price_of(self.fixtures, fields, count),
            callback=callback,
            started=asking.now,
            key=asking.call.header("idempotency-key"),
        )

    def accept(self, work: Work, now: float) -> None:
        """Take a task in."""
        self.works[work.id] = work
        self.watch(work)
        if self.fixtures.billing.charged == "accepted":
            self._charge(work, now)

    def filling(self, asking: Asking, work: Work | None) -> Living:
        """Live values for an answer."""
        if work is not None:
            return self._filling_of(work, asking.now)
        now = datetime.fromtimestamp(asking.now, UTC)
        return Living(
            key=self.settings.key,
            identity=self.invented,
            pictures=(),
            body=asking.body,
            price=price_of(self.fixtures, asking.fields, self.count(asking)),
            balance=self.account.balance,
            now=now,
            started=now,
            call=self._call(),
            progress=0,
            callback=None,
        )

    def follower(self, exchange: DocumentedExchange, asking: Asking, work: Work | None) -> Follower:
        """What makes an answer follow from the request it is about."""
        if work is None:
            return self._follower(exchange, asking.fields, asking.body)
        return self._follower(exchange, work.fields, work.body)

    def _follower(
        self, exchange: DocumentedExchange, fields: Mapping[str, object], body: object
    ) -> Follower:
        if exchange.id not in self._printed:
            self._printed[exchange.id] = Printed.of(self.fixtures, exchange)
        return Follower.of(self._printed[exchange.id], fields, body)

    def turn(self, scene: str, asking: Asking) -> int:
        """How often this submission was made before in a scene asked for by name."""
        key = (scene, asking.digest(self._callback(asking) or ""))
        self._made[key] += 1
        return self._made[key] - 1

    def _call(self) -> str:
        return self.invented(f"call {next(self._turn)}")

    def watch(self, work: Work) -> None:
        """See to it that the end of a task is dealt with; again when its plan has changed."""
        heapq.heappush(self._open, (work.ends(self.settings.pace), next(self._turn), work))

    def settle(self, now: float) -> None:
        """Deal with every task that has come to its end: money, and the webhook."""
        while self._open and self._open[0][0] <= now + _ROUNDING:
            _, _, work = heapq.heappop(self._open)
            if not work.settled:
                work.settled = True
                self._close(work, now)

    def _close(self, work: Work, now: float) -> None:
        billing = self.fixtures.billing
        delivered = work.plan.end in _DELIVERED
        if billing.charged != "accepted" and delivered:
            self._charge(work, now)
        if billing.refunded_on_failure and not delivered:
            self.account.refund(work.id, now)
        if work.callback is not None and work.plan.webhook is not None:
            self._call_back(work, work.callback, now)

    def note(self, event: Event, task: str, images: tuple[int, ...], now: float) -> None:
        """Write down that something about a task left whole."""
        work = self.works[task]
        self.account.note(
            LedgerEvent(
                at=now, event=event, task=task, digest=work.digest, key=work.key, images=images
            )
        )

    def hung_up(self, task: str, now: float) -> None:
        """Nobody waited for the answer that a task came with: it is not billed where that is so."""
        work = self.works[task]
        if not work.plan.polls and self.fixtures.billing.billed_on_disconnect is False:
            self.account.refund(task, now)

    def _charge(self, work: Work, now: float) -> None:
        charge = LedgerEvent(
            at=now,
            event="charged",
            task=work.id,
            digest=work.digest,
            key=work.key,
            images=tuple(range(len(work.drawings))),
            usd=work.price.usd,
            credits=work.price.credits,
        )
        self.account.note(charge)

    def _call_back(self, work: Work, url: str, now: float) -> None:
        delivery = work.plan.webhook.delivery if work.plan.webhook else None
        if work.plan.webhook is None or delivery is None:
            return
        filling = self._filling_of(work, now)
        follower = self._follower(work.plan.webhook, work.fields, work.body)
        webhook = Webhook(
            task=work.id,
            url=url,
            headers=render_headers(follower.headers(delivery.headers), filling),
            body=body_bytes(follower.content(delivery.content), filling),
        )
        signature = self.fixtures.webhooks.signature if self.fixtures.webhooks else None
        if signature and self.settings.webhook_secret and can_sign(signature):
            webhook = signed(webhook, signature, self.settings.webhook_secret, now)
        self.deliveries.schedule(webhook, now)

    def _filling_of(self, work: Work, now: float) -> Living:
        pace = self.settings.pace
        return Living(
            key=self.settings.key,
            identity=work.identity,
            pictures=work.drawings,
            body=work.body,
            price=work.price,
            balance=self.account.balance,
            now=datetime.fromtimestamp(work.moment(now, pace), UTC),
            started=datetime.fromtimestamp(work.started, UTC),
            call=self._call(),
            progress=work.progress(now, pace),
            callback=work.callback,
        )

    def _callback(self, asking: Asking) -> str | None:
        return callback_of(self.fixtures, asking.body, asking.call.query)
