"""HTTP as frozen values."""

from __future__ import annotations

import attrs
import pytest

from tintype.messages import (
    Delivery,
    HttpRequest,
    JsonBody,
    Part,
    Request,
    Response,
    ServerSentEvent,
    address,
    find_header,
)

HEADERS = (("Content-Type", "a"), ("X-Id", "b"), ("content-type", "c"))


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_a_header_is_found_in_any_case_and_the_first_wins(name: str) -> None:
    """Header names have no case."""
    assert find_header(HEADERS, name) == "a"
    assert Response(status=200, headers=HEADERS).header(name) == "a"


def test_a_header_that_is_not_there_is_none() -> None:
    """Absence is no empty text."""
    assert find_header(HEADERS, "x") is None
    assert Response(status=200).header("x") is None


@pytest.mark.parametrize(
    ("segments", "query", "wanted"),
    [
        ((), {}, "https://a.test/x"),
        (("t1", "look"), {}, "https://a.test/x/t1/look"),
        (("../b c", "{key}"), {}, "https://a.test/x/..%2Fb%20c/%7Bkey%7D"),
        ((), {"id": "a&b=/c", "at": "é"}, "https://a.test/x?id=a%26b%3D%2Fc&at=%C3%A9"),
        (("t1",), {"id": "1"}, "https://a.test/x/t1?id=1"),
    ],
)
def test_an_address_holds_what_a_stranger_said_as_it_was_said(
    segments: tuple[str, ...], query: dict[str, str], wanted: str
) -> None:
    """It is one segment, or one value, whatever stands in it."""
    assert address("https://a.test/x", *segments, **query) == wanted


def test_get_and_post_ask_with_the_key() -> None:
    """The two usual requests in one call each."""
    assert Request.get("https://a.test/x") == Request(method="GET", url="https://a.test/x")
    posted = Request.post("https://a.test/x", {"a": 1}, headers=HEADERS, events=True)
    assert posted.body == JsonBody(value={"a": 1})
    assert (posted.method, posted.auth, posted.answer) == ("POST", True, "events")
    assert posted.headers == HEADERS
    assert Request.post("https://a.test/x", [1]).answer == "whole"


@pytest.mark.parametrize(
    "value",
    [
        Request.get("https://a.test"),
        Response(status=200),
        ServerSentEvent(data="x"),
        Delivery(body=b""),
        Part(name="a", data=b""),
    ],
)
def test_messages_are_frozen(value: attrs.AttrsInstance) -> None:
    """A hook cannot change what it was given."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, attrs.fields(type(value))[0].name, "other")


@pytest.mark.parametrize(
    "value",
    [
        Response(status=200, body=b"SECRET"),
        Delivery(body=b"SECRET"),
        Part(name="a", data=b"SECRET"),
        ServerSentEvent(data="SECRET"),
        HttpRequest(method="GET", url="u", headers=(("Authorization", "SECRET"),), body=b"SECRET"),
    ],
)
def test_bodies_and_keys_stay_out_of_the_repr(value: object) -> None:
    """A log line holds no image and no key."""
    assert "SECRET" not in repr(value)
