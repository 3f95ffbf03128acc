"""The check that what a catalog says beside its parameters is what the sheet says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial, reduce
from operator import attrgetter, itemgetter, or_
from typing import TypeAlias

from tintype.catalog import (
    Choice,
    Descriptor,
    Integer,
    Model,
    Number,
    Object,
    Pixels,
    References,
)
from tintype.request import Role
from tintype_contracts.check import Finding, check
from tintype_contracts.fixtures.format import Fixtures, Parameter, Sourced
from tintype_contracts.harness.subject import Subject

_Said: TypeAlias = Sequence[tuple[object, Sourced]]
"""What documents say of something of a model: each value with its source."""
_Known: TypeAlias = Callable[[Model], object]
_Documented: TypeAlias = Callable[[Fixtures, Model], _Said]


@check("doc.catalog-is-documented", level=1)
def catalog_is_documented(subject: Subject) -> Iterator[Finding]:
    """What the catalog says of a model beside what it takes, the documents say.

    What it is called elsewhere, how long results are kept, how many submissions there may be,
    when a model retires and what follows it, how many references of a role, of how many bytes,
    the pixels of a ratio, the words and bounds of what only an option says, and what is meant
    where a field is left out: the core finds, stamps, refuses and prices by it. So does it by
    the words of moderation, which a documented refusal says.

    Say in the catalog what `[models]`, `[results]`, `[limits]`, `[retires]`, `[sizes]` and
    `[fields]` of the sheet say, and None where nobody says.
    """
    refusals = _refusals(subject.fixtures)
    for word in subject.info.moderation:
        if word.casefold() not in refusals:
            yield Finding(message=f"No documented refusal says {word!r}: moderation.", got=word)
    for model in (*subject.info.models, subject.info.general):
        for name, known, said in (*_compared(subject.fixtures, model), *_options(subject, model)):
            values = [value for value, _ in said]
            absent = known is None and (not values or name == _MASKS)
            if known in values or absent or (name == _NAME and not values):
                continue
            told = "is documented otherwise" if values else "is what no document says"
            src = said[0][1].src if said else ""
            message = f"{name} of {model.id or 'any other model'} {told}."
            yield Finding(message=message, expected=values or None, got=known, src=src)


def _compared(fixtures: Fixtures, model: Model) -> Iterator[tuple[str, object, _Said]]:
    """Everything that is compared: what it is, and what both sides say of it."""
    for name, (known, documented) in _TABLE.items():
        yield name, known(model) or None, documented(fixtures, model)
    if not model.id:  # of any other model the rows of single models say nothing
        return
    if "aspect_ratio" not in model.parameters:  # else a ratio is sent, and no pixels
        yield "sizes", model.sizes or None, _sizes(fixtures, model)
    for name, default in _defaults(model):
        yield f"The default {name}", default, _default(name, fixtures, model)
    for role in model.references.roles if model.references else ():
        yield f"max_of {role}", _bound(role, model), _most(role, fixtures, model)


def _options(subject: Subject, model: Model) -> Iterator[tuple[str, object, _Said]]:
    """What only an option of a model says, by its words or its bounds.

    One that is inferred, whose price nobody knows, or whose words and bounds nobody says, need
    not be described.
    """
    info, every = subject.info, subject.fixtures.fields
    unpriced = {each for row in subject.fixtures.cautions for each in row.fields}
    rows = [row for row in every if row.operation == "submit" and row.place == "body"]
    mine = [row for row in rows if row.concerns(model.id) and model.id]
    objects = {name: it for name, it in info.described(model).items() if isinstance(it, Object)}
    known = reduce(or_, [it.fields for it in objects.values()], dict(info.described(model)))
    holders = {"", *(name for name, it in objects.items() if it.fields)}
    holders |= {row.wire.rpartition("/")[2] for row in mine if row.neutral == "options"}
    fields = [f"{row.wire}/" for row in mine if row.neutral not in {None, "options"}]
    for row in mine:
        *above, name = row.wire.split("/")
        a_field = any(each.startswith(f"{row.wire}/") for each in fields) or name in info.wire_names
        if row.neutral is None and above[-1] in holders and not a_field:
            bounds = frozenset(map(str, row.enum)) or (row.min, row.max)
            unsaid = row.kind == "inferred" or name in unpriced or bounds == (None, None)
            extent = True if unsaid and name not in known else _extent(known.get(name))
            yield f"The option {name}", bounds if extent is True else extent, [(bounds, row)]


# --------------------------------------------------------------------- what the catalog says


def _extent(descriptor: Descriptor | None) -> object:
    """The words of an option, or its bounds; True where it has neither, None of no option."""
    match descriptor:
        case Choice(values=values):
            return frozenset(values)
        case Integer(low=low, high=high) | Number(low=low, high=high):
            return tuple(None if each is None else Decimal(str(each)) for each in (low, high))
        case _:
            return None if descriptor is None else True


def _defaults(model: Model) -> Iterator[tuple[str, object]]:
    """Each field or raw option that is said to mean something where it is left out."""
    given = {**model.parameters, **model.options}
    sized = given.get("size")
    if isinstance(sized, Pixels):
        halves = {"size.width": sized.width, "size.height": sized.height}
        given |= {name: half for name, half in halves.items() if half}
    for name, descriptor in given.items():
        default = getattr(descriptor, "default", None)
        if default is not None and default != "":
            yield name, default


def _reference(name: str, model: Model) -> object:
    return getattr(model.references, name, None)


def _bound(role: Role, model: Model) -> int | None:
    """The most references of a role that the catalog lets through; of masks it is one."""
    takes = model.references or References(forms=())
    alone = role != "mask" and not set(takes.roles) - {role, "mask"}
    bounds = [takes.max_of.get(role), takes.max_count if alone else None]
    return min((bound for bound in bounds if bound is not None), default=None)


# ----------------------------------------------------------------------- what the sheet says


def _rows(name: str, fixtures: Fixtures, model: Model) -> Sequence[Parameter]:
    """The fields of a submission that are meant by a neutral name, or by one of their own.

    Where a field has a row of the model's own, that of all models is not meant.
    """
    sent = [row for row in fixtures.fields if row.operation == "submit" and not row.ignored]
    mine = [row for row in sent if row.concerns(model.id) and name in _names(row)]
    own = {row.wire for row in mine if row.models}
    return [row for row in mine if row.models or row.wire not in own]


def _names(row: Parameter) -> tuple[str, ...]:
    half = f"{row.neutral}.{row.side}" if row.side else str(row.neutral)
    return (half, row.wire.rpartition("/")[2])


def _default(name: str, fixtures: Fixtures, model: Model) -> _Said:
    """What is meant where a field is left out; of a size in two fields, both together."""
    rows = _rows(name, fixtures, model)
    said = [(row.meant(row.default), row) for row in rows if row.default is not None]
    if name != "size":
        return said
    wide, high = (_default(f"size.{side}", fixtures, model) for side in ("width", "height"))
    both = zip(wide, high, strict=False)
    return [*said, *((f"{width}x{height}", row) for (width, row), (height, _) in both)]


def _most(role: Role, fixtures: Fixtures, model: Model) -> _Said:
    """The most of a role: of the fields for it, the widest; nothing where one has no end."""
    taking = _rows("references", fixtures, model)
    rows = [row for row in taking if (row.role or "image") == role]
    ends = [(row.max_items or (0 if row.type == "array" else 1), row) for row in rows]
    return [max(ends, key=itemgetter(0))] if ends and all(end for end, _ in ends) else []


def _bytes(fixtures: Fixtures, model: Model) -> _Said:
    rows = _rows("references", fixtures, model)
    return [(row.max_bytes, row) for row in rows if row.max_bytes is not None]


def _limit(what: str, fixtures: Fixtures, model: Model) -> _Said:
    """What holds for the model; else what holds for all."""
    rows = [row for row in fixtures.limits if row.what == what]
    own = [row for row in rows if model.id in row.models]
    return [(row.most, row) for row in own or (row for row in rows if not row.models)]


def _sizes(fixtures: Fixtures, model: Model) -> _Said:
    """The table of sizes of a model, by tier and ratio."""
    rows = [row for row in fixtures.sizes if model.id in (row.models or {model.id})]
    tiers = {
        row.tier: reduce(or_, [it.sizes for it in rows if it.tier == row.tier]) for row in rows
    }
    return [(tiers, rows[0])] if rows else []


def _refusals(fixtures: Fixtures) -> str:
    """All that documented refusals of moderation say."""
    told = [each for each in fixtures.exchanges.values() if each.expect.outcome == "task"]
    refused = [each.response for each in told if each.expect.fields.get("state") == "refused"]
    return "\n".join(map(repr, refused)).casefold()


def _retirement(name: str, fixtures: Fixtures, model: Model) -> _Said:
    rows = (row for row in fixtures.retires if row.model == model.id)
    return [(getattr(row, name), row) for row in rows if getattr(row, name)]


def _kept(fixtures: Fixtures, _: Model) -> _Said:
    return [(fixtures.results.kept_seconds, fixtures.results)] if fixtures.results else []


def _name(fixtures: Fixtures, model: Model) -> _Said:
    name = fixtures.names.get(model.id, "")
    return [(name, Sourced(src="", kind="adapted"))] if name else []


_TABLE: Mapping[str, tuple[_Known, _Documented]] = {
    "name": (attrgetter("name"), _name),
    "results_kept": (attrgetter("results_kept"), _kept),
    "max_in_flight": (attrgetter("max_in_flight"), partial(_limit, "in_flight")),
    "requests_per_minute": (attrgetter("requests_per_minute"), partial(_limit, "a_minute")),
    "retires": (attrgetter("retires"), partial(_retirement, "day")),
    "successor": (attrgetter("successor"), partial(_retirement, "successor")),
    "max_bytes of references": (partial(_reference, "max_bytes"), _bytes),
}
"""What is compared of every model: the catalog's field, and where the sheet has it."""
_NAME = "name"
"""A canonical name that no document gives is the catalog's own."""
_MASKS = "max_of mask"
"""Of masks there is one, whatever a catalog says."""
