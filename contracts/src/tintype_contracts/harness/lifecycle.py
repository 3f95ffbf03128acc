"""What the documents say of a task's life: its status words, and the answers that tell them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from tintype.errors import TintypeError
from tintype.models import Task, TaskState
from tintype.request import ImageRequest
from tintype_contracts.check import NotApplicable
from tintype_contracts.fixtures.format import DocumentedExchange, States
from tintype_contracts.fixtures.pointers import get, is_array, join
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Broken, documented_answers, verdict

_MEANINGS = ("running", "succeeded", "failed", "refused", "canceled", "expired")
_RUNNING = TaskState.RUNNING


def documented_states(subject: Subject) -> States:
    """The table of status words.

    Raises:
        NotApplicable: There is none.
    """
    if subject.fixtures.states is None:
        msg = "The provider documents no status words."
        raise NotApplicable(msg)
    return subject.fixtures.states


def words_of(states: States) -> Mapping[str, str]:
    """What each word means, as the table has it."""
    return {
        word: meaning
        for meaning in _MEANINGS
        for word in cast("tuple[str, ...]", getattr(states, meaning))
    }


def statuses(subject: Subject) -> Iterator[tuple[Answer, str, str]]:
    """Each documented answer with a status in it: the answer, its pointer, and the word."""
    states = documented_states(subject)
    for answer in documented_answers(subject):
        for pointer in _pointers(answer, states):
            word = get(answer.body, pointer)
            if isinstance(word, str):
                yield answer, pointer, word


def _pointers(answer: Answer, states: States) -> Iterator[str]:
    """Where the status may stand: at its pointer, in each event where it is a stream."""
    if answer.streamed and is_array(answer.body):
        yield from (f"{join('', index)}{states.at}" for index, _ in enumerate(answer.body))
    else:
        yield answer.at(states.at)


def expected_state(exchange: DocumentedExchange) -> TaskState | None:
    """The state that the documents expect of an exchange's task, or None."""
    word = exchange.expect.fields.get("state")
    if exchange.expect.outcome != "task" or not isinstance(word, str):
        return None
    return TaskState(word)


def submitted(subject: Subject) -> Answer:
    """An answer that accepts a task and leaves it running.

    Raises:
        NotApplicable: No documented submission does, or nothing is asked afterwards.
    """
    for answer in documented_answers(subject):
        runs = expected_state(answer.exchange) is _RUNNING and answer.exchange.case is not None
        if answer.exchange.operation == "submit" and runs and not answer.streamed:
            return answer
    msg = "Every submission is answered with the end of its task."
    raise NotApplicable(msg)


def accepted(subject: Subject) -> Task:
    """The running task that the plugin makes of `submitted`.

    Raises:
        NotApplicable: There is none, or the plugin makes no running task of it.
    """
    said = verdict(subject, submitted(subject))
    if isinstance(said, Task) and not said.state.terminal:
        return said
    why = said.deed if isinstance(said, Broken) else type(said).__name__
    msg = f"The plugin makes no running task of the documented submission ({why})."
    raise NotApplicable(msg)


def looks(subject: Subject, *, running: bool) -> list[Answer]:
    """The answers to a poll that leave the task running, or those that end it.

    Raises:
        NotApplicable: There are none.
    """
    found = [
        answer
        for answer in documented_answers(subject)
        if answer.exchange.operation == "poll"
        and (state := expected_state(answer.exchange)) is not None
        and (state is _RUNNING) == running
    ]
    if not found:
        msg = "The documents show no answer to a poll."
        raise NotApplicable(msg)
    return found


def asked(answer: Answer) -> ImageRequest:
    """The request that an answer's scene begins with."""
    return answer.context.request or ImageRequest(prompt="a picture")


def said_state(said: object) -> str:
    """How a verdict is told: its state, or the error."""
    match said:
        case Task():
            return str(said.state)
        case Broken():
            return said.deed
        case TintypeError():
            return f"{type(said).__name__}: {said}"
        case _:
            return type(said).__name__
