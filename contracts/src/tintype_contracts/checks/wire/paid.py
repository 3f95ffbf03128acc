"""What was paid for, over real sockets: both clients keep what the hooks keep."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from tintype.errors import TintypeError
from tintype.messages import Response, ServerSentEvent
from tintype.models import Task
from tintype_contracts.check import Finding, check
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer as Told
from tintype_contracts.harness.variants import verdict
from tintype_contracts.oracles.kept import is_to_be_kept
from tintype_contracts.oracles.paid import same_images
from tintype_contracts.oracles.paid_trials import BESIDE, DECISIVE, Role, Trial, trials_of
from tintype_contracts.wire.answers import Answer
from tintype_contracts.wire.callers import Caller
from tintype_contracts.wire.stage import Stage
from tintype_contracts.wire.witness import Unheard

_OK = 200


@check("wire.odd-values-cost-no-picture", level=3)
def odd_values_cost_no_picture(subject: Subject) -> Iterator[Finding]:
    """Both clients bring home a picture that stands beside an odd value.

    `generous.odd-values-cost-no-picture` over TLS: one value of each kind in each answer that
    holds a picture or leads to one. The task that comes out of the client has to be the one
    that the hooks made, with its images, its state and its id.
    """
    with Stage(subject, witness=Unheard) as stage:
        for trial in _one_a_kind(subject, BESIDE):
            usual = verdict(subject, trial.told)
            for caller in stage.callers:
                wrong = _differs(stage, trial, caller, usual)
                if wrong:
                    yield _finding(trial, caller, wrong)


@check("wire.unread-answers-are-kept", level=3)
def unread_answers_are_kept(subject: Subject) -> Iterator[Finding]:
    """Both clients keep an answer that nobody understands, to be read again.

    `strict.nothing-decisive-is-guessed` over TLS: one odd value of each kind where an answer
    decides, in the answer to a submission and in the one to a poll. The error that the client
    raises has to hold the answer's bytes, so that `client.read_again` can read them with
    another plugin. Raise a ProtocolError: a refusal that is not billed is not kept.
    """
    with Stage(subject, witness=Unheard) as stage:
        for trial in _one_a_kind(subject, DECISIVE):
            for caller in stage.callers if is_to_be_kept(trial) else ():
                wrong = _lost(stage, trial, caller)
                if wrong:
                    yield _finding(trial, caller, wrong)


def _lost(stage: Stage, trial: Trial, caller: Caller) -> str:
    try:
        stage.tell(_on_the_wire(trial.told), trial.exchange, caller)
    except TintypeError as error:
        kept = error.answer.response.body if error.answer else b""
        whole = kept if trial.answer.streamed else _on_the_wire(trial.told).body
        same = bool(kept) and kept == whole
        return "" if same else f"{type(error).__name__} holds {len(kept)} bytes of the answer"
    return "something is made of the answer"


def _finding(trial: Trial, caller: Caller, wrong: str) -> Finding:
    return Finding(
        message=f"{caller.name}: with {trial.mutation} {wrong}.",
        exchange=trial.exchange.id,
        src=trial.exchange.src,
        pointer=trial.mutation.pointer,
        mutations=(str(trial.mutation),),
    )


def _differs(stage: Stage, trial: Trial, caller: Caller, usual: object) -> str:
    try:
        task = stage.tell(_on_the_wire(trial.told), trial.exchange, caller)
    except TintypeError as error:
        return f"the client raises {type(error).__name__}: {error}"
    if not isinstance(task, Task) or not isinstance(usual, Task):
        return "nothing comes of it"
    same = (task.state, task.id) == (usual.state, usual.id)
    whole = same and same_images(task.images, usual.images)
    return "" if whole else f"the task is {task.state} with {len(task.images)} images"


def _one_a_kind(subject: Subject, role: Role) -> tuple[Trial, ...]:
    """One value of each kind an answer that a client asks for; which one follows from its name."""
    found: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials_of(subject, role):
        if trial.exchange.request is not None and not trial.wrong:
            found.setdefault((trial.exchange.id, trial.kind), []).append(trial)
    return tuple(some[crc32("".join(of).encode()) % len(some)] for of, some in found.items())


def _on_the_wire(told: Told) -> Answer:
    """An answer as a server says it."""
    messages = [message for _, message in told.turns]
    match messages[0]:
        case Response(status=status, headers=headers, body=body):
            return Answer(status=status, headers=headers, body=body)
        case _:
            events = [each for each in messages if isinstance(each, ServerSentEvent)]
            kind = (("Content-Type", "text/event-stream"),)
            return Answer(status=_OK, headers=kind, body=b"".join(map(_event, events)))


def _event(event: ServerSentEvent) -> bytes:
    lines = "".join(f"data: {line}\n" for line in event.data.split("\n"))
    return f"event: {event.event}\n{lines}\n".encode()
