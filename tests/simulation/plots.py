"""How a submission may go, by its provider's own documents: the answers, rendered once.

The sandbox plays every documented story once when a simulation begins; what it said is kept with
marks in the places of the task's id and of inline pictures. A simulated provider fills the marks
in, which is some hundred times faster than to play a story anew for each submission.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import evolve, field, frozen
from tests.simulation.asks import Answer, Ask
from tests.simulation.meeting import Desk, Line

from tintype import HttpRequest, ImageRequest, Quote
from tintype.catalog import Flag
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.sandbox import Engine, SandboxRequest, Settings, State, Stream, WholeResponse
from tintype_contracts.sandbox.engine.works import Work

HOOK = "http://127.0.0.1/hook"
KEY = "k-simulated-0123456789"
_NOW = 1_800_000_000.0
_PACE = 4.0
TASK_MARK = "sb0123456789abcdef012345"
_ASSET = re.compile(r"https://pictures\.[\w-]+\.test/assets/(sb[0-9a-f]+)/(\d+)")
_LABEL = re.compile(rb"tEXtwork\x00(sb[0-9a-f]+)/(\d+)\.")
_MARKS = re.compile(rb"@@picture(\d+)@@")
# How often a way is gone, by whether a picture comes of it and whether it is streamed.
_SHELVES = {(True, False): 10, (True, True): 4, (False, False): 2, (False, True): 1}
_DELIVERED = {"succeeded", "partial"}


@frozen(kw_only=True, eq=False)
class Plot:
    """One way a submission may go.

    Attributes:
        polls: The answers to looks at the task; each holds for `pace` seconds, the last for good.
        webhook: What is delivered at the end, or None.
        pictures: The places of those that are told of at the end; none where nothing is paid.
        usd: What the provider takes, in US dollars.
        at_once: Whether the money is taken at the acceptance, and not at the end.
        alone: Whether the model draws one picture at a time, several in several submissions.
    """

    provider: str
    story: str
    asked: ImageRequest
    submit: Answer
    polls: tuple[Answer, ...]
    webhook: bytes | None
    cancel: Answer | None
    pictures: tuple[int, ...]
    usd: Decimal
    at_once: bool
    alone: bool
    pace: float = _PACE


@frozen(kw_only=True)
class Script:
    """All that is documented of one provider.

    Attributes:
        plots: The ways a submission goes, those that draw something first.
        refusals: What is said in place of an answer, by story and operation.
        shelves: The same by what comes of them.
        weights: How often each shelf is reached for.
    """

    provider: str
    plots: tuple[Plot, ...]
    refusals: tuple[tuple[str, str, Answer], ...]
    fixtures: Fixtures = field(repr=False)

    shelves: tuple[tuple[Plot, ...], ...] = field(init=False, repr=False)
    weights: tuple[int, ...] = field(init=False)

    @shelves.default
    def _shelves(self) -> tuple[tuple[Plot, ...], ...]:
        return tuple(
            tuple(
                plot for plot in self.plots if (bool(plot.pictures), bool(plot.submit.events)) == of
            )
            for of in _SHELVES
        )

    @weights.default
    def _weights(self) -> tuple[int, ...]:
        pairs = zip(self.shelves, _SHELVES.values(), strict=True)
        return tuple(weight if shelf else 0 for shelf, weight in pairs)


def picture(work: str, index: int) -> bytes:
    """A whole PNG that says whose it is."""
    return _HEAD + _chunk(b"tEXt", f"work\0{work}/{index}.".encode()) + _TAIL


def drawn_in(data: bytes) -> tuple[str, int] | None:
    """Of which work a picture is, and its place there."""
    found = _LABEL.search(data)
    return (found[1].decode(), int(found[2])) if found else None


def drawn_at(url: str) -> tuple[str, int] | None:
    """Of which work the picture at an address is, and its place there."""
    found = _ASSET.match(url)
    return (found[1], int(found[2])) if found else None


def told_of(answer: Answer, work: str) -> Answer:
    """An answer about a certain work."""
    if answer.events:
        return evolve(answer, events=tuple(filled(each, work) for each in answer.events))
    return evolve(answer, body=filled(answer.body, work))


def filled(body: bytes, work: str) -> bytes:
    """Bytes with a work's id and pictures in the places of the marks."""
    body = body.replace(TASK_MARK.encode(), work.encode())
    for index in {int(mark) for mark in _MARKS.findall(body)}:
        inline = base64.b64encode(picture(work, index))
        body = body.replace(_picture_mark(index), inline)
    return body


