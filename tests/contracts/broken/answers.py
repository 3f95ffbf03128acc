"""Plugins that misread what they are told."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import NoReturn

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    MULTIPART,
    Hook,
    Row,
    Way,
    body_of,
    bytes_of,
    looks,
    reads,
    rewrites,
    tells,
    told,
)

from tintype.errors import BadRequestError, Billed, ProtocolError, ServerError
from tintype.exchange import Exchange, Operation
from tintype.messages import Response
from tintype.models import Cost, Image, TaskState, Update


def _trip(message: str, error: type[Exception] = ProtocolError) -> NoReturn:
    raise error(message)


# ------------------------------------------------------------------------------- parse


def _narrow(parse: Hook, exchange: Exchange) -> object:
    if b"tintype_strange_key" in bytes_of(exchange):
        _trip("An unknown key.")
    return parse(exchange)


def _by_hand(parse: Hook, exchange: Exchange) -> object:
    told_ = bytes_of(exchange)
    return parse(exchange) if b'"id"' in told_ else json.loads(told_)["id"]


def _vague(parse: Hook, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except ProtocolError as error:
        msg = "Something is wrong"
        raise ProtocolError(msg, status=error.status) from None


def _by_plain_utf_8(parse: Hook, exchange: Exchange) -> object:
    if bytes_of(exchange).startswith(b"\xef\xbb\xbf"):
        _trip("A mark.")
    return parse(exchange)


def _by_content_type(parse: Hook, exchange: Exchange) -> object:
    message = exchange.message
    if isinstance(message, Response) and message.header("content-type") != "application/json":
        _trip("No JSON.", ServerError)
    return parse(exchange)


def _in_ascii(parse: Hook, exchange: Exchange) -> object:
    bytes_of(exchange).decode("ascii")
    return parse(exchange)


def _undaunted(parse: Hook, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except ProtocolError:
        return Update(id="task-1")


def _through_floats(_: Exchange, task: Update) -> Update:
    known = task.cost and task.cost.usd is not None
    return evolve(task, cost=Cost(usd=Decimal(str(float(task.cost.usd))))) if known else task


def _rounds(body: dict[str, object]) -> None:
    if "cost_usd" in body:
        body["cost_usd"] = round(float(str(body["cost_usd"])), 4)


def _hoards(parse: Hook, exchange: Exchange) -> object:
    said = parse(exchange)
    if isinstance(said, Update) and b"b64" in bytes_of(exchange):
        return evolve(said, raw=json.loads(bytes_of(exchange)))
    return said


def _in_milliseconds(_: Exchange, task: Update) -> Update:
    return evolve(task, poll_after=(task.poll_after or 0) * 1000)


# ------------------------------------------------------------------------------ strict


def _text_of_everything(body: dict[str, object]) -> None:
    error = body.get("error")
    for key in ("code", "message"):
        if isinstance(error, dict) and key in error:
            error[key] = str(error[key])


def _number(body: dict[str, object]) -> None:
    if "cost_usd" in body:
        body["cost_usd"] = float(body["cost_usd"] or 0)


def _whole(body: dict[str, object]) -> None:
    if isinstance(body.get("progress"), int | float):
        body["progress"] = int(body["progress"])


def _listed(body: dict[str, object]) -> None:
    images = body.get("images")
    if isinstance(images, dict) and "url" in images:
        body["images"] = [images]


def _truth(body: dict[str, object]) -> None:
    if "success" in body:
        body["success"] = bool(body["success"])


def _asks_a_list_for_its_status(parse: Hook, exchange: Exchange) -> object:
    told_ = body_of(exchange)
    if exchange.operation is Operation.POLL and told_ is not None and told_["status"] == "":
        _trip("No status.")
    return parse(exchange)


def _guesses(state: TaskState) -> Way:
    def change(parse: Hook, exchange: Exchange) -> object:
        try:
            return parse(exchange)
        except ProtocolError as error:
            if error.pointer != "/status" and "'status'" not in str(error):
                raise
            return Update(id="task-1", state=state)

    return reads(change)


def _denies_the_money(body: object) -> None:
    if isinstance(body, dict) and not isinstance(body.get("status", ""), str):
        _trip("The status is no text.", BadRequestError)


# ---------------------------------------------------------------------------- generous


def _insists_on_progress(body: object) -> None:
    if isinstance(body, dict) and not isinstance(body.get("progress", 0), int):
        _trip("The progress is no number.")


def _insists_on_every_picture(_: Exchange, task: Update) -> Update:
    if task.state is TaskState.PARTIAL:
        raise ProtocolError(task.errors[0].message)
    return task


def _hides_what_is_lost(_: Exchange, task: Update) -> Update:
    lost = task.state is TaskState.PARTIAL
    return evolve(task, state=TaskState.SUCCEEDED, errors=()) if lost else task


def _invents_a_picture(_: Exchange, task: Update) -> Update:
    lost = task.state is TaskState.PARTIAL
    made = Image(url="https://cdn.by-id.test/none", index=len(task.images))
    return evolve(task, images=(*task.images, made)) if lost else task


def _counts_lines(body: object) -> None:
    if "\\n" in json.dumps(body):
        _trip("The image is not base64.")


def _spells_status(body: object) -> None:
    status = body.get("status", "") if isinstance(body, dict) else ""
    if isinstance(status, str) and status != status.lower():
        _trip("The status is not documented.")


def _wants_text(body: object) -> None:
    if isinstance(body, dict) and isinstance(body.get("id"), int):
        _trip("The id is no text.")


# -------------------------------------------------------------------------------- fuzz


def asks_for_keys(parse: Hook, exchange: Exchange) -> object:
    """Takes it for granted that an id is text."""
    body = body_of(exchange)
    if exchange.operation is Operation.POLL and isinstance(body, dict) and "error" not in body:
        body["id"].lower()
    return parse(exchange)


def gives_up_softly(parse: Hook, exchange: Exchange) -> object:
    """Takes what it cannot read for a success."""
    try:
        return parse(exchange)
    except ProtocolError:
        return Update(id="t", state=TaskState.SUCCEEDED)


def counts_money_in_floats(parse: Hook, exchange: Exchange) -> object:
    """Its costs are no decimals."""
    said = parse(exchange)
    if isinstance(said, Update) and said.cost:
        return evolve(said, cost=Cost(usd=float(said.cost.usd or 0)))
    return said


def trips_over_two(parse: Hook, exchange: Exchange) -> object:
    """Breaks where two things are missing at once."""
    body = body_of(exchange)
    if isinstance(body, dict) and body.get("status") == "done":
        first = (body.get("images") or [{}])[0]
        if isinstance(first, dict) and "width" not in first and "cost_usd" not in body:
            raise KeyError(body["status"])
    return parse(exchange)


def trips_over_values(parse: Hook, exchange: Exchange) -> object:
    """Breaks where a number is large."""
    body = body_of(exchange)
    if isinstance(body, dict) and isinstance(body.get("progress"), int) and body["progress"] > 1000:
        raise ValueError(body["progress"])
    return parse(exchange)


def ends_early(parse: Hook, exchange: Exchange) -> object:
    """Told "done" first, it claims a picture that it has not."""
    body = body_of(exchange)
    early = exchange.operation is Operation.EVENT and isinstance(body, dict)
    if early and body.get("type") == "done":
        return Update(state=TaskState.SUCCEEDED)
    return parse(exchange)


def _spells_headers(parse: Hook, exchange: Exchange) -> object:
    if isinstance(exchange.message, Response) and exchange.message.headers:
        assert dict(exchange.message.headers)["Content-Type"]
    return parse(exchange)


def _sinks_into_lists(parse: Hook, exchange: Exchange) -> object:
    with contextlib.suppress(ValueError):
        json.loads(bytes_of(exchange))
    return parse(exchange)


def _grows_with_the_square(parse: Hook, exchange: Exchange) -> object:
    bytes(len(bytes_of(exchange)) ** 2 // 3000)  # a megabyte takes 300
    return parse(exchange)


def _negative(_: Exchange, task: Update) -> Update:
    return evolve(task, cost=Cost(usd=Decimal(-1))) if task.cost else task


def _images(**fields: object) -> Way:
    """Sets fields of every image that it has read."""

    def change(_: Exchange, task: Update) -> Update:
        return evolve(task, images=tuple(evolve(image, **fields) for image in task.images))

    return told(change)


_LOSES: tuple[tuple[str, Way], ...] = (
    (BY_ID, tells(id="")),
    (BY_ID, tells(progress=None)),
    (BY_ID, tells(errors=())),
    (BY_ID, tells(billed=Billed.NO)),
    (BY_URL, tells(cost=None)),
    (BY_URL, tells(notes={})),
    (BY_URL, tells(poll_after=None)),
    (AT_ONCE, tells(usage=None)),
    (AT_ONCE, tells(previews=())),
    (AT_ONCE, tells(billed=Billed.UNKNOWN)),
    (BY_ID, _images(preview_url=None)),
    (BY_ID, _images(width=None, height=None)),
    (BY_URL, _images(seed=None)),
    (MULTIPART, _images(media_type="")),
)

ROWS = (
    Row("parse.documented-answer", BY_ID, tells(state=TaskState.RUNNING)),
    *(Row("parse.documented-answer", plugin, way) for plugin, way in _LOSES),
    Row("parse.images-in-order", BY_ID, _images(index=0)),
    Row("parse.documented-answer", BY_URL, told(_in_milliseconds)),
    Row(
        "parse.images-in-order",
        BY_ID,
        told(lambda _, task: evolve(task, images=task.images[:1])),
    ),
    Row(
        "parse.images-in-order",
        AT_ONCE,
        told(lambda _, task: evolve(task, images=task.images[:1])),
    ),
    Row(
        "parse.images-in-order",
        MULTIPART,
        told(lambda _, task: evolve(task, images=task.images[::-1])),
    ),
    Row("parse.unknown-keys-tolerated", BY_ID, reads(_narrow)),
    Row("parse.unknown-keys-tolerated", MULTIPART, tells(raw={})),
    Row("parse.missing-keys-are-told", BY_ID, reads(_by_hand)),
    Row("parse.missing-keys-are-told", BY_ID, reads(_vague)),
    Row("parse.encodings", BY_ID, reads(_by_plain_utf_8)),
    Row("parse.encodings", BY_ID, reads(_by_content_type)),
    Row("parse.encodings", AT_ONCE, reads(_in_ascii)),
    Row("parse.truncated", BY_ID, reads(_undaunted)),
    Row("parse.truncated", MULTIPART, reads(_undaunted)),
    Row("parse.not-an-answer", BY_ID, reads(_undaunted)),
    Row("parse.numbers-exact", BY_ID, told(_through_floats)),
    Row("parse.numbers-exact", BY_ID, rewrites(_rounds)),
    Row("parse.no-image-in-raw", AT_ONCE, reads(_hoards)),
    Row("strict.null-is-not-text", BY_ID, rewrites(_text_of_everything), "/error/message"),
    Row("strict.only-text-is-text", BY_ID, rewrites(_text_of_everything), "/error/code"),
    Row("strict.text-is-not-a-number", BY_ID, rewrites(_number), "/cost_usd"),
    Row("strict.fractions-are-not-cut", BY_ID, rewrites(_whole), "/progress"),
    Row("strict.truth-is-not-a-number", BY_ID, rewrites(_whole), "/progress"),
    Row("strict.only-a-list-is-a-list", BY_ID, rewrites(_listed), "/images"),
    Row("strict.only-truth-is-truth", MULTIPART, rewrites(_truth), "/success"),
    Row("strict.a-body-is-an-object", BY_ID, reads(_asks_a_list_for_its_status), "TypeError"),
    *(
        Row("strict.nothing-decisive-is-guessed", BY_ID, _guesses(state), "/status")
        for state in (TaskState.SUCCEEDED, TaskState.FAILED, TaskState.RUNNING)
    ),
    Row("strict.nothing-decisive-is-guessed", BY_URL, looks(_denies_the_money), "nobody keeps it"),
    Row("generous.odd-values-cost-no-picture", BY_ID, looks(_insists_on_progress), "/progress"),
    Row(
        "generous.an-odd-picture-costs-itself",
        BY_ID,
        told(_insists_on_every_picture),
        "/images/0",
    ),
    Row("generous.an-odd-picture-costs-itself", BY_URL, told(_hides_what_is_lost), "/output/1"),
    Row("generous.an-odd-picture-costs-itself", BY_ID, told(_invents_a_picture), "/images/2"),
    Row("generous.base64-in-any-spelling", AT_ONCE, looks(_counts_lines), "/images/0/b64"),
    Row("generous.words-in-any-case", BY_URL, looks(_spells_status), "/status"),
    Row("generous.ids-in-digits", BY_ID, looks(_wants_text), "/id"),
    Row("fuzz.every-answer-is-read", BY_ID, reads(asks_for_keys), "AttributeError"),
    Row("fuzz.no-empty-success", BY_ID, reads(gives_up_softly), "has no image"),
    Row("fuzz.no-impossible-value", BY_ID, reads(counts_money_in_floats), "float"),
    Row("fuzz.no-impossible-value", BY_URL, told(_negative)),
    Row("fuzz.pairs-of-mutations", BY_ID, reads(trips_over_two), "KeyError"),
    Row("fuzz.other-values", BY_ID, reads(trips_over_values), "ValueError"),
    Row("fuzz.events-in-any-order", AT_ONCE, reads(ends_early), "has no image"),
    Row("fuzz.headers-in-any-case", BY_ID, reads(_spells_headers), "KeyError"),
    Row("fuzz.heavy-answers", BY_ID, reads(_sinks_into_lists), "RecursionError"),
    Row("fuzz.heavy-answers", MULTIPART, reads(_grows_with_the_square)),
)
