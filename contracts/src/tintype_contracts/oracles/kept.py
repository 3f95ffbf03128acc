"""Answers that nobody understands, and whether the core keeps them to be read again."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from tintype._flow.conversation import Conversation
from tintype._flow.effects import Flow
from tintype.errors import TintypeError
from tintype.models import Task
from tintype_contracts.harness.lifecycle import asked
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import answer_of
from tintype_contracts.harness.virtual_time import course, in_order
from tintype_contracts.oracles.paid_trials import Trial


def is_to_be_kept(trial: Trial) -> bool:
    """Whether an answer was asked for, and tells nothing: a webhook is a hint, and no answer."""
    return trial.unread and trial.exchange.operation != "webhook"


def is_kept(subject: Subject, trial: Trial) -> bool:
    """Whether the core, told such an answer, has it written down or in the error it raises."""
    before = [
        answer_of(subject, each)
        for each in subject.fixtures.scene_of(trial.exchange)
        if trial.exchange.operation == "submit" and each.operation == "upload"
    ]
    went = course(subject, _asking(subject, trial), in_order([*before, trial.told]))
    error = went.error
    return isinstance(error, TintypeError) and bool(error.kept or error.answer)


def _asking(subject: Subject, trial: Trial) -> Callable[[Conversation], Flow[Task]]:
    """The flow that asks for it."""
    if trial.exchange.operation == "submit":
        return lambda conversation: conversation.submit(asked(trial.answer))
    known = trial.answer.context.task or Task()
    task = evolve(known, provider=subject.name, request=asked(trial.answer))
    return lambda conversation: conversation.refresh(task)
