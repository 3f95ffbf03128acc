"""A whole picture survives every odd value beside it, at each provider; what decides never guesses.

The answers are written out here, with what real servers add, and not taken from the fixtures that
the contract kit plays. The odd values are JSON text, put in place of one value at a time.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial, reduce

import pytest
from attrs import evolve, frozen
from tests.cases import failing
from tests.core.pictures import drawn
from tests.plugins.reading import submission

import tintype_apiin
import tintype_apimodels
import tintype_apiyi
import tintype_cheapai
import tintype_openrouter
from tintype._flow.settle import completed_task
from tintype._flow.verdicts import closed_stream
from tintype._http.events import EventDecoder
from tintype.convert import to_json
from tintype.errors import ProtocolError, TintypeError
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import Provider
from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import Task, TaskState, Update
from tintype_contracts.harness.scenario import refuse_a_stranger

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DATA = drawn("png", size=(40, 30))
B64 = base64.b64encode(DATA).decode()
URL = "https://cdn.test/lake.png?sig=a%2Bb"
OVER = {TaskState.SUCCEEDED, TaskState.PARTIAL}

ODD = (
    *("null", "true", "false", "0", "-1", "7", "7.5", "2048.0", "1e400", "-1e9999999", "1e-9999"),
    *("9" * 4400, "0." + "3" * 5000, "NaN", "Infinity", "-Infinity", "18446744073709551616"),
    *('""', '" "', '"7"', '"many"', '"\\ud83d"', '"\\udc00\\ud800"', '"a\nb\tc\x01"', '"\\u0000"'),
    *('"{"', '"{}"', '"[]"', '"[1]"', '"NaN"', '"1e9999999"', '"\\u001b[2J"', '"https://"'),
    *("[]", "[null]", "[[]]", '["a", 7]', "{}", '{"a": 1}', '{"a": {"b": [NaN]}}', '{"": 0}'),
    *("[" * 70 + "]" * 70, "[" * 3000 + "]" * 3000, '{"a":' * 3000 + "1" + "}" * 3000),
    *(f'"{"x" * 100_000}"', f'"data:image/png;base64,{B64}"', f"[{'1,' * 3000}1]"),
)


@frozen(kw_only=True)
class Case:
    """An answer that holds a picture.

    Attributes:
        plugin: The provider.
        body: The answer, or the events of a stream.
        picture: Where the picture stands, and what holds it.
        decisive: What decides besides, by its pointer.
        operation: What it answers.
    """

    plugin: Provider
    body: object
    picture: tuple[str, ...]
    decisive: tuple[str, ...] = ()
    operation: Operation = Operation.SUBMIT


USAGE = {"prompt_tokens": 0, "completion_tokens": 4175, "total_tokens": 4175, "cost": 0.04}
DONE = {
    "id": "t1",
    "type": "imagen2",
    "status": "done",
    "progress": 100,
    "credit_cost": 1188,
    "created_at": "2026-02-22T06:00:00.000Z",
    "error_message": None,
    "success": True,
    "metadata": {
        "prompt": "a lake",
        "modelParameters": {"resolution": "2K"},
        "result_images": [
            {
                "id": "img_001",
                "imageUrl": URL,
                "previewUrl": "https://cdn.test/small.png",
                "mimeType": "image/png",
                "width": 1920,
                "height": 1080,
            }
        ],
    },
}
MADE = {
    "code": 200,
    "msg": "success",
    "data": {
        "taskId": "t1",
        "state": "completed",
        "resultUrls": [URL],
        "failCode": None,
        "failMsg": "",
        "error": None,
        "costTime": 12,
        "param": '{"prompt": "a lake"}',
    },
}
FOUND = {
    "code": 200,
    "message": "success",
    "data": {
        "task_id": "t1",
        "status": "completed",
        "progress": 1,
        "error": None,
        "failCode": None,
        "failMsg": "",
        "resultUrls": [URL],
        "created_at": 1768518000,
    },
}
CASES = {
    "openrouter": Case(
        plugin=tintype_openrouter,
        body={
            "id": "gen-1",
            "created": 1748372400,
            "data": [{"b64_json": B64, "media_type": "image/png", "revised_prompt": "a lake"}],
            "usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 0}},
            "error": None,
        },
        picture=("/data/0/b64_json",),
    ),
    "openrouter, streamed": Case(
        plugin=tintype_openrouter,
        body=[
            {
                "type": "image_generation.partial_image",
                "partial_image_index": 0,
                "b64_json": B64,
                "created": 1,
            },
            {
                "type": "image_generation.completed",
                "b64_json": B64,
                "media_type": "image/png",
                "usage": USAGE,
                "error": None,
                "created": 1,
            },
        ],
        picture=("/1/b64_json",),
        decisive=("/0/type", "/1/type"),
    ),
    "apiyi": Case(
        plugin=tintype_apiyi,
        body={
            "model": "seedream-5-0-260128",
            "created": 1768518000,
            "data": [{"url": URL, "size": "2048x1024", "output_format": "png", "error": None}],
            "usage": {"generated_images": 1, "output_tokens": 6240, "total_tokens": 6240},
            "error": None,
        },
        picture=("/data/0/url",),
    ),
    "apiyi, inline": Case(
        plugin=tintype_apiyi,
        body={
            "data": [{"b64_json": B64, "url": None, "size": "40x30"}],
            "usage": {"generated_images": 1},
        },
        picture=("/data/0/b64_json", "/data/0/url"),
    ),
    "apiyi, streamed": Case(
        plugin=tintype_apiyi,
        body=[
            {
                "type": "image_generation.partial_succeeded",
                "model": "seedream-5-0-260128",
                "created": 1757396757,
                "image_index": 0,
                "url": URL,
                "size": "2496x1664",
            },
            {
                "type": "image_generation.completed",
                "model": "seedream-5-0-260128",
                "created": 1757396825,
                "usage": {"generated_images": 1, "output_tokens": 48672, "total_tokens": 48672},
            },
        ],
        picture=("/0/url",),
        decisive=("/0/type", "/1/type", "/1/url", "/1/b64_json"),
    ),
    "apiyi, streamed by OpenAI's events": Case(
        plugin=tintype_apiyi,
        body=[
            {
                "type": "image_generation.partial_image",
                "b64_json": B64,
                "output_format": "png",
                "partial_image_index": 0,
                "size": "1024x1024",
            },
            {
                "type": "image_generation.completed",
                "b64_json": B64,
                "created_at": 1757396800,
                "output_format": "png",
                "size": "1024x1024",
                "usage": {"input_tokens": 50, "output_tokens": 6240, "total_tokens": 6290},
            },
        ],
        picture=("/1/b64_json",),
        decisive=("/0/type", "/1/type"),
    ),
    "cheapai": Case(
        plugin=tintype_cheapai,
        body=DONE,
        picture=("/metadata", "/metadata/result_images", "/metadata/result_images/0/imageUrl"),
        decisive=("/id", "/status", "/success"),
        operation=Operation.POLL,
    ),
    "cheapai, delivered": Case(
        plugin=tintype_cheapai,
        body=DONE,
        picture=("/metadata", "/metadata/result_images", "/metadata/result_images/0/imageUrl"),
        decisive=("/id", "/status", "/success"),
        operation=Operation.WEBHOOK,
    ),
    "apimodels": Case(
        plugin=tintype_apimodels,
        body=MADE,
        picture=("/data/resultUrls",),
        decisive=("/code", "/data/taskId", "/data/state"),
        operation=Operation.POLL,
    ),
    "apimodels, delivered": Case(
        plugin=tintype_apimodels,
        body={
            **MADE,
            "data": {
                "taskId": "t1",
                "state": "completed",
                "resultJson": json.dumps({"resultUrls": [URL]}),
                "failCode": None,
                "completeTime": 1,
            },
        },
        picture=("/data/resultJson",),
        decisive=("/code", "/data/taskId", "/data/state"),
        operation=Operation.WEBHOOK,
    ),
    "apiin": Case(
        plugin=tintype_apiin,
        body=FOUND,
        picture=("/data/resultUrls",),
        decisive=("/data/status",),
        operation=Operation.POLL,
    ),
}


def pointers(value: object, at: str = "") -> Iterator[str]:
    """Every place inside a value."""
    items: list[tuple[object, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    if isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield f"{at}/{key}"
        yield from pointers(inner, f"{at}/{key}")


def swapped(value: object, pointer: str, said: str) -> object:
    """A value with `said`, as JSON text, in one place: what `dumped` writes there."""
    if not pointer:
        return f"\0{said}\0"
    key, _, rest = pointer[1:].partition("/")
    rest = f"/{rest}" if rest else ""
    if isinstance(value, dict):
        return {**value, key: swapped(value[key], rest, said)}
    assert isinstance(value, list)
    return [swapped(item, rest, said) if str(at) == key else item for at, item in enumerate(value)]


def dumped(value: object) -> str:
    """JSON, with the odd text as it is."""
    match value:
        case str() if value[:1] == "\0":
            return value[1:-1]
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)}: {dumped(v)}" for k, v in value.items()) + "}"
        case list():
            return f"[{', '.join(map(dumped, value))}]"
        case _:
            return json.dumps(value)


def outcome(case: Case, body: object) -> Task | TintypeError:
    """What comes of an answer, as the core tells it."""
    request = submission(prompt="a lake", model=case.plugin.describe().models[0].id)
    before = Task(id="" if case.operation is Operation.SUBMIT else "t1")

    def read(task: Task | None, operation: Operation, message: Message | None) -> Task:
        exchange = Exchange(
            operation=operation, at=NOW, message=message, request=request, task=task or Task()
        )
        found = case.plugin.parse(exchange)
        assert isinstance(found, Update)
        told = completed_task(exchange.task, found, case.plugin.describe(), None, NOW)
        refuse_a_stranger(exchange, told)
        return told

    try:
        if isinstance(body, list):
            return _streamed(body, read)
        text = dumped(body).encode("utf-8", "surrogatepass")
        if case.operation is Operation.WEBHOOK:
            return read(before, case.operation, Delivery(body=text))
        return read(before, case.operation, Response(status=200, body=text))
    except TintypeError as error:
        return error


def _streamed(
    events: list[object], read: Callable[[Task | None, Operation, Message | None], Task]
) -> Task:
    task: Task | None = None
    failure: TintypeError | None = None
    for event in events:
        try:
            task = read(task, Operation.EVENT, ServerSentEvent(data=dumped(event)))
        except TintypeError as error:
            failure = error
    return closed_stream(read(task, Operation.END, None), failure)


def part_of(pointer: str, places: tuple[str, ...]) -> bool:
    """Whether a place is one of those, or inside or around one."""
    return any(f"{each}/".startswith(f"{pointer}/") for each in places) or any(
        pointer.startswith(f"{each}/") for each in places
    )


def drawn_in(found: Task | TintypeError) -> bool:
    """Whether a picture came of it."""
    return isinstance(found, Task) and found.state in OVER and bool(found.images)


BESIDE = [
    (name, pointer)
    for name, case in CASES.items()
    for pointer in pointers(case.body)
    if not part_of(pointer, (*case.picture, *case.decisive))
]
DECIDING = [(name, pointer) for name, case in CASES.items() for pointer in case.decisive]


@pytest.mark.parametrize("name", CASES)
def test_the_answers_are_whole(name: str) -> None:
    """Each as it stands is a picture, and nothing is left out of it."""
    found = outcome(CASES[name], CASES[name].body)
    assert isinstance(found, Task)
    assert (found.state, len(found.images), found.notices) == (TaskState.SUCCEEDED, 1, ())


@pytest.mark.parametrize(("name", "pointer"), BESIDE)
def test_one_odd_value_beside_a_picture_costs_nothing(name: str, pointer: str) -> None:
    """The picture is whole, nothing is told as lost, and the task can be written down."""
    case = CASES[name]
    for said in ODD:
        found = outcome(case, swapped(case.body, pointer, said))
        assert isinstance(found, Task), (said[:60], found)
        told = pointer.endswith("/error")  # what it says may well be an error
        assert told or (found.state, found.errors) == (TaskState.SUCCEEDED, ()), said[:60]
        (image,) = found.images
        assert image.data == DATA or image.url == URL, said[:60]
        json.dumps(json.loads(to_json(found)), allow_nan=False).encode()
        assert len(to_json(evolve(found, images=(), previews=()))) < 150_000


@pytest.mark.parametrize("name", CASES)
def test_every_value_beside_a_picture_may_be_odd_at_once(name: str) -> None:
    """The picture is whole all the same."""
    leaves = [
        pointer
        for each, pointer in BESIDE
        if each == name and not any(other.startswith(f"{pointer}/") for _, other in BESIDE)
    ]
    assert failing(partial(_drawn_beside, CASES[name], leaves), _numbered(ODD)) == {}


def _drawn_beside(case: Case, leaves: Sequence[str], said: str) -> None:
    body = reduce(lambda value, pointer: swapped(value, pointer, said), leaves, case.body)
    found = outcome(case, body)
    assert drawn_in(found), found


def _numbered(said: Iterable[str]) -> Iterator[tuple[str, tuple[str]]]:
    """Each under its number and its beginning, for some are long and some begin alike."""
    for number, each in enumerate(said):
        yield f"{number}: {each[:40]}", (each,)


@pytest.mark.parametrize(("name", "pointer"), DECIDING)
def test_an_odd_value_where_the_answer_decides_is_no_guess(name: str, pointer: str) -> None:
    """An error of this answer, or what the documented word in another spelling says."""
    case = CASES[name]
    for said in ODD:
        if pointer in pointers_of(case):
            found = outcome(case, swapped(case.body, pointer, said))
            whole = isinstance(found, Task) and found.state is TaskState.SUCCEEDED
            assert not whole or len(found.images) == 1, said[:60]
            assert not isinstance(found, Task) or found.id in {"", "t1", "7"}, said[:60]


def pointers_of(case: Case) -> set[str]:
    """Every place in an answer."""
    return set(pointers(case.body))


# Where the pictures are, and what the item of one is called, "" for the text itself.
BATCHES: Mapping[str, tuple[str, str]] = {
    "openrouter": ("/data", "b64_json"),
    "apiyi": ("/data", "b64_json"),
    "cheapai": ("/metadata/result_images", "url"),
    "apimodels": ("/data/resultUrls", ""),
    "apiin": ("/data/resultUrls", ""),
}
BAD = (
    *('"<moderated>"', '""', "null", "7", "true", "NaN", "{}", "[]", '"https://"', '"AAAA"'),
    *('"\\ud83d"', '"ftp://cdn.test/a.png"', '{"a": 1}', "[" * 3000 + "]" * 3000),
)


@pytest.mark.parametrize("whole", [True, False], ids=["the item", "inside it"])
@pytest.mark.parametrize("name", BATCHES)
def test_a_bad_picture_costs_itself_alone(name: str, whole: bool) -> None:  # noqa: FBT001
    """The two around it are kept in their places, and a failure names the third."""
    assert failing(partial(_costs_itself, name, whole), _numbered(BAD)) == {}


def _costs_itself(name: str, whole: bool, said: str) -> None:  # noqa: FBT001
    place, key = BATCHES[name]
    good, bad = (
        item if (whole and item is said) or not key else f'{{"{key}": {item}}}'
        for item in (f'"{B64}"', said)
    )
    found = outcome(CASES[name], swapped(CASES[name].body, place, f"[{good}, {bad}, {good}]"))
    assert isinstance(found, Task), found
    assert [image.data for image in found.images] == [DATA, DATA]
    assert [image.index for image in found.images] == [0, 2]
    assert found.state is TaskState.PARTIAL
    assert [failure.index for failure in found.errors] == [1]


@pytest.mark.parametrize("name", BATCHES)
def test_no_good_picture_is_no_success(name: str) -> None:
    """Neither a success nor a refund: an error of this answer, which is kept."""
    assert failing(partial(_is_no_success, name), _numbered(BAD)) == {}


def _is_no_success(name: str, said: str) -> None:
    place, key = BATCHES[name]
    bad = f'{{"{key}": {said}}}' if key else said
    found = outcome(CASES[name], swapped(CASES[name].body, place, f"[{bad}, {bad}]"))
    assert isinstance(found, ProtocolError), found


STREAMS = [name for name, case in CASES.items() if isinstance(case.body, list)]
WIRES: Mapping[str, Callable[[list[str]], str]] = {
    "as documented": lambda events: "".join(f"data: {each}\n\n" for each in events),
    "with comments as data": lambda events: "".join(
        f"data: : keepalive\n\ndata: {{}}\n\ndata:\n\ndata: {each}\n\n: hb\n\n" for each in events
    ),
    "run together": lambda events: "".join(f"data: {each}\n" for each in events) + "\n",
    "with a sentinel": lambda events: (
        "".join(f"data: {each}\r\n\r\n" for each in events) + "data: [DONE]\r\n\r\n"
    ),
    "cut behind its last event": lambda events: "\n\n".join(f"data: {each}" for each in events),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_whole_in_every_dress(name: str, wire: str) -> None:
    """Keep-alives are no lost part, and events without a blank line between are several."""
    case = CASES[name]
    assert isinstance(case.body, list)
    found = outcome(case, events(WIRES[wire]([dumped(event) for event in case.body])))
    assert isinstance(found, Task)
    assert (found.state, len(found.images), found.errors) == (TaskState.SUCCEEDED, 1, ())


@pytest.mark.parametrize("name", ["openrouter", "apiyi"])
def test_an_answer_behind_comments_is_the_answer(name: str) -> None:
    """A gateway that keeps the line open need not know that the provider does not stream."""
    found = outcome(CASES[name], events(f": hb\n\n: hb\n\n{dumped(CASES[name].body)}"))
    assert isinstance(found, Task)
    assert (found.state, len(found.images), found.errors) == (TaskState.SUCCEEDED, 1, ())


def events(text: str) -> list[object]:
    """The events of a stream, each as the text that it is."""
    decoder = EventDecoder()
    found = [*decoder.feed(text.encode()), *decoder.close()]
    return [f"\0{event.data}\0" for event in found]
