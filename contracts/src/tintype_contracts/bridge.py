"""The documents for code that speaks httpx: a provider's scenes as a `respx.Router`.

    router = respx_router("openrouter", "generated/drawn")
    sdk = OpenRouter(
        api_key=router.key,
        client=httpx.Client(transport=httpx.MockTransport(router.handler)),
    )
    sdk.images.generate(...)
    router.assert_all_called()

Nothing is patched: the router is handed to the client as its transport, and `with router:` is
a `TypeError`. It is as strict as the wire tier: exact query and body, ordered scenes. A request
that is not the documented one is answered with 599 and stands in `router.mismatches`; at the end
`assert_all_called` is an `AssertionError` for whatever was unused, repeated or otherwise wrong,
also where the code under test swallowed the 599. It plays what the documents show, their own
prompt included: for prompts of your own `Sandbox` is the test double.
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
