"""The table of the benchmarks, in Markdown, from their samples."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import spread
from tests.benchmarks.rows import ROWS, Better, Row, reached

DOCS = Path(__file__).parents[2] / "docs" / "speed.md"
_BEGIN, _END = "<!-- the table begins -->", "<!-- the table ends -->"
_PEERS = ("aiohttp", "urllib3", "openai", "openrouter", "fal-client", "replicate", "click")


def table(samples: Mapping[str, Any]) -> str:
    """Every row with its figure, what it must come to, and the interquartile range."""
    lines = [
        "| row | today | quartiles | must reach | aim | reached | load |",
        "| --- | --: | :-: | --: | --: | :-: | --: |",
    ]
    return "\n".join([*lines, *(_line(row, samples.get(row.program, {})) for row in ROWS), ""])


def _line(row: Row, told: Mapping[str, Any]) -> str:
    word = "≤" if row.better is Better.LOWER else "≥"
    due = f"{word} {row.reach:g} | {row.aim:g}"
    if "raw" not in told:
        return f"| {row.title} | not measured: {told.get('missing', 'not run')} | | {due} | | |"
    figures = row.figure(told["raw"])
    low, middle, high = spread(figures)
    quartiles = f"{_plain(low)} to {_plain(high)}" if len(figures) > 1 else "one run"
    verdict = "yes" if reached(row, middle) else "no"
    return (
        f"| {row.title} | **{_plain(middle)}** | {quartiles} | {due} | {verdict} "
        f"| {told['load']:g} |"
    )


def _plain(figure: float) -> str:
    """Three digits."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def write(samples: Mapping[str, Any]) -> None:
    """Put the table between the two marks of the page."""
    text = DOCS.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    times = sorted(told["at"] for told in samples.values() if "at" in told)
    measured = (
        f"Measured {times[0]} to {times[-1]}; Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {', '.join(_versions())}."
    )
    made = f"{_BEGIN}\n\n{measured}\n\n{table(samples)}\n{_END}"
    DOCS.write_text(f"{before}{made}{after}", encoding="utf-8")


def _versions() -> list[str]:
    found = []
    for name in _PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
