"""The documents for code that speaks httpx: a provider's scenes as a `respx.Router`.

    router = respx_router("openrouter", "generated/drawn")
    sdk = OpenRouter(
        api_key=router.key,
        client=httpx.Client(transport=httpx.MockTransport(router.handler)),
    )
    sdk.images.generate(...)
    router.assert_all_called()

Or, for code that makes its own client, `with respx_router("openrouter") as router:` and `async
with` mock every client of httpx while the block lasts, as respx does, and end with the verdict.

It is as strict as the wire tier: exact query and body, ordered scenes. A request that is not the
documented one is answered with 599 and stands in `router.mismatches`; `router.requests` are those
that are due. At the end `assert_all_called` is an `AssertionError` for whatever was unused,
repeated or otherwise wrong, also where the code under test swallowed the 599; nothing of the
verdict rests on respx. Routes of your own go first. What is `free` may be anything, such as the
prompt; for requests of your own altogether `Sandbox` is the test double. It needs the extra
`tintype-contracts[respx]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

try:
    import httpx
    import respx
except ImportError as error:
    msg = "respx_router needs respx and httpx: pip install 'tintype-contracts[respx]'"
    raise ImportError(msg) from error

from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures, WireRequest
from tintype_contracts.fixtures.loader import load
from tintype_contracts.fixtures.messages import render_headers
from tintype_contracts.fixtures.placeholders import render_text
from tintype_contracts.wire.expectations import StrictScene
from tintype_contracts.wire.matching import Mismatch, filled, request_bytes
from tintype_contracts.wire.nearby import host_of
from tintype_contracts.wire.request import RawRequest

_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_DRAWN = frozenset({"succeeded", "partial"})
_USUAL = "generated"


def respx_router(
    provider: str | Fixtures,
    *scenes: str,
    key: str = "a-key-of-the-router",
    free: Sequence[str] = (),
) -> SceneRouter:
    """A strict router that plays scenes of a provider, one after the other.

    Args:
        provider: Its name, or its fixtures.
        scenes: `story/scene` each; the first that ends in a picture where none is named, of
            the story `generated` if it has one.
        key: What the code under test shows as its key.
        free: Pointers in the body, such as `/prompt`, at which anything may stand.

    Raises:
        FixtureError: No installed distribution has fixtures of that name.
        KeyError: There is no such scene; the message names those there are.
    """
    fixtures = load(provider) if isinstance(provider, str) else provider
    return SceneRouter(fixtures, scenes, key, free)


class SceneRouter(respx.MockRouter):
    """A `respx.MockRouter` that knows one scene, and in which order it goes.

    Routes of the caller's own go first. Headers that no document names are the client's own
    affair here; the documented ones must be there.

    Attributes:
        key: What the code under test is to show as its key.
    """

    def __init__(
        self, fixtures: Fixtures, scenes: Sequence[str], key: str, free: Sequence[str]
    ) -> None:
        super().__init__(assert_all_called=True, assert_all_mocked=True)
        self.key = key
        self._fixtures = fixtures
        self._free = tuple(free)
        names = scenes or [_first(fixtures)]
        self._exchanges = [each for name in names for each in _scene(fixtures, name)]
        self._rest = respx.Route().mock(side_effect=self._play)
        self.add(self._rest, name="scene")
        self._scene = self._performance()

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """What was asked for so far otherwise than documented."""
        return tuple(self._scene.mismatches)

    @property
    def requests(self) -> tuple[httpx.Request, ...]:
        """The documented requests that are still due, in their order."""
        due = self._scene.due[len(self._scene.served) :]
        return tuple(
            self._documented(each, each.request) for each in due if each.request is not None
        )

    def add(self, route: respx.Route, *, name: str | None = None) -> respx.Route:
        """Add a route of the caller's own: the scene answers what no route does."""
        self.routes.pop("scene", None)  # type: ignore[no-untyped-call]  # as respx has it
        if route is not self._rest:
            route = super().add(route, name=name)
        self.routes.add(self._rest, name="scene")
        return route

    def assert_all_called(self) -> None:
        """The verdict: raise for whatever was not as documented.

        Raises:
            AssertionError: An exchange is unused, was repeated, or was asked for otherwise; or
                a route of the caller's own was not called.
        """
        told = [str(fault) for fault in self._scene.faults()]
        mine = [route for route in self.routes if route is not self._rest and not route.called]
        told += [f"{route!r} was not called" for route in mine]
        if told:
            raise AssertionError("\n".join(told))

    def start(self) -> None:
        """Begin the scene anew, and have respx patch httpx until `stop`."""
        self._scene = self._performance()
        super().start()

    def __enter__(self) -> Self:
        """Mock, as respx does, while the block lasts."""
        super().__enter__()
        return self

    async def __aenter__(self) -> Self:
        """Mock, as respx does, while the block lasts."""
        return self.__enter__()

    def _performance(self) -> StrictScene:
        return StrictScene(
            self._fixtures, self._exchanges, self.key, strict_headers=False, free=self._free
        )

    def _play(self, request: httpx.Request) -> httpx.Response:
        answer = self._scene.answer(heard(request))
        headers = [pair for pair in answer.headers if pair[0].lower() not in _FRAMING]
        return httpx.Response(answer.status, headers=headers, content=answer.body)

    def _documented(self, exchange: DocumentedExchange, request: WireRequest) -> httpx.Request:
        filling = filled(self._fixtures, exchange, self.key)
        media_type, body = request_bytes(request.content, filling)
        headers = dict(render_headers(request.headers, filling))
        if media_type:
            headers["Content-Type"] = media_type
        url = render_text(request.url, filling)
        return httpx.Request(request.method, url, headers=headers, content=body)


def heard(request: httpx.Request) -> RawRequest:
    """A request of httpx as the wire tier has it."""
    target = request.url.raw_path.decode("ascii")
    host = host_of(str(request.url))
    plain = request.url.scheme == "http"  # one on this machine has a name of its own
    told = request.headers.multi_items()
    return RawRequest(
        name=host,
        line=f"{request.method} {target} HTTP/1.1".encode(),
        headers=tuple((key, host if plain and key == "host" else value) for key, value in told),
        body=request.read(),
    )


def _scene(fixtures: Fixtures, name: str) -> tuple[DocumentedExchange, ...]:
    story, _, scene = name.partition("/")
    if scene not in getattr(fixtures.stories.get(story), "scenes", {}):
        known = ", ".join(_names(fixtures))
        msg = f"{fixtures.provider} has no scene {name!r}; there are: {known}."
        raise KeyError(msg)
    return fixtures.scene(story, scene)


def _first(fixtures: Fixtures) -> str:
    """The first scene that ends in a picture: of `generated`, else of any story."""
    for name in sorted(_names(fixtures), key=lambda name: name.partition("/")[0] != _USUAL):
        if _scene(fixtures, name)[-1].expect.fields.get("state") in _DRAWN:
            return name
    msg = f"No scene of {fixtures.provider} ends in a picture: name one."
    raise KeyError(msg)


def _names(fixtures: Fixtures) -> Iterator[str]:
    for story in fixtures.stories.values():
        yield from (f"{story.name}/{scene}" for scene in story.scenes)
