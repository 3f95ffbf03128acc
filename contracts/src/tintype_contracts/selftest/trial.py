"""Every mutator tried on one plugin, by the checks that the plugin itself passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from tintype_contracts.checks.registry import Check, all_checks
from tintype_contracts.rows import ask
from tintype_contracts.selftest.bending import Bent, Mutator, bend
from tintype_contracts.selftest.mutators import MUTATORS
from tintype_contracts.subject import Subject
from tintype_contracts.verdict import SelfTest

# `install` looks at the distribution and `wire` at the network: neither sees a bent hook
# sooner than the others, and both are slow.
_LEFT_OUT = frozenset({"install", "wire"})
_ORDER = ("request", "parse", "doc", "price", "error", "strict", "state", "secret", "pure", "fuzz")


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


def selftest(subject: Subject, mutators: Iterable[Mutator] = MUTATORS) -> Trial:
    """Every mutant of a plugin, and the check of levels 1 and 2 that kills it."""
    checks = passing(subject)
    fates: list[Fate] = []
    idle: list[str] = []
    for mutator in mutators:
        bent = bend(subject.plugin, subject.fixtures, mutator)
        killer = "" if bent.subject.faults else _killer(bent, checks)
        if bent.subject.faults:
            fates.append(Fate(mutator=mutator, killed_by="install.loads"))
        elif bent.wrapper.bent or mutator.capability in _abilities(subject):
            fates.append(Fate(mutator=mutator, killed_by=killer))
        else:
            idle.append(mutator.name)
    return Trial(provider=subject.name, fates=tuple(fates), idle=tuple(idle))


def passing(subject: Subject) -> tuple[Check, ...]:
    """The checks that the plugin itself passes, the quick groups first."""
    levels = {1, 2}
    chosen = [item for item in all_checks() if item.level in levels and item.group not in _LEFT_OUT]
    return tuple(
        sorted(
            (item for item in chosen if ask(item, subject).outcome == "pass"),
            key=lambda item: (_ORDER.index(item.group), item.level),
        )
    )


def _killer(bent: Bent, checks: Sequence[Check]) -> str:
    """The id of the first check that a mutant fails, or ""."""
    killers = (check.id for check in checks if ask(check, bent.subject).outcome == "fail")
    return next(killers, "")


def _abilities(subject: Subject) -> frozenset[str]:
    """The capabilities that are declared on."""
    return frozenset(name for name, row in subject.fixtures.capabilities.items() if row.on)
