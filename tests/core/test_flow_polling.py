"""Nothing that goes wrong while polling ends a task before its deadline."""

from __future__ import annotations

import hmac

import pytest
from attrs import evolve
from tests.core.acme import (
    API,
    ASKED,
    DONE,
    INFO,
    NOW,
    RUNNING,
    Acme,
    Line,
    Scripted,
    Slow,
    ended,
    received,
    told,
)

from tintype._flow.effects import Sleep
from tintype.account import Secret
from tintype.catalog import ProviderInfo
from tintype.convert import from_json, to_json
from tintype.errors import (
    Billed,
    DeadlineError,
    DroppedError,
    MissingKeyError,
    NotSentError,
    PluginError,
    ProtocolError,
    RequestTimeoutError,
    ServerError,
    SignatureError,
    TaskError,
    TintypeError,
    UnsupportedError,
)
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Request, Response
from tintype.models import Image, Task, TaskState, Update
from tintype.signatures import Hmac

TASK = Task(provider="acme", model="acme-draw-1", id="t1", request=ASKED, created_at=NOW)
FAULTS: list[Scripted] = [
    told(500),
    told(502),
    told(503),
    told(429),
    told(401),
    told(400),
    told(404),
    told(418),
    NotSentError("refused"),
    DroppedError("reset"),
    RequestTimeoutError("late"),
    Response(status=200, body=b"<html>502</html>"),
    Response(status=200, body=b'{"status": "runn'),
    Response(status=200, body=b""),
    Response(status=200, body=b"[]"),
    ended("successful"),
    ended("succeeded", id=7.5),
]


class Asking(Acme):
    """A plugin whose `poll` a test replaces."""

    def __init__(self, asked: object) -> None:
        self.asked = asked

    @hookimpl
    def poll(self) -> object:
        """What the test gave, or raise it."""
        if isinstance(self.asked, Exception):
            raise self.asked
        return self.asked


# ------------------------------------------------------------------------- surviving


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_fault_while_polling_is_waited_out(fault: Scripted) -> None:
    """One, or several in a row; the task is asked about again."""
    line = Line(RUNNING, fault, fault, fault, RUNNING, DONE)
    task = line.run(line.talk().wait(TASK))
    assert task.state is TaskState.SUCCEEDED
    assert line.sent == ["GET /tasks/t1"] * 6
    assert line.finished
    assert all(send.repeat for send in line.sends)


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_fault_that_stays_ends_at_the_deadline(fault: Scripted) -> None:
    """With the task as JSON and the last failure in the message; never in an endless loop."""
    line = Line(then=fault)
    with pytest.raises(DeadlineError, match="The last look failed") as caught:
        line.run(line.talk().wait(TASK))
    assert line.seconds == 60.0
    assert len(line.sends) < 20
    assert from_json(caught.value.task_json, Task) == caught.value.task == TASK


def test_pauses_grow_while_a_fault_stays_and_start_anew_after_it() -> None:
    """At least the schedule, then the doubling of the retries."""
    line = Line(*[told(500)] * 5, RUNNING, told(500), DONE)
    line.run(line.talk(task_timeout=600.0).wait(TASK))
    assert line.sleeps == [2.0, 2.0, 2.0, 4.0, 8.0, 16.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("value", "pause"), [("17", 17.0), ("Fri, 20 Nov 2026 12:00:32 GMT", 30.0), ("1", 2.0)]
)
def test_the_wait_a_server_names_is_kept(value: str, pause: float) -> None:
    """In both forms, where it is longer than the usual pause."""
    line = Line(told(429, (("Retry-After", value),)), DONE)
    line.run(line.talk().wait(TASK))
    assert line.sleeps == [2.0, pause]


def test_a_wait_beyond_the_deadline_is_cut_to_one_last_look() -> None:
    """A task that ended meanwhile is still found."""
    line = Line(told(503, (("Retry-After", "500"),)), DONE)
    assert line.run(line.talk().wait(TASK)).state is TaskState.SUCCEEDED
    assert line.sleeps == [2.0, 58.0]


# -------------------------------------------------------------------------- deadlines


