"""The engines of a sandbox, each made when it is first asked for.

Reading a provider's fixtures takes a while, and most callers want one provider of many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

from tintype_contracts.sandbox.engine.engine import Engine


class Engines(Mapping[str, Engine]):
    """Engines by the names of their providers. Safe to use from several threads.

    Args:
        makers: What makes each.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Engine]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Engine] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Engine:
        """The engine of a provider.

        Raises:
            KeyError: No such provider is served.
            FixtureError: Its fixtures are broken.
        """
        with self._lock:
            if name not in self._made:
                self._made[name] = self._makers[name]()
            return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """The names of all that are served."""
        return iter(self._makers)

    def __len__(self) -> int:
        """How many are served."""
        return len(self._makers)

    @property
    def made(self) -> Mapping[str, Engine]:
        """Those that were asked for so far."""
        return dict(self._made)
