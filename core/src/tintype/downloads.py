"""Results: fetched without credentials, checked, and written so that no half file is left.

`fetching` and `saving` are flows: they yield `Fetch` effects, and a driver makes them. An
image is written beside its final place and linked there when it is whole.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Self, TypeAlias
from urllib.parse import urljoin

from attrs import frozen

from tintype._dispatch import origin
from tintype._effects import Fetch, Flow, Head, Sink, Sleep
from tintype._media import HEAD, extension, media_type
from tintype._pacing import Clock, backoff
from tintype.errors import DownloadError, SaveError, TransportError
from tintype.messages import find_header
from tintype.models import Generation, Image, Task

Saveable: TypeAlias = Generation | Task | Image | Iterable[Image]

_MOST_REDIRECTS = 3
_MOST_TRIES = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({401, 403, 404, 410})
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_OK = 200
_LONGEST_NAME = 80
_UNSAFE = re.compile(r"[^\w.-]+")


@frozen(kw_only=True)
class Rules:
    """How results are fetched.

    Attributes:
        clock: What time it is, to tell an expired result.
        base_url: An origin whose results may be fetched although it is plain http.
        limit: The most bytes of one image.
        timeout: Seconds for one image.
    """

    clock: Clock
    base_url: str | None = None
    limit: int = 100 * 1024 * 1024
    timeout: float = 120.0


class Memory:
    """A sink that keeps an image in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.data += chunk

    def restart(self) -> None:
        """Forget all bytes so far."""
        self.data.clear()


class PartFile:
    """A sink that keeps an image in a file beside its final place until it is whole."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._path = folder / f".tintype-{os.urandom(8).hex()}.part"
            self._file = self._path.open("x+b")
        except OSError as error:
            msg = f"Cannot write into {folder}: {error.strerror}."
            raise SaveError(msg) from error
        self._folder = folder

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind but what was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        try:
            self._file.write(chunk)
        except OSError as error:
            msg = f"Cannot write into {self._folder}: {error.strerror}."
            raise SaveError(msg) from error

    def restart(self) -> None:
        """Forget all bytes so far."""
        self._file.seek(0)
        self._file.truncate()

    def keep(self, stem: str, *, overwrite: bool, exact: bool) -> Path:
        """Give the file its name, with the extension its content has.

        Args:
            stem: The name without an extension.
            overwrite: Whether a file of that name gives way.
            exact: Whether a taken name is an error; else a number is added to it.

        Raises:
            SaveError: The name is taken, or the file cannot be written.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        kind = media_type(self._file.read(HEAD))
        if not kind:
            msg = "What came is no image that is known here."
            raise DownloadError(msg)
        names = [f"{stem}.{extension(kind)}"]
        if not (overwrite or exact):
            names += [f"{stem}-{number}.{extension(kind)}" for number in range(2, 10_000)]
        return self._linked(names, overwrite=overwrite)

    def _linked(self, names: list[str], *, overwrite: bool) -> Path:
        for name in names:
            path = self._folder / name
            try:
                if overwrite:
                    self._path.replace(path)
                else:
                    path.hardlink_to(self._path)
            except FileExistsError:
                continue
            except OSError as error:
                msg = f"Cannot write {path}: {error.strerror}."
                raise SaveError(msg) from error
            return path
        msg = f"{self._folder / names[0]} exists: choose another name, or overwrite it."
        raise SaveError(msg)


# -------------------------------------------------------------------------- fetching


def fetching(image: Image, sink: Sink, rules: Rules) -> Flow[None]:
    """Put an image's bytes into a sink, from memory or from its URL.

    Raises:
        DownloadError: It cannot be had; the message says whether it has expired.
    """
    if image.data is not None:
        sink.write(image.data)
        return
    for tries in count(1):
        failure = yield from _attempt(image, sink, rules)
        if failure is None:
            return
        if tries == _MOST_TRIES:
            raise failure
        yield Sleep(seconds=backoff(tries, 0.0))
        sink.restart()


