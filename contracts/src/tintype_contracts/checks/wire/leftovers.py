"""Nothing is left behind: no socket, no warning."""

from __future__ import annotations

from collections.abc import Iterator

from tintype_contracts.check import Finding, check
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.runs import run


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
