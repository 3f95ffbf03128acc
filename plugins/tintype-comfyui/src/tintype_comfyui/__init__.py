"""ComfyUI: a server of one's own runs a graph, and its pictures are fetched by their names.

Source of every fact, where no other is named: server.py of https://github.com/Comfy-Org/ComfyUI,
which is ComfyUI's own, read 2026-11-29. Nothing here was ever run against a live server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import (
    ended,
    failure,
    is_refusal,
    peek,
    picture,
    pictures,
    read,
    structure,
    translate,
)
from tintype.errors import (
    Billed,
    InvalidRequestError,
    ProtocolError,
    ProviderError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, MultipartBody, Part, Request, Response, address
from tintype.models import Failure, Image, Quote, Task, TaskState, Update, Upload
from tintype.prices import quote_from_prices
from tintype.request import Reference, Submission
from tintype_comfyui import _wire
from tintype_comfyui._catalog import DEFAULT, GRAPH, HOST, INFO, PLACES

_STATES = {"success": TaskState.SUCCEEDED, "error": TaskState.FAILED}
_REFUSALS = refusals(400, 404, 500)
_OURS = ("graph", "places")  # what is no field of the body
_FAILED, _INTERRUPTED = "execution_error", "execution_interrupted"
_SHOWN = "temp"  # of pictures that were not saved


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What a server of one's own offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """Nothing: "Free (your own compute)". Nodes of partners cost, and are paid by `extra_data`."""
    return None if "extra_data" in request.options else quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /prompt`: the graph, with what is asked for in its places."""
    body = {key: value for key, value in request.options.items() if key not in _OURS}
    return Request.post(f"{HOST}/prompt", {"prompt": _graph(request), **body})


@hookimpl
def poll(task: Task) -> Request:
    """`GET /history/{prompt_id}`, which has nothing of a graph until it has run."""
    return Request.get(address(f"{HOST}/history", task.id))


@hookimpl
def parse(exchange: Exchange) -> Update | Upload:
    """A file that was taken, a graph that was queued or stopped, or what came of it."""
    message = exchange.message
    if is_refusal(message):
        raise _refusal(message)
    match exchange.operation:
        case Operation.UPLOAD:
            taken, _ = read(message, _wire.Uploaded)
            return Upload(reference=Reference(url=_view(taken.name, taken.subfolder, taken.type)))
        case Operation.CANCEL:
            stopped, raw = read(message, _wire.Canceled)
            state = TaskState.CANCELED if stopped.cancelled else None
            return Update(state=state, billed=Billed.NO if state else None, raw=raw)
        case Operation.SUBMIT:
            queued, raw = read(message, _wire.Queued)
            return Update(id=queued.prompt_id, state=TaskState.RUNNING, raw=raw)
        case _:
            return _looked(exchange)


@hookimpl
def upload(reference: Reference, notes: JsonObject) -> Request | None:
    """`POST /upload/image`: where a file of that name is another, the answer tells a new name."""
    if reference.data is None:
        return None
    kind = reference.media_type
    name = reference.name or f"image1.{kind.removeprefix('image/')}"
    part = Part(name="image", data=reference.data, filename=name, media_type=kind)
    return Request(method="POST", url=f"{HOST}/upload/image", body=MultipartBody(parts=(part,)))


@hookimpl
def cancel(task: Task) -> Request:
    """`POST /api/jobs/{id}/cancel`: one that waits is removed, one that runs is interrupted."""
    return Request(method="POST", url=f"{address(f'{HOST}/api/jobs', task.id)}/cancel")


# ------------------------------------------------------------------------- what is sent


def _graph(request: Submission) -> object:
    """The caller's graph, or that of the examples, with the request's values in its places.

    Raises:
        InvalidRequestError: A value has no place in the graph, or a place is not in it.
    """
    own = "graph" in request.options
    graph = request.options["graph"] if own else DEFAULT
    listed = request.options.get("places", {} if own else PLACES)
    places = listed if isinstance(listed, Mapping) else {}
    for name, values, left_out in _values(request, own=own):
        found = places.get(name, ())
        ways = [found] if isinstance(found, str) else list(found)
        if not ways and left_out:
            continue
        if len(ways) < len(values):
            there = f"{len(ways)} of {len(values)}" if ways else "no"
            msg = f"The graph has {there} places for it: add one to options.comfyui.places."
            raise InvalidRequestError(msg, field=_FIELDS.get(name, name), allowed=(_EXAMPLE,))
        for index, way in enumerate(ways):
            if index < len(values) or len(values) == 1:
                graph = _put(graph, str(way).split("/")[1:], values[index % len(values)], str(way))
    return graph


_EXAMPLE = 'places={"prompt": "/6/inputs/text", "image": ["/10/inputs/image"]}'
_FIELDS = {
    "width": "size",
    "height": "size",
    **dict.fromkeys(("image", "mask", "control"), "references"),
}
_PLAIN = ("prompt", "negative_prompt", "seed", "steps", "guidance", "strength")


