"""A small provider, and a driver that answers its flows from a script: plain code, no I/O."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias, TypeVar

from attrs import fields_dict, frozen
from hypothesis import HealthCheck, settings

from tintype._client.keyring import Keyring
from tintype._flow.choices import Choices
from tintype._flow.conversation import Conversation, Terms
from tintype._flow.effects import (
    Effect,
    Flow,
    Head,
    Load,
    Record,
    Reply,
    Send,
    Sleep,
)
from tintype._pacing import Clock
from tintype._plugins.registry import Registry
from tintype.account import Account, Secret
from tintype.catalog import Choice, Flag, Integer, Model, Price, ProviderInfo, References
from tintype.convert import Id, decisive, is_refusal, read, translate
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    ServerError,
    refusal,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Headers, HttpRequest, Request, Response, ServerSentEvent
from tintype.models import Failure, Image, Quote, QuoteLine, Task, TaskState, Update, Upload
from tintype.request import ImageRequest, Reference, Submission
from tintype_contracts.harness.customers import shown

T = TypeVar("T")

# The same examples every time, on a machine of any speed, and nothing kept.
SAME_EVERY_TIME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # of a busy machine
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
API = "https://api.acme.test/v1"
ASKED = ImageRequest(prompt="a red panda")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x04\x00\x00\x00\x02\x00\x08\x06\x00\x00\x00"

DRAW = Model(
    id="acme-draw-1",
    name="draw",
    parameters={
        "aspect_ratio": Choice(values=("1:1", "16:9")),
        "resolution": Choice(values=("1K", "2K")),
        "seed": Integer(low=0, high=9),
    },
    max_n=2,
    references=References(forms=("url", "data_uri"), max_count=3),
    prices=(Price(usd=Decimal("0.04"), source="acme prices"),),
    results_kept=3600,
    source="acme models",
)
LIVE = Model(
    id="acme-live", name="live", parameters={"stream": Flag()}, max_n=4, request_timeout=300.0
)
INFO = ProviderInfo(
    name="acme",
    title="Acme",
    homepage="https://acme.test",
    origins=("https://api.acme.test",),
    models=(DRAW, LIVE),
    general=Model(id="", parameters={"seed": Integer()}),
    credit_values={"acme packages": Decimal("0.01")},
    request_timeout=30.0,
    task_timeout=60.0,
    poll_schedule=(2.0, 5.0),
)
STATES: Mapping[str, TaskState] = {state.value: state for state in TaskState}
KINDS: Mapping[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    404: NotFoundError,
    429: RateLimitError,
    500: ServerError,
    503: OverloadedError,
}


@frozen(kw_only=True)
class Answer:
    """What Acme says of a task. An event of its streams holds everything so far."""

    id: Id = decisive(Id(""))
    status: str = decisive("running")
    images: tuple[str, ...] = ()
    previews: tuple[str, ...] = ()
    error: str = ""
    billed: str = "unknown"
    notes: Mapping[str, object] = {}
    poll_after: float | None = None


@frozen(kw_only=True)
class Tag:
    """What Acme says of a price."""

    credits: Decimal
    final: bool = True


@frozen(kw_only=True)
class Uploaded:
    """What Acme says of an upload."""

    url: str


class Acme:
    """A provider that is polled by id and documents its price."""

    info = INFO

    @hookimpl
    def describe(self) -> ProviderInfo:
        """The catalog above."""
        return self.info

    @hookimpl
    def price(self, request: Submission) -> Quote | Request | None:
        """By the image."""
        one = Decimal("0.04")
        line = QuoteLine(
            billable="output_image", unit="image", quantity=Decimal(request.n), unit_price=one
        )
        return Quote(lines=(line,), low=one * request.n, high=one * request.n, source="acme prices")

    @hookimpl
    def submit(self, request: Submission) -> Request:
        """A POST of everything."""
        body = {
            "model": request.model,
            "prompt": request.prompt,
            "n": request.n,
            "references": [reference.url for reference in request.references],
        }
        return Request.post(f"{API}/images", body, events=request.stream)

    @hookimpl
    def poll(self, task: Task) -> Request | None:
        """A GET by id."""
        return Request.get(f"{API}/tasks/{task.id}")

    @hookimpl
    def parse(self, exchange: Exchange) -> Quote | Update | Upload | ProviderInfo:
        """Each answer by what was asked."""
        message = exchange.message
        if is_refusal(message):
            raise refusal(message.status, KINDS)
        match exchange.operation:
            case Operation.PRICE:
                tag, _ = read(message, Tag, strict=True)
                return Quote(credits_low=tag.credits, credits_high=tag.credits, final=tag.final)
            case Operation.UPLOAD:
                told, _ = read(message, Uploaded)
                return Upload(reference=Reference(url=told.url))
            case Operation.END:
                return Update(state=TaskState.SUCCEEDED if exchange.task.images else None)
            case _:
                return _told(exchange)


def _told(exchange: Exchange) -> Update:
    answer, raw = read(exchange.message, Answer)
    failure = (Failure(message=answer.error),) if answer.error else ()
    return Update(
        id=answer.id,
        state=translate(answer.status, STATES, "/status"),
        images=tuple(Image(url=url, index=index) for index, url in enumerate(answer.images)),
        previews=tuple(Image(url=url) for url in answer.previews),
        errors=failure,
        billed=Billed(answer.billed),
        notes=answer.notes,
        poll_after=answer.poll_after,
        raw=raw,
    )


# ------------------------------------------------------------------------- what it says


def signed(request: Request, info: ProviderInfo, account: Account, at: datetime) -> HttpRequest:
    """A request as it leaves, for an account whose credentials nobody has to be asked for."""
    return shown(Keyring(info, account, lambda: at), request)


def received(
    talk: Conversation, delivery: Delivery, task: Task | None = None, secrets: Sequence[Secret] = ()
) -> Flow[Task]:
    """The task that a webhook tells of, with the secrets that may prove it."""
    proven = yield from talk.prove(delivery, secrets)
    return (yield from talk.confirm(talk.hear(delivery, task), proven=proven))


def told(status: int = 200, headers: Headers = (), **fields: object) -> Response:
    """An answer of Acme's."""
    return Response(status=status, headers=headers, body=json.dumps(fields).encode())


