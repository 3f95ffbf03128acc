"""What has changed of routes, states, errors, prices, and of single facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tintype_contracts.drift.change import Change, Severity


def routes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """Addresses of operations."""
    for name in sorted(old.keys() - new.keys()):
        yield Change(
            severity="error",
            table="routes",
            name=name,
            message="The document has no such route any more.",
            proposal="Find what took its place; without one the operation is gone.",
        )
    for name in sorted(new.keys() - old.keys()):
        yield Change(severity="info", table="routes", name=name, message="The route is new.")


def states(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[Change]:
    """Status words: one that nobody knows is an error."""
    if old is None or new is None:
        return
    for word in sorted(new.keys() - old.keys()):
        message = f"The status {word!r} is unknown to the fixtures."
        proposal = f'list "{word}" as {new[word] or "running, succeeded, failed or refused"}'
        yield Change(
            severity="error", table="states", name=word, message=message, proposal=proposal
        )
    for word in sorted(old.keys() & new.keys()):
        if new[word] and new[word] != old[word]:
            message = f"{word!r} means {new[word]} now, and meant {old[word]}."
            yield Change(severity="error", table="states", name=word, message=message)
    for word in sorted(old.keys() - new.keys()):
        message = f"The status {word!r} is not listed any more."
        yield Change(severity="warning", table="states", name=word, message=message)


def errors(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[Change]:
    """Statuses, and what they mean; a document may list statuses alone."""
    if old is None or new is None:
        return
    known = {_status(name) for name in old}
    for name in sorted(new.keys() - old.keys()):
        if new[name] or name not in known:
            yield _new_error(name, new[name])
    for name, meaning in sorted(old.items()):
        yield from _error(name, meaning, new)


def _error(name: str, meaning: str, new: Mapping[str, str]) -> Iterator[Change]:
    after = new.get(name)
    if after and after != meaning:
        message = f"It is a {after} now, and was a {meaning}."
        yield Change(severity="error", table="errors", name=name, message=message)
    elif after is None and (any(new.values()) or _status(name) not in new):
        message = "The error is not listed any more."
        yield Change(severity="info", table="errors", name=name, message=message)


def _new_error(name: str, meaning: str) -> Change:
    message = f"The error is new: {meaning}." if meaning else "The error is new."
    proposal = f'{_status(name)} = "{meaning or "…Error"}"'
    return Change(severity="warning", table="errors", name=name, message=message, proposal=proposal)


def _status(name: str) -> str:
    return name.partition(" ")[0]


def prices(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[Change]:
    """Lines of the price list."""
    if old is None or new is None:
        return
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before is None:
            yield Change(severity="info", table="prices", name=name, message=f"New: {after}.")
        elif after is None:
            message = f"It is not listed any more; it was {before}."
            yield Change(severity="warning", table="prices", name=name, message=message)
        elif before != after:
            message = f"It is {after} now, and was {before}."
            yield Change(severity="warning", table="prices", name=name, message=message)


def facts(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """Whatever is one value, where both documents have it."""
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            severity: Severity = "error" if name in {"auth", "hosts"} else "warning"
            message = f"It is {new[name]!r} now, and was {old[name]!r}."
            yield Change(severity=severity, table=name, name=name, message=message)
