"""The words of image generation: what is refused at once, and what never shows a key."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from tests.core.acme import PNG

from tintype.account import Account, Secret
from tintype.convert import from_json, to_builtins, to_json
from tintype.errors import InvalidRequestError, Outcome, TintypeError
from tintype.models import Attempt, Cost, Generation, Image, Quote, QuoteKind, Task, TaskState
from tintype.request import ROLES, ImageRequest, Reference, Submission

KEY = "sk-canary-4711"
MASK = Reference(path="hole.png", role="mask")
ONE, TWO = Decimal(1), Decimal(2)


# ------------------------------------------------------------------------- a request


@pytest.mark.parametrize(
    ("field", "fields", "allowed"),
    [
        ("prompt", {"prompt": ""}, ()),
        ("prompt", {"prompt": " \n\t"}, ()),
        ("prompt", {"prompt": None}, ()),
        ("prompt", {"prompt": " ", "references": ["a.png"]}, ()),
        ("prompt", {"prompt": b"a cat"}, ()),
        ("prompt", {"prompt": "a \ud800 cat"}, ()),
        ("model", {"model": ""}, ()),
        ("model", {"model": 5}, ()),
        ("quality", {"quality": "\udfff"}, ()),
        ("n", {"n": 0}, ("1 to 1000",)),
        ("n", {"n": -1}, ("1 to 1000",)),
        ("n", {"n": 1001}, ("1 to 1000",)),
        ("n", {"n": True}, ()),
        ("n", {"n": 1.0}, ()),
        ("n", {"n": "1"}, ()),
        ("n", {"n": None}, ()),
        ("seed", {"seed": True}, ()),
        ("seed", {"seed": 1.5}, ()),
        ("stream", {"stream": "yes"}, ()),
        ("stream", {"stream": None}, ()),
        ("watermark", {"watermark": "false"}, ()),
        ("watermark", {"watermark": 0}, ()),
        ("output_compression", {"output_compression": -1}, ("0 to 100",)),
        ("output_compression", {"output_compression": 101}, ("0 to 100",)),
        ("negative_prompt", {"negative_prompt": ""}, ()),
        ("negative_prompt", {"negative_prompt": ["rain"]}, ()),
        ("style", {"style": 7}, ()),
        ("user", {"user": "\udfff"}, ()),
        ("guidance", {"guidance": "7.5"}, ()),
        ("guidance", {"guidance": True}, ()),
        ("guidance", {"guidance": math.nan}, ("what is a number",)),
        ("guidance", {"guidance": -math.inf}, ("what is a number",)),
        ("guidance", {"guidance": 10**400}, ()),
        ("guidance", {"guidance": Decimal("7.5")}, ()),
        ("strength", {"strength": -0.1}, ("0 to 1",)),
        ("strength", {"strength": 1.01}, ("0 to 1",)),
        ("strength", {"strength": math.nan}, ("0 to 1",)),
        ("steps", {"steps": 0}, ("1 and more",)),
        ("steps", {"steps": 20.0}, ()),
        ("previews", {"previews": -1, "stream": True}, ("0 and more",)),
        ("previews", {"previews": True}, ()),
        ("tag", {"tag": ""}, ()),
        ("tag", {"tag": "x" * 201}, ("1 to 200 characters",)),
        ("tag", {"tag": "two\nlines"}, ("1 to 200 characters",)),
        ("size", {"size": "2K"}, ("WIDTHxHEIGHT",)),
        ("size", {"size": "0x10"}, ("WIDTHxHEIGHT",)),
        ("size", {"size": "10x"}, ("WIDTHxHEIGHT",)),
        ("size", {"size": "10x10\n"}, ("WIDTHxHEIGHT",)),
        ("size", {"size": "1\u0660x10"}, ("WIDTHxHEIGHT",)),
        ("size", {"size": "10X10"}, ("WIDTHxHEIGHT",)),
        ("size", {"size": "10x10", "aspect_ratio": "1:1"}, ("size", "aspect_ratio")),
        ("size", {"size": "10x10", "resolution": "2K"}, ("size", "resolution")),
        ("webhook_url", {"webhook_url": "ftp://a.test"}, ("https://…",)),
        ("webhook_url", {"webhook_url": "a.test/hook"}, ("https://…",)),
        ("options", {"options": ["a"]}, ()),
        ("options", {"options": {"acme": "raw"}}, ('{"provider": {…}}',)),
        ("references", {"references": [""]}, ()),
        ("references", {"references": [5]}, ()),
        ("references", {"references": 5}, ()),
        ("references", {"references": None}, ()),
        ("references", {"references": [b""]}, ("url", "path", "data")),
        ("references", {"references": [MASK]}, ROLES),
        ("references", {"references": ["a.png", MASK, MASK]}, ("one mask",)),
    ],
)
def test_what_nobody_could_send_is_refused_by_the_name_of_its_field(
    field: str, fields: dict[str, object], allowed: tuple[str, ...]
) -> None:
    """The error names the field, and lists what is allowed where that can be listed."""
    with pytest.raises(InvalidRequestError) as caught:
        ImageRequest(**{"prompt": "a cat", **fields})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert caught.value.allowed == allowed
    assert caught.value.billed == "no"
    assert field.rstrip("s").partition("_")[0] in str(caught.value).lower()


@pytest.mark.parametrize(
    ("fields", "way_out"),
    [
        ({"prompt": " "}, "say what to draw"),
        ({"model": ""}, "leave it out, or give it a value"),
        ({"n": 5000}, "ask for more in several requests"),
        ({"size": "2K"}, "a tier such as 2K is a resolution"),
        ({"size": "1x1", "resolution": "2K"}, "give exact pixels or a tier, not both"),
        ({"references": [7]}, "give a URL, a path, or bytes"),
        ({"references": 7}, "give URLs, paths, or bytes"),
    ],
)
def test_a_refusal_says_the_way_out(fields: dict[str, object], way_out: str) -> None:
    """The message tells what to do next."""
    with pytest.raises(InvalidRequestError, match=way_out):
        ImageRequest(**{"prompt": "a cat", **fields})  # type: ignore[arg-type]


def test_every_value_at_its_edge_is_accepted() -> None:
    """0 and False are values, not absences."""
    request = ImageRequest(
        prompt="\U0001f43c" * 10_000,
        n=1000,
        seed=0,
        output_compression=0,
        watermark=False,
        strength=0.0,
        guidance=-1.5,
        steps=1,
        previews=0,
        tag="x" * 200,
        webhook_url="HTTPS://a.test",
        options={"acme": {}},
    )
    assert (request.seed, request.output_compression, request.watermark) == (0, 0, False)
    assert (request.strength, request.previews) == (0.0, 0)


def test_a_whole_number_is_a_fraction_where_one_is_asked_for() -> None:
    """The same request whichever way it was written, and so the same bytes."""
    whole = ImageRequest(prompt="a cat", guidance=7, strength=1)
    assert whole == ImageRequest(prompt="a cat", guidance=7.0, strength=1.0)
    assert (type(whole.guidance), type(whole.strength)) == (float, float)


def test_every_field_goes_to_json_and_back() -> None:
    """And a request that was written down before there were so many fields is still read."""
    fields = {"negative_prompt": "rain", "guidance": 7.5, "steps": 30, "strength": 0.25}
    words = {"style": "vivid", "user": "u-1", "previews": 2, "tag": "cover 7"}
    request = ImageRequest(prompt="a cat", **fields, **words)  # type: ignore[arg-type]
    assert from_json(to_json(request), ImageRequest) == request
    older = {
        name: value
        for name, value in json.loads(to_json(ImageRequest(prompt="a cat"))).items()
        if name not in {*fields, *words}
    }
    assert from_json(json.dumps(older), ImageRequest) == ImageRequest(prompt="a cat")


@pytest.mark.parametrize(
    ("size", "pixels"), [("1024x768", (1024, 768)), ("1x999999", (1, 999_999)), (None, None)]
)
def test_a_size_is_read_as_pixels(size: str | None, pixels: tuple[int, int] | None) -> None:
    """Width first."""
    assert ImageRequest(prompt="a cat", size=size).pixels == pixels


def test_a_picture_may_be_asked_for_without_a_word() -> None:
    """Where there is a picture to begin with; whether that will do, the model says."""
    request = ImageRequest(references=["a.png"])
    assert request.prompt == ""
    assert from_json(to_json(request), ImageRequest) == request
    with pytest.raises(InvalidRequestError, match="say what to draw"):
        ImageRequest()


def test_a_hook_is_given_every_field_of_a_request_but_the_callers_tag() -> None:
    """A field that is added cannot be forgotten, and each has the value that was resolved."""
    asked = ImageRequest(
        prompt="a cat",
        model="m",
        references=["https://example.com/cat.png"],
        seed=7,
        tag="mine",
        options={"acme": {"a": 1}, "other": {"b": 2}},
    )
    at = datetime(2026, 11, 28, tzinfo=UTC)
    given = Submission.of(asked, "acme", at, "n1")
    assert not isinstance(given, ImageRequest)
    named = {each.name for each in attrs.fields(Submission)}
    assert named == {each.name for each in attrs.fields(ImageRequest)} - {"tag"} | {"nonce", "at"}
    same = named - {"options", "nonce", "at"}
    assert all(getattr(given, name) == getattr(asked, name) for name in same)
    assert (given.model, given.options, given.nonce, given.at) == ("m", {"a": 1}, "n1", at)


def test_a_request_is_frozen() -> None:
    """A plan can hold it without a copy."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ImageRequest(prompt="a cat").prompt = "a dog"  # type: ignore[misc]


