"""A prompt policy: what a client refuses to have drawn, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64
from tests.core.studios import Studio

from tintype import Billed, Client, ImageRequest
from tintype.catalog import Text
from tintype.errors import InvalidRequestError
from tintype.policies import PromptPolicy

Artist = Callable[..., Client]
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})


def too_long(prompt: str) -> str | None:
    """Why a prompt is refused."""
    return "it is too long." if len(prompt) > 20 else None


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a Red  Panda by ACME corp", "it has 'acme corp'"),
        ("a red panda by Acme\n  Corp", "it has 'acme corp'"),
        ("a red panda by a\u200bcme c\u00adorp", "it has 'acme corp'"),
        ("a red panda by acme\u200bcorp", "it has 'acme corp'"),
        ("a\u200bweapon", "it has 'weapon'"),
        ("a cat (weapon)", "it has 'weapon'"),
        ("a panda in a very long sentence", "it is too long"),
    ],
)
def test_a_refused_prompt_is_never_sent(
    artist: Artist, server: Loopback, prompt: str, words: str
) -> None:
    """Nor priced: the error names the field and the reason, and nothing was billed."""
    client = artist(
        wrappers=[PromptPolicy(forbidden=["ac\u200dme corp", "weapon"], check=too_long)]
    )
    for ask in (client.generate, client.submit, client.quote):
        with pytest.raises(InvalidRequestError, match=words) as caught:
            ask(ImageRequest(prompt=prompt), provider="easel")
        assert (caught.value.field, caught.value.provider) == ("prompt", "easel")
        assert caught.value.billed is Billed.NO
        assert "Nothing was sent." in str(caught.value)
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("negative_prompt", {"negative_prompt": "no Weapon"}),
        ("style", {"style": "weapon sheet"}),
        ("options", {"options": {"easel": {"suffix": "with a weapon"}}}),
        ("options", {"options": {"easel": {"nodes": [{"inputs": {"text": "a weapon"}}]}}}),
    ],
)
@pytest.mark.parametrize(
    "policy",
    [
        PromptPolicy(forbidden=["weapon"]),
        PromptPolicy(check=lambda text: "no." if "weapon" in text.casefold() else None),
    ],
)
def test_every_text_that_a_picture_is_drawn_from_is_looked_at(
    artist: Artist,
    server: Loopback,
    policy: PromptPolicy,
    field: str,
    given: dict[str, object],
) -> None:
    """What may not stand in the prompt may stand nowhere beside it; the error says where it did."""
    takes = dict.fromkeys(("prompt", "negative_prompt", "style"), Text())
    studio = Studio("easel", "0.05", parameters=takes)
    client = artist(plugins={"easel": studio}, wrappers=[policy])
    with pytest.raises(InvalidRequestError, match=f"refuses the {field}") as caught:
        client.generate(ImageRequest(prompt="a panda", **given), provider="easel")  # type: ignore[arg-type]
    assert caught.value.field == field
    assert server.accepted == 0


def test_every_other_prompt_passes(artist: Artist, server: Loopback) -> None:
    """A forbidden word within another is none."""
    server.on("POST /v1/pictures", DONE)
    client = artist(wrappers=[PromptPolicy(forbidden=["pan"]), PromptPolicy(check=too_long)])
    assert client.generate(ImageRequest(prompt="a red panda"), provider="easel").images


def test_an_odd_policy_is_refused() -> None:
    """With what may be given."""
    with pytest.raises(InvalidRequestError, match="a list of words or phrases"):
        PromptPolicy(forbidden=[7])  # type: ignore[list-item]
    with pytest.raises(InvalidRequestError, match="a function of a prompt"):
        PromptPolicy(check="never")  # type: ignore[arg-type]
