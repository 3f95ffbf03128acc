"""What the five first documents print of a request, one fact a row, and the table of the docs.

`python -m tests.plugins.seeds > docs/seeds.md` writes the table of the docs anew.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from attrs import frozen
from tests.plugins import played
from tests.plugins.answers import (
    ADDRESSES,
    ANSWERS,
    PNG,
    REFUSALS,
    Address,
    Answer,
    Refusal,
    address_of,
    has_route,
    made_of,
    matching,
    why_refused,
)
from tests.plugins.promises import Promise, promises

from tintype import Reference
from tintype_contracts.case import Case
from tintype_contracts.fixtures.format import Parameter
from tintype_contracts.fixtures.multipart import UploadedFile
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.run import subject_of
from tintype_contracts.strategies.builder import builder_of

OPENROUTER, APIYI, LITE = (
    "bytedance-seed/seedream-4.5",
    "seedream-5-0-260128",
    "seedream-5-0-lite-260128",
)
APIMODELS, APIIN = "doubao-seedream-5-0-260128", "seedream/4.5-text-to-image"
RATIOS = (
    *("1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "3:2", "3:4", "4:1", "4:3", "4:5", "5:4", "8:1"),
    *("9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto"),
)
INLINE = f"data:image/png;base64,{PNG}"
LAKE = "https://example.com/landscape.jpg"


@frozen(kw_only=True)
class Fact:
    """A fact of a document.

    Attributes:
        provider: Whose document.
        says: What it says.
        model: The model it is said of.
        asked: The fields of a request that say it; `options` are this provider's.
        sent: What stands in the body then.
        noticed: The field that a notice tells of, where a newer page disagrees; else "".
    """

    provider: str
    says: str
    model: str
    asked: Mapping[str, object]
    sent: Mapping[str, object]
    noticed: str = ""


# What it says, what is asked, what is sent, and the field of the notice.
_Row: TypeAlias = tuple[str, Mapping[str, object], Mapping[str, object], str]
_ON = True
_FILE = UploadedFile(filename="image1.png", media_type="image/png", data=base64.b64decode(PNG))


def _rows(provider: str, model: str, *facts: _Row) -> Iterator[Fact]:
    for says, asked, sent, noticed in facts:
        yield Fact(
            provider=provider, model=model, says=says, asked=asked, sent=sent, noticed=noticed
        )


def _same(name: str, value: object, noticed: str = "") -> _Row:
    """A field that the API calls as tintype does."""
    return (f"{name} {value}", {name: value}, {name: value}, noticed)


def _option(name: str, value: object, noticed: str = "") -> _Row:
    """A word of the API that is said as an option."""
    return (f"{name} {value}", {"options": {name: value}}, {name: value}, noticed)


FACTS: tuple[Fact, ...] = (
    *_rows(
        "cheapai",
        "bytedance-seedream-4.5",
        ("model_id bytedance-seedream-4.5", {}, {"model_id": "bytedance-seedream-4.5"}, ""),
        ("generations_count 1", {"n": 1}, {"generations_count": "1"}, ""),
        (
            "model_parameters with a ratio and a resolution",
            {"aspect_ratio": "16:9", "resolution": "2K"},
            {"model_parameters": {"aspect_ratio": "16:9", "resolution": "2K"}},
            "",
        ),
        (
            "source images, named in the prompt by @img1",
            {"prompt": "@img1 at dusk", "references": (Reference(data=base64.b64decode(PNG)),)},
            {"prompt": "@img1 at dusk", "assets": [_FILE]},
            "",
        ),
        (
            "a webhook for completion",
            {"webhook_url": "https://example.com/h"},
            {"receive_url": "https://example.com/h"},
            "",
        ),
    ),
    *_rows(
        "openrouter",
        OPENROUTER,
        ("model bytedance-seed/seedream-4.5", {}, {"model": OPENROUTER}, ""),
        *(_same("aspect_ratio", ratio) for ratio in RATIOS),
        *(_same("background", word, "background") for word in ("auto", "opaque")),
        (
            "background transparent with png",
            {"background": "transparent", "output_format": "png"},
            {"background": "transparent", "output_format": "png"},
            "background",
        ),
        (
            "input_references by URL",
            {"references": (LAKE,)},
            {"input_references": [{"image_url": {"url": LAKE}, "type": "image_url"}]},
            "",
        ),
        (
            "input_references as a base64 data URL",
            {"references": (INLINE,)},
            {"input_references": [{"image_url": {"url": INLINE}, "type": "image_url"}]},
            "",
        ),
        ("n 1", {"options": {"n": 1}}, {}, ""),
        _same("output_compression", 100, "output_compression"),
        *(_same("output_format", word, "output_format") for word in ("png", "jpeg", "webp", "svg")),
        _option("provider", {"only": ["seed"]}),
        *(_same("quality", word, "quality") for word in ("auto", "low", "medium", "high")),
        _same("resolution", "512", "resolution"),
        *(_same("resolution", word) for word in ("1K", "2K", "4K")),
        _same("seed", 7, "seed"),
        ("size 2K", {"options": {"size": "2K"}}, {"resolution": "2K"}, ""),
        _same("size", "2048x2048"),
        _option("stream", _ON, "stream"),
    ),
    *_rows(
        "apimodels",
        APIMODELS,
        ("size 2K", {"resolution": "2K"}, {"size": "2K"}, ""),
        ("size 4K, said as the page does", {"options": {"size": "4K"}}, {"size": "4K"}, ""),
        ("image_url", {"references": (LAKE,)}, {"image_url": LAKE}, ""),
        _option("aspect_ratio", "16:9"),
        (
            "callback_url",
            {"webhook_url": "https://example.com/h"},
            {"callback_url": "https://example.com/h"},
            "",
        ),
    ),
    *_rows("apimodels", "doubao-seedream-4-5-251128", _same("aspect_ratio", "16:9")),
    *_rows(
        "openrouter",
        "openai/gpt-image-1",
        ("n 10", {"n": 10}, {"n": 10}, "n"),
        _same("stream", _ON),
    ),
    *_rows("apimodels", "gpt-image-2-lite", _option("n", 3)),
    *_rows("apiin", "seedream-4-5", ("model seedream-4-5", {}, {"model": "seedream-4-5"}, "model")),
    *_rows(
        "apiin",
        "",
        ("the default sub-model", {}, {"model": APIIN}, ""),
    ),
    *_rows(
        "apiin",
        APIIN,
        *(
            _same("aspect_ratio", ratio)
            for ratio in ("1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9")
        ),
        *(_same("quality", word) for word in ("basic", "high")),
    ),
    *_rows(
        "apiin",
        "seedream/4.5-edit",
        ("image_urls for an edit", {"references": (LAKE,)}, {"image_urls": [LAKE]}, ""),
    ),
    *_rows(
        "apiyi",
        APIYI,
        *(_option("n", count, "n") for count in (2, 3, 4)),
        _option("seed", 42, "seed"),
        *(_option("response_format", word) for word in ("url", "b64_json")),
        *(_same("output_format", word) for word in ("png", "jpeg")),
        *(("size " + tier, {"resolution": tier}, {"size": tier}, "") for tier in ("2K", "3K")),
        _same("size", "1280x720"),
        _same("size", "4096x4096"),
        *(_same("watermark", value) for value in (True, False)),
        _same("stream", _ON),
    ),
    *_rows("apiyi", LITE, ("size 2K", {"resolution": "2K"}, {"size": "2K"}, "resolution")),
    *_rows("apiyi", "seedream-4-5-251128", ("size 4K", {"resolution": "4K"}, {"size": "4K"}, "")),
    *_rows("apiyi", "seedream-4-0-250828", ("size 1K", {"resolution": "1K"}, {"size": "1K"}, "")),
)


@frozen(kw_only=True)
class Column:
    """What is true of a fact.

    Attributes:
        sent: The body that the plugin sends.
        noticed: The fields of the notices that the caller is given.
        documented: How the sheet's rows say the fields of the fact; "" where one has none.
        answered: What the sandbox answers to that body.
    """

    sent: Mapping[str, object]
    noticed: frozenset[str]
    documented: str
    answered: str


_subject = cache(subject_of)


def subject_for(provider: str) -> Subject:
    """A provider's plugin and fixtures, loaded once."""
    return _subject(provider)


