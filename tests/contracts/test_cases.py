"""A finding is of the smallest case, and its printed command shows it again."""

from __future__ import annotations

import shlex

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.broken import ROWS
from tests.contracts.changed import changed
from tests.contracts.outside.asking import rows
from tests.core.acme import SAME_EVERY_TIME

from tintype_contracts.case import Case, smallest
from tintype_contracts.check import of_case
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.report.terminal import replay_command
from tintype_contracts.runner.replay import again

CHECKS = {check.id: check for check in all_checks()}
OUTSIDE = {(provider, row.name): row for provider, row in rows()}

# A wrong plugin of each sort of case: fields that meet, ids, addresses, prompts, references, …
SORTS = (
    ("apiin", "21:9 becomes 16:9 at quality high", "request.fields-together"),
    ("apiin", "no quality with a negative prompt", "request.fields-together"),
    ("apimodels", "no callback with two pictures", "request.fields-together"),
    ("apiin", "blank in an id polled as a plus", "request.documented-example"),
    ("apimodels", "escapes in a result's address undone", "parse.documented-answer"),
    ("apiin", "prompt put on one line", "request.prompt-unchanged"),
    ("apiyi", "references without their query", "request.references-unchanged"),
    ("apiin", "a picture given twice is sent once", "request.values-arrive"),
    ("apiin", "images the other way round", "parse.images-in-order"),
    ("apiin", "undescribed options dropped", "request.every-parameter-is-reachable"),
    ("apiin", "usage that nobody counted", "parse.nothing-is-invented"),
    ("apimodels", "an upscaler without a picture", "request.rules-between-fields"),
    ("apimodels", "cautions about transparency lost", "request.cautions-are-told"),
    ("apimodels", "results kept for seventy days", "doc.catalog-is-documented"),
    ("apiin", "edits quoted at 24 credits", "price.documented-table"),
    ("apimodels", "n as an option costs nothing", "price.options-are-not-free"),
)


@pytest.mark.parametrize(("provider", "name", "check"), SORTS, ids=[row[1] for row in SORTS])
def test_a_finding_is_the_smallest_case_and_is_shown_again(
    provider: str, name: str, check: str
) -> None:
    """Nothing of its case can be left out, and the command of the report asks of that case."""
    examined = changed(provider, OUTSIDE[provider, name].change)
    found = ask(CHECKS[check], examined).findings[0]
    *command, asked = shlex.split(replay_command(provider, check, found))
    assert command[:4] == ["tintype", "contracts", "replay", provider]
    assert command[-1] == "--check"
    case = Case.of(found.exchange, [word for word in command[5:-1] if word != "--mutate"])
    assert found.message in again(examined, asked, case)
    judge = CHECKS[check].judge
    for less in case.asked if judge else ():
        left = {name: value for name, value in case.given.items() if name != less}
        smaller = evolve(case, given=left)
        every = list(of_case(examined, smaller, judge)) if judge else []
        assert all(each.pointer != found.pointer for each in every)


TOLD = (
    "error.any-refusal-is-one",
    "error.inside-a-success",
    "fuzz.pairs-of-mutations",
    "parse.encodings",
    "parse.keys-in-any-order",
    "parse.not-an-answer",
    "parse.truncated",
    "secret.not-where-an-answer-points",
    "state.unknown-words-are-errors",
    "strict.a-body-is-an-object",
    "strict.nothing-is-coerced",
)


@pytest.mark.parametrize("check", TOLD)
def test_what_is_made_of_an_answer_is_shown_again(check: str) -> None:
    """Bent bodies, statuses, cuts, orders of keys: the case says all that it takes."""
    row = next(row for each, row in ROWS if each == check)
    examined = changed(row.plugin, row.change)
    found = ask(CHECKS[check], examined).findings[0]
    assert found.message in again(examined, check, Case.of(found.exchange, found.mutations))


NAMES = st.sampled_from(("prompt", "user", "n", "", "/a", "/a/0", "model"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2),
    max_leaves=4,
)


@SAME_EVERY_TIME
@given(st.dictionaries(NAMES, VALUES))
def test_a_case_is_written_and_read(given_: dict[str, object]) -> None:
    """Whatever its values are: a text that looks like a number stays a text."""
    case = Case(place="submit", given=given_)
    assert Case.of("submit", case.mutations) == case


@SAME_EVERY_TIME
@given(st.text(min_size=1), st.integers(0, 9), st.text(max_size=20))
def test_the_smallest_case_keeps_what_it_takes(needed: str, n: int, other: str) -> None:
    """A text is cut to what matters, and what does not matter is left out."""
    case = Case(given={"model": "m", "prompt": f"{other}{needed[0]}{other}", "n": n})
    least = smallest(case, lambda each: needed[0] in str(each.asked.get("prompt", "")))
    assert least.given == {"model": "m", "prompt": needed[0]}
