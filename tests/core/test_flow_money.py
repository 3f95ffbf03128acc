"""The rules about money: nothing is submitted twice, and every ending says what it cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from tests.core.acme import (
    ACCEPTED,
    ASKED,
    DONE,
    DRAW,
    INFO,
    PNG,
    RUNNING,
    Acme,
    Line,
    Scripted,
    ended,
    told,
)

from tintype._flow.effects import Load, Send
from tintype.catalog import References
from tintype.convert import from_json
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    CostLimitError,
    DroppedError,
    InsufficientCreditError,
    InvalidRequestError,
    MissingKeyError,
    NotFoundError,
    NotSentError,
    Outcome,
    PluginError,
    ProtocolError,
    RateLimitError,
    RequestTimeoutError,
    SubmissionUnknownError,
    TaskFailedError,
    TaskRefusedError,
    TintypeError,
    UnsupportedError,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import HttpRequest, JsonObject, RawBody, Request, Response
from tintype.models import Task, TaskState, Update, Upload
from tintype.request import ImageRequest, Reference, Submission

THREE = evolve(ASKED, n=3)
LOST: list[Scripted] = [
    DroppedError("reset"),
    RequestTimeoutError("late"),
    told(500),
    told(502),
    Response(status=200, body=b"<html>"),
    Response(status=200, body=b'{"id": "t1", "sta'),
    Response(status=200, body=b""),
    told(status=418),
    told(404),
    ended("odd"),
    told(id=7.5),
]
UNBILLED: list[Scripted] = [NotSentError("refused"), told(429), told(503)]
REFUSED: list[tuple[Scripted, type[TintypeError]]] = [
    (told(400), BadRequestError),
    (told(401), AuthenticationError),
    (told(402), InsufficientCreditError),
]


class Careless(Acme):
    """A plugin whose `parse` fails with what a test gives it."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    @hookimpl
    def parse(self) -> Task:
        """Fail."""
        raise self.failure


# ------------------------------------------------------------------- one submission


def test_an_accepted_submission_is_recorded_before_anything_else() -> None:
    """Intent, exchange, task: in this order."""
    line = Line(ACCEPTED)
    task = line.run(line.talk().submit(ASKED))
    assert [type(effect).__name__ for effect in line.asked] == ["Record", "Send", "Record"]
    assert line.recorded == ["Intent", "Snapshot"]
    intent, snapshot = (record.entry for record in line.records)
    assert (intent.provider, intent.request) == ("acme", evolve(ASKED, model="acme-draw-1"))
    assert snapshot.task == task
    assert (task.id, task.state, task.provider) == ("t1", TaskState.RUNNING, "acme")
    assert task.request == evolve(ASKED, model="acme-draw-1")


@pytest.mark.parametrize("reply", LOST, ids=repr)
def test_a_submission_whose_answer_is_lost_is_never_repeated(reply: Scripted) -> None:
    """It may have been charged: the error says so, and names the recorded intent."""
    line = Line(reply)
    with pytest.raises(SubmissionUnknownError, match="is not sent again") as caught:
        line.run(line.talk().submit(ASKED))
    assert line.submissions == 1
    assert line.sleeps == []
    assert caught.value.billed is Billed.UNKNOWN
    assert caught.value.record == "entry 1"
    assert "journal record entry 1" in str(caught.value)
    assert "list of tasks" in str(caught.value)
    assert isinstance(caught.value.__cause__, TintypeError)
    assert [name for name in line.recorded if name != "Unread"] == ["Intent", "Settled"]
    assert line.records[-1].entry.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("reply", UNBILLED, ids=repr)
def test_a_submission_is_repeated_where_nothing_can_have_been_charged(reply: Scripted) -> None:
    """It never left, or was refused in words a document calls unbilled; each try is recorded."""
    line = Line(reply, reply, ACCEPTED)
    assert line.run(line.talk().submit(ASKED)).id == "t1"
    assert line.submissions == 3
    assert line.sleeps == [1.0, 2.0]
    assert line.recorded == ["Intent", "Settled", "Intent", "Settled", "Intent", "Snapshot"]


