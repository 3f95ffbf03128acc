"""How providers write their signatures: each documented form is verified, changed or stale refused.

The table is the one of docs/plugins.md. The forms follow the providers' public documents; secrets
and bodies are made up, and nothing was tried against a provider.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from attrs import evolve, field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.core.acme import INFO, NOW, Acme, Line

from tintype._plugins.registry import Registry
from tintype.account import Secret
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError, SignatureError, StaleSignatureError
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Response
from tintype.signatures import Ed25519, Hmac, Signature, standard_webhooks

AT = int(NOW.timestamp())
BODY = b'{"id": "t1", "status": "running"}'
URL = "https://here.test/hook?a=1"
SHARED = "shared-by-both-of-us"
IN_BASE64 = base64.b64encode(SHARED.encode()).decode()
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DOCS = Path(__file__).parents[2] / "docs" / "plugins.md"


def _by_secret(algorithm: str) -> Callable[[bytes], bytes]:
    return lambda over: hmac.digest(SHARED.encode(), over, algorithm)


def _hex(made: bytes) -> str:
    return made.hex()


def _base64(made: bytes) -> str:
    return base64.b64encode(made).decode()


@frozen(kw_only=True)
class Form:
    """How one provider signs.

    Attributes:
        declared: What a plugin declares.
        headers: Its headers, with `{at}` for the time and `{made}` for the signature.
        over: What it signs, likewise, with `{body}`, `{sha256}` and `{url}`.
        stale: Whether an old delivery is refused: where the time is signed.
        sign: What makes the signature.
        write: How it is written.
        secret: The secret as the provider hands it out.
        ticks: How many of its time's units make a second.
    """

    declared: Signature
    headers: Mapping[str, str]
    over: str
    stale: bool = True
    sign: Callable[[bytes], bytes] = field(factory=lambda: _by_secret("sha256"))
    write: Callable[[bytes], str] = _hex
    secret: str = SHARED
    ticks: int = 1

    def delivery(self, at: int = AT) -> Delivery:
        """A webhook that it signed at a time."""
        stamp = str(at * self.ticks)
        pieces = {
            "{at}": stamp.encode(),
            "{body}": BODY,
            "{sha256}": hashlib.sha256(BODY).hexdigest().encode(),
            "{url}": URL.encode(),
        }
        over = self.over.encode()
        for hole, piece in pieces.items():
            over = over.replace(hole.encode(), piece)
        made = self.write(self.sign(over))
        headers = {
            name: said.replace("{at}", stamp).replace("{made}", made)
            for name, said in self.headers.items()
        }
        return Delivery(body=BODY, headers=headers, url=URL)


def _in_fields(header: str, time: str = "t", made: str = "v1", joint: str = ".") -> Hmac:
    return Hmac(
        header=f"{header}[{made}]",
        over=f"{{timestamp}}{joint}{{body}}",
        headers={"timestamp": f"{header}[{time}]"},
    )


FORMS: Mapping[str, Form] = {
    "Standard Webhooks": Form(
        declared=standard_webhooks(),
        headers={
            "webhook-id": "m1",
            "webhook-timestamp": "{at}",
            "webhook-signature": "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGz== v1,{made}",
        },
        over="m1.{at}.{body}",
        write=_base64,
        secret=f"whsec_{IN_BASE64}",
    ),
    "Stripe": Form(
        declared=_in_fields("Stripe-Signature"),
        headers={"Stripe-Signature": "t={at},v1={made},v0=6ffbb59b2300aae63f272406069a9788"},
        over="{at}.{body}",
    ),
    "Paddle": Form(
        declared=_in_fields("Paddle-Signature", "ts", "h1", ":"),
        headers={"Paddle-Signature": "ts={at};h1={made}"},
        over="{at}:{body}",
    ),
    "GitHub": Form(
        declared=Hmac(header="X-Hub-Signature-256", prefix="sha256="),
        headers={"X-Hub-Signature-256": "sha256={made}"},
        over="{body}",
        stale=False,
    ),
    "Slack": Form(
        declared=Hmac(
            header="X-Slack-Signature",
            over="v0:{timestamp}:{body}",
            headers={"timestamp": "X-Slack-Request-Timestamp"},
            prefix="v0=",
        ),
        headers={"X-Slack-Signature": "v0={made}", "X-Slack-Request-Timestamp": "{at}"},
        over="v0:{at}:{body}",
    ),
    "Shopify": Form(
        declared=Hmac(header="X-Shopify-Hmac-Sha256", encoding="base64"),
        headers={"X-Shopify-Hmac-Sha256": "{made}"},
        over="{body}",
        stale=False,
        write=_base64,
    ),
    "Twilio, a body of JSON": Form(
        declared=Hmac(
            header="X-Twilio-Signature", over="{url}", algorithm="sha1", encoding="base64"
        ),
        headers={"X-Twilio-Signature": "{made}"},
        over="{url}",
        stale=False,
        sign=_by_secret("sha1"),
        write=_base64,
    ),
    "HubSpot, version 3": Form(
        declared=Hmac(
            header="X-HubSpot-Signature-v3",
            over="POST{url}{body}{timestamp}",
            headers={"timestamp": "X-HubSpot-Request-Timestamp"},
            encoding="base64",
            ticks=1000,
        ),
        headers={"X-HubSpot-Signature-v3": "{made}", "X-HubSpot-Request-Timestamp": "{at}"},
        over="POST{url}{body}{at}",
        write=_base64,
        ticks=1000,
    ),
    "Microsoft Teams": Form(
        declared=Hmac(header="Authorization", prefix="HMAC ", encoding="base64", secret="base64"),
        headers={"Authorization": "HMAC {made}"},
        over="{body}",
        stale=False,
        write=_base64,
        secret=IN_BASE64,
    ),
    "fal": Form(
        declared=Ed25519(
            header="X-Fal-Webhook-Signature",
            keys_url="https://rest.alpha.fal.ai/.well-known/jwks.json",
            over="{id}\n{user}\n{timestamp}\n{sha256}",
            headers={
                "id": "X-Fal-Webhook-Request-Id",
                "user": "X-Fal-Webhook-User-Id",
                "timestamp": "X-Fal-Webhook-Timestamp",
            },
        ),
        headers={
            "X-Fal-Webhook-Signature": "{made}",
            "X-Fal-Webhook-Request-Id": "r1",
            "X-Fal-Webhook-User-Id": "u1",
            "X-Fal-Webhook-Timestamp": "{at}",
        },
        over="r1\nu1\n{at}\n{sha256}",
        sign=KEY.sign,
    ),
}


class Signing(Acme):
    """Acme, whose webhooks are signed."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature

    @hookimpl
    def describe(self) -> ProviderInfo:
        """With the signature."""
        return evolve(INFO, webhooks=True, signature=self.signature)


