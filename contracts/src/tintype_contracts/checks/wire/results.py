"""Results are fetched where the answer says, without the key and whole."""

from __future__ import annotations

from collections.abc import Iterator

from tintype.errors import DownloadError
from tintype.models import Image
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks.wire.delivery import pictures
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.clients import Caller
from tintype_contracts.wire.matching import filled
from tintype_contracts.wire.scenario_run import KEY, Scene, Stage


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
