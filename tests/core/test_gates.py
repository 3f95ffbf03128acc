"""The gate of an account: limits are kept, one refusal pauses everyone, and nobody is lost."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.core import easel
from tests.core.acme import (
    ACCEPTED,
    API,
    ASKED,
    DONE,
    DRAW,
    NOW,
    SAME_EVERY_TIME,
    Acme,
    Line,
    ended,
    received,
    told,
)
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import PNG, in_base64

from tintype import Account, AsyncClient, Billed, Client, Generation, ImageRequest, Quote, Request
from tintype._flow.choices import PerCall
from tintype._flow.conversation import Conversation
from tintype._flow.effects import Flow, Record, Send, Sleep
from tintype._flow.gates import Gate, Visit
from tintype._pacing import Clock
from tintype.account import Limits, Rate
from tintype.catalog import ProviderInfo
from tintype.entries import Paused
from tintype.errors import (
    BudgetError,
    GateError,
    InvalidRequestError,
    JournalError,
    RateLimitError,
    TaskError,
    TintypeError,
    UsageError,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Headers, Response
from tintype.models import Attempt, Task, TaskState, Update, Upload

REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LATER = 1e9
FIVE = Limits(rate=Rate(5, 1.0))


class Crowd:
    """Calls at one gate, on a clock that stands still but while all of them wait."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.gate = Gate(Clock(monotonic=lambda: self.seconds, now=lambda: NOW), lambda: 0.0)
        self.let: list[tuple[float, str]] = []
        self._numbers = count()
        self._heap: list[tuple[float, int, str, Generator[object, object, object]]] = []

    def comes(
        self,
        name: str,
        limits: Limits | None = None,
        at: float = 0.0,
        stays: float = 0.0,
        visit: Visit | None = None,
    ) -> Generator[object, object, object]:
        """One more call, which stays inside for a while."""

        def call() -> Generator[object, object, object]:
            inside = visit or Visit(self.gate)
            yield from inside.enter(limits, LATER)
            self.let.append((self.seconds, name))
            if stays:
                yield Sleep(seconds=stays)
                inside.leave()

        flow = call()
        heappush(self._heap, (at, next(self._numbers), name, flow))
        return flow

    def run(self, until: float = LATER) -> list[str]:
        """Have everyone go on, in their time; who was let through, in order."""
        while self._heap and self._heap[0][0] <= until:
            due, _, name, flow = heappop(self._heap)
            self.seconds = max(self.seconds, due)
            effect = next(flow, None)
            if isinstance(effect, Sleep):
                heappush(
                    self._heap, (self.seconds + effect.seconds, next(self._numbers), name, flow)
                )
        return [name for _, name in self.let]


# ------------------------------------------------------------------------------ limits


@SAME_EVERY_TIME
@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=40),
    st.integers(1, 7),
    st.sampled_from([0.3, 1.0, 60.0]),
)
def test_no_span_of_time_sees_more_than_the_rate(
    times: list[float], most: int, seconds: float
) -> None:
    """Whenever they come; and all of them are let through."""
    crowd = Crowd()
    for at in times:
        crowd.comes("x", Limits(rate=Rate(most, seconds)), at)
    assert len(crowd.run()) == len(times)
    let = [at for at, _ in crowd.let]
    assert let == sorted(let)
    assert all(later - at >= seconds for at, later in zip(let, let[most:], strict=False))


def test_a_rate_lets_a_burst_through_at_once() -> None:
    """It is a bound of any span, and no rhythm."""
    crowd = Crowd()
    for name in "abcdefg":
        crowd.comes(name, FIVE)
    crowd.run()
    assert [at for at, _ in crowd.let] == pytest.approx([0, 0, 0, 0, 0, 1.1, 1.1])


def test_no_more_tasks_are_in_flight_than_the_account_may_have() -> None:
    """The next comes in when one has ended, in the order in which they came."""
    crowd = Crowd()
    for name in "abcdef":
        crowd.comes(name, Limits(concurrency=2), stays=10.0)
    assert crowd.run() == list("abcdef")
    starts = [at for at, _ in crowd.let]
    assert starts[:2] == [0, 0]
    assert all(later >= at + 10 for at, later in zip(starts, starts[2:], strict=False))
    assert starts[-1] < 21


