"""The surface that an OpenAPI 3 document describes, as far as a fixture set knows its routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tintype_contracts.drift.schemas import resolved, schema_fields
from tintype_contracts.drift.surface import Field, Surface, asked_of
from tintype_contracts.fixtures.format import Fixtures, Route, States
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.routes import fits

_JSON = "application/json"
_BODIES = (_JSON, "multipart/form-data")
_GOOD = ("200", "201", "202", "2XX")


def surface_of_openapi(document: Mapping[str, object], fixtures: Fixtures) -> Surface:
    """What the document says of the operations that the fixtures have routes for.

    States are told only where a poll's answer lists the words of the field they stand in;
    an OpenAPI document has no prices.
    """
    reader = _Reader(document)
    requests: dict[str, Field] = {}
    responses: dict[str, Field] = {}
    routes: dict[str, str] = {}
    errors: set[str] = set()
    for route in fixtures.routes:
        operation = reader.operation(route)
        if operation is None:
            continue
        routes[f"{route.operation} {route.method} {route.path}"] = route.operation
        requests |= _named(asked_of(fixtures, route), reader.request(operation))
        responses |= _named(route.operation, reader.response(operation))
        errors |= {status for status in _keys(operation.get("responses")) if status[0] in "45"}
    return Surface(
        requests=requests,
        responses=responses,
        routes=routes,
        states=_states(responses, fixtures.states) if fixtures.states else None,
        errors=dict.fromkeys(sorted(errors), "") if errors else None,
    )


def _named(asked: str, fields: Mapping[str, Field]) -> dict[str, Field]:
    return {f"{asked} {pointer}": found for pointer, found in fields.items()}


def _states(responses: Mapping[str, Field], states: States) -> Mapping[str, str] | None:
    for operation in ("poll", "submit"):
        found = responses.get(f"{operation} {states.at}")
        if found is not None and found.words:
            return {str(word): "" for word in found.words}
    return None


class _Reader:
    """Looks things up in one document."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document
        self._prefixes = [*_prefixes(document.get("servers")), ""]

    def operation(self, route: Route) -> Mapping[str, object] | None:
        """The operation that a route is, whatever the holes in its path are called."""
        paths = self._document.get("paths")
        for path, item in paths.items() if isinstance(paths, Mapping) else ():
            found = resolved(item, self._document).get(route.method.lower())
            whole = [f"{prefix}{path}" for prefix in self._prefixes]
            if isinstance(found, Mapping) and any(fits(route.path, each) for each in whole):
                return found
        return None

    def request(self, operation: Mapping[str, object]) -> Mapping[str, Field]:
        """The fields of its body."""
        body = resolved(operation.get("requestBody"), self._document)
        return self._content(body, _BODIES)

    def response(self, operation: Mapping[str, object]) -> Mapping[str, Field]:
        """The fields of its good answer."""
        answers = resolved(operation.get("responses"), self._document)
        for status in _GOOD:
            answer = resolved(answers.get(status), self._document)
            if fields := self._content(answer, (_JSON,)):
                return fields
        return {}

    def _content(
        self, message: Mapping[str, object], media_types: tuple[str, ...]
    ) -> Mapping[str, Field]:
        content = resolved(message.get("content"), self._document)
        found: dict[str, Field] = {}
        for media_type in media_types:
            body = resolved(content.get(media_type), self._document)
            found |= schema_fields(body.get("schema"), self._document)
        return found


def _prefixes(servers: object) -> Iterator[str]:
    for server in servers if is_array(servers) else ():
        if isinstance(server, Mapping):
            yield urlsplit(str(server.get("url", ""))).path.rstrip("/")


def _keys(value: object) -> list[str]:
    return [str(key) for key in value] if isinstance(value, Mapping) else []
