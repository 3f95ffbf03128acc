"""JSON to typed values and back: strict where it decides, generous where it was paid."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import INFO, PNG, SAME_EVERY_TIME
from tests.core.pictures import drawn

from tintype.catalog import (
    Choice,
    Flag,
    Integer,
    Model,
    Pixels,
    ProviderInfo,
    References,
    Text,
    Unsupported,
)
from tintype.convert import (
    ErrorObject,
    Id,
    decode_image,
    ended,
    failure,
    from_json,
    is_done,
    is_refusal,
    loads,
    merge_options,
    peek,
    picture,
    picture_body,
    pictures,
    read,
    redact,
    structure,
    to_builtins,
    to_json,
    translate,
    unstructure,
)
from tintype.errors import Billed, InvalidRequestError, ProtocolError, UnknownStatusError
from tintype.exchange import Message
from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import (
    Cost,
    Failure,
    Image,
    Notice,
    Quote,
    QuoteLine,
    Resolved,
    Task,
    TaskState,
    Usage,
)
from tintype.request import ImageRequest, Reference


@frozen
class Counted:
    """A wire class with a field that may be left out."""

    count: int | None = None


@frozen(kw_only=True)
class Item:
    """An item of the answer below."""

    url: str
    seed: int | None = None


@frozen(kw_only=True)
class Answer:
    """A field of every kind that an answer has."""

    text: str = ""
    count: int = 0
    flag: bool = False
    share: float = 0.0
    price: Decimal = Decimal(0)
    items: tuple[Item, ...] = ()
    table: Mapping[str, Item] = {}
    free: object = None
    maybe: str | None = None
    either: str | int | None = None
    one: Item | None = None
    tree: Mapping[str, object] = {}


NOTHING = Answer()


@frozen(kw_only=True)
class Refused:
    """The body of a refusal."""

    error: ErrorObject | None = None


FINE: list[tuple[str, object, object]] = [
    ("text", "", ""),
    ("text", "7", "7"),
    ("count", 7, 7),
    ("count", 10**15, 10**15),
    ("flag", True, True),
    ("share", 0, 0.0),
    ("share", Decimal("0.5"), 0.5),
    ("price", 7, Decimal(7)),
    ("price", Decimal("0.10"), Decimal("0.10")),
    ("items", [], ()),
    ("items", [{"url": "u"}], (Item(url="u"),)),
    ("items", [{"url": "u", "nobody": "knows"}], (Item(url="u"),)),
    ("table", {"a": {"url": "u", "seed": 0}}, {"a": Item(url="u", seed=0)}),
    ("free", [None, {"a": 1}], [None, {"a": 1}]),
    ("maybe", None, None),
    ("maybe", "", ""),
    ("either", 7, 7),
    ("either", "7", "7"),
    ("one", None, None),
    ("tree", {"a": [None]}, {"a": [None]}),
]
SWAPPED: list[tuple[str, object]] = [
    *[("text", value) for value in (None, 7, True, Decimal("7.5"), [], ["a"], {}, {"a": 1})],
    *[("count", value) for value in (None, "7", True, Decimal("7.9"), Decimal("7.0"), [], {})],
    *[("flag", value) for value in (None, "false", "true", 0, 1, [], {})],
    *[("share", value) for value in (None, "0.5", True, [], {})],
    *[("price", value) for value in (None, "0.5", False, [], {})],
    *[("items", value) for value in (None, "", "abc", {}, 7, {"0": {"url": "u"}})],
    *[("table", value) for value in (None, "", [], [["a", {"url": "u"}]], 7)],
    *[("maybe", value) for value in (7, False, [], {})],
    *[("either", value) for value in (True, [], {})],
    *[("one", value) for value in ("", [], {}, 7, "u")],
    *[("tree", value) for value in (None, [], "", 7)],
]


@pytest.mark.parametrize(("name", "value", "read_as"), FINE)
def test_a_documented_type_is_read_as_itself(name: str, value: object, read_as: object) -> None:
    """Numbers stay exact, absence and emptiness stay apart, unknown keys are tolerated."""
    found = getattr(structure({name: value}, Answer), name)
    assert found == read_as
    assert type(found) is type(read_as)


@pytest.mark.parametrize(("name", "value"), SWAPPED)
def test_a_value_of_another_type_is_never_coerced(name: str, value: object) -> None:
    """Where every field decides, each is a protocol error that says where."""
    with pytest.raises(ProtocolError) as caught:
        structure({name: value}, Answer, strict=True)
    assert caught.value.pointer.startswith(f"/{name}")
    assert f"At {caught.value.pointer}" in str(caught.value)


@pytest.mark.parametrize("value", [None, [], "", "a", 7, True, Decimal(1), [{}]])
def test_an_answer_that_is_no_object_is_refused_at_the_top(value: object) -> None:
    """Also the kinds that make cattrs itself stumble."""
    with pytest.raises(ProtocolError, match="At the top") as caught:
        structure(value, Answer)
    assert caught.value.pointer == ""


@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        ({"items": [{"url": "u"}, {"url": 7}]}, "/items/1/url", "Expected text, got 7."),
        ({"items": [{"url": "u"}, 7]}, "/items/1", "Expected an object, got 7."),
        ({"items": [{}]}, "/items/0", "The documented key 'url' is missing."),
        ({"table": {"a/b~c": {"url": 1}}}, "/table/a~1b~0c/url", "Expected text, got 1."),
        ({"one": {"url": "u", "seed": "7"}}, "/one/seed", ""),
        ({"count": "x" * 200}, "/count", "…"),
    ],
)
def test_the_pointer_names_the_offending_value(value: object, pointer: str, words: str) -> None:
    """RFC 6901, its escapes included; and a long value is cut short."""
    with pytest.raises(ProtocolError) as caught:
        structure(value, Answer, strict=True)
    assert caught.value.pointer == pointer
    assert words in str(caught.value)
    assert len(str(caught.value)) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
MODELS = (Task, ImageRequest, Quote, ProviderInfo, Image)
KEYS = [field for shape in (Answer, *MODELS) for field in shape.__annotations__]


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
@SAME_EVERY_TIME
def test_any_json_is_a_value_or_a_protocol_error(value: object) -> None:
    """Never a KeyError, a TypeError or one of cattrs' own."""
    text = json.dumps(value)
    with suppress(ProtocolError):
        assert isinstance(structure(loads(text), Answer), Answer)
    for shape in MODELS:
        with suppress(ProtocolError):
            assert isinstance(from_json(text, shape), shape)


