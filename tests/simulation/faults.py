"""What goes wrong: the kinds of faults, and answers with odd values in them.

To add one, add a row to the table of the place where it happens; what it does to an answer stands
in `Studio` (tests/simulation/studio.py) under the same name, or follows from the row alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from attrs import evolve, frozen
from tests.simulation.asks import Answer
from tests.simulation.plots import TASK_MARK

from tintype.errors import DroppedError, NotSentError, RequestTimeoutError, TintypeError


@frozen
class Fault:
    """A kind of fault of an exchange.

    Attributes:
        name: What it is called in counts and traces.
        acts: Whether the provider does what it was asked.
        clear: Whether the caller can know that nothing was charged.
        spoils: Whether the answer is lost to the caller, or its decisive part is.
        weight: How often it is chosen among the others.
    """

    name: str
    acts: bool = True
    clear: bool = False
    spoils: bool = True
    weight: int = 2

    def __str__(self) -> str:
        """Its name."""
        return f"[{self.name}]"


SUBMISSION = (
    Fault("not sent", acts=False, clear=True),
    Fault("reset before it acted", acts=False),
    Fault("reset after it acted"),
    Fault("late"),
    Fault("refused in documented words", acts=False, clear=True),
    Fault("a gateway's status before it acted", acts=False),
    Fault("a gateway's status after it acted"),
    Fault("an overload", acts=False, clear=True),
    Fault("a page of HTML"),
    Fault("half an answer"),
    Fault("an empty answer"),
    Fault("other JSON"),
    Fault("an odd value beside the picture", spoils=False, weight=8),
    Fault("an odd decisive value", weight=4),
    Fault("base64 in another spelling", spoils=False),
)
STREAM = (
    Fault("a stream cut", weight=4),
    Fault("a stream that ends early", weight=4),
    Fault("an empty stream"),
    Fault("noise in a stream", spoils=False),
    Fault("an event twice", spoils=False),
)
LOOK = (
    Fault("not sent"),
    Fault("reset after it acted"),
    Fault("late"),
    Fault("refused in documented words"),
    Fault("a gateway's status after it acted"),
    Fault("a page of HTML"),
    Fault("half an answer"),
    Fault("an empty answer"),
    Fault("other JSON"),
    Fault("an odd value beside the picture", weight=8),
    Fault("an odd decisive value", weight=4),
    Fault("an earlier answer"),
)
RESULT = (
    Fault("not sent"),
    Fault("reset after it acted"),
    Fault("late"),
    Fault("a gateway's status after it acted"),
    Fault("half a picture"),
)
WEBHOOK = ("lost", "doubled", "early", "forged", "crossed", "cut in half")

ERRORS: Mapping[str, type[TintypeError]] = {
    "not sent": NotSentError,
    "reset before it acted": DroppedError,
    "reset after it acted": DroppedError,
    "late": RequestTimeoutError,
}
BROKEN = (408, 500, 502, 504, 520, 522, 524)
PAGE = b"<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body>Sorry</body></html>"

# Values of other types than any document has, as they would stand in JSON.
ODD = (
    "null", "true", "false", "0", "-1", "1024.0", '""', '"12"', '"a text"', "[]", "{}", "[1]",
    '{"a": 1}', "[[[[[[]]]]]]", "1e9999999", "NaN", "-Infinity", '"half an emoji \\ud83d"',
    '"a raw\nnewline"', "12345678901234567890123456789", '{"cost": "0.01"}', "9.3e9", "-1e30",
)  # fmt: skip
_DECISIVE = {"id", "task_id", "taskId", "status", "state", "code", "success", "type", "polling_url"}
_PLAUSIBLE = {"0", "1024.0", '"12"', "9.3e9"}
_COUNTS = re.compile("cost|credit|images")
_HOLE = "@@odd@@"


def twisted(answer: Answer, turn: int, *, decisive: bool) -> Answer:
    """An answer with one odd value in it, the same for the same turn; itself where none fits."""
    if answer.events:
        events = list(answer.events)
        index = turn % len(events)
        events[index] = _twisted(events[index], turn // len(events), decisive)
        return evolve(answer, events=tuple(events))
    return evolve(answer, body=_twisted(answer.body, turn, decisive))


@lru_cache(maxsize=20_000)
def _twisted(body: bytes, turn: int, decisive: bool) -> bytes:  # noqa: FBT001 - it is cached
    head, brace, rest = body.partition(b"{")
    try:
        value = json.loads(brace + rest)
    except ValueError:
        return body
    places = [path for path in _places(value, ()) if _is_decisive(value, path) is decisive]
    if not places:
        return body
    path = places[turn % len(places)]
    odd = ODD[turn // len(places) % len(ODD)]
    if odd in _PLAUSIBLE and _COUNTS.search(str(path[-1])):
        odd = "NaN"  # another number would be no odd value there, but a lie about money
    changed = json.dumps(_replaced(value, path, _HOLE), ensure_ascii=False)
    return head + changed.replace(f'"{_HOLE}"', odd).encode() + (b"\n\n" if head else b"")


def _places(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON value, but itself."""
    items: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        items = iter(enumerate(value))
    for key, item in items:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _is_decisive(value: object, path: tuple[str | int, ...]) -> bool:
    """Whether an answer cannot be understood without what stands there."""
    for key in path:
        value = value[key]  # type: ignore[index]
    text = json.dumps(value)
    return path[-1] in _DECISIVE or TASK_MARK in text or "@@picture" in text


def _replaced(value: object, path: tuple[str | int, ...], by: object) -> object:
    if not path:
        return by
    first, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {key: _replaced(v, rest, by) if key == first else v for key, v in value.items()}
    return [_replaced(v, rest, by) if i == first else v for i, v in enumerate(value)]  # type: ignore[arg-type, var-annotated]


SPELLINGS = (
    lambda text: b"\\n".join(text[i : i + 76] for i in range(0, len(text), 76)),
    lambda text: b"\\r\\n".join(text[i : i + 64] for i in range(0, len(text), 64)) + b"\\r\\n",
    lambda text: b" " + text,
    lambda text: text.replace(b"+", b"-").replace(b"/", b"_"),
    lambda text: text.rstrip(b"="),
    lambda text: text + b"\\n",
    lambda text: b"data:image/png;base64," + text,
    lambda text: b"DATA:image/png;base64," + text,
)
"""Ways in which base64 is written, inside of JSON."""
