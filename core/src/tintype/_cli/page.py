"""Pictures side by side, as one HTML page that needs nothing else: no script, no other file."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from attrs import fields

from tintype._cli.display import charged, quoted
from tintype._cli.drawing import Drawn
from tintype._html import Html, element, joined
from tintype._pictures.media import dimensions, extension, media_type
from tintype._printable import printable
from tintype.request import ImageRequest

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
_NOT_ASKED = frozenset({"prompt", "references", "options", "tag", "webhook_url"})
_MEGABYTE = 1_000_000


def page(request: ImageRequest, drawn: Sequence[Drawn]) -> str:
    """The page of what several providers drew for one request."""
    title = printable(request.prompt) or "Pictures"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html((resources.files("tintype._cli") / "page.css").read_text("utf-8"))),
    )
    masthead = element(
        "header",
        element("p", "tintype compare", class_="kicker"),
        element("h1", title),
        element("p", " · ".join(_facts(request, drawn)), class_="quiet"),
    )
    body = element("body", masthead, element("main", *map(_column, drawn)))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _facts(request: ImageRequest, drawn: Sequence[Drawn]) -> Iterator[str]:
    """What was asked of all, and what came of it, in a few words each."""
    asked = [
        f"{each.name}={value}"
        for each in fields(ImageRequest)
        if each.name not in _NOT_ASKED and (value := getattr(request, each.name)) != each.default
    ]
    yield f"asked: {printable(', '.join(asked))}" if asked else "asked: the prompt alone"
    if request.references:
        yield f"{len(request.references)} references"
    models = {each.offer.drawn_by for each in drawn if each.made}
    if len(models) > 1:
        yield f"{len(models)} different models"
    yield f"{sum(bool(each.made) for each in drawn)} of {len(drawn)} drew"
    yield f"{datetime.now(UTC).astimezone():%Y-%m-%d %H:%M}"


def _column(drawn: Drawn) -> Html:
    """One provider: its pictures, and what there is to say of them."""
    offer = drawn.offer
    pictures = [_picture(path, offer.provider) for path in drawn.paths]
    why = printable(str(drawn.error).removeprefix(f"{offer.provider}: ")) if drawn.error else ""
    rows = [
        joined([element("dt", name), element("dd", printable(words))])
        for name, words in _told(drawn)
        if words
    ]
    return element(
        "article",
        *pictures,
        element("h2", offer.provider),
        *([element("p", why, class_="why")] if why else []),
        element("dl", *rows),
        class_="bad" if why else "",
    )


def _picture(path: Path, provider: str) -> Html:
    data = path.read_bytes()
    kind = media_type(data)
    size = dimensions(data) or ("", "")
    told = [extension(kind).upper(), f"{len(data) / _MEGABYTE:.1f} MB"]
    pixels = [f"{size[0]}x{size[1]}"] if all(size) else []
    source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    width, height = map(str, size)
    shown = element("img", src=source, alt=f"Drawn by {provider}", width=width, height=height)
    return element("figure", shown, element("figcaption", " · ".join([*pixels, *told])))


def _told(drawn: Drawn) -> Iterator[tuple[str, str]]:
    """The rows of a column: the model, the price, what there is to note."""
    offer, made = drawn.offer, drawn.made
    yield "Model", offer.drawn_by
    yield "Its id", offer.quote.model if offer.name else ""
    yield "Expected", offer.size
    yield "Quoted", "" if offer.error else quoted(offer.quote)
    if made is not None:
        yield "Paid", charged(made.cost)
        yield "Took", f"{drawn.seconds:.1f} s"
    for notice in dict.fromkeys(notice.message for notice in (made or offer).notices):
        yield "Note", notice
