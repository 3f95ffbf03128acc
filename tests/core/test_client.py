"""Both clients, each test with the sync and with the async one, against a loopback server."""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.loopback import (
    Answer,
    Fault,
    Loopback,
    Pause,
    answer,
    chunked,
    events,
    head,
    said,
)
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    Billed,
    Client,
    Delivery,
    ImageRequest,
    Observation,
    Outcome,
    QuoteKind,
    Request,
    Secret,
    Submission,
    Task,
    TaskState,
    from_json,
    hookimpl,
    to_json,
)
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    CostLimitError,
    DeadlineError,
    InvalidRequestError,
    MissingKeyError,
    NotSentError,
    PluginError,
    SubmissionUnknownError,
    TaskFailedError,
    TintypeError,
    UnknownProviderError,
    UnsupportedError,
    UsageError,
)

Artist = Callable[..., Client]

REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
RUNNING = Task(provider="easel", model="oil-1", id="p1", request=REQUEST)


def seen(server: Loopback) -> list[str]:
    """What the server was asked, in order."""
    return [f"{request.method} {request.target}" for request in server.requests]


# -------------------------------------------------------------------------- the whole way


def test_a_generation_is_submitted_and_followed_to_its_image(
    artist: Artist, server: Loopback
) -> None:
    """Quote, submission, looks, image, cost: one call."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING, DONE)
    drawn = artist().generate(REQUEST, provider="easel")
    assert [image.data for image in drawn.images] == [PNG]
    assert (drawn.images[0].width, drawn.images[0].height) == (4, 3)
    assert drawn.quote.usd == Decimal("0.05")
    assert drawn.tasks[0].billed is Billed.YES
    assert seen(server) == [CREATE, LOOK, LOOK]
    assert server.accepted == 1


def test_progress_is_told_in_order(artist: Artist, server: Loopback) -> None:
    """Each snapshot once: as accepted, as looked at, as ended."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING, DONE)
    told: list[Task] = []
    artist().generate(REQUEST, provider="easel", on_progress=told.append)
    assert [task.state.value for task in told] == ["running", "running", "succeeded"]
    times = [task.updated_at for task in told if task.updated_at]
    assert times == sorted(times)
    assert len({task.created_at for task in told}) == 1


def test_a_task_goes_through_json_to_another_client(artist: Artist, server: Loopback) -> None:
    """Submitted here, refreshed and waited for there."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING, DONE)
    text = to_json(artist().submit(REQUEST, provider="easel"))
    other = artist()
    task = other.refresh(from_json(text, Task))
    assert task.state is TaskState.RUNNING
    assert other.wait(task).images[0].data == PNG


def test_a_task_that_has_ended_is_not_asked_about(artist: Artist, server: Loopback) -> None:
    """Refresh, wait and cancel leave it alone."""
    over, client = evolve(RUNNING, state=TaskState.SUCCEEDED), artist()
    assert client.refresh(over) == client.wait(over) == client.cancel(over) == over
    assert server.requests == []


def test_more_images_than_a_model_draws_at_once_are_several_submissions(
    artist: Artist, server: Loopback
) -> None:
    """N is split, and every image comes back; which of two answers is first is the server's."""
    urls = [f"https://x.test/{name}" for name in "abc"]
    pages = [said({"id": url[-1], "state": "done", "urls": [url]}) for url in urls]
    server.on(CREATE, *pages)
    drawn = artist().generate(evolve(REQUEST, n=3), provider="easel")
    assert sorted(image.url or "" for image in drawn.images) == urls
    assert drawn.quote.usd == Decimal("0.15")
    assert seen(server) == [CREATE] * 3


def test_a_failed_task_is_an_error_that_carries_it(artist: Artist, server: Loopback) -> None:
    """No image: the reason, and that nothing was billed."""
    server.on(CREATE, DRAWING).on(LOOK, said({"id": "p1", "state": "failed", "why": "no paint"}))
    with pytest.raises(TaskFailedError, match="no paint") as caught:
        artist().generate(REQUEST, provider="easel")
    assert caught.value.billed is Billed.NO
    assert from_json(caught.value.task_json, Task).id == "p1"