def looked_up(fact: Fact) -> Column:
    """What is true of a fact: in the plugin, in the sheet, and in the sandbox."""
    subject = _subject(fact.provider)
    builder = builder_of(subject)
    model = subject.info.find(fact.model or None)
    assert model is not None, fact.model
    case = Case(place="submit", given={"model": model.id, **fact.asked})
    built = builder.build(case)
    assert built is not None
    return Column(
        sent=built.body or {},
        noticed=frozenset(built.notices),
        documented=_documented(fact, builder.rows(case)),
        answered=played.drawn(subject, built.body or {}),
    )


def _documented(fact: Fact, rows: Sequence[Parameter]) -> str:
    """`verbatim`, `adapted` or `inferred`, whichever say it, and whether it has no effect."""
    wanted = set(fact.sent) or {"n"}  # one picture is asked for by leaving it out
    mine = [row for row in rows if row.wire.split("/")[1] in wanted]
    if not {row.wire.split("/")[1] for row in mine}.issuperset(wanted):
        return ""
    kinds = dict.fromkeys(row.kind for row in mine)
    return ", ".join([*kinds, *(["ignored"] if any(row.ignored for row in mine) else [])])


PROVIDERS = tuple(dict.fromkeys(fact.provider for fact in FACTS))


@cache
def table() -> str:
    """The table of the docs."""
    return "".join(
        (
            _HEAD,
            *map(_line, FACTS),
            _ANSWERED,
            *map(_answer_line, ANSWERS),
            *map(_address_line, ADDRESSES),
            _REFUSED,
            *map(_refusal_line, REFUSALS),
            _PROMISED,
            *(_promise_line(each) for name in PROVIDERS for each in promises(_subject(name))),
        )
    )


