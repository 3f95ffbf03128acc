"""A scene performed: a client asks, the server answers by the documents, a witness listens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from attrs import evolve, frozen

from tintype.errors import TintypeError, UsageError
from tintype.models import Task
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.harness.customers import account
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.certificates import client_context, declared_hosts, server_context
from tintype_contracts.wire.clients import Awaiting, Blocking, Caller, Endpoint
from tintype_contracts.wire.expectations import StrictScene
from tintype_contracts.wire.matching import Mismatch
from tintype_contracts.wire.nearby import base_url
from tintype_contracts.wire.network_guard import guard
from tintype_contracts.wire.request import RawRequest
from tintype_contracts.wire.responses import Manner, Step, plain
from tintype_contracts.wire.server import TlsServer
from tintype_contracts.wire.spy import Parsed, UploadingWitness, Witness

KEY = "tintype-canary-of-the-wire-tier"
"""The key of the wire tier's account: where it turns up on the wire is where it was sent."""

_PATIENCE = 10.0


@frozen(kw_only=True)
class Scene:
    """A scene by its name, `story/scene`."""

    name: str
    exchanges: tuple[DocumentedExchange, ...]

    @property
    def draws(self) -> bool:
        """Whether it ends in a picture."""
        return self.exchanges[-1].expect.fields.get("state") in {"succeeded", "partial"}

    @property
    def asks(self) -> bool:
        """Whether there is anything in it that a client asks for."""
        return any(exchange.request is not None for exchange in self.exchanges)


@frozen(kw_only=True)
class Performance:
    """What became of one scene with one client.

    Attributes:
        scene: The scene.
        by: The client's transport.
        heard: Every request, in order.
        served: The documented exchanges that were made, each with what `parse` made of it.
        faults: What was asked for otherwise than documented, or not at all.
        errors: What the client raised of each exchange that was made, by its operation.
        refused: Why the client sent nothing, or None.
        crash: What no client may raise, in words, or "".
        task: The task at the end, or None.
    """

    scene: Scene
    by: str
    heard: tuple[RawRequest, ...]
    served: tuple[tuple[DocumentedExchange, Parsed | None], ...]
    faults: tuple[Mismatch, ...]
    errors: tuple[tuple[str, TintypeError], ...] = ()
    refused: TintypeError | None = None
    crash: str = ""
    task: Task | None = None


class Stage:
    """The server, and both clients, while a `with` block lasts.

    Args:
        subject: The plugin and its documents.

    Attributes:
        server: The server; it speaks for the declared hosts.
        callers: Both clients.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._scene = StrictScene(subject.fixtures, (), KEY)
        self._manner: Manner = plain
        models = (*subject.info.models, subject.info.general)
        uploads = any(each.references is not None and each.references.uploads for each in models)
        self._witness = (UploadingWitness if uploads else Witness)(
            subject.hooks, lambda: len(self._scene.served), lambda: self._scene.is_over
        )
        self._stack, self._clients = ExitStack(), ExitStack()
        self.server: TlsServer
        self.callers: Sequence[Caller]

    def __enter__(self) -> Self:
        """Listen."""
        self._stack.enter_context(guard().armed())
        context = server_context(declared_hosts(self.subject.fixtures))
        self.server = self._stack.enter_context(TlsServer(context, self._play))
        line = evolve(self.line(self.server.port), is_left=self.server.is_left_alone)
        awaiting = self._clients.enter_context(Awaiting(line))
        self.blocking: Blocking = self._clients.enter_context(Blocking(line))
        self.callers = (self.blocking, awaiting)
        self._stack.enter_context(self._clients)
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._stack.close()

    def hang_up(self) -> None:
        """Close both clients."""
        self._clients.close()

    def line(self, port: int) -> Endpoint:
        """What a client needs to reach a port in the name of the plugin."""
        return Endpoint(
            port=port,
            trust=client_context(),
            plugin=self._witness,
            account=account(self.subject.info, KEY, base_url(self.subject.fixtures)),
            timeout=_PATIENCE,
        )

    def perform(self, scene: Scene, caller: Caller, manner: Manner = plain) -> Performance:
        """Play one scene with one client, the answers arriving in one manner."""
        self._scene = strict = StrictScene(self.subject.fixtures, scene.exchanges, KEY)
        self._manner = manner
        self._witness.forget()
        self.server.take()
        ended = self._ask_for_all(strict, caller)
        return evolve(
            ended,
            scene=scene,
            heard=self.server.take(),
            served=tuple(
                (exchange, self._witness.outcome(index))
                for index, exchange in enumerate(strict.served)
            ),
            faults=strict.faults(),
        )

    def _play(self, heard: RawRequest) -> Sequence[Step]:
        return self._manner(self._scene.answer(heard))

    def _ask_for_all(self, strict: StrictScene, caller: Caller) -> Performance:
        """Ask for each exchange that no earlier call has made on the way."""
        ended = Performance(scene=_NOWHERE, by=caller.name, heard=(), served=(), faults=())
        for index, exchange in enumerate(strict.due):
            if len(strict.served) > index:
                continue
            try:
                task = self.ask(exchange, caller, ended.task)
            except UsageError as error:
                return evolve(ended, refused=error)
            except TintypeError as error:
                task = ended.task
                ended = evolve(ended, errors=(*ended.errors, (exchange.operation, error)))
            except Exception as error:  # noqa: BLE001 - a broken plugin raises anything
                return evolve(ended, crash=f"{type(error).__name__}: {error}")
            if len(strict.served) <= index:
                return ended  # it never came; the scene tells
            ended = evolve(ended, task=task or ended.task)
        return ended

    def ask(
        self, exchange: DocumentedExchange, caller: Caller, task: Task | None = None
    ) -> Task | None:
        """Make one client ask for one exchange, of a task where there is one.

        Raises:
            TintypeError: What the client says of it.
        """
        context = self.subject.rehearsal.context(exchange)
        known = evolve(task or context.task or Task(), provider=self.subject.name)
        asked = {
            "poll": lambda: caller.refresh(known),
            "cancel": lambda: caller.cancel(known),
        }.get(exchange.operation)
        if asked is not None:
            return asked()
        if exchange.operation == "models":
            caller.models()
        elif context.request is not None and exchange.operation == "price":
            caller.quote(context.request)
        elif context.request is not None:
            return caller.submit(context.request)
        return None


_NOWHERE = Scene(name="", exchanges=())


def scenes(subject: Subject) -> tuple[Scene, ...]:
    """Every scene in which a client asks for something."""
    fixtures = subject.fixtures
    found = (
        Scene(name=f"{story.name}/{name}", exchanges=fixtures.scene(story.name, name))
        for story in fixtures.stories.values()
        for name in story.scenes
    )
    return tuple(scene for scene in found if scene.asks)


def drawing(subject: Subject) -> tuple[Scene, ...]:
    """One scene a story that ends in a picture: the first."""
    first: dict[str, Scene] = {}
    for scene in scenes(subject):
        if scene.draws:
            first.setdefault(scene.name.partition("/")[0], scene)
    return tuple(first.values())