def test_a_price_over_the_limit_sends_nothing(artist: Artist, server: Loopback) -> None:
    """A dearer or an unknown price stops a generation before its submission."""
    client = artist()
    with pytest.raises(CostLimitError):
        client.generate(REQUEST, provider="easel", max_cost=Decimal("0.04"))
    with pytest.raises(CostLimitError):
        client.generate(evolve(REQUEST, model="chalk-1"), provider="easel", max_cost=Decimal(9))
    assert server.requests == []


def test_a_price_is_quoted_by_asking(connect: Connect, server: Loopback) -> None:
    """CheapAI's price is a question, its credits become dollars by the account's value."""
    server.on("POST /v1i/task/price", said({"success": True, "credits": 1188}))
    account = Account(
        provider="cheapai", key=KEY, base_url=server.url, usd_per_credit=Decimal("0.0001")
    )
    quote = connect(account).quote(REQUEST, provider="cheapai")
    assert (quote.kind, quote.usd) == (QuoteKind.EXACT, Decimal("0.1188"))
    assert seen(server) == ["POST /v1i/task/price"]


def test_a_price_that_cannot_be_had_is_unknown_and_says_why(
    connect: Connect, server: Loopback
) -> None:
    """A refused question is no error of the picture."""
    server.on("*", said({"error": "Invalid API key"}, status=401))
    account = Account(provider="cheapai", key=KEY, base_url=server.url)
    quote = connect(account).quote(REQUEST, provider="cheapai")
    assert quote.kind is QuoteKind.UNKNOWN
    assert "Invalid API key" in quote.reason


def test_models_are_the_catalog_where_there_is_no_list(artist: Artist, server: Loopback) -> None:
    """No question is made up."""
    assert artist().models(provider="easel") == easel.INFO
    assert server.requests == []


def test_a_task_that_cannot_be_canceled_says_so(artist: Artist, server: Loopback) -> None:
    """No document names a way: an error, and nothing sent."""
    with pytest.raises(UnsupportedError, match="cancel"):
        artist().cancel(RUNNING)
    assert server.requests == []


@pytest.mark.parametrize("known", [None, RUNNING])
def test_a_webhook_is_a_hint_and_the_provider_is_asked(
    artist: Artist, server: Loopback, known: Task | None
) -> None:
    """A body that says failed does not make it so."""
    server.on(LOOK, DONE)
    delivery = Delivery(body=b'{"id": "p1", "state": "failed", "why": "says who?"}')
    task = artist().receive(delivery, provider="easel", task=known)
    assert (task.state, task.id) == (TaskState.SUCCEEDED, "p1")
    assert seen(server) == [LOOK]


def test_an_image_is_fetched(artist: Artist, server: Loopback) -> None:
    """From memory without a request, from a URL without the key."""
    server.on(LOOK, said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png"]}))
    server.on("GET /1.png", answer(PNG))
    client = artist()
    image = client.refresh(RUNNING).images[0]
    assert client.fetch(image, provider="easel") == PNG
    assert client.fetch(evolve(image, data=PNG, url=None)) == PNG
    assert server.requests[-1].header("authorization") is None
    assert len(server.requests) == 2


# -------------------------------------------------------------------------- submissions


LOST: dict[str, Answer] = {
    "reset": Fault.RESET,
    "closed": Fault.CLOSE,
    "cut-off": (head([("Content-Length", "99")]), b'{"id": "p1"', Fault.CLOSE),
    "html": answer(b"<html>502</html>", media_type="text/html"),
    "half-json": answer(b'{"id": "p1", "sta'),
    "500": said({"why": "oops"}, status=500),
    "502": answer(b"<html>", status=502),
    "redirect": answer(status=307, headers=[("Location", "/v1/elsewhere")]),
    "odd-status": said({}, status=418),
    "odd-state": said({"id": "p1", "state": "pondering"}),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_submission_whose_answer_is_lost_is_never_repeated(
    artist: Artist, server: Loopback, lost: Answer
) -> None:
    """Exactly one POST, and nobody knows whether it was billed."""
    server.on("*", lost)
    with pytest.raises(SubmissionUnknownError) as caught:
        artist().submit(REQUEST, provider="easel")
    assert caught.value.billed is Billed.UNKNOWN
    assert seen(server) == [CREATE]
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message  # noqa: S301 - our own


def test_a_submission_that_stalls_is_never_repeated(artist: Artist, server: Loopback) -> None:
    """The request's deadline ends the waiting, not the doubt."""
    server.on("*", Fault.STALL)
    with pytest.raises(SubmissionUnknownError):
        artist(request_timeout=0.2).submit(REQUEST, provider="easel")
    assert seen(server) == [CREATE]
    assert server.is_left_alone()


def test_a_refusal_that_bills_nothing_is_tried_again(artist: Artist, server: Loopback) -> None:
    """Slow down: the same request once more."""
    server.on(CREATE, said({"why": "later"}, status=429), DRAWING)
    assert artist().submit(REQUEST, provider="easel").id == "p1"
    first, second = server.requests
    assert first.wire == second.wire


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (401, AuthenticationError)])
def test_a_refusal_is_told_in_the_providers_words(
    artist: Artist, server: Loopback, status: int, kind: type[TintypeError]
) -> None:
    """And is not repeated."""
    server.on(CREATE, said({"why": "We would rather not."}, status=status))
    with pytest.raises(kind, match="We would rather not"):
        artist().submit(REQUEST, provider="easel")
    assert seen(server) == [CREATE]


