"""All scenes with both clients, played once for all the checks that look at them."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from functools import lru_cache

from attrs import frozen

from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.network_guard import guard
from tintype_contracts.wire.scenario_run import Performance, Stage, scenes


@frozen(kw_only=True)
class Run:
    """What became of every scene, and what was left behind.

    Attributes:
        performances: Each scene by urllib3 and by aiohttp.
        names: The hosts that were asked for at handshakes.
        attempts: What tried to leave loopback, in words; where the guard is armed for all
            checks, also what tried before.
        warned: What Python warned of, in words.
        left_alone: Whether every connection was closed when the clients were.
    """

    performances: tuple[tuple[Performance, Performance], ...]
    names: frozenset[str]
    attempts: tuple[str, ...]
    warned: tuple[str, ...]
    left_alone: bool

    def all(self) -> Iterator[Performance]:
        """Every performance."""
        for pair in self.performances:
            yield from pair


@lru_cache(maxsize=1)
def run(subject: Subject) -> Run:
    """Play every scene with both clients. Played once for one subject."""
    with warnings.catch_warnings(action="ignore"):
        gc.collect()  # what others left is not this plugin's
    with guard().armed() as watch, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Stage(subject) as stage:
            performances = tuple(
                (stage.perform(scene, stage.blocking), stage.perform(scene, stage.callers[1]))
                for scene in scenes(subject)
            )
            stage.hang_up()
            left_alone = stage.server.is_left_alone()
            names = frozenset(stage.server.names)
        gc.collect()
        attempts = tuple(watch.attempts)
    return Run(
        performances=performances,
        names=names,
        attempts=attempts,
        warned=tuple(f"{each.category.__name__}: {each.message}" for each in caught),
        left_alone=left_alone,
    )