def proves(form: Form, told: Delivery) -> bool:
    """Whether a webhook's signature proves its body, for a plugin that is loaded."""
    signing = Signing(form.declared)
    Registry({"acme": signing}).get("acme")
    public = base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).decode().rstrip("=")
    keys = f'{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{public}"}}]}}'
    line = Line(then=Response(status=200, body=keys.encode()))
    return line.run(line.talk(signing).prove(told, (Secret(form.secret),)))


@pytest.mark.parametrize("name", FORMS)
def test_a_documented_form_is_verified(name: str) -> None:
    """Whatever it signs; where that tells nothing of the body, the body is not proven."""
    form = FORMS[name]
    tells = "{body}" in form.over or "{sha256}" in form.over
    assert proves(form, form.delivery()) is tells


@pytest.mark.parametrize("name", FORMS)
def test_a_changed_delivery_is_refused_in_every_form(name: str) -> None:
    """What it signs is changed, or somebody else signed it."""
    form, told = FORMS[name], FORMS[name].delivery()
    changed = evolve(told, body=BODY + b" ", url=f"{URL}&b=2")
    forged = evolve(form, sign=lambda over: form.sign(over + b" ")).delivery()
    for each in (changed, forged):
        with pytest.raises(SignatureError):
            proves(form, each)


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.stale])
def test_a_stale_delivery_is_refused_where_the_time_is_signed(name: str) -> None:
    """It was signed rightly, too long ago."""
    with pytest.raises(StaleSignatureError):
        proves(FORMS[name], FORMS[name].delivery(AT - 301))


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("X-S[v1]", "t={at}; v1={made}"),
        ("X-S[v1]", "t={at} , v1 = {made}"),
        ("X-S[v1]", 't="{at}",v1="{made}"'),
        ("X-S[v1]", "t={at};v1=00ff;v1={made}"),
        ("X-S[v1]", "t={at},v1=00ff {made}"),
    ],
)
def test_the_fields_of_a_header_may_stand_apart_in_any_way(place: str, shown: str) -> None:
    """With `,` or `;`, with blanks or quotes around them, and more than one signature."""
    declared = evolve(_in_fields("X-S"), header=place)
    form = Form(declared=declared, headers={"X-S": shown}, over="{at}.{body}")
    assert proves(form, form.delivery())


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("sha256=", "sha1=00ff,sha256={made}"),
        ("sha256=", "sha256=00ff;sha256={made}"),
        ("HMAC sha256=", "HMAC sha256={made}"),
        ("", "00ff, {made}"),
    ],
)
def test_signatures_of_one_header_are_alternatives(prefix: str, shown: str) -> None:
    """Whatever stands between them, and whatever their prefix is."""
    declared = Hmac(header="X-S", prefix=prefix)
    form = Form(declared=declared, headers={"X-S": shown}, over="{body}")
    assert proves(form, form.delivery())


def test_the_documents_list_every_form() -> None:
    """Whoever writes a plugin finds the declaration there."""
    rows = [line.split("|")[1].strip() for line in DOCS.read_text().splitlines() if "|" in line]
    assert [name for name in FORMS if name not in rows] == []


# --------------------------------------------------------------- what nothing reads is refused


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        (Hmac(header="X-S", headers={"id": "X-Id"}), "'id', which `over` does not"),
        (Hmac(header="X-S", ticks=1000), "ticks or a window, and no {timestamp}"),
        (Hmac(header="X-S", window=60), "ticks or a window, and no {timestamp}"),
        (Hmac(header="X-S", over="{time-stamp}.{body}"), "braces in over"),
        (Hmac(header="X-S", prefix="{version}="), "braces in prefix"),
        (Hmac(header="X-S", secret_prefix="{name}_"), "braces in secret_prefix"),
        (
            evolve(FORMS["fal"].declared, keys_url="https://{region}.acme.test/keys"),
            "keys_url",
        ),
        (evolve(FORMS["fal"].declared, keys_url="https://acme.test/{region}"), "keys_url"),
    ],
    ids=str,
)
def test_a_part_of_a_signature_that_nothing_reads_is_refused(
    declared: Signature, fault: str
) -> None:
    """It would be ignored in silence, or refuse every true delivery."""
    with pytest.raises(PluginError, match=fault):
        Registry({"acme": Signing(declared)}).get("acme")
