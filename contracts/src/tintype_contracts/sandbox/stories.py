"""Which documented exchange answers a request, and what follows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from tintype_contracts.fixtures.format import Exchange, Fixtures, Operation
from tintype_contracts.fixtures.pointers import leaves
from tintype_contracts.fixtures.values import asked_body

_ASKED_FOR = re.compile(r"sandbox:([a-z0-9_]+)")
_FREE_TEXT = {"/prompt"}
_REFERENCES = ("{{", "data:", "http://", "https://")
_RUNNING = "running"
_DELIVERED = {"succeeded", "partial"}


@frozen(kw_only=True)
class Plan:
    """How a submission goes on.

    Attributes:
        submit: The exchange that answers it.
        polls: The exchanges that answer each look at the task, in order.
        webhook: What is delivered at the end, or None.
        end: The state of the task at the end, "" where there is no task.
    """

    submit: Exchange
    polls: tuple[Exchange, ...]
    webhook: Exchange | None
    end: str


def story_for(fixtures: Fixtures, fields: Mapping[str, object]) -> str:
    """The name of the story that a submission follows."""
    asked = _ASKED_FOR.search(str(fields.get("prompt", "")))
    if asked:
        return asked[1]
    if fields.get("stream") is True and "streamed" in fixtures.stories:
        return "streamed"
    if fields.get("references") and "generated_from_references" in fixtures.stories:
        return "generated_from_references"
    return "generated"


def plan(fixtures: Fixtures, story: str, body: Mapping[str, object]) -> Plan | None:
    """How a submission goes on in `story`; None where there is no such story.

    A submission that the story tells itself goes before one that it borrows. A story
    whose scenes submit nothing begins with the submission of `generated`.
    """
    if story not in fixtures.stories:
        return None
    scenes = [fixtures.scene(story, name) for name in fixtures.stories[story].scenes]
    told = [(submit, scene) for scene in scenes if (submit := _first(scene, "submit"))]
    own = [(submit, scene) for submit, scene in told if submit.story == story]
    openings = own or told
    if openings:
        opening = closest(fixtures, [submit for submit, _ in openings], body)
        scene = next(scene for submit, scene in openings if submit is opening)
        return _planned(fixtures, opening, scene)
    usual = plan(fixtures, "generated", body) if story != "generated" else None
    return _planned(fixtures, usual.submit, scenes[0]) if usual else None


def answer_in(
    fixtures: Fixtures, story: str, operation: Operation, body: Mapping[str, object]
) -> Exchange | None:
    """The exchange of `story` that answers an operation, best one of that operation."""
    if story not in fixtures.stories:
        return None
    exchanges = [
        exchange
        for name in fixtures.stories[story].scenes
        for exchange in fixtures.scene(story, name)
        if exchange.response is not None
    ]
    same = [exchange for exchange in exchanges if exchange.operation == operation]
    own = [exchange for exchange in same or exchanges if exchange.story == story]
    candidates = own or same or exchanges
    return closest(fixtures, candidates, body) if candidates else None


def closest(
    fixtures: Fixtures, candidates: Sequence[Exchange], body: Mapping[str, object]
) -> Exchange:
    """The candidate whose request is nearest to `body`; the first of several.

    Its request has the fewest fields that `body` lacks, then the most values in common.
    Documented defaults count as given.
    """
    return max(candidates, key=lambda exchange: _nearness(fixtures, exchange, body))


def _nearness(
    fixtures: Fixtures, exchange: Exchange, body: Mapping[str, object]
) -> tuple[int, int]:
    rows = [row for row in fixtures.parameters if row.operation == exchange.operation]
    usual = {row.wire: row.default for row in rows if row.default is not None}
    documented = {**usual, **_values(asked_body(fixtures, exchange))}
    given = {**usual, **_values(body)}
    lacking = len(documented.keys() - given.keys())
    same = sum(1 for key, value in documented.items() if key in given and given[key] == value)
    return -lacking, same


def poll_with_state(fixtures: Fixtures, state: str) -> tuple[Exchange, ...]:
    """The first documented poll that finds a task in `state`; empty where none does."""
    polls = [each for each in fixtures.exchanges.values() if each.operation == "poll"]
    found = _with_state(polls, state)
    return (found,) if found else ()


def _values(body: object) -> dict[str, object]:
    """What tells requests apart: each value but the prompt; of references that they are there."""
    return {
        pointer: None if str(value).startswith(_REFERENCES) else value
        for pointer, value in leaves(body)
        if pointer not in _FREE_TEXT
    }


def _planned(fixtures: Fixtures, opening: Exchange, scene: Iterable[Exchange]) -> Plan:
    rest = list(scene)
    webhook = _first(rest, "webhook")
    polls = tuple(exchange for exchange in rest if exchange.operation == "poll")
    state = _state(opening)
    if state == _RUNNING and not polls:
        polls = _borrowed(fixtures, _state(webhook) if webhook else "succeeded")
    end = _state(polls[-1]) if polls else state
    return Plan(
        submit=opening,
        polls=polls,
        webhook=webhook or _webhook(fixtures, end),
        end=end,
    )


def _borrowed(fixtures: Fixtures, end: str) -> tuple[Exchange, ...]:
    """Polls of other stories: one that finds the task running, one that finds it at its end."""
    return poll_with_state(fixtures, _RUNNING) + poll_with_state(fixtures, end)


def _webhook(fixtures: Fixtures, end: str) -> Exchange | None:
    """The delivery that tells of this end, else of one that is as good or as bad."""
    webhooks = [each for each in fixtures.exchanges.values() if each.operation == "webhook"]
    if end in {"", _RUNNING}:
        return None
    alike = [each for each in webhooks if (_state(each) in _DELIVERED) == (end in _DELIVERED)]
    return _with_state(webhooks, end) or next(iter(alike), None)


def _with_state(exchanges: Iterable[Exchange], state: str) -> Exchange | None:
    return next((each for each in exchanges if _state(each) == state), None)


def _state(exchange: Exchange) -> str:
    """The task's state after `exchange`, "" where it ends in an error."""
    if exchange.expect.outcome != "task":
        return ""
    return str(exchange.expect.fields.get("state", _RUNNING))


def _first(scene: Iterable[Exchange], operation: Operation) -> Exchange | None:
    return next((each for each in scene if each.operation == operation), None)
