"""Every generic mutator."""

from tintype_contracts.selftest import of_addresses, of_bodies, of_errors, of_offers, of_tasks

MUTATORS = (
    *of_bodies.MUTATORS,
    *of_addresses.MUTATORS,
    *of_tasks.MUTATORS,
    *of_errors.MUTATORS,
    *of_offers.MUTATORS,
)
"""In the order in which they are tried."""
