"""What all tests need of the process they run in."""

import signal

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
