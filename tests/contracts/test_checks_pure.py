"""Plugins that are not pure, each failed by the check for it."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.bent import bent, row, sending, understanding, with_body

from tintype.messages import Request
from tintype.models import Quote
from tintype_contracts.harness.subject import Subject

PURE = (
    "pure.no-io",
    "pure.no-clock",
    "pure.no-chance",
    "pure.no-environment",
    "pure.deterministic",
    "pure.same-in-a-thread",
    "pure.arguments-untouched",
    "pure.returns-neutral-values",
)
_FIRST = threading.main_thread()


def _before(deed: Callable[[], object]) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        deed()
        return request

    return change


def _counting() -> Subject:
    calls: list[None] = []
    return sending(
        "at_once", with_body(lambda body: (calls.append(None), body.update(n=len(calls))))
    )


def _by_thread() -> Subject:
    def change(body: dict[str, object]) -> None:
        body["n"] = 1 if threading.current_thread() is _FIRST else 2

    return sending("at_once", with_body(change))


def _writing() -> Subject:
    def parse(true: Callable[..., object], exchange: object) -> object:
        task = getattr(exchange, "task", None)
        if task is not None:
            task.handle["seen"] = True
        return true(exchange)

    return understanding("by_id", parse)


BENT: list[tuple[str, Subject, str]] = [
    ("pure.no-io", sending("at_once", _before(Path(__file__).read_bytes)), "submit()"),
    ("pure.no-io", sending("at_once", _before(lambda: print("a key"))), "print"),  # noqa: T201
    ("pure.no-clock", sending("at_once", _before(time.time)), "time.time"),
    ("pure.no-clock", sending("at_once", _before(lambda: time.sleep(0.001))), "time.sleep"),
    ("pure.no-chance", sending("at_once", _before(random.random)), "random"),
    ("pure.no-environment", sending("at_once", _before(lambda: os.getenv("KEY"))), "os.environ"),
    ("pure.deterministic", _counting(), "Keep no state"),
    ("pure.same-in-a-thread", _by_thread(), "another thread"),
    ("pure.arguments-untouched", _writing(), "changes its argument exchange"),
    ("pure.returns-neutral-values", bent("at_once", submit=lambda request: {}), "a dict"),  # noqa: ARG005
    (
        "pure.returns-neutral-values",
        bent("at_once", price=lambda request, quote: Quote(low=0.1, high=0.1)),  # type: ignore[arg-type]  # noqa: ARG005
        "Quote",
    ),
    (
        "pure.returns-neutral-values",
        sending("at_once", with_body(lambda body: body.update(seed=Decimal(1)))),
        "no JSON",
    ),
    (
        "pure.returns-neutral-values",
        understanding("by_id", lambda true, exchange: evolve(true(exchange), state="running")),
        "whose state is a str, not a TaskState",
    ),
    ("pure.returns-neutral-values", bent("by_id", poll=lambda task: {}["task"]), "raises KeyError"),  # noqa: ARG005
]


@pytest.mark.parametrize(("check", "subject", "words"), BENT)
def test_a_plugin_that_is_not_pure_is_failed(check: str, subject: Subject, words: str) -> None:
    """By the check for it, in words that name the hook or the mend."""
    found = row(check, subject)
    assert found.outcome == "fail"
    assert words in " ".join(finding.message for finding in found.findings)


@pytest.mark.parametrize("name", reference.NAMES)
@pytest.mark.parametrize("check", PURE)
def test_the_reference_plugins_are_pure(check: str, name: str) -> None:
    """All hooks, all exchanges."""
    assert row(check, reference.subject(name)).findings == ()
