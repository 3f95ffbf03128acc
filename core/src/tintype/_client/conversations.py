"""What can be said to each provider, on the caller's terms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import urandom
from threading import Lock
from weakref import WeakValueDictionary

from tintype import _forks
from tintype._client.cache import Cached, Drawings
from tintype._client.options import Options, PerCallKeywords, for_call
from tintype._client.providers import A_NAME, Providers
from tintype._doors import held
from tintype._flow.choices import PerCall
from tintype._flow.conversation import Conversation, Terms
from tintype._flow.effects import Flow
from tintype._flow.gates import Gate
from tintype.account import Limits
from tintype.errors import TintypeError, UsageError
from tintype.journal import Journal, NoJournal
from tintype.models import Task

A_TASK = "a Task, such as submit() gives or from_json(text, Task)"


class Gates:
    """The gates of a process, as long as anybody uses them: clients of one journal share them."""

    def __init__(self) -> None:
        self._gates: WeakValueDictionary[tuple[object, str], Gate] = WeakValueDictionary()
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Wait for nobody who was at work in the process that this one was forked from."""
        self._lock = Lock()

    def of(self, whose: object, provider: str, made: Callable[[], Gate]) -> Gate:
        """The gate of an account with a provider: made where there is none, or that of others."""
        with self._lock:
            gate = self._gates.get((whose, provider))
            if gate is None:
                gate = self._gates[whose, provider] = made()
                _forks.guard(gate)
            return gate


_GATES = Gates()


class Conversations:
    """One conversation for each provider, made when it is first wanted."""

    def __init__(self, providers: Providers, options: Options, journal: Journal) -> None:
        self._providers = providers
        self._options = options
        self._journaled = not isinstance(journal, NoJournal)
        # A journal has one account with each provider, whoever opens it.
        self._whose: object = getattr(journal, "place", id(journal)) if self._journaled else self
        self._jitter = _jitter(options.seed)
        self._drawings = Drawings()
        self._made: dict[str, Conversation] = {}

    def of(self, provider: str, per_call: PerCallKeywords | PerCall | None = None) -> Conversation:
        """The conversation with a provider, on the terms of a call where it has its own.

        Raises:
            UsageError: A call has no such option, or it takes no such value.
            UnknownProviderError: No plugin of that name is installed.
            PluginError: It is installed and broken.
        """
        held(provider, str, "provider", A_NAME)
        if provider not in self._made:
            plugin = self._providers.registry.get(provider)
            self._made[provider] = Conversation(plugin, self._terms(provider))
        made = self._made[provider]
        return made.on(for_call(per_call)) if per_call else made

    def of_task(self, task: Task) -> Conversation:
        """The conversation with the provider that a task is of.

        Raises:
            InvalidRequestError: It is no task.
        """
        return self.of(held(task, Task, "task", A_TASK).provider)

    def rereading(self, error: TintypeError) -> tuple[str, Flow[Task]]:
        """Whose answer an error holds, and the flow that reads it again.

        Raises:
            UsageError: It holds none.
        """
        held(error, TintypeError, "error", "the error that was raised")
        if error.answer is None:
            kept = f": it is kept in {error.kept}, and resume() reads it" if error.kept else ""
            msg = f"This error holds no answer to be read again{kept}."
            raise UsageError(msg)
        return error.provider, self.of(error.provider).reread([error.answer])

    def _gate(self, provider: str) -> Gate:
        """The gate of the account with a provider, for all callers."""
        made = partial(Gate, self._providers.clock, self._jitter, Lock)
        return _GATES.of(self._whose, provider, made)

    def _terms(self, provider: str) -> Terms:
        account = self._providers.account(provider)
        return Terms(
            clock=self._providers.clock,
            jitter=self._jitter,
            choices=self._options,
            usd_per_credit=account.usd_per_credit,
            providers=frozenset(self._providers.registry.names),
            token=_token,
            nonce=_nonce,
            encode=self._providers.keyring(provider).rehearse,
            journaled=self._journaled,
            width=self._options.width or 1,
            limits=Limits(concurrency=account.concurrency, rate=account.rate),
            # Of what stands at another address, such as a gateway, no document tells them.
            documented=account.base_url is None,
            gate=self._gate(provider),
            cache=self._cached(provider),
        )

    def _cached(self, provider: str) -> Cached | None:
        cache = self._options.cache
        if cache is None:
            return None
        base_url = self._providers.account(provider).base_url or ""
        rules = partial(self._providers.rules, provider)
        return Cached(
            drawings=self._drawings,
            cache=cache,
            provider=provider,
            base_url=base_url,
            rules=rules,
        )


def _nonce() -> str:
    """A text that no other submission has: a UUID by chance (RFC 9562, 5.4)."""
    drawn = urandom(16).hex()
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:]}"


def _token() -> str:
    """A text that nobody can guess."""
    from secrets import token_hex  # noqa: PLC0415 - for webhooks only

    return token_hex(16)


def _jitter(seed: int | None) -> Callable[[], float]:
    """Numbers from 0 to 1 that spread retries."""
    from random import Random  # noqa: PLC0415 - slow to import, and needed once a client

    return Random(seed).random  # noqa: S311 - it guards nothing
