"""The sandbox that the clients speak with. Nothing leaves the machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from tests.clients.drawing import HERE

from tintype_contracts import Sandbox, installed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The classes of litellm make pydantic warn; what else warns fails."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic"))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """All providers, without waiting."""
    with Sandbox(installed(), pace=0) as served:
        yield served


@pytest.fixture
def node() -> None:
    """Skip where Node or its packages cannot be had."""
    if shutil.which("node") is None or not (HERE / "node_modules").is_dir():
        pytest.skip("Node and the clients' packages are not here: `nox -s clients` installs them")
