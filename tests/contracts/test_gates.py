"""Gates: the server pauses where a test wants it, and tells; the client may be anywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.contracts.http_by_hand import Answered, submit

from tintype_contracts import Fixtures, Sandbox
from tintype_contracts.sandbox import POINTS, Point

_PATIENCE = 20


@pytest.fixture
def sandbox(acme: Fixtures) -> Iterator[Sandbox]:
    """Acme, at once and in plain colours."""
    with Sandbox([acme], pace=0, plain=True) as served:
        yield served


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Where calls wait for their answers."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.mark.parametrize("point", POINTS)
def test_a_request_waits_at_a_gate_until_it_is_opened(
    sandbox: Sandbox, pool: ThreadPoolExecutor, point: Point
) -> None:
    """The gate tells that it is reached; behind it everything goes on as usual."""
    gate = sandbox.gate("acme", "submit", point)
    answer: Future[Answered] = pool.submit(submit, sandbox)
    assert gate.reached.wait(_PATIENCE)
    ledger = sandbox.ledger("acme")
    worked = point != "request-head-read"
    assert len(ledger.charged_tasks) == (1 if worked else 0)
    assert len(ledger.of("answered")) == (1 if point == "answered" else 0)
    gate.open()
    assert answer.result(_PATIENCE).status == 200
    assert submit(sandbox).status == 200


def test_only_the_request_that_was_meant_waits(sandbox: Sandbox, pool: ThreadPoolExecutor) -> None:
    """The second submission, of this provider."""
    other = sandbox.gate("nobody", "*", "request-read")
    gate = sandbox.gate("acme", "*", "request-read", nth=2)
    assert submit(sandbox).status == 200
    assert not gate.reached.is_set()
    waiting = pool.submit(submit, sandbox)
    assert gate.reached.wait(_PATIENCE)
    assert submit(sandbox).status == 200
    gate.open()
    gate.open()
    assert waiting.result(_PATIENCE).status == 200
    assert not other.reached.is_set()


def test_leaving_the_block_opens_every_gate(acme: Fixtures, pool: ThreadPoolExecutor) -> None:
    """Nothing is left hanging."""
    with Sandbox([acme], pace=0, plain=True) as sandbox:
        gate = sandbox.gate("acme", "submit", "request-read")
        waiting = pool.submit(submit, sandbox)
        assert gate.reached.wait(_PATIENCE)
    assert waiting.exception(_PATIENCE) is None or isinstance(waiting.exception(), OSError)


def test_a_point_that_there_is_not_is_refused(sandbox: Sandbox) -> None:
    """In the line that asks for it."""
    with pytest.raises(ValueError, match="point"):
        sandbox.gate("acme", "submit", "lunch")  # type: ignore[arg-type]


CLIENT = """
import sys, urllib3
urllib3.request(
    "POST", sys.argv[1], headers={"x-key": sys.argv[2]}, json={"prompt": "a cat"}, retries=False
)
print("answered")
"""


@pytest.mark.parametrize("point", ["request-read", "answer-half-sent"])
def test_a_client_in_another_process_is_killed_at_a_gate(sandbox: Sandbox, point: Point) -> None:
    """It never hears the answer; the ledger has the charge; the server serves on."""
    gate = sandbox.gate("acme", "submit", point)
    command = [
        sys.executable,
        "-c",
        CLIENT,
        f"{sandbox.url('acme')}/v1/images",
        sandbox.key("acme"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert gate.reached.wait(_PATIENCE)
        process.kill()
        out, _ = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, out) == (-9, b"")
    gate.open()
    assert len(sandbox.ledger("acme").charged_tasks) == 1
    assert submit(sandbox, "a dog").status == 200
    assert sandbox.ledger("acme").charged_twice == ()
