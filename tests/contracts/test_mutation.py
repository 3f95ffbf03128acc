from __future__ import annotations

from decimal import Decimal

import pytest

from tintype_contracts.strategies.mutations import (
    DROPPED,
    REPLACEMENTS,
    Mutation,
    mutations,
    places,
)

BODY = {"status": "done", "n": 7, "images": [{"url": "u"}], "a/b": None}


def test_every_place_is_bent_in_every_way() -> None:
    """Objects, lists and what they hold are each replaced, and all but the body dropped."""
    found = list(mutations(BODY))
    pointers = {pointer for pointer, _ in places(BODY)}
    assert pointers == {
        "",
        "/status",
        "/n",
        "/images",
        "/images/0",
        "/images/0/url",
        "/a~1b",
    }
    assert {each.pointer for each in found} == pointers
    dropped = {each.pointer for each in found if each.value is DROPPED}
    assert dropped == pointers - {""}
    status = [each.value for each in found if each.pointer == "/status"]
    assert all(any(other is value for value in status) for other in REPLACEMENTS)


def test_a_value_is_not_replaced_by_itself() -> None:
    """7 is replaced by "7" and 7.9 and true, and not by 7."""
    found = [each.value for each in mutations(BODY) if each.pointer == "/n"]
    assert not any(type(value) is int and value == 7 for value in found)
    assert "7" in found
    assert Decimal("7.9") in found


@pytest.mark.parametrize("mutation", list(mutations(BODY)), ids=str)
def test_a_mutation_is_read_from_its_name(mutation: Mutation) -> None:
    """What a report prints is what replay does."""
    again = Mutation.parse(str(mutation))
    assert again.pointer == mutation.pointer
    assert again.apply(BODY) == mutation.apply(BODY)


def test_the_body_is_left_alone() -> None:
    """A mutation makes another body."""
    before = repr(BODY)
    for each in mutations(BODY):
        each.apply(BODY)
    assert repr(BODY) == before


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("/images/0/url=null", {**BODY, "images": [{"url": None}]}),
        ("/images/0=", {**BODY, "images": []}),
        ("/status=", {key: value for key, value in BODY.items() if key != "status"}),
        ("/new=1", {**BODY, "new": 1}),
        ("=[]", []),
    ],
)
def test_what_a_name_does(name: str, body: object) -> None:
    """A pointer, a sign, and JSON; nothing after the sign takes the place away."""
    assert Mutation.parse(name).apply(BODY) == body


@pytest.mark.parametrize("name", ["/status", "status=1", "/status=nul", ""])
def test_a_name_that_is_none(name: str) -> None:
    """It is refused with a ValueError, which a command line tells as misuse."""
    with pytest.raises(ValueError, match=r"POINTER=VALUE|is not JSON"):
        Mutation.parse(name)


def test_a_text_without_its_quotes_is_told_how_it_is_written() -> None:
    """The sentence can be pasted behind `--mutate`."""
    with pytest.raises(ValueError, match="'other' is not JSON") as told:
        Mutation.parse("/model=other")
    assert str(told.value).endswith("""A text is written '/model="other"'.""")


@pytest.mark.parametrize("name", ["/lost/0=1", "/images/1/url=1", "/lost="])
def test_a_place_that_is_not_there(name: str) -> None:
    """It cannot be bent."""
    with pytest.raises(LookupError):
        Mutation.parse(name).apply(BODY)
