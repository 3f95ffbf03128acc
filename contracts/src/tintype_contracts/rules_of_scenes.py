"""What must hold within a scene: exchanges in an order that can be told apart on the wire.

A scene is a strict sequence, so the same look at a task may be answered again and again.
But the same submission twice is a second payment, unless the first was refused; and two
questions of different kinds must not be one request.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tintype_contracts.comparing import mismatches
from tintype_contracts.faults import Fault
from tintype_contracts.format import Exchange, Fixtures, Story
from tintype_contracts.placeholders import pattern
from tintype_contracts.pointers import join
from tintype_contracts.values import request_body


def scene_faults(fixtures: Fixtures) -> Iterator[Fault]:
    """Every pair of exchanges in a scene that a server could not tell apart."""
    exchanges = fixtures.exchanges
    for story in fixtures.stories.values():
        for scene, ids in story.scenes.items():
            known = [exchanges[name] for name in ids if name in exchanges]
            for first, second in combinations(known, 2):
                if overlap(first, second) and not _may_overlap(first, second):
                    yield _fault(story, scene, first, second)


def overlap(one: Exchange, other: Exchange) -> bool:
    """Whether one request could be either exchange's."""
    if one.request is None or other.request is None:
        return False
    first, second = one.request, other.request
    if first.method != second.method or not _admit_each_other(first.url, second.url):
        return False
    return _same_body(one, other)


def _same_body(one: Exchange, other: Exchange) -> bool:
    first, second = request_body(one), request_body(other)
    if first is None or second is None:
        return first is second
    return not any(mismatches(first, second)) or not any(mismatches(second, first))


def _admit_each_other(one: str, other: str) -> bool:
    return bool(pattern(one).fullmatch(other) or pattern(other).fullmatch(one))


def _may_overlap(first: Exchange, second: Exchange) -> bool:
    if first.operation != second.operation:
        return False
    return first.operation != "submit" or first.expect.outcome == "error"


def _fault(story: Story, scene: str, first: Exchange, second: Exchange) -> Fault:
    return Fault(
        file=f"{story.name}.json",
        pointer=join("/scenes", scene),
        message=f"{first.id} and {second.id} overlap: one request could be either.",
        mend="A scene submits once, and again only after a refusal; make two scenes of it.",
    )