def test_a_call_does_not_wait_for_its_own_tasks() -> None:
    """They may end only once it looks at them, which it does when all are submitted."""
    crowd = Crowd()
    own = Visit(crowd.gate)
    for name in "abc":
        crowd.comes(name, Limits(concurrency=1), visit=own)
    crowd.comes("other", Limits(concurrency=1))
    assert crowd.run(5.0) == list("abc")
    with own:
        pass
    assert crowd.run(10.0) == [*"abc", "other"]


def test_who_stops_waiting_leaves_the_place_to_the_next() -> None:
    """In the queue, and of a time that was kept for it."""
    crowd = Crowd()
    crowd.comes("first", Limits(concurrency=1), stays=9.0)
    gone = crowd.comes("gone", Limits(concurrency=1))
    crowd.comes("next", Limits(concurrency=1))
    crowd.run(1.0)
    gone.close()
    assert crowd.run(12.0) == ["first", "next"]

    crowd = Crowd()
    impatient = [crowd.comes(name, Limits(rate=Rate(1, 60.0))) for name in "abc"][1]
    crowd.run(0.0)
    impatient.close()
    crowd.comes("d", Limits(rate=Rate(1, 60.0)), at=1.0)
    crowd.run()
    assert [name for _, name in crowd.let] == ["a", "c", "d"]
    assert crowd.let[2][0] < 200


def test_a_turn_that_is_not_taken_is_given_back() -> None:
    """What cannot be written down was never sent: the rate counts it no more, nor does the gate."""
    line = Line(ACCEPTED, ACCEPTED)
    gate = Gate(line.clock, lambda: 0.0)
    talk = line.talk(gate=gate, limits=Limits(rate=Rate(1, 3600.0), concurrency=1))
    for error in (JournalError("full"), BudgetError("used up"), GeneratorExit()):
        flow = talk.submit(ASKED)
        assert isinstance(next(flow), Record)
        with pytest.raises(type(error)):
            flow.throw(error)
        assert gate.inside == 0
    line.run(talk.submit(ASKED))
    assert line.sleeps == []


@pytest.mark.parametrize(("given_back", "due"), [(0, 70.1), (1, 60.1)])
def test_a_turn_that_is_given_back_is_its_own(given_back: int, due: float) -> None:
    """Of who left before it, or since, the rate goes on counting each at its own time."""
    crowd = Crowd()
    two = Limits(rate=Rate(2, 60.0))
    visits = [Visit(crowd.gate), Visit(crowd.gate)]
    for crowd.seconds, visit in zip((0.0, 10.0), visits, strict=True):
        with pytest.raises(StopIteration):
            next(visit.enter(two, LATER))
    crowd.gate.give_back(visits[given_back], 10.0 * given_back)
    for name in "cd":
        crowd.comes(name, two, at=11.0)
    crowd.run()
    assert [at for at, _ in crowd.let] == pytest.approx([11.0, due])


def test_a_forked_process_begins_with_nobody_inside() -> None:
    """Those inside, and those who wait, are its parent's."""
    crowd = Crowd()
    crowd.comes("parent", Limits(concurrency=1))
    crowd.comes("waiting", Limits(concurrency=1))
    crowd.run(1.0)
    crowd.gate.begin_anew()
    crowd.comes("child", Limits(concurrency=1), at=1.0)
    assert crowd.run(1.0) == ["parent", "child"]


# ------------------------------------------------------------------------------ pauses


def test_one_refusal_pauses_everyone_and_they_go_on_one_by_one() -> None:
    """A herd that comes back at once would be refused at once."""
    crowd = Crowd()
    crowd.gate.refused(7.0, "slow down", crowd.gate.pauses)
    for name in "abc":
        crowd.comes(name)
    crowd.run()
    assert [at for at, _ in crowd.let] == pytest.approx([7.0, 7.1, 7.2])


def test_a_pause_holds_for_those_who_waited_before_it_came() -> None:
    """They had a time, and take a new one."""
    crowd = Crowd()
    for name in "abcdefg":
        crowd.comes(name, FIVE)
    crowd.run(0.5)
    crowd.gate.refused(30.0, "slow down", crowd.gate.pauses)
    crowd.run()
    assert [at >= 30 for at, _ in crowd.let] == [False] * 5 + [True] * 2


