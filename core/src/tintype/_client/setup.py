"""What the sync and the async client have in common: everything but waiting."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from attrs import evolve, field, frozen

from tintype._client.accounts import completed
from tintype._client.keyring import Keyring
from tintype._client.observing import Observation, Observer, Seen, call_observer
from tintype._client.resuming import Resumed, claimed, of_provider, resuming
from tintype._dispatch import checked_base_url, checked_trust, filled_origins
from tintype._doors import all_held, check_methods, folder_of, held, refused
from tintype._downloads import Saveable, loading, provider_of, saving
from tintype._excerpts import quoted
from tintype._flow.conversation import Conversation, Heard, Terms
from tintype._flow.effects import Effect, Flow, Record, Send
from tintype._flow.resolve import OnUnsupported
from tintype._flow.settle import named_by
from tintype._flow.verdicts import closed_error
from tintype._logs import log
from tintype._pacing import Clock
from tintype._registry import Registry
from tintype._results import Rules
from tintype._trail import FOLLOWED, Trail
from tintype.account import Account, Variables
from tintype.budget import Budget
from tintype.entries import Intent, Released, Settled
from tintype.errors import (
    Billed,
    InvalidRequestError,
    JournalError,
    Outcome,
    ProtocolError,
    TintypeError,
    UsageError,
)
from tintype.journal import Journal, JournalRecord, NoJournal, open_journal
from tintype.messages import Delivery
from tintype.models import Generation, Image, Task

# Seconds for all last words to providers together when a call is interrupted.
CANCEL_SECONDS = 5.0
_PATIENCE = 60.0

CLOCK = Clock(monotonic=time.monotonic, now=lambda: datetime.now(UTC))

# The largest API answer: four images of 30 MB in base64 fit.
MAX_BYTES = 256 * 1024 * 1024


_A_NAME = "the name of an installed plugin, as `tintype providers` lists them"
_A_TASK = "a Task, such as submit() gives or from_json(text, Task)"
_SAVEABLE = "a generation, a task, an image, or a list of images"
_ACCOUNTS = "Account(provider=…, key=…), one behind the other"
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


@frozen(kw_only=True, repr=False)  # a crash reporter may show it half made
class Options:
    """What a client is made of; the clients' own docstrings say what each is for."""

    plugins: Mapping[str, object] | None = field(default=None, converter=_plugins)
    wrappers: tuple[object, ...] = field(default=(), converter=_wrappers)
    observers: tuple[Observer, ...] = field(default=(), converter=_observers)
    on_unsupported: OnUnsupported = field(default="error", converter=_on_unsupported)
    request_timeout: float | None = None
    task_timeout: float | None = None
    seed: int | None = field(default=None, converter=_seed)
    journal: Journal | str | Path | None = None
    budgets: tuple[Budget, ...] = field(default=(), converter=_budgets)
    cancel_on_exit: bool = True