def _picture_mark(index: int) -> bytes:
    return b"@@picture%d@@" % index


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_HEAD = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
_TAIL = _chunk(b"IDAT", zlib.compress(b"\0" * 72)) + _chunk(b"IEND", b"")


# --------------------------------------------------------------------------- rendering


def script(provider: str, fixtures: Fixtures, desk: Desk) -> Script:
    """Every documented story of a provider, played once.

    Args:
        provider: Its name.
        fixtures: Its documents.
        desk: Its plugin, and what that sends.
    """
    plots = [
        plot
        for asked in _requests(provider, desk)
        for story in _stories(fixtures)
        if (plot := _play(provider, fixtures, story, asked, desk)) is not None
    ]
    plots.sort(key=lambda plot: not plot.pictures)
    return Script(
        provider=provider,
        plots=tuple(plots),
        refusals=tuple(_refusals(provider, fixtures, desk)),
        fixtures=fixtures,
    )


def _stories(fixtures: Fixtures) -> Iterator[str]:
    for name in fixtures.stories:
        if any(scene for scene in fixtures.stories[name].scenes):
            yield name


def _requests(provider: str, desk: Desk) -> Iterator[ImageRequest]:
    """What is asked of a provider: its first models, one picture and several, streams."""
    for model in desk.providers.registry.get(provider).info.models[:4]:
        streams = isinstance(model.parameters.get("stream"), Flag)
        for n in sorted({1, min(model.max_n, 3)}):
            for stream in sorted({False, streams}):
                yield ImageRequest(prompt="a cat", model=model.id, n=n, stream=stream)


def _sent(desk: Desk, provider: str, request: ImageRequest) -> HttpRequest | None:
    """A submission as bytes, or None where it cannot be asked for."""
    line = Line(desk, provider, desk.conversations.of(provider).submit(request), "")
    ask = line.step()
    while isinstance(ask, Ask) and not ask.paid:
        ask = line.step("")
    return line.wire() if isinstance(ask, Ask) else None


def _quoted(desk: Desk, provider: str, request: ImageRequest, engine: Engine) -> Iterator[Decimal]:
    """What the provider's own answers say that it may cost: it takes no more than that."""
    line = Line(desk, provider, desk.conversations.of(provider).quote(request), "")
    step = line.step()
    while isinstance(step, Ask):
        step = line.step(plain(engine, call_of(line.wire())) if step.kind == "send" else None)
    if isinstance(step.result, Quote) and step.result.high is not None:
        yield step.result.high


def _dollars(desk: Desk, provider: str, work: Work) -> Decimal:
    """What a work costs in US dollars."""
    rate = desk.providers.registry.get(provider).info.dearest_credit or Decimal(0)
    usd, credits_ = work.price.usd, work.price.credits
    return usd if usd is not None else (credits_ or Decimal(0)) * rate


def _play(
    provider: str, fixtures: Fixtures, story: str, asked: ImageRequest, desk: Desk
) -> Plot | None:
    """A story as it goes for a request, or None where it cannot be asked for, or is an error."""
    engine = engine_of(provider, fixtures)
    hook = HOOK if fixtures.webhooks else None
    words = f"sandbox:{story}" if story not in {"generated", "streamed"} else "a cat"
    request = evolve(asked, prompt=words, webhook_url=hook)
    sent = _sent(desk, provider, request)
    said = engine.answer(call_of(sent), _NOW) if sent else None
    if said is None or not engine.state.works:
        return None
    work = next(iter(engine.state.works.values()))
    looks = tuple(_looks(engine, fixtures, work))
    engine.state.settle(_NOW + 1e6)
    calls = engine.due(_NOW + 1e6)
    stop = _call(fixtures, "cancel", work.id)
    submit, polls = _marked(said, work), tuple(_marked(look, work) for look in looks)
    webhook = _marked_bytes(calls[0].body, work) if calls else None
    ending = polls[-1] if polls else submit
    told = b"".join([ending.body, *ending.events, b"" if polls else webhook or b""])
    pictures = tuple(i for i in range(len(work.drawings)) if _shows(told, i))
    delivered = work.plan.end in _DELIVERED and bool(pictures)
    return Plot(
        provider=provider,
        story=story,
        asked=evolve(asked, webhook_url=hook),
        submit=submit,
        polls=polls,
        webhook=webhook,
        cancel=_marked(engine.told_off(stop, "canceled", _NOW), work) if stop else None,
        pictures=pictures if delivered else (),
        usd=min([_dollars(desk, provider, work), *_quoted(desk, provider, request, engine)])
        if delivered
        else Decimal(0),
        at_once=fixtures.billing.charged == "accepted",
        alone=desk.providers.registry.get(provider).info.limits(asked.model or "").max_n == 1,
    )