@pytest.mark.parametrize("reply", UNBILLED, ids=repr)
def test_even_an_unbilled_submission_is_given_up_after_four_tries(reply: Scripted) -> None:
    """The last error is told, and that it cost nothing."""
    line = Line(then=reply)
    with pytest.raises(TintypeError) as caught:
        line.run(line.talk().submit(ASKED))
    assert line.submissions == 4
    assert caught.value.billed is Billed.NO
    assert len(line.sleeps) == 3


def test_what_is_lost_after_an_unbilled_refusal_is_not_repeated_either() -> None:
    """Each try is judged by itself."""
    line = Line(told(429), DroppedError("reset"))
    with pytest.raises(SubmissionUnknownError):
        line.run(line.talk().submit(ASKED))
    assert line.submissions == 2


@pytest.mark.parametrize(("reply", "kind"), REFUSED)
def test_a_refusal_in_words_is_told_and_not_repeated(
    reply: Scripted, kind: type[TintypeError]
) -> None:
    """The same request would be refused again."""
    line = Line(reply)
    with pytest.raises(kind) as caught:
        line.run(line.talk().submit(ASKED))
    assert line.submissions == 1
    assert caught.value.billed is Billed.NO
    assert caught.value.provider == "acme"
    settled = line.records[-1].entry
    assert (settled.outcome, settled.billed) == (Outcome.REJECTED, Billed.NO)


def test_a_billed_slow_down_is_not_repeated() -> None:
    """Only what is unbilled is: the plugin says."""
    line = Line(ACCEPTED)
    error = RateLimitError("slow", billed=Billed.YES)
    with pytest.raises(SubmissionUnknownError):
        line.run(line.talk(Careless(error)).submit(ASKED))
    assert line.submissions == 1


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ((("Retry-After", "17"),), 17.0),
        ((("retry-after", "Fri, 20 Nov 2026 12:00:30 GMT"),), 30.0),
        ((("Retry-After", "0"),), 1.0),
        ((("Retry-After", "99999"),), 600.0),
        ((("Retry-After", "1 Nov 99999999999 00:00:00 GMT"),), 1.0),
    ],
)
def test_a_server_that_names_the_wait_is_waited_for(
    headers: tuple[tuple[str, str], ...], pause: float
) -> None:
    """In seconds or as a date, within reason."""
    line = Line(told(429, headers), ACCEPTED)
    line.run(line.talk().submit(ASKED))
    assert line.sleeps == [pause]


@pytest.mark.parametrize(
    ("told_by_body", "pause"), [(1e300, 600.0), (float("nan"), 1.0), (-5, 1.0)]
)
def test_a_wait_that_a_plugin_reads_is_bounded_too(told_by_body: float, pause: float) -> None:
    """It comes from the same server."""
    line = Line(then=ACCEPTED)
    error = RateLimitError("slow", retry_after=told_by_body)
    with pytest.raises(RateLimitError):
        line.run(line.talk(Careless(error)).submit(ASKED))
    assert line.sleeps[0] == pause


def test_an_error_is_told_the_request_id_of_its_answer() -> None:
    """For a letter to the provider; a plugin that knows better is not overruled."""
    line = Line(told(400, (("X-Request-Id", "r-1"),)))
    with pytest.raises(BadRequestError) as caught:
        line.run(line.talk().submit(ASKED))
    assert caught.value.request_id == "r-1"
    own = BadRequestError("no", request_id="own", retry_after=1.0)
    line = Line(told(400, (("X-Request-Id", "r-1"), ("Retry-After", "9"))))
    with pytest.raises(BadRequestError) as caught:
        line.run(line.talk(Careless(own)).submit(ASKED))
    assert (caught.value.request_id, caught.value.retry_after) == ("own", 1.0)


def test_an_error_that_a_plugin_keeps_is_told_of_each_answer_by_itself() -> None:
    """One object raised twice: what the first answer said is not put into the second's mouth."""
    kept = BadRequestError("no")
    first, second = Line(told(400, (("X-Request-Id", "r-1"),))), Line(told(400))
    for line, request_id in ((first, "r-1"), (second, "")):
        with pytest.raises(BadRequestError) as caught:
            line.run(line.talk(Careless(kept)).submit(ASKED))
        assert (caught.value.request_id, caught.value.provider) == (request_id, "acme")
    assert (kept.request_id, kept.provider, kept.body, kept.notices) == ("", "", "", ())


