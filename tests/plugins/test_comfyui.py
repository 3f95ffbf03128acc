"""ComfyUI: a graph of one's own, its places, its sources, and how it ends."""

from __future__ import annotations

import json

import pytest
from tests.core.conftest import Connect
from tests.core.loopback import Loopback, Recorded, answer, said
from tests.core.pictures import PNG, drawn

import tintype_comfyui as plugin
from tintype import Account, Client, ImageRequest, TaskState
from tintype.errors import BadRequestError, InvalidRequestError
from tintype.request import Reference
from tintype_contracts import Sandbox

GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"steps": 20, "positive": ["6", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
    "10": {"class_type": "LoadImage", "inputs": {"image": ""}},
    "11": {"class_type": "LoadImageMask", "inputs": {"image": "", "channel": "red"}},
}
PLACES = {
    "prompt": "/6/inputs/text",
    "steps": "/3/inputs/steps",
    "image": ["/10/inputs/image"],
    "mask": "/11/inputs/image",
}
OPTIONS = {"comfyui": {"graph": GRAPH, "places": PLACES, "front": True}}
OWN = ImageRequest(prompt='a "red" panda', model="graph", options=OPTIONS)
QUEUED = {"prompt_id": "p-1", "number": 4, "node_errors": {}}


@pytest.fixture
def client(connect: Connect, server: Loopback) -> Client:
    """A client whose ComfyUI is the loopback server. It has no key."""
    account = Account(provider="comfyui", base_url=server.url)
    return connect(account, plugins={"comfyui": plugin})


def uploaded(asked: Recorded) -> bytes:
    """It may give the file another name, and another folder."""
    name, folder = ("source (1).png", "in") if drawn("jpeg") in asked.body else ("m.png", "")
    return said({"name": name, "subfolder": folder, "type": "input"})


def queued(asked: Recorded) -> bytes:
    """The graph as it is to run, and what stands beside it."""
    body = json.loads(asked.body)
    graph = body["prompt"]
    assert graph["6"]["inputs"] == {"text": 'a "red" panda'}
    assert graph["10"]["inputs"] == {"image": "in/source (1).png"}
    assert graph["11"]["inputs"] == {"image": "m.png", "channel": "red"}
    assert graph["3"] == {"class_type": "KSampler", "inputs": {"steps": 7, "positive": ["6", 0]}}
    assert body == {"prompt": graph, "front": True}
    return said(QUEUED)


def history(status: str = "success", **nodes: object) -> bytes:
    """A graph that has run."""
    told = {"status_str": status, "completed": status == "success", "messages": []}
    return said({"p-1": {"status": told, "outputs": nodes}})


def file(name: str, kind: str = "output") -> dict[str, str]:
    """A picture as an answer names it."""
    return {"filename": name, "subfolder": "a b", "type": kind}


