"""Plugins from a wheel outside this workspace, good and broken, checked with the one command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.contracts.wheels import command, digest_of_wheel, install, plugin_source

GOOD = plugin_source()
_SUBMIT = '    """`POST /v1/images`."""\n'
_FUTURE = "from __future__ import annotations\n"


def _in_submit(statement: str) -> str:
    return GOOD.replace(_SUBMIT, f"{_SUBMIT}    {statement}\n")


def _at_import(statement: str) -> str:
    return GOOD.replace(_FUTURE, f"{_FUTURE}\n{statement}\n")


# Name of the plugin: its source, and for each check that fails, words of the mend.
BROKEN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "misspelt": (
        GOOD.replace("def cancel(", "def cancle("),
        {"install.hook-names": "rename it cancel()", "install.loads": "tintype-outside"},
    ),
    "undecorated": (
        GOOD.replace("@hookimpl\ndef price(", "def price("),
        {"install.hook-marks": "put @hookimpl above it", "install.loads": "price()"},
    ),
    "argument": (
        GOOD.replace("def poll(task: Task)", "def poll(job: Task)").replace(
            "Request.get(_task_url(task))", "Request.get(_task_url(job))"
        ),
        {"install.hook-arguments": "it is called poll(task)"},
    ),
    "incomplete": (
        GOOD.replace("@hookimpl\ndef price(", "def _price("),
        {"install.required-hooks": "price(request, quote)"},
    ),
    "leaves": (
        _at_import("raise SystemExit(3)"),
        {"install.leaves-others-alone": "ends the process", "install.loads": "SystemExit"},
    ),
    "worldly": (
        _at_import("import os, socket, urllib3\nsocket.setdefaulttimeout(9)\nos.getenv('A_KEY')"),
        {"install.no-http-library": "urllib3"},
    ),
    "keen": (
        _at_import("import os, socket\nsocket.setdefaulttimeout(9)\nos.getenv('A_KEY')"),
        {
            "install.clean-import": "os.environ",
            "install.leaves-others-alone": "the default socket timeout",
        },
    ),
    "unwritten": (GOOD, {"install.fixtures": "has fixtures"}),
    "busy": (
        _in_submit("[f() for f in (__import__('time').time, __import__('os').getcwd)]"),
        {"pure.no-clock": "time.time"},
    ),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one installed distribution that holds a good plugin and all broken ones."""
    folder = tmp_path_factory.mktemp("outside") / "site"
    plugins = {"outside": GOOD, **{name: source for name, (source, _) in BROKEN.items()}}
    quits = _in_submit("__import__('os')._exit(7)")
    install(folder, {**plugins, "quits": quits}, frozenset({*plugins, "quits"} - {"unwritten"}))
    return folder


@pytest.fixture(scope="module")
def verdicts(site: Path) -> Mapping[str, dict]:
    """The reports on all broken plugins, by name."""
    file = site.parent / "reports.json"
    ended = command(site, "check", *BROKEN, "--level", "1", "--json", str(file))
    assert ended.returncode == 1, ended.stderr
    return {report["provider"]["name"]: report for report in json.loads(file.read_text("utf-8"))}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_failed_by_the_check_that_tells_the_mend(
    verdicts: Mapping[str, dict], name: str
) -> None:
    """The row names the distribution or the hook, and says what to do."""
    report = verdicts[name]
    failed = {row["check"]: row for row in report["rows"] if row["outcome"] == "fail"}
    assert report["level"] == 0
    for check, words in BROKEN[name][1].items():
        assert words in json.dumps(failed[check]["findings"], ensure_ascii=False)


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


def test_all_examines_a_plugin_without_fixtures_too(tmp_path: Path) -> None:
    """Whoever ships none is failed for it, and not passed over."""
    install(tmp_path / "site", {"unwritten": GOOD}, frozenset())
    file = tmp_path / "reports.json"
    ended = command(tmp_path / "site", "check", "--all", "--level", "1", "--json", str(file))
    assert ended.returncode == 1, ended.stderr
    reports = {each["provider"]["name"]: each for each in json.loads(file.read_text("utf-8"))}
    failed = [row["check"] for row in reports["unwritten"]["rows"] if row["outcome"] == "fail"]
    assert "install.fixtures" in failed
    assert reports.keys() > {"unwritten", "apiyi"}


def test_a_hook_that_ends_the_process_gets_no_verdict(site: Path) -> None:
    """The caller is told so, and the status is not that of a plugin that conforms."""
    ended = command(site, "check", "quits", "--level", "1")
    assert ended.returncode == 1
    assert "came to no verdict" in ended.stderr
