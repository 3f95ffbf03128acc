"""A plugin that breaks a law is named with hook, law and page; the money stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve
from tests.core.acme import (
    ACCEPTED,
    ASKED,
    DONE,
    NOW,
    RUNNING,
    STREAMING,
    Acme,
    Line,
    ended,
    event,
    received,
    told,
)

from tintype.entries import Intent
from tintype.errors import (
    Billed,
    CostLimitError,
    DroppedError,
    JournalError,
    NotSentError,
    PluginError,
    SubmissionUnknownError,
    TaskError,
    TaskFailedError,
    TintypeError,
    UnsupportedError,
)
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Request, Response
from tintype.models import Image, Quote, Task, TaskState, Update
from tintype.request import Submission

PAGE = r"\(docs/plugins\.md, The laws of a hook\)"
TASK = Task(provider="acme", model="acme-draw-1", id="t1", request=ASKED, created_at=NOW)
HOOKED = evolve(ASKED, webhook_url="https://me.test/hook")
CAT, DOG = Image(url="https://cdn.acme.test/cat.png"), Image(url="https://cdn.acme.test/dog.png")


class Reading(Acme):
    """A plugin whose `parse` a test replaces."""

    def __init__(self, said: Callable[[Exchange], object]) -> None:
        self.said = said

    @hookimpl(tryfirst=True)
    def parse(self, exchange: Exchange) -> object:
        """As the test has it."""
        return self.said(exchange)


def raising(error: BaseException) -> Callable[[Exchange], object]:
    """What always raises."""

    def raise_it(_: Exchange) -> object:
        raise error

    return raise_it


# ------------------------------------------------------------------------------ money


@pytest.mark.parametrize(
    "error",
    [
        NotSentError("no"),
        DroppedError("reset"),
        JournalError("full", billed=Billed.NO),
        UnsupportedError("no", field="n"),
        TaskFailedError("no", billed=Billed.NO),
        SubmissionUnknownError("lost", record="1", answered=False),
        KeyError("x"),
        SystemExit(1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_answer_that_was_had_is_never_taken_for_none(error: BaseException) -> None:
    """Whatever `parse` raises that is not its to raise: nothing is sent again."""
    line = Line(ACCEPTED, then=ACCEPTED)
    with pytest.raises(SubmissionUnknownError, match=f"Total {PAGE}") as caught:
        line.run(line.talk(Reading(raising(error))).submit(ASKED))
    assert line.submissions == 1
    assert caught.value.billed is Billed.UNKNOWN


def test_a_key_goes_with_the_same_bytes_alone() -> None:
    """A new try has a new callback: the same key with other bytes would be refused, or worse."""
    sent: list[Submission] = []

    class Hooking(Acme):
        info = evolve(Acme.info, webhooks=True)

        @hookimpl
        def submit(self, request: Submission) -> Request:
            sent.append(request)
            return super().submit(request)

    nonces = iter(["n1", "n2", "n3"])
    line = Line(NotSentError("no"), ACCEPTED)
    talk = line.talk(Hooking(), token=iter(["a", "b"]).__next__, nonce=nonces.__next__)
    line.run(talk.submit(HOOKED))
    _, first, second = sent
    assert first.webhook_url != second.webhook_url
    assert first.nonce != second.nonce
    intents = [each.entry for each in line.records if isinstance(each.entry, Intent)]
    assert [each.nonce for each in intents] == [first.nonce, second.nonce]


# ------------------------------------------------------------------------------ tasks


def test_an_answer_about_another_task_is_not_this_ones() -> None:
    """It is waited out as any other fault of an answer."""
    line = Line(ended("succeeded", "https://cdn.acme.test/2.png", id="t2"), DONE)
    task = line.run(line.talk().wait(TASK))
    assert (task.id, task.images[0].url) == ("t1", "https://cdn.acme.test/1.png")


def test_a_task_is_never_asked_for_by_an_empty_id() -> None:
    """What accepts and names nothing is not understood: the answer is kept, nothing asked."""
    line = Line(told())
    with pytest.raises(SubmissionUnknownError, match="names nothing to ask for it by"):
        line.run(line.talk().draw(ASKED))
    assert line.sent == ["POST /images"]
    line = Line()
    assert line.run(line.talk().refresh(evolve(TASK, id=""))).id == ""
    with pytest.raises(TaskError, match="Only a webhook tells the end of the task without an id"):
        line.run(line.talk().wait(evolve(TASK, id="")))
    assert line.sent == []


def test_what_a_plugin_notes_is_enough_to_ask_by() -> None:
    """An address in place of an id; and a webhook tells the end of what has neither."""
    line = Line(told(notes={"at": "x"}), DONE)
    assert line.run(line.talk().draw(ASKED)).state is TaskState.SUCCEEDED
    plugin = Acme()
    plugin.info = evolve(Acme.info, webhooks=True)
    line = Line(told())
    assert line.run(line.talk(plugin, token=lambda: "a").submit(HOOKED)).state is TaskState.RUNNING


def test_a_plugin_that_cannot_read_a_task_is_asked_a_few_times() -> None:
    """Not until the deadline: the task and its answer are kept for a mended one."""
    line, task = Line(then=DONE), evolve(TASK, record="entry 0")
    with pytest.raises(TaskError, match=f"KeyError: 'x'. .* the law Total {PAGE}") as caught:
        line.run(line.talk(Reading(raising(KeyError("x")))).wait(task))
    assert len(line.sends) == 4
    assert caught.value.task == task
    assert "Unread" in line.recorded


def test_a_few_faults_that_are_not_the_plugins_are_waited_out() -> None:
    """They count apart, and an answer that is read begins anew."""
    fail = iter([True, False, True, False, True, False, True, False])

    def said(exchange: Exchange) -> object:
        if next(fail, False):
            raise KeyError(exchange.operation)
        done = not any(fail)
        return Update(state=TaskState.SUCCEEDED, images=(CAT,)) if done else Update()

    line = Line(then=RUNNING)
    (image,) = line.run(line.talk(Reading(said)).wait(TASK)).images
    assert image.url == CAT.url


@pytest.mark.parametrize("state", [TaskState.SUCCEEDED, TaskState.PARTIAL])
def test_a_success_without_a_picture_is_the_plugins_slip(state: TaskState) -> None:
    """Not the provider's: the answer may well hold the picture, and is kept."""
    plugin = Reading(lambda _: Update(id="t1", state=state))
    line = Line(DONE)
    match = f"calls the task '{state}' and has no image of it. That breaks the law Honest {PAGE}"
    with pytest.raises(SubmissionUnknownError, match=match) as caught:
        line.run(line.talk(plugin).submit(ASKED))
    assert caught.value.kept


