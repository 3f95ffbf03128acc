"""The router behind `respx_router`. It needs the extra `tintype-contracts[respx]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

import httpx
import respx

from tintype_contracts.fixtures.format import Exchange, Fixtures
from tintype_contracts.wire.heard import Heard
from tintype_contracts.wire.matching import Mismatch
from tintype_contracts.wire.strict import StrictScene

_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_DRAWN = frozenset({"succeeded", "partial"})
_NO_MOCK = (
    "This router mocks nothing: the request would leave for the provider. Hand it to the client, "
    "httpx.Client(transport=httpx.MockTransport(router.handler)) or "
    "httpx.AsyncClient(transport=httpx.MockTransport(router.async_handler)), and end with "
    "router.assert_all_called()."
)


class SceneRouter(respx.Router):
    """A `respx.Router` that knows one scene, and in which order it goes.

    Headers that no document names are the client's own affair here; the documented ones
    must be there.

    Attributes:
        key: What the code under test is to show as its key.
    """

    def __init__(self, fixtures: Fixtures, scenes: Sequence[str], key: str) -> None:
        super().__init__(assert_all_called=True, assert_all_mocked=True)
        self.key = key
        exchanges = [
            each for name in scenes or [_first(fixtures)] for each in _scene(fixtures, name)
        ]
        self._scene = StrictScene(fixtures, exchanges, key, strict_headers=False)
        self.route(name="scene").mock(side_effect=self._play)

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """What was asked for so far otherwise than documented."""
        return tuple(self._scene.mismatches)

    def assert_all_called(self) -> None:
        """The verdict: raise for whatever was not as documented.

        Raises:
            AssertionError: An exchange is unused, was repeated, or was asked for otherwise.
        """
        faults = self._scene.faults()
        if faults:
            raise AssertionError("\n".join(str(fault) for fault in faults))

    def __enter__(self) -> NoReturn:
        """Refused: in respx this line mocks, and here the request would leave, with a real key.

        Raises:
            TypeError: Always. It shows the line that plays the scene.
        """
        raise TypeError(_NO_MOCK)

    def __exit__(self, *_: object) -> None:
        """Nothing: no block was entered."""

    async def __aenter__(self) -> NoReturn:
        """Refused, like `with`.

        Raises:
            TypeError: Always. It shows the line that plays the scene.
        """
        raise TypeError(_NO_MOCK)

    async def __aexit__(self, *_: object) -> None:
        """Nothing: no block was entered."""

    def _play(self, request: httpx.Request) -> httpx.Response:
        answer = self._scene.answer(heard(request))
        headers = [pair for pair in answer.headers if pair[0].lower() not in _FRAMING]
        return httpx.Response(answer.status, headers=headers, content=answer.body)


def heard(request: httpx.Request) -> Heard:
    """A request of httpx as the wire tier has it."""
    target = request.url.raw_path.decode("ascii")
    return Heard(
        name=request.url.host,
        line=f"{request.method} {target} HTTP/1.1".encode(),
        headers=tuple(request.headers.multi_items()),
        body=request.read(),
    )


def _scene(fixtures: Fixtures, name: str) -> tuple[Exchange, ...]:
    story, _, scene = name.partition("/")
    if scene not in getattr(fixtures.stories.get(story), "scenes", {}):
        known = ", ".join(_names(fixtures))
        msg = f"{fixtures.provider} has no scene {name!r}; there are: {known}."
        raise KeyError(msg)
    return fixtures.scene(story, scene)


def _first(fixtures: Fixtures) -> str:
    """The first scene that ends in a picture."""
    for name in _names(fixtures):
        if _scene(fixtures, name)[-1].expect.fields.get("state") in _DRAWN:
            return name
    msg = f"No scene of {fixtures.provider} ends in a picture: name one."
    raise KeyError(msg)


def _names(fixtures: Fixtures) -> Iterator[str]:
    for story in fixtures.stories.values():
        yield from (f"{story.name}/{scene}" for scene in story.scenes)
