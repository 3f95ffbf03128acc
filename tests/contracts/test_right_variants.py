"""Plugins that are right otherwise, and pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from attrs import evolve
from tests.contracts import reference
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    Row,
    bent,
    body,
    documented,
    findings,
    good,
    rewrites,
    sends,
    tells,
)
from tests.contracts.broken.texts import Text, install
from tests.contracts.test_checks import ASK

from tintype.exchange import Exchange, Operation
from tintype.messages import JsonBody, Request
from tintype.models import Task
from tintype.request import Submission
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.distribution import child_environment
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject

READS = "_OK = 200\n_OWN = (Path(__file__).parent / 'fixtures' / 'provider.json').read_bytes()\n"
VERSION = f"{READS}_VERSION = metadata.version('tintype-reference-at-once')\n"
IMPORTS = "from importlib import metadata\nfrom pathlib import Path\n\nfrom attrs import"

TASKS = "https://api.by-id.test/v1/tasks/"

CHECKS = {check.id: check for check in all_checks()}

DECISIVE = "strict.nothing-decisive-is-guessed"
COERCIONS = [each for each in CHECKS.values() if each.group == "strict" and each.id != DECISIVE]


def test_ages_are_counted_only_where_a_day_is_given() -> None:
    """A verdict does not change overnight by itself."""
    age = CHECKS["doc.age"]
    assert ask(age, reference.subject(BY_ID)).outcome == "na"
    assert ask(age, documented(lambda fixtures: fixtures)(BY_ID)).outcome == "pass"


def _without_the_style(request: Submission) -> object:
    options = {name: value for name, value in request.options.items() if name != "style"}
    return good(BY_ID, "submit")(evolve(request, options=options))


def test_a_field_without_effect_need_not_be_reached() -> None:
    """A plugin may refuse what the documents say is ignored."""
    subject = bent(BY_ID, submit=_without_the_style)
    ignored = [evolve(each, ignored=True) for each in subject.fixtures.parameters]
    fixtures = evolve(subject.fixtures, fields=tuple(ignored))
    assert findings("request.every-parameter-is-reachable", Subject(subject.plugin, fixtures)) == []


def test_notices_need_not_be_told() -> None:
    """Seeing more than the documents promise, and saying nothing of it, is right."""
    assert findings("generous.odd-values-cost-no-picture", tells(notices=())(BY_ID)) == []


def test_a_word_in_other_letters_is_no_other_word() -> None:
    """Capitals and blanks are read away, so nobody who does so is found."""

    def change(body: dict[str, object]) -> None:
        if isinstance(body.get("status"), str):
            body["status"] = str(body["status"]).lower().strip()

    assert findings("state.unknown-words-are-errors", rewrites(change)(BY_ID)) == []


def test_a_create_that_names_its_task_may_lack_a_status() -> None:
    """A poll tells how it stands: a paid task is not thrown away for that."""

    def change(body: dict[str, object]) -> None:
        if body.get("status") == "" and "images" not in body and "progress" not in body:
            body["status"] = "queued"

    found = findings("state.unknown-words-are-errors", rewrites(change)(BY_ID))
    assert {each.exchange for each in found if "/create" in each.exchange} == set()


def _level_1(subject: Subject) -> dict[str, str]:
    """What the checks of the hooks find, the first of each."""
    rows = [ask(check, subject) for check in all_checks() if check.level == 1]
    return {row.check: row.findings[0].message for row in rows if row.findings}


def test_a_documented_default_may_be_spelt_out() -> None:
    """The example leaves it out; with it the request is the same."""
    subject = body(lambda sent: sent.setdefault("n", 1))(AT_ONCE)
    assert findings("request.documented-example", subject) == []
    assert findings("request.printed-command", subject) == []
    other = body(lambda sent: sent.setdefault("n", 2))(AT_ONCE)
    assert findings("request.documented-example", other) != []


def test_the_address_to_poll_may_be_kept_in_notes() -> None:
    """A task that the plugin never made is not asked for."""

    def parse(exchange: Exchange) -> object:
        said = good(BY_ID, "parse")(exchange)
        if exchange.operation is not Operation.SUBMIT:
            return said
        return evolve(said, notes={"at": f"{TASKS}{quote(said.id, safe='')}"})

    def poll(task: Task) -> Request:
        return Request.get(str(task.notes["at"]))

    def cancel(task: Task) -> Request:
        return Request(method="DELETE", url=str(task.notes["at"]))

    found = _level_1(bent(BY_ID, parse=parse, poll=poll, cancel=cancel))
    assert set(found) - {"install.clean-import"} == set(), found


def test_the_port_of_https_may_be_written_out() -> None:
    """It is the same host, and gets the same key."""

    def with_port(sent: Request) -> Request:
        return evolve(sent, url=sent.url.replace(".test/", ".test:443/"))

    assert _level_1(sends(with_port)(BY_ID)) == {}


def _called_back_by_query(name: str, *, dropped: bool = False) -> Subject:
    """A plugin that names its callback in the query, as its documents have it."""

    def in_query(sent: Request) -> Request:
        assert isinstance(sent.body, JsonBody)
        value = dict(sent.body.value)
        hook = value.pop("webhook_url", None)
        told = f"?hook={quote(str(hook), safe='')}" if hook and not dropped else ""
        return evolve(sent, url=f"{sent.url}{told}", body=JsonBody(value=value))

    subject = sends(in_query)(name)
    fields = [
        evolve(row, wire="/hook", place="query") if row.neutral == "webhook_url" else row
        for row in subject.fixtures.fields
    ]
    return Subject(subject.plugin, evolve(subject.fixtures, fields=tuple(fields)))


def test_a_field_may_stand_in_the_query() -> None:
    """It is looked for where the documents have it, and missed where it is not."""
    checks = ("request.values-arrive", "request.documented-route", "request.fields-together")
    assert {each: findings(each, _called_back_by_query(BY_ID)) for each in checks} == {
        each: [] for each in checks
    }
    assert findings("request.values-arrive", _called_back_by_query(BY_ID, dropped=True)) != []


def test_a_wrong_type_may_count_as_absent() -> None:
    """Whoever drops what is of another type reads no value that is not there."""

    def without_wrong_types(told: dict[str, object]) -> None:
        kinds = {"progress": int, "cost_usd": (int, float), "error": dict}
        for name, kind in kinds.items():
            value = told.get(name)
            if isinstance(value, bool) or not isinstance(value, kind):
                told.pop(name, None)

    subject = rewrites(without_wrong_types)(BY_ID)
    found = {check.id: ask(check, subject).findings for check in COERCIONS}
    assert found == {check.id: () for check in COERCIONS}


def test_a_plugin_may_read_its_own_files_and_its_own_version(tmp_path: Path) -> None:
    """Data beside the module, and what the wheel says of itself, are nobody else's."""
    way = Text((("_OK = 200\n", VERSION), ("from attrs import", IMPORTS)))
    install(tmp_path, Row("install.clean-import", AT_ONCE, way))
    ended = subprocess.run(  # noqa: S603 - this interpreter, this text
        [sys.executable, "-c", ASK, AT_ONCE, "install.clean-import"],
        env={**child_environment(str(tmp_path)), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["pass"]
