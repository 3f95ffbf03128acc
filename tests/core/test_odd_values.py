"""Strict where it decides, generous where it was paid: the table of odd spellings."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from decimal import Decimal
from urllib.parse import quote

import pytest
from attrs import frozen
from tests.core.pictures import drawn

from tintype._structuring.json_values import Odd
from tintype._structuring.shapes import noting
from tintype.convert import (
    Id,
    decisive,
    decode_image,
    loads,
    pictures,
    read,
    structure,
)
from tintype.errors import ProtocolError
from tintype.messages import Response
from tintype.models import Failure, Image


@frozen(kw_only=True)
class Inner:
    """An object beside a picture."""

    words: str | None = None
    size: int | None = None


@frozen(kw_only=True)
class Picture:
    """An item of the list; its address is needed."""

    url: str
    seed: int | None = None


@frozen(kw_only=True)
class Answer:
    """What decides, and what stands beside a picture."""

    id: Id
    state: str | None = decisive(None)
    count: int | None = None
    cost: Decimal | None = None
    share: float | None = None
    good: bool | None = None
    words: str | None = None
    inner: Inner | None = None
    error: str | Inner | None = None
    items: tuple[Picture | None, ...] | None = None
    names: tuple[str, ...] | None = None


def answered(text: str) -> Response:
    """An answer of that JSON text."""
    return Response(status=200, body=text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("name", "said", "read_as"),
    [
        ("id", "7", "7"),
        ("id", '"t1"', "t1"),
        ("count", '"12"', 12),
        ("count", "1024.0", 1024),
        ("count", '" 7 "', 7),
        ("count", "18446744073709551615", 2**64 - 1),
        ("count", '"18446744073709551615"', 2**64 - 1),
        ("names", '"[\\"a\\", \\"b\\"]"', ("a", "b")),
        ("cost", '"0.05"', Decimal("0.05")),
        ("cost", "12", Decimal(12)),
        ("share", '"0.5"', 0.5),
        ("good", "1", True),
        ("good", '"false"', False),
        ("good", '"True"', True),
        ("inner", '"{\\"size\\": 3}"', Inner(size=3)),
        ("inner", "{}", None),
        ("inner", '""', None),
        ("inner", "false", None),
        ("inner", "[]", None),
        ("error", "false", None),
        ("error", '""', None),
        ("error", "{}", None),
        ("error", '"no"', "no"),
        ("words", '"a cat \\ud83d"', "a cat \N{REPLACEMENT CHARACTER}"),
        ("words", '"two\nlines"', "two\nlines"),
        ("words", '"a\\u0000b"', "a\N{REPLACEMENT CHARACTER}b"),
    ],
)
def test_an_odd_spelling_is_read_as_what_it_means(name: str, said: str, read_as: object) -> None:
    """Digits in text, whole numbers with a fraction, objects in text, nothing in many words."""
    fields = {"id": '"t1"', name: said}
    text = "{" + ", ".join(f'"{key}": {value}' for key, value in fields.items()) + "}"
    with noting() as notes:
        typed, raw = read(answered(text), Answer)
    assert getattr(typed, name) == read_as
    assert notes == []
    json.dumps(dict(raw), allow_nan=False).encode()


ODD = [
    *("NaN", "-Infinity", "1e9999999", "9" * 5000, "0." + "1" * 5000, "1e300", "{}", "[]"),
    *('{"a": {"b": []}}', "[7]", "true", '"many"', "-1e30", "7.5", '""', "null"),
    '"\\ud83d"',
    '"' + "x" * 10_000 + '"',
    "[" * 300 + "]" * 300,
]


@pytest.mark.parametrize("said", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("name", ["count", "cost", "share", "good", "inner", "names", "nobody"])
def test_what_stands_beside_a_picture_costs_it_nothing(name: str, said: str) -> None:
    """Whatever is said there, the picture is read, and the rest can be written down."""
    text = f'{{"id": "t1", "state": "done", "items": [{{"url": "u"}}], "{name}": {said}}}'
    typed, raw = read(answered(text), Answer)
    assert typed.items == (Picture(url="u"),)
    json.dumps(dict(raw), allow_nan=False).encode()


FULL = '{"id": "t1", "state": "done", "items": [{"url": "u"}], "words": "caf\xe9"}'


@pytest.mark.parametrize(
    "body",
    [
        *(FULL.encode("latin-1"), f"\n\ufeff{FULL}\0\n".encode(), f"\v{FULL}\f\xa0".encode()),
        *(FULL.encode("utf-16-le"), json.dumps(FULL).encode()),
    ],
    ids=["latin", "blanks and a mark", "odd blanks", "utf-16 without a mark", "twice"],
)
def test_what_stands_around_json_or_in_place_of_its_encoding_costs_nothing(body: bytes) -> None:
    """A mark behind a line break, a form feed, another encoding, JSON written as JSON text."""
    typed, _ = read(Response(status=200, body=body), Answer)
    assert typed.items == (Picture(url="u"),)


@pytest.mark.parametrize("body", [b'{"id": "t\xe91"}', '{"id": "t\ufffd"}'.encode()])
def test_an_id_that_lost_a_character_on_its_way_is_none(body: bytes) -> None:
    """Asked for by what is left of it, it would be another task."""
    with pytest.raises(ProtocolError, match="/id"):
        read(Response(status=200, body=body), Answer)


@pytest.mark.parametrize("item", ["1", "{}", "[]", '{"url": "u", "seed": "x"}', '{"url": "u"}'])
def test_the_items_that_nobody_can_mean_are_not_looked_at(item: str) -> None:
    """Neither read nor kept, whatever they are: a hostile list costs what its length costs."""
    with noting() as notes:
        typed, raw = read(
            answered(f'{{"id": "t1", "items": [{", ".join([item] * 200_000)}]}}'), Answer
        )
    assert typed.items is not None
    assert len(typed.items) == 1000
    assert len(notes) <= 20
    assert len(json.dumps(dict(raw))) < 40_000


@pytest.mark.parametrize(
    "body",
    ["[" * 300_000, '{"a": ' * 300_000, f'{{"id": "t1", "a": {"[" * 300_000}{"]" * 300_000}}}'],
    ids=["lists", "objects", "closed"],
)
def test_what_is_nested_without_end_comes_back(body: str) -> None:
    """Read as far as anybody reads, or no JSON."""
    with suppress(ProtocolError):
        assert read(answered(body), Answer)[0].id == "t1"


def test_a_picture_inside_json_text_is_not_kept_in_raw() -> None:
    """Nor one in lines: `raw` is written down with every snapshot."""
    inner = json.dumps({"b64_json": "A" * 4000})
    lines = wrapped("B" * 4000, 76, "\n")
    _, raw = read(answered(json.dumps({"id": "t1", "result": inner, "more": lines})), Answer)
    assert raw["result"] == '{"b64_json": "<3000 bytes>"}'
    assert raw["more"].startswith("<3")
    assert len(raw["more"]) < 20


def test_what_is_left_out_is_told_by_its_place() -> None:
    """A JSON pointer each, from the outside in."""
    text = '{"id": "t1", "cost": [], "inner": {"size": "big"}, "items": [{"url": "u", "seed": {}}]}'
    with noting() as notes:
        read(answered(text), Answer)
    assert [note.pointer for note in notes] == ["/cost", "/inner/size", "/items/0/seed"]


@pytest.mark.parametrize("said", ["{}", "[]", "true", "7.5", "null", '"\\ud83d"', "NaN"])
def test_an_odd_id_is_an_error(said: str) -> None:
    """A task that cannot be asked for is never taken for one that can."""
    with pytest.raises(ProtocolError, match="/id") as caught:
        read(answered(f'{{"id": {said}, "state": "done"}}'), Answer)
    assert caught.value.pointer == "/id"


@pytest.mark.parametrize("said", ["{}", "[]", "7", "true", "NaN"])
def test_an_odd_state_is_an_error_and_a_missing_one_is_none(said: str) -> None:
    """`decisive` fields are strict where they are there."""
    with pytest.raises(ProtocolError, match="/state"):
        read(answered(f'{{"id": "t1", "state": {said}}}'), Answer)
    assert read(answered('{"id": "t1"}'), Answer)[0].state is None


def test_a_key_that_stands_twice_has_no_value_unless_both_agree() -> None:
    """Which was meant nobody knows: beside a picture it is left out, as an id it is an error."""
    with noting() as notes:
        typed, _ = read(
            answered('{"id": "t1", "count": 1, "count": 2, "words": "a", "words": "a"}'), Answer
        )
    assert (typed.count, typed.words) == (None, "a")
    assert [note.pointer for note in notes] == ["/count"]
    with pytest.raises(ProtocolError):
        read(answered('{"id": "t1", "id": "t2"}'), Answer)


def test_an_odd_item_is_none_where_the_list_admits_none_and_else_left_out() -> None:
    """Its place is kept, so that a failure can name it."""
    found = structure(
        {"id": "t", "items": [{"url": "a"}, 7, {"url": 8}, None], "names": ["x", 7, "y"]}, Answer
    )
    assert found.items == (Picture(url="a"), None, None, None)
    assert found.names == ("x", "y")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_of_json_is_read(encoding: str) -> None:
    """By its mark, as JSON's own standard tells them apart."""
    assert loads(Response(status=200, body='{"a": "é"}'.encode(encoding))) == {"a": "é"}


