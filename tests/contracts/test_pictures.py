"""Pictures: decodable, of the size and format asked for, the same each time."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from tintype_contracts.fixtures.format import FormatRow, SizeRow
from tintype_contracts.sandbox.images.pictures import Sketch, encode
from tintype_contracts.sandbox.images.shapes import Shape, count_of, shape_of


def sketch(
    width: int = 320,
    height: int = 200,
    media_type: str = "image/png",
    prompt: str = "a red panda astronaut",
    *,
    transparent: bool = False,
    finished: bool = True,
) -> Sketch:
    """A picture to be drawn."""
    shape = Shape(width=width, height=height, media_type=media_type, transparent=transparent)
    return Sketch(prompt=prompt, caption="acme", seed="0", shape=shape, finished=finished)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1024, 1024)),
        ({"resolution": "512"}, (512, 512)),
        ({"resolution": "1K"}, (1024, 1024)),
        ({"resolution": "1.5K"}, (1536, 1536)),
        ({"resolution": "2k"}, (2048, 2048)),
        ({"resolution": "4K", "aspect_ratio": "1:1"}, (4096, 4096)),
        ({"resolution": "2K", "aspect_ratio": "16:9"}, (2728, 1536)),
        ({"aspect_ratio": "9:19.5"}, (696, 1504)),
        ({"aspect_ratio": "auto"}, (1024, 1024)),
        ({"size": "2848x1600"}, (2848, 1600)),
        ({"resolution": "2848x1600"}, (2848, 1600)),
        ({"size": "2K"}, (2048, 2048)),
    ],
)
def test_size_tier_and_ratio_give_pixels(fields: dict[str, object], size: tuple[int, int]) -> None:
    """Exact pixels stand; a tier is the side of a square with as many pixels."""
    shape = shape_of(fields)
    assert (shape.width, shape.height) == size


@pytest.mark.parametrize(
    ("fields", "count"), [({}, 1), ({"n": 3}, 3), ({"n": "2"}, 2), ({"n": "x"}, 1)]
)
def test_how_many_are_asked_for(fields: dict[str, object], count: int) -> None:
    """A form says it as text."""
    assert count_of(fields) == count


@pytest.mark.parametrize(
    ("media_type", "name"), [("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")]
)
@pytest.mark.parametrize("size", [(320, 200), (200, 320), (64, 64), (16, 16), (1000, 60)])
def test_a_picture_has_its_size_and_format(
    media_type: str, name: str, size: tuple[int, int]
) -> None:
    """Read back with Pillow, to the last row."""
    image = Image.open(io.BytesIO(encode(sketch(*size, media_type=media_type))))
    image.load()
    assert (image.format, image.size) == (name, size)


def test_an_svg_is_svg() -> None:
    """Well-formed, with its size and the prompt in it, escaped."""
    text = encode(sketch(media_type="image/svg+xml", prompt="cats & <dogs>")).decode()
    root = ET.fromstring(text)  # noqa: S314 - it was written a moment ago
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("320", "200")
    assert "cats & <dogs>" in " ".join(root.itertext())


def test_the_same_prompt_gives_the_same_picture_and_another_gives_another() -> None:
    """So a rerun can be compared byte by byte."""
    encode.cache_clear()
    first = encode(sketch())
    encode.cache_clear()
    assert encode(sketch()) == first
    assert encode(sketch(prompt="a cat")) != first


@pytest.mark.parametrize("prompt", ["", "x" * 5000, "word " * 3000, "绘一只猫", "🐼", "\x00\n\t"])
def test_any_prompt_can_be_written(prompt: str) -> None:
    """Also one that has no room."""
    assert encode(sketch(prompt=prompt)).startswith(b"\x89PNG")


def test_a_transparent_picture_has_clear_corners() -> None:
    """And an opaque one has no alpha at all."""
    clear = Image.open(io.BytesIO(encode(sketch(transparent=True))))
    assert clear.mode == "RGBA"
    assert clear.getpixel((0, 0))[3] == 0
    assert Image.open(io.BytesIO(encode(sketch()))).mode == "RGB"


def test_an_unfinished_picture_differs_and_has_the_same_size() -> None:
    """A stream's partial image is an image."""
    image = Image.open(io.BytesIO(encode(sketch(finished=False))))
    assert image.size == (320, 200)
    assert encode(sketch(finished=False)) != encode(sketch())


def test_a_picture_is_what_the_tables_say_of_its_model_and_ratio() -> None:
    """A model that draws vectors answers one; a ratio has its documented pixels."""
    sizes = [SizeRow(tier="1K", sizes={"16:9": "1344x768"}, src="page", kind="adapted")]
    formats = [FormatRow(media_type="image/svg+xml", src="page", kind="adapted")]
    shape = shape_of({"aspect_ratio": "16:9"}, sizes=sizes, formats=formats)
    assert (shape.width, shape.height, shape.media_type) == (1344, 768, "image/svg+xml")
    asked = {"resolution": "2K", "aspect_ratio": "16:9", "output_format": "webp"}
    shape = shape_of(asked, sizes=sizes, formats=formats)
    assert (shape.width > 2048, shape.media_type) == (True, "image/webp")
