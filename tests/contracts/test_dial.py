"""The fault dial on real sockets: each kind does what its table says, and nothing else."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from tests.contracts.http_by_hand import DROPPED, call, fetch, poll, submit

from tintype_contracts import Fixtures, Sandbox
from tintype_contracts.sandbox import KINDS, Fault, fault_from
from tintype_contracts.sandbox.engine.messages import WholeResponse
from tintype_contracts.sandbox.faults.dial import Dial
from tintype_contracts.sandbox.faults.garble import UNKNOWN_STATUS, slowed


@pytest.fixture
def sandbox(acme: Fixtures) -> Iterator[Sandbox]:
    """Acme, at once and in plain colours."""
    with Sandbox([acme], pace=0, plain=True) as served:
        yield served


def dial(sandbox: Sandbox, kind: str, operation: str = "submit", **more: object) -> None:
    """Have the first call of an operation go wrong."""
    sandbox.dial(Fault(kind=kind, operation=operation, **more))


# ----------------------------------------------------------------------- which call it is


def test_a_fault_happens_to_the_call_it_names_and_to_no_other(sandbox: Sandbox) -> None:
    """The second look: not the first, not the third, not a submission."""
    dial(sandbox, "500", "poll", nth=2)
    task = submit(sandbox).value["id"]
    assert [poll(sandbox, task).status for _ in range(3)] == [200, 500, 200]
    assert submit(sandbox).status == 200
    assert [fault.kind for fault in sandbox.struck] == ["500"]


def test_a_range_of_calls_goes_wrong_until_it_is_cleared(sandbox: Sandbox) -> None:
    """And a cleared dial forgets everything."""
    dial(sandbox, "503", "*", nth=range(1, 100))
    assert [submit(sandbox).status, poll(sandbox, "x").status] == [503, 503]
    sandbox.clear()
    assert submit(sandbox).status == 200


def test_calls_are_counted_from_the_moment_a_fault_is_dialled(sandbox: Sandbox) -> None:
    """What went before does not count; another provider's calls never do."""
    submit(sandbox)
    dial(sandbox, "500", provider="nobody")
    dial(sandbox, "502")
    assert submit(sandbox).status == 502


@pytest.mark.parametrize(
    "text",
    ["acme:submit:1:stall:0.5", "*:poll:2-4:500:1", "acme:asset:1:expired:1", "*:*:3:drip:2"],
)
def test_a_fault_is_written_as_it_is_read(text: str) -> None:
    """For the command line."""
    read = fault_from(text)
    assert fault_from(str(read)) == read
    assert read.strikes(2) is ("2-4" in text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme",
        "acme:submit:1:what",
        "acme:walk:1:500",
        "acme:submit:x:500",
        "a:submit:1:500:1:2",
    ],
)
def test_what_is_no_fault_is_one_sentence_that_lists_what_is(text: str) -> None:
    """The kinds are in it."""
    with pytest.raises(ValueError, match="reset-after-reading"):
        fault_from(text)


def test_a_webhooks_fault_is_no_calls_fault() -> None:
    """`*` is every call; a kind that is about webhooks strikes nothing else."""
    dial = Dial()
    dial.add(Fault(kind="webhook-duplicate"))
    dial.add(Fault(kind="500"))
    assert dial.strike("acme", "submit") == Fault(kind="500")
    assert dial.strike("acme", "webhook") == Fault(kind="webhook-duplicate")
    assert dial.strike("acme", "asset") is None


def test_the_documentation_names_every_kind() -> None:
    """Each has a line in docs/faults.md, in the words of the table."""
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
    for name, kind in KINDS.items():
        assert f"| `{name}` | {kind.says} |" in page


# -------------------------------------------------------------------- what happens to calls