def test_a_part_that_succeeds_is_kept_when_the_next_is_lost(
    artist: Artist, server: Loopback
) -> None:
    """The image of the first submission comes back, with what became of the second."""
    server.on(CREATE, DONE, Fault.RESET)
    drawn = artist(width=1).generate(evolve(REQUEST, n=3), provider="easel")
    assert [attempt.outcome for attempt in drawn.attempts] == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    assert len(drawn.images) == 1
    assert seen(server) == [CREATE, CREATE]


# -------------------------------------------------------------------------- looks

STUMBLES: dict[str, Answer] = {
    "500": said({"why": "oops"}, status=500),
    "429": said({"why": "slow"}, status=429, headers=[("Retry-After", "0")]),
    "html": answer(b"<html>gateway</html>", status=200, media_type="text/html"),
    "502-html": answer(b"<html>gateway</html>", status=502, media_type="text/html"),
    "half-json": answer(b'{"id": "p1", "sta'),
    "cut-off": (head([("Content-Length", "99")]), b'{"id"', Fault.CLOSE),
    "reset": Fault.RESET,
    "odd-state": said({"id": "p1", "state": "pondering"}),
}


def test_a_look_that_goes_wrong_loses_no_task(artist: Artist, server: Loopback) -> None:
    """Every way a poll can fail, each on a task of its own: all of them end well."""
    server.on(CREATE, *(said({"id": name, "state": "drawing"}) for name in STUMBLES))
    for name, stumble in STUMBLES.items():
        done = said({"id": name, "state": "done", "picture": in_base64(PNG)})
        server.on(f"GET /v1/pictures/{name}", stumble, done)
    drawn = artist(seed=1).generate(evolve(REQUEST, n=len(STUMBLES)), provider="easel")
    assert sorted(task.id for task in drawn.tasks) == sorted(STUMBLES)
    assert {task.state for task in drawn.tasks} == {TaskState.SUCCEEDED}
    assert len(server.requests) == 3 * len(STUMBLES)


