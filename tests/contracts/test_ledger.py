"""The ledger: what was charged, given back, answered and collected, as it happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import urllib3
from attrs import evolve
from tests.contracts.http_by_hand import DROPPED, begun, call, fetch, poll, submit
from urllib3.filepost import encode_multipart_formdata

from tintype_contracts import Fixtures, Sandbox, load
from tintype_contracts.fixtures.values import small_png
from tintype_contracts.sandbox import Fault, Ledger, LedgerEvent


@pytest.fixture
def sandbox(acme: Fixtures) -> Iterator[Sandbox]:
    """Acme, at once and in plain colours."""
    with Sandbox([acme], pace=0, plain=True) as served:
        yield served


def until(holds: Callable[[], bool]) -> bool:
    """Whether something holds before long: the server writes its ledger after it has sent."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


def entry(event: str, task: str = "t", digest: str = "d", **fields: object) -> LedgerEvent:
    """An entry by hand."""
    return LedgerEvent(at=0.0, event=event, task=task, digest=digest, **fields)


# --------------------------------------------------------------------------- what tests ask


def test_a_submission_that_is_paid_twice_is_found_by_its_digest() -> None:
    """Two pictures with prompts of their own are not."""
    twice = Ledger((entry("charged", "a"), entry("charged", "b"), entry("charged", "c", "other")))
    assert twice.charged_twice == ("d",)
    assert twice.charged_tasks == ("a", "b", "c")


def test_money_that_was_given_back_is_not_paid() -> None:
    """A failed try and a good one are one payment."""
    ledger = Ledger((entry("charged", "a"), entry("refunded", "a"), entry("charged", "b")))
    assert (ledger.charged_twice, ledger.charged_tasks) == ((), ("b",))
    assert ledger.refunded("a")


def test_what_was_paid_and_never_left_is_uncollected() -> None:
    """Image by image."""
    ledger = Ledger((entry("charged", images=(0, 1)), entry("collected", images=(1,))))
    assert ledger.collected == {("t", 1)}
    assert ledger.uncollected == (("t", 0),)
    assert len(list(ledger)) == len(ledger) == 2


# ------------------------------------------------------------------------------ as it happens


def test_a_pictures_life_stands_in_the_ledger(sandbox: Sandbox) -> None:
    """Charged, answered, collected; with its amount and its images."""
    task = submit(sandbox, n=2).value["id"]
    poll(sandbox, task)
    fetch(sandbox, task, 1)
    assert until(lambda: bool(sandbox.ledger("acme").collected))
    events = [(each.event, each.images) for each in sandbox.ledger("acme")]
    assert events == [("charged", (0, 1)), ("answered", ()), ("collected", (1,))]
    charge = sandbox.ledger("acme").entries[0]
    assert (charge.task, charge.usd, charge.credits) == (task, Decimal("0.080"), None)
    assert sandbox.ledger("acme").uncollected == ((task, 0),)


def test_an_answer_that_did_not_leave_whole_is_not_answered(sandbox: Sandbox) -> None:
    """It is charged all the same."""
    sandbox.dial(Fault(kind="reset-mid-answer", operation="submit"))
    with pytest.raises(DROPPED):
        submit(sandbox)
    assert [each.event for each in sandbox.ledger("acme")] == ["charged"]


def test_the_same_picture_has_the_same_digest_whoever_is_called_back(sandbox: Sandbox) -> None:
    """The callback address may name the attempt; another prompt is another picture."""
    for path in ("first", "second"):
        submit(sandbox, hook=f"https://me.test/{path}")
    submit(sandbox, "a dog")
    digests = [each.digest for each in sandbox.ledger("acme").of("charged")]
    assert digests[0] == digests[1] != digests[2]
    assert sandbox.ledger("acme").charged_twice == (digests[0],)


def test_the_boundary_of_a_form_is_no_part_of_the_digest(sandbox: Sandbox) -> None:
    """It may follow from the content."""
    fields = {"prompt": "a hat", "image": ("c.png", small_png("c"), "image/png")}
    for boundary in ("one", "another"):
        body, media_type = encode_multipart_formdata(fields, boundary)
        urllib3.request(
            "POST",
            f"{sandbox.url('acme')}/v1/edits",
            headers={"x-key": sandbox.key("acme"), "Content-Type": media_type},
            body=body,
            retries=False,
        )
    assert len(sandbox.ledger("acme").charged_twice) == 1


def test_an_idempotency_key_is_kept(sandbox: Sandbox) -> None:
    """As it came."""
    body = {"prompt": "a cat"}
    call(sandbox, "POST", "/v1/images", body, **{"Idempotency-Key": "k-1"})
    assert sandbox.ledger("acme").entries[0].key == "k-1"


def test_a_failed_task_is_refunded_with_its_amount(sandbox: Sandbox) -> None:
    """The balance is what it was."""
    before = sandbox.balance("acme")
    task = submit(sandbox, "sandbox:failed").value["id"]
    poll(sandbox, task)
    events = [(each.event, each.usd) for each in sandbox.ledger("acme").of("refunded")]
    assert events == [("refunded", Decimal("0.040"))]
    assert sandbox.balance("acme") == before


def test_inline_images_are_collected_with_the_answer() -> None:
    """OpenRouter answers with the bytes; each event of a stream counts once it has left."""
    with Sandbox(["openrouter"], pace=0, plain=True) as sandbox:
        for stream in (False, True):
            urllib3.request(
                "POST",
                f"{sandbox.url('openrouter')}/api/v1/images",
                headers={"Authorization": f"Bearer {sandbox.key('openrouter')}"},
                json={"model": "openai/gpt-image-1", "prompt": f"a cat {stream}", "stream": stream},
                retries=False,
            )
        assert until(lambda: len(sandbox.ledger("openrouter").collected) == 2)
        assert sandbox.ledger("openrouter").uncollected == ()


@pytest.mark.parametrize(("billed", "kept"), [(False, 0), (True, 1), (None, 1)])
def test_who_hangs_up_pays_where_the_documents_say_so(*, billed: bool | None, kept: int) -> None:
    """A synchronous picture; where nobody says, it is taken to be paid."""
    fixtures = load("openrouter")
    fixtures = evolve(fixtures, billing=evolve(fixtures.billing, billed_on_disconnect=billed))
    with Sandbox([fixtures], pace=0, plain=True) as sandbox:
        gate = sandbox.gate("openrouter", "submit", "request-read")
        key = f"Bearer {sandbox.key('openrouter')}"
        body = {"model": "bytedance-seed/seedream-4.5", "prompt": "a cat"}
        with begun(sandbox, "openrouter", "/api/v1/images", body, Authorization=key):
            assert gate.reached.wait(10)
            assert len(sandbox.ledger("openrouter").charged_tasks) == 1
        # One loop serves all: who is answered now came after the other had gone.
        assert urllib3.request("GET", f"{sandbox.url('openrouter')}/nothing").status == 404
        gate.open()
        assert until(lambda: len(sandbox.ledger("openrouter").charged_tasks) == kept)
