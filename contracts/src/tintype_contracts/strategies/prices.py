"""The requests that a price list is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from tintype_contracts.case import Case
from tintype_contracts.fixtures.format import PriceRow
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import builder_of
from tintype_contracts.strategies.values import most_references

MAX_IMAGES = 4
"""How many images are asked for at most; more are several submissions to most providers."""

STRANGE_MODEL = "acme/never-heard-of"
"""A model that no document names."""

STRANGE_OPTION = "/acme_never_heard_of"
"""An option that no document names."""

_SEVERAL = 3


def priced(subject: Subject) -> Iterator[Case]:
    """Every line of the table, every model, one that nobody knows, and every told price."""
    yield from (case.giving(n=2) for case in lines(subject))
    for model in (*(each.id for each in subject.info.models), STRANGE_MODEL):
        yield from (_case(model, {"n": n}) for n in (1, MAX_IMAGES))
    yield from (Case(place=exchange.id) for exchange in subject.exchanges("price"))


def strange_model(_: Subject) -> Iterator[Case]:
    """A model that no document names."""
    yield _case(STRANGE_MODEL, {})


def several(subject: Subject) -> Iterator[Case]:
    """More images than one of each model."""
    for model in subject.info.models:
        yield from (_case(model.id, {"n": n}) for n in range(2, MAX_IMAGES + 1))


def with_options(subject: Subject) -> Iterator[Case]:
    """Each line with an option of no document, and options of which documents know no price."""
    yield from (case.giving(**{STRANGE_OPTION: 9}) for case in lines(subject))
    builder = builder_of(subject)
    for caution in subject.fixtures.cautions:
        for plain in builder.submissions() if "price" in caution.fields else ():
            specs = [each for each in caution.fields if each != "price"]
            given = builder.all_of(plain, specs)
            options = {name: it for name, it in given.items() if name.startswith("/")}
            if options:
                yield _case(str(plain.given["model"]), options)


def lines(subject: Subject) -> Iterator[Case]:
    """Each model with each combination of the values that its lines name."""
    for model, when in combinations(subject):
        yield _case(model, when)


def counted_lines(subject: Subject) -> Iterator[Case]:
    """Each for as many images as are drawn at once, and as many references as it may be for."""
    for model, when in combinations(subject):
        for references in _numbers_of_references(subject, model, when):
            for n in range(1, most_at_once(subject, model) + 1):
                yield _case(model, {**when, "references": references, "n": n})


def _case(model: str, given: Mapping[str, object]) -> Case:
    """A question for a price; `references` is `yes`, `no`, or how many there are."""
    count = {"yes": 1, "no": 0}.get(str(given.get("references")), given.get("references"))
    plain = {name: value for name, value in given.items() if name != "references"}
    edits = {"references": count} if count else {}
    return Case(place="price", given={"model": model, **plain, **edits})


def combinations(subject: Subject) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each model with each combination of the values that its lines name."""
    for model in dict.fromkeys(row.model for row in subject.fixtures.prices):
        rows = _rows(subject, model)
        keys = sorted({key for row in rows for key in row.when})
        choices = [dict.fromkeys(row.when[key] for row in rows if key in row.when) for key in keys]
        yield from ((model, dict(zip(keys, each, strict=True))) for each in product(*choices))


def _rows(subject: Subject, model: str) -> Sequence[PriceRow]:
    return [row for row in subject.fixtures.prices if row.model == model]


def is_a_line(subject: Subject, case: Case) -> bool:
    """Whether a case says all that the lines of its model depend on."""
    rows = _rows(subject, builder_of(subject).model(case).id)
    keys = {key for row in rows for key in row.when} - {"references"}
    return bool(rows) and keys <= case.given.keys()


def line_of(subject: Subject, case: Case) -> PriceRow | None:
    """The line of the table that a case is about, or None."""
    edits = "yes" if case.given.get("references") else "no"
    asked = {**{name: str(value) for name, value in case.asked.items()}, "references": edits}
    rows = _rows(subject, builder_of(subject).model(case).id)
    return next((row for row in rows if row.when.items() <= asked.items()), None)


def as_callers_ask(subject: Subject, line: Case) -> Iterator[Case]:
    """A line as a caller may ask for it: by itself, with a ratio, by a name; and left open."""
    known = subject.info.limits(str(line.given["model"]))
    yield line
    for ratio in list(known.sizes.get(str(line.given.get("resolution")), ()))[:1]:
        yield line.giving(aspect_ratio=ratio)
    if known.name and subject.info.find(known.name) == known:
        yield line.giving(model=known.name)
    yield _case(known.id, {})


def _numbers_of_references(subject: Subject, model: str, when: Mapping[str, str]) -> Iterator[int]:
    """With as many source images as a line may be for: none, one, and several."""
    accepts = subject.info.limits(model).references
    if accepts is None or when.get("references") == "no":
        yield 0
        return
    if "references" not in when and not accepts.required:
        yield 0
    most = most_references(subject.info.limits(model), _SEVERAL)
    yield from (count for count in (1, _SEVERAL) if count <= most)


def most_at_once(subject: Subject, model: str) -> int:
    """How many images of a model are asked for in one submission."""
    return min(MAX_IMAGES, subject.info.limits(model).max_n)
