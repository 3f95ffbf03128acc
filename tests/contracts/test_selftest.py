"""Bent plugins: what the checks notice, and what they say when they do not."""

from __future__ import annotations

import pytest
from attrs import evolve
from click.testing import CliRunner

from tintype.messages import Request
from tintype.request import ImageRequest
from tintype_contracts import reference
from tintype_contracts.check import Check
from tintype_contracts.commands.contracts.selftest import command, told
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.harness.subject import Subject
from tintype_contracts.selftest import MUTATORS, Call, Mutator, Trial, bend, selftest
from tintype_contracts.selftest.trial import passing

BY_NAME = {mutator.name: mutator for mutator in MUTATORS}
SOME = tuple(
    BY_NAME[name]
    for name in ("drop-a-parameter", "images-reversed", "seed-dropped", "error-swallowed")
)


@pytest.fixture(scope="module")
def checks() -> tuple[Check, ...]:
    """The checks that the plugin which is polled at a URL passes."""
    return passing(reference.subject("reference_by_url"))


@pytest.fixture(scope="module")
def trial(checks: tuple[Check, ...]) -> Trial:
    """Some mutants of that plugin."""
    return selftest(reference.subject("reference_by_url"), SOME, checks)


def test_there_are_many_ways_to_break_a_plugin() -> None:
    """No two mutators share a name, and each says what it breaks and what to add."""
    assert len(BY_NAME) == len(MUTATORS) >= 25
    assert all(mutator.breaks and mutator.missing for mutator in MUTATORS)


def test_the_checks_notice_a_bent_plugin(trial: Trial) -> None:
    """Each mutant of a well documented plugin is killed, by a check that is named."""
    assert {fate.mutator.name for fate in trial.fates} == {mutator.name for mutator in SOME}
    assert trial.survivors == ()
    assert trial.score == 1
    assert trial.summary.killed == len(SOME)


@pytest.mark.parametrize("mutator", MUTATORS, ids=lambda mutator: mutator.name)
def test_a_mutator_leaves_alone_what_it_does_not_bend(mutator: Mutator) -> None:
    """An answer that a mutator has nothing to say of comes back as the very same value."""
    other = ImageRequest(prompt="a kite")
    call = Call(hook="poll", answer=other, fixtures=reference.fixtures("reference_by_id"))
    assert mutator.bend(call) is other


def test_a_bent_plugin_answers_through_its_own_hooks() -> None:
    """The wrapper changes one thing of what the plugin itself answers, and counts it."""
    good = reference.subject("reference_by_id")
    bent = bend(good.plugin, good.fixtures, BY_NAME["submit-in-clear"])
    request = ImageRequest(prompt="a kite", model="silver-1")
    whole, changed = (subject.hooks.submit(request=request) for subject in (good, bent.subject))
    assert isinstance(whole, Request)
    assert changed == evolve(whole, url=whole.url.replace("https://", "http://"))
    assert bent.wrapper.bent == 1


def test_a_mutator_that_finds_nothing_to_bend_is_not_counted(checks: tuple[Check, ...]) -> None:
    """A plugin without webhooks is not blamed for nobody noticing that they are ignored."""
    trial = selftest(reference.subject("reference_by_url"), [BY_NAME["webhook-ignored"]], checks)
    assert trial.fates == ()
    assert trial.idle == ("webhook-ignored",)
    assert trial.score == 0


def thin(fixtures: Fixtures) -> Fixtures:
    """Documents that do not expect the order of images, nor anything of them."""
    story = fixtures.stories["generated"]
    lean = {
        name: evolve(exchange, expect=evolve(exchange.expect, fields={"state": "succeeded"}))
        if exchange.operation == "poll" and exchange.expect.fields["state"] == "succeeded"
        else exchange
        for name, exchange in story.exchanges.items()
    }
    stories = {**fixtures.stories, "generated": evolve(story, exchanges=lean)}
    del stories["generated_from_references"]
    return evolve(fixtures, stories=stories)


def test_thin_fixtures_let_a_mutant_survive_and_are_told_what_they_lack() -> None:
    """A cost that no exchange expects can be lost unnoticed; the survivor says so."""
    good = reference.subject("reference_by_url")
    poor = Subject(good.plugin, thin(good.fixtures))
    trial = selftest(poor, [BY_NAME["cost-lost"]])
    assert [fate.mutator.name for fate in trial.survivors] == ["cost-lost"]
    assert "an exchange that expects a cost" in told(trial, quiet=True)


def test_the_command_refuses_a_provider_that_is_not_installed() -> None:
    """A name that nobody has installed is misuse: one sentence, status 2."""
    ended = CliRunner().invoke(command, ["nobody"])
    assert ended.exit_code == 2
    assert "nobody" in ended.output
