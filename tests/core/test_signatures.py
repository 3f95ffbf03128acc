"""Signatures of webhooks: what is right by the documents' own examples, and nothing else."""

from __future__ import annotations

import base64
import hmac
import json

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.core.acme import INFO, NOW, Acme, Line

from tintype._flow.effects import Send, Sleep
from tintype._plugins.registry import Registry
from tintype.account import Account, Secret
from tintype.catalog import ProviderInfo
from tintype.errors import (
    PluginError,
    ServerError,
    SignatureError,
    StaleSignatureError,
    UsageError,
)
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Response
from tintype.signatures import Ed25519, Hmac, Signature, standard_webhooks

AT = int(NOW.timestamp())
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the specification's own
BODY = b'{"id": "t1", "status": "running"}'
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS_URL = "https://keys.acme.test/jwks.json"
BY_KEY = Ed25519(
    header="X-Signature",
    keys_url=KEYS_URL,
    over="{id}\n{timestamp}\n{sha256}",
    headers={"id": "X-Id", "timestamp": "X-At"},
)


class Signing(Acme):
    """Acme, whose webhooks are signed."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature

    @hookimpl
    def describe(self) -> ProviderInfo:
        """With the signature."""
        return evolve(INFO, webhooks=True, signature=self.signature)


def proves(signature: Signature, told: Delivery, *secrets: str, line: Line | None = None) -> bool:
    """Whether a webhook's signature proves its body."""
    line = line or Line()
    return line.run(line.talk(Signing(signature)).prove(told, tuple(map(Secret, secrets))))


