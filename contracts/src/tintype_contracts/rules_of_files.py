"""What must hold in one story file by itself, before it becomes a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from tintype.messages import JsonObject
from tintype_contracts.faults import Fault
from tintype_contracts.pointers import MISSING, get, is_array, join, leaves

_OUTCOMES = ("task", "quote", "request", "provider", "error")
_ERROR_FIELDS = ("billed", "status", "code", "message", "retry_after", "request_id", "pointer")
_BODIES = ("json", "text", "base64", "events", "multipart")
_SECRET = re.compile(
    r"(?:\b(?:sk|pk|aio|key|token)[-_]|\bBearer\s+)(?=[\w-]*\d)[A-Za-z0-9_-]{16,}", re.IGNORECASE
)
_SECRET_HEADERS = {"authorization", "cookie", "set-cookie", "x-api-key", "x-key", "xi-api-key"}
_PLACEHOLDER = re.compile(r"\{\{.*\}\}")


def file_faults(name: str, story: JsonObject, tables: JsonObject) -> list[Fault]:
    """What is wrong with the story file `name` by itself."""
    return [
        *_name_faults(name, story, tables),
        *_secret_faults(name, story),
        *_exchanges_faults(name, story),
    ]


def _name_faults(name: str, story: JsonObject, tables: JsonObject) -> Iterator[Fault]:
    if name != f"{story['story']}.json":
        yield Fault(
            file=name,
            pointer="/story",
            message=f"The story is called {story['story']!r}, the file is not.",
            mend=f"Rename one of them: {story['story']}.json.",
        )
    if "provider" in tables and story["provider"] != tables["provider"]:
        yield Fault(
            file=name,
            pointer="/provider",
            message=f"The provider is {story['provider']!r} here and not in provider.json.",
            mend=f"Write {tables['provider']!r}.",
        )


def _secret_faults(name: str, story: JsonObject) -> Iterator[Fault]:
    for pointer, value in leaves(story):
        if isinstance(value, str) and _SECRET.search(value):
            yield Fault(
                file=name,
                pointer=pointer,
                message="This looks like a real key.",
                mend="Write {{secret:api_key}}, and see to it that the key is revoked.",
            )


def _exchanges_faults(name: str, story: JsonObject) -> Iterator[Fault]:
    exchanges = cast("Mapping[str, JsonObject]", story["exchanges"])
    for key, exchange in exchanges.items():
        at = join("/exchanges", key)
        yield from _expectation_faults(name, f"{at}/expect", exchange["expect"])
        yield from _pointer_faults(name, at, exchange)
        for side in ("request", "response", "delivery"):
            if isinstance(message := exchange.get(side), Mapping):
                yield from _message_faults(name, f"{at}/{side}", message)


def _expectation_faults(name: str, at: str, expect: object) -> Iterator[Fault]:
    keys = set(expect) if isinstance(expect, Mapping) else set()
    if len(keys & set(_OUTCOMES)) != 1:
        yield Fault(
            file=name,
            pointer=at,
            message="It expects none, or several, of a value and an error.",
            mend=f"Write exactly one of {', '.join(_OUTCOMES)}.",
        )
    elif "error" not in keys and keys & set(_ERROR_FIELDS):
        yield Fault(
            file=name,
            pointer=at,
            message="It expects a value, with fields of an error beside it.",
            mend="Write the fields inside the value.",
        )


def _pointer_faults(name: str, at: str, exchange: JsonObject) -> Iterator[Fault]:
    pointers = exchange.get("inferred", ())
    for index, pointer in enumerate(pointers if is_array(pointers) else ()):
        if get(exchange, str(pointer)) is MISSING:
            yield Fault(
                file=name,
                pointer=f"{at}/inferred/{index}",
                message=f"There is no value at {pointer!r} of the exchange.",
                mend="Name a value that is there, from /request, /response or /delivery on.",
            )


def _message_faults(name: str, at: str, message: JsonObject) -> Iterator[Fault]:
    bodies = [key for key in _BODIES if key in message]
    if len(bodies) > 1:
        yield Fault(
            file=name,
            pointer=at,
            message=f"It has several bodies: {', '.join(bodies)}.",
            mend="Keep one.",
        )
    for key, value in cast("Mapping[str, str]", message["headers"]).items():
        if key.lower() in _SECRET_HEADERS and not _PLACEHOLDER.search(value):
            yield Fault(
                file=name,
                pointer=join(f"{at}/headers", key),
                message="The header may carry a key and is written out.",
                mend="Write a placeholder, such as Bearer {{secret:api_key}}.",
            )
