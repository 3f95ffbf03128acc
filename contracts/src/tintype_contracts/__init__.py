"""What proves a tintype provider: fixtures, checks, and a sandbox made of them.

`load("apimodels")` reads what a provider documents, `run("apimodels")` holds its plugin
against that, `Sandbox` serves it on loopback, and `respx_router` plays it to code that
speaks httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tintype_contracts._respx_router import respx_router
    from tintype_contracts.fixtures.flaws import FixtureError, Flaw
    from tintype_contracts.fixtures.format import Fixtures
    from tintype_contracts.fixtures.loader import installed, load, load_folder
    from tintype_contracts.runner.run import run
    from tintype_contracts.sandbox import Sandbox
    from tintype_contracts.verdict import Report, Row

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


# Imported at their first use: every module of the kit imports this one.
_LATER = {
    "FixtureError": "tintype_contracts.fixtures.flaws",
    "Fixtures": "tintype_contracts.fixtures.format",
    "Flaw": "tintype_contracts.fixtures.flaws",
    "Report": "tintype_contracts.verdict",
    "Row": "tintype_contracts.verdict",
    "Sandbox": "tintype_contracts.sandbox",
    "installed": "tintype_contracts.fixtures.loader",
    "load": "tintype_contracts.fixtures.loader",
    "load_folder": "tintype_contracts.fixtures.loader",
    "respx_router": "tintype_contracts._respx_router",
    "run": "tintype_contracts.runner.run",
}


def __getattr__(name: str) -> object:
    """What is imported at its first use."""
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_LATER[name]), name)
