"""Policies as hook wrappers: what a client refuses to have drawn, before anything is sent.

client = Client(wrappers=[PromptPolicy(forbidden=["acme corp"])])
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from unicodedata import category

from tintype._doors import all_held, check_methods
from tintype._holes import texts_in
from tintype.errors import InvalidRequestError
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.request import Submission


class PromptPolicy:
    """Refuses prompts, of every provider and before the price is asked.

    It is given to a client among its `wrappers`. Looked at are `prompt`, `negative_prompt`,
    `style`, and every text in the raw options, however deep: each by itself.

    Args:
        forbidden: Words and phrases that no such text may have, as whole words in any case and
            however they are spaced; characters that are not seen (Unicode's Cf) count for nothing.
        check: Says why a text is refused, as a sentence, or None. It is called with each text of
            each submission that is built, and waits for nothing.
    """

    def __init__(
        self,
        *,
        forbidden: Iterable[str] = (),
        check: Callable[[str], str | None] | None = None,
    ) -> None:
        words = all_held(forbidden, str, "forbidden", "a list of words or phrases")
        found = "|".join(map(_pattern, filter(None, (_seen(each)[0].split() for each in words))))
        self._forbidden = re.compile(rf"(?<!\w)(?:{found})(?!\w)") if found else None
        if check is not None:
            check_methods(check, ["__call__"], "check", "a function of a prompt, or nothing")
        self._check = check

    @hookimpl(wrapper=True)
    def submit(self, request: Submission) -> Generator[None, Request, Request]:
        """Refuse a prompt before its request is built.

        Raises:
            InvalidRequestError: The policy does not let it pass.
        """
        for name in _LOOKED_AT:
            for text in texts_in(getattr(request, name)):
                reason = self._reason(text)
                if reason:
                    msg = f"The client's policy refuses the {name}: {reason} Nothing was sent."
                    raise InvalidRequestError(msg, field=name)
        return (yield)

    def _reason(self, text: str) -> str:
        if self._forbidden:
            for seen in _seen(text):
                if found := self._forbidden.search(seen):
                    return f"it has {' '.join(found[0].split())!r}."
        return (self._check(text) or "") if self._check else ""


_LOOKED_AT = ("prompt", "negative_prompt", "style", "options")


def _seen(text: str) -> tuple[str, ...]:
    """A text in lower case; what is not seen of it, such as a zero-width space, is left out.

    It may also be what parts two words, so there is a second one, with spaces in its place.
    """
    folded = text.casefold()
    if folded.isascii():
        return (folded,)
    return tuple(
        "".join(by if category(each) == "Cf" else each for each in folded) for by in ("", " ")
    )


def _pattern(words: list[str]) -> str:
    """A phrase, with any space between its words."""
    return r"\s+".join(map(re.escape, words))