@pytest.mark.parametrize(
    ("kind", "charged"),
    [("reset-before-reading", 0), ("reset-after-reading", 1), ("reset-mid-answer", 1)],
)
def test_a_reset_breaks_the_connection_with_or_without_the_work(
    sandbox: Sandbox, kind: str, charged: int
) -> None:
    """Before reading nothing is done; after it the task is there, and paid for."""
    dial(sandbox, kind)
    with pytest.raises(DROPPED):
        submit(sandbox)
    assert len(sandbox.ledger("acme").charged_tasks) == charged
    assert submit(sandbox).status == 200


@pytest.mark.parametrize("kind", ["stall", "stall-mid-answer", "drip"])
def test_a_slow_answer_is_the_same_answer_later(sandbox: Sandbox, kind: str) -> None:
    """Not a byte of it is lost; who does not wait so long has no answer."""
    task = submit(sandbox).value["id"]
    usual = poll(sandbox, task)
    dial(sandbox, kind, "poll", seconds=0.2)
    assert poll(sandbox, task).body == usual.body
    sandbox.clear()
    dial(sandbox, kind, "poll", seconds=30)
    with pytest.raises(TimeoutError):
        call(sandbox, "GET", f"/v1/tasks/{task}", patience=0.2)


def test_a_server_that_refuses_listens_again_on_the_same_port(sandbox: Sandbox) -> None:
    """After the first answer nobody listens; connections that were open are closed."""
    dial(sandbox, "refuse", seconds=30)
    parts = urlsplit(sandbox.url("acme"))
    with socket.create_connection((parts.hostname, parts.port), 10) as idle:
        answer = submit(sandbox)
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
        with pytest.raises(ConnectionRefusedError):
            submit(sandbox)
        assert idle.recv(1) == b""
    sandbox.clear()
    assert submit(sandbox).status == 200


@pytest.mark.parametrize("as_date", [False, True])
def test_slow_down_names_a_wait_in_both_forms(sandbox: Sandbox, *, as_date: bool) -> None:
    """429 with Retry-After; nothing is accepted."""
    dial(sandbox, "slow-down", seconds=120, as_date=as_date)
    answer = submit(sandbox)
    assert answer.status == 429
    wait = answer.headers["Retry-After"]
    if as_date:
        assert 100 < parsedate_to_datetime(wait).timestamp() - time.time() <= 120
    else:
        assert wait == "120"
    assert len(sandbox.ledger("acme")) == 0


def test_slow_down_names_one_wait() -> None:
    """Its own, where the documented answer names another."""
    documented = WholeResponse(status=429, headers=(("retry-after", "60"), ("X-Id", "r1")))
    told = slowed(Fault(kind="slow-down", seconds=1), documented, now=0)
    assert told.headers == (("X-Id", "r1"), ("Retry-After", "1"))


@pytest.mark.parametrize("kind", ["500", "502", "503"])
@pytest.mark.parametrize("works", [None, True])
def test_a_server_error_comes_before_or_after_the_work(
    sandbox: Sandbox, kind: str, *, works: bool | None
) -> None:
    """Before it, unless `works` says otherwise: then it was charged all the same."""
    dial(sandbox, kind, works=works)
    assert submit(sandbox).status == int(kind)
    assert len(sandbox.ledger("acme").charged_tasks) == (1 if works else 0)


@pytest.mark.parametrize(
    ("kind", "start"),
    [("html", b"<!DOCTYPE html>"), ("wrong-json", b"[{"), ("empty", b""), ("truncated", b"{")],
)
def test_an_answer_is_spoilt_after_the_work(sandbox: Sandbox, kind: str, start: bytes) -> None:
    """It is complete HTTP, and no documented answer."""
    dial(sandbox, kind)
    answer = submit(sandbox)
    assert answer.status == 200
    assert answer.body.startswith(start)
    assert bool(answer.body) is (kind != "empty")
    with pytest.raises((ValueError, TypeError)):
        json.loads(answer.body)["id"]
    assert len(sandbox.ledger("acme").charged_tasks) == 1


