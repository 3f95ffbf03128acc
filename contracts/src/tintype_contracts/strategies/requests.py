"""Questions put to a plugin's hooks that build requests, one value of one row at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from tintype.catalog import ReferenceForm
from tintype.errors import InvalidRequestError
from tintype_contracts.case import Case
from tintype_contracts.fixtures.format import Parameter
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import Builder, builder_of, found_at
from tintype_contracts.strategies.values import Samples, admitted, fields_of, raw_value, refused

UNHEARD_OF = "/tintype_never_heard_of"
"""The pointer of an option that no document names."""


def documented(subject: Subject) -> Iterator[Case]:
    """Every documented value of every row that has an effect, of every model it holds for."""
    return _samples(subject, admitted)


def beyond_bounds(subject: Subject) -> Iterator[Case]:
    """Values beyond every documented bound."""
    return _samples(subject, refused)


def _samples(subject: Subject, samples: Samples) -> Iterator[Case]:
    builder = builder_of(subject)
    for plain in builder.questions():
        for row in builder.rows(plain):
            yield from _of_row(builder, plain, row, samples)


def _of_row(builder: Builder, plain: Case, row: Parameter, samples: Samples) -> Iterator[Case]:
    model = builder.model(plain)
    other = row.neutral == "references" and model.references is None and not row.models
    if not (row.ignored or row.neutral is None or other):
        for name, value in fields_of(row, model, samples):
            yield plain.giving(**{name: value})


def foreign(subject: Subject) -> Iterator[Case]:
    """Fields of one model's rows, asked of models that have no row for that field."""
    builder = builder_of(subject)
    every = [row for row in subject.fixtures.parameters if row.models and row.neutral]
    for plain in builder.questions():
        known = {row.neutral for row in builder.rows(plain)}
        for row in every:
            if row.operation == plain.place and row.neutral not in known:
                yield from _of_row(builder, plain, row, _first)


def _first(row: Parameter, form: ReferenceForm) -> Sequence[tuple[str, object]]:
    return admitted(row, form)[:1]


def unreached(subject: Subject) -> Iterator[Case]:
    """The rows that no documented value puts anything into, nor the option that the case is.

    A row that is documented to have no effect need not be reached.
    """
    builder = builder_of(subject)
    reached = {
        (case.place, row.wire)
        for case in chain(builder.questions(), documented(subject))
        if (built := builder.tried(case))
        for row in builder.rows(case)
        if found_at(built, row) is not MISSING
    }
    for operation in builder.operations():
        for row in subject.fixtures.parameters:
            mine = row.operation == operation and (operation, row.wire) not in reached
            mine = mine and row.type != "file"  # no option is one
            options = [
                plain.giving(**{row.wire: raw_value(row)})
                for plain in builder.submissions(operation)
                if row.concerns(plain.given["model"])
            ]
            if mine and not row.ignored and not any(is_sent(builder, each) for each in options):
                yield from options[:1]


def is_sent(builder: Builder, case: Case) -> bool:
    """Whether all that is given is sent; where nothing is asked there is nothing to send."""
    try:
        built = builder.build(case)
    except InvalidRequestError:
        return False
    return built is None or all(builder.arrives(case, built, name) for name in case.asked)


def reach(subject: Subject) -> str:
    """How many of the documented parameters can be sent, as `17/19`."""
    wanted = builder_of(subject).operations()
    every = subject.fixtures.parameters
    rows = [row for row in every if row.operation in wanted and not row.ignored]
    return f"{len(rows) - len(list(unreached(subject)))}/{len(rows)}"
