"""Checks of what a provider is declared to do: `request` probes it, `doc` holds it to a source.

A flag that only skips checks is a place to hide. So what is declared off is asked for, and
has to be refused; what is declared on has to work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import Capability, Fixtures
from tintype_contracts.fixtures.sheet.capabilities import CAPABILITIES
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.capabilities import Sign, signs

_Evidence: TypeAlias = Callable[[Fixtures], bool]


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


@check("doc.capability-is-known", level=2)
def capability_is_known(subject: Subject) -> Iterator[Finding]:
    """Every capability is declared, and none is left unknown.

    `unknown` may stay where a source advertises the thing and no document says how it is
    done (`"advertised": true`). Everything else has an answer: read the documents once
    more and declare `full`, `versioned`, `not_implemented`, or `unsupported` with the page
    that would have it if there were any.
    """
    rows = subject.fixtures.capabilities
    for name in CAPABILITIES:
        row = rows.get(name)
        if row is None:
            yield Finding(
                message=f"Nothing is said of {name}. Add a row to `capabilities`.",
                pointer=f"/capabilities/{name}",
            )
        elif row.support == "unknown" and not row.advertised:
            yield _finding(name, row, f"{name} is unknown. Find out, and declare it.")


@check("doc.capability-has-its-evidence", level=1)
def capability_has_its_evidence(subject: Subject) -> Iterator[Finding]:
    """A capability is declared on exactly where the documents show it.

    Streaming without the story `streamed`, a seed without a row in the parameter table, a
    live price without an exchange: each is a claim nobody can check. And a documented
    cancel under `"cancel": "unsupported"` is a contradiction. Write the story or the row,
    or change the declaration.
    """
    fixtures = subject.fixtures
    if not fixtures.capabilities:
        msg = "No capability is declared."
        raise NotApplicable(msg)
    for name, row in fixtures.capabilities.items():
        what, shown = _EVIDENCE[name]
        if row.on and not shown(fixtures):
            yield _finding(name, row, f"{name} is declared {row.support}: add {what}.")
        elif row.support == "unsupported" and name in _CONTRADICTED and shown(fixtures):
            yield _finding(name, row, f"{name} is declared unsupported, and there is {what}.")


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


def _story(name: str) -> tuple[str, _Evidence]:
    return f"the story {name}", lambda fixtures: name in fixtures.stories


def _exchange(operation: str) -> tuple[str, _Evidence]:
    def shown(fixtures: Fixtures) -> bool:
        return any(item.operation == operation for item in fixtures.exchanges.values())

    return f"an exchange of the operation {operation}", shown


def _parameter(neutral: str) -> tuple[str, _Evidence]:
    def shown(fixtures: Fixtures) -> bool:
        return any(
            row.operation == "submit" and row.neutral == neutral for row in fixtures.parameters
        )

    return f"a parameter whose neutral name is {neutral}", shown


_EVIDENCE: Mapping[str, tuple[str, _Evidence]] = {
    "image.generate": _story("generated"),
    "image.edit": _story("generated_from_references"),
    "n": _parameter("n"),
    "seed": _parameter("seed"),
    "size": _parameter("size"),
    "stream": _story("streamed"),
    "upload": _exchange("upload"),
    "webhook": _story("webhook_completed"),
    "webhook.signed": _story("webhook_completed"),
    "price.live": _exchange("price"),
    "price.table": ("a row in the table of prices", lambda fixtures: bool(fixtures.prices)),
    "models.live": _exchange("models"),
    "cancel": _exchange("cancel"),
}
# The others may stand in the documents without effect: a parameter that is ignored, the
# price of a sample.
_CONTRADICTED = frozenset(
    {"image.generate", "image.edit", "stream", "upload", "webhook", "models.live", "cancel"}
)
