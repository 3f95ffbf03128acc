"""Results: fetched, checked, and written so that no half file is left.

No credential goes along, but to addresses that the provider declares in `keyed_results`.

`fetching` and `saving` are flows: they yield `Fetch` effects, and a driver makes them. An
image is written beside its final place and linked there when it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from inspect import iscoroutine
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import TypeAlias, TypeVar
from urllib.parse import urljoin

from attrs import evolve, frozen

from tintype._client.keyed_results import Rules, is_keyed, place_of
from tintype._client.logs import log_other_size, log_other_type
from tintype._client.naming import default_name, fields_of, filled
from tintype._files import MAX_NUMBERS, PartFile, Place, sweep
from tintype._flow.effects import Fetch, Flow, Head, Load, Record, Sleep
from tintype._flow.effects import Sink as Intake
from tintype._flow.hook_caller import asked, expected
from tintype._flow.sizes import OnMismatch, mismatch, unlike
from tintype._pacing import backoff, retry_after
from tintype._pictures.expiry import says_expired
from tintype._pictures.media import (
    HEAD,
    SVG,
    checked_type,
    dimensions,
    extension,
    known,
    media_type,
)
from tintype._pictures.whole import is_whole
from tintype.entries import Saved
from tintype.errors import (
    Billed,
    DownloadError,
    JournalError,
    SaveError,
    SizeMismatchError,
    TintypeError,
    TransportError,
)
from tintype.journal import File, JournalRecord
from tintype.messages import find_header
from tintype.models import Generation, Image, Resolved, Task
from tintype.sinks import FsspecSink, Home, Sink, is_address, sink_of

T = TypeVar("T")
_Size: TypeAlias = tuple[int, int] | None
Kept: TypeAlias = Path | str
"""A file, or an address."""
Saveable: TypeAlias = Generation | Task | Image | Iterable[Image]

_MAX_REDIRECTS = 3
_MAX_TRIES = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED = frozenset({400, 401, 403, 404})
_GONE = 410
# 202 and 404: a result may be told of before every server of a network has it.
_WORTH_ANOTHER_TRY = frozenset(
    {202, 404, 408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}
)
_OK = 200
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SHORT_RECORD = 8


class Memory:
    """A sink that keeps an image in memory."""

    def __init__(self) -> None:
        self.data: bytearray = bytearray()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.data += chunk

    def restart(self) -> None:
        """Forget all bytes so far."""
        self.data.clear()

    def whole(self) -> bool:
        """Whether the bytes so far are an image with its end, or no image at all."""
        return is_whole(self.data, media_type(bytes(self.data[:HEAD])))

    def finish(self) -> tuple[bytes, str]:
        """The bytes, and the media type of their content.

        Raises:
            DownloadError: They are no image, or one that claims to be enormous.
        """
        data = bytes(self.data)
        return data, checked_type(data[:HEAD], data)


def check_home(home: Home) -> None:
    """Find out whether pictures can be kept there, as far as that costs nothing.

    A folder is written to; what is needed to speak to an address has to be installed.

    Raises:
        UsageError: They cannot.
    """
    if isinstance(home, Path):
        check_folder(home)
    elif isinstance(home, FsspecSink):
        home.check()


def check_folder(folder: Path) -> None:
    """Find out whether a folder can be written to, before anything is paid.

    A folder that was not there is not there afterwards: saving makes it.

    Raises:
        SaveError: It cannot.
    """
    made: list[Path] = []
    try:
        made += [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        # It has no name where the system can do without: nothing is left if we are killed.
        with TemporaryFile(dir=folder, prefix=".tintype-"):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"Cannot write into {folder}: {reason}."
        raise SaveError(msg) from error
    finally:
        for each in made:
            with suppress(OSError):  # it never was, or somebody else uses it by now
                each.rmdir()


# -------------------------------------------------------------------------- fetching


def loading(image: Image, rules: Rules) -> Flow[bytes]:
    """An image's bytes, checked as those that are saved.

    Raises:
        DownloadError: It cannot be had, or what came is not what was claimed.
    """
    memory = Memory()
    served = yield from fetching(image, memory, rules)
    data, kind = memory.finish()
    _check_claim(image, served, kind)
    return data


def fetching(image: Image, sink: Intake, rules: Rules) -> Flow[str]:
    """Put an image's bytes into a sink, from memory or from its URL.

    Returns:
        The media type that the server gave, "" where there was none. Nobody has checked it.

    Raises:
        DownloadError: It cannot be had; the message says whether it has expired.
    """
    if image.data is not None:
        sink.write(image.data)
        if sink.whole():
            return ""
        size = len(image.data)
        msg = f"The picture came without its end ({size} bytes); they stand in `Image.data`."
        raise DownloadError(msg)
    tries = 0
    while True:
        tries += 1
        reached = yield from _attempt(image, sink, rules)
        if isinstance(reached, str):
            return reached
        if tries == _MAX_TRIES:
            raise reached.error
        yield Sleep(seconds=max(reached.seconds, backoff(tries, 0.0)), retry=True)
        sink.restart()


def _check_claim(image: Image, served: str, kind: str) -> None:
    """Refuse a document with scripts where a picture was claimed; other types are only told.

    Raises:
        DownloadError: It is an SVG, and neither the provider, the URL nor the server said so.
    """
    claimed = known(image.media_type)
    if kind != SVG:
        if claimed not in {"", kind}:
            log_other_type(claimed, kind)
        return
    path = (image.url or "").partition("?")[0].partition("#")[0]
    bare = image.data is not None and not image.media_type
    if not (bare or path.lower().endswith(".svg") or SVG in {claimed, known(served)}):
        msg = "What came is an SVG, which can hold scripts, and nobody said that it would be one."
        raise DownloadError(msg)


@frozen(kw_only=True)
class _Missed:
    """Why the bytes are not there yet, and the seconds to wait that its server asks for."""

    error: DownloadError
    seconds: float = 0.0


def _attempt(image: Image, sink: Intake, rules: Rules) -> Flow[_Missed | str]:
    """The server's media type once the bytes are in the sink; else why they are not yet.

    Raises:
        DownloadError: It will not help to try again.
    """
    if image.url is None:
        msg = "The image has neither bytes nor a URL."
        raise DownloadError(msg)
    try:
        head = yield from _fetch_once(image.url, sink, rules)
    except DownloadError:
        raise
    except TransportError as error:
        return _Missed(error=DownloadError(f"The result could not be fetched: {error}"))
    if head.status == _OK:
        served = find_header(head.headers, "content-type") or ""
        cut = DownloadError(f"The result was cut short: {image.url}")
        return served if sink.whole() else _Missed(error=cut)
    failure = _missing(image, head, rules)
    if head.status in _WORTH_ANOTHER_TRY and not failure.expired:
        told = retry_after(head.headers, rules.clock.now())
        return _Missed(error=failure, seconds=told or 0.0)
    raise failure


def _fetch_once(url: str, sink: Intake, rules: Rules) -> Flow[Head]:
    """The answer at the end of at most three redirects, each of them checked."""
    keyed = is_keyed(url, rules)
    for redirects in range(_MAX_REDIRECTS + 1):
        place = place_of(url, rules)
        head = yield Fetch(
            url=place.url,
            sink=sink,
            limit=rules.limit,
            timeout=rules.timeout,
            public_only=place.public_only,
            trusted_networks=rules.trusted.networks,
            headers=rules.headers,
            proxy=rules.proxy,
            keyed=keyed and redirects == 0,  # whoever redirects says where, and gets no key there
        )
        if not isinstance(head, Head):
            msg = "A driver answers Fetch with a Head."
            raise TypeError(msg)
        target = find_header(head.headers, "location")
        if head.status not in _REDIRECTS or target is None:
            return head
        url = _joined(place.url, target)
    msg = f"The result is behind more than {_MAX_REDIRECTS} redirects: {url}"
    raise DownloadError(msg)


def _joined(url: str, target: str) -> str:
    """Where a redirect leads; a target that is no address stays what it is, to be refused."""
    if _ABSOLUTE.match(target):
        return target  # urljoin would rewrite it, and whoever signed it signed every character
    try:
        joined = urljoin(url, target)
    except ValueError:
        return target
    return f"{joined}?" if target.endswith("?") and not joined.endswith("?") else joined


def _missing(image: Image, head: Head, rules: Rules) -> DownloadError:
    """Why there is no image, and whether there never will be one again."""
    if head.status == _GONE:
        return DownloadError(f"The result is gone (status 410): {image.url}", expired=True)
    late = image.expires_at is not None and image.expires_at <= rules.clock.now()
    if head.status in _REFUSED and (late or says_expired(head.body)):
        since = f" at {image.expires_at:%Y-%m-%d %H:%M} UTC" if image.expires_at and late else ""
        return DownloadError(f"The result expired{since}.", expired=True)
    return DownloadError(f"The result cannot be fetched (status {head.status}): {image.url}")


# ---------------------------------------------------------------------------- saving


@frozen(kw_only=True)
class Shelf:
    """Where an image goes that is to stand in a sink: as a `Place` is in a folder.

    Attributes:
        sink: What keeps it.
        stem: The name without an extension.
        overwrite: Whether what is kept under that name gives way.
        exact: Whether a taken name is an error; else a number is added to it.
    """

    sink: Sink
    stem: str
    overwrite: bool = False
    exact: bool = False

    @property
    def folder(self) -> Path:
        """Where it waits until it is whole."""
        return Path(gettempdir())

    @property
    def address(self) -> str:
        """What it is known by, but for the extension."""
        return f"{self.sink.url}/{self.stem}"

    def names(self, ending: str) -> Iterator[str]:
        """The addresses to try, best first."""
        yield f"{self.address}.{ending}"
        if not (self.overwrite or self.exact):
            yield from (f"{self.address}-{number}.{ending}" for number in range(2, MAX_NUMBERS))


def _place(home: Home, stem: str, *, overwrite: bool = False, exact: bool = False) -> Place | Shelf:
    if isinstance(home, Path):
        return Place(folder=home, stem=stem, overwrite=overwrite, exact=exact)
    return Shelf(sink=home, stem=stem, overwrite=overwrite, exact=exact)


def saving(
    images: Saveable,
    home: Home,
    name: str | None,
    rules: Rules,
    *,
    overwrite: bool,
    on_mismatch: OnMismatch = "notice",
) -> Flow[tuple[Kept, ...]]:
    """Write images into a folder or a sink, each whole or not at all.

    Every image is tried; what kept the first one is raised at the end, the others in its notes.

    Raises:
        SaveError: A name is taken or leads out of the folder, or the disk refuses.
        DownloadError: An image cannot be had. The others are kept.
        SizeMismatchError: All are kept, and one has not the size that was asked for.
    """
    fields = fields_of(name) if name is not None else frozenset[str]()
    found = _with_tasks(images)
    numbered = len(found) > 1 and "n" not in fields
    paths: list[Kept] = []
    failures: list[TintypeError] = []
    odd: list[tuple[int, Resolved]] = []
    for number, (task, image) in enumerate(found, start=1):
        stem = _default_name(images) if name is None else filled(name, task, image, number)
        stem = f"{stem}-{number}" if numbered else stem
        exact = name is not None and not fields
        place = _place(home, stem, overwrite=overwrite, exact=exact)
        try:
            path, size = yield from _save(task.record, image, place, rules)
        except (DownloadError, SaveError) as error:
            failures.append(error)
        else:
            paths.append(path)
            odd += _odd(task, image, size)
    told = _told_sizes(odd, images, tuple(paths))
    if failures:
        raise first_of(failures)
    if told is not None and on_mismatch == "error":
        raise told
    return tuple(paths)


def kept_at(place: str) -> Kept:
    """Where a picture is, as the journal wrote it down."""
    return place if is_address(place) else Path(place)


def absolute(path: Kept) -> Kept:
    """A file's absolute path; an address as it is."""
    return path if isinstance(path, str) else path.absolute()


