"""JSON values compared: exactly, as a subset, against a template."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tintype.errors import Billed
from tintype_contracts.fixtures.comparing import differences, mismatches, subset
from tintype_contracts.fixtures.pointers import MISSING, get, join, leaves, put


@pytest.mark.parametrize(
    ("expected", "actual", "pointers"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": Decimal("1.0")}, ["/a"]),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": None}, {}, ["/a"]),
        ({}, {"a": None}, ["/a"]),
        ({"a": "1"}, {"a": 1}, ["/a"]),
        ([1, 2], [1], [""]),
        ([1, [2]], [1, [3]], ["/1/0"]),
        ({"a/b": 1}, {"a/b": 2}, ["/a~1b"]),
        ({}, [], [""]),
        (Decimal("0.5"), 0.5, []),
    ],
)
def test_values_are_compared_type_by_type(
    expected: object, actual: object, pointers: list[str]
) -> None:
    """1, 1.0, true and "1" are four values; null is not absence."""
    assert [found.pointer for found in differences(expected, actual)] == pointers


@pytest.mark.parametrize(
    ("expected", "actual", "pointers"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, []),
        ([{"a": 1}], [{"a": 1, "b": 2}], []),
        ([{"a": 1}], [{"a": 1}, {"a": 1}], [""]),
        ({"a": None}, {"a": None}, []),
        ({"a": None}, {}, []),
        ({"usd": "0.040"}, {"usd": "0.04"}, []),
        ({"usd": Decimal("0.040")}, {"usd": "0.04"}, []),
        ({"progress": 1}, {"progress": 1.0}, []),
        ({"n": 1}, {"n": True}, ["/n"]),
        ({"state": "yes"}, {"state": Billed.YES}, []),
        ({"id": "a"}, {"id": "b"}, ["/id"]),
    ],
)
def test_a_subset_looks_at_the_named_fields_alone(
    expected: object, actual: object, pointers: list[str]
) -> None:
    """Numbers are compared by value, and with decimals written as text."""
    assert [found.pointer for found in subset(expected, actual)] == pointers


@pytest.mark.parametrize(
    ("template", "printed", "pointers"),
    [
        ("{{id:task}}", 7, []),
        ("a {{id:task}} b", "a xyz b", []),
        ("a {{id:task}} b", "a xyz c", [""]),
        ({"a": "{{time:s}}"}, {"a": 1, "b": 2}, ["/b"]),
        (["{{image:url}}"], ["x", "y", "z"], []),
        ([{"u": "{{image:url}}"}, "end"], [{"u": "x"}, {"u": "y"}, "end"], []),
        ([{"u": "{{image:url}}"}], [{"u": "x", "v": 1}], ["/0/v"]),
        ({"$json": {"a": "{{id:task}}"}}, '{"a": "x"}', []),
        ({"$json": {"a": 1}}, '{"a": 2}', ["/a"]),
        ({"$json": {"a": 1}}, "no json", [""]),
        ({"$json": "{{balance:credits}}"}, "8812", []),
        (1, Decimal("1.0"), [""]),
    ],
)
def test_a_placeholder_admits_any_literal(
    template: object, printed: object, pointers: list[str]
) -> None:
    """Everything else must stand there as it is."""
    assert [found.pointer for found in mismatches(template, printed)] == pointers


def test_a_difference_is_one_readable_line() -> None:
    """It names the place, what is expected and what is there."""
    assert [str(each) for each in differences({"a": 1}, {})] == ["/a: expected 1, got nothing"]


def test_pointers_reach_into_objects_and_arrays() -> None:
    """RFC 6901, with its two escapes."""
    value = {"a/b": [{"m~n": 1}]}
    assert get(value, "/a~1b/0/m~0n") == 1
    assert get(value, "/a~1b/1") is MISSING
    assert get(value, "") == value
    assert join("/a", "m~n/o") == "/a/m~0n~1o"
    assert dict(leaves({"a": [], "b": {"c": 1}})) == {"/a": [], "/b/c": 1}


def test_a_number_leads_into_an_array_that_is_made() -> None:
    """By 0, for another number may be a name; nothing is made where nothing comes of it."""
    made = put(put({}, "/contents/0/parts/0/text", "a cat"), "/contents/0/parts/1/data", "aGk=")
    assert made == {"contents": [{"parts": [{"text": "a cat"}, {"data": "aGk="}]}]}
    assert put({}, "/prompt/3/steps", 20) == {"prompt": {"3": {"steps": 20}}}
    assert put({}, "/contents/0", MISSING) == {}
    assert put({"n": [7]}, "/n/0", MISSING) == {"n": []}