def _attempt(image: Image, sink: Sink, rules: Rules) -> Flow[DownloadError | None]:
    """None once the bytes are in the sink; else why not yet.

    Raises:
        DownloadError: It will not help to try again.
    """
    if image.url is None:
        msg = "The image has neither bytes nor a URL."
        raise DownloadError(msg)
    try:
        status = yield from _fetch_once(image.url, sink, rules)
    except DownloadError:
        raise
    except TransportError as error:
        return DownloadError(f"The result could not be fetched: {error}")
    if status == _OK:
        return None
    failure = _missing(image, status, rules)
    if status in _WORTH_ANOTHER_TRY:
        return failure
    raise failure


def _fetch_once(url: str, sink: Sink, rules: Rules) -> Flow[int]:
    """The status at the end of at most three redirects, each of them checked."""
    for _ in range(_MOST_REDIRECTS + 1):
        _check_address(url, rules)
        head = yield Fetch(url=url, sink=sink, limit=rules.limit, timeout=rules.timeout)
        if not isinstance(head, Head):
            msg = "A driver answers Fetch with a Head."
            raise TypeError(msg)
        target = find_header(head.headers, "location")
        if head.status not in _REDIRECTS or target is None:
            return head.status
        url = urljoin(url, target)
    msg = f"The result is behind more than {_MOST_REDIRECTS} redirects: {url}"
    raise DownloadError(msg)


def _check_address(url: str, rules: Rules) -> None:
    """Results come over https, or from where the account's own base URL is."""
    try:
        asked = origin(url)
        if asked[0] == "https" or (rules.base_url and asked == origin(rules.base_url)):
            return
    except ValueError:
        pass
    msg = f"The result's address is not one that is fetched (https only): {url}"
    raise DownloadError(msg)


def _missing(image: Image, status: int, rules: Rules) -> DownloadError:
    expired = image.expires_at is not None and image.expires_at <= rules.clock.now()
    if expired and status in _GONE:
        return DownloadError(f"The result expired at {image.expires_at:%Y-%m-%d %H:%M} UTC.")
    return DownloadError(f"The result cannot be fetched (status {status}): {image.url}")


# ---------------------------------------------------------------------------- saving


def saving(
    images: Saveable, folder: Path, name: str | None, rules: Rules, *, overwrite: bool
) -> Flow[tuple[Path, ...]]:
    """Write images into a folder, each whole or not at all.

    Raises:
        SaveError: A name is taken or leads out of the folder, or the disk refuses.
        DownloadError: An image cannot be had. Those before it are kept.
    """
    stem = _checked_name(name) if name is not None else _default_name(images)
    found = images_of(images)
    paths: list[Path] = []
    for number, image in enumerate(found, start=1):
        with PartFile(folder) as part:
            yield from fetching(image, part, rules)
            numbered = stem if len(found) == 1 else f"{stem}-{number}"
            paths.append(part.keep(numbered, overwrite=overwrite, exact=name is not None))
    return tuple(paths)


def images_of(images: Saveable) -> tuple[Image, ...]:
    """The images of whatever can be saved."""
    match images:
        case Generation() | Task():
            return images.images
        case Image():
            return (images,)
        case _:
            return tuple(images)


def provider_of(images: Saveable) -> str:
    """The provider whose images these are, or ""."""
    match images:
        case Generation():
            return images.quote.provider
        case Task():
            return images.provider
        case _:
            return ""


def _checked_name(name: str) -> str:
    """A name a caller chose, as it is: a plain file name without an extension."""
    plain = bool(name) and Path(name).name == name and "\\" not in name and name.isprintable()
    if not plain or name.startswith("."):
        msg = f"{name!r} is not a plain file name; the folder is given apart from it."
        raise SaveError(msg)
    return name


def _default_name(images: Saveable) -> str:
    """The provider and the first words of the prompt, in letters that every disk takes."""
    tasks = images.tasks if isinstance(images, Generation) else (images,)
    task = next((task for task in tasks if isinstance(task, Task)), None)
    prompt = task.request.prompt if task and task.request else ""
    words = f"{provider_of(images)} {prompt}"
    plain = unicodedata.normalize("NFKC", words).lower()
    slug = _UNSAFE.sub("-", plain).strip("-._")
    return slug.encode()[:_LONGEST_NAME].decode("utf-8", "ignore").strip("-._") or "image"
