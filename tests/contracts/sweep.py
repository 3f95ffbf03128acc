"""Does the sandbox's answer agree with the request? Every pair of documented parameters.

    python -m tests.contracts.sweep [PROVIDER …] [--every N]

The requests come from the parameter tables; what is due is worked out here, from the request
and the price list alone, and pictures are decoded. It prints a line a provider, and each
answer that contradicts its request.
"""

from __future__ import annotations

import argparse
import base64
import io
import itertools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import frozen
from PIL import Image

from tintype._http.bodies import encoded
from tintype._pictures.media import media_type
from tintype.messages import MultipartBody, Part
from tintype_contracts import Fixtures, installed, load
from tintype_contracts.fixtures.format import Parameter, Route
from tintype_contracts.fixtures.neutral import meant, rows_for
from tintype_contracts.fixtures.pointers import put
from tintype_contracts.fixtures.relations import broken
from tintype_contracts.fixtures.routes import route_for, split
from tintype_contracts.fixtures.values import small_png
from tintype_contracts.sandbox import Engine, SandboxRequest, Settings, State, Stream, WholeResponse

NOW = 1_800_000_000.0
BASE = "http://sandbox.test/it"
_TIERS = {"512": 512, "768": 768, "1K": 1024, "1.5K": 1536, "2K": 2048, "3K": 3072, "4K": 4096}
_PIXELS = ("1024x1024", "1280x720", "1440x2560", "2048x2048")
_KEY = "k"
_HOLE = re.compile(r"\{(\w+)\}")
_MOST: Mapping[str, Decimal] = {"n": Decimal(12), "side": Decimal(2048)}  # that is painted
_SPELT = ("3", "16:9")  # what is written where a pattern says how


@frozen
class Request:
    """One submission: its body, the model it names, and the path of its address."""

    provider: str
    model: str
    body: Mapping[str, object]
    path: str = ""


@frozen
class Answer:
    """What came of one: the last word on it, its images, and what it cost."""

    reply: WholeResponse | Stream
    told: tuple[object, ...]
    pictures: tuple[bytes, ...]
    charged: tuple[Decimal, ...]


# ------------------------------------------------------------------------ the requests


def requests(fixtures: Fixtures) -> Iterator[Request]:
    """Each model's fields, alone and in pairs, with every value the tables tell apart."""
    for route in fixtures.routes:
        if route.operation == "submit":
            yield from _requests_at(fixtures, route)


def _requests_at(fixtures: Fixtures, route: Route) -> Iterator[Request]:
    rows = [
        row for row in fixtures.parameters if row.operation == "submit" and row.is_at(route.path)
    ]
    for model in route.models or _models(fixtures):
        names = [row.wire for row in rows if row.neutral == "model" and row.concerns(model)]
        mine = [
            row
            for row in rows
            if _concerns(row, rows, model) and row.neutral != "model" and not _is_made(row, rows)
        ]
        wanted = _wanted(fixtures, model) | {*route.when}
        needed = [
            (row.wire, _values(row)[0]) for row in mine if row.required or row.neutral in wanted
        ]
        always = [*((name, model) for name in names[:1]), *needed]
        choices = [
            [(row.wire, value) for value in _values(row)]
            for row in mine
            if row.wire not in dict(needed)
        ]
        singles = [(one,) for options in choices for one in options]
        pairs = [
            pair
            for one, other in itertools.combinations(choices, 2)
            for pair in itertools.product(one, other)
            if pair[0][0] != pair[1][0]
        ]
        for chosen in [(), *singles, *pairs]:
            body = _body(rows, [*always, *chosen])
            request = Request(fixtures.provider, str(model), body, route.path)
            asked = {"model": request.model, **_asked(request, fixtures)}
            here = route_for(fixtures, route.operation, asked) == route
            if here and not any(broken(fixtures.rules, asked)):
                yield request


def _models(fixtures: Fixtures) -> list[object]:
    """Those that a field lists, else those that any table names."""
    rows = [each for each in fixtures.parameters if each.operation == "submit"]
    listed = [model for row in rows if row.neutral == "model" for model in row.enum]
    named = [model for each in rows for model in each.models]
    priced = [price.model for price in fixtures.prices]
    return list(dict.fromkeys(listed or [*named, *priced]))