class Setup:
    """Plugins and accounts, and the conversations they make possible."""

    def __init__(self, accounts: Iterable[Account], environ: Variables, options: Options) -> None:
        for name in ("request_timeout", "task_timeout"):
            seconds = getattr(options, name)
            if seconds is not None:
                held(seconds, int | float, name, "a number of seconds, or nothing")  # type: ignore[arg-type]  # a union is one
            if seconds is not None and not seconds > 0:
                msg = f"{name}={seconds} leaves no time: give seconds above 0, or None."
                raise UsageError(msg)
        self.registry = Registry(options.plugins, options.wrappers)
        self.observers = options.observers
        self._accounts = {
            account.provider: account
            for account in all_held(accounts, Account, "accounts", _ACCOUNTS)
        }
        self._environ = environ
        self._options = options
        self.journal = open_journal(options.journal, environ)
        self.owns_journal = self.journal is not options.journal
        for name in set(self._accounts) - set(self.registry.names):
            self.registry.get(name)  # an account of nobody: it says who there is
        if options.budgets and isinstance(self.journal, NoJournal):
            msg = "A budget is kept in a journal: give one, or set TINTYPE_JOURNAL."
            raise UsageError(msg)
        # How long a journal's database is waited for: no longer than a provider.
        self.patience = options.request_timeout or _PATIENCE
        self.followed = FOLLOWED
        self._jitter = _jitter(options.seed)
        self._completed: dict[str, Account] = {}
        self._keyrings: dict[str, Keyring] = {}
        self._conversations: dict[str, Conversation] = {}

    def account(self, provider: str) -> Account:
        """The account for a provider: what was given, completed once from the environment.

        Raises:
            UnknownProviderError: No plugin of that name is installed.
            PluginError: It is installed and broken.
        """
        held(provider, str, "provider", _A_NAME)
        if provider not in self._completed:
            self._completed[provider] = self._complete(provider)
        return self._completed[provider]

    def _complete(self, provider: str) -> Account:
        given = self._accounts.get(provider, Account(provider=provider))
        return completed(given, self.registry.get(provider).info, self._environ)

    def keyring(self, provider: str) -> Keyring:
        """What shows a provider who asks, and takes that out of its answers."""
        if provider not in self._keyrings:
            info, account = self.registry.get(provider).info, self.account(provider)
            self._keyrings.setdefault(provider, Keyring(info, account, CLOCK.now))
        return self._keyrings[provider]

    def conversation(self, provider: str) -> Conversation:
        """What can be said to a provider.

        Raises:
            UnknownProviderError: No plugin of that name is installed.
            PluginError: It is installed and broken.
        """
        held(provider, str, "provider", _A_NAME)
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
                providers=frozenset(self.registry.names),
                token=_token,
                nonce=_nonce,
                encode=self.keyring(provider).rehearse,
            )
            self._conversations[provider] = Conversation(plugin, terms)
        return self._conversations[provider]

    def conversation_of(self, task: Task) -> Conversation:
        """What can be said to the provider that a task is of.

        Raises:
            InvalidRequestError: It is no task.
        """
        return self.conversation(held(task, Task, "task", _A_TASK).provider)

    def trail(self) -> Trail:
        """An empty trail, for a flow that begins."""
        return Trail(self.followed)

    def release(self, trail: Trail) -> None:
        """Leave what a flow did not finish to whoever resumes it."""
        trail.end(self._let_go)

    def _let_go(self, record: str) -> None:
        self.journal.record(Released(record=record))

    def take_back(self, effect: Record, written: Future[str]) -> None:
        """Undo an intent that is not waited for any more: it is not written, or settled once it is.

        Nothing was sent of it, so it reserves nothing.
        """
        if isinstance(effect.entry, Intent) and not written.cancel():
            written.add_done_callback(self._unsent)

    def _unsent(self, written: Future[str]) -> None:
        if written.cancelled() or written.exception() is not None:
            return
        self.journal.record(
            Settled(
                record=written.result(),
                outcome=Outcome.NOT_SENT,
                billed=Billed.NO,
                reason="It was given up before it was sent.",
            )
        )

    def proving(self, provider: str, delivery: Delivery) -> Flow[bool]:
        """The flow that tells whether a webhook's signature proves its body."""
        return self.conversation(provider).prove(delivery, self.account(provider).webhook_secrets)

    def heard(
        self, provider: str, delivery: Delivery, named: str, task: Task | None = None
    ) -> Heard:
        """What a webhook says, of the task as the journal knows it. It may block.

        Args:
            provider: Who calls.
            delivery: What came.
            named: What the URL's query field `tintype` names, or "".
            task: The task, where the caller knows it.

        Raises:
            ProtocolError: It says nothing that a document describes.
        """
        held(delivery, Delivery, "delivery", "a Delivery of the raw body and the headers")
        held(named, str, "record", "what the URL's query field `tintype` holds")
        if task is not None:
            held(task, Task, "task", _A_TASK)
        conversation = self.conversation(provider)
        redactor = self.keyring(provider).redactor  # whoever proved it needed what came
        delivery = evolve(
            delivery,
            body=redactor.body(delivery.body),
            headers=redactor.headers(delivery.headers),
        )
        if task is None:
            first = conversation.hear(delivery)
            task = self.known(provider, first.hint.id, named)
            if task is None:
                return first
        return conversation.hear(delivery, task)

    def known(self, provider: str, task_id: str, named: str) -> Task | None:
        """The task that a webhook may speak of, as the journal knows it, or None.

        Args:
            provider: Who calls.
            task_id: The task it names.
            named: What the query field `tintype` of the webhook's URL holds, or "". It counts
                only where its token is the record's, and for a submission whose answer was
                lost or is still to come: one that has its task keeps it, and what was
                rejected has none.
        """
        record = self.journal.find(provider, task_id)
        if record is not None:
            return record.task
        found: dict[str, JournalRecord] = {}

        def proven(record: str) -> str:
            found.update({each.id: each for each in self.journal.records([record])})
            return found[record].callback if record in found else ""

        lost = found.get(named_by(named, proven))
        if lost is None or lost.provider != provider or not _awaits_its_task(lost):
            return None
        return Task(
            provider=provider, record=lost.id, request=lost.request, created_at=lost.created_at
        )

    def close(self) -> None:
        """Close the journal, if it was opened here."""
        if self.owns_journal:
            self.journal.close()

    def cancellations(self, trail: Trail) -> list[Flow[Task]]:
        """What to tell the provider when a flow is abandoned: one cancel a running task.

        None for a task that another flow is at work on: somebody waits for it.
        """
        if not self._options.cancel_on_exit:
            return []
        busy = set(self.followed)
        left = [task for task in trail.running if task.record not in busy]
        return [self.conversation(task.provider).cancel(task) for task in left]

    @staticmethod
    def owner(images: Saveable) -> str:
        """The provider whose images these are, or ""."""
        return provider_of(images)

    def saving(
        self,
        images: Saveable,
        provider: str,
        folder: str | Path,
        name: str | None,
        *,
        overwrite: bool,
    ) -> Flow[tuple[Path, ...]]:
        """The flow that saves images."""
        if not isinstance(images, Generation | Task | Image):
            images = all_held(images, Image, "images", _SAVEABLE)
        if name is not None:
            held(name, str, "name", "a plain file name without an extension, or nothing")
        return saving(images, folder_of(folder), name, self.rules(provider), overwrite=overwrite)

    def fetching(self, image: Image, provider: str) -> Flow[bytes]:
        """The flow that gets one image's bytes."""
        held(image, Image, "image", "one of the images of a task or a generation")
        return loading(image, self.rules(provider))

    def claimed(self, ids: Sequence[str]) -> Mapping[str, Sequence[JournalRecord]]:
        """The journal's records there is something to do for, ours until `left`, by provider."""
        wanted = all_held(ids, str, "records", "a list of records' ids")
        with self.followed.claiming:
            records = claimed(self.journal, wanted, self.followed)
            self.followed.add(record.id for record in records)
        return of_provider(records)

    def left(self, groups: Mapping[str, Sequence[JournalRecord]]) -> None:
        """What was claimed is not followed any more; what did not end is for whoever resumes it."""
        ids = [record.id for records in groups.values() for record in records]
        self.followed.drop(ids, self._let_go)

    def unclaimed(self, claim: Future[Mapping[str, Sequence[JournalRecord]]]) -> None:
        """Nobody waits any more for what was claimed."""
        if not claim.cancelled() and claim.exception() is None:
            self.left(claim.result())

    def resuming(
        self, provider: str, records: Sequence[JournalRecord], folder: Path
    ) -> Flow[tuple[Resumed, ...]]:
        """The flow that finishes one provider's records."""
        try:
            conversation, rules = self.conversation(provider), self.rules(provider)
        except TintypeError as error:  # such as a plugin that is not installed here
            return tuple(Resumed(record=record, error=error) for record in records)
        return (yield from resuming(conversation, records, folder, rules))

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
        return error.provider, self.conversation(error.provider).reread([error.answer])

    def rules(self, provider: str) -> Rules:
        """How a provider's results are fetched."""
        if not provider:
            return Rules(clock=CLOCK)
        account = self.account(provider)
        info = self.registry.get(provider).info
        return Rules(
            clock=CLOCK,
            base_url=checked_base_url(account),
            origins=filled_origins(info, account),
            keyed=info.keyed_results,
            trusted=checked_trust(account),
        )

    @contextmanager
    def observed(self, provider: str, effect: Effect) -> Iterator[Seen]:
        """Tell every observer how an effect went, once it is over."""
        seen, start = Seen(), time.monotonic()
        error: TintypeError | None = None
        try:
            yield seen
        except TintypeError as failure:
            failure.provider = failure.provider or provider
            error = failure
            raise
        finally:
            seconds = time.monotonic() - start
            log(provider, effect, seen.reply, error, seconds)
            observation = Observation(
                provider=provider, effect=effect, reply=seen.reply, error=error, seconds=seconds
            )
            for observer in self.observers:
                call_observer(observer, observation)


