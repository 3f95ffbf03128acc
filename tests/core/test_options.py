"""Raw options: checked by what describes them, taken as fields, refused, or told of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from attrs import evolve
from tests.core.acme import DRAW, INFO, LIVE, Acme, Line

from tintype._flow.effects import Load
from tintype._flow.options import near_names
from tintype._flow.resolve import Plan, pick_model, resolve
from tintype.catalog import (
    Caution,
    Choice,
    Descriptor,
    Integer,
    Items,
    Model,
    Number,
    Pixels,
    ProviderInfo,
    References,
    Unsupported,
)
from tintype.errors import InvalidRequestError, UnsupportedError
from tintype.hooks import hookimpl
from tintype.models import Quote
from tintype.prices import quote_from_prices
from tintype.request import ImageRequest, Submission

OPTIONS = {
    "negative": Choice(values=("blurry",)),
    "cfg": Number(low=0, high=20),
    "n": Integer(low=1, high=4),
    "layers": Unsupported(reason="the API answers 400 to it"),
}
NAMES = {
    "count": ("n",),
    "dimensions": ("size", "resolution"),
    "image_urls": ("references",),
    "engine": ("model",),
}
OFFER = evolve(
    INFO,
    models=(evolve(DRAW, options=OPTIONS), LIVE),
    options={"label": Choice(values=("mine",))},
    wire_names=NAMES,
)


def planned(options: Mapping[str, object], info: ProviderInfo = OFFER, **fields: object) -> Plan:
    """The plan for a request with raw options."""
    request = ImageRequest(prompt="a panda", options={"acme": options}, **fields)  # type: ignore[arg-type]
    return resolve(request, info)


def test_a_described_option_is_sent_as_it_is_without_a_notice() -> None:
    """Of the model or of the whole provider."""
    options = {"negative": "blurry", "cfg": 7.5, "label": "mine"}
    plan = planned(options, model=DRAW.id)
    assert plan.requests[0].options == {"acme": options}
    assert plan.notices == ()


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"cfg": 99}, InvalidRequestError, "cfg=99; it takes 0…20"),
        ({"negative": "ugly"}, InvalidRequestError, "it takes blurry"),
        ({"layers": 2}, UnsupportedError, "'layers' has no use .* answers 400"),
        ({"negatve": "blurry"}, InvalidRequestError, "did you mean 'negative'"),
        ({"Count": 4}, InvalidRequestError, "did you mean 'count'"),
        ({"prompts": "x"}, InvalidRequestError, "did you mean 'prompt'"),
        ({"Prompts": "x"}, InvalidRequestError, 'on_unsupported="notice" sends it as it is'),
        ({"seed": None}, InvalidRequestError, "'seed' is the field seed, and null says nothing"),
        ({"count": None}, InvalidRequestError, "'count' is the field n, and null says nothing"),
        ({"prompt": "another"}, InvalidRequestError, "the field prompt, which the request has"),
        ({"count": 0}, InvalidRequestError, "'count' is the field n. n=0"),
        ({"seed": 99}, UnsupportedError, "seed=99"),
        ({"stream": True}, UnsupportedError, "no stream"),
    ],
)
def test_an_odd_option_is_refused_with_the_way_out(
    options: Mapping[str, object], kind: type[InvalidRequestError], words: str
) -> None:
    """Nothing is sent, and nothing paid."""
    with pytest.raises(kind, match=words) as caught:
        planned(options)
    assert caught.value.provider == "acme"


def test_an_undescribed_option_is_sent_with_a_notice() -> None:
    """It is neither dropped nor sent in silence, and what it costs nobody says."""
    plan = planned({"sampler": "euler"})
    assert plan.requests[0].options == {"acme": {"sampler": "euler"}}
    (notice,) = [each for each in plan.notices if each.field == "options"]
    assert "'sampler'" in notice.message
    assert "What it costs nobody says" in notice.message


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("negatve_prompt", True),
        ("negativePrompt", True),
        ("Negative-Prompt", True),
        ("negativeprompt", True),
        ("negative_promt", True),
        ("negative", False),
        ("negative_prompt_2", False),
        ("negative_prompt2", False),
        ("positive_prompt", False),
        ("negative_image", False),
        ("negative_prompt_strength", False),
        ("x" * 10**6, False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_slip_of_the_pen_has_the_same_words(name: str, *, near: bool) -> None:
    """A word or a number more makes it another name, however much of it is the same."""
    assert (near_names(name, ("negative_prompt",)) == ("negative_prompt",)) is near


def test_who_means_a_name_that_is_nearly_a_known_one_says_so() -> None:
    """It is sent as it is, with a notice that names the known one."""
    request = ImageRequest(prompt="a panda", options={"acme": {"labels": "x"}})
    with pytest.raises(InvalidRequestError, match="did you mean 'label'"):
        resolve(request, OFFER)
    plan = resolve(request, OFFER, on_unsupported="notice")
    assert plan.requests[0].options == {"acme": {"labels": "x"}}
    (told,) = [each.message for each in plan.notices if each.field == "options"]
    assert "Known is 'label'" in told


@pytest.mark.parametrize("described", [{}, {"image_urls": Items()}], ids=["as a field", "as it is"])
def test_references_in_an_option_choose_the_model_that_edits(
    described: Mapping[str, Descriptor],
) -> None:
    """As they do in the field."""
    taken = References(forms=("url",), required=True)
    edit = Model(id="edit", references=taken if not described else None, options=described)
    draw = evolve(DRAW, edits_with="edit", options=described)
    info = evolve(INFO, models=(draw, edit), wire_names=NAMES)
    plan = planned({"image_urls": ["https://a.test/1.png"]}, info)
    assert plan.model is edit
    request = ImageRequest(prompt="a", options={"acme": {"image_urls": ["https://a.test/1.png"]}})
    assert pick_model(request, info) is edit


def test_a_file_that_an_option_names_as_a_reference_is_read() -> None:
    """As one in the field is."""
    info = evolve(OFFER, models=(evolve(DRAW, references=References(forms=("data_uri",))),))
    plugin = Acme()
    plugin.info = info
    line = Line()
    request = ImageRequest(prompt="a panda", options={"acme": {"image_urls": ["cat.png"]}})
    flow = line.talk(plugin).quote(request)
    assert next(flow) == Load(path="cat.png")


def test_an_option_that_is_half_of_a_size_is_refused_where_the_size_is_set() -> None:
    """By whatever name the API calls it; alone it is sent."""
    options = {"width": Integer(), "h": Integer()}
    model = evolve(DRAW, parameters={"size": Pixels()}, options=options)
    info = evolve(INFO, models=(model,), wire_names={"h": ("height",)})
    for name in options:
        with pytest.raises(InvalidRequestError, match="is the field size, which the request has"):
            planned({name: 9}, info, size="10x10")
    assert planned({"width": 9, "h": 9}, info).requests[0].size is None


def test_an_option_that_bears_a_fields_name_is_that_field() -> None:
    """Checked, split into submissions and sent as the field is."""
    options = {"count": 3, "dimensions": "2K", "seed": 7, "image_urls": ["https://a.test/1.png"]}
    plan = planned(options)
    first = plan.requests[0]
    assert [part.n for part in plan.requests] == [2, 1]
    assert (first.resolution, first.size, first.seed) == ("2K", None, 7)
    assert [each.url for each in first.references] == ["https://a.test/1.png"]
    assert first.options == {"acme": {}}


def test_an_option_may_name_the_model() -> None:
    """All else depends on it, so it is taken first."""
    assert planned({"engine": "live"}).model is LIVE


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"count": 3}, {"n": 2}),
        ({"n": 3}, {"n": 2}),
        ({"engine": "live"}, {"model": "draw"}),
        ({"dimensions": "2K"}, {"resolution": "1K"}),
    ],
)
def test_an_option_is_refused_where_its_field_is_set_too(
    options: Mapping[str, object], fields: Mapping[str, object]
) -> None:
    """Which of the two was meant?"""
    with pytest.raises(InvalidRequestError, match="too: give one of them"):
        planned(options, **fields)


def test_what_a_field_refuses_can_be_said_as_a_described_option() -> None:
    """With the caution that goes with it."""
    model = evolve(
        DRAW,
        parameters={"seed": Unsupported(reason="it is ignored")},
        options={"seed": Integer()},
        cautions=(Caution(field="seed", message="It is ignored."),),
    )
    plan = planned({"seed": 7}, evolve(INFO, models=(model,)))
    assert plan.requests[0].options == {"acme": {"seed": 7}}
    assert [each.message for each in plan.notices if each.field == "seed"] == ["It is ignored."]


class Priced(Acme):
    """Acme, priced by its list."""

    info = OFFER

    @hookimpl
    def price(self, request: Submission) -> Quote | None:
        """By the list."""
        return quote_from_prices(OFFER, request)


@pytest.mark.parametrize(
    ("options", "usd"),
    [
        ({"negative": "blurry"}, Decimal("0.04")),
        ({"n": 4}, Decimal("0.16")),
        ({"count": 4}, Decimal("0.16")),
        ({"sampler": "euler"}, None),
    ],
)
def test_a_quote_counts_described_options_and_names_the_others(
    options: Mapping[str, object], usd: Decimal | None
) -> None:
    """So that a negative prompt leaves `max_cost` on, and a stranger's option is named by it."""
    request = ImageRequest(prompt="a panda", options={"acme": options})
    line = Line()
    quote = line.run(line.talk(Priced()).quote(request))
    assert quote.usd == usd
    assert ("'sampler'" in quote.reason) is (usd is None)


def test_a_caution_may_depend_on_whether_there_are_references() -> None:
    """In the words of a price list: yes and no."""
    cautions = (Caution(field="n", message="One at a time.", when={"references": "yes"}),)
    taken = References(forms=("url",))
    info = evolve(INFO, models=(evolve(DRAW, references=taken, cautions=cautions),))
    edit = planned({}, info, n=2, references=("https://a.test/1.png",))
    assert [each.message for each in edit.notices if each.field == "n"] == ["One at a time."]
    assert [each for each in planned({}, info, n=2).notices if each.field == "n"] == []
