"""A process that has imported everything, and forks a child for each job on its stdin.

A job is a JSON object on a line. The child's process id is the answer's first line, how it
ended the second. It has one thread, so that it may fork; the sandbox lives elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve

from tintype import Account, AsyncClient, Client, Delivery, ImageRequest, Observation, hookimpl
from tintype._cli import main as command_line
from tintype._flow.effects import Record

Job = dict[str, Any]


class Quick:
    """Polls without long pauses."""

    @hookimpl(wrapper=True)
    def describe(self) -> object:
        """The provider's own words, but for its patience."""
        info = yield
        return evolve(info, poll_schedule=(0.01,), task_timeout=30.0)


def step(told: Observation) -> str:
    """An effect in a word."""
    effect = told.effect
    name = type(effect).__name__.lower()
    return f"{name} {type(effect.entry).__name__.lower()}" if isinstance(effect, Record) else name


def counting(job: Job, steps: list[str]) -> Callable[[Observation], None]:
    """An observer that kills its own process behind the effect of that number."""

    def observe(told: Observation) -> None:
        steps.append(step(told))
        if len(steps) == job.get("effect"):
            os.kill(os.getpid(), signal.SIGKILL)

    return observe


def options(job: Job, steps: list[str]) -> tuple[Account, dict[str, Any]]:
    """What a client is made of."""
    account = Account(provider=job["provider"], key=job["key"], base_url=job["url"])
    return account, {
        "wrappers": [Quick()],
        "journal": job["journal"],
        "environ": {},
        "observers": [counting(job, steps)],
        "seed": 0,
    }


def request(job: Job) -> ImageRequest:
    """The picture."""
    references = (Path(job["reference"]).read_bytes(),) if job.get("reference") else ()
    return ImageRequest(
        prompt=job["prompt"],
        n=job.get("n", 1),
        references=references,
        webhook_url=job.get("webhook"),
        **job.get("fields", {}),
    )


def live_sync(job: Job, steps: list[str]) -> None:
    """Draw and save."""
    account, fields = options(job, steps)
    with Client(account, **fields) as client:
        drawn = client.generate(request(job), provider=job["provider"])
        client.save(drawn, job["folder"])


async def live_async(job: Job, steps: list[str]) -> None:
    """Draw and save."""
    account, fields = options(job, steps)
    async with AsyncClient(account, **fields) as client:
        drawn = await client.generate(request(job), provider=job["provider"])
        await client.save(drawn, job["folder"])


def resume_sync(job: Job, steps: list[str]) -> None:
    """Take what a webhook says, if one came, and finish what is open."""
    account, fields = options(job, steps)
    with Client(account, **fields) as client:
        if job.get("delivery"):
            told = Delivery(body=job["delivery"].encode())
            client.receive(told, provider=job["provider"], record=job["entry"])
        steps.extend(f"! {each.error}" for each in client.resume(job["folder"]) if each.error)


async def resume_async(job: Job, steps: list[str]) -> None:
    """Take what a webhook says, if one came, and finish what is open."""
    account, fields = options(job, steps)
    async with AsyncClient(account, **fields) as client:
        if job.get("delivery"):
            told = Delivery(body=job["delivery"].encode())
            await client.receive(told, provider=job["provider"], record=job["entry"])
        found = await client.resume(job["folder"])
        steps.extend(f"! {each.error}" for each in found if each.error)


def resume_command(job: Job, steps: list[str]) -> None:
    """`tintype resume`."""
    name = job["provider"].upper()
    os.environ |= {
        f"{name}_API_KEY": job["key"],
        f"{name}_BASE_URL": job["url"],
        "TINTYPE_JOURNAL": job["journal"],
    }
    steps.append("command")
    command_line(["resume", "-o", job["folder"]])


ACTS: dict[str, Callable[[Job, list[str]], None]] = {
    "live sync": live_sync,
    "live async": lambda job, steps: asyncio.run(live_async(job, steps)),
    "resume sync": resume_sync,
    "resume async": lambda job, steps: asyncio.run(resume_async(job, steps)),
    "resume command": resume_command,
}


def child(job: Job) -> None:
    """Do a job; what it did is written to a file."""
    steps: list[str] = []
    status = 1
    try:
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        if job.get("paused"):
            os.kill(os.getpid(), signal.SIGSTOP)
        ACTS[job["act"]](job, steps)
        status = 0
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException:  # noqa: BLE001 - told in the log
        traceback.print_exc()
    finally:
        Path(job["log"]).with_suffix(".json").write_text(json.dumps(steps))
        sys.stdout.flush()
        os._exit(status)


def main() -> None:
    """Fork for every job until there are no more. Those that only warm up are done here."""
    for line in sys.stdin:
        job = json.loads(line)
        if job.get("warm"):
            ACTS[job["act"]](job, [])
            tell(0)
            continue
        pid = os.fork()
        if pid == 0:
            child(job)
        tell(pid)
        _, status = os.waitpid(pid, 0)
        tell(os.waitstatus_to_exitcode(status))


def tell(number: int) -> None:
    """Answer a line."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
