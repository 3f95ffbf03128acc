"""A plugin's functions, held to the hooks that they are for, before one is called.

pluggy passes an argument over that has a default, and fills no `**rest`: such a hook would be
called without what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import (
    Parameter,
    isasyncgenfunction,
    iscoroutinefunction,
    isgeneratorfunction,
    signature,
)
from typing import TypeAlias

import pluggy

from tintype._blame import LAWS
from tintype.hooks import Extras, Provider, hookimpl

Function: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]  # hooks differ in arguments

REQUIRED = tuple(name for name in vars(Provider) if not name.startswith("_"))
HOOKS = (*REQUIRED, *(name for name in vars(Extras) if not name.startswith("_")))


def functions_of(module: object, manager: pluggy.PluginManager) -> dict[str, Function]:
    """What a plugin defines with `@hookimpl`, by the hooks' names; wrappers are none."""
    return {
        options["specname"] or name: getattr(module, name)
        for name in dir(module)
        if (options := manager.parse_hookimpl_opts(module, name))
        and not (options["wrapper"] or options["hookwrapper"])
    }


def has_hooks(value: object) -> bool:
    """Whether an object, and no class, has a function with `@hookimpl`."""
    marks = (hasattr(getattr(value, name, None), _MARK) for name in dir(value))
    return not isinstance(value, type) and any(marks)


_MARK = f"{hookimpl.project_name}_impl"  # as pluggy sets it


def calls_of(relay: pluggy.HookRelay) -> dict[str, Function]:
    """What calls each hook: a function itself where nothing else is behind it, or the relay.

    Where a wrapper lies around it, or several functions answer, the relay has to call them.
    """
    return {name: _call_of(getattr(relay, name)) for name in HOOKS}


def _call_of(hook: pluggy.HookCaller) -> Function:
    found = hook.get_hookimpls()
    if len(found) != 1 or found[0].wrapper or found[0].hookwrapper or hook.is_historic():
        return hook
    function, takes = found[0].function, found[0].argnames
    return lambda **given: function(*[given[name] for name in takes])


def fault_of_functions(functions: Mapping[str, Function]) -> str:
    """The first thing that is wrong with what a plugin defines, or ""."""
    for hook in REQUIRED:
        if hook not in functions:
            return f"does not define {hook}() with @hookimpl"
    for hook, function in functions.items():
        if hook not in HOOKS:
            return (
                f"defines {hook}() with @hookimpl, which is no hook; these are: {', '.join(HOOKS)}"
            )
        if any(is_kind(function) for is_kind in _NOT_PLAIN):
            return (
                f"defines {hook}() so that it is awaited or yields: "
                f"a hook is a plain function ({LAWS})"
            )
        for odd in _odd_arguments(function, _given(hook)):
            given = ", ".join(_given(hook)) or "nothing"
            return f"defines {hook}() with {odd}: the hook is given {given}, by name ({LAWS})"
    return ""


_NOT_PLAIN = (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)


def _given(hook: str) -> tuple[str, ...]:
    """The names of what a hook is given."""
    specified: Function = vars(Provider).get(hook) or vars(Extras)[hook]
    return tuple(signature(specified).parameters)[1:]


def _odd_arguments(function: Function, given: tuple[str, ...]) -> Iterator[str]:
    for each in signature(function).parameters.values():
        open_ended = each.kind in {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
        if open_ended:
            yield f"the open argument {each}, which nothing fills"
        elif each.name not in given and each.default is Parameter.empty:
            yield f"the argument {each.name!r}"
        elif each.name in given and each.kind is Parameter.KEYWORD_ONLY:
            yield f"the argument {each.name!r} behind a *"
        elif each.name in given and each.default is not Parameter.empty:
            yield f"a default for {each.name!r}, which it would always be called with"