def test_a_task_that_does_not_end_is_carried_by_the_error_and_can_be_waited_for_again() -> None:
    """In another process, from its JSON."""
    line = Line(then=RUNNING)
    with pytest.raises(DeadlineError, match=r"It may still finish\. Keep the task") as caught:
        line.run(line.talk().wait(evolve(TASK, billed=Billed.YES)))
    error = caught.value
    assert (error.provider, error.billed) == ("acme", Billed.UNKNOWN)
    assert "The last look failed" not in str(error)
    resumed = from_json(error.task_json, Task)
    assert resumed == error.task
    other = Line(RUNNING, DONE)
    task = other.run(other.talk().wait(resumed))
    assert task.state is TaskState.SUCCEEDED
    assert task.created_at == NOW
    assert task.request == ASKED


def test_a_task_that_was_read_back_can_be_written_down_again() -> None:
    """With the fractions that a server or a caller put into it."""
    asked = evolve(ASKED, options={"acme": {"guidance": 7.5}})
    written = to_json(evolve(TASK, request=asked, notes={"at": 0.5}))
    line = Line(then=told(500))
    with pytest.raises(DeadlineError) as caught:
        line.run(line.talk().wait(from_json(written, Task)))
    assert caught.value.task_json == written


def test_the_last_look_is_at_the_deadline() -> None:
    """2, 7, 12, …, 57, 60 seconds."""
    line = Line(then=RUNNING)
    with pytest.raises(DeadlineError):
        line.run(line.talk().wait(TASK))
    assert line.sleeps == [2.0, *[5.0] * 11, 3.0]


@pytest.mark.parametrize(("terms", "seconds"), [({}, 60.0), ({"task_timeout": 9.0}, 9.0)])
def test_the_embedders_deadline_comes_before_the_providers(
    terms: dict[str, float], seconds: float
) -> None:
    """In seconds from the start of the waiting."""
    line = Line(then=RUNNING)
    with pytest.raises(DeadlineError):
        line.run(line.talk(**terms).wait(TASK))
    assert line.seconds == seconds


def test_a_slow_answer_that_ends_the_task_counts_although_it_is_late() -> None:
    """It is paid for."""
    line = Line(Slow(500.0, DONE))
    assert line.run(line.talk().wait(TASK)).state is TaskState.SUCCEEDED


@pytest.mark.parametrize("reply", [RUNNING, told(500), RequestTimeoutError("late")])
def test_a_slow_answer_that_tells_nothing_is_the_last(reply: Scripted) -> None:
    """The deadline passed meanwhile."""
    line = Line(Slow(500.0, reply))
    with pytest.raises(DeadlineError):
        line.run(line.talk().wait(TASK))


# ------------------------------------------------------------------------------ hints


def test_a_result_at_a_second_address_is_asked_for_at_once() -> None:
    """Once for each change of the notes; the same hint again waits as usual."""
    ready = told(notes={"at": "result"}, poll_after=0)
    line = Line(ready, ready, ready, DONE)
    line.run(line.talk().wait(TASK))
    assert line.sleeps == [2.0, 5.0, 5.0]
    assert len(line.sends) == 4


def test_a_hint_replaces_the_schedule() -> None:
    """In seconds."""
    line = Line(told(poll_after=11), told(poll_after=0.5), DONE)
    line.run(line.talk().wait(evolve(TASK, poll_after=7.0)))
    assert line.sleeps == [7.0, 11.0, 0.5]


@pytest.mark.parametrize("hint", [-1, 1e-300])
def test_no_hint_makes_the_flow_spin(hint: float) -> None:
    """There is a pause before every look."""
    line = Line(told(poll_after=hint), told(poll_after=hint), DONE)
    line.run(line.talk().wait(TASK))
    assert len(line.sleeps) == len(line.sends)


# ---------------------------------------------------------------------- several tasks


def test_several_tasks_are_followed_in_turn() -> None:
    """The one that is due; each at its own pace."""
    line = Line(
        told(id="a", poll_after=3),
        told(id="b", poll_after=1),
        *[told(poll_after=4)] * 2,
        DONE,
        DONE,
    )
    line.run(line.talk().generate(evolve(ASKED, n=4)))
    assert line.sent[2:] == ["GET /tasks/b", "GET /tasks/a", "GET /tasks/b", "GET /tasks/a"]
    assert line.sleeps == [1.0, 2.0, 2.0, 2.0]