def size_of(path: Kept) -> _Size:
    """A picture's pixels, where it is a file here and no drawing."""
    if isinstance(path, str) or path.suffix == f".{extension(SVG)}":
        return None
    return dimensions(path)


def _odd(task: Task, image: Image, size: _Size) -> list[tuple[int, Resolved]]:
    """What was asked and what came, where a file has not the size that its task was asked for."""
    found = unlike(task.request, task.resolved, *size) if size is not None else None
    return [] if found is None else [(image.index, found)]


def _told_sizes(
    odd: list[tuple[int, Resolved]], images: Saveable, paths: tuple[Kept, ...]
) -> SizeMismatchError | None:
    """The error for pictures of other sizes than were asked for, which the log is told; or None."""
    if not odd:
        return None
    words = [mismatch(index, found) for index, found in odd]
    for each in words:
        log_other_size(each)
    return SizeMismatchError(
        " ".join(words),
        drawn=images if isinstance(images, Generation | Task) else None,
        paths=paths,
        resolved=tuple(found for _, found in odd),
        provider=provider_of(images),
        billed=Billed.YES,
    )


@frozen(kw_only=True)
class Finished:
    """What came of the images of a journal's record.

    Attributes:
        paths: The files and addresses that stand now and did not before.
        failures: What kept each of the other images.
        mismatch: What is unlike what was asked in those that stand, or None.
    """

    paths: tuple[Kept, ...] = ()
    failures: tuple[TintypeError, ...] = ()
    mismatch: SizeMismatchError | None = None


