"""The values that placeholders take: fixed ones for the hook tier, live ones elsewhere."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Protocol

from attrs import evolve, field, frozen

from tintype_contracts.format import Exchange, Fixtures, JsonContent, MultipartContent, PartTemplate
from tintype_contracts.neutral import Price, neutral_fields, price_of
from tintype_contracts.placeholders import dump, render
from tintype_contracts.pointers import MISSING, get, is_array
from tintype_contracts.routes import find_route, split

NOW = datetime(2025, 11, 20, tzinfo=UTC)
"""When everything happens in the hook tier."""

_SIDE = 64
_PNG = "image/png"
_SVG = "image/svg+xml"
_BALANCE = Decimal(100_000)
_PROGRESS = 50


class Picture(Protocol):
    """One image of a task, as placeholders speak of it."""

    @property
    def url(self) -> str:
        """Where it can be fetched."""
        ...

    @property
    def preview_url(self) -> str:
        """Where a smaller version can be fetched."""
        ...

    @property
    def data(self) -> bytes:
        """The encoded image."""
        ...

    @property
    def media_type(self) -> str:
        """Its media type."""
        ...

    @property
    def width(self) -> int:
        """Pixels."""
        ...

    @property
    def height(self) -> int:
        """Pixels."""
        ...


@frozen(kw_only=True)
class FixedPicture:
    """An image of the hook tier: 64x64, a PNG or an SVG, told apart by its index."""

    url: str
    preview_url: str
    data: bytes = field(repr=False)
    media_type: str = _PNG
    width: int = _SIDE
    height: int = _SIDE


@frozen(kw_only=True)
class Filling:
    """A value for every placeholder.

    Attributes:
        key: The account's key.
        identity: Gives the id that a name stands for, the same each time.
        pictures: The task's images.
        body: The request's body, an object for a form; None where there is none.
        price: What the task costs.
        balance: What is left on the account.
        now: The time.
        progress: From 0 to 100.
        callback: The URL that the request names for its webhook.
    """

    key: str
    identity: Callable[[str], str]
    pictures: Sequence[Picture]
    body: object
    price: Price
    balance: Price
    now: datetime
    progress: int
    callback: str | None

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self.pictures)

    def value(self, name: str, argument: str, image: int) -> object:
        """The value of `{{name:argument}}`, for the image with that index."""
        match name:
            case "secret":
                return self.key
            case "id":
                return self.identity(argument)
            case "request":
                found = get(self.body, argument)
                return None if found is MISSING else found
            case "reference":
                return data_uri(small_png(f"reference {argument}"), "image/png")
            case "image":
                return self.count if argument == "count" else self._image(argument, image)
            case _:
                return self._plain(f"{name}:{argument}")

    def _image(self, fact: str, index: int) -> object:
        picture = self.pictures[index]
        made: Mapping[str, Callable[[], object]] = {
            "url": lambda: picture.url,
            "preview_url": lambda: picture.preview_url,
            "b64": lambda: base64.b64encode(picture.data).decode(),
            "data_uri": lambda: data_uri(picture.data, picture.media_type),
            "media_type": lambda: picture.media_type,
            "width": lambda: picture.width,
            "height": lambda: picture.height,
            "size": lambda: f"{picture.width}x{picture.height}",
            "index": lambda: index,
        }
        return made[fact]()

    def _plain(self, placeholder: str) -> object:
        made: Mapping[str, Callable[[], object]] = {
            "request_json:": lambda: dump(self.body),
            "cost:usd": lambda: self.price.usd,
            "cost:credits": lambda: self.price.credits,
            "balance:usd": lambda: self.balance.usd,
            "balance:credits": lambda: self.balance.credits,
            "time:s": lambda: int(self.now.timestamp()),
            "time:ms": lambda: int(self.now.timestamp() * 1000),
            "time:iso": lambda: self.now.isoformat().replace("+00:00", "Z"),
            "progress:": lambda: self.progress,
            "webhook:url": lambda: self.callback,
        }
        return made[placeholder]()


def fixed_values(fixtures: Fixtures, exchange: Exchange, images: int | None = None) -> Filling:
    """The hook tier's values for one exchange."""
    asked = submission(fixtures, exchange)
    images = _image_count(exchange, asked) if images is None else images
    origin = (fixtures.hosts.assets or fixtures.hosts.api)[0]
    body = asked_body(fixtures, asked)
    fields = neutral_fields(fixtures, asked.operation, body)
    named = get(body, fixtures.webhooks.field) if fixtures.webhooks else None
    filling = Filling(
        key="{{secret:api_key}}",
        identity=lambda name: f"{name}-1",
        pictures=[
            _fixed_picture(origin, index, _expected_type(exchange, index))
            for index in range(images)
        ],
        body=body,
        price=price_of(fixtures, {**_model(asked), **fields}, images),
        balance=Price(usd=_BALANCE, credits=_BALANCE),
        now=NOW,
        progress=_PROGRESS,
        callback=named if isinstance(named, str) else None,
    )
    return evolve(filling, body=render(body, filling))


