"""price: what a picture costs is a Decimal that a document names, or it is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tintype.errors import TintypeError
from tintype.exchange import Operation
from tintype.messages import Request
from tintype.models import Quote, QuoteKind
from tintype.request import ImageRequest
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import PriceRow
from tintype_contracts.harness.lifecycle import asked
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Broken, documented_answers, verdict
from tintype_contracts.harness.virtual_time import course, in_order, quoting
from tintype_contracts.oracles.money import due, told_for_more
from tintype_contracts.oracles.values import impossible
from tintype_contracts.strategies.prices import (
    MAX_IMAGES,
    STRANGE_MODEL,
    STRANGE_OPTION,
    as_callers_ask,
    combinations,
    most_at_once,
    numbers_of_references,
    priced_requests,
    request_for,
)
from tintype_contracts.strategies.unpriced import with_options_unpriced

_TABLELESS = "The provider is asked for its prices; there is no table in the plugin."


@check("price.exact-money", level=2)
def exact_money(subject: Subject) -> Iterator[Finding]:
    """Money is a finite Decimal from 0 on, or None: never a float, deep down either.

    `Decimal(0.1)` and `float` arithmetic lose cents that a budget counts. Write
    `Decimal("0.04")` in the catalog, and read prices into `Decimal` fields.
    """
    for request in priced_requests(subject):
        answer = _priced(subject, request)
        if isinstance(answer, Broken):
            yield _finding(request, f"{answer.deed}.", "a Quote, a Request or None", answer.deed)
        elif isinstance(answer, Quote):
            for what in impossible(answer, Operation.PRICE):
                yield _finding(request, f"The quote {what}.", "a Decimal from 0 on", what)
    for told, quote in _answered(subject):
        for what in impossible(quote, Operation.PRICE):
            yield _told_finding(told, f"The quote {what}.", "a Decimal from 0 on", what)


@check("price.documented-table", level=2)
def documented_table(subject: Subject) -> Iterator[Finding]:
    """Each line of the price table is what `price` says, for one image and for several.

    All combinations of the values that a model's lines name are asked for, with 1 to 4
    images as far as the model draws them at once, from words alone and from one and three
    references. A combination that no line is for has no exact price.
    """
    looked = False
    for model, when, row in combinations(subject):
        for line, references in numbers_of_references(subject, model, when):
            for n in range(1, most_at_once(subject, model) + 1):
                request = request_for(subject, model, line, n, references=references)
                quote = _priced(subject, request)
                if not isinstance(quote, Quote | None):
                    continue  # it is asked; the answer is looked at below
                looked = True
                yield from _compared(subject, request, quote, row)
    if not looked:
        raise NotApplicable(_TABLELESS)


@check("price.more-images-cost-no-less", level=2)
def more_images_cost_no_less(subject: Subject) -> Iterator[Finding]:
    """Two images cost at least what one costs.

    A price that does not count the images is short of what will be charged.
    """
    for model in subject.info.models:
        before: Decimal | None = None
        for n in range(1, MAX_IMAGES + 1):
            request = request_for(subject, model.id, {}, n)
            quote = _priced(subject, request)
            high = _high(quote)
            if before is not None and high is not None and high < before:
                yield _finding(request, "More images cost less.", f"at least {before}", high)
            before = high


@check("price.unknown-is-not-free", level=2)
def unknown_is_not_free(subject: Subject) -> Iterator[Finding]:
    """The price of a model that no document names is unknown, and not 0.

    Return None, or the question to the provider. A quote of 0 lets any budget pass.
    """
    request = request_for(subject, STRANGE_MODEL, {}, 1)
    quote = _priced(subject, request)
    if isinstance(quote, Broken):
        yield _finding(request, f"{quote.deed}.", "None, or a Request", quote.deed)
    elif isinstance(quote, Quote) and quote.kind is not QuoteKind.UNKNOWN:
        message = "A model that nobody has heard of has a price. Return None."
        yield _finding(request, message, "None", quote.high)


@check("price.options-are-not-free", level=2)
def options_are_not_free(subject: Subject) -> Iterator[Finding]:
    """A raw option that no document prices makes the price of a table unknown.

    `options` may ask for more images, or dearer ones, than the fields of the request say; a
    budget that counts the fields alone would be passed. `quote_from_prices` sees to it. Nor is a
    price exact, in a table or told, of a request with options of which the documents say so.
    """
    looked = False
    for request, said, src in with_options_unpriced(subject):
        looked = True
        if said.kind is QuoteKind.EXACT:
            message = "With options that no document prices it has an exact price."
            yield _finding(request, message, "a range, or None", said.high, src)
    for model, when, row in combinations(subject):
        plain = request_for(subject, model, when, 1)
        if row is None or not isinstance(_priced(subject, plain), Quote):
            continue  # it is asked, or not known
        looked = True
        request = request_for(subject, model, when, 1, STRANGE_OPTION)
        quote = _priced(subject, request)
        if isinstance(quote, Quote) and quote.kind is not QuoteKind.UNKNOWN:
            message = "With an option that nobody has heard of it has a price. Return None."
            yield _finding(request, message, "None", quote.high)
    if not looked:
        raise NotApplicable(_TABLELESS)


@check("price.names-its-source", level=2)
def names_its_source(subject: Subject) -> Iterator[Finding]:
    """A known price says what is counted, in which unit, where that is written, and since when.

    `Quote.source` and `as_of` are what a caller holds against a bill; `lines` say what is
    counted. A price out of nowhere cannot be corrected when it changes. Where the documents
    disagree, `assumptions` say what was believed.
    """
    disputed = any(caution.fields == ("price",) for caution in subject.fixtures.cautions)
    known = list(_known(subject))
    if not known:
        msg = "No price is known, by any document."
        raise NotApplicable(msg)
    for quote, asked_for in known:
        for what in _unstated(quote, disputed=disputed):
            message = f"The quote names no {what}."
            if isinstance(asked_for, ImageRequest):
                yield _finding(asked_for, message, what, "")
            else:
                yield _told_finding(asked_for, message, what, "")


@check("price.answers-are-read-as-documented", level=2)
def answers_are_read_as_documented(subject: Subject) -> Iterator[Finding]:
    """A documented answer to the question for a price comes to the documented price.

    By `parse`, and by the core, which puts the dollars of a credit beside it.
    """
    answers = _asked_prices(subject)
    if not answers:
        msg = "The provider has no question for a price."
        raise NotApplicable(msg)
    for answer in answers:
        try:
            found = subject.rehearsal.outcome_differences(answer.exchange)
        except Exception as error:  # noqa: BLE001 - a hook may do anything
            yield _told_finding(answer, "The price cannot be read.", "a Quote", repr(error))
            continue
        for difference in found:
            yield Finding.of(
                difference,
                "The documented answer comes to another price.",
                exchange=answer.exchange.id,
                src=answer.exchange.src,
            )
        yield from _quoted_otherwise(subject, answer)


@check("price.live-prices-count-images", level=2)
def live_prices_count_images(subject: Subject) -> Iterator[Finding]:
    """A documented answer to the question for a price is multiplied by the images asked for.

    Each is told in answer to a request for 2, 3 and 4 images of a model that draws them at
    once. Where the question itself says how many, the answer is for these already.
    """
    looked = False
    for answer, wanted in told_for_more(subject):
        looked = True
        said = verdict(subject, answer)
        got = said if isinstance(said, Quote) else Quote()
        for name in ("low", "high", "credits_low", "credits_high"):
            due_, told = getattr(wanted, name), getattr(got, name)
            least = subject.rehearsal.tell(answer.exchange) if "low" in name else wanted
            if told not in {due_, getattr(least, name, due_)}:  # fewer than n may be drawn
                n = asked(answer).n
                message = f"The {name} of {n} images is not what {n} images cost."
                yield _told_finding(answer, message, due_, told)
    if not looked:
        msg = "No live price is documented of a model that draws several images at once."
        raise NotApplicable(msg)


@check("price.a-credit-is-what-it-costs", level=2)
def a_credit_is_what_it_costs(subject: Subject) -> Iterator[Finding]:
    """What the plugin says a credit is worth is what the documents say.

    Every quote and every budget in dollars is multiplied by it.

    Correct `usd_per_credit` of the catalog.
    """
    documented, known = subject.fixtures.credit_usd, subject.info.usd_per_credit
    if documented is None:
        msg = "No document says what a credit is worth."
        raise NotApplicable(msg)
    if documented != known:
        message = "A credit is documented to cost another amount of dollars."
        yield Finding(message=message, expected=str(documented), got=_plain(known))


@check("price.is-of-what-is-sent", level=2)
def is_of_what_is_sent(subject: Subject) -> Iterator[Finding]:
    """The quote is for the very request that is sent: defaults filled in, fields changed.

    The core resolves a request against the catalog, and asks for its price then. So the
    price that a caller sees for a line of the table is that line's; and what is left open
    costs something within the quote, if the documents say what is sent in its place.
    """
    looked = False
    for model, when, row in combinations(subject):
        known = _priced(subject, request_for(subject, model, when, 1))
        if row is None or not isinstance(known, Quote):
            continue
        for request in as_callers_ask(subject, model, when):
            went = course(subject, quoting(request), in_order([_silence()]))
            if not isinstance(went.result, Quote):
                continue  # the catalog does not admit the line: the group doc tells that
            looked = True
            yield from _compared(subject, request, went.result, row)
        yield from _outside_the_open(subject, model, when, row)
    if not looked:
        raise NotApplicable(_TABLELESS)


def _priced(subject: Subject, request: ImageRequest) -> Quote | Request | Broken | None:
    try:
        said: object = subject.hooks.price(request=submission_of(request, subject.info), quote=None)
    except TintypeError as error:
        return Broken(deed=f"price() raised {type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        return Broken(deed=f"price() raised {type(error).__name__}: {error}")
    if said is None or isinstance(said, Quote | Request):
        return said
    return Broken(deed=f"price() returned a {type(said).__name__}")


# ------------------------------------------------------------------------------ judging


def _compared(
    subject: Subject, request: ImageRequest, quote: Quote | None, row: PriceRow | None
) -> Iterator[Finding]:
    """A quote that is not its line's; without a line nothing exact is to be said."""
    if row is None:
        if quote is not None and quote.kind is QuoteKind.EXACT:
            yield _finding(request, "No line is for it, and it has a price.", None, quote.high)
        return
    wanted = due(subject, request, row)
    if wanted is None:
        return
    if wanted.usd is not None:
        got = None if quote is None else (quote.low, quote.high)
        yield from _amounts(request, row, wanted.usd, got)
    if wanted.credits is not None:
        counted = None if quote is None else quote.credits
        yield from _amounts(request, row, wanted.credits, counted)


