"""How a provider signs its webhooks, computed apart from the core, which examines them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import pairwise

from attrs import evolve, field, frozen

from tintype._flow.channel import Channel, Terms
from tintype._flow.proving import KeySet, prove
from tintype._pacing import Clock
from tintype._plugins.registry import Plugin
from tintype.account import Secret
from tintype.errors import SignatureError
from tintype.messages import Delivery, Headers, Response
from tintype.signatures import Ed25519, Hmac, Signature
from tintype_contracts.check import NotApplicable
from tintype_contracts.fixtures import format as words
from tintype_contracts.harness.subject import Subject

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_URL = "https://caller.test/hooks"
_ID = "msg_2f8a1"
_KEY = bytes(range(7, 39))
_TIMES = frozenset({"time", "timestamp"})
_HOLE = re.compile(r"\{(\w+)\}")


@frozen(kw_only=True)
class _Form:
    """What is signed and where it is shown, by the documents or by the plugin.

    Attributes:
        header: The place of the signature: a header, or a field of one as `X-Signature[v1]`.
        over: What is signed, with holes.
        places: The place of each hole that is a header's.
        write: How the signature is written.
        ticks: How many units of the time make a second.
        tolerance: Seconds for which a delivery counts.
    """

    header: str
    over: str
    places: Mapping[str, str]
    write: Callable[[bytes], str] = field(repr=False)
    ticks: int
    tolerance: int


@frozen(kw_only=True)
class _Keys:
    """What a provider signs with.

    Attributes:
        make: The signature of a message.
        secrets: The account's part of it.
        published: What stands where the provider publishes keys.
    """

    make: Callable[[bytes], bytes]
    secrets: tuple[Secret, ...] = ()
    published: bytes = b""


@frozen
class Signer:
    """A provider that signs its webhooks, and the core that examines them."""

    _plugin: Plugin
    _form: _Form
    _keys: _Keys

    @property
    def covers_body(self) -> bool:
        """Whether the body is signed, or its digest."""
        return "{body}" in self._form.over or "{sha256}" in self._form.over

    @property
    def dated(self) -> bool:
        """Whether the time is signed."""
        return any(f"{{{name}}}" in self._form.over for name in _TIMES & self._form.places.keys())

    @property
    def tolerance(self) -> int:
        """Seconds for which a delivery counts."""
        return self._form.tolerance

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that are signed, and the one that shows it."""
        signed = [each for name, each in self._form.places.items() if name in self._holes]
        return tuple(dict.fromkeys(each.partition("[")[0] for each in [*signed, self._form.header]))

    @property
    def neighbours(self) -> tuple[tuple[str, str], ...]:
        """Headers' pieces with nothing between them and the next, whose border could be moved."""
        texts = _HOLE.split(self._form.over)
        return tuple(
            (first, second)
            for (index, first), (_, second) in pairwise(list(enumerate(texts))[1::2])
            if not texts[index + 1]
            and first in self._form.places
            and second in {*self._form.places, "body"}
        )

    @property
    def _holes(self) -> tuple[str, ...]:
        return tuple(_HOLE.findall(self._form.over))

    def signed(self, told: Delivery, at: datetime = NOW) -> Delivery:
        """A webhook as the provider sends it."""
        told = evolve(told, url=_URL)
        values = {
            name: str(int(at.timestamp()) * self._form.ticks) if name in _TIMES else _ID
            for name in self._form.places
        }
        pieces = {
            **{name: text.encode() for name, text in values.items()},
            "body": told.body,
            "sha256": hashlib.sha256(told.body).hexdigest().encode(),
            "url": _URL.encode(),
        }
        said = b"".join(
            pieces[piece] if index % 2 else piece.encode()
            for index, piece in enumerate(_HOLE.split(self._form.over))
        )
        shown = self._form.write(self._keys.make(said))
        return self._telling(told, values, shown)

    def values(self, told: Delivery) -> dict[str, str]:
        """What stands in each place."""
        return {name: _read(told.headers, place) for name, place in self._form.places.items()}

    def telling(self, told: Delivery, values: Mapping[str, str]) -> Delivery:
        """A webhook with other values and the signature that it has."""
        return self._telling(told, values, _read(told.headers, self._form.header))

    def _telling(self, told: Delivery, values: Mapping[str, str], shown: str) -> Delivery:
        texts = {self._form.places[name]: text for name, text in values.items()}
        written: dict[str, list[str]] = {}
        for place, text in {**texts, self._form.header: shown}.items():
            header, _, part = place.rstrip("]").partition("[")
            written.setdefault(header, []).append(f"{part}={text}" if part else text)
        own = {header.lower() for header in written}
        others = tuple(each for each in told.headers if each[0].lower() not in own)
        return evolve(
            told, headers=(*others, *((name, ",".join(each)) for name, each in written.items()))
        )

    def accepts(self, told: Delivery, now: datetime) -> bool:
        """Whether the core takes a webhook for the provider's."""
        clock = Clock(monotonic=lambda: 0.0, now=lambda: now)
        channel = Channel(self._plugin, Terms(clock=clock, jitter=lambda: 0.0))
        flow = prove(channel, KeySet(), told, self._keys.secrets)
        try:
            next(flow)
            flow.send(Response(status=200, body=self._keys.published))
        except StopIteration:
            return True
        except SignatureError:
            return False
        return False