def finishing(
    record: JournalRecord, home: Home, rules: Rules, name: str | None = None
) -> Flow[Finished]:
    """Save what a journal's record says is kept nowhere yet, whatever keeps one of them.

    A file that was linked before its process died is found again, not written twice.

    Args:
        record: The record.
        home: Where images go whose place the journal does not know yet.
        rules: How its results are fetched.
        name: A template for their names, or None: provider, prompt, and the record.
    """
    task = record.task or Task()
    paths: list[Kept] = []
    failures: list[TintypeError] = []
    odd: list[tuple[int, Resolved]] = []
    for begun in {_waits(each.path) for each in record.saved.values()}:
        sweep(begun, f"{record.id}-")
    for image in task.images:
        if image.index not in record.unsaved:
            continue
        try:
            path, size = yield from _finish(record, image, home, rules, name)
        except (DownloadError, SaveError) as error:
            failures.append(error)
        else:
            paths.append(path)
            odd += _odd(task, image, size)
    saved = tuple(paths)
    told = _told_sizes(odd, task, saved)
    return Finished(paths=saved, failures=tuple(failures), mismatch=told)


def _waits(path: str) -> Path:
    """Where what was begun to be saved was written at first."""
    return Path(gettempdir()) if is_address(path) else Path(path).parent