def test_of_many_that_left_together_one_refusal_counts() -> None:
    """The pause does not double with each of a burst; the longest wait is believed."""
    crowd = Crowd()
    before = crowd.gate.pauses
    for asked in (None, 2.0, None, 5.0):
        crowd.gate.refused(asked, "slow down", before)
    crowd.comes("a")
    crowd.run()
    assert crowd.let == [(5.0, "a")]
    assert crowd.gate.pauses == before + 1


def test_a_gate_opens_again_with_each_that_is_accepted() -> None:
    """In the end it is as if nobody had been refused."""
    crowd = Crowd()
    crowd.gate.refused(None, "slow down", crowd.gate.pauses)
    for _ in range(40):
        crowd.gate.went_well()
    for name in "abc":
        crowd.comes(name, at=5.0)
    crowd.run()
    assert [at for at, _ in crowd.let] == [5.0] * 3


def test_who_cannot_be_let_through_in_time_is_told_so_at_once() -> None:
    """Nothing was sent, nothing is billed, and the error says what is let through."""
    crowd = Crowd()
    crowd.comes("a", Limits(rate=Rate(1, 3600.0)))
    crowd.run()
    with pytest.raises(GateError, match=r"1/h.*Nothing was sent.*task_timeout") as caught:
        next(Visit(crowd.gate).enter(Limits(rate=Rate(1, 3600.0)), 60.0))
    assert caught.value.billed is Billed.NO
    assert crowd.gate.inside == 1


def test_a_submission_that_others_keep_is_not_given_up() -> None:
    """A refusal is no try as long as the account gets others through."""
    line = Line(*[told(429)] * 9, ACCEPTED)
    gate = Gate(line.clock, lambda: 0.0)
    flow = line.talk(gate=gate).submit(ASKED)
    effect = next(flow, None)
    sends = 0
    while effect is not None:
        reply = line.reply(effect)
        if isinstance(effect, Send):
            sends += 1
            gate.went_well()  # somebody else's
        try:
            effect = flow.send(reply)
        except StopIteration:
            effect = None
    assert sends == 10
    assert line.finished


def test_a_wait_ends_with_the_time_that_the_client_has_for_a_task() -> None:
    """A wait that is longer than that is not begun."""
    line = Line(told(429, (("Retry-After", "99"),)))
    with pytest.raises(GateError, match="in time") as caught:
        line.run(line.talk(task_timeout=30.0).submit(ASKED))
    assert caught.value.billed is Billed.NO
    assert (line.sleeps, line.submissions) == ([], 1)


def test_a_long_wait_is_told_with_the_task() -> None:
    """So that nobody wonders where the time went."""
    line = Line(told(429, (("Retry-After", "17"),)), ACCEPTED)
    task = line.run(line.talk().submit(ASKED))
    assert [notice.message for notice in task.notices] == [
        "It waited 17 s until its account let it through."
    ]


@pytest.mark.parametrize(("tries", "sends"), [(1, 1), (2, 2), (7, 7)])
def test_a_client_says_how_often_something_is_tried(tries: int, sends: int) -> None:
    """A submission that is refused unbilled; once is never again."""
    line = Line(then=told(429))
    with pytest.raises(RateLimitError):
        line.run(line.talk(tries=tries).submit(ASKED))
    assert line.submissions == sends


def test_a_call_says_how_often_and_how_long_itself() -> None:
    """In place of what the client says; what it does not say is as the client has it."""
    line = Line(then=told(429))
    talk = line.talk(tries=7, request_timeout=9.0)
    with pytest.raises(RateLimitError):
        line.run(talk.on(PerCall(tries=2, timeout=5.0)).submit(ASKED))
    assert [send.timeout for send in line.sends] == [5.0, 5.0]
    line = Line(ACCEPTED)
    line.run(line.talk(request_timeout=9.0).on(PerCall(tries=1)).submit(ASKED))
    assert [send.timeout for send in line.sends] == [9.0]


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"timeout": 0}, {"timeout": "soon"}])
def test_what_a_call_cannot_be_given_sends_nothing(
    connect: Connect, server: Loopback, wrong: dict[str, object]
) -> None:
    """The error names it."""
    account = Account(provider="easel", key=KEY, base_url=server.url)
    client = connect(account, plugins={"easel": easel})
    with pytest.raises(TintypeError, match=next(iter(wrong))):
        client.generate(REQUEST, provider="easel", **wrong)  # type: ignore[arg-type]
    assert server.requests == []


