"""Requests with options of which the documents say that they do not know the price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from tintype.catalog import Model
from tintype.errors import InvalidRequestError
from tintype.messages import Request
from tintype.models import Quote
from tintype.request import ImageRequest
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import documented_answers, verdict
from tintype_contracts.strategies.builder import Builder
from tintype_contracts.strategies.named import all_of
from tintype_contracts.strategies.together import options_of


def with_options_unpriced(subject: Subject) -> Iterator[tuple[ImageRequest, Quote, str]]:
    """Each such request, what is quoted for it, and the source that says so."""
    builder = Builder(subject)
    for caution in subject.fixtures.cautions:
        _, *names = caution.fields
        for model in builder.models() if "price" in caution.fields else ():
            given = all_of(builder, model, names)
            options = options_of(builder, given)
            for request, quote in _quoted(builder, model, options) if options else ():
                yield request, quote, caution.src


def _quoted(
    builder: Builder, model: Model, options: Mapping[str, object]
) -> Iterator[tuple[ImageRequest, Quote]]:
    """By the table, or by every documented answer to a question that does not hold options."""
    subject = builder.subject
    try:
        request = builder.request(model, options=options)
        asked = submission_of(request, subject.info)
        said = subject.hooks.price(request=asked, quote=None)
    except InvalidRequestError:
        return
    if isinstance(said, Quote):
        yield request, said
    held = any(row.neutral == "options" for row in builder.rows("price", model.id))
    for answer in documented_answers(subject) if isinstance(said, Request) and not held else ():
        known = answer.context.request
        if answer.exchange.operation == "price" and known and known.model == model.id:
            more = evolve(known, options=request.options)
            told = verdict(subject, evolve(answer, context=evolve(answer.context, request=more)))
            if isinstance(told, Quote):
                yield more, told
