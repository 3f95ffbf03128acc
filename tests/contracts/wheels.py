"""A distribution that is no part of this workspace: built as a wheel, installed in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.contracts import reference

SOURCE = "reference_by_id"
_WHEEL = "tintype_outside-1.2.3-py3-none-any.whl"
_INFO = "tintype_outside-1.2.3.dist-info"


def plugin_source() -> str:
    """The text of a good plugin."""
    return Path(str(reference.plugin(SOURCE).__file__)).read_text("utf-8")


def install(site: Path, plugins: Mapping[str, str], documented: frozenset[str]) -> None:
    """Build a wheel of these plugins, those in `documented` with fixtures; install it in `site`."""
    wheel = site.parent / _WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, source in plugins.items():
            archive.writestr(f"tintype_{name}/__init__.py", source.replace(SOURCE, name))
            if name in documented:
                _write_fixtures(archive, name)
        archive.writestr(f"{_INFO}/entry_points.txt", _entry_points(plugins, documented))
        archive.writestr(
            f"{_INFO}/METADATA",
            "Metadata-Version: 2.1\nName: tintype-outside\nVersion: 1.2.3\n"
            "Requires-Dist: tintype<0.3\n",
        )
        archive.writestr(
            f"{_INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{_INFO}/RECORD", "")
    with zipfile.ZipFile(wheel) as archive:  # which is all that installing a pure wheel is
        archive.extractall(site)
    hashes = {"sha256": digest_of_wheel(site)}
    origin = {"url": wheel.as_uri(), "archive_info": {"hashes": hashes}}  # but for PEP 610
    (site / _INFO / "direct_url.json").write_text(json.dumps(origin))


def digest_of_wheel(site: Path) -> str:
    """The SHA-256 of the wheel that was installed there."""
    return hashlib.sha256((site.parent / _WHEEL).read_bytes()).hexdigest()


def command(site: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`tintype contracts` where the distribution in `site` is installed too."""
    return python(site, "-m", "tintype_contracts", *arguments, **environ)


def python(site: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """This interpreter, where the distribution in `site` is installed too."""
    return subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(site), **environ},
        cwd=site.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def _write_fixtures(archive: zipfile.ZipFile, name: str) -> None:
    folder = reference.folder(SOURCE)
    archive.writestr(f"tintype_{name}/documents/__init__.py", "")
    for path in sorted(folder.rglob("*.*")):
        if path.suffix in {".json", ".toml", ".txt"}:
            data = path.read_text("utf-8")
            renamed = data.replace(SOURCE, name) if path.suffix == ".toml" else data
            archive.writestr(f"tintype_{name}/documents/{path.relative_to(folder)}", renamed)


def _entry_points(plugins: Mapping[str, str], documented: frozenset[str]) -> str:
    loaded = [f"{name} = tintype_{name}" for name in plugins]
    fixtures = [f"{name} = tintype_{name}.documents" for name in plugins if name in documented]
    return "\n".join(["[tintype]", *loaded, "", "[tintype.fixtures]", *fixtures, ""])
