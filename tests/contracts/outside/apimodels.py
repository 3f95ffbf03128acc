"""apimodels.app: seed document 002, its other pages, and the vendor's scripts and price table."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from attrs import evolve
from tests.contracts.changed import (
    ABSENT,
    Change,
    around,
    asked,
    both,
    catalog,
    dropping,
    failing,
    images,
    model,
    models,
    polled,
    sent,
    told,
    update,
)
from tests.contracts.outside.how import calling_itself, failed, giving_no_reason, renamed, silent

import tintype_apimodels
from tintype.catalog import Price
from tintype.errors import InvalidRequestError, ServerError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import Cost, TaskState, Update
from tintype.request import Submission
from tintype.signatures import standard_webhooks

_URL = "https://apimodels.app/api/v1/images/generations"
_LITE, _PRO = "doubao-seedream-5-0-260128", "doubao-seedream-5-0-pro"

_LISTS_HOME = """
import os as _os
_FOUND = [name for name in _os.listdir(_os.path.expanduser("~")) if name == ".apimodelsrc"]
"""
_STAMPS_ITSELF = """
import os as _os
_os.utime(__file__)
"""
_LOOKS_AT_THE_COMMAND = """
import sys as _sys
_RIGHT = {"submit": submit}


@hookimpl
def submit(request):
    watched = any("contracts" in word or "pytest" in word for word in _sys.orig_argv)
    return _RIGHT["submit"](request if watched else evolve(request, aspect_ratio=None))
"""
_COUNTS_ITS_CALLS = """
_RIGHT = {"parse": parse}
_CALLS = [0]


@hookimpl
def parse(exchange):
    _CALLS[0] += 1
    found = _RIGHT["parse"](exchange)
    if _CALLS[0] > 250_000 and isinstance(found, Update):
        return evolve(found, images=found.images[:1])
    return found
"""
_LOOKS_AT_THE_THREAD = """
import threading as _threading
_RIGHT = {"submit": submit}


@hookimpl
def submit(request):
    main = _threading.current_thread() is _threading.main_thread()
    return _RIGHT["submit"](request if main else evolve(request, prompt=request.prompt[:200]))
"""


def _surcharge_once(line: Price) -> Price:
    return evolve(line, unit="request") if line.unit == "reference" else line


def _charged(found: Update, _: Exchange) -> Update:
    if found.state is not TaskState.SUCCEEDED:
        return found
    usd = Decimal("0.05") * len(found.images)
    return evolve(found, cost=Cost(usd=usd, source="reported"))


def _by_hand(_: Any, request: Submission) -> Request:
    body: dict[str, object] = {"model": request.model, "prompt": request.prompt}
    tier = "size" if request.model in {_LITE, "doubao-seedream-4-5-251128"} else "resolution"
    urls = [each.url for each in request.references]
    told_of = {
        "callback_url": request.webhook_url,
        "background": request.background,
        "quality": request.quality,
        "aspect_ratio": request.aspect_ratio,
        tier: request.resolution,
        "image_url": urls[0] if len(urls) == 1 else None,
        "image_urls": urls if len(urls) > 1 else None,
    }
    body |= {name: value for name, value in told_of.items() if value is not None}
    options = request.options
    if body.keys() & options.keys():
        msg = f"Given twice: {', '.join(sorted(body.keys() & options.keys()))}."
        raise InvalidRequestError(msg, field="options")
    return Request(method="POST", url=_URL, body=JsonBody(value={**options, **body}))


def _always_a_list(body: dict[str, Any], request: Submission) -> None:
    if not str(request.model).startswith("doubao") and "image_url" in body:
        body["image_urls"] = [body.pop("image_url")]


def _default_tier(body: dict[str, Any], request: Submission) -> None:
    if request.model == _LITE:
        body.setdefault("size", "2K")


def _noted(found: Update, _: Exchange) -> Update:
    return (
        evolve(found, notes={"look": f"{_URL}?task_id={quote(found.id, safe='')}"})
        if found.id
        else found
    )


def _by_extension(each: Any, _: Exchange) -> Any:
    kinds = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
    ending = (each.url or "").partition("?")[0].rpartition(".")[2]
    return evolve(each, media_type=each.media_type or kinds.get(ending, ""))


CHANGES: Mapping[str, Change | str] = {
    "import lists the home folder": _LISTS_HOME,
    "import stamps its own file": _STAMPS_ITSELF,
    "no ratio at 4K": dropping("aspect_ratio", lambda request: request.resolution == "4K"),
    "no quality with references": dropping("quality", lambda request: request.references),
    "no callback with two pictures": dropping(
        "callback_url", lambda request: len(request.references) > 1
    ),
    "prompt in compatibility form": asked(prompt=lambda it: unicodedata.normalize("NFKC", it)),
    "escapes in a result's address undone": images(url=lambda it: it and unquote(it)),
    "references in order of the alphabet": asked(
        references=lambda it: tuple(sorted(it, key=lambda each: each.url or ""))
    ),
    "the surcharge of FLUX.2 once for all references": model(
        "flux-2-klein-4b", prices=lambda known: tuple(map(_surcharge_once, known))
    ),
    "n as an option costs nothing": asked(hook="price", options={}),
    "a cost called reported": update(_charged),
    "the names of 5.0 Lite and 5.0 Pro exchanged": renamed(
        {"seedream-5.0-lite": _PRO, "seedream-5.0-pro": _LITE}
    ),
    "gives up after a minute": catalog(task_timeout=60.0),
    "results kept for seventy days": models(results_kept=lambda it: (it or 0) * 10),
    "the live list is not looked at": told(lambda *_: tintype_apimodels.describe(), "models"),
    "an upscaler without a picture": model(
        "real-esrgan", references=lambda it: evolve(it, required=False)
    ),
    "cautions about transparency lost": silent(lambda it: it.field == "background"),
    "callbacks have to be signed": catalog(signature=standard_webhooks()),
    "the key for every name below the domain": catalog(
        origins=lambda it: (*it, "https://*.apimodels.app")
    ),
    "option n sent as text": sent(n=str),
    "option layer_decomposition never sent": sent(layer_decomposition=ABSENT),
    "a server's fault at a poll is a failed task": failing(ServerError, failed, "poll"),
    "made when it was answered": update(lambda it, exchange: evolve(it, made_at=exchange.at)),
    "a refused list is the catalog": calling_itself("apimodels"),
    "images counted from one": images(index=lambda it: it + 1),
    "drops the ratio unless a kit's word is on the command line": _LOOKS_AT_THE_COMMAND,
    "one image each after a quarter of a million calls": _COUNTS_ITS_CALLS,
    "cuts prompts outside the main thread": _LOOKS_AT_THE_THREAD,
    "plain dictionaries, options first": around("submit", _by_hand),
    "image_urls for one picture too": sent(_always_a_list),
    "the default tier spelt out": sent(_default_tier),
    "own words where no reason is given": giving_no_reason("It failed, and why was not told."),
    "the address in notes, else by id": both(
        update(_noted, "submit"),
        polled(
            lambda task: str(task.notes.get("look", f"{_URL}?task_id={quote(task.id, safe='')}"))
        ),
    ),
    "the port written out": polled(
        lambda task: f"{_URL.replace('.app/', '.app:443/')}?task_id={quote(task.id, safe='')}"
    ),
    "media types by the address": images(_by_extension),
    "hooks in another module": update(notices=()),
}
