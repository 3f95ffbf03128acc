"""The fixture format `tintype-fixture/1` as frozen values (docs/fixtures.md).

`Fixtures` is one provider: the tables of its documents, and its stories. Templates are
kept as they stand in the files, placeholders and all; `placeholders.render` fills them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, TypeAlias

from attrs import field, frozen

from tintype.messages import Headers, JsonObject

Kind: TypeAlias = Literal["verbatim", "adapted", "inferred", "observed"]
Operation: TypeAlias = Literal[
    "price", "prepare", "submit", "poll", "event", "webhook", "cancel", "models"
]
Support: TypeAlias = Literal["full", "versioned", "not_implemented", "unsupported", "unknown"]
WireType: TypeAlias = Literal[
    "string", "integer", "number", "boolean", "array", "object", "file", "json"
]

STORIES = (
    "priced",
    "generated",
    "generated_from_references",
    "streamed",
    "refused_content",
    "failed",
    "bad_key",
    "no_credit",
    "slow_down",
    "invalid_parameter",
    "unknown_task",
    "webhook_completed",
    "webhook_failed",
    "server_down",
    "not_json",
    "models",
)
"""The stories every provider either has or says why it has not."""

CAPABILITIES = (
    "image.generate",
    "image.edit",
    "n",
    "seed",
    "size",
    "stream",
    "upload",
    "webhook",
    "webhook.signed",
    "price.live",
    "price.table",
    "models.live",
    "cancel",
)
"""What a provider either can do or cannot. One that has no row is unknown."""


# ------------------------------------------------------------------------ provenance


@frozen(kw_only=True)
class Source:
    """A document, or a payload it prints (then `file` and `sha256` are set)."""

    title: str
    retrieved: date
    url: str = ""
    file: str = ""
    sha256: str = ""


@frozen(kw_only=True)
class Row:
    """A fact: where it is written, and how literally.

    Attributes:
        src: The id of a source.
        kind: How the source says it.
        why: Why it is believed where the source does not say exactly this.
    """

    src: str
    kind: Kind
    why: str = ""


# ---------------------------------------------------------------------------- tables


@frozen(kw_only=True)
class Hosts:
    """Origins: of the API, where keys go, and of results, where they never go."""

    api: tuple[str, ...]
    assets: tuple[str, ...] = ()


@frozen(kw_only=True)
class Auth(Row):
    """The header that shows the key, and its value with the placeholder in it."""

    header: str
    form: str


@frozen(kw_only=True)
class Route(Row):
    """One address of the API. `path` and the values of `query` may hold `{id}`."""

    operation: Operation
    method: str
    path: str
    query: Mapping[str, str] = field(factory=dict)
    body: Literal["json", "multipart"] | None = None


@frozen(kw_only=True)
class Pixels:
    """Bounds of a `WIDTHxHEIGHT` text: total pixels, and longer side to shorter."""

    min: int | None = None
    max: int | None = None
    ratio: int | None = None


@frozen(kw_only=True)
class Parameter(Row):
    """One documented field of a request body; `wire` is its pointer there."""

    operation: Operation
    wire: str
    type: WireType
    neutral: str | None = None
    required: bool = False
    default: object = None
    enum: tuple[object, ...] = ()
    min: Decimal | None = None
    max: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    pattern: str | None = None
    pixels: Pixels | None = None
    models: tuple[str, ...] = ()
    ignored: bool = False

    def concerns(self, model: object) -> bool:
        """Whether the row is for `model`; a row without models is for all."""
        return not self.models or model in self.models


@frozen(kw_only=True)
class States(Row):
    """The provider's status words, by what they mean."""

    pointer: str
    running: tuple[str, ...]
    succeeded: tuple[str, ...]
    failed: tuple[str, ...]
    refused: tuple[str, ...] = ()
    canceled: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    exhaustive: bool


@frozen(kw_only=True)
class ErrorRow(Row):
    """What a status means: the name of a class in `tintype.errors`, and who pays."""

    status: int
    error: str
    billed: Literal["yes", "no", "unknown"] = "unknown"
    match: JsonObject = field(factory=dict)


@frozen(kw_only=True)
class PriceRow(Row):
    """One line of the price list. `when` names values of neutral request fields."""

    model: str
    unit: str
    when: Mapping[str, str] = field(factory=dict)
    usd: Decimal | None = None
    credits: Decimal | None = None


@frozen(kw_only=True)
class Billing(Row):
    """When money is taken, and when it comes back. None is unknown."""

    charged: Literal["accepted", "delivered"]
    refunded_on_failure: bool | None
    billed_on_disconnect: bool | None


@frozen(kw_only=True)
class Results(Row):
    """How many seconds a result can be fetched."""

    kept_seconds: int


@frozen(kw_only=True)
class Webhooks(Row):
    """The request field that names the callback, and the seconds before each retry."""

    field: str
    retries: tuple[float, ...]


@frozen(kw_only=True)
class Capability(Row):
    """Whether the provider can do something, and the plugin with it.

    Attributes:
        support: `full`: it can. `versioned`: it can since `since`, or in some models.
            `not_implemented`: the provider can, the plugin does not. `unsupported`: the
            documents have no such thing. `unknown`: nobody says.
        since: The version or the day from which it can; of `versioned` only.
        advertised: Whether the source promises it without saying how it is done: then it
            may stay unknown.
    """

    support: Support
    since: str = ""
    advertised: bool = False

    @property
    def on(self) -> bool:
        """Whether the plugin claims it."""
        return self.support in {"full", "versioned"}


