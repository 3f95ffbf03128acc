"""tintype: one typed way to price, submit, poll and parse images from any provider.

    from tintype import Client, ImageRequest

    with Client() as client:
        drawn = client.generate(ImageRequest(prompt="a red panda astronaut"), provider="apiyi")
        client.save(drawn, "out")

The modules without an underscore are public: `errors`, `messages`, `models`, `exchange`,
`catalog`, `hooks`, `convert`, `transports`, `downloads`, and what stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tintype._setup import Observation, Observer
from tintype.client import Client
from tintype.convert import from_json, to_json
from tintype.errors import Billed, Outcome, TintypeError
from tintype.hooks import hookimpl
from tintype.messages import Delivery, HttpRequest, Request, Response
from tintype.models import (
    Account,
    Attempt,
    Cost,
    Failure,
    Generation,
    Image,
    ImageRequest,
    Notice,
    Quote,
    QuoteKind,
    Reference,
    Resolved,
    Secret,
    Task,
    TaskState,
    Usage,
)

if TYPE_CHECKING:
    from tintype.async_client import AsyncClient

__all__ = [
    "Account",
    "AsyncClient",
    "Attempt",
    "Billed",
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
    "Quote",
    "QuoteKind",
    "Reference",
    "Request",
    "Resolved",
    "Response",
    "Secret",
    "Task",
    "TaskState",
    "TintypeError",
    "Usage",
    "from_json",
    "hookimpl",
    "to_json",
]


def __getattr__(name: str) -> object:
    """`AsyncClient`, imported at its first use: asyncio is a fifth of the import time."""
    if name != "AsyncClient":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from tintype.async_client import AsyncClient  # noqa: PLC0415

    return AsyncClient
