"""tintype: one typed way to price, submit, poll and parse images from any provider.

    from tintype import Client, ImageRequest

    with Client() as client:
        drawn = client.generate(ImageRequest(prompt="a red panda astronaut"), provider="apiyi")
        client.save(drawn, "out")

The modules without an underscore are public, and what stands here is a choice of theirs:
docs/reference.md lists all of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tintype.account import Account, Secret
from tintype.client import Client
from tintype.errors import Billed, Outcome, TintypeError
from tintype.messages import Delivery, HttpRequest, Request, Response
from tintype.models import (
    Attempt,
    Cost,
    Failure,
    Generation,
    Image,
    Notice,
    Quote,
    QuoteKind,
    Resolved,
    Task,
    TaskState,
    Update,
    Usage,
)
from tintype.request import ImageRequest, Reference, Submission

if TYPE_CHECKING:
    __version__: str
    from tintype._client.observing import Observation, Observer
    from tintype.async_client import AsyncClient
    from tintype.budget import Budget, Period
    from tintype.convert import from_json, to_json
    from tintype.hooks import hookimpl
    from tintype.journal import Resumed

# Imported at their first use: together they take longer than all that stands above.
_LATER = {
    "AsyncClient": "tintype.async_client",
    "Budget": "tintype.budget",
    "Observation": "tintype._client.observing",
    "Observer": "tintype._client.observing",
    "Period": "tintype.budget",
    "Resumed": "tintype.journal",
    "from_json": "tintype.convert",
    "hookimpl": "tintype.hooks",
    "to_json": "tintype.convert",
}

__all__ = [
    "Account",
    "AsyncClient",
    "Attempt",
    "Billed",
    "Budget",
    "Client",
    "Cost",
    "Delivery",
    "Failure",
    "Generation",
    "HttpRequest",
    "Image",
    "ImageRequest",
    "Notice",
    "Observation",
    "Observer",
    "Outcome",
    "Period",
    "Quote",
    "QuoteKind",
    "Reference",
    "Request",
    "Resolved",
    "Response",
    "Resumed",
    "Secret",
    "Submission",
    "Task",
    "TaskState",
    "TintypeError",
    "Update",
    "Usage",
    "from_json",
    "hookimpl",
    "to_json",
]


def __getattr__(name: str) -> object:
    """A public name that is imported when somebody wants it."""
    if name == "__version__":
        return import_module("importlib.metadata").version("tintype")
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    """Every public name."""
    return sorted(__all__)
