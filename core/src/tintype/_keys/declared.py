"""What a plugin declares of credentials, held to itself when the plugin is loaded.

Whatever nobody would read or fill is refused here: at the provider it would be a refusal of a
key that is right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Literal

from attrs import fields

from tintype._holes import BRACE, HOLE, texts_in, with_texts
from tintype._http.headers import belongs_elsewhere
from tintype._keys.origins import fault_of_origins
from tintype.credentials import (
    Jwt,
    OAuthClientCredentials,
    Scheme,
    SigV4,
)
from tintype.messages import Headers

_ADDRESS = re.compile(r"[!-~]+")
_RESERVED = frozenset({"api_key", "base_url", "usd_per_credit", "webhook_secret", "trusted_hosts"})
_CREDENTIALS = frozenset(
    {"key", "secret", "password", "username", "session_token", "client_id", "client_secret"}
)
_BEARS_A_SECRET = re.compile(
    r"(?:[^_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)|PASS|PWD|PAT|AUTH|PRIVATE)S?"
)


def fault_of(scheme: object) -> str:
    """What is wrong with a scheme that a plugin declares, or ""."""
    taken = [name for name in getattr(scheme, "headers", ()) if belongs_elsewhere(name)]
    if taken:
        return f"auth in the header {taken[0]!r}, which is HTTP's or tintype's own"
    match scheme:
        case Jwt():
            return _fault_of_claims("claims", scheme) or _fault_of_claims("head", scheme)
        case OAuthClientCredentials():
            return _fault_of_purchase(scheme)
        case _:
            return ""


def _fault_of_claims(part: Literal["claims", "head"], scheme: Jwt) -> str:
    """What is wrong with what a token says: it is signed, and anybody can read it."""
    own = {"exp": "lifetime", **dict.fromkeys(scheme.times, "times")}
    taken = {"alg": "algorithm"} if part == "head" else own
    said: Mapping[str, object] = scheme.head if part == "head" else scheme.claims
    for name, value in said.items():
        what = f"auth with {part}[{name!r}]"
        if name in taken:
            return f"{what}, which {taken[name]!r} says already"
        if "{secret}" in "".join(texts_in(value)):
            return f"{what}, a claim that tells the secret it is signed with"
        if not _is_json(value):
            return f"{what}, which JSON cannot hold"
    return "auth with times['exp'], which 'lifetime' says already" if "exp" in scheme.times else ""


def _is_json(value: object) -> bool:
    try:
        json.dumps(with_texts(value, str), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _fault_of_purchase(scheme: OAuthClientCredentials) -> str:
    own = {"grant_type", "scope", *scheme.needs}
    if not _is_safe(scheme.token_url):
        return "auth with a token_url that is not https, or whose host is no plain one"
    if len({name.lower() for name in scheme.headers}) < len(scheme.headers):
        return "auth with an id_header that is the token's own"
    taken = sorted(own & scheme.parameters.keys())
    return f"auth with parameters that name {taken[0]!r}, which is tintype's own" if taken else ""


def _fault_of_holes(scheme: Scheme, settings: frozenset[str]) -> str:
    """What is wrong with the holes of a scheme: one that nothing fills would be sent as it is."""
    for each in fields(type(scheme)):
        said = getattr(scheme, each.name)
        several = said.items() if isinstance(said, Mapping) else [("", said)]
        for name, part in several:
            place = f"{each.name}[{name!r}]" if name else each.name
            names = {found for text in texts_in(part) for found in HOLE.findall(text)}
            filled = _FILLED.get((type(scheme), each.name), _by_nobody)
            idle = sorted(names - filled(names, settings))
            stray = any(BRACE.search(HOLE.sub("", text)) for text in (name, *texts_in(part)))
            if idle or stray or HOLE.search(name):
                hole = f"{{{idle[0]}}}" if idle else "its braces"
                return f"auth with {place}, in which nothing fills {hole}"
    return ""


def _by_nobody(_names: set[str], _settings: frozenset[str]) -> set[str]:
    return set()


def _by_settings(names: set[str], settings: frozenset[str]) -> set[str]:
    return names & settings


def _by_credentials(names: set[str], settings: frozenset[str]) -> set[str]:
    return names - settings


# Who fills the holes of which fields.
_FILLED: Mapping[tuple[type, str], Callable[[set[str], frozenset[str]], set[str]]] = {
    (SigV4, "region"): _by_settings,
    (OAuthClientCredentials, "token_url"): _by_settings,
    (OAuthClientCredentials, "scope"): _by_settings,
    (OAuthClientCredentials, "parameters"): _by_settings,
    (Jwt, "claims"): _by_credentials,
    (Jwt, "head"): _by_credentials,
}


def fault_of_headers(headers: Headers, settings: Mapping[str, str]) -> str:
    """What is wrong with the holes in the headers of results, or ""."""
    found = {name for _, value in headers for name in HOLE.findall(value)} - settings.keys()
    return f"result_headers with {min(found)!r} in braces, which is no setting" if found else ""


def fault_of_names(
    scheme: Scheme, variables: Mapping[str, str], settings: Mapping[str, str]
) -> str:
    """What is wrong with the names of credentials, settings and their variables, or "".

    A setting goes into URLs: none is called, or read from, what bears a secret.
    """
    holed = _fault_of_holes(scheme, frozenset(settings))
    if holed:
        return holed
    needed = (*scheme.needs, *scheme.takes)
    names = (*needed, *variables, *settings)
    wrong = [name for name in names if not name.isidentifier() or name in _RESERVED]
    wrong += [name for name in settings if name in _CREDENTIALS or name in needed]
    if wrong:
        return f"a credential or setting {wrong[0]!r}, which is no name for one"
    idle = [name for name in variables if name not in {*needed, *settings}]
    if idle:
        return f"a variable of {idle[0]!r}, which is neither a credential of its auth nor a setting"
    read = [*settings, *(variables[name] for name in settings if name in variables)]
    words = {name: name.upper().split("_") for name in read}
    secret = [name for name in read if any(map(_BEARS_A_SECRET.fullmatch, words[name]))]
    return f"a setting from {secret[0]!r}, which bears a secret" if secret else ""


def _is_safe(url: str) -> bool:
    """Whether nobody else can read what is sent there; a hole is no part of its domain."""
    front = re.fullmatch(r"(https?://[^/?#\\]+)[^#\\]*", url)
    if front is None or not _ADDRESS.fullmatch(url):
        return False
    return fault_of_origins((front[1],), HOLE.findall(front[1])) == ""
