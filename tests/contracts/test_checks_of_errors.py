from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.otherwise import AT_ONCE, BY_ID, bent, body_of, documents, findings, good

from tintype.errors import (
    BadRequestError,
    Billed,
    InsufficientCreditError,
    OverloadedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    TintypeError,
)
from tintype.exchange import Exchange
from tintype.messages import Response
from tintype.models import Failure, Task, TaskState
from tintype_contracts.checks import all_checks
from tintype_contracts.strategies.refusals import WORDS, examples_of

CHECKS = [each.id for each in all_checks() if each.group == "error"]


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_plugin_tells_what_went_wrong(check: str) -> None:
    """No check finds anything about a plugin that has nothing wrong."""
    assert findings(check, reference.subject(BY_ID)) == []


def _raises(
    instead: Callable[[TintypeError], BaseException], kind: type[TintypeError], name: str = BY_ID
) -> Callable[[Exchange], object]:
    """A `parse` with another error in the place of those of one kind."""

    def parse(exchange: Exchange) -> object:
        try:
            return good(name, "parse")(exchange)
        except kind as error:
            raise instead(error) from None

    return parse


def _bad_request(error: TintypeError) -> TintypeError:
    return BadRequestError(error.message, status=getattr(error, "status", None))


def _slow_down(error: TintypeError) -> TintypeError:
    return RateLimitError(error.message)


def _wordless(error: TintypeError) -> TintypeError:
    return type(error)("It failed.")


def _impatient(error: TintypeError) -> TintypeError:
    if isinstance(error, ProviderError):
        error.retry_after = 1.0
    return error


def _unbilled(error: TintypeError) -> TintypeError:
    return OverloadedError(error.message, billed=Billed.NO)


def _free(error: TintypeError) -> TintypeError:
    error.billed = Billed.NO
    return error


def _teapot(exchange: Exchange) -> object:
    if isinstance(exchange.message, Response) and exchange.message.status == 418:
        return Task(id="task-1")
    return good(BY_ID, "parse")(exchange)


def _html_ends_it(exchange: Exchange) -> object:
    if isinstance(exchange.message, Response) and exchange.message.body.startswith(b"<!"):
        failure = Failure(message="A page.")
        return Task(id="task-1", state=TaskState.FAILED, errors=(failure,))
    return good(BY_ID, "parse")(exchange)


def _asks_for_the_error(exchange: Exchange) -> object:
    message = exchange.message
    if isinstance(message, Response) and message.status >= 400:
        body = body_of(exchange)
        if body is not None:
            body["error"]["message"].lower()
    return good(BY_ID, "parse")(exchange)


def _believes_in_200(exchange: Exchange) -> object:
    body = body_of(exchange)
    ok = isinstance(exchange.message, Response) and exchange.message.status == 200
    if ok and isinstance(body, dict) and "error" in body and "status" not in body:
        return Task(id="task-1")
    return good(BY_ID, "parse")(exchange)


def _hides_refusals(exchange: Exchange) -> object:
    said = good(BY_ID, "parse")(exchange)
    if isinstance(said, Task) and said.state is TaskState.REFUSED:
        failures = tuple(evolve(each, refused=False) for each in said.errors)
        return evolve(said, state=TaskState.FAILED, errors=failures)
    return said


@pytest.mark.parametrize(
    ("check", "parse"),
    [
        ("error.documented-class", _raises(_bad_request, InsufficientCreditError)),
        ("error.documented-billing", _raises(_free, ProviderError)),
        ("error.tells-all-it-was-told", _raises(_wordless, ProviderError)),
        ("error.tells-all-it-was-told", _raises(_impatient, ProviderError)),
        ("error.any-refusal-is-one", _teapot),
        ("error.any-refusal-is-one", _html_ends_it),
        ("error.any-refusal-is-one", _asks_for_the_error),
        ("error.inside-a-success", _believes_in_200),
        ("error.refused-content-is-told-apart", _hides_refusals),
        ("error.no-credit-is-not-slow-down", _raises(_slow_down, InsufficientCreditError)),
        ("error.submissions-are-not-repeated", _raises(_unbilled, ProtocolError)),
    ],
)
def test_an_error_that_is_told_wrongly_is_found(
    check: str, parse: Callable[[Exchange], object]
) -> None:
    """Each by the check that is there for it, with what was expected and what came."""
    found = findings(check, bent(BY_ID, parse=parse))
    assert found
    assert all(each.exchange in documents(BY_ID).exchanges for each in found)
    assert all(each.expected is not None and each.got is not None for each in found)


def test_a_submission_that_would_be_sent_again_is_counted() -> None:
    """A page that is taken for an unbilled refusal is a second picture."""
    parse = _raises(_unbilled, ProtocolError, AT_ONCE)
    found = findings("error.submissions-are-not-repeated", bent(AT_ONCE, parse=parse))
    assert any("is sent 4 times" in each.message for each in found)


def test_a_row_without_an_answer_is_told_in_the_likeness_of_another() -> None:
    """The status is the row's, the words are nobody's, and the shape is the documented one."""
    subject = reference.subject(BY_ID)
    row = evolve(subject.fixtures.errors[0], status=409, error="BadRequestError")
    (made,) = examples_of(subject, row)
    assert made.status == 409
    assert made.body == {"error": {"code": WORDS, "message": WORDS}}


def test_what_a_row_matches_is_put_into_the_likeness() -> None:
    """Objects are made on the way to the place."""
    subject = reference.subject(BY_ID)
    row = evolve(subject.fixtures.errors[0], status=409, match={"/error/detail/why": "late"})
    (made,) = examples_of(subject, row)
    assert isinstance(made.body, dict)
    assert made.body["error"]["detail"] == {"why": "late"}