def _wanted(fixtures: Fixtures, model: object) -> set[str]:
    """The neutral fields without which a rule says that the model draws nothing."""
    needs = [rule for rule in fixtures.rules if rule.relation == "requires" and not rule.when]
    return {
        field
        for rule in needs
        if rule.left == ("prompt",) and model in rule.models
        for field in rule.right
    }


def _concerns(row: Parameter, rows: list[Parameter], model: object) -> bool:
    return row.concerns(model) and (bool(row.models) or not _has_own(row, rows, model))


def _is_made(row: Parameter, rows: list[Parameter]) -> bool:
    """Whether a list is made of the items that have rows of their own."""
    return row.type == "array" and any(each.wire.startswith(f"{row.wire}/") for each in rows)


def _has_own(row: Parameter, rows: list[Parameter], model: object) -> bool:
    return any(model in each.models for each in rows if each.wire == row.wire)


def _values(row: Parameter) -> list[object]:
    """Values of a field that ask for different things."""
    match row.type:
        case "boolean":
            return [True, False]
        case "integer" | "number":
            return _numbers(row)
        case "array":
            return [[_reference(row)] if row.neutral == "references" else ["a"]]
        case "file":
            return [["a"]]
        case "object" | "json":
            return [{"width": 1280, "height": 720} if row.neutral == "size" else {}]
        case _:
            return _texts(row)


def _numbers(row: Parameter) -> list[object]:
    kind = int if row.type == "integer" else float
    most = _MOST.get("side" if row.side else row.neutral or "", row.max)
    top = row.max if row.max is None or most is None else min(row.max, most)
    bounds = [kind(each) for each in (row.min, top) if each is not None]
    inner = [3] if row.min == 1 and row.max != 1 else []
    return list(dict.fromkeys([*bounds, *inner])) or [7]


def _texts(row: Parameter) -> list[object]:
    text = "http://127.0.0.1:9/hook" if row.neutral == "webhook_url" else "a red panda"
    text = "https://example.com/a.png" if row.neutral == "references" else text
    pixels = [each for each in _PIXELS if row.pixels is not None and _within(row, each)]
    spelt = [word for word in _SPELT if row.pattern and re.fullmatch(row.pattern, word)]
    return [*row.enum, *pixels, *spelt] or [text]


def _reference(row: Parameter) -> object:
    url = "https://example.com/a.png"
    return {"type": "image_url", "image_url": {"url": url}} if "input" in row.wire else url


def _within(row: Parameter, size: str) -> bool:
    width, height = map(int, size.split("x"))
    bounds = row.pixels
    return bounds is not None and (bounds.min or 0) <= width * height <= (bounds.max or 10**9)


def _body(rows: list[Parameter], chosen: list[tuple[str, object]]) -> Mapping[str, object]:
    """Values at their pointers; a field of JSON text that has parts is written out as text."""
    made: object = {}
    for wire, value in sorted(chosen, key=lambda pair: pair[0].count("/")):
        made = put(made, wire, value)
    assert isinstance(made, dict)
    texts = {row.wire[1:] for row in rows if row.type == "json"}
    return {key: json.dumps(value) if key in texts else value for key, value in made.items()}


# ------------------------------------------------------------------------- the answers


def ask(engine: Engine, request: Request) -> Answer:
    """Submit, look until it is over, fetch."""
    fixtures = engine.state.fixtures
    before = len(engine.state.account.ledger)
    asked = submission(fixtures, request.body, model=request.model, path=request.path)
    reply = engine.answer(asked, NOW)
    told = _told(reply)
    for looked in looks(fixtures, reply.task) if reply.task else ():
        told = (*told, *_told(engine.answer(looked, NOW + 600)))
    entries = [*engine.state.account.ledger][before:]
    moved = [entry for entry in entries if entry.event == "charged"]
    return Answer(
        reply=reply,
        told=told,
        pictures=tuple(_pictures(engine, tuple(each for each in told if not _is_partial(each)))),
        charged=tuple(entry.usd or entry.credits or Decimal(0) for entry in moved),
    )


