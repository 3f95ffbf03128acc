"""What has changed between a fixture set and a newer document, offline.

Both sides are brought to one form, a `Surface`: what is sent, what comes back, which
states, errors and prices there are. The differences are told in three tiers, and a
proposal is printed for each that an author has to act on. Nothing is rewritten.
"""

from tintype_contracts.drift.change import SEVERITIES, Change, Severity
from tintype_contracts.drift.changes import changes
from tintype_contracts.drift.reading import DocumentError, read_surface
from tintype_contracts.drift.surface import Field, Surface
from tintype_contracts.drift.surface_of_fixtures import surface_of_fixtures
from tintype_contracts.drift.surface_of_openapi import surface_of_openapi

__all__ = [
    "SEVERITIES",
    "Change",
    "DocumentError",
    "Field",
    "Severity",
    "Surface",
    "changes",
    "read_surface",
    "surface_of_fixtures",
    "surface_of_openapi",
]
