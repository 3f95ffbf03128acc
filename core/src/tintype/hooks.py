"""What a provider plugin defines: five functions, and three more if it can.

A plugin is a module of pure functions marked with `@hookimpl`. It never performs
I/O, never waits, never reads a clock and never sees a key. The core sends what
`price`, `submit` and `poll` return, and hands every answer to `parse`.

    from tintype import hookimpl, Request

    @hookimpl
    def submit(request):
        return Request.post("https://api.acme.test/v1/images", {"prompt": request.prompt})

`parse` *returns* what is new of the task (also that it failed or was refused) and
*raises* what is true of this one answer (a gateway's HTML page, a status no document
lists, a bad key). While polling, only what it raises is asked again.
"""

from __future__ import annotations

from typing import Protocol

import pluggy

from tintype.catalog import ProviderInfo
from tintype.exchange import Exchange
from tintype.messages import JsonObject, Request
from tintype.models import Quote, Task, Update, Upload
from tintype.request import Reference, Submission

hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker("tintype")
hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker("tintype")


class Provider(Protocol):
    """The hooks every plugin defines."""

    @hookspec(firstresult=True)
    def describe(self) -> ProviderInfo:
        """What the provider offers, as data."""
        ...

    @hookspec(firstresult=True)
    def price(self, request: Submission, quote: Quote | None) -> Quote | Request | None:
        """What `request` would cost: known, askable (a Request), or unknown (None).

        `quote` is None at first. After an answer that `parse` turned into a quote with
        `final=False` it is that quote, at most four times.
        """
        ...

    @hookspec(firstresult=True)
    def submit(self, request: Submission) -> Request:
        """The request that starts the work."""
        ...

    @hookspec(firstresult=True)
    def poll(self, task: Task) -> Request | None:
        """What to ask next about a running task; None where only a webhook can tell."""
        ...

    @hookspec(firstresult=True)
    def parse(self, exchange: Exchange) -> Quote | Update | Upload | ProviderInfo:
        """What the provider said.

        A Quote for `price`, an Upload for `upload`, a ProviderInfo for `models`,
        an Update for everything else: what is new of `exchange.task`, which is always there.
        """
        ...


class Extras(Protocol):
    """The hooks a plugin defines where its provider can do more."""

    @hookspec(firstresult=True)
    def upload(self, reference: Reference, notes: JsonObject) -> Request | None:
        """What brings a reference to where `submit` can name it; None: nothing (more).

        `notes` are what `parse` last noted of this reference: an upload may take two steps.
        """
        ...

    @hookspec(firstresult=True)
    def models(self, cursor: str) -> Request | None:
        """The question for a page of the live list of models: the first, or `next_models`."""
        ...

    @hookspec(firstresult=True)
    def cancel(self, task: Task) -> Request | None:
        """The request that cancels a running task."""
        ...
