"""What goes wrong on the wire is told alike by both transports, and nothing is paid twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from itertools import product

from attrs import evolve

from tintype.errors import NotSentError, TransportError
from tintype.messages import HttpRequest, Request
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.checks.wire.delivery import pictures
from tintype_contracts.harness.customers import account, leaving
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.answers import BREAKS, DELAYS, Answer, Manner, plain
from tintype_contracts.wire.authority import declared_hosts, server_context
from tintype_contracts.wire.callers import CLIENTS, Caller
from tintype_contracts.wire.egress import guard
from tintype_contracts.wire.server import TlsServer
from tintype_contracts.wire.stage import KEY, Performance, Scene, Stage

_BRIEF = 1.0  # seconds
_PATIENCE = 10.0
_NEVER_REPEATED = frozenset({"submit", "poll"})
_STREAM_ENDS = ("cut off within the body", "half-closed within the body")


def _repeatable(subject: Subject) -> Scene:
    """A scene whose every exchange is asked for once, whatever becomes of the answer.

    Raises:
        NotApplicable: There is none.
    """
    for scene in pictures(subject):
        asked = [each for each in scene.exchanges if each.request is not None]
        if {each.operation for each in asked} <= _NEVER_REPEATED and not _streams(scene):
            return scene
    msg = "No picture is drawn by a plain submission and plain looks."
    raise NotApplicable(msg)


def _streams(scene: Scene) -> bool:
    return any(bool((each.case or {}).get("stream")) for each in scene.exchanges)


# ----------------------------------------------------------------------- lost on the way


@check("wire.lost-answers", level=3)
def lost_answers(subject: Subject) -> Iterator[Finding]:
    """A request whose answer is lost is told as dropped by both clients, and sent once.

    The connection is reset, closed, half-closed, or the answer is cut off within head, body,
    chunk or gzip, after every request of a scene. A submission is then unknown: the provider
    may have charged for it, so it is not sent again. Both transports must say the same.
    """
    scene = _repeatable(subject)
    with Stage(subject) as stage:
        for name, manner in BREAKS.items():
            both = [stage.perform(scene, caller, manner) for caller in stage.callers]
            yield from _told_alike(name, both, "DroppedError")


@check("wire.late-answers", level=3)
def late_answers(subject: Subject) -> Iterator[Finding]:
    """An answer that is not complete in time is told as a time-out by both clients.

    The server stalls before the head, stalls within the body, or sends a byte now and then
    for ever: the time is for the whole answer. A submission is then unknown, and sent once.
    """
    whole = _repeatable(subject)
    scene = evolve(whole, exchanges=whole.exchanges[:1])
    cases = list(product(DELAYS, range(2)))
    waiting = partial(_late, subject, scene)
    with ThreadPoolExecutor(len(cases)) as pool:  # all wait at the same time
        waits = [pool.submit(copy_context().run, partial(waiting, *case)) for case in cases]
    for (name, _), wait in zip(cases, waits, strict=True):
        yield from _told_alike(name, [wait.result()], "RequestTimeoutError")


def _late(subject: Subject, scene: Scene, name: str, index: int) -> Performance:
    """The scene by one client, over a connection that was opened before the clock ran."""
    with Stage(subject, timeout=_BRIEF) as stage:
        caller = stage.callers[index]
        stage.perform(scene, caller)
        return stage.perform(scene, caller, DELAYS[name])


def _told_alike(name: str, played: list[Performance], wanted: str) -> Iterator[Finding]:
    for performance in played:
        told = [(operation, _cause(error)) for operation, error in performance.errors]
        asked = [each.operation for each in performance.scene.exchanges if each.request is not None]
        expected = [(operation, wanted) for operation in asked]
        if told != expected or len(performance.heard) != len(asked):
            yield Finding(
                message=f"{performance.scene.name} by {performance.by}, every answer lost "
                f"({name}): the client is to say so of each request, which is sent once.",
                expected=[list(pair) for pair in expected],
                got={"told": [list(pair) for pair in told], "requests": len(performance.heard)},
                exchange=performance.scene.exchanges[0].id,
            )


def _cause(error: BaseException) -> str:
    """What an error says of the wire: a lost submission names it as its cause."""
    cause = error.__cause__
    return type(cause if isinstance(cause, TransportError) else error).__name__


@check("wire.cut-streams", level=3)
def cut_streams(subject: Subject) -> Iterator[Finding]:
    """A stream that breaks off comes to the same with both clients.

    Half of each documented stream is sent and the connection closed. The images that came
    by then were paid for: both clients must keep as many, and say the same of the rest.
    """
    scenes = [scene for scene in pictures(subject) if _streams(scene)]
    if not scenes:
        msg = "No documented stream ends in a picture."
        raise NotApplicable(msg)
    with Stage(subject) as stage:
        for scene in scenes:
            for name in _STREAM_ENDS:
                played = [stage.perform(scene, each, BREAKS[name]) for each in stage.callers]
                blocking, awaiting = (_remains(each) for each in played)
                if blocking != awaiting:
                    yield Finding(
                        message=f"{scene.name}, {name}: urllib3 (expected) and aiohttp (got) make "
                        "something else of what is left of the stream.",
                        expected=blocking,
                        got=awaiting,
                        exchange=scene.exchanges[0].id,
                    )


def _remains(performance: Performance) -> Mapping[str, object]:
    task = performance.task
    return {
        "read": [type(outcome).__name__ for _, outcome in performance.served],
        "images": len(task.images) if task else 0,
        "state": str(task.state) if task else "",
        "errors": [_cause(error) for _, error in performance.errors],
        "requests": len(performance.heard),
    }


# ------------------------------------------------------------------------------ not sent


@check("wire.not-sent", level=3)
def not_sent(subject: Subject) -> Iterator[Finding]:
    """Where no byte of a request can have left, both transports say so.

    Nobody listens; the certificate is vouched for by nobody; the host is one that the
    server's certificate does not name. Only such a request may be sent again, so it matters
    that neither transport calls it dropped, and that the server has heard nothing.
    """
    request = _submission(subject)
    elsewhere = HttpRequest(method="GET", url="https://undeclared.tintype.test/", headers=())
    hosts = declared_hosts(subject.fixtures)
    stranger = server_context(hosts, trusted=False)
    with (
        Stage(subject) as stage,
        TlsServer(stranger, lambda _: ()) as untrusted,
        guard().allowing_a_dead_port() as dead,
    ):
        cases: Mapping[str, tuple[int, HttpRequest]] = {
            "nobody listens": (dead, request),
            "a certificate that nobody vouches for": (untrusted.port, request),
            "a host that is not declared": (stage.server.port, elsewhere),
        }
        for name, (port, asked) in cases.items():
            for kind in CLIENTS.get():
                yield from _unsent(name, kind(stage.line(port)), asked)
        heard = [each.url for each in (*stage.server.take(), *untrusted.take())]
        if heard:
            told = "A request left although the server could not be trusted."
            yield Finding(message=told, expected=[], got=heard)


def _unsent(name: str, caller: Caller, request: HttpRequest) -> Iterator[Finding]:
    with caller:
        told = "an answer"
        try:
            caller.exchange(request, _PATIENCE)
        except NotSentError:
            return
        except TransportError as error:
            told = f"{type(error).__name__}: {error}"
    yield Finding(
        message=f"{caller.name}, {name}: a request that was not sent is told as something else.",
        expected="NotSentError",
        got=told,
    )


def _submission(subject: Subject) -> HttpRequest:
    """The bytes of the first submission that draws."""
    exchange = pictures(subject)[0].exchanges[0]
    built = subject.rehearsal.ask(exchange)
    if not isinstance(built, Request):
        msg = f"{exchange.id} is answered without a request."
        raise NotApplicable(msg)
    return leaving(built, subject.info, account(subject.info, KEY))


# ----------------------------------------------------------------------------- redirected


@check("wire.redirects", level=3)
def redirects(subject: Subject) -> Iterator[Finding]:
    """A redirect of an API call is not followed, and shows the key to nobody.

    Every request of a scene is answered with 302 and 307 to another host. Both clients hand
    the answer to `parse` as it is. Libraries differ in what they would do: urllib3 would
    carry a key in a header of its own across hosts. `parse` must raise for it.
    """
    scene = _repeatable(subject)
    hosts = (*subject.fixtures.hosts.assets, "https://undeclared.tintype.test")
    with Stage(subject) as stage:
        for status in (302, 307):
            for caller in stage.callers:
                performance = stage.perform(scene, caller, _moved(status, f"{hosts[0]}/there"))
                yield from _followed(performance, status)


def _moved(status: int, target: str) -> Manner:
    return lambda _: plain(Answer(status=status, headers=(("Location", target),)))


def _followed(performance: Performance, status: int) -> Iterator[Finding]:
    asked = [each for each in performance.scene.exchanges if each.request is not None]
    if len(performance.heard) != len(asked) or performance.faults:
        yield Finding(
            message=f"{performance.scene.name} by {performance.by}: a {status} was followed.",
            expected=len(asked),
            got=[each.url for each in performance.heard],
            exchange=asked[0].id,
        )
    elif len(performance.errors) != len(asked):
        yield Finding(
            message=f"{performance.scene.name} by {performance.by}: parse() makes a result of a "
            f"{status} without a body. Raise for every status that no document lists.",
            expected="an error of tintype's",
            got=f"{len(asked) - len(performance.errors)} of {len(asked)} answers taken",
            exchange=asked[0].id,
        )
