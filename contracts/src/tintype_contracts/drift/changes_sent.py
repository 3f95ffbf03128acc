"""What has changed of the requests: whatever may be refused now is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tintype_contracts.drift.change import (
    Change,
    Severity,
    added,
    listed,
    lost_types,
    one_type,
    operation,
    operations,
)
from tintype_contracts.drift.surface import BOUNDS, Field


def sent(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Change]:
    """What has changed of what is sent."""
    told = operations(new)
    for name, field in old.items():
        if name in new:
            yield from _request_field(name, field, new[name])
        elif operation(name) in told:
            yield Change(
                severity="error",
                table="parameters",
                name=name,
                message="The field is gone: sending it may be refused.",
                proposal="Take the row away, and what the plugin sends there.",
            )
    for name in added(old, new):
        yield _new_parameter(name, new[name])


def _request_field(name: str, old: Field, new: Field) -> Iterator[Change]:
    yield from _types(name, old, new)
    yield from _request_words(name, old, new)
    for bound, upper in BOUNDS.items():
        yield from _bound(name, bound, old, new, upper=upper)
    if new.required and not old.required:
        message = "It is required now: a request without it will be refused."
        yield _parameter("error", name, message, f'write "{one_type(new)}!"')
    elif old.required and not new.required:
        yield _parameter("info", name, "It may be left out now.", 'take away the "!"')
    if new.default is not None and old.default is not None and new.default != old.default:
        message = f"Left out, it is {new.default!r} now, and was {old.default!r}."
        yield _parameter("warning", name, message, f"write ={new.default}")


def _types(name: str, old: Field, new: Field) -> Iterator[Change]:
    """A type that is refused now; a form's field has two spellings, one of which may be left."""
    lost = lost_types(old, new)
    if lost and len(lost) == len(old.types - {"null"}):
        message = f"It is {listed(sorted(new.types))} now, and was {listed(lost)}."
        yield _parameter("error", name, message, f'write "{one_type(new)}"')


def _request_words(name: str, old: Field, new: Field) -> Iterator[Change]:
    gone = [word for word in old.words if word not in new.words] if new.words else []
    if gone:
        severity: Severity = "warning" if new.open else "error"
        message = f"No longer listed: {listed(gone)}."
        yield _parameter(severity, name, message, f"write {_enum(new)}")
    added = [word for word in new.words if word not in old.words] if old.words else []
    if added:
        message = f"Newly listed: {listed(added)}."
        yield _parameter("info", name, message, f"write {_enum(new)}")
    if new.words and not old.words and not new.open:
        message = f"Only these are admitted now: {listed(new.words)}."
        yield _parameter("error", name, message, f"write {_enum(new)}")
    if old.words and not new.words and not old.open:
        yield _parameter("info", name, "No list of words is given any more.", "")


def _bound(name: str, bound: str, old: Field, new: Field, *, upper: bool) -> Iterator[Change]:
    before, after = old.bounds.get(bound), new.bounds.get(bound)
    if before == after:
        return
    if after is None:
        yield _parameter("info", name, f"No {bound} is given; it was {before}.", "")
        return
    narrower = before is None or (after < before if upper else after > before)
    words = f"{bound} is {after} now, and was {'not given' if before is None else before}."
    written = f"..{after}" if upper else f"{after}.."
    yield _parameter("error" if narrower else "info", name, words, f"write {written}")


def _enum(field: Field) -> str:
    return f"[{' '.join(map(str, field.words))}]"


def _new_parameter(name: str, field: Field) -> Change:
    message = "It is new, and required." if field.required else "It is new, and may be left out."
    asked, _, pointer = name.partition(" ")
    path = asked.partition(":")[2]
    kind = f"{one_type(field)}!" if field.required else one_type(field)
    words = f" {_enum(field)}" if field.words else ""
    row = f'"{pointer}" = "- {kind}{words}{path and f" on={path}"}"'
    return _parameter("error" if field.required else "info", name, message, row)


def _parameter(severity: Severity, name: str, message: str, proposal: str) -> Change:
    return Change(
        severity=severity, table="parameters", name=name, message=message, proposal=proposal
    )
