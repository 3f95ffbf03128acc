"""curl commands, as documents print them, read into requests."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from tintype.messages import Headers

_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[ \t]*\n(.*?)\n[ \t]*\2[ \t]*(?:\n|$)", re.DOTALL)
_CONTINUED = re.compile(r"[ \t]*\\[ \t]*\n")
_LETTERS = {"-X": "--request", "-H": "--header", "-d": "--data", "-F": "--form"}
_DATA = {"--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}
_VALUED = {*_DATA, "--request", "--header", "--form", "--url", "--output", "--max-time", "--user"}
_Option: TypeAlias = tuple[str, str]


class CurlError(ValueError):
    """A curl command that cannot be read."""


@frozen(kw_only=True)
class CurlPart:
    """One `-F`: a text, or the name of a file."""

    name: str
    text: str | None = None
    filename: str | None = None


@frozen(kw_only=True)
class Curl:
    """What a curl command sends. `data` is the text of its body."""

    method: str
    url: str
    headers: Headers = ()
    data: str | None = None
    form: tuple[CurlPart, ...] = ()

    @property
    def json(self) -> object:
        """The body as JSON.

        Raises:
            CurlError: It is not JSON.
        """
        try:
            value: object = json.loads(self.data or "", parse_float=Decimal)
        except ValueError as error:
            msg = f"The data of the curl command is not JSON: {error}"
            raise CurlError(msg) from None
        return value


def is_curl(text: str) -> bool:
    """Whether an excerpt is a curl command."""
    return text.lstrip().startswith("curl ")


def parse_curl(text: str) -> Curl:
    """The request that a printed curl command makes.

    Raises:
        CurlError: It is no curl command, or has an option nobody has taught us.
    """
    if not is_curl(text):
        msg = "The text does not begin with curl."
        raise CurlError(msg)
    heredoc = _HEREDOC.search(text)
    bare = _CONTINUED.sub(" ", _HEREDOC.sub("", text))
    options = list(_options(shlex.split(bare)[1:]))
    return _curl(options, heredoc[3] if heredoc else None)


def _curl(options: list[_Option], heredoc: str | None) -> Curl:
    data = [value for name, value in options if name in _DATA]
    form = tuple(_part(value) for name, value in options if name == "--form")
    methods = [value for name, value in options if name == "--request"]
    urls = [value for name, value in options if name == "--url"]
    if not urls:
        msg = "The curl command names no URL."
        raise CurlError(msg)
    return Curl(
        method=methods[-1].upper() if methods else "POST" if data or form else "GET",
        url=urls[-1] if "://" in urls[-1] else f"https://{urls[-1]}",
        headers=tuple(_header(value) for name, value in options if name == "--header"),
        data="&".join(heredoc or "" if value == "@-" else value for value in data) or None,
        form=form,
    )


def _options(words: list[str]) -> Iterator[_Option]:
    """Each option with its value; a bare word is a URL."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            yield "--url", word
            continue
        name, value = _split(word)
        if name in _VALUED:
            yield name, next(rest, "") if value is None else value


def _split(word: str) -> tuple[str, str | None]:
    """`--name=value`, `-Xvalue` or a name alone."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    name = _LETTERS.get(word[:2], word[:2])
    return name, word[2:] or None


def _header(value: str) -> tuple[str, str]:
    name, _, rest = value.partition(":")
    return name.strip(), rest.strip()


def _part(value: str) -> CurlPart:
    name, _, rest = value.partition("=")
    if rest.startswith("@"):
        return CurlPart(name=name, filename=rest[1:].partition(";")[0].rpartition("/")[2])
    return CurlPart(name=name, text=rest)
