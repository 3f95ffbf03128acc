"""A sheet: what follows from its facts, and what is told of a mistake in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from attrs import evolve
from tests.contracts.verdicts import conforming

from tintype_contracts import Fixtures, load_folder
from tintype_contracts.cli.contracts.remaining import due, remaining
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import (
    Billing,
    Idempotency,
    JsonContent,
    Results,
    Signature,
    States,
    Waiver,
    Webhooks,
)
from tintype_contracts.fixtures.messages import image_request
from tintype_contracts.fixtures.neutral import neutral_fields, rows_for
from tintype_contracts.fixtures.relations import broken
from tintype_contracts.fixtures.routes import find_route
from tintype_contracts.fixtures.sheet.derived import ErrorSettings
from tintype_contracts.fixtures.sheet.expand import SETTINGS
from tintype_contracts.fixtures.sheet.tables import KEYS
from tintype_contracts.fixtures.sheet.words import CAUTION
from tintype_contracts.fixtures.validation import objections
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.strategies.values import admitted, refused

SHEET = (Path(__file__).parent / "sheets" / "acme.toml").read_text("utf-8")
EXCERPTS = {
    "create": """curl -X POST https://api.acme.test/v2/pictures \\
  -H "Authorization: Bearer YOUR_API_KEY" -H "Content-Type: application/json" \\
  -d '{"text":"a boat","shape":"tall","count":2}'
""",
    "created": '{"job":"j-17","phase":"queued"}\n',
    "done": '{"job":"j-17","phase":"ready","files":["https://cdn.acme.test/a.png"]}\n',
}

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A function that lays a sheet and its excerpts into a folder, changed as is said."""

    def write(*changes: tuple[str, str]) -> Path:
        text = SHEET
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        folder = tmp_path / "acme"
        (folder / "sources").mkdir(parents=True)
        (folder / "sheet.toml").write_text(text, "utf-8")
        for name, excerpt in EXCERPTS.items():
            (folder / "sources" / f"{name}.txt").write_text(excerpt, "utf-8")
        return folder

    return write


@pytest.fixture
def acme(written: Written) -> Fixtures:
    """What Acme's sheet says."""
    return load_folder(written())


def body(fixtures: Fixtures, name: str) -> object:
    """The JSON of a request."""
    request = fixtures.exchanges[name].request
    assert request is not None
    assert isinstance(request.content, JsonContent)
    return request.content.value


def test_a_flaw_is_told_once(written: Written) -> None:
    """Also where an exchange follows from the row."""
    reason = '[errors]\nfrom = "docs inferred: As its upstream."'
    row = '401 = ["AuthenticationError no", {message = "Unknown key", code = "key"}]'
    folder = written(("[errors]", reason), (row, f'{row[:-1]}, "create"]'))
    with pytest.raises(FixtureError) as caught:
        load_folder(folder)
    assert str(caught.value).count("It is inferred and does not say why") == 1


def test_an_exchange_that_is_named_as_a_setting_is_told(written: Written) -> None:
    """It would be read as one, and its story would be lost."""
    with pytest.raises(FixtureError, match="Name one otherwise than a setting"):
        load_folder(written(("[story.failed.broken]", "[story.failed.error]")))


def test_references_of_several_roles_have_fields_of_their_own(written: Written) -> None:
    """Read out of a printed form, and written for a neutral request."""
    routes = '["POST /v2/pictures multipart", "create verbatim"]'
    rows = """"/picture" = "references file"
"/looks" = "references.style array"
"/marked" = "references.mask file\""""
    folder = written(
        ('["POST /v2/pictures json", "create verbatim"]', routes),
        ('"/pictures" = "references array 1..4"', rows),
    )
    command = """curl https://api.acme.test/v2/pictures -H 'Authorization: Bearer KEY' \\
  -F text='a boat' -F picture=@a.png -F looks=@b.png -F looks=@c.png"""
    (folder / "sources/create.txt").write_text(command, "utf-8")
    created = load_folder(folder).exchanges["generated/create"]
    assert created.case is not None
    three = ["{{reference:0}}", "style {{reference:1}}", "style {{reference:2}}"]
    assert created.case["references"] == three
    asked = image_request(created, fixed_values(load_folder(folder), created))
    assert [each.role for each in asked.references] == ["image", "style", "style"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("qualty string", "'qualty' is no field of a request. Write - where a request has none"),
        ("references.pose array", "'pose' is no role of a reference. There are: image, mask"),
    ],
)
def test_a_word_that_is_no_neutral_one_is_told(written: Written, row: str, told: str) -> None:
    """With the names that are like it."""
    folder = written(('"/dice" = "seed integer 0.."', f'"/dice" = "{row}"'))
    with pytest.raises(FixtureError, match=re.escape(told)):
        load_folder(folder)


