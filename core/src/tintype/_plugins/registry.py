"""Installed plugins, loaded one by one, each behind a hook relay of its own.

A plugin that cannot be loaded is set aside with the reason; it never takes the others, or
the command line, down with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias, cast

import pluggy
from attrs import frozen

from tintype._blame import is_interruption
from tintype._excerpts import guess
from tintype._http.headers import fault_of_result_headers
from tintype._keys.declared import fault_of, fault_of_headers, fault_of_names
from tintype._keys.origins import fault_of_origins, fault_of_results
from tintype._keys.variables import fault_of_name, fault_of_variables
from tintype._keys.verification import fault_of_signature
from tintype._plugins.functions import Function, calls_of, fault_of_functions, functions_of
from tintype._plugins.offers import described_oddly, holds_oddly, of_odd_type
from tintype._plugins.promises import unkept
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError, UnknownProviderError
from tintype.hooks import Extras, Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from packaging.specifiers import SpecifierSet

GROUP = "tintype"
_PROJECT = "tintype"

# Where a plugin comes from: something that loads it, and that names its distribution, or "".
_Source: TypeAlias = tuple[Callable[[], object], Callable[[], str]]


@frozen(kw_only=True)
class Plugin:
    """A loaded plugin: its hooks behind one relay, and what it says of itself.

    Attributes:
        calls: The hooks by their names, as they are best called.
    """

    name: str
    hooks: Provider
    extras: Extras
    info: ProviderInfo
    calls: Mapping[str, Function]


class Registry:
    """The plugins that can be used.

    Args:
        plugins: Modules by name, in place of what is installed.
        wrappers: Objects with `@hookimpl(wrapper=True)` functions, laid around every plugin.
    """

    def __init__(
        self, plugins: Mapping[str, object] | None = None, wrappers: Iterable[object] = ()
    ) -> None:
        self._sources = _installed() if plugins is None else _given(plugins)
        self._wrappers = tuple(wrappers)
        self._loaded: dict[str, Plugin] = {}
        self._broken: dict[str, PluginError] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Every provider's name, sorted, whether or not its plugin works."""
        return tuple(sorted(self._sources))

    def check(self, names: Iterable[str]) -> None:
        """Refuse a name that is nobody's, whether or not the others' plugins work.

        Raises:
            UnknownProviderError: Nothing of that name is installed.
        """
        for name in names:
            if name not in self._sources:
                raise unknown_provider(name, self.names)

    def get(self, name: str) -> Plugin:
        """The plugin of that name, loaded at its first use.

        Raises:
            UnknownProviderError: Nothing of that name is installed.
            PluginError: It is installed and broken.
        """
        if name in self._broken:
            raise self._broken[name]
        if name not in self._loaded:
            try:
                self._loaded[name] = self._load(name)
            except PluginError as error:
                self._broken[name] = error
                raise
        return self._loaded[name]

    def working(self) -> tuple[Plugin, ...]:
        """Every plugin that can be loaded."""
        for name in set(self.names) - set(self._broken) - set(self._loaded):
            try:
                self.get(name)
            except PluginError:
                continue
        return tuple(self._loaded[name] for name in self.names if name in self._loaded)

    @property
    def broken(self) -> Mapping[str, PluginError]:
        """Why each plugin that was tried and does not work does not."""
        return dict(self._broken)

    def _load(self, name: str) -> Plugin:
        self.check([name])
        load, distribution = self._sources[name]
        try:
            return self._relayed(name, distribution, load())
        except PluginError:
            raise
        except BaseException as error:
            if is_interruption(error):
                raise
            reason = f"{type(error).__name__}: {error}"
            raise _broken(name, distribution(), f"cannot be loaded ({reason})") from error

    def _relayed(self, name: str, distribution: Callable[[], str], module: object) -> Plugin:
        manager = pluggy.PluginManager(_PROJECT)
        manager.add_hookspecs(Provider)
        manager.add_hookspecs(Extras)
        functions = functions_of(module, manager)
        fault = fault_of_functions(functions)
        if fault:
            raise _broken(name, distribution(), fault)
        manager.register(module, name=name)
        for wrapper in self._wrappers:
            manager.register(wrapper)
        hooks = cast("Provider", manager.hook)
        info = hooks.describe()
        fault = fault_of_description(info, name) or fault_of_variables(info, self.names)
        if fault:
            raise _broken(name, distribution(), f"describes {fault} in describe()")
        fault = unkept(info, functions)
        if fault:
            raise _broken(name, distribution(), fault)
        extras = cast("Extras", manager.hook)
        calls = calls_of(manager.hook)
        return Plugin(name=name, hooks=hooks, extras=extras, info=info, calls=calls)


