"""Nothing is left behind: no socket, no warning, nothing of what was cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks.wire.delivery import pictures
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.answers import DELAYS, Manner, Step
from tintype_contracts.wire.heard import Heard
from tintype_contracts.wire.runs import run
from tintype_contracts.wire.stage import KEY, Stage
from tintype_contracts.wire.strict import StrictScene

_STALLS = ("a stall before the head", "a stall within the body")


@check("wire.nothing-is-left", level=3)
def nothing_is_left(subject: Subject) -> Iterator[Finding]:
    """After all scenes no connection is open, and Python warned of nothing.

    A `ResourceWarning` is a socket or a file that somebody forgot; any other warning is
    what every user of the plugin will see.
    """
    found = run(subject)
    if not found.left_alone:
        yield Finding(message="A connection was still open after both clients were closed.")
    for warned in sorted(set(found.warned)):
        yield Finding(message=f"Python warned while the scenes were played: {warned}", got=warned)


@check("wire.cancellation", level=3)
def cancellation(subject: Subject) -> Iterator[Finding]:
    """A submission that is cancelled while its answer is awaited leaves no socket.

    The server hears the request and stalls, before the head or within the body; the task
    that awaits it is cancelled. Its connection must be closed then and there: half an answer
    on a connection that is used again would be taken for the next one's.
    """
    scene = pictures(subject)[0]
    context = subject.rehearsal.context(scene.exchanges[0])
    if context.request is None:
        msg = f"{scene.name} does not begin with a request."
        raise NotApplicable(msg)
    for name in _STALLS:
        with Stage(subject) as stage, stage.answering(_stalling(stage, name)):
            ended = stage.awaiting.submit_and_leave(context.request, stage.server.has_heard)
            if not ended or not stage.server.is_left_alone():
                yield Finding(
                    message=f"{scene.name}, {name}: the cancelled submission "
                    + ("kept its connection." if ended else "went on, or was never heard."),
                    exchange=scene.exchanges[0].id,
                )


def _stalling(stage: Stage, name: str) -> _Play:
    manner: Manner = DELAYS[name]
    scene = StrictScene(stage.subject.fixtures, pictures(stage.subject)[0].exchanges, KEY)
    return _Play(scene, manner)


class _Play:
    """The documented answers, in one manner."""

    def __init__(self, scene: StrictScene, manner: Manner) -> None:
        self._scene = scene
        self._manner = manner

    def __call__(self, heard: Heard) -> Sequence[Step]:
        return self._manner(self._scene.answer(heard))
