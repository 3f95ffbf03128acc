"""CheapAI: seed document 000, its pages under /docs, and its upstream where they are silent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from tests.contracts.changed import (
    ABSENT,
    Change,
    Plugin,
    around,
    catalog,
    described,
    failing,
    files,
    heard,
    models,
    parts,
    read,
    requested,
    sent,
    told,
    update,
)
from tests.contracts.outside.how import TURNED, calling_itself, giving_no_reason

from tintype.catalog import Model, Text
from tintype.credentials import HeaderKey
from tintype.errors import (
    AuthenticationError,
    InsufficientCreditError,
    InvalidRequestError,
    ServerError,
)
from tintype.exchange import Exchange
from tintype.messages import JsonBody, MultipartBody, Part, Request
from tintype.models import Cost, Quote, TaskState, Update
from tintype.request import Submission

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


def _of_any_size(known: Model) -> Model:
    return evolve(known, references=known.references and evolve(known.references, max_bytes=None))


def _listing(**fields: object) -> Change:
    """A live list in which these stand of every model."""

    def edit(body: dict[str, Any], _: Exchange) -> None:
        for item in body.get("models") or body.get("data") or ():
            item.update(fields)

    return heard(edit, "models")


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


def _free_on_error(error: Exception, exchange: Exchange) -> Any:
    nothing = Decimal(0)
    model = (exchange.request and exchange.request.model) or ""
    return Quote(model=model, credits_low=nothing, credits_high=nothing, source="unavailable")


def _always_the_key(error: Any, _: Exchange) -> Any:
    if error.status == 401:
        raise AuthenticationError(error.message, status=401) from None
    raise error


def _whoever_it_is(body: dict[str, Any], exchange: Exchange) -> None:
    if exchange.task.id and "id" in body:
        body["id"] = exchange.task.id


def _previews_first(body: dict[str, Any], _: Exchange) -> None:
    for item in body["metadata"]["result_images"]:
        if item.get("previewUrl"):
            item["imageUrl"] = item["previewUrl"]


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
    for name, usual in {"assets": 0, "generations_count": 1}.items():
        if body.get(name) == usual:
            del body[name]


def _by_methods(plugin: Plugin) -> None:
    """The same hooks as a plain object's attributes, each looked up when it is called."""
    kept = SimpleNamespace(**plugin.hooks)
    for name in tuple(plugin.hooks):
        around(name, lambda _do, *given, _name=name: getattr(kept, _name)(*given))(plugin)


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


CHANGES: Mapping[str, Change | str] = {
    "import keeps a database": _KEEPS_A_DATABASE,
    "import reads the system's list of media types": _READS_MIME_TYPES,
    "no tier with a ratio for several images": parts(_no_tier_for_several),
    "no callback for several images": parts(
        lambda found, request: [
            each for each in found if each.name != "receive_url" or request.n == 1
        ]
    ),
    "every file called a PNG": files(media_type="image/png"),
    "blanks cut from the ends of files": files(data=lambda it: it.rstrip(b"\r\n\t \0")),
    "progress in tenths": update(progress=lambda it: it and round(it, 1)),
    "width and height exchanged": TURNED,
    "the preview in place of the image": heard(_previews_first, "poll", "webhook"),
    "a credit worth a thousand times": catalog(credit_values={"docs/billing": Decimal(25) / 1000}),
    "a failed task is charged": update(_still_charged),
    "the price of all told as that of one": told(_each_image, "price"),
    "priced without the tier at 4K": sent(
        hook="price", where=lambda it: it.resolution == "4K", model_parameters=ABSENT
    ),
    "doubled files priced once": sent(_doubles_once, hook="price"),
    "any mark will do": around("submit", _any_mark_will_do),
    "files of any size": models(_of_any_size),
    "live list: a picture is never needed": _listing(requires_reference_images=False),
    "live list: a picture is always taken": _listing(supports_images=True),
    "looks ten times a second": catalog(poll_schedule=(0.1,)),
    "prompts of any length": models(described(prompt=Text())),
    "the upstream's header for the key": catalog(auth=HeaderKey(header="xi-api-key", prefix="")),
    "the live list asked without the key": requested(hook="models", auth=False),
    "another provider's variable for the key": catalog(variables={"key": "OPENAI_API_KEY"}),
    "options beside model_parameters": parts(_as_fields),
    "numbers among the options as text": parts(_numbers_as_text),
    "a refused list is the catalog": calling_itself("cheapai"),
    "free while the price cannot be had": failing(ServerError, _free_on_error, "price"),
    "no credit told as a bad key": failing(InsufficientCreditError, _always_the_key),
    "anybody's task is this one": heard(_whoever_it_is, "poll", "webhook"),
    "prices without references outside a kit's folder": _LOOKS_AT_THE_FOLDER,
    "no ratio where the nonce is a real one": _LOOKS_AT_THE_NONCE,
    "files in front of the fields": parts(_files_first),
    "parameters in spaced JSON, keys sorted": parts(_spaced),
    "a price asked without what is default": sent(_defaults_left_out, "price"),
    "own words where no reason is given": giving_no_reason("CheapAI does not say why."),
    "an assumption in other words": read(
        Quote, assumptions=("What the task shows in the end is what counts.",)
    ),
    "hooks of an object": _by_methods,
    "the price in plain dictionaries": around("price", _by_hand),
}
