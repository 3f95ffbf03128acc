"""state: a task is where its provider says it is, in documented words, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from attrs import evolve

from tintype.convert import from_json, to_json
from tintype.errors import TintypeError, UnknownStatusError
from tintype.messages import Request
from tintype.models import Task, TaskState
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks import state_in_time, state_walks
from tintype_contracts.harness.lifecycle import (
    documented_states,
    expected_state,
    said_state,
    statuses,
    words_of,
)
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    Broken,
    Parsed,
    documented_answers,
    hear,
    listen,
    verdict,
)
from tintype_contracts.strategies.mutations import Mutation

__all__ = ["state_in_time", "state_walks"]  # their checks belong to this group

_OTHER_ID = "resumed-7"


@check("state.words-mean-what-is-documented", level=2)
def words_mean_what_is_documented(subject: Subject) -> Iterator[Finding]:
    """Every documented status word leads to the state that it is documented to mean.

    Each word of the `states` table is put into an answer that another word of the same
    meaning stands in. Add the word to the plugin's table, and read it with
    `tintype.convert.translate`.
    """
    meanings = words_of(documented_states(subject))
    seen: set[str] = set()
    for answer, pointer, word in statuses(subject):
        meaning = _meaning(word, meanings)
        state = expected_state(answer.exchange)
        if meaning is None or state is None:
            continue
        for other in [each for each, what in meanings.items() if what == meaning]:
            seen.add(other)
            mutation = Mutation(pointer=pointer, value=other)
            if answer.streamed:
                yield from _not_known(subject, answer, mutation)
                continue
            yield from _misread(subject, answer, mutation, state)
    yield from _unheard(subject, meanings, seen)


@check("state.unknown-words-are-errors", level=2)
def unknown_words_are_errors(subject: Subject) -> Iterator[Finding]:
    """A status that no document lists is an error of this answer: not a success, nor an end.

    It is raised as an UnknownStatusError or another ProtocolError, so that the core asks
    again until the deadline. A plugin that takes an unknown word for "running" waits for
    ever; one that looks for "complete" in it takes "incomplete" for a success. Use
    `tintype.convert.translate` with a table of whole words, and no default. Capitals and
    blanks around a word make no other word of it.
    """
    known = {word.casefold() for word in words_of(documented_states(subject))}
    for answer, pointer, word in statuses(subject):
        if expected_state(answer.exchange) is None:
            continue
        for other in _near_misses(word):
            if not other and (answer.streamed or answer.exchange.operation == "submit"):
                continue  # an event has a name beside its type; a create names its task
            if other.casefold() not in known:
                mutation = Mutation(pointer=pointer, value=other)
                yield from _taken_for_known(subject, answer, mutation)


@check("state.told-twice-is-told-once", level=2)
def told_twice_is_told_once(subject: Subject) -> Iterator[Finding]:
    """The same end told twice, by a webhook and a poll, is the same task.

    Webhooks are delivered again, and a poll may tell what a webhook told. What an answer
    says in full takes the place of what was there: images are not added to images that the
    same answer brought before.
    """
    looked = False
    for answer in documented_answers(subject):
        if answer.exchange.operation not in {"poll", "webhook"}:
            continue
        first = verdict(subject, answer)
        if not isinstance(first, Task) or not first.state.terminal:
            continue
        looked = True
        again = hear(subject, evolve(answer.context, task=first), answer.turns[0])
        if not _alike(first, again):
            yield Finding(
                message="Told a second time, the same end is another task. Take what the answer "
                "says in place of what the task had.",
                expected=_gist(first),
                got=_gist(again) if isinstance(again, Task) else said_state(again),
                exchange=answer.exchange.id,
                src=answer.exchange.src,
            )
    if not looked:
        msg = "The documents show no end that is told by a poll or a webhook."
        raise NotApplicable(msg)


@check("state.resumes-elsewhere", level=2)
def resumes_elsewhere(subject: Subject) -> Iterator[Finding]:
    """A running task goes to JSON and is asked for again by a process that never saw it.

    `notes` hold what `poll` needs besides the id, as plain JSON; nothing is kept in the
    module. A task is told to a new process by `to_json`, and a task of another id, which
    this process has never seen, can be asked for as well.
    """
    looked = False
    for answer in documented_answers(subject):
        task = verdict(subject, answer)
        if not isinstance(task, Task) or task.state.terminal or answer.streamed:
            continue
        looked = True
        for message, got in _lost_on_the_way(subject, task):
            yield Finding(
                message=message,
                expected="the same request as in the process that submitted",
                got=got,
                exchange=answer.exchange.id,
                src=answer.exchange.src,
            )
    if not looked:
        msg = "No documented answer leaves a task running."
        raise NotApplicable(msg)


# ------------------------------------------------------------------------------ words


def _meaning(word: str, meanings: Mapping[str, str]) -> str | None:
    """What a word means, in any case of letters."""
    folded = {known.casefold(): meaning for known, meaning in meanings.items()}
    return meanings.get(word) or folded.get(word.casefold())


def _misread(
    subject: Subject, answer: Answer, mutation: Mutation, state: TaskState
) -> Iterator[Finding]:
    said = verdict(subject, answer.saying(mutation.apply(answer.body)))
    if not isinstance(said, Task) or said.state is not state:
        yield Finding(
            message=f"The status {mutation.value!r} is documented to be {state}, and is read "
            f"as {said_state(said)}. Add it to the plugin's table of states.",
            expected=str(state),
            got=said_state(said),
            pointer=mutation.pointer,
            exchange=answer.exchange.id,
            src=documented_states(subject).src,
            mutations=(str(mutation),),
        )


def _not_known(subject: Subject, answer: Answer, mutation: Mutation) -> Iterator[Finding]:
    """An event's type that the plugin does not know; what it leads to is the stream's affair."""
    heard = listen(subject, answer.saying(mutation.apply(answer.body)))
    said = heard[min(_event_index(mutation), len(heard) - 1)]
    if isinstance(said, UnknownStatusError | Broken):
        yield Finding(
            message=f"The documented event {mutation.value!r} is not known to the plugin.",
            expected="an event that is read",
            got=said_state(said),
            pointer=mutation.pointer,
            exchange=answer.exchange.id,
            src=documented_states(subject).src,
            mutations=(str(mutation),),
        )


def _event_index(mutation: Mutation) -> int:
    return int(mutation.pointer.split("/")[1])


def _unheard(subject: Subject, meanings: Mapping[str, str], seen: set[str]) -> Iterator[Finding]:
    """Words that no answer could be found for, in a table that is not of events."""
    if any(answer.streamed for answer, _, _ in statuses(subject)):
        return
    for word in sorted(meanings.keys() - seen):
        yield Finding(
            message=f"No documented answer shows a task that is {meanings[word]}, so the word "
            f"{word!r} cannot be tried. Add an exchange that has it.",
            src=documented_states(subject).src,
        )


def _near_misses(word: str) -> Iterator[str]:
    yield from ("a status nobody has heard of", "", f"{word}x", f"un{word}", f"not {word}")


def _taken_for_known(subject: Subject, answer: Answer, mutation: Mutation) -> Iterator[Finding]:
    said = _said_of_it(subject, answer, mutation)
    if isinstance(said, TintypeError):
        return
    yield Finding(
        message=f"The status {mutation.value!r}, which no document lists, is read as "
        f"{said_state(said)}. Read it with tintype.convert.translate, and give no default.",
        expected="an UnknownStatusError, or another ProtocolError",
        got=said_state(said),
        pointer=mutation.pointer,
        exchange=answer.exchange.id,
        src=documented_states(subject).src,
        mutations=(str(mutation),),
    )


def _said_of_it(subject: Subject, answer: Answer, mutation: Mutation) -> Parsed:
    """What is made of the very answer that the word stands in.

    An event that tells nothing leaves the task as it was, and a failure that has a name no
    document lists is still a failure: of a stream only what is gained counts.
    """
    heard = listen(subject, answer.saying(mutation.apply(answer.body)))
    if not answer.streamed:
        return heard[0]
    at = _event_index(mutation)
    said, before = heard[min(at, len(heard) - 1)], heard[at - 1] if at else Task()
    drawn = len(before.images) if isinstance(before, Task) else 0
    gained = isinstance(said, Task) and (
        len(said.images) > drawn or said.state is TaskState.SUCCEEDED
    )
    return said if gained or isinstance(said, Broken) else UnknownStatusError("It says nothing.")


# ------------------------------------------------------------------------------ tasks


def _alike(first: Task, again: Parsed) -> bool:
    return isinstance(again, Task) and _gist(first) == _gist(again)


def _gist(task: Task) -> tuple[object, ...]:
    """What a caller sees of a task."""
    return (str(task.state), task.id, task.images, task.errors, task.cost, str(task.billed))


def _lost_on_the_way(subject: Subject, task: Task) -> Iterator[tuple[str, object]]:
    try:
        json.dumps(dict(task.notes))
        back = from_json(to_json(task), Task)
    except (TintypeError, TypeError, ValueError) as error:
        yield "The task cannot be written down: its notes have to be plain JSON.", str(error)
        return
    here, there = _question(subject, task), _question(subject, back)
    if here != there:
        yield "From its JSON the task is asked for in another way.", there
    unseen = _question(subject, evolve(back, id=_OTHER_ID))
    if isinstance(unseen, Broken) or (here is None) != (unseen is None):
        yield "A task that this process has never seen cannot be asked for.", unseen


def _question(subject: Subject, task: Task) -> Request | Broken | None:
    try:
        asked: object = subject.hooks.poll(task=task)
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        return Broken(deed=f"poll() raised {type(error).__name__}: {error}")
    if asked is None or isinstance(asked, Request):
        return asked
    return Broken(deed=f"poll() returned a {type(asked).__name__}")
