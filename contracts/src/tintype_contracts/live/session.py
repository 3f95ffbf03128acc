"""One run against the live service: scenes one at a time, each reserved before it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

from attrs import evolve, frozen

from tintype._cli.unfinished import Seen
from tintype._client.downloads import check_folder
from tintype._pictures.media import media_type
from tintype.client import Client
from tintype.errors import Billed, TintypeError, UsageError
from tintype.journal import Journal
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype.transports import Transport
from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.messages import image_request
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.live.consent import Consent
from tintype_contracts.live.recorder import Observed, Tape
from tintype_contracts.live.reservations import Reservations
from tintype_contracts.live.spend_guard import Fence


@frozen(kw_only=True)
class Asset:
    """A result, and where its bytes are."""

    sha256: str
    media_type: str
    size: int
    path: Path


@frozen(kw_only=True)
class Planned:
    """A scene that can be paid for: what it asks for, and for how much.

    Attributes:
        scene: Its id, `story/scene`.
        request: What is submitted.
        quote: What it is expected to cost.
        tape: What was observed so far: how the price was asked for.
    """

    scene: str
    request: ImageRequest
    quote: Quote
    tape: Tape


@frozen(kw_only=True)
class Played:
    """What came of one scene.

    Attributes:
        scene: Its id, `story/scene`.
        observed: Every exchange, in order.
        assets: The pictures, on disk.
        task: How the task stood in the end, or None where none was accepted.
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
        journal: What keeps the tasks that are paid for: a journal, a file, a URL, or `off`.
        seen: Told of every submission and snapshot, for whoever must say what goes on.
        plugins: Provider modules by name, in place of the installed ones.
        transport: Makes the exchanges, and is closed after each scene; the core's own if left
            out.

    Attributes:
        played: What was played so far, the scene that was interrupted among it.
    """

    def __init__(  # noqa: PLR0913 - each is a keyword with a default
        self,
        consent: Consent,
        fixtures: Fixtures,
        ledger: Reservations,
        *,
        journal: Journal | str | Path | None = None,
        seen: Seen | None = None,
        plugins: dict[str, object] | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._consent = consent
        self._fixtures = fixtures
        self._ledger = ledger
        self._journal = journal
        self._seen = seen or Seen()
        self._plugins = plugins
        self._transport = transport
        self.played: list[Played] = []

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

    def plan(self, scenes: Sequence[str]) -> tuple[Planned, ...]:
        """Every scene with its request and its price, before the first is paid.

        Raises:
            UsageError: There is no such scene, it submits nothing, or there is no place for
                the ledger or the pictures.
            BudgetError: A price is unknown, or they cannot all be paid.
            JournalError: The journal cannot be opened.
        """
        check_folder(self._ledger.pictures)
        requests = [(scene, self._request(scene)) for scene in scenes]
        planned = tuple(self._planned(*each) for each in requests)
        self._ledger.check([(each.scene, each.quote.high) for each in planned])
        return planned

    def _planned(self, scene: str, request: ImageRequest) -> Planned:
        tape = Tape()
        with self._client(tape) as client:
            quote = client.quote(request, provider=self._fixtures.provider)
        return Planned(scene=scene, request=request, quote=quote, tape=tape)

    def play(self, planned: Planned) -> Played:
        """Submit the scene's request, follow it to its end, and save what it drew.

        Whatever ends it, what was observed until then stands in `played`.

        Raises:
            BudgetError: It may not be paid; nothing was submitted.
        """
        entry = self._ledger.reserve(planned.scene, planned.quote.high)
        follower = _Follower(seen=self._seen)
        try:
            with self._client(planned.tape) as client:
                follower.follow(client, planned, self._ledger.pictures)
        finally:
            self.played.append(follower.played(planned))
        played = self.played[-1]
        self._ledger.settle(entry, _cost(played.task, played.error, planned.quote))
        return played

    @contextmanager
    def _client(self, tape: Tape) -> Iterator[Client]:
        transport = self._transport
        if transport is None:
            from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

            transport = Urllib3Transport()
        fence = Fence(transport, self._fixtures, self._ledger.attempt)
        with (
            closing(fence),
            Client(
                environ=self._consent.environ,
                transport=fence,
                plugins=self._plugins,
                wrappers=[tape],
                journal=self._journal,
                observers=[self._seen.observe],
            ) as client,
        ):
            yield client

    def _request(self, scene: str) -> ImageRequest:
        """What the scene asks for: of this nobody waits for a webhook."""
        exchange = submission_of(self._fixtures, scene)
        made = image_request(exchange, fixed_values(self._fixtures, exchange))
        return evolve(made, webhook_url=None)


class _Follower:
    """One submission on its way, and what is known of it at any moment."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._task: Task | None = None
        self._error: TintypeError | None = None
        self._assets: tuple[Asset, ...] = ()

    def follow(self, client: Client, planned: Planned, pictures: Path) -> None:
        """Submit, wait, and save. An error ends it, and is kept."""
        provider = planned.quote.provider
        try:
            task = client.submit(planned.request, provider=provider, on_progress=self._note)
            self._note(task)
            task = client.wait(task, on_progress=self._note)
            self._note(task)
            self._assets = tuple(map(_asset, client.save(task, pictures)))
            self._seen.forget([task])
        except TintypeError as error:
            self._error = error

    def played(self, planned: Planned) -> Played:
        """What came of it so far."""
        return Played(
            scene=planned.scene,
            observed=tuple(planned.tape.observed),
            quote=planned.quote,
            task=self._task,
            assets=self._assets,
            error=self._error,
        )

    def _note(self, task: Task) -> None:
        self._task = task
        self._seen.note(task)


def drawing_scenes(fixtures: Fixtures) -> Iterator[str]:
    """Every scene that ends in a picture, as `story/scene`."""
    for story in fixtures.stories.values():
        for name in story.scenes:
            scene = fixtures.scene(story.name, name)
            drawn = scene[-1].expect.fields.get("state") == "succeeded"
            if drawn and any(each.operation == "submit" and each.case for each in scene):
                yield f"{story.name}/{name}"


def submission_of(fixtures: Fixtures, scene: str) -> DocumentedExchange:
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


def _asset(path: Path) -> Asset:
    data = path.read_bytes()
    kind = media_type(data) or "of no known type"
    return Asset(
        sha256=hashlib.sha256(data).hexdigest(), media_type=kind, size=len(data), path=path
    )
