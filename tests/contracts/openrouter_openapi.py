"""Writes an OpenAPI document of OpenRouter's image API as the installed SDK knows it.

The official SDK is generated from OpenRouter's own OpenAPI document; its pydantic classes
carry the schemas. The document made of them is what `tintype contracts drift` reads:

    python tests/contracts/openrouter_openapi.py > openrouter.json
    tintype contracts drift openrouter openrouter.json
"""

from __future__ import annotations

import json
import sys
from importlib import metadata

from openrouter import components
from pydantic import BaseModel

MARKER = {"$ref": "#/components/schemas/Unset"}
OPERATIONS: list[tuple[str, str, type[BaseModel] | None, type[BaseModel]]] = [
    ("post", "/images", components.ImageGenerationRequest, components.ImageGenerationResponse),
    ("get", "/images/models", None, components.ImageModelsListResponse),
    (
        "get",
        "/images/models/{author}/{slug}/endpoints",
        None,
        components.ImageModelEndpointsResponse,
    ),
]


def document() -> dict:
    """The document: three operations, their schemas as components."""
    schemas: dict[str, object] = {}
    paths: dict[str, dict] = {}
    for method, path, request, response in OPERATIONS:
        operation = {"responses": {"200": {"content": _content(response, schemas)}}}
        if request is not None:
            operation["requestBody"] = {"content": _content(request, schemas)}
        paths.setdefault(path, {})[method] = operation
    version = metadata.version("openrouter")
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenRouter, by its Python SDK", "version": version},
        "servers": [{"url": "https://openrouter.ai/api/v1"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _content(model: type[BaseModel], schemas: dict[str, object]) -> dict:
    """A body of that class; what it refers to becomes a component."""
    schema = _without_marker(model.model_json_schema(ref_template="#/components/schemas/{model}"))
    schemas |= schema.pop("$defs", {})
    return {"application/json": {"schema": schema}}


def _without_marker(value: object) -> object:
    """A schema without the SDK's marker for what was not given: no byte of it is ever sent."""
    if isinstance(value, dict):
        return {key: _without_marker(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_marker(item) for item in value if item != MARKER]
    return value


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
