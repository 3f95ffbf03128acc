"""Mutators of the errors that answers come to: swallowed, mistaken, stripped of their words."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from tintype.errors import (
    BadRequestError,
    Billed,
    ProtocolError,
    ProviderError,
    ServerError,
    TintypeError,
    UnknownStatusError,
)
from tintype.exchange import Operation
from tintype.models import Image, Task, TaskState
from tintype_contracts.selftest.bending import OTHER_BILL, Bend, Call, Mutator


def _of_error(kind: type[TintypeError], change: Callable[[TintypeError, Call], object]) -> Bend:
    """A bend of the errors of a class that `parse` raises."""

    def bend(call: Call) -> object:
        answer = call.answer
        if call.hook != "parse" or not isinstance(answer, kind):
            return answer
        return change(answer, call)

    return bend


def _swallowed(_: TintypeError, call: Call) -> object:
    known = call.exchange.task if call.exchange else None
    return evolve(known or Task(), state=TaskState.RUNNING)


def _done_anyway(_: TintypeError, call: Call) -> object:
    known = call.exchange.task if call.exchange else None
    return evolve(known or Task(), state=TaskState.SUCCEEDED, billed=Billed.YES)


def _failed_anyway(_: TintypeError, call: Call) -> object:
    known = call.exchange.task if call.exchange else None
    return evolve(known or Task(), state=TaskState.FAILED, billed=Billed.NO)


def _coerced(_: TintypeError, call: Call) -> object:
    """What a lenient converter makes of null."""
    known = (call.exchange.task if call.exchange else None) or Task()
    if call.exchange is None or call.exchange.operation not in {Operation.SUBMIT, Operation.POLL}:
        return call.answer
    image = Image(url="https://images.example.com/None")
    return evolve(known, state=TaskState.SUCCEEDED, images=(image,), billed=Billed.YES)


def _other_class(error: TintypeError, _: Call) -> object:
    kind = BadRequestError if isinstance(error, ServerError) else ServerError
    status = error.status if isinstance(error, ProviderError) else None
    return kind(error.message, status=status, billed=error.billed)


def _other_bill(error: TintypeError, _: Call) -> object:
    if not isinstance(error, ProviderError):
        return error
    return type(error)(
        error.message, status=error.status, code=error.code, billed=OTHER_BILL[error.billed]
    )


def _wordless(error: TintypeError, _: Call) -> object:
    if not isinstance(error, ProviderError) or error.message == _NOTHING:
        return error
    return type(error)(_NOTHING, status=error.status, code=error.code, billed=error.billed)


_NOTHING = "Something went wrong."


def _codeless(error: TintypeError, _: Call) -> object:
    if not isinstance(error, ProviderError) or not error.code:
        return error
    return type(error)(error.message, status=error.status, billed=error.billed)


def _statusless(error: TintypeError, _: Call) -> object:
    if not isinstance(error, ProviderError) or error.status is None:
        return error
    return type(error)(error.message, code=error.code, billed=error.billed)


class _Escaped(Exception):  # noqa: N818 - it stands for any of Python's own
    """What escapes a plugin that is not total."""


def _raised(call: Call) -> object:
    """What `parse` cannot read escapes as an error that is not tintype's."""
    if call.hook == "parse" and isinstance(call.answer, ProtocolError):
        return _Escaped(str(call.answer))
    return call.answer


_FAILURE = "an exchange that expects an error with its status, code, message and bill"

MUTATORS = (
    Mutator(
        name="bill-of-an-error-flipped",
        breaks="says otherwise whether a refusal was billed",
        missing=_FAILURE,
        bend=_of_error(ProviderError, _other_bill),
    ),
    Mutator(
        name="error-swallowed",
        breaks="takes a refusal for a running task",
        missing=_FAILURE,
        bend=_of_error(ProviderError, _swallowed),
    ),
    Mutator(
        name="error-of-another-class",
        breaks="raises another class than the documents call for",
        missing=_FAILURE,
        bend=_of_error(ProviderError, _other_class),
    ),
    Mutator(
        name="error-wordless",
        breaks="loses the provider's words",
        missing=_FAILURE,
        bend=_of_error(ProviderError, _wordless),
    ),
    Mutator(
        name="error-codeless",
        breaks="loses the provider's code",
        missing=_FAILURE,
        bend=_of_error(ProviderError, _codeless),
    ),
    Mutator(
        name="error-statusless",
        breaks="loses the HTTP status",
        missing=_FAILURE,
        bend=_of_error(ProviderError, _statusless),
    ),
    Mutator(
        name="nonsense-as-running",
        breaks="waits on where an answer cannot be read",
        missing="the story not_json",
        bend=_of_error(ProtocolError, _swallowed),
    ),
    Mutator(
        name="nonsense-as-failure",
        breaks="gives a paid task up where one answer cannot be read",
        missing="the story not_json",
        bend=_of_error(ProtocolError, _failed_anyway),
    ),
    Mutator(
        name="null-coerced",
        breaks="makes an address of null",
        missing="the story not_json",
        bend=_of_error(ProtocolError, _coerced),
    ),
    Mutator(
        name="not-total",
        breaks="lets Python's own errors out",
        missing="the story not_json",
        bend=_raised,
    ),
    Mutator(
        name="unknown-status-as-success",
        breaks="takes a status that no document lists for the end",
        missing="an exchange with an unknown status",
        bend=_of_error(UnknownStatusError, _done_anyway),
    ),
    Mutator(
        name="unknown-status-as-running",
        breaks="waits for ever on a status that no document lists",
        missing="an exchange with an unknown status",
        bend=_of_error(UnknownStatusError, _swallowed),
    ),
)
"""What can go wrong with an error, whoever's it is."""