_HEAD = """# The seed documents

Every fact that the five first documents print: of a request, what the plugin does with it,
how the sheet says it, and what the sandbox answers; of an answer, what the plugin reads in it;
and what is refused. The sandbox's cells are what it did: each row was sent to it.
Nothing was run against a live service. Written by
`python -m tests.plugins.seeds > docs/seeds.md`; a test holds it to the list.

| provider | model | the document says | plugin | sheet | sandbox |
| --- | --- | --- | --- | --- | --- |
"""
_ANSWERED = """
## What they print of answers, webhooks and addresses

What the plugin reads in it; whether an exchange of the sheet has the fields that are printed;
and what the plugin reads when the sandbox plays it: as it is asked, or in the scene that stands
behind it. Of ids and addresses of pictures, which are the sandbox's own, it says how many; sums
are those of the request. Where a document names fields and prints no answer, its shape is inferred.

| provider | of | the document says | plugin | sheet | sandbox |
| --- | --- | --- | --- | --- | --- |
"""
_REFUSED = """
## What they say is refused

By the plugin it is refused before anything is sent; the error names the field. The sandbox is
sent it in the document's own words, and answers with the sheet's; how the plugin reads that answer
stands behind it.

| provider | model | the document says | plugin | sheet | sandbox |
| --- | --- | --- | --- | --- | --- |
"""


_PROMISED = """
## What they promise and print nothing of

A cell that nothing can fill says why.

| provider | the document says | plugin | sheet | sandbox |
| --- | --- | --- | --- | --- |
"""


def _row(*cells: str) -> str:
    """A row of a table; a cell that nothing fills says so."""
    told = (cell.replace("|", "\\|") or "no" for cell in cells)
    return f"| {' | '.join(told)} |\n"


def _answer_line(fact: Answer) -> str:
    subject = _subject(fact.provider)
    found = made_of(subject, fact)
    reads = all(found.get(name) == word for name, word in fact.read.items())
    words = ", ".join(f"{name} {word}" for name, word in fact.read.items()) if reads else ""
    held = "yes" if any(matching(subject, fact)) else ""
    answered = played.played(subject, fact)
    return _row(fact.provider, fact.operation, fact.says, words, held, answered)


def _address_line(fact: Address) -> str:
    subject = _subject(fact.provider)
    asks = "asked there" if address_of(subject, fact.operation) == fact.url else ""
    held = "yes" if has_route(subject, fact) else ""
    takes = played.address(subject, fact)
    answers = f"answers there, as {takes}" if takes else ""
    return _row(fact.provider, fact.operation, fact.url, asks, held, answers)


def _refusal_line(fact: Refusal) -> str:
    subject = _subject(fact.provider)
    words = why_refused(subject, fact)
    return _row(fact.provider, fact.model, fact.says, words, *played.refused(subject, fact))


def _promise_line(each: Promise) -> str:
    return _row(each.provider, each.says, each.plugin, each.sheet, each.sandbox)


def _line(fact: Fact) -> str:
    found = looked_up(fact)
    sends = all(found.sent.get(name) == value for name, value in fact.sent.items())
    told = f", with a notice of {fact.noticed}" if fact.noticed else ""
    plugin = f"sent{told}" if sends else ""
    model = fact.model or "left out"
    return _row(fact.provider, model, fact.says, plugin, found.documented, found.answered)


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201 - its output is the page
