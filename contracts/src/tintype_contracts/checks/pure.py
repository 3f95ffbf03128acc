"""Checks that hooks are pure functions of their arguments."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from typing import TypeAlias

import attrs

from tintype._flow.verdicts import leaves_repeat_open
from tintype._keys.dispatch import Dispatch
from tintype.catalog import ProviderInfo
from tintype.convert import from_json, to_json
from tintype.errors import ProtocolError, TintypeError
from tintype.messages import Request
from tintype.models import Quote, Update, Upload
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.harness.calls import Call, documented_calls
from tintype_contracts.harness.customers import account
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.unwatched import unwatched
from tintype_contracts.oracles.purity import Reach, Touch, touches_of
from tintype_contracts.strategies.together import calls_together

_Result: TypeAlias = tuple[str, object]

_RETURNS: dict[str, tuple[type, ...]] = {
    "describe": (ProviderInfo,),
    "price": (Quote, Request, type(None)),
    "submit": (Request,),
    "poll": (Request, type(None)),
    "parse": (Quote, Update, Upload, ProviderInfo),
    "upload": (Request, type(None)),
    "models": (Request, type(None)),
    "cancel": (Request, type(None)),
}


# ----------------------------------------------------------------------- what is touched


@check("pure.no-io", level=1)
def no_io(subject: Subject) -> Iterator[Finding]:
    """No hook touches a file, a socket, a process, a thread or the terminal.

    The core performs every exchange; a hook says what to send and what an answer means.
    A hook that does I/O cannot be tested from its documents, and blocks an event loop.

    Return a `Request` for what has to be sent. Data that a hook needs goes into a module
    of the plugin, which is read when it is imported. Print and log nothing.
    """
    yield from _touches(subject, "io", "Return what is to be sent or known; do not do it.")


@check("pure.no-clock", level=1)
def no_clock(subject: Subject) -> Iterator[Finding]:
    """No hook reads a clock or sleeps.

    The core waits, keeps deadlines and stamps times, with a clock that tests replace.

    What a hook may know of time is `exchange.at`. A wait that the provider asks for is
    `Update.poll_after`, or `retry_after` of the error that is raised.
    """
    yield from _touches(subject, "clock", "Use exchange.at; propose waits with Update.poll_after.")


@check("pure.no-chance", level=1)
def no_chance(subject: Subject) -> Iterator[Finding]:
    """No hook draws a random number.

    The same request has to be built again byte for byte: for a quote, in a log, in a test.

    Leave out the seed where the caller gives none, and let the core choose the boundary of
    a form.
    """
    yield from _touches(subject, "chance", "Make the result from the arguments alone.")


@check("pure.no-environment", level=1)
def no_environment(subject: Subject) -> Iterator[Finding]:
    """No hook reads or writes an environment variable.

    Keys and base URLs belong to the account, which no plugin ever sees.

    Declare the auth header in `describe`; the core reads the key and adds it.
    """
    yield from _touches(subject, "environment", "Leave keys and settings to the core.")


def _touches(subject: Subject, reach: Reach, mend: str) -> Iterator[Finding]:
    """A finding for each hook that reaches for something of that sort."""
    told: set[tuple[str, str]] = set()
    for call, touches in _guarded_calls(subject):
        for touch in touches:
            if touch.reach == reach and (call.hook, touch.what) not in told:
                told.add((call.hook, touch.what))
                yield _finding(call, f"{call.hook}() reaches for {touch.what}. {mend}")


@lru_cache(maxsize=1)
def _guarded_calls(subject: Subject) -> tuple[tuple[Call, list[Touch]], ...]:
    """Every call with what it reaches for; made once for all checks that ask."""
    return tuple((call, touches_of(call.ready(), call.make)) for call in documented_calls(subject))


# -------------------------------------------------------------------- same in, same out


@check("pure.deterministic", level=1)
def deterministic(subject: Subject) -> Iterator[Finding]:
    """The same arguments give the same result, the second time and after other calls.

    A hook that remembers gives one caller what belongs to another, and cannot be resumed
    in another process.

    Keep what must be known later in `Task.notes` or `Quote.notes`; keep no state in the
    module.
    """
    calls = documented_calls(subject)
    first = _outcomes(subject)[: len(calls)]
    again = [_outcome(call) for call in reversed(calls)]
    yield from _changed(calls, first, again[::-1], "a second time, in another order,")


@check("pure.same-in-a-thread", level=1)
def same_in_a_thread(subject: Subject) -> Iterator[Finding]:
    """Hooks give the same results in other threads, several at once.

    One client serves many threads, with one plugin.

    Use no thread-local values and no module state, such as a context variable or a
    decimal context that is set while a hook runs.
    """
    calls = (*documented_calls(subject), *calls_together(subject))
    first = _outcomes(subject)
    with ThreadPoolExecutor(max_workers=4) as pool:
        again = list(pool.map(_outcome, calls))
    yield from _changed(calls, first, again, "in another thread")


@check("pure.same-where-nobody-looks", level=2)
def same_where_nobody_looks(subject: Subject) -> Iterator[Finding]:
    """Hooks give the same results in a process that has never loaded this kit.

    Every call that the documents lead to is made once more where nothing but the core is
    loaded, nothing of the kit is on the stack, and no argument of the process names it.

    Do not look at `sys.modules`, at the stack or at the command line.
    """
    found = unwatched(subject.name, (*documented_calls(subject), *calls_together(subject)))
    if found is None:
        msg = "The plugin is not installed: no other process can load it."
        raise NotApplicable(msg)
    for each in found:
        message = f"Where nothing of the kit is loaded, {each.call.place} gives another result."
        yield _finding(
            each.call, f"{message} Do the same everywhere.", expected=each.known, got=each.got
        )


def _changed(
    calls: Sequence[Call], first: Sequence[_Result], again: Sequence[_Result], when: str
) -> Iterator[Finding]:
    for call, one, other in zip(calls, first, again, strict=True):
        if one != other:
            message = f"Called {when} with the same arguments, {call.place} gives another result."
            yield _finding(call, f"{message} Keep no state.", expected=one[1], got=other[1])


@lru_cache(maxsize=1)
def _outcomes(subject: Subject) -> Sequence[_Result]:
    """What comes of every call the first time."""
    return [_outcome(call) for call in (*documented_calls(subject), *calls_together(subject))]


def _outcome(call: Call) -> _Result:
    """What comes of a call, as something to compare: errors by class and words."""
    try:
        return "returned", call.make()
    except Exception as error:  # noqa: BLE001 - that it raises is told by other checks
        return type(error).__name__, str(error)


# --------------------------------------------------------------------- what is given


@check("pure.arguments-untouched", level=1)
def arguments_untouched(subject: Subject) -> Iterator[Finding]:
    """No hook changes what it is given.

    A request is used again for the next submission, and a task is what another reader
    holds. The values are frozen; the mappings in them (`options`, `notes`, `raw`) can
    still be written to.

    Make a new value: `Update(…)`, `{**exchange.task.notes, "key": value}`.
    """
    for call in documented_calls(subject):
        given = copy.deepcopy(call.arguments)
        with contextlib.suppress(Exception):  # what it raises is told by other checks
            call.make(given)
        for name, value in given.items():
            if value != call.arguments[name]:
                message = f"{call.place} changes its argument {name}. Return a new value."
                yield _finding(call, message, expected=call.arguments[name], got=value)


# ------------------------------------------------------------------------- the results


@check("pure.returns-neutral-values", level=1)
def returns_neutral_values(subject: Subject) -> Iterator[Finding]:
    """Every hook returns one of tintype's values, each field of the type it is declared with.

    A dictionary, a subclass with more fields, or a float for money travels through the
    core until something far away fails, in another process or at the bank.

    Return the classes that `tintype.hooks` names for the hook. Money is `Decimal`, made
    from text; images, errors and notices are tuples; `raw` and `notes` are JSON.
    """
    for call in documented_calls(subject):
        try:
            value = call.make()
        except TintypeError:
            continue
        except Exception as error:  # noqa: BLE001 - a hook may do anything
            raised = f"{type(error).__name__}: {error}"
            message = f"{call.place} raises {type(error).__name__}. Raise tintype's errors alone."
            yield _finding(call, message, got=raised)
            continue
        for problem in _problems(subject.info, call.hook, value):
            yield _finding(call, f"{call.place} returns {problem}", got=value)


def _problems(info: ProviderInfo, hook: str, value: object) -> Iterator[str]:
    allowed = _RETURNS[hook]
    if type(value) not in allowed:
        names = ", ".join("None" if kind is type(None) else kind.__name__ for kind in allowed)
        yield f"a {type(value).__name__}. Return one of: {names}."
        return
    if isinstance(value, Quote | Update | Upload | ProviderInfo):
        yield from _untrue(value)
    elif isinstance(value, Request):
        yield from _unsendable(info, hook, value)


def _untrue(value: attrs.AttrsInstance) -> Iterator[str]:
    """What keeps a value from going to JSON and coming back as it was."""
    name = type(value).__name__
    try:
        back = from_json(to_json(value), type(value))
    except ProtocolError as error:
        yield f"a {name} whose {error.pointer or 'content'} is not as declared: {error.message}"
    except (TypeError, ValueError, AttributeError) as error:
        yield f"a {name} that holds something JSON cannot: {error}."
    else:
        for place, made, kept in _otherwise(value, back):
            declared = type(kept).__name__
            yield f"a {name} whose {place} is a {type(made).__name__}, not a {declared}."


def _otherwise(made: object, kept: object, place: str = "") -> Iterator[tuple[str, object, object]]:
    """The places, however deep, where a value is not what it comes back as."""
    kinds = (type(made), type(kept))
    if kinds == (int, float):  # 1 for 1.0 says the same
        return
    one, other = _within(made), _within(kept)
    if kinds[0] is kinds[1] and one and one.keys() == other.keys():
        for name, value in one.items():
            yield from _otherwise(value, other[name], f"{place}/{name}" if place else name)
    elif kinds[0] is not kinds[1] or made != kept:
        yield place, made, kept


def _within(value: object) -> Mapping[str, object]:
    """The fields of a value, or the items of a tuple; nothing of what is one by itself."""
    if isinstance(value, tuple):
        return {str(index): item for index, item in enumerate(value)}
    kind: type = type(value)
    return {name: getattr(value, name) for name in _fields(kind)}


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(each.alias or each.name for each in attrs.fields(kind)) if attrs.has(kind) else ()


def _unsendable(info: ProviderInfo, hook: str, request: Request) -> Iterator[str]:
    """What keeps a request from being sent, in the words of the core."""
    try:
        Dispatch(info, account(info, "a-key-of-mine")).encode(request)
    except TintypeError as error:
        yield f"a Request that is not sent: {error.message}"
    if hook == "poll" and leaves_repeat_open(request):
        yield "a POST. Say repeat=True where asking again costs nothing and does nothing."


def _finding(call: Call, message: str, *, expected: object = None, got: object = None) -> Finding:
    return Finding(
        message=message, expected=expected, got=got, exchange=call.exchange, src=call.src
    )
