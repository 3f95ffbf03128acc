"""Does the kit notice when a given plugin breaks? Its answers are bent, one way at a time.

A mutant that nothing notices has survived: the plugin's fixtures are too thin to tell it
from the plugin, and `Mutator.missing` says what they lack.
"""

from tintype_contracts.selftest.bending import Bent, Call, Mutator, bend
from tintype_contracts.selftest.mutators import MUTATORS
from tintype_contracts.selftest.trial import Fate, Trial, selftest

__all__ = ["MUTATORS", "Bent", "Call", "Fate", "Mutator", "Trial", "bend", "selftest"]
