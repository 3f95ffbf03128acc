"""What a check is.

A check is a plain function of a `Subject` that yields what it finds: a `Finding` for each
thing that is wrong. Yielding nothing is a pass; raising `NotApplicable` says that the
provider documents nothing the check could look at. Ids are stable: reports, waivers and
`tintype contracts explain` name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, frozen

from tintype_contracts.case import Case, smallest
from tintype_contracts.fixtures.comparing import Difference

if TYPE_CHECKING:
    from tintype_contracts.harness.subject import Subject

GROUPS = (
    "install",
    "pure",
    "request",
    "parse",
    "strict",
    "generous",
    "state",
    "error",
    "fuzz",
    "secret",
    "price",
    "wire",
    "doc",
)
"""The groups, in the order in which they are run and reported; one module of `checks` each."""

FIRST_SET = "2026.11"
"""The first dated check set. A check that is added later names the set it arrives with."""


@frozen(kw_only=True)
class Finding:
    """One thing that is wrong, told so that an author can act on it.

    Attributes:
        message: What is wrong and what to do about it, in a sentence or two.
        expected: What the documents say, or None where there is nothing to compare.
        got: What the plugin did.
        pointer: JSON pointer of the offending value, in the exchange's body.
        exchange: The place of its case: the id of an exchange, an operation, or "".
        src: The id of the source that says so, or "".
        mutations: The case, `NAME=VALUE` each, as `tintype contracts replay` takes it.
    """

    message: str
    expected: object = None
    got: object = None
    pointer: str = ""
    exchange: str = ""
    src: str = ""
    mutations: tuple[str, ...] = ()

    @property
    def mutation(self) -> str:
        """The one mutation that shows it, or "" where it takes several, or none."""
        return self.mutations[0] if len(self.mutations) == 1 else ""

    @classmethod
    def of(
        cls, difference: Difference, message: str, *, exchange: str = "", src: str = ""
    ) -> Finding:
        """A difference between the documents and the plugin as a finding."""
        return cls(
            message=message,
            expected=difference.expected,
            got=difference.actual,
            pointer=difference.pointer,
            exchange=exchange,
            src=src,
        )


class NotApplicable(Exception):  # noqa: N818 - it is a verdict, not an error
    """The provider documents nothing that this check could look at; the text says what."""


Run: TypeAlias = Callable[["Subject"], Iterator[Finding]]
Cases: TypeAlias = Callable[["Subject"], Iterable[Case]]
Judge: TypeAlias = Callable[["Subject", Case], Iterator[Finding]]


@frozen(kw_only=True)
class Check:
    """One rule that a plugin keeps or breaks.

    Attributes:
        id: Stable: `group.name`.
        level: The level it is needed for, 1 to 3.
        since: The dated set that it arrived with. In that set it is advisory unless it is
            the first; from the next one on it binds.
        run: The check itself.
        judge: What is wrong with one of its cases, where it tries cases.
    """

    id: str
    level: int
    since: str
    run: Run
    judge: Judge | None = None

    @property
    def group(self) -> str:
        """The part of the id before the first dot."""
        return self.id.partition(".")[0]

    @property
    def summary(self) -> str:
        """The first line of the check's docstring."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]

    @property
    def explanation(self) -> str:
        """The whole docstring: what is checked, why, and what an author does about it."""
        return (self.run.__doc__ or "").strip()


_CHECKS: dict[str, Check] = {}


def check(id_: str, *, level: int, since: str = FIRST_SET) -> Callable[[Run], Run]:
    """Enter a function into the list of checks. Its docstring is what `explain` prints."""

    def enter(run: Run) -> Run:
        _enter(Check(id=id_, level=level, since=since, run=run))
        return run

    return enter


def check_each(
    id_: str, cases: Cases, *, level: int, since: str = FIRST_SET, none: str = ""
) -> Callable[[Judge], Judge]:
    """Enter what is wrong with one case, asked of every case: each finding is of the smallest.

    Args:
        id_: The id.
        cases: What is tried.
        level: The level it is needed for.
        since: The dated set that it arrives with.
        none: Why it is not applicable where there are no cases.
    """

    def enter(judge: Judge) -> Judge:
        def run(subject: Subject) -> Iterator[Finding]:
            yield from _tried(subject, cases(subject), judge, none)

        run.__doc__ = judge.__doc__
        _enter(Check(id=id_, level=level, since=since, run=run, judge=judge))
        return judge

    return enter


def _enter(entry: Check) -> None:
    if entry.id in _CHECKS or entry.group not in GROUPS or not entry.run.__doc__:
        msg = f"{entry.id}: a check has an id of its own, a known group, and a docstring."
        raise ValueError(msg)
    _CHECKS[entry.id] = entry


def _tried(subject: Subject, cases: Iterable[Case], judge: Judge, none: str) -> Iterator[Finding]:
    """What is wrong at each place that a case shows, in the smallest case that shows it."""
    told: set[object] = set()
    case = None
    for case in cases:
        for found in list(judge(subject, case)):
            at = found.pointer
            least = smallest(case, partial(_shows, subject, judge, at))
            key = (least.place, least.mutations, found.pointer)
            if key not in told:
                told.add(key)
                yield from of_case(subject, least, judge, found.pointer)
    if case is None and none:
        raise NotApplicable(none)


def of_case(
    subject: Subject, case: Case, judge: Judge, pointer: str | None = None
) -> Iterator[Finding]:
    """What is wrong with a case, at one place of it or at all, each with the case that shows it."""
    for found in judge(subject, case):
        if pointer in {None, found.pointer}:
            yield evolve(found, exchange=case.place, mutations=case.mutations)


def _shows(subject: Subject, judge: Judge, pointer: str, case: Case) -> bool:
    """Whether something is wrong at that place; no case that cannot be tried shows anything."""
    try:
        return any(found.pointer == pointer for found in judge(subject, case))
    except Exception:  # noqa: BLE001 - what cannot be tried is no smaller case
        return False


def entered() -> tuple[Check, ...]:
    """Every check whose module is imported, by group and then as its module has them."""
    return tuple(found for group in GROUPS for found in _CHECKS.values() if found.group == group)
