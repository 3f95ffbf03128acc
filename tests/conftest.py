"""What all tests need of the process they run in."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

# A shell that starts us in the background has us ignore Ctrl-C, and our children after us;
# the tests of interruption send it to them.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test named by an address in memory: workers would disagree about its name."""
    for item in items:
        if " at 0x" in item.nodeid:
            message = f"{item.nodeid}: give the parameter an id of its own"
            raise pytest.UsageError(message)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped for a reason that the file in TINTYPE_SKIPS does not list."""
    report = yield
    listed = os.environ.get("TINTYPE_SKIPS")
    if listed and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not may_be_skipped(reason, Path(listed)):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} may not be skipped here. {reason}"
    return report


def may_be_skipped(reason: str, listed: Path) -> bool:
    """Whether a reason begins as one of those that a file lists."""
    lines = [line.strip() for line in listed.read_text("utf-8").splitlines()]
    begun = tuple(line for line in lines if line and not line.startswith("#"))
    return reason.removeprefix("Skipped: ").startswith(begun)
