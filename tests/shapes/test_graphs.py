"""A graph and its sources: uploaded, run, and fetched by name, by both clients."""

from __future__ import annotations

import json

from tests.core.conftest import Connect
from tests.core.loopback import Loopback, Recorded, answer, said
from tests.core.pictures import PNG, drawn
from tests.shapes import comfyui

from tintype import Account, ImageRequest

GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"steps": 20, "positive": ["6", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "{prompt}"}},
    "10": {"class_type": "LoadImage", "inputs": {"image": "{image}"}},
}
PICTURE = {"filename": "out 1.png", "subfolder": "", "type": "output"}


def uploaded(asked: Recorded) -> bytes:
    """It may give the file another name."""
    assert drawn("jpeg") in asked.body
    return said({"name": "source (1).png", "subfolder": "", "type": "input"})


def queued(asked: Recorded) -> bytes:
    """The graph as it is to run."""
    graph = json.loads(asked.body)["prompt"]
    assert graph["6"]["inputs"] == {"text": 'a "red" panda'}
    assert graph["10"]["inputs"] == {"image": "source (1).png"}
    assert graph["3"] == GRAPH["3"]
    return said({"prompt_id": "p-1", "number": 4, "node_errors": {}})


def viewed(asked: Recorded) -> bytes:
    """The picture, where it is asked for by what the history says of it."""
    assert asked.target == "/view?filename=out+1.png&subfolder=&type=output"
    assert asked.header("accept") == "image/*"
    return answer(PNG, media_type="image/png")


def test_a_graph_is_run_on_an_uploaded_source(connect: Connect, server: Loopback) -> None:
    """Without a key: the source first, then the graph, then looks until there is a name."""
    server.on("POST /upload/image", uploaded).on("POST /prompt", queued)
    ran = {"p-1": {"outputs": {"9": {"images": [PICTURE]}}, "status": {"completed": True}}}
    server.on("GET /history/p-1", said({}), said(ran)).on("GET /view", viewed)
    client = connect(Account(provider="comfyui", base_url=server.url), plugins={"comfyui": comfyui})
    options = {"comfyui": {"graph": GRAPH}}
    request = ImageRequest(prompt='a "red" panda', references=(drawn("jpeg"),), options=options)
    [task] = client.generate(request, provider="comfyui").tasks
    assert [image.data for image in task.images] == [PNG]
    paths = [line.partition("?")[0] for line in server.lines()]
    looks = ["GET /history/p-1", "GET /history/p-1", "GET /view"]
    assert paths == ["POST /upload/image", "POST /prompt", *looks]
    assert all(sent.header("authorization") is None for sent in server.requests)
