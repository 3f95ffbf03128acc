"""A redirect is an answer like any other, and no errand."""

from __future__ import annotations

from collections.abc import Iterator

from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks.wire.delivery import pictures
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.responses import Manner, RawResponse, plain
from tintype_contracts.wire.scenario_run import Performance, Scene, Stage

_NEVER_REPEATED = frozenset({"submit", "poll"})


def _repeatable(subject: Subject) -> Scene:
    """A scene whose every exchange is asked for once, whatever becomes of the answer.

    Raises:
        NotApplicable: There is none.
    """
    for scene in pictures(subject):
        asked = [each for each in scene.exchanges if each.request is not None]
        if {each.operation for each in asked} <= _NEVER_REPEATED and not _streams(scene):
            return scene
    msg = "No picture is drawn by a plain submission and plain looks."
    raise NotApplicable(msg)


def _streams(scene: Scene) -> bool:
    return any(bool((each.case or {}).get("stream")) for each in scene.exchanges)


@check("wire.redirects", level=3)
def redirects(subject: Subject) -> Iterator[Finding]:
    """A redirect of an API call is not followed, and shows the key to nobody.

    Every request of a scene is answered with 302 and 307 to another host. Both clients hand
    the answer to `parse` as it is. Libraries differ in what they would do: urllib3 would
    carry a key in a header of its own across hosts. `parse` must raise for it.
    """
    scene = _repeatable(subject)
    hosts = (*subject.fixtures.hosts.assets, "https://undeclared.tintype.test")
    with Stage(subject) as stage:
        for status in (302, 307):
            for caller in stage.callers:
                performance = stage.perform(scene, caller, _moved(status, f"{hosts[0]}/there"))
                yield from _followed(performance, status)


def _moved(status: int, target: str) -> Manner:
    return lambda _: plain(RawResponse(status=status, headers=(("Location", target),)))


def _followed(performance: Performance, status: int) -> Iterator[Finding]:
    asked = [each for each in performance.scene.exchanges if each.request is not None]
    if len(performance.heard) != len(asked) or performance.faults:
        yield Finding(
            message=f"{performance.scene.name} by {performance.by}: a {status} was followed.",
            expected=len(asked),
            got=[each.url for each in performance.heard],
            exchange=asked[0].id,
        )
    elif len(performance.errors) != len(asked):
        yield Finding(
            message=f"{performance.scene.name} by {performance.by}: parse() makes a result of a "
            f"{status} without a body. Raise for every status that no document lists.",
            expected="an error of tintype's",
            got=f"{len(asked) - len(performance.errors)} of {len(asked)} answers taken",
            exchange=asked[0].id,
        )
