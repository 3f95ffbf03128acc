"""Whose an exception is that came out of a plugin's code: the plugin's, or an interruption."""

from __future__ import annotations

from types import TracebackType


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


def _innermost(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace
