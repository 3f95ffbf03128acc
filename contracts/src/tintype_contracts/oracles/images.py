"""Images in a documented answer, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from tintype.messages import Delivery, Response
from tintype.models import Image, Task
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.fixtures.messages import answers
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Parsed
from tintype_contracts.harness.worlds import USUAL, World

PICTURES = 3
"""How many images an answer is told with, to see whether all are kept."""


def pictures_told(
    subject: Subject, exchange: DocumentedExchange, world: World = USUAL
) -> list[object]:
    """The three images that the answer holds when it is told with three, by URL or bytes."""
    expected = exchange.expect.fields.get("images")
    if not is_array(expected) or not expected or any(map(_elsewhere, count(), expected)):
        return []
    filling = world.values(subject.fixtures, exchange, PICTURES)
    text = "".join(_body_text(message) for _, message in answers(exchange, filling))
    addresses: list[object] = [each.url for each in filling.pictures if each.url in text]
    found = addresses or [
        each.data
        for index, each in enumerate(filling.pictures)
        if str(filling.value("image", "b64", index)) in text
    ]
    return found if len(found) == PICTURES else []


def _elsewhere(place: int, image: object) -> bool:
    """Whether an image has another number than its place: one before it failed."""
    return isinstance(image, Mapping) and image.get("index", place) != place


def images_drawn(said: Parsed) -> list[object]:
    """The images that came of an answer, by URL or bytes; none if their numbers are wrong."""
    images: tuple[Image, ...] = said.images if isinstance(said, Task) else ()
    numbered = [image.index for image in images] == list(range(len(images)))
    return [image.url or image.data for image in images] if numbered else []


def encoded_images(subject: Subject, exchange: DocumentedExchange) -> list[str]:
    """The images that stand in an answer in base64."""
    filling = fixed_values(subject.fixtures, exchange)
    text = "".join(_body_text(message) for _, message in answers(exchange, filling))
    encoded = [str(filling.value("image", "b64", each)) for each in range(filling.count)]
    return [each for each in encoded if each in text]


def _body_text(message: object) -> str:
    match message:
        case Response() | Delivery():
            return message.body.decode("utf-8", "replace")
        case None:
            return ""
        case _:
            return str(getattr(message, "data", ""))
