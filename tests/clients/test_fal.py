"""fal's client for Python and its provider for Vercel's AI SDK: create, poll, cancel, fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

import httpx
import pytest
from fal_client import Completed, FalClientHTTPError, SyncClient
from tests.clients.drawing import by_node, job, pictures, sold

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


AI_SDK, DEV = "@ai-sdk/fal", "fal-ai/flux/dev"
OPTIONS = {"outputFormat": "png", "guidanceScale": 4, "numInferenceSteps": 20}


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("ask", "form", "ratios"),
    [
        ({}, "JPEG", [4 / 3]),
        ({"aspectRatio": "16:9"}, "JPEG", [16 / 9]),
        ({"aspectRatio": "21:9"}, "JPEG", [2560 / 1080]),
        ({"size": "1024x640", "n": 2, "seed": 3}, "JPEG", [1.6, 1.6]),
        ({"providerOptions": {"fal": OPTIONS}}, "PNG", [4 / 3]),
    ],
)
def test_the_ai_sdk_draws(
    sandbox: Sandbox, ask: Mapping[str, object], form: str, ratios: list[float]
) -> None:
    """It reads the result, and each picture is of the shape and the format that it asked for."""
    made = pictures(by_node(AI_SDK, job(sandbox, "fal", DEV, ask)))
    assert [width / height for width, height in (each.size for each in made)] == pytest.approx(
        ratios, rel=0.01
    )
    assert {each.format for each in made} == {form}
    assert sum(sold(sandbox, "fal")) == len(made)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("model", "ask", "status", "says"),
    [
        (MODEL, {"prompt": "sandbox:failed/invalid"}, 422, "body.prompt: field required"),
        (MODEL, {"prompt": "sandbox:failed/timed_out"}, 504, ""),
        (MODEL, {"prompt": "sandbox:refused_content/checker"}, 422, "Flagged"),
        (MODEL, {"providerOptions": {"fal": {"numInferenceSteps": 40}}}, 422, "more than 12"),
        ("nobody/nothing", {}, 422, "nobody/nothing"),
    ],
)
def test_the_ai_sdk_reads_what_went_wrong(
    sandbox: Sandbox, model: str, ask: Mapping[str, object], status: int, says: str
) -> None:
    """A failure, a refusal of its content, and a request that no document admits."""
    error = by_node(AI_SDK, job(sandbox, "fal", model, ask))["error"]
    assert error["status"] == status
    assert says in error["message"]
    assert sold(sandbox, "fal") == []
