"""API in One: seed document 003, https://apiin.one/docs, and the pages of the model."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

from attrs import evolve
from tests.contracts.outside.how import (
    PURE,
    Row,
    around,
    asked,
    catalog,
    described,
    dropping,
    failing,
    images,
    model,
    models,
    polled,
    quoted,
    requested,
    right,
    sent,
    update,
    wrong,
)

from tintype.catalog import Integer, Text
from tintype.credentials import HeaderKey
from tintype.errors import AuthenticationError, Billed, InvalidRequestError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import Failure, TaskState, Update, Usage
from tintype.request import Submission

_URL = "https://apiin.one/api/v1/images/generations"
_TASKS = "https://apiin.one/api/v1/tasks"
_TEXT, _EDIT = "seedream/4.5-text-to-image", "seedream/4.5-edit"
_TABLE = "seed 003, Body Parameters: each is a parameter of its own, none excludes another"

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


def _wide_ratio_at_high(body: dict[str, Any], request: Submission) -> None:
    if request.quality == "high" and request.aspect_ratio == "21:9":
        body["aspect_ratio"] = "16:9"


def _each_picture_once(body: dict[str, Any], _: Submission) -> None:
    if "image_urls" in body:
        body["image_urls"] = list(dict.fromkeys(body["image_urls"]))


def _seed_as_text(body: dict[str, Any], _: Submission) -> None:
    if "seed" in body:
        body["seed"] = str(body["seed"])


def _only_what_is_described(body: dict[str, Any], request: Submission) -> None:
    for name in request.options:
        if name not in {"type", "resolution", "seed", "input_urls"}:
            body.pop(name, None)


def _callback_in_query(found: Request, request: Submission) -> Request:
    if request.webhook_url is None:
        return found
    body = {key: value for key, value in found.body.value.items() if key != "callback_url"}
    url = f"{found.url}?callback_url={quote(request.webhook_url, safe='')}"
    return evolve(found, url=url, body=JsonBody(value=body))


def _edits_at_double(found: Any, request: Submission) -> Any:
    if found is None or not request.references or found.credits_low is None:
        return found
    lines = tuple(evolve(each, unit_credits=each.unit_credits * 2) for each in found.lines)
    twice = found.credits_low * 2
    return evolve(found, lines=lines, credits_low=twice, credits_high=twice)


def _key_refused_is_failed(error: Exception, _: Exchange) -> Update:
    if not isinstance(error, AuthenticationError):
        raise error
    failure = Failure(message=error.message)
    return Update(state=TaskState.FAILED, errors=(failure,), billed=Billed.NO)


def _counted(found: Update, _: Exchange) -> Update:
    return evolve(found, usage=Usage(images=len(found.images))) if found.images else found


WRONG: tuple[Row, ...] = (
    wrong("K1", "import makes a folder", PURE, source=_MAKES_A_FOLDER),
    wrong("K1", "import leaves a writer for the exit", PURE, source=_WRITES_AT_EXIT),
    wrong("K2", "21:9 becomes 16:9 at quality high", _TABLE, sent(_wide_ratio_at_high)),
    wrong(
        "K2",
        "no callback with references",
        "apiin.one/docs: callback_url, for every generation",
        dropping("callback_url", lambda request: request.references),
    ),
    wrong(
        "K2",
        "no quality with a negative prompt",
        _TABLE,
        dropping("quality", lambda request: request.negative_prompt),
    ),
    wrong(
        "K3",
        "prompt put on one line",
        "seed 003: prompt, a text; what the caller wrote is what is drawn",
        asked(lambda request: evolve(request, prompt=" ".join(request.prompt.split()))),
    ),
    wrong(
        "K3",
        "a picture given twice is sent once",
        "seed 003: image_urls, an array; the prompt counts its pictures",
        sent(_each_picture_once),
    ),
    wrong(
        "K3",
        "blank in an id polled as a plus",
        "seed 003: GET /api/v1/tasks/{task_id}: in a path a plus is a plus (RFC 3986)",
        polled(lambda task: f"{_TASKS}/{quote_plus(task.id)}"),
    ),
    wrong(
        "K4",
        "a credit worth ten times",
        "seed 003: 12 credits are $0.024",
        catalog(lambda info: evolve(info, usd_per_credit=Decimal("0.02"))),
    ),
    wrong(
        "K4",
        "edits quoted at 24 credits",
        'seed 003: 12 credits "for both text-to-image and image editing modes"',
        quoted(_edits_at_double),
    ),
    wrong(
        "K5",
        "edits without a picture",
        "seed 003: image_urls is required for seedream/4.5-edit",
        model(_EDIT, lambda each: evolve(each, references=evolve(each.references, required=False))),
    ),
    wrong(
        "K5",
        "the name seedream-4.5 means the edit model",
        "seed 003: Seedream 4.5; the default is seedream/4.5-text-to-image",
        models(lambda each: evolve(each, name="seedream-4.5" if each.id == _EDIT else "")),
    ),
    wrong(
        "K5",
        "the disputed credit untold",
        "apiin.one/model/seedream-4-5 says $0.12, seed 003 $0.024: every quote tells it",
        quoted(lambda found, _: found and evolve(found, assumptions=())),
    ),
    wrong(
        "K5",
        "prompts of any length",
        "apiin.one/docs: prompt, 3 to 5000 characters",
        models(lambda each: described(each, prompt=Text())),
    ),
    wrong(
        "K6",
        "the key in a header of its own",
        "seed 003: Authorization: Bearer YOUR_API_KEY",
        catalog(lambda info: evolve(info, auth=HeaderKey(header="X-API-Key", prefix=""))),
    ),
    wrong(
        "K6",
        "the callback in the query",
        "apiin.one/docs: callback_url stands in the JSON body",
        requested(_callback_in_query, "submit"),
    ),
    wrong(
        "K7", "option seed sent as text", "apiin.one/docs: seed, an integer", sent(_seed_as_text)
    ),
    wrong(
        "K7",
        "undescribed options dropped",
        "tintype.catalog.Model.options: one that nothing describes is sent unchecked",
        sent(_only_what_is_described),
    ),
    wrong(
        "K8",
        "a key refused at a poll is a failed task",
        "apiin.one/docs, 401: the key is refused; the task goes on, and is paid",
        failing(_key_refused_is_failed, "poll"),
    ),
    wrong(
        "K8",
        "usage that nobody counted",
        "no document shows a count; models.Usage: what the provider counted, where it says",
        update(_counted),
    ),
    wrong(
        "K8",
        "seeds that nobody told",
        "no document shows a seed in an answer",
        images(lambda each, _: evolve(each, seed=0)),
    ),
    wrong(
        "K8",
        "images the other way round",
        "models.Update.images: in the provider's order",
        update(lambda found, _: evolve(found, images=found.images[::-1])),
    ),
    wrong(
        "K9",
        "drops the negative prompt where no kit is on the stack",
        "apiin.one/docs: negative_prompt, a text",
        source=_LOOKS_AT_THE_STACK,
    ),
)


# ------------------------------------------------------------------------- right variants


def _by_hand(_: Any, request: Submission) -> Request:
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


def _defaults(body: dict[str, Any], _: Submission) -> None:
    body.setdefault("aspect_ratio", "1:1")
    body.setdefault("quality", "basic")


def _own_reason(found: Update, _: Exchange) -> Update:
    errors = tuple(
        evolve(each, message="API in One does not say why.")
        if each.message == "The provider gave no reason."
        else each
        for each in found.errors
    )
    return evolve(found, errors=errors)


def _nothing_went_wrong(found: Update, _: Exchange) -> Update:
    return evolve(found, errors=()) if found.state is TaskState.CANCELED else found


def _addressed(found: Update, _: Exchange) -> Update:
    address = f"{_TASKS}/{quote(found.id, safe='')}"
    return evolve(found, notes={**found.notes, "address": address}) if found.id else found


def _in_dollars(found: Any, _: Submission) -> Any:
    if found is None or found.credits_low is None:
        return found
    usd = found.credits_low * Decimal("0.002")
    return evolve(found, low=usd, high=usd)


def _seed_typed(do: Any, request: Submission) -> Request:
    found = do(request)
    if request.seed is None:
        return found
    return evolve(found, body=JsonBody(value={**found.body.value, "seed": request.seed}))


RIGHT: tuple[Row, ...] = (
    right(
        "plain dictionaries, keys in another order",
        "seed 003: a JSON object",
        around("submit", _by_hand),
    ),
    right("defaults spelt out", "seed 003: Predeterminado: 1:1, basic", sent(_defaults)),
    right("own words where no reason is given", "no document words it", update(_own_reason)),
    right(
        "a canceled task without an error",
        "no document names cancelling",
        update(_nothing_went_wrong),
    ),
    right(
        "the address to poll in notes",
        "models.Update.notes: the plugin's own, such as an address",
        update(_addressed, "submit"),
        around("poll", lambda _, task: Request.get(str(task.notes["address"]))),
    ),
    right("dollars beside credits", "seed 003: 12 credits are ~$0.024", quoted(_in_dollars)),
    right(
        "the documented seed as a field",
        "apiin.one/docs: seed, an integer",
        catalog(
            lambda info: evolve(
                info,
                options={key: each for key, each in info.options.items() if key != "seed"},
                models=tuple(
                    described(each, seed=Integer(source="https://apiin.one/docs"))
                    for each in info.models
                ),
            )
        ),
        around("submit", _seed_typed),
    ),
)
