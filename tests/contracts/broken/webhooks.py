"""Plugins that take a stranger's webhook for the provider's, or the provider's for one."""

from __future__ import annotations

from attrs import evolve
from tests.contracts.broken.how import BY_ID, Row, Way, documented, says

from tintype.signatures import Hmac, Signature
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.format import Signature as Signed
from tintype_contracts.harness.subject import Subject

_IN_PARTS = Hmac(header="X-Signature[v1]", over="{at}{body}", headers={"at": "X-Signature[at]"})


def _signs(**facts: object) -> Way:
    """Its documents say how webhooks are signed, and it declares something else."""

    def change(fixtures: Fixtures) -> Fixtures:
        table = fixtures.webhooks
        assert table is not None
        signed = Signed(src=table.src, kind=table.kind, **facts)  # type: ignore[arg-type]
        return evolve(fixtures, webhooks=evolve(table, signature=signed))

    return documented(change)


def _allows(declared: Signature, **facts: object) -> Way:
    """The same, of a plugin that declares this."""

    def way(name: str) -> Subject:
        plugin, fixtures = says(signature=declared)(name).plugin, _signs(**facts)(name).fixtures
        return Subject(plugin, fixtures, name=name)

    return way


_BY_TIME = Hmac(
    header="X-Signature", over="{timestamp}.{body}", headers={"timestamp": "X-Time"}, window=86_400
)
_BY_ID_AND_BODY = Hmac(header="X-Signature", over="{id}{body}", headers={"id": "X-Id"})
_BESIDE_THE_TIME = Hmac(header="X-Signature", over="{body}")

ROWS = (
    Row(
        "secret.signed-webhooks-count",
        BY_ID,
        _signs(scheme="hmac-sha256", header="X-Other", over="{body}"),
        "is refused",
    ),
    Row("secret.signed-webhooks-count", BY_ID, _signs(scheme="standard-webhooks"), "is refused"),
    Row(
        "secret.signed-webhooks-count",
        BY_ID,
        _allows(
            _BESIDE_THE_TIME,
            scheme="hmac-sha256",
            header="X-Signature",
            over="{time}.{body}",
            time="X-Time",
        ),
        "is refused",
    ),
    Row(
        "secret.changed-webhooks-are-refused",
        BY_ID,
        says(signature=_BY_ID_AND_BODY),
        "nothing stands between them",
    ),
    Row("secret.changed-webhooks-are-refused", BY_ID, says(signature=_IN_PARTS), "{at} and {body}"),
    Row(
        "secret.stale-webhooks-are-refused",
        BY_ID,
        _allows(
            _BY_TIME,
            scheme="hmac-sha256",
            header="X-Signature",
            over="{time}.{body}",
            time="X-Time",
            tolerance=300,
        ),
        "signed 301 seconds ago",
    ),
)
