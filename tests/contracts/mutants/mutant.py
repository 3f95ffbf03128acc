"""A reference plugin, or its documents, broken in one known way."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from attrs import frozen
from tests.contracts import reference

from tintype._registry import Plugin, Registry
from tintype.errors import PluginError
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.harness.subject import Subject


class StaleMutantError(Exception):
    """The text that a mutant replaces does not stand in its file exactly once."""


@frozen(kw_only=True)
class SourceMutant:
    """A change of a reference plugin's source.

    Attributes:
        name: Stable, kebab-case; it says what the plugin does.
        file: The reference plugin, by the name of its module.
        before: What stands in the file, exactly once.
        after: What takes its place.
        killed_by: The id of the check that has to notice.
        also: More replacements, where one is not enough.
        installed: Whether it shows only in a plugin that is installed as a distribution.
    """

    name: str
    file: str
    before: str
    after: str
    killed_by: str
    also: tuple[tuple[str, str], ...] = ()
    installed: bool = False

    @property
    def provider(self) -> str:
        """The name of the reference provider."""
        return f"reference_{self.file}"

    @property
    def source(self) -> str:
        """The whole source, changed.

        Raises:
            StaleMutantError: The text to replace is gone, or stands there twice.
        """
        text = inspect.getsource(reference.plugin(self.provider))
        for before, after in ((self.before, self.after), *self.also):
            if text.count(before) != 1:
                msg = f"{self.name}: {before!r} stands {text.count(before)} times."
                raise StaleMutantError(msg)
            text = text.replace(before, after)
        return text

    def subject(self) -> Subject:
        """The mutant with the unchanged documents, to be examined."""
        return Subject(self._plugin(), reference.fixtures(self.provider), name=self.provider)

    def _plugin(self) -> Plugin | PluginError:
        try:
            return Registry({self.provider: self.module()}).get(self.provider)
        except PluginError as error:
            return error

    def module(self) -> ModuleType:
        """The changed source as a module of its own."""
        name = f"tintype_mutant_{self.name.replace('-', '_')}"
        spec = importlib.util.spec_from_loader(name, loader=None)
        if spec is None:
            raise StaleMutantError(self.name)
        made = importlib.util.module_from_spec(spec)
        sys.modules[name] = made  # where attrs looks up what annotations name
        exec(compile(self.source, f"{name}.py", "exec"), vars(made))  # noqa: S102 - the kit's own text
        return made

    def install(self, folder: Path) -> None:
        """Write the mutant into `folder` as an installed distribution, documents and all."""
        install(folder, self.provider, self.source)


@frozen(kw_only=True)
class DocumentMutant:
    """A change of what a reference provider documents.

    Attributes:
        name: Stable, kebab-case; it says what is wrong with the documents.
        provider: The reference provider.
        change: What becomes of its fixtures.
        killed_by: The id of the check that has to notice.
        today: The day that ages are counted to, or "".
    """

    name: str
    provider: str
    change: Callable[[Fixtures], Fixtures]
    killed_by: str
    today: str = ""

    def subject(self) -> Subject:
        """The unchanged plugin with the changed documents, to be examined."""
        good = reference.subject(self.provider)
        options = {"today": self.today} if self.today else {}
        return Subject(good.plugin, self.change(good.fixtures), options, name=self.provider)


def install(folder: Path, provider: str, source: str) -> None:
    """Write a plugin into `folder` as a distribution that is installed there.

    The fixtures go along as package data, as an author ships them.
    """
    package = folder / f"tintype_{provider}"
    documents = reference.folder(provider)
    for path in sorted(documents.rglob("*")):
        if path.is_file():
            target = package / "fixtures" / path.relative_to(documents)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (package / "__init__.py").write_text(source, "utf-8")
    (package / "fixtures" / "__init__.py").write_text("", "utf-8")
    info = folder / f"tintype_{provider}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: tintype-{provider.replace('_', '-')}\nVersion: 0.1\n",
        "utf-8",
    )
    points = f"""\
        [tintype]
        {provider} = tintype_{provider}

        [tintype.fixtures]
        {provider} = tintype_{provider}.fixtures
        """
    (info / "entry_points.txt").write_text(textwrap.dedent(points), "utf-8")
