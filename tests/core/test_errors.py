"""The exception tree: whose fault, what it cost, what to do, and pickles."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path

import pytest

from tintype import errors
from tintype._blame import about
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    DeadlineError,
    InsufficientCreditError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    OverloadedError,
    PermissionDeniedError,
    PluginError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    ServerError,
    SizeMismatchError,
    SubmissionUnknownError,
    TintypeError,
    UnknownStatusError,
    UnsupportedError,
    UsageError,
    refusal,
    refusals,
)
from tintype.models import Image, Task, TaskState

CLASSES = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, TintypeError)
]
UNBILLED = (
    UsageError,
    PluginError,
    NotSentError,
    BadRequestError,
    AuthenticationError,
    PermissionDeniedError,
    InsufficientCreditError,
    RateLimitError,
    OverloadedError,
)
TASK = Task(
    provider="acme",
    id="t1",
    state=TaskState.RUNNING,
    images=(Image(data=b"\x00"),),
    raw={"a": [1]},
    notes={"phase": 1},
)
FULL = [
    InvalidRequestError("m", field="size", allowed=("a", "b"), provider="acme"),
    UnsupportedError("m", field="n", allowed=("1 to 4",)),
    ProtocolError("m", pointer="/a/0", status=200, provider="acme", billed=Billed.YES),
    UnknownStatusError("m", pointer="/status"),
    RateLimitError("m", status=429, code="slow", retry_after=2.5, request_id="r1"),
    ServerError("m", status=500, billed=Billed.YES),
    SubmissionUnknownError("m", record="e1", provider="acme", billed=Billed.UNKNOWN),
    DeadlineError("m", task=TASK, task_json="{}", provider="acme", billed=Billed.NO),
    SizeMismatchError("m", drawn=TASK, paths=(Path("a.png"),), provider="acme"),
]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_ends_in_error_and_says_what_it_is(kind: type[TintypeError]) -> None:
    """The name ends in Error and the docstring is a sentence."""
    assert kind.__name__.endswith("Error")
    assert (kind.__doc__ or "").strip()


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_stands_in_the_tree_that_the_docstring_draws(kind: type[TintypeError]) -> None:
    """The drawing at the top of the module leaves none out."""
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling(kind: type[TintypeError]) -> None:
    """A worker process can hand any error to its parent."""
    error = kind("what happened", provider="acme")
    error.billed = Billed.YES
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made a line above
    assert type(copy) is kind
    assert str(copy) == str(error) == "acme: what happened"
    assert copy.args == error.args
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
def test_pickling_keeps_every_field(error: TintypeError) -> None:
    """What an error carries, its task included, arrives in the other process."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made a line above
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_only_what_cannot_have_been_charged_is_unbilled_by_itself(
    kind: type[TintypeError],
) -> None:
    """Whether money was spent is unknown wherever the class alone does not rule it out."""
    expected = Billed.NO if issubclass(kind, UNBILLED) else Billed.UNKNOWN
    assert kind("m").billed is expected


@pytest.mark.parametrize("billed", Billed)
def test_what_was_billed_can_be_said_of_one_error(billed: Billed) -> None:
    """The instance overrules the class, and the class stays as it was."""
    assert BadRequestError("m", billed=billed).billed is billed
    assert BadRequestError("m").billed is Billed.NO


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if issubclass(kind, ProviderError)])
def test_only_slow_down_and_failures_may_be_asked_again(kind: type[ProviderError]) -> None:
    """A refusal in words is not retried."""
    assert kind.retryable is issubclass(kind, RateLimitError | ServerError)


def test_the_text_of_an_error_names_the_provider_where_there_is_one() -> None:
    """Several providers may fail in one program."""
    assert str(TintypeError("It broke.", provider="acme")) == "acme: It broke."
    assert str(TintypeError("It broke.")) == "It broke."


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFoundError), (503, OverloadedError), (500, ServerError), (599, ServerError)],
)
def test_a_refusal_is_told_by_the_plugins_own_table(status: int, kind: type[ProviderError]) -> None:
    """The documented meaning of a status wins; from 500 on the rest is a server's failure."""
    table = {404: NotFoundError, 503: OverloadedError}
    error = refusal(status, table, "words", "code", billed=Billed.YES)
    assert type(error) is kind
    assert isinstance(error, ProviderError)
    assert (error.message, error.code, error.status) == ("words", "code", status)
    assert error.billed is Billed.YES


@pytest.mark.parametrize("status", [204, 302, 418, 499])
def test_a_status_that_no_document_lists_is_a_protocol_error(status: int) -> None:
    """Nobody knows what it means, or whether it was billed."""
    error = refusal(status, {})
    assert type(error) is ProtocolError
    assert error.status == status
    assert error.billed is Billed.UNKNOWN
    assert str(status) in str(error)


def test_documented_statuses_mean_what_they_usually_do() -> None:
    """Only those that are named; another meaning is laid over it."""
    assert refusals(404, 503) == {404: NotFoundError, 503: OverloadedError}
    assert (refusals(404) | {404: ServerError}) == {404: ServerError}
    with pytest.raises(KeyError):
        refusals(418)


def test_a_refusal_without_words_names_the_status() -> None:
    """An empty body still gives a sentence."""
    assert str(refusal(404, {404: NotFoundError})) == "It answered with status 404."
    assert str(refusal(404, refusals(404), None, None)) == "It answered with status 404."


@pytest.mark.parametrize("error", FULL, ids=repr)
def test_what_else_is_known_of_an_error_leaves_it_as_it_was(error: TintypeError) -> None:
    """The one that is raised in its place says all it said, and pickles."""
    before = dict(vars(error))
    found = about(error, message="more", body="said", provider="other")
    assert vars(error) == before
    assert vars(found) == {**before, "message": "more", "body": "said", "provider": "other"}
    assert vars(pickle.loads(pickle.dumps(found))) == vars(found)  # noqa: S301 - our own bytes
    assert about(found, body="said") is found


def test_an_error_of_a_plugins_own_class_keeps_its_traceback_and_cause() -> None:
    """However it is made."""

    class OwnError(ServerError):
        def __init__(self, pages: int, *, of: int) -> None:
            super().__init__(f"{pages} of {of}")

    cause = ValueError("why")

    def fail() -> None:
        raise OwnError(1, of=2) from cause

    def told() -> None:
        try:
            fail()
        except OwnError as error:
            error.add_note("note")
            raise about(error, provider="acme") from error.__cause__

    with pytest.raises(OwnError) as caught:
        told()
    found = caught.value
    assert str(found) == "acme: 1 of 2"
    assert (found.__cause__, found.__notes__) == (cause, ["note"])
    assert [each.name for each in caught.traceback][-2:] == ["told", "fail"]