def test_a_model_may_have_no_canonical_name(written: Written) -> None:
    """It is one of the documents all the same."""
    folder = written(("[routes]", '[models]\nacme-1 = ""\n\n[routes]'))
    assert load_folder(folder).names == {"acme-1": ""}


# --------------------------------------------------------------------- what follows


def test_a_printed_command_gives_the_neutral_request(acme: Fixtures) -> None:
    """The fields are read backwards: `tall` is 3:4."""
    created = acme.exchanges["generated/create"]
    assert created.case == {"prompt": "a boat", "aspect_ratio": "3:4", "n": 2}
    assert created.kind == "verbatim"
    assert (created.src, created.request_src) == ("created", "create")


def test_a_printed_form_gives_the_neutral_request(written: Written) -> None:
    """A text is the number that its row has, one file a reference, the address names the model."""
    routes = '["POST /v2/{model}/pictures multipart", "create verbatim"]'
    folder = written(
        ('["POST /v2/pictures json", "create verbatim"]', routes),
        ('"/pictures" = "references array 1..4"', '"/picture" = "references file"'),
    )
    command = """curl https://api.acme.test/v2/acme-1/pictures -H 'Authorization: Bearer KEY' \\
  -F text='a boat' -F shape=tall -F count=2 -F dice=7 -F picture=@cat.png"""
    (folder / "sources/create.txt").write_text(command, "utf-8")
    assert load_folder(folder).exchanges["generated/create"].case == {
        "model": "acme-1",
        "prompt": "a boat",
        "aspect_ratio": "3:4",
        "n": 2,
        "seed": 7,
        "references": ["{{reference:0}}"],
    }


def test_a_neutral_request_gives_the_body(acme: Fixtures) -> None:
    """The callback is added where its field is, a word is spelt as the provider spells it."""
    wanted = {"text": "a boat", "shape": "tall", "count": 2, "hook": "https://example.com/hook"}
    assert body(acme, "webhook_completed/create") == wanted


def test_an_excerpt_gives_answer_and_expectation(acme: Fixtures) -> None:
    """Where ids and images stand, placeholders stand; the status word tells the state."""
    done = acme.exchanges["generated/done"]
    assert done.response is not None
    assert done.response.content == JsonContent(
        value={"job": "{{id:task}}", "phase": "ready", "files": ["{{image:url}}"]}
    )
    assert done.expect.fields["state"] == "succeeded"
    assert done.expect.fields["images"] == [{"url": "{{image:url}}", "index": 0}]


def test_a_text_around_a_placeholder_stands_where_one_task_was_printed(written: Written) -> None:
    """As the address does at which a task is asked for."""
    around = "https://api.acme.test/v2/pictures/{{id:task}}"
    place = ("[answer]", f'[answer]\n"/look" = "{around}"')
    folder = written(place)
    shown = '{"job":"j-17","phase":"queued","look":"https://api.acme.test/v2/pictures/j-17"}'
    (folder / "sources" / "created.txt").write_text(shown, "utf-8")
    created = load_folder(folder).exchanges["generated/create"].response
    assert created is not None
    assert isinstance(created.content, JsonContent)
    assert created.content.value == {"job": "{{id:task}}", "phase": "queued", "look": around}


def test_an_error_row_is_told_at_every_operation(acme: Fixtures) -> None:
    """The body is that of all errors with the row's words in it."""
    for name in ("slow_down/submit_429", "slow_down/poll_429"):
        told = acme.exchanges[name]
        assert told.response is not None
        assert told.response.status == 429
        assert told.response.headers[-1] == ("Retry-After", "7")
        assert told.response.content == JsonContent(
            value={"error": {"text": "Too many", "kind": "busy"}}
        )
        assert told.expect.error == "RateLimitError"
        assert told.expect.fields["code"] == "busy"


def test_a_status_word_that_nothing_shows_is_told(acme: Fixtures) -> None:
    """`drawing` is in the table alone."""
    told = acme.exchanges["states/drawing"]
    assert told.response is not None
    assert told.response.content == JsonContent(value={"job": "{{id:task}}", "phase": "drawing"})
    assert told.expect.fields["state"] == "running"


