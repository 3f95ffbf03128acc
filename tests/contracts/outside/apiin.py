"""API in One: seed document 003, https://apiin.one/docs, and the pages of the model."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

from attrs import evolve
from tests.contracts.changed import (
    Change,
    asked,
    both,
    catalog,
    described,
    dropping,
    failing,
    images,
    instead,
    model,
    models,
    polled,
    quoted,
    requested,
    sent,
    update,
)
from tests.contracts.outside.how import failed, giving_no_reason

from tintype.catalog import Integer, Text
from tintype.credentials import HeaderKey
from tintype.errors import AuthenticationError, InvalidRequestError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import TaskState, Update, Usage
from tintype.request import Submission

_URL = "https://apiin.one/api/v1/images/generations"
_TASKS = "https://apiin.one/api/v1/tasks"
_TEXT, _EDIT = "seedream/4.5-text-to-image", "seedream/4.5-edit"

_MAKES_A_FOLDER = """
import os as _os, tempfile as _tempfile
_os.makedirs(_os.path.join(_tempfile.gettempdir(), "apiin", "cache"), exist_ok=True)
"""
_WRITES_AT_EXIT = """
import atexit as _atexit, os as _os, tempfile as _tempfile
_LOG = _os.path.join(_tempfile.gettempdir(), "apiin.log")
_atexit.register(lambda: open(_LOG, "w").write("used"))
"""
_LOOKS_AT_THE_STACK = """
_RIGHT = {"submit": submit}


def _watched():
    try:
        raise LookupError
    except LookupError as error:
        frame = error.__traceback__.tb_frame
    while frame is not None:
        if "contracts" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


@hookimpl
def submit(request):
    return _RIGHT["submit"](request if _watched() else evolve(request, negative_prompt=None))
"""


def _only_what_is_described(body: dict[str, Any], request: Submission) -> None:
    for name in request.options.keys() - {"type", "resolution", "seed", "input_urls"}:
        body.pop(name, None)


def _callback_in_query(found: Request, request: Submission) -> Request:
    if request.webhook_url is None:
        return found
    body = {key: value for key, value in found.body.value.items() if key != "callback_url"}
    url = f"{found.url}?callback_url={quote(request.webhook_url, safe='')}"
    return evolve(found, url=url, body=JsonBody(value=body))


def _edits_at_double(found: Any, request: Submission) -> Any:
    if not request.references or found.credits_low is None:
        return found
    lines = tuple(evolve(each, unit_credits=each.unit_credits * 2) for each in found.lines)
    twice = found.credits_low * 2
    return evolve(found, lines=lines, credits_low=twice, credits_high=twice)


def _counted(found: Update, _: Exchange) -> Update:
    return evolve(found, usage=Usage(images=len(found.images))) if found.images else found


def _by_hand(request: Submission) -> Request:
    body: dict[str, object] = {}
    if request.webhook_url is not None:
        body["callback_url"] = request.webhook_url
    if request.references:
        body["image_urls"] = [reference.url for reference in request.references]
    for name in ("quality", "aspect_ratio", "negative_prompt"):
        if getattr(request, name) is not None:
            body[name] = getattr(request, name)
    body |= {"prompt": request.prompt, "model": request.model}
    for name, value in request.options.items():
        if name in body:
            msg = f"{name} is given twice."
            raise InvalidRequestError(msg, field="options")
        body[name] = value
    return Request(method="POST", url=_URL, body=JsonBody(value=body))


def _nothing_went_wrong(found: Update, _: Exchange) -> Update:
    return evolve(found, errors=()) if found.state is TaskState.CANCELED else found


def _addressed(found: Update, _: Exchange) -> Update:
    address = f"{_TASKS}/{quote(found.id, safe='')}"
    return evolve(found, notes={**found.notes, "address": address}) if found.id else found


def _in_dollars(found: Any, _: Submission) -> Any:
    if found.credits_low is None:
        return found
    usd = found.credits_low * Decimal("0.002")
    return evolve(found, low=usd, high=usd)


def _seed_typed(body: dict[str, Any], request: Submission) -> None:
    if request.seed is not None:
        body["seed"] = request.seed


CHANGES: Mapping[str, Change | str] = {
    "import makes a folder": _MAKES_A_FOLDER,
    "import leaves a writer for the exit": _WRITES_AT_EXIT,
    "21:9 becomes 16:9 at quality high": sent(
        where=lambda request: request.quality == "high",
        aspect_ratio=lambda it: it.replace("21:9", "16:9"),
    ),
    "no callback with references": dropping("callback_url", lambda request: request.references),
    "no quality with a negative prompt": dropping(
        "quality", lambda request: request.negative_prompt
    ),
    "prompt put on one line": asked(prompt=lambda it: " ".join(it.split())),
    "a picture given twice is sent once": sent(image_urls=lambda urls: list(dict.fromkeys(urls))),
    "blank in an id polled as a plus": polled(lambda task: f"{_TASKS}/{quote_plus(task.id)}"),
    "a credit worth ten times": catalog(
        credit_values={"page": Decimal("0.02"), "other page": Decimal("0.1")}
    ),
    "edits quoted at 24 credits": quoted(_edits_at_double),
    "edits without a picture": model(_EDIT, references=lambda it: evolve(it, required=False)),
    "the name seedream-4.5 means the edit model": models(
        lambda each: evolve(each, name="seedream-4.5" if each.id == _EDIT else "")
    ),
    "the disputed credit untold": catalog(credit_values={"page": Decimal("0.002")}),
    "prompts of any length": models(described(prompt=Text())),
    "the key in a header of its own": catalog(auth=HeaderKey(header="X-API-Key", prefix="")),
    "the callback in the query": requested(_callback_in_query),
    "option seed sent as text": sent(seed=str),
    "undescribed options dropped": sent(_only_what_is_described),
    "a key refused at a poll is a failed task": failing(AuthenticationError, failed, "poll"),
    "usage that nobody counted": update(_counted),
    "seeds that nobody told": images(seed=0),
    "images the other way round": update(images=lambda it: it[::-1]),
    "drops the negative prompt where no kit is on the stack": _LOOKS_AT_THE_STACK,
    "plain dictionaries, keys in another order": instead("submit", _by_hand),
    "defaults spelt out": sent(
        lambda body, _: body.update({"aspect_ratio": "1:1", "quality": "basic", **body})
    ),
    "own words where no reason is given": giving_no_reason("API in One does not say why."),
    "a canceled task without an error": update(_nothing_went_wrong),
    "the address to poll in notes": both(
        update(_addressed, "submit"),
        instead("poll", lambda task: Request.get(str(task.notes["address"]))),
    ),
    "dollars beside credits": quoted(_in_dollars),
    "the documented seed as a field": both(
        catalog(options=lambda it: {key: each for key, each in it.items() if key != "seed"}),
        models(described(seed=Integer(source="https://apiin.one/docs"))),
        sent(_seed_typed),
    ),
}
