"""What was paid for and is not saved: how a shell user gets at it later."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from tintype._blame import about
from tintype._cli.report import Report
from tintype._cli.speaking import complain, say_json, tell
from tintype._client.observing import Observation
from tintype._client.stored_keys import StoredKeys
from tintype._excerpts import sentences
from tintype._flow.effects import Record
from tintype.convert import to_json
from tintype.entries import Intent, Saved, Settled, Snapshot
from tintype.errors import (
    AuthenticationError,
    Billed,
    InsufficientCreditError,
    MissingKeyError,
    NotSentError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    TaskError,
    TintypeError,
)
from tintype.models import Task


class Seen:
    """The latest snapshot of every submission that a command has made.

    Attributes:
        digests: The SHA-256 of each picture that is kept, by its place.
    """

    def __init__(self) -> None:
        self._latest: dict[object, Task] = {}
        self._unanswered: dict[str, str] = {}
        self.digests: dict[str, str] = {}

    @property
    def unanswered(self) -> Mapping[str, str]:
        """The provider of each submission under way, by its record ("" where none is kept)."""
        return self._unanswered

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The snapshots, in the submissions' order."""
        return tuple(self._latest.values())

    def observe(self, observation: Observation) -> None:
        """Follow what is written down of submissions; they are made one after another."""
        match observation.effect:
            case Record(entry=Intent()) if isinstance(observation.reply, str):
                self._unanswered[observation.reply] = observation.provider
            case Record(entry=Snapshot(task=Task(record=record)) | Settled(record=record)):
                self._unanswered.pop(record, None)
            case Record(entry=Saved(done=True, path=path, digest=digest)):
                self.digests[path] = digest
            case _:
                pass

    def note(self, task: Task) -> None:
        """Take a task's snapshot in place of the one before."""
        self._latest[_submission(task)] = task

    def forget(self, tasks: Iterable[Task]) -> None:
        """Let go of what is saved."""
        for task in tasks:
            self._latest.pop(_submission(task), None)


@contextmanager
def told_if_interrupted(command: str = "tintype") -> Iterator[Seen]:
    """Whatever was noted and not forgotten when Ctrl-C comes is told of.

    Args:
        command: How a shell calls tintype with the journal that was used.
    """
    seen = Seen()
    try:
        yield seen
    except KeyboardInterrupt:
        tell("")  # the terminal has just shown ^C
        for record, provider in seen.unanswered.items():
            complain(f"{provider}: {_unanswered(record, command)}")
        for task in seen.tasks:
            if task.state.terminal and not task.images:
                continue
            if not task.record or Report.here() is not None:
                hand_over(task)
            complain(f"{_standing(task)} {way_on(task, command)}")
        raise


def hand_over(task: Task) -> None:
    """Put a task on stdout, from which what was paid for can still be collected."""
    report = Report.here()
    if report is None:
        say_json(to_json(task))
    else:
        report.note(task)


def print_tasks(error: TintypeError) -> None:
    """Put the tasks that an error speaks of on stdout, for another process to pick up."""
    for each in _of_tasks(error):
        if each.task_json:
            say_json(each.task_json)


def words_for(error: TintypeError) -> str:
    """What an error says, its advice for a shell in place of the one for a program."""
    late = [each.task for each in _of_tasks(error) if each.advice and each.task is not None]
    advice = [*map(way_on, late), *_next_steps(error)]
    return sentences(str(about(error, advice="")), *dict.fromkeys(advice))


def tell_details(error: TintypeError) -> None:
    """What the provider itself said, a line each."""
    several = [attempt.error for attempt in error.attempts if attempt.error is not None]
    for each in several or [error]:
        for line in _details(each):
            tell(f"  {line}")


def _details(error: TintypeError) -> Iterator[str]:
    if isinstance(error, ProviderError):
        facts = {"status": error.status, "code": error.code, "request id": error.request_id}
        said = [f"{name} {value}" for name, value in facts.items() if value]
        if said:
            yield f"{error.provider}: {', '.join(said)}"
    if error.body:
        yield f"{error.provider} said: {error.body}"


def _next_steps(error: TintypeError) -> Iterator[str]:
    """What a person can do about a refusal, whatever the provider says of it."""
    match error:
        case AuthenticationError() | PermissionDeniedError() if error.advice:
            yield error.advice
        case MissingKeyError() if (stored := StoredKeys()).is_installed and error.provider:
            stored.get("")
            yield stored.trouble or f"`tintype keys set {error.provider}` keeps one."
        case InsufficientCreditError():
            yield "Top up the account at the provider, then ask again."
        case RateLimitError() | OverloadedError() if error.billed is Billed.NO:
            yield "Nothing was charged: try again later."
        case NotSentError() if proxy := _proxy_of_the_environment():
            yield f"{proxy} is set, and not read: name a proxy with --proxy, or in TINTYPE_PROXY."
        case _:
            pass


def _proxy_of_the_environment() -> str:
    """The variable by which other programs would find a proxy, or ""."""
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    return next((name for name in names if os.environ.get(name)), "")


def _of_tasks(error: TintypeError) -> list[TaskError]:
    several = [each.error for each in error.attempts if isinstance(each.error, TaskError)]
    return several or ([error] if isinstance(error, TaskError) else [])


def _unanswered(record: str, command: str) -> str:
    lost = "Nobody waited for the answer to the submission: it may go on, and be charged."
    kept = f"`{command} tasks` lists it as {record}." if record else "No journal is kept."
    return f"{lost} {kept}"


def _standing(task: Task) -> str:
    state = "is done and not saved." if task.state.terminal else "may go on, and be charged."
    return f"{task.provider}: The task {task.id or '(without an id)'} {state}"


def way_on(task: Task, command: str = "tintype") -> str:
    """What a person can do to finish a task."""
    if task.record:
        return f"Finish it with: {command} resume {task.record}"
    return "No journal is kept: it stands on stdout as JSON, for a program to wait for."


def _submission(task: Task) -> object:
    """What tells submissions apart: the journal's record; else the request each has for itself."""
    return task.record or id(task.request)