def test_a_deadline_gives_the_task_back(artist: Artist, server: Loopback) -> None:
    """What did not end in time can be waited for again from the error."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING)
    with pytest.raises(DeadlineError) as caught:
        artist(task_timeout=0.2).generate(REQUEST, provider="easel")
    server.on(LOOK, DONE)
    again = artist().wait(from_json(caught.value.task_json, Task))
    assert again.state is TaskState.SUCCEEDED


# -------------------------------------------------------------------------- streams

STREAM = (
    b"\xef\xbb\xbf: hello\r\n\r\n"
    + b'data: {"state": "drawing",\r\ndata:  "preview": "%s"}\r\n\r\n' % in_base64(PNG).encode()
    + 'event: note\ndata: {"state": "drawing", "why": "小熊猫 é"}\n\n'.encode()
    + b'id: 3\rdata: {"state": "done", "picture": "%s"}\r\r' % in_base64(PNG).encode()
)


@pytest.mark.parametrize("step", [1, 7, 64, 0])
def test_a_stream_may_be_cut_anywhere(artist: Artist, server: Loopback, step: int) -> None:
    """Byte by byte or at once: the same preview, the same image, the same end."""
    server.on(CREATE, events(STREAM, step))
    told = list(artist().stream(REQUEST, provider="easel"))
    assert [len(task.previews) for task in told[:1]] == [1]
    assert told[-1].state is TaskState.SUCCEEDED
    assert [image.data for image in told[-1].images] == [PNG]
    [sent] = server.requests
    assert json.loads(sent.body) == {"prompt": "a red panda"}
    assert sent.header("accept") == "text/event-stream, application/json"
    assert server.is_left_alone()


def test_an_event_cut_short_by_the_end_is_still_read(artist: Artist, server: Loopback) -> None:
    """The image that was paid for is not thrown away with the missing empty line."""
    server.on(CREATE, events(STREAM.removesuffix(b"\r\r")))
    assert len(list(artist().stream(REQUEST, provider="easel"))[-1].images) == 1


def test_a_stream_that_breaks_keeps_its_images(artist: Artist, server: Loopback) -> None:
    """An image came, then the connection broke: the image counts, the loss is told."""
    picture = b'data: {"state": "drawing", "picture": "%s"}\n\n' % in_base64(PNG).encode()
    server.on(CREATE, (*chunked(picture)[:-1], Pause(0.05), Fault.RESET))
    told = list(artist().stream(REQUEST, provider="easel"))
    assert [image.data for image in told[-1].images] == [PNG]
    assert told[-1].state.terminal
    assert seen(server) == [CREATE]
    ended = artist()
    server.on(CREATE, (*chunked(picture)[:-1], Pause(0.05), Fault.RESET))
    drawn = ended.generate(evolve(REQUEST, stream=True), provider="easel")
    assert drawn.tasks[0].errors
    assert drawn.tasks[0].state.terminal


def test_a_stream_that_breaks_without_an_image_is_unknown(artist: Artist, server: Loopback) -> None:
    """Nothing came: whether it was billed nobody knows, and it is not asked for again."""
    server.on(CREATE, (head(media_type="text/event-stream"), b"data: {", Pause(0.02), Fault.RESET))
    with pytest.raises(SubmissionUnknownError):
        list(artist().stream(REQUEST, provider="easel"))
    assert seen(server) == [CREATE]


def test_a_stream_that_stalls_ends_with_the_request(artist: Artist, server: Loopback) -> None:
    """An open stream is no endless wait."""
    server.on(CREATE, (head(media_type="text/event-stream"), b": hello\n\n", Fault.STALL))
    with pytest.raises(SubmissionUnknownError):
        list(artist(request_timeout=0.3).stream(REQUEST, provider="easel"))
    assert server.is_left_alone()


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream", "text/plain"])
def test_plain_json_is_taken_where_a_stream_was_asked_for(
    artist: Artist, server: Loopback, media_type: str
) -> None:
    """What came is told by its first line, whatever its type says."""
    body = json.dumps({"id": "p1", "state": "done", "picture": in_base64(PNG)}).encode()
    server.on(CREATE, answer(body, media_type=media_type))
    told = list(artist().stream(REQUEST, provider="easel"))
    assert [task.state for task in told] == [TaskState.SUCCEEDED]


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream"])
def test_events_are_taken_whatever_their_type(
    artist: Artist, server: Loopback, media_type: str
) -> None:
    """Some gateways do not set the type of a stream."""
    server.on(CREATE, answer(STREAM[3:], media_type=media_type))
    assert list(artist().stream(REQUEST, provider="easel"))[-1].images[0].data == PNG


@hookimpl
def in_lines(request: ImageRequest) -> Request:
    """The easel's submission, answered by lines where it may be answered by events."""
    built = easel.submit(request)
    return evolve(built, answer="lines" if request.stream else "whole")


