"""Hooks called in a process that has never heard of the kit.

A plugin that looks for the kit among the loaded modules, or up the stack, may behave while it
is examined and otherwise elsewhere. So every call that the documents lead to is made once more
where there is nothing but the core, and what comes of it is compared there.
"""

from __future__ import annotations

import json
import pickle
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from attrs import frozen

from tintype_contracts.harness.calls import Call
from tintype_contracts.harness.distribution import last_words, run_apart

_MAX_SECONDS = 60
_APP = """
import json, os, pickle, sys
from tintype._plugins.registry import Registry
name, told, into = sys.argv[1:]
with open(told, "rb") as file:
    calls = pickle.load(file)
os.unlink(told)
sys.argv[1:] = []
hooks = Registry().get(name).hooks
others = {}
for number, (hook, arguments, known) in calls.items():
    try:
        said = getattr(hooks, hook)(**arguments)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    if said != known and repr(said) != known:
        others[number] = repr(said)[:2000]
with open(into, "w") as file:
    json.dump(others, file)
"""


@frozen
class Otherwise:
    """What came of a call where nobody looked, and what had come of it before."""

    call: Call
    known: object
    got: str


def unwatched(provider: str, calls: Sequence[Call]) -> Sequence[Otherwise] | None:
    """The calls that come to something else in a process of their own.

    None where no such plugin is installed, so that no other process can load it.
    """
    if not metadata.entry_points(group="tintype", name=provider):
        return None
    known = [_outcome(call) for call in calls]
    told = {
        number: (call.hook, dict(call.arguments), outcome)
        for number, (call, outcome) in enumerate(zip(calls, known, strict=True))
    }
    others = _asked(provider, told)
    return [
        Otherwise(calls[int(number)], known[int(number)], got) for number, got in others.items()
    ]


def _asked(provider: str, told: Mapping[int, object]) -> Mapping[str, str]:
    """What the other process finds otherwise; all of it where it comes to no end."""
    with tempfile.TemporaryDirectory(prefix="app-") as folder:
        given, into = Path(folder) / "in", Path(folder) / "out"
        given.write_bytes(pickle.dumps(told))
        told_of = ("-c", _APP, provider, str(given), str(into))
        ended = run_apart(folder, *told_of, seconds=_MAX_SECONDS, plainly=True)
        if not into.exists():
            return {"0": f"the process ended: {last_words(ended)}"}
        found: Mapping[str, str] = json.loads(into.read_text("utf-8"))
        return found


def _outcome(call: Call) -> object:
    """What comes of a call: a value, or the words of an error; its `repr` where it is its own."""
    try:
        said = call.make()
    except Exception as error:  # noqa: BLE001 - a hook may raise anything
        return f"{type(error).__name__}: {error}"
    try:
        pickle.dumps(said)
    except Exception:  # noqa: BLE001 - it is a plugin's own
        return repr(said)
    return said
