"""What the sync and the async client have in common, a part for each job: all but waiting."""

from __future__ import annotations

from collections.abc import Iterable

from tintype._client.batch import Batches
from tintype._client.claims import Claims
from tintype._client.comparing import Comparing
from tintype._client.conversations import Conversations
from tintype._client.keyed_calls import KeyedCalls
from tintype._client.observing import Observers
from tintype._client.options import Options, check_width
from tintype._client.providers import Providers
from tintype._client.results import Results
from tintype._client.routing import Routing
from tintype._client.webhooks import Webhooks
from tintype._flow.effects import Flow
from tintype._plugins.registry import Registry
from tintype._trail import Trail
from tintype.account import Account, Variables
from tintype.errors import UsageError
from tintype.journal import NoJournal, open_journal
from tintype.models import Task

_PATIENCE = 60.0


class Setup:
    """The parts of a client.

    Attributes:
        providers: The plugins and the accounts with them.
        journal: Where paid work is written down.
        conversations: What can be said to each provider.
        comparing: The flows that ask several of them.
        routing: The flows that draw, at one or at the first of several that can.
        claims: The records it is at work on.
        webhooks: What providers' calls say.
        results: The flows that bring images.
        keyed_calls: The flows that draw once for each key.
        batches: The flows that draw many requests.
        observers: Who is told of every effect.
        patience: Seconds for which a journal's database is waited for: as long as for a provider.
    """

    def __init__(self, accounts: Iterable[Account], environ: Variables, options: Options) -> None:
        registry = Registry(options.plugins, options.wrappers)
        self.providers = Providers(registry, accounts, environ, proxy=options.proxy)
        registry.check(each.provider for each in options.budgets if each.provider is not None)
        self.journal = open_journal(options.journal, environ)
        self._owns_journal = self.journal is not options.journal
        if options.budgets and isinstance(self.journal, NoJournal):
            msg = "A budget is kept in a journal: give one, or set TINTYPE_JOURNAL."
            raise UsageError(msg)
        self.conversations = Conversations(self.providers, options, self.journal)
        self.comparing = Comparing(
            providers=self.providers, conversations=self.conversations, journal=self.journal
        )
        self.routing = Routing(self.conversations, self.comparing, self.providers.clock)
        self.claims = Claims(self.journal)
        self.webhooks = Webhooks(self.providers, self.conversations, self.journal)
        self.results = Results(self.providers, self.conversations, options.on_mismatch)
        self.keyed_calls = KeyedCalls(self.routing, self.journal, self.claims, self.results)
        self.batches = Batches(
            choices=options,
            journal=self.journal,
            claims=self.claims,
            comparing=self.comparing,
            routing=self.routing,
            results=self.results,
        )
        self.observers = Observers(options.observers)
        self.patience = options.request_timeout or _PATIENCE
        self._cancels = options.cancel_on_exit
        self._width = options.width or 1

    def cancellations(self, trail: Trail) -> list[tuple[str, Flow[Task]]]:
        """The flows that cancel what an abandoned flow left running, one a task, each with whom.

        None for a task that another flow is at work on: somebody waits for it.
        """
        if not self._cancels:
            return []
        left = [task for task in trail.running if not self.claims.is_followed(task.record)]
        return [(task.provider, self.conversations.of(task.provider).cancel(task)) for task in left]

    def width(self, given: int | None) -> int:
        """How much one call does at a time, where it may say so itself."""
        return check_width(given) or self._width

    def close(self) -> None:
        """Close the journal, if it was opened here."""
        if self._owns_journal:
            self.journal.close()
