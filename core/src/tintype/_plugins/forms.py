"""What each field of a catalog may hold, beyond its type: one table, from classes and fields.

A field of text, of numbers or of names that is not in the table would let nonsense in, so a
test tries every field of every class that a catalog can hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, get_args

import attrs

from tintype._excerpts import shortened
from tintype._http.headers import TOKEN
from tintype.catalog import (
    Ability,
    Caution,
    Choice,
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
from tintype.credentials import HeaderKey, Jwt, OAuthClientCredentials, QueryKey, SigV4
from tintype.signatures import Ed25519, Hmac

# What a field has to be, and whether a value is it.
_Form: TypeAlias = tuple[str, Callable[[object], bool]]

_LONGEST = 100
_DAY = 86_400
_LONGEST_WAIT = 30 * _DAY


def odd_value(value: attrs.AttrsInstance, path: str = "") -> Iterator[str]:
    """Each field of a value, and of what it holds, that is not of its form, as a sentence's end.

    What another rule looks at by the whole, such as origins, is not looked at here.
    """
    low, high = _ORDERED.get(type(value), ("", ""))
    least, most = getattr(value, low, None), getattr(value, high, None)
    if least is not None and most is not None and least > most:
        yield f"{path}{low}={least}, which is above {high}={most}"
    for each in attrs.fields(type(value)):
        held, place = getattr(value, each.name), f"{path}{each.name}"
        usual = _NOTE if each.name == "source" else _ANYTHING
        words, fits = _FORMS.get((type(value), each.name), usual)
        if held is not None and not fits(held):
            yield f"{place}={shortened(repr(held), _LONGEST)}, which is not {words}"
        for where, inner in _within(held, place):
            yield from odd_value(inner, f"{where}.")


def _within(held: object, place: str) -> Iterator[tuple[str, attrs.AttrsInstance]]:
    """The values of classes in a field. A model is looked at by its own name."""
    inner: Iterable[tuple[object, object]]
    match held:
        case tuple():
            inner = enumerate(held)
        case Mapping():
            inner = held.items()
        case _:
            inner = [("", held)]
    for key, each in inner:
        if attrs.has(type(each)) and not isinstance(each, Model):
            yield f"{place}[{key!r}]" if key != "" else place, each  # type: ignore[misc]  # it is asked


# ------------------------------------------------------------------------------ the forms


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and value == value.strip() != ""


def _at_least(low: float, high: float = float("inf")) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int | float) and low <= value <= high


def _matches(pattern: str) -> Callable[[object], bool]:
    known = re.compile(pattern)
    return lambda value: isinstance(value, str) and known.fullmatch(value) is not None


def _each(form: _Form, least: int = 0) -> _Form:
    """Several of a form, each once."""
    words, fits = form
    several = f"{'several' if not least else f'{least} or more'}, each once and each {words}"
    return (
        several,
        lambda held: (
            isinstance(held, tuple)
            and least <= len(held) == len(set(held))
            and all(map(fits, held))
        ),
    )


def _keyed(names: _Form, values: _Form) -> _Form:
    """A mapping by its names and its values."""
    return (
        f"by names, each {names[0]}, what is {values[0]}",
        lambda held: (
            isinstance(held, Mapping)
            and all(map(names[1], held))
            and all(map(values[1], held.values()))
        ),
    )


def _or_nothing(form: _Form) -> _Form:
    words, fits = form
    return f'{words}, or ""', lambda value: value == "" or fits(value)


_ANYTHING: _Form = ("anything", lambda _: True)
_LINE: _Form = ("a line of text without blanks around it", _is_line)
_NOTE = _or_nothing(_LINE)
_NAME: _Form = ("a name without blanks", lambda value: _is_line(value) and " " not in str(value))
_URL: _Form = ("an http(s) address", _matches(r"https?://[!-~]+"))
_SAFE_URL: _Form = ("https://host/path", _matches(r"https://[\w.-]+(/[!-~]*)?"))
_SIGNED: _Form = ("text with holes", lambda value: _is_line(str(value).replace("\n", "-")))
_COUNT: _Form = ("a whole number from 1 on", _at_least(1, 10**9))
_FROM_ZERO: _Form = ("a whole number from 0 on", _at_least(0, 10**9))
_SECONDS: _Form = (
    "seconds, above 0 and at most 30 days",
    lambda value: _at_least(0, _LONGEST_WAIT)(value) and value != 0,
)
_DELAYS: _Form = (
    "1 or more delays in seconds, from 0 to a day, the last above 0",
    lambda held: (
        isinstance(held, tuple)
        and bool(held)
        and all(map(_at_least(0, _DAY), held))
        and held[-1] > 0
    ),
)
_PIECE: _Form = (
    "a code or a piece of a message, of 2 characters or more",
    lambda value: _is_line(value) and len(str(value)) > 1,
)
_VARIABLE: _Form = ("the name of an environment variable", _matches(r"[A-Za-z_][A-Za-z0-9_]*"))
_IDENTIFIER: _Form = ("a name of letters, digits and _", _matches(r"[A-Za-z_][A-Za-z0-9_]*"))
_SETTING: _Form = ('letters, digits, - and _, or ""', _matches(r"[A-Za-z0-9_-]*"))
_HEADER: _Form = ("the name of a header", _matches(TOKEN.pattern))
_PRINTABLE: _Form = ("printable ASCII", _matches(r"[ -~]*"))
_SCOPE: _Form = ("letters, digits, - and settings in braces", _matches(r"([A-Za-z0-9-]|\{\w+\})+"))
_PARAMETER: _Form = ("a name that a query has without escapes", _matches(r"[A-Za-z0-9._~-]+"))
_ABILITY: _Form = (
    f"one of {', '.join(get_args(Ability))}",
    lambda value: value in get_args(Ability),
)
_PLACES: _Form = (
    "the name of a header, or of a field in one: Name[field]",
    _matches(rf"{TOKEN.pattern}(\[\w+\])?"),
)
_POSITIVE: _Form = ("an amount above 0", lambda value: value > 0)  # type: ignore[operator]  # a Decimal by its type

# The bounds of a class: what must not be above what.
_ORDERED: Mapping[type, tuple[str, str]] = {
    Integer: ("low", "high"),
    Number: ("low", "high"),
    Text: ("min_length", "max_length"),
    Pixels: ("min_total", "max_total"),
}

# The fields of a class that are of one form. A `source` that is not here is a note, or nothing.
_ROWS: tuple[tuple[type, _Form, str], ...] = (
    (Choice, _each(_LINE, 1), "values"),
    (Choice, _or_nothing(_LINE), "default"),
    (Pixels, _or_nothing(_NAME), "default"),
    (Pixels, _COUNT, "min_total max_total max_ratio"),
    (Text, _FROM_ZERO, "min_length"),
    (Text, _COUNT, "max_length"),
    (Integer, _COUNT, "step"),
    (Items, _COUNT, "max_count"),
    (Object, _keyed(_NAME, _ANYTHING), "fields"),
    (Unsupported, _LINE, "reason"),
    (Caution, _NAME, "field"),
    (Caution, _LINE, "message"),
    (Caution, _keyed(_NAME, _LINE), "when"),
    (Price, _NAME, "billable"),
    (Price, _keyed(_NAME, _LINE), "when"),
    (References, _each(_NAME, 1), "forms roles"),
    (References, _keyed(_NAME, _COUNT), "max_of"),
    (References, _COUNT, "max_count max_bytes max_total_bytes"),
    (Model, _NOTE, "id title"),
    (Model, _or_nothing(_NAME), "name edits_with successor"),
    (Model, _keyed(_NAME, _ANYTHING), "parameters options"),
    (Model, _keyed(_NAME, _keyed(_NAME, _NAME)), "sizes"),
    (Model, _keyed(_ABILITY, _each(_NAME)), "tasks"),
    (Model, _COUNT, "max_n max_in_flight requests_per_minute results_kept"),
    (Model, _SECONDS, "request_timeout"),
    (Idempotency, _or_nothing(_HEADER), "header"),
    (Idempotency, _or_nothing(_NAME), "field"),
    (Idempotency, _SECONDS, "window"),
    (Idempotency, _LINE, "source"),
    (ProviderInfo, ("1 or more models", bool), "models"),
    (ProviderInfo, _each(("an origin", lambda _: True), 1), "origins"),
    (ProviderInfo, _LINE, "title"),
    (ProviderInfo, _or_nothing(_URL), "homepage"),
    (ProviderInfo, _keyed(_IDENTIFIER, _VARIABLE), "variables"),
    (ProviderInfo, _keyed(_IDENTIFIER, _SETTING), "settings"),
    (ProviderInfo, _keyed(_NAME, _ANYTHING), "options"),
    (ProviderInfo, _keyed(_NAME, _each(_NAME, 1)), "wire_names"),
    (ProviderInfo, _each(_NAME), "public_keys prices_depend_on"),
    (ProviderInfo, ('"": only a page of a live list has it', lambda v: v == ""), "next_models"),
    (ProviderInfo, _keyed(_LINE, _POSITIVE), "credit_values"),
    (ProviderInfo, _SECONDS, "request_timeout task_timeout"),
    (ProviderInfo, _DELAYS, "poll_schedule"),
    (ProviderInfo, _each(_PIECE), "moderation"),
    (ProviderInfo, _each(_LINE), "sources"),
    *((kind, _HEADER, "header") for kind in (HeaderKey, Jwt)),
    *((kind, _PRINTABLE, "prefix") for kind in (HeaderKey, Jwt, Hmac, Ed25519)),
    (QueryKey, _PARAMETER, "name"),
    (Jwt, _SECONDS, "lifetime"),
    (Jwt, _keyed(_NAME, _ANYTHING), "claims times head"),
    (SigV4, _SCOPE, "service region"),
    (OAuthClientCredentials, _URL, "token_url"),
    (OAuthClientCredentials, _NOTE, "scope"),
    (OAuthClientCredentials, _keyed(_NAME, _LINE), "parameters"),
    (OAuthClientCredentials, _or_nothing(_HEADER), "id_header"),
    *((kind, _PLACES, "header") for kind in (Hmac, Ed25519)),
    *((kind, _SIGNED, "over") for kind in (Hmac, Ed25519)),
    *((kind, _keyed(_IDENTIFIER, _PLACES), "headers") for kind in (Hmac, Ed25519)),
    *((kind, _COUNT, "ticks window") for kind in (Hmac, Ed25519)),
    (Hmac, _PRINTABLE, "secret_prefix"),
    (Ed25519, _SAFE_URL, "keys_url"),
)
_FORMS = {(kind, name): form for kind, form, names in _ROWS for name in names.split()}
