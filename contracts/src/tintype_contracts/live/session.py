"""One run against the live service: scenes one at a time, each reserved before it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

from attrs import evolve, frozen

from tintype._media import media_type
from tintype.client import Client
from tintype.errors import Billed, TintypeError, UsageError
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype.transports import Transport
from tintype_contracts.fixtures.format import Exchange, Fixtures
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.live.consent import Consent
from tintype_contracts.live.fence import Fence
from tintype_contracts.live.ledger import Ledger
from tintype_contracts.live.observing import Observed, Tape
from tintype_contracts.rehearsing.transcripts import image_request


@frozen(kw_only=True)
class Asset:
    """A result, without its bytes."""

    sha256: str
    media_type: str
    size: int


@frozen(kw_only=True)
class Played:
    """What came of one scene.

    Attributes:
        scene: Its id, `story/scene`.
        observed: Every exchange, in order.
        assets: The pictures, without their bytes.
        task: How the task ended, or None where none was accepted.
        error: What went wrong, or None.
        quote: What it was expected to cost.
    """

    scene: str
    observed: tuple[Observed, ...]
    quote: Quote
    task: Task | None = None
    assets: tuple[Asset, ...] = ()
    error: TintypeError | None = None


class Session:
    """Plays scenes for money.

    Args:
        consent: That it may.
        fixtures: What the provider documents.
        ledger: Where every submission stands before it leaves.
        plugins: Provider modules by name, in place of the installed ones.
        transport: Makes the exchanges; the core's own if left out.
    """

    def __init__(
        self,
        consent: Consent,
        fixtures: Fixtures,
        ledger: Ledger,
        *,
        plugins: dict[str, object] | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._consent = consent
        self._fixtures = fixtures
        self._ledger = ledger
        self._plugins = plugins
        self._transport = transport

    def cheapest(self) -> str:
        """The scene that draws for the least money, of those whose price is known.

        Raises:
            UsageError: No price is known.
        """
        prices: list[tuple[Decimal, bool, str]] = []
        with self._client(Tape()) as client:
            for scene in drawing_scenes(self._fixtures):
                request = self._request(scene)
                quote = client.quote(request, provider=self._fixtures.provider)
                if quote.high is not None:
                    odd = not scene.startswith("generated/")
                    prices.append((quote.high, odd, scene))
        if not prices:
            msg = "No scene that draws has a known price: nothing is submitted without one."
            raise UsageError(msg)
        return min(prices)[2]

    def play(self, scene: str) -> Played:
        """Submit the scene's request, follow it to its end, and look at what it drew.

        Raises:
            UsageError: There is no such scene, or it submits nothing.
            BudgetError: It may not be paid; nothing was submitted.
        """
        request, tape = self._request(scene), Tape()
        provider = self._fixtures.provider
        with self._client(tape) as client:
            quote = client.quote(request, provider=provider)
            entry = self._ledger.reserve(scene, quote.high)
            task: Task | None = None
            failure: TintypeError | None = None
            assets: tuple[Asset, ...] = ()
            try:
                task = client.submit(request, provider=provider)
                task = client.wait(task)
                assets = tuple(_assets(client, task))
            except TintypeError as error:
                failure = error
            self._ledger.settle(entry, _cost(task, failure, quote))
        return Played(
            scene=scene,
            observed=tuple(tape.observed),
            quote=quote,
            task=task,
            assets=assets,
            error=failure,
        )

    def _client(self, tape: Tape) -> closing[Client]:
        transport = self._transport
        if transport is None:
            from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

            transport = Urllib3Transport()
        fence = Fence(transport, self._fixtures, self._ledger.attempt)
        client = Client(
            environ=self._consent.environ,
            transport=fence,
            plugins=self._plugins,
            wrappers=[tape],
        )
        return closing(client)

    def _request(self, scene: str) -> ImageRequest:
        """What the scene asks for: of this nobody waits for a webhook."""
        exchange = submission_of(self._fixtures, scene)
        made = image_request(exchange, fixed_values(self._fixtures, exchange))
        return evolve(made, webhook_url=None)


def drawing_scenes(fixtures: Fixtures) -> Iterator[str]:
    """Every scene that ends in a picture, as `story/scene`."""
    for story in fixtures.stories.values():
        for name in story.scenes:
            scene = fixtures.scene(story.name, name)
            drawn = scene[-1].expect.fields.get("state") == "succeeded"
            if drawn and any(each.operation == "submit" and each.case for each in scene):
                yield f"{story.name}/{name}"


def submission_of(fixtures: Fixtures, scene: str) -> Exchange:
    """The exchange with which a scene begins.

    Raises:
        UsageError: There is no such scene, or it submits nothing.
    """
    story, _, name = scene.partition("/")
    if story not in fixtures.stories or name not in fixtures.stories[story].scenes:
        known = ", ".join(drawing_scenes(fixtures))
        msg = f"There is no scene {scene!r}; there are: {known}."
        raise UsageError(msg)
    for exchange in fixtures.scene(story, name):
        if exchange.operation == "submit" and exchange.case is not None:
            return exchange
    msg = f"The scene {scene!r} submits nothing."
    raise UsageError(msg)


def _cost(task: Task | None, failure: TintypeError | None, quote: Quote) -> Decimal:
    """What was spent: as reported, nothing where that is certain, else the worst."""
    worst = quote.high or Decimal()
    if task is None:
        certain = failure is not None and failure.billed is Billed.NO
        return Decimal() if certain else worst
    if task.cost is not None and task.cost.usd is not None:
        return task.cost.usd
    return Decimal() if task.billed is Billed.NO else worst


def _assets(client: Client, task: Task) -> Iterator[Asset]:
    for image in task.images:
        data = client.fetch(image, provider=task.provider)
        kind = image.media_type or media_type(data) or "of no known type"
        yield Asset(sha256=hashlib.sha256(data).hexdigest(), media_type=kind, size=len(data))
