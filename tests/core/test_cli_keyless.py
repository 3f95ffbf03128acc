"""The command line with a provider that needs no key and costs nothing, beside others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.core.conftest import KEY

from tintype._cli import cli

STUDIO = """
from decimal import Decimal

from attrs import evolve
from tests.core.easel import INFO as EASEL, parse, poll, submit

from tintype.catalog import Price
from tintype.credentials import HeaderKey
from tintype.hooks import hookimpl
from tintype.prices import quote_from_prices

MODEL = evolve(EASEL.models[0], prices=(Price(usd=Decimal(0), source="it is yours"),))
INFO = evolve(
    EASEL,
    name="studio",
    title="A studio of one's own",
    models=(MODEL,),
    auth=HeaderKey(optional=True),
)

@hookimpl
def describe():
    return INFO

@hookimpl
def price(request, quote):
    return quote_from_prices(INFO, request)
"""
Tell = Callable[..., Result]


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Tell]:
    """Runs the command where the studio is installed; variables are given by name."""
    made = tmp_path / "tintype_studio-1.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tintype-studio\nVersion: 1\nRequires-Dist: tintype<1\n"
    )
    (made / "entry_points.txt").write_text("[tintype]\nstudio = tintype_studio\n")
    (tmp_path / "tintype_studio.py").write_text(STUDIO)
    sys.path.insert(0, str(tmp_path))

    def run(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(cli, arguments, env={"TINTYPE_JOURNAL": "off", **variables})

    yield run
    sys.path.remove(str(tmp_path))
    sys.modules.pop("tintype_studio", None)


def test_it_is_told_as_one_that_needs_no_key_and_costs_nothing(tell: Tell) -> None:
    """In the list of providers, of itself, of its models and in a quote."""
    [row] = [line for line in tell("providers").stdout.splitlines() if " studio " in line]
    assert " not needed " in row
    [told] = json.loads(tell("providers", "studio", "--json").stdout)
    assert (told["price"], told["key"]) == ("free", "not needed")
    assert " free " in tell("models", "-p", "studio").stdout
    assert " free " in tell("quote", "a cat", "-p", "studio").stdout
    [quote] = json.loads(tell("quote", "a cat", "-p", "studio", "--json").stdout)
    assert (quote["kind"], quote["usd"]) == ("exact", "0")


def test_a_walk_over_all_that_have_a_key_leaves_it_out(tell: Tell) -> None:
    """A server of one's own may not even run: it is asked where it is named, key or not."""
    for keys in ({}, {"STUDIO_API_KEY": KEY}):
        told = tell("quote", "a cat", APIYI_API_KEY=KEY, **keys).stdout
        assert "apiyi" in told
        assert "studio" not in told
    told = tell("quote", "a cat")
    assert told.exit_code != 0
    assert "STUDIO_API_KEY" not in told.stderr + str(told.exception)