class ClientClosed(BaseException):
    """The client was closed, or its block left, while a call was under way.

    A stop from outside, as an interruption is; `closed` is what the caller is told.
    """


def closed(trail: Trail) -> TintypeError:
    """What a call is told whose client was closed while it was under way."""
    for task in trail.running:
        return closed_error(task)
    msg = "The client was closed while the call was under way; what had left may be charged."
    return UsageError(msg, billed=Billed.UNKNOWN)


def unanswered(effect: Record, seconds: float) -> JournalError:
    """What a flow is told whose entry is not durable in time: the journal's database hangs."""
    unsent = isinstance(effect.entry, Intent)
    msg = f"The journal did not answer within {seconds:g} seconds."
    return JournalError(
        f"{msg} Nothing was sent." if unsent else msg, billed=Billed.NO if unsent else None
    )


def with_timeout(effect: Effect, seconds: float = CANCEL_SECONDS) -> Effect:
    """An effect that is not waited for long: somebody wants to leave."""
    return evolve(effect, timeout=seconds) if isinstance(effect, Send) else effect


def _awaits_its_task(record: JournalRecord) -> bool:
    return record.task is None and record.outcome in {None, Outcome.UNKNOWN}


def _nonce() -> str:
    """What no other submission has."""
    from uuid import uuid4  # noqa: PLC0415 - once somebody submits

    return str(uuid4())


def _token() -> str:
    """Something that nobody can guess."""
    from secrets import token_hex  # noqa: PLC0415 - for webhooks only

    return token_hex(16)


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
        found = Path(path).stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            msg = f"it is no file of an image of at most {MAX_BYTES // 2**20} MiB"
            raise ValueError(msg)  # noqa: TRY301 - told as what the system says is
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"The reference {quoted(path)} cannot be read: {reason}."
        raise InvalidRequestError(msg, field="references") from error


def check_length(length: int) -> None:
    """Refuse an answer that no image explains.

    Raises:
        ProtocolError: It is larger than any documented answer.
    """
    if length > MAX_BYTES:
        msg = f"The answer is larger than {MAX_BYTES // 2**20} MiB."
        raise ProtocolError(msg)
