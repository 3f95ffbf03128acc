"""What proves a tintype provider: fixtures, and a sandbox made of them.

`load("apimodels")` reads what a provider documents. `Sandbox` serves it on loopback.
"""

from tintype_contracts.faults import Fault, FixtureError
from tintype_contracts.format import Fixtures
from tintype_contracts.loader import installed, load, load_folder
from tintype_contracts.sandbox import Sandbox

__all__ = ["Fault", "FixtureError", "Fixtures", "Sandbox", "installed", "load", "load_folder"]
