"""Secrets that were written out: found in fixtures, and cut out of recordings and reports.

Three signs tell a secret: the shape that issuers give their keys, the place it stands in
(a header, a field, a part of a URL that exists to carry one), and, where neither helps, a
run of letters and digits too random to be a word. All are looked for in either case of
letters, in what is sent and in what comes back.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from tintype_contracts.pointers import leaves, tokens

REDACTED = "<redacted>"

_SHAPES = re.compile(
    r"(?:\b(?:sk|pk|rk|aio|key|token|ghp|gho|xox[abp])[-_]|\bBearer\s+|\bBasic\s+)"
    r"(?=[\w-]*\d)[A-Za-z0-9_-]{16,}={0,2}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # AWS
    r"|\bAIza[\w-]{30,}"  # Google
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"  # a JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    re.IGNORECASE,
)
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "api-key",
        "x-key",
        "xi-api-key",
        "x-auth-token",
    }
)
_FIELDS = frozenset(
    {
        "accesstoken",
        "apikey",
        "authorization",
        "clientsecret",
        "password",
        "privatekey",
        "refreshtoken",
        "secret",
        "secretkey",
    }
)
_URL_SECRET = re.compile(
    r"[?&](?:api[-_]?key|key|(?:access[-_]?)?token|sig(?:nature)?|x-amz-[a-z-]+|password)=([^&#\s]+)"
    r"|://([^/\s@?#]+:[^/\s@?#]*)@",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_MIXED_RUN = re.compile(r"[A-Za-z0-9_-]{24,}")
_BITS = 3.0  # of entropy a character; words with a number behind them stay below
_MIXED_BITS = 4.0
_FEW_DIGITS = 2  # as words have: v2, seedream45


def leaks(value: object) -> Iterator[tuple[str, str]]:
    """Every text in `value` that looks like a secret: its pointer, and what gives it away."""
    for pointer, text in leaves(value):
        if isinstance(text, str) and (sign := _sign(pointer, text)):
            yield pointer, sign


def carries_keys(header: str) -> bool:
    """Whether a header of that name exists to carry a key."""
    return header.lower() in _HEADERS


def shaped_like_a_key(text: str) -> bool:
    """Whether `text` holds something of the shape that issuers give their keys."""
    return _SHAPES.search(_bare(text)) is not None


def random_looking(text: str) -> bool:
    """Whether `text` holds a run of characters that nobody chose."""
    bare = _bare(text)
    if _UUID.search(bare):
        return True
    plain = (run[0] for run in _RUN.finditer(bare))
    mixed = (run[0] for run in _MIXED_RUN.finditer(bare))
    return any(_is_random(run) for run in plain) or any(_is_mixed(run) for run in mixed)


def cut(text: str) -> str:
    """`text` without what is shaped like a key."""
    text = _URL_SECRET.sub(lambda found: found[0].replace(found[1] or found[2], REDACTED), text)
    return _SHAPES.sub(REDACTED, text)


def _sign(pointer: str, text: str) -> str:
    """What gives `text` away, or ""."""
    if shaped_like_a_key(text):
        return "has the shape of a key"
    if any(_bare(found[1] or found[2]).strip() for found in _URL_SECRET.finditer(text)):
        return "is a URL with a key in it"
    if _name(pointer) in _FIELDS and text.strip() and not _PLACEHOLDER.search(text):
        return "stands in a field that exists to carry a key"
    return "is too random to be a word" if random_looking(text) else ""


def _name(pointer: str) -> str:
    """The last token of `pointer`, as names of fields are compared."""
    return re.sub(r"[^a-z]", "", tokens(pointer)[-1].lower()) if pointer else ""


def _bare(text: str) -> str:
    """`text` without its placeholders."""
    return _PLACEHOLDER.sub("", text)


def _is_random(run: str) -> bool:
    digits = sum(character.isdigit() for character in run)
    return _FEW_DIGITS < digits < len(run) and _entropy(run) > _BITS


def _is_mixed(run: str) -> bool:
    kinds = (str.isupper, str.islower, str.isdigit)
    mixed = all(any(kind(character) for character in run) for kind in kinds)
    return mixed and _entropy(run) > _MIXED_BITS


def _entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    shares = (count / len(text) for count in Counter(text).values())
    return -sum(share * math.log2(share) for share in shares)
