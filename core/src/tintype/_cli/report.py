"""`--json`: one document on stdout, of one shape, whether there are pictures or an error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import click
from attrs import evolve

from tintype._cli.options import Verbosity, option
from tintype._cli.speaking import say_json
from tintype._client.downloads import Kept
from tintype._pictures.media import dimensions
from tintype.convert import to_builtins
from tintype.errors import Billed, Outcome, TaskError, TintypeError
from tintype.models import Attempt, Generation, Image, Quote, Task


class Report:
    """What is known so far of a generation that was asked for.

    Attributes:
        provider: Who was asked.
        made: What came of it.
        files: Where its images are, in their order.
        digests: The SHA-256 of what the journal was told of, by its place.
    """

    def __init__(self) -> None:
        self.provider = ""
        self.made: Generation | None = None
        self.files: Sequence[Kept] = ()
        self.digests: Mapping[str, str] = {}
        self._seen: list[Task] = []

    @classmethod
    def here(cls) -> Self | None:
        """That of the command that runs, if it makes one."""
        context = click.get_current_context(silent=True)
        found = context.find_object(Verbosity) if context else None
        report = found.report if found else None
        return report if isinstance(report, cls) else None

    def note(self, task: Task) -> None:
        """Take a task that nobody waits for, or whose images are nowhere yet."""
        self._seen.append(task)

    def say(self, error: TintypeError | None) -> None:
        """Tell it all, on stdout."""
        say_json(json.dumps(self._document(error), ensure_ascii=False, indent=2))

    def _document(self, error: TintypeError | None) -> Mapping[str, object]:
        attempts = self._attempts(error)
        made = self.made or Generation(quote=Quote(), attempts=attempts)
        several = (each.notices for each in (made, error, *made.tasks) if each is not None)
        return {
            "provider": made.quote.provider or self.provider or (error.provider if error else ""),
            "model": next((task.model for task in made.tasks), ""),
            "billed": _billed([*_bills(attempts), *([error.billed] if error else [])]),
            "images": list(self._images(made.tasks)),
            "quote": to_builtins(self.made.quote) if self.made else None,
            "cost": to_builtins(made.cost),
            "tasks": [task.id for task in made.tasks if task.id],
            "notices": to_builtins(next(filter(None, several), ())),
            "attempts": [_attempt(each, saved=bool(self.files)) for each in attempts],
            "error": None if error is None else _error(error),
        }

    def _images(self, tasks: Sequence[Task]) -> Iterator[Mapping[str, object]]:
        """What is known of each image, in their order."""
        drawn = [(task, image) for task in tasks for image in task.images]
        for number, (task, image) in enumerate(drawn):
            path = self.files[number] if number < len(self.files) else None
            yield _image(task, image, path, self.digests.get(str(path)))

    def _attempts(self, error: TintypeError | None) -> tuple[Attempt, ...]:
        if self.made is not None:
            return self.made.attempts
        if error is not None and error.attempts:
            return error.attempts
        if isinstance(error, TaskError) and error.task is not None:
            return (Attempt(outcome=Outcome.ACCEPTED, task=error.task, error=error),)
        return tuple(Attempt(outcome=Outcome.ACCEPTED, task=task) for task in self._seen)


def _asked(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click calls it so
    if asked:
        context.ensure_object(Verbosity).report = Report()


as_document = option(
    "--json",
    is_flag=True,
    is_eager=True,  # what is wrong with another option is told in JSON, too
    expose_value=False,
    callback=_asked,
    help="One JSON document of what came of it, an error included.",
)


def _image(task: Task, image: Image, path: Kept | None, digest: str | None) -> dict[str, object]:
    size = (dimensions(path) if isinstance(path, Path) else None) or (image.width, image.height)
    return {
        "path": None if path is None else str(path),
        "sha256": _digest(path) if isinstance(path, Path) else digest,
        "width": size[0],
        "height": size[1],
        "seed": image.seed,
        "url": image.url,
        "task": task.id,
        "record": task.record,
    }


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # somebody has moved it by now
        return None


def _bills(attempts: Iterable[Attempt]) -> Iterator[Billed]:
    for each in attempts:
        if each.task is not None:
            yield each.task.billed
        elif each.error is not None:
            yield each.error.billed


def _billed(bills: Sequence[Billed]) -> str:
    """Whether anything was paid: one that was is enough, and one that nobody knows of."""
    said = (each for each in (Billed.YES, Billed.UNKNOWN) if each in bills)
    return next(said, Billed.NO).value


def _attempt(attempt: Attempt, *, saved: bool) -> object:
    """One submission; the bytes of its images stand there only where they stand nowhere else."""
    task = attempt.task
    if task is not None and saved:
        images = tuple(evolve(image, data=None) for image in task.images)
        task = evolve(task, images=images)
    built = to_builtins(evolve(attempt, task=task and evolve(task, previews=()), error=None))
    told = None if attempt.error is None else _error(attempt.error)
    return {**built, "error": told} if isinstance(built, dict) else built


def _error(error: TintypeError) -> object:
    """An error as it stands in the JSON of a generation, without the tasks, which stand apart."""
    built = to_builtins(error)
    if isinstance(built, dict):
        built.pop("task_json", None)
    return built