@pytest.mark.parametrize(
    "failure",
    [KeyError("id"), TypeError("x"), RecursionError(), InvalidRequestError("x", field="n")],
)
def test_a_plugin_that_fails_on_a_paid_answer_never_says_unbilled(failure: Exception) -> None:
    """The answer may well have been the image; also where the failure claims that nothing left."""
    line = Line(ACCEPTED)
    with pytest.raises(SubmissionUnknownError, match=r"The plugin's parse\(\) failed") as caught:
        line.run(line.talk(Careless(failure)).submit(ASKED))
    assert caught.value.billed is Billed.UNKNOWN
    assert line.submissions == 1


def test_an_answer_of_another_kind_never_says_unbilled() -> None:
    """A plugin that gives a request where a task is due is broken after the fact."""

    class Odd(Acme):
        @hookimpl
        def parse(self) -> ImageRequest:
            return ASKED

    line = Line(ACCEPTED)
    with pytest.raises(SubmissionUnknownError, match="returned an ImageRequest, not an Update"):
        line.run(line.talk(Odd()).submit(ASKED))


def test_a_missing_key_is_found_before_anything_leaves() -> None:
    """The driver says so when it writes the header."""
    line = Line(MissingKeyError("set ACME_API_KEY"))
    with pytest.raises(MissingKeyError):
        line.run(line.talk().submit(ASKED))
    settled = line.records[-1].entry
    assert settled.outcome is Outcome.NOT_SENT


def test_a_credential_for_a_foreign_host_is_refused_as_not_sent() -> None:
    """The encoder refuses it before a byte leaves."""
    line = Line(PluginError("nothing was sent"))
    with pytest.raises(PluginError) as caught:
        line.run(line.talk().submit(ASKED))
    assert caught.value.billed is Billed.NO
    assert line.submissions == 1


@pytest.mark.parametrize("built", [None, "POST", {"url": "x"}])
def test_a_plugin_that_builds_no_request_sends_nothing(built: object) -> None:
    """Not even an intent is recorded."""

    class Odd(Acme):
        @hookimpl
        def submit(self) -> object:
            return built

    line = Line()
    with pytest.raises(PluginError, match=r"submit\(\) returned \w+ ?\w*, not a Request"):
        line.run(line.talk(Odd()).submit(ASKED))
    assert line.asked == []


def test_a_submission_waits_as_long_as_its_model_documents() -> None:
    """The embedder's word comes first, then the model's, then the provider's."""
    for terms, model, timeout in (
        ({"request_timeout": 7.0}, "live", 7.0),
        ({}, "live", 300.0),
        ({}, "draw", 30.0),
    ):
        line = Line(ACCEPTED)
        line.run(line.talk(**terms).submit(evolve(ASKED, model=model)))
        assert [send.timeout for send in line.sends] == [timeout]


def test_more_images_than_one_submission_draws_are_not_submitted() -> None:
    """`generate` is the way out."""
    line = Line()
    with pytest.raises(UnsupportedError, match=r"draws 2 at once: .* call generate\(\)") as caught:
        line.run(line.talk().submit(THREE))
    assert (caught.value.field, caught.value.allowed) == ("n", ("1 to 2",))
    assert line.asked == []


# ------------------------------------------------------------------------ references


def test_local_files_are_read_by_the_driver_and_digested_in_the_record() -> None:
    """The plugin sees bytes; the task keeps a digest."""
    line = Line(ACCEPTED, files={"a/cat.png": PNG})
    given = Reference(path="a/cat.png", media_type="image/png")
    task = line.run(line.talk().submit(evolve(ASKED, references=(given,))))
    assert line.asked[0] == Load(path="a/cat.png")
    assert task.request is not None
    (kept,) = task.request.references
    assert kept.data is None
    assert kept.url is None
    assert kept.digest


