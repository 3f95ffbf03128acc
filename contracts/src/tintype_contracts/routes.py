"""Which documented address a method, a path and a query are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import frozen

from tintype_contracts.format import Fixtures, Route

_HOLE = re.compile(r"\{(\w+)\}")


@frozen(kw_only=True)
class Match:
    """A route, and what stood in its `{id}` and `{model}`."""

    route: Route
    holes: Mapping[str, str]


def find_route(
    fixtures: Fixtures, method: str, path: str, query: Iterable[tuple[str, str]]
) -> Match | None:
    """The documented route of a request, or None. Its query must be the route's exactly."""
    given = sorted(query)
    for route in fixtures.routes:
        holes = _holes(route, path, given) if route.method == method else None
        if holes is not None:
            return Match(route=route, holes=holes)
    return None


def fits(path: str, other: str) -> bool:
    """Whether `other`, a path that may have holes of other names, is the route `path`."""
    return _pattern(path).fullmatch(_HOLE.sub("hole", other)) is not None


def split(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The path of `url`, unquoted, and its query."""
    parts = urlsplit(url)
    return unquote(parts.path), tuple(parse_qsl(parts.query, keep_blank_values=True))


def _holes(route: Route, path: str, given: list[tuple[str, str]]) -> Mapping[str, str] | None:
    found = _pattern(route.path).fullmatch(path)
    wanted = sorted(route.query.items())
    if found is None or [key for key, _ in given] != [key for key, _ in wanted]:
        return None
    holes = dict(found.groupdict())
    for (_, template), (_, value) in zip(wanted, given, strict=True):
        inner = _pattern(template).fullmatch(value)
        if inner is None:
            return None
        holes |= inner.groupdict()
    return holes


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """`template` as a pattern: `{model}` spans segments, every other hole is one."""
    parts = _HOLE.split(template)
    text = "".join(
        re.escape(part) if index % 2 == 0 else f"(?P<{part}>{_span(part)})"
        for index, part in enumerate(parts)
    )
    return re.compile(text)


def _span(hole: str) -> str:
    return ".+" if hole == "model" else "[^/]+"