def test_values_of_other_types_stand_where_the_documented_ones_stood(sandbox: Sandbox) -> None:
    """Texts are fractions, numbers are texts; the structure is the same."""
    usual = submit(sandbox)
    dial(sandbox, "wrong-type")
    spoilt = submit(sandbox).value
    assert spoilt.keys() == usual.value.keys()
    assert isinstance(spoilt["id"], float)


def test_an_unknown_status_is_the_only_thing_that_changes(sandbox: Sandbox) -> None:
    """At the documented place."""
    task = submit(sandbox).value["id"]
    usual = poll(sandbox, task).value
    dial(sandbox, "unknown-status", "poll")
    assert poll(sandbox, task).value == {**usual, "status": UNKNOWN_STATUS}


def test_a_redirect_leads_to_another_host_that_listens_for_keys(sandbox: Sandbox) -> None:
    """Whoever follows with the key is caught."""
    dial(sandbox, "redirect")
    answer = submit(sandbox)
    assert answer.status == 307
    assert answer.headers["Location"].startswith(sandbox.elsewhere)
    assert sandbox.strays == ()
    place = answer.headers["Location"]
    urllib3.request("GET", place, retries=False)
    assert (len(sandbox.strays), sandbox.leaks) == (1, ())
    urllib3.request("GET", place, headers={"x-key": sandbox.key("acme")}, retries=False)
    urllib3.request("POST", place, body=sandbox.key("acme"), retries=False)
    assert len(sandbox.leaks) == 2


# ------------------------------------------------------------------------- assets, webhooks


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [
        ("expired", 404, b"The result"),
        ("asset-html", 200, b"<!DOC"),
        ("asset-truncated", 200, b"\x89PNG"),
    ],
)
def test_an_asset_goes_wrong_once(sandbox: Sandbox, kind: str, status: int, start: bytes) -> None:
    """The next time the whole image is there."""
    task = submit(sandbox).value["id"]
    dial(sandbox, kind, "asset")
    answer = fetch(sandbox, task)
    assert (answer.status, answer.body.startswith(start)) == (status, True)
    assert sandbox.ledger("acme").collected == set()
    whole = fetch(sandbox, task).body
    assert whole == sandbox.pictures("acme")[task, 0]
    assert len(whole) > len(answer.body) or kind == "asset-html"


# ------------------------------------------------------------------- from another process


def test_faults_and_ledgers_can_be_had_over_http(sandbox: Sandbox) -> None:
    """For whoever is in another process; no header is needed."""
    origin = sandbox.url("acme").removesuffix("/acme")
    faults = f"{origin}/-/faults"
    dialled = urllib3.request("POST", faults, body="acme:submit:1:500\n\n", retries=False)
    assert dialled.status == 204
    assert urllib3.request("GET", faults, retries=False).data == b"acme:submit:1-1:500:1\n"
    assert submit(sandbox).status == 500
    assert urllib3.request("DELETE", faults, retries=False).status == 204
    task = submit(sandbox).value["id"]
    ledger = urllib3.request("GET", f"{origin}/-/ledger/acme", retries=False).json()
    assert [entry["task"] for entry in ledger if entry["event"] == "charged"] == [task]
    assert ledger[0]["usd"] == "0.040"


def test_misuse_of_the_sandboxs_own_addresses_says_what_there_is(sandbox: Sandbox) -> None:
    """A wrong fault is a 400, a wrong address a 404."""
    origin = sandbox.url("acme").removesuffix("/acme")
    wrong = urllib3.request("POST", f"{origin}/-/faults", body="what", retries=False)
    assert (wrong.status, b"provider:operation" in wrong.data) == (400, True)
    lost = urllib3.request("GET", f"{origin}/-/ledger/nobody", retries=False)
    assert (lost.status, b"GET /-/faults" in lost.data) == (404, True)


def test_a_call_that_is_no_operation_is_not_counted(sandbox: Sandbox) -> None:
    """An unknown address is nobody's first submission; `*` counts it."""
    dial(sandbox, "500")
    assert call(sandbox, "GET", "/v2/what").status == 404
    assert sandbox.calls("acme") == ("",)
    assert submit(sandbox).status == 500