# ------------------------------------------------------------------------- reading


def test_a_message_is_read_as_a_shape_and_as_json() -> None:
    """Unknown keys are kept in the second."""
    body = b'\xef\xbb\xbf{"text": "a", "price": 0.1, "nobody": {"knows": 0.5}}'
    for message in (Response(status=200, body=body), Delivery(body=body)):
        typed, raw = read(message, Answer)
        assert typed == Answer(text="a", price=Decimal("0.1"))
        assert raw == {"text": "a", "price": 0.1, "nobody": {"knows": 0.5}}
    assert read(ServerSentEvent(data='{"count": 1}'), Answer)[0] == Answer(count=1)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" \n", b"<html>502</html>", b'{"text": ', b"{'text': 1}", b"[]", b"null"),
        *(
            b'"text"',
            b"7",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"a": ' + b"[" * 5000 + b"]" * 4999 + b"}",
        ),
    ],
)
def test_a_body_that_nobody_documents_is_a_protocol_error_with_its_status(body: bytes) -> None:
    """HTML, half of it, another shape, or text that is no text."""
    with pytest.raises(ProtocolError) as caught:
        read(Response(status=502, body=body), Answer)
    assert caught.value.status == 502
    assert peek(Response(status=502, body=body), NOTHING) is NOTHING
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("depth", [65, 900, 5000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_what_lies_too_deep_is_cut_and_the_rest_is_read(
    depth: int, opened: str, closed: str
) -> None:
    """However deep; brackets within texts are none; half a character elsewhere does not matter."""
    deep = f"{opened * depth}0{closed * depth}"
    text = f'{{"odd":{deep},"text":"]}}\\"[{{","price":1,"half":"\\ud83d"}}'
    typed, raw = read(Response(status=200, body=text.encode()), Answer)
    assert (typed.text, typed.price) == (']}"[{', Decimal(1))
    assert "…" in str(raw["odd"])


def test_nothing_is_an_empty_answer() -> None:
    """The end of a stream has no message."""
    with pytest.raises(ProtocolError, match="The answer is empty") as caught:
        read(None, Answer)
    assert caught.value.status is None
    assert peek(None, NOTHING) is NOTHING


def test_only_an_object_can_be_read() -> None:
    """Whatever shape was asked for."""
    with pytest.raises(ProtocolError, match="no JSON object"):
        read(Response(status=200, body=b"[]"), tuple[Item, ...])


def test_a_body_that_can_be_read_is_peeked_at() -> None:
    """For the words of a refusal."""
    assert peek(Response(status=400, body=b'{"text": "no"}'), NOTHING) == Answer(text="no")


@pytest.mark.parametrize(
    ("error", "read_as"),
    [
        ("no", ErrorObject(message="no")),
        ({"message": "no", "code": 400}, ErrorObject(message="no", code=400)),
        ('{"message": "no", "type": "bad"}', ErrorObject(message="no", type="bad")),
        ({"message": ["no"], "code": "E1"}, ErrorObject(code="E1")),
        ({}, None),
        ("", None),
        (7, None),
    ],
)
def test_an_error_is_text_or_an_object(error: object, read_as: ErrorObject | None) -> None:
    """Both are read as the object."""
    body = json.dumps({"error": error}).encode()
    assert peek(Response(status=400, body=body), Refused()).error == read_as


@pytest.mark.parametrize(
    ("message", "refused", "done"),
    [
        (Response(status=200), False, False),
        (Response(status=202), False, False),
        (Response(status=302), True, False),
        (Response(status=404), True, False),
        (Delivery(body=b"[DONE]"), False, False),
        (ServerSentEvent(data="{}"), False, False),
        (ServerSentEvent(data=" [DONE]\n"), False, True),
        (None, False, False),
    ],
)
def test_a_message_is_a_refusal_by_its_status_and_the_last_by_its_word(
    message: Message | None, refused: object, done: object
) -> None:
    """Any status but those of success; `[DONE]` alone."""
    assert (is_refusal(message), is_done(message)) == (refused, done)


IMAGE = Image(url="https://cdn.acme.test/1.png")
BROKEN, MODERATED = Failure(message="Out of paint."), Failure(message="No.", refused=True)


@pytest.mark.parametrize(
    ("images", "failures", "state"),
    [
        ((IMAGE,), (), TaskState.SUCCEEDED),
        ((IMAGE,), (MODERATED,), TaskState.PARTIAL),
        ((), (BROKEN, MODERATED), TaskState.FAILED),
        ((), (MODERATED, MODERATED), TaskState.REFUSED),
        ((), (), TaskState.UNKNOWN),
    ],
)
def test_a_task_has_ended_by_its_images_and_failures(
    images: tuple[Image, ...], failures: tuple[Failure, ...], state: TaskState
) -> None:
    """Refused is only what failed for moderation's reasons alone."""
    assert ended(images, failures) is state


def test_a_failure_has_words_whatever_the_provider_says() -> None:
    """Its own, if it has any; a code may be a number."""
    assert failure("no", 7, 1) == Failure(message="no", code="7", index=1)
    assert failure(None, None) == Failure(message="The provider gave no reason.")


def test_a_pair_of_escaped_surrogates_is_a_character() -> None:
    """JSON spells what lies beyond 16 bits in two halves."""
    assert loads(b'"\\ud83d\\udc3c"') == "\U0001f43c"


@given(st.binary())
@SAME_EVERY_TIME
def test_any_bytes_are_json_or_a_protocol_error(body: bytes) -> None:
    """A server can send anything."""
    with suppress(ProtocolError):
        json.dumps(redact(loads(body)), allow_nan=False).encode()


def test_a_status_word_is_translated_by_the_plugins_table() -> None:
    """An unknown one is neither a success nor a failure."""
    table = {"DONE": TaskState.SUCCEEDED, "busy": TaskState.RUNNING}
    for word in ("done", "Done", "DONE", " done\n"):
        assert translate(word, table, "/status") is TaskState.SUCCEEDED
    with pytest.raises(
        UnknownStatusError, match=r"'Gone' is not among .* \(DONE, busy\)"
    ) as caught:
        translate("Gone", table, "/status")
    assert caught.value.pointer == "/status"


def test_an_empty_text_names_nothing() -> None:
    """An id is not there, or it is something."""
    assert structure("", Id | None) is None
    assert structure("7", Id | None) == structure(7, Id) == "7"
    with pytest.raises(ProtocolError):
        structure("", Id)


# ------------------------------------------------------------------------- sending


def test_only_fields_at_none_are_left_out() -> None:
    """0, False and empty text are values; nested and listed objects are treated alike."""
    answer = Answer(items=(Item(url="u"),), table={"a": Item(url="")}, tree={"a": [0, False]})
    assert unstructure(answer) == {
        "text": "",
        "count": 0,
        "flag": False,
        "share": 0.0,
        "price": Decimal(0),
        "items": [{"url": "u"}],
        "table": {"a": {"url": ""}},
        "tree": {"a": [0, False]},
    }


def test_answers_share_their_keys() -> None:
    """Each task that waits holds its last answer; the keys of all of them are the same texts."""
    body = b'{"state": "drawing", "urls": {"cancel_url": "x"}}'
    one, other = (read(Response(status=200, body=body), Counted)[1] for _ in range(2))
    assert [key is its for key, its in zip(one, other, strict=True)] == [True, True]
    assert one == other == json.loads(body)


def test_raw_options_stand_beside_the_typed_fields() -> None:
    """They cannot overwrite one: which of the two was meant?"""
    assert merge_options(Item(url="u"), {"b": None}) == {"url": "u", "b": None}
    with pytest.raises(InvalidRequestError, match="'url' is set by a field") as caught:
        merge_options(Item(url="u"), {"url": "u"})
    assert caught.value.field == "options"


def test_a_raw_option_may_set_a_field_that_is_left_out() -> None:
    """The catalog decides by then whether it may."""
    assert merge_options(Counted(), {"count": 10}) == {**unstructure(Counted()), "count": 10}


# -------------------------------------------------------------------------- images


B64 = base64.b64encode(PNG * 20).decode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (B64, f"<{len(PNG) * 20} bytes>"),
        (f"data:image/png;base64,{B64}", f"<{len(PNG) * 20} bytes>"),
        ("iVBORw0KGgo=", "<8 bytes>"),
        ("A" * 160, "<120 bytes>"),
        ("a short text", "a short text"),
        ("a long text " * 50, "a long text " * 50),
        ({"a": [B64, 7]}, {"a": [f"<{len(PNG) * 20} bytes>", 7]}),
        (Decimal("0.5"), 0.5),
        (Decimal("1e999"), "1E+999"),
        (None, None),
        (True, True),
    ],
)
def test_the_bytes_of_images_are_told_by_their_number(value: object, shown: object) -> None:
    """`raw` is small enough to be kept and is JSON."""
    assert redact(value) == shown


