"""docs/contracts.md against the kit it describes."""

from __future__ import annotations

import re

import pytest
from tests.contracts import odd_values_table
from tests.contracts.check_table import PAGE, table, written
from tests.contracts.verdicts import conforming

from tintype_contracts import installed
from tintype_contracts.cli.contracts import command
from tintype_contracts.report.conformance import report_value


def test_the_page_lists_every_check_as_the_registry_has_it() -> None:
    """No check without a line, no line without a check: check_table.py writes them."""
    assert written() == table(), "Run: python tests/contracts/check_table.py"


def test_the_page_names_every_command() -> None:
    """Each subcommand is told, and none that is not there."""
    text = PAGE.read_text("utf-8")
    told = set(re.findall(r"`tintype contracts ([a-z]+)", text))
    assert told == set(command.list_commands(None))


def test_the_page_names_every_key_of_a_report() -> None:
    """The format of the report is told key by key."""
    text = PAGE.read_text("utf-8")
    assert [key for key in report_value(conforming()) if f"`{key}`" not in text] == []


@pytest.mark.parametrize("name", installed())
def test_the_promises_tell_how_many_odd_values_were_kept(name: str) -> None:
    """All of them, of each provider: odd_values_table.py tries them and writes the table."""
    found = odd_values_table.table([name])
    told = odd_values_table.column(odd_values_table.written(), name)
    assert told == odd_values_table.column(found, name), "Run: tests/contracts/odd_values_table.py"
    counts = re.findall(r"([\d,]+) of ([\d,]+)", found)
    assert counts
    assert [pair for pair in counts if pair[0] != pair[1]] == []
