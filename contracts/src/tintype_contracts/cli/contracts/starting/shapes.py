"""Wire classes, written out: one for each object on the way to what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_Ways = Mapping[tuple[str, ...], str]


def shapes(name: str, doc: str, ways: _Ways) -> Iterator[str]:
    """The classes of an answer, the inner ones first.

    Args:
        name: That of the outermost.
        doc: What it is.
        ways: What is read, as `type` or `type = default`, by the keys to it.
    """
    rows: dict[str, str] = {}
    for key in dict.fromkeys(way[0] for way in ways):
        below = {way[1:]: hint for way, hint in ways.items() if way[0] == key}
        if () in below:
            rows[key] = below[()]
            continue
        many = all(way[0] == "*" for way in below)
        below = {way[1:]: hint for way, hint in below.items()} if many else below
        if many and () in below:
            rows[key] = "tuple[str | None, ...] = ()"
            continue
        kind = "Item" if many else f"{name}{key.title().replace('_', '')}"
        yield from shapes(kind, f"What stands in `{key}`.", below)
        free = all("=" in hint for hint in below.values())
        alone = f"{kind} = {kind}()" if free else kind
        rows[key] = f"tuple[{kind} | None, ...] = ()" if many else alone
    yield frozen_class(name, doc, rows)


def frozen_class(name: str, doc: str, rows: Mapping[str, str]) -> str:
    """The text of an attrs class with these fields."""
    body = "".join(f"    {key}: {hint}\n" for key, hint in rows.items())
    head = f'@frozen(kw_only=True)\nclass {name}:\n    """{doc}"""\n'
    return f"{head}\n{body}".rstrip()
