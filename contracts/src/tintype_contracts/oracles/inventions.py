"""What a plugin tells of a task that no answer, no request and no document has said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import Cost, Task
from tintype_contracts.fixtures.pointers import leaves
from tintype_contracts.fixtures.values import NOW
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_ENDS = re.compile(r"expir|exp=|se=|valid|until|ttl", re.IGNORECASE)
_MILLISECONDS = 10**11
_LONG = 2000
_PERCENT = 100


class _Evidence:
    """What an answer, its request and the table of sizes say, as numbers and as texts."""

    def __init__(self, subject: Subject, answer: Answer, task: Task) -> None:
        self._said = "\n".join(text for _, message in answer.turns for text in _texts(message))
        self._leaves = [each for _, message in answer.turns for each in _leaves(message)]
        self._amounts = {Decimal(text) for _, text in self._leaves if _AMOUNT.fullmatch(text)}
        request = answer.context.request
        self._asked = {request.seed} if request else set()
        sizes = subject.info.limits((request and request.model) or "").sizes
        known = f"{self._said}\n{request!r}\n{sizes!r}\n{len(task.images)}"
        self._numbers = {Decimal(each) for each in _NUMBER.findall(known)}
        self._kept = subject.fixtures.results
        self._over = task.state.terminal

    def counts(self, number: object) -> bool:
        """Whether a number is told, or is the sum of two that are."""
        value = Decimal(str(number))
        return value in self._numbers or any(value - one in self._numbers for one in self._numbers)

    def adds_up(self, number: object) -> bool:
        """Whether a number stands in the answer, or is the sum of two that do."""
        value = Decimal(str(number))
        return value in self._amounts or any(value - one in self._amounts for one in self._amounts)

    def draws(self, seed: object) -> bool:
        """Whether a seed is the request's, or stands under such a name."""
        told = {text for pointer, text in self._leaves if "seed" in pointer.casefold()}
        return seed in self._asked or str(seed) in told

    def reports(self, cost: object) -> bool:
        """Whether an amount stands in the answer, in whatever unit; what is estimated may not."""
        if not isinstance(cost, Cost) or cost.source != "reported":
            return True
        told = {each.normalize().as_tuple().digits for each in self._amounts}
        known = [each for each in (cost.usd, cost.credits) if each is not None]
        return any(each.normalize().as_tuple().digits in told for each in known)

    def goes(self, progress: object) -> bool:
        """Whether a progress is told, of 1 or of 100; it begins with none and ends with all."""
        value = Decimal(str(progress))
        told = bool({value, value * _PERCENT} & self._numbers)
        return told or value == 0 or (self._over and value == 1)

    def lasts(self, until: object) -> bool:
        """Whether a time is told, or how long results are kept is documented."""
        seconds = self._kept.kept_seconds if self._kept else None
        kept = None if seconds is None else timedelta(seconds=seconds)
        documented = isinstance(until, datetime) and until - NOW == kept
        told = {_moment(text) for pointer, text in self._leaves if _ENDS.search(pointer)}
        return documented or until in told or any(_ENDS.search(text) for _, text in self._leaves)

    def dates(self, moment: object) -> bool:
        """Whether a time is told."""
        return moment in {_moment(text) for _, text in self._leaves}

    def names(self, code: object) -> bool:
        """Whether a code stands in the answer."""
        return str(code).casefold() in self._said.casefold()


_Holds: TypeAlias = Callable[[_Evidence, object], bool]
_OF_TASKS: Mapping[str, _Holds] = {
    "progress": _Evidence.goes,
    "cost": _Evidence.reports,
    "created_at": _Evidence.dates,
}
_OF_IMAGES: Mapping[str, _Holds] = {
    "expires_at": _Evidence.lasts,
    "seed": _Evidence.draws,
    **dict.fromkeys(("width", "height"), _Evidence.counts),
}
_OF_USAGE: Mapping[str, _Holds] = dict.fromkeys(
    ("images", "prompt_tokens", "completion_tokens", "total_tokens"), _Evidence.adds_up
)
_OF_FAILURES: Mapping[str, _Holds] = {"code": _Evidence.names}


def inventions(subject: Subject, answer: Answer, task: Task) -> Iterator[tuple[str, object]]:
    """Each field of a task that is told out of nowhere, and what it is."""
    evidence = _Evidence(subject, answer, task)
    told: list[tuple[str, object, Mapping[str, _Holds]]] = [("", task, _OF_TASKS)]
    told += [("images/", image, _OF_IMAGES) for image in task.images]
    told += [("errors/", failure, _OF_FAILURES) for failure in task.errors]
    told += [("usage/", task.usage, _OF_USAGE)] if task.usage else []
    before = answer.context.task or Task()
    for place, value, rules in told:
        for name, holds in rules.items():
            said = getattr(value, name)
            if value is task and said == getattr(before, name):
                continue  # an answer before it may have said so
            if said is not None and said != "" and not holds(evidence, said):
                yield f"{place}{name}", said


def _moment(text: str) -> datetime | None:
    """The time that a text is, in seconds, in milliseconds or by ISO 8601; None if it is none."""
    try:
        if not text.isdecimal():
            found = datetime.fromisoformat(text)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        number = int(text)
        return datetime.fromtimestamp(number / (1000 if number > _MILLISECONDS else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _leaves(message: object) -> Iterator[tuple[str, str]]:
    """Each value of a body with its pointer, and each header with its name, as texts."""
    match message:
        case Response() | Delivery():
            yield from message.headers
            text = message.body.decode("utf-8", "replace")
        case ServerSentEvent():
            text = message.data
        case _:
            return
    for each in _shown(text):
        pointer, found, value = each.partition(" ")
        yield (pointer, value) if found else ("", each)


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
