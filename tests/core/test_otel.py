"""OpenTelemetry as an observer: spans and metrics of what a client does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, answer, said
from tests.core.pictures import PNG, in_base64

from tintype import Client, ImageRequest, hookimpl
from tintype.errors import RateLimitError, SubmissionUnknownError
from tintype.exchange import Exchange
from tintype.models import Cost, Update
from tintype.otel import OpenTelemetry

Artist = Callable[..., Client]
CREATE, LOOK = "POST /v1/pictures", "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
PROMPT = "a red panda, said-to-nobody"
REQUEST = ImageRequest(prompt=PROMPT, model="oil-1")


class Charging:
    """A plugin's wrapper that has each picture cost five cents, as a provider reports it."""

    @hookimpl(wrapper=True)
    def parse(self, exchange: Exchange) -> object:  # noqa: ARG002 - the hook's
        """What was read, and its cost."""
        update = yield
        if isinstance(update, Update) and update.images:
            return evolve(update, cost=Cost(usd=Decimal("0.05"), source="reported"))
        return update


class Seen:
    """What was exported of a client's work."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._metrics = InMemoryMetricReader()
        self.observer = OpenTelemetry(
            tracer_provider=self.tracers,
            meter_provider=MeterProvider(metric_readers=[self._metrics]),
        )
        self.options = {"observers": [self.observer], "wrappers": [Charging()]}

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """All that have ended."""
        return self._spans.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        """Those of a name."""
        return [each for each in self.spans if each.name == name]

    def points(self, name: str) -> list[tuple[Mapping[str, object], object]]:
        """A metric's points: their attributes, and their value or how often it was measured."""
        data = self._metrics.get_metrics_data()
        return [
            (point.attributes, getattr(point, "value", None) or point.count)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


def trace_of(span: ReadableSpan) -> tuple[int, int | None]:
    """Which trace it is in, and below which span."""
    return span.context.trace_id, span.parent.span_id if span.parent else None


@pytest.fixture
def seen() -> Seen:
    """Nothing yet."""
    return Seen()


def test_a_call_is_a_span_and_its_waits_stand_apart_from_its_polls(
    artist: Artist, server: Loopback, seen: Seen, tmp_path: Path
) -> None:
    """All below it, in the order in which they happened; and it is in the caller's own span."""
    server.on(CREATE, DRAWING).on(LOOK, Fault.RESET, DRAWING, DONE)
    with seen.tracers.get_tracer("service").start_as_current_span("order") as order:
        client = artist(**seen.options, journal=str(tmp_path / "journal.db"))
        drawn = client.generate(REQUEST, provider="easel")
    names = ["submit", "wait", "poll", "wait", "poll", "wait", "poll", "tintype.generate", "order"]
    assert [each.name for each in seen.spans] == names
    *pieces, call, _ = seen.spans
    assert {trace_of(each) for each in pieces} == {(call.context.trace_id, call.context.span_id)}
    assert trace_of(call)[1] == order.get_span_context().span_id
    assert dict(call.attributes or {}) == {
        "gen_ai.operation.name": "generate",
        "gen_ai.provider.name": "easel",
        "gen_ai.request.model": "oil-1",
        "tintype.outcome": "succeeded",
        "tintype.billed": "yes",
        "tintype.cost.usd": 0.05,
        "tintype.record": drawn.tasks[0].record,
    }
    reasons = [dict(each.attributes or {})["tintype.wait.reason"] for each in seen.named("wait")]
    assert reasons == ["poll", "poll", "poll"]
    polls = [dict(each.attributes or {}) for each in seen.named("poll")]
    assert [each.get("http.response.status_code") for each in polls] == [None, 200, 200]
    assert [each.get("error.type") for each in polls] == ["DroppedError", None, None]
    assert {each["server.address"] for each in polls} == {"api.easel.test"}
    assert all((each.start_time or 0) <= (each.end_time or 0) for each in seen.spans)


def test_money_and_outcomes_are_metrics(artist: Artist, server: Loopback, seen: Seen) -> None:
    """By provider and model; a submission that is refused costs nothing."""
    server.on(CREATE, DONE, said({"why": "slowly"}, 429), DONE)
    client = artist(**seen.options, tries=1)
    client.generate(REQUEST, provider="easel")
    with pytest.raises(RateLimitError):
        client.generate(REQUEST, provider="easel")
    about = {"gen_ai.provider.name": "easel", "gen_ai.request.model": "oil-1"}
    assert seen.points("tintype.submissions") == [
        ({**about, "tintype.outcome": "succeeded", "tintype.billed": "yes"}, 1),
        ({**about, "tintype.outcome": "rejected", "tintype.billed": "no"}, 1),
    ]
    assert seen.points("tintype.cost") == [(about, 0.05)]
    named = {**about, "gen_ai.operation.name": "generate"}
    calls = seen.points("gen_ai.client.operation.duration")
    assert calls == [(named, 1), ({**named, "error.type": "RateLimitError"}, 1)]
    statuses = [
        (facts["tintype.exchange"], facts["http.response.status_code"], facts.get("error.type"))
        for facts, _ in seen.points("http.client.request.duration")
    ]
    assert statuses == [("submit", 200, None), ("submit", 429, "429")]


def test_a_lost_answer_is_told_as_unknown(artist: Artist, server: Loopback, seen: Seen) -> None:
    """The call's span has an error's class and none of its words."""
    server.on("*", Fault.RESET)
    with pytest.raises(SubmissionUnknownError):
        artist(**seen.options).submit(REQUEST, provider="easel")
    (call,) = seen.named("tintype.submit")
    told = dict(call.attributes or {})
    assert (told["error.type"], told["tintype.outcome"], told["tintype.billed"]) == (
        "SubmissionUnknownError",
        "unknown",
        "unknown",
    )
    assert not call.status.is_ok
    assert (call.status.description, call.events) == (None, ())


def test_pieces_that_are_done_side_by_side_are_in_their_calls_span(
    artist: Artist, server: Loopback, seen: Seen
) -> None:
    """Three submissions of one call, in threads or tasks of their own; their cost is added up."""
    server.on(CREATE, DONE, DONE, DONE)
    client = artist(**seen.options, width=3)
    client.generate(evolve(REQUEST, n=3), provider="easel")
    (call,) = seen.named("tintype.generate")
    below = (call.context.trace_id, call.context.span_id)
    assert [trace_of(each) for each in seen.named("submit")] == [below] * 3
    assert dict(call.attributes or {})["tintype.cost.usd"] == pytest.approx(0.15)


@pytest.mark.parametrize("width", [1, 3])
def test_each_task_has_its_own_waits_however_many_are_awaited_at_once(
    artist: Artist, server: Loopback, seen: Seen, tmp_path: Path, width: int
) -> None:
    """One before each look, side by side or one by one; of those that are resumed, too."""
    names = ("p1", "p2", "p3")
    server.on(CREATE, *(said({"id": name, "state": "drawing"}) for name in names))
    for name in names:
        drawing = said({"id": name, "state": "drawing"})
        done = said({"id": name, "state": "done", "picture": in_base64(PNG)})
        server.on(f"GET /v1/pictures/{name}", drawing, done)
    client = artist(**seen.options, width=width, journal=str(tmp_path / "journal.db"))
    for _ in names:
        client.submit(REQUEST, provider="easel")
    client.resume(tmp_path / "out")
    (call,) = seen.named("tintype.resume")
    waits, polls = seen.named("wait"), seen.named("poll")
    assert (len(waits), len(polls)) == (6, 6)
    assert {trace_of(each)[1] for each in waits} == {call.context.span_id}
    waited = {"gen_ai.provider.name": "easel", "tintype.wait.reason": "poll"}
    assert seen.points("tintype.wait.duration") == [(waited, 6)]


def test_a_stream_that_is_left_ends_its_span_without_an_error(
    artist: Artist, server: Loopback, seen: Seen
) -> None:
    """Whoever has seen enough has made no mistake."""
    server.on(CREATE, DRAWING)
    steps = artist(**seen.options).stream(REQUEST, provider="easel")
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    (call,) = seen.named("tintype.stream")
    assert "error.type" not in dict(call.attributes or {})


def test_nothing_that_is_said_or_drawn_is_told(
    artist: Artist, server: Loopback, seen: Seen, tmp_path: Path
) -> None:
    """Neither key nor prompt, neither a picture nor the query of its URL."""
    signed = f"{server.url}/files/1.png?signature=do-not-tell"
    server.on(
        CREATE, said({"id": "p1", "state": "done", "urls": [signed]}), said({"why": PROMPT}, 400)
    )
    server.on("*", answer(PNG, media_type="image/png"))
    client = artist(**seen.options)
    client.save(client.generate(REQUEST, provider="easel"), tmp_path)
    with pytest.raises(Exception, match="said-to-nobody"):
        client.generate(REQUEST, provider="easel")
    (download,) = seen.named("download")
    assert dict(download.attributes or {})["server.address"] == "127.0.0.1"
    told = "".join(each.to_json() for each in seen.spans)
    told += repr([seen.points("tintype.submissions"), seen.points("http.client.request.duration")])
    for secret in (KEY, PROMPT, "said-to-nobody", "signature", "do-not-tell", in_base64(PNG)[:20]):
        assert secret not in told