def test_a_failure_is_expected_in_the_providers_words(acme: Fixtures) -> None:
    """The message stands where the sheet says."""
    errors = acme.exchanges["failed/broken"].expect.fields["errors"]
    assert errors == [{"code": "", "refused": False, "message": "Out of paint"}]


def test_a_poll_follows_from_its_route(acme: Fixtures) -> None:
    """The id is in the path, the key in its header, and there is no body."""
    request = acme.exchanges["generated/running"].request
    assert request is not None
    assert request.url == "https://api.acme.test/v2/pictures/{{id:task}}"
    assert request.headers == (("Authorization", "Bearer {{secret:api_key}}"),)
    assert request.content is None


def test_scenes_follow_from_what_exchanges_tell(acme: Fixtures) -> None:
    """A task that was accepted goes on to its end; an odd look is passed over."""
    drawn = ["generated/create", "generated/running", "generated/running", "generated/done"]
    assert [each.id for each in acme.scene("generated", "drawn")] == drawn
    assert [each.id for each in acme.scene("failed", "broken")] == [
        "generated/create",
        "failed/broken",
    ]


def test_capabilities_follow_from_what_is_there(acme: Fixtures) -> None:
    """A route, a field, a price; whatever no table has is unsupported."""
    on = {name for name, row in acme.capabilities.items() if row.on}
    assert on == {
        "cancel",
        "image.edit",
        "image.generate",
        "n",
        "price.table",
        "seed",
        "size",
        "webhook",
        "webhook.signed",
    }
    assert set(acme.absent) >= {"streamed", "models", "priced"}


def test_facts_that_had_no_place_have_one(acme: Fixtures) -> None:
    """Surcharges, credits, rules, cautions, time-outs, idempotency, signatures."""
    assert [(row.unit, row.usd) for row in acme.surcharges] == [("reference", Decimal("0.008"))]
    assert acme.credit_usd == (Decimal("0.01"),)
    assert [(row.relation, row.left, row.right) for row in acme.rules] == [
        ("at most", ("n", "references"), ()),
        ("excludes", ("seed",), ("references",)),
    ]
    assert acme.cautions[0].fields == ("aspect_ratio", "references")
    assert CAUTION.row("price prompt @acme-1") == {
        "fields": ["price", "prompt"],
        "models": "acme-1",
    }
    assert acme.timeouts[0].seconds == 60
    assert acme.idempotency is not None
    assert acme.idempotency.header == "Idempotency-Key"
    assert acme.webhooks is not None
    assert acme.webhooks.signature is not None
    assert acme.webhooks.signature.over == "{time}.{body}"
    assert [row.wire for row in acme.query] == ["/trace"]


def test_a_fact_may_hold_for_some_requests_only(written: Written) -> None:
    """A time-out for a model, and a rule where another field is given."""
    rule = 'amount = "n + references <= 5 when seed=7"'
    edits = (
        ('amount = "n + references <= 5"', rule),
        ('submit = "60 s"', 'submit = "9 s @acme-1"'),
    )
    found = load_folder(written(*edits))
    assert found.timeouts[0].models == ("acme-1",)
    assert (found.rules[0].bound, found.rules[0].when) == (5, ("seed=7",))
    given = {"n": 4, "references": [1, 2]}
    assert [*broken(found.rules[:1], {**given, "seed": 1})] == []
    assert len([*broken(found.rules[:1], {**given, "seed": 7})]) == 1


def test_prices_stand_in_columns(acme: Fixtures) -> None:
    """A word in front of a price is the value of the column."""
    assert [(dict(row.when), row.usd) for row in acme.prices] == [
        ({"aspect_ratio": "1:1"}, Decimal("0.04")),
        ({"aspect_ratio": "3:4"}, Decimal("0.05")),
    ]


def test_a_parameter_of_the_query_fits_the_route(acme: Fixtures) -> None:
    """It may be there or not; one that no table has may not."""
    path = "/v2/pictures"
    assert find_route(acme, "POST", path, ()) is not None
    assert find_route(acme, "POST", path, [("trace", "https://a.test/b?c")]) is not None
    assert find_route(acme, "POST", path, [("other", "1")]) is None


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        ({"width": 512, "height": 1024}, True),
        ({"width": 500, "height": 1024}, False),
        ({"width": 256, "height": 64}, False),
        ({"width": 2048, "height": 2112}, False),
        ({"width": 512}, False),
        ({"width": True, "height": 1024}, False),
    ],
)
def test_an_object_has_bounds(acme: Fixtures, size: dict[str, object], *, fits: bool) -> None:
    """Sides, their step, and how many pixels they make."""
    rows = [row for row in acme.parameters if row.operation == "submit"]
    found = list(objections(rows, {"text": "a boat", "size": size}))
    assert (found == []) is fits


