"""Checks that a plugin is found, loads, and leaves the process it is loaded in alone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import pluggy

from tintype.errors import PluginError
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.harness.distribution import distribution
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.hook_shape import Sort, shape_faults
from tintype_contracts.oracles.imports import HTTP_LIBRARIES, Imported, import_apart

_GROUP = "tintype"


@check("install.loads", level=1)
def loads(subject: Subject) -> Iterator[Finding]:
    """The plugin can be loaded from its entry point, and describes models.

    The core sets a plugin aside that cannot be loaded, and names its distribution.

    Name the module in `[project.entry-points.tintype]`, under the name that
    `describe().name` has; let `describe` return a `ProviderInfo` with at least one model.
    """
    for fault in subject.faults:
        if isinstance(fault, PluginError):
            cause = fault.__cause__
            got = f"{type(cause).__name__}: {cause}" if cause else None
            yield Finding(message=f"{fault.message}", got=got)


@check("install.fixtures", level=1)
def fixtures(subject: Subject) -> Iterator[Finding]:
    """The fixtures are installed, keep the rules of their format, and hold exchanges.

    A plugin without a documented exchange has nothing to be proven against.

    Ship the fixture files as package data and name their package in
    `[project.entry-points."tintype.fixtures"]`; `tintype contracts lint` tells what is
    wrong with them.
    """
    name = distribution(subject.name)
    try:
        exchanges = subject.fixtures.exchanges
    except FixtureError as error:
        for fault in error.faults:
            yield Finding(message=f"{name}: {fault}", pointer=fault.pointer)
        return
    if not exchanges:
        message = f"The fixtures of {name} hold no exchange. Write the story `generated`."
        yield Finding(message=message)


# ---------------------------------------------------------------------------- hooks


@check("install.hook-names", level=1)
def hook_names(subject: Subject) -> Iterator[Finding]:
    """Every function marked `@hookimpl` has the name of a hook.

    A hook manager keeps a misspelt one for a hook that may come, and never calls it.

    Rename it as the message says, or take the mark away.
    """
    yield from _shape(subject, "name")


@check("install.hook-marks", level=1)
def hook_marks(subject: Subject) -> Iterator[Finding]:
    """Every function that has the name of a hook is marked `@hookimpl`.

    Without the mark it is never called; a hook that is not required would be missing in
    silence.

    Put `@hookimpl` above it, or give a function that is no hook another name.
    """
    yield from _shape(subject, "mark")


@check("install.hook-arguments", level=1)
def hook_arguments(subject: Subject) -> Iterator[Finding]:
    """Every hook takes only arguments that it is given, by their names.

    Hooks are called by keyword; `def submit(req)` is given no `req`.

    Name the arguments as `tintype.hooks` does; one that is not needed may be left out.
    """
    yield from _shape(subject, "arguments")


@check("install.required-hooks", level=1)
def required_hooks(subject: Subject) -> Iterator[Finding]:
    """All five required hooks are defined.

    describe, price, submit, poll and parse: without one of them nothing can be drawn.

    Define it. Where the provider has nothing to ask, `price` and `poll` return None.
    """
    yield from _shape(subject, "missing")


def _shape(subject: Subject, sort: Sort) -> Iterator[Finding]:
    plugin = _plugin_object(subject)
    name = distribution(subject.name)
    for fault in shape_faults(plugin):
        if fault.sort == sort:
            yield Finding(message=f"{name}: {fault.message}", got=fault.hook)


def _plugin_object(subject: Subject) -> object:
    """The module that was registered; of a plugin that cannot be loaded, what its entry point is.

    Raises:
        NotApplicable: It is neither registered nor can it be imported.
    """
    loaded = not any(isinstance(fault, PluginError) for fault in subject.faults)
    if loaded:
        return _registered(subject) or subject.hooks
    try:
        (point,) = metadata.entry_points(group=_GROUP, name=subject.name)
        return point.load()
    except BaseException as error:
        msg = "The plugin cannot be imported: see install.loads."
        raise NotApplicable(msg) from error


def _registered(subject: Subject) -> object:
    """What stands behind the relay, below any wrapper; None where there is no relay."""
    relay: object = subject.hooks.describe
    if not isinstance(relay, pluggy.HookCaller):
        return None
    return next((each.plugin for each in relay.get_hookimpls() if not each.wrapper), None)


# --------------------------------------------------------------------------- the import


@check("install.clean-import", level=1)
def clean_import(subject: Subject) -> Iterator[Finding]:
    """Importing the plugin opens no connection, starts nothing, reads no clock or environment.

    `tintype providers` imports every plugin. One that reads a key at import has it before
    anyone said which account is meant.

    Keep module level to constants and definitions. Data files beside the module may be read.
    """
    for touch in _imported(subject).touches:
        message = f"Importing {distribution(subject.name)} reaches for {touch}. Do nothing there."
        yield Finding(message=message, got=touch)


@check("install.no-http-library", level=1)
def no_http_library(subject: Subject) -> Iterator[Finding]:
    """The plugin can be imported where no HTTP library is installed.

    The core sends; which library it uses is the caller's choice. A plugin that needs one
    does I/O of its own, or is about to.

    Import neither urllib3 nor aiohttp, httpx or requests; `urllib.parse` is fine.
    """
    imported = _imported(subject)
    if imported.missing:
        message = f"{distribution(subject.name)} needs {imported.missing} to be imported."
        mend = f"It must do without {', '.join(HTTP_LIBRARIES)}."
        yield Finding(message=f"{message} {mend}", got=imported.error)


@check("install.leaves-others-alone", level=1)
def leaves_others_alone(subject: Subject) -> Iterator[Finding]:
    """Importing the plugin neither ends the process nor changes what others use.

    It shares a process with other plugins and with the caller's own program.

    Raise exceptions, not SystemExit. Do not set the root logger, the decimal context,
    warning filters, `sys.path` or a default timeout, and replace no function of another
    module.
    """
    imported = _imported(subject)
    name = distribution(subject.name)
    if imported.ends_process:
        yield Finding(message=f"Importing {name} ends the process.", got=imported.error)
    for changed in imported.changed:
        yield Finding(message=f"Importing {name} changes {changed}. Leave it as it is.")


def _imported(subject: Subject) -> Imported:
    imported = import_apart(subject.name)
    if imported is None:
        msg = "The plugin was given as it is, not installed."
        raise NotApplicable(msg)
    return imported
