"""Replay: one exchange played to a plugin, told for its author."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.contracts import reference
from tests.contracts.changed import changed, dropping, findings, instead, sent

from tintype.errors import UsageError
from tintype.models import TaskState, Update
from tintype_contracts.case import Case
from tintype_contracts.cli.contracts import command
from tintype_contracts.fixtures.loader import installed
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Broken
from tintype_contracts.runner.asked import ask_for
from tintype_contracts.runner.replay import replay, replay_text
from tintype_contracts.runner.run import subject_of

NAME = "reference_by_id"


@pytest.fixture
def subject() -> Subject:
    """A good plugin and what its provider documents."""
    return reference.subject(NAME)


def _first(subject: Subject, operation: str) -> str:
    """The first exchange of that operation that ends in a task."""
    return next(
        exchange.id
        for exchange in subject.exchanges(operation)
        if exchange.expect.outcome == "task"
    )


def test_a_good_plugin_does_as_documented(subject: Subject) -> None:
    """Both halves are compared: what is sent, and what is made of the answer."""
    found = replay(subject, Case(place=_first(subject, "submit")))
    assert found.holds
    text = replay_text(found, subject.info.auth.shown[1])
    assert "= as documented" in text
    assert "= as expected" in text
    assert "a Task" in text


@pytest.mark.parametrize("name", [*reference.NAMES, *installed()])
def test_every_exchange_can_be_replayed(name: str) -> None:
    """Submissions, polls, streams that are cut short, refusals, webhooks: each is as expected."""
    subject = reference.subject(name) if name in reference.NAMES else subject_of(name)
    for exchange in subject.exchanges():
        found = replay(subject, Case(place=exchange.id))
        assert found.holds, replay_text(found)
        assert exchange.id in replay_text(found)


def test_a_request_that_differs_is_told_by_its_pointer() -> None:
    """Expected and got, at the place."""
    subject = changed(NAME, sent(n="many"))
    found = replay(subject, Case(place=_first(subject, "submit")))
    assert not found.holds
    assert [difference.pointer for difference in found.request] == ["/json/n"]
    assert "! /json/n: expected" in replay_text(found)


def test_a_mutated_answer_is_told_and_not_compared(subject: Subject) -> None:
    """The documents expect nothing of an answer that they do not show."""
    name = _first(subject, "poll")
    pointer = subject.fixtures.states.at
    found = replay(subject, Case.of(name, [f'{pointer}="no such word"']))
    assert found.holds
    assert found.outcome == ()
    text = replay_text(found)
    assert f'with {pointer}="no such word"' in text
    assert "UnknownStatusError" in text


def test_an_exchange_is_played_with_what_the_provider_chooses(subject: Subject) -> None:
    """Another id, other sides: the documents go on to be compared, their placeholders filled so."""
    found = replay(subject, Case.of("generated/done", ["id=Zz/0 ä", "sides=96x64"]))
    assert found.holds, replay_text(found)
    text = replay_text(found, subject.info.auth.shown[1])
    assert "/tasks/Zz%2F0%20%C3%A4" in text
    assert '"width": 96' in text


def test_what_no_provider_chooses_is_a_usage_error() -> None:
    """The sentence names what can be chosen."""
    asked = ["replay", "apiin", "generated/done", "--mutate", "colour=red"]
    ended = CliRunner().invoke(command, asked)
    assert ended.exit_code == 2
    assert "id, now, sides, url" in ended.stderr


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        (("model=silver-2", "resolution=2K", "references=2"), 0, "= as the table admits"),
        (("resolution=8K",), 0, "is refused"),
        (("model=gold-1",), 2, "silver-1"),
    ],
)
def test_an_operation_is_asked_for_fields(
    subject: Subject, asked: tuple[str, ...], status: int, words: str
) -> None:
    """What is sent for them, or why nothing is; a slip names what there is."""
    if status:
        with pytest.raises(UsageError, match=words):
            ask_for(subject, Case.of("submit", asked), "{key}")
        return
    found = ask_for(subject, Case.of("submit", asked), "{key}")
    assert found.holds
    assert words in found.text


def test_a_finding_about_a_request_is_shown_by_replay() -> None:
    """The model and the fields that it carries are what is asked for, and the fault is seen."""
    drop = dropping("output_format", lambda request: request.resolution)
    dropped = changed(NAME, drop)
    first = findings("request.fields-together", dropped)[0]
    case = Case.of(first.exchange, first.mutations)
    assert case.place == "submit"
    assert "output_format" not in ask_for(dropped, case, "{key}").text
    assert "output_format" in ask_for(reference.subject(NAME), case, "{key}").text


def test_what_no_hook_may_do_is_told() -> None:
    """A KeyError is not one of tintype's errors."""
    subject = changed(NAME, instead("parse", lambda exchange: {}[exchange]))
    found = replay(subject, Case(place=_first(subject, "submit")))
    assert isinstance(found.heard, Broken)
    assert not found.holds
    assert "what no hook may: parse() raised KeyError" in replay_text(found)


def test_a_success_without_an_image_is_told() -> None:
    """The documents expect nothing of a mutated answer, and yet no hook may say this."""
    done = Update(id="task-1", state=TaskState.SUCCEEDED)
    subject = changed(NAME, instead("parse", lambda _: done))
    found = replay(subject, Case.of(_first(subject, "poll"), ["/images=[]"]))
    assert not found.holds
    assert "what no hook may: the task is succeeded and has no image" in replay_text(found)


@pytest.mark.parametrize(
    ("name", "mutation", "words"),
    [
        ("generated/nothing", "", "has no exchange"),
        ("", "/lost/deeper=1", "no such place"),
    ],
)
def test_a_place_that_is_not_there_is_a_usage_error(
    subject: Subject, name: str, mutation: str, words: str
) -> None:
    """The sentence names what there is."""
    with pytest.raises(UsageError, match=words):
        replay(subject, Case.of(name or _first(subject, "poll"), [mutation][: len(mutation)]))


def test_the_command_prints_both_sides() -> None:
    """Exit 0 as documented; no picture is printed."""
    done = CliRunner().invoke(command, ["replay", "openrouter", "generated/drawn"])
    assert done.exit_code == 0, done.output
    assert "POST https://openrouter.ai/api/v1/images" in done.output
    assert "with the key, as Bearer {key}" in done.output
    assert "bytes>" in done.output
    assert "iVBOR" not in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody", "generated/drawn"],
        ["openrouter", "generated/lost"],
        ["openrouter", "generated/drawn", "--mutate", "status"],
        ["openrouter", "submit", "--mutate", "image_weight=50"],
        ["openrouter", "generated/drawn", "--mutate", "/model=other"],
        ["openrouter", "generated/drawn", "--mutate", "/lost/x=1"],
    ],
)
def test_misuse_is_a_sentence(arguments: list[str]) -> None:
    """Exit 2, and nothing on stdout."""
    done = CliRunner().invoke(command, ["replay", *arguments])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("tintype: ")