HALF = "integer 64..1440 step=32"
HALVES = (
    '"/size" = "size object pixels=65536..4194304 sides=256..2048 step=64"',
    f'"/w" = "size.width {HALF}"\n"/h" = "size.height {HALF}"',
)
SIZED = (
    "[story.generated.create]",
    """[story.sized.create]
case = {prompt = "a boat", size = "832x1440"}
answer = "created"

[story.generated.create]""",
)


def test_a_size_may_stand_in_two_fields(written: Written) -> None:
    """Width and height are the neutral size: written, read back, and bounded each by itself."""
    acme = load_folder(written(HALVES, SIZED))
    sent = body(acme, "sized/create")
    assert sent == {"text": "a boat", "w": 832, "h": 1440}
    assert neutral_fields(acme, "submit", sent)["size"] == "832x1440"
    rows = [row for row in acme.parameters if row.side]
    assert not list(objections(rows, {"w": 64, "h": 1440}))
    assert list(objections(rows, {"w": 833, "h": 1472})) == [
        "/w: 833 is not a multiple of 32.",
        "/h: 1472 is more than 1440.",
    ]
    asked = [value for row in rows for _, value in (*admitted(row), *refused(row))]
    assert asked == [
        *("64x1024", "1440x1024", "32x1024", "1472x1024", "65x1024"),
        *("1024x64", "1024x1440", "1024x32", "1024x1472", "1024x65"),
    ]


def test_a_field_of_two_meanings_is_read_by_the_row_that_admits_it(written: Written) -> None:
    """A ratio and exact pixels in one field: a value is of the row whose words it is among."""
    shape = '"aspect_ratio string [1:1->square 3:4->tall] =square"'
    both = '[["aspect_ratio string [1:1->square 3:4->tall]"], ["size string [8x8 9x6]"]]'
    acme = load_folder(written((shape, both), (HALVES[0], "")))
    assert acme.exchanges["generated/create"].case == {
        "prompt": "a boat",
        "aspect_ratio": "3:4",
        "n": 2,
    }
    assert neutral_fields(acme, "submit", {"shape": "9x6"})["size"] == "9x6"
    assert "aspect_ratio" not in neutral_fields(acme, "submit", {"shape": "9x6"})


def test_half_a_size_is_told(written: Written) -> None:
    """A width has a height beside it."""
    with pytest.raises(FixtureError, match="half a size"):
        load_folder(written((HALVES[0], HALVES[1].replace("size.height", "-"))))


def test_references_may_stand_in_numbered_fields(written: Written) -> None:
    """Each in a field of its own: written in order, read back, and counted."""
    rows = [f'"/a_{number}" = "references.{number} string"' for number in (1, 2, 3)]
    asked = 'references = ["{{reference:0}}", "{{reference:1}}"]'
    sized = (SIZED[0], SIZED[1].replace('size = "832x1440"', asked))
    acme = load_folder(written(('"/pictures" = "references array 1..4"', "\n".join(rows)), sized))
    sent = body(acme, "sized/create")
    assert sent == {"text": "a boat", "a_1": "{{reference:0}}", "a_2": "{{reference:1}}"}
    told = neutral_fields(acme, "submit", sent)
    assert told["references"] == ["{{reference:0}}", "{{reference:1}}"]
    parts = [row for row in acme.parameters if row.nth]
    assert [value for row in parts for _, value in (*admitted(row), *refused(row))] == [1, 2, 3, 4]


def test_a_step_is_of_any_whole_number(written: Written) -> None:
    """It makes no size of it."""
    shape = '"/shape" = "aspect_ratio'
    steps = (shape, f'"/steps" = "steps integer 8..32 step=8"\n{shape}')
    [row] = [row for row in load_folder(written(steps)).parameters if row.neutral == "steps"]
    assert (row.step, row.pixels) == (8, None)
    assert [value for _, value in refused(row)] == [0, 40, 9]


def test_a_row_for_a_model_binds_no_other_that_the_tables_name(written: Written) -> None:
    """The edit model needs pictures; the other does not."""
    model = '"/model" = "model string [draw edit] =draw"\n"/text"'
    needed = '"/pictures" = "references array! 1..4 @edit"'
    folder = written(
        ('"/text"', model), ('"/pictures" = "references array 1..4"', needed), ("acme-1", "draw")
    )
    rows = [row for row in load_folder(folder).parameters if row.operation == "submit"]
    assert "/pictures" not in [row.wire for row in rows_for(rows, "draw")]
    assert "/pictures" in [row.wire for row in rows_for(rows, "edit")]
    assert "/pictures" in [row.wire for row in rows_for(rows, "unheard-of")]


