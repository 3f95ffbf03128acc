"""Checks of raw options that meet fields, and of fields that are accepted and do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tintype.catalog import Model
from tintype_contracts.case import Case
from tintype_contracts.check import Finding, check_each
from tintype_contracts.fixtures.format import Parameter
from tintype_contracts.fixtures.pointers import MISSING, tokens
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import (
    Built,
    builder_of,
    carries,
    found_at,
    found_or_default,
)
from tintype_contracts.strategies.values import PROMPT, STRANGE, beyond, fields_of, raw_value

_UNTYPED = frozenset({None, "options", "stream"})
_OWN_VALUES = frozenset({"integer", "number", "boolean", "array"})


def _overwriting(subject: Subject) -> Iterator[Case]:
    """Each field with an option of its wire's name that says something else."""
    builder = builder_of(subject)
    for plain, row in _rows(subject):
        if plain.place == "submit" and row.neutral not in _UNTYPED and not row.ignored:
            for name, value in _given(builder.model(plain), row):
                yield plain.giving(**{name: value, row.wire: _another(row, value)})


def _given(model: Model, row: Parameter) -> Iterator[tuple[str, object]]:
    match row.neutral:
        case "prompt":
            yield "prompt", PROMPT
        case "model":
            yield "model", model.id
        case _:
            yield from fields_of(row, model)


def _another(row: Parameter, value: object) -> object:
    """Another value that the row admits, or a strange one of its type."""
    others = [each for each in row.enum if str(each) != str(value)]
    strange = raw_value(row) if row.type in _OWN_VALUES else STRANGE
    return others[0] if others else strange


@check_each("request.options-overwrite-no-field", _overwriting, level=1)
def options_overwrite_no_field(subject: Subject, case: Case) -> Iterator[Finding]:
    """A raw option with the wire's name of a field that is given does not take its place.

    The field was checked, quoted and counted in a budget; what an option puts there was not.
    The two together are refused.

    Merge options with `tintype.convert.merge_options`.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    options = [
        row for name in case.given for row in builder.rows_of(case, name) if _is_option(name)
    ]
    for name in case.given if built else ():
        value = built.asked.references if built and name == "references" else case.given[name]
        for row in builder.rows_of(case, name):
            meets = row in options and not _is_option(name)
            if built and meets and not carries(row, found_or_default(built, row), value):
                message = f"{name} is overwritten by the option {row.wire}: {case}."
                yield _finding(
                    row, f"{message} Refuse the two together.", value, found_at(built, row)
                )


def _is_option(name: str) -> bool:
    return name.startswith("/")


def _beyond(subject: Subject) -> Iterator[Case]:
    """Each row of a model with each value beyond it, and each that is another model's.

    Of a field that has a neutral name an option may go further where its bounds are inferred.
    """
    builder = builder_of(subject)
    for plain, row in _rows(subject):
        bounded = row.kind != "inferred" and row.neutral not in {"model", "prompt"}
        for value in beyond(row) if row.neutral is None or bounded else ():
            yield plain.giving(**{row.wire: value})
    for plain in builder.questions():
        known = {row.wire for row in builder.rows(plain)}
        for row in subject.fixtures.parameters:
            other = row.operation == plain.place and row.wire not in known
            if other and row.neutral is None and row.type != "file":
                yield plain.giving(**{row.wire: raw_value(row)})


@check_each(
    "request.options-beyond-bounds-are-refused",
    _beyond,
    level=1,
    none="No document bounds a field that only an option reaches.",
)
def options_beyond_bounds_are_refused(subject: Subject, case: Case) -> Iterator[Finding]:
    """A raw option beyond what is documented of it never leaves without a word.

    Its bounds are documented as those of fields are, and so is for which models it is; what a
    provider makes of a value beyond them is paid for all the same.

    Describe the option in the model's `options`, with its bounds: the core refuses then. Of an
    option that is not described at all it tells the caller that nobody has checked it.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    silent = built is not None and "options" not in built.notices
    for objection in builder.objections(case, built) if built and silent else ():
        pointer = next(iter(case.asked), "")
        message = f"The option {case} is beyond its bounds and is sent. {objection}"
        yield Finding(message=message, expected="a refusal", pointer=pointer)


def _ignored(subject: Subject) -> Iterator[Case]:
    """Fields without effect, by their names and as options, but for what is meant anyway."""
    builder = builder_of(subject)
    for plain, row in _rows(subject):
        fields = list(fields_of(row, builder.model(plain))) if row.ignored else []
        values = [it for name, it in fields if name == row.neutral] or [raw_value(row)]
        options = [(row.wire, value) for value in values] if row.ignored else []
        for name, value in (*fields, *options):
            if value != row.default:
                yield plain.giving(**{name: value})


@check_each(
    "request.ignored-fields-are-told",
    _ignored,
    level=1,
    none="No field is documented to have no effect.",
)
def ignored_fields_are_told(subject: Subject, case: Case) -> Iterator[Finding]:
    """A field that is documented to have no effect is refused, or sent with a notice.

    Who asks for 16:9, pays, and gets a square has to know before. A value that the documents
    name as the default needs no word.

    Leave the field out of the catalog, or add a `Caution` for it.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    for name in builder.named(case):
        for row in builder.rows_of(case, name):
            sent = built is not None and row.ignored and found_at(built, row) is not MISSING
            if built and sent and not _is_noticed(built, name, row):
                message = f"{case} is documented to have no effect, and is sent without a word."
                wanted = f"a notice of {name}"
                yield _finding(row, f"{message} Add a Caution for it.", wanted, built.notices)


def _is_noticed(built: Built, name: str, row: Parameter) -> bool:
    """Whether a notice is of the field, of the option by its name, or of options in general."""
    names = {"options" if _is_option(name) else name, tokens(row.wire)[-1]}
    return any(each in names for each in built.notices)


def _rows(subject: Subject) -> Iterator[tuple[Case, Parameter]]:
    """Each row of a body with the plain request of each model that it is for."""
    builder = builder_of(subject)
    for plain in builder.questions():
        for row in builder.rows(plain):
            if row.concerns(plain.given["model"]) and row.place == "body":
                yield plain, row


def _finding(row: Parameter, message: str, expected: object, got: object) -> Finding:
    shown = "nothing" if got is MISSING else got
    return Finding(message=message, expected=expected, got=shown, pointer=row.wire, src=row.src)
