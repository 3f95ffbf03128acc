"""The documentation's own examples, run as a reader would run them."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.workspace import providers, reference

from tintype_contracts.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = {page: re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL) for page in PAGES}
BLOCKS = [
    pytest.param(block, CODE[page], id=f"{page.name}-{number}")
    for page in PAGES
    if page.name != "tutorial.md"  # whose blocks are followed in order, by tests of their own
    for number, block in enumerate(CODE[page])
]


@pytest.mark.parametrize(("block", "page"), BLOCKS)
def test_every_python_example_runs(block: str, page: list[str], tmp_path: Path) -> None:
    """A Python block of the documentation runs as it stands, against the sandbox.

    One that begins with a file's name may be imported by the others of its page.
    """
    for each in page:
        name = re.match(r"# (\w+\.py)\n", each)
        if name is not None:
            (tmp_path / name[1]).write_text(each)
    with Sandbox(pace=0.05) as sandbox:
        done = subprocess.run(  # noqa: S603 - our own documentation
            [sys.executable, "-W", "error", "-c", block],
            cwd=tmp_path,
            env={**os.environ, **sandbox.environ()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr


def test_the_readme_is_short() -> None:
    """The README has at most 120 lines."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_the_reference_is_what_the_code_says_of_itself() -> None:
    """Every public name, option, hook, command and variable stands on the page, and no other."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.written()


def test_the_providers_page_is_what_catalogs_and_sheets_say() -> None:
    """Every provider that is installed, by `python -m tests.workspace.reference`."""
    assert providers.PAGE.read_text(encoding="utf-8") == providers.written()


def test_every_variable_of_the_environment_is_described() -> None:
    """What the sources look up, and what they put behind a provider's name."""
    sources = [*(ROOT / "core/src").rglob("*.py"), *(ROOT / "contracts/src").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    found = set(re.findall(r"\bTINTYPE_[A-Z_]+[A-Z]\b", text))
    found |= {f"<NAME>{tail}" for tail in re.findall(r"\}(_[A-Z_]+[A-Z])\b", text)}
    assert found - set(reference.VARIABLES) == set()


def test_the_index_shows_the_readme() -> None:
    """The core's page on an index is the README, which needs no file beside it to be seen.

    A link to another page would lead nowhere there. So it names them, as they lie in the
    repository and in the source distribution.
    """
    readme = (ROOT / "README.md").read_text()
    assert (ROOT / "core" / "README.md").read_text() == readme
    assert re.findall(r"!\[|\]\((?!https?:)", readme) == []
    named = re.findall(r"`((?:docs/)?[\w-]+\.md|LICENSE)`", readme)
    project = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text())
    put = project["tool"]["hatch"]["build"]["targets"]["sdist"]["force-include"].items()
    assert all((ROOT / "core" / source).resolve() == ROOT / there for source, there in put)
    there = {name for _, name in put}
    assert {name.partition("/")[0] for name in named} == there
    assert all((ROOT / name).exists() for name in named)


def test_the_readmes_first_screen_shows_how_it_is_used() -> None:
    """How it is installed, and code by line 15; then prices, and a crash that loses nothing."""
    lines = (ROOT / "README.md").read_text().splitlines()
    assert "pip install tintype" in "".join(lines[:10])
    assert lines.index("```python") < 15
    shown = "\n".join(lines[:50])
    assert shown.index("$ tintype demo") < shown.index("kill -9") < shown.index("$ tintype resume")


def test_the_readme_shows_the_prices_that_the_demo_prints(tmp_path: Path) -> None:
    """Provider, dollars, credits, pixels and model of some, row by row; dots stand for the rest."""
    shown = (ROOT / "README.md").read_text().partition("pixels   model\n")[2].partition("```")[0]
    done = subprocess.run(  # noqa: S603 - our own script
        [Path(sys.executable).parent / "tintype", "demo", "--pace", "0.05", "-o", tmp_path],
        env={**os.environ, "TINTYPE_JOURNAL": "off"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    printed = {tuple(line.split()[:5]) for line in (done.stdout + done.stderr).splitlines()}
    *rows, rest = [tuple(line.split()) for line in shown.splitlines()]
    assert rest == ("…",)
    assert rows
    assert set(rows) <= printed


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("[A-Z]*.md")], ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """A link between the project's own pages names a file that is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_architecture_names_every_module_of_the_core() -> None:
    """ARCHITECTURE.md is the map: each module of the core stands on it."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    source = ROOT / "core" / "src" / "tintype"
    names = [
        path.stem
        for path in source.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    named = set(re.findall(r"`(\w+)`", text))
    assert sorted(set(names) - named - {"__init__", "__pycache__"}) == []
