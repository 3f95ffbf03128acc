"""What the price table makes of a request, and what a live answer makes of more images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import evolve, frozen

from tintype.models import Quote, QuoteLine
from tintype.request import ImageRequest
from tintype_contracts.fixtures.format import PriceRow
from tintype_contracts.fixtures.neutral import rows_for
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, documented_answers
from tintype_contracts.strategies.prices import MAX_IMAGES, most_at_once


@frozen
class Due:
    """What is to be paid; None is unknown, or not in that money."""

    usd: Decimal | None
    credits: Decimal | None


def due(subject: Subject, request: ImageRequest, row: PriceRow) -> Due | None:
    """A line of the table for a request, and what comes on top of it.

    None where a unit is counted that only the work will tell, or whose parts nobody rounds, and
    where no document says whether references cost anything.
    """
    silent = row.model not in {each.model for each in subject.fixtures.surcharges}
    if request.references and silent and "references" not in row.when:
        return None
    counts = {"image": request.n, "request": 1, "reference": len(request.references)}
    edits = "yes" if request.references else "no"
    asked = {"references": edits, **_texts(request)}
    on_top = [
        each
        for each in subject.fixtures.surcharges
        if each.model == row.model and each.when.items() <= asked.items()
    ]
    rows = [(each, counts.get(each.unit)) for each in (row, *on_top)]
    if any(count is None for _, count in rows):
        return None
    return Due(
        _sum((each.usd, count or 0) for each, count in rows),
        _sum((each.credits, count or 0) for each, count in rows),
    )


def _sum(amounts: Iterator[tuple[Decimal | None, int]]) -> Decimal | None:
    known = [amount * count for amount, count in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _texts(request: ImageRequest) -> Mapping[str, str]:
    names = ("resolution", "quality", "size", "aspect_ratio", "output_format", "background")
    return {name: str(value) for name in names if (value := getattr(request, name)) is not None}


def told_for_more(subject: Subject) -> Iterator[tuple[Answer, Quote]]:
    """Live prices told in answer to a request for more images, and what they come to.

    Where the question says how many images are asked for, the answer is for these; where it
    does not, each image costs what the answer says, and what is asked for once costs it once.
    """
    for answer in documented_answers(subject):
        request = answer.context.request
        quote = subject.rehearsal.tell(answer.exchange)
        if answer.exchange.operation != "price" or request is None:
            continue
        if not isinstance(quote, Quote) or request.n != 1 or answer.streamed:
            continue
        for model, n in _several(subject, request):
            more = evolve(request, model=model, n=n)
            told = _renamed(answer, request.model, model)
            yield evolve(told, context=evolve(told.context, request=more)), _of(subject, quote, n)


def _several(subject: Subject, request: ImageRequest) -> Iterator[tuple[str, int]]:
    """The request's own model, or the first that draws several at once, with each number."""
    ids = (request.model or "", *(model.id for model in subject.info.models))
    model = next((each for each in ids if most_at_once(subject, each) > 1), None)
    for n in range(2, MAX_IMAGES + 1):
        if model is not None and n <= most_at_once(subject, model):
            yield model, n


def _renamed(answer: Answer, old: str | None, new: str) -> Answer:
    def named(value: object) -> object:
        match value:
            case Mapping():
                return {key: named(item) for key, item in value.items()}
            case _ if is_array(value):
                return [named(item) for item in value]
            case _:
                return new if value == old else value

    return answer if old == new else answer.saying(named(answer.body))


def _of(subject: Subject, one: Quote, n: int) -> Quote:
    """What a quote for one image is for `n`."""
    rows = [row for row in subject.fixtures.parameters if row.operation == "price"]
    if any(row.neutral == "n" for row in rows_for(rows, one.model)):
        return one
    apart = sum((_amount(line) for line in one.lines if not _is_drawn(line)), Decimal(0))

    def times(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else (amount - apart) * n + apart

    return evolve(one, low=times(one.low), high=times(one.high))


def _is_drawn(line: QuoteLine) -> bool:
    """Whether a line counts what is drawn: not what goes in, and not the asking."""
    return not line.billable.startswith("input") and line.unit not in {"request", "reference"}


def _amount(line: QuoteLine) -> Decimal:
    return (line.unit_price or Decimal(0)) * (line.quantity or Decimal(0))