def signer_of(subject: Subject) -> Signer:
    """What signs a provider's webhooks, as the documents say, or else as its plugin declares.

    Raises:
        NotApplicable: What the plugin declares needs an extra that is not installed.
    """
    declared = subject.info.signature
    documented = subject.fixtures.webhooks.signature if subject.fixtures.webhooks else None
    if declared is None or (isinstance(declared, Ed25519) and not find_spec("cryptography")):
        msg = "It needs: pip install 'tintype[crypto]'."
        raise NotApplicable(msg)
    form = _declared(declared) if documented is None else _documented(documented, declared)
    keys = _pair(declared) if isinstance(declared, Ed25519) else _shared(declared)
    return Signer(subject.plugin, form, keys)


def _declared(signature: Signature) -> _Form:
    return _Form(
        header=signature.header,
        over=signature.over,
        places=signature.headers,
        write=lambda made: signature.prefix + _encoded(made, signature.encoding),
        ticks=signature.ticks,
        tolerance=signature.window,
    )


def _documented(facts: words.Signature, declared: Signature) -> _Form:
    """By the documents; what they leave open is as the plugin has it."""
    standard = facts.scheme == "standard-webhooks"
    front = facts.header.removesuffix("signature") if standard else ""
    usual = {"id": f"{front}id", "time": f"{front}timestamp"} if front else {}
    prefix, encoding = ("v1,", "base64") if standard else (declared.prefix, "hex")
    return _Form(
        header=facts.header,
        over=facts.over,
        places={**usual, **facts.headers},
        write=lambda made: prefix + _encoded(made, encoding),
        ticks=1 if standard else declared.ticks,
        tolerance=facts.tolerance or declared.window,
    )


def _encoded(made: bytes, encoding: str) -> str:
    return made.hex() if encoding == "hex" else base64.b64encode(made).decode()


def _shared(signature: Hmac) -> _Keys:
    """A secret, written as the account has it."""
    text = {"text": _KEY.hex(), "hex": _KEY.hex(), "base64": base64.b64encode(_KEY).decode()}
    key = _KEY.hex().encode() if signature.secret == "text" else _KEY  # noqa: S105 - how it is written
    return _Keys(
        make=lambda said: hmac.digest(key, said, signature.algorithm),
        secrets=(Secret(signature.secret_prefix + text[signature.secret]),),
    )


def _pair(signature: Ed25519) -> _Keys:
    """A private key, and its public half as it is published."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PrivateKey,
    )

    key = Ed25519PrivateKey.from_private_bytes(_KEY)
    public = key.public_key().public_bytes_raw()
    shown = base64.urlsafe_b64encode(public).decode().rstrip("=")
    key_set = json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": shown}]})
    published = key_set if signature.keys == "jwks" else public.hex()
    return _Keys(make=key.sign, published=published.encode())


def _read(headers: Headers, place: str) -> str:
    """What stands in a header, or in a field of one."""
    name, _, part = place.rstrip("]").partition("[")
    text = next(text for key, text in headers if key.lower() == name.lower())
    if not part:
        return text
    fields = dict(each.split("=", 1) for each in text.split(","))
    return fields[part]