# ---------------------------------------------------------------------------- streams


LIVE = evolve(ASKED, model="live", stream=True)


def test_an_event_costs_no_earlier_picture() -> None:
    """A plugin that tells of what is new alone: all are kept, and a notice says so."""
    said = iter([Update(images=(CAT,)), Update(images=(DOG,)), Update(state=TaskState.SUCCEEDED)])
    line = Line(STREAMING, event(), event(), None)
    task = line.run(line.talk(Reading(lambda _: next(said))).submit(LIVE))
    assert [image.url for image in task.images] == [CAT.url, DOG.url]
    assert "left out pictures of earlier events" in task.notices[-1].message


def test_an_event_takes_no_end_back() -> None:
    """What follows the end is not the task running again."""
    ended = Update(images=(CAT,), state=TaskState.SUCCEEDED, billed=Billed.YES)
    said = iter([ended, Update(state=TaskState.RUNNING), Update()])
    line = Line(STREAMING, event(), event(), None)
    task = line.run(line.talk(Reading(lambda _: next(said))).submit(LIVE))
    assert (task.state, task.images) == (TaskState.SUCCEEDED, (CAT,))


# ----------------------------------------------------------------------------- values


async def _awaited() -> Update:
    return Update()


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (lambda: None, "None"),
        (lambda: {"state": "running"}, "a dict"),
        (lambda: Task(id="t1"), "a Task"),
        (lambda: Quote(), "a Quote"),  # noqa: PLW0108 - made anew
        (lambda: KeyError("x"), "a KeyError"),
        (lambda: (each for each in ()), "a generator"),
        (_awaited, "a coroutine"),
    ],
)
def test_what_is_no_update_is_named(made: Callable[[], object], named: str) -> None:
    """With the hook, and what it should have been."""
    line = Line(ACCEPTED)
    match = rf"The plugin's parse\(\) returned {named}, not an Update. That breaks the law Total"
    with pytest.raises(SubmissionUnknownError, match=match):
        line.run(line.talk(Reading(lambda _: made())).submit(ASKED))


@pytest.mark.parametrize(
    "odd",
    [
        Update(images=[CAT]),  # type: ignore[arg-type]
        Update(id=7),  # type: ignore[arg-type]
        Update(state="done"),  # type: ignore[arg-type]
        Update(notes={"at": object()}),
    ],
    ids=["images", "id", "state", "notes"],
)
def test_a_field_of_another_type_is_named(odd: Update) -> None:
    """A list can be changed once it was read: it is no tuple."""
    line = Line(ACCEPTED)
    match = rf"The plugin's parse\(\) returned Update\.\w+: .*law Total {PAGE}"
    with pytest.raises(SubmissionUnknownError, match=match):
        line.run(line.talk(Reading(lambda _: odd)).submit(ASKED))


def _price(line: Line, plugin: object) -> object:
    return line.run(line.talk(plugin).quote(ASKED)).reason


def _models(line: Line, plugin: object) -> object:
    return line.run(line.talk(plugin).models())


