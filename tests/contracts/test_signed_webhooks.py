"""What signs its webhooks well passes, by each scheme; the kit's own signatures are the core's."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.changed import BY_ID, BY_URL, catalog, changed

from tintype.signatures import Ed25519, Hmac, Signature, standard_webhooks
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.evaluate import ask

CHECKS = [each for each in all_checks() if "-webhooks-" in each.id]
BY_KEY = Ed25519(
    header="X-Signature",
    keys_url="https://keys.by-id.test/jwks.json",
    over="{id}\n{timestamp}\n{sha256}",
    headers={"id": "X-Id", "timestamp": "X-At"},
)
SCHEMES: tuple[Signature, ...] = (
    standard_webhooks(),
    standard_webhooks("svix", window=60),
    Hmac(header="X-Signature", over="{url}.{body}", prefix="sha256=", encoding="base64"),
    Hmac(
        header="X-Signature[v1]",
        over="{timestamp}.{body}",
        headers={"timestamp": "X-Signature[t]"},
        ticks=1000,
        secret="hex",
        algorithm="sha512",
    ),
    Hmac(header="X-Signature", over="{id}", headers={"id": "X-Id"}),
    BY_KEY,
    evolve(BY_KEY, keys="hex", encoding="base64"),
)


def test_there_are_three_of_them() -> None:
    """What counts, what was changed, what is stale."""
    assert len(CHECKS) == 3


@pytest.mark.parametrize("signature", SCHEMES, ids=range(len(SCHEMES)))
def test_every_scheme_can_be_right(signature: Signature) -> None:
    """A provider that signs as its plugin declares passes, or has nothing to be asked."""
    subject = changed(BY_ID, catalog(signature=signature))
    found = {check.id: ask(check, subject) for check in CHECKS}
    assert {row.outcome for row in found.values()} <= {"pass", "na"}
    assert found["secret.signed-webhooks-count"].outcome == "pass"
    assert found["secret.changed-webhooks-are-refused"].outcome == "pass"


def test_who_signs_nothing_is_not_asked() -> None:
    """A plugin without a signature, or without webhooks."""
    for subject in (changed(BY_ID, catalog(signature=None)), reference.subject(BY_URL)):
        assert {ask(check, subject).outcome for check in CHECKS} == {"na"}
