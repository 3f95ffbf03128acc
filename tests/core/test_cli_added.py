"""Commands that other distributions add to `tintype`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tintype._cli import cli

IMPORTS_NOTHING = "raise SystemExit('somebody imported me')\n"
RULED = """
import click
@click.command(short_help="Be told by its decorator.")
def command():
    'Not this.'
"""
MODULES = {
    "said": "@click.command()\ndef command():\n    'Do what is said here.'\n",
    "deep.cli": "import click\n\ndef command():\n    'Stand in a package.'\n",
    "made": "import click\ncommand = click.Command('made', help='Is an object.')\n",
    "ruled": RULED,
    "broken": "command = 1 / 0\n",
}


@pytest.fixture
def added(tmp_path: Path) -> Iterator[None]:
    """Distributions on the path that add a command each."""
    points = ["gone = tintype_gone.cli:command"]
    for place, text in MODULES.items():
        points.append(f"{place.partition('.')[0]} = tintype_{place}:command")
        path = tmp_path.joinpath(*f"tintype_{place}".split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "tintype_deep" / "__init__.py").write_text(IMPORTS_NOTHING)
    made = tmp_path / "tintype_added-1.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: tintype-added\nVersion: 1\n")
    (made / "entry_points.txt").write_text("\n".join(("[tintype.commands]", *points, "")))
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("said", "Do what is said here."),
        ("deep", "Stand in a package."),
        ("made", "Is an object."),
        ("ruled", "Be told by its decorator."),
        ("broken", "(cannot be loaded: ZeroDivisionError: division by zero)"),
        ("gone", "(cannot be loaded: ModuleNotFoundError: No module named"),
    ],
)
@pytest.mark.usefixtures("added")
def test_a_command_is_listed_with_what_it_says_of_itself(name: str, line: str) -> None:
    """Its function's docstring, its decorator, or why it has neither."""
    listed = CliRunner().invoke(cli, ["--help"], terminal_width=100).stdout
    assert any(
        each.split(maxsplit=1)[:1] == [name] and line in each for each in listed.splitlines()
    )


@pytest.mark.usefixtures("added")
def test_a_command_with_a_docstring_is_listed_without_importing_its_packages() -> None:
    """A shell that completes names does not wait for them."""
    assert CliRunner().invoke(cli, ["--help"]).exit_code == 0
    assert "tintype_said" not in sys.modules
    assert "tintype_deep" not in sys.modules