class Bytes(Acme):
    """Takes references as files."""

    info = evolve(INFO, models=(evolve(DRAW, references=References(forms=("bytes",))),))
    seen: tuple[Reference, ...] = ()

    @hookimpl
    def submit(self, request: Submission) -> Request:
        """Remember what it was given."""
        type(self).seen = request.references
        return Request.post("https://api.acme.test/v1/images", {})


@pytest.mark.parametrize(
    ("path", "name"), [("a/b/cat.png", "cat.png"), ("C:\\a\\cat.png", "cat.png"), ("cat", "cat")]
)
def test_a_local_file_keeps_its_name(path: str, name: str) -> None:
    """Without its folder, whatever system wrote the path."""
    line = Line(ACCEPTED, files={path: PNG})
    line.run(line.talk(Bytes()).submit(evolve(ASKED, references=(Reference(path=path),))))
    assert Bytes.seen == (Reference(data=PNG, name=name, media_type="image/png"),)


def test_what_is_said_of_a_local_file_is_kept() -> None:
    """A name and a media type that the caller knows better."""
    given = Reference(path="x", name="cat.raw", media_type="image/x-raw")
    line = Line(ACCEPTED, files={"x": b"raw"})
    line.run(line.talk(Bytes()).submit(evolve(ASKED, references=(given,))))
    assert Bytes.seen == (Reference(data=b"raw", name="cat.raw", media_type="image/x-raw"),)


def test_a_file_that_cannot_be_read_sends_nothing() -> None:
    """The error names the field."""
    line = Line(files={"x": InvalidRequestError("no such file", field="references")})
    with pytest.raises(InvalidRequestError, match="no such file"):
        line.run(line.talk().generate(evolve(ASKED, references=(Reference(path="x"),))))
    assert line.sends == []


class Uploading(Acme):
    """Uploads each reference before the submission."""

    info = evolve(INFO, models=(evolve(DRAW, references=References(forms=("url",), uploads=True)),))

    @hookimpl
    def upload(self, reference: Reference) -> Request | None:
        """An upload for a reference that is not on the web."""
        return Request.post("https://api.acme.test/v1/uploads", {}) if reference.data else None


def test_uploads_are_made_before_the_submission_and_may_be_repeated() -> None:
    """They are free; each part of a split request uses the same."""
    line = Line(told(503), told(url="https://api.acme.test/u/1"), ACCEPTED, ended("failed"))
    request = evolve(ASKED, references=(PNG,))
    talk = line.talk(Uploading())
    task = line.run(talk.submit(request))
    assert line.sent == ["POST /uploads", "POST /uploads", "POST /images"]
    assert [send.repeat for send in line.sends] == [True, True, False]
    assert task.request is not None
    assert task.request.references == (Reference(url="https://api.acme.test/u/1"),)


def test_a_quote_and_a_refused_price_upload_nothing() -> None:
    """Whoever only asks what it costs, or finds it too dear, keeps the picture to himself."""
    line = Line()
    request = evolve(ASKED, references=(PNG,))
    line.run(line.talk(Uploading()).quote(request))
    with pytest.raises(CostLimitError):
        line.run(line.talk(Uploading()).generate(request, Decimal("0.001")))
    assert line.sends == []


def test_a_reference_that_stays_bytes_where_the_model_takes_none_submits_nothing() -> None:
    """A plugin that does not upload it would have a picture drawn, and paid, without it."""

    class Idle(Uploading):
        @hookimpl
        def upload(self) -> None:
            """Nothing."""

    line = Line()
    with pytest.raises(PluginError, match=r"upload\(\) leaves the bytes of a reference"):
        line.run(line.talk(Idle()).submit(evolve(ASKED, references=(PNG,))))
    assert line.sends == []


def test_an_upload_that_fails_for_good_submits_nothing() -> None:
    """After four tries."""
    line = Line(then=NotSentError("refused"))
    with pytest.raises(NotSentError):
        line.run(line.talk(Uploading()).generate(evolve(ASKED, references=(PNG,))))
    assert line.submissions == 0
    assert len(line.sends) == 4


