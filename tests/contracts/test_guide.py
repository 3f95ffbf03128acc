"""The plugin that docs/plugins.md prints, examined by the kit, and installed as the page says."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from tests.contracts.check_table import PAGE
from tests.contracts.wheels import command

from tintype._plugins.registry import Registry
from tintype_contracts import load_folder
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.run import examine

GUIDE = PAGE.parent / "plugins.md"
WHOLE = "# acme_tasks.py"
"""The first line of the plugin that has a price, limits, states, refusals and webhooks."""
FIXTURES = Path(__file__).parent / "guide"


def printed(language: str, holding: str = "") -> str:
    """The first block of the page in that language that holds some text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return next(str(block) for block in blocks if holding in block)


def entry_points() -> str:
    """The entry points of the page, as an installer writes them down."""
    groups = tomllib.loads(printed("toml"))["project"]["entry-points"]
    rows = {
        group: [f"{name} = {value}" for name, value in groups[group].items()] for group in groups
    }
    return "\n".join(line for group in rows for line in (f"[{group}]", *rows[group]))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder where the printed plugin is installed, its fixtures without `__init__.py`."""
    made = tmp_path / "site"
    shutil.copytree(FIXTURES, made / "tintype_acme" / "fixtures")
    (made / "tintype_acme" / "__init__.py").write_text(printed("python", WHOLE), "utf-8")
    info = made / "tintype_acme-1.2.3.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(entry_points(), "utf-8")
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tintype-acme\nVersion: 1.2.3\nRequires-Dist: tintype<0.3\n"
    )
    return made


def test_the_printed_plugin_reaches_the_highest_level() -> None:
    """Whoever copies it begins with a plugin that fails no check."""
    module = ModuleType("tintype_acme")
    exec(compile(printed("python", WHOLE), GUIDE.name, "exec", dont_inherit=True), vars(module))  # noqa: S102 - our own page
    subject = Subject(Registry({"acme": module}).get("acme"), load_folder(FIXTURES))
    report = examine(subject)
    failed = {row.check: row.findings[0].message for row in report.rows if row.outcome == "fail"}
    assert failed == {}
    assert report.level == 3


def test_the_printed_entry_points_are_all_that_an_examination_needs(site: Path) -> None:
    """The plugin and its fixtures are both found by the name."""
    ended = command(site, "check", "acme", "--level", "1")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "level 1, happy path adapted, never validated live" in ended.stdout


def test_lint_finds_fixtures_without_an_init_file(site: Path) -> None:
    """By the name of the entry point."""
    assert command(site, "lint", "acme").stdout == "Nothing is wrong.\n"