LINED = SimpleNamespace(
    **{name: getattr(easel, name) for name in ("describe", "price", "poll", "parse")},
    submit=in_lines,
)
LINES = (
    b'{"state": "drawing", "preview": "%s"}\r\n\n' % in_base64(PNG).encode()
    + '{"state": "drawing", "why": "小熊猫 é"}\n'.encode()
    + b'{"state": "done", "picture": "%s"}' % in_base64(PNG).encode()
)


@pytest.mark.parametrize("step", [1, 64, 0])
@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json"])
def test_lines_of_json_are_events(
    artist: Artist, server: Loopback, media_type: str, step: int
) -> None:
    """Cut anywhere, and under any content type: a preview, an image, an end."""
    step = step or len(LINES)
    cut = [LINES[start : start + step] for start in range(0, len(LINES), step)]
    steps = [each for piece in cut for each in (piece, Pause(0.001))]
    server.on(CREATE, (head(media_type=media_type), *steps, Fault.CLOSE))
    told = list(artist(plugins={"easel": LINED}).stream(REQUEST, provider="easel"))
    assert [len(task.previews) for task in told[:1]] == [1]
    assert [image.data for image in told[-1].images] == [PNG]
    [sent] = server.requests
    assert sent.header("accept") == "application/x-ndjson, application/json"
    assert server.is_left_alone()


def test_a_key_that_a_line_repeats_is_taken_out(artist: Artist, server: Loopback) -> None:
    """As out of any other answer."""
    echo = json.dumps({"state": "drawing", "why": f"you sent {KEY}", "id": KEY}).encode()
    server.on(CREATE, answer(echo + b"\n" + LINES, media_type="application/x-ndjson"))
    told = list(artist(plugins={"easel": LINED}).stream(REQUEST, provider="easel"))
    assert told[-1].state is TaskState.SUCCEEDED
    assert KEY not in "".join(map(to_json, told))


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_one_answer_is_taken_where_lines_were_asked_for(
    artist: Artist, server: Loopback, media_type: str
) -> None:
    """An object alone is an answer, be it one line or many."""
    done = {"id": "p1", "state": "done", "picture": in_base64(PNG)}
    indent = 2 if media_type == "application/json" else None
    body = json.dumps(done, indent=indent).encode() + b"\n"
    server.on(CREATE, answer(body, media_type=media_type))
    told = list(artist(plugins={"easel": LINED}).stream(REQUEST, provider="easel"))
    assert told[-1].state is TaskState.SUCCEEDED


@pytest.mark.parametrize("status", [201, 202, 206])
def test_a_stream_is_one_under_any_success(artist: Artist, server: Loopback, status: int) -> None:
    """Some providers create something, and say so."""
    opening = head(media_type="text/event-stream", status=status)
    server.on(CREATE, (opening, STREAM, Fault.CLOSE))
    told = list(artist().stream(REQUEST, provider="easel"))
    assert [len(task.previews) for task in told[:1]] == [1]
    assert told[-1].images[0].data == PNG


def test_a_refused_stream_is_a_refusal(artist: Artist, server: Loopback) -> None:
    """A plain 400 to a request for events."""
    server.on(CREATE, said({"why": "not that"}, status=400))
    with pytest.raises(BadRequestError, match="not that"):
        list(artist().stream(REQUEST, provider="easel"))


def test_a_stream_nobody_reads_on_is_hung_up(artist: Artist, server: Loopback) -> None:
    """Leaving the loop closes the connection."""
    preview = b'data: {"state": "drawing", "preview": "%s"}\n\n' % in_base64(PNG).encode()
    server.on(CREATE, (head(media_type="text/event-stream"), preview, Fault.STALL))
    steps = artist().stream(REQUEST, provider="easel")
    assert next(iter(steps)).previews
    steps.close()  # type: ignore[attr-defined]  # it is a generator
    assert server.is_left_alone()