def _shows(told: bytes, index: int) -> bool:
    return _picture_mark(index) in told or f"/assets/{TASK_MARK}/{index}.".encode() in told


def engine_of(provider: str, fixtures: Fixtures) -> Engine:
    """A provider of the sandbox without a past."""
    base = f"https://pictures.{provider.replace('_', '-')}.test"
    settings = Settings(base_url=base, key=KEY, pace=1.0, plain=True)
    return Engine(state=State(fixtures=fixtures, settings=settings))


def _looks(engine: Engine, fixtures: Fixtures, work: Work) -> Iterator[WholeResponse | Stream]:
    for step in range(len(work.plan.polls)):
        call = _call(fixtures, "poll", work.id)
        if call is not None:
            yield engine.answer(call, _NOW + step)


def _call(fixtures: Fixtures, operation: str, task: str) -> SandboxRequest | None:
    """A call on a documented address that names a task."""
    route = next((each for each in fixtures.routes if each.operation == operation), None)
    if route is None:
        return None
    query = tuple((key, value.replace("{id}", task)) for key, value in route.query.items())
    form = fixtures.auth.form.replace("{{secret:api_key}}", KEY)
    return SandboxRequest(
        method=route.method,
        path=route.path.replace("{id}", task),
        query=query,
        headers=((fixtures.auth.header, form),),
    )


def _refusals(provider: str, fixtures: Fixtures, desk: Desk) -> Iterator[tuple[str, str, Answer]]:
    """What the documents say in place of an answer: bad keys, slow-downs, broken servers."""
    engine = engine_of(provider, fixtures)
    asked = next(_requests(provider, desk))
    sent = _sent(desk, provider, asked)
    submit = call_of(sent) if sent else None
    for operation, call in (("submit", submit), ("poll", _call(fixtures, "poll", TASK_MARK))):
        for story in ("bad_key", "no_credit", "invalid_parameter", "slow_down"):
            if call is not None and story in fixtures.stories:
                said = engine.told_off(call, story, _NOW)
                if isinstance(said, WholeResponse) and said.status >= 400:
                    yield story, operation, _marked(said, None)


def plain(engine: Engine, call: SandboxRequest) -> Answer:
    """The answer to a free question, such as for a price."""
    return _marked(engine.answer(call, _NOW), None)


def call_of(sent: HttpRequest) -> SandboxRequest:
    """A request as the sandbox takes it."""
    parts = urlsplit(sent.url)
    return SandboxRequest(
        method=sent.method,
        path=unquote(parts.path),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=sent.headers,
        body=sent.body,
    )


def _marked(said: WholeResponse | Stream, work: Work | None) -> Answer:
    if isinstance(said, Stream):
        events = tuple(_marked_bytes(event.data, work) for event in said.events)
        return Answer(status=said.status, headers=said.headers, body=b"", events=events, after=1.0)
    body = _marked_bytes(said.body, work)
    return Answer(status=said.status, headers=said.headers, body=body, after=said.after)


def _marked_bytes(body: bytes, work: Work | None) -> bytes:
    if work is None:
        return body
    for index, drawing in enumerate(work.drawings):
        for each in (drawing, drawing.unfinished()):
            body = body.replace(base64.b64encode(each.data), _picture_mark(index))
    return body.replace(work.id.encode(), TASK_MARK.encode())
