"""Plugins that misunderstand an answer, each failed by the check for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.bent import row, understanding

from tintype.errors import ProtocolError, ServerError
from tintype.exchange import Exchange
from tintype.messages import Delivery, Response
from tintype.models import Cost, Task, TaskState
from tintype_contracts.checks import all_checks

PARSE = tuple(check.id for check in all_checks() if check.group == "parse")
Parse: TypeAlias = Callable[[Exchange], object]


def _body(exchange: Exchange) -> bytes:
    message = exchange.message
    return message.body if isinstance(message, Response | Delivery) else b""


def _always_running(parse: Parse, exchange: Exchange) -> object:
    value = parse(exchange)
    return evolve(value, state=TaskState.RUNNING) if isinstance(value, Task) else value


def _the_first_alone(parse: Parse, exchange: Exchange) -> object:
    value = parse(exchange)
    return evolve(value, images=value.images[:1]) if isinstance(value, Task) else value


def _backwards(parse: Parse, exchange: Exchange) -> object:
    value = parse(exchange)
    return evolve(value, images=value.images[::-1]) if isinstance(value, Task) else value


def _narrow(parse: Parse, exchange: Exchange) -> object:
    if b"tintype_strange_key" in _body(exchange):
        msg = "An unknown key."
        raise ProtocolError(msg)
    return parse(exchange)


def _forgetful(parse: Parse, exchange: Exchange) -> object:
    value = parse(exchange)
    return evolve(value, raw={}) if isinstance(value, Task) else value


def _by_hand(parse: Parse, exchange: Exchange) -> object:
    return parse(exchange) if b'"id"' in _body(exchange) else json.loads(_body(exchange))["id"]


def _vague(parse: Parse, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except ProtocolError as error:
        msg = "Something is wrong"
        raise ProtocolError(msg, status=error.status) from None


def _by_plain_utf_8(parse: Parse, exchange: Exchange) -> object:
    if _body(exchange).startswith(b"\xef\xbb\xbf"):
        msg = "A mark."
        raise ProtocolError(msg)
    return parse(exchange)


def _by_content_type(parse: Parse, exchange: Exchange) -> object:
    message = exchange.message
    if isinstance(message, Response) and message.header("content-type") != "application/json":
        msg = "No JSON."
        raise ServerError(msg)
    return parse(exchange)


def _undaunted(parse: Parse, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except ProtocolError:
        return exchange.task or Task(id="task-1")


def _through_floats(parse: Parse, exchange: Exchange) -> object:
    value = parse(exchange)
    if isinstance(value, Task) and value.cost and value.cost.usd is not None:
        return evolve(value, cost=Cost(usd=Decimal(str(float(value.cost.usd)))))
    return value


def _hoarding(parse: Parse, exchange: Exchange) -> object:
    value = parse(exchange)
    if isinstance(value, Task) and b"b64" in _body(exchange):
        return evolve(value, raw=json.loads(_body(exchange)))
    return value


BENT: list[tuple[str, str, Callable[..., object]]] = [
    ("parse.documented-answer", "by_id", _always_running),
    ("parse.images-in-order", "by_id", _the_first_alone),
    ("parse.images-in-order", "by_id", _backwards),
    ("parse.images-in-order", "at_once", _the_first_alone),
    ("parse.unknown-keys-tolerated", "by_id", _narrow),
    ("parse.unknown-keys-tolerated", "by_id", _forgetful),
    ("parse.missing-keys-are-told", "by_id", _by_hand),
    ("parse.missing-keys-are-told", "by_id", _vague),
    ("parse.encodings", "by_id", _by_plain_utf_8),
    ("parse.encodings", "by_id", _by_content_type),
    ("parse.truncated", "by_id", _undaunted),
    ("parse.not-an-answer", "by_id", _undaunted),
    ("parse.numbers-exact", "by_id", _through_floats),
    ("parse.no-image-in-raw", "at_once", _hoarding),
]


@pytest.mark.parametrize(("check", "style", "parse"), BENT)
def test_a_plugin_that_misunderstands_is_failed(
    check: str, style: str, parse: Callable[..., object]
) -> None:
    """By the check for it, which is not stopped by an exception."""
    found = row(check, understanding(style, parse))
    assert found.outcome == "fail"
    assert "could not be finished" not in found.findings[0].message


def test_every_check_of_the_group_catches_something() -> None:
    """A check that nothing fails is worse than none."""
    assert set(PARSE) == {check for check, _, _ in BENT}


@pytest.mark.parametrize("name", reference.NAMES)
@pytest.mark.parametrize("check", PARSE)
def test_the_reference_plugins_understand_everything(check: str, name: str) -> None:
    """Each of the four styles."""
    assert row(check, reference.subject(name)).findings == ()


def test_an_error_of_another_kind_is_told_and_stops_nothing() -> None:
    """A KeyError in one exchange does not hide what is wrong in the next."""

    def breaks(parse: Parse, exchange: Exchange) -> object:
        if not isinstance(exchange.message, Response):
            raise KeyError
        return parse(exchange)

    subject = understanding("by_id", breaks)
    told = row("parse.documented-answer", subject).findings
    assert {finding.exchange.partition("/")[0] for finding in told} >= {"webhook_completed"}
