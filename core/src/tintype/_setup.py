"""What the sync and the async client have in common: everything but waiting."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from attrs import evolve, frozen

from tintype._dispatch import checked_base_url, encode, env_name
from tintype._effects import Effect, Flow, Record, Reply, Send
from tintype._flow import Conversation, Terms
from tintype._pacing import Clock
from tintype._registry import Registry
from tintype._resolve import OnUnsupported
from tintype.budget import Budget
from tintype.catalog import ProviderInfo
from tintype.downloads import Rules
from tintype.entries import Released, Snapshot
from tintype.errors import (
    InvalidRequestError,
    PluginError,
    ProtocolError,
    TintypeError,
    UsageError,
)
from tintype.journal import Journal, NoJournal, open_journal
from tintype.messages import HttpRequest
from tintype.models import Account, Secret, Task

# Seconds for the last word to a provider when a call is interrupted.
_FAREWELL = 5.0

CLOCK = Clock(monotonic=time.monotonic, now=lambda: datetime.now(UTC))

# The largest API answer: four images of 30 MB in base64 fit.
MOST_BYTES = 256 * 1024 * 1024


@frozen(kw_only=True)
class Observation:
    """One effect that was performed, for logs, traces and metrics.

    Attributes:
        provider: Who it concerned, or "".
        effect: What was asked for. It never holds a key.
        reply: What came of it, or None.
        error: What went wrong, or None.
        seconds: How long it took.
    """

    provider: str
    effect: Effect
    reply: Reply = None
    error: TintypeError | None = None
    seconds: float = 0.0


class Trail:
    """What one flow has written down so far: its records, and the tasks still running."""

    def __init__(self, followed: set[str]) -> None:
        self._followed = followed
        self._tasks: dict[str, Task] = {}
        self.entries: set[str] = set()

    def note(self, effect: Effect, reply: Reply) -> None:
        """Follow what an effect wrote down."""
        if not isinstance(effect, Record) or not isinstance(reply, str):
            return
        if isinstance(effect.entry, Snapshot):
            task = effect.entry.task
            self._tasks[task.id or reply] = task
        if reply:
            self.entries.add(reply)
            self._followed.add(reply)

    @property
    def running(self) -> list[Task]:
        """The tasks that have not ended."""
        return [task for task in self._tasks.values() if not task.state.terminal]

    def end(self) -> None:
        """Nothing of it is followed any more."""
        self._followed -= self.entries


class Seen:
    """The reply to an effect, once there is one."""

    reply: Reply = None


Observer: TypeAlias = Callable[[Observation], None]
Progress: TypeAlias = Callable[[Task], None]


@frozen(kw_only=True)
class Options:
    """What a client is made of; the clients' own docstrings say what each is for."""

    plugins: Mapping[str, object] | None = None
    wrappers: tuple[object, ...] = ()
    observers: tuple[Observer, ...] = ()
    on_unsupported: OnUnsupported = "error"
    request_timeout: float | None = None
    task_timeout: float | None = None
    seed: int | None = None
    journal: Journal | str | Path | None = None
    budgets: tuple[Budget, ...] = ()
    cancel_on_exit: bool = True


AnyTransport = TypeVar("AnyTransport")


