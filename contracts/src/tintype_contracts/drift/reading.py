"""A newer document: an OpenAPI 3 file in JSON or YAML, or a folder of newer fixtures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tintype_contracts.drift.surface import Surface
from tintype_contracts.drift.surface_of_fixtures import surface_of_fixtures
from tintype_contracts.drift.surface_of_openapi import surface_of_openapi
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load_folder
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.sheet.document import FILE
from tintype_contracts.fixtures.strict_json import parse


class DocumentError(Exception):
    """What was given is no document that can be compared; the text says why."""


def read_surface(path: Path, fixtures: Fixtures) -> Surface:
    """What the document at `path` says of the API that `fixtures` describe.

    Raises:
        DocumentError: It is neither an OpenAPI 3 file nor a folder of fixtures.
    """
    if path.is_dir():
        return _surface_of_folder(path)
    document = read_document(path)
    version = document.get("openapi")
    if not str(version or "").startswith("3"):
        msg = f"{path.name} is no OpenAPI 3 document: it says openapi: {version}."
        raise DocumentError(msg)
    return surface_of_openapi(document, fixtures)


def _surface_of_folder(path: Path) -> Surface:
    if not (path / FILE).is_file():
        msg = f"{path} is no folder of fixtures: it holds no {FILE}."
        raise DocumentError(msg)
    try:
        return surface_of_fixtures(load_folder(path))
    except FixtureError as error:
        raise DocumentError(str(error)) from error


def read_document(path: Path) -> Mapping[str, object]:
    """The object in a JSON or YAML file.

    YAML is read as version 1.2, which OpenAPI prescribes: in 1.1 the aspect ratio 16:9 is
    the number 969, and `no` is false.

    Raises:
        DocumentError: It cannot be read, or holds no object.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path.name} cannot be read: {error}."
        raise DocumentError(msg) from error
    try:
        value = parse(text)
    except ValueError:
        value = _yaml(text, path.name)
    if not isinstance(value, Mapping):
        msg = f"{path.name} holds no object."
        raise DocumentError(msg)
    return value


def _yaml(text: str, name: str) -> object:
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and needed for YAML alone
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return _plain(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        msg = f"{name} is neither JSON nor YAML: {reason}"
        raise DocumentError(msg) from None


def _plain(value: object) -> object:
    """YAML as JSON has it: keys are texts, and so are days."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_array(value):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