# ------------------------------------------------------------------------ references


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        ({"role": "frame"}, ROLES),
        ({"role": None}, ROLES),
        ({"weight": -0.1}, ("0 and more",)),
        ({"weight": math.nan}, ("0 and more",)),
        ({"weight": math.inf}, ("0 and more",)),
        ({"weight": "1"}, ("0 and more",)),
        ({"weight": True}, ("0 and more",)),
    ],
)
def test_a_role_that_is_none_is_refused_and_so_is_a_weight(
    facts: dict[str, object], allowed: tuple[str, ...]
) -> None:
    """The error lists the roles, or the weights."""
    with pytest.raises(InvalidRequestError) as caught:
        Reference(path="a.png", **facts)  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.allowed) == ("references", allowed)


def test_a_mask_is_no_picture_among_the_references() -> None:
    """It has a place of its own beside them; role and weight go to JSON and back."""
    style = Reference(data=PNG, role="style", weight=1)
    request = ImageRequest(prompt="a cat", references=["a.png", MASK, style])
    assert [each.role for each in request.sources] == ["image", "style"]
    assert request.mask == MASK
    assert request.urls == tuple(each.url or "" for each in request.references)
    assert ImageRequest(prompt="a cat", references=["a.png"]).mask is None
    assert from_json(to_json(request), ImageRequest) == request
    assert [each.role for each in request.digested().references] == ["image", "mask", "style"]
    assert request.digested().references[2].weight == 1.0


