"""CheapAI: seed document 000, its pages under /docs, and its upstream where they are silent."""

from __future__ import annotations

import json
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

from attrs import evolve
from tests.contracts.outside.how import (
    PURE,
    Hooks,
    Row,
    around,
    catalog,
    described,
    failing,
    heard,
    images,
    models,
    parts,
    requested,
    right,
    sent,
    told,
    update,
    wrong,
)

from tintype.catalog import Text
from tintype.credentials import HeaderKey
from tintype.errors import (
    AuthenticationError,
    InsufficientCreditError,
    InvalidRequestError,
    ProviderError,
    ServerError,
)
from tintype.exchange import Exchange
from tintype.messages import JsonBody, MultipartBody, Part, Request
from tintype.models import Cost, Quote, TaskState, Update
from tintype.request import Submission

_CREATE = "https://api.cheapaiapi.com/v1i/task/generate-image"
_FORM = "docs/image-generation: each is a field of the form, none excludes another"
_PRICED = "seed 000: call the price endpoint first; docs/image-generation: with what is sent"
_LIST = "docs/image-generation: GET /v1i/models tells whether reference images are accepted"

_KEEPS_A_DATABASE = """
import os as _os, sqlite3 as _sqlite3, tempfile as _tempfile
_BASE = _sqlite3.connect(_os.path.join(_tempfile.gettempdir(), "cheapai.db"))
_BASE.execute("create table if not exists prices (model text, credits integer)")
_BASE.commit()
_BASE.close()
"""
_READS_MIME_TYPES = """
import mimetypes as _mimetypes
_mimetypes.init()
"""
_LOOKS_AT_THE_FOLDER = """
import os as _os
_RIGHT = {"price": price}


@hookimpl
def price(request, quote):
    watched = _os.path.basename(_os.getcwd()).startswith(("tt-", "pytest"))
    return _RIGHT["price"](request if watched else evolve(request, references=()), quote)
"""
_LOOKS_AT_THE_NONCE = """
_RIGHT = {"submit": submit}


@hookimpl
def submit(request):
    real = getattr(request, "nonce", "")[14:15] == "4" and request.nonce.count("-") == 4
    return _RIGHT["submit"](evolve(request, aspect_ratio=None) if real else request)
"""


def _named(found: list[Part], name: str) -> bool:
    return any(part.name == name for part in found)


def _dropped(found: list[Part], name: str) -> list[Part]:
    return [part for part in found if part.name != name]


def _parameters(found: list[Part], edit: Any) -> list[Part]:
    """The form with its `model_parameters` as `edit` has them."""
    made = []
    for part in found:
        if part.name == "model_parameters":
            value = json.loads(part.data)
            edit(value)
            made.append(evolve(part, data=json.dumps(value, separators=(",", ":")).encode()))
        else:
            made.append(part)
    return made


def _no_tier_for_several(found: list[Part], request: Submission) -> list[Part]:
    if request.n == 1 or not (request.aspect_ratio and request.resolution):
        return found
    return _parameters(found, lambda value: value.pop("resolution", None))


def _no_callback_for_several(found: list[Part], request: Submission) -> list[Part]:
    return _dropped(found, "receive_url") if request.n > 1 else found


def _all_png(found: list[Part], _: Submission) -> list[Part]:
    return [
        evolve(part, media_type="image/png") if part.name == "assets" else part for part in found
    ]


def _stripped(found: list[Part], _: Submission) -> list[Part]:
    return [
        evolve(part, data=part.data.rstrip(b"\r\n\t \0")) if part.name == "assets" else part
        for part in found
    ]


def _in_tenths(found: Update, _: Exchange) -> Update:
    return evolve(found, progress=found.progress and round(found.progress, 1))


def _turned(each: Any, _: Exchange) -> Any:
    return evolve(each, width=each.height, height=each.width)


