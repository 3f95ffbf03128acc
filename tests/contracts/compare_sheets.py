"""Holds a provider's sheet against the JSON it was made of: `python -m … COMMIT PROVIDER`.

Rows are compared table by table, exchanges by what is asked and answered, expectations as
subsets: a sheet may say more than the JSON did, never less, and what is less is printed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs

from tintype_contracts.fixtures.comparing import subset
from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.loader import load_folder
from tintype_contracts.fixtures.pointers import leaves

_TABLES = ("routes", "fields", "errors", "prices")
_SINGLE = ("auth", "states", "billing", "results", "webhooks")
_FREE = {"why", "src", "kind", "title", "retries"}


def compared(old: Fixtures, new: Fixtures) -> Iterator[str]:
    """A line for each fact that is not what it was."""
    for table in _TABLES:
        yield from _rows(table, getattr(old, table), getattr(new, table))
    for name in _SINGLE:
        before, after = _plain(getattr(old, name)), _plain(getattr(new, name))
        yield from (f"{name}: {each}" for each in subset(before, after))
    for name, row in old.capabilities.items():
        if new.capabilities[name].support != row.support:
            yield f"capability {name}: {row.support} is {new.capabilities[name].support}"
    yield from (f"absent {name}: told now" for name in old.absent.keys() - new.absent.keys())
    yield from _exchanges(old, new)
    for text in set(old.excerpts.values()) - set(new.excerpts.values()):
        yield f"excerpt lost: {text[:60]!r}"


def _rows(table: str, old: tuple[object, ...], new: tuple[object, ...]) -> Iterator[str]:
    rest = [_plain(row) for row in new]
    for row in old:
        wanted = _plain(row)
        if wanted in rest:
            rest.remove(wanted)
        else:
            yield f"{table}: lost {_short(wanted)}"
    yield from (f"{table}: new {_short(row)}" for row in rest)


def _short(row: object) -> object:
    """A row without what it leaves open."""
    empty: list[object] = [None, (), {}, [], False]
    if not isinstance(row, dict):
        return row
    return {key: value for key, value in row.items() if value not in empty}


def _plain(row: object) -> object:
    """A row without its provenance; the order of its models is no fact."""
    if not attrs.has(type(row)):
        return row
    made = {key: value for key, value in attrs.asdict(row).items() if key not in _FREE}
    return made | ({"models": sorted(made["models"])} if made.get("models") else {})


def _exchanges(old: Fixtures, new: Fixtures) -> Iterator[str]:
    known: dict[str, list[DocumentedExchange]] = {}
    for exchange in new.exchanges.values():
        known.setdefault(_wire(exchange), []).append(exchange)
    for exchange in old.exchanges.values():
        same = known.get(_wire(exchange), [])
        lost = [list(_weaker(exchange, each)) for each in same]
        if not same:
            yield f"exchange {exchange.id}: nothing like it"
        elif all(lost):
            yield from (f"exchange {exchange.id}: {each}" for each in min(lost, key=len))


def _wire(exchange: DocumentedExchange) -> str:
    sides = (exchange.request, exchange.response, exchange.delivery)
    plain = [attrs.asdict(side) if side else None for side in sides]
    return repr((exchange.operation, [_sorted(side) for side in plain]))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return sorted((key, _sorted(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return [_sorted(item) for item in value]
    return repr(value)


def _weaker(old: DocumentedExchange, new: DocumentedExchange) -> Iterator[str]:
    outcomes = [each.expect.error or each.expect.outcome for each in (old, new)]
    if outcomes[0] != outcomes[1]:
        yield f"expected {outcomes[0]}, now {outcomes[1]}"
    else:
        yield from map(str, subset(dict(old.expect.fields), dict(new.expect.fields)))


def before(commit: str, provider: str) -> Fixtures:
    """The JSON set of `provider` as `commit` has it."""
    path = f"fixtures/src/tintype_fixtures/{provider}"
    packed = subprocess.run(  # noqa: S603 - the repository's own files
        ["git", "archive", commit, path],  # noqa: S607 - whichever git there is
        check=True,
        capture_output=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(folder, filter="data")
        return load_folder(Path(folder) / path)


def main(commit: str, provider: str) -> None:
    """Print what differs, and the figures."""
    old = before(commit, provider)
    new = load_folder(f"fixtures/src/tintype_fixtures/{provider}")
    found = list(compared(old, new))
    lines = [*found, _figures(provider, "before", old), _figures(provider, "after", new)]
    sys.stdout.write("\n".join([*lines, f"{len(found)} differences", ""]))


def _figures(provider: str, when: str, fixtures: Fixtures) -> str:
    rows = sum(len(getattr(fixtures, table)) for table in _TABLES)
    exchanges = fixtures.exchanges.values()
    said = sum(len(list(leaves(each.expect.fields))) for each in exchanges)
    return f"{provider} {when}: {rows} rows, {len(exchanges)} exchanges, {said} expected values"


if __name__ == "__main__":
    main(*sys.argv[1:])