def test_documented_limits_hold_and_the_account_overrules_them() -> None:
    """At another address than the documented one nobody documents any."""
    model = evolve(DRAW, max_in_flight=3, requests_per_minute=60)

    class Limited(Acme):
        info = evolve(Acme.info, models=(model,))

    channel = Line().talk(Limited())._channel  # noqa: SLF001
    assert str(channel.limits(model)) == "3 in flight and 60/min"
    own = Line().talk(Limited(), limits=Limits(rate=Rate(5, 1.0)))._channel  # noqa: SLF001
    assert str(own.limits(model)) == "3 in flight and 5/s"
    gateway = Line().talk(Limited(), documented=False)._channel  # noqa: SLF001
    assert gateway.limits(model) is None


# -------------------------------------------------------------------------- questions

SLOW = told(429, (("Retry-After", "30"),))
RUNS = Task(provider="acme", model="acme-draw-1", id="t1", request=ASKED, created_at=NOW)


def looked_at(line: Line) -> list[tuple[float, str]]:
    """When which task was looked at, by the sleeps between."""
    seconds, found = 0.0, []
    for effect in line.asked:
        if isinstance(effect, Sleep):
            seconds += effect.seconds
        elif isinstance(effect, Send):
            found.append((seconds, effect.request.url.rpartition("/")[2]))
    return found


def test_one_refused_look_pauses_every_look() -> None:
    """The others are not refused as well, one by one; no task is given up for it."""
    line = Line(SLOW, then=DONE)
    talk = line.talk()
    agenda = talk.agenda()
    ends: list[Attempt] = []

    def has_ended(attempt: Attempt) -> Flow[None]:
        ends.append(attempt)
        yield from ()

    for name in ("t1", "t2", "t3"):
        talk.finish(evolve(RUNS, id=name), agenda, has_ended)
    line.run(talk.done(agenda))
    assert looked_at(line)[0] == (2.0, "t1")
    assert {name for _, name in looked_at(line)[1:]} == {"t1", "t2", "t3"}
    assert all(at >= 32 for at, _ in looked_at(line)[1:])
    assert [each.error for each in ends] == [None] * 3


def test_a_pause_does_not_take_a_task_its_last_look() -> None:
    """It ends when its own time is over, by what the provider says then."""
    line = Line(told(429, (("Retry-After", "600"),)), then=DONE)
    talk = line.talk()
    with pytest.raises(RateLimitError):
        line.run(talk.refresh(RUNS))
    assert line.run(talk.wait(RUNS)).state.terminal
    assert looked_at(line)[1:] == [(60.0, "t1")]


def test_a_refused_look_pauses_submissions_and_they_go_on_one_by_one() -> None:
    """Whoever limits even looks lets no submission through; who asks is told of it."""
    line = Line(SLOW, ACCEPTED)
    talk = line.talk()
    with pytest.raises(RateLimitError):
        line.run(talk.refresh(RUNS))
    task = line.run(talk.submit(ASKED))
    assert line.sleeps == [30.0]
    assert [notice.field for notice in task.notices] == ["gate"]
    assert Paused(provider="acme", seconds=30.0) in [each.entry for each in line.records]


@pytest.mark.parametrize(
    "answer",
    [told(429), told(429, (("Retry-After", "0"),)), told(503, (("Retry-After", "30"),))],
)
def test_a_look_that_fails_otherwise_pauses_nobody_else(answer: Response) -> None:
    """No time is named, or not for too many requests: that may be about this task alone."""
    line = Line(answer, ACCEPTED)
    talk = line.talk()
    with pytest.raises(TintypeError):
        line.run(talk.refresh(RUNS))
    line.run(talk.submit(ASKED))
    assert line.sleeps == []


