"""What a provider may say where its documents leave open what it says.

An id, the address of a picture, its sides and the time are the provider's to choose, and a
document shows one of each. A world is another choice: the whole of the documents is played in
it, and what is expected follows, because what is expected is written with the same
placeholders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from itertools import cycle, islice

from attrs import evolve, frozen

from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.values import Filling, FixedPicture, fixed_values

_LARGE = 400_000
_SIDES = ((96, 64), (48, 80), (112, 32), (64, 64))
_TIME = datetime(2031, 2, 28, 23, 59, 59, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))


@frozen(kw_only=True)
class World:
    """One choice of what is open. What is left out is as the fixtures usually have it.

    Attributes:
        id: The id of the task.
        url: The end of a picture's address; `{index}` and `{reverse}` number it.
        sides: How wide and how high each picture is.
        now: When it happens.
        bytes: How large a picture is at least.
    """

    id: str | None = None
    url: str | None = None
    sides: tuple[tuple[int, int], ...] = ()
    now: datetime | None = None
    bytes: int = 0

    def values(
        self, fixtures: Fixtures, exchange: DocumentedExchange, images: int | None = None
    ) -> Filling:
        """The values of all placeholders of an exchange."""
        usual = fixed_values(fixtures, exchange, images)
        named = self.id
        return evolve(
            usual,
            identity=usual.identity if named is None else lambda name: _named(named, name),
            pictures=[
                self._picture(each, index, usual.count, fixtures) for index, each in _each(usual)
            ],
            now=self.now or usual.now,
        )

    def _picture(
        self, usual: FixedPicture, index: int, count: int, fixtures: Fixtures
    ) -> FixedPicture:
        sides = list(islice(cycle(self.sides), index + 1))[-1:]
        width, height = sides[0] if sides else (usual.width, usual.height)
        usual = evolve(usual, data=usual.data.ljust(self.bytes, b"\0"))
        if self.url is None:
            return evolve(usual, width=width, height=height)
        end = self.url.format(index=index, reverse=count - index)
        start = usual.url.rpartition("/")[0]
        named = fixtures.results.address(end) if fixtures.results else ""
        return evolve(
            usual,
            name=end,
            url=f"{start}{named}" if named else f"{start}/{end}",
            preview_url=f"{start}/small/{end}",
            width=width,
            height=height,
        )

    @property
    def others(self) -> Mapping[str, str]:
        """The fields that are other than usual, as `of` reads them."""
        told: Mapping[str, str | None] = {
            "id": self.id,
            "url": self.url,
            "sides": ",".join(f"{width}x{height}" for width, height in self.sides) or None,
            "now": self.now.isoformat() if self.now else None,
            "bytes": str(self.bytes) if self.bytes else None,
        }
        return {name: value for name, value in told.items() if value is not None}

    @classmethod
    def of(cls, others: Mapping[str, object]) -> World:
        """The world in which these fields are so.

        Raises:
            LookupError: There is no such field.
            ValueError: It has no such value.
        """
        return cls(**{name: _READS[name](str(value)) for name, value in others.items()})  # type: ignore[arg-type]  # each by its own reader


def _sides(text: str) -> tuple[tuple[int, int], ...]:
    pairs = (part.partition("x") for part in text.split(","))
    return tuple((int(width), int(height)) for width, _, height in pairs)


_READS: Mapping[str, Callable[[str], object]] = {
    "id": str,
    "url": str,
    "sides": _sides,
    "now": datetime.fromisoformat,
    "bytes": int,
}
CHOSEN = frozenset(_READS)
"""What a provider may choose, by its name."""

USUAL = World()
WORLDS = (
    World(
        id=f"Zz/0 9%2F+é?#&=:~{'-' * 90}",
        url="{index}.png?X-Amz-Expires=3600&X-Amz-Signature=aB%2Bc%2F9%3D",
        sides=_SIDES,
        now=_TIME,
    ),
    World(id="0042", url="a%20B/{reverse}?sig=a+b/c==&n=%C3%A4", sides=_SIDES[1:]),
    World(id="1e5", url="picture?id={index}", bytes=_LARGE),
)
"""Worlds in which as much as can be is other than usual, at once."""


def _named(known: str, name: str) -> str:
    """The id of a task, and of anything else beside it."""
    return known if name == "task" else f"{known}-{name}"


def _each(usual: Filling) -> Iterator[tuple[int, FixedPicture]]:
    for index, picture in enumerate(usual.pictures):
        if isinstance(picture, FixedPicture):
            yield index, picture