@pytest.mark.parametrize("text", [B64, f"data:image/png;base64,{B64}"])
def test_an_image_in_base64_is_decoded(text: str) -> None:
    """With and without the head of a data URL."""
    assert decode_image(text) == PNG * 20


@pytest.mark.parametrize("text", ["", "data:image/png;base64,", "%%%", "AAA", "AA==x", "\u00e4"])
def test_an_image_that_is_none_is_a_protocol_error(text: str) -> None:
    """Half an image is no image."""
    with pytest.raises(ProtocolError, match="The image is") as caught:
        decode_image(text, "/data/0/b64_json")
    assert caught.value.pointer == "/data/0/b64_json"


# ------------------------------------------------------------------- there and back

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
SOME = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
FREE = st.dictionaries(
    WORDS,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
MONEY = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
REQUESTS = st.builds(
    ImageRequest,
    prompt=SOME,
    model=st.none() | SOME,
    n=st.integers(1, 1000),
    quality=st.none() | SOME,
    aspect_ratio=st.none() | SOME,
    output_compression=st.none() | st.integers(0, 100),
    watermark=st.none() | st.booleans(),
    seed=st.none() | st.integers(),
    references=st.lists(st.binary(min_size=1) | st.just("https://a.test/1") | SOME, max_size=3),
    stream=st.booleans(),
    options=st.dictionaries(SOME, FREE, max_size=2),
)
IMAGES = st.builds(
    Image,
    url=st.none() | WORDS,
    data=st.none() | st.binary(),
    width=st.none() | st.integers(1),
    expires_at=TIMES,
)
TASKS = st.builds(
    Task,
    id=WORDS,
    state=st.sampled_from(TaskState),
    images=st.lists(IMAGES, max_size=2).map(tuple),
    errors=st.lists(st.builds(Failure, message=WORDS, index=st.none() | st.integers())).map(tuple),
    progress=st.none() | st.floats(0, 1),
    usage=st.none() | st.builds(Usage, images=st.none() | st.integers()),
    cost=st.none() | st.builds(Cost, usd=MONEY, credits=MONEY),
    billed=st.sampled_from(Billed),
    created_at=TIMES,
    request=st.none() | REQUESTS,
    resolved=st.lists(st.builds(Resolved, field=WORDS, sent=st.none() | WORDS)).map(tuple),
    notices=st.lists(st.builds(Notice, field=WORDS, message=WORDS)).map(tuple),
    raw=FREE,
    notes=FREE,
    poll_after=st.none() | st.floats(0, 1e6),
)


@given(REQUESTS | TASKS)
@SAME_EVERY_TIME
def test_a_request_and_a_task_go_to_json_and_back(value: ImageRequest | Task) -> None:
    """And again: another process picks up what it finds, and writes it down once more."""
    text = to_json(value)
    text.encode()
    back = from_json(text, type(value))
    assert back == value
    assert to_json(back) == text
    assert from_json(text.encode(), type(value)) == value


def test_options_come_back_as_the_numbers_they_were() -> None:
    """A Decimal among them could not be sent."""
    request = ImageRequest(prompt="a cat", options={"acme": {"guidance": 7.5, "list": [0.1]}})
    back = from_json(to_json(request), ImageRequest)
    assert json.dumps(back.options) == json.dumps(request.options)


def test_numbers_of_a_provider_can_be_written_down() -> None:
    """A plugin may keep what it read in the task's notes."""
    typed, _ = read(Response(status=200, body=b'{"free": [0.5, {"a": 1e400}]}'), Answer)
    task = Task(notes={"free": typed.free, "pair": (Decimal("0.5"),)})
    back = from_json(to_json(task), Task)
    assert back.notes == {"free": [0.5, {"a": "1E+400"}], "pair": [0.5]}


def test_money_bytes_and_times_are_text() -> None:
    """JSON has no word for them."""
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    task = Task(cost=Cost(usd=Decimal("0.10")), images=(Image(data=b"\x00"),), created_at=at)
    plain = json.loads(to_json(task))
    assert plain["cost"]["usd"] == "0.10"
    assert plain["images"][0]["data"] == "AA=="
    assert plain["created_at"] == "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize(
    ("shape", "text", "pointer"),
    [
        (Task, '{"cost": {"usd": 0.1}}', "/cost/usd"),
        (Task, '{"cost": {"usd": "much"}}', "/cost/usd"),
        (Task, '{"created_at": "yesterday"}', "/created_at"),
        (Task, '{"images": [{"data": "A"}]}', "/images/0/data"),
        (Task, '{"state": "odd"}', "/state"),
        (Task, '{"state": null}', "/state"),
        (Quote, '{"as_of": "2026-13-01"}', "/as_of"),
        (ImageRequest, "{}", ""),
        (ImageRequest, '{"prompt": " "}', ""),
    ],
)
def test_what_to_json_did_not_write_is_refused(
    shape: type[object], text: str, pointer: str
) -> None:
    """With the place of the fault."""
    with pytest.raises(ProtocolError) as caught:
        from_json(text, shape)
    assert caught.value.pointer == pointer


