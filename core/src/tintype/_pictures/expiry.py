"""When a signed URL stops working, read from the URL, and whether a storage says that it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

_MAX_FIELDS = 100
_BASIC = "%Y%m%dT%H%M%SZ"  # ISO 8601 without separators, as the signatures of version 4 write it

# What a storage says of a URL whose time is over: S3 and what speaks like it ("Request has
# expired", ExpiredToken), Azure ("Signature not valid in the specified time frame"), and the rest.
_OVER = re.compile(rb"expired|not valid in the specified time frame", re.IGNORECASE)


def signed_expiry(url: str) -> datetime | None:
    """When a signed URL stops working, or None where it does not say so.

    Read are the spellings of S3, R2, GCS, Volcengine TOS, Alibaba OSS, Tencent COS, Azure and
    CloudFront, and `exp` beside `sig`.
    """
    if "?" not in url:
        return None
    try:
        pairs = parse_qsl(urlsplit(url).query, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return None
    fields = {name.lower(): value for name, value in pairs}
    for read in _SPELLINGS:
        try:
            found = read(fields)
        except (ValueError, OverflowError, OSError):  # no time anybody signs for
            continue
        if found is not None:
            return found
    return None


def says_expired(body: bytes) -> bool:
    """Whether a storage's refusal gives as its reason that the URL's time is over."""
    return _OVER.search(body) is not None


_Fields = Mapping[str, str]


def _version_4(vendor: str) -> Callable[[_Fields], datetime | None]:
    """A start and a number of seconds, under a vendor's prefix."""

    def read(fields: _Fields) -> datetime | None:
        start, seconds = fields.get(f"x-{vendor}-date"), fields.get(f"x-{vendor}-expires")
        if start is None or seconds is None:
            return None
        begun = datetime.strptime(start, _BASIC).replace(tzinfo=UTC)
        return begun + timedelta(seconds=int(seconds))

    return read


def _exp(fields: _Fields) -> datetime | None:
    """Seconds since 1970, as a web token has them; only beside a signature."""
    signed = "exp" in fields and "sig" in fields
    return datetime.fromtimestamp(int(fields["exp"]), UTC) if signed else None


def _epoch(fields: _Fields) -> datetime | None:
    """Seconds since 1970: S3 and OSS of the first version, CloudFront."""
    return datetime.fromtimestamp(int(fields["expires"]), UTC) if "expires" in fields else None


def _tencent(fields: _Fields) -> datetime | None:
    """`start;end` in seconds since 1970."""
    if "q-sign-time" not in fields:
        return None
    return datetime.fromtimestamp(int(fields["q-sign-time"].rpartition(";")[2]), UTC)


def _azure(fields: _Fields) -> datetime | None:
    """ISO 8601, in UTC where it names no zone; only beside a signature."""
    if "se" not in fields or "sig" not in fields:
        return None
    found = datetime.fromisoformat(fields["se"])
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_SPELLINGS = (
    *(_version_4(vendor) for vendor in ("amz", "goog", "tos", "oss")),
    _tencent,
    _azure,
    _exp,
    _epoch,
)
