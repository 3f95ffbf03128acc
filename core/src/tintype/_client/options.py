"""What a client is made of: every option as it is given, and as it is kept.

An option stands in `Keywords`, with its type and what it is for, and in `Options`, with its
default and what is taken for it. Signature and help of both clients are made of the two.
"""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING, TypedDict, cast

from attrs import field, frozen

from tintype._doors import a_line, all_held, check_flag, check_methods, held, refused
from tintype._excerpts import guess
from tintype._flow.choices import Choices, PerCall
from tintype.errors import InvalidRequestError, UsageError
from tintype.messages import Proxy, proxy_of

if TYPE_CHECKING:  # it is imported with every client
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tintype._client.observing import Observer
    from tintype._flow.resolve import OnUnsupported
    from tintype._flow.sizes import OnMismatch, SizePolicy
    from tintype.budget import Budget
    from tintype.cache import Cache
    from tintype.journal import Journal


class Keywords(TypedDict, total=False):
    """Every option of a client, as it is given.

    Attributes:
        plugins: Provider modules by name, in place of the installed ones.
        wrappers: Objects with `@hookimpl(wrapper=True)` functions around every plugin.
        observers: Called with an `Observation` after every effect.
        on_unsupported: Whether a field a model cannot honour is an `error` or a `notice`.
        size_policy: Whether pixels that a model has not become the `nearest` size that it has,
            with a notice, or have to be `exact`, with an error that lists what it has.
        on_mismatch: Whether a picture of another size than was asked for is a `notice` or, once
            it is recorded and saved, an `error`.
        allow_unlisted: Whether a model may be asked for that a catalog has not, or not any more.
        request_timeout: Seconds for one answer; None is what the provider documents.
        task_timeout: Seconds for one task; None likewise.
        tries: How often an exchange is made that may be repeated: a free question, or a submission
            that was not sent, or refused and not billed. 1 repeats nothing.
        seed: Of the jitter between retries, for repeatable runs.
        journal: Where paid work is written down before it happens: a journal, a file, or an
            SQLAlchemy URL. None is what `TINTYPE_JOURNAL` names, or no journal.
        label: Whose the pictures are where a call does not say, such as a user or a project: a line
            of at most 200 characters, never sent. A journal keeps it, budgets of that label count
            them.
        budgets: What every submission has to fit into; kept in the journal.
        width: How many submissions, looks and downloads of one call are made at a time; None is 1
            of a `Client`, which makes more from as many threads, and 20 of an `AsyncClient`.
        keyring: Whether keys that `tintype keys set` keeps in the system's keyring
            (`tintype[keyring]`) complete an account that the environment completes not.
        proxy: Through which proxy every exchange goes, but of an account that has its own:
            `http://user:password@host:3128`. None: none; no variable is read.
        cache: Where `generate` finds what it drew before for the same request: a folder, or a
            `tintype.cache.Cache`. None: it is drawn anew.
        cancel_on_exit: Whether running tasks are canceled at the provider, where it
            documents a way, when a call is interrupted.
    """

    plugins: Mapping[str, object] | None
    wrappers: Iterable[object]
    observers: Iterable[Observer]
    on_unsupported: OnUnsupported
    size_policy: SizePolicy
    on_mismatch: OnMismatch
    allow_unlisted: bool
    request_timeout: float | None
    task_timeout: float | None
    tries: int
    seed: int | None
    journal: Journal | str | Path | None
    label: str
    budgets: Iterable[Budget]
    width: int | None
    keyring: bool
    proxy: Proxy | str | None
    cache: Cache | str | Path | None
    cancel_on_exit: bool


class PerCallKeywords(TypedDict, total=False):
    """What one call to `submit`, `generate` or `stream` may be given beside its own arguments.

    Attributes:
        label: Whose the pictures are, in place of what the client says; None is that.
        tries: How often an exchange is made that may be repeated, likewise.
        timeout: Seconds for one answer, in place of the client's `request_timeout`; likewise.
        key: Of `generate` alone: what makes the call one that may be made again. The same key with
            the same request draws once, and gives what was drawn; kept in the journal. None: none.
    """

    label: str | None
    tries: int | None
    timeout: float | None
    key: str | None


