"""`python -m tests.benchmarks.plots`: what CPU and memory grow with, drawn into docs/speed.svg.

Each point is measured in a process of its own: `--one KIND AMOUNT` is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import flight, inside, ours
from tests.benchmarks.measuring import Size, cpu, peak

from tintype import Account, Client

ROOT = Path(__file__).parents[2]
Point = tuple[float, float]  # CPU and memory, in the units of the panel


def _in_flight(amount: int, place: Path) -> Point:
    size = Size(rounds=0, share=amount / 10_000, place=place)
    (held,) = flight.held_awaited(size)["KiB"]
    return flight.a_poll(amount, 3), held


def _image(amount: int, place: Path) -> Point:  # noqa: ARG001
    with ours.sync("apiyi", f"inline-{amount}", transport=ours.Here()) as client:

        def draw() -> None:
            client.submit(ours.ASKED, provider="apiyi")

        draw()  # the answer is made once
        return cpu(draw) / 1_000, peak(draw) / 2**20


def _rows(amount: int, place: Path) -> Point:
    size = Size(rounds=0, share=1.0, place=place)
    file = inside.history(size, amount)

    def resume() -> None:
        with ours.sync("replicate", "url", transport=ours.Here(), journal=file) as client:
            client.resume(place)

    spent: list[float] = []
    memory = peak(lambda: spent.append(cpu(resume))) / 2**20
    return spent[0] / 1_000, memory


def _plugins(amount: int, place: Path) -> Point:  # noqa: ARG001
    shipped = ours.plugin("replicate")
    names = ["replicate", *(f"other-{index}" for index in range(amount - 1))]
    account = Account(provider="replicate", key=ours.KEY, base_url="http://127.0.0.1:9/replicate-1")

    def first() -> None:
        made = Client(
            account, plugins=dict.fromkeys(names, shipped), transport=ours.Here(), environ={}
        )
        with made as client:
            client.submit(ours.ASKED, provider="replicate")

    first()
    return cpu(first) / 1_000, peak(first) / 2**20


Panel = tuple[Callable[[int, Path], Point], tuple[int, ...], str, str, str]
PANELS: dict[str, Panel] = {
    "flight": (_in_flight, (100, 1_000, 10_000), "tasks in flight", "CPU µs a poll", "KiB a task"),
    "image": (
        _image,
        (100_000, 1_000_000, 5_000_000, 20_000_000),
        "bytes of an inline image",
        "CPU ms an answer",
        "peak MiB",
    ),
    "rows": (
        _rows,
        (1_000, 10_000, 100_000),
        "rows of the journal, nothing open",
        "CPU ms a resume()",
        "peak MiB",
    ),
    "plugins": (
        _plugins,
        (1, 10, 100, 1_000),
        "installed plugins",
        "CPU ms, a client and a task",
        "peak MiB",
    ),
}


def _measured(kind: str, amount: int, place: str) -> Point:
    command = [sys.executable, "-m", "tests.benchmarks.plots", "--one", kind, str(amount), place]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    told: Point = tuple(json.loads(done.stdout))
    return told


def main() -> None:
    """Measure every point and draw four panels."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "tintype"
    figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    with tempfile.TemporaryDirectory() as place:
        for axis, (kind, panel) in zip(axes.flat, PANELS.items(), strict=True):
            _, amounts, grows, left, right = panel
            points = [_measured(kind, amount, place) for amount in amounts]
            other = axis.twinx()
            (one,) = axis.plot(amounts, [cpu for cpu, _ in points], "o-", color="#1f5fa8")
            (two,) = other.plot(amounts, [held for _, held in points], "s--", color="#b5521b")
            axis.set(xscale="log", xlabel=grows, ylabel=left, ylim=(0, None))
            other.set(ylabel=right, ylim=(0, None))
            axis.legend([one, two], [left, right], loc="upper left", frameon=False)
    figure.savefig(ROOT / "docs" / "speed.svg", metadata={"Date": None})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        kind, amount, place = sys.argv[2:]
        sys.stdout.write(json.dumps(PANELS[kind][0](int(amount), Path(place))))
    else:
        main()