def standard(secret: str = SECRET, at: int = AT, body: bytes = BODY, **more: str) -> Delivery:
    """A webhook as standardwebhooks.com has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.digest(key, f"m1.{at}.".encode() + body, "sha256")
    headers = {
        "Webhook-Id": "m1",
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": "v1," + base64.b64encode(made).decode(),
        **more,
    }
    return Delivery(body=body, headers=tuple(headers.items()))


def test_the_standards_own_example_is_right() -> None:
    """Its secret, its message, and the signature that is printed beside them."""
    example = Delivery(
        body=b'{"test": 2432232314}',
        headers=(
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ),
    )
    assert proves(standard_webhooks(window=10**9), example, SECRET)
    with pytest.raises(StaleSignatureError, match="seconds ago, and its provider allows 300"):
        proves(standard_webhooks(), example, SECRET)


@pytest.mark.parametrize("weak", ["aaaaaaa", "https:", "12312312"])
def test_a_secret_that_many_addresses_hold_is_refused(weak: str) -> None:
    """It would be taken out of them, and a paid picture be lost; the error does not show it."""
    with pytest.raises(UsageError, match=r"Webhook secret 2 of 2 has fewer than 6") as caught:
        Account(provider="acme", webhook_secrets=(SECRET, weak))
    assert weak not in str(caught.value)


def test_any_of_several_secrets_and_signatures_counts() -> None:
    """While a secret is renewed both sides have two."""
    other = "whsec_" + base64.b64encode(b"another secret").decode()
    right = dict(standard().headers)["Webhook-Signature"]
    both = {"Webhook-Signature": f"v1a,AAAA v1,nonsense v1,AAAA {right}"}
    assert proves(standard_webhooks(), standard(**both), other, SECRET)
    with pytest.raises(SignatureError, match="wrong"):
        proves(standard_webhooks(), standard(), other)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (evolve(standard(), body=BODY + b" "), "wrong"),
        (standard(**{"Webhook-Id": "m2"}), "wrong"),
        (standard(**{"Webhook-Timestamp": str(AT + 1)}), "wrong"),
        (standard(at=AT - 301), "301 seconds ago"),
        (standard(at=AT + 301), "301 seconds in the future"),
        (standard(**{"Webhook-Timestamp": "now"}), "no whole number"),
        (standard(**{"Webhook-Timestamp": "1" * 5000}), "no whole number"),
        (standard(**{"Webhook-Signature": "v1,é"}), "no signature"),
        (standard(**{"Webhook-Signature": "v2,AAAA"}), "no signature"),
        (standard(**{"Webhook-Signature": ""}), "no signature"),
        (standard(**{"webhook-id": "m1"}), "more than one 'webhook-id'"),
        (Delivery(body=BODY), "no 'webhook-id'"),
    ],
)
def test_what_is_not_signed_so_is_refused_with_what_is_wrong(told: Delivery, fault: str) -> None:
    """No secret is in the error."""
    with pytest.raises(SignatureError, match=fault) as caught:
        proves(standard_webhooks(), told, SECRET)
    assert SECRET[6:] not in str(caught.value)


def test_a_window_is_as_wide_as_declared() -> None:
    """At its edge a webhook still counts."""
    for at in (AT - 300, AT + 300):
        assert proves(standard_webhooks(), standard(at=at), SECRET)


@pytest.mark.parametrize(
    ("form", "headers", "over"),
    [
        (Hmac(header="X-Hub", prefix="sha256="), {"X-Hub": "sha256=%s"}, b"%s"),
        (Hmac(header="X-S", algorithm="sha1"), {"X-S": "%s"}, b"%s"),
        (
            Hmac(header="X-S[v1]", over="{timestamp}.{body}", headers={"timestamp": "X-S[t]"}),
            {"X-S": f"t={AT},v0=abcd,v1=%s"},
            f"{AT}.%s".encode(),
        ),
        (
            Hmac(
                header="X-S",
                over="{timestamp}{url}{body}",
                headers={"timestamp": "X-At"},
                ticks=1000,
                algorithm="sha512",
            ),
            {"X-S": "%s", "X-At": f"{AT}999"},
            f"{AT}999https://here.test/hook?a=1%s".encode(),
        ),
    ],
)
def test_a_keyed_hash_is_looked_for_where_and_how_it_is_declared(
    form: Hmac, headers: dict[str, str], over: bytes
) -> None:
    """Its hash, its prefix, fields of one header, milliseconds, and the URL that was called."""
    made = hmac.digest(b"shared", over % BODY, form.algorithm).hex()
    shown = tuple((name, said.replace("%s", made)) for name, said in headers.items())
    told = Delivery(body=BODY, headers=shown, url="https://here.test/hook?a=1")
    assert proves(form, told, "shared")
    with pytest.raises(SignatureError, match="wrong"):
        proves(form, evolve(told, body=b"{}"), "shared")


def test_a_signature_of_a_url_needs_the_url() -> None:
    """The error says how it is given."""
    with pytest.raises(SignatureError, match="Delivery\\(url="):
        proves(Hmac(header="X-S", over="{url}"), Delivery(body=b""), "shared")


def test_a_secret_that_is_none_is_the_callers_fault() -> None:
    """It is told before anything is compared, by its number and not by its text."""
    with pytest.raises(UsageError, match="secret 2 of 2 is not written in base64") as caught:
        proves(standard_webhooks(), standard(), SECRET, "whsec_no base64!")
    assert "no base64!" not in str(caught.value)


def test_an_accounts_secrets_are_one_or_several() -> None:
    """The environment parts them by blanks."""
    old, new = "whsec-older", "whsec-newer"
    for given, found in ((old, [old]), ((old, Secret(new)), [old, new]), ((), []), ("", [])):
        made = Account(provider="acme", webhook_secrets=given)
        assert [each.reveal() for each in made.webhook_secrets] == found


# ------------------------------------------------------------------------------- key sets


def by_key(at: int = AT, body: bytes = BODY, key: Ed25519PrivateKey = KEY) -> Delivery:
    """A webhook that is signed by a key, over the digest of its body."""
    import hashlib  # noqa: PLC0415 - for what is signed alone

    over = f"m1\n{at}\n{hashlib.sha256(body).hexdigest()}".encode()
    headers = (("X-Id", "m1"), ("X-At", str(at)), ("X-Signature", key.sign(over).hex()))
    return Delivery(body=body, headers=headers)


def key_set(*keys: bytes, status: int = 200) -> Response:
    """Public keys, as RFC 8037 has them, beside one that is for something else."""
    plain = [base64.urlsafe_b64encode(key).decode().rstrip("=") for key in keys]
    told = [{"kty": "OKP", "crv": "Ed25519", "x": each} for each in plain]
    body = json.dumps({"keys": [{"kty": "RSA", "n": "AQAB"}, *told]}).encode()
    return Response(status=status, body=body)


def test_a_key_set_is_fetched_once_and_without_a_credential() -> None:
    """A day later it is fetched again."""
    line = Line(then=key_set(PUBLIC))
    talk = line.talk(Signing(BY_KEY))
    assert line.run(talk.prove(by_key(), ()))
    assert line.run(talk.prove(by_key(), ()))
    assert [(send.request.url, send.request.auth) for send in line.sends] == [(KEYS_URL, False)]
    line.seconds = 86_401.0
    assert line.run(talk.prove(by_key(AT + 86_400), ()))
    assert len(line.sends) == 2


def test_a_renewed_key_is_fetched_and_a_stranger_cannot_have_us_ask_for_ever() -> None:
    """Where no key fits, they are fetched anew, at most once a minute."""
    renewed = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    public = renewed.public_key().public_bytes_raw()
    line = Line(key_set(PUBLIC), key_set(PUBLIC, public))
    talk = line.talk(Signing(BY_KEY))
    assert line.run(talk.prove(by_key(), ()))
    for _ in range(3):
        with pytest.raises(SignatureError, match="wrong"):
            line.run(talk.prove(by_key(key=renewed), ()))
    assert len(line.sends) == 1
    line.seconds = 61.0
    assert line.run(talk.prove(by_key(key=renewed), ()))
    assert line.run(talk.prove(by_key(), ()))
    assert len(line.sends) == 2


def test_a_strangers_calls_have_nobody_asked_while_the_keys_cannot_be_had() -> None:
    """The pause doubles while it goes on, and a fetch that succeeds ends it."""
    fails = Response(status=503)
    line = Line(fails, fails, fails, key_set(PUBLIC))
    talk = line.talk(Signing(BY_KEY))
    asked = []
    for seconds in (0.0, 1.0, 14.0, 16.0, 44.0, 47.0, 100.0):
        line.seconds = seconds
        for _ in range(3):
            with pytest.raises(ServerError):
                line.run(talk.prove(by_key(), ()))
        asked.append(len(line.sends))
    assert asked == [1, 1, 1, 2, 2, 3, 3]
    line.seconds = 120.0
    assert line.run(talk.prove(by_key(), ()))
    assert len(line.sends) == 4


def test_keys_at_hand_serve_while_others_cannot_be_had() -> None:
    """A stranger's signature is looked into once; the provider's own is right all the time."""
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
    line = Line(key_set(PUBLIC), then=Response(status=503))
    talk = line.talk(Signing(BY_KEY))
    assert line.run(talk.prove(by_key(), ()))
    line.seconds = 61.0
    for _ in range(3):
        with pytest.raises(ServerError):
            line.run(talk.prove(by_key(key=stranger), ()))
        assert line.run(talk.prove(by_key(), ()))
    assert len(line.sends) == 2


def test_deliveries_that_come_together_have_one_key_set_fetched() -> None:
    """The others wait for it; one whose fetch is given up leaves nobody waiting for ever."""
    line = Line()
    talk = line.talk(Signing(BY_KEY))
    first, second, third = (talk.prove(by_key(), ()) for _ in range(3))
    assert isinstance(next(first), Send)
    assert isinstance(next(second), Sleep)
    assert isinstance(next(third), Sleep)
    first.close()  # whoever delivered it hung up
    assert isinstance(second.send(None), Send)
    with pytest.raises(StopIteration) as proven:
        second.send(key_set(PUBLIC))
    assert proven.value.value is True
    with pytest.raises(StopIteration) as proven:
        third.send(None)
    assert proven.value.value is True


def test_a_changed_or_an_old_call_is_not_by_the_key() -> None:
    """The digest is of the body as it came."""
    with pytest.raises(SignatureError, match="wrong"):
        proves(BY_KEY, evolve(by_key(), body=b"{}"), line=Line(key_set(PUBLIC)))
    with pytest.raises(StaleSignatureError):
        proves(BY_KEY, by_key(AT - 400), line=Line(key_set(PUBLIC)))


def test_keys_may_stand_there_in_hexadecimal() -> None:
    """One a line, or in any JSON."""
    form = evolve(BY_KEY, keys="hex")
    body = json.dumps([{"key": PUBLIC.hex()}]).encode()
    assert proves(form, by_key(), line=Line(Response(status=200, body=body)))


@pytest.mark.parametrize(
    "answer",
    [
        key_set(PUBLIC, status=500),
        key_set(),
        Response(status=200, body=b"<html>"),
        Response(status=200, body=b"[" * 100_000),
        Response(status=200, body=b'{"keys": [1, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}'),
    ],
)
def test_keys_that_cannot_be_had_are_the_providers_fault(answer: Response) -> None:
    """It calls again; nothing is believed meanwhile."""
    with pytest.raises(ServerError, match=KEYS_URL):
        proves(BY_KEY, by_key(), line=Line(answer))


# ----------------------------------------------------------------------- what is declared


@pytest.mark.parametrize(
    ("signature", "fault"),
    [
        (Hmac(header="X-S", over="fixed"), "names nothing of the webhook"),
        (Hmac(header="X-S", over="{at}.{body}"), "not the headers of all its pieces"),
        (Hmac(header="X-S", headers={"body": "X-B"}), "name of a piece"),
        (Hmac(header="X S"), "signature.header="),
        (Hmac(header="X-S", over="{id}", headers={"id": "X-I[a b]"}), "signature.headers="),
        (Hmac(header="X-S", window=0), "signature.window=0"),
        (Hmac(header="X-S", algorithm="md5"), "algorithm"),  # type: ignore[arg-type]
        (evolve(BY_KEY, keys_url="http://keys.acme.test/"), "keys_url"),
        (evolve(BY_KEY, keys_url="https://me@keys.acme.test/"), "keys_url"),
    ],
)
def test_a_signature_that_is_none_breaks_the_plugin(signature: Signature, fault: str) -> None:
    """It is told when the plugin is loaded, and names what is wrong."""
    with pytest.raises(PluginError, match=fault):
        Registry({"acme": Signing(signature)}).get("acme")


def test_a_signature_of_webhooks_that_there_are_none_of_is_a_fault() -> None:
    """Somebody forgot `webhooks=True`."""

    class Forgetful(Signing):
        @hookimpl
        def describe(self) -> ProviderInfo:
            return evolve(INFO, signature=self.signature)

    with pytest.raises(PluginError, match="no webhooks"):
        Registry({"acme": Forgetful(BY_KEY)}).get("acme")
