"""What holds of every public value: it is hashable, and prints money in plain digits."""

from __future__ import annotations

import pkgutil
from collections.abc import Hashable, Iterator
from decimal import Decimal
from importlib import import_module
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import attrs
import pytest

import tintype


def classes() -> Iterator[type[attrs.AttrsInstance]]:
    """Every attrs class that a public module of the core defines."""
    for found in pkgutil.walk_packages(tintype.__path__, "tintype."):
        if "._" not in found.name:
            module = import_module(found.name)
            for each in vars(module).values():
                if isinstance(each, type) and attrs.has(each) and _is_ours(each, found.name):
                    yield each


def _is_ours(each: type, module: str) -> bool:
    return each.__module__ == module and not each.__name__.startswith("_")


PUBLIC = sorted(set(classes()), key=lambda each: each.__qualname__)


def kinds(hint: object) -> Iterator[object]:
    """The classes that a type hint names."""
    inner = get_args(hint)
    yield get_origin(hint) or hint
    for each in inner:
        yield from kinds(each)


@pytest.mark.parametrize("shape", PUBLIC, ids=lambda each: each.__qualname__)
def test_every_value_is_hashable(shape: type[attrs.AttrsInstance]) -> None:
    """What is a mapping or JSON in it is compared, and takes no part in the hash."""
    hints = get_type_hints(shape)
    assert shape.__hash__ is not None
    for each in attrs.fields(shape):
        odd = [
            kind
            for kind in kinds(hints[each.name])
            if kind is object
            or (isinstance(kind, type) and kind is not NoneType and not issubclass(kind, Hashable))
        ]
        counted = each.eq if each.hash is None else each.hash
        assert not (counted and odd), f"{each.name}: {odd}"


@pytest.mark.parametrize("shape", PUBLIC, ids=lambda each: each.__qualname__)
def test_money_is_printed_in_plain_digits(shape: type[attrs.AttrsInstance]) -> None:
    """A reader of `2E-8` is off by eight digits."""
    hints = get_type_hints(shape)
    for each in attrs.fields(shape):
        if Decimal in kinds(hints[each.name]) and each.repr:
            assert callable(each.repr), each.name
            assert each.repr(Decimal("2E-8")) == "Decimal('0.00000002')"
