"""How an answer arrives makes no difference to what it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks.wire.scenes import performance_findings
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.responses import MANNERS
from tintype_contracts.wire.scenario_run import Scene, Stage, drawing
from tintype_contracts.wire.server import HOST

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_CLOSED_PORT = 9  # "discard": nobody listens, and the guard refuses it before anybody could


def pictures(subject: Subject) -> tuple[Scene, ...]:
    """One scene a story that ends in a picture.

    Raises:
        NotApplicable: There is none.
    """
    found = drawing(subject)
    if not found:
        msg = "No scene ends in a picture."
        raise NotApplicable(msg)
    return found


@check("wire.manners-of-delivery", level=3)
def manners_of_delivery(subject: Subject) -> Iterator[Finding]:
    """Compressed, in chunks, a few bytes at a time: the answer is the same to both clients.

    Each story that ends in a picture is played once more for each manner, a stream among
    them: gzip, deflate, chunks, gzip within chunks, pieces of seven bytes, without a length,
    with `Connection: close`, behind a 100 Continue. What `parse` makes of it must be what
    the exchange expects.
    """
    scenes = pictures(subject)
    with Stage(subject) as stage:
        for name, manner in MANNERS.items():
            for scene in scenes:
                for caller in stage.callers:
                    performance = stage.perform(scene, caller, manner)
                    for finding in performance_findings(subject, performance):
                        yield _delivered(finding, name)


def _delivered(finding: Finding, manner: str) -> Finding:
    return Finding(
        message=f"Delivered {manner}: {finding.message}",
        expected=finding.expected,
        got=finding.got,
        pointer=finding.pointer,
        exchange=finding.exchange,
        src=finding.src,
    )


@check("wire.environment-is-ignored", level=3)
def environment_is_ignored(subject: Subject) -> Iterator[Finding]:
    """A proxy that the environment names is not used.

    A key goes to the provider, never through what some variable names.
    """
    scene = pictures(subject)[0]
    with Stage(subject) as stage, _proxied():
        for caller in stage.callers:
            yield from performance_findings(subject, stage.perform(scene, caller))


@contextmanager
def _proxied() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _PROXIES}
    os.environ.update(dict.fromkeys(_PROXIES, f"http://{HOST}:{_CLOSED_PORT}"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
