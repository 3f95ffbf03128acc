"""Whose a fault is that came out of a plugin's code, and what else is known of it."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, TypeAlias, TypeVar

from tintype.errors import Billed, PluginError, TintypeError

Law: TypeAlias = Literal["Pure", "Total", "Strict", "Generous", "Honest", "Discreet"]
LAWS = "docs/plugins.md, The laws of a hook"
"""The page that a plugin's author is sent to."""

AnyError = TypeVar("AnyError", bound=TintypeError)


def about(error: AnyError, **facts: object) -> AnyError:
    """The error with what else is known of it, to be raised in its place.

    It is a copy, with the traceback and the cause: a plugin may raise the same object again,
    and somebody may hold it already. Where nothing is new it is the error itself.

    Args:
        error: What was raised; raise what comes back `from error.__cause__`.
        facts: Attributes with their values.
    """
    if all(getattr(error, name) == value for name, value in facts.items()):
        return error
    kind = type(error)
    found = kind.__new__(kind, *error.args)  # not made anew: a plugin's class may want more
    vars(found).update(vars(error), **facts)
    if hasattr(error, "__notes__"):
        found.__notes__ = list(error.__notes__)
    if "message" in facts:
        found.args = (found.message,)
    found.__cause__, found.__context__ = error.__cause__, error.__context__
    found.__suppress_context__ = error.__suppress_context__
    return found.with_traceback(error.__traceback__)


def of_provider(error: AnyError, provider: str) -> AnyError:
    """The error with the provider's name, where it bears none: raised as `about` says."""
    return about(error, provider=error.provider or provider)


def is_interruption(error: BaseException) -> bool:
    """Whether a person pressed Ctrl-C, so that no plugin is to blame.

    A plugin is called as a plain function: a `SystemExit`, `GeneratorExit` or `CancelledError`
    that comes out of it was raised in it. Only a signal arrives from outside, at any
    instruction but a `raise`.
    """
    if not isinstance(error, KeyboardInterrupt):
        return False
    from dis import opmap  # noqa: PLC0415 - needed where something went wrong only

    innermost = _innermost(error.__traceback__)
    if innermost is None:
        return True
    instruction = innermost.tb_frame.f_code.co_code[innermost.tb_lasti]
    return instruction != opmap["RAISE_VARARGS"]


def broken(provider: str, hook: str, deed: str, law: Law) -> PluginError:
    """The error for a plugin that breaks a law: it names the hook, the law and the page to read.

    Nothing was sent, unless it is an answer that was to be read: that may be a paid picture.
    """
    msg = f"The plugin's {hook}() {deed.rstrip('.')}. That breaks the law {law} ({LAWS})."
    billed = Billed.UNKNOWN if hook == "parse" else Billed.NO
    return PluginError(msg, provider=provider, billed=billed)


def _innermost(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace
