"""Checks that a plugin's catalog says what the documents say, and that these are alive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tintype.catalog import Model
from tintype.errors import InvalidRequestError
from tintype_contracts.case import Case
from tintype_contracts.check import Finding, NotApplicable, check, check_each
from tintype_contracts.fixtures.ageing import ages
from tintype_contracts.fixtures.format import Sourced
from tintype_contracts.fixtures.messages import as_documented
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.coverage import happy_path
from tintype_contracts.strategies.builder import builder_of
from tintype_contracts.strategies.offered import offered

# ------------------------------------------------------------------ who is spoken to


@check("doc.hosts", level=1)
def hosts(subject: Subject) -> Iterator[Finding]:
    """The origins that the plugin declares are the documented ones, in their order.

    Keys go to these and to no other; the first is the one that is used.

    `ProviderInfo.origins` equals `hosts.api` of the fixtures.
    """
    documented, declared = subject.fixtures.hosts.api, subject.info.origins
    if documented != declared:
        message = "The plugin's origins are not the documented ones. Correct describe()."
        yield Finding(message=message, expected=documented, got=declared, pointer="/hosts/api")


@check("doc.auth", level=1)
def auth(subject: Subject) -> Iterator[Finding]:
    """The key is shown in the documented header and form.

    `Bearer` in front of a key that wants none is a 401 that no fixture shows.

    The scheme in `ProviderInfo.auth` equals `auth` of the fixtures: its header, or the parameter
    of the query as `?name`, the form, a placeholder where the secret stands, and whether the
    provider answers without it.
    """
    documented, declared = subject.fixtures.auth, subject.info.auth
    header, form = declared.shown
    wanted = (documented.header.lower(), documented.form, documented.optional)
    got = (header.lower(), as_documented(form), declared.optional)
    if wanted != got:
        message = "The key is shown otherwise than documented. Correct auth in describe()."
        src = documented.src
        yield Finding(message=message, expected=wanted, got=got, pointer="/auth", src=src)


@check("doc.webhooks", level=1)
def webhooks(subject: Subject) -> Iterator[Finding]:
    """The plugin offers webhooks where they are documented, and only there.

    Offered in vain, a caller waits for a call that never comes.

    `ProviderInfo.webhooks` is True exactly where the fixtures have a table `webhooks`.
    """
    documented, offered = subject.fixtures.webhooks, subject.info.webhooks
    if offered != (documented is not None):
        message = "Webhooks are offered and not documented, or the other way round."
        src = documented.src if documented else ""
        yield Finding(message=message, expected=documented is not None, got=offered, src=src)


# -------------------------------------------------------------------- what is offered


@check("doc.models", level=1)
def models(subject: Subject) -> Iterator[Finding]:
    """The catalog and the tables speak of the same models.

    A model in one and not in the other is a misspelt id, or a list that was not kept.

    Every id in the rows of parameters and prices is in the catalog; where the documents
    list the models, every model of the catalog is in that list.
    """
    catalog = {model.id for model in subject.info.models}
    rows = subject.fixtures.parameters
    named = [(model, row.src) for row in rows for model in row.models]
    named += [(row.model, row.src) for row in subject.fixtures.prices]
    listed = [row for row in rows if row.neutral == "model" and row.enum]
    named += [(str(model), row.src) for row in listed for model in row.enum]
    for model, src in dict(named).items():
        if model not in catalog:
            message = f"The tables name {model}, which is not in the catalog. Add or correct it."
            yield Finding(message=message, expected=model, got=sorted(catalog), src=src)
    for row in listed:
        for model in sorted(catalog - {str(value) for value in row.enum}):
            message = f"The catalog offers {model}, which no document lists."
            yield Finding(message=message, pointer=row.wire, src=row.src)


@check("doc.priced-models", level=1)
def priced_models(subject: Subject) -> Iterator[Finding]:
    """Every model with prices in the catalog has rows in the price table.

    A price that stands in no table was made up, or has lost its source. Where a document says
    that nothing is ever charged, nothing is a price of every model.

    Add the row with its source, or take the price away.
    """
    documented = {row.model for row in subject.fixtures.prices}
    free = subject.fixtures.billing.charged == "never"
    for model in (*subject.info.models, subject.info.general):
        prices = [each for each in model.prices if not (free and each.usd == 0)]
        if prices and model.id not in documented:
            whose = model.id or "Any other model"
            yield Finding(message=f"{whose} has a price that no row of the tables has.")


def _offered(subject: Subject) -> Iterator[Case]:
    builder = builder_of(subject)
    for plain in builder.submissions():
        yield from (plain.giving(**fields) for fields in offered(builder.model(plain)))


@check_each("doc.offers-only-what-is-documented", _offered, level=1)
def offers_only_what_is_documented(subject: Subject, case: Case) -> Iterator[Finding]:
    """What the catalog allows, the parameter table allows.

    Every word, every end of a range and every size that a model's catalog entry admits is
    asked for; the body that is built has to be a documented one.

    Take the value out of the catalog, or add it to the row with its source.
    """
    builder = builder_of(subject)
    message = f"The catalog allows {case}."
    try:
        built = builder.build(case)
    except InvalidRequestError as error:
        yield Finding(message=f"{message} It is refused: {error}")
        return
    for objection in builder.objections(case, built) if built else ():
        yield Finding(message=f"{message} {objection}")


@check("doc.references", level=1)
def references(subject: Subject) -> Iterator[Finding]:
    """A model takes source images where the table has a field for them, and only there.

    `Model.references` decides whether the core lets a reference through.

    Set it for the models of the row, with the documented maximum; leave it None elsewhere.
    """
    builder = builder_of(subject)
    for plain in builder.submissions():
        model = builder.model(plain)
        fitting = builder.rows_of(plain, "references")
        rows = [row for row in fitting if row.concerns(model.id)]
        documented = bool(rows)
        offered = model.references is not None or bool(model.edits_with)
        if documented and not offered:
            message = f"{model.id} is documented to take source images, and the catalog says no."
            yield Finding(message=message, pointer=rows[0].wire, src=rows[0].src)
        if model.references is not None and not documented and not model.references.uploads:
            message = f"The catalog lets {model.id} take source images; no row has a field for it."
            yield Finding(message=message)


# ------------------------------------------------------------------ what it stands on


@check("doc.catalog-sources", level=1)
def catalog_sources(subject: Subject) -> Iterator[Finding]:
    """Every model, limit and price of the catalog names the document it comes from.

    A fact without a source cannot be checked again when the provider changes.

    Set `source`, and `as_of` of a price.
    """
    info = subject.info
    if not info.sources:
        yield Finding(message="ProviderInfo.sources is empty: list the documents it was read from.")
    for model in info.models:
        for place, lacks in _sourceless(model):
            yield Finding(message=f"{place} of {model.id} names no {lacks}. Write it down.")


def _sourceless(model: Model) -> Iterator[tuple[str, str]]:
    """What lacks its source, or its day."""
    sources = [("The entry", model.source)]
    sources += [(f"The limit of {name}", row.source) for name, row in model.parameters.items()]
    sources += [("A price", price.source) for price in model.prices]
    if model.references is not None:
        sources.append(("What is said about references", model.references.source))
    yield from ((place, "source") for place, source in sources if not source)
    yield from (("A price", "day (as_of)") for price in model.prices if price.as_of is None)


@check("doc.draws-a-picture", level=1)
def draws_a_picture(subject: Subject) -> Iterator[Finding]:
    """The fixtures hold a scene from a question to a picture.

    Without one nothing that the other checks say is about drawing.

    Write the story `generated`: the submission, and what is asked until the task has
    succeeded. Where no document shows the end, infer it and say why.
    """
    if not happy_path(subject.fixtures):
        yield Finding(message="No scene ends in a task that succeeded. Write the story generated.")


@check("doc.provenance", level=2)
def provenance(subject: Subject) -> Iterator[Finding]:
    """Where the money goes is written in a document: the address, the key, the submission.

    An answer may be inferred, and the report says so. The submission is what is paid for;
    if no document shows it, nothing proves that the plugin speaks to this provider at all.

    Find the document and name it as `src`. Without one there is no level 2.
    """
    facts: list[tuple[str, Sourced]] = [("The header of the key", subject.fixtures.auth)]
    submits = [row for row in subject.fixtures.routes if row.operation == "submit"]
    facts += [(f"The address {row.path}", row) for row in submits]
    for name, row in facts:
        if row.kind == "inferred":
            yield Finding(message=f"{name} is inferred ({row.why}). Find its document.")
    if not submits:
        yield Finding(message="No route is for submit. Add it, with its source.")


@check("doc.age", level=2)
def age(subject: Subject) -> Iterator[Finding]:
    """No document was read more than a year before the day that `--today` names.

    Ages are counted only where a day is given: a suite that goes red by itself gets
    ignored. Run it with a day on a schedule.

    Read the document again, mend what changed, then write the new day into `retrieved`.
    """
    today = subject.options.get("today")
    if today is None:
        msg = "No day was given: ages are counted with --today."
        raise NotApplicable(msg)
    for old in ages(subject.fixtures, date.fromisoformat(today)):
        if old.severity == "error":
            fault = old.fault()
            message = f"{old.source}: {fault.message} {fault.mend}"
            yield Finding(message=message, pointer=fault.pointer, src=old.source)
