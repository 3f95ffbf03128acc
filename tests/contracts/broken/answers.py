"""Plugins that misread what they are told."""

from __future__ import annotations

import base64
import contextlib
import json
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit

from attrs import evolve
from tests.contracts.broken.row import by_id, by_url, cheapai, openrouter
from tests.contracts.changed import (
    Change,
    Hook,
    around,
    body_of,
    bytes_of,
    failing,
    heard,
    images,
    looking,
    raising,
    update,
)

from tintype.convert import loads
from tintype.errors import BadRequestError, Billed, ProtocolError, ServerError
from tintype.exchange import Exchange, Operation
from tintype.messages import Response
from tintype.models import Cost, Image, TaskState, Update


def _trip(message: str, error: type[Exception] = ProtocolError) -> NoReturn:
    raise error(message)


def _trips(over: Hook, message: str, error: type[Exception] = ProtocolError) -> Change:
    """Trips over such an answer."""
    return around("parse", lambda do, it: _trip(message, error) if over(it) else do(it))


def _trips_over(over: Hook, message: str, error: type[Exception] = ProtocolError) -> Change:
    """Trips over such a JSON object."""
    return looking(lambda it: _trip(message, error) if isinstance(it, dict) and over(it) else None)


def _changes(edit: Hook) -> Change:
    """Changes an object before it reads it."""
    return heard(lambda body, _: edit(body))


# -------------------------------------------------------------------------------- parse


def _by_hand(do: Hook, exchange: Exchange) -> object:
    text = bytes_of(exchange)
    return do(exchange) if b'"id"' in text else json.loads(text)["id"]


def _vaguely(error: ProtocolError) -> ProtocolError:
    msg = "Something is wrong"
    return ProtocolError(msg, status=error.status)


def _is_of_no_json_type(exchange: Exchange) -> bool:
    message = exchange.message
    return isinstance(message, Response) and message.header("content-type") != "application/json"


_UNDAUNTED = failing(ProtocolError, lambda *_: Update(id="task-1"))


def _decoded_by_hand(found: Update, exchange: Exchange) -> Update:
    """Pictures as Python decodes them; as `convert` does what Python does not take."""
    answer = loads(exchange.message) if exchange.message else None
    items = answer.get("data") if isinstance(answer, dict) else None
    texts = [it.get("b64_json", "") for it in items or () if isinstance(it, dict)]
    with contextlib.suppress(ValueError, TypeError):
        decoded = [base64.b64decode(it, validate=True) for it in texts]
        made = zip(found.images, decoded, strict=True)
        return evolve(found, images=tuple(evolve(image, data=data) for image, data in made))
    return found


def _in_floats(cost: Cost | None) -> Cost | None:
    return cost and (Cost(usd=Decimal(str(float(cost.usd)))) if cost.usd is not None else cost)


def _hoards(found: Update, exchange: Exchange) -> Update:
    text = bytes_of(exchange)
    return evolve(found, raw=json.loads(text)) if b"b64" in text else found


def _at_one_place(change: Hook) -> Change:
    """The images as `change` has them, numbered by their places."""

    def edit(found: Update, _: Exchange) -> Update:
        numbered = [evolve(each, index=at) for at, each in enumerate(change(found.images))]
        return evolve(found, images=tuple(numbered))

    return update(edit)


def _once_a_path(known: tuple[Image, ...]) -> list[Image]:
    return list({(each.url or "").partition("?")[0]: each for each in known}.values())


def _urls(change: Hook) -> Change:
    return images(url=lambda url: url and change(url))


def _lying(image: Image, _: Exchange) -> Image:
    sides = (image.width or 0, image.height or 0)
    return evolve(image, width=max(sides) or None, height=min(sides) or None)


def _by_the_last_key(exchange: Exchange) -> bool:
    answer = body_of(exchange)
    return isinstance(answer, dict) and "status" in answer and list(answer)[-1] == "status"


def _has_enough(found: Update, exchange: Exchange) -> Update:
    return Update() if found.errors and exchange.task.images else found


# -------------------------------------------------------------------- strict and generous


def _as_text(body: dict[str, Any]) -> None:
    body["error"] = {key: str(value) for key, value in body["error"].items()}


def _to(field: str, change: Hook, kind: type = object) -> Change:
    """Reads a field as something else, where it is of that class."""

    def edit(body: dict[str, Any]) -> None:
        if isinstance(body[field], kind):
            body[field] = change(body[field])

    return _changes(edit)


def _takes_as_true(body: dict[str, Any], _: Exchange) -> None:
    for item in body.get("models") or body["data"]:
        item["supports_images"] = bool(item["supports_images"])


