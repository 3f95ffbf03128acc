"""The headers of a request that are a plugin's to give, and what HTTP lets stand in one.

A header could carry a credential to where it does not belong, name another host, or contradict
the body, so what says any of these is the core's alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from tintype.messages import Headers

# RFC 9110, 5.6.2: what a method or a header's name may be.
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_SHOWN = 40
CREDENTIAL = "the core adds the credential, by ProviderInfo.auth, and no hook sees one"
_BODY = "it follows from Request.body"
_CONNECTION = "it is the connection's"
# Whose a header is that is not a plugin's, by its name or by how that begins.
_OTHERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        ("authorization", CREDENTIAL),
        ("host", "it follows from Request.url"),
        ("content-.*", _BODY),
        ("(set-)?cookie2?", "tintype keeps and sends no cookies"),
        ("user-agent", "it is tintype's own"),
        ("accept", "give Request.accept"),
        ("accept-encoding", "tintype decodes what it asked for"),
        ("connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect", _CONNECTION),
        ("(proxy|http2)-.*", _CONNECTION),
    )
)


class OutOfLawError(ValueError):
    """What a plugin's request may not have, as the end of a sentence that begins with the hook.

    Attributes:
        section: Where in docs/plugins.md the law stands.
    """

    def __init__(self, fault: str, section: str) -> None:
        super().__init__(fault)
        self.section = section


def checked_headers(headers: Iterable[tuple[str, str]], credential: frozenset[str]) -> Headers:
    """A plugin's own headers, if they are that, and none in which its provider takes keys.

    Raises:
        OutOfLawError: One is the core's, is given twice, or is nothing that HTTP can carry.
    """
    given: set[str] = set()
    headers = tuple(headers)
    for name, value in headers:
        reason = header_fault(name, value, credential) or (
            "it is there twice" if name.lower() in given else ""
        )
        if reason:
            msg = (
                f"gives the headers of its API alone, and its request has "
                f"{str(name)[:_SHOWN]!r}: {reason}. Leave it out of Request.headers"
            )
            raise OutOfLawError(msg, "Requests")
        given.add(name.lower())
    return headers


def fault_of_result_headers(headers: Iterable[tuple[str, str]], credential: Iterable[str]) -> str:
    """What is wrong with headers that results are asked for with, as the end of a sentence."""
    try:
        checked_headers(headers, frozenset(name.lower() for name in credential))
    except OutOfLawError as error:
        return f"result_headers, of which one is not its own ({error})"
    return ""


def belongs_elsewhere(name: str) -> str:
    """Why a header can bear no credential, "" where it can: it is HTTP's or tintype's own."""
    reason = _whose(name.lower())
    return "" if reason is CREDENTIAL else reason


def header_fault(name: object, value: object, credential: frozenset[str]) -> str:
    """Why a header is not a plugin's to give, or cannot be sent; "" where it is and can.

    `credential` are the names, in lower case, of the headers in which the provider takes keys.
    """
    if not (isinstance(name, str) and TOKEN.fullmatch(name)):
        return "that is no name of a header"
    plain = name.lower()
    if reason := _whose(plain) or (CREDENTIAL if plain in credential else ""):
        return reason
    fits = isinstance(value, str) and VALUE.fullmatch(value)
    return "" if fits else "its value is no printable ASCII text"


@lru_cache
def _whose(name: str) -> str:
    """Why a header is not a plugin's to give, whatever it says; "" where it is."""
    return next((reason for pattern, reason in _OTHERS if pattern.fullmatch(name)), "")


def checked_media_types(said: str) -> str:
    """The value of an `Accept` header, or one media type, if it is that.

    Raises:
        ValueError: It is not.
    """
    ranges = [each.partition(";")[0].strip(" ") for each in said.split(",")]
    if not VALUE.fullmatch(said) or not all(map(_RANGE.fullmatch, ranges)):
        msg = f"{said[:_SHOWN]!r} is no media type"
        raise ValueError(msg)
    return said


_RANGE = re.compile(f"{TOKEN.pattern}/{TOKEN.pattern}")
