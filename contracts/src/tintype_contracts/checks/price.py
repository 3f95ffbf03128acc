"""price: what a picture costs is a Decimal that a document names, or it is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import evolve

from tintype.errors import TintypeError
from tintype.exchange import Operation
from tintype.messages import Request
from tintype.models import Quote, QuoteKind
from tintype_contracts.case import Case
from tintype_contracts.check import Finding, NotApplicable, check, check_each
from tintype_contracts.harness.lifecycle import asked
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Broken, documented_answers, verdict
from tintype_contracts.harness.virtual_time import course, in_order, quoting
from tintype_contracts.oracles.money import due, told_for_more
from tintype_contracts.oracles.values import impossible
from tintype_contracts.strategies.builder import builder_of
from tintype_contracts.strategies.named import is_given
from tintype_contracts.strategies.prices import (
    STRANGE_OPTION,
    as_callers_ask,
    combinations,
    counted_lines,
    is_a_line,
    line_of,
    lines,
    priced,
    several,
    strange_model,
    with_options,
)
from tintype_contracts.strategies.tellings import told
from tintype_contracts.strategies.values import PROMPT

_TABLELESS = "The provider is asked for its prices; there is no table in the plugin."


@check_each("price.exact-money", priced, level=2)
def exact_money(subject: Subject, case: Case) -> Iterator[Finding]:
    """Money is a finite Decimal from 0 on, or None: never a float, deep down either.

    `Decimal(0.1)` and `float` arithmetic lose cents that a budget counts. Write
    `Decimal("0.04")` in the catalog, and read prices into `Decimal` fields.
    """
    answer = _quoted(subject, case)
    if isinstance(answer, Broken):
        yield _finding(case, f"{answer.deed}.", "a Quote, a Request or None", answer.deed)
    for what in impossible(answer, Operation.PRICE) if isinstance(answer, Quote) else ():
        yield _finding(case, f"The quote {what}.", "a Decimal from 0 on", what)


def _counted(subject: Subject) -> Iterator[Case]:
    """Lines of which the plugin itself knows the price, or knows that it does not."""
    for case in counted_lines(subject):
        if isinstance(_quoted(subject, case), Quote | None):
            yield case


@check_each("price.documented-table", _counted, level=2, none=_TABLELESS)
def documented_table(subject: Subject, case: Case) -> Iterator[Finding]:
    """Each line of the price table is what `price` says, for one image and for several.

    All combinations of the values that a model's lines name are asked for, with 1 to 4
    images as far as the model draws them at once, from words alone and from one and three
    references. A combination that no line is for has no exact price, nor has what the documents
    caution is charged on top (`"price prompt"`): the line is the least of it.
    """
    quote = _quoted(subject, case)
    if is_a_line(subject, case) and isinstance(quote, Quote | None):
        yield from _compared(subject, case, quote)


@check_each("price.more-images-cost-no-less", several, level=2)
def more_images_cost_no_less(subject: Subject, case: Case) -> Iterator[Finding]:
    """Two images cost at least what one costs.

    A price that does not count the images is short of what will be charged.
    """
    n = case.given.get("n", 1)
    fewer = case.giving(n=n - 1) if isinstance(n, int) and n > 1 else case
    before, high = _high(_quoted(subject, fewer)), _high(_quoted(subject, case))
    if before is not None and high is not None and high < before:
        yield _finding(case, "More images cost less.", f"at least {before}", high)


@check_each("price.unknown-is-not-free", strange_model, level=2)
def unknown_is_not_free(subject: Subject, case: Case) -> Iterator[Finding]:
    """The price of a model that no document names is unknown, and not 0.

    Return None, or the question to the provider. A quote of 0 lets any budget pass.
    """
    quote = _quoted(subject, case)
    if isinstance(quote, Broken):
        yield _finding(case, f"{quote.deed}.", "None, or a Request", quote.deed)
    elif _is_free(subject, quote):
        return
    elif isinstance(quote, Quote) and quote.kind is not QuoteKind.UNKNOWN:
        message = "A model that nobody has heard of has a price. Return None."
        yield _finding(case, message, "None", quote.high)


@check_each("price.options-are-not-free", with_options, level=2, none=_TABLELESS)
def options_are_not_free(subject: Subject, case: Case) -> Iterator[Finding]:
    """A raw option that no document prices makes the price of a table unknown.

    `options` may ask for more images, or dearer ones, than the fields of the request say; a
    budget that counts the fields alone would be passed. `quote_from_prices` sees to it. Nor is a
    price exact, in a table or told, of a request with options of which the documents say so.
    """
    said = _quoted(subject, case)
    if STRANGE_OPTION in case.given:
        if _is_free(subject, said):
            return
        if isinstance(said, Quote) and said.kind is not QuoteKind.UNKNOWN:
            message = "With an option that nobody has heard of it has a price. Return None."
            yield _finding(case, message, "None", said.high)
        return
    for quote in _quotes(subject, case) if _is_cautioned(subject, case) else ():
        if quote.kind is QuoteKind.EXACT:
            message = "With options that no document prices it has an exact price."
            yield _finding(case, message, "a range, or None", quote.high)


def _is_free(subject: Subject, said: object) -> bool:
    """Whether a quote says what a document says of everything: that it costs nothing."""
    never = subject.fixtures.billing.charged == "never"
    return never and isinstance(said, Quote) and said.high == 0


def _is_cautioned(subject: Subject, case: Case) -> bool:
    """Whether the documents say of all that a case gives that they do not know the price."""
    return any(
        len(each.fields) > 1 and all(is_given(spec, case) for spec in set(each.fields) - {"price"})
        for each in subject.fixtures.cautions
        if "price" in each.fields and each.concerns(case.given.get("model"))
    )


@check_each("price.names-its-source", priced, level=2)
def names_its_source(subject: Subject, case: Case) -> Iterator[Finding]:
    """A known price says what is counted, in which unit, where that is written, and since when.

    `Quote.source` and `as_of` are what a caller holds against a bill; `lines` say what is
    counted. A price out of nowhere cannot be corrected when it changes. Where the documents
    disagree, `assumptions` say what was believed.
    """
    disputed = any(caution.fields == ("price",) for caution in subject.fixtures.cautions)
    quote = _quoted(subject, case)
    known = isinstance(quote, Quote) and quote.kind is not QuoteKind.UNKNOWN
    for what in _unstated(quote, disputed=disputed) if isinstance(quote, Quote) and known else ():
        yield _finding(case, f"The quote names no {what}.", what, "")


def _as_callers_ask(subject: Subject) -> Iterator[Case]:
    for line in lines(subject):
        if line_of(subject, line) and isinstance(_quoted(subject, line), Quote):
            yield from as_callers_ask(subject, line)


@check_each("price.is-of-what-is-sent", _as_callers_ask, level=2, none=_TABLELESS)
def is_of_what_is_sent(subject: Subject, case: Case) -> Iterator[Finding]:
    """The quote is for the very request that is sent: defaults filled in, fields changed.

    The core resolves a request against the catalog, and asks for its price then. So the
    price that a caller sees for a line of the table is that line's; and what is left open
    costs something within the quote, if the documents say what is sent in its place.
    """
    row = line_of(subject, case)
    if not is_a_line(subject, case):
        yield from _outside_the_open(subject, case)
    elif row is not None:
        request = builder_of(subject).request(case)
        went = course(subject, quoting(request), in_order([_silence()]))
        if isinstance(went.result, Quote):  # what the catalog does not admit the group doc tells
            yield from _compared(subject, case, went.result)


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
    """What the plugin says a credit is worth is what the documents say, each of them.

    Every quote and every budget in dollars is multiplied by it. Where documents disagree, a quote
    that believes the cheaper one lets a budget be kept that is not.

    Correct `credit_values` of the catalog.
    """
    documented = sorted(subject.fixtures.credit_usd)
    known = sorted(set(subject.info.credit_values.values()))
    if not documented:
        msg = "No document says what a credit is worth."
        raise NotApplicable(msg)
    if documented != known:
        message = "A credit is documented to cost another amount of dollars."
        yield Finding(message=message, expected=_worth(documented), got=_worth(known))


def _worth(values: Iterable[Decimal]) -> str:
    return " or ".join(map(str, values))


def _quoted(subject: Subject, case: Case) -> Quote | Request | Broken | None:
    """What `price` says of a case; of an exchange, what is made of its documented answer."""
    if case.place in subject.fixtures.exchanges:
        said = verdict(subject, told(subject, case))
        return said if isinstance(said, Quote) else None
    try:
        request = submission_of(builder_of(subject).request(case), subject.info)
        made: object = subject.hooks.price(request=request, quote=None)
    except Exception as error:  # noqa: BLE001 - a hook may do anything
        return Broken(deed=f"price() raised {type(error).__name__}: {error}")
    if made is None or isinstance(made, Quote | Request):
        return made
    return Broken(deed=f"price() returned a {type(made).__name__}")


def _quotes(subject: Subject, case: Case) -> Iterator[Quote]:
    """By the table, or by every documented answer to a question that does not hold options."""
    said = _quoted(subject, case)
    if isinstance(said, Quote):
        yield said
    held = builder_of(subject).rows_of(case, "options")
    for answer in _asked_prices(subject) if isinstance(said, Request) and not held else ():
        request, known = builder_of(subject).request(case), answer.context.request
        if known and known.model == request.model:
            more = evolve(answer.context, request=evolve(known, options=request.options))
            told_ = verdict(subject, evolve(answer, context=more))
            if isinstance(told_, Quote):
                yield told_


# ------------------------------------------------------------------------------ judging


def _compared(subject: Subject, case: Case, quote: Quote | None) -> Iterator[Finding]:
    """A quote that is not its line's; without a line nothing exact is to be said.

    Where the documents say that more comes on top, the line is the least, and not the most.
    """
    row = line_of(subject, case)
    if row is None:
        if quote is not None and quote.kind is QuoteKind.EXACT:
            yield _finding(case, "No line is for it, and it has a price.", None, quote.high)
        return
    wanted = due(subject, builder_of(subject).request(case), row)
    amounts = {} if wanted is None else {"usd": wanted.usd, "credits": wanted.credits}
    said = {} if quote is None else {"usd": (quote.low, quote.high), "credits": quote.credits}
    more = _is_cautioned(subject, case.giving(prompt=PROMPT))
    for money, amount in amounts.items():
        low, high = said.get(money) or (None, None)
        if amount is not None and (low != amount or (high == amount) is more):
            message = "The price is not the documented one. Correct the catalog's price list."
            least = f"{amount} and more" if more else amount
            yield _finding(case, message, least, said.get(money), row.src)


def _outside_the_open(subject: Subject, case: Case) -> Iterator[Finding]:
    """A quote for a request that leaves a documented default out, and does not cover it."""
    builder = builder_of(subject)
    rows = builder.rows(evolve(case, place="submit"))
    defaults = {row.neutral: row.default for row in rows if row.default is not None}
    model = builder.model(case).id
    quote = _quoted(subject, case)
    for found, when in combinations(subject):
        meant = found == model and all(str(defaults.get(key)) == it for key, it in when.items())
        row = line_of(subject, case.giving(**when)) if meant and when else None
        if row and row.usd is not None and isinstance(quote, Quote) and not _covers(quote, row.usd):
            message = "Left open, it is sent as by default, at a price outside the quote."
            yield _finding(case, message, row.usd, (quote.low, quote.high), row.src)


def _covers(quote: Quote, amount: Decimal) -> bool:
    if quote.low is None or quote.high is None:
        return True
    return quote.low <= amount <= quote.high


def _high(quote: object) -> Decimal | None:
    if not isinstance(quote, Quote):
        return None
    found: object = quote.credits_high if quote.high is None else quote.high
    return found if isinstance(found, Decimal) else None


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


def _finding(case: Case, message: str, expected: object, got: object, src: str = "") -> Finding:
    asked_for = f" (Asked: {case}.)" if case.given else ""
    return Finding(
        message=f"{message}{asked_for}", expected=_plain(expected), got=_plain(got), src=src
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
