"""Whether an image has its end: by its structure, whatever stands behind it."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.core.pictures import PNG, SVG, drawn

from tintype._pictures.media import checked_type, media_type
from tintype._pictures.whole import is_whole
from tintype.errors import DownloadError

NOISE = Image.effect_noise((64, 48), 80)


def moving(kind: str, **options: object) -> bytes:
    """An animation of three frames."""
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "green", "blue")]
    made = io.BytesIO()
    frames[0].save(made, kind, save_all=True, append_images=frames[1:], **options)
    return made.getvalue()


def with_thumbnail() -> bytes:
    """A JPEG whose notes hold a whole JPEG."""
    thumbnail = drawn("jpeg")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = noise("jpeg")
    return whole[:2] + segment + whole[2:]


def noise(kind: str, **options: object) -> bytes:
    """A picture that does not compress to nothing."""
    made = io.BytesIO()
    NOISE.convert("RGB").save(made, kind, **options)
    return made.getvalue()


PICTURES = {
    "png": (noise("png"), "image/png"),
    "apng": (moving("png"), "image/png"),
    "jpeg": (noise("jpeg"), "image/jpeg"),
    "progressive": (noise("jpeg", progressive=True), "image/jpeg"),
    "thumbnail": (with_thumbnail(), "image/jpeg"),
    "gif": (moving("gif"), "image/gif"),
    "webp": (noise("webp"), "image/webp"),
    "animated webp": (moving("webp"), "image/webp"),
    "avif": (noise("avif"), "image/avif"),
    "avif sequence": (moving("avif"), "image/avif"),
    "bmp": (noise("bmp"), "image/bmp"),
    "svg": (SVG.replace(b"/>", b"><g></g></svg>"), "image/svg+xml"),
}
CUTS = [(name, share) for name in PICTURES for share in (0.3, 0.5, 0.9, 0.99)]


@pytest.mark.parametrize("name", PICTURES)
def test_a_whole_picture_is_whole_and_known(name: str) -> None:
    """Animations, progressive scans and thumbnails too."""
    data, kind = PICTURES[name]
    assert media_type(data) == kind
    assert is_whole(data, kind)


@pytest.mark.parametrize("trailer", [b"\0" * 2048, b"\r\n", b"\xff" * 3000, b"{}"])
@pytest.mark.parametrize("name", [name for name in PICTURES if name != "bmp"])
def test_what_stands_behind_the_end_does_not_matter(name: str, trailer: bytes) -> None:
    """A camera's notes, a server's padding."""
    data, kind = PICTURES[name]
    assert is_whole(data + trailer, kind)


@pytest.mark.parametrize(("name", "share"), CUTS)
def test_a_picture_that_is_cut_short_is_not_whole(name: str, share: float) -> None:
    """Wherever it was cut; a thumbnail's end is not the picture's."""
    data, kind = PICTURES[name]
    assert not is_whole(data[: int(len(data) * share)], kind)


@pytest.mark.parametrize("size", [0, 1, 3, 8, 12])
@pytest.mark.parametrize("kind", sorted({kind for _, kind in PICTURES.values()} - {"image/bmp"}))
def test_a_few_bytes_are_no_whole_picture(kind: str, size: int) -> None:
    """Nothing is read beyond the end."""
    data = next(data for data, of in PICTURES.values() if of == kind)
    assert not is_whole(data[:size], kind)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><html><body>Sign in", "a web page"),
        (b"\xef\xbb\xbf\n <HTML>", "a web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML document"),
        (b'{"error": "no such picture"}', "JSON"),
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"upstream connect error or disconnect", "text"),
        (b"", "empty"),
        (b"\x00\x01\x02" * 30, "no image that is known"),
    ],
)
def test_what_comes_in_place_of_a_picture_is_named(data: bytes, words: str) -> None:
    """A login page, a storage's complaint, an empty file."""
    with pytest.raises(DownloadError, match=words):
        checked_type(data, data)


def test_a_picture_of_bytes_in_front_is_none() -> None:
    """No program opens it, and nothing is cut off a file that was paid for."""
    with pytest.raises(DownloadError):
        checked_type(b"\n" + PNG, b"\n" + PNG)


@pytest.mark.parametrize("fill", [0, 1, 2, 4094, 4095, 4096, 4097, 8191, 100_000])
def test_any_number_of_fill_bytes_may_stand_before_a_marker(fill: int) -> None:
    """They are passed over a block at a time, and none is taken for a marker."""
    begun = b"\xff\xd8\xff\xe0\0\2" + b"\xff" * fill
    assert is_whole(begun + b"\xff\xda\0\2x\xff\xd9", "image/jpeg")
    assert not is_whole(begun + b"\xff\xda\0\2x", "image/jpeg")
    assert not is_whole(begun, "image/jpeg")