def test_not_a_number_is_odd_and_not_the_end_of_the_answer() -> None:
    """Python's servers write it by default."""
    assert loads(b'{"score": NaN, "n": [-Infinity]}') == {
        "score": Odd("NaN"),
        "n": [Odd("-Infinity")],
    }


# -------------------------------------------------------------------------------- pictures

TEXT = base64.b64encode(drawn("png", size=(40, 30))).decode()
DATA = drawn("png", size=(40, 30))


def wrapped(text: str, width: int, end: str) -> str:
    """Text in lines, as MIME writes base64."""
    return end.join(text[at : at + width] for at in range(0, len(text), width))


SPELLINGS = {
    "plain": TEXT,
    "lines of 76": wrapped(TEXT, 76, "\n"),
    "lines of 64 with CRLF": wrapped(TEXT, 64, "\r\n") + "\r\n",
    "a newline behind": TEXT + "\n",
    "a blank in front": " " + TEXT,
    "tabs": TEXT.replace("A", "A\t", 3),
    "the URL-safe alphabet": TEXT.replace("+", "-").replace("/", "_"),
    "no padding": TEXT.rstrip("="),
    "too much padding": TEXT.rstrip("=") + "====",
    "a data URL": f"data:image/png;base64,{TEXT}",
    "capitals": f"DATA:IMAGE/PNG;BASE64,{TEXT}",
    "a blank in front of a data URL": f"  data:image/png;base64,{TEXT}",
    "percent": quote(TEXT, safe=""),
    "a percent-encoded data URL": f"data:image/png;base64,{quote(TEXT, safe='')}",
    "a NUL": TEXT + "\0",
    "a form feed": TEXT + "\f",
    "a mark in front": "\ufeff" + TEXT,
    "quotes": f'"{TEXT}"',
    "lines of JSON in JSON": wrapped(TEXT, 76, "\\n"),
    "no base64 at all": f"data:image/png,{quote(DATA, safe='')}",
    "a wrong type": f"data:text/plain;base64,{TEXT}",
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_base64_is_read_in_every_spelling(name: str) -> None:
    """The picture's own bytes say what it is."""
    assert decode_image(SPELLINGS[name]) == DATA


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="100%"/>'


@pytest.mark.parametrize(
    "text", [SVG, f"data:image/svg+xml;utf8,{SVG}", f"data:image/svg+xml,{quote(SVG)}"]
)
def test_a_vector_may_stand_there_as_the_text_it_is(text: str) -> None:
    """A data URL need not be base64 (RFC 2397)."""
    assert decode_image(text) == SVG.encode()


@pytest.mark.parametrize(
    "text", ["", "<moderated>", "https://cdn.test/a.png", "AAAA", "null", TEXT[:-5] + "!"]
)
def test_what_is_no_picture_is_an_error(text: str) -> None:
    """A word, an address, bytes of nothing, broken base64."""
    with pytest.raises(ProtocolError):
        decode_image(text)


def _image(item: str, index: int) -> Image | Failure:
    if item == "refused":
        return Failure(message="moderated", index=index, refused=True)
    return Image(data=decode_image(item), index=index)


def test_a_bad_picture_costs_itself_alone() -> None:
    """Each that is none is a failure at its index, in order."""
    images, failures = pictures(["?", TEXT, None, "refused", TEXT], _image, "/data")
    assert [image.index for image in images] == [1, 4]
    assert [failure.index for failure in failures] == [0, 2, 3]


def test_an_answer_without_any_readable_picture_is_an_error() -> None:
    """So that it is kept; where the provider itself says why, it is told."""
    with pytest.raises(ProtocolError):
        pictures(["?", "refused"], _image, "/data")
    assert pictures(["refused"], _image, "/data")[1][0].refused
