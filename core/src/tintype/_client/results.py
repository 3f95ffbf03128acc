"""The flows that fetch and save results, and finish what an earlier process began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from tintype._blame import about
from tintype._client.conversations import Conversations
from tintype._client.downloads import Saveable, loading, provider_of, saving
from tintype._client.keyed_results import Rules
from tintype._client.providers import Providers
from tintype._client.resuming import resuming
from tintype._doors import all_held, held
from tintype._flow.conversation import Conversation
from tintype._flow.effects import Flow
from tintype._flow.sizes import OnMismatch
from tintype._flow.verdicts import worst_billed
from tintype.errors import DownloadError, JournalError, SizeMismatchError, TintypeError, UsageError
from tintype.journal import JournalRecord, Resumed
from tintype.models import Generation, Image, Task
from tintype.sinks import Home, Sink, home_of

T = TypeVar("T")

_SAVEABLE = "a generation, a task, an image, or a list of images"


class Results:
    """Flows that bring images, by the rules of the provider whose they are."""

    def __init__(
        self,
        providers: Providers,
        conversations: Conversations,
        on_mismatch: OnMismatch = "notice",
    ) -> None:
        self._providers = providers
        self._conversations = conversations
        self._on_mismatch = on_mismatch

    @staticmethod
    def owner(images: Saveable) -> str:
        """The provider whose images these are, or ""."""
        return provider_of(images)

    def fetching(self, image: Image, provider: str) -> Flow[bytes]:
        """The flow that gets one image's bytes."""
        held(image, Image, "image", "one of the images of a task or a generation")
        return loading(image, self._providers.rules(provider))

    def saving(
        self,
        images: Saveable,
        provider: str,
        folder: str | Path | Sink,
        name: str | None,
        *,
        overwrite: bool,
    ) -> Flow[tuple[Path | str, ...]]:
        """The flow that saves images; where it cannot, its error says whether they are paid."""
        with _bill_told(images):
            if not isinstance(images, Generation | Task | Image):
                images = all_held(images, Image, "images", _SAVEABLE)
            if name is not None:
                held(name, str, "name", "a plain file name without an extension, or nothing")
            home, rules = home_of(folder), self._providers.rules(provider)
            return (
                yield from saving(
                    images, home, name, rules, overwrite=overwrite, on_mismatch=self._on_mismatch
                )
            )

    def resuming(
        self, records: list[JournalRecord], home: Home | None, name: str | None = None
    ) -> Flow[tuple[Resumed, ...]]:
        """The flow that finishes records, whosesoever; it empties the list.

        Without a folder nothing is saved. A picture of another size than was asked for is an error
        of its record where the client says so; else the log was told.
        """
        ways: dict[str, tuple[Conversation, Rules]] = {}
        errors: dict[str, TintypeError] = {}
        for whose in dict.fromkeys(record.provider for record in records):
            try:
                ways[whose] = self._conversations.of(whose), self._providers.rules(whose)
            except TintypeError as error:  # such as a plugin that is not installed here
                errors[whose] = error
        failed = [each for each in records if each.provider in errors]
        records[:] = [each for each in records if each.provider in ways]
        resumed = (yield from resuming(ways, records, home, name)) if ways else ()
        if self._on_mismatch == "notice":
            resumed = tuple(map(_let_pass, resumed))
        return (*resumed, *(Resumed(record=each, error=errors[each.provider]) for each in failed))


@contextmanager
def _bill_told(images: Saveable) -> Iterator[None]:
    """What keeps images from being saved tells what is known of their bill."""
    try:
        yield
    except (UsageError, DownloadError, JournalError) as error:
        tasks = images.tasks if isinstance(images, Generation) else (images,)
        known = [task.billed for task in tasks if isinstance(task, Task)]
        if not known:  # bare images: nobody says whose bill they are on
            raise
        raise about(error, billed=worst_billed(known)) from error.__cause__


def _let_pass(resumed: Resumed) -> Resumed:
    """A record that is finished, whatever size its pictures have."""
    odd = isinstance(resumed.error, SizeMismatchError)
    return evolve(resumed, error=None) if odd else resumed
