"""The differences between two surfaces, each in a tier of its own.

The same change weighs differently on the two sides: a word that a request may no longer
hold will be refused, a word that an answer no longer holds is merely never seen again.

======================== =================== ====================
change                   sent (request)      received (response)
======================== =================== ====================
field added              info                warning
field added, required    error               warning
field removed            error               error
type no longer admitted  error               error
word added               info                warning
word removed             error               info
bound narrowed           error               -
bound widened            info                -
default changed          warning             -
======================== =================== ====================

A status word nobody knows is an error, a price that moved a warning.
"""

from __future__ import annotations

from tintype_contracts.drift.change import SEVERITIES, Change
from tintype_contracts.drift.changes_of_tables import errors, facts, prices, routes, states
from tintype_contracts.drift.changes_received import received
from tintype_contracts.drift.changes_sent import sent
from tintype_contracts.drift.surface import Surface


def changes(old: Surface, new: Surface) -> tuple[Change, ...]:
    """What the newer surface says otherwise, worst first."""
    found = [
        *routes(old.routes, new.routes),
        *sent(old.requests, new.requests),
        *received(old.responses, new.responses),
        *states(old.states, new.states),
        *errors(old.errors, new.errors),
        *prices(old.prices, new.prices),
        *facts(old.facts, new.facts),
    ]
    return tuple(sorted(found, key=lambda change: SEVERITIES.index(change.severity)))