def submission(fixtures: Fixtures, exchange: Exchange) -> Exchange:
    """The exchange that holds the request: itself, or the one that its scene begins with."""
    if exchange.request is not None and exchange.request.content is not None:
        return exchange
    before = [other for other in fixtures.scene_of(exchange) if other.operation == "submit"]
    return before[0] if before else exchange


def request_body(exchange: Exchange) -> object:
    """The exchange's request body as an object, the references in it still placeholders."""
    content = exchange.request.content if exchange.request else None
    match content:
        case JsonContent():
            return content.value
        case MultipartContent():
            return form_object([(part.name, part_value(part)) for part in content.parts])
        case _:
            return None


def asked_body(fixtures: Fixtures, exchange: Exchange) -> object:
    """The body of an exchange's request; what its address says where it has none."""
    body = request_body(exchange)
    if body is not None or exchange.request is None:
        return body
    match = find_route(fixtures, exchange.request.method, *split(exchange.request.url))
    return dict(match.holes) if match else None


def part_value(part: PartTemplate) -> object:
    """What a part of a form counts as in an object: its text, or a list of one file."""
    if part.file is not None:
        return [part.file]
    return dump(part.text["$json"]) if isinstance(part.text, dict) else part.text


def form_object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """A form as an object: a repeated file field is one array of files."""
    made: dict[str, object] = {}
    for name, value in pairs:
        before = made.get(name)
        made[name] = [*before, *value] if is_array(before) and is_array(value) else value
    return made


def data_uri(data: bytes, media_type: str) -> str:
    """`data` as a data URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@cache
def small_png(name: str) -> bytes:
    """A PNG of one colour, 64x64, the same for the same name."""
    colour = hashlib.sha256(name.encode()).digest()[:3]
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * _SIDE) * _SIDE
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _fixed_picture(origin: str, index: int, media_type: object) -> FixedPicture:
    start = f"{origin}/task-1/{index}"
    vector = media_type == _SVG
    return FixedPicture(
        url=f"{start}.png",
        preview_url=f"{start}.preview.png",
        data=_small_svg(index) if vector else small_png(f"image {index}"),
        media_type=_SVG if vector else _PNG,
    )


def _small_svg(index: int) -> bytes:
    """A drawing of one square, told apart from others by its index."""
    square = f'<rect id="image-{index}" width="{_SIDE}" height="{_SIDE}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE}" height="{_SIDE}">'
    return f"{head}{square}</svg>".encode()


def _expected_type(exchange: Exchange, index: int) -> object:
    """The media type that an image of an exchange is expected to have, where it says."""
    found = get(exchange.expect.fields, f"/images/{index}/media_type")
    return _PNG if found is MISSING else found


def _image_count(exchange: Exchange, asked: Exchange) -> int:
    """As many as `expect` lists, else as many as `case` asks for."""
    images = exchange.expect.fields.get("images")
    if is_array(images) and images:
        return len(images)
    case = exchange.case or asked.case or {}
    wanted = case.get("n", 1)
    return wanted if isinstance(wanted, int) else 1


def _model(exchange: Exchange) -> Mapping[str, object]:
    return {"model": (exchange.case or {}).get("model", "")}
