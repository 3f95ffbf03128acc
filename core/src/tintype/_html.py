"""HTML written as nested calls; whatever is not HTML already is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"meta", "br", "hr", "img"})


class Html(str):
    """Text that is markup and safe to stand in a page."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | bool) -> Html:
    """`<tag …>children</tag>`.

    Args:
        tag: Its name.
        children: Text is escaped, `Html` stands as it is.
        attributes: `class_` is `class`, other underscores are hyphens; True is written
            without a value, False and "" not at all.
    """
    given = "".join(_attribute(name, value) for name, value in attributes.items() if value)
    if tag in _VOID:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{joined(children)}</{tag}>")


def joined(children: Iterable[str]) -> Html:
    """Several pieces, one after another."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def link(text: str, url: str) -> Html:
    """A link that tells the other side nothing; plain text where `url` is no web address."""
    if not url.startswith(("https://", "http://", "#")):
        return joined([text])
    return element("a", text, href=url, rel="" if url.startswith("#") else "noreferrer noopener")


def _attribute(name: str, value: object) -> str:
    spelt = name.rstrip("_").replace("_", "-")
    return f" {spelt}" if value is True else f' {spelt}="{escape(str(value))}"'
