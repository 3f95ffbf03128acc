"""Every generic mutator."""

from tintype_contracts.selftest import of_answers, of_offers, of_requests

MUTATORS = (*of_requests.MUTATORS, *of_answers.MUTATORS, *of_offers.MUTATORS)
"""In the order in which they are tried."""