def test_a_catalog_goes_to_json_and_back() -> None:
    """Every descriptor says what it is."""
    model = Model(
        id="m",
        parameters={
            "a": Choice(values=("x",)),
            "b": Integer(low=1),
            "c": Flag(),
            "d": Text(max_length=9),
            "e": Pixels(max_ratio=3),
            "f": Unsupported(reason="it is ignored"),
        },
        sizes={"2K": {"1:1": "2048x2048"}},
        references=References(forms=("url", "bytes")),
    )
    info = ProviderInfo(
        name="a", title="A", homepage="h", origins=("o",), models=(model,), general=Model(id="")
    )
    for each in (info, INFO):
        assert from_json(to_json(each), ProviderInfo) == each
    plain = json.loads(to_json(model))
    assert {name: field["type"] for name, field in plain["parameters"].items()} == {
        "a": "Choice",
        "b": "Integer",
        "c": "Flag",
        "d": "Text",
        "e": "Pixels",
        "f": "Unsupported",
    }


def test_a_quote_goes_to_json_and_back() -> None:
    """With its lines."""
    line = QuoteLine(billable="output_image", unit="image", quantity=Decimal(2))
    quote = Quote(lines=(line,), low=Decimal("0.1"), high=Decimal("0.10"))
    assert from_json(to_json(quote), Quote) == quote


