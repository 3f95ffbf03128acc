"""Results are fetched without the key, whole, checked, and not without end."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import fields

from tintype._results import Rules
from tintype.errors import DownloadError
from tintype.models import Image
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks.wire.delivery import pictures
from tintype_contracts.fixtures.values import small_png
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.answers import Answer, Step, plain
from tintype_contracts.wire.callers import Caller
from tintype_contracts.wire.heard import Heard
from tintype_contracts.wire.matching import filled
from tintype_contracts.wire.stage import KEY, Scene, Stage

_MAX_BYTES = 100 * 1024 * 1024
_PAGE = b"<!DOCTYPE html><title>Gone</title><p>This result has expired.</p>"


def _remote(stage: Stage, scene: Scene, caller: Caller) -> tuple[Image, ...]:
    """The images of a scene that stand at an address."""
    task = stage.perform(scene, caller).task
    return tuple(image for image in (task.images if task else ()) if image.url is not None)


def _first_remote(stage: Stage) -> Image:
    """The first image that stands at an address.

    Raises:
        NotApplicable: Every image comes within the answer.
    """
    for scene in pictures(stage.subject):
        for image in _remote(stage, scene, stage.blocking):
            return image
    msg = "Every image comes within the answer: there is nothing to fetch."
    raise NotApplicable(msg)


@check("wire.results-are-fetched", level=3)
def results_are_fetched(subject: Subject) -> Iterator[Finding]:
    """Each image of each picture can be fetched, whole and without the key.

    The URLs that `parse` reads from the documented answers are fetched from the documented
    hosts of results. A URL that was changed on the way, or that leads elsewhere, has nothing
    behind it.
    """
    with Stage(subject) as stage:
        _first_remote(stage)
        for scene in pictures(subject):
            for caller in stage.callers:
                for image in _remote(stage, scene, caller):
                    yield from _fetched(stage, scene, caller, image)


def _fetched(stage: Stage, scene: Scene, caller: Caller, image: Image) -> Iterator[Finding]:
    last = scene.exchanges[-1]
    drawn = filled(stage.subject.fixtures, last, KEY).pictures
    wanted = {data for picture in drawn for data in (picture.data,)}
    stage.server.take()
    try:
        came = caller.fetch(image) in wanted
        told = "other bytes than the documents' picture"
    except DownloadError as error:
        came, told = False, str(error)
    shown = any(KEY in value for each in stage.server.take() for _, value in each.headers)
    if not came or shown:
        yield Finding(
            message=f"{scene.name} by {caller.name}: the image at {image.url} is not had "
            "as documented. Take the URL from the answer as it is.",
            expected="the picture, without a key",
            got="a request with the key" if shown else told,
            exchange=last.id,
            src=last.src,
        )


@check("wire.results-are-images", level=3)
def results_are_images(subject: Subject) -> Iterator[Finding]:
    """A page in the place of a picture is not saved as one, and no half file is left.

    A host of results that answers 200 with HTML is common once a result has expired. What
    is saved is told by its first bytes, never by what the answer calls it.
    """
    kind = (("Content-Type", "image/png"),)
    page = plain(Answer(status=200, headers=kind, body=_PAGE))
    with Stage(subject) as stage:
        image = _first_remote(stage)
        with stage.answering(lambda _: page):
            for caller in stage.callers:
                yield from _saved(caller, image)


def _saved(caller: Caller, image: Image) -> Iterator[Finding]:
    with TemporaryDirectory() as folder:
        with suppress(DownloadError):
            caller.save(image, Path(folder))
        left = sorted(path.name for path in Path(folder).iterdir())
    if left:
        told = f"{caller.name} saved a page of HTML that was called image/png."
        yield Finding(message=told, expected=[], got=left)


@check("wire.results-have-an-end", level=3)
def results_have_an_end(subject: Subject) -> Iterator[Finding]:
    """A result that never ends is given up at its limit, also where it comes compressed.

    The server sends some kilobytes of gzip that are more than a hundred megabytes. Both
    clients read a result as it arrives, and stop.
    """
    with Stage(subject) as stage:
        image = _first_remote(stage)
        with stage.answering(lambda _: _bomb()):
            for caller in stage.callers:
                try:
                    length = len(caller.fetch(image))
                except DownloadError:
                    continue
                told = f"{caller.name} read a result of {length} bytes to its end."
                yield Finding(message=told, expected="DownloadError", got=length)


@cache
def _bomb() -> Sequence[Step]:
    limit = fields(Rules).limit.default or _MAX_BYTES
    body = gzip.compress(bytes(limit + 1), compresslevel=1)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head.encode() + body,)


@check("wire.results-redirected", level=3)
def results_redirected(subject: Subject) -> Iterator[Finding]:
    """A result that has moved to the API's own host is fetched there without the key.

    Hosts of results redirect, to signed addresses and between mirrors. No key goes along,
    wherever that leads.
    """
    target = f"{subject.fixtures.hosts.api[0]}/moved.png"
    moved = plain(Answer(status=302, headers=(("Location", target),)))
    kind = (("Content-Type", "image/png"),)
    picture = plain(Answer(status=200, headers=kind, body=small_png("moved")))

    def play(heard: Heard) -> Sequence[Step]:
        return picture if heard.url == target else moved

    with Stage(subject) as stage:
        image = _first_remote(stage)
        with stage.answering(play):
            for caller in stage.callers:
                yield from _moved(stage, caller, image)


def _moved(stage: Stage, caller: Caller, image: Image) -> Iterator[Finding]:
    stage.server.take()
    try:
        caller.fetch(image)
    except DownloadError as error:
        yield Finding(message=f"{caller.name} cannot fetch what has moved.", got=str(error))
    for heard in stage.server.take():
        if any(KEY in value for _, value in heard.headers):
            told = f"{caller.name} showed the key at {heard.url}."
            yield Finding(message=told, expected="no key", got=heard.url)
