"""Durability: what is on disk before what leaves. A kill cannot show it; a trace can."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen
from tests.kill.killing import Point, Theatre
from tests.kill.test_kill import NO_TRACE

CALLS = "fdatasync,fsync,sendto,write,pwrite64,link,linkat,rename,renameat2"

pytestmark = pytest.mark.skipif(
    bool(NO_TRACE), reason=f"{NO_TRACE}: nothing else shows when a file reached the disk"
)


@frozen
class Call:
    """A system call that a process made: when it began and ended, by lines of the trace."""

    name: str
    words: str
    began: int
    ended: int


def calls(trace: Path) -> list[Call]:
    """Every call of every thread, in the order they began."""
    made: list[Call] = []
    open_: dict[str, tuple[int, str, str]] = {}
    for number, line in enumerate(trace.read_text(errors="replace").splitlines()):
        found = re.match(r"(\d+)\s+[\d.]+ (?:<\.\.\. )?(\w+)(.*)", line)
        if found is None:
            continue
        thread, name, words = found.groups()
        if words.startswith(" resumed"):
            began, name, words = open_.pop(thread)
            made.append(Call(name, words, began, number))
        elif words.endswith("<unfinished ...>"):
            open_[thread] = (number, name, words)
        else:
            made.append(Call(name, words, number, number))
    return sorted(made, key=lambda call: call.began)


def first(found: list[Call], name: str, words: str, after: int = -1) -> Call:
    """The first call of that name, with these words, behind a line of the trace."""
    return next(
        call
        for call in found
        if call.name in name.split("|") and words in call.words and call.began > after
    )


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], list[Call]]]:
    """Traces a whole life, once for all that is asked of it."""
    with Theatre(tmp_path_factory.mktemp("durability") / "stage") as stage:

        @cache
        def trace(provider: str, client: str) -> list[Call]:
            point = Point(stratum="trace", provider=provider, client=client)
            return calls(stage.trace(point, CALLS))

        yield trace


SUBMITS = {
    "apiyi": "POST /apiyi/",
    "openrouter": "POST /openrouter/api/v1/images",
    "apimodels": "POST /apimodels/",
    "cheapai": "POST /cheapai/v1i/task/generate-image",
}


@pytest.mark.parametrize("client", ["sync", "async"])
@pytest.mark.parametrize("provider", SUBMITS)
def test_an_intent_is_on_disk_before_its_submission_leaves(
    traced: Callable[[str, str], list[Call]], provider: str, client: str
) -> None:
    """The journal's fdatasync has returned before the first byte is handed to the system."""
    found = traced(provider, client)
    submission = first(found, "sendto|write", SUBMITS[provider])
    before = [call for call in found if call.began < submission.began]
    wal = [call for call in before if "journal.db-wal" in call.words]
    written = [call for call in wal if call.name == "pwrite64"]
    durable = [call for call in wal if call.name == "fdatasync" and call.words.endswith("= 0")]
    assert written
    assert max(call.ended for call in written) < max(call.began for call in durable)
    assert max(call.ended for call in durable) < submission.began


@pytest.mark.parametrize("client", ["sync", "async"])
def test_a_task_is_on_disk_before_anything_else_happens(
    traced: Callable[[str, str], list[Call]], client: str
) -> None:
    """Between the submission and the first look stands a second fdatasync."""
    found = traced("apimodels", client)
    submission = first(found, "sendto|write", SUBMITS["apimodels"])
    look = first(found, "sendto|write", "GET /apimodels/", submission.ended)
    durable = first(found, "fdatasync", "journal.db-wal", submission.ended)
    assert durable.ended < look.began


@pytest.mark.parametrize("client", ["sync", "async"])
def test_an_image_is_on_disk_before_it_has_its_name_and_its_name_before_it_is_noted(
    traced: Callable[[str, str], list[Call]], client: str
) -> None:
    """File, journal, name, folder, journal: each synced before the next."""
    found = traced("apiyi", client)
    content = first(found, "fsync", ".part>")
    noted = first(found, "fdatasync", "journal.db-wal", content.ended)
    link = first(found, "link|linkat", ".part", noted.ended)
    folder = first(found, "fsync", "/out>", link.ended)
    done = first(found, "pwrite64", "journal.db-wal", link.ended)
    assert folder.ended < done.began
    assert first(found, "fdatasync", "journal.db-wal", done.ended)


@pytest.mark.parametrize("client", ["sync", "async"])
def test_an_inline_image_is_on_disk_before_its_task(
    traced: Callable[[str, str], list[Call]], client: str
) -> None:
    """The spool's file and folder are synced before the journal says that there is a task."""
    found = traced("openrouter", client)
    submission = first(found, "sendto|write", SUBMITS["openrouter"])
    content = first(found, "fsync", ".spool/", submission.ended)
    renamed = first(found, "rename|renameat2", ".spool/", content.ended)
    folder = first(found, "fsync", ".spool>", renamed.ended)
    task = first(found, "fdatasync", "journal.db-wal", submission.ended)
    assert folder.ended < task.began
