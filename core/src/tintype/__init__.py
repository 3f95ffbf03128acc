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

if TYPE_CHECKING:
    __version__: str
    from tintype._client.observing import Observation, ObservedCall, Observer
    from tintype.account import Account, Secret
    from tintype.async_client import AsyncClient
    from tintype.budget import Budget, Period
    from tintype.client import Client
    from tintype.convert import from_json, to_json
    from tintype.errors import Billed, Outcome, TintypeError
    from tintype.hooks import hookimpl
    from tintype.journal import Resumed
    from tintype.messages import Delivery, HttpRequest, Request, Response
    from tintype.models import (
        Attempt,
        BatchOutcome,
        BatchResult,
        Cost,
        Failure,
        Generation,
        Image,
        Notice,
        Offer,
        Quote,
        QuoteKind,
        Resolved,
        Task,
        TaskState,
        Update,
        Usage,
    )
    from tintype.request import ImageRequest, Reference, Submission

__all__ = [
    "Account",
    "AsyncClient",
    "Attempt",
    "BatchOutcome",
    "BatchResult",
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
    "ObservedCall",
    "Observer",
    "Offer",
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

# Each module is imported at the first use of one of its names: a page of help needs none.
_NAMES = {
    "_client.observing": ("ObservedCall", "Observation", "Observer"),
    "account": ("Account", "Secret"),
    "async_client": ("AsyncClient",),
    "budget": ("Budget", "Period"),
    "client": ("Client",),
    "convert": ("from_json", "to_json"),
    "errors": ("Billed", "Outcome", "TintypeError"),
    "hooks": ("hookimpl",),
    "journal": ("Resumed",),
    "messages": ("Delivery", "HttpRequest", "Request", "Response"),
    "models": (
        *(
            "Attempt",
            "BatchOutcome",
            "BatchResult",
            "Cost",
            "Failure",
            "Generation",
            "Image",
            "Notice",
            "Offer",
            "Quote",
        ),
        *("QuoteKind", "Resolved", "Task", "TaskState", "Update", "Usage"),
    ),
    "request": ("ImageRequest", "Reference", "Submission"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """A public name that is imported when somebody wants it."""
    if name == "__version__":
        return import_module("importlib.metadata").version("tintype")
    if name in _NAMES:
        return import_module(f"tintype.{name}")
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f"tintype.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Every public name."""
    return sorted(__all__)
