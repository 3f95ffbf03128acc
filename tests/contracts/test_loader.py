"""Fixture sets: found, read, and refused with the file, the place and the mend."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import attrs
import pytest

from tintype import ImageRequest
from tintype_contracts import FixtureError, Fixtures, installed, load, load_folder
from tintype_contracts.fixtures.format import JsonContent

PROVIDERS = ("apiin", "apimodels", "apiyi", "cheapai", "openrouter")
Edit = Callable[[str, Callable[[dict], object]], None]


def _create(story: dict) -> dict:
    return story["exchanges"]["create"]


# Each rule once: the file that breaks it, how, and where the fault is found.
BREAKS: list[tuple[str, str, Callable[[dict], object], str, str]] = [
    ("unknown key", "provider.json", lambda d: d.update(colour="red"), "", "colour"),
    (
        "unknown key deep",
        "generated.json",
        lambda d: _create(d).update(note="x"),
        "/create",
        "note",
    ),
    ("wrong format", "provider.json", lambda d: d.update(format="x"), "/format", "tintype-fixture"),
    (
        "lost source",
        "generated.json",
        lambda d: _create(d).update(src="nowhere"),
        "/src",
        "nowhere",
    ),
    (
        "lost request source",
        "generated.json",
        lambda d: _create(d).update(request_src="nowhere"),
        "/request_src",
        "nowhere",
    ),
    (
        "lost source of a row",
        "provider.json",
        lambda d: d["prices"][0].update(src="nowhere"),
        "/prices/0/src",
        "nowhere",
    ),
    (
        "inferred without why",
        "generated.json",
        lambda d: d["exchanges"]["drawing"].update(kind="inferred"),
        "/drawing",
        "say why",
    ),
    (
        "inferred row without why",
        "provider.json",
        lambda d: d["billing"].update(kind="inferred"),
        "/billing",
        "say why",
    ),
    (
        "wrong digest",
        "provider.json",
        lambda d: d["sources"]["create_curl"].update(sha256="0" * 64),
        "/sources/create_curl/sha256",
        "SHA-256",
    ),
    (
        "lost excerpt",
        "provider.json",
        lambda d: d["sources"]["create_curl"].update(file="sources/lost.txt"),
        "/sources/create_curl/sha256",
        "missing",
    ),
    (
        "lost exchange",
        "generated.json",
        lambda d: d["scenes"]["drawn"].append("nothing"),
        "/scenes/drawn",
        "generated/nothing",
    ),
    (
        "unused exchange",
        "generated.json",
        lambda d: d["scenes"].pop("stored"),
        "/exchanges/stored",
        "No scene",
    ),
    (
        "story told and absent",
        "provider.json",
        lambda d: d["absent"].update(failed="No."),
        "/absent/failed",
        "has a file",
    ),
    (
        "story neither told nor absent",
        "provider.json",
        lambda d: d["absent"].pop("not_json"),
        "/absent",
        "not_json",
    ),
    ("misnamed story", "generated.json", lambda d: d.update(story="drawn"), "/story", "drawn"),
    ("another provider", "generated.json", lambda d: d.update(provider="b"), "/provider", "'b'"),
    (
        "two expectations",
        "generated.json",
        lambda d: _create(d)["expect"].update(quote={}),
        "/create/expect",
        "several",
    ),
    (
        "no expectation",
        "generated.json",
        lambda d: _create(d)["expect"].clear(),
        "/create/expect",
        "none",
    ),
    (
        "fields of an error beside a value",
        "generated.json",
        lambda d: _create(d)["expect"].update(status=200),
        "/create/expect",
        "beside",
    ),
    (
        "impossible expectation",
        "generated.json",
        lambda d: _create(d).update(expect={"quote": {}}),
        "/create/expect",
        "quote",
    ),
    (
        "unknown error",
        "bad_key.json",
        lambda d: _create(d).update(expect={"error": "SadError"}),
        "/create/expect/error",
        "SadError",
    ),
    (
        "unknown error in the table",
        "provider.json",
        lambda d: d["errors"][0].update({"class": "SadError"}),
        "/errors/0/class",
        "SadError",
    ),
    (
        "two bodies",
        "generated.json",
        lambda d: _create(d)["response"].update(text="x"),
        "/create/response",
        "several bodies",
    ),
    (
        "pointer to nothing",
        "generated.json",
        lambda d: _create(d)["inferred"].append("/response/json/lost"),
        "/create/inferred/2",
        "no value",
    ),
    (
        "a key written out",
        "generated.json",
        lambda d: _create(d)["request"]["headers"].update({"x-key": "abc"}),
        "/create/request/headers/x-key",
        "may carry a key",
    ),
    (
        "a cookie written out",
        "generated.json",
        lambda d: _create(d)["response"]["headers"].update({"SET-COOKIE": "a=b"}),
        "/create/response/headers/SET-COOKIE",
        "may carry a key",
    ),
    (
        "a real key in a body",
        "generated.json",
        lambda d: _create(d)["response"]["json"].update(k="sk_4f9a8b7c6d5e4f3a2b1c"),
        "/create/response/json/k",
        "key",
    ),
    (
        "the key outside its header",
        "generated.json",
        lambda d: d["exchanges"]["drawing"]["response"]["json"].update(k="{{secret:api_key}}"),
        "/drawing/response",
        "outside",
    ),
    (
        "unknown placeholder",
        "generated.json",
        lambda d: d["exchanges"]["drawing"]["response"]["json"].update(k="{{image:colour}}"),
        "/drawing/response",
        "image:colour",
    ),
    (
        "no case",
        "generated.json",
        lambda d: d["exchanges"]["stored"].pop("case"),
        "/exchanges/stored",
        "no case",
    ),
    (
        "half an exchange",
        "generated.json",
        lambda d: d["exchanges"]["drawing"].pop("response"),
        "/exchanges/drawing",
        "lacks a side",
    ),
    (
        "undocumented host",
        "generated.json",
        lambda d: d["exchanges"]["drawing"]["request"].update(url="https://b.test/v1/tasks/1"),
        "/drawing/request/url",
        "b.test",
    ),
    (
        "undocumented route",
        "generated.json",
        lambda d: d["exchanges"]["drawing"]["request"].update(url="https://api.acme.test/v2/x"),
        "/drawing/request/url",
        "No route",
    ),
    (
        "parameter of no route",
        "provider.json",
        lambda d: d["parameters"][0].update(operation="upload"),
        "/parameters/0/operation",
        "upload",
    ),
    (
        "bad pattern",
        "provider.json",
        lambda d: d["parameters"][3].update(pattern="("),
        "/parameters/3/pattern",
        "regular expression",
    ),
    (
        "undocumented callback",
        "provider.json",
        lambda d: d["webhooks"].update(field="/lost"),
        "/webhooks/field",
        "/lost",
    ),
    (
        "an answer the excerpt does not show",
        "generated.json",
        lambda d: _create(d)["response"]["json"].update(status="waiting"),
        "/create/response/json",
        "waiting",
    ),
    (
        "a request the excerpt does not show",
        "generated.json",
        lambda d: _create(d)["request"]["json"].update(n=2.0),
        "/create/request/json/n",
        "2.0",
    ),
    (
        "a header the excerpt does not show",
        "generated.json",
        lambda d: _create(d)["request"]["headers"].update({"Accept": "*/*"}),
        "/create/request/headers/Accept",
        "Accept",
    ),
    (
        "a field of a form the excerpt does not show",
        "generated_from_references.json",
        lambda d: d["exchanges"]["edit"]["request"]["multipart"].pop(),
        "/edit/request/json/image",
        "cat.png",
    ),
]


def test_a_set_is_read_whole(acme: Fixtures) -> None:
    """Tables, stories, excerpts: all become values, ids of scenes in full."""
    assert acme.provider == "acme"
    assert acme.stories["failed"].scenes["failed"][0] == "generated/create"
    assert acme.excerpts["create_curl"].startswith("curl ")
    answer = acme.exchanges["generated/create"].response
    assert answer is not None
    assert answer.content == JsonContent(value={"id": "{{id:task}}", "status": "queued"})


@pytest.mark.parametrize(
    ("file", "by", "pointer", "words"), [row[1:] for row in BREAKS], ids=[row[0] for row in BREAKS]
)
def test_a_broken_rule_is_told_with_its_place(
    folder: Path, edit: Edit, file: str, by: Callable[[dict], object], pointer: str, words: str
) -> None:
    """The error names the file, the place in it and what is wrong."""
    edit(file, by)
    with pytest.raises(FixtureError) as caught:
        load_folder(folder)
    found = [fault for fault in caught.value.faults if words in fault.message]
    assert found, str(caught.value)
    assert pointer in found[0].pointer
    assert found[0].file == file
    assert found[0].mend


def test_a_duplicate_key_is_an_error(folder: Path) -> None:
    """JSON readers keep the last of two equal keys, silently; the loader keeps none."""
    path = folder / "generated.json"
    path.write_text(path.read_text("utf-8").replace("{", '{"story": "generated",', 1), "utf-8")
    with pytest.raises(FixtureError, match="'story' stands twice"):
        load_folder(folder)


def test_a_file_that_is_no_json_is_an_error(folder: Path) -> None:
    """A cut file is told by its name."""
    (folder / "failed.json").write_text("{", "utf-8")
    with pytest.raises(FixtureError, match=r"failed\.json#: It is not JSON"):
        load_folder(folder)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{}".encode("utf-16"), "the byte at 0 is not UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "the byte at 7 is not UTF-8"),
        ("{}".encode("utf-8-sig"), "BOM"),
        (b"[" * 100_000, "more than 100 levels deep"),
        (b"[" * 200 + b"]" * 200, "more than 100 levels deep"),
    ],
    ids=["UTF-16", "Latin-1", "byte order mark", "never closed", "closed"],
)
def test_an_odd_file_is_told_and_breaks_nothing(folder: Path, data: bytes, words: str) -> None:
    """Another encoding, or a nesting that no reader survives, is a fault like any other."""
    (folder / "failed.json").write_bytes(data)
    with pytest.raises(FixtureError, match=rf"failed\.json#: It is not JSON: .*{words}"):
        load_folder(folder)


def test_a_link_that_leads_nowhere_is_an_error(folder: Path) -> None:
    """Emacs leaves one beside a file that is being edited."""
    (folder / ".#generated.json").symlink_to("nobody@nowhere.1234")
    with pytest.raises(FixtureError, match=r"\.#generated\.json#: It cannot be read: "):
        load_folder(folder)


@pytest.mark.parametrize("name", ["notes.md", "sources/other.txt", "old/generated.json"])
def test_an_orphan_file_is_an_error(folder: Path, name: str) -> None:
    """Whatever lies in the folder is named by a source, or is a story."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("{}", "utf-8")
    with pytest.raises(FixtureError, match=f"{name}#: No source and no story"):
        load_folder(folder)


