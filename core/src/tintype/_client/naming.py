"""What files of images are called: as a name or a template says, or else by their prompt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

from tintype._excerpts import guess
from tintype.errors import SaveError
from tintype.models import Generation, Image, Task
from tintype.sinks import Home

FIELDS = ("provider", "model", "prompt", "seed", "n", "tag", "record", "task", "date")
"""What a template may name: `n` is the image's number, from 1; `task` is the provider's id."""

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80
_WIDTH = re.compile(r"(0?[1-9])?")
_NOTHING = "none"


def slug(text: str) -> str:
    """A text in letters that every disk takes, or ""."""
    plain = unicodedata.normalize("NFKC", text).lower()
    safe = _UNSAFE.sub("-", plain).strip("-._")
    return safe.encode()[:_LONGEST_NAME].decode("utf-8", "ignore").strip("-._")


def fields_of(name: str) -> frozenset[str]:
    """The fields that a name has in braces; of a plain name none.

    Raises:
        SaveError: It is no plain file name without an extension, or a field is nobody's.
    """
    try:
        parts = list(Formatter().parse(name))
    except ValueError as error:
        msg = f"name={name!r} has a brace without the other; twice it stands for itself."
        raise SaveError(msg) from error
    for _, field, width, conversion in parts:
        if field is not None:
            _check_field(field, width or "", conversion)
    _check_plain("".join(f"{text}{field or ''}" for text, field, *_ in parts), name)
    return frozenset(field for _, field, *_ in parts if field is not None)


def check_free(name: str, home: Home) -> None:
    """Refuse, before anything is paid, a name that no file could bear or that one bears.

    Raises:
        SaveError: It is so. A name with fields is counted on where it is taken, like no name.
    """
    if fields_of(name) or not isinstance(home, Path):
        return
    taken = re.compile(re.escape(name.format()) + r"(-\d+)?")
    found = next((each for each in _listed(home) if taken.fullmatch(each.stem)), None)
    if found is not None:
        msg = f"{found} exists: choose another --name, or one with a field, which is counted on."
        raise SaveError(msg)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # it is not there yet
        return []


def _check_field(field: str, width: str, conversion: str | None) -> None:
    if field not in FIELDS:
        near = guess(field, FIELDS)
        msg = f"{{{field}}} is no field of a name.{near} There are: {', '.join(FIELDS)}."
        raise SaveError(msg)
    if conversion or not _WIDTH.fullmatch(width if field == "n" else width and "-"):
        msg = f"{{{field}}} is written so; only n has a width of digits, such as {{n:03}}."
        raise SaveError(msg)


def _check_plain(text: str, name: str) -> None:
    plain = bool(text) and Path(text).name == text and "\\" not in text and text.isprintable()
    if not plain or text.startswith("."):
        msg = f"{name!r} is not a plain file name; the folder is given apart from it."
        raise SaveError(msg)


def filled(name: str, task: Task, image: Image, number: int) -> str:
    """A template as it reads for one image; what nobody knows is `none`."""
    request = task.request
    seed = image.seed if image.seed is not None else request and request.seed
    at = task.created_at or task.updated_at
    known: Mapping[str, object] = {
        "provider": task.provider,
        "model": task.model,
        "prompt": request.prompt if request else "",
        "seed": "" if seed is None else seed,
        "tag": (request.tag if request else None) or "",
        "record": task.record,
        "task": task.id,
        "date": f"{at:%Y-%m-%d}" if at else "",
    }
    texts = {field: slug(str(value)) or _NOTHING for field, value in known.items()}
    return name.format(**texts, n=number)


def default_name(images: object, provider: str) -> str:
    """The provider and the first words of the prompt."""
    tasks = images.tasks if isinstance(images, Generation) else (images,)
    task = next((task for task in tasks if isinstance(task, Task)), None)
    prompt = task.request.prompt if task and task.request else ""
    return slug(f"{provider} {prompt}") or "image"