def submission(
    fixtures: Fixtures,
    body: Mapping[str, object],
    *headers: tuple[str, str],
    operation: str = "submit",
    model: str = "",
    path: str = "",
) -> SandboxRequest:
    """The submission of this body, or the question for its price, with the sandbox's key."""
    routes = [each for each in fixtures.routes if (each.operation, each.path) == (operation, path)]
    route = routes[0] if routes else route_for(fixtures, operation, {"model": model})
    assert route is not None
    kind, data = _written(body, route.body)
    shown = (_key(fixtures), ("Content-Type", kind), *headers)
    path = route.path.replace("{model}", model or "{model}")
    return SandboxRequest(method=route.method, path=path, headers=shown, body=data)


def look(fixtures: Fixtures, task: str) -> SandboxRequest:
    """A look at a task."""
    return next(looks(fixtures, task))


def looks(fixtures: Fixtures, task: str) -> Iterator[SandboxRequest]:
    """A look at a task at each of its addresses; what else they name is any word."""
    for route in fixtures.routes:
        if route.operation == "poll":
            query = tuple((key, _filled(value, task)) for key, value in route.query.items())
            yield SandboxRequest(
                method=route.method,
                path=_filled(route.path, task),
                query=query,
                headers=(_key(fixtures),),
            )


def _filled(template: str, task: str) -> str:
    return _HOLE.sub(lambda hole: task if hole[1] == "id" else "any", template)


def _key(fixtures: Fixtures) -> tuple[str, str]:
    """The header that shows the key."""
    return fixtures.auth.header, fixtures.auth.form.replace("{{secret:api_key}}", _KEY)


def _is_partial(event: object) -> bool:
    return isinstance(event, dict) and str(event.get("type")).endswith(".partial_image")


def _written(body: Mapping[str, object], kind: str | None) -> tuple[str, bytes]:
    if kind != "multipart":
        return "application/json", json.dumps(body).encode()
    parts = tuple(
        Part(name=name, data=small_png("sweep"), filename="a.png", media_type="image/png")
        if isinstance(value, list)
        else Part(name=name, data=(value if isinstance(value, str) else json.dumps(value)).encode())
        for name, value in body.items()
    )
    return encoded(MultipartBody(parts=parts))


def _told(reply: WholeResponse | Stream) -> tuple[object, ...]:
    """The JSON of an answer, of each event."""
    if isinstance(reply, WholeResponse):
        if kind := media_type(reply.body):  # the picture itself
            return ({"b64_json": base64.b64encode(reply.body).decode(), "media_type": kind},)
        return (_read(reply.body.decode()),)
    lines = [line for event in reply.events for line in event.data.decode().splitlines()]
    return tuple(_read(line[6:]) for line in lines if line.startswith("data: {"))


