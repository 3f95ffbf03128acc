"""Good plugins whose documents are lacking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import evolve
from tests.contracts.mutants.mutant import DocumentMutant

from tintype_contracts.fixtures.format import Fixtures


def _without_exchanges(fixtures: Fixtures) -> Fixtures:
    return evolve(fixtures, stories={})


def _without_pictures(fixtures: Fixtures) -> Fixtures:
    drawing = ("generated", "generated_from_references", "streamed")
    kept = {name: story for name, story in fixtures.stories.items() if name not in drawing}
    return evolve(fixtures, stories=kept)


def _of_another_kit(fixtures: Fixtures) -> Fixtures:
    return evolve(fixtures, kit=">=9,<10")


def _of_a_guessed_key(fixtures: Fixtures) -> Fixtures:
    return evolve(fixtures, auth=evolve(fixtures.auth, kind="inferred", why="A guess."))


def _of_long_ago(fixtures: Fixtures) -> Fixtures:
    old = {
        name: evolve(source, retrieved=date(2020, 1, 1))
        for name, source in fixtures.sources.items()
    }
    return evolve(fixtures, sources=old)


def _silent_about_seeds(fixtures: Fixtures) -> Fixtures:
    kept = {name: row for name, row in fixtures.capabilities.items() if name != "seed"}
    return evolve(fixtures, capabilities=kept)


def _ignorant_of_seeds(fixtures: Fixtures) -> Fixtures:
    return _declaring(fixtures, {"seed": "unknown"})


def _streaming_in_words_only(fixtures: Fixtures) -> Fixtures:
    return _declaring(fixtures, {"stream": "full"})


def _declaring(fixtures: Fixtures, supports: Mapping[str, str]) -> Fixtures:
    rows = dict(fixtures.capabilities)
    for name, support in supports.items():
        rows[name] = evolve(rows[name], support=support)  # type: ignore[arg-type]  # one of five words
    return evolve(fixtures, capabilities=rows)


MUTANTS = (
    DocumentMutant(
        name="no-exchanges",
        provider="reference_at_once",
        change=_without_exchanges,
        killed_by="install.fixtures",
    ),
    DocumentMutant(
        name="no-picture",
        provider="reference_at_once",
        change=_without_pictures,
        killed_by="doc.draws-a-picture",
    ),
    DocumentMutant(
        name="another-kit",
        provider="reference_by_id",
        change=_of_another_kit,
        killed_by="doc.kit",
    ),
    DocumentMutant(
        name="guessed-key",
        provider="reference_by_url",
        change=_of_a_guessed_key,
        killed_by="doc.provenance",
    ),
    DocumentMutant(
        name="old-documents",
        provider="reference_by_url",
        change=_of_long_ago,
        killed_by="doc.age",
        today="2026-11-20",
    ),
    DocumentMutant(
        name="silent-about-seeds",
        provider="reference_by_url",
        change=_silent_about_seeds,
        killed_by="doc.capability-is-known",
    ),
    DocumentMutant(
        name="ignorant-of-seeds",
        provider="reference_by_url",
        change=_ignorant_of_seeds,
        killed_by="doc.capability-is-known",
    ),
    DocumentMutant(
        name="streams-in-words-only",
        provider="reference_by_url",
        change=_streaming_in_words_only,
        killed_by="doc.capability-has-its-evidence",
    ),
)
