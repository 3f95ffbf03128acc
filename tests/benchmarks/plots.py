"""`python -m tests.benchmarks.plots`: what CPU and memory grow with, drawn beside an earlier core.

Each point is measured in a process of its own: `--one KIND AMOUNT PLACE` is that process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen
from tests.benchmarks import flight, inside, ours, page
from tests.benchmarks.measuring import Block, Size, child, cpu, peak
from tests.benchmarks.server import serving

from tintype import Account, Client

ROOT = Path(__file__).parents[2]
Point = tuple[float, float]  # CPU and memory, in the units of the panel
_FILL = """\
import pathlib, sys
from tests.benchmarks import inside, measuring
place = pathlib.Path(sys.argv[2])
inside.history(measuring.Size(rounds=0, share=1.0, place=place), int(sys.argv[1]))
"""
Points = Sequence[Sequence[float]]  # the amount, CPU and memory of each point


def _in_flight(amount: int, place: Path) -> Point:
    size = Size(rounds=0, share=amount / 10_000, place=place)
    (held,) = flight.held_awaited(size)["KiB"]
    return flight.a_poll(amount, 3), held


def _image(amount: int, place: Path) -> Point:  # noqa: ARG001
    with serving() as server:

        def draw(size: int) -> None:
            with ours.sync("apiyi", f"inline-{size}", server.first) as client:
                client.submit(ours.ASKED, provider="apiyi")

        return _figures(lambda: draw(1_024), lambda: draw(amount))


def _figures(little: Block, block: Block) -> Point:
    """The CPU milliseconds and the peak MiB of a block, behind one that loads what it needs."""
    little()
    memory = peak(block) / 2**20  # the first time: what was given back once stays resident
    return cpu(block) / 1_000, memory


def _rows(amount: int, place: Path) -> Point:
    size = Size(rounds=0, share=1.0, place=place)
    # In a process of its own, for what that takes hides the peak.
    child(sys.executable, "-c", _FILL, str(amount), str(place))

    def resume(rows: int) -> None:
        file = inside.history(size, rows)
        with ours.sync("replicate", "url", transport=ours.Here(), journal=file) as client:
            client.resume(place)

    return _figures(lambda: resume(1), lambda: resume(amount))


def _plugins(amount: int, place: Path) -> Point:  # noqa: ARG001
    shipped = ours.plugin("replicate")
    names = ["replicate", *(f"other-{index}" for index in range(amount - 1))]
    account = Account(provider="replicate", key=ours.KEY, base_url="http://127.0.0.1:9/replicate-1")

    def first(names: list[str]) -> None:
        made = Client(
            account, plugins=dict.fromkeys(names, shipped), transport=ours.Here(), environ={}
        )
        with made as client:
            client.submit(ours.ASKED, provider="replicate")

    return _figures(lambda: first(names[:1]), lambda: first(names))


@frozen
class Panel:
    """What grows, what is measured of it, and at which amounts."""

    point: Callable[[int, Path], Point]
    amounts: tuple[int, ...]
    grows: str
    cpu: str
    memory: str


PANELS = {
    "flight": Panel(
        _in_flight, (100, 1_000, 10_000), "tasks in flight", "CPU µs a poll", "KiB a task"
    ),
    "image": Panel(
        _image,
        (100_000, 1_000_000, 5_000_000, 20_000_000),
        "bytes of an inline image",
        "CPU ms an answer",
        "peak MiB",
    ),
    "rows": Panel(
        _rows,
        (1_000, 10_000, 100_000),
        "rows of the journal, none open",
        "CPU ms a resume()",
        "peak MiB",
    ),
    "plugins": Panel(
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
    """Measure every point, keep them, and draw two pictures of each panel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="draw docs/speed.svg")
    parser.add_argument("--share", type=float, default=1.0, help="of each amount")
    parser.add_argument("--points", type=Path, default=ROOT / "build" / "plots.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        points = {
            kind: [
                (amount, *_measured(kind, amount, place))
                for amount in (max(1, int(each * given.share)) for each in panel.amounts)
            ]
            for kind, panel in PANELS.items()
        }
    given.points.parent.mkdir(parents=True, exist_ok=True)
    given.points.write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
    _draw(points, (ROOT / "docs" if given.docs else given.points.parent) / "speed.svg")


def _draw(points: Mapping[str, Points], file: Path) -> None:
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "tintype", "svg.fonttype": "none", "font.size": 9})
    earlier = page.before()
    figure, axes = plt.subplots(2, len(PANELS), figsize=(13, 5.5), layout="constrained")
    sides = (
        (earlier["commit"], earlier["points"], {"color": "#9a9a9a", "marker": "s", "ls": "--"}),
        ("now", points, {"color": "#1f5fa8", "marker": "o"}),
    )
    for column, (kind, panel) in enumerate(PANELS.items()):
        for side, label in enumerate((panel.cpu, panel.memory)):
            axis = axes[side, column]
            for name, told, style in sides:
                amounts, *figures = zip(*told[kind], strict=True)
                axis.plot(amounts, figures[side], label=name, **style)
            axis.set(xscale="log", title=label, xlabel=panel.grows, ylim=(0, None))
            axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        asked, number, folder = sys.argv[2:]
        sys.stdout.write(json.dumps(PANELS[asked].point(int(number), Path(folder))))
    else:
        main()
