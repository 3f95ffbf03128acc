"""Plugins that send something else than documented, each failed by the check for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.bent import bent, documented, offering, row, sending, with_body

from tintype.catalog import Model, ProviderInfo, Text
from tintype.messages import MultipartBody, Request
from tintype_contracts import Fixtures
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.subject import Subject

REQUEST = tuple(
    check.id
    for check in all_checks()
    if check.group == "request" and check.run.__module__.endswith(".request")
)


def _to_another_place(request: Request) -> Request:
    large = b"2K" in repr(request.body).encode()
    return evolve(request, url=f"{request.url}/large") if large else request


def _drop(key: str, value: object) -> Callable[[Request], Request]:
    """Drops a field where it has that value."""
    return with_body(lambda body: body.pop(key) if body.get(key) == value else None)


def _stripped(body: dict[str, object]) -> None:
    body["prompt"] = str(body["prompt"]).strip()


def _cut(body: dict[str, object]) -> None:
    body["prompt"] = str(body["prompt"])[:900]


def _backwards(request: Request) -> Request:
    assert isinstance(request.body, MultipartBody)
    return evolve(request, body=MultipartBody(parts=request.body.parts[::-1]))


def _addresses_backwards(body: dict[str, object]) -> None:
    if "image_urls" in body:
        body["image_urls"] = list(body["image_urls"])[::-1]  # type: ignore[call-overload]


def _without_options(request: object) -> object:
    plain = evolve(request, options={})  # type: ignore[type-var]
    return reference.plugin("reference_by_id").submit(plain)


def _boundless(info: ProviderInfo) -> ProviderInfo:
    def widened(model: Model) -> Model:
        wider = {"prompt": Text(source="x"), "resolution": Text(source="x")}
        return evolve(model, parameters={**model.parameters, **wider})

    return evolve(info, models=tuple(widened(model) for model in info.models))


def _only_silver_2_has_tiers(fixtures: Fixtures) -> Fixtures:
    rows = [
        evolve(each, models=("silver-2",)) if each.neutral == "resolution" else each
        for each in fixtures.parameters
    ]
    names = [evolve(row, models=("silver-1",)) for row in rows if row.neutral == "output_format"]
    return evolve(fixtures, parameters=(*rows, *names))


BENT: list[tuple[str, Subject]] = [
    ("request.documented-example", sending("at_once", lambda sent: evolve(sent, method="PUT"))),
    ("request.documented-example", sending("at_once", lambda sent: evolve(sent, auth=False))),
    ("request.documented-example", sending("by_id", _drop("style", "wet plate"))),
    ("request.printed-command", sending("at_once", lambda sent: evolve(sent, auth=False))),
    (
        "request.only-documented-fields",
        sending("at_once", with_body(lambda body: body.update(steps=4))),
    ),
    (
        "request.only-documented-fields",
        sending("at_once", with_body(lambda body: "seed" in body and body.update(seed="7"))),
    ),
    ("request.only-documented-fields", sending("at_once", _drop("model", "plate-2"))),
    ("request.documented-route", sending("by_id", _to_another_place)),
    ("request.documented-route", sending("by_id", lambda sent: evolve(sent, body=None))),
    ("request.values-arrive", sending("by_id", _drop("aspect_ratio", "9:16"))),
    ("request.values-arrive", sending("by_id", _drop("resolution", "2K"))),
    ("request.values-arrive", sending("at_once", _drop("stream", value=True))),
    ("request.falsy-values-arrive", sending("at_once", _drop("seed", 0))),
    ("request.falsy-values-arrive", sending("at_once", _drop("watermark", value=False))),
    (
        "request.optional-left-out",
        sending("at_once", with_body(lambda body: body.setdefault("seed", None))),
    ),
    (
        "request.optional-left-out",
        sending("at_once", with_body(lambda body: body.setdefault("quality", "fine"))),
    ),
    ("request.every-parameter-is-reachable", bent("by_id", submit=_without_options)),
    ("request.out-of-range-is-refused", offering("by_id", _boundless)),
    ("request.unsupported-is-refused", documented("by_id", _only_silver_2_has_tiers)),
    ("request.prompt-unchanged", sending("by_id", with_body(_stripped))),
    ("request.prompt-unchanged", sending("by_id", with_body(_cut))),
    ("request.references-unchanged", sending("by_id", with_body(_addresses_backwards))),
    ("request.references-unchanged", sending("multipart", _backwards)),
]


def test_a_field_without_effect_need_not_be_reached() -> None:
    """A plugin may refuse what the documents say is ignored."""
    subject = bent("by_id", submit=_without_options)
    ignored = [evolve(each, ignored=True) for each in subject.fixtures.parameters]
    fixtures = evolve(subject.fixtures, parameters=tuple(ignored))
    found = row("request.every-parameter-is-reachable", Subject(subject.plugin, fixtures, {}))
    assert found.outcome == "pass"


@pytest.mark.parametrize(("check", "subject"), BENT)
def test_a_plugin_that_sends_something_else_is_failed(check: str, subject: Subject) -> None:
    """By the check for it, which is not stopped by an exception."""
    found = row(check, subject)
    assert found.outcome == "fail"
    assert "could not be finished" not in found.findings[0].message


def test_every_check_of_the_group_catches_something() -> None:
    """A check that nothing fails is worse than none."""
    assert set(REQUEST) == {check for check, _ in BENT}


@pytest.mark.parametrize("name", reference.NAMES)
@pytest.mark.parametrize("check", REQUEST)
def test_the_reference_plugins_send_what_is_documented(check: str, name: str) -> None:
    """Each of the four styles."""
    assert row(check, reference.subject(name)).findings == ()