def _guesses(state: TaskState) -> Change:
    def guess(error: Any, _: Exchange) -> Update:
        if error.pointer != "/status" and "'status'" not in str(error):
            raise error
        return Update(id="task-1", state=state)

    return failing(ProtocolError, guess)


def _asks_a_list_for_its_status(exchange: Exchange) -> bool:
    body = body_of(exchange)
    return exchange.operation is Operation.POLL and body is not None and body["status"] == ""


def _if_partial(change: Hook) -> Change:
    return update(lambda it, _: change(it) if it.state is TaskState.PARTIAL else it)


def _one_more(task: Update) -> Update:
    made = Image(url="https://cdn.by-id.test/none", index=len(task.images))
    return evolve(task, images=(*task.images, made))


# --------------------------------------------------------------------------------- fuzz


def _asks_for_keys(do: Hook, exchange: Exchange) -> object:
    body = body_of(exchange)
    if exchange.operation is Operation.POLL and isinstance(body, dict) and "error" not in body:
        body["id"].lower()
    return do(exchange)


ASKS_FOR_KEYS = around("parse", _asks_for_keys)
GIVES_UP_SOFTLY = failing(ProtocolError, lambda *_: Update(id="t", state=TaskState.SUCCEEDED))
COUNTS_IN_FLOATS = update(cost=lambda it: it and Cost(usd=float(it.usd or 0)))


def _takes_addresses_apart(exchange: Exchange) -> bool:
    body = body_of(exchange)
    found = body.get("images") if isinstance(body, dict) else None
    for each in found if isinstance(found, list) else ():
        urlsplit(str(each.get("url")) if isinstance(each, dict) else "")
    return False


def _lacks_two(body: dict[str, Any]) -> bool:
    first = (body.get("images") or [{}])[0] if body.get("status") == "done" else None
    return isinstance(first, dict) and "width" not in first and "cost_usd" not in body


TRIPS_OVER_TWO = _trips_over(_lacks_two, "done", KeyError)
TRIPS_OVER_VALUES = _trips_over(
    lambda it: isinstance(it.get("progress"), int) and it["progress"] > 1000, "Many.", ValueError
)


def _early(do: Hook, exchange: Exchange) -> object:
    body = body_of(exchange) if exchange.operation is Operation.EVENT else None
    early = isinstance(body, dict) and str(body.get("type")).endswith(".partial_image")
    return Update(state=TaskState.SUCCEEDED) if early else do(exchange)


ENDS_EARLY = around("parse", _early)


def _spells_headers(exchange: Exchange) -> bool:
    message = exchange.message
    if isinstance(message, Response) and message.headers:
        assert dict(message.headers)["Content-Type"]
    return False


def _sinks_into_lists(exchange: Exchange) -> bool:
    with contextlib.suppress(ValueError):
        json.loads(bytes_of(exchange))
    return False