class Setup:
    """Plugins and accounts, and the conversations they make possible."""

    def __init__(
        self, accounts: Iterable[Account], environ: Mapping[str, str], options: Options
    ) -> None:
        self.registry = Registry(options.plugins, options.wrappers)
        self.observers = options.observers
        self._accounts = {account.provider: account for account in accounts}
        self._environ = environ
        self._options = options
        self.journal = open_journal(options.journal, environ)
        self.owns_journal = self.journal is not options.journal
        if options.budgets and isinstance(self.journal, NoJournal):
            msg = "A budget is kept in a journal: give one, or set TINTYPE_JOURNAL."
            raise UsageError(msg)
        self.followed: set[str] = set()
        self._jitter = _jitter(options.seed)
        self._conversations: dict[str, Conversation] = {}

    def account(self, provider: str) -> Account:
        """The account for a provider: what was given, completed from the environment."""
        given = self._accounts.get(provider, Account(provider=provider))
        found = account_from(provider, self._environ)
        return evolve(
            given,
            key=given.key or found.key,
            base_url=given.base_url or found.base_url,
            usd_per_credit=given.usd_per_credit or found.usd_per_credit,
        )

    def conversation(self, provider: str) -> Conversation:
        """What can be said to a provider.

        Raises:
            UnknownProviderError: No plugin of that name is installed.
            PluginError: It is installed and broken.
        """
        if provider not in self._conversations:
            plugin = self.registry.get(provider)
            terms = Terms(
                clock=CLOCK,
                jitter=self._jitter,
                usd_per_credit=self.account(provider).usd_per_credit,
                request_timeout=self._options.request_timeout,
                task_timeout=self._options.task_timeout,
                on_unsupported=self._options.on_unsupported,
                budgets=self._options.budgets,
            )
            self._conversations[provider] = Conversation(plugin, terms)
        return self._conversations[provider]

    def encode(self, provider: str, effect: Send) -> HttpRequest:
        """A plugin's request as bytes, with the account's key."""
        return encode(effect.request, self.registry.get(provider).info, self.account(provider))

    def trail(self) -> Trail:
        """An empty trail, for a flow that begins."""
        return Trail(self.followed)

    def release(self, trail: Trail) -> None:
        """Leave what a flow did not finish to whoever resumes it."""
        for entry in trail.entries:
            self.journal.record(Released(entry=entry))

    def close(self) -> None:
        """Close the journal, if it was opened here."""
        if self.owns_journal:
            self.journal.close()

    def farewells(self, trail: Trail) -> list[Flow[Task]]:
        """What to tell the provider when a flow is abandoned: one cancel a running task."""
        if not self._options.cancel_on_exit:
            return []
        return [self.conversation(task.provider).cancel(task) for task in trail.running]

    def rules(self, provider: str) -> Rules:
        """How a provider's results are fetched."""
        if not provider:
            return Rules(clock=CLOCK)
        account = self.account(provider)
        base_url = checked_base_url(account)
        return Rules(clock=CLOCK, base_url=base_url, trusted_hosts=account.trusted_hosts)

    @contextmanager
    def observed(self, provider: str, effect: Effect) -> Iterator[Seen]:
        """Tell every observer how an effect went, once it is over."""
        seen, start = Seen(), time.monotonic()
        error: TintypeError | None = None
        try:
            yield seen
        except TintypeError as failure:
            error = failure
            raise
        finally:
            if self.observers:
                observation = Observation(
                    provider=provider,
                    effect=effect,
                    reply=seen.reply,
                    error=error,
                    seconds=time.monotonic() - start,
                )
                for observer in self.observers:
                    observer(observation)


