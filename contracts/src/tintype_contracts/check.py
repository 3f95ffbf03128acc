"""What a check is.

A check is a plain function of a `Subject` that yields what it finds: a `Finding` for each
thing that is wrong. Yielding nothing is a pass; raising `NotApplicable` says that the
provider documents nothing the check could look at. Ids are stable: reports, waivers and
`tintype contracts explain` name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

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
        exchange: The id of the exchange that shows it, or "".
        src: The id of the source that says so, or "".
        mutations: `POINTER=VALUE`, each of those that make `tintype contracts replay` show it,
            in the order in which they are made.
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


@frozen(kw_only=True)
class Check:
    """One rule that a plugin keeps or breaks.

    Attributes:
        id: Stable: `group.name`.
        level: The level it is needed for, 1 to 3.
        since: The dated set that it arrived with. In that set it is advisory unless it is
            the first; from the next one on it binds.
        run: The check itself.
    """

    id: str
    level: int
    since: str
    run: Run

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
        if id_ in _CHECKS or id_.partition(".")[0] not in GROUPS or not run.__doc__:
            msg = f"{id_}: a check has an id of its own, a known group, and a docstring."
            raise ValueError(msg)
        _CHECKS[id_] = Check(id=id_, level=level, since=since, run=run)
        return run

    return enter


def entered() -> tuple[Check, ...]:
    """Every check whose module is imported, by group and then as its module has them."""
    return tuple(found for group in GROUPS for found in _CHECKS.values() if found.group == group)
