"""The table of the benchmarks, in Markdown, from their samples.

`before.json` holds what the same programs measured on the core of an earlier commit, its samples
and the points of its plots.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import spread
from tests.benchmarks.rows import ROWS, Better, Row, middle, reached
from tests.benchmarks.wire import BARE

DOCS = Path(__file__).parents[2] / "docs" / "speed.md"
_BEFORE = Path(__file__).with_name("before.json")
_BEGIN, _END = "<!-- the table begins -->", "<!-- the table ends -->"
_HEADS = ("quartiles", "must reach", "aim", "bare", "reached", "load")
_PEERS = ("aiohttp", "urllib3", "openai", "openrouter", "fal-client", "replicate", "click")


def before() -> Mapping[str, Any]:
    """What an earlier core came to: its `commit`, the `samples`, and the `points` of the plots."""
    told: Mapping[str, Any] = json.loads(_BEFORE.read_text(encoding="utf-8"))
    return told


def table(samples: Mapping[str, Any]) -> str:
    """Every row: the earlier core's figure, this one's, its quartiles, and what is due."""
    earlier = before()
    lines = [
        f"| row | {earlier['commit']} | now | {' | '.join(_HEADS)} |",
        "| --- | --: | --: | :-: | --: | --: | --: | :-: | --: |",
    ]
    for row in ROWS:
        then, now = (told.get(row.program, {}) for told in (earlier["samples"], samples))
        was = _plain(spread(row.figure(then["raw"]))[1]) if "raw" in then else "not measured"
        lines.append(f"| {row.title} | {was} | {_cells(row, now)} |")
    return "\n".join([*lines, ""])


def _cells(row: Row, told: Mapping[str, Any]) -> str:
    word = "≤" if row.better is Better.LOWER else "≥"
    due = f"{word} {row.reach:g} | {row.aim:g}"
    if "raw" not in told:
        return f"not measured: {told.get('missing', 'not run')} | | {due} | | |"
    figures = row.figure(told["raw"])
    low, middle, high = spread(figures)
    quartiles = f"{_plain(low)} to {_plain(high)}" if len(figures) > 1 else "one run"
    bare = _plain(spread(row.bare(told["raw"]))[1]) if row.bare else ""
    verdict = "yes" if reached(row, middle) else "no"
    return f"**{_plain(middle)}** | {quartiles} | {due} | {bare} | {verdict} | {told['load']:g}"


def _plain(figure: float) -> str:
    """Three digits."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def floors(samples: Mapping[str, Any]) -> str:
    """Of rows that fall short of other clients: microseconds of theirs, of bare HTTP, of ours."""
    lines = ["| row | theirs | bare | ours | reached at |", "| --- | --: | --: | --: | --: |"]
    for row in ROWS:
        raw = samples.get(row.program, {}).get("raw")
        if raw is None or row.bare is None or reached(row, middle(row, raw)):
            continue
        bare, ours = (statistics.median(raw[side]) for side in (BARE, "tintype"))
        theirs = ours * middle(row, raw)
        figures = (theirs, bare, ours, theirs / row.reach)
        lines.append(f"| {row.title} | {' | '.join(f'{each:,.0f}' for each in figures)} |")
    return "\n".join([*lines, ""])


def write(samples: Mapping[str, Any]) -> None:
    """Put the table between the two marks of the page."""
    text = DOCS.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    times = sorted(told["at"] for told in samples.values() if "at" in told)
    measured = (
        f"Measured {times[0]} to {times[-1]}; Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {', '.join(_versions())}."
    )
    short = "Microseconds of CPU, of the rows that other clients decide and that fall short:"
    told = "\n\n".join((measured, table(samples).strip(), short, floors(samples).strip()))
    made = f"{_BEGIN}\n\n{told}\n\n{_END}"
    DOCS.write_text(f"{before}{made}{after}", encoding="utf-8")


def _versions() -> list[str]:
    found = []
    for name in _PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