def _finish(
    record: JournalRecord, image: Image, home: Home, rules: Rules, name: str | None
) -> Flow[tuple[Kept, _Size]]:
    """One image of a record: where it was begun to be put, or else where it is to go now.

    A place that takes no picture any more, such as a disk that is full, does not keep it back.
    """
    begun, first = record.saved.get(image.index), home
    if begun is not None:
        first, stands = yield from _begun(begun, home)
        if stands:
            yield from _note(evolve(begun, done=True))
            path = kept_at(begun.path)
            return path, size_of(path)
    if image.index in record.spooled:
        bytes_ = expected((yield Load(path=record.spooled[image.index])), bytes, "the driver")
        image = evolve(image, data=bytes_)
    task, number = record.task or Task(), image.index + 1
    if name is None:
        stem = f"{_default_name(task)}-{record.id[-_SHORT_RECORD:]}-{number}"
    else:
        stem = filled(name, task, image, number)
        stem = f"{stem}-{number}" if len(task.images) > 1 and "n" not in fields_of(name) else stem
    try:
        return (yield from _save(record.id, image, _place(first, stem), rules))
    except SaveError:
        if _where(first) == _where(home):
            raise
    return (yield from _save(record.id, image, _place(home, stem), rules))


def _where(home: Home) -> str:
    return str(home.absolute()) if isinstance(home, Path) else home.url


