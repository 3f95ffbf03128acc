"""Reference plugins with one thing bent, to be examined in this process."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TypeAlias

from attrs import evolve
from tests.contracts import reference

from tintype import hookimpl
from tintype._registry import Registry
from tintype.catalog import ProviderInfo
from tintype.messages import JsonBody, Request
from tintype_contracts import Fixtures
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.hook_shape import KNOWN
from tintype_contracts.verdict import Row

Hook: TypeAlias = Callable[..., object]


def bent(style: str, **hooks: Hook) -> Subject:
    """A reference plugin with some hooks replaced."""
    original = reference.plugin(f"reference_{style}")
    module = ModuleType(f"bent_{style}")
    for name in KNOWN:
        hook = hooks.get(name) or getattr(original, name, None)
        if hook is not None:
            setattr(module, name, hookimpl(specname=name)(hook) if name in hooks else hook)
    plugin = Registry({original.INFO.name: module}).get(original.INFO.name)
    return Subject(plugin, reference.fixtures(original.INFO.name))


def documented(style: str, change: Callable[[Fixtures], Fixtures]) -> Subject:
    """A reference plugin whose provider documents something else."""
    subject = reference.subject(f"reference_{style}")
    return Subject(subject.plugin, change(subject.fixtures), {"today": "2026-11-20"})


def offering(style: str, change: Callable[[ProviderInfo], ProviderInfo]) -> Subject:
    """A reference plugin that describes something else."""
    info = reference.plugin(f"reference_{style}").INFO
    return bent(style, describe=lambda: change(info))


def sending(style: str, change: Callable[[Request], Request]) -> Subject:
    """A reference plugin whose submissions are changed."""
    submit = reference.plugin(f"reference_{style}").submit
    return bent(style, submit=lambda request: change(submit(request)))


def with_body(change: Callable[[dict[str, object]], object]) -> Callable[[Request], Request]:
    """A change of a JSON body, in place."""

    def changed(request: Request) -> Request:
        assert isinstance(request.body, JsonBody)
        value = dict(request.body.value)
        change(value)
        return evolve(request, body=JsonBody(value=value))

    return changed


def understanding(style: str, change: Hook) -> Subject:
    """A reference plugin whose `parse` is `change(parse, exchange)`."""
    parse = reference.plugin(f"reference_{style}").parse
    return bent(style, parse=lambda exchange: change(parse, exchange))


def row(check_id: str, subject: Subject) -> Row:
    """What one check says of a subject."""
    (check,) = (check for check in all_checks() if check.id == check_id)
    return ask(check, subject)
