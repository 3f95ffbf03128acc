"""What a plugin tells of a task that no answer, no request and no document has said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import Task
from tintype_contracts.fixtures.pointers import leaves
from tintype_contracts.fixtures.values import NOW
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d|(?<!\d)1\d{9}(?:\d{3})?(?!\d)|expires|exp=|se=", re.IGNORECASE)
_LONG = 2000
_PERCENT = 100


class _Evidence:
    """What an answer, its request and the table of sizes say, as numbers and as texts."""

    def __init__(self, subject: Subject, answer: Answer, task: Task) -> None:
        self._said = "\n".join(text for _, message in answer.turns for text in _texts(message))
        request = answer.context.request
        sizes = subject.info.limits((request and request.model) or "").sizes
        known = f"{self._said}\n{request!r}\n{sizes!r}\n{len(task.images)}"
        self._numbers = {Decimal(each) for each in _NUMBER.findall(known)}
        self._kept = subject.fixtures.results
        self._over = task.state.terminal

    def counts(self, number: object) -> bool:
        """Whether a number is told, or is the sum of two that are."""
        value = Decimal(str(number))
        return value in self._numbers or any(value - one in self._numbers for one in self._numbers)

    def goes(self, progress: object) -> bool:
        """Whether a progress is told, of 1 or of 100; it begins with none and ends with all."""
        value = Decimal(str(progress))
        told = bool({value, value * _PERCENT} & self._numbers)
        return told or value == 0 or (self._over and value == 1)

    def lasts(self, until: object) -> bool:
        """Whether a time is told, or how long results are kept is documented."""
        kept = self._kept and timedelta(seconds=self._kept.kept_seconds)
        documented = isinstance(until, datetime) and until - NOW == kept
        return documented or _TIME.search(self._said) is not None

    def names(self, code: object) -> bool:
        """Whether a code stands in the answer."""
        return str(code).casefold() in self._said.casefold()


_Holds: TypeAlias = Callable[[_Evidence, object], bool]
_OF_TASKS: Mapping[str, _Holds] = {"progress": _Evidence.goes}
_OF_IMAGES: Mapping[str, _Holds] = {
    "expires_at": _Evidence.lasts,
    **dict.fromkeys(("width", "height", "seed"), _Evidence.counts),
}
_OF_USAGE: Mapping[str, _Holds] = dict.fromkeys(
    ("images", "prompt_tokens", "completion_tokens", "total_tokens"), _Evidence.counts
)
_OF_FAILURES: Mapping[str, _Holds] = {"code": _Evidence.names}


def inventions(subject: Subject, answer: Answer, task: Task) -> Iterator[tuple[str, object]]:
    """Each field of a task that is told out of nowhere, and what it is."""
    evidence = _Evidence(subject, answer, task)
    told: list[tuple[str, object, Mapping[str, _Holds]]] = [("", task, _OF_TASKS)]
    told += [("images/", image, _OF_IMAGES) for image in task.images]
    told += [("errors/", failure, _OF_FAILURES) for failure in task.errors]
    told += [("usage/", task.usage, _OF_USAGE)] if task.usage else []
    for place, value, rules in told:
        for name, holds in rules.items():
            said = getattr(value, name)
            if said not in {None, ""} and not holds(evidence, said):
                yield f"{place}{name}", said


def _texts(message: object) -> Iterator[str]:
    match message:
        case Response() | Delivery():
            yield from (f"{value}" for _, value in message.headers)
            yield from _shown(message.body.decode("utf-8", "replace"))
            if isinstance(message, Response):
                yield str(message.status)
        case ServerSentEvent():
            yield from _shown(message.data)
        case _:
            return


def _shown(text: str) -> Iterator[str]:
    """The short texts in a body, its keys with them: a picture in base64 is none."""
    try:
        value = json.loads(text)
    except ValueError:
        yield text[:_LONG]
        return
    for pointer, leaf in leaves(value):
        yield f"{pointer} {str(leaf)[:_LONG] if not _is_picture(leaf) else ''}"


def _is_picture(leaf: object) -> bool:
    return isinstance(leaf, str) and len(leaf) > _PERCENT and " " not in leaf and "://" not in leaf
