"""What a client is made of: every option, with what is taken for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from attrs import Attribute, field, frozen

from tintype._client.observing import Observer
from tintype._doors import all_held, check_methods, held, refused
from tintype._flow.resolve import OnUnsupported
from tintype.budget import Budget
from tintype.errors import UsageError
from tintype.journal import Journal

_WHAT_IS_UNSUPPORTED = ("error", "notice")


def _plugins(given: Mapping[str, object] | None) -> Mapping[str, object] | None:
    if given is None:
        return None
    check_methods(given, ["keys", "__getitem__"], "plugins", "a mapping of names to plugins")
    return given


def _wrappers(given: Iterable[object]) -> tuple[object, ...]:
    return all_held(given, object, "wrappers", "a list of objects with hooks")


def _observers(given: Iterable[Observer]) -> tuple[Observer, ...]:
    way_out = "a list of functions of an Observation"
    observers = all_held(given, object, "observers", way_out)
    for each in observers:
        check_methods(each, ["__call__"], "observers", way_out)
    return cast("tuple[Observer, ...]", observers)


def _budgets(given: Iterable[Budget]) -> tuple[Budget, ...]:
    return all_held(given, Budget, "budgets", "a list of Budget(usd=…)")


def _seed(given: int | None) -> int | None:
    return None if given is None else held(given, int, "seed", "a whole number, or nothing")


def _on_unsupported(given: OnUnsupported) -> OnUnsupported:
    if given in _WHAT_IS_UNSUPPORTED:
        return given
    raise refused(given, "on_unsupported", "'error' or 'notice'")


def _check_seconds(_: Options, attribute: Attribute[float | None], seconds: float | None) -> None:
    if seconds is None:
        return
    name = attribute.name
    held(seconds, int | float, name, "a number of seconds, or nothing")  # type: ignore[arg-type]  # a union is one
    if not seconds > 0:
        msg = f"{name}={seconds} leaves no time: give seconds above 0, or None."
        raise UsageError(msg)


@frozen(kw_only=True, repr=False)  # a crash reporter may show it half made
class Options:
    """What a client is made of; the clients' own docstrings say what each is for."""

    plugins: Mapping[str, object] | None = field(default=None, converter=_plugins)
    wrappers: tuple[object, ...] = field(default=(), converter=_wrappers)
    observers: tuple[Observer, ...] = field(default=(), converter=_observers)
    on_unsupported: OnUnsupported = field(default="error", converter=_on_unsupported)
    request_timeout: float | None = field(default=None, validator=_check_seconds)
    task_timeout: float | None = field(default=None, validator=_check_seconds)
    seed: int | None = field(default=None, converter=_seed)
    journal: Journal | str | Path | None = None
    budgets: tuple[Budget, ...] = field(default=(), converter=_budgets)
    cancel_on_exit: bool = True
