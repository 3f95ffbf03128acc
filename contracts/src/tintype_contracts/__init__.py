"""What proves a tintype provider: fixtures, checks, and a sandbox made of them.

`load("apimodels")` reads what a provider documents, `run("apimodels")` holds its plugin
against that, `Sandbox` serves it on loopback, and `respx_router` plays it to code that
speaks httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tintype_contracts.bridge import respx_router
from tintype_contracts.fixtures.flaws import FixtureError, Flaw
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import installed, load, load_folder
from tintype_contracts.runner.run import run
from tintype_contracts.verdict import Report, Row

if TYPE_CHECKING:
    from tintype_contracts.sandbox import Sandbox

__all__ = [
    "FixtureError",
    "Fixtures",
    "Flaw",
    "Report",
    "Row",
    "Sandbox",
    "installed",
    "load",
    "load_folder",
    "respx_router",
    "run",
]


def __getattr__(name: str) -> object:
    """`Sandbox`, imported at its first use: it brings a web server with it."""
    if name != "Sandbox":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from tintype_contracts.sandbox import Sandbox  # noqa: PLC0415

    return Sandbox
