"""The documents for code that speaks httpx: a provider's scenes as a `respx.Router`.

    router = respx_router("openrouter", "generated/drawn")
    with router:
        sdk = OpenRouter(
            api_key=router.key,
            client=httpx.Client(transport=httpx.MockTransport(router.handler)),
        )
        sdk.images.generate(...)

Nothing is patched: the router is handed to the client as its transport. It is as strict as
the wire tier: exact query and body, ordered scenes, and at the end of the block whatever was
unused, repeated or otherwise wrong is an `AssertionError`, also where the code under test
swallowed the 599 it was answered with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load

if TYPE_CHECKING:
    from tintype_contracts.scene_router import SceneRouter


def respx_router(
    provider: str | Fixtures, *scenes: str, key: str = "a-key-of-the-bridge"
) -> SceneRouter:
    """A strict router that plays scenes of a provider, one after the other.

    Args:
        provider: Its name, or its fixtures.
        scenes: `story/scene` each; the first that ends in a picture where none is named.
        key: What the code under test shows as its key.

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
    return SceneRouter(fixtures, scenes, key)