def test_each_reference_is_uploaded_and_keeps_its_role() -> None:
    """In its turn; those on the web are left alone."""
    given = (
        Reference(data=PNG),
        Reference(url="https://example.com/cat.png"),
        Reference(data=PNG, role="mask"),
    )
    plugin = Uploading()
    takes = References(forms=("url",), uploads=True, roles=("image", "mask"))
    plugin.info = evolve(INFO, models=(evolve(DRAW, references=takes),))
    addresses = [f"https://api.acme.test/u/{number}" for number in (1, 2)]
    line = Line(*(told(url=each) for each in addresses), ACCEPTED)
    task = line.run(line.talk(plugin).submit(evolve(ASKED, references=given)))
    assert line.sent == ["POST /uploads", "POST /uploads", "POST /images"]
    assert task.request is not None
    assert task.request.references == (
        Reference(url=addresses[0]),
        given[1],
        Reference(url=addresses[1], role="mask"),
    )


def test_an_upload_may_take_two_steps() -> None:
    """What the first answer says is noted of this reference alone, and given to the second."""
    seen: list[tuple[object, object]] = []

    class Presigned(Uploading):
        @hookimpl
        def upload(self, reference: Reference, notes: JsonObject) -> Request | None:
            seen.append((reference.data, dict(notes)))
            if "put" in notes and reference.data:
                body = RawBody(data=reference.data, media_type="image/png")
                return Request(method="PUT", url=str(notes["put"]), body=body, auth=False)
            return super().upload(reference)

        @hookimpl(tryfirst=True)
        def parse(self, exchange: Exchange) -> Update | Upload:
            if exchange.operation is not Operation.UPLOAD:
                return super().parse(exchange)
            known = exchange.upload
            assert known is not None
            if not known.notes:
                return Upload(notes={"put": "https://put.test/1", "at": "https://acme.test/1"})
            return Upload(reference=Reference(url=str(known.notes["at"])))

    line = Line(told(), told(), told(), told(), ACCEPTED)
    request = evolve(ASKED, references=(PNG, PNG))
    task = line.run(line.talk(Presigned()).submit(request))
    assert [send.request.method for send in line.sends] == ["POST", "PUT", "POST", "PUT", "POST"]
    assert [notes for data, notes in seen if data] == [
        {},
        {"put": "https://put.test/1", "at": "https://acme.test/1"},
    ] * 2
    assert task.request is not None
    assert task.request.references == (Reference(url="https://acme.test/1"),) * 2


def test_a_plugin_that_uploads_for_ever_submits_nothing() -> None:
    """It is broken, and the error says where."""

    class Endless(Uploading):
        @hookimpl
        def upload(self) -> Request:
            return Request.post("https://api.acme.test/v1/uploads", {})

    line = Line(then=told(url="https://api.acme.test/u/1"))
    with pytest.raises(PluginError, match=r"upload\(\) asks for more of one reference .* Total"):
        line.run(line.talk(Endless()).submit(evolve(ASKED, references=(PNG,))))
    assert line.submissions == 0


# ----------------------------------------------------------------------- a generation


def test_a_generation_quotes_submits_and_waits() -> None:
    """Its task, images, cost and notices in one value."""
    line = Line(ACCEPTED, RUNNING, DONE)
    generation = line.run(line.talk().generate(ASKED))
    assert line.sent == ["POST /images", "GET /tasks/t1", "GET /tasks/t1"]
    assert [attempt.outcome for attempt in generation.attempts] == [Outcome.ACCEPTED]
    assert [image.url for image in generation.images] == ["https://cdn.acme.test/1.png"]
    assert generation.quote.usd == Decimal("0.04")
    assert line.finished


def test_a_generation_is_split_and_merged() -> None:
    """All are submitted first, then followed; images are in order."""
    line = Line(told(id="t1"), told(id="t2"), ended("succeeded", "a", "b"), ended("succeeded", "c"))
    generation = line.run(line.talk().generate(THREE))
    assert line.sent == ["POST /images", "POST /images", "GET /tasks/t1", "GET /tasks/t2"]
    assert [image.url for image in generation.images] == ["a", "b", "c"]
    assert [task.request.n for task in generation.tasks if task.request] == [2, 1]


