"""A form API with two models in its addresses: what is answered follows from what is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tintype._http.bodies import encoded
from tintype._pictures.media import media_type
from tintype.messages import MultipartBody, Part
from tintype_contracts import Fixtures
from tintype_contracts.fixtures.loader import load_folder
from tintype_contracts.sandbox import Engine, SandboxRequest, Settings, State, WholeResponse

SHEET = """
format = "tintype-fixture/2"
provider = "forms"
title = "Forms"
read = 2026-11-20
hosts = ["https://api.forms.test"]
auth = "Api-Key: {key}"
[sources]
docs = "https://docs.forms.test Forms, the documentation"
answer = "docs: The answer"
[models]
f-3 = "f-3"
f-4 = ""
[routes]
submit = "POST /v1/{model}/draw multipart"
[fields]
"/prompt" = "prompt string! @f-3"
"/text_prompt" = "prompt string! @f-4"
"/image" = "references file @f-3"
"/seed" = "seed integer 0.."
"/ratio" = "aspect_ratio string [1:1->1x1 16:9->16x9] =1x1 @f-3"
"/resolution" = "size string [2048x2048 1440x2880] @f-4"
"header:Accept" = "- string [application/json image/*] =application/json"
[answer]
"/data/*/url" = "image.url"
"/data/*/resolution" = "image.size"
[errors]
body = '{"errors":["{{error:message}}"]}'
400 = ["BadRequestError no", {message = "Invalid."}]
404 = ["NotFoundError no", {message = "Unknown."}]
[story.generated.three]
case = {prompt = "a boat", model = "f-3"}
answer = "answer"
[story.generated.four]
case = {prompt = "a boat", model = "f-4"}
like = "three"
unset = ["/data/0/style"]
[story.generated.bytes]
case = {prompt = "a boat", model = "f-3"}
text = "{{image:bytes}}"
headers = {seed = "12345"}
[story.refused_content.withheld]
case = {prompt = "a boat", model = "f-3"}
like = "generated/three"
set = {"/data/0/url" = "", "/data/0/safe" = false}
expect = {state = "refused"}
"""
ANSWER = {
    "data": [
        {
            "url": "https://api.forms.test/1.png",
            "prompt": "a boat",
            "resolution": "1024x1024",
            "seed": 12345,
            "safe": True,
            "style": "GENERAL",
        }
    ]
}


@pytest.fixture
def forms(tmp_path: Path) -> Fixtures:
    """What Forms documents."""
    folder = tmp_path / "forms"
    (folder / "sources").mkdir(parents=True)
    (folder / "sheet.toml").write_text(SHEET, "utf-8")
    (folder / "sources/answer.txt").write_text(json.dumps(ANSWER), "utf-8")
    return load_folder(folder)


def drawn(
    forms: Fixtures, model: str, *files: Part, accept: str = "", **fields: str
) -> WholeResponse:
    """What the sandbox answers to a form."""
    settings = Settings(base_url="http://s.test/forms", key="k", plain=True)
    parts = [*files, *(Part(name=name, data=text.encode()) for name, text in fields.items())]
    kind, body = encoded(MultipartBody(parts=tuple(parts)))
    heads = (("Api-Key", "k"), ("Content-Type", kind), ("Accept", accept))
    call = SandboxRequest(method="POST", path=f"/v1/{model}/draw", headers=heads, body=body)
    reply = Engine(state=State(fixtures=forms, settings=settings)).answer(call, 1.0)
    assert isinstance(reply, WholeResponse)
    return reply


def test_numbers_words_and_prompts_are_those_of_the_form(forms: Fixtures) -> None:
    """A seed is a number again, and a ratio in the provider's spelling decides the pixels."""
    reply = drawn(forms, "f-3", prompt="a cat", seed="77", ratio="16x9")
    item = json.loads(reply.body)["data"][0]
    width, height = map(int, item["resolution"].split("x"))
    assert (item["prompt"], item["seed"]) == ("a cat", 77)
    assert round(width / height, 1) == 1.8


def test_the_model_of_the_address_decides_what_is_played(forms: Fixtures) -> None:
    """Its own exchange, by its own fields, in a size that it lists."""
    item = json.loads(drawn(forms, "f-4", text_prompt="a dog").body)["data"][0]
    assert "style" not in item
    assert (item["prompt"], item["resolution"]) == ("a dog", "2048x2048")
    unknown = drawn(forms, "f-9", text_prompt="a dog")
    assert unknown.status == 404
    assert "names the model 'f-9'" in dict(unknown.headers)["x-sandbox-reason"]


def test_what_a_story_wrote_is_answered(forms: Fixtures) -> None:
    """An item without a picture is one all the same."""
    reply = drawn(forms, "f-3", prompt="sandbox:refused_content/withheld")
    item = json.loads(reply.body)["data"][0]
    assert (item["url"], item["safe"]) == ("", False)


def test_a_file_that_is_no_image_is_refused_by_its_name(forms: Fixtures) -> None:
    """It is not drawn from."""
    code = Part(name="image", data=b"import os", filename="good.py", media_type="image/png")
    reply = drawn(forms, "f-3", code, prompt="a cat")
    assert (reply.status, json.loads(reply.body)) == (
        400,
        {"errors": ["/image: good.py is no image."]},
    )


def test_a_file_of_no_bytes_is_none(forms: Fixtures) -> None:
    """So a client says that the form has no file, whatever the field is called."""
    assert (
        drawn(forms, "f-3", Part(name="none", data=b"", filename="none"), prompt="a").status == 200
    )


def test_a_picture_comes_as_bytes_where_accept_asks_for_them(forms: Fixtures) -> None:
    """Its facts are in headers then; otherwise it comes in JSON, as is documented to be usual."""
    reply = drawn(forms, "f-3", prompt="a cat", seed="77", accept="image/*")
    told = dict(reply.headers)
    assert told["Content-Type"] == media_type(reply.body) == "image/png"
    assert (told["seed"], reply.images) == ("77", (0,))
    for accept in ("", "application/json"):
        other = drawn(forms, "f-3", prompt="a cat", accept=accept)
        assert json.loads(other.body)["data"]