def _grows_with_the_square(exchange: Exchange) -> bool:
    bytes(len(bytes_of(exchange)) ** 2 // 3000)  # a megabyte takes 300
    return False


ROWS = {
    "parse.documented-answer": (
        by_id(update(state=TaskState.RUNNING)),
        by_id(update(id="")),
        by_id(update(progress=None)),
        by_id(update(errors=())),
        by_id(update(billed=Billed.NO)),
        by_id(raising(BadRequestError, lambda it: BadRequestError(it.message, code=""))),
        by_url(update(cost=None)),
        by_url(update(notes={})),
        by_url(update(poll_after=lambda it: (it or 0) * 1000)),
        openrouter(update(usage=None)),
        openrouter(update(previews=())),
        openrouter(update(billed=Billed.UNKNOWN)),
        by_id(images(preview_url=None)),
        by_id(images(_lying)),
        by_url(images(seed=None)),
        cheapai(images(media_type="")),
        *(by_id(update(id=do)) for do in (str.lower, unquote, lambda it: it[:64])),
        *(by_url(_urls(do)) for do in (str.lower, quote, lambda it: it.partition("?")[0])),
    ),
    "parse.images-in-order": (
        by_id(images(index=0)),
        openrouter(update(images=lambda it: it[:1])),
        cheapai(update(images=lambda it: it[::-1])),
        by_id(_at_one_place(_once_a_path)),
        by_id(_at_one_place(lambda it: sorted(it, key=lambda each: each.url or ""))),
        by_id(_at_one_place(lambda it: sorted(it, key=lambda each: each.width or 0))),
    ),
    "parse.images-before-an-error": (openrouter(update(_has_enough)),),
    "parse.nothing-is-invented": (
        by_id(update(progress=0.42), "progress"),
        by_id(images(width=1023), "width"),
        by_id(images(seed=0), "seed"),
        by_id(update(errors=lambda it: tuple(evolve(each, code="E_7") for each in it)), "code"),
    ),
    "parse.keys-in-any-order": (by_id(_trips(_by_the_last_key, "The status is last.")),),
    "parse.unknown-keys-tolerated": (
        by_id(_trips(lambda it: b"tintype_strange_key" in bytes_of(it), "An unknown key.")),
        cheapai(update(raw={})),
    ),
    "parse.missing-keys-are-told": (
        by_id(around("parse", _by_hand)),
        by_id(raising(ProtocolError, _vaguely)),
    ),
    "parse.encodings": (
        by_id(_trips(lambda it: bytes_of(it).startswith(b"\xef\xbb\xbf"), "A mark.")),
        by_id(_trips(_is_of_no_json_type, "No JSON.", ServerError)),
        openrouter(_trips(lambda it: bytes_of(it).decode("ascii") is None, "Not ASCII.")),
    ),
    "parse.truncated": (by_id(_UNDAUNTED), cheapai(_UNDAUNTED)),
    "parse.not-an-answer": (by_id(_UNDAUNTED),),
    "parse.numbers-exact": (
        by_id(update(cost=_in_floats)),
        by_id(_to("cost_usd", lambda usd: round(float(usd), 4))),
    ),
    "parse.no-image-in-raw": (openrouter(update(_hoards)),),
    "strict.nothing-is-coerced": (
        by_id(_changes(_as_text), "/error/message"),
        by_id(_changes(_as_text), "/error/code"),
        by_id(_to("cost_usd", float), "/cost_usd"),
        by_id(_to("progress", int, float), "/progress"),
        by_id(_to("progress", int, bool), "/progress"),
        by_id(_to("images", lambda it: [it], dict), "/images"),
        cheapai(heard(_takes_as_true), "supports_images"),
    ),
    "strict.a-body-is-an-object": (
        by_id(_trips(_asks_a_list_for_its_status, "No status."), "TypeError"),
    ),
    "strict.nothing-decisive-is-guessed": (
        by_id(_guesses(TaskState.SUCCEEDED), "/status"),
        by_id(_guesses(TaskState.RUNNING), "/status"),
        by_url(
            _trips_over(
                lambda it: not isinstance(it.get("status", ""), str), "No text.", BadRequestError
            ),
            "nobody keeps it",
        ),
    ),
    "generous.odd-values-cost-no-picture": (
        by_id(
            _trips_over(lambda it: not isinstance(it.get("progress", 0), int), "No number."),
            "/progress",
        ),
    ),
    "generous.an-odd-picture-costs-itself": (
        by_id(_if_partial(lambda it: _trip(it.errors[0].message)), "/images/0"),
        by_url(
            _if_partial(lambda it: evolve(it, state=TaskState.SUCCEEDED, errors=())), "/output/1"
        ),
        by_id(_if_partial(_one_more), "/images/2"),
    ),
    "generous.base64-in-any-spelling": (
        openrouter(_trips_over(lambda it: "\\n" in json.dumps(it), "No base64."), "b64_json"),
        openrouter(update(_decoded_by_hand), "b64_json"),
    ),
    "generous.words-in-any-case": (
        by_url(
            _trips_over(
                lambda it: str(it.get("status", "")).lower() != it.get("status", ""), "What?"
            ),
            "/status",
        ),
    ),
    "generous.ids-in-digits": (
        by_id(_trips_over(lambda it: isinstance(it.get("id"), int), "The id is no text."), "/id"),
    ),
    "fuzz.every-answer-is-read": (
        by_id(ASKS_FOR_KEYS, "AttributeError"),
        by_id(_trips(_takes_addresses_apart, "Never."), "ValueError"),
    ),
    "fuzz.no-empty-success": (by_id(GIVES_UP_SOFTLY, "has no image"),),
    "fuzz.no-impossible-value": (
        by_id(COUNTS_IN_FLOATS, "float"),
        by_url(update(cost=lambda it: it and Cost(usd=Decimal(-1)))),
    ),
    "fuzz.pairs-of-mutations": (by_id(TRIPS_OVER_TWO, "KeyError"),),
    "fuzz.other-values": (by_id(TRIPS_OVER_VALUES, "ValueError"),),
    "fuzz.events-in-any-order": (openrouter(ENDS_EARLY, "has no image"),),
    "fuzz.headers-in-any-case": (by_id(_trips(_spells_headers, "Never."), "KeyError"),),
    "fuzz.heavy-answers": (
        by_id(_trips(_sinks_into_lists, "Never."), "RecursionError"),
        cheapai(_trips(_grows_with_the_square, "Never.")),
    ),
}