def test_a_real_plugin_streams(connect: Connect, server: Loopback) -> None:
    """APIYI's events as the upstream documents them, to a task with its cost."""
    text = (
        'data: {"type": "image_generation.partial_succeeded", "image_index": 0, '
        f'"b64_json": "{in_base64(PNG)}", "size": "4x3"}}\n\n'
        'data: {"type": "image_generation.completed", "usage": {"generated_images": 1}}\n\n'
        "data: [DONE]\n\n"
    )
    server.on("POST /v1/images/generations", events(text.encode(), 11))
    account = Account(provider="apiyi", key=KEY, base_url=server.url)
    request = evolve(REQUEST, model="seedream-4.5")
    last = list(connect(account).stream(request, provider="apiyi"))[-1]
    assert (last.state, last.images[0].data) == (TaskState.SUCCEEDED, PNG)
    assert last.cost is not None
    assert last.cost.usd == Decimal("0.04")


# -------------------------------------------------------------------------- accounts


def test_an_account_is_completed_from_the_environment(connect: Connect, server: Loopback) -> None:
    """Key, address and credit value; what the caller gives goes first."""
    environ = {
        "EASEL_API_KEY": f"  {KEY}\n",
        "EASEL_BASE_URL": server.url + "/prefix/",
        "EASEL_USD_PER_CREDIT": "0.5",
    }
    server.on("POST /prefix/v1/pictures", DRAWING)
    plugins = {"easel": easel}
    connect(plugins=plugins, environ=environ).submit(REQUEST, provider="easel")
    own = Account(provider="easel", key="another")
    client = connect(own, plugins=plugins, environ=environ)
    client.submit(REQUEST, provider="easel")
    shown = [request.header("authorization") for request in server.requests]
    assert shown == [f"Bearer {KEY}", "Bearer another"]
    assert client.account("easel").usd_per_credit == Decimal("0.5")


def test_a_missing_key_is_named(connect: Connect, server: Loopback) -> None:
    """The error names the variable to set; nothing is sent."""
    account = Account(provider="easel", base_url=server.url)
    with pytest.raises(MissingKeyError, match="EASEL_API_KEY") as caught:
        connect(account, plugins={"easel": easel}).submit(REQUEST, provider="easel")
    assert caught.value.billed is Billed.NO
    assert server.accepted == 0


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "nül", "\x00"])
def test_a_key_no_header_can_carry_is_refused(connect: Connect, server: Loopback, key: str) -> None:
    """And it is not shown."""
    account = Account(provider="easel", key=Secret(key), base_url=server.url)
    with pytest.raises(MissingKeyError) as caught:
        connect(account, plugins={"easel": easel}).submit(REQUEST, provider="easel")
    assert key not in str(caught.value)
    assert server.accepted == 0


BAD_URLS = (
    "ftp://host",
    "host",
    "http://",
    "https://host?x=1",
    "https://host#x",
    "https://host:port",
    "https://host:99999",
    "https://[::1",
    "https://exa mple.test",
    "https://a..b",
    "https://" + "x" * 64 + ".test",
    "https://me:secret@host",
)


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_base_url_that_is_none_is_refused(connect: Connect, url: str) -> None:
    """The error names the variable; it is the caller's mistake and costs nothing."""
    client = connect(
        plugins={"easel": easel}, environ={"EASEL_BASE_URL": url, "EASEL_API_KEY": KEY}
    )
    with pytest.raises(UsageError, match="EASEL_BASE_URL"):
        client.submit(REQUEST, provider="easel")
    with pytest.raises(UsageError, match="EASEL_BASE_URL"):
        client.generate(REQUEST, provider="easel")


def test_a_credit_value_that_is_none_is_refused(connect: Connect) -> None:
    """Money is an amount above zero."""
    for text in ("free", "-1", "0", "NaN", "Infinity"):
        client = connect(plugins={"easel": easel}, environ={"EASEL_USD_PER_CREDIT": text})
        with pytest.raises(UsageError, match="EASEL_USD_PER_CREDIT"):
            client.account("easel")


def test_a_connection_that_is_refused_is_tried_again(connect: Connect, refused_url: str) -> None:
    """Nothing was sent, so nothing was billed, and the next try may find the server there."""
    account = Account(provider="easel", key=KEY, base_url=refused_url)
    late: list[Loopback] = []

    def open_late(told: Observation) -> None:
        if isinstance(told.error, NotSentError):
            assert told.error.billed is Billed.NO
            late.append(Loopback(port=int(refused_url.rpartition(":")[2])).on(CREATE, DRAWING))

    client = connect(account, plugins={"easel": easel}, observers=[open_late])
    try:
        assert client.submit(REQUEST, provider="easel").id == "p1"
        assert [server.lines() for server in late] == [[CREATE]]
    finally:
        for server in late:
            server.close()


