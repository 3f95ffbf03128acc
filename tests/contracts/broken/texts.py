"""What no hook shows: how a plugin is loaded, and what its wire types take.

Beside this file stands a TOML file a reference plugin. Each `[[break]]` names the check that has to
notice, and what takes the place of what in the plugin's source. A text that does not stand
there exactly once is an error, not a break that nobody notices.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import textwrap
import tomllib
from hashlib import sha256
from pathlib import Path

from attrs import frozen
from tests.contracts import reference
from tests.contracts.broken.row import Row
from tests.contracts.changed import Plugin

_FILES = sorted(Path(__file__).parent.glob("*.toml"))


class StaleBreakError(Exception):
    """The text that a break replaces does not stand in its file exactly once."""


@frozen
class Text:
    """Some text of a plugin's source in the place of other text."""

    changes: tuple[tuple[str, str], ...]

    def source(self, name: str) -> str:
        """The whole source, changed.

        Raises:
            StaleBreakError: The text to replace is gone, or stands there twice.
        """
        text = inspect.getsource(reference.plugin(name))
        for before, after in self.changes:
            if text.count(before) != 1:
                msg = f"{name}: {before!r} stands {text.count(before)} times."
                raise StaleBreakError(msg)
            text = text.replace(before, after)
        return text

    def __call__(self, plugin: Plugin) -> None:
        """What the changed source defines, loaded as a module of its own."""
        source = self.source(plugin.name)
        title = f"broken_{sha256(source.encode()).hexdigest()[:12]}"
        spec = importlib.util.spec_from_loader(title, loader=None)
        assert spec is not None
        made = importlib.util.module_from_spec(spec)
        sys.modules[title] = made  # where attrs looks up what annotations name
        exec(compile(source, f"{title}.py", "exec"), vars(made))  # noqa: S102 - our own text
        plugin.hooks = vars(made)  # what is no hook, too: a mark may be missing


def _rows(*, installed: bool) -> tuple[tuple[str, Row], ...]:
    return tuple(
        (each["check"], Row(f"reference_{file.stem}", Text(tuple(map(tuple, each["change"])))))
        for file in _FILES
        for each in tomllib.loads(file.read_text("utf-8"))["break"]
        if each.get("installed", False) is installed
    )


ROWS = _rows(installed=False)
INSTALLED = _rows(installed=True)
"""Those that show only in a plugin that is installed as a distribution."""


def install(folder: Path, row: Row) -> None:
    """Write a broken plugin into `folder` as a distribution that is installed there.

    The fixtures go along as package data, as an author ships them.
    """
    name = row.plugin
    assert isinstance(row.change, Text)
    package = folder / f"tintype_{name}"
    documents = reference.folder(name)
    for path in sorted(documents.rglob("*")):
        if path.is_file():
            target = package / "fixtures" / path.relative_to(documents)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (package / "__init__.py").write_text(row.change.source(name), "utf-8")
    (package / "fixtures" / "__init__.py").write_text("", "utf-8")
    info = folder / f"tintype_{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: tintype-{name.replace('_', '-')}\nVersion: 0.1\n"
        "Requires-Dist: tintype<0.3\n",
        "utf-8",
    )
    points = f"""\
        [tintype]
        {name} = tintype_{name}

        [tintype.fixtures]
        {name} = tintype_{name}.fixtures
        """
    (info / "entry_points.txt").write_text(textwrap.dedent(points), "utf-8")
