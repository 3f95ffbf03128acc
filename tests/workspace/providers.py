"""docs/providers.md from catalogs, hooks and sheets: `python -m tests.workspace.reference`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tintype._cli.offers import UNKNOWN, offers
from tintype._plugins.registry import Plugin, Registry
from tintype_contracts.fixtures.format import EventsContent, Fixtures, JsonContent
from tintype_contracts.fixtures.loader import load
from tintype_contracts.runner.facts import KINDS, count_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "providers.md"

_HEAD = """# Providers

What each plugin offers, as its catalog, its hooks and its sheet say. Written by
`python -m tests.workspace.reference`; a test fails when it is out of date. Of one provider the
shell tells it, too: `tintype providers NAME`.

`unknown` is what no document that was read says; `(2 of 3)` is of how many models of the catalog
it holds. **Nothing here was ever run against a live provider.**
"""
_DRAWS = ("models", "price", "answers", "streaming", "references", "masks")
_AFTER = ("webhooks", "cancel", "results kept", "in flight", "a minute", "live list", "key")
_CAPABILITIES = {
    "price": "price.table",
    "streaming": "stream",
    "references": "image.edit",
    "webhooks": "webhook",
    "cancel": "cancel",
    "live list": "models.live",
}
_SILENT = {"unknown": UNKNOWN, "not_implemented": "not by the plugin"}


def written() -> str:
    """The whole page."""
    plugins = Registry().working()
    told = {each.name: _told(each, load(each.name)) for each in plugins}
    parts = [
        _HEAD,
        "## What is asked, and what it costs\n",
        *_table(("provider", *_DRAWS), [_row(each, told, _DRAWS) for each in plugins]),
        "\n## What comes of it\n",
        *_table(("provider", *_AFTER), [_row(each, told, _AFTER) for each in plugins]),
        "\n## One model at several\n",
        "By its canonical name, where documents say that it is the same model:\n",
        *_table(("model", "providers"), list(_joins(plugins))),
        "\n## What it stands on\n",
        "Facts of the sheets, by how literally a document says them (`tintype contracts facts`),",
        "the day on which the documents were read, and whose clients judge the sandbox",
        "(`nox -s clients`). A fact that nobody read in the provider's own page or package is",
        "`inferred`.\n",
        *_table(
            ("provider", "read", *KINDS, "judges"),
            [_provenance(each.name, load(each.name)) for each in plugins],
        ),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _told(plugin: Plugin, fixtures: Fixtures) -> Mapping[str, str]:
    """What a plugin offers; where it offers none, whether the documents say that there is none."""
    made = dict(offers(plugin))
    for heading, name in _CAPABILITIES.items():
        row = fixtures.capabilities.get(name)
        if made[heading] == "no" and (row is None or row.support in _SILENT):
            made[heading] = _SILENT[row.support if row else "unknown"]
    return {**made, "answers": _answers(fixtures)}


def _answers(fixtures: Fixtures) -> str:
    """How pictures come: as the documented scenes have it."""
    drawn = [
        scene[0]
        for scene in fixtures.scenes()
        if scene[-1].state == "succeeded" and len(scene) == 1
    ]
    submitted = [each for each in drawn if each.operation == "submit" and each.response]
    contents = [each.response.content for each in submitted if each.response]
    events = any(isinstance(each, EventsContent) for each in contents)
    plain = [each for each in contents if not isinstance(each, EventsContent)]
    bare = any(each is not None and not isinstance(each, JsonContent) for each in plain)
    found = {
        "polled": fixtures.polled,
        "at once": bool(plain) and not fixtures.polled,
        "streamed": events,
        "as bytes": bare,
    }
    return ", ".join(name for name, holds in found.items() if holds) or UNKNOWN


def _row(plugin: Plugin, told: Mapping[str, Mapping[str, str]], names: Sequence[str]) -> list[str]:
    title = f"[{plugin.info.title}]({plugin.info.homepage})"
    first = f"`{plugin.name}`<br>{title}" if names is _DRAWS else f"`{plugin.name}`"
    return [first, *(told[plugin.name][name] for name in names)]


def _joins(plugins: Iterable[Plugin]) -> Iterator[list[str]]:
    """Each canonical name that several have, and by which id each sells it."""
    found: dict[str, list[str]] = {}
    for plugin in plugins:
        for model in plugin.info.models:
            if model.name:
                found.setdefault(model.name, []).append(f"{plugin.name} `{model.id}`")
    return ([name, "<br>".join(each)] for name, each in sorted(found.items()) if len(each) > 1)


def _provenance(name: str, fixtures: Fixtures) -> list[str]:
    count = count_of(fixtures)
    judges = ", ".join(f"`{each}`" for each in judges_of(name)) or "none"
    return [f"`{name}`", str(fixtures.validated.docs), *map(str, count.values()), judges]


def judges_of(name: str) -> list[str]:
    """The pinned clients that a provider's tests name, Python's, then Node's; printed samples."""
    clients = ROOT / "tests" / "clients"
    test = clients / f"test_{name}.py"
    text = test.read_text(encoding="utf-8") if test.exists() else ""
    pins = (ROOT / "requirements-clients.txt").read_text(encoding="utf-8")
    python = re.findall(r"^[a-z][\w-]*", pins, re.MULTILINE)
    node = json.loads((clients / "package.json").read_text(encoding="utf-8"))["dependencies"]
    imported = _imported(text) - _HARNESS
    found = [each for each in python if each.replace("-", "_") in imported or f"`{each}`" in text]
    printed = ["printed samples"] if any((clients / "samples").glob(f"{name}.*")) else []
    return found + [f"{each} (Node)" for each in node if f'"{each}"' in text] + printed


def _imported(text: str) -> set[str]:
    """The modules that a test imports, and those below a package: `google_genai`."""
    whole = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    below = re.findall(r"^from (\w+) import (\w+)", text, re.MULTILINE)
    return {*whole, *("_".join(each) for each in below)}


_HARNESS = {"httpx", "pytest", "requests"}


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
