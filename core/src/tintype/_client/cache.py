"""Generations that a cache keeps: under which key, in which form, and what of them is told again.

An entry is a line that names its form, its key and the digest of what follows, which is the
tasks as JSON with the pictures in them. Whatever is not just so is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from threading import Event
from typing import TypeVar

from attrs import evolve, frozen

from tintype import _forks
from tintype._client.downloads import loading
from tintype._client.keyed_results import Rules
from tintype._client.logs import log_failed_cache
from tintype._flow.effects import Ask, Asked, Flow, Sleep
from tintype._flow.hook_caller import expected
from tintype._flow.resolve import Plan
from tintype.cache import Cache
from tintype.convert import from_json, to_builtins, to_json
from tintype.errors import Billed, Outcome, TintypeError
from tintype.models import Attempt, Cost, Generation, Image, Quote, Task, TaskState
from tintype.request import ImageRequest

T = TypeVar("T")
_FORM = b"tintype-cache-1"
_LOOK = 0.05  # seconds from one look to the next at what another call draws
_FREE = Cost(usd=Decimal(0), source="cache")


@frozen(kw_only=True)
class _Tasks:
    tasks: tuple[Task, ...]


class Drawings:
    """What a client is drawing just now, by the key under which it will be kept."""

    def __init__(self) -> None:
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Draw nothing, as a process that was just forked: that is its parent's."""
        self._under_way: dict[str, Event] = {}

    def begun(self, key: str) -> tuple[Event, bool]:
        """What is set once the first to ask under a key has ended; and whether that is this one."""
        mine = Event()
        first = self._under_way.setdefault(key, mine)
        return first, first is mine

    def end(self, key: str, mine: Event) -> None:
        """The first to ask has ended."""
        self._under_way.pop(key, None)
        mine.set()


@frozen(kw_only=True)
class Cached:
    """What a cache keeps of one provider's generations.

    Attributes:
        drawings: What is under way, by this client.
        cache: Where.
        provider: The provider's name.
        base_url: Where it is asked, or "": where its plugin says.
        rules: How its results are fetched: an address expires, and bytes do not.
    """

    drawings: Drawings
    cache: Cache
    provider: str
    base_url: str
    rules: Callable[[], Rules]

    def _key(self, plan: Plan) -> str:
        """What tells requests apart whose pictures may differ: all that is sent but for the key.

        A tag is not sent, and where a webhook leads changes no picture.
        """
        asked = [to_builtins(_plain(plan, part)) for part in plan.requests]
        whole = [_FORM.decode(), self.provider, self.base_url, asked]
        return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    def given(self, plan: Plan, drawing: Flow[Generation]) -> Flow[Generation]:
        """What is kept for a plan; or else what is drawn for it, and kept.

        While one call draws the others of its client wait for it. Where nothing is kept of that,
        such as of a failure, each of them draws for itself.
        """
        key = self._key(plan)
        first, mine = self.drawings.begun(key)
        try:
            while not mine and not first.is_set():
                yield Sleep(seconds=_LOOK)
            kept = yield from self._recall(key, plan)
            del plan  # nothing of a submission is held while its task is waited for
            if kept is not None:
                drawing.close()
                return kept
            return (yield from self._keep(key, (yield from drawing)))
        finally:
            if mine:
                self.drawings.end(key, first)

    def _recall(self, key: str, plan: Plan) -> Flow[Generation | None]:
        """The generation that is kept under a key, as one that costs nothing; or None."""
        entry = yield from self._fenced(lambda: self.cache.get(key))
        tasks = _read(key, entry) if isinstance(entry, bytes) else ()
        if not tasks:
            return None
        free = Quote(
            provider=self.provider,
            model=plan.model.id,
            low=Decimal(0),
            high=Decimal(0),
            source="cache",
        )
        attempts = tuple(
            Attempt(outcome=Outcome.ACCEPTED, provider=self.provider, task=task) for task in tasks
        )
        return Generation(quote=free, attempts=attempts, notices=plan.notices, cached=True)

    def _keep(self, key: str, made: Generation) -> Flow[Generation]:
        """Keep a generation that is finished; the same with its pictures' bytes.

        One of which anything failed, or whose pictures cannot all be had, is not kept.
        """
        if any(attempt.error is not None for attempt in made.attempts):
            return made
        if any(task.state is not TaskState.SUCCEEDED for task in made.tasks):
            return made
        try:
            whole = yield from self._whole(made)
        except TintypeError:  # saving tries again, and says why
            return made
        entry = _written(key, whole)
        yield from self._fenced(lambda: self.cache.put(key, entry))
        return whole

    def _whole(self, made: Generation) -> Flow[Generation]:
        rules = self.rules()
        attempts = []
        for attempt in made.attempts:
            images: list[Image] = []
            for image in attempt.task.images if attempt.task else ():
                data = yield from loading(image, rules)
                images.append(evolve(image, data=data))
            task = attempt.task and evolve(attempt.task, images=tuple(images))
            attempts.append(evolve(attempt, task=task))
        return evolve(made, attempts=tuple(attempts))

    def _fenced(self, call: Callable[[], T]) -> Flow[T | None]:
        """What somebody's cache answers; None where it fails."""

        def fenced() -> T | None:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - somebody else's code, or disk
                log_failed_cache(error)
                return None

        found: T | None = expected((yield Ask(call=fenced)), Asked, "the driver").value  # type: ignore[assignment]  # it is what the function returned
        return found


def _plain(plan: Plan, part: ImageRequest) -> ImageRequest:
    """A request with digests in place of images, before anything is uploaded."""
    references = plan.references or part.references
    return evolve(part, references=references, tag=None, webhook_url=None).digested()


def _written(key: str, made: Generation) -> bytes:
    """An entry. What expires stays out of it, and so does what may be somebody's secret."""
    content = to_json(_Tasks(tasks=tuple(map(_bare, made.tasks)))).encode()
    return b"%s %s %s\n%s" % (_FORM, key.encode(), sha256(content).hexdigest().encode(), content)


def _bare(task: Task) -> Task:
    images = tuple(
        evolve(image, url=None, preview_url=None, expires_at=None) for image in task.images
    )
    return evolve(
        task,
        images=images,
        previews=(),
        cost=_FREE,
        billed=Billed.NO,
        request=task.request and evolve(task.request, tag=None, webhook_url=None),
        raw={},
        notes={},
        record="",
    )


def _read(key: str, entry: bytes) -> tuple[Task, ...]:
    """The tasks in an entry, none where it is not whole or another's."""
    head, _, content = entry.partition(b"\n")
    if head.split() != [_FORM, key.encode(), sha256(content).hexdigest().encode()]:
        return ()
    try:
        tasks = from_json(content, _Tasks).tasks
    except (TintypeError, ValueError):  # of another version of tintype
        return ()
    whole = all(task.images and all(image.data for image in task.images) for task in tasks)
    return tasks if whole else ()
