"""Checks of what the documents say of fields together: rules between them, and cautions."""

from __future__ import annotations

from collections.abc import Iterator

from tintype.catalog import Model
from tintype.errors import InvalidRequestError
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import Rule
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import PROMPT, Builder, Built, found_at
from tintype_contracts.strategies.named import all_of, value_of
from tintype_contracts.strategies.together import Given, Together, ask, given_as
from tintype_contracts.strategies.values import references

_FEW = 2


@check("request.rules-between-fields", level=1)
def rules_between_fields(subject: Subject) -> Iterator[Finding]:
    """What the documents forbid together is refused, and what needs another is not sent alone.

    An upper sum of images, a format that has no transparency, a size beside a tier: what a
    provider makes of it, it bills.

    Raise `InvalidRequestError(field=…)` in the hook, or say it in the catalog.
    """
    _needs(subject.fixtures.rules, "The documents have no rule between fields.")
    builder = Builder(subject)
    for rule in subject.fixtures.rules:
        for model in builder.models():
            when = all_of(builder, model, rule.when)
            if len(when) < len(rule.when) or (rule.models and model.id not in rule.models):
                continue
            for given in ((*each, *when) for each in _breaking(builder, model, rule)):
                built = ask(builder, "submit", model, given)
                if built and _broken(builder, model, rule, built, given):
                    shown = ", ".join(map(str, given))
                    message = f"{shown} of {model.id} breaks a documented rule and is sent."
                    yield Finding(message=f"{message} Refuse it.", got=shown, src=rule.src)


@check("request.references-are-named", level=1)
def references_are_named(subject: Subject) -> Iterator[Finding]:
    """A prompt names each reference by its documented mark, and none that is not there.

    What names another picture, or one too many, is refused by the provider or drawn of
    something else.

    Compare the marks of the prompt with the references in `submit`.
    """
    builder = Builder(subject)
    looked = False
    for model in builder.models():
        for row in builder.rows("submit", model.id):
            given = references(_FEW, builder.form(model))
            for prompt in _misnamed(row.mark, len(given)) if row.mark else ():
                looked = True
                if _is_sent(builder, model, prompt=prompt, references=given):
                    message = f"{len(given)} references of {model.id} are sent with {prompt!r}."
                    yield Finding(message=f"{message} Refuse them.", got=prompt, src=row.src)
    if not looked:
        msg = "No document says how a prompt names its references."
        raise NotApplicable(msg)


def _is_sent(builder: Builder, model: Model, **fields: object) -> bool:
    try:
        return builder.build("submit", model, **fields) is not None
    except InvalidRequestError:
        return False


def _misnamed(mark: str, count: int) -> Iterator[str]:
    """Prompts that name none, one too few, one too many, and as many others."""
    for numbers in ((), range(1, count), range(1, count + 2), range(2, count + 2)):
        yield " ".join([PROMPT, *(mark.format(number) for number in numbers)])


@check("request.cautions-are-told", level=1)
def cautions_are_told(subject: Subject) -> Iterator[Finding]:
    """What is accepted and does not do what one thinks is refused, or sent with a notice.

    Nothing happens in silence: the caller reads of it before it is paid. What happens to two
    fields is not told by what would be said of either.

    Add a `Caution` to the model, with `when` where it takes two fields.
    """
    _needs(subject.fixtures.cautions, "The documents caution against nothing.")
    builder = Builder(subject)
    for caution in subject.fixtures.cautions:
        for model in builder.models():
            given = all_of(builder, model, caution.fields)
            built = ask(builder, "submit", model, given) if given else None
            if (
                built
                and all(each.arrives(built) for each in given)
                and not (_is_noticed(built, given) and _is_of_both(builder, model, built, given))
            ):
                shown = ", ".join(map(str, given))
                message = f"{shown} of {model.id} is sent without the documented caution."
                yield Finding(message=f"{message} Add a Caution.", got=shown, src=caution.src)


def _is_noticed(built: Built, given: Together) -> bool:
    """Whether a notice is of one of these, or of options in general."""
    names = {name for each in given for name in (each.name, each.name.split("/")[-1])}
    return not {*names, "options"}.isdisjoint(built.notices)


def _is_of_both(builder: Builder, model: Model, built: Built, given: Together) -> bool:
    """Whether a notice of fields together is none of one alone, or names the value of another."""
    apart = [ask(builder, "submit", model, (each,)) for each in given]
    known = {text for each in apart if each for text in each.told}
    named = any(str(each.value) in text for each in given[1:] for text in built.told)
    return len(given) == 1 or named or not known.issuperset(built.told)


def _needs(rows: tuple[object, ...], why: str) -> None:
    if not rows:
        raise NotApplicable(why)


def _breaking(builder: Builder, model: Model, rule: Rule) -> Iterator[Together]:
    """Requests that break a rule, of what the model takes."""
    left = [value_of(builder, model, name) for name in rule.left]
    right = [value_of(builder, model, name) for name in rule.right]
    match rule.relation:
        case "excludes":
            yield from ((one, other) for one in left for other in right if one and other)
        case "requires":
            yield from ((one,) for one in left if one)
        case _:
            yield from _too_many(builder, model, rule, [each for each in left if each])


def _too_many(builder: Builder, model: Model, rule: Rule, given: list[Given]) -> Iterator[Together]:
    """One more than there may be: as many as may be of one, and the rest of another."""
    over = int(rule.bound or 0) + 1
    most = {
        "n": model.max_n,
        "references": (model.references and model.references.max_count) or over,
    }
    for one in given:
        for other in given:
            count = over - min(most.get(one.name, over), over - 1)
            if one is not other and count <= most.get(other.name, over):
                pair = ((one, over - count), (other, count))
                yield tuple(given_as(it, _amount(builder, model, it, much)) for it, much in pair)


def _amount(builder: Builder, model: Model, given: Given, count: int) -> object:
    return references(count, builder.form(model)) if given.name == "references" else count


def _broken(builder: Builder, model: Model, rule: Rule, built: Built, given: Together) -> bool:
    """Whether what is sent breaks the rule."""
    if not all(each.arrives(built) for each in given):
        return False
    if rule.relation == "requires":
        needed = [value_of(builder, model, name) for name in rule.right]
        return any(each and not _stands(built, each) for each in needed)
    return True


def _stands(built: Built, given: Given) -> bool:
    """Whether the field stands in the body at all, or with its value where the rule names one."""
    return any(found_at(built, row) is not MISSING for row in given.rows)
