"""Plugins that are right otherwise, and pass."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import evolve
from tests.contracts import reference
from tests.contracts.broken.row import Row
from tests.contracts.broken.texts import Text, install
from tests.contracts.changed import (
    ABSENT,
    BY_ID,
    BY_URL,
    asked,
    changed,
    documented,
    findings,
    heard,
    instead,
    requested,
    sent,
    update,
)
from tests.contracts.test_checks import ASK

from tintype.errors import InvalidRequestError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import Update
from tintype.request import Submission
from tintype_contracts import load_folder
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.format import Parameter, Rule
from tintype_contracts.harness.distribution import child_environment
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject

READS = "_OK = 200\n_OWN = (Path(__file__).parent / 'fixtures' / 'provider.json').read_bytes()\n"
VERSION = f"{READS}_VERSION = metadata.version('tintype-reference-by-url')\n"
IMPORTS = "from importlib import metadata\nfrom pathlib import Path\n\nfrom attrs import"

TASKS = "https://api.by-id.test/v1/tasks/"

CHECKS = {check.id: check for check in all_checks()}

DECISIVE = "strict.nothing-decisive-is-guessed"
COERCIONS = [each for each in CHECKS.values() if each.group == "strict" and each.id != DECISIVE]


def test_ages_are_counted_only_where_a_day_is_given() -> None:
    """A verdict does not change overnight by itself."""
    age = CHECKS["doc.age"]
    assert ask(age, reference.subject(BY_ID)).outcome == "na"
    assert ask(age, changed(BY_ID, documented())).outcome == "pass"


def test_a_field_without_effect_need_not_be_reached() -> None:
    """A plugin may refuse what the documents say is ignored."""
    subject = changed(
        BY_ID,
        asked(options=lambda known: {name: it for name, it in known.items() if name != "style"}),
        documented(fields=lambda rows: tuple(evolve(row, ignored=True) for row in rows)),
    )
    assert findings("request.every-parameter-is-reachable", subject) == []


def test_notices_need_not_be_told() -> None:
    """Seeing more than the documents promise, and saying nothing of it, is right."""
    assert findings("generous.odd-values-cost-no-picture", changed(BY_ID, update(notices=()))) == []


def test_a_word_in_other_letters_is_no_other_word() -> None:
    """Capitals and blanks are read away, so nobody who does so is found."""
    plain = heard(lambda body, _: body.update(status=body["status"].lower().strip()))
    assert findings("state.unknown-words-are-errors", changed(BY_ID, plain)) == []


def test_a_create_that_names_its_task_may_lack_a_status() -> None:
    """A poll tells how it stands: a paid task is not thrown away for that."""

    def change(body: dict[str, object], _: Exchange) -> None:
        if body.get("status") == "" and "images" not in body and "progress" not in body:
            body["status"] = "queued"

    found = findings("state.unknown-words-are-errors", changed(BY_ID, heard(change)))
    assert {each.exchange for each in found if "/create" in each.exchange} == set()


def _level_1(subject: Subject, group: str = "") -> dict[str, str]:
    """What the checks of the hooks find, all or those of a group, the first of each."""
    checks = [each for each in all_checks() if each.level == 1 and group in {"", each.group}]
    rows = [ask(check, subject) for check in checks]
    return {row.check: row.findings[0].message for row in rows if row.findings}


def test_the_address_to_poll_may_be_kept_in_notes() -> None:
    """A task that the plugin never made is not asked for."""

    def noted(said: Update, _: Exchange) -> Update:
        return evolve(said, notes={"at": f"{TASKS}{quote(said.id or '', safe='')}"})

    subject = changed(
        BY_ID,
        update(noted, "submit"),
        instead("poll", lambda task: Request.get(str(task.notes["at"]))),
        instead("cancel", lambda task: Request(method="DELETE", url=str(task.notes["at"]))),
    )
    found = _level_1(subject)
    assert set(found) - {"install.clean-import"} == set(), found


def test_the_port_of_https_may_be_written_out() -> None:
    """It is the same host, and gets the same key."""
    with_port = requested(url=lambda url: url.replace(".test/", ".test:443/"))
    assert _level_1(changed(BY_ID, with_port)) == {}


def _called_back_by_query(name: str, *, dropped: bool = False) -> Subject:
    """A plugin that names its callback in the query, as its documents have it."""

    def in_query(sent: Request, _: Submission) -> Request:
        assert isinstance(sent.body, JsonBody)
        value = dict(sent.body.value)
        hook = value.pop("webhook_url", None)
        told = f"?hook={quote(str(hook), safe='')}" if hook and not dropped else ""
        return evolve(sent, url=f"{sent.url}{told}", body=JsonBody(value=value))

    def moved(row: Parameter) -> Parameter:
        hook = row.neutral == "webhook_url"
        return evolve(row, wire="/hook", place="query") if hook else row

    where = documented(fields=lambda rows: tuple(map(moved, rows)))
    return changed(name, requested(in_query), where)


def test_a_field_may_stand_in_the_query() -> None:
    """It is looked for where the documents have it, and missed where it is not."""
    checks = ("request.values-arrive", "request.documented-route", "request.fields-together")
    assert {each: findings(each, _called_back_by_query(BY_ID)) for each in checks} == {
        each: [] for each in checks
    }
    assert findings("request.values-arrive", _called_back_by_query(BY_ID, dropped=True)) != []


def test_a_wrong_type_may_count_as_absent() -> None:
    """Whoever drops what is of another type reads no value that is not there."""

    def without_wrong_types(told: dict[str, object], _: Exchange) -> None:
        kinds = {"progress": int, "cost_usd": (int, float), "error": dict}
        for name, kind in kinds.items():
            value = told.get(name)
            if isinstance(value, bool) or not isinstance(value, kind):
                told.pop(name, None)

    subject = changed(BY_ID, heard(without_wrong_types))
    found = {check.id: ask(check, subject).findings for check in COERCIONS}
    assert found == {check.id: () for check in COERCIONS}


def test_a_plugin_may_read_its_own_files_and_its_own_version(tmp_path: Path) -> None:
    """Data beside the module, and what the wheel says of itself, are nobody else's."""
    way = Text((("_OK = 200\n", VERSION), ("from attrs import", IMPORTS)))
    install(tmp_path, Row(BY_URL, way))
    ended = subprocess.run(  # noqa: S603 - this interpreter, this text
        [sys.executable, "-c", ASK, BY_URL, "install.clean-import"],
        env={**child_environment(str(tmp_path)), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["pass"]


RULES = {"background": ("seed",), "session_id": ("user", "seed"), "user": ("quality=high",)}


def _refusing_what_is_alone(request: Submission) -> Submission:
    given = {**request.options, "user": request.user, "background": request.background}
    beside = {"seed": request.seed, "quality=high": request.quality == "high" or None}
    for name, needed in RULES.items():
        for term in needed if given.get(name) is not None else ():
            if {**given, **beside}[term] is None:
                msg = f"{name} needs {term}."
                raise InvalidRequestError(msg, field=name)
    return request


def test_what_needs_another_field_may_be_refused_alone() -> None:
    """A rule of the documents is kept: what asks for a field gives it what it requires."""
    rules = tuple(
        Rule(relation="requires", left=(name,), right=needed, src="page", kind="adapted")
        for name, needed in RULES.items()
    )
    more = documented(rules=lambda known: (*known, *rules))
    kept = changed("openrouter", asked(_refusing_what_is_alone), more)
    assert _level_1(kept, "request") == {}
    found = _level_1(changed("openrouter", more), "request")
    assert set(found) == {"request.rules-between-fields"}, found


def test_references_may_be_sent_in_numbered_fields(tmp_path: Path) -> None:
    """Each arrives in its own field; one that is left out is told."""
    folder = shutil.copytree(
        Path(reference.__file__).parent / "documents" / BY_ID, tmp_path / BY_ID
    )
    sheet = folder / "sheet.toml"
    rows = "\n".join(f'"/image_{n}" = "references.{n} string"' for n in (1, 2, 3))
    text = sheet.read_text("utf-8").replace('"/image_urls" = "references array 1..3"', rows)
    sheet.write_text(text, "utf-8")

    def numbered(body: dict[str, Any], _: Submission) -> None:
        for number, url in enumerate(body.pop("image_urls", ()), start=1):
            body[f"image_{number}"] = url

    there = documented(lambda _: load_folder(folder))
    good, bad = (
        changed(BY_ID, there, sent(numbered), *more) for more in ((), (sent(image_2=ABSENT),))
    )
    for check in ("values-arrive", "references-unchanged", "out-of-range-is-refused"):
        assert findings(f"request.{check}", good) == []
    assert findings("request.references-unchanged", bad)


def test_references_may_be_sent_as_bare_base64() -> None:
    """As many APIs ask for them: the bytes say what they are."""

    def bare(body: dict[str, Any], _: Submission) -> None:
        for each in body.get("input_references", ()):
            url = each["image_url"]["url"]
            each["image_url"] = {"url": url.partition(";base64,")[2] or url}

    def cut(body: dict[str, Any], _: Submission) -> None:
        for each in body.get("input_references", ()):
            each["image_url"] = {"url": each["image_url"]["url"][:-4]}

    check = "request.references-unchanged"
    assert findings(check, changed("openrouter", sent(bare))) == []
    assert findings(check, changed("openrouter", sent(cut), sent(bare)))
