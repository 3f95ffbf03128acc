"""Checks of raw options that meet fields, and of fields that are accepted and do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tintype.catalog import Model
from tintype.errors import InvalidRequestError
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import OperationName, Parameter
from tintype_contracts.fixtures.pointers import MISSING, tokens
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import PROMPT, Builder, Built, carries, found_at
from tintype_contracts.strategies.requests import fields_of
from tintype_contracts.strategies.values import STRANGE, beyond, raw_value

_UNTYPED = frozenset({None, "options", "stream"})
_OWN_VALUES = frozenset({"integer", "number", "boolean", "array"})


@check("request.options-overwrite-no-field", level=1)
def options_overwrite_no_field(subject: Subject) -> Iterator[Finding]:
    """A raw option with the wire's name of a field that is given does not take its place.

    The field was checked, quoted and counted in a budget; what an option puts there was not.
    The two together are refused.

    Merge options with `tintype.convert.merge_options`.
    """
    builder = Builder(subject)
    for operation, model, row in _rows(builder):
        if operation != "submit" or row.neutral in _UNTYPED or row.ignored:
            continue
        for field, value in _given(builder, model, row):
            built = _built(builder, operation, model, {field: value}, row, _another(row, value))
            found = found_at(built, row) if built else MISSING
            if built and not carries(row, row.default if found is MISSING else found, value):
                message = f"{field}={value!r} of {model.id} is overwritten by the option {row.wire}"
                yield _finding(row, f"{message}. Refuse the two together.", value, found)
                break


def _given(builder: Builder, model: Model, row: Parameter) -> Iterator[tuple[str, object]]:
    match row.neutral:
        case "prompt":
            yield "prompt", PROMPT
        case "model":
            yield "model", model.id
        case _:
            yield from fields_of(row, model, builder.form(model))


def _another(row: Parameter, value: object) -> object:
    """Another value that the row admits, or a strange one of its type."""
    others = [each for each in row.enum if str(each) != str(value)]
    strange = raw_value(row) if row.type in _OWN_VALUES else STRANGE
    return others[0] if others else strange


@check("request.options-beyond-bounds-are-refused", level=1)
def options_beyond_bounds_are_refused(subject: Subject) -> Iterator[Finding]:
    """A raw option beyond what is documented of it never leaves without a word.

    Its bounds are documented as those of fields are, and so is for which models it is; what a
    provider makes of a value beyond them is paid for all the same.

    Describe the option in the model's `options`, with its bounds: the core refuses then. Of an
    option that is not described at all it tells the caller that nobody has checked it.
    """
    builder = Builder(subject)
    looked = False
    for operation, model, row, value in (*_beyond(builder), *_of_others(builder)):
        looked = True
        built = _built(builder, operation, model, {}, row, value)
        silent = built is not None and "options" not in built.notices
        for objection in builder.objections(operation, built) if built and silent else ():
            message = f"The option {row.wire} of {model.id} is beyond its bounds and is sent."
            yield _finding(row, f"{message} {objection}", "a refusal", value)
    if not looked:
        msg = "No document bounds a field that only an option reaches."
        raise NotApplicable(msg)


def _beyond(builder: Builder) -> Iterator[tuple[OperationName, Model, Parameter, object]]:
    """Each row of a model with each value beyond it.

    Of a field that has a neutral name an option may go further where its bounds are inferred.
    """
    for operation, model, row in _rows(builder):
        documented = row.kind != "inferred" and row.neutral not in {"model", "prompt"}
        if row.neutral is None or documented:
            yield from ((operation, model, row, value) for value in beyond(row))


def _of_others(builder: Builder) -> Iterator[tuple[OperationName, Model, Parameter, object]]:
    """Each field that only an option reaches, of models that it is not documented for."""
    for operation in builder.operations():
        for model in builder.models():
            known = {row.wire for row in builder.rows(operation, model.id)}
            for row in builder.subject.fixtures.parameters:
                other = row.operation == operation and row.wire not in known
                if other and row.neutral is None:
                    yield operation, model, row, raw_value(row)


@check("request.ignored-fields-are-told", level=1)
def ignored_fields_are_told(subject: Subject) -> Iterator[Finding]:
    """A field that is documented to have no effect is refused, or sent with a notice.

    Who asks for 16:9, pays, and gets a square has to know before. A value that the documents
    name as the default needs no word.

    Leave the field out of the catalog, or add a `Caution` for it.
    """
    builder = Builder(subject)
    looked = False
    for operation, model, row in _rows(builder):
        for field, value in _ignored(builder, model, row):
            looked = True
            raw = (row, value) if field == "options" else None
            fields = {} if raw else {field: value}
            built = _built(builder, operation, model, fields, *(raw or (None, None)))
            if built and found_at(built, row) is not MISSING and not _is_noticed(built, field, row):
                message = f"{field}={value!r} of {model.id} is documented to have no effect, and"
                message = f"{message} is sent without a word. Add a Caution for it."
                yield _finding(row, message, f"a notice of {field}", built.notices)
    if not looked:
        msg = "No field is documented to have no effect."
        raise NotApplicable(msg)


def _ignored(builder: Builder, model: Model, row: Parameter) -> Iterator[tuple[str, object]]:
    if not row.ignored:
        return
    fields = list(fields_of(row, model, builder.form(model)))
    values = [value for name, value in fields if name == row.neutral] or [raw_value(row)]
    for field, value in (*fields, *(("options", value) for value in values)):
        if value != row.default:
            yield field, value


def _is_noticed(built: Built, field: str, row: Parameter) -> bool:
    """Whether a notice is of the field, of the option by its name, or of options in general."""
    names = {field, tokens(row.wire)[-1]}
    return any(name in names for name in built.notices)


# ------------------------------------------------------------------------ the pieces


def _rows(builder: Builder) -> Iterator[tuple[OperationName, Model, Parameter]]:
    for operation in builder.operations():
        for model in builder.models():
            for row in builder.rows(operation, model.id):
                if row.concerns(model.id) and row.place == "body":
                    yield operation, model, row


def _built(
    builder: Builder,
    operation: OperationName,
    model: Model,
    fields: dict[str, object],
    row: Parameter | None,
    value: object,
) -> Built | None:
    """What is sent for fields and an option at a row's place; None where they are refused."""
    options = {"options": builder.raw_options(row, value)} if row else {}
    given = {name: each for name, each in fields.items() if name != "model"}
    try:
        return builder.build(operation, model, **{**given, **options})
    except InvalidRequestError:
        return None


def _finding(row: Parameter, message: str, expected: object, got: object) -> Finding:
    shown = "nothing" if got is MISSING else got
    return Finding(message=message, expected=expected, got=shown, pointer=row.wire, src=row.src)
