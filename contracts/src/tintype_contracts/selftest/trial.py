"""Every mutator tried on one plugin, by the checks that the plugin itself passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from tintype_contracts.check import Check
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject
from tintype_contracts.selftest.bending import Bent, Mutator, bend
from tintype_contracts.selftest.mutators import MUTATORS
from tintype_contracts.verdict import SelfTest

# In this order: what notices most comes first. Left out are `install`, which looks at the
# distribution, and `wire`, which plays the same scenes once more: both are slow, and neither
# sees a bent hook sooner than the others.
_FIRST = ("request.documented-example", "parse.documented-answer")
_DOCUMENTED = ("request", "parse", "doc", "price", "state")
_IMAGINED = ("error", "strict", "secret", "pure", "fuzz")
_ORDER = (*_DOCUMENTED, *_IMAGINED)


@frozen(kw_only=True)
class Fate:
    """What became of one mutant.

    Attributes:
        mutator: How the plugin was broken.
        killed_by: The id of the first check that noticed, or "": it survived.
    """

    mutator: Mutator
    killed_by: str = ""


@frozen(kw_only=True)
class Trial:
    """What became of every mutant of one plugin.

    Attributes:
        provider: The plugin's name.
        fates: One a mutant that differs from the plugin.
        idle: The names of the mutators that found nothing to bend.
    """

    provider: str
    fates: tuple[Fate, ...]
    idle: tuple[str, ...] = ()

    @property
    def survivors(self) -> tuple[Fate, ...]:
        """Those that no check noticed."""
        return tuple(fate for fate in self.fates if not fate.killed_by)

    @property
    def score(self) -> float:
        """The share that was killed, from 0 to 1."""
        return 1 - len(self.survivors) / len(self.fates) if self.fates else 0.0

    @property
    def summary(self) -> SelfTest:
        """What a report says of it."""
        return SelfTest(
            mutants=len(self.fates),
            killed=len(self.fates) - len(self.survivors),
            survivors=tuple(fate.mutator.name for fate in self.survivors),
        )


def selftest(
    subject: Subject,
    mutators: Iterable[Mutator] = MUTATORS,
    checks: Sequence[Check] | None = None,
) -> Trial:
    """Every mutant of a plugin, and the check of levels 1 and 2 that kills it.

    Args:
        subject: The plugin and its fixtures.
        mutators: The ways to break it.
        checks: Checks that the plugin itself is known to pass, the most watchful first.
    """
    checks = passing(subject) if checks is None else checks
    fates: list[Fate] = []
    idle: list[str] = []
    for mutator in mutators:
        bent = bend(subject.plugin, subject.fixtures, mutator)
        killer = _killer(bent, checks, needed=mutator.capability in _abilities(subject))
        if killer is None:
            idle.append(mutator.name)
        else:
            fates.append(Fate(mutator=mutator, killed_by=killer))
    return Trial(provider=subject.name, fates=tuple(fates), idle=tuple(idle))


def passing(subject: Subject) -> tuple[Check, ...]:
    """The checks that the plugin itself passes, the most watchful first."""
    chosen = [check for check in all_checks() if check.group in _ORDER]
    passed = [check for check in chosen if ask(check, subject).outcome == "pass"]
    order = {group: index for index, group in enumerate(_ORDER)}
    return tuple(sorted(passed, key=lambda check: (check.id not in _FIRST, order[check.group])))


def _killer(bent: Bent, checks: Sequence[Check], *, needed: bool) -> str | None:
    """The id of the first check that a mutant fails, or ""; None where it is the plugin itself.

    What makes no difference to anything that is documented is no mutant, unless the plugin
    is declared to do what it is about.
    """
    if bent.subject.faults:
        return "install.loads"
    for check in checks:
        untouched = bent.wrapper.bent == 0 and not needed
        if check.group in _IMAGINED and untouched:
            return None
        if ask(check, bent.subject).outcome == "fail":
            return check.id
    return "" if bent.wrapper.bent or needed else None


def _abilities(subject: Subject) -> frozenset[str]:
    """The capabilities that are declared on."""
    return frozenset(name for name, row in subject.fixtures.capabilities.items() if row.on)