class Configured(Generic[AnyTransport]):
    """What a client is made of.

    Args:
        accounts: Keys and addresses by provider. What they leave out is taken from
            `<NAME>_API_KEY`, `<NAME>_BASE_URL` and `<NAME>_USD_PER_CREDIT`.
        transport: How exchanges are made; None is urllib3 or aiohttp. One that you give stays
            yours to close.
        plugins: Provider modules by name, in place of the installed ones.
        wrappers: Objects with `@hookimpl(wrapper=True)` functions around every plugin.
        observers: Called with an `Observation` after every effect.
        on_unsupported: Whether a field a model cannot honour is an `error` or a `notice`.
        request_timeout: Seconds for one answer; None is what the provider documents.
        task_timeout: Seconds for one task; None likewise.
        seed: Of the jitter between retries, for repeatable runs.
        journal: Where paid work is written down before it happens: a journal, a file, or an
            SQLAlchemy URL. None is what `TINTYPE_JOURNAL` names, or no journal.
        budgets: What every submission has to fit into; kept in the journal.
        cancel_on_exit: Whether running tasks are canceled at the provider, where it
            documents a way, when a call is interrupted.
        environ: Where accounts are completed from; None is the process's environment.
    """

    def __init__(  # noqa: PLR0913 - each is a keyword with a default
        self,
        *accounts: Account,
        transport: AnyTransport | None = None,
        plugins: Mapping[str, object] | None = None,
        wrappers: Iterable[object] = (),
        observers: Iterable[Observer] = (),
        on_unsupported: OnUnsupported = "error",
        request_timeout: float | None = None,
        task_timeout: float | None = None,
        seed: int | None = None,
        journal: Journal | str | Path | None = None,
        budgets: Iterable[Budget] = (),
        cancel_on_exit: bool = True,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        options = Options(
            plugins=plugins,
            wrappers=tuple(wrappers),
            observers=tuple(observers),
            on_unsupported=on_unsupported,
            request_timeout=request_timeout,
            task_timeout=task_timeout,
            seed=seed,
            journal=journal,
            budgets=tuple(budgets),
            cancel_on_exit=cancel_on_exit,
        )
        self._setup = Setup(accounts, os.environ if environ is None else environ, options)
        self._transport = transport
        self._owned = transport is None

    @property
    def providers(self) -> tuple[ProviderInfo, ...]:
        """What every working plugin offers."""
        return tuple(plugin.info for plugin in self._setup.registry.working())

    @property
    def broken(self) -> Mapping[str, PluginError]:
        """Why each installed plugin that does not work does not, by provider."""
        self._setup.registry.working()
        return self._setup.registry.broken

    @property
    def journal(self) -> Journal:
        """Where paid work is written down."""
        return self._setup.journal

    def account(self, provider: str) -> Account:
        """The account that would be used for a provider."""
        return self._setup.account(provider)


def hurried(effect: Effect) -> Effect:
    """An effect that is not waited for long: somebody wants to leave."""
    return evolve(effect, timeout=_FAREWELL) if isinstance(effect, Send) else effect


def account_from(provider: str, environ: Mapping[str, str]) -> Account:
    """A provider's account as the environment names it.

    `<NAME>_API_KEY` is the key, `<NAME>_BASE_URL` replaces the origin and may carry a path
    prefix, `<NAME>_USD_PER_CREDIT` is what a credit cost you.

    Raises:
        UsageError: The credit value is no amount of money.
    """
    name = env_name(provider)
    key = environ.get(f"{name}_API_KEY", "").strip()
    base_url = environ.get(f"{name}_BASE_URL", "").strip()
    worth = environ.get(f"{name}_USD_PER_CREDIT", "").strip()
    try:
        usd = Decimal(worth) if worth else None
    except InvalidOperation:
        usd = Decimal(-1)
    if usd is not None and not (usd.is_finite() and usd > 0):
        msg = f"{name}_USD_PER_CREDIT={worth!r} is not an amount such as 0.002."
        raise UsageError(msg, provider=provider)
    return Account(
        provider=provider,
        key=Secret(key) if key else None,
        base_url=base_url or None,
        usd_per_credit=usd,
    )


def _jitter(seed: int | None) -> Callable[[], float]:
    """Numbers from 0 to 1 that spread retries."""
    from random import Random  # noqa: PLC0415 - slow to import, and needed once a client

    return Random(seed).random  # noqa: S311 - it guards nothing


def read_reference(path: str) -> bytes:
    """The bytes of a local image.

    Raises:
        InvalidRequestError: There is no such file, or it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"The reference {path!r} cannot be read: {reason}."
        raise InvalidRequestError(msg, field="references") from error


def check_length(length: int) -> None:
    """Refuse an answer that no image explains.

    Raises:
        ProtocolError: It is larger than any documented answer.
    """
    if length > MOST_BYTES:
        msg = f"The answer is larger than {MOST_BYTES // 2**20} MiB."
        raise ProtocolError(msg)