# -------------------------------------------------------------------------- discretion


def test_no_observer_sees_a_key(artist: Artist, server: Loopback) -> None:
    """Every effect is told, with its reply or its error, and none of it holds the key."""
    told: list[Observation] = []
    server.on(CREATE, DRAWING).on(LOOK, Fault.RESET, DONE)
    client = artist(observers=[told.append])
    client.generate(REQUEST, provider="easel")
    kinds = [type(each.effect).__name__ for each in told]
    assert kinds.count("Send") == 3
    assert [each for each in told if each.error is not None]
    assert all(each.provider == "easel" and each.seconds >= 0 for each in told)
    assert KEY not in repr(told)
    assert KEY.encode() not in pickle.dumps(told)


def test_no_error_and_no_account_shows_a_key(artist: Artist, server: Loopback) -> None:
    """Neither as text nor pickled, nor along the chain of causes."""
    server.on("*", Fault.RESET)
    client = artist()
    with pytest.raises(SubmissionUnknownError) as caught:
        client.submit(REQUEST, provider="easel")
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {error.__dict__}"
        error = error.__cause__
    assert KEY not in repr(client.account("easel"))
    assert KEY.encode() not in pickle.dumps(client.account("easel"))


def test_no_hook_sees_a_key(artist: Artist, server: Loopback) -> None:
    """A wrapper around every hook finds it nowhere."""

    class Spy:
        """Looks at everything that goes in and out."""

        def __init__(self) -> None:
            self.seen: list[object] = []

        @hookimpl(wrapper=True)
        def submit(self, request: Submission) -> Generator[None, Request, Request]:
            """What is asked, and what is made of it."""
            made = yield
            self.seen += [request, made]
            return made

        @hookimpl(wrapper=True)
        def parse(self, exchange: object) -> Generator[None, object, object]:
            """What came back."""
            made = yield
            self.seen += [exchange, made]
            return made

    spy = Spy()
    server.on(CREATE, DRAWING).on(LOOK, DONE)
    artist(wrappers=[spy]).generate(REQUEST, provider="easel")
    assert len(spy.seen) >= 6
    assert KEY.encode() not in pickle.dumps(spy.seen)


# -------------------------------------------------------------------------- plugins


class Broken:
    """A plugin that does not get as far as its models."""

    @hookimpl
    def describe(self) -> None:
        """Fail."""
        raise ZeroDivisionError


def test_a_broken_plugin_does_not_take_the_others_along(connect: Connect, server: Loopback) -> None:
    """It is set aside with its reason; the others go on."""
    account = Account(provider="easel", key=KEY, base_url=server.url)
    plugins = {"easel": easel, "broken": Broken(), "empty": object()}
    client = connect(account, plugins=plugins)
    server.on(CREATE, DRAWING)
    assert [info.name for info in client.providers] == ["easel"]
    assert set(client.broken) == {"broken", "empty"}
    assert client.submit(REQUEST, provider="easel").id == "p1"
    for name in ("broken", "empty"):
        with pytest.raises(PluginError, match=name):
            client.quote(REQUEST, provider=name)


def test_a_plugin_that_fails_is_named(connect: Connect, server: Loopback) -> None:
    """What a hook raises that is none of tintype's errors is the plugin's fault."""

    class Clumsy:
        """Cannot build a request."""

        describe = staticmethod(easel.describe)
        price = staticmethod(easel.price)
        poll = staticmethod(easel.poll)
        parse = staticmethod(easel.parse)

        @hookimpl
        def submit(self, request: Submission) -> Request:
            """Fail."""
            raise KeyError(request.prompt)

    account = Account(provider="easel", key=KEY, base_url=server.url)
    with pytest.raises(PluginError, match=r"submit\(\) failed with KeyError"):
        connect(account, plugins={"easel": Clumsy()}).generate(REQUEST, provider="easel")
    assert server.requests == []