def event(**fields: object) -> ServerSentEvent:
    """An event of Acme's."""
    return ServerSentEvent(data=json.dumps(fields))


ACCEPTED = told(id="t1")
STREAMING = Head(status=200)
RUNNING = told()


def ended(word: str, *images: str, **fields: object) -> Response:
    """A task of that status."""
    drawn = list(images) or (["https://cdn.acme.test/1.png"] if word == "succeeded" else [])
    body = {"status": word, "images": drawn, **fields}
    return Response(status=200, body=json.dumps(body).encode())


DONE = ended("succeeded")


# --------------------------------------------------------------------------- the driver


@frozen
class Slow:
    """A reply that takes its time."""

    seconds: float
    reply: Reply | Exception


Scripted: TypeAlias = Reply | Exception | Slow


class Line:
    """Answers the effects of flows from a script, and remembers them.

    Args:
        script: The replies to `Send` and `Receive`, in order; an exception is thrown.
        then: The reply once the script is over; None: the test fails.
        files: What `Load` finds.
    """

    def __init__(
        self,
        *script: Scripted,
        then: Scripted | None = None,
        files: Mapping[str, bytes | Exception] | None = None,
    ) -> None:
        self.asked: list[Effect] = []
        self.seconds = 0.0
        self._script = deque(script)
        self._then = then
        self._files = files or {}

    @property
    def clock(self) -> Clock:
        """A clock that stands still but for sleeps and slow replies."""
        return Clock(
            monotonic=lambda: self.seconds, now=lambda: NOW + timedelta(seconds=self.seconds)
        )

    def talk(self, plugin: object | None = None, **given: object) -> Conversation:
        """A conversation with Acme, or with `plugin`, on this line's clock and on given terms."""
        found = Registry({"acme": plugin or Acme()}).get("acme")
        choices = Choices(**{name: given.pop(name) for name in given.keys() & fields_dict(Choices)})  # type: ignore[arg-type]
        terms = Terms(clock=self.clock, jitter=lambda: 0.0, choices=choices, **given)  # type: ignore[arg-type]
        return Conversation(found, terms)

    def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end."""
        try:
            effect = next(flow)
            while True:
                assert len(self.asked) < 5000, "the flow does not end"
                self.asked.append(effect)
                reply = self.reply(effect)
                failed = isinstance(reply, Exception)
                effect = flow.throw(reply) if failed else flow.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def reply(self, effect: Effect) -> Reply | Exception:
        """What comes of one effect."""
        match effect:
            case Sleep(seconds=seconds):
                assert seconds > 0
                self.seconds += seconds
                return None
            case Record(entry=entry):
                task = getattr(entry, "task", None)
                return f"entry {len(self.records)}" if task is None else task.record
            case Load(path=path):
                return self._files[path]
            case _:
                return self._scripted()

    def _scripted(self) -> Reply | Exception:
        if not self._script:
            assert self._then is not None, "the script is over"
        reply = self._script.popleft() if self._script else self._then
        if isinstance(reply, Slow):
            self.seconds += reply.seconds
            reply = reply.reply
        return reply

    @property
    def finished(self) -> bool:
        """Whether the whole script was used."""
        return not self._script

    @property
    def sends(self) -> list[Send]:
        """The exchanges that were asked for."""
        return [effect for effect in self.asked if isinstance(effect, Send)]

    @property
    def sent(self) -> list[str]:
        """The same as `METHOD /path`."""
        return [
            f"{send.request.method} {send.request.url.removeprefix(API)}" for send in self.sends
        ]

    @property
    def submissions(self) -> int:
        """How often the work was started."""
        return sum(not send.repeat for send in self.sends)

    @property
    def sleeps(self) -> list[float]:
        """The pauses."""
        return [effect.seconds for effect in self.asked if isinstance(effect, Sleep)]

    @property
    def records(self) -> list[Record]:
        """What was to be written down."""
        return [effect for effect in self.asked if isinstance(effect, Record)]

    @property
    def recorded(self) -> list[str]:
        """The same by the names of the entries."""
        return [type(record.entry).__name__ for record in self.records]

    @property
    def accepted(self) -> bool:
        """Whether any submission became a task."""
        return "Snapshot" in self.recorded
