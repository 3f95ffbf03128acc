"""What an author has: curl commands and answers, as a page of documentation prints them."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from tintype.messages import JsonObject
from tintype_contracts.fixtures.curl import Curl, CurlError, parse_curl
from tintype_contracts.fixtures.leaks import REDACTED, carries_keys, cut_keys

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PAGE = re.compile(r"https?://[^\s\"'\\{}$]+")
_PLACEHOLDER = re.compile(r"[$<>{}*]|\.\.\.|…|x{3}|key|token|your", re.IGNORECASE)
_USER = re.compile(r"\s(-u|--user)\s")
_QUERY_KEY = re.compile(r"[?&](api[-_]?key|key|(access[-_]?)?token)=", re.IGNORECASE)
_INSTEAD = (
    "Give a command that shows it in a header, where the page has one; else begin with"
    " -H 'Authorization: Bearer $KEY' in its place, and write auth={} into the plugin by hand:"
    " docs/plugins.md (Credentials)."
)


class StartError(ValueError):
    """What was given is no beginning of a plugin; the message says what would be."""


@frozen(kw_only=True)
class Key:
    """The header in which the key is shown: `prefix` and then the key."""

    header: str = "Authorization"
    prefix: str = "Bearer "


@frozen(kw_only=True)
class Given:
    """What stands in the files, without keys.

    Attributes:
        name: The provider's.
        curl: The submission.
        answer: What came of it.
        poll: The look at a task, where there is one.
        done: The answer to it when the task is done.
        errors: The body of an error by its HTTP status.
        docs: The address of the page, or "".
        excerpts: The text of each by the name of its source.
        cut: What was left out of them, in words.
    """

    name: str
    curl: Curl
    answer: JsonObject
    poll: Curl | None
    done: JsonObject | None
    errors: Mapping[int, JsonObject]
    docs: str
    excerpts: Mapping[str, str]
    cut: tuple[str, ...]

    @property
    def title(self) -> str:
        """The provider's name for people."""
        return self.name.replace("_", " ").title()

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the submission that are neither the key's nor the core's."""
        own = {self.key.header.lower(), "content-type", "accept", "user-agent"}
        return {name: text for name, text in self.curl.headers if name.lower() not in own}

    @property
    def key(self) -> Key:
        """How the key is shown; `Authorization: Bearer`, where the command shows none."""
        for name, value in self.curl.headers:
            if _shows_key(name, value):
                prefix, blank, _ = value.rpartition(" ")
                return Key(header=name, prefix=prefix + blank)
        return Key()


def checked_name(name: str) -> str:
    """A provider's name.

    Raises:
        StartError: It can be no name of a module.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        msg = f"{name!r} is no name for a provider: small letters, digits and _, as in acme."
        raise StartError(msg)
    return name


def read(
    name: str, files: Mapping[str, Path | None], errors: Mapping[int, Path], docs: str
) -> Given:
    """What these files hold.

    Args:
        name: The provider's.
        files: Those of `create`, `created`, `look` and `done`; the last two may be None.
        errors: The file of an error's body by its status.
        docs: The address of the page.

    Raises:
        StartError: One of them is not what it has to be.
    """
    if docs and not _PAGE.fullmatch(docs):
        msg = f"--docs {docs!r} is no address of a page."
        raise StartError(msg)
    named = {key: path for key, path in files.items() if path is not None}
    named |= {f"error_{status}": path for status, path in errors.items()}
    texts = {key: _text(path) for key, path in named.items()}
    curls: dict[str, Curl] = {
        key: _curl(texts[key], named[key]) for key in ("create", "look") if key in texts
    }
    cleaned = {key: _clean(text, curls.get(key), name) for key, text in texts.items()}
    bodies = {key: _object(cleaned[key], named[key]) for key in texts if key not in curls}
    left = tuple(
        f"{named[key]} held a key: it was not copied, a placeholder stands in its place."
        for key in texts
        if cleaned[key] != texts[key]
    )
    return Given(
        name=name,
        curl=parse_curl(cleaned["create"]),
        answer=bodies["created"],
        poll=parse_curl(cleaned["look"]) if "look" in curls else None,
        done=bodies.get("done"),
        errors={status: bodies[f"error_{status}"] for status in errors},
        docs=docs,
        excerpts=cleaned,
        cut=left,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        msg = f"{path} cannot be read: {why}."
        raise StartError(msg) from None


def _curl(text: str, path: Path) -> Curl:
    try:
        made = parse_curl(text)
    except (CurlError, ValueError) as error:
        msg = (
            f"{path} holds no curl command: {error} Give the command alone, as the page prints it."
        )
        raise StartError(msg) from None
    if found := _QUERY_KEY.search(made.url):
        scheme = f'QueryKey(name="{found[1]}")'
        msg = f"{path} shows the key in the query. {_INSTEAD.format(scheme)}"
        raise StartError(msg)
    if _USER.search(text):
        msg = f"{path} shows a name with a password. {_INSTEAD.format('Basic()')}"
        raise StartError(msg)
    return made


def _object(text: str, path: Path) -> JsonObject:
    try:
        value = json.loads(text)
    except ValueError as error:
        msg = f"{path} is no JSON: {error}. Give the answer alone, as the page prints it."
        raise StartError(msg) from None
    if not isinstance(value, dict):
        msg = (
            f"{path} is no JSON object. Give the object that an answer is; where it is a list,"
            " the plugin has to be written by hand: docs/plugins.md (How an answer is read)."
        )
        raise StartError(msg)
    return value


def _clean(text: str, curl: Curl | None, name: str) -> str:
    """A text without keys: a variable of the shell stands in place of a header's."""
    for secret in _secrets(curl) if curl else ():
        text = text.replace(secret, f"${name.upper()}_API_KEY")
    left = cut_keys(text)
    return left.replace(REDACTED, "redacted") if left != text else text


def _secrets(curl: Curl) -> Iterator[str]:
    for name, value in curl.headers:
        secret = value.rpartition(" ")[2]
        if secret and _shows_key(name, value) and not _PLACEHOLDER.search(secret):
            yield secret


def _shows_key(name: str, value: str) -> bool:
    return carries_keys(name) or value.startswith("$")