def test_a_wrapper_lies_around_every_plugin(artist: Artist, server: Loopback) -> None:
    """A policy can change what a hook returns, or refuse."""

    class Policy:
        """No pandas."""

        @hookimpl(wrapper=True)
        def submit(self, request: Submission) -> Generator[None, Request, Request]:
            """Refuse what the house forbids."""
            made = yield
            if "panda" in request.prompt:
                msg = "Pandas are not drawn here."
                raise InvalidRequestError(msg, field="prompt")
            return made

    server.on(CREATE, DRAWING)
    client = artist(wrappers=[Policy()])
    with pytest.raises(InvalidRequestError, match="Pandas"):
        client.submit(REQUEST, provider="easel")
    assert server.requests == []
    assert client.submit(evolve(REQUEST, prompt="a fox"), provider="easel").id == "p1"


def test_an_unknown_provider_is_refused_with_what_there_is(artist: Artist) -> None:
    """The error lists the installed ones."""
    with pytest.raises(UnknownProviderError, match="Installed: easel"):
        artist().quote(REQUEST, provider="oil")


def test_an_installed_plugin_is_found(connect: Connect) -> None:
    """Without `plugins` the installed ones are there."""
    client = connect()
    names = {info.name for info in client.providers}
    assert {"cheapai", "openrouter", "apimodels", "apiin", "apiyi"} <= names
    assert client.broken == {}


# -------------------------------------------------------------------------- references


def test_a_local_file_is_sent_with_its_name(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """The bytes of the file are on the wire, and only their digest in the task."""
    path = tmp_path / "fox.png"
    path.write_bytes(PNG)
    server.on(CREATE, DRAWING)
    task = artist().submit(evolve(REQUEST, references=(path,)), provider="easel")
    [sent] = server.requests
    assert PNG in sent.body
    assert b'filename="fox.png"' in sent.body
    assert task.request is not None
    assert task.request.references[0].digest
    assert str(tmp_path) not in to_json(task)


@pytest.mark.parametrize("name", ["nowhere.png", "", "nul\0.png", "x" * 300])
def test_a_file_that_cannot_be_read_sends_nothing(
    artist: Artist, server: Loopback, tmp_path: Path, name: str
) -> None:
    """Not there, a folder, or no name at all: an error that names the field."""
    request = evolve(REQUEST, references=(f"{tmp_path}/{name}",))
    with pytest.raises(InvalidRequestError) as caught:
        artist().generate(request, provider="easel")
    assert caught.value.field == "references"
    assert server.requests == []


@pytest.mark.parametrize("kind", ["endless", "pipe", "folder", "huge"])
def test_a_reference_is_a_file_of_a_size_that_images_have(
    artist: Artist, server: Loopback, tmp_path: Path, kind: str
) -> None:
    """A device, a pipe that nobody writes into and a folder are not even opened."""
    place = tmp_path / kind
    if kind == "endless":
        place = Path("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        with place.open("wb") as file:
            file.truncate(256 * 2**20 + 1)
    request = evolve(REQUEST, references=(place,))
    with pytest.raises(InvalidRequestError, match="256 MiB") as caught:
        artist().generate(request, provider="easel")
    assert (caught.value.field, caught.value.billed) == ("references", Billed.NO)
    assert server.requests == []


# -------------------------------------------------------------------------- threads


def test_a_client_may_be_shared_between_threads(server: Loopback) -> None:
    """Many threads begin at once with a client nobody has used: no connection is left behind."""
    server.on(CREATE, DRAWING).on(LOOK, DONE)
    account = Account(provider="easel", key=KEY, base_url=server.url)
    barrier = threading.Barrier(16)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with (
            Client(account, plugins={"easel": easel}, environ={}) as client,
            ThreadPoolExecutor(16) as pool,
        ):

            def draw(_: int) -> bytes | None:
                barrier.wait(10)
                return client.generate(REQUEST, provider="easel").images[0].data

            assert list(pool.map(draw, range(16))) == [PNG] * 16
    finally:
        sys.setswitchinterval(before)
    assert server.is_left_alone()