def _still_charged(found: Update, exchange: Exchange) -> Update:
    cost = found.raw.get("credit_cost")
    if found.state is not TaskState.FAILED or not isinstance(cost, int | Decimal):
        return found
    return evolve(found, cost=Cost(credits=Decimal(cost), source="reported"))


def _each_image(found: Any, exchange: Exchange) -> Any:
    many = exchange.request.n if exchange.request else 1
    if not isinstance(found, Quote) or found.credits_low is None or many == 1:
        return found
    each = found.credits_low / many
    return evolve(found, credits_low=each, credits_high=each)


def _without_parameters(body: dict[str, Any], request: Submission) -> None:
    if request.resolution == "4K":
        body.pop("model_parameters", None)


def _doubles_once(body: dict[str, Any], request: Submission) -> None:
    if "assets" in body:
        body["assets"] = len({each.data for each in request.references})


def _any_mark_will_do(do: Any, request: Submission) -> Any:
    try:
        return do(request)
    except InvalidRequestError as error:
        if "@img" not in error.message or request.prompt.count("@img") != len(request.references):
            raise
        marks = " ".join(f"@img{at + 1}" for at in range(len(request.references)))
        found = do(evolve(request, prompt=marks))
        named = tuple(
            evolve(part, data=request.prompt.encode()) if part.name == "prompt" else part
            for part in found.body.parts
        )
        return evolve(found, body=MultipartBody(parts=named))


def _of_any_size(do: Any, request: Submission) -> Any:
    small = tuple(
        evolve(each, data=each.data[:64]) if each.data and len(each.data) > 1 << 20 else each
        for each in request.references
    )
    found = do(evolve(request, references=small))
    files = iter(request.references)
    whole = tuple(
        evolve(part, data=next(files).data or b"") if part.name == "assets" else part
        for part in found.body.parts
    )
    return evolve(found, body=MultipartBody(parts=whole))


def _picture_never_needed(body: dict[str, Any], _: Exchange) -> None:
    for item in body.get("models") or body.get("data") or ():
        item["requires_reference_images"] = False


def _picture_always_taken(body: dict[str, Any], _: Exchange) -> None:
    for item in body.get("models") or body.get("data") or ():
        item["supports_images"] = True


def _as_fields(found: list[Part], request: Submission) -> list[Part]:
    options = request.options
    moved = _parameters(found, lambda value: [value.pop(name, None) for name in options])
    plain = [
        Part(name=name, data=str(value).encode())
        for name, value in options.items()
        if name not in {"aspect_ratio", "resolution"}
    ]
    kept = [part for part in moved if part.name != "model_parameters" or part.data != b"{}"]
    return [*kept, *plain]


def _numbers_as_text(found: list[Part], request: Submission) -> list[Part]:
    def edit(value: dict[str, Any]) -> None:
        for name, each in value.items():
            value[name] = str(each) if isinstance(each, int | float) else each

    return _parameters(found, edit)


def _same_catalog(error: Exception, _: Exchange) -> Any:
    if not isinstance(error, ProviderError):
        raise error
    from tintype_cheapai import describe  # noqa: PLC0415 - only what the plugin says of itself

    return describe()


def _free_on_error(error: Exception, exchange: Exchange) -> Any:
    if not isinstance(error, ServerError):
        raise error
    nothing = Decimal(0)
    model = (exchange.request and exchange.request.model) or ""
    return Quote(model=model, credits_low=nothing, credits_high=nothing, source="unavailable")


def _always_the_key(error: Exception, _: Exchange) -> Any:
    if isinstance(error, InsufficientCreditError) and error.status == 401:
        raise AuthenticationError(error.message, status=401) from None
    raise error


def _whoever_it_is(body: dict[str, Any], exchange: Exchange) -> None:
    if exchange.task.id and "id" in body:
        body["id"] = exchange.task.id


def _previews_first(body: dict[str, Any], _: Exchange) -> None:
    for item in body["metadata"]["result_images"]:
        if item.get("previewUrl"):
            item["imageUrl"] = item["previewUrl"]