def test_a_refused_submission_pauses_no_look() -> None:
    """A place may become free only by looking; documents limit the two apart."""
    line = Line(SLOW, DONE)
    gate = Gate(line.clock, lambda: 0.0)
    talk = line.talk(gate=gate)
    waiting = talk.submit(ASKED)
    effect = next(waiting)
    while not isinstance(effect, Sleep):
        effect = waiting.send(line.reply(effect))
    assert line.run(talk.refresh(RUNS)).state.terminal
    assert line.sleeps == []
    waiting.close()


class Asked(Acme):
    """A provider that is asked for its price, and for its models."""

    info = evolve(Acme.info, models=(evolve(DRAW, prices=()),))

    @hookimpl
    def price(self) -> Request:
        """Somewhere else than the list."""
        return Request.get(f"{API}/price")

    @hookimpl
    def models(self) -> Request:
        """The live list."""
        return Request.get(f"{API}/models")

    @hookimpl
    def parse(self, exchange: Exchange) -> Quote | Update | Upload | ProviderInfo:
        """The catalog for the list."""
        return self.info if exchange.operation is Operation.MODELS else super().parse(exchange)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda talk: talk.refresh(RUNS), DONE),
        (lambda talk: talk.models(), told()),
        (lambda talk: talk.quote(ASKED), told(credits=4)),
        (lambda talk: received(talk, Delivery(body=b'{"id": "t1"}'), RUNS), DONE),
    ],
)
def test_questions_wait_while_an_account_is_told_to_wait(
    ask: Callable[[Conversation], Flow[object]], answer: Response
) -> None:
    """A look, the live list, a price, the confirmation of a webhook; and say why they wait."""
    line = Line(SLOW, answer)
    talk = line.talk(Asked())
    with pytest.raises(RateLimitError):
        line.run(talk.refresh(RUNS))
    line.run(ask(talk))
    assert line.sleeps == [30.0]
    assert [each.why for each in line.asked if isinstance(each, Sleep)] == [
        "acme: It answered with status 429."
    ]
    assert line.finished


def test_a_task_is_canceled_whatever_the_account_is_told() -> None:
    """There is little time for it, and it is asked once."""

    class Canceled(Acme):
        @hookimpl
        def cancel(self, task: Task) -> Request:
            return Request(method="DELETE", url=f"{API}/tasks/{task.id}")

    line = Line(SLOW, ended("canceled"))
    talk = line.talk(Canceled())
    with pytest.raises(RateLimitError):
        line.run(talk.refresh(RUNS))
    assert line.run(talk.cancel(RUNS)).state is TaskState.CANCELED
    assert line.sleeps == []


# --------------------------------------------------------------------- what is given


@pytest.mark.parametrize("text", ["5/s", "300/min", " 1000 / h "])
def test_a_rate_is_a_text(text: str) -> None:
    """It is shown as it is given."""
    assert str(Account(provider="easel", rate=text).rate) == text.replace(" ", "")


@pytest.mark.parametrize("rate", ["", "5", "0/s", "-1/s", "5/day", "5.5/s", "five/s", "5/s/s"])
def test_what_is_no_rate_is_refused(rate: str) -> None:
    """The error names the field and the way out."""
    with pytest.raises(UsageError, match=r"rate=.*'300/min'"):
        Account(provider="easel", rate=rate)
    if rate:
        with pytest.raises(UsageError, match="EASEL_RATE"):
            Client(plugins={"easel": easel}, environ={"EASEL_RATE": rate}).account("easel")


@pytest.mark.parametrize(
    ("count", "seconds"),
    [
        (0, 1.0),
        (-1, 1.0),
        (1.5, 1.0),
        (True, 1.0),
        (5, 0.0),
        (5, -1.0),
        (5, math.nan),
        (5, math.inf),
    ],
)
def test_what_lets_nothing_through_is_no_rate(count: float, seconds: float) -> None:
    """Nor what nobody can keep to; the error says what a rate is."""
    with pytest.raises(UsageError, match=r"rate=.*'300/min'"):
        Account(provider="easel", rate=Rate(count, seconds))  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"rate": 5}, {"concurrency": "2"}, {"concurrency": 1.5}])
