"""A key that is nobody's, and every place in which it may turn up.

Whatever shows the key to a log, a report or another process shows it here: the text of a
value, its JSON and its pickle, an error with all that led to it, and the local variables
that a crash reporter prints beside a traceback.
"""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote

import attrs
from attrs import frozen

from tintype._keys.variables import variable
from tintype.catalog import ProviderInfo
from tintype.convert import to_builtins
from tintype.messages import Request
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.harness.subject import Subject

CANARY = "canary-4f9d1c7be2a8-tintype"
"""The key. Nothing but an auth header may hold it."""

_SPELLINGS = (CANARY, base64.b64encode(CANARY.encode()).decode().rstrip("="), quote(CANARY))


def shows(text: object) -> bool:
    """Whether a text, or bytes, hold the canary."""
    plain = text.decode("latin-1") if isinstance(text, bytes) else str(text)
    return any(spelling in plain for spelling in _SPELLINGS)


def views(value: object) -> Iterator[str]:
    """The ways of looking at a value in which the canary shows."""
    for name, view in _VIEWS.items():
        try:
            seen = view(value)
        except Exception:  # noqa: BLE001, S112 - what cannot be seen so shows nothing
            continue
        if shows(seen):
            yield name
    if isinstance(value, BaseException):
        yield from _views_of_error(value)


def _fields(value: object) -> str:
    kind = type(value)
    if not attrs.has(kind):
        return ""
    names = [each.alias or each.name for each in attrs.fields(kind)]
    return repr({name: getattr(value, name) for name in names})


_VIEWS: dict[str, Callable[[object], object]] = {
    "repr()": repr,
    "str()": str,
    "attrs.asdict()": _fields,
    "to_json()": to_builtins,
    "pickle": pickle.dumps,
}


def _views_of_error(error: BaseException) -> Iterator[str]:
    """Where the canary shows in an error, in all that led to it, and in their frames."""
    for each in chain(error):
        what = "the error" if each is error else f"the {type(each).__name__} that led to it"
        if shows((each.args, vars(each), getattr(each, "__notes__", ()))):
            yield f"the fields of {what}"
        told = traceback.TracebackException.from_exception(each, capture_locals=True)
        for frame in told.stack:
            for name, text in (frame.locals or {}).items():
                if shows(text):
                    yield f"the local variable {name} of {frame.name}() in {what}"


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and every error that led to it."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]


@frozen(kw_only=True)
class CapturedOutput:
    """What was said aloud while something was done.

    Attributes:
        printed: What went to stdout and stderr.
        logged: Every log record, whatever its level, as its logger would write it.
    """

    printed: io.StringIO
    logged: list[str]


@contextmanager
def listening() -> Iterator[CapturedOutput]:
    """Hear everything that is printed and logged until the block ends."""
    heard = CapturedOutput(printed=io.StringIO(), logged=[])
    handler = _Ear(heard.logged)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET + 1)
    try:
        with (
            contextlib.redirect_stdout(heard.printed),
            contextlib.redirect_stderr(heard.printed),
        ):
            yield heard
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


class _Ear(logging.Handler):
    """Writes every record down."""

    def __init__(self, logged: list[str]) -> None:
        super().__init__(logging.NOTSET)
        self._logged = logged

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record down, its arguments included."""
        self._logged.append(f"{record.name}: {record.getMessage()} {record.args!r}")


@contextmanager
def in_the_environment(info: ProviderInfo) -> Iterator[None]:
    """Set the provider's credentials in the environment, where a plugin has no business."""
    names = {variable(info, each) for each in (*info.auth.needs, *info.auth.takes)}
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(dict.fromkeys(names, CANARY))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
        os.environ.update(before)


def outcome_of(act: Callable[[], object]) -> object:
    """What something returns, or what it raises."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        return error


def built_requests(subject: Subject) -> list[tuple[DocumentedExchange, Request]]:
    """Every documented request as the plugin builds it, the canary in the environment."""
    with in_the_environment(subject.info):
        built = [
            (exchange, outcome_of(partial(subject.rehearsal.ask, exchange)))
            for exchange in subject.exchanges()
            if exchange.request is not None
        ]
    return [(exchange, request) for exchange, request in built if isinstance(request, Request)]