def test_one_task_that_is_late_takes_no_image_from_another() -> None:
    """Its error stands in the attempt, with the task."""
    line = Line(told(id="a"), told(id="b"), ended("succeeded", "x"), then=told(500))
    generation = line.run(line.talk().generate(evolve(ASKED, n=4)))
    assert [image.url for image in generation.images] == ["x"]
    first, second = generation.attempts
    assert first.error is None
    assert isinstance(second.error, DeadlineError)
    assert second.task is not None
    assert second.task.id == "b"


# ---------------------------------------------------------------------- what ends it


@pytest.mark.parametrize("state", [state for state in TaskState if state.terminal])
def test_a_task_that_has_ended_is_left_alone(state: TaskState) -> None:
    """Nothing is asked, whoever asks."""
    task = evolve(TASK, state=state)
    line = Line()
    talk = line.talk()
    for flow in (talk.wait(task), talk.refresh(task), talk.cancel(task)):
        assert line.run(flow) is task
    delivery = Delivery(body=b'{"id": "t1", "status": "running"}')
    assert line.run(received(talk, delivery, task)) == task
    assert line.sends == []


@pytest.mark.parametrize("word", [state.value for state in TaskState if state.terminal])
def test_every_end_ends_the_waiting_and_is_recorded(word: str) -> None:
    """Well or badly: `wait` returns the task."""
    line = Line(RUNNING, ended(word, "https://cdn.acme.test/1.png"))
    task = line.run(line.talk().wait(TASK))
    assert task.state == word
    assert line.recorded == ["Snapshot", "Snapshot"]
    assert line.records[-1].entry.task == task


def test_a_task_that_only_a_webhook_ends_is_not_waited_for() -> None:
    """The way out, and the task, are in the error."""
    line = Line()
    with pytest.raises(TaskError, match=r"hand it to receive\(\)") as caught:
        line.run(line.talk(Asking(None)).wait(evolve(TASK, billed=Billed.YES)))
    assert caught.value.billed is Billed.YES
    assert from_json(caught.value.task_json, Task).id == "t1"
    assert line.run(line.talk(Asking(None)).refresh(TASK)) is TASK


@pytest.mark.parametrize("asked", [KeyError("url"), "GET", PluginError("no"), ServerError("?")])
def test_a_plugin_that_cannot_ask_gives_the_task_back(asked: object) -> None:
    """It may be mended, and the task waited for again."""
    line = Line()
    with pytest.raises(TaskError, match=r"cannot be looked at: acme:.*Keep the task") as caught:
        line.run(line.talk(Asking(asked)).wait(TASK))
    assert from_json(caught.value.task_json, Task) == TASK
    assert line.sends == []


def test_a_plugin_is_asked_once_it_is_time() -> None:
    """A task that waits holds no request, and no flow that is in the middle of a look."""
    flow = Line().talk(Asking(KeyError("url"))).wait(TASK)
    assert isinstance(next(flow), Sleep)
    with pytest.raises(TaskError, match="cannot be looked at"):
        next(flow)


@pytest.mark.parametrize("repeat", [True, False])
def test_a_poll_by_post_says_whether_it_may_be_repeated(*, repeat: bool) -> None:
    """It may be an action that is paid each time: what was lost is then left alone."""
    asked = evolve(Request.post(f"{API}/look", {"id": "t1"}), repeat=repeat)
    line = Line(DroppedError("reset"), DONE)
    talk = line.talk(Asking(asked))
    if repeat:
        assert line.run(talk.wait(TASK)).state is TaskState.SUCCEEDED
        return
    with pytest.raises(TaskError, match="cannot be looked at"):
        line.run(talk.wait(TASK))
    assert [send.repeat for send in line.sends] == [False]


def test_what_may_not_be_repeated_is_asked_again_where_it_never_left() -> None:
    """As a submission is."""
    asked = evolve(Request.post(f"{API}/look", {"id": "t1"}), repeat=False)
    line = Line(NotSentError("refused"), told(429), DONE)
    assert line.run(line.talk(Asking(asked)).wait(TASK)).state is TaskState.SUCCEEDED