def test_the_same_body_may_come_under_another_status(written: Written) -> None:
    """A failure under HTTP 200 is the error that its row says."""
    folder = written(('code = "key"}', 'code = "key", under = [200]}'))
    told = load_folder(folder).exchanges["bad_key/submit_401_under_200"]
    assert told.response is not None
    assert told.response.status == 200
    assert (told.expect.error, told.expect.fields["status"]) == ("AuthenticationError", 401)


def test_one_of_several_addresses_is_asked(written: Written) -> None:
    """A task may have an address for its status and another for its result."""
    routes = 'poll = [["GET /v2/pictures/{id}"], ["GET /v2/results/{id}"]]'
    asked = 'answer = "done"\nroute = "/v2/results/{id}"'
    folder = written(('poll = "GET /v2/pictures/{id}"', routes), ('answer = "done"', asked))
    request = load_folder(folder).exchanges["generated/done"].request
    assert request is not None
    assert request.url == "https://api.acme.test/v2/results/{{id:task}}"


def test_null_is_written_as_json(written: Written) -> None:
    """TOML has no word for it."""
    change = 'answer = "done"\nset = \'{"/files/1": null, "/left": null}\''
    done = load_folder(written(('answer = "done"', change))).exchanges["generated/done"]
    assert done.response is not None
    assert done.response.content == JsonContent(
        value={
            "job": "{{id:task}}",
            "phase": "ready",
            "files": ["{{image:url}}", None],
            "left": None,
        }
    )
    assert done.kind == "adapted"


def test_a_price_may_be_asked_for_the_first_request_and_more(written: Written) -> None:
    """What a question for a price adds is priced with the rest."""
    route = ('cancel = "', 'price = "GET /v2/prices/{model}"\ncancel = "')
    asked = '[story.priced.asked]\nadds = {model = "acme-9"}\nanswer = \'{"usd":1}\'\n\n[timeouts]'
    found = load_folder(written(route, ("[timeouts]", asked))).exchanges["priced/asked"]
    assert found.request is not None
    assert found.request.url == "https://api.acme.test/v2/prices/acme-9"
    assert found.case == {"prompt": "a boat", "aspect_ratio": "3:4", "n": 2, "model": "acme-9"}


def test_a_success_has_no_errors(acme: Fixtures) -> None:
    """A picture that is there leaves nothing to complain of."""
    assert acme.exchanges["generated/done"].expect.fields["errors"] == []


def test_what_an_error_alone_says_is_read_of_no_failure(written: Written) -> None:
    """An envelope may say "success" in the place where an error has its reason."""
    folder = written(('"/error/text" = "message"', '"/error/text" = "error.message"'))
    told = load_folder(folder).exchanges["bad_key/submit_401"].expect.fields
    assert told["message"] == "Unknown key"


def test_moderation_may_answer_as_an_error(written: Written) -> None:
    """A row of `refused` ends the task, in the story that is about it, and is no error."""
    row = '400 = ["refused no", {message = "Not that", code = "nsfw"}]\n'
    acme = load_folder(written(("429 = [", f"{row}429 = [")))
    told = acme.exchanges["refused_content/submit_400"]
    assert (told.operation, told.expect.outcome) == ("submit", "task")
    failure = {"message": "Not that", "code": "nsfw", "refused": True}
    assert told.expect.fields == {
        "state": "refused",
        "billed": "no",
        "images": [],
        "errors": [failure],
    }
    assert 400 not in {each.status for each in acme.errors}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[prices]", '[billing]\ncharged = ["accepted", "docs"]\n\n[prices]'),
        ('"/job" = "id"', '"/job" = ["id", "docs adapted: In prose."]'),
        ("[prices]", '[request]\n"/public" = ["false", "docs"]\n\n[prices]'),
    ],
)
def test_a_table_of_one_source_has_no_row_with_another(
    written: Written, old: str, new: str
) -> None:
    """It would be taken for the fact, or for none."""
    with pytest.raises(FixtureError, match="has one source for all of it"):
        load_folder(written((old, new)))


