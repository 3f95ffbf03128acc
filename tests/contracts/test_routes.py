"""A picture from the first of several providers that can, held to the sandbox's ledger."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.core.terminal import SCRIPT

from tintype import Attempt, Client, ImageRequest, Observation, Outcome
from tintype._flow.effects import Send
from tintype.errors import TintypeError
from tintype_contracts.sandbox import Fault, Sandbox

Done: TypeAlias = "subprocess.CompletedProcess[str]"
Generate: TypeAlias = Callable[..., Done]
NAMES = ("apiin", "apiyi", "apimodels", "openrouter")  # the cheapest of this model first
REQUEST = ImageRequest(prompt="a red panda", model="seedream-4.5")
WORTH = {"APIIN_USD_PER_CREDIT": "0.002"}  # documents disagree on it
WRONG = {f"{name.upper()}_API_KEY": "sk-nobody-has-this-key" for name in NAMES}
_MISUSE = 2


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Four providers that are quick."""
    with Sandbox(NAMES, pace=0, plain=True) as found:
        yield found


def paid(sandbox: Sandbox) -> list[str]:
    """Who charged for a picture, once for each."""
    return [name for name in NAMES for _ in sandbox.ledger(name).paid]


def history(client: Client) -> tuple[tuple[Attempt, ...], str]:
    """What became of each attempt to draw at any provider, and the error's words."""
    try:
        return client.generate(REQUEST, providers="any").attempts, ""
    except TintypeError as error:
        return error.attempts, str(error)


@pytest.mark.parametrize(
    ("refusing", "fault", "end"),
    [
        (1, None, Outcome.ACCEPTED),
        (2, "stall", Outcome.ACCEPTED),  # which is slow
        (4, None, Outcome.REJECTED),
        (0, "500", Outcome.UNKNOWN),
        (1, "reset-after-reading", Outcome.UNKNOWN),
        (1, "reset-before-reading", Outcome.UNKNOWN),
        (2, "html", Outcome.UNKNOWN),
        (3, "wrong-json", Outcome.UNKNOWN),
    ],
)
def test_the_history_is_what_the_ledger_says(
    sandbox: Sandbox, refusing: int, fault: str | None, end: Outcome
) -> None:
    """The cheapest that can draws; nobody is asked behind one that may have billed."""
    last = NAMES[refusing : refusing + 1]
    if fault is not None:
        sandbox.dial(Fault(kind=fault, provider=last[0], operation="submit", seconds=0.2))
    sent: list[str] = []

    def observe(seen: Observation) -> None:
        if isinstance(seen.effect, Send) and seen.effect.hook == "submit":
            sent.append(seen.provider)

    keys = dict(list(WRONG.items())[:refusing])
    with Client(environ={**sandbox.environ(), **WORTH, **keys}, observers=[observe]) as client:
        attempts, words = history(client)
    assert [each.provider for each in attempts] == sent == list(NAMES[: refusing + 1])
    refused = [Outcome.REJECTED] * (len(sent) - 1)
    assert [each.outcome for each in attempts] == [*refused, end]
    assert end is Outcome.ACCEPTED or all(each.reason in words for each in attempts)
    works = fault not in {"500", "reset-before-reading"}
    assert paid(sandbox) == [*last] * works


@pytest.fixture
def generate(sandbox: Sandbox, tmp_path: Path) -> Generate:
    """Runs the command in a folder of its own, with a journal."""

    def run(*arguments: str, **environ: str) -> Done:
        return subprocess.run(  # noqa: S603 - our own script
            [SCRIPT, "generate", "a red panda", "-m", "seedream-4.5", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "TINTYPE_JOURNAL": str(tmp_path / "journal.db"),
                **sandbox.environ(),
                **WORTH,
                **environ,
            },
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def test_any_is_the_cheapest_that_can(generate: Generate, sandbox: Sandbox) -> None:
    """Why another did not draw stands on stderr, and who drew; the file alone on stdout."""
    done = generate("-p", "any", "--max-cost", "0.045", APIIN_API_KEY="sk-nobody-has-this-key")
    assert (done.returncode, paid(sandbox)) == (0, ["apiyi"]), done.stderr
    assert len(done.stdout.split()) == 1
    lines = done.stderr.splitlines()
    assert any(line.startswith("apiin: ") and "(billed: no)" in line for line in lines)
    assert any("openrouter: It may cost $0.05, more than max_cost" in line for line in lines)
    assert lines[-1].startswith("drawn by apiyi (seedream-4-5")


@pytest.mark.parametrize(("more", "drawer"), [((), "openrouter"), (("--order", "price"), "apiyi")])
def test_several_are_tried_as_they_are_listed(
    generate: Generate, sandbox: Sandbox, more: tuple[str, ...], drawer: str
) -> None:
    """Unless they are to be tried by price."""
    done = generate("-p", "openrouter", "-p", "apiyi", *more)
    assert (done.returncode, paid(sandbox)) == (0, [drawer]), done.stderr


def test_where_nobody_can_each_reason_is_told(generate: Generate, sandbox: Sandbox) -> None:
    """What costs too much everywhere is misuse; a key that nobody takes is not."""
    done = generate("-p", "any", "--max-cost", "0.001")
    assert done.returncode == _MISUSE
    assert all(f"{name}: It may cost $" in done.stderr for name in NAMES)
    done = generate("-p", "apiin", "-p", "apiyi", **WRONG)
    assert done.returncode == 1
    assert done.stderr.count("billed: no") == 1
    assert "The others: apiin: " in done.stderr
    assert paid(sandbox) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-p", "apiin", "-p", "apiyo"), "Did you mean 'apiyi'"),
        (("-p", "any", "-p", "apiyi"), "name none besides"),
        (("-p", "any", "--order", "prise"), "'prise' is not one of"),
        (("-p", "any", "--no-wait"), "--no-wait submits to one provider"),
        (("-p", "apiin", "--key", "a", "--no-wait"), "takes no --key"),
        ((), "Missing option '-p'"),
    ],
)
def test_what_is_no_route_is_misuse(
    generate: Generate, sandbox: Sandbox, arguments: tuple[str, ...], words: str
) -> None:
    """One sentence, and nothing is submitted."""
    done = generate(*arguments)
    assert (done.returncode, done.stdout) == (_MISUSE, "")
    assert words in done.stderr
    assert paid(sandbox) == []


def test_an_option_is_for_whoever_draws(generate: Generate, sandbox: Sandbox) -> None:
    """Of any, too: all refuse what none knows."""
    done = generate("-p", "any", "--option", "no_such_field=1")
    assert done.returncode == 1
    assert all(f"{name}: /no_such_field is not" in done.stderr for name in NAMES)
    assert paid(sandbox) == []


def test_a_key_draws_once_and_tells_of_the_same_file(
    generate: Generate, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Another picture by this key is misuse; so is a key where no journal is kept."""
    drawing = ("-p", "apiyi", "--key", "order-4711", "--name", "panda")
    first, again = generate(*drawing), generate(*drawing)
    assert first.returncode == again.returncode == 0, again.stderr
    assert first.stdout == again.stdout.replace(f"{tmp_path}{os.sep}", "") != ""
    other = generate("--seed", "3", *drawing)
    assert other.returncode == _MISUSE
    assert "seed is None there and 3 here" in other.stderr
    assert generate(*drawing, TINTYPE_JOURNAL="off").returncode == _MISUSE
    assert (paid(sandbox), [*map(str, tmp_path.glob("*.*g"))]) == (
        ["apiyi"],
        [str(tmp_path / first.stdout.strip())],
    )