def test_what_makes_a_folder_a_package_is_no_orphan(folder: Path) -> None:
    """A fixture set is shipped as package data."""
    (folder / "__init__.py").write_text("", "utf-8")
    (folder / "__pycache__").mkdir()
    assert load_folder(folder).provider == "acme"


def test_a_folder_without_tables_is_an_error(tmp_path: Path) -> None:
    """An empty folder is no fixture set."""
    with pytest.raises(FixtureError, match="It is missing"):
        load_folder(tmp_path)


def test_a_provider_that_is_not_installed_is_told_with_those_that_are() -> None:
    """The error lists what there is."""
    with pytest.raises(FixtureError, match=r"'nobody'.*apimodels"):
        load("nobody")


def test_the_author_of_a_plugin_is_told_of_the_entry_point() -> None:
    """Fixtures that were written and not named are as good as none."""
    with pytest.raises(
        FixtureError, match=r"entry point of your own in the group tintype\.fixtures"
    ):
        load("nobody")


def test_the_five_providers_are_installed_and_sound() -> None:
    """Each fixture set of this workspace keeps every rule."""
    assert set(PROVIDERS) <= set(installed())
    assert [load(name).provider for name in PROVIDERS] == list(PROVIDERS)


def test_all_faults_are_told_at_once(folder: Path, edit: Edit) -> None:
    """An author mends a file in one go."""
    edit("provider.json", lambda d: (d["absent"].pop("not_json"), d["errors"][0].update(src="x")))
    with pytest.raises(FixtureError) as caught:
        load_folder(folder)
    assert len(caught.value.faults) == 2
    assert len(str(caught.value).splitlines()) == 3


def test_a_case_may_say_every_field_of_a_request() -> None:
    """What a caller can ask for, a fixture can show."""
    schema = json.loads(files("tintype_contracts").joinpath("schema/story.json").read_text())
    known = set(schema["$defs"]["case"]["properties"])
    assert known == {field.name for field in attrs.fields(ImageRequest)}