def _amounts(
    request: ImageRequest, row: PriceRow, due: Decimal, got: tuple[object, object] | None
) -> Iterator[Finding]:
    if got != (due, due):
        message = "The price is not the documented one. Correct the catalog's price list."
        yield _finding(request, message, due, got, row.src)


def _outside_the_open(
    subject: Subject, model: str, when: Mapping[str, str], row: PriceRow
) -> Iterator[Finding]:
    """A quote for a request that leaves a documented default out, and does not cover it."""
    defaults = {
        parameter.neutral: str(parameter.default)
        for parameter in subject.fixtures.parameters
        if parameter.operation == "submit"
        and parameter.concerns(model)
        and parameter.default is not None
    }
    if not when or row.usd is None or any(defaults.get(key) != when[key] for key in when):
        return
    request = request_for(subject, model, {}, 1)
    quote = _priced(subject, request)
    if isinstance(quote, Quote) and not _covers(quote, row.usd):
        message = "Left open, it is sent as documented by default, at a price outside the quote."
        yield _finding(request, message, row.usd, (quote.low, quote.high), row.src)


def _covers(quote: Quote, amount: Decimal) -> bool:
    if quote.low is None or quote.high is None:
        return True
    return quote.low <= amount <= quote.high


def _high(quote: object) -> Decimal | None:
    if not isinstance(quote, Quote):
        return None
    found: object = quote.credits_high if quote.high is None else quote.high
    return found if isinstance(found, Decimal) else None


