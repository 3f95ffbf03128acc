"""Checks of what is sent when fields meet."""

from __future__ import annotations

from collections.abc import Iterator

from tintype.catalog import Model
from tintype_contracts.check import Finding, check
from tintype_contracts.fixtures.format import OperationName
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import Builder, Built
from tintype_contracts.strategies.together import Given, Together, ask, together


@check("request.fields-together", level=1)
def fields_together(subject: Subject) -> Iterator[Finding]:
    """A field that is sent when it is given alone is sent when another is given with it.

    Every two values of every two documented fields, raw options among them, are asked of
    every model in some request, and so is every line of the price table. What is not refused,
    and of which the caller is told nothing, arrives, and the body is as documented. A field
    that is dropped may have been quoted.

    Send each field for itself, or refuse the two together and name one of them.
    """
    builder = Builder(subject)
    for operation in builder.operations():
        for model in builder.models():
            yield from _of_model(builder, operation, model)


def _of_model(builder: Builder, operation: OperationName, model: Model) -> Iterator[Finding]:
    told: set[object] = set()
    for given, built in together(builder, operation, model):
        for one in given:
            told_of = one.name in built.notices
            if not (told_of or one.arrives(built)) and _alone(builder, operation, model, one):
                pair = _plainest(builder, operation, model, one, given)
                names = tuple(each.name for each in pair)
                if names not in told:
                    told.add(names)
                    yield _dropped(model, operation, pair)
        for objection in builder.objections(operation, built):
            if objection not in told:
                told.add(objection)
                message = f"For {_shown(given)} of {model.id} the request is not as documented"
                yield Finding(
                    message=f"{message}: {objection}",
                    exchange=operation,
                    mutations=_mutations(model, given),
                )


def _alone(builder: Builder, operation: OperationName, model: Model, one: Given) -> Built | None:
    """What is sent for one value by itself, where it arrives."""
    built = ask(builder, operation, model, (one,))
    return built if built and one.arrives(built) else None


def _plainest(
    builder: Builder, operation: OperationName, model: Model, one: Given, given: Together
) -> Together:
    """The value that is lost, and the one other that makes it so; all where it takes more."""
    for other in given:
        built = ask(builder, operation, model, (one, other)) if other is not one else None
        if built and not one.arrives(built):
            return (one, other)
    return (one, *(each for each in given if each is not one))


def _dropped(model: Model, operation: OperationName, pair: Together) -> Finding:
    one, *others = pair
    row = one.rows[0]
    return Finding(
        message=(
            f"{one} of {model.id} is not sent in {operation} when {_shown(tuple(others))} is given "
            f"with it. Send both, or refuse them together."
        ),
        expected=one.value,
        got="nothing, or another value",
        pointer=row.wire,
        src=row.src,
        exchange=operation,
        mutations=_mutations(model, pair),
    )


def _mutations(model: Model, given: Together) -> tuple[str, ...]:
    """What `tintype contracts replay` is told, to ask for these."""
    return (f"model={model.id}", *(each.asked for each in given))


def _shown(given: Together) -> str:
    return ", ".join(map(str, given))