WRONG: tuple[Row, ...] = (
    wrong("K1", "import keeps a database", PURE, source=_KEEPS_A_DATABASE),
    wrong("K1", "import reads the system's list of media types", PURE, source=_READS_MIME_TYPES),
    wrong("K2", "no tier with a ratio for several images", _FORM, parts(_no_tier_for_several)),
    wrong(
        "K2",
        "no callback for several images",
        "docs/webhooks: include receive_url in the body",
        parts(_no_callback_for_several),
    ),
    wrong(
        "K3",
        "every file called a PNG",
        "docs/image-generation: assets, files: each with its own type (RFC 7578)",
        parts(_all_png),
    ),
    wrong(
        "K3",
        "blanks cut from the ends of files",
        "docs/image-generation: assets=@image1.png, the file as it is",
        parts(_stripped),
    ),
    wrong(
        "K3",
        "progress in tenths",
        "upstream: progress, 0 to 100; models.Update.progress: from 0 to 1",
        update(_in_tenths),
    ),
    wrong("K3", "width and height exchanged", "upstream: width 1920, height 1080", images(_turned)),
    wrong(
        "K3",
        "the preview in place of the image",
        "upstream: imageUrl is the image, previewUrl its preview",
        heard(_previews_first, "poll", "webhook"),
    ),
    wrong(
        "K4",
        "a credit worth a thousand times",
        "docs/billing: $25 for 1,000,000 credits",
        catalog(lambda info: evolve(info, usd_per_credit=Decimal(25) / 1000)),
    ),
    wrong(
        "K4",
        "a failed task is charged",
        "upstream: credits are refunded if a task fails",
        update(_still_charged),
    ),
    wrong(
        "K4",
        "the price of all told as that of one",
        "docs/image-generation: generations_count is asked with, credits are for the whole",
        told(_each_image, "price"),
    ),
    wrong("K4", "priced without the tier at 4K", _PRICED, sent(_without_parameters, hook="price")),
    wrong(
        "K4",
        "doubled files priced once",
        "docs/image-generation: assets is how many files are sent",
        sent(_doubles_once, hook="price"),
    ),
    wrong(
        "K5",
        "any mark will do",
        "docs/image-generation: @img1, @img2, and so on, one for each file",
        around("submit", _any_mark_will_do),
    ),
    wrong(
        "K5", "files of any size", "upstream: at most 5 MB a file", around("submit", _of_any_size)
    ),
    wrong(
        "K5",
        "live list: a picture is never needed",
        "upstream: requires_reference_images",
        heard(_picture_never_needed, "models"),
    ),
    wrong(
        "K5",
        "live list: a picture is always taken",
        _LIST,
        heard(_picture_always_taken, "models"),
    ),
    wrong(
        "K5",
        "looks ten times a second",
        "upstream: poll every 3-5 s",
        catalog(lambda info: evolve(info, poll_schedule=(0.1,))),
    ),
    wrong(
        "K5",
        "prompts of any length",
        "upstream: prompt, at most 4000 characters",
        models(lambda each: described(each, prompt=Text())),
    ),
    wrong(
        "K6",
        "the upstream's header for the key",
        "seed 000: Authorization: Bearer sk_your_api_key",
        catalog(lambda info: evolve(info, auth=HeaderKey(header="xi-api-key", prefix=""))),
    ),
    wrong(
        "K6",
        "the live list asked without the key",
        "docs/authentication: every request carries it; 401 without",
        requested(lambda found, _: evolve(found, auth=False), "models"),
    ),
    wrong(
        "K6",
        "another provider's variable for the key",
        "docs/api-keys: keys of CheapAI's own; no page names this variable",
        catalog(lambda info: evolve(info, variables={"key": "OPENAI_API_KEY"})),
    ),
    wrong(
        "K7",
        "options beside model_parameters",
        "seed 000: model-specific controls stand in model_parameters",
        parts(_as_fields),
    ),
    wrong(
        "K7",
        "numbers among the options as text",
        "seed 000: model_parameters is JSON",
        parts(_numbers_as_text),
    ),
    wrong(
        "K8",
        "a refused list is the catalog",
        "docs/error-handling: 401, 403, 429 and 500 list nothing",
        failing(_same_catalog, "models"),
    ),
    wrong(
        "K8",
        "free while the price cannot be had",
        "docs/error-handling: 500, 502 and 503 are faults; models.Quote.low: 0 is said only "
        "where a document says free",
        failing(_free_on_error, "price"),
    ),
    wrong(
        "K8",
        "no credit told as a bad key",
        'upstream: 401 "Invalid API key or insufficient credits"',
        failing(_always_the_key),
    ),
    wrong(
        "K8",
        "anybody's task is this one",
        "upstream: id, the task that was asked for",
        heard(_whoever_it_is, "poll", "webhook"),
    ),
    wrong(
        "K9",
        "prices without references outside a kit's folder",
        "docs/image-generation: assets",
        source=_LOOKS_AT_THE_FOLDER,
    ),
    wrong(
        "K9",
        "no ratio where the nonce is a real one",
        "docs/image-generation: aspect_ratio",
        source=_LOOKS_AT_THE_NONCE,
    ),
)