def _cancel(line: Line, plugin: object) -> object:
    return line.run(line.talk(plugin).cancel(TASK))


def _refresh(line: Line, plugin: object) -> object:
    return line.run(line.talk(plugin).refresh(TASK))


class Returning(Acme):
    """A plugin that asks by what is no request."""

    @hookimpl(tryfirst=True)
    def price(self) -> object:
        """No quote."""
        return Update()

    @hookimpl(tryfirst=True)
    def poll(self) -> object:
        """No request."""
        return "https://api.acme.test/v1/tasks/t1"

    @hookimpl
    def models(self) -> object:
        """No request."""
        return {"url": "https://api.acme.test/v1/models"}

    @hookimpl
    def cancel(self) -> object:
        """No request."""
        return "DELETE"


@pytest.mark.parametrize(
    ("hook", "ask"),
    [("price", _price), ("models", _models), ("cancel", _cancel), ("poll", _refresh)],
)
def test_every_hook_that_asks_is_held_to_a_request(
    hook: str, ask: Callable[[Line, object], object]
) -> None:
    """What is none is never passed over in silence, and nothing is sent."""
    line = Line()
    try:
        said = str(ask(line, Returning()))
    except PluginError as error:
        said = str(error)
    assert re.search(rf"The plugin's {hook}\(\) returned an? \w+, not a Request.*Total", said)
    assert line.sends == []


@pytest.mark.parametrize("error", [NotSentError("no"), TaskError("no"), ValueError("no")])
def test_a_hook_that_asks_may_refuse_and_raise_nothing_else(error: Exception) -> None:
    """Else a plugin could say what became of a submission that never left."""

    class Asking(Acme):
        @hookimpl(tryfirst=True)
        def submit(self) -> Request:
            raise error

    line = Line()
    with pytest.raises(TintypeError, match=r"The plugin's submit\(\) failed with") as caught:
        line.run(line.talk(Asking()).submit(ASKED))
    assert isinstance(caught.value, PluginError)
    assert line.asked == []


def test_a_webhook_may_say_done_and_show_nothing() -> None:
    """The provider is asked for the picture, as for every hint."""
    plugin = Acme()
    line = Line(DONE)
    delivery = Delivery(body=b'{"id": "t1", "status": "succeeded", "images": []}')
    assert line.run(received(line.talk(plugin), delivery, TASK)).images
    assert line.sent == ["GET /tasks/t1"]


def test_an_answer_that_is_none_of_the_plugins_is_still_kept() -> None:
    """The error holds it where there is no journal."""
    line = Line(Response(status=200, body=b"{}"))
    with pytest.raises(SubmissionUnknownError) as caught:
        line.run(line.talk(Reading(raising(KeyError("x")))).submit(ASKED))
    assert caught.value.answer is not None or caught.value.kept


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"id": "half an emoji \ud83d"}, r"Update\.id: 'half an emoji \\ud83d' is not text"),
        ({"notes": {"at": "\ud83d"}}, r"Update\.notes: .* is not JSON"),
        ({"images": (Image(),)}, r"Update\.images: an image has a url or its data"),
    ],
)
def test_what_no_journal_and_no_file_could_hold_is_no_task(
    fields: dict[str, object], fault: str
) -> None:
    """The answer that it was read from is kept: it may be a paid picture."""
    line = Line(ACCEPTED)
    odd = evolve(Update(id="t1", state=TaskState.RUNNING), **fields)  # type: ignore[arg-type]
    with pytest.raises(SubmissionUnknownError, match=rf"{fault}.* the law Total"):
        line.run(line.talk(Reading(lambda _: odd)).submit(ASKED))
    assert line.recorded == ["Intent", "Unread", "Settled"]


def test_a_preview_that_no_file_could_hold_costs_itself_alone() -> None:
    """What stands beside a picture is left out, with a notice."""
    odd = Update(id="t1", state=TaskState.SUCCEEDED, images=(CAT,), previews=(Image(),))
    line = Line(ACCEPTED)
    task = line.run(line.talk(Reading(lambda _: odd)).submit(ASKED))
    assert (len(task.images), task.previews) == (1, ())
    assert "neither" in task.notices[0].message


@pytest.mark.parametrize(
    ("low", "high"), [("low", "high"), ("credits_low", "credits_high")], ids=["usd", "credits"]
)
def test_a_price_whose_most_is_less_than_its_least_is_none(low: str, high: str) -> None:
    """The limit is held to the most: what costs four would pass for two."""
    wrong = Quote(**{low: Decimal(4), high: Decimal(2)})

    class Pricing(Acme):
        @hookimpl
        def price(self) -> Quote:
            return wrong

    line = Line()
    with pytest.raises(CostLimitError, match=f"{high}: 2 is less than its {low}, 4"):
        line.run(line.talk(Pricing()).generate(ASKED, Decimal(3)))
    assert line.sent == []
