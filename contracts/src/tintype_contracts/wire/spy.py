"""A plugin's hooks, overheard: what `parse` made of each answer that came over the wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from tintype._flow.settle import folded
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError, TintypeError
from tintype.exchange import Exchange, Operation
from tintype.hooks import Extras, Provider, hookimpl
from tintype.messages import JsonObject, Request
from tintype.models import Quote, Task, Update, Upload
from tintype.request import Reference, Submission

Said: TypeAlias = Quote | Update | Upload | ProviderInfo | TintypeError
Parsed: TypeAlias = Quote | Task | Upload | ProviderInfo | TintypeError


class CurtainError(PluginError):
    """Ends a flow that would wait and ask again: what is a plugin's fault is not repeated."""


class Witness:
    """Stands in for a plugin, calls its hooks, and keeps what `parse` made of each answer.

    An error is kept, and the flow is told `CurtainError` in its place, which it never
    follows by a pause and a repetition. Within a stream it is told the error itself: the
    stream is to be read to its end.

    Args:
        hooks: The plugin's hooks.
        served: How many documented answers have been given so far.
        is_over: Whether the scene has nothing more: what was only to be uploaded is not
            submitted as well.
    """

    def __init__(
        self, hooks: Provider, served: Callable[[], int], is_over: Callable[[], bool]
    ) -> None:
        self._hooks = hooks
        self._extras = cast("Extras", hooks)
        self._served = served
        self._is_over = is_over
        self._kept: dict[int, list[Parsed]] = {}

    def outcome(self, index: int) -> Parsed | None:
        """What came of the answer with that index in the scene, or None: nothing was read."""
        kept = self._kept.get(index + 1, [])
        failed = (each for each in kept if isinstance(each, TintypeError))
        return next(failed, kept[-1] if kept else None)

    def forget(self) -> None:
        """Begin anew."""
        self._kept.clear()

    # ------------------------------------------------------------------------ the hooks

    @hookimpl
    def describe(self) -> ProviderInfo:
        """As the plugin says."""
        return self._hooks.describe()

    @hookimpl
    def price(self, request: Submission, quote: Quote | None) -> Quote | Request | None:
        """As the plugin says."""
        return self._hooks.price(request=request, quote=quote)

    @hookimpl
    def submit(self, request: Submission) -> Request:
        """As the plugin says."""
        return self._hooks.submit(request=request)

    @hookimpl
    def poll(self, task: Task) -> Request | None:
        """As the plugin says."""
        return self._hooks.poll(task=task)

    @hookimpl
    def models(self, cursor: str) -> Request | None:
        """As the plugin says, if it says anything."""
        return self._extras.models(cursor=cursor)

    @hookimpl
    def cancel(self, task: Task) -> Request | None:
        """As the plugin says, if it says anything."""
        return self._extras.cancel(task=task)

    @hookimpl
    def parse(self, exchange: Exchange) -> Said:
        """As the plugin says, and kept."""
        said = self._parsed(exchange)
        outcome = folded(exchange.task, said) if isinstance(said, Update) else said
        kept = self._kept.setdefault(self._served(), [])
        kept.append(outcome)
        if isinstance(outcome, TintypeError) and exchange.operation is Operation.EVENT:
            raise outcome
        uploaded = exchange.operation is Operation.UPLOAD and self._is_over()
        if uploaded or _ends_badly(exchange, kept):
            msg = "The performance ends here."
            raise CurtainError(msg)
        return said

    def _parsed(self, exchange: Exchange) -> Said:
        try:
            outcome: object = self._hooks.parse(exchange=exchange)
        except TintypeError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a broken plugin raises anything
            return PluginError(f"parse() failed with {type(error).__name__}: {error}")
        if isinstance(outcome, Quote | Update | Upload | ProviderInfo):
            return outcome
        return PluginError(f"parse() returned a {type(outcome).__name__}")


class UploadingWitness(Witness):
    """The same for a plugin that uploads references: only that one may have the hook."""

    @hookimpl
    def upload(self, reference: Reference, notes: JsonObject) -> Request | None:
        """As the plugin says."""
        return self._extras.upload(reference=reference, notes=notes)


def _ends_badly(exchange: Exchange, kept: Sequence[Parsed]) -> bool:
    """Whether the latest answer, or a stream at its end, came to an error."""
    told = kept if exchange.operation is Operation.END else kept[-1:]
    return any(isinstance(each, TintypeError) for each in told)