@pytest.mark.parametrize(
    ("printed", "filled"),
    [
        (
            '{"job":"j-9","phase":"ready","files":["https://cdn.acme.test/a.png"]}',
            {"job": "{{id:task}}", "phase": "ready", "files": ["{{image:url}}"]},
        ),
        (
            '{"job":"{{id:other}}","phase":"ready","files":["{{image:url}}","{{image:url}}"]}',
            {"job": "{{id:other}}", "phase": "ready", "files": ["{{image:url}}"] * 2},
        ),
    ],
)
def test_a_body_with_a_name_is_filled_as_an_excerpt_is(
    written: Written, printed: str, filled: object
) -> None:
    """What stands where `[answer]` says so is the task's in hand, unless a placeholder does."""
    named = ("[errors]", f"[body]\nlate = '{printed}'\n\n[errors]")
    done = ('answer = "done"', 'answer = "late"')
    assert load_folder(written(named, done)).exchanges["generated/done"].json == filled


def test_what_is_uploaded_is_bytes_whatever_the_body(written: Written) -> None:
    """A link to upload to is asked for in JSON, without what every submission holds."""
    acme = load_folder(
        written(
            ("[states]", '[request]\n"/public" = false\n\n[states]'),
            ("[states]", '[fields.upload]\n"/kind" = "- string"\n\n[states]'),
            ('cancel = "', 'upload = "POST /v2/uploads json"\ncancel = "'),
            (
                "[story.generated.create]",
                """[story.uploads.ask]
op = "upload"
case = {prompt = "a boat", references = ["{{reference:0}}"], options = {acme = {kind = "png"}}}
answer = '{"put":"https://bucket.test/1"}'

[story.generated.create]""",
            ),
        )
    )
    exchange = acme.exchanges["uploads/ask"]
    assert body(acme, "uploads/ask") == {"kind": "png"}
    [reference] = image_request(exchange, fixed_values(acme, exchange)).references
    assert reference.data


def test_the_highest_level_asks_for_nothing_more() -> None:
    """What is left may be said; no command is given that would ask for it again."""
    assert [*due(evolve(conforming(), provider="apiin"))][-1].startswith("Next: nothing has to be")
    lower = [*due(evolve(conforming(), provider="apiin", level=1))][-1]
    assert lower.endswith("then tintype contracts check apiin --level 2")


def test_an_errors_answer_says_to_what(written: Written) -> None:
    """It is not silently that of a poll."""
    story = "[story.failed.broken]\nstatus = 400"
    with pytest.raises(FixtureError, match="Of whom is 400 the answer"):
        load_folder(written(("[story.failed.broken]", story)))


@pytest.mark.parametrize(
    ("said", "billed"),
    [
        ("", None),
        ('charged = "accepted"', "unknown"),
        ('charged = "delivered"', "no"),
        ("refunded_on_failure = true", "no"),
    ],
)
def test_silence_about_money_expects_nothing(
    written: Written, said: str, billed: str | None
) -> None:
    """Who pays for a failure is a plugin's affair where no document says when a task is charged."""
    acme = load_folder(
        written(("[prices]", f"[billing]\n{said}\n\n[prices]" if said else "[prices]"))
    )
    assert acme.exchanges["failed/broken"].expect.fields.get("billed") == billed


def test_webhooks_may_be_set_up_beside_the_api(written: Written) -> None:
    """Then no field names them, no submission does, and a delivery comes all the same."""
    acme = load_folder(written(('field = "/hook"\n', "")))
    assert [*acme.stories["webhook_completed"].exchanges] == ["delivered"]


def test_a_mistake_is_told_in_words_alone(written: Written) -> None:
    """Nothing of what found it is told with it."""
    with pytest.raises(FixtureError) as caught:
        load_folder(written(('field = "/hook"', 'field = "hook"')))
    assert "/webhooks" in str(caught.value)
    assert "Attribute(" not in str(caught.value)


def test_what_no_document_tells_is_said_once(written: Written) -> None:
    """A table or a field that `[absent]` names is not asked for any more."""
    acme = load_folder(written())
    assert any(line.startswith("[billing]") for line in remaining(acme))
    silent = evolve(acme, absent={"billing": "Nobody says.", "/text": "No page bounds it."})
    assert not any("[billing]" in line or "/text" in line for line in remaining(silent))


# -------------------------------------------------------------------------- the page

TABLES = (Billing, ErrorSettings, Idempotency, Results, Signature, States, Waiver, Webhooks)
WRITTEN_OTHERWISE = {"src", "kind", "why"}