def test_a_reference_written_down_before_there_were_roles_is_an_image() -> None:
    """Journals are older than this version."""
    assert from_json('{"path": "a.png"}', Reference) == Reference(path="a.png")


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("https://a.test/1.png", Reference(url="https://a.test/1.png")),
        ("HTTP://a.test/1.png", Reference(url="HTTP://a.test/1.png")),
        ("data:image/png;base64,AA==", Reference(url="data:image/png;base64,AA==")),
        ("cat.png", Reference(path="cat.png")),
        ("ftp://a.test/1.png", Reference(path="ftp://a.test/1.png")),
        (Path("a/cat.png"), Reference(path=str(Path("a/cat.png")))),
        (PNG, Reference(data=PNG)),
        (Reference(digest="ab"), Reference(digest="ab")),
    ],
)
def test_a_reference_is_made_of_a_url_a_path_or_bytes(
    source: str | Path | bytes | Reference, reference: Reference
) -> None:
    """And one alone needs no list around it."""
    assert Reference.of(source) == reference
    assert ImageRequest(prompt="a cat", references=source).references == (reference,)
    assert ImageRequest(prompt="a cat", references=[source]).references == (reference,)


@pytest.mark.parametrize(
    "fields",
    [{}, {"url": "https://a.test", "path": "b"}, {"data": b"x", "digest": "y"}, {"data": b""}],
)
def test_a_reference_is_exactly_one_thing(fields: dict[str, object]) -> None:
    """None, or several, is no image."""
    with pytest.raises(InvalidRequestError, match="one of a URL, a file, or the bytes"):
        Reference(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["data", "DATA", "Data"])
def test_a_digest_stands_for_the_image_in_a_record(scheme: str) -> None:
    """Bytes and data URLs become their SHA-256; addresses and files stay."""
    url = f"{scheme}:image/png;base64,AA=="
    kept = Reference(data=PNG, media_type="image/png", name="a.png").digested()
    assert kept.data is None
    assert kept.digest == hashlib.sha256(PNG).hexdigest()
    assert (kept.media_type, kept.name) == ("image/png", "a.png")
    assert Reference(url=url).digested() == Reference(
        digest=hashlib.sha256(url.encode()).hexdigest()
    )
    for same in (Reference(url="https://a.test"), Reference(path="a"), Reference(digest="d")):
        assert same.digested() == same


def test_the_bytes_of_images_stay_out_of_the_repr() -> None:
    """A log line is short."""
    assert "IHDR" not in repr(Reference(data=PNG))
    assert "IHDR" not in repr(Image(data=PNG))


