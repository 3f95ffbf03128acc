"""docs/tutorial.md, followed block by block in an empty folder.

A block under a file's name is that file, or what changes in it; one of `console` is typed, and
below each command stands what it prints. `python -m tests.contracts.tutorial` writes that anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^(?:\*\*`([^`\n]+)`\*\*\n\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# How many checks there are grows with the kit.
_COUNTED = re.compile(r"check set \S+|\d+ (?:passed|failed|not applicable)")
# What `pip` needs is here: the page's package is built with it, and nothing is fetched.
_OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}


@frozen
class Block:
    """One block of the page.

    Attributes:
        file: The file that it stands under, or "".
        language: What its fence says.
        text: The lines between.
    """

    file: str
    language: str
    text: str

    @property
    def typed(self) -> Iterator[tuple[str, str]]:
        """Each command of a console, and the lines below it."""
        for piece in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, printed = piece.partition("\n")
            yield command, printed


def blocks(page: str) -> tuple[Block, ...]:
    """The blocks of a page that a reader does something with, in order."""
    return tuple(Block(*found) for found in _BLOCK.findall(page))


def settled(text: str) -> str:
    """What is printed, but for how many checks there are."""
    return _COUNTED.sub("…", text.strip())


def beginning(folder: Path) -> Mapping[str, str]:
    """Make an environment there that has what this one has, and the wheels; its variables."""
    made = folder / ".env"
    venv.create(made, symlinks=True)
    site = next((made / "lib").glob("python*/site-packages"))
    site.joinpath("outside.pth").write_text("\n".join(filter(os.path.isdir, sys.path)), "utf-8")
    for name in ("pip", "tintype"):
        script = made / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {made}/bin/python -m {name} "$@"\n', "utf-8")
        script.chmod(0o755)
    built = " ".join(str(ROOT / name) for name in ("core", "fixtures", "contracts"))
    ran(f"{sys.executable} -m pip wheel -q -w wheels {built}", folder, {**os.environ, **_OFFLINE})
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return {**kept, **_OFFLINE, "PATH": f"{made}/bin{os.pathsep}{os.defpath}"}


def ran(command: str, folder: Path, environ: Mapping[str, str]) -> str:
    """What a command prints, on both streams."""
    ended = subprocess.run(  # noqa: S602 - a line of our own page
        command,
        shell=True,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.stdout


def write(block: Block, folder: Path) -> None:
    """Write the file that a block is, or change it by each piece of a diff.

    Raises:
        ValueError: The lines that a piece of a diff keeps or takes away do not stand in the
            file exactly once.
    """
    path = folder / block.file
    if block.language != "diff":
        path.write_text(block.text, "utf-8")
        return
    text = path.read_text("utf-8")
    for piece in re.split(r"^@@\n", block.text, flags=re.MULTILINE):
        lines = piece.splitlines(keepends=True)
        old = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
        new = "".join(line[1:] or "\n" for line in lines if line[0] != "-")
        if text.count(old) != 1:
            msg = f"{block.file} has {text.count(old)} times:\n{old}"
            raise ValueError(msg)
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def _followed(page: str, folder: Path) -> str:
    """The page with what its commands print now."""
    environ = beginning(folder)

    def anew(found: re.Match[str]) -> str:
        block = Block(*found.groups(default=""))
        if block.language != "console":
            write(block, folder)
            return found[0]
        said = ((command, ran(command, folder, environ).strip()) for command, _ in block.typed)
        lines = ("\n".join(filter(None, (f"$ {command}", told))) for command, told in said)
        return "\n".join(("```console", *lines, "```"))

    return _BLOCK.sub(anew, page)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        PAGE.write_text(_followed(PAGE.read_text("utf-8"), Path(place)), "utf-8")