def test_a_limit_of_another_kind_is_refused(given: dict[str, object]) -> None:
    """A number alone does not say in which time."""
    (name,) = given
    with pytest.raises(InvalidRequestError, match=name):
        Account(provider="easel", **given)  # type: ignore[arg-type]


def test_no_tasks_at_a_time_are_refused() -> None:
    """Nothing would ever leave."""
    for wrong in (0, -1, True):
        with pytest.raises(UsageError, match="concurrency"):
            Account(provider="easel", concurrency=wrong)
    for text in ("0", "-1", "two", "²"):
        with pytest.raises(UsageError, match="EASEL_CONCURRENCY"):
            Client(plugins={"easel": easel}, environ={"EASEL_CONCURRENCY": text}).account("easel")


def test_the_environment_completes_an_account() -> None:
    """What is given in code comes first."""
    environ = {"EASEL_RATE": "5/s", "EASEL_CONCURRENCY": "3"}
    client = Client(
        Account(provider="easel", rate="1/s"), plugins={"easel": easel}, environ=environ
    )
    account = client.account("easel")
    assert (str(account.rate), account.concurrency) == ("1/s", 3)


@pytest.mark.parametrize("tries", [0, -1, 1.5, "2"])
def test_tries_are_a_number_from_one_on(tries: object) -> None:
    """The error names the option."""
    with pytest.raises(TintypeError, match="tries"):
        Client(tries=tries)  # type: ignore[arg-type]


# ----------------------------------------------------------------------- real servers


class Turnstile:
    """A provider that draws so many pictures in any span of time, and refuses the rest."""

    def __init__(self, most: int, seconds: float, headers: Headers = ()) -> None:
        self.drawn = self.refused = 0
        self._most, self._seconds, self._headers = most, seconds, headers
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def __call__(self, _: Recorded) -> bytes:
        """A picture, or 429."""
        with self._lock:
            now = time.monotonic()
            while self._times and self._times[0] <= now - self._seconds:
                self._times.popleft()
            if len(self._times) >= self._most:
                self.refused += 1
                return said({"why": "slow down"}, status=429, headers=self._headers)
            self._times.append(now)
            self.drawn += 1
            return said({"id": f"p{self.drawn}", "state": "done", "picture": in_base64(PNG)})


@contextmanager
def turnstile(most: int, seconds: float, headers: Headers = ()) -> Iterator[tuple[Turnstile, str]]:
    """Such a provider, and where it is."""
    made = Turnstile(most, seconds, headers)
    with Loopback() as server:
        server.on(CREATE, *[made] * 500)
        yield made, server.url


def by_threads(account: Account, calls: int) -> list[Generation | BaseException]:
    """What came of so many calls at once, from as many threads."""
    with Client(account, plugins={"easel": easel}, seed=1) as client:

        def one(_: int) -> Generation | BaseException:
            try:
                return client.generate(REQUEST, provider="easel")
            except TintypeError as error:
                return error

        with ThreadPoolExecutor(calls) as pool:
            return list(pool.map(one, range(calls)))


def by_tasks(account: Account, calls: int) -> list[Generation | BaseException]:
    """What came of so many calls at once, in one loop."""

    async def all_of_them() -> list[Generation | BaseException]:
        async with AsyncClient(account, plugins={"easel": easel}, seed=1) as client:
            asked = [client.generate(REQUEST, provider="easel") for _ in range(calls)]
            return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(all_of_them())


Many = Callable[[Account, int], list[Generation | BaseException]]


@pytest.mark.parametrize("many", [by_threads, by_tasks])
def test_fifty_calls_at_once_all_finish_through_a_gate(many: Many) -> None:
    """Five in a span are let through; the caller sees no refusal, and the provider hardly any."""
    with turnstile(5, 0.2, (("Retry-After", "1"),)) as (provider, url):
        account = Account(provider="easel", key=KEY, base_url=url, rate=Rate(5, 0.2))
        drawn = many(account, 50)
    assert [each for each in drawn if isinstance(each, BaseException)] == []
    assert provider.drawn == 50
    assert provider.refused < 10


