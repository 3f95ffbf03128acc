"""Hooks that a hook manager would pass over in silence."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from types import ModuleType

from tintype import hookimpl
from tintype_contracts.oracles.hook_shape import REQUIRED, shape_faults


def _module(**functions: Callable[..., object]) -> ModuleType:
    """A module of a plugin that has every required hook, but for what is given."""
    module = ModuleType("tintype_made")
    required = {name: hookimpl(_taking(*arguments)) for name, arguments in REQUIRED.items()}
    for name, function in {**required, **functions}.items():
        function.__module__ = module.__name__
        setattr(module, name, function)
    return module


def _taking(*arguments: str) -> Callable[..., object]:
    """A function of these arguments."""

    def function(**given: object) -> object:
        return given

    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in arguments]
    function.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return function


def _told(module: object) -> list[tuple[str, str]]:
    return [(fault.sort, fault.hook) for fault in shape_faults(module)]


def test_a_plugin_that_defines_its_hooks_is_in_shape() -> None:
    """Nothing is told of it, helper functions or not."""
    assert _told(_module(helper=lambda: None)) == []


def test_a_misspelt_hook_is_told_with_the_right_name() -> None:
    """The mend names the hook that was meant."""
    (fault,) = shape_faults(_module(cancle=hookimpl(lambda task: task)))
    assert (fault.sort, fault.hook) == ("name", "cancle")
    assert "rename it cancel()" in fault.message


def test_an_argument_that_nobody_gives_is_told() -> None:
    """Hooks are called by keyword. One that is left out, or has a default, is no fault."""
    assert _told(_module(poll=hookimpl(lambda job: job))) == [("arguments", "poll")]
    assert _told(_module(poll=hookimpl(lambda: None))) == []
    assert _told(_module(poll=hookimpl(lambda task, deep=1: (task, deep)))) == []


def test_a_hook_under_another_name_counts() -> None:
    """`@hookimpl(specname=…)` says which hook is meant."""
    module = _module()
    module.ask = hookimpl(specname="poll")(lambda task: task)
    module.ask.__module__ = module.__name__
    del module.poll
    assert _told(module) == []


def test_what_a_module_imports_is_not_its_hook() -> None:
    """A function `models` of another module says nothing of this one."""
    module = _module()
    module.models = json_models
    assert _told(module) == []


def json_models() -> None:
    """A function of another module."""
