"""What has changed of the answers: what parse was never told is a warning, a loss an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tintype_contracts.drift.change import (
    Change,
    added,
    listed,
    lost_types,
    operation,
    operations,
)
from tintype_contracts.drift.surface import ANY_KEY, Field


def received(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Change]:
    """What has changed of what comes back."""
    told = operations(new)
    lost: set[str] = set()
    for name, field in old.items():
        after = _found(name, new)
        if after is not None:
            yield from _types(name, field, after)
            yield from _words(name, field, after)
        elif operation(name) in told and not _below_open(name, new):
            lost.add(name)
    for name in sorted(name for name in lost if name.rpartition("/")[0] not in lost):
        yield _lost(name)
    for name in added(old, new):
        message = "The answer has a new field."
        yield Change(severity="warning", table="responses", name=name, message=message)


def _found(name: str, new: Mapping[str, Field]) -> Field | None:
    """The field of that name, or of a name in which any key may stand in its place."""
    if name in new:
        return new[name]
    return next((new[other] for other in new if _admits(other, name)), None)


def _admits(open_name: str, name: str) -> bool:
    tokens, wanted = open_name.split("/"), name.split("/")
    if ANY_KEY not in tokens or len(tokens) != len(wanted):
        return False
    return all(one in {two, ANY_KEY} for one, two in zip(tokens, wanted, strict=True))


def _lost(name: str) -> Change:
    return Change(
        severity="error",
        table="responses",
        name=name,
        message="The answer does not have the field any more.",
        proposal="Transcribe the answer again, and see what parse makes of it.",
    )


def _types(name: str, old: Field, new: Field) -> Iterator[Change]:
    """A type that comes no more, or comes besides: parse is told it for the first time."""
    if lost := lost_types(old, new):
        message = f"It is {listed(sorted(new.types))} now, and was {listed(lost)}."
        yield Change(severity="error", table="responses", name=name, message=message)
        return
    more = sorted(new.types - old.types - {"null", "number"}) if old.types else []
    if more:
        message = f"It may be {listed(more)} as well."
        yield Change(severity="warning", table="responses", name=name, message=message)
    if "null" in new.types - old.types:
        message = "It may be null, which no exchange shows."
        yield Change(severity="info", table="responses", name=name, message=message)


def _words(name: str, old: Field, new: Field) -> Iterator[Change]:
    if not old.words:
        return
    for word in new.words:
        if word not in old.words:
            message = f"The answer may say {word!r} now."
            yield Change(severity="warning", table="responses", name=name, message=message)
    gone = [word for word in old.words if new.words and word not in new.words]
    if gone:
        message = f"The answer does not say {listed(gone)} any more."
        yield Change(severity="info", table="responses", name=name, message=message)


def _below_open(name: str, new: Mapping[str, Field]) -> bool:
    """Whether the field stands in an object that the document leaves open."""
    parent = name.rpartition("/")[0]
    return _found(parent, new) is not None and not any(
        other.startswith(f"{parent}/") for other in new
    )
