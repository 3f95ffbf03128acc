"""What a client does as spans and metrics of OpenTelemetry (`pip install 'tintype[otel]'`).

client = Client(observers=[OpenTelemetry()])

Names are those of OpenTelemetry's semantic conventions where it has some, else `tintype.`
something. No prompt, picture, key, header, query or word of a provider's is in any of them.
"""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from urllib.parse import urlsplit

from attrs import Factory, define
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    TracerProvider,
    get_tracer,
    set_span_in_context,
)

from tintype._client.observing import Observation, ObservedCall
from tintype._flow.effects import Fetch, Head, Record, Send, Sleep
from tintype.entries import Entry, Intent, Settled, Snapshot
from tintype.errors import Billed, TintypeError
from tintype.messages import Response
from tintype.models import Task

_PROVIDER = "gen_ai.provider.name"
_MODEL = "gen_ai.request.model"
_OUTCOME = "tintype.outcome"
_BILLED = "tintype.billed"
_RECORD = "tintype.record"
_ERROR = "error.type"
_NANO = 1_000_000_000
_PORTS = {"http": 80, "https": 443}
_BAD = 400  # the first status that is an error

_Facts = dict[str, str | int | float]


@define(eq=False)
class _OpenCall:
    """A call that has not ended."""

    span: Span
    context: Context
    start: float
    facts: _Facts
    models: dict[str, str] = Factory(dict)  # by the records that are under way
    cost: Decimal | None = None


