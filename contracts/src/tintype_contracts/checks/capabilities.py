"""Checks of what a provider is declared to do: `request` probes it, `doc` holds it to a source.

A flag that only skips checks is a place to hide. So what is declared off is asked for, and
has to be refused; what is declared on has to work.
"""

from __future__ import annotations

from collections.abc import Iterator

from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import Capability
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.capabilities import Sign, signs


@check("request.capability-on-works", level=1)
def capability_on_works(subject: Subject) -> Iterator[Finding]:
    """What is declared `full` or `versioned` works with at least one model.

    The plugin is asked for it: a request with the field is built, the price is asked, the
    optional hook is called. A capability that nobody can use is a promise the catalog or a
    hook does not keep: add the field to the models' parameters, write the hook, or declare
    the capability `not_implemented` in the table `capabilities` of the sheet.
    """
    for name, row in _declared(subject, on=True):
        found = list(signs(subject, name))
        if not any(sign.works for sign in found):
            yield _finding(
                name,
                row,
                f"{name} is declared {row.support}, and no model does it. {_first(found)}"
                "Make it work, or declare it not_implemented.",
                expected="at least one model that does it",
                got="none",
            )


@check("request.capability-off-is-refused", level=1)
def capability_off_is_refused(subject: Subject) -> Iterator[Finding]:
    """What is declared off is refused, in words, before anything is sent.

    Asked for what its provider cannot do, a plugin raises UnsupportedError (the core does
    so for a field the catalog does not have) or, in an optional hook, returns None. One
    that does it all the same sends what no document describes; then the declaration in the
    table `capabilities` of the sheet is wrong, or the plugin is. What is
    `not_implemented` the provider can: a plugin that does it is right, too.
    """
    for name, row in _declared(subject, on=False):
        for sign in signs(subject, name):
            told = f"{name} is declared {row.support}"
            if sign.works and row.support == "not_implemented":
                continue
            if sign.works:
                message = f"{told}, and yet: {sign.text} Refuse it, or declare it full."
            else:
                message = f"{told}. {sign.text} Raise UnsupportedError, or return None."
            yield _finding(name, row, message, expected="a refusal", got=sign.text)


def _declared(subject: Subject, *, on: bool) -> Iterator[tuple[str, Capability]]:
    """The capabilities declared on, or those declared anything else."""
    rows = subject.fixtures.capabilities
    chosen = [(name, row) for name, row in rows.items() if row.on is on]
    if not chosen:
        msg = f"No capability is declared {'on' if on else 'off'}."
        raise NotApplicable(msg)
    yield from chosen


def _finding(
    name: str, row: Capability, message: str, expected: object = None, got: object = None
) -> Finding:
    pointer = f"/capabilities/{name}"
    return Finding(message=message, expected=expected, got=got, pointer=pointer, src=row.src)


def _first(found: list[Sign]) -> str:
    return f"{found[0].text} " if found else ""
