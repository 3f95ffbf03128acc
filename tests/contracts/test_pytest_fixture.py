"""The test double that pytest gives."""

from __future__ import annotations

from tintype import Client, ImageRequest
from tintype_contracts import Sandbox
from tintype_contracts.pytest_plugin import tintype_sandbox

__all__ = ["tintype_sandbox"]


def test_a_client_that_a_test_makes_asks_the_sandbox(tintype_sandbox: Sandbox) -> None:
    """No key is given and none is needed; the ledger tells what was paid."""
    with Client(journal="off") as client:
        made = client.generate(ImageRequest(prompt="a cat"), provider="apiyi")
    assert len(made.images) == len(tintype_sandbox.ledger("apiyi").paid) == 1