class OpenTelemetry:
    """An observer that makes spans and metrics of what a client does.

    A call is a span, `tintype.generate`, in what was the caller's current span when it began.
    Within it are its exchanges (`submit`, `poll`, `download` and other) and its waits (`wait`).

    Args:
        tracer_provider: Where spans go; None is the global one.
        meter_provider: Where metrics go; None is the global one.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        self._tracer = get_tracer("tintype", tracer_provider=tracer_provider)
        meter = get_meter("tintype", meter_provider=meter_provider)
        self._calls = meter.create_histogram(
            "gen_ai.client.operation.duration", unit="s", description="Seconds of calls"
        )
        self._exchanges = meter.create_histogram(
            "http.client.request.duration", unit="s", description="Seconds of exchanges"
        )
        self._waits = meter.create_histogram(
            "tintype.wait.duration", unit="s", description="Seconds of waits"
        )
        self._submissions = meter.create_counter(
            "tintype.submissions", unit="{submission}", description="Submissions that ended"
        )
        self._cost = meter.create_counter(
            "tintype.cost", unit="USD", description="What providers are known to have charged"
        )
        self._open: dict[ObservedCall, _OpenCall] = {}
        self._lock = threading.Lock()  # pieces of one call are done in several threads

    def begin(self, call: ObservedCall) -> None:
        """Open the call's span."""
        facts: _Facts = {"gen_ai.operation.name": call.verb}
        if call.provider:
            facts[_PROVIDER] = call.provider
        span = self._tracer.start_span(f"tintype.{call.verb}", attributes=facts)
        self._open[call] = _OpenCall(span, set_span_in_context(span), time.monotonic(), facts)

    def end(self, call: ObservedCall, error: BaseException | None) -> None:
        """End it; an error is told by its class alone, as its words may be the prompt's."""
        opened = self._open.pop(call, None)
        if opened is None:  # begun before a fork: it is the parent's
            return
        facts = opened.facts
        if error is not None and not isinstance(error, GeneratorExit):
            facts[_ERROR] = type(error).__name__
            opened.span.set_attribute(_ERROR, type(error).__name__)
            opened.span.set_status(Status(StatusCode.ERROR))
        if isinstance(error, TintypeError):
            opened.span.set_attribute(_BILLED, error.billed.value)
        self._calls.record(time.monotonic() - opened.start, facts)
        opened.span.end()

    def __call__(self, observation: Observation) -> None:
        """Make a span of an exchange or a wait, and count what a submission came to."""
        opened = self._open.get(observation.call) if observation.call else None
        if opened is None:
            return
        match observation.effect:
            case Send(hook=hook, request=request, waited=waited):
                if waited:
                    self._waited(opened, observation, "poll", waited, observation.seconds)
                self._exchanged(opened, observation, hook or "request", request.method, request.url)
            case Fetch(url=url):
                self._exchanged(opened, observation, "download", "GET", url)
            case Sleep(looks=False, why=why, retry=retry):
                reason = "gate" if why else "retry" if retry else "turn"
                self._waited(opened, observation, reason, observation.seconds)
            case Record(entry=entry) if observation.error is None:
                with self._lock:
                    self._noted(opened, observation, entry)
            case _:
                pass

    def _exchanged(
        self, opened: _OpenCall, told: Observation, name: str, method: str, url: str
    ) -> None:
        place = urlsplit(url)
        facts: _Facts = {
            _PROVIDER: told.provider,
            "tintype.exchange": name,
            "http.request.method": method,
            "server.address": place.hostname or "",
            "server.port": place.port or _PORTS.get(place.scheme, 0),
        }
        if isinstance(told.reply, Response | Head):
            status = told.reply.status
            facts["http.response.status_code"] = status
            if status >= _BAD:
                facts[_ERROR] = str(status)
        if told.error is not None:
            facts[_ERROR] = type(told.error).__name__
        self._exchanges.record(told.seconds, facts)
        self._past(opened, name, facts, SpanKind.CLIENT, told.seconds)

    def _waited(
        self, opened: _OpenCall, told: Observation, reason: str, seconds: float, ago: float = 0.0
    ) -> None:
        """A wait that ended some seconds ago: of each task its own, however many there are."""
        facts: _Facts = {_PROVIDER: told.provider, "tintype.wait.reason": reason}
        self._waits.record(seconds, facts)
        self._past(opened, "wait", facts, SpanKind.INTERNAL, seconds, ago)

    def _past(
        self,
        opened: _OpenCall,
        name: str,
        facts: _Facts,
        kind: SpanKind,
        seconds: float,
        ago: float = 0.0,
    ) -> None:
        """A span of what has ended some seconds ago."""
        end = time.time_ns() - int(ago * _NANO)
        span = self._tracer.start_span(
            name,
            context=opened.context,
            kind=kind,
            attributes=facts,
            start_time=end - int(seconds * _NANO),
        )
        if _ERROR in facts:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=end)

    def _noted(self, opened: _OpenCall, told: Observation, entry: Entry) -> None:
        match entry:
            case Intent(provider=provider, request=request):
                record = told.reply if isinstance(told.reply, str) else ""
                opened.models[record] = request.model or ""
                self._stands(opened, provider, request.model or "", record, {})
            case Settled(record=record):
                model = _taken(opened, record)
                facts = {_OUTCOME: entry.outcome.value, _BILLED: entry.billed.value}
                self._stands(opened, told.provider, model, record, facts)
                self._submissions.add(1, {_PROVIDER: told.provider, _MODEL: model, **facts})
            case Snapshot(task=task):
                running = not task.state.terminal or entry.more
                outcome = "accepted" if running else task.state.value
                facts = {_OUTCOME: outcome, _BILLED: task.billed.value}
                self._stands(opened, task.provider, task.model, task.record, facts)
                if not running:
                    self._ended(opened, task, facts)
            case _:
                pass

    def _ended(self, opened: _OpenCall, task: Task, facts: dict[str, str]) -> None:
        _taken(opened, task.record)
        about = {_PROVIDER: task.provider, _MODEL: task.model}
        self._submissions.add(1, {**about, **facts})
        usd = task.cost.usd if task.cost else None
        if usd is not None and task.billed is not Billed.NO:
            opened.cost = (opened.cost or Decimal(0)) + usd
            opened.span.set_attribute("tintype.cost.usd", float(opened.cost))
            self._cost.add(float(usd), about)

    def _stands(
        self, opened: _OpenCall, provider: str, model: str, record: str, facts: dict[str, str]
    ) -> None:
        """Say on the call's span how its last submission stands."""
        about = {_PROVIDER: provider, _MODEL: model}
        opened.facts |= about
        opened.span.set_attributes({**about, **({_RECORD: record} if record else {}), **facts})


def _taken(opened: _OpenCall, record: str) -> str:
    """The model of a submission that ended; without a journal all of a call's bear one name."""
    return opened.models.pop(record, "") if record else opened.models.get("", "")
