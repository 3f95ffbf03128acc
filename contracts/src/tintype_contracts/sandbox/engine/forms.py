"""Which form an answer has, and which one a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    EventsContent,
    JsonContent,
    Parameter,
    TextContent,
)
from tintype_contracts.fixtures.neutral import read_field
from tintype_contracts.fixtures.placeholders import is_picture, placeholders

# The words by which a field, or `Accept`, asks for ways to hand over an image.
_WAYS: Mapping[str, frozenset[str]] = {
    "url": frozenset({"url"}),
    **dict.fromkeys(("b64_json", "b64", "base64"), frozenset({"b64"})),
    **dict.fromkeys(("data_uri", "data_url"), frozenset({"data_uri"})),
    "application/json": frozenset({"url", "b64", "data_uri"}),
    "image/*": frozenset({"bytes"}),
}
_EVERY = {way for ways in _WAYS.values() for way in ways}


@frozen
class Form:
    """How images are handed over.

    Attributes:
        streamed: Whether the answer is a stream of events.
        ways: Among `url`, `b64`, `data_uri` and `bytes`; none is any.
    """

    streamed: bool
    ways: frozenset[str] = frozenset()

    def fit(self, asked: Form) -> tuple[bool, bool, bool]:
        """How well an answer of this form is what was asked for; more is better."""
        free = not asked.ways
        return (
            self.streamed == asked.streamed,
            free or bool(asked.ways & self.ways),
            free or self.ways <= asked.ways,
        )


def form_asked(
    rows: Iterable[Parameter], fields: Mapping[str, object], body: Mapping[str, object]
) -> Form:
    """The form that a request asks for: by its neutral fields, and by a documented word."""
    streamed = str(fields.get("stream", "")).lower() == "true"
    for row in rows:
        if _WAYS.keys() & set(map(str, row.enum)) and not row.ignored:
            for word in map(str, (read_field(body, row), row.default)):
                if word in _WAYS:
                    return Form(streamed, _WAYS[word])
    return Form(streamed)


def form_of(scene: Iterable[DocumentedExchange]) -> Form:
    """The form of the answers in a scene."""
    contents = [each.response.content for each in scene if each.response is not None]
    streamed = any(isinstance(content, EventsContent) for content in contents)
    found = {
        argument
        for content in contents
        for template in templates(content)
        for _, name, argument in placeholders(template)
        if name == "image"
    }
    return Form(streamed, frozenset(found & _EVERY))


def image_facts(content: object) -> set[str]:
    """What an answer says of its images, but how many there are."""
    found = (each for template in templates(content) for each in placeholders(template))
    return {argument for _, name, argument in found if name == "image" and argument != "count"}


def holds_bytes(content: object) -> bool:
    """Whether the bytes of an image are in it."""
    return not image_facts(content).isdisjoint({"bytes", "b64", "data_uri"})


def templates(content: object) -> list[object]:
    """The JSON of an answer: its body, or that of each event; of a picture, itself."""
    match content:
        case TextContent(text=text) if is_picture(text):
            return [text]
        case JsonContent(value=value):
            return [value]
        case EventsContent(events=events):
            contents = (event.content for event in events)
            return [each.value for each in contents if isinstance(each, JsonContent)]
        case _:
            return []