def _read(text: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text


def leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Every value that holds no other, with the name it has; JSON in a text is looked into."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        value = _read(value)
    match value:
        case dict():
            for name, item in value.items():
                yield from leaves(item, name)
        case list() | tuple():
            for item in value:
                yield from leaves(item, key)
        case _:
            yield key, value


def _pictures(engine: Engine, told: tuple[object, ...]) -> Iterator[bytes]:
    """The images of an answer, in order; previews and smaller versions are none."""
    seen: set[str] = set()
    results = engine.state.fixtures.results
    drawn = [each for work in engine.state.works.values() for each in work.drawings]
    names = {each.name for each in drawn} if results and results.at else set()
    for _, value in leaves(told):
        if results and value in names:
            path, query = split(results.address(str(value)))
            found = engine.answer(SandboxRequest(method="GET", path=path, query=query), NOW)
            yield found.body if isinstance(found, WholeResponse) else b""
        elif data := _decoded(value):
            yield data
        elif "/assets/" in str(value) and ".preview." not in str(value) and str(value) not in seen:
            seen.add(str(value))
            path = str(value).removeprefix(BASE)
            fetched = engine.answer(SandboxRequest(method="GET", path=path), NOW)
            yield fetched.body if isinstance(fetched, WholeResponse) else b""


def _decoded(value: object) -> bytes:
    """The picture that a text is in base64, or nothing."""
    try:
        data = base64.b64decode(str(value), validate=True)
    except ValueError:
        return b""
    return data if media_type(data) else b""


# ------------------------------------------------------------------------- what is due


def contradictions(request: Request, answer: Answer, fixtures: Fixtures) -> Iterator[str]:
    """Where an answer is not one to its request, a sentence each."""
    asked = _asked(request, fixtures)
    if not 200 <= answer.reply.status < 300:
        yield f"it is refused: {dict(answer.reply.headers).get('x-sandbox-reason')}"
        return
    ignored = {
        row.wire.rpartition("/")[2]
        for row in fixtures.parameters
        if row.ignored and row.concerns(request.model)
    }
    heard = {key: value for key, value in asked.items() if key not in ignored}
    count = _count(request, heard, fixtures)
    if len(answer.pictures) != count:
        yield f"{len(answer.pictures)} pictures for {count}"
    if isinstance(answer.reply, Stream) != (heard.get("stream") is True):
        yield "events where none were asked for, or none where they were"
    for data in {*answer.pictures[:1], *answer.pictures[-1:]}:
        yield from _of_a_picture(data, request, heard)
    yield from _of_the_words(request, heard, answer, count)
    yield from _of_money(request, heard, answer, fixtures, count)


def _asked(request: Request, fixtures: Fixtures) -> dict[str, object]:
    """What a request says, by the names of its fields and by those that the table has for them."""
    rows = [
        row
        for row in fixtures.parameters
        if row.operation == "submit" and row.is_at(request.path) and not row.ignored
    ]
    said = {key: value for key, value in leaves(request.body) if key}
    for row, value in meant(rows_for(rows, request.model), request.body):
        said[row.part or row.neutral or row.wire.rpartition("/")[2]] = row.meant(value)
    return said


def _count(request: Request, heard: Mapping[str, object], fixtures: Fixtures) -> int:
    if request.provider == "apiyi":
        auto = heard.get("sequential_image_generation") == "auto"
        return int(str(heard.get("max_images", 1))) if auto else 1
    usual = [
        row.default
        for row in fixtures.parameters
        if row.neutral == "n" and row.concerns(request.model) and row.is_at(request.path)
    ]
    return int(str(heard.get("n", next(filter(None, usual), 1))))


def _of_a_picture(data: bytes, request: Request, heard: Mapping[str, object]) -> Iterator[str]:
    wanted = str(heard.get("output_format", "jpeg" if request.provider == "apiyi" else "png"))
    if wanted == "svg":
        if b"<svg" not in data[:300]:
            yield "no SVG"
        return
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            size, kind = picture.size, str(picture.format).lower()
            clear = picture.mode in {"RGBA", "LA"} or "transparency" in picture.info
    except OSError:
        yield f"a picture that cannot be read: {data[:12]!r}"
        return
    if kind != wanted and not _may_choose(request, heard):
        yield f"{kind} for {wanted}"
    if heard.get("background") == "transparent" and kind != "jpeg" and not clear:
        yield "opaque for transparent"
    yield from _of_a_size(size, heard)


def _may_choose(request: Request, heard: Mapping[str, object]) -> bool:
    """Whether no document says which format a request without one gets."""
    return "output_format" not in heard and request.provider != "openrouter"


def _of_a_size(size: tuple[int, int], heard: Mapping[str, object]) -> Iterator[str]:
    exact = [str(value) for value in heard.values() if str(value) in _PIXELS]
    if exact:
        if f"{size[0]}x{size[1]}" != exact[0]:
            yield f"{size[0]}x{size[1]} for {exact[0]}"
        return
    tier = str(heard.get("resolution", heard.get("size", ""))).upper()
    if tier in _TIERS and abs(size[0] * size[1] / _TIERS[tier] ** 2 - 1) > 0.05:
        yield f"{size[0]}x{size[1]} for {tier}"
    width, _, height = str(heard.get("aspect_ratio", "")).partition(":")
    if height and abs(size[0] * float(height) / size[1] / float(width) - 1) > 0.03:
        yield f"{size[0]}x{size[1]} for {heard['aspect_ratio']}"


def _of_the_words(
    request: Request, heard: Mapping[str, object], answer: Answer, count: int
) -> Iterator[str]:
    for key, value in leaves(answer.told):
        if key in {"media_type", "mimeType"} and answer.pictures:
            yield from _of_a_type(str(value), answer.pictures[0])
        due = {
            "model": request.model,
            "modelId": request.model,
            "generated_images": count,
            "output_format": heard.get("output_format", value),
        }.get(key, value)
        if not str(value).endswith(str(due)):
            yield f"{key} is {value!r} for {due!r}"
    if request.provider == "apiyi":
        shown = {key for key, _ in leaves(answer.told) if key in {"url", "b64_json"}}
        if shown != {str(heard.get("response_format", "url"))}:
            yield f"{shown} for {heard.get('response_format', 'url')}"


def _of_a_type(told: str, data: bytes) -> Iterator[str]:
    starts = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/webp": b"RIFF"}
    if not data.startswith(starts.get(told, b"")):
        yield f"{told} for {data[:4]!r}"


def _of_money(
    request: Request,
    heard: Mapping[str, object],
    answer: Answer,
    fixtures: Fixtures,
    count: int,
) -> Iterator[str]:
    costs = [
        Decimal(str(value))
        for key, value in leaves(answer.told)
        if key in {"cost", "credit_cost", "estimated_credits"} and value is not None
    ]
    if len(answer.charged) != 1 or any(cost != answer.charged[0] for cost in costs):
        yield f"{answer.charged} is charged, {costs} told"
    due = _due(request, heard, fixtures)
    if due is not None and answer.charged and answer.charged[0] != due * count:
        yield f"{answer.charged[0]} is charged for {count} x {due}"


def _due(request: Request, heard: Mapping[str, object], fixtures: Fixtures) -> Decimal | None:
    """The price of one image where the list says it for all that is asked, or None."""
    asked = {key.lower(): str(value).lower() for key, value in heard.items()}
    tier = asked.get("resolution") or asked.get("size", "")
    told = {"resolution": tier, "quality": asked.get("quality", "")}
    known = {"image_url", "image_urls", "image", "input_references", "assets"} & set(request.body)
    told["references"] = "yes" if known else "no"
    for row in fixtures.prices:
        wanted = {key: value.lower() for key, value in row.when.items()}
        fits = row.model == request.model and wanted.items() <= told.items()
        if fits and row.unit != "image":
            return None
        if fits:
            return row.usd if row.usd is not None else row.credits
    return None


# ------------------------------------------------------------------------------- by hand


def sweep(provider: str, every: int = 1) -> tuple[int, list[str]]:
    """How many requests were made, and what contradicted."""
    fixtures = load(provider)
    wrong: list[str] = []
    made = 0
    engine = engine_of(fixtures)
    for request in itertools.islice(requests(fixtures), 0, None, every):
        made += 1
        if made % 500 == 0:
            engine = engine_of(fixtures)
        answer = ask(engine, request)
        found = list(contradictions(request, answer, fixtures))
        if found:
            wrong.append(f"{provider} {dict(request.body)}: {'; '.join(found)}")
    return made, wrong


def engine_of(fixtures: Fixtures) -> Engine:
    """A provider, played without a socket; pictures are of one colour."""
    settings = Settings(base_url=BASE, key=_KEY, plain=True)
    return Engine(state=State(fixtures=fixtures, settings=settings))


def main() -> int:
    """Sweep, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("providers", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    bad = 0
    for provider in given.providers or installed():
        made, wrong = sweep(provider, given.every)
        bad += len(wrong)
        sys.stdout.write(f"{provider}: {made} requests, {len(wrong)} contradictions\n")
        sys.stdout.writelines(f"  {each}\n" for each in wrong[:40])
        sys.stdout.flush()
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
