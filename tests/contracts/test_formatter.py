"""The canonical layout of fixture files."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from tintype_contracts import installed
from tintype_contracts.fixtures.formatter import format_fixture
from tintype_contracts.fixtures.strict_json import parse

ACME = sorted((Path(__file__).parent / "acme").glob("*.json"))


def test_what_fits_on_a_line_stands_on_one() -> None:
    """Short values stay together, long ones are spread, a key a line."""
    wide = ", ".join(f'"w{number}": "{"x" * 8}"' for number in range(8))
    text = format_fixture(f'{{"a": [1, 2], "b": {{{wide}}}}}')
    assert text.startswith('{\n  "a": [1, 2],\n  "b": {\n    "w0": "xxxxxxxx",\n')
    assert max(map(len, text.splitlines())) <= 100


def test_a_line_of_a_hundred_columns_is_the_longest() -> None:
    """At a hundred columns a value is spread; the comma behind it counts."""
    fits = format_fixture('{"key": ["' + "x" * 81 + '"], "other": 1, "third": 2}')
    spread = format_fixture('{"key": ["' + "x" * 88 + '"], "other": 1, "third": 2}')
    assert "[\n" not in fits
    assert "[\n" in spread


def test_no_number_changes() -> None:
    """1.0 is not 1, 0.10 is not 0.1: whatever the document prints stays."""
    assert format_fixture('{"a": 1.0, "b": 0.10, "c": 1}') == '{"a": 1.0, "b": 0.10, "c": 1}\n'


def test_keys_stand_in_the_order_of_the_schema() -> None:
    """The keys of the format are ordered, those of a body are the provider's."""
    text = '{"scenes": {}, "story": "x", "exchanges": {"b": {"src": "s", "operation": "poll"}}}'
    assert format_fixture(text) == (
        '{"story": "x", "exchanges": {"b": {"operation": "poll", "src": "s"}}, "scenes": {}}\n'
    )
    body = '{"story": "x", "exchanges": {"b": {"request": {"json": {"z": 1, "a": 2}}}}}'
    assert format_fixture(body) == body + "\n"


def test_a_key_that_stands_twice_is_not_dropped_silently() -> None:
    """The formatter refuses what the loader refuses."""
    with pytest.raises(ValueError, match="'a' stands twice"):
        format_fixture('{"a": 1, "a": 2}')


@pytest.mark.parametrize("path", ACME, ids=lambda path: path.name)
def test_formatting_changes_no_value_and_nothing_the_second_time(path: Path) -> None:
    """The layout is a fixed point."""
    text = path.read_text("utf-8")
    once = format_fixture(text)
    assert parse(once) == parse(text)
    assert format_fixture(once) == once


def test_every_installed_fixture_file_is_canonical() -> None:
    """A diff of these files shows facts: `tintype contracts lint --fix` lays them out."""
    odd = [
        f"{provider}/{entry.name}"
        for provider in installed()
        if provider in {"apiin", "apimodels", "apiyi", "cheapai", "openrouter"}
        for entry in resources.files(f"tintype_fixtures.{provider}").iterdir()
        if entry.name.endswith(".json")
        if format_fixture(text := entry.read_text("utf-8")) != text
    ]
    assert odd == []
