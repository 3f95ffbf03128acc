"""`comfyui-workflow-client` at the sandbox: queue, poll the history, view, upload, and fail."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from comfyuiclient import ComfyUIClient
from PIL import Image

import tintype_fixtures.comfyui as documents
from tintype_contracts import Sandbox

GRAPH = json.loads((Path(documents.__path__[0]) / "sources" / "graph.txt").read_text("utf-8"))


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path) -> Iterator[ComfyUIClient]:
    """The client with the graph of the examples, pointed at the sandbox. It has no key."""
    made = client_of(sandbox, tmp_path)
    yield made
    made.close()


def client_of(sandbox: Sandbox, folder: Path) -> ComfyUIClient:
    """The client, connected; it reads its graph from a file."""
    file = folder / "workflow_api.json"
    file.write_text(json.dumps(GRAPH), "utf-8")
    made = ComfyUIClient(sandbox.url("comfyui").removeprefix("http://"), str(file))
    made.connect()
    return made


def test_a_graph_is_queued_looked_at_and_viewed(client: ComfyUIClient, sandbox: Sandbox) -> None:
    """As many pictures as the batch has, of the graph's size, and for nothing."""
    client.set_data(key="EmptyLatentImage", input_key="batch_size", input_value=2)
    client.set_data(key="EmptyLatentImage", input_key="width", input_value=768)
    client.set_data(key="KSampler", seed=5)
    shown, _ = client.get_images(client.comfyui_prompt)
    pictures = [Image.open(io.BytesIO(data)) for data in shown["9"]]
    assert [(each.format, each.size) for each in pictures] == [("PNG", (768, 512))] * 2
    assert [each.usd for each in sandbox.ledger("comfyui").paid] == [0]


def test_a_source_is_uploaded_and_its_name_goes_into_the_graph(client: ComfyUIClient) -> None:
    """The answer tells what it is called there."""
    client.comfyui_prompt["10"] = {"class_type": "LoadImage", "inputs": {"image": ""}}
    client.set_data(key="LoadImage", image=Image.new("RGB", (8, 8)))
    assert client.comfyui_prompt["10"]["inputs"]["image"].endswith("kite.png")
    assert client.generate(["SaveImage"])["SaveImage"].size == (512, 512)


def test_a_graph_that_waits_has_no_history_until_it_is_canceled(tmp_path: Path) -> None:
    """An empty object; then the history tells that it was interrupted."""
    with Sandbox(["comfyui"], pace=30) as slow:
        client = client_of(slow, tmp_path)
        name = client.queue_prompt(client.comfyui_prompt)["prompt_id"]
        assert client.get_history(name) == {}
        url = f"{slow.url('comfyui')}/api/jobs/{name}/cancel"
        assert client.session.post(url).json() == {"cancelled": True}
        events = client.get_history(name)[name]["status"]["messages"]
        assert [event for event, _ in events][-1] == "execution_interrupted"
        client.close()


def test_what_goes_wrong_is_told(client: ComfyUIClient) -> None:
    """A graph that is none is refused; one that fails has the error in its history."""
    with pytest.raises(ConnectionError, match="400"):
        client.queue_prompt(None)
    client.set_data(key="CLIPTextEncode", text="sandbox:failed")
    name = client.queue_prompt(client.comfyui_prompt)["prompt_id"]
    status = client.get_history(name)[name]["status"]
    assert (status["status_str"], status["messages"][-1][0]) == ("error", "execution_error")
