"""Reference plugins broken on purpose, each with the check that has to notice.

That some check fails on a mutant proves little: it may fail by accident, while the check
that was written for the fault looks on. So each mutant names its check, and every check
has a mutant, or stands in `IDLE` with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.contracts.mutants import (
    of_answers,
    of_documents,
    of_loading,
    of_meaning,
    of_offers,
    of_requests,
    of_wire,
)
from tests.contracts.mutants.mutant import DocumentMutant, SourceMutant, StaleMutantError, install

__all__ = [
    "DOCUMENT_MUTANTS",
    "IDLE",
    "SOURCE_MUTANTS",
    "DocumentMutant",
    "SourceMutant",
    "StaleMutantError",
    "install",
]

SOURCE_MUTANTS: tuple[SourceMutant, ...] = (
    *of_loading.MUTANTS,
    *of_requests.MUTANTS,
    *of_answers.MUTANTS,
    *of_meaning.MUTANTS,
    *of_offers.MUTANTS,
    *of_wire.MUTANTS,
)
DOCUMENT_MUTANTS: tuple[DocumentMutant, ...] = of_documents.MUTANTS

_THE_CORE = "It judges the core's transports in the plugin's conversation: no plugin can break it."

IDLE: Mapping[str, str] = {
    "fuzz.pairs-of-mutations": (
        "What two changes break, one of them breaks in these small plugins: it is there for "
        "faults that mask one another."
    ),
    "secret.not-across-redirects": _THE_CORE,
    "secret.not-in-logs": _THE_CORE,
    "secret.not-in-errors": _THE_CORE,
    "wire.cancellation": _THE_CORE,
    "wire.connections-are-kept": _THE_CORE,
    "wire.cut-streams": _THE_CORE,
    "wire.late-answers": _THE_CORE,
    "wire.lost-answers": _THE_CORE,
    "wire.not-sent": _THE_CORE,
    "wire.odd-values-cost-no-picture": _THE_CORE,
    "wire.redirects": _THE_CORE,
    "wire.unread-answers-are-kept": _THE_CORE,
    "wire.results-are-images": _THE_CORE,
    "wire.results-have-an-end": _THE_CORE,
    "wire.results-redirected": _THE_CORE,
}
"""The checks that kill no mutant, and why."""
