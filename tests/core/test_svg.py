"""SVG by its first bytes: all that XML lets stand before the root, and no time for traps."""

from __future__ import annotations

import pytest

from tintype._pictures.media import media_type
from tintype._pictures.whole import is_whole

SVG = "image/svg+xml"
ILLUSTRATOR = b"""<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: a program -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd" [
  <!ENTITY ns_svg "http://www.w3.org/2000/svg">
  <!ENTITY odd ']>'>
  <!-- it's a comment with ]> in it -->
  <?pi ]> ?>
]>
<svg xmlns="&ns_svg;"/>"""


@pytest.mark.parametrize(
    "document",
    [
        b"<svg/>",
        b"<svg>",
        b"\xef\xbb\xbf\r\n<svg xmlns='http://www.w3.org/2000/svg'/>",
        "\ufeff<?xml version='1.0'?><svg />".encode("utf-16-le"),
        "\ufeff<svg />".encode("utf-16-be"),
        b"<?xml version='1.0'?><?xml-stylesheet href='a>b'?><svg >",
        b"<!-- a > b --><!doctype svg><!----><svg\n>",
        b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>",
        ILLUSTRATOR,
    ],
)
def test_a_prolog_may_stand_before_the_root(document: bytes) -> None:
    """A mark of byte order, instructions, comments, and a document type with what it declares."""
    assert media_type(document) == SVG


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"svg",
        b"<svgx>",
        b"<!---->" * 30 + b"<html>",
        b"<!---->" * 1000 + b"<html>",
        b" " * 8192,
        b"<!--" * 2048,
        b"<?" * 4096,
        b"<!DOCTYPE svg [" + b"<!--" * 2000,
        b"<!DOCTYPE svg [" + b"'" * 8001,
        b"<!DOCTYPE svg [ <svg>",
        b"<!DOCTYPE html><html>",
    ],
)
def test_what_only_looks_like_a_prolog_is_no_svg(document: bytes) -> None:
    """Each of these comes back with an answer, the ones that once took days included."""
    assert media_type(document) == ""


def test_an_entity_that_grows_without_bounds_is_not_drawn() -> None:
    """Its size is not known, and nothing is expanded to know it."""
    grow = b"".join(b'<!ENTITY e%d "%s">' % (n + 1, b"&e%d;" % n * 10) for n in range(30))
    bomb = b'<!DOCTYPE svg [<!ENTITY e0 "x">' + grow + b"]><svg width='&e30;'/>"
    assert media_type(bomb) == SVG
    assert is_whole(bomb, SVG) in {True, False}