def test_the_page_names_every_key() -> None:
    """Of the top, of an exchange, of an error, and of each table whose keys are fields."""
    page = (Path(__file__).parents[2] / "docs" / "fixtures.md").read_text("utf-8")
    fields = {each.name for kind in TABLES for each in attrs.fields(kind)} - WRITTEN_OTHERWISE
    keys = {*KEYS, *SETTINGS, *fields}
    assert [key for key in sorted(keys) if not re.search(rf"[`\[.]{key}\b", page)] == []


# ------------------------------------------------------------------------- mistakes

MISTAKES = [
    ("syntax", ("[routes]", "[routes"), "", "Mend the syntax"),
    ("format", ("fixture/2", "fixture/3"), "/format", "tintype-fixture/2"),
    ("a key", ('title = "Acme"', 'titel = "Acme"'), "/titel", "title"),
    ("a source", ('verbatim"]\npoll', 'verbatm"]\npoll'), "/routes/submit", "source kind: why"),
    ("no source", ('"create verbatim"', '"creat"'), "/routes/submit", "docs, create, created"),
    ("a type", ("seed integer", "seed int"), "/fields/~1dice", "integer"),
    ("a quote", ("[1:1->square", '[\\"1:1'), "/fields/~1shape", "JSON has it"),
    ("a bound", ("1..2000", "1-2000"), "/fields/~1text", "1..10"),
    ("no pointer", ('"/dice"', '"dice"'), "/fields/dice", '"/size"'),
    ("an operation", ("cancel =", "stop ="), "/routes/stop", "cancel"),
    ("a route", ("GET /v2", "GTE /v2"), "/routes/poll", "POST /path json"),
    ("a status", ("401 =", "4o1 ="), "/errors/4o1", "401"),
    ("an error", ("RateLimitError no", "slow"), "/errors/429", "tintype.errors"),
    ("no such error", ("RateLimitError no", "SlowError no"), "/errors/429", "class"),
    ("a word", ('"/reason" = "message"', '"/reason" = "reason"'), "/answer/~1reason", "message"),
    ("a price", ("3:4 $0.05", "3:4 0.05"), "/prices/acme-1", "$0.05"),
    ("a unit", ("/reference", "/picture"), "/prices/acme-1", "megapixel"),
    ("a rule", ("n + references <= 5", "n is small"), "/rules/amount", "a excludes b"),
    ("a rule's field", ("n + references <= 5", "n + portraits <= 5"), "/rules/amount", "no field"),
    ("a model", ('"seed integer 0.."', '"seed integer 0.. @acme-7"'), "/fields/~1dice", "acme-7"),
    ("a group", ("acme-1 =", '"acme-1 @few" ='), "/prices/acme-1 @few", "no group"),
    ("both", ('"seed integer 0.."', '"seed integer! =7"'), "/fields/~1dice", 'take away "!"'),
    ("a body", ('answer = "done"', 'answer = "don"'), "/story/generated/done", "JSON between"),
    ("a setting", ('answer = "done"', 'anser = "done"'), "/story/generated/done/anser", "answer"),
    ("no excerpt", ('request = "create"', 'request = "docs"'), "/story/generated/create", "Lay it"),
    (
        "a table",
        ('answer = "done"', "answer = 'done'\nset = 'x'"),
        "/story/generated/done/set",
        "JSON",
    ),
    ("a dot", ("acme-1 =", "acme-1.5 ="), "/prices/acme-1", "between quotes"),
    ("a claim", ('"POST /v2/pictures json"', '"POST /v3/pictures json"'), "/routes/submit", "v3"),
    ("verbatim", ('"seed integer 0.."', '["seed integer", "create verbatim"]'), "/fields", "dice"),
]


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [each[1:] for each in MISTAKES],
    ids=[each[0] for each in MISTAKES],
)
def test_a_mistake_names_line_key_and_the_right_form(
    written: Written, change: tuple[str, str], pointer: str, words: str
) -> None:
    """An author finds the place, and what to write there."""
    with pytest.raises(FixtureError) as caught:
        load_folder(written(change))
    line = SHEET[: SHEET.index(change[0])].count("\n") + 1
    near = range(line - 1, line + 4)
    said = [fault for fault in caught.value.faults if fault.line in near]
    assert any(fault.file == "sheet.toml" for fault in said), caught.value
    assert any(fault.pointer.startswith(pointer) and words in str(fault) for fault in said), (
        caught.value
    )


