"""Requests with options of which the documents say that they do not know the price."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from tintype.errors import InvalidRequestError
from tintype.messages import Request
from tintype.models import Quote
from tintype.request import ImageRequest
from tintype_contracts.case import Case
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import documented_answers, verdict
from tintype_contracts.strategies.builder import Builder, builder_of


def with_options_unpriced(subject: Subject) -> Iterator[tuple[ImageRequest, Quote, str]]:
    """Each such request, what is quoted for it, and the source that says so."""
    builder = builder_of(subject)
    for caution in subject.fixtures.cautions:
        _, *names = caution.fields
        for plain in builder.submissions() if "price" in caution.fields else ():
            given = builder.all_of(plain, names)
            options = {name: it for name, it in given.items() if name.startswith("/")}
            for request, quote in _quoted(builder, plain.giving(**options)) if options else ():
                yield request, quote, caution.src


def _quoted(builder: Builder, case: Case) -> Iterator[tuple[ImageRequest, Quote]]:
    """By the table, or by every documented answer to a question that does not hold options."""
    subject = builder.subject
    try:
        request = builder.request(case)
        asked = submission_of(request, subject.info)
        said = subject.hooks.price(request=asked, quote=None)
    except InvalidRequestError:
        return
    if isinstance(said, Quote):
        yield request, said
    held = bool(builder.rows_of(evolve(case, place="price"), "options"))
    for answer in documented_answers(subject) if isinstance(said, Request) and not held else ():
        known = answer.context.request
        if answer.exchange.operation == "price" and known and known.model == request.model:
            more = evolve(known, options=request.options)
            told = verdict(subject, evolve(answer, context=evolve(answer.context, request=more)))
            if isinstance(told, Quote):
                yield more, told
