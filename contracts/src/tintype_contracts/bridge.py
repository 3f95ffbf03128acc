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
prompt; for requests of your own altogether `Sandbox` is the test double.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load

if TYPE_CHECKING:
    from tintype_contracts.scene_router import SceneRouter


def respx_router(
    provider: str | Fixtures,
    *scenes: str,
    key: str = "a-key-of-the-bridge",
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
        ImportError: respx is not installed: pip install 'tintype-contracts[respx]'
    """
    try:
        from tintype_contracts.scene_router import SceneRouter  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "The bridge needs respx and httpx: pip install 'tintype-contracts[respx]'"
        raise ImportError(msg) from error
    fixtures = load(provider) if isinstance(provider, str) else provider
    return SceneRouter(fixtures, scenes, key, free)