@pytest.mark.parametrize("headers", [(("Retry-After", "0.2"),), ()])
@pytest.mark.parametrize("many", [by_threads, by_tasks])
def test_calls_at_once_finish_where_nobody_knows_the_limit(many: Many, headers: Headers) -> None:
    """The refusals tell: each is waited out by all, with a time to wait or without."""
    with turnstile(5, 0.5, headers) as (provider, url):
        drawn = many(Account(provider="easel", key=KEY, base_url=url), 20)
    assert [each for each in drawn if isinstance(each, BaseException)] == []
    assert provider.drawn == 20


def test_a_wait_is_logged_before_it_is_over(
    connect: Connect, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    """With the reason, for who looks at INFO."""
    refusal = said({"why": "slow down"}, status=429, headers=[("Retry-After", "1")])
    done = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
    server.on(CREATE, refusal, done)
    account = Account(provider="easel", key=KEY, base_url=server.url)
    with caplog.at_level(logging.INFO, "tintype"):
        connect(account, plugins={"easel": easel}, seed=1).generate(REQUEST, provider="easel")
    assert any("easel: waits 1.0 s at the gate: " in text for text in caplog.messages)
    assert any("slow down" in text for text in caplog.messages)


def test_closing_a_client_ends_the_wait_at_a_gate(server: Loopback) -> None:
    """Nothing was sent of what waited, and no journal knows of it."""
    server.on(CREATE, said({"id": "p1", "state": "drawing"}))
    account = Account(provider="easel", key=KEY, base_url=server.url, rate="1/h")
    client = Client(account, plugins={"easel": easel}, environ={}, task_timeout=4000.0)
    client.submit(REQUEST, provider="easel")
    waiting = threading.Event()
    client_log = logging.getLogger("tintype")

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "at the gate" in record.getMessage():
                waiting.set()

    handler = Told(logging.INFO)
    client_log.addHandler(handler)
    before = client_log.level
    client_log.setLevel(logging.INFO)
    try:
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(client.submit, REQUEST, provider="easel")
            assert waiting.wait(10)
            client.close()
            with pytest.raises(TintypeError, match="closed"):
                call.result(10)
    finally:
        client_log.removeHandler(handler)
        client_log.setLevel(before)
    assert len(server.requests) == 1


def test_a_canceled_call_leaves_the_gate() -> None:
    """The next takes its time: a task that is canceled holds nobody up."""

    async def story(url: str) -> None:
        account = Account(provider="easel", key=KEY, base_url=url, rate=Rate(1, 0.5))
        async with AsyncClient(account, plugins={"easel": easel}, environ={}) as client:
            await client.submit(REQUEST, provider="easel")
            calls = [
                asyncio.create_task(client.submit(REQUEST, provider="easel")) for _ in range(20)
            ]
            await asyncio.sleep(0)
            for each in calls[:-1]:
                each.cancel()
            gone = await asyncio.gather(*calls[:-1], return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in gone)
            async with asyncio.timeout(10):
                assert (await calls[-1]).id

    with turnstile(99, 1.0) as (provider, url):
        asyncio.run(story(url))
        assert provider.drawn == 2


def test_tasks_in_flight_are_bounded_until_they_have_ended(server: Loopback) -> None:
    """Also where the provider is asked for them again and again."""
    inside: list[int] = []
    running: set[str] = set()
    lock = threading.Lock()
    numbers = count()

    def create(_: Recorded) -> bytes:
        with lock:
            name = f"p{next(numbers)}"
            running.add(name)
            inside.append(len(running))
        return said({"id": name, "state": "drawing"})

    def look(request: Recorded) -> bytes:
        name = request.target.rpartition("/")[2]
        with lock:
            running.discard(name)
        return said({"id": name, "state": "done", "picture": in_base64(PNG)})

    server.on(CREATE, *[create] * 12)
    for number in range(12):
        server.on(f"GET /v1/pictures/p{number}", look)
    account = Account(provider="easel", key=KEY, base_url=server.url, concurrency=3)
    drawn = by_threads(account, 12)
    assert not [each for each in drawn if isinstance(each, TaskError)]
    assert len(drawn) == 12
    assert max(inside) <= 3
