"""What a plugin sends for fields that a caller names, told for its author."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype.errors import InvalidRequestError, UsageError
from tintype_contracts.case import Case
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.replay import sent_lines
from tintype_contracts.strategies.builder import builder_of

PARTS = ("price", "upload", "submit")
"""The operations whose requests are documented field by field."""


@frozen(kw_only=True)
class Asked:
    """What came of the question, and whether the parameter table admits it."""

    text: str
    holds: bool


def ask_for(subject: Subject, case: Case, key_form: str) -> Asked:
    """What is sent in an operation for what a case gives: fields, and options by their pointers.

    Raises:
        UsageError: There is no such operation, or no such model.
    """
    builder = evolve(builder_of(subject), completes=False)
    known = [*builder.operations(), *(each.id for each in builder.models())]
    wanted = {case.place, str(case.given.get("model", known[0]))}
    if not wanted <= {*known}:
        msg = f"{subject.name} has no {' of '.join(wanted)}; it has {', '.join(known)}."
        raise UsageError(msg)
    named = f"{case.place} of {builder.model(case).id}"
    whole = builder.completed(case)
    if whole != case and builder.tried(case) is None:
        beside = {name: it for name, it in whole.given.items() if name not in case.given}
        case, named = whole, f"{named}, with {Case(given=beside)}, which the rules require"
    try:
        built = builder.build(case)
    except InvalidRequestError as error:
        return Asked(text=f"{named} is refused: {error}", holds=True)
    if built is None:
        return Asked(text=f"{named} asks nothing of the provider.", holds=True)
    objections = list(builder.objections(case, built))
    lines = [named, *sent_lines(built.sent, key_form)]
    lines += [f"  notice of {name}" for name in built.notices]
    lines += [f"  ! {each}" for each in objections] or ["  = as the table admits"]
    return Asked(text="\n".join(lines), holds=not objections)
