"""What must hold in the messages of one story file: bodies, headers, and no secret anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import cast

from tintype.messages import JsonObject
from tintype_contracts.faults import Fault
from tintype_contracts.leaks import carries_keys, leaks, shaped_like_a_key
from tintype_contracts.placeholders import PLACEHOLDER
from tintype_contracts.pointers import get, is_array, join, leaves

_BODIES = ("json", "text", "base64", "events", "multipart")
_NOT_STORED = frozenset({"content-encoding", "content-length", "transfer-encoding"})
# A digest is no secret, and the address of a document may name a commit.
_MAY_BE_RANDOM = re.compile(r"/sources/[^/]+/(?:sha256|url|file)$|/(?:response|delivery)/base64$")
_KEY_MEND = "Write {{secret:api_key}} in the auth header, nothing elsewhere; have the key revoked."


def secret_faults(name: str, value: JsonObject) -> Iterator[Fault]:
    """Whatever looks like a secret, wherever it stands in the file."""
    for pointer, sign in leaks(value):
        if not _MAY_BE_RANDOM.search(pointer):
            message = f"This {sign}: it may be a real one."
            mend = f"{_KEY_MEND} An id is written {{{{id:name}}}}."
            yield Fault(file=name, pointer=pointer, message=message, mend=mend)


def excerpt_faults(name: str, data: bytes) -> Iterator[Fault]:
    """A key that a document printed, or that somebody pasted into the excerpt."""
    if shaped_like_a_key(data.decode("utf-8", "replace")):
        message = "It holds something that has the shape of a key: it may be a real one."
        mend = "Put YOUR_API_KEY in its place, and write the new SHA-256."
        yield Fault(file=name, pointer="", message=message, mend=mend)


def placeholder_faults(name: str, story: JsonObject) -> Iterator[Fault]:
    """Braces that look like a placeholder and are none: they would go over the wire."""
    for pointer, text in leaves(story):
        if isinstance(text, str) and "{{" in PLACEHOLDER.sub("", text):
            message = f"{text[:80]!r} has braces of a placeholder and is none."
            mend = "Spell it as docs/fixtures.md does: lower case, no blanks."
            yield Fault(file=name, pointer=pointer, message=message, mend=mend)


def message_faults(name: str, at: str, message: JsonObject, auth_header: str) -> Iterator[Fault]:
    """What is wrong with a request, a response or a delivery."""
    bodies = [key for key in _BODIES if key in message]
    if len(bodies) > 1:
        listed = ", ".join(bodies)
        yield Fault(
            file=name, pointer=at, message=f"It has several bodies: {listed}.", mend="Keep one."
        )
    for key, value in cast("Mapping[str, str]", message["headers"]).items():
        yield from _header_faults(name, join(f"{at}/headers", key), value, auth_header)
    yield from _base64_faults(name, at, message)


def auth_header(tables: JsonObject) -> str:
    """The name of the provider's auth header, in lower case, "" where there is none."""
    found = get(tables, "/auth/header")
    return found.lower() if isinstance(found, str) else ""


def _header_faults(name: str, at: str, value: str, auth: str) -> Iterator[Fault]:
    key = at.rpartition("/")[2].lower()
    secret = carries_keys(key) or key == auth
    if secret and not PLACEHOLDER.search(value):
        message = "The header may carry a key and is written out."
        mend = "Write a placeholder, such as Bearer {{secret:api_key}}."
        yield Fault(file=name, pointer=at, message=message, mend=mend)
    if key in _NOT_STORED:
        message = f"{key} belongs to one transfer, not to the documents."
        yield Fault(
            file=name, pointer=at, message=message, mend="Leave it out: bodies are logical."
        )
    if key == "content-type" and "boundary=" in value.lower():
        message = "The boundary of a form differs each time."
        yield Fault(file=name, pointer=at, message=message, mend="Write multipart/form-data alone.")


def _base64_faults(name: str, at: str, message: JsonObject) -> Iterator[Fault]:
    try:
        base64.b64decode(str(message.get("base64", "")), validate=True)
    except binascii.Error:
        wrong = "It is not base64."
        yield Fault(file=name, pointer=f"{at}/base64", message=wrong, mend="Encode it again.")


def messages_of(exchange: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The messages of an exchange as the file has them, by their side."""
    for side in ("request", "response", "delivery"):
        if isinstance(message := exchange.get(side), Mapping):
            yield side, message


def events_faults(name: str, at: str, message: JsonObject) -> Iterator[Fault]:
    """Events that have no data, or two."""
    events = message.get("events", ())
    for index, event in enumerate(events if is_array(events) else ()):
        if isinstance(event, Mapping) and ("json" in event) == ("text" in event):
            wrong = "The event has no data, or two kinds of it."
            mend = "Write exactly one of json and text."
            yield Fault(file=name, pointer=f"{at}/events/{index}", message=wrong, mend=mend)
