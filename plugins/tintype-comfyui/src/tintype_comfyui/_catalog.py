"""What a ComfyUI server draws: a graph of one's own, or the one that its examples print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tintype.catalog import (
    Descriptor,
    Flag,
    Integer,
    Items,
    Model,
    Number,
    Object,
    Pixels,
    Price,
    ProviderInfo,
    References,
    Text,
)
from tintype.credentials import HeaderKey

HOST = "http://127.0.0.1:8188"
GRAPH = "graph"  # the name of whatever a graph of one's own draws with

_SERVER = "https://github.com/Comfy-Org/ComfyUI/blob/master/server.py"
_NODES = "https://github.com/Comfy-Org/ComfyUI/blob/master/nodes.py"
_EXAMPLE = "https://github.com/Comfy-Org/ComfyUI/blob/master/script_examples/basic_api_example.py"
_FREE = "https://docs.comfy.org/development/api-development/overview"
_HOSTING = "https://docs.comfy.org/development/deploy/self-hosting"

# "This is the one for the default workflow" (the example), as it prints it.
DEFAULT: Mapping[str, Mapping[str, object]] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "cfg": 8,
            "denoise": 1,
            "latent_image": ["5", 0],
            "model": ["4", 0],
            "negative": ["7", 0],
            "positive": ["6", 0],
            "sampler_name": "euler",
            "scheduler": "normal",
            "seed": 8566257,
            "steps": 20,
        },
    },
    "4": {
        "class_type": "CheckpointLoaderSimple",
        "inputs": {"ckpt_name": "v1-5-pruned-emaonly.safetensors"},
    },
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"batch_size": 1, "height": 512, "width": 512},
    },
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"clip": ["4", 1], "text": "masterpiece best quality girl"},
    },
    "7": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 1], "text": "bad hands"}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
}
PLACES: Mapping[str, object] = {
    "model": "/4/inputs/ckpt_name",
    "prompt": "/6/inputs/text",
    "negative_prompt": "/7/inputs/text",
    "seed": "/3/inputs/seed",
    "steps": "/3/inputs/steps",
    "guidance": "/3/inputs/cfg",
    "width": "/5/inputs/width",
    "height": "/5/inputs/height",
    "n": "/5/inputs/batch_size",
}

_SIDE = Integer(low=16, high=16384, step=8, source=_NODES)
_SAMPLED: Mapping[str, Descriptor] = {
    "prompt": Text(source=_NODES),
    "negative_prompt": Text(source=_NODES),
    "seed": Integer(low=0, high=2**64 - 1, source=_NODES),
    "steps": Integer(low=1, high=10000, source=_NODES),
    "guidance": Number(low=0, high=100, source=_NODES),
    "size": Pixels(width=_SIDE, height=_SIDE, source=_NODES),
}
_MAX_BATCH = 1000  # a node takes 4096; nobody can ask tintype for more than this at once
_PRICES = (Price(usd=Decimal(0), source=_FREE, as_of=date(2026, 11, 29)),)

INFO = ProviderInfo(
    name="comfyui",
    title="ComfyUI",
    homepage="https://docs.comfy.org",
    origins=(HOST,),
    # The server asks for none; a proxy in front of it may ("self-hosting").
    auth=HeaderKey(optional=True),
    models=(
        Model(
            id="v1-5-pruned-emaonly.safetensors",
            title="The default workflow of the examples",
            parameters=_SAMPLED,
            max_n=_MAX_BATCH,
            prices=_PRICES,
            source=_EXAMPLE,
        ),
    ),
    open_models=True,
    general=Model(
        id="",
        parameters={**_SAMPLED, "strength": Number(low=0, high=1, source=_NODES)},
        max_n=_MAX_BATCH,
        references=References(
            forms=("bytes",), roles=("image", "mask", "control"), uploads=True, source=_SERVER
        ),
        prices=_PRICES,
        source=_NODES,
    ),
    options={
        "graph": Object(source=_FREE),
        "places": Object(source=_FREE),
        "front": Flag(source=_SERVER),
        "number": Number(source=_SERVER),
        "prompt_id": Text(source=_SERVER),
        "client_id": Text(source=_SERVER),
        "extra_data": Object(source=_SERVER),
        "partial_execution_targets": Items(source=_SERVER),
    },
    prices_depend_on=(),
    poll_schedule=(0.5, 1.0, 2.0, 3.0),
    sources=(_SERVER, _NODES, _EXAMPLE, _FREE, _HOSTING),
)
