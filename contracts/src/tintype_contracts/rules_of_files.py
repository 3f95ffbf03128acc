"""What must hold in one file by itself, before it becomes a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import cast

from tintype.messages import JsonObject
from tintype_contracts.faults import Fault
from tintype_contracts.pointers import MISSING, get, is_array, join, leaves
from tintype_contracts.rules_of_messages import (
    auth_header,
    events_faults,
    message_faults,
    messages_of,
    placeholder_faults,
    secret_faults,
)

_OUTCOMES = ("task", "quote", "request", "provider", "error")
_ERROR_FIELDS = ("billed", "status", "code", "message", "retry_after", "request_id", "pointer")
_DATED = re.compile(r"/sources/[^/]+/retrieved|/validated/(?:docs|live)|/waivers/\d+/until")


def table_faults(name: str, tables: JsonObject) -> list[Fault]:
    """What is wrong with the tables by themselves."""
    return [*secret_faults(name, tables), *_date_faults(name, tables)]


def file_faults(name: str, story: JsonObject, tables: JsonObject) -> list[Fault]:
    """What is wrong with the story file `name` by itself."""
    return [
        *_name_faults(name, story, tables),
        *secret_faults(name, story),
        *placeholder_faults(name, story),
        *_exchanges_faults(name, story, auth_header(tables)),
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


def _date_faults(name: str, tables: JsonObject) -> Iterator[Fault]:
    """Days that no calendar has: the schema knows only their spelling."""
    for pointer, value in leaves(tables):
        if _DATED.fullmatch(pointer) and isinstance(value, str) and not _is_day(value):
            yield Fault(
                file=name,
                pointer=pointer,
                message=f"There is no day {value}.",
                mend="Write the day as YYYY-MM-DD.",
            )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _exchanges_faults(name: str, story: JsonObject, auth: str) -> Iterator[Fault]:
    exchanges = cast("Mapping[str, JsonObject]", story["exchanges"])
    for key, exchange in exchanges.items():
        at = join("/exchanges", key)
        yield from _expectation_faults(name, f"{at}/expect", exchange["expect"])
        yield from _pointer_faults(name, at, exchange)
        for side, message in messages_of(exchange):
            yield from message_faults(name, f"{at}/{side}", message, auth)
            yield from events_faults(name, f"{at}/{side}", message)


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
