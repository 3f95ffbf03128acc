"""The one way to lay out a fixture file, so that a diff shows facts and nothing else.

Keys stand in the order of the JSON Schema; where the schema leaves an object open (a
body, the names of exchanges) they stay as they are. Whatever fits on a line stands on
one. No value changes: 1.0 stays 1.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

from tintype_contracts import strict_json
from tintype_contracts.pointers import get, is_array

_WIDTH = 100
_INDENT = "  "
_Schema: TypeAlias = Mapping[str, object]


def format_fixture(text: str) -> str:
    """The same file in the canonical layout. Formatting twice changes nothing more.

    Raises:
        ValueError: `text` is not JSON, or an object in it has one key twice.
    """
    value = strict_json.parse(text)
    name: Literal["provider", "story"] = "provider"
    if isinstance(value, Mapping) and "story" in value:
        name = "story"
    schema = _schema(name)
    return _laid_out(_ordered(value, schema, schema), "", 0) + "\n"


def _ordered(value: object, schema: object, root: _Schema) -> object:
    """`value` with the keys of its objects in the schema's order."""
    schema = _resolved(schema, root)
    if isinstance(value, Mapping):
        return {
            key: _ordered(value[key], _below(schema, key), root) for key in _keys(value, schema)
        }
    if is_array(value):
        return [_ordered(item, schema.get("items"), root) for item in value]
    return value


def _keys(value: Mapping[str, object], schema: _Schema) -> Iterator[str]:
    known = schema.get("properties")
    order = [key for key in known if key in value] if isinstance(known, Mapping) else []
    yield from order
    yield from (key for key in value if key not in order)


def _below(schema: _Schema, key: str) -> object:
    known = schema.get("properties")
    if isinstance(known, Mapping) and key in known:
        return known[key]
    return schema.get("additionalProperties")


def _resolved(schema: object, root: _Schema) -> _Schema:
    if not isinstance(schema, Mapping):
        return {}
    reference = schema.get("$ref")
    found = get(root, reference.removeprefix("#")) if isinstance(reference, str) else schema
    return found if isinstance(found, Mapping) else {}


def _laid_out(value: object, indent: str, used: int) -> str:
    """`value` as text, on one line if the rest of the line has room for it.

    Args:
        value: JSON.
        indent: What the line it ends on begins with.
        used: How many columns of its first line are taken.
    """
    line = on_a_line(value)
    if len(line) + used < _WIDTH or not (isinstance(value, Mapping) or is_array(value)):
        return line
    deeper = indent + _INDENT
    if isinstance(value, Mapping):
        heads = [f"{deeper}{_scalar(key)}: " for key in value]
        items = [
            head + _laid_out(item, deeper, len(head))
            for head, item in zip(heads, value.values(), strict=True)
        ]
    else:
        items = [deeper + _laid_out(item, deeper, len(deeper)) for item in value]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    return f"{opening}\n" + ",\n".join(items) + f"\n{indent}{closing}"


def on_a_line(value: object) -> str:
    """JSON on one line, as fixture files have it."""
    if isinstance(value, Mapping):
        pairs = (f"{_scalar(key)}: {on_a_line(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if is_array(value):
        return f"[{', '.join(on_a_line(item) for item in value)}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


@cache
def _schema(name: str) -> _Schema:
    folder = resources.files("tintype_contracts") / "schema"
    schema: _Schema = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return schema
