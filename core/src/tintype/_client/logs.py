"""What happens, told to `logging`: nothing is shown unless somebody asks for it.

The logger is `tintype`. Every effect is a DEBUG record, one that failed a WARNING; that a
submission is about to wait at its account's gate is an INFO. The facts stand in the record's
`tintype` attribute as a dictionary, for structured logs. No effect holds a key, and no body is
logged.
"""

from __future__ import annotations

import json
import logging
import re
from urllib.parse import urlsplit

from tintype._flow.effects import Effect, Fetch, Head, Record, Reply, Send, Sleep
from tintype._printable import printable
from tintype.entries import Snapshot
from tintype.errors import RateLimitError, TintypeError
from tintype.messages import Response

_logger = logging.getLogger("tintype")
_LONG = 0.5  # seconds
_ODD = re.compile(r"""[\s"'=\\]""")
_logger.addHandler(logging.NullHandler())
is_read = _logger.isEnabledFor
"""Whether anybody reads what is told at a level."""


def log(
    provider: str, effect: Effect, reply: Reply, error: TintypeError | None, seconds: float
) -> None:
    """Tell how an effect went."""
    level = logging.DEBUG if error is None or _is_turn(effect, error) else logging.WARNING
    name = type(effect).__name__.lower()
    facts: dict[str, object] = {
        "provider": provider,
        "effect": name,
        "seconds": round(seconds, 6),
        **_facts(effect),
    }
    if isinstance(reply, Response):
        facts |= {"status": reply.status, "bytes": len(reply.content)}
    if isinstance(reply, Head) and isinstance(effect, Send):
        facts |= {"status": reply.status}
    if error is not None:
        facts |= {"error": type(error).__name__, "billed": error.billed.value}
    words = " ".join(f"{key}={_word(value)}" for key, value in facts.items() if value != "")
    _logger.log(level, "%s", words, extra={"tintype": facts})


def _is_turn(effect: Effect, error: TintypeError) -> bool:
    """Whether nothing is wrong: other processes have their turn, by the same journal."""
    return isinstance(effect, Record) and isinstance(error, RateLimitError)


def _word(value: object) -> str:
    """A fact as one word of a line: what could pass for another fact, or a line, is quoted."""
    text = printable(str(value))
    return json.dumps(text, ensure_ascii=False) if _ODD.search(text) else text


def _facts(effect: Effect) -> dict[str, object]:
    match effect:
        case Send(request=request):
            return {"method": request.method, "url": _place(request.url)}
        case Fetch(url=url):
            return {"method": "GET", "url": _place(url)}
        case Sleep(seconds=seconds, why=why):
            return {"pause": seconds, "why": why}
        case Record():
            return _record_facts(effect)
        case _:
            return {}


def _record_facts(record: Record) -> dict[str, object]:
    if isinstance(record.entry, Snapshot):
        task = record.entry.task
        return {"task": task.id, "state": task.state.value, "record": task.record}
    return {"kind": type(record.entry).__name__.lower()}


def _place(url: str) -> str:
    """A URL without its query: results are often signed there."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def log_wait(provider: str, sleep: Sleep) -> None:
    """Tell that a submission waits at its account's gate, before it does."""
    if sleep.seconds >= _LONG:
        facts = {"provider": provider, "pause": sleep.seconds, "why": sleep.why}
        words = (provider, sleep.seconds, printable(sleep.why))
        _logger.info("%s: waits %.1f s at the gate: %s", *words, extra={"tintype": facts})


def log_other_type(claimed: str, kind: str) -> None:
    """Tell that an image is not of the type that its provider said."""
    said = printable(claimed)
    _logger.warning("An image was said to be %s and is %s: it is kept as that.", said, kind)


def log_other_size(words: str) -> None:
    """Tell that a saved image has not the size that was asked for."""
    _logger.warning("%s", printable(words))


def log_failed_cache(error: Exception) -> None:
    """Tell that a cache raised, with its traceback."""
    _logger.warning("The cache raised: the provider is asked.", exc_info=error)


def log_failed_observer(error: Exception) -> None:
    """Tell that an observer raised, with its traceback."""
    _logger.error("An observer raised; what it observed goes on.", exc_info=error)