def test_what_is_sent_is_what_was_rehearsed_and_the_same_is_encoded_once() -> None:
    """Five images, two at a time: two submissions alike, and one for a single image."""
    encoded: list[Request] = []

    def encode(request: Request) -> HttpRequest:
        encoded.append(request)
        return HttpRequest(method=request.method, url=request.url, headers=())

    line = Line(told(id="t1"), told(id="t2"), told(id="t3"), then=ended("succeeded", "a"))
    line.run(line.talk(encode=encode).generate(evolve(ASKED, n=5)))
    first, second, last = [each for each in line.sends if each.hook == "submit"]
    assert [first.request, last.request] == encoded
    assert first.encoded is second.encoded is not None
    assert last.encoded is not first.encoded


@pytest.mark.parametrize("reply", [DroppedError("reset"), told(402), told(400)])
def test_what_keeps_one_submission_stops_the_next_and_the_accepted_go_on(reply: Scripted) -> None:
    """Money already spent still brings its images; the failure stands beside them."""
    line = Line(told(id="t1"), reply, DONE)
    generation = line.run(line.talk().generate(evolve(ASKED, n=5)))
    assert line.submissions == 2
    assert len(generation.images) == 1
    first, second = generation.attempts
    assert first.error is None
    assert isinstance(second.error, TintypeError)
    assert second.task is None
    expected = Outcome.UNKNOWN if isinstance(reply, Exception) else Outcome.REJECTED
    assert second.outcome is expected


def test_a_generation_without_an_image_raises_what_kept_it() -> None:
    """The first submission's own error."""
    line = Line(told(402))
    with pytest.raises(InsufficientCreditError):
        line.run(line.talk().generate(THREE))
    assert line.submissions == 1


@pytest.mark.parametrize(
    ("reply", "kind", "words", "billed"),
    [
        (
            ended("failed", error="Too hot."),
            TaskFailedError,
            "drawn: Too hot. Billed: unknown",
            "unknown",
        ),
        (ended("failed", billed="no"), TaskFailedError, "it ended as failed. Billed: no", "no"),
        (
            ended("refused", error="No.", billed="yes"),
            TaskRefusedError,
            "refused the picture",
            "yes",
        ),
        (ended("canceled"), TaskFailedError, "it ended as canceled", "unknown"),
        (ended("expired"), TaskFailedError, "it ended as expired", "unknown"),
        (ended("unknown"), TaskFailedError, "it ended as unknown", "unknown"),
    ],
)
def test_a_task_without_an_image_is_an_error_that_carries_it(
    reply: Scripted, kind: type[TaskFailedError], words: str, billed: str
) -> None:
    """Moderation is told apart from failure, and both say what was billed."""
    line = Line(ACCEPTED, reply)
    with pytest.raises(kind, match=words) as caught:
        line.run(line.talk().generate(ASKED))
    assert caught.value.billed == billed
    assert caught.value.task is not None
    assert caught.value.task.id == "t1"
    assert from_json(caught.value.task_json, Task) == caught.value.task


def test_a_partial_success_is_a_success() -> None:
    """Its images are paid for; its failures stand in the task."""
    line = Line(ACCEPTED, ended("partial", "a", error="The second was refused."))
    generation = line.run(line.talk().generate(ASKED))
    assert len(generation.images) == 1
    assert generation.tasks[0].errors[0].message == "The second was refused."


def test_what_a_plugin_refuses_sends_nothing_at_all() -> None:
    """The submission is built before its price is asked; every part of it."""

    class Picky(Acme):
        @hookimpl
        def price(self) -> Request:
            return Request.get("https://api.acme.test/v1/price")

        @hookimpl
        def submit(self, request: Submission) -> Request:
            if request.n == 1:
                msg = "Odd numbers are not drawn."
                raise InvalidRequestError(msg, field="n")
            return Request.post("https://api.acme.test/v1/images", {})

    for flow in ("quote", "generate"):
        line = Line()
        with pytest.raises(InvalidRequestError, match="Odd numbers") as caught:
            line.run(getattr(line.talk(Picky()), flow)(THREE))
        assert line.asked == []
        assert caught.value.provider == "acme"


