"""The providers of the benchmarks, in a process of their own: only a client's CPU time counts.

It binds 127.0.0.1, tells its port in a line, and ends with its standard input. For each line
that it reads it tells the CPU seconds that it has used so far.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from tests.benchmarks.answers import Answers

ROOT = Path(__file__).parents[2]


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as these clients speak it: a length, or no body."""

    def __init__(self, answers: Answers) -> None:
        self._answers, self._held = answers, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole by now."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._held) < end + 4 + length:
                return
            self._held = self._held[end + 4 + length :]
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self._transport.write(response(*self._answers.of(method, target)))


def response(headers: dict[str, str], body: bytes) -> bytes:
    """An answer as it goes on the wire."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def served() -> None:
    """Serve until standard input ends."""
    loop, answers = asyncio.get_running_loop(), Answers()
    server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", 0)
    answers.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.to_thread(told_until_the_end, answers.origin)
    server.close()


def told_until_the_end(first: str) -> None:
    """Say a line, then for each line that comes how much CPU time went by, until none comes."""
    sys.stdout.write(f"{first}\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(f"{time.process_time()}\n")
        sys.stdout.flush()


@frozen
class Served:
    """A server in a process of its own."""

    first: str
    process: subprocess.Popen[str]

    def cpu(self) -> float:
        """The CPU seconds that it has used."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


@contextmanager
def serving(module: str = "tests.benchmarks.server", *arguments: str) -> Iterator[Served]:
    """A module that serves, until the block ends."""
    command = [sys.executable, "-m", module, *arguments]
    made = subprocess.Popen(  # noqa: S603 - our own code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
    )
    with made as process:
        assert process.stdout is not None
        yield Served(process.stdout.readline().strip(), process)
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(served())
