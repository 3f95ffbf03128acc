"""The kit as pytest items, one a check, for people who live in pytest.

    from tintype_contracts.pytest_plugin import suite

    TestAcme = suite("acme")

Or without a file:

    pytest -p tintype_contracts.pytest_plugin --pyargs tintype_contracts.suite --provider acme

And a test double for code that draws: the fixture `tintype_sandbox`, where a conftest.py says
`pytest_plugins = ["tintype_contracts.pytest_plugin"]`.

The verdict that counts is that of `tintype contracts check`: here the caller's own
configuration decides what is collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NoReturn

import pytest

from tintype_contracts.check import Check
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.subject import Subject
from tintype_contracts.report.terminal import row_lines
from tintype_contracts.runner.levels import newest_set
from tintype_contracts.runner.run import judge, subject_of
from tintype_contracts.sandbox import Sandbox
from tintype_contracts.verdict import Row

_PROVIDER = "--provider"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that `tintype_contracts.suite` reads."""
    parser.getgroup("tintype").addoption(
        _PROVIDER, default="", help="The provider whose plugin tintype's suite examines."
    )


@pytest.fixture
def tintype_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Every installed provider, played at once; the test's environment points to it.

    Pictures are of one colour, states last no time. What a `Client()` made in the test asks,
    it asks here, with the sandbox's keys.
    """
    with Sandbox(pace=0, plain=True) as sandbox:
        for name, value in sandbox.environ().items():
            monkeypatch.setenv(name, value)
        yield sandbox


def suite(provider: str, *, level: int = 3) -> type[object]:
    """A class for pytest to collect: one item for each check up to `level`."""
    chosen = [pytest.param(check, id=check.id) for check in all_checks() if check.level <= level]

    class Suite:
        """Every check, asked about one plugin."""

        @pytest.mark.parametrize("check", chosen)
        def test_check(self, check: Check) -> None:
            """The plugin keeps this rule."""
            show(check, provider)

    Suite.__name__ = Suite.__qualname__ = f"Test{provider.title()}"
    return Suite


def provider_of(config: pytest.Config) -> str:
    """The provider that the command line names.

    Raises:
        pytest.UsageError: It names none.
    """
    name = config.getoption(_PROVIDER, default="")
    if not isinstance(name, str) or not name:
        msg = f"Say whose plugin to examine: {_PROVIDER} NAME (with -p {__name__})"
        raise pytest.UsageError(msg)
    return name


def show(check: Check, provider: str) -> None:
    """Ask one check about an installed plugin, in pytest's own words."""
    subject = _subject(provider)
    if subject.faults and check.group != "install":
        pytest.skip("The plugin cannot be loaded: see the checks of the group install.")
    dated = newest_set(all_checks())
    row = judge(check, subject, dated, datetime.now(UTC).date())
    match row.outcome:
        case "fail":
            _fail(row)
        case "na":
            pytest.skip(row.note)
        case "waived" | "advisory":
            pytest.xfail(row.note or "It binds from the next check set on.")
        case "pass":
            return


def _fail(row: Row) -> NoReturn:
    pytest.fail("\n".join(row_lines(row)), pytrace=False)


@cache
def _subject(provider: str) -> Subject:
    return subject_of(provider)