@pytest.mark.parametrize("method", ["POST", "PATCH", "ACT"])
def test_a_poll_by_post_that_says_nothing_is_not_sent(method: str) -> None:
    """Nobody could tell what asking again does."""
    line = Line()
    asked = Request(method=method, url=f"{API}/look")
    with pytest.raises(TaskError, match="say repeat=True where asking again costs nothing"):
        line.run(line.talk(Asking(asked)).wait(TASK))
    assert line.sends == []


def test_a_question_is_answered_whole() -> None:
    """Events tell of a submission alone."""
    line = Line()
    asked = evolve(Request.get(f"{API}/look"), answer="events")
    with pytest.raises(TaskError, match="Only a submission is answered by a stream of events"):
        line.run(line.talk(Asking(asked)).wait(TASK))
    assert line.sends == []


def test_a_plugin_that_cannot_ask_for_one_task_loses_no_other() -> None:
    """Each is followed by itself."""

    class Picky(Acme):
        @hookimpl
        def poll(self, task: Task) -> Request:
            if task.id == "b":
                raise KeyError(task.id)
            return Request.get(f"{API}/tasks/{task.id}")

    line = Line(told(id="a"), told(id="b"), DONE)
    generation = line.run(line.talk(Picky()).generate(evolve(ASKED, n=4)))
    assert len(generation.images) == 1
    assert isinstance(generation.attempts[1].error, TaskError)


def test_a_key_that_is_missing_is_not_waited_for() -> None:
    """No waiting mends it; the task comes along as JSON, to be waited for with a key."""
    line = Line(MissingKeyError("set ACME_API_KEY"))
    with pytest.raises(TaskError, match="set ACME_API_KEY") as caught:
        line.run(line.talk().wait(TASK))
    assert len(line.sends) == 1
    assert from_json(caught.value.task_json, Task) == TASK


def test_a_plugin_that_fails_on_one_answer_is_asked_again() -> None:
    """Its failure is one of the exchange: the next answer may be another."""
    seen = []

    class Stumbling(Acme):
        @hookimpl(tryfirst=True)
        def parse(self, exchange: Exchange) -> Update:
            seen.append(exchange)
            if len(seen) == 1:
                raise KeyError(exchange.operation)
            return Update(
                state=TaskState.SUCCEEDED, images=(Image(url="https://cdn.acme.test/1.png"),)
            )

    line = Line(RUNNING, RUNNING)
    assert line.run(line.talk(Stumbling()).wait(TASK)).state is TaskState.SUCCEEDED


def test_one_look_is_one_exchange() -> None:
    """`refresh` neither waits nor repeats."""
    line = Line(told(progress=0.5))
    task = line.run(line.talk().refresh(TASK))
    assert (task.state, line.sleeps, len(line.sends)) == (TaskState.RUNNING, [], 1)
    line = Line(told(500))
    with pytest.raises(ServerError):
        line.run(line.talk().refresh(TASK))
    assert len(line.sends) == 1


# ------------------------------------------------------------------------- cancelling


class Cancelable(Acme):
    """A provider that documents a way to cancel."""

    @hookimpl
    def cancel(self, task: Task) -> Request:
        """A DELETE by id."""
        return Request(method="DELETE", url=f"{API}/tasks/{task.id}")


def test_a_task_is_canceled_by_one_request() -> None:
    """And the provider says how it stands."""
    line = Line(ended("canceled"))
    task = line.run(line.talk(Cancelable()).cancel(TASK))
    assert task.state is TaskState.CANCELED
    assert line.sent == ["DELETE /tasks/t1"]
    assert line.recorded == ["Snapshot"]


def test_a_provider_that_documents_no_way_to_cancel_says_so() -> None:
    """Nothing is sent."""
    line = Line()
    with pytest.raises(UnsupportedError, match="documents no way to cancel"):
        line.run(line.talk().cancel(TASK))
    assert line.asked == []


# --------------------------------------------------------------------------- webhooks


def delivery(word: str = "succeeded", name: str = "t1") -> Delivery:
    """A webhook that tells of a task."""
    return Delivery(body=f'{{"id": "{name}", "status": "{word}", "images": ["x"]}}'.encode())


@pytest.mark.parametrize("task", [TASK, None])
def test_a_webhook_is_a_hint_and_the_provider_is_asked(task: Task | None) -> None:
    """What a stranger posts is not believed: the task is as the provider says."""
    line = Line(ended("failed", error="Too hot."))
    found = line.run(received(line.talk(), delivery(), task))
    assert line.sent == ["GET /tasks/t1"]
    assert (found.id, found.state, found.images) == ("t1", TaskState.FAILED, ())
    assert line.recorded == ["Snapshot"]


