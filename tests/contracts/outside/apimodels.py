"""apimodels.app: seed document 002, its other pages, and the vendor's scripts and price table."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from attrs import evolve
from tests.contracts.outside.how import (
    PURE,
    Row,
    around,
    asked,
    catalog,
    dropping,
    failing,
    images,
    model,
    models,
    polled,
    renamed,
    right,
    sent,
    told,
    update,
    wrong,
)

from tintype.errors import Billed, InvalidRequestError, ServerError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import Cost, Failure, TaskState, Update
from tintype.request import Submission
from tintype.signatures import standard_webhooks

_URL = "https://apimodels.app/api/v1/images/generations"
_LITE, _PRO = "doubao-seedream-5-0-260128", "doubao-seedream-5-0-pro"
_SCRIPT = "generate.mjs: resolution, aspect_ratio and the references are sent side by side"

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


def _sorted(request: Submission) -> Submission:
    return evolve(
        request, references=tuple(sorted(request.references, key=lambda each: each.url or ""))
    )


def _n_as_text(body: dict[str, Any], _: Submission) -> None:
    if "n" in body:
        body["n"] = str(body["n"])


def _no_layers(body: dict[str, Any], _: Submission) -> None:
    body.pop("layer_decomposition", None)


def _surcharge_once(each: Any) -> Any:
    prices = tuple(
        evolve(line, unit="request") if line.unit == "reference" else line for line in each.prices
    )
    return evolve(each, prices=prices)


def _without_options(do: Any, request: Submission, known: Any) -> Any:
    return do(evolve(request, options={}), known)


def _charged(found: Update, _: Exchange) -> Update:
    if found.state is not TaskState.SUCCEEDED:
        return found
    usd = Decimal("0.05") * len(found.images)
    return evolve(found, cost=Cost(usd=usd, source="reported"))


def _fault_is_failed(error: Exception, _: Exchange) -> Update:
    if not isinstance(error, ServerError):
        raise error
    failure = Failure(message=error.message)
    return Update(state=TaskState.FAILED, errors=(failure,), billed=Billed.NO)


def _whole_catalog(do: Any, exchange: Exchange) -> Any:
    found = do(exchange)
    if exchange.operation != "models":
        return found
    from tintype_apimodels import describe  # noqa: PLC0415 - only what the plugin says of itself

    return describe()


def _catalog_all_the_same(_: Exception, __: Exchange) -> Any:
    from tintype_apimodels import describe  # noqa: PLC0415

    return describe()


def _no_required_picture(each: Any) -> Any:
    return evolve(each, references=evolve(each.references, required=False))


WRONG: tuple[Row, ...] = (
    wrong("K1", "import lists the home folder", PURE, source=_LISTS_HOME),
    wrong("K1", "import stamps its own file", PURE, source=_STAMPS_ITSELF),
    wrong(
        "K2",
        "no ratio at 4K",
        _SCRIPT,
        dropping("aspect_ratio", lambda request: request.resolution == "4K"),
    ),
    wrong(
        "K2",
        "no quality with references",
        _SCRIPT,
        dropping("quality", lambda request: request.references),
    ),
    wrong(
        "K2",
        "no callback with two pictures",
        "seed 002: callback_url in the create request, whatever else is in it",
        dropping("callback_url", lambda request: len(request.references) > 1),
    ),
    wrong(
        "K3",
        "prompt in compatibility form",
        "seed 002: prompt, a text; what the caller wrote is what is drawn",
        asked(lambda req: evolve(req, prompt=unicodedata.normalize("NFKC", req.prompt))),
    ),
    wrong(
        "K3",
        "escapes in a result's address undone",
        "seed 002: resultUrls, addresses to fetch; convert.picture: it may be signed",
        images(lambda each, _: evolve(each, url=each.url and unquote(each.url))),
    ),
    wrong(
        "K3",
        "references in order of the alphabet",
        "generate.mjs: image_urls, an array, in the order given",
        asked(_sorted),
    ),
    wrong(
        "K4",
        "the surcharge of FLUX.2 once for all references",
        "models.json: FLUX.2 Klein, $0.0015 for each reference",
        model("flux-2-klein-4b", _surcharge_once),
    ),
    wrong(
        "K4",
        "n as an option costs nothing",
        "seed 002: GPT Image 2 Lite with n>1 returns more than one; models.json: per image",
        around("price", _without_options),
    ),
    wrong(
        "K4",
        "a cost called reported",
        "seed 002: no answer shows a cost",
        update(_charged),
    ),
    wrong(
        "K5",
        "the names of 5.0 Lite and 5.0 Pro exchanged",
        "seed 002: doubao-seedream-5-0-260128 is 5.0 Lite",
        renamed({"seedream-5.0-lite": _PRO, "seedream-5.0-pro": _LITE}),
    ),
    wrong(
        "K5",
        "gives up after a minute",
        "generate.mjs: gives up at 10 minutes",
        catalog(lambda info: evolve(info, task_timeout=60.0)),
    ),
    wrong(
        "K5",
        "results kept for seventy days",
        "generate.mjs, SKILL.md: results are kept 7 days",
        models(lambda each: evolve(each, results_kept=(each.results_kept or 0) * 10)),
    ),
    wrong(
        "K5",
        "the live list is not looked at",
        "apimodels-mcp: GET /api/v1/models, data[].id are the models there are",
        around("parse", _whole_catalog),
    ),
    wrong(
        "K5",
        "an upscaler without a picture",
        "SKILL.md: real-esrgan makes an image larger; it needs one",
        model("real-esrgan", _no_required_picture),
    ),
    wrong(
        "K5",
        "cautions about transparency lost",
        "SKILL.md: 5.0 Pro and Flash keep an alpha channel, they make none",
        models(
            lambda each: evolve(
                each, cautions=tuple(one for one in each.cautions if one.field != "background")
            )
        ),
    ),
    wrong(
        "K6",
        "callbacks have to be signed",
        'seed 002: "no signing header"',
        catalog(lambda info: evolve(info, signature=standard_webhooks())),
    ),
    wrong(
        "K6",
        "the key for every name below the domain",
        "seed 002, generate.mjs: apimodels.app and api.apimodels.app; results are on r2",
        catalog(lambda info: evolve(info, origins=(*info.origins, "https://*.apimodels.app"))),
    ),
    wrong("K7", "option n sent as text", "seed 002: n>1, a number", sent(_n_as_text)),
    wrong(
        "K7",
        "option layer_decomposition never sent",
        "generate.mjs: layer_decomposition: true (Seedream 5.0 Flash)",
        sent(_no_layers),
    ),
    wrong(
        "K8",
        "a server's fault at a poll is a failed task",
        "seed 002: 500 is Internal Server Error; a task fails by state",
        failing(_fault_is_failed, "poll"),
    ),
    wrong(
        "K8",
        "made when it was answered",
        "seed 002: createTime says when; models.Update.made_at: when the provider says",
        update(lambda found, exchange: evolve(found, made_at=exchange.at)),
    ),
    wrong(
        "K8",
        "a refused list is the catalog",
        "seed 002: 401, 402 and 500 are errors; none of them lists a model",
        failing(_catalog_all_the_same, "models"),
    ),
    wrong(
        "K8",
        "images counted from one",
        "models.Image.index: its place; seed 002: resultUrls[0] is the first",
        images(lambda each, _: evolve(each, index=each.index + 1)),
    ),
    wrong(
        "K9",
        "drops the ratio unless a kit's word is on the command line",
        "generate.mjs: aspect_ratio",
        source=_LOOKS_AT_THE_COMMAND,
    ),
    wrong(
        "K9",
        "one image each after a quarter of a million calls",
        "seed 002: multi-image models return more than one",
        source=_COUNTS_ITS_CALLS,
    ),
    wrong(
        "K9",
        "cuts prompts outside the main thread",
        "seed 002: prompt, a text",
        source=_LOOKS_AT_THE_THREAD,
    ),
)


# ------------------------------------------------------------------------- right variants


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


def _own_reason(found: Update, _: Exchange) -> Update:
    errors = tuple(
        evolve(each, message="It failed, and why was not told.")
        if each.message == "The provider gave no reason."
        else each
        for each in found.errors
    )
    return evolve(found, errors=errors)


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


def _in_own_words(found: Any, _: Exchange) -> Any:
    return evolve(found, notices=()) if isinstance(found, Update) else found


RIGHT: tuple[Row, ...] = (
    right(
        "plain dictionaries, options first", "seed 002: a JSON object", around("submit", _by_hand)
    ),
    right(
        "image_urls for one picture too",
        "generate.mjs: image_urls, an array; image_url is the Doubao page's",
        sent(_always_a_list),
    ),
    right("the default tier spelt out", 'seed 002: size: "2K" (default)', sent(_default_tier)),
    right("own words where no reason is given", "no document words it", update(_own_reason)),
    right(
        "the address in notes, else by id",
        "models.Update.notes: the plugin's own, such as an address",
        update(_noted, "submit"),
        polled(
            lambda task: str(task.notes.get("look", f"{_URL}?task_id={quote(task.id, safe='')}"))
        ),
    ),
    right(
        "the port written out",
        "RFC 9110, 4.2.2: https://host:443 is https://host",
        polled(
            lambda task: f"{_URL.replace('.app/', '.app:443/')}?task_id={quote(task.id, safe='')}"
        ),
    ),
    right("media types by the address", "seed 002: …/xxx.jpeg, …/xxx.png", images(_by_extension)),
    right(
        "hooks in another module",
        "docs/plugins.md: functions marked @hookimpl",
        told(_in_own_words),
    ),
)