def test_a_sentence_that_nobody_said_is_not_expected(written: Written) -> None:
    """How a plugin words a reason is its own affair."""
    more = 'broken"\nexpect = {errors = [{message = "The provider gave no reason."}]}'
    said = ('"reason":"Out of paint"}\'', '"reason":""}\'\n' + more.partition("\n")[2])
    with pytest.raises(FixtureError, match="stands neither in the answer nor in an excerpt"):
        load_folder(written(said))


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "a*a*a*a*b", "(a|b)?(a|b)?", "a?a?a?a?aaaa", "(a)\\\\1", "a{0,9}" * 4, "[a"],
)
def test_a_pattern_that_may_take_too_long_is_refused(written: Written, pattern: str) -> None:
    """Fixtures of a stranger harm nobody who loads them."""
    with pytest.raises(FixtureError, match="may take too long") as caught:
        load_folder(written(("1..2000", f"~{pattern}")))
    assert caught.value.faults[0].line == SHEET[: SHEET.index('"/text"')].count("\n") + 1


def test_a_word_may_have_blanks(written: Written) -> None:
    """Between quotes, on either side of the arrow, and as the default."""
    shape = '"aspect_ratio string [1:1->square 3:4->tall] =square"'
    words = """'aspect_ratio string ["Pop art" "a b"->"c d" 3:4->tall 1:1] ="Pop art"'"""
    [row] = [each for each in load_folder(written((shape, words))).fields if each.wire == "/shape"]
    assert row.enum == ("Pop art", "c d", "tall", "1:1")
    assert (row.default, row.words) == ("Pop art", {"a b": "c d", "3:4": "tall"})


def test_groups_nest(written: Written) -> None:
    """A group may hold groups."""
    groups = '[groups]\nold = "acme-1"\nall = "@old acme-2"\n\n[routes]'
    dice = ('"seed integer 0.."', '"seed integer 0.. @all"')
    found = load_folder(written(("[routes]", groups), dice, ("acme-1 =", '"@all" =')))
    assert [row.models for row in found.fields if row.wire == "/dice"] == [("acme-1", "acme-2")]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ('[groups]\nold = "@odl acme-1"', "@odl is no other group"),
        ('[groups]\nold = "@old acme-1"', "@old is no other group"),
        ('[choices]\n"/nope" = "why"', "/nope is no field"),
    ],
)
def test_a_name_that_is_nothing_is_told(written: Written, named: str, words: str) -> None:
    """A misspelt name is silent nowhere."""
    with pytest.raises(FixtureError, match=words):
        load_folder(written(("[routes]", f"{named}\n\n[routes]")))


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = [" * 200, "\xff", "x" * 1_100_000])
def test_what_is_no_sheet_is_told_as_a_fault(written: Written, text: str) -> None:
    """Nothing else is raised, however odd the file is."""
    folder = written()
    (folder / "sheet.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(FixtureError, match=r"sheet\.toml"):
        load_folder(folder)


COMMAND = "curl -X POST https://api.acme.test/v2/pictures -H 'Authorization: Bearer K'"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("create", f'{COMMAND} -d \'{{"text":{"[" * 9000}'),
        ("create", f"{COMMAND} -d 'open"),
        ("create", f"{COMMAND} -F text=a -F count=--5 -F dice=1e999999999"),
        ("created", "[" * 50_000),
        ("done", '{"files":' * 9000),
    ],
)
def test_an_odd_excerpt_is_told_as_a_fault(written: Written, name: str, text: str) -> None:
    """Whatever lies beside the sheet: nothing else is raised."""
    folder = written()
    (folder / "sources" / f"{name}.txt").write_text(text, "utf-8")
    with pytest.raises(FixtureError):
        load_folder(folder)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('answer = "done"', 'answer = "done"\nafter = "lost"'), 'answer = "done"', "'lost'"),
        (("[sources]", "[[waivers]]\ncheck = 1\n\n[sources]"), "[sources]", "a text"),
    ],
)
def test_a_mistake_is_found_wherever_it_stands(
    written: Written, change: tuple[str, str], line: str, words: str
) -> None:
    """Beside a scene that follows, and in an array of tables."""
    with pytest.raises(FixtureError) as caught:
        load_folder(written(change))
    [fault] = [fault for fault in caught.value.faults if words in str(fault)]
    assert fault.line == SHEET[: SHEET.index(line)].count("\n") + 2


def test_several_mistakes_are_told_at_once(written: Written) -> None:
    """An author mends them in one go."""
    with pytest.raises(FixtureError) as caught:
        load_folder(written(("seed integer", "seed int"), ("n integer", "n whole")))
    assert [fault.pointer for fault in caught.value.faults] == ["/fields/~1count", "/fields/~1dice"]
