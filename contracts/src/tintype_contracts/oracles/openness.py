"""Whether documents hold in every world: with any id, any address, any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tintype_contracts.harness.worlds import USUAL, WORLDS, World, smaller

T = TypeVar("T")


def in_worlds(found: Callable[[World], Sequence[T]]) -> Iterator[tuple[World, T]]:
    """What `found` has to say, each with the plainest world in which it says something.

    What is wrong as the fixtures usually have it is told of that alone.
    """
    for world in (USUAL, *WORLDS):
        if said := found(world):
            tried = ((each, found(each)) for each in smaller(world))
            plainest = next((one for one in tried if one[1]), (world, said))
            yield from ((plainest[0], each) for each in plainest[1])
            return