# -------------------------------------------------------------------- quotes and cost


@pytest.mark.parametrize(
    ("quote", "kind", "usd"),
    [
        (Quote(), QuoteKind.UNKNOWN, None),
        (Quote(low=ONE, high=ONE), QuoteKind.EXACT, ONE),
        (Quote(low=ONE, high=TWO), QuoteKind.RANGE, None),
        (Quote(low=ONE), QuoteKind.RANGE, None),
        (Quote(low=Decimal(0), high=Decimal(0)), QuoteKind.EXACT, Decimal(0)),
        (Quote(credits_low=ONE, credits_high=ONE), QuoteKind.EXACT, None),
        (Quote(credits_low=ONE, credits_high=TWO), QuoteKind.RANGE, None),
        (Quote(low=ONE, high=ONE, credits_low=ONE, credits_high=TWO), QuoteKind.EXACT, ONE),
    ],
)
def test_a_quote_says_how_much_it_knows(quote: Quote, kind: QuoteKind, usd: Decimal | None) -> None:
    """In dollars where there are dollars, else in credits; 0 is a price, None is none."""
    assert quote.kind is kind
    assert quote.usd == usd


def made(*costs: Cost | None) -> Generation:
    """A generation whose tasks cost so much."""
    tasks = [Task(cost=cost, images=(Image(url="u"),)) for cost in costs]
    attempts = tuple(Attempt(outcome=Outcome.ACCEPTED, task=task) for task in tasks)
    failed = Attempt(outcome=Outcome.REJECTED, error=TintypeError("no"))
    return Generation(quote=Quote(as_of=date(2026, 11, 20)), attempts=(*attempts, failed))


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ((), None),
        ((None,), None),
        ((Cost(usd=ONE, source="a"),), Cost(usd=ONE, source="a")),
        ((Cost(usd=ONE, source="a"), Cost(usd=TWO)), Cost(usd=Decimal(3), source="a")),
        ((Cost(usd=ONE), None), None),
        ((Cost(usd=ONE, credits=ONE), Cost(credits=TWO)), Cost(credits=Decimal(3))),
    ],
)
def test_a_generation_costs_the_sum_where_all_of_it_is_known(
    costs: tuple[Cost | None, ...], total: Cost | None
) -> None:
    """One task that does not say makes the whole unknown, never too small."""
    assert made(*costs).cost == total


def test_a_generation_holds_its_tasks_and_images_in_order() -> None:
    """A submission without a task has none to show."""
    generation = made(None, None)
    assert len(generation.attempts) == 3
    assert len(generation.tasks) == 2
    assert len(generation.images) == 2


@pytest.mark.parametrize("state", TaskState)
def test_only_a_running_task_will_change(state: TaskState) -> None:
    """All other states are ends."""
    assert state.terminal is (state is not TaskState.RUNNING)


# -------------------------------------------------------------------------- the key


ACCOUNT = Account(provider="acme", key=KEY, base_url="https://a.test")


@pytest.mark.parametrize(
    "shown",
    [
        repr(ACCOUNT),
        str(ACCOUNT),
        f"{ACCOUNT.key}",
        f"{ACCOUNT.key!r:>40}",
        f"{ACCOUNT}",
        str(attrs.asdict(ACCOUNT)),
        repr(attrs.astuple(ACCOUNT)),
        str(to_builtins(ACCOUNT)),
        json.dumps(to_builtins(ACCOUNT), default=str),
        repr(pickle.dumps(ACCOUNT)),
        repr(pickle.dumps(ACCOUNT, protocol=0)),
        repr(copy.deepcopy(ACCOUNT)),
    ],
)
def test_an_account_never_shows_its_key(shown: str) -> None:
    """Not in a log, a traceback, JSON or a pickle."""
    assert KEY not in shown
    assert "canary" not in shown


def test_an_account_is_no_json() -> None:
    """Nobody writes it down by accident."""
    with pytest.raises(TypeError, match="Secret"):
        json.dumps(to_builtins(ACCOUNT))


def test_a_key_shows_itself_when_asked() -> None:
    """In the one place that puts it into a header; a pickle holds nothing."""
    assert ACCOUNT.key is not None
    assert ACCOUNT.key.reveal() == KEY
    assert pickle.loads(pickle.dumps(ACCOUNT.key)).reveal() == ""  # noqa: S301 - made here


def test_a_key_may_be_given_as_text_or_as_a_secret_or_not_at_all() -> None:
    """Text is wrapped at once."""
    secret = Secret(KEY)
    assert Account(provider="acme", key=secret).key is secret
    assert Account(provider="acme").key is None