@frozen(kw_only=True)
class Waiver:
    """A check that the plugin may fail for now.

    Attributes:
        check: The check's id.
        why: Why it fails, as a sentence.
        ref: Where that is argued: a URL, or an issue.
        until: The day from which it may not fail any more.
    """

    check: str
    why: str
    ref: str
    until: date


@frozen(kw_only=True)
class Validated:
    """When the fixtures were last held against the documents, and against the wire."""

    docs: date
    live: date | None


# -------------------------------------------------------------------------- messages


@frozen(kw_only=True)
class JsonContent:
    """A body that is JSON: a template."""

    value: object


@frozen(kw_only=True)
class TextContent:
    """A body that is text: a template."""

    text: str


@frozen(kw_only=True)
class BinaryContent:
    """A body of bytes."""

    data: bytes


@frozen(kw_only=True)
class EventTemplate:
    """One event of a stream; an `event` of None has no `event:` line."""

    event: str | None
    content: JsonContent | TextContent


@frozen(kw_only=True)
class EventsContent:
    """A body that is a stream of server-sent events."""

    events: tuple[EventTemplate, ...]


@frozen(kw_only=True)
class PartTemplate:
    """One part of a multipart form: a field (`text`), or a file (`file`)."""

    name: str
    text: object = None
    filename: str | None = None
    media_type: str | None = None
    file: str | None = None


@frozen(kw_only=True)
class MultipartContent:
    """A body that is a multipart form."""

    parts: tuple[PartTemplate, ...]


RequestContent: TypeAlias = JsonContent | MultipartContent | None
ResponseContent: TypeAlias = JsonContent | TextContent | BinaryContent | EventsContent | None


@frozen(kw_only=True)
class WireRequest:
    """A request as the documents show it."""

    method: str
    url: str
    headers: Headers
    content: RequestContent


@frozen(kw_only=True)
class WireResponse:
    """An answer as the documents show it."""

    status: int
    headers: Headers
    content: ResponseContent


@frozen(kw_only=True)
class WireDelivery:
    """An inbound webhook as the documents show it."""

    headers: Headers
    content: JsonContent | TextContent | None


# --------------------------------------------------------------------------- stories


@frozen(kw_only=True)
class Expectation:
    """What `parse` makes of an answer: a subset of a value, or a raised error.

    Attributes:
        outcome: What comes of it; `error` is raised, the others are returned.
        fields: A subset of the fields, as `tintype.convert.to_builtins` writes them.
        error: The name of the class in `tintype.errors`, or "".
    """

    outcome: Literal["task", "quote", "request", "provider", "error"]
    fields: JsonObject
    error: str = ""


@frozen(kw_only=True)
class Exchange(Row):
    """A question and its answer, or an inbound webhook.

    Attributes:
        story: The story it stands in.
        name: Its name there.
        operation: What it is for.
        request_src: The source of the request where it is another than of the answer.
        case: The neutral request: fields of `tintype.ImageRequest`, or None.
        inferred: Pointers of the values the source does not print.
        expect: What `parse` makes of the answer.
    """

    story: str
    name: str
    operation: Operation
    expect: Expectation
    request_src: str = ""
    case: JsonObject | None = None
    request: WireRequest | None = None
    response: WireResponse | None = None
    delivery: WireDelivery | None = None
    inferred: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`story/name`, unique within the provider."""
        return f"{self.story}/{self.name}"


@frozen(kw_only=True)
class Story:
    """One file: exchanges, and the scenes (ids of exchanges in order) that use them."""

    name: str
    exchanges: Mapping[str, Exchange]
    scenes: Mapping[str, tuple[str, ...]]


@frozen(kw_only=True)
class Fixtures:
    """One provider's documents as data.

    Attributes:
        excerpts: The text of each payload, by the id of its source.
    """

    provider: str
    title: str
    api: str
    kit: str
    hosts: Hosts
    auth: Auth
    sources: Mapping[str, Source]
    routes: tuple[Route, ...]
    parameters: tuple[Parameter, ...]
    errors: tuple[ErrorRow, ...]
    prices: tuple[PriceRow, ...]
    billing: Billing
    absent: Mapping[str, str]
    validated: Validated
    states: States | None = None
    results: Results | None = None
    webhooks: Webhooks | None = None
    capabilities: Mapping[str, Capability] = field(factory=dict)
    waivers: tuple[Waiver, ...] = ()
    stories: Mapping[str, Story] = field(factory=dict)
    excerpts: Mapping[str, str] = field(factory=dict, repr=False)

    @cached_property
    def exchanges(self) -> Mapping[str, Exchange]:
        """Every exchange by its id."""
        every = (story.exchanges.values() for story in self.stories.values())
        return {exchange.id: exchange for group in every for exchange in group}

    def scenes(self) -> Iterator[tuple[Exchange, ...]]:
        """Every scene of every story."""
        for story in self.stories.values():
            for scene in story.scenes:
                yield self.scene(story.name, scene)

    def scene(self, story: str, scene: str) -> tuple[Exchange, ...]:
        """The exchanges of one scene, in order."""
        exchanges = self.exchanges
        return tuple(exchanges[name] for name in self.stories[story].scenes[scene])

    def scene_of(self, exchange: Exchange) -> tuple[Exchange, ...]:
        """The first scene that uses `exchange`, its own story's before others'."""
        own = self.stories[exchange.story]
        for story in (own, *self.stories.values()):
            for name, ids in story.scenes.items():
                if exchange.id in ids:
                    return self.scene(story.name, name)
        return (exchange,)
