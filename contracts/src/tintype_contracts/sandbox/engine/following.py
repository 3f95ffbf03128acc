"""What an answer prints for one request, made to follow from another.

A document prints one answer to one request. What in it came from that request, from the
price list or from the clock is a literal there, and would contradict any other request: here
it becomes a placeholder, or the value that the request in hand has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from attrs import evolve, field, frozen

from tintype.messages import Headers
from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    EventsContent,
    EventTemplate,
    Fixtures,
    JsonContent,
    ResponseContent,
    TextContent,
)
from tintype_contracts.fixtures.neutral import Price, neutral_fields, price_of
from tintype_contracts.fixtures.placeholders import PLACEHOLDER
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.values import Filling, asked_body, submission
from tintype_contracts.sandbox.engine.forms import holds_bytes

_IMAGE = re.compile(r"(iVBOR|/9j/|UklGR|R0lGOD)[A-Za-z0-9+/]*=*")
_DATA_URI = re.compile(r"data:image/[\w+.-]+;base64,.*")
_MEDIA_TYPE = re.compile(r"image/[\w+.-]+")
_SHOWN = {
    _DATA_URI: "{{image:data_uri}}",
    _IMAGE: "{{image:b64}}",
    _MEDIA_TYPE: "{{image:media_type}}",
}
_MONEY = re.compile(r"(?i).*(cost|price|credit|usd)")
_BEGUN = re.compile(r"(?i)(creat|start|submit)")
_LASTING = re.compile(r"(?i)(cost|elapsed|processing|total)_?time|.*duration|.*elapsed")
_CALL = re.compile(r"(?i)(x-)?request[-_]?id")
_TIME = re.compile(r"\{\{time:(\w+)\}\}")
_SAID_AGAIN = ("prompt", "negative_prompt", "seed")  # under these names, whatever the fields'
_LONGEST = 60  # characters of a text that names a model
_SHORTEST = 4  # characters of a word that is one of a model's own


@frozen(kw_only=True)
class Living(Filling):
    """Values for placeholders, those among them that only `follow` writes.

    Attributes:
        started: When the task began.
        call: The id of the call.
    """

    started: datetime
    call: str

    def value(self, name: str, argument: str, image: int) -> object:
        """The value of a placeholder."""
        match name:
            case "begun":
                return evolve(self, now=self.started).value("time", argument, image)
            case "lasted":
                return round((self.now - self.started).total_seconds() * 1000)
            case "call":
                return self.call
            case _:
                return super().value(name, argument, image)


@frozen(kw_only=True)
class Printed:
    """What a document prints around an answer, whatever is asked.

    Attributes:
        fixtures: What the provider documents.
        operation: What the exchange is for.
        task: Whether its answer tells of a task, and of no error.
        own: What the printed request asks for, in neutral terms.
        names: What the fields of a submission are called that an answer may say again.
        usual: The documented defaults of those that have one.
        unit: What one image costs by the printed request.
        paints: Whether the bytes of an image are in the answer.
    """

    fixtures: Fixtures = field(repr=False)
    operation: str
    task: bool
    own: Mapping[str, object]
    names: tuple[str, ...]
    usual: Mapping[str, object]
    unit: Price
    paints: bool = False

    @classmethod
    def of(cls, fixtures: Fixtures, exchange: DocumentedExchange) -> Printed:
        """What is printed around the answer of an exchange."""
        printed = submission(fixtures, exchange)
        told = asked_body(fixtures, printed)
        holes = told if isinstance(told, Mapping) else {}
        own = {**_model(holes), **neutral_fields(fixtures, printed.operation, told)}
        rows = [row for row in fixtures.rows["submit"] if row.neutral or row.enum]
        rows = [row for row in rows if not row.ignored]
        made = cls(
            fixtures=fixtures,
            operation=exchange.operation,
            task=exchange.expect.outcome == "task" and not exchange.expect.fields.get("errors"),
            own=own,
            names=tuple(row.wire[1:] for row in rows),
            usual={row.wire[1:]: row.default for row in rows if row.default is not None},
            unit=price_of(fixtures, own, 1),
        )
        content = exchange.answer.content if exchange.answer else None
        return evolve(made, paints=holds_bytes(Follower.of(made, {}, None).content(content)))


@frozen(kw_only=True)
class Follower:
    """Makes the answer of one exchange follow from a request.

    Attributes:
        printed: What a document prints around it.
        asked: What the request in hand asks for, in neutral terms.
        echoes: Where the answer may say again what was asked: a field's name and its value.
        unit: What one image costs by it.
    """

    printed: Printed
    asked: Mapping[str, object]
    echoes: Mapping[str, object]
    unit: Price

    @classmethod
    def of(cls, printed: Printed, asked: Mapping[str, object], body: object) -> Follower:
        """A follower from an exchange to a request."""
        given = body if isinstance(body, Mapping) else {}
        said = {name: asked[name] for name in _SAID_AGAIN if name in asked}
        again = {name: given[name] for name in printed.names if name in given}
        return cls(
            printed=printed,
            asked=asked,
            echoes={**printed.usual, **said, **again},
            unit=price_of(printed.fixtures, asked, 1),
        )

    def content(self, content: ResponseContent) -> ResponseContent:
        """A body that follows."""
        match content:
            case JsonContent(value=value):
                return JsonContent(value=self._value("", value))
            case EventsContent(events=events):
                return EventsContent(events=tuple(map(self._event, events)))
            case _:
                return content

    def headers(self, headers: Headers) -> Headers:
        """Headers that follow."""
        return tuple((name, str(self._text(name, value, {}))) for name, value in headers)

    def _event(self, event: EventTemplate) -> EventTemplate:
        if isinstance(event.content, TextContent):
            return event
        return evolve(event, content=JsonContent(value=self._value("", event.content.value)))

    def _value(self, key: str, value: object, beside: Mapping[str, object] | None = None) -> object:
        match value:
            case Mapping():
                return {name: self._value(name, item, value) for name, item in value.items()}
            case str():
                return self._text(key, value, beside or {})
            case bool():
                return self._echo(key, value)
            case int() | Decimal():
                return self._number(key, value)
            case _:
                return [self._value(key, item) for item in value] if is_array(value) else value

    def _text(self, key: str, text: str, beside: Mapping[str, object]) -> object:
        for kind, shown in _SHOWN.items():
            if kind.fullmatch(text) and any(map(_shows, beside.values())):
                return shown
        if _BEGUN.match(key):
            text = _TIME.sub(r"{{begun:\1}}", text)
        if PLACEHOLDER.search(text) is None:
            if _CALL.fullmatch(key):
                return "{{call}}"
            said = self._echo(key, text)
            if said != text:
                return said
        named = self._named(text)
        return self.asked.get("model", named) if self._is_another(key, named) else named

    def _is_another(self, key: str, text: str) -> bool:
        """Whether a text under the name of the model names neither of the two that are known."""
        known = [str(fields.get("model", "")) for fields in (self.printed.own, self.asked)]
        return (
            self.printed.task
            and key == "model"
            and not any(each and each in text for each in known)
        )

    def _number(self, key: str, number: int | Decimal) -> object:
        images = Decimal(str(self.printed.own.get("n", 1)))
        if _MONEY.match(key):
            for currency in ("usd", "credits"):
                was: Decimal | None = getattr(self.printed.unit, currency)
                if was is not None and number in (was, was * images):
                    unit: Decimal | None = getattr(self.unit, currency)
                    if self.printed.operation == "price":
                        return number if unit is None else unit
                    return f"{{{{cost:{currency}}}}}"
        if _LASTING.fullmatch(key):
            return "{{lasted}}"
        return self._echo(key, number)

    def _echo(self, key: str, value: object) -> object:
        """What an answer calls by the name of a request's field is that field's value."""
        return self.echoes.get(key, value) if self.printed.task else value

    def _named(self, text: str) -> str:
        """A text in which the printed model is named, with the model that is asked for."""
        own, asked = str(self.printed.own.get("model", "")), str(self.asked.get("model", ""))
        word, other = _leading(own), _leading(asked)
        if not asked or self.printed.operation == "models" or len(text) > _LONGEST:
            return text
        text = text.replace(own, asked) if own else text
        if word == other or len(word) < _SHORTEST or asked in text:
            return text
        found = re.compile(rf"(?i)(?<![\w/]){re.escape(word)}(?![\w-])")
        return found.sub(lambda each: other.title() if each[0][0].isupper() else other, text)


def _model(holes: Mapping[str, object]) -> Mapping[str, object]:
    return {"model": holes["model"]} if "model" in holes else {}


def _shows(value: object) -> bool:
    return isinstance(value, str) and bool(
        _IMAGE.fullmatch(value) or _DATA_URI.fullmatch(value) or value.startswith("{{image:")
    )


def _leading(model: str) -> str:
    """The word a model's name begins with: whose it is."""
    found = re.match(r"[A-Za-z]*", model)
    return found[0].lower() if found else ""