# ------------------------------------------------------------------------- right variants


def _files_first(found: list[Part], _: Submission) -> list[Part]:
    return sorted(found, key=lambda part: part.filename is None)


def _spaced(found: list[Part], _: Submission) -> list[Part]:
    return [
        evolve(part, data=json.dumps(json.loads(part.data), sort_keys=True, indent=1).encode())
        if part.name == "model_parameters"
        else part
        for part in found
    ]


def _defaults_left_out(body: dict[str, Any], _: Submission) -> None:
    if body.get("assets") == 0:
        del body["assets"]
    if body.get("generations_count") == 1:
        del body["generations_count"]


def _own_reason(found: Update, _: Exchange) -> Update:
    errors = tuple(
        evolve(each, message="CheapAI does not say why.")
        if each.message == "The provider gave no reason."
        else each
        for each in found.errors
    )
    return evolve(found, errors=errors)


def _own_assumption(found: Any, _: Exchange) -> Any:
    if not isinstance(found, Quote):
        return found
    return evolve(found, assumptions=("What the task shows in the end is what counts.",))


def _by_methods(hooks: Hooks, _: ModuleType) -> None:
    """The same hooks as a plain object's attributes, each looked up when it is called."""
    kept = SimpleNamespace(**hooks)
    for name in tuple(hooks):
        around(name, lambda _do, *given, _name=name: getattr(kept, _name)(*given))(hooks, _)


def _by_hand(do: Any, request: Submission, _: Any) -> Request:
    do(request, None)  # options that are given twice are refused there
    controls = {
        name: getattr(request, name)
        for name in ("resolution", "aspect_ratio")
        if getattr(request, name) is not None
    }
    body: dict[str, object] = {"assets": len(request.references), "generations_count": request.n}
    body |= {"model_id": request.model}
    controls |= request.options
    if controls:
        body["model_parameters"] = controls
    url = "https://api.cheapaiapi.com/v1i/task/price"
    return Request(method="POST", url=url, body=JsonBody(value=body))


RIGHT: tuple[Row, ...] = (
    right(
        "files in front of the fields", "RFC 7578: fields are known by name", parts(_files_first)
    ),
    right(
        "parameters in spaced JSON, keys sorted",
        "seed 000: model_parameters is JSON",
        parts(_spaced),
    ),
    right(
        "a price asked without what is default",
        "upstream: generations_count, default 1; assets, default 0",
        sent(_defaults_left_out, hook="price"),
    ),
    right("own words where no reason is given", "no document words it", update(_own_reason)),
    right("an assumption in other words", "no document words it", told(_own_assumption, "price")),
    right("hooks of an object", "docs/plugins.md: functions marked @hookimpl", _by_methods),
    right(
        "the price in plain dictionaries", "docs/image-generation: JSON", around("price", _by_hand)
    ),
)