def _known(subject: Subject) -> Iterator[tuple[Quote, ImageRequest | Answer]]:
    """Every quote that says something, with what it was made of."""
    for request in priced_requests(subject):
        quote = _priced(subject, request)
        if isinstance(quote, Quote) and quote.kind is not QuoteKind.UNKNOWN:
            yield quote, request
    for answer, told in _answered(subject):
        if told.kind is not QuoteKind.UNKNOWN:
            yield told, answer


def _unstated(quote: Quote, *, disputed: bool) -> Iterator[str]:
    if disputed and not quote.assumptions:
        yield "assumption, and the documents disagree about the price"
    if not quote.source:
        yield "source"
    if quote.as_of is None:
        yield "day (as_of)"
    if not quote.lines:
        yield "line"
    if any(not line.unit or not line.billable for line in quote.lines):
        yield "unit and billable of a line"


# -------------------------------------------------------------------- asked for a price


def _asked_prices(subject: Subject) -> list[Answer]:
    return [
        answer
        for answer in documented_answers(subject)
        if answer.exchange.operation == "price" and not answer.streamed
    ]


def _answered(subject: Subject) -> Iterator[tuple[Answer, Quote]]:
    for answer in _asked_prices(subject):
        said = verdict(subject, answer)
        if isinstance(said, Quote):
            yield answer, said


