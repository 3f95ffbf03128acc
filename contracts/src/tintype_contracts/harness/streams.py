"""Documented streams put together: what one shows first, and how another ends."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from tintype.exchange import Operation
from tintype.models import Task
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Turn, documented_answers, hear, listen

_END: Turn = (Operation.END, None)


def shown_and_broken(subject: Subject) -> Iterator[tuple[Answer, tuple[Turn, ...]]]:
    """Each documented stream up to its first picture, and then an error that one documents."""
    streams = [answer for answer in documented_answers(subject) if answer.streamed]
    errors = list(dict.fromkeys(turn for answer in streams for turn in _errors(subject, answer)))
    for answer in streams:
        shown = _until_a_picture(subject, answer)
        for error in errors if shown else ():
            yield answer, (*shown, error, _END)


def _until_a_picture(subject: Subject, answer: Answer) -> tuple[Turn, ...]:
    for count, said in enumerate(listen(subject, answer)[:-1], start=1):
        if isinstance(said, Task) and said.images and not said.errors:
            return answer.turns[:count]
    return ()


def _errors(subject: Subject, answer: Answer) -> Iterator[Turn]:
    """The events that fail a task by themselves."""
    for turn in answer.turns[:-1]:
        said = hear(subject, evolve(answer.context, task=None), turn)
        if isinstance(said, Task) and said.errors and not said.images:
            yield turn
