"""`tintype contracts`: check, explain and lint, and the items for pytest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result
from tests.contracts import reference

from tintype_contracts.checks import all_checks
from tintype_contracts.cli.contracts import command
from tintype_contracts.fixtures.format import Sourced
from tintype_contracts.fixtures.loader import installed, load
from tintype_contracts.runner.facts import facts_of

PROVIDER = "apiyi"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def _pytest(*arguments: str, folder: Path) -> str:
    """What pytest says, in a process of its own and without this workspace's configuration."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    ended = subprocess.run(  # noqa: S603 - this interpreter
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:asyncio",
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_check_says_the_level_and_writes_every_form(tmp_path: Path) -> None:
    """On the terminal the level with its provenance; the files for machines and people."""
    files = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html", "markdown")}
    options = [word for form, path in files.items() for word in (f"--{form}", str(path))]
    ended = _run("check", PROVIDER, "--level", "1", *options)
    assert ended.exit_code == 0, ended.output
    assert "level 1, happy path verbatim, never validated live" in ended.stdout
    assert json.loads(files["json"].read_text("utf-8"))["format"] == "tintype-conformance/1"
    assert all(path.stat().st_size for path in files.values())


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--all", PROVIDER],
        ["check", "nobody"],
        ["check", PROVIDER, "--set", "1999.01"],
        ["explain", "pure.no-oi"],
        ["lint", "no/such/folder"],
    ],
)
def test_misuse_is_one_sentence_and_status_2(arguments: list[str]) -> None:
    """On stderr; nothing on stdout."""
    ended = _run(*arguments)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert len(ended.stderr.strip().splitlines()) == 1


def test_explain_prints_what_why_and_the_mend() -> None:
    """The whole docstring of the check, its level and its set."""
    ended = _run("explain", "request.values-arrive")
    assert ended.exit_code == 0
    assert "(level 1, since 2026.11)" in ended.stdout
    assert "leave out None only" in ended.stdout


def test_explain_without_an_id_lists_every_check() -> None:
    """A line each, with the level."""
    lines = _run("explain").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [check.id for check in all_checks()]


def test_explain_proposes_the_id_that_was_meant() -> None:
    """A slip of the finger costs nothing."""
    assert "Did you mean 'pure.no-io'?" in _run("explain", "pure.no-oi").stderr


def test_a_report_is_written_although_nobody_reads_to_the_end(tmp_path: Path) -> None:
    """Such as `check … --html … | head -4`."""
    page = tmp_path / "report.html"
    reader, writer = os.pipe()
    os.close(reader)
    asked = [sys.executable, "-m", "tintype_contracts", "check", "apimodels", "--level", "1"]
    ended = subprocess.run(  # noqa: S603 - this interpreter
        [*asked, "--html", str(page)], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert page.read_text("utf-8").startswith("<!doctype html>"), ended.stderr


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_every_check_says_what_why_and_the_mend(check: object) -> None:
    """A line that is a sentence, and more below it."""
    summary, _, rest = getattr(check, "explanation", "").partition("\n")
    assert summary.endswith(".")
    assert len(rest.split()) > 5


def test_lint_tells_a_broken_rule_and_a_line_that_is_too_long(tmp_path: Path) -> None:
    """A line each with file, line and the mend, and status 1."""
    folder = tmp_path / "my fixtures"
    shutil.copytree(reference.folder("reference_by_id"), folder)
    assert _run("lint", str(folder)).stdout == "Nothing is wrong.\n"
    sheet = folder / "sheet.toml"
    text = sheet.read_text("utf-8").replace("RateLimitError", "SlowDownError")
    sheet.write_text(f"# {'x' * 99}\n{text}", "utf-8")
    ended = _run("lint", str(folder))
    long, *rest = ended.stdout.splitlines()
    assert ended.exit_code == 1
    assert long.startswith(f"{folder}/sheet.toml:1#: The line has 101 columns. Break it")
    assert any("SlowDownError" in line for line in rest)
    assert rest[-1] == f"{len(rest)} faults."


def test_lint_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A line and status 1, no traceback: a link that leads nowhere."""
    folder = tmp_path / "reference_by_id"
    shutil.copytree(reference.folder("reference_by_id"), folder)
    (folder / ".#sheet.toml").symlink_to("nobody@nowhere.1234")
    ended = _run("lint", str(folder))
    assert ended.exit_code == 1
    first, *rest = ended.stdout.splitlines()
    assert first.startswith(f"{folder}/.#sheet.toml#: It ")
    assert rest == ["1 faults."]


def test_pytest_collects_an_item_a_check(tmp_path: Path) -> None:
    """For people who live in pytest: two lines in a file of theirs."""
    lines = (
        "from tintype_contracts.pytest_plugin import suite\n\nTestIt = suite('apiyi', level=1)\n"
    )
    (tmp_path / "test_it.py").write_text(lines)
    said = _pytest("-k", "pure or request", folder=tmp_path)
    assert "passed" in said
    assert "failed" not in said


def test_pytest_runs_the_suite_for_the_provider_of_an_option(tmp_path: Path) -> None:
    """No file at all; without the option a sentence says what is missing."""
    suite = (
        "-p",
        "tintype_contracts.pytest_plugin",
        "--pyargs",
        "tintype_contracts.suite",
        "-k",
        "pure",
    )
    assert "9 passed" in _pytest(*suite, "--provider", PROVIDER, folder=tmp_path)
    assert "Say whose plugin to examine" in _pytest(*suite, folder=tmp_path)


def test_facts_are_counted_by_kind() -> None:
    """Every row that has a source, of one provider or with a sum of all."""
    [one] = json.loads(_run("facts", PROVIDER, "--json").stdout)
    assert one.pop("provider") == PROVIDER
    assert list(one) == ["verbatim", "adapted", "inferred", "observed"]
    words = _run("facts", PROVIDER).stdout.split()
    assert words[-6:] == [PROVIDER, *map(str, one.values()), str(sum(one.values()))]
    assert _run("facts", "nobody").exit_code != 0
    assert " all " in _run("facts").stdout


def test_no_fact_of_a_sheet_is_left_uncounted() -> None:
    """Whatever stands in a sheet with a source of its own is one."""

    def sourced(value: object) -> Iterator[Sourced]:
        if isinstance(value, Sourced):
            yield value
        parts = attrs.fields(type(value)) if attrs.has(type(value)) else ()
        held = [getattr(value, each.name) for each in parts]
        held += [*value.values()] if isinstance(value, Mapping) else []
        held += [*value] if isinstance(value, tuple) else []
        for each in held:
            yield from sourced(each)

    for name in installed():
        fixtures = load(name)
        assert len(facts_of(fixtures)) == len(list(sourced(fixtures)))
