"""Checks that what the plugin says of itself is what the documents say of its provider."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tintype.catalog import Model, ProviderInfo
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import SizeRow
from tintype_contracts.harness.subject import Subject

_RATIO = re.compile(r"([\d.]*[1-9][\d.]*):([\d.]*[1-9][\d.]*)")
_SIZE = re.compile(r"([1-9]\d*)x([1-9]\d*)")
_ROUNDED = 0.06
"""How far pixels may be off their ratio: sides are multiples of 8, 16 or 64."""


@check("doc.answers-are-waited-for", level=1)
def answers_are_waited_for(subject: Subject) -> Iterator[Finding]:
    """An answer, and a task, is waited for as long as the documents say that it may take.

    Who hangs up sooner is billed, and has nothing; who looks more often is turned away.

    Raise `request_timeout`, the provider's or that of the model, or `task_timeout`, or the
    pauses of `poll_schedule`.
    """
    if not subject.fixtures.timeouts:
        msg = "No document says how long an answer may take."
        raise NotApplicable(msg)
    for row in subject.fixtures.timeouts:
        for model in subject.info.models:
            waits = _waits(subject.info, model, row.operation)
            if waits < row.seconds and (not row.models or model.id in row.models):
                message = f"{row.operation} of {model.id} is documented with {row.seconds} s."
                yield Finding(message=message, expected=row.seconds, got=waits, src=row.src)
                break


def _waits(info: ProviderInfo, model: Model, what: str) -> float:
    """The seconds that the catalog gives an answer, a task, or the pause between two looks."""
    match what:
        case "task":
            return info.task_timeout
        case "pause":
            return min(info.poll_schedule)
        case _:
            return model.request_timeout or info.request_timeout


@check("doc.keys-are-read-from-documented-variables", level=1)
def keys_are_read_from_documented_variables(subject: Subject) -> Iterator[Finding]:
    """A key is read from a variable of its provider's, and from no other's.

    The key of another provider would be sent to this one.

    Leave `variables` out of the catalog, or enter the variable that the documents name in the
    sheet.
    """
    known = subject.info.variables
    if not known:
        msg = "The catalog names no variable: tintype's own are read."
        raise NotApplicable(msg)
    for name, variable in known.items():
        if variable not in subject.fixtures.variables:
            message = f"{name} is read from {variable}, which no document names."
            yield Finding(message=message, expected=subject.fixtures.variables, got=variable)


@check("doc.repeats-by-a-documented-key", level=1)
def repeats_by_a_documented_key(subject: Subject) -> Iterator[Finding]:
    """A lost submission is repeated by a key only if the documents have that key.

    By a header that the provider does not know the picture is paid twice.

    Take `idempotency` out of the catalog, or correct its name and its window.
    """
    known, documented = subject.info.idempotency, subject.fixtures.idempotency
    if known is None:
        msg = "No submission is repeated by a key."
        raise NotApplicable(msg)
    header = documented.header if documented else ""
    if known.header.lower() != header.lower():
        message = "A lost submission is repeated by a key that no document names."
        yield Finding(message=message, expected=header or None, got=known.header or known.field)
    elif documented and (known.window or 0) > (documented.seconds or float("inf")):
        message = "A key counts for a shorter time than the catalog says."
        yield Finding(message=message, expected=documented.seconds, got=known.window)


@check("doc.sizes-have-their-ratio", level=1)
def sizes_have_their_ratio(subject: Subject) -> Iterator[Finding]:
    """The pixels of a table of sizes have the ratio that they stand for, and are documented.

    The first needs no document: 16:9 is no square, and a portrait is higher than wide. The other
    holds where documents give pixels at all: no tier and no ratio beyond is guessed.

    Correct `sizes` of the model.
    """
    looked = False
    for model in subject.info.models:
        for tier, ratio, size, off in _sizes(model):
            looked = True
            if not _is_documented(subject.fixtures.sizes, model, (tier, ratio, size)):
                message = f"No document gives {ratio} of {model.id} at {tier} as {size}."
                yield Finding(message=message, got=size)
            if off > _ROUNDED:
                message = f"{size} of {model.id} at {tier} stands for {ratio}, and is not."
                yield Finding(message=message, expected=ratio, got=size)
    if not looked:
        msg = "No model has a table of sizes."
        raise NotApplicable(msg)


def _is_documented(rows: tuple[SizeRow, ...], model: Model, given: tuple[str, str, str]) -> bool:
    tier, ratio, size = given
    mine = [row for row in rows if not row.models or model.id in row.models]
    return not rows or any(row.tier == tier and row.sizes.get(ratio) == size for row in mine)


def _sizes(model: Model) -> Iterator[tuple[str, str, str, float]]:
    """Each tier, ratio and size, and by how much they differ."""
    for tier, ratios in model.sizes.items():
        for ratio, size in ratios.items():
            asked, drawn = _RATIO.fullmatch(ratio), _SIZE.fullmatch(size)
            if asked and drawn:
                wanted, got = (float(each[1]) / float(each[2]) for each in (asked, drawn))
                yield tier, ratio, size, abs(wanted - got) / wanted
