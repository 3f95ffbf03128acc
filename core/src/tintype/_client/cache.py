"""Generations that a cache keeps: under which key, in which form, and what of them is told again.

An entry is a line that names its form, its key and the digest of what follows, which is the
tasks as JSON with the pictures in them. Whatever is not just so is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar

from attrs import evolve, frozen

from tintype._client.downloads import loading
from tintype._client.keyed_results import Rules
from tintype._client.logs import log_failed_cache
from tintype._flow.effects import Ask, Asked, Flow
from tintype._flow.hook_caller import expected
from tintype._flow.resolve import Plan
from tintype.cache import Cache
from tintype.convert import from_json, to_builtins, to_json
from tintype.errors import Billed, Outcome, TintypeError
from tintype.models import Attempt, Cost, Generation, Image, Quote, Task, TaskState
from tintype.request import ImageRequest

T = TypeVar("T")
_FORM = b"tintype-cache-1"
_FREE = Cost(usd=Decimal(0), source="cache")


@frozen(kw_only=True)
class _Tasks:
    tasks: tuple[Task, ...]


@frozen(kw_only=True)
class Cached:
    """What a cache keeps of one provider's generations.

    Attributes:
        cache: Where.
        provider: The provider's name.
        base_url: Where it is asked, or "": where its plugin says.
        rules: How its results are fetched: an address expires, and bytes do not.
    """

    cache: Cache
    provider: str
    base_url: str
    rules: Callable[[], Rules]

    def key(self, plan: Plan) -> str:
        """What tells requests apart whose pictures may differ: all that is sent but for the key.

        A tag is not sent, and where a webhook leads changes no picture.
        """
        asked = [to_builtins(_plain(plan, part)) for part in plan.requests]
        whole = [_FORM.decode(), self.provider, self.base_url, asked]
        return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    def recall(self, key: str, plan: Plan) -> Flow[Generation | None]:
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

    def keep(self, key: str, made: Generation) -> Flow[Generation]:
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
