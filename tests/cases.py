"""Many cases in one test: a table that would be a thousand tests of a millisecond each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVarTuple

Given = TypeVarTuple("Given")


def failing(
    holds: Callable[[*Given], object], cases: Iterable[tuple[str, tuple[*Given]]]
) -> dict[str, str]:
    """The cases of a table that do not hold, by name, each with what was raised.

    A case without a name of its own would hide another one.

    Args:
        holds: Asserts that one case holds, whose values are its arguments.
        cases: The name of each case, and its values.
    """
    told: dict[str, str] = {}
    seen: set[str] = set()
    for name, given in cases:
        assert name not in seen, f"{name} names two cases"
        seen.add(name)
        try:
            holds(*given)
        except Exception as error:  # noqa: BLE001 - the others are asked too
            told[name] = f"{type(error).__name__}: {error}"
    assert seen, "no case was asked"
    return told
