"""Statuses: the providers' tables come first, and HTTP's say what the rest means for money."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, answer

from tintype import Account, Billed, Client, ImageRequest, Outcome
from tintype._flow.verdicts import is_transient, may_resubmit, outcome_of
from tintype._statuses import STATUSES
from tintype.errors import (
    BadRequestError,
    OverloadedError,
    ProtocolError,
    ProviderError,
    ServerError,
    SubmissionUnknownError,
    refusal,
)
from tintype_openai_dialect import Dialect

REJECTED = {
    405,
    406,
    407,
    411,
    413,
    414,
    415,
    417,
    421,
    426,
    428,
    431,
    501,
    505,
    511,
    521,
    523,
    530,
}
UNKNOWN = {408, 500, 502, 503, 504, 520, 522, 524}
AS_DOCUMENTED = {402, 403, 404, 422, 429, 451}
PROVIDERS = ("cheapai", "openrouter", "apimodels", "apiin", "apiyi")
BODIES = {
    "a-page": answer(b"<html><h1>No</h1></html>", media_type="text/html"),
    "nothing": answer(b""),
    "json": answer(b'{"error":{"message":"No. Not today.","code":"no"},"message":"No."}'),
    "an-array": answer(b"[]"),
}


def test_the_table_has_every_status_on_its_side() -> None:
    """A status without a row is unknown."""
    assert {each for each, row in STATUSES.items() if row.outcome == "rejected"} == REJECTED
    assert {each for each, row in STATUSES.items() if row.outcome == "unknown"} == UNKNOWN


@pytest.mark.parametrize("status", sorted(REJECTED))
def test_what_was_not_processed_was_not_billed(status: int) -> None:
    """It is rejected, not sent again by itself, and while polling asked again."""
    error = refusal(status, {}, "Too much of it.")
    assert outcome_of(error) is Outcome.REJECTED
    assert error.billed is Billed.NO
    assert not may_resubmit(error)
    assert is_transient(error)
    assert str(error).startswith(f"It answered {status} ({STATUSES[status].reason}), so nothing")
    assert str(error).endswith("Too much of it.")


@pytest.mark.parametrize("status", sorted({101, 302, 409, 418, 425, 499, 529, 599} | UNKNOWN))
def test_what_may_have_been_processed_is_unknown(status: int) -> None:
    """And told as that: the answer came, and nobody documents what it means for money."""
    error = refusal(status, {})
    assert outcome_of(error) is Outcome.UNKNOWN
    assert not may_resubmit(error)
    assert f"It answered {status}" in str(error)
    assert "what that means for money is not documented" in str(error)
    assert isinstance(error, ServerError if status >= 500 else ProtocolError)


@pytest.mark.parametrize("status", sorted(AS_DOCUMENTED))
def test_some_statuses_mean_what_the_provider_says(status: int) -> None:
    """Else nobody knows."""
    assert outcome_of(refusal(status, {})) is Outcome.UNKNOWN
    assert outcome_of(refusal(status, {status: BadRequestError})) is Outcome.REJECTED


def test_a_documented_status_keeps_its_class() -> None:
    """Whatever HTTP says of it."""
    documented: Mapping[int, type[ProviderError]] = {413: OverloadedError, 501: ServerError}
    assert type(refusal(413, documented)) is OverloadedError
    assert outcome_of(refusal(501, documented)) is Outcome.UNKNOWN


@pytest.mark.parametrize("status", sorted(REJECTED))
def test_a_code_in_a_body_is_not_https(status: int) -> None:
    """Below a success a number means what the provider means by it."""
    assert outcome_of(refusal(status, {}, in_body=True)) is Outcome.UNKNOWN


def _documented(plugin: ModuleType) -> Mapping[int, object]:
    """The statuses that a plugin has a meaning for, by itself or by the dialect it stands on."""
    dialect = next((each for each in vars(plugin).values() if isinstance(each, Dialect)), None)
    return dialect.refusals if dialect else plugin._REFUSALS  # noqa: SLF001 - its table


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_submission_ends_as_the_tables_say(server: Loopback, provider: str, body: bytes) -> None:
    """At every provider, in whatever words: once sent, once told."""
    plugin = importlib.import_module(f"tintype_{provider}")
    account = Account(provider=provider, key=KEY, base_url=server.url)
    undocumented = sorted((REJECTED | UNKNOWN) - set(_documented(plugin)))
    with Client(account, environ={}) as client:
        for status in undocumented:
            server.take()
            server.on("*", body.replace(b" 200 ", b" %d " % status, 1))
            error = ProtocolError if status in REJECTED else SubmissionUnknownError
            with pytest.raises(error, match=f"It answered {status} ") as caught:
                client.submit(ImageRequest(prompt="a red panda"), provider=provider)
            assert caught.value.billed is (Billed.NO if status in REJECTED else Billed.UNKNOWN)
            assert len([each for each in server.requests if each.method == "POST"]) == 1


def test_the_page_of_promises_has_every_row() -> None:
    """What a status means for money can be looked up."""
    page = (Path(__file__).parents[2] / "docs" / "promises.md").read_text()
    for status, row in STATUSES.items():
        assert f"| {status} | {row.outcome} | {row.reason} |" in page
