"""Inbound webhooks: whether they are proven, and of which task they speak."""

from __future__ import annotations

from attrs import evolve

from tintype._client.conversations import A_TASK, Conversations
from tintype._client.providers import Providers
from tintype._doors import held
from tintype._flow.conversation import Heard
from tintype._flow.effects import Flow
from tintype._flow.settle import named_by
from tintype.errors import Outcome
from tintype.journal import Journal, JournalRecord
from tintype.messages import Delivery
from tintype.models import Task


class Webhooks:
    """Inbound webhooks, read against the tasks that the journal knows."""

    def __init__(
        self, providers: Providers, conversations: Conversations, journal: Journal
    ) -> None:
        self._providers = providers
        self._conversations = conversations
        self._journal = journal

    def proving(self, provider: str, delivery: Delivery) -> Flow[bool]:
        """The flow that tells whether a webhook's signature proves its body."""
        secrets = self._providers.account(provider).webhook_secrets
        return self._conversations.of(provider).prove(delivery, secrets)

    def heard(
        self, provider: str, delivery: Delivery, named: str, task: Task | None = None
    ) -> Heard:
        """A webhook as it is read, of the task as the journal knows it. It may block.

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
            held(task, Task, "task", A_TASK)
        conversation = self._conversations.of(provider)
        redactor = self._providers.keyring(provider).redactor  # who proved it needed what came
        delivery = evolve(
            delivery,
            body=redactor.body(delivery.body),
            headers=redactor.headers(delivery.headers),
        )
        if task is None:
            first = conversation.hear(delivery)
            task = self._known(provider, first.hint.id, named)
            if task is None:
                return first
        return conversation.hear(delivery, task)

    def _known(self, provider: str, task_id: str, named: str) -> Task | None:
        """The task that a webhook may speak of, as the journal knows it, or None.

        What the URL names counts only where its token is the record's, and for a submission
        whose answer was lost or is still to come: one that has its task keeps it, and what was
        rejected has none.
        """
        record = self._journal.find(provider, task_id)
        if record is not None:
            return record.task
        found: dict[str, JournalRecord] = {}

        def proven(record: str) -> str:
            found.update({each.id: each for each in self._journal.records([record])})
            return found[record].callback if record in found else ""

        lost = found.get(named_by(named, proven))
        if lost is None or lost.provider != provider or not _awaits_its_task(lost):
            return None
        return Task(
            provider=provider, record=lost.id, request=lost.request, created_at=lost.created_at
        )


def _awaits_its_task(record: JournalRecord) -> bool:
    return record.task is None and record.outcome in {None, Outcome.UNKNOWN}
