"""Checks of what the documents say of fields together: rules between them, and cautions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import evolve

from tintype_contracts.case import Case
from tintype_contracts.check import Finding, check_each
from tintype_contracts.fixtures.format import Rule
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import Builder, Built, builder_of, found_at
from tintype_contracts.strategies.named import is_given, is_meant
from tintype_contracts.strategies.values import PROMPT

_FEW = 2


def _breaking(subject: Subject) -> Iterator[Case]:
    """Requests that break a rule, of what each model takes."""
    builder = builder_of(subject)
    for rule in subject.fixtures.rules:
        for plain in builder.submissions():
            when = builder.all_of(plain, rule.when)
            if len(when) == len(rule.when):
                for given in _against(builder, plain, rule):
                    yield plain.giving(**given, **when)


def _against(builder: Builder, plain: Case, rule: Rule) -> Iterator[Mapping[str, object]]:
    left = [given for name in rule.left if (given := builder.value_of(plain, name))]
    right = [given for name in rule.right if (given := builder.value_of(plain, name))]
    match rule.relation:
        case "excludes":
            yield from ({**one, **other} for one in left for other in right)
        case "requires":
            yield from left
        case _:
            names = [name for given in left for name in given]
            yield from _too_many(builder, plain, names, int(rule.bound or 0) + 1)


def _too_many(
    builder: Builder, plain: Case, names: list[str], over: int
) -> Iterator[Mapping[str, object]]:
    """One more than there may be: as many as may be of one, and the rest of another."""
    model = builder.model(plain)
    references = (model.references and model.references.max_count) or over
    most = {"n": model.max_n, "references": references}
    for one in names:
        for other in names:
            count = over - min(most.get(one, over), over - 1)
            if one != other and count <= most.get(other, over):
                yield {one: over - count, other: count}


@check_each(
    "request.rules-between-fields",
    _breaking,
    level=1,
    none="The documents have no rule between fields.",
)
def rules_between_fields(subject: Subject, case: Case) -> Iterator[Finding]:
    """What the documents forbid together is refused, and what needs another is not sent alone.

    An upper sum of images, a format that has no transparency, a size beside a tier: what a
    provider makes of it, it bills.

    Raise `InvalidRequestError(field=…)` in the hook, or say it in the catalog.
    """
    for rule in subject.fixtures.rules:
        alone = rule.relation == "requires"
        builder = evolve(builder_of(subject), completes=not alone)
        built = builder.tried(case)
        arrived = built and all(builder.arrives(case, built, name) for name in builder.named(case))
        if built and arrived and _is_broken(builder, case, rule, built):
            message = f"{case} breaks a documented rule and is sent. Refuse it."
            yield Finding(message=message, src=rule.src)


def _is_broken(builder: Builder, case: Case, rule: Rule, built: Built) -> bool:
    """Whether a rule is about what is given, and what is sent breaks it."""
    concerned = not rule.models or case.given.get("model") in rule.models
    if not concerned or not all(is_given(spec, case) for spec in rule.when):
        return False
    left = [spec for spec in rule.left if is_given(spec, case)]
    match rule.relation:
        case "excludes":
            return bool(left) and any(is_given(spec, case) for spec in rule.right)
        case "requires":
            needed = [builder.value_of(case, spec) for spec in rule.right]
            return bool(left) and any(not _stands(builder, case, built, it) for it in needed if it)
        case _:
            counts = [
                each
                for name, each in case.given.items()
                if any(is_meant(spec, name, each) for spec in left)
            ]
            total = sum(each for each in counts if isinstance(each, int))
            return len(counts) > 1 and total > (rule.bound or 0)


def _stands(builder: Builder, case: Case, built: Built, given: Mapping[str, object]) -> bool:
    """Whether such a field stands in the body at all."""
    rows = [row for name in given for row in builder.rows_of(case, name)]
    return any(found_at(built, row) is not MISSING for row in rows)


def _misnamed(subject: Subject) -> Iterator[Case]:
    """Prompts that name none, one too few, one too many, and as many others."""
    builder = builder_of(subject)
    for plain in builder.submissions():
        for mark in _marks(builder, plain):
            for numbers in ((), (1,), (1, 2, 3), (2, 3)):
                prompt = " ".join([PROMPT, *(mark.format(number) for number in numbers)])
                yield plain.giving(prompt=prompt, references=_FEW)


def _marks(builder: Builder, case: Case) -> list[str]:
    return [row.mark for row in builder.rows(case) if row.mark]


@check_each(
    "request.references-are-named",
    _misnamed,
    level=1,
    none="No document says how a prompt names its references.",
)
def references_are_named(subject: Subject, case: Case) -> Iterator[Finding]:
    """A prompt names each reference by its documented mark, and none that is not there.

    What names another picture, or one too many, is refused by the provider or drawn of
    something else.

    Compare the marks of the prompt with the references in `submit`.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    for mark in _marks(builder, case) if built else ():
        before, after = map(re.escape, mark.split("{}"))
        named = built and set(map(int, re.findall(rf"{before}(\d+){after}", built.asked.prompt)))
        if built and named != set(range(1, len(built.asked.references) + 1)):
            message = f"{len(built.asked.references)} references are sent with {case}."
            yield Finding(message=f"{message} Refuse them.", got=built.asked.prompt)


def _cautioned(subject: Subject) -> Iterator[Case]:
    builder = builder_of(subject)
    for caution in subject.fixtures.cautions:
        for plain in builder.submissions():
            given = builder.all_of(plain, caution.fields)
            if given and caution.concerns(plain.given.get("model")):
                yield plain.giving(**given)


@check_each(
    "request.cautions-are-told",
    _cautioned,
    level=1,
    none="The documents caution against nothing.",
)
def cautions_are_told(subject: Subject, case: Case) -> Iterator[Finding]:
    """What is accepted and does not do what one thinks is refused, or sent with a notice.

    Nothing happens in silence: the caller reads of it before it is paid. What happens to two
    fields is not told by what would be said of either.

    Add a `Caution` to the model, with `when` where it takes two fields.
    """
    builder = builder_of(subject)
    built = builder.tried(case)
    arrived = built and all(builder.arrives(case, built, name) for name in builder.named(case))
    for caution in subject.fixtures.cautions if arrived else ():
        about = caution.concerns(case.given.get("model"))
        about &= all(is_given(spec, case) for spec in caution.fields)
        if built and about and not (_is_noticed(case, built) and _is_of_all(builder, case, built)):
            message = f"{case} is sent without the documented caution. Add a Caution."
            yield Finding(message=message, src=caution.src)


def _is_noticed(case: Case, built: Built) -> bool:
    """Whether a notice is of one of the given, or of options in general."""
    names = {each for name in case.asked for each in (name, name.split("/")[-1])}
    return not {*names, "options"}.isdisjoint(built.notices)


def _is_of_all(builder: Builder, case: Case, built: Built) -> bool:
    """Whether a notice of fields together is none of one alone, or names the value of another."""
    apart = [builder.tried(case.only("model", name)) for name in case.asked]
    known = {text for each in apart if each for text in each.told}
    others = list(case.asked.values())[1:]
    named = any(str(value) in text for value in others for text in built.told)
    return len(case.asked) == 1 or named or not known.issuperset(built.told)
