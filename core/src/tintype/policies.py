"""Policies as hook wrappers: what a client refuses to have drawn, before anything is sent.

client = Client(wrappers=[PromptPolicy(forbidden=["acme corp"])])
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable

from tintype._doors import all_held, check_methods
from tintype.errors import InvalidRequestError
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.request import Submission


class PromptPolicy:
    """Refuses prompts, of every provider and before the price is asked.

    It is given to a client among its `wrappers`. Raw options are not looked at.

    Args:
        forbidden: Words and phrases that no prompt may have, as whole words in any case.
        check: Says why a prompt is refused, as a sentence, or None. It is called with each
            submission that is built, and waits for nothing.
    """

    def __init__(
        self,
        *,
        forbidden: Iterable[str] = (),
        check: Callable[[str], str | None] | None = None,
    ) -> None:
        words = all_held(forbidden, str, "forbidden", "a list of words or phrases")
        found = "|".join(re.escape(each.casefold()) for each in words if each.strip())
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
        reason = self._reason(request.prompt)
        if reason:
            msg = f"The client's policy refuses the prompt: {reason} Nothing was sent."
            raise InvalidRequestError(msg, field="prompt")
        return (yield)

    def _reason(self, prompt: str) -> str:
        found = self._forbidden.search(prompt.casefold()) if self._forbidden else None
        if found is not None:
            return f"it has {found[0]!r}."
        return (self._check(prompt) or "") if self._check else ""