def test_several_values_become_builtins_at_once() -> None:
    """For a listing."""
    image = {"data": "AA==", "digest": None, "media_type": "", "name": ""}
    facts = {"role": "image", "weight": None}
    assert to_builtins((Reference(data=b"\x00"),)) == [
        {"url": None, "path": None, **image, **facts}
    ]


@pytest.mark.parametrize("url", ["http://[x", "https://a.test:99999/1.png", "http://:80/1.png"])
def test_what_only_looks_like_an_address_is_no_picture(url: str) -> None:
    """Nobody can go there; in a list it costs itself alone."""
    with pytest.raises(ProtocolError, match="Neither the address"):
        picture(url)
    whole = "https://a.test:443/1.png"
    images, failures = pictures([url, whole], lambda item, _: picture(item), "/data")
    assert [each.url for each in images] == [whole]
    assert [each.index for each in failures] == [0]


# -------------------------------------------------------------------- a picture as bytes


@pytest.mark.parametrize("media_type", ["image/png", "application/octet-stream", "text/html", None])
def test_a_body_that_is_a_picture_is_one_whatever_its_type_says(media_type: str | None) -> None:
    """Its bytes tell."""
    headers = (("Content-Type", media_type),) if media_type else ()
    image = picture_body(Response(status=200, headers=headers, body=drawn()))
    assert (image.data, image.url) == (drawn(), None)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (Response(status=200, body=b"<!doctype html>"), "a web page"),
        (Response(status=200, body=b'{"image": 1}'), "JSON"),
        (Response(status=200), "empty"),
        (ServerSentEvent(data="x"), "empty"),
        (None, "empty"),
    ],
)
def test_a_body_that_is_no_picture_is_told_as_what_it_is(message: Message, what: str) -> None:
    """With the status, where there is one."""
    with pytest.raises(ProtocolError, match=what) as caught:
        picture_body(message)
    assert caught.value.status == getattr(message, "status", None)


def test_a_body_that_is_half_a_picture_is_no_answer() -> None:
    """Whoever asks for the bytes of a picture and gets half of it has not been answered."""
    with pytest.raises(ProtocolError, match=r"without its end \(40 bytes\)"):
        picture_body(Response(status=200, body=drawn()[:40]))