def _quoted_otherwise(subject: Subject, answer: Answer) -> Iterator[Finding]:
    """What the core's quote makes of a price that `parse` has read."""
    said = verdict(subject, answer)
    if not isinstance(said, Quote) or not said.final or answer.context.quote is not None:
        return
    request = asked(answer)
    went = course(subject, quoting(request), in_order([answer]))
    if not isinstance(went.result, Quote):
        return
    read, quoted = _in_its_own_money(said, said), _in_its_own_money(said, went.result)
    if read != quoted:
        yield _told_finding(answer, "The core quotes another price than was read.", read, quoted)


def _in_its_own_money(said: Quote, quote: Quote) -> tuple[Decimal | None, Decimal | None]:
    """A quote in dollars where the provider says dollars, else in credits."""
    return quote.credits if said.low is None else (quote.low, quote.high)


def _silence() -> TintypeError:
    return TintypeError("Nothing is to be sent for a price that the plugin knows.")


def _finding(
    request: ImageRequest, message: str, expected: object, got: object, src: str = ""
) -> Finding:
    asked_for = {
        name: value
        for name in ("model", "n", "resolution", "quality", "size")
        if (value := getattr(request, name)) is not None
    }
    shown = ", ".join(f"{name}={value!r}" for name, value in asked_for.items())
    return Finding(
        message=f"{message} (Asked: {shown}{', with a reference' if request.references else ''}.)",
        expected=_plain(expected),
        got=_plain(got),
        src=src,
    )


def _told_finding(answer: Answer, message: str, expected: object, got: object) -> Finding:
    return Finding(
        message=message,
        expected=_plain(expected),
        got=_plain(got),
        exchange=answer.exchange.id,
        src=answer.exchange.src,
    )


def _plain(value: object) -> object:
    return value if value is None else str(value)
