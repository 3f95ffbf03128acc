"""The requests that a price list is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from attrs import evolve

from tintype.catalog import Model
from tintype.messages import JsonObject
from tintype.request import ImageRequest, Reference
from tintype_contracts.fixtures.format import PriceRow
from tintype_contracts.fixtures.values import data_uri, small_png
from tintype_contracts.harness.subject import Subject

MAX_IMAGES = 4
"""How many images are asked for at most; more are several submissions to most providers."""

STRANGE_MODEL = "acme/never-heard-of"
"""A model that no document names."""

STRANGE_OPTION: JsonObject = {"acme_never_heard_of": 9}
"""A raw option that no document names."""

_PROMPT = "a picture"
_SEVERAL = 3


def priced_requests(subject: Subject) -> Iterator[ImageRequest]:
    """Every line of the table, every model, and one that nobody knows."""
    for model, when, _ in combinations(subject):
        yield request_for(subject, model, when, 2)
    for known in (*subject.info.models, Model(id=STRANGE_MODEL)):
        for n in (1, MAX_IMAGES):
            yield request_for(subject, known.id, {}, n)


def combinations(subject: Subject) -> Iterator[tuple[str, Mapping[str, str], PriceRow | None]]:
    """Each model with each combination of the values that its lines name, and its line."""
    for model in dict.fromkeys(row.model for row in subject.fixtures.prices):
        rows = [row for row in subject.fixtures.prices if row.model == model]
        keys = sorted({key for row in rows for key in row.when})
        choices = [
            list(dict.fromkeys(row.when[key] for row in rows if key in row.when)) for key in keys
        ]
        for values in product(*choices):
            when = dict(zip(keys, values, strict=True))
            fitting = [row for row in rows if row.when.items() <= when.items()]
            yield model, when, fitting[0] if fitting else None


def request_for(
    subject: Subject,
    model: str,
    when: Mapping[str, str],
    n: int,
    options: JsonObject | None = None,
    references: int = 1,
) -> ImageRequest:
    """`n` images of a model, with the values that a line of the table names.

    `references` is how many source images there are, where the line is for any.
    """
    fields = {key: value for key, value in when.items() if key != "references"}
    edits = when.get("references") == "yes"
    given = (_reference(subject, model),) * references if edits else ()
    plain: dict[str, object] = {
        "prompt": _PROMPT,
        "model": model,
        "n": n,
        "references": given,
        "options": {subject.name: options} if options else {},
        **fields,
    }
    return ImageRequest(**plain)  # type: ignore[arg-type]  # the constructor checks each value


def as_callers_ask(subject: Subject, model: str, when: Mapping[str, str]) -> Iterator[ImageRequest]:
    """A line of the table as a caller may ask for it: by itself, with a ratio, by a name."""
    plain = request_for(subject, model, when, 1)
    yield plain
    known = subject.info.limits(model)
    for ratio in list(known.sizes.get(plain.resolution or "", ()))[:1]:
        yield evolve(plain, aspect_ratio=ratio)
    if known.name and subject.info.find(known.name) == known:
        yield evolve(plain, model=known.name)


def _reference(subject: Subject, model: str) -> Reference:
    taken = subject.info.limits(model).references
    data = small_png("reference 0")
    match taken.forms[0] if taken else "url":
        case "bytes":
            return Reference(data=data, media_type="image/png")
        case "data_uri":
            return Reference(url=data_uri(data, "image/png"))
        case _:
            return Reference(url="https://caller.test/reference.png")


def numbers_of_references(
    subject: Subject, model: str, when: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, str], int]]:
    """A line with as many source images as it may be for: none, one, and several."""
    accepts = subject.info.limits(model).references
    if accepts is None or when.get("references") == "no":
        yield when, 0
        return
    if "references" not in when and not accepts.required:
        yield when, 0
    for count in (1, _SEVERAL):
        if count <= (accepts.max_count or count):
            yield {**when, "references": "yes"}, count


def most_at_once(subject: Subject, model: str) -> int:
    """How many images of a model are asked for in one submission."""
    return min(MAX_IMAGES, subject.info.limits(model).max_n)
