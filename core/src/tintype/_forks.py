"""What a process must not share with the children that are forked from it."""

from __future__ import annotations

import os
import weakref
from contextlib import ExitStack
from typing import Protocol


class Inherited(Protocol):
    """What a forked process has from its parent, and may not use as it is."""

    def begin_anew(self) -> None:
        """Be as in a new process: what was inherited is the parent's, and is only forgotten."""


def guard(inherited: Inherited) -> None:
    """Let each forked child begin this anew, as long as it lives."""
    _INHERITED.add(inherited)


_INHERITED: weakref.WeakSet[Inherited] = weakref.WeakSet()


def _forked() -> None:
    with ExitStack() as stack:  # one that fails stops no other
        for each in list(_INHERITED):
            stack.callback(each.begin_anew)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)
