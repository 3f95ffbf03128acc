"""Questions put to a plugin's hooks that build requests, one value of one row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeAlias

from attrs import frozen

from tintype._excerpts import quoted
from tintype.catalog import Model, ReferenceForm
from tintype.errors import InvalidRequestError
from tintype_contracts.fixtures.comparing import differences
from tintype_contracts.fixtures.format import OperationName, Parameter
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import Builder, Built, found_at
from tintype_contracts.strategies.values import admitted, raw_value

Samples: TypeAlias = Callable[[Parameter, ReferenceForm], Sequence[tuple[str, object]]]

_A_FEW = 2
_UNHEARD_OF = "tintype_never_heard_of"


@frozen(kw_only=True)
class Probe:
    """One value of one row, asked of one model.

    Attributes:
        operation: What is asked.
        model: Of which model.
        row: The row.
        field: The neutral field.
        value: What a caller writes there.
    """

    operation: OperationName
    model: Model
    row: Parameter
    field: str
    value: object

    @property
    def mutations(self) -> tuple[str, ...]:
        """What `tintype contracts replay` is told, to ask for it."""
        return (f"model={self.model.id}", asked_as(self.field, self.value))

    @property
    def asked(self) -> str:
        """What is asked for, for a message."""
        several = isinstance(self.value, tuple)
        value = f"{len(self.value)} given" if several else quoted(self.value)  # type: ignore[arg-type]
        return f"{self.field}={value} of {self.model.id}"


def asked_as(name: str, value: object) -> str:
    """`NAME=VALUE`, as `tintype contracts replay` asks for a field; references by their number."""
    plain = len(value) if isinstance(value, tuple) else value
    return f"{name}={plain if isinstance(plain, str) else dump(plain)}"


def probes(builder: Builder, samples: Samples) -> Iterator[Probe]:
    """Every sample of every row that has an effect, asked of every model it holds for."""
    for operation in builder.operations():
        for model in builder.models():
            for row in builder.rows(operation, model.id):
                yield from _of_row(builder, operation, model, row, samples)


def _of_row(
    builder: Builder, operation: OperationName, model: Model, row: Parameter, samples: Samples
) -> Iterator[Probe]:
    if row.ignored or row.neutral is None or _is_of_another_kind(row, model):
        return
    for field, value in fields_of(row, model, builder.form(model), samples):
        yield Probe(operation=operation, model=model, row=row, field=field, value=value)


def fields_of(
    row: Parameter, model: Model, form: ReferenceForm, samples: Samples = admitted
) -> Iterator[tuple[str, object]]:
    """(neutral field, value) of a row for a model, as far as the documents say."""
    for field, value in samples(row, form):
        if not (field == "references" and _beyond_what_is_said(row, model, value)):
            yield field, value


def _is_of_another_kind(row: Parameter, model: Model) -> bool:
    """Whether the row is about source images, and the model draws from words alone."""
    return row.neutral == "references" and model.references is None and not row.models


def _beyond_what_is_said(row: Parameter, model: Model, value: object) -> bool:
    """Whether so many references are the plugin's to bound: no document says how many."""
    most = model.references and model.references.max_count
    several = isinstance(value, tuple) and len(value) > _A_FEW
    return several and row.max_items is None and bool(most) and len(value) > (most or 0)  # type: ignore[arg-type]


def documented_probes(builder: Builder) -> Iterator[Probe]:
    """Every documented value."""
    return probes(builder, admitted)


def foreign_probes(builder: Builder) -> Iterator[Probe]:
    """Fields of one model's rows, asked of models that have no row for that field."""
    every = [row for row in builder.subject.fixtures.parameters if row.models and row.neutral]
    for operation in builder.operations():
        for model in builder.models():
            known = {row.neutral for row in builder.rows(operation, model.id)}
            for row in every:
                if row.operation == operation and row.neutral not in known:
                    yield from _of_row(builder, operation, model, row, _first)


def _first(row: Parameter, form: ReferenceForm) -> Sequence[tuple[str, object]]:
    return admitted(row, form)[:1]


def built_quietly(builder: Builder, probe: Probe) -> Built | None:
    """What is sent for a probe; None where it is refused."""
    try:
        return builder.build(probe.operation, probe.model, **{probe.field: probe.value})
    except InvalidRequestError:
        return None


def rows_of_field(builder: Builder, probe: Probe) -> Sequence[Parameter]:
    """The rows any of which may carry the value: `image_url` or `image_urls`, say."""
    rows = builder.rows(probe.operation, probe.model.id)
    return [row for row in rows if row.neutral == probe.row.neutral]


def unreached(builder: Builder) -> Iterator[tuple[OperationName, Parameter]]:
    """The rows that no documented value and no raw option puts anything into.

    A row that is documented to have no effect need not be reached.
    """
    reached = {
        (operation, row.wire)
        for operation, model, built in _sent(builder)
        for row in builder.rows(operation, model.id)
        if found_at(built, row) is not MISSING
    }
    for operation in builder.operations():
        for row in builder.subject.fixtures.parameters:
            mine = row.operation == operation and (operation, row.wire) not in reached
            if mine and not row.ignored and not _by_option(builder, operation, row):
                yield operation, row


def _sent(builder: Builder) -> Iterator[tuple[OperationName, Model, Built]]:
    """What is sent for a prompt alone, and for every documented value."""
    for operation in builder.operations():
        for model in builder.models():
            with suppress(InvalidRequestError):
                if built := builder.build(operation, model):
                    yield operation, model, built
    for probe in documented_probes(builder):
        if built := built_quietly(builder, probe):
            yield probe.operation, probe.model, built


def lost_option(builder: Builder, model: Model) -> bool:
    """Whether an option that no document names is neither refused nor sent."""
    try:
        built = builder.with_options("submit", model, {_UNHEARD_OF: _A_FEW})
    except InvalidRequestError:
        return False
    return built is not None and _UNHEARD_OF not in repr(built.body)


def reach(subject: Subject) -> str:
    """How many of the documented parameters can be sent, as `17/19`."""
    builder = Builder(subject)
    wanted = builder.operations()
    every = subject.fixtures.parameters
    rows = [row for row in every if row.operation in wanted and not row.ignored]
    return f"{len(rows) - len(list(unreached(builder)))}/{len(rows)}"


def _by_option(builder: Builder, operation: OperationName, row: Parameter) -> bool:
    """Whether a raw option reaches the row as it is, with one of its models."""
    for model in builder.models():
        if row.models and model.id not in row.models:
            continue
        value = raw_value(row)
        options = builder.raw_options(row, value)
        try:
            built = builder.with_options(operation, model, options)
        except InvalidRequestError:
            continue
        if built is None or not any(differences(value, found_at(built, row))):
            return True
    return False