def _begun(begun: File, home: Home) -> Flow[tuple[Home, bool]]:
    """Where an image was begun to be put, and whether it stands there, whole.

    One that went to somebody's own sink, which is not here, goes where the others go.
    """
    if not is_address(begun.path):
        return Path(begun.path).parent, begun.stands()
    found = yield from asked(partial(sink_of, begun.path, home))
    if found is None:
        return home, False
    sink, name = found
    if not begun.digest:
        return sink, False
    kept = yield from _consulted(sink, partial(sink.digest, name), str)
    return sink, kept == begun.digest


_PROMISED = {
    bool: "put is to return True once the picture is kept, and False where its name is taken",
    str: 'digest is to return the SHA-256 of what is kept under a name, in hexadecimal, or ""',
}


def _consulted(sink: Sink, work: Callable[[], T], kind: type[T]) -> Flow[T]:
    """What a sink tells, which is of that class.

    Raises:
        SaveError: It fails, in whatever way, or tells something else. Whether it has kept the
            picture all the same `resume` learns by its digest.
    """
    try:
        told: object = yield from asked(work)
    except TintypeError:
        raise
    except Exception as error:
        msg = f"{sink.url} fails: {type(error).__name__}: {error}"
        raise SaveError(msg) from error
    if isinstance(told, kind):
        return told
    if iscoroutine(told):
        told.close()
    msg = f"{sink.url} returned {type(told).__name__}: {type(sink).__name__}.{_PROMISED[kind]}."
    raise SaveError(msg)


def first_of(failures: Sequence[TintypeError]) -> TintypeError:
    """What kept the first image, with a note for each other that was kept."""
    first, *others = failures
    for other in others:
        first.add_note(f"Another image failed too: {other}")
    return first


def _save(
    record: str, image: Image, place: Place | Shelf, rules: Rules
) -> Flow[tuple[Kept, _Size]]:
    """One image in its place, and its size. The journal knows of every step before it is taken."""
    saved = Saved(record=record, index=image.index, path=place.address)
    yield from _note(saved)
    with PartFile(place.folder, _part_name(record, image)) as part:
        served = yield from fetching(image, part, rules)
        digest, kind = part.finish()
        _check_claim(image, served, kind)
        size = None if kind == SVG else dimensions(part.path)
        for path in place.names(extension(kind)):
            saved = evolve(saved, path=str(path), digest=digest)
            yield from _note(saved)
            if (yield from _kept(part, path, place)):
                yield from _note(evolve(saved, done=True))
                return path, size
    msg = f"{saved.path} exists: choose another name, or overwrite it."
    raise SaveError(msg)


def _kept(part: PartFile, path: Kept, place: Place | Shelf) -> Flow[bool]:
    """Whether a part has its final name now: else that is taken."""
    if isinstance(path, Path):
        return part.link(path, overwrite=place.overwrite)
    if isinstance(place, Place):
        raise TypeError
    name, sink = path.removeprefix(f"{place.sink.url}/"), place.sink
    put = partial(sink.put, name, part.path, overwrite=place.overwrite)
    return (yield from _consulted(sink, put, bool))


def _part_name(record: str, image: Image) -> str:
    return f"{record}-{image.index}" if record else ""


def _note(saved: Saved) -> Flow[None]:
    """Write down where an image goes. The image matters more than the journal."""
    if saved.record:
        absolute = saved
        if not is_address(saved.path):
            absolute = evolve(saved, path=str(Path(saved.path).absolute()))
        with suppress(JournalError):
            yield Record(entry=absolute)


def _with_tasks(images: Saveable) -> list[tuple[Task, Image]]:
    """Each image with its task; of a bare one nothing is known."""
    match images:
        case Generation():
            return [(task, image) for task in images.tasks for image in task.images]
        case Task():
            return [(images, image) for image in images.images]
        case _:
            return [(Task(), image) for image in images_of(images)]


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


def _default_name(images: Saveable) -> str:
    return default_name(images, provider_of(images))
