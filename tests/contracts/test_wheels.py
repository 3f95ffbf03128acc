"""Plugins from a wheel outside this workspace, checked with the one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.contracts.wheels import command, digest_of_wheel, install, plugin_source, python

GOOD = plugin_source()
_ALL = """\
from tintype_contracts.cli.contracts import check
print(*check._named((), everyone=True))
"""
_SUBMIT = '    """`POST /v1/images`."""\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one installed distribution that holds a good plugin and two broken ones."""
    folder = tmp_path_factory.mktemp("outside") / "site"
    quits = GOOD.replace(_SUBMIT, f"{_SUBMIT}    __import__('os')._exit(7)\n")
    misspelt = GOOD.replace("def cancel(", "def cancle(")
    plugins = {"outside": GOOD, "misspelt": misspelt, "quits": quits}
    install(folder, plugins, frozenset(plugins))
    return folder


def test_a_good_plugin_from_outside_conforms(site: Path, tmp_path: Path) -> None:
    """The one command, on a plugin that this workspace has never seen.

    The report names the wheel by its digest, as the installer noted it; and there is a badge.
    """
    files = {form: tmp_path / f"report.{form}" for form in ("json", "badge")}
    written = [each for form, path in files.items() for each in (f"--{form}", str(path))]
    ended = command(site, "check", "outside", "--level", "1", *written)
    assert ended.returncode == 0, ended.stdout
    assert "level 1, happy path" in ended.stdout
    assert "never validated live" in ended.stdout
    assert "tintype-outside 1.2.3" in ended.stdout
    report = json.loads(files["json"].read_text("utf-8"))
    assert report["provider"]["wheel_sha256"] == digest_of_wheel(site)
    badge = json.loads(files["badge"].read_text("utf-8"))
    assert (badge["schemaVersion"], badge["color"]) == (1, "blue")
    assert "never validated live" in badge["message"]


def test_an_authors_pytest_configuration_does_not_change_the_verdict(
    site: Path, tmp_path: Path
) -> None:
    """Neither options that select nothing, nor a conftest that ends the process."""
    (site.parent / "pytest.ini").write_text("[pytest]\naddopts = -k nothing_matches\n")
    (site.parent / "conftest.py").write_text("raise SystemExit(0)\n")
    (site.parent / "sitecustomize.py").write_text("raise SystemExit(0)\n")
    file = tmp_path / "report.json"
    options = {"PYTEST_ADDOPTS": "-k nothing_matches", "PYTHONSAFEPATH": "1"}
    ended = command(site, "check", "misspelt", "--level", "1", "--json", str(file), **options)
    assert ended.returncode == 1
    assert len(json.loads(file.read_text("utf-8"))["rows"]) > 5


def test_all_names_a_plugin_without_fixtures_too(tmp_path: Path) -> None:
    """Whoever ships none is failed for it, and not passed over."""
    install(tmp_path / "site", {"unwritten": GOOD}, frozenset())
    named = python(tmp_path / "site", "-c", _ALL).stdout.split()
    assert {"unwritten", "apiyi"} < set(named)
    file = tmp_path / "report.json"
    ended = command(tmp_path / "site", "check", "unwritten", "--level", "1", "--json", str(file))
    assert ended.returncode == 1, ended.stderr
    rows = json.loads(file.read_text("utf-8"))["rows"]
    assert "install.fixtures" in [row["check"] for row in rows if row["outcome"] == "fail"]


def test_a_hook_that_ends_the_process_gets_no_verdict(site: Path) -> None:
    """The caller is told so, and the status is not that of a plugin that conforms."""
    ended = command(site, "check", "quits", "--level", "1")
    assert ended.returncode == 1
    assert "came to no verdict" in ended.stderr
