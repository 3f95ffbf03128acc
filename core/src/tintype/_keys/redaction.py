r"""An account's secrets, taken out of what a provider says: some repeat the key in errors.

Whoever repeats a key may write it as JSON does (`\/`, `\u002b`), as URLs do, in base64 (a
`Basic` header), in hexadecimal, or cut short; a page of HTML has entities. A search for a fixed
text costs next to nothing; a regular expression is tried only on what is known to hold an escape
that matters.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cached_property
from html import escape
from urllib.parse import quote, quote_plus

from tintype._lifting import Content
from tintype.account import Secret
from tintype.errors import TintypeError
from tintype.messages import Headers, ServerSentEvent

# What is shorter stands in many an answer by chance, and is no credential: `_signing.unfit`.
_MIN_SECRET = 6
# What is shorter is known as a word: inside one of a picture's in base64 it stands by chance.
_MIN_WITHIN = 8
# A secret that is so long is known by its middle: who cut an eighth off either end said it.
_MIN_CUT = 16
# Tokens can have thousands of characters; each that may be cut off is a group in a pattern.
_MAX_CUT = 24
_REDACTED = "…".encode()
# An escape of an ASCII character, which most secrets are made of.
_ESCAPED = re.compile(rb"\\u00[2-7][0-9a-fA-F]")
# What writers of URLs leave as it is: none, of paths, as `encodeURIComponent`, as `encodeURI`.
_LEFT_IN_URLS = ("", "/", "!'()*", "!#$&'()*+,/:;=?@")


class Redactor:
    """Takes secrets out of what a provider says."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = _longest_first(map(_Spellings, secrets))

    def beside(self, secrets: Iterable[Secret]) -> Redactor:
        """One that takes more secrets out."""
        made = Redactor(secrets)
        made._secrets = _longest_first((*self._secrets, *made._secrets))
        return made

    def body(self, said: bytes) -> bytes:
        """A body without them; the very same object where there are none."""
        if len(said) >= _MIN_SECRET:
            for secret in self._secrets:
                said = secret.removed(said)
        return said

    def headers(self, said: Headers) -> Headers:
        """Headers without them; the very same object where there are none."""
        told = "\n".join([value for _, value in said])  # one search for all of them
        if self._text(told) is told:
            return said
        return tuple((name, self._text(value)) for name, value in said)

    def event(self, said: ServerSentEvent) -> ServerSentEvent:
        """An event without them."""
        data = Content(self.body(said.content.text), said.content.held)
        return ServerSentEvent(data=data, event=self._text(said.event), id=self._text(said.id))

    def clear(self, error: TintypeError) -> None:
        """Take them out of an error, and cut off what led to it where that tells one.

        Libraries tell the URL that they asked for, and some APIs take the key there.
        """
        error.message = self._text(error.message)
        error.args = (error.message,)
        cause = error.__cause__
        while cause is not None:
            told = f"{cause} {cause!r}"
            if self._text(told) != told:
                error.__cause__ = error.__context__ = None
                return
            cause = cause.__cause__ or cause.__context__

    def _text(self, said: str) -> str:
        raw = said.encode("utf-8", "surrogatepass")
        clean = self.body(raw)
        return said if clean is raw else clean.decode("utf-8", "surrogatepass")


