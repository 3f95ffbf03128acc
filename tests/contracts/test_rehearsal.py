"""A plugin played through documents: a scene goes by what the plugin itself has said."""

from __future__ import annotations

import pytest
from tests.contracts import reference
from tests.contracts.changed import BY_ID, Hook, around, before, changed, instead

from tintype.exchange import Exchange, Operation
from tintype.messages import Request
from tintype.models import Task
from tintype_contracts.oracles.curl import (
    command_differences,
    exchange_printed_in,
    printed_commands,
)


def test_the_true_plugin_sends_what_the_printed_commands_send() -> None:
    """A JSON body, a look at a task."""
    subject = reference.subject(BY_ID)
    commands = dict(printed_commands(subject.fixtures))
    assert sorted(commands) == ["create_curl", "poll_curl"]
    for source, curl in commands.items():
        exchange = exchange_printed_in(subject.fixtures, source)
        assert exchange is not None
        assert command_differences(subject.rehearsal, exchange, curl) == []


def test_another_exception_is_not_swallowed() -> None:
    """A plugin that raises what is no error of tintype's is broken, and shows where."""
    subject = changed(BY_ID, before(lambda: {}["id"], "parse"))
    with pytest.raises(KeyError):
        subject.rehearsal.tell(subject.fixtures.exchanges["generated/create"])


def test_a_poll_goes_by_what_the_submission_said() -> None:
    """The task in a scene is the one that the plugin itself read from the answer before."""
    seen: list[Task] = []

    def poll(task: Task) -> Request:
        seen.append(task)
        return Request.get(f"https://api.by-id.test/v1/tasks/{task.id}")

    subject = changed(BY_ID, instead("poll", poll))
    subject.rehearsal.ask(subject.fixtures.exchanges["generated/done"])
    assert [task.id for task in seen] == ["task-1"]


def test_a_stream_is_told_with_its_head() -> None:
    """Beside every event, and beside its end; any other answer has its head in itself."""
    heads = []

    def parse(do: Hook, exchange: Exchange) -> object:
        heads.append((exchange.operation, exchange.head))
        return do(exchange)

    subject = changed("openrouter", around("parse", parse))
    streamed, whole = (
        next(each for each in subject.exchanges("submit") if each.story == story)
        for story in ("streamed", "generated")
    )
    subject.rehearsal.tell(streamed)
    assert {operation for operation, _ in heads} == {Operation.EVENT, Operation.END}
    assert all(
        head and dict(head.headers) == {"Content-Type": "text/event-stream"} for _, head in heads
    )
    heads.clear()
    subject.rehearsal.tell(whole)
    assert heads == [(Operation.SUBMIT, None)]
