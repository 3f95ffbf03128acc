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
from tintype.budget import Budget, Period
from tintype.client import Client
from tintype.errors import BudgetError, TintypeError, UsageError
from tintype.journal._sql import SqlJournal
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype.transports import Transport
from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.messages import image_request
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.live.consent import Consent
from tintype_contracts.live.recorder import Observed, Tape
from tintype_contracts.live.spend_guard import Caps, Fence


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
        ledger: The file of the journal in which every submission stands before it leaves, and
            whose spending the budget is over; pictures lie beside it.
        caps: What may not be exceeded.
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
        ledger: Path,
        caps: Caps,
        *,
        seen: Seen | None = None,
        plugins: dict[str, object] | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._consent = consent
        self._fixtures = fixtures
        self._ledger = ledger
        self._caps = caps
        self._budget = Budget(usd=caps.budget, period=Period.EVER)
        self._attempts = 0
        self._seen = seen or Seen()
        self._plugins = plugins
        self._transport = transport
        self.played: list[Played] = []

    @property
    def pictures(self) -> Path:
        """The folder for what was paid for."""
        return self._ledger.with_name(f"{self._ledger.name}.pictures")

    @property
    def spent(self) -> Decimal:
        """US dollars, as the ledger has it: the worst case of whatever has no known end.

        Raises:
            JournalError: It cannot be opened: who cannot write down what is spent does not spend.
        """
        with closing(SqlJournal(self._ledger)) as journal:
            return journal.counted(self._budget)

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
                the pictures.
            BudgetError: A price is unknown, they cannot all be paid, or they are too many.
            JournalError: The ledger cannot be opened.
        """
        check_folder(self.pictures)
        requests = [(scene, self._request(scene)) for scene in scenes]
        planned = tuple(self._planned(*each) for each in requests)
        self._check(planned)
        return planned

    def _check(self, planned: Sequence[Planned]) -> None:
        """Refuse a run that cannot be paid whole, before anything of it is paid."""
        unknown = next((each.scene for each in planned if each.quote.high is None), None)
        if unknown:
            msg = f"The price of {unknown} is unknown: nothing is submitted without one."
            raise BudgetError(msg)
        total = sum((each.quote.high or Decimal() for each in planned), Decimal())
        spent, budget = self.spent, self._caps.budget
        if spent + total > budget:
            scenes = ", ".join(each.scene for each in planned)
            msg = (
                f"{scenes} may cost {total} USD; {spent} of {budget} USD are spent. "
                "Raise the budget, or choose a cheaper scene."
            )
            raise BudgetError(msg)
        if len(planned) > self._caps.submits:
            msg = f"{len(planned)} submissions are more than the {self._caps.submits} of a run."
            raise BudgetError(msg)

    def _planned(self, scene: str, request: ImageRequest) -> Planned:
        tape = Tape()
        with self._client(tape) as client:
            quote = client.quote(request, provider=self._fixtures.provider)
        return Planned(scene=scene, request=request, quote=quote, tape=tape)

    def play(self, planned: Planned) -> Played:
        """Submit the scene's request, follow it to its end, and save what it drew.

        Whatever ends it, what was observed until then stands in `played`.

        Raises:
            TintypeError: Nothing of it left: it may not be paid, for one.
        """
        follower, before = _Follower(seen=self._seen), self._attempts
        try:
            with self._client(planned.tape) as client:
                follower.follow(client, planned, self.pictures)
        finally:
            if self._attempts > before:
                self.played.append(follower.played(planned))
        if self._attempts == before and follower.error is not None:
            raise follower.error
        return self.played[-1]

    @contextmanager
    def _client(self, tape: Tape) -> Iterator[Client]:
        transport = self._transport
        if transport is None:
            from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

            transport = Urllib3Transport()
        fence = Fence(transport, self._fixtures, self._attempt)
        with (
            closing(fence),
            Client(
                environ=self._consent.environ,
                transport=fence,
                plugins=self._plugins,
                allow_unlisted=True,
                wrappers=[tape],
                journal=self._ledger,
                budgets=[self._budget],
                observers=[self._seen.observe],
            ) as client,
        ):
            yield client

    def _attempt(self) -> None:
        """A submission is about to leave.

        Raises:
            BudgetError: It is one attempt too many.
        """
        if self._attempts >= self._caps.attempts:
            msg = f"{self._attempts} attempts were made, and no more are allowed."
            raise BudgetError(msg)
        self._attempts += 1

    def _request(self, scene: str) -> ImageRequest:
        """What the scene asks for: of this nobody waits for a webhook."""
        exchange = submission_of(self._fixtures, scene)
        made = image_request(exchange, fixed_values(self._fixtures, exchange))
        return evolve(made, webhook_url=None)


class _Follower:
    """One submission on its way, and what is known of it at any moment."""

    def __init__(self, seen: Seen) -> None:
        self.error: TintypeError | None = None
        self._seen = seen
        self._task: Task | None = None
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
            self.error = error

    def played(self, planned: Planned) -> Played:
        """What came of it so far."""
        return Played(
            scene=planned.scene,
            observed=tuple(planned.tape.observed),
            quote=planned.quote,
            task=self._task,
            assets=self._assets,
            error=self.error,
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


def _asset(path: Path) -> Asset:
    data = path.read_bytes()
    kind = media_type(data) or "of no known type"
    return Asset(
        sha256=hashlib.sha256(data).hexdigest(), media_type=kind, size=len(data), path=path
    )
