"""What a verdict is reached with: versions, and the environment of a child."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata

_LIBRARIES = ("tintype", "pluggy", "attrs", "cattrs", "urllib3", "aiohttp", "httpx")
_GROUP = "tintype"

# What a process needs to find Python and the plugins; no key, no option of anyone's.
_PASSED_ON = ("PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV", "LANG", "LC_ALL")


def environment() -> Mapping[str, str]:
    """The versions of Python and of the libraries that matter."""
    found = {name: version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), **{key: is_ for key, is_ in found.items() if is_}}


def version(distribution: str) -> str:
    """The version of an installed distribution, or ""."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def distribution(provider: str) -> str:
    """The distribution that an installed plugin comes from, as `tintype-acme 0.3.1`."""
    for point in metadata.entry_points(group=_GROUP, name=provider):
        if point.dist is not None:
            return f"{point.dist.name} {point.dist.version}"
    return provider


def wheel(provider: str) -> str:
    """The SHA-256 of the wheel that a plugin was installed from, as the installer noted it.

    Installers do so for a file or an address (PEP 610), not for what an index gave them: then
    it is "", as it is for a source tree.
    """
    for point in metadata.entry_points(group=_GROUP, name=provider):
        text = point.dist.read_text("direct_url.json") if point.dist is not None else None
        origin = json.loads(text) if text else {}
        hashes = origin.get("archive_info", {}).get("hashes", {})
        if origin.get("url", "").endswith(".whl") and "sha256" in hashes:
            return f"sha256:{hashes['sha256']}"
    return ""


def child_environment(folder: str) -> dict[str, str]:
    """The environment of a child whose files go into `folder`."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **kept,
        "HOME": folder,
        "TMPDIR": folder,
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run_apart(
    folder: str, *arguments: str, seconds: float, plainly: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Run this Python in a process of its own, with nothing of ours but where plugins are.

    Args:
        folder: Its working folder, and where its own files go.
        arguments: What the interpreter is told: `-m` and a module, or `-c` and a text.
        seconds: How long it may take.
        plainly: Whether it is started as any program is: hashes differ from run to run, and
            bytecode is written.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    return subprocess.run(  # noqa: S603 - this interpreter, this package's own text
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env={**child_environment(folder), **(_plain(folder) if plainly else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )


def _plain(folder: str) -> Mapping[str, str]:
    return {
        "PYTHONHASHSEED": "random",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": folder,
    }


def last_words(ended: subprocess.CompletedProcess[bytes]) -> str:
    """The last line that a process wrote of what went wrong, or ""."""
    return "".join(ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:])
