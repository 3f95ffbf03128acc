"""fal's own client for Python, at the sandbox: it creates, polls, cancels and fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

import httpx
import pytest
from fal_client import Completed, FalClientHTTPError, SyncClient

from tintype_contracts import Sandbox

QUEUE, MODEL = "queue.fal.run", "fal-ai/flux/schnell"


class Sandboxed(httpx.BaseTransport):
    """What is meant for fal's queue goes to the sandbox; nothing else goes anywhere."""

    def __init__(self, origin: str) -> None:
        """With the sandbox's address of fal."""
        self._origin, self._http = httpx.URL(origin), httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to the sandbox instead."""
        assert (request.url.scheme, request.url.host) == ("https", QUEUE)
        origin = self._origin
        path = origin.raw_path.rstrip(b"/") + request.url.raw_path
        request.url = origin.copy_with(raw_path=path)
        request.headers["Host"] = f"{origin.host}:{origin.port}"
        return self._http.handle_request(request)

    def close(self) -> None:
        """Hang up."""
        self._http.close()


@dataclass(frozen=True)
class Asking(SyncClient):
    """Fal's client, whose connections lead to the sandbox."""

    origin: str = ""

    @cached_property
    def _client(self) -> httpx.Client:
        key = {"Authorization": self._auth.header_value}
        return httpx.Client(transport=Sandboxed(self.origin), headers=key)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Callable[[str], SyncClient]]:
    """Fal's client with a key, asking the sandbox."""
    with ExitStack() as stack:

        def made(key: str) -> SyncClient:
            asking = Asking(key=key, origin=sandbox.url("fal"))
            stack.callback(asking._client.close)  # noqa: SLF001 - it has no close of its own
            return asking

        yield made


@pytest.fixture
def known(client: Callable[[str], SyncClient], sandbox: Sandbox) -> SyncClient:
    """Fal's client with the sandbox's key."""
    return client(sandbox.key("fal"))


def test_it_draws(known: SyncClient) -> None:
    """Created, looked at until it is completed, and fetched from the other address."""
    handle = known.submit(MODEL, {"prompt": "a cat", "image_size": "landscape_4_3"})
    *_, last = handle.iter_events(interval=0.01)
    assert isinstance(last, Completed)
    assert [each["url"] for each in handle.get(interval=0.01)["images"]]


def test_it_waits_by_itself(known: SyncClient) -> None:
    """`subscribe` is both in one."""
    drawn = known.subscribe(MODEL, {"prompt": "a cat"})
    assert drawn["images"][0]["url"]


def test_it_cancels(known: SyncClient) -> None:
    """A cancellation is taken."""
    known.submit(MODEL, {"prompt": "a cat"}).cancel()


def test_a_refused_prompt_is_its_error(known: SyncClient) -> None:
    """The result of a task that failed is an error with the model's own answer."""
    handle = known.submit(MODEL, {"prompt": "sandbox:failed/invalid"})
    with pytest.raises(FalClientHTTPError) as caught:
        handle.get(interval=0.01)
    assert caught.value.status_code == 422


def test_a_key_of_another_is_its_error(client: Callable[[str], SyncClient]) -> None:
    """Refused, and told as 401."""
    stranger = client("of-another")
    with pytest.raises(FalClientHTTPError) as caught:
        stranger.submit(MODEL, {"prompt": "a cat"})
    assert caught.value.status_code == 401