def for_call(given: PerCallKeywords | PerCall) -> PerCall:
    """What holds for one call, held to what is taken.

    Raises:
        UsageError: There is no such option, or it takes no such value.
    """
    if isinstance(given, PerCall):
        return given
    known = PerCallKeywords.__annotations__
    for name in given.keys() - known:
        msg = f"{name} is no option of a call.{guess(name, known)} It takes {', '.join(known)}."
        raise InvalidRequestError(msg, field=name)
    label, key = given.get("label"), given.get("key")
    if key is not None and not a_line(key, "key"):
        msg = "key is empty: give what names the picture, such as the number of an order."
        raise InvalidRequestError(msg, field="key")
    if label == "":
        msg = "label is empty: say whose the picture is, or leave the label out."
        raise InvalidRequestError(msg, field="label")
    return PerCall(
        label="" if label is None else label,
        key=key or "",
        tries=given.get("tries"),
        timeout=given.get("timeout"),
    )


def _plugins(given: Mapping[str, object] | None) -> Mapping[str, object] | None:
    if given is None:
        return None
    check_methods(given, ["keys", "__getitem__"], "plugins", "a mapping of names to plugins")
    all_held(given, str, "plugins", "a mapping of names to plugins")
    return given


def _wrappers(given: Iterable[object]) -> tuple[object, ...]:
    way_out = "a list of objects with hook wrappers, made by @hookimpl"
    wrappers = all_held(given, object, "wrappers", way_out)
    if wrappers:
        from tintype._plugins.functions import has_hooks  # noqa: PLC0415 - most clients have none

        for each in wrappers:
            if not has_hooks(each):
                raise refused(each, "wrappers", way_out)
    return wrappers


def _observers(given: Iterable[Observer]) -> tuple[Observer, ...]:
    way_out = "a list of functions of an Observation"
    observers = all_held(given, object, "observers", way_out)
    for each in observers:
        check_methods(each, ["__call__"], "observers", way_out)
    return cast("tuple[Observer, ...]", observers)


def _cache(given: Cache | str | Path | None) -> Cache | None:
    if given is None:
        return None
    if isinstance(given, str | PathLike):
        from tintype.cache import FolderCache  # noqa: PLC0415 - most clients keep none

        return FolderCache(fspath(given))
    check_methods(given, ["get", "put"], "cache", "a folder, a tintype.cache.Cache, or nothing")
    return given


def _seed(given: int | None) -> int | None:
    return None if given is None else held(given, int, "seed", "a whole number, or nothing")


def check_width(given: int | None) -> int | None:
    """How much may be done at a time, if that is any work; None is left open.

    Raises:
        UsageError: It is none.
    """
    if given is not None and held(given, int, "width", "a whole number, or nothing") < 1:
        msg = f"width={given} does no work: give 1 or more, or None."
        raise UsageError(msg)
    return given


@frozen(kw_only=True, repr=False)  # a crash reporter may show it half made
class Options(Choices):
    """Every option of a client, as it is kept; those that its flows hold to stand in `Choices`."""

    plugins: Mapping[str, object] | None = field(default=None, converter=_plugins)
    wrappers: tuple[object, ...] = field(default=(), converter=_wrappers)
    observers: tuple[Observer, ...] = field(default=(), converter=_observers)
    seed: int | None = field(default=None, converter=_seed)
    journal: Journal | str | Path | None = None
    width: int | None = field(default=None, converter=check_width)
    keyring: bool = field(default=False, validator=check_flag)
    proxy: Proxy | None = field(default=None, converter=proxy_of)
    cache: Cache | None = field(default=None, converter=_cache)
    cancel_on_exit: bool = field(default=True, validator=check_flag)