@pytest.mark.parametrize("limit", ["0.12", "1"])
def test_a_price_within_the_limit_is_paid(limit: str) -> None:
    """The limit is included."""
    line = Line(told(id="t1"), told(id="t2"), DONE, DONE)
    line.run(line.talk().generate(THREE, Decimal(limit)))
    assert line.submissions == 2


def test_a_price_over_the_limit_submits_nothing() -> None:
    """The whole of a split request counts."""
    line = Line()
    with pytest.raises(CostLimitError, match=r"cost \$0.12, more than max_cost=0.1\.") as caught:
        line.run(line.talk().generate(THREE, Decimal("0.1")))
    assert line.sends == []
    assert caught.value.billed is Billed.NO


@pytest.mark.parametrize(
    "limit",
    [
        *(Decimal(each) for each in ("NaN", "Infinity", "-Infinity", "1e999999999", "-1")),
        *(0.05, "0.05", True, 10**5000),
    ],
    ids=lambda limit: f"{type(limit).__name__} {limit!s:.12}" if limit != 10**5000 else "huge",
)
def test_a_limit_that_is_no_exact_amount_is_refused(limit: object) -> None:
    """What compares to nothing would let everything through, or nothing."""
    line = Line()
    with pytest.raises(InvalidRequestError, match=r"give Decimal\('0\.05'\)") as caught:
        line.run(line.talk().generate(THREE, limit))  # type: ignore[arg-type]
    assert (caught.value.field, line.asked) == ("max_cost", [])


def test_an_unknown_price_submits_nothing_under_a_limit() -> None:
    """With the reason; without a limit it is drawn all the same."""

    class Silent(Acme):
        @hookimpl
        def price(self) -> None:
            """Nobody knows."""

    line = Line()
    with pytest.raises(CostLimitError, match=r"unknown \(No document tells the price.\)"):
        line.run(line.talk(Silent()).generate(ASKED, Decimal(99)))
    assert line.sends == []
    line = Line(ACCEPTED, DONE)
    assert line.run(line.talk(Silent()).generate(ASKED)).images


def test_a_driver_that_answers_wrongly_is_told_so() -> None:
    """A transport's bug is not the provider's."""
    line = Line("text")
    with pytest.raises(PluginError, match="the driver: A Response was expected, not a str"):
        line.run(line.talk().submit(ASKED))


def test_a_flow_that_is_closed_half_way_goes_quietly() -> None:
    """Ctrl-C, or a task that is cancelled: nothing more is sent."""
    line = Line()
    flow = line.talk().generate(ASKED)
    effect = next(flow)
    while not isinstance(effect, Send):
        effect = flow.send("1")
    flow.close()
    with pytest.raises(StopIteration):
        next(flow)


def test_a_hook_sees_the_resolved_request_and_the_time() -> None:
    """And neither a key nor a clock."""
    seen: list[Exchange] = []

    class Watching(Acme):
        @hookimpl
        def parse(self, exchange: Exchange) -> Update:
            seen.append(exchange)
            return Update(id="t1", state=TaskState.RUNNING)

    line = Line(ACCEPTED)
    line.run(line.talk(Watching()).submit(ASKED))
    (exchange,) = seen
    assert exchange.operation == "submit"
    assert exchange.at.tzinfo is not None
    resolved = evolve(ASKED, model="acme-draw-1")
    assert exchange.task.request == resolved
    assert exchange.request == Submission.of(resolved, "acme", exchange.at)


def test_an_error_knows_its_status() -> None:
    """Where the answer was no JSON."""
    line = Line(Response(status=200, body=b"<html>"))
    with pytest.raises(SubmissionUnknownError) as caught:
        line.run(line.talk().submit(ASKED))
    cause = caught.value.__cause__
    assert isinstance(cause, ProtocolError)
    assert cause.status == 200


def test_a_model_nobody_knows_may_have_been_charged() -> None:
    """A refusal that does not say it is unbilled is not believed to be."""
    line = Line(told(404))
    with pytest.raises(SubmissionUnknownError) as caught:
        line.run(line.talk().submit(ASKED))
    assert isinstance(caught.value.__cause__, NotFoundError)
