"""Nonsense in a catalog is refused when its plugin is loaded: every field of every class."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from attrs import evolve
from tests.core.acme import INFO

from tintype._plugins.registry import fault_of_description
from tintype.catalog import (
    Caution,
    Choice,
    Flag,
    Idempotency,
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
    Unsupported,
)
from tintype.credentials import (
    Basic,
    HeaderKey,
    Jwt,
    OAuthClientCredentials,
    QueryKey,
    Scheme,
    SigV4,
)
from tintype.signatures import Ed25519, Hmac, Signature

Put: TypeAlias = Callable[[object], ProviderInfo]
Place: TypeAlias = tuple[attrs.AttrsInstance, str, Put]

MODEL = Model(
    id="m",
    name="canonical",
    title="M",
    parameters={
        "resolution": Choice(values=("1K", "2K"), default="2K"),
        "steps": Integer(low=1, high=50),
        "size": Pixels(min_total=1, max_total=10**6, max_ratio=4, default="9x9"),
        "watermark": Flag(),
        "prompt": Text(min_length=1, max_length=99),
        "seed": Unsupported(reason="it is ignored"),
    },
    options={
        "cfg": Number(low=0.5, high=1.5),
        "nested": Object(fields={"inner": Integer()}),
        "list": Items(max_count=3),
    },
    sizes={"1K": {"1:1": "1000x1000"}},
    max_n=2,
    references=References(
        forms=("url",),
        weight=Number(),
        max_count=2,
        max_of={"image": 1},
        max_bytes=9,
        max_total_bytes=9,
        source="page",
    ),
    tasks={"draw": ("prompt",)},
    edits_with="e",
    cautions=(Caution(field="seed", message="It is ignored.", when={"steps": "5"}),),
    prices=(Price(usd=Decimal(1), when={"steps": "5"}, as_of=date(2026, 11, 1)),),
    retires=date(2027, 1, 1),
    successor="e",
    max_in_flight=1,
    requests_per_minute=60,
    results_kept=60,
    request_timeout=60.0,
)
WHOLE = evolve(
    INFO,
    models=(MODEL, Model(id="e", references=References(forms=("url",)))),
    options={"label": Text()},
    variables={"key": "ACME_KEY"},
    public_keys=("everybody-knows",),
    settings={"region": "eu-west-1"},
    wire_names={"count": ("n",)},
    prices_depend_on=("n",),
    credit_values={"page": Decimal("0.01")},
    idempotency=Idempotency(header="Idempotency-Key", window=60.0, source="page"),
    signature=Hmac(header="x-signature"),
    webhooks=True,
    poll_schedule=(1.0, 2.0),
    moderation=("sensitive",),
    sources=("page",),
)
SCHEMES: tuple[Scheme, ...] = (
    HeaderKey(),
    QueryKey(),
    Basic(),
    Jwt(lifetime=60, claims={"a": 1}, times={"iat": 0}, head={"b": 1}),
    SigV4(service="s"),
    OAuthClientCredentials(token_url="https://sells.test/token"),
)
SIGNATURES: tuple[Signature, ...] = (
    Hmac(header="x-signature", headers={"t": "x-time"}, over="{t}.{body}"),
    Ed25519(header="x-signature", keys_url="https://keys.test/all"),
)


def places(value: attrs.AttrsInstance, put: Put) -> Iterator[Place]:
    """Every field of a value and of all that it holds, and what puts another value there."""
    for each in attrs.fields(type(value)):
        held = getattr(value, each.name)

        def change(new: object, name: str = each.name) -> ProviderInfo:
            return put(evolve(value, **{name: new}))

        yield value, each.name, change
        for inner, exchange in within(held):
            yield from places(inner, lambda new, c=change, e=exchange: c(e(new)))  # type: ignore[misc]


def within(held: object) -> Iterator[tuple[attrs.AttrsInstance, Callable[[object], object]]]:
    """The first value of each class in a field, and what exchanges it."""
    match held:
        case tuple():
            seen: set[type] = set()
            for at, each in enumerate(held):
                if attrs.has(type(each)) and type(each) not in seen:
                    seen.add(type(each))
                    yield each, lambda new, at=at: (*held[:at], new, *held[at + 1 :])  # type: ignore[misc]
        case Mapping():
            for key, each in held.items():
                if attrs.has(type(each)):
                    yield each, lambda new, key=key: {**held, key: new}  # type: ignore[misc]
        case _:
            yield from ([(held, lambda new: new)] if attrs.has(type(held)) else [])


def every_place() -> dict[tuple[str, str], Place]:
    """One place for each field of each class, by their names."""
    wholes = [
        WHOLE,
        *(evolve(WHOLE, auth=each, variables={}) for each in SCHEMES),
        *(evolve(WHOLE, signature=each) for each in SIGNATURES),
    ]
    found: dict[tuple[str, str], Place] = {}
    for whole in wholes:
        for owner, name, put in places(whole, lambda new: new):  # type: ignore[arg-type, return-value]
            found.setdefault((type(owner).__name__, name), (owner, name, put))
    return found


PLACES = every_place()
del PLACES["ProviderInfo", "name"]  # another name is another provider's: test_registry
BLANKS = ("", " ", " a", "a\nb", "a\0")
BY_TYPE: Mapping[object, tuple[object, ...]] = {
    str: BLANKS,
    int: (0, -1, True, 10**400),
    float: (0.0, -1.0, math.nan, math.inf, True),
    Decimal: (Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")),
}


def odd_ones(hint: object, held: object) -> Iterator[object]:
    """Values that look like what a field may hold, and mean nothing."""
    yield object()
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        plain = [each for each in inner if each is not NoneType]
        yield from (each for one in plain if len(plain) == 1 for each in odd_ones(one, held))
    elif origin is Literal:
        yield from ("", "odd")
    elif origin is tuple:
        yield from ((each,) for each in BY_TYPE.get(inner[0], ()))
        if isinstance(held, tuple) and held and isinstance(held[0], str):
            yield held * 2
    elif isinstance(held, Mapping):
        some = next(iter(held.values()), "x")
        yield from ({each: some} for each in BLANKS)
        yield from ({next(iter(held)): each} for each in BLANKS if held and isinstance(some, str))
    else:
        yield from BY_TYPE.get(hint, ())


# What is nothing out of the ordinary.
MAY: Mapping[tuple[str, str], tuple[object, ...]] = {
    **{
        (kind.__name__, "source"): ("",)
        for kind in (
            Caution,
            Choice,
            Flag,
            Integer,
            Items,
            Model,
            Number,
            Object,
            Pixels,
            Price,
            References,
            Text,
            Unsupported,
        )
    },
    ("ProviderInfo", "next_models"): ("",),
    ("Integer", "low"): (0, -1),
    ("Integer", "default"): (0, -1),
    ("Choice", "default"): ("",),
    ("Pixels", "default"): ("",),
    ("Number", "low"): (0.0, -1.0),
    ("Text", "min_length"): (0,),
    ("Price", "usd"): (Decimal(0),),
    ("Price", "credits"): (Decimal(0),),
    ("Model", "name"): ("",),
    ("Model", "title"): ("",),
    ("Model", "edits_with"): ("",),
    ("Model", "successor"): ("",),
    ("Idempotency", "field"): ("",),
    ("ProviderInfo", "homepage"): ("",),
    ("ProviderInfo", "settings"): ({"region": ""},),
    ("HeaderKey", "prefix"): ("", " ", " a"),
    ("Jwt", "prefix"): ("", " ", " a"),
    ("Hmac", "prefix"): ("", " ", " a"),
    ("Hmac", "secret_prefix"): ("", " ", " a"),
    ("Ed25519", "prefix"): ("", " ", " a"),
    ("OAuthClientCredentials", "scope"): ("",),
    ("OAuthClientCredentials", "id_header"): ("",),
}


def test_the_catalog_that_is_spoilt_here_holds_every_class_and_is_sound() -> None:
    """Else a field of a new class would not be tried."""
    waiting, classes = [ProviderInfo], set()
    while waiting:
        shape = waiting.pop()
        if shape in classes:
            continue
        classes.add(shape)
        hints: list[object] = list(get_type_hints(shape).values())
        while hints:
            hint = hints.pop()
            hints += get_args(hint)
            if isinstance(hint, type) and attrs.has(hint):
                waiting.append(hint)
    assert {name for name, _ in PLACES} == {each.__name__ for each in classes}
    assert fault_of_description(WHOLE, "acme") == ""
    assert hash(WHOLE) == hash(evolve(WHOLE))


@pytest.mark.parametrize("place", sorted(PLACES), ids=".".join)
def test_an_odd_value_of_any_field_is_refused_at_load_by_plugin_model_and_key(
    place: tuple[str, str],
) -> None:
    """Empty, blank, of the wrong sign, endless, no number, twice, or of another type."""
    owner, name, put = PLACES[place]
    held = getattr(owner, name)
    hint = get_type_hints(type(owner))[name]
    in_a_model = put(held) == WHOLE and any(owner is each[0] for each in places(MODEL, put))
    for odd in odd_ones(hint, held):
        fault = told(put, odd)
        if any(odd == each and type(odd) is type(each) for each in MAY.get(place, ())):
            assert fault == ""
            continue
        assert name.removesuffix("s") in fault, f"{odd!r}: {fault or 'it was taken'}"
        assert not in_a_model or place == ("Model", "id") or "the model 'm' with" in fault, fault


def told(put: Put, odd: object) -> str:
    """What is said of an odd value, when it is made or when its plugin is loaded."""
    try:
        return fault_of_description(put(odd), "acme")
    except ValueError as error:
        return str(error)