class _Spellings:
    """The ways in which one secret is written."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self.length = len(secret.reveal())

    def removed(self, said: bytes) -> bytes:
        """What is said, without any of them; the very same object where there is none."""
        if self.length < _MIN_SECRET:
            return said
        if any(map(said.__contains__, self._fixed)):
            for spelling in self._fixed:
                said = said.replace(spelling, _REDACTED)
        if self._may_be_escaped(said):  # first: half an escape that is left would be another's
            said = self._escaped.sub(_REDACTED, said)
        return self._plain.sub(_REDACTED, said) if self._middle in said else said

    def _may_be_escaped(self, said: bytes) -> bool:
        if b"\\" not in said:
            return False
        escaped = _ESCAPED.search(said) if self._middle.isascii() else b"\\u" in said
        if escaped:
            return self._escaped_middle.search(said) is not None
        return self._middle.replace(b"\\", b"") in said.replace(b"\\", b"")

    @property
    def _parts(self) -> tuple[str, str, str]:
        """The secret's beginning, its middle, and its end: what may be cut off, and what not."""
        whole = self._secret.reveal()
        cut = min(len(whole) // 8, _MAX_CUT) if len(whole) >= _MIN_CUT else 0
        return whole[:cut], whole[cut : len(whole) - cut], whole[len(whole) - cut :]

    @cached_property
    def _middle(self) -> bytes:
        return self._parts[1].encode()

    @cached_property
    def _plain(self) -> re.Pattern[bytes]:
        return _cut_or_whole(*([re.escape(each) for each in part] for part in self._parts))

    @cached_property
    def _escaped_middle(self) -> re.Pattern[bytes]:
        """The same of the middle alone: nothing optional stands in front, so it is found fast."""
        return re.compile("".join(map(_as_json, self._parts[1])).encode())

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        """The secret with any of its characters as JSON may write them."""
        return _cut_or_whole(*([_as_json(each) for each in part] for part in self._parts))

    @cached_property
    def _fixed(self) -> tuple[bytes, ...]:
        """The secret in URLs, in HTML, in base64, and in hexadecimal.

        With a backslash in it, as it stands, too: two of them may pass for one that is escaped. At
        its end one may be half of one that is. The longest first: one may be the beginning of
        another, as `a&` is of `a&amp;`.
        """
        secret = self._secret.reveal()
        texts = (*_in_urls(secret), *_in_html(secret))
        found = [*texts, *_in_base64(secret.encode()), *_in_hex(secret.encode())]
        found += [] if secret.isascii() else _in_latin_1(secret)
        itself = "\\" in secret[:-1] and not secret.endswith("\\") and len(secret) >= _MIN_WITHIN
        spelt = {*found, secret.encode()} if itself else {*found} - {secret.encode()}
        return tuple(sorted(spelt, key=lambda each: (-len(each), each)))


def _longest_first(secrets: Iterable[_Spellings]) -> tuple[_Spellings, ...]:
    """A token may hold a key in base64: without the key it would be found no more."""
    return tuple(sorted(secrets, key=lambda each: each.length, reverse=True))


def _cut_or_whole(begin: list[str], middle: list[str], end: list[str]) -> re.Pattern[bytes]:
    """A pattern of the middle, with as much of both ends as is there."""
    before = after = ""
    if len(middle) < _MIN_WITHIN:  # nothing is cut off what is so short
        before, after = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
    for each in begin:
        before = f"(?:{before}{each})?"
    for each in reversed(end):
        after = f"(?:{each}{after})?"
    return re.compile((before + "".join(middle) + after).encode())


def _as_json(character: str) -> str:
    """All the ways in which JSON may write a character, each begun by a literal: `re` likes it."""
    escaped = json.dumps(character)[1:-1] if not character.isascii() else ""
    spelt = escaped.removeprefix("\\") or f"u{ord(character):04x}"
    raw = re.escape(character)
    return rf"(?:\\(?:{raw}|(?i:{re.escape(spelt)}))|{raw})"


def _in_urls(secret: str) -> Iterator[bytes]:
    """The secret percent-encoded: what must be, once and twice, and every byte of it."""
    usual = [quote(secret, safe=left) for left in _LEFT_IN_URLS]
    each_byte = "".join(f"%{each:02X}" for each in secret.encode())
    for spelling in (*usual, quote_plus(secret), quote(usual[0], safe=""), each_byte):
        yield spelling.encode()
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), spelling).encode()


def _in_html(secret: str) -> Iterator[bytes]:
    """The secret with entities for what has a meaning there, as one library or another has it."""
    named = escape(secret, quote=False)
    for spelling in (named, named.replace('"', "&quot;"), named.replace('"', "&#34;")):
        for mark in ("'", "&#x27;", "&#39;", "&#039;", "&apos;"):
            yield spelling.replace("'", mark).encode()


def _in_latin_1(secret: str) -> Iterator[bytes]:
    """A secret with accents as an old page writes it, and as one in a header is read."""
    if max(secret) <= "\xff":
        yield secret.encode("latin-1")
    yield secret.encode().decode("latin-1").encode()


def _in_base64(secret: bytes) -> Iterator[bytes]:
    """What is the same in base64 wherever in the encoded text the secret stands."""
    for before in range(3):
        text = bytes(before) + secret
        whole = slice(-(-before * 8 // 6), len(text) * 8 // 6)
        yield b64encode(text)[whole]
        yield urlsafe_b64encode(text)[whole]


def _in_hex(secret: bytes) -> Iterator[bytes]:
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