def test_a_graph_is_run_on_sources_that_are_uploaded(client: Client, server: Loopback) -> None:
    """Without a key: the sources first, then the graph, then looks, and all that was saved."""
    server.on("POST /upload/image", uploaded).on("POST /prompt", queued)
    saved = {"9": {"images": [file("1.png"), file("2.png")]}, "8": {"images": [file("t", "temp")]}}
    server.on("GET /history/p-1", said({}), history(**saved, text={"text": ["beside"]}))
    server.on("GET /view", answer(PNG, media_type="image/png"))
    sources = (Reference(data=drawn("jpeg")), Reference(data=PNG, role="mask"))
    asked = ImageRequest(
        prompt=OWN.prompt, model="graph", steps=7, options=OPTIONS, references=sources
    )
    [task] = client.generate(asked, provider="comfyui").tasks
    shown = "&subfolder=a%20b&type=output"
    urls = [f"http://127.0.0.1:8188/view?filename={name}{shown}" for name in ("1.png", "2.png")]
    assert [image.url for image in task.images] == urls
    assert [client.fetch(image, provider="comfyui") for image in task.images] == [PNG, PNG]
    paths = [line.partition("?")[0] for line in server.lines()]
    looks = ["GET /history/p-1", "GET /history/p-1", "GET /view", "GET /view"]
    assert paths == [*["POST /upload/image"] * 2, "POST /prompt", *looks]
    assert all(sent.header("authorization") is None for sent in server.requests)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seed": 7}, "seed"),
        ({"n": 2}, "n"),
        ({"size": "512x512"}, "size"),
        ({"model": "other.safetensors"}, "model"),
        ({"references": (drawn("jpeg"), PNG)}, "references"),
        ({"options": {"comfyui": {"graph": GRAPH, "places": {"prompt": "/7/text"}}}}, "options"),
        ({"options": {"comfyui": {"graph": GRAPH}}}, "prompt"),
    ],
)
def test_what_has_no_place_in_the_graph_is_refused_unsent(
    client: Client, server: Loopback, change: dict[str, object], field: str
) -> None:
    """By the name of the field, with how a place is said; the server is not asked."""
    asked = ImageRequest(**{"prompt": "a boat", "model": "graph", "options": OPTIONS, **change})
    with pytest.raises(InvalidRequestError) as caught:
        client.generate(asked, provider="comfyui")
    assert caught.value.field.startswith(field)
    assert "/6/inputs/text" in caught.value.allowed[0]
    assert server.lines() == []


def test_a_refusal_names_the_nodes_at_fault(client: Client, server: Loopback) -> None:
    """With the provider's words for the graph, and for each input."""
    problem = {"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt_name"}
    error = {"type": "prompt_outputs_failed_validation", "message": "Prompt failed", "details": ""}
    nodes = {"4": {"errors": [problem], "class_type": "CheckpointLoaderSimple"}}
    server.on("POST /prompt", said({"error": error, "node_errors": nodes}, status=400))
    asked = ImageRequest(prompt="a boat", model="gone.safetensors")
    with pytest.raises(BadRequestError) as caught:
        client.submit(asked, provider="comfyui")
    words = "Prompt failed; CheckpointLoaderSimple 4: Value not in list; ckpt_name"
    assert (caught.value.message, caught.value.code) == (words, error["type"])
    body = json.loads(server.requests[0].body)
    assert body["prompt"]["4"]["inputs"] == {"ckpt_name": "gone.safetensors"}


def test_it_is_free_unless_partners_are_paid(client: Client) -> None:
    """Whatever the graph; a key of partners' nodes makes the price unknown."""
    assert client.quote(OWN, provider="comfyui").high == 0
    paid = {"comfyui": {**OPTIONS["comfyui"], "extra_data": {"api_key_comfy_org": "…"}}}
    asked = ImageRequest(prompt="a boat", model="graph", options=paid)
    assert client.quote(asked, provider="comfyui").high is None


def test_the_sandbox_takes_a_graph_of_ones_own(connect: Connect) -> None:
    """It uploads, runs and shows it; one that waits is canceled."""
    with Sandbox(["comfyui"], pace=0) as sandbox:
        account = Account(provider="comfyui", base_url=sandbox.url("comfyui"))
        client = connect(account, plugins={"comfyui": plugin})
        places = {**PLACES, "mask": "/11/inputs/image"}
        options = {"comfyui": {"graph": GRAPH, "places": places}}
        asked = ImageRequest(
            prompt="a boat", model="graph", options=options, references=(drawn("jpeg"),)
        )
        [task] = client.generate(asked, provider="comfyui").tasks
        assert task.state is TaskState.SUCCEEDED
        assert client.fetch(task.images[0], provider="comfyui").startswith(PNG[:8])
    with Sandbox(["comfyui"], pace=30) as sandbox:
        account = Account(provider="comfyui", base_url=sandbox.url("comfyui"))
        client = connect(account, plugins={"comfyui": plugin})
        task = client.submit(OWN, provider="comfyui")
        assert client.cancel(task).state is TaskState.CANCELED