def unknown_provider(name: str, known: Iterable[str]) -> UnknownProviderError:
    """The error for a name that nothing installed has. It names no package to install."""
    known = tuple(known)
    installed = ", ".join(known) or "none"
    msg = f"No provider is called {name!r}.{guess(name, known)} Installed: {installed}."
    return UnknownProviderError(msg)


def fault_of_description(info: object, name: str) -> str:
    """What is wrong with what a plugin says of itself, or ""."""
    if not isinstance(info, ProviderInfo) or info.name != name:
        return f"no provider called {name!r}"
    return (
        of_odd_type(info)
        or fault_of_name(info.name)
        or holds_oddly(info)
        or fault_of_origins(info.origins, info.settings)
        or fault_of_results(info.keyed_results, info.origins, info.settings)
        or fault_of(info.auth)
        or fault_of_result_headers(info.result_headers, info.auth.headers)
        or fault_of_headers(info.result_headers, info.settings)
        or fault_of_names(info.auth, info.variables, info.settings)
        or fault_of_signature(info.signature, info.webhooks)
        or described_oddly(info)
    )


def _broken(name: str, distribution: str, fault: str) -> PluginError:
    """The error for a plugin that cannot be used. One that was given in person is no pip's."""
    mend = f"Update or remove it: pip install -U {distribution}" if distribution else "Mend it."
    return PluginError(f"The plugin {distribution or name} {fault}. {mend}", provider=name)


def _installed() -> dict[str, _Source]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to import

    return {
        point.name: (partial(_loaded, point), partial(_sold_as, point))
        for point in entry_points(group=GROUP)
    }


def _sold_as(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _loaded(point: EntryPoint) -> object:
    """An installed plugin's module, if it says that it was built for these hooks.

    Raises:
        PluginError: Its distribution does not want the tintype that is here, whose hooks are
            others, or does not say below which one it was built.
    """
    from importlib.metadata import version  # noqa: PLC0415 - slow to import

    if point.dist is not None:
        fault = fault_of_requirement(version(_PROJECT), point.dist.requires or ())
        if fault:
            name, built = point.dist.name, point.dist.version
            raise _broken(point.name, name, f"{built} {fault} (docs/migrating.md)")
    return point.load()


def fault_of_requirement(version: str, wanted: Iterable[str]) -> str:
    """What is wrong with what a distribution wants of tintype, by the version here, or ""."""
    from packaging.requirements import InvalidRequirement  # noqa: PLC0415 - slow to import

    try:
        named = _wanted(wanted)
    except InvalidRequirement as error:
        return f"wants what nobody can read ({error})"
    if named is None:
        return "does not say that it wants tintype: bound it, as dependencies = " + _EXAMPLE
    if not any(each.operator in _BOUNDED for each in named):
        return f"wants tintype{named} without a bound above: bound it, as dependencies = {_EXAMPLE}"
    if named.contains(version, prereleases=True):
        return ""
    return f"was built for the hooks of tintype {named}, and this is {version}"


def _wanted(requirements: Iterable[str]) -> SpecifierSet | None:
    """The versions of tintype that all of them want, or None where none names it."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - slow to import
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - slow to import

    found: SpecifierSet | None = None
    for each in map(Requirement, requirements):
        here = each.marker is None or each.marker.evaluate({"extra": ""})
        if here and canonicalize_name(each.name) == _PROJECT:
            found = each.specifier if found is None else found & each.specifier
    return found


_BOUNDED = frozenset({"<", "<=", "==", "===", "~="})
_EXAMPLE = '["tintype>=0.2,<0.3"]'


def _given(plugins: Mapping[str, object]) -> dict[str, _Source]:
    return {
        name: (partial(_itself, found), partial(_distribution_of, found))
        for name, found in plugins.items()
    }


def _itself(module: object) -> object:
    return module


def _distribution_of(found: object) -> str:
    """The distribution with which a plugin that was given was installed, or "": with none."""
    name = found.__name__ if isinstance(found, ModuleType) else type(found).__module__
    return next(iter(_packages(tuple(sys.path)).get(name.partition(".")[0], ())), "")


@lru_cache(maxsize=1)
def _packages(path: tuple[str, ...]) -> Mapping[str, Sequence[str]]:  # noqa: ARG001 - where they are
    """The distributions of each package on the path: every file of each is looked at."""
    from importlib.metadata import packages_distributions  # noqa: PLC0415 - slow to import

    return packages_distributions()
