"""The options of a client that its flows hold to, with what is taken for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Attribute, field, frozen
from attrs.converters import optional

from tintype._doors import a_line, all_held, check_flag, check_seconds, held, one_of
from tintype.budget import Budget
from tintype.errors import UsageError

if TYPE_CHECKING:  # it is imported with every client
    from collections.abc import Iterable

    from tintype._flow.resolve import OnUnsupported
    from tintype._flow.sizes import OnMismatch, SizePolicy


def _budgets(given: Iterable[Budget]) -> tuple[Budget, ...]:
    return all_held(given, Budget, "budgets", "a list of Budget(usd=…)")


def _on_unsupported(given: OnUnsupported) -> OnUnsupported:
    return one_of(given, ("error", "notice"), "on_unsupported")


def _size_policy(given: SizePolicy) -> SizePolicy:
    return one_of(given, ("nearest", "exact"), "size_policy")


def _on_mismatch(given: OnMismatch) -> OnMismatch:
    return one_of(given, ("error", "notice"), "on_mismatch")


def _check_seconds(_: object, attribute: Attribute[float | None], seconds: float | None) -> None:
    if seconds is not None:
        check_seconds(seconds, attribute.name)


def _label(given: str) -> str:
    return a_line(given, "label")


def _tries(given: int) -> int:
    if held(given, int, "tries", "a whole number from 1 on") < 1:
        msg = f"tries={given} sends nothing: give 1 or more."
        raise UsageError(msg)
    return given


@frozen(kw_only=True, repr=False)  # a crash reporter may show it half made
class Choices:
    """What the caller chose; the client's own documentation says what each is for."""

    on_unsupported: OnUnsupported = field(default="error", converter=_on_unsupported)
    size_policy: SizePolicy = field(default="nearest", converter=_size_policy)
    on_mismatch: OnMismatch = field(default="notice", converter=_on_mismatch)
    allow_unlisted: bool = field(default=False, validator=check_flag)
    request_timeout: float | None = field(default=None, validator=_check_seconds)
    task_timeout: float | None = field(default=None, validator=_check_seconds)
    label: str = field(default="", converter=_label)
    tries: int = field(default=4, converter=_tries)
    budgets: tuple[Budget, ...] = field(default=(), converter=_budgets)


BY_TURN = "call\x1f"
"""What the key begins with of a call that waits for its turn."""


@frozen(kw_only=True)
class PerCall:
    """What one call says in place of what the client does; `PerCallKeywords` says of what.

    Attributes:
        label: Whose its pictures are.
        tries: How often an exchange is made that may be repeated, or None: as the client has it.
        timeout: Seconds for one answer, or None likewise.
        key: What the journal knows it by, or "".
        digest: The SHA-256 of what it asks for, where it has a key.
        gate_seconds: How long its first submission waits at its gate at most; None: as long as may
            be.
        standing: The journal's records of that key that it goes on from.
    """

    label: str = field(default="", converter=_label)
    key: str = ""
    digest: str = ""
    gate_seconds: float | None = None
    standing: tuple[str, ...] = ()
    tries: int | None = field(default=None, converter=optional(_tries))
    timeout: float | None = field(default=None, validator=_check_seconds)