def _values(request: Submission, *, own: bool) -> Iterator[tuple[str, Sequence[object], bool]]:
    """What goes into the graph: the place's name, the values, whether it may have no place."""
    yield "model", (request.model,), own and request.model in {GRAPH, INFO.models[0].id}
    yield "n", (request.n,), request.n == 1
    for name in _PLAIN:
        value = getattr(request, name)
        if value not in {None, ""}:
            yield name, (value,), False
    for name, side in zip(("width", "height"), request.pixels or (), strict=False):
        yield name, (side,), False
    for role in dict.fromkeys(each.role for each in request.references):
        files = [_file(each) for each in request.references if each.role == role]
        yield role, files, False


def _file(reference: Reference) -> str:
    """A source as nodes name it: a file below the server's folder of inputs."""
    told = parse_qs(urlsplit(reference.url or "").query)
    return "/".join((*told.get("subfolder", ()), *told.get("filename", (reference.name,))))


def _put(value: object, way: Sequence[str], new: object, place: str) -> object:
    """The graph with another value at an input that it has.

    Raises:
        InvalidRequestError: It has no such input.
    """
    if not way:
        return new
    head = way[0].replace("~1", "/").replace("~0", "~")
    if not isinstance(value, Mapping) or head not in value:
        msg = f"The graph has nothing at {place!r}: give the JSON pointer of an input of a node."
        raise InvalidRequestError(msg, field="options.places", allowed=(_EXAMPLE,))
    return {**value, head: _put(value[head], way[1:], new, place)}


# --------------------------------------------------------------------- what comes back


def _looked(exchange: Exchange) -> Update:
    """The history of a graph: nothing while it waits or runs, then how it ended."""
    history, raw = read(exchange.message, dict[str, _wire.Ran])
    known = exchange.task.id
    if known not in raw:
        return Update(state=TaskState.RUNNING, raw=raw)
    if known not in history:
        msg = "The history does not say how the graph ended."
        raise ProtocolError(msg, pointer=f"/{known}/status")
    ran, update = history[known], Update(raw=raw, billed=Billed.NO)
    state = translate(ran.status.status_str, _STATES, f"/{known}/status/status_str")
    if state is TaskState.FAILED:
        return _broken(update, ran.status)
    return _drawn(update, ran.outputs, f"/{known}/outputs")


def _drawn(update: Update, outputs: Mapping[str, _wire.Node], pointer: str) -> Update:
    """A graph with its pictures: those that it saved, else those that it only showed."""
    files = [file for node in outputs.values() for file in node.images]
    saved = [file for file in files if file is None or file.type != _SHOWN]
    images, errors = pictures(saved or files, _image, pointer)
    if not images:
        msg = "The graph has run, and put out no picture: it needs a node such as SaveImage."
        raise ProtocolError(msg, pointer=pointer)
    state = ended(images, errors)
    return evolve(update, state=state, images=images, errors=errors)


def _image(file: _wire.File, index: int) -> Image | Failure:
    if not _is_name(file.filename):
        msg = f"The picture has no name: {file.filename!r}."
        raise ProtocolError(msg)
    folder = file.subfolder if _is_name(file.subfolder) else ""
    kind = _SHOWN if file.type == _SHOWN else "output"
    return picture(_view(file.filename, folder, kind), index=index)


def _is_name(text: str) -> bool:
    """Whether a text can be that of a file: halves of characters have been replaced by now."""
    return text != "" and text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text


def _view(filename: str, subfolder: str, kind: str) -> str:
    """`GET /view`, where a file is."""
    return address(f"{HOST}/view", filename=filename, subfolder=subfolder, type=kind)


# --------------------------------------------------------------------- what went wrong


def _broken(update: Update, status: _wire.Status) -> Update:
    """A graph that was stopped, or of which a node failed."""
    pairs = [each for each in status.messages if isinstance(each, list) and len(each) > 1]
    events = {str(name): data for name, data, *_ in pairs}
    if _INTERRUPTED in events:
        return evolve(update, state=TaskState.CANCELED)
    told = structure(events.get(_FAILED, {}), _wire.Event)
    node = f"{told.node_type} {told.node_id}: " if told.node_id else ""
    errors = (failure(f"{node}{told.exception_message}".strip(), told.exception_type),)
    return evolve(update, state=TaskState.FAILED, errors=errors)


def _refusal(message: Response) -> ProviderError | ProtocolError:
    """Why a graph was not queued: what is wrong with it, and with which of its nodes."""
    told = peek(message, _wire.Refusal())
    error = told.error if isinstance(told.error, _wire.Problem) else _wire.Problem()
    words = [error.message or str(told.error or ""), error.details]
    for number, node in told.node_errors.items():
        for one in filter(None, node.errors):
            words += [f"{node.class_type} {number}: {one.message}", one.details]
    said = "; ".join(filter(None, words))
    return refusal(message.status, _REFUSALS, said, error.type)
