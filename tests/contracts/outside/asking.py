"""What the kit says of each row: the first check that tells it, or nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen
from tests.contracts.outside.how import Row, made

from tintype._registry import Registry
from tintype.errors import PluginError
from tintype_contracts import Fixtures, load
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.run import examine

PROVIDERS = ("apiin", "apimodels", "apiyi", "cheapai", "openrouter")
_LEVELS = (1, 2)
# What a text behind a package may use, whatever the package itself imports.
_PREAMBLE = """
from attrs import evolve
from tintype.hooks import hookimpl
from tintype.models import Update
"""


@frozen(kw_only=True)
class Verdict:
    """What came of one row.

    Attributes:
        provider: Whose plugin it is made of.
        row: The row.
        level: The lowest level of a check that fails, or 0: every one holds.
        checks: The checks that fail at that level, in their order.
        message: What the first of them says first.
    """

    provider: str
    row: Row
    level: int = 0
    checks: tuple[str, ...] = ()
    message: str = ""

    @property
    def told(self) -> bool:
        """Whether any check fails."""
        return self.level > 0


def rows(kind: str = "") -> Iterator[tuple[str, Row]]:
    """Every row with its provider: the wrong ones, or those of a kind ("right" is one)."""
    for provider in PROVIDERS:
        table = import_module(f"tests.contracts.outside.{provider}")
        for row in (*table.WRONG, *table.RIGHT):
            if kind in {"", row.kind}:
                yield provider, row


def judged(provider: str, row: Row, deepest: int = 2) -> Verdict:
    """What the kit says of a row, at the lowest level that says anything."""
    return (
        _by_command(provider, row, deepest) if row.source else _in_process(provider, row, deepest)
    )


def subject(provider: str, row: Row) -> Subject:
    """The plugin of a row against its provider's documents.

    A row that cannot be loaded is the row's own fault where it is a right one.
    """
    try:
        plugin = Registry({provider: made(provider, row)}).get(provider)
    except PluginError as error:
        return Subject(error, documents(provider), name=provider)
    return Subject(plugin, documents(provider), name=provider)


@cache
def documents(provider: str) -> Fixtures:
    """What a provider documents, read once."""
    return load(provider)


def _in_process(provider: str, row: Row, deepest: int) -> Verdict:
    examined = subject(provider, row)
    if examined.faults:
        message = str(examined.faults[0])
        return Verdict(provider=provider, row=row, level=1, checks=("(load)",), message=message)
    for level in _LEVELS[:deepest]:
        report = examine(examined, level=level)
        failed = [each for each in report.rows if each.outcome == "fail"]
        if failed:
            return Verdict(
                provider=provider,
                row=row,
                level=level,
                checks=tuple(each.check for each in failed),
                message=failed[0].findings[0].message,
            )
    return Verdict(provider=provider, row=row)


def _by_command(provider: str, row: Row, deepest: int) -> Verdict:
    """By `tintype contracts check`, where the package that is imported is a copy with a text."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        report = command(Path(folder), provider, row.source, deepest)
    failed = [each for each in report["rows"] if each["outcome"] == "fail"]
    level = min((each["level"] for each in failed), default=0)
    lowest = [each for each in failed if each["level"] == level]
    return Verdict(
        provider=provider,
        row=row,
        level=level,
        checks=tuple(each["check"] for each in lowest),
        message=lowest[0]["findings"][0]["message"] if lowest else "",
    )


def command(folder: Path, provider: str, source: str, level: int) -> Mapping[str, list]:
    """The report of the real command on a copy of a package with a text behind it.

    Raises:
        RuntimeError: The command came to no verdict.
    """
    package = f"tintype_{provider}"
    found = find_spec(package)
    origin = Path(str(found and found.origin)).parent
    copy = folder / "site" / package
    shutil.copytree(origin, copy, ignore=shutil.ignore_patterns("__pycache__"))
    start = copy / "__init__.py"
    start.write_text(f"{start.read_text('utf-8')}\n{_PREAMBLE}\n{source}", "utf-8")
    report = folder / "report.json"
    ended = subprocess.run(  # noqa: S603 - this interpreter, this module
        [
            *(sys.executable, "-m", "tintype_contracts", "check", provider),
            *("--level", str(level), "--json", str(report)),
        ],
        env={**os.environ, "PYTHONPATH": str(copy.parent)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        raise RuntimeError(ended.stderr[-2000:] or ended.stdout[-2000:])
    told = json.loads(report.read_text("utf-8"))
    return told[0] if isinstance(told, list) else told