def test_a_webhook_for_a_task_that_still_runs_ends_nothing() -> None:
    """A forged or an early one."""
    line = Line(RUNNING)
    assert line.run(received(line.talk(), delivery(), TASK)).state is TaskState.RUNNING


def test_an_unsigned_webhook_is_not_believed_where_nothing_can_be_asked() -> None:
    """Anybody may have sent it, and nobody confirms it."""
    line = Line()
    with pytest.raises(ProtocolError, match="nobody confirms"):
        line.run(received(line.talk(Asking(None)), delivery(), TASK))


class Signing(Asking):
    """Signs its webhooks, or only their ids."""

    def __init__(self, over: str) -> None:
        super().__init__(None)
        self.over = over

    @hookimpl
    def describe(self) -> ProviderInfo:
        """What is signed stands in `X-Signature`."""
        form = Hmac(header="X-Signature", over=self.over, headers={"id": "X-Id"})
        return evolve(INFO, webhooks=True, signature=form)


def signed(over: bytes, name: str = "t1") -> Delivery:
    """A webhook that is signed."""
    made = hmac.digest(b"shared", over, "sha256").hex()
    return evolve(delivery(name=name), headers=(("X-Id", "m1"), ("X-Signature", made)))


def test_a_signed_webhook_is_believed() -> None:
    """With the secret everybody can tell that the provider sent it, so nothing is asked."""
    line = Line()
    talk = line.talk(Signing("{id}.{body}"))
    told = signed(b"m1." + delivery().body)
    task = line.run(received(talk, told, TASK, (Secret("old"), Secret("shared"))))
    assert (task.state, task.request) == (TaskState.SUCCEEDED, ASKED)
    assert (line.sends, line.recorded) == ([], ["Snapshot"])


def test_a_webhook_whose_body_is_not_signed_is_not_believed() -> None:
    """A signature of its id says who called; the provider says what is true, or nobody does."""
    talk = Line().talk(Signing("{id}"))
    with pytest.raises(ProtocolError, match="nobody confirms"):
        Line().run(received(talk, signed(b"m1"), TASK, (Secret("shared"),)))


def test_a_webhook_with_a_wrong_signature_is_refused() -> None:
    """It is forged, whatever else could be asked."""
    line = Line()
    told = signed(b"m1." + delivery().body, name="t2")
    with pytest.raises(SignatureError, match="signature is wrong"):
        line.run(received(line.talk(Signing("{id}.{body}")), told, TASK, (Secret("shared"),)))
    assert line.asked == []


def test_an_account_without_secrets_has_the_provider_asked() -> None:
    """A signature that nobody can check proves nothing."""
    line = Line()
    with pytest.raises(ProtocolError, match="nobody confirms"):
        line.run(received(line.talk(Signing("{id}.{body}")), delivery(), TASK))


def test_a_webhook_of_another_task_is_refused() -> None:
    """Its images are not this task's."""
    line = Line()
    with pytest.raises(ProtocolError, match="speaks of the task 't2', not of 't1'"):
        line.run(received(line.talk(), delivery(name="t2"), TASK))
    assert line.sends == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"status": "odd"}'])
def test_a_webhook_that_nobody_can_read_is_a_protocol_error(body: bytes) -> None:
    """It is refused, and the task stays as it is."""
    line = Line()
    with pytest.raises(ProtocolError):
        line.run(received(line.talk(), Delivery(body=body), TASK))
    assert line.asked == []


def test_every_timeout_is_the_embedders_or_the_providers() -> None:
    """A look waits as long as any other exchange."""
    for terms, timeout in (({"request_timeout": 7.0}, 7.0), ({}, INFO.request_timeout)):
        line = Line(DONE)
        line.run(line.talk(**terms).wait(TASK))
        assert [send.timeout for send in line.sends] == [timeout]


def test_an_error_names_its_provider_once_it_is_raised() -> None:
    """Also where the plugin did not."""
    line = Line(told(402))
    with pytest.raises(TintypeError) as caught:
        line.run(line.talk().refresh(TASK))
    assert caught.value.provider == "acme"
