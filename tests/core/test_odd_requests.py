"""What a hook asks for is held to its class: a truth value is none by being true of itself."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.core.acme import API, ASKED, INFO, Acme, Line

from tintype._plugins.registry import Registry
from tintype.catalog import Integer, References, Text
from tintype.errors import Billed, PluginError
from tintype.hooks import hookimpl
from tintype.messages import FormBody, MultipartBody, Part, RawBody, Request

ODD: list[tuple[dict[str, object], str]] = [
    ({"method": None}, "method: None is not text"),
    ({"url": b"https://api.acme.test"}, "url: a value of class bytes is not text"),
    ({"headers": {"X-A": "1"}}, r"headers: a value of class dict is not a tuple of \(str, str\)"),
    ({"headers": ("ab", "cd")}, r"headers: 'ab' is not \(str, str\)"),
    ({"headers": (each for each in ())}, "headers: a value of class generator is not a tuple of"),
    ({"headers": (("X-A", 1),)}, "headers: 1 is not text"),
    ({"body": {"a": 1}}, "body: a value of class dict is not of class JsonBody"),
    ({"body": FormBody(fields={"a": "b"})}, r"body\.fields: a value of class dict is not a tuple"),  # type: ignore[arg-type]
    ({"body": RawBody(data="x", media_type="a/b")}, r"body\.data: 'x' is not of class bytes"),  # type: ignore[arg-type]
    (
        {"body": MultipartBody(parts=(Part(name=None, data=b"x"),))},  # type: ignore[arg-type]
        r"body\.parts\.name: None is not text",
    ),
    ({"answer": "stream"}, "answer: 'stream' is not one of 'whole', 'events', 'lines'"),
    ({"repeat": "yes"}, "repeat: 'yes' is not of class bool"),
    ({"auth": "no"}, "auth: 'no' is not of class bool"),
    ({"accept": None}, "accept: None is not text"),
]


class Asking(Acme):
    """Submits what a test has it submit."""

    def __init__(self, asked: Request) -> None:
        self.asked = asked

    @hookimpl
    def submit(self) -> Request:
        """The same to everybody."""
        return self.asked


@pytest.mark.parametrize(("fields", "fault"), ODD, ids=lambda each: str(each)[:40])
def test_a_request_that_is_not_what_its_class_says_names_the_field_and_the_law(
    fields: dict[str, object], fault: str
) -> None:
    """Before anything is sent: a key would go where `auth` says "no"."""
    odd = evolve(Request.post(f"{API}/images", {}), **fields)  # type: ignore[arg-type]
    line = Line()
    match = rf"submit\(\) returned Request\.{fault}.* the law Total \(docs/plugins\.md, The laws"
    with pytest.raises(PluginError, match=match) as caught:
        line.run(line.talk(Asking(odd)).submit(ASKED))
    assert caught.value.billed is Billed.NO
    assert line.asked == []


@pytest.mark.parametrize(
    ("name", "held", "place"),
    [
        ("references", References(forms=("url",)), "Model.references"),
        ("n", Integer(low=1, high=4), "Model.max_n"),
        ("model", Text(), "Model.id and Model.name"),
        ("webhook_url", Text(), "ProviderInfo.webhooks"),
    ],
)
def test_what_is_described_elsewhere_is_told_with_that_place(
    name: str, held: object, place: str
) -> None:
    """Not by the class that it is none of."""
    draw = evolve(INFO.models[0], parameters={name: held})  # type: ignore[dict-item]

    class Odd(Acme):
        info = evolve(INFO, models=(draw,))

    match = rf"'acme-draw-1' with '{name}' among its parameters: .* is {place} \(docs/plugins\.md"
    with pytest.raises(PluginError, match=match):
        Registry({"acme": Odd()}).get("acme")
