"""An examination in a process of its own.

An audit hook stays as long as its process, and a plugin may change anything about the
process it is loaded in. So the checks run in a child: no configuration of the caller's
reaches it, and what it writes is no part of the verdict. The verdict comes back as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tintype.errors import PluginError, UnknownProviderError, UsageError
from tintype_contracts.harness.distribution import last_words, run_apart
from tintype_contracts.verdict import (
    Report,
    report_from_json,
    report_to_json,
)

_ME = "tintype_contracts.runner.child"
MAX_SECONDS = 300
"""A child that has no verdict by then is ended: some hook does not come back."""

_SHOWN = 2000
_REFUSALS: Mapping[str, type[UsageError]] = {
    "UsageError": UsageError,
    "UnknownProviderError": UnknownProviderError,
}


def examine_apart(
    provider: str,
    *,
    level: int = 3,
    set_: str | None = None,
    today: date | None = None,
    beside: bool = False,
) -> Report:
    """The verdict on an installed plugin, reached in a process of its own.

    Args:
        provider: Its name.
        level: The level that is asked for, 1 to 3.
        set_: The dated check set; the newest if left out.
        today: The day that ages are counted to.
        beside: Whether a second process shares the checks, for who has a core to spare.

    Raises:
        UsageError: There is no such plugin or check set, or a waiver matches no check.
        PluginError: The process came to no verdict: a hook ended it, or never came back.
    """
    with tempfile.TemporaryDirectory(prefix="tt-") as folder:
        verdict = Path(folder) / "verdict.json"
        asked = {
            "provider": provider,
            "level": level,
            "set": set_,
            "today": today.isoformat() if today else None,
            "seconds": MAX_SECONDS if beside else 0,
            "verdict": str(verdict),
        }
        ended = _run(asked, folder, provider)
        if not verdict.exists():
            raise _no_verdict(provider, ended)
        text = verdict.read_text("utf-8")
    return _read(text)


def _run(asked: Mapping[str, object], folder: str, provider: str) -> str:
    """Runs the child; what it wrote last, for the case that there is no verdict."""
    try:
        ended = run_apart(folder, "-m", _ME, json.dumps(asked), seconds=MAX_SECONDS)
    except subprocess.TimeoutExpired:
        raise _no_verdict(provider, f"It took more than {MAX_SECONDS} seconds.") from None
    return f"It ended with status {ended.returncode}. {last_words(ended)}"[:_SHOWN]


def _no_verdict(provider: str, reason: str) -> PluginError:
    msg = f"The examination came to no verdict: a hook ended it or never returned. {reason}"
    return PluginError(msg, provider=provider)


def _read(text: str) -> Report:
    """The verdict, or the refusal that came in its place, raised again."""
    value = json.loads(text)
    if "refusal" in value:
        raise _REFUSALS[value["refusal"]](value["message"])
    return report_from_json(text)


def _main(asked: Mapping[str, str]) -> None:
    """The child's own part."""
    from tintype_contracts.runner.run import run  # noqa: PLC0415 - who only starts one needs no check
    from tintype_contracts.wire.network_guard import guard  # noqa: PLC0415

    today = asked["today"]
    try:
        with guard().armed():
            report = run(
                asked["provider"],
                level=int(asked["level"]),
                set_=asked["set"],
                today=date.fromisoformat(today) if today else None,
                seconds=int(asked["seconds"]),
            )
        text = report_to_json(report)
    except UsageError as error:
        known = type(error).__name__
        refusal = known if known in _REFUSALS else "UsageError"
        text = json.dumps({"refusal": refusal, "message": error.message})
    Path(asked["verdict"]).write_text(text, "utf-8")


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
