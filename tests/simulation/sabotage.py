"""Cores broken on purpose: does the simulation notice? `python -m tests.simulation.sabotage`.

Each is a small change of a copy of the core. One that does not apply any more fails; so does one
that is not noticed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

CORE = Path(__file__).parents[2] / "core" / "src"
_COUNTED = re.compile(r"^ +[\d,]+  (.+)$", re.MULTILINE)
_ROOT = Path(__file__).parents[2]


@frozen
class Sabotage:
    """A core that is broken.

    Attributes:
        breaks: What it does wrong.
        noticed: The kinds of violation that tell of it, any of them.
        file: The file, below the package.
        before: A text that stands there once.
        after: What stands there instead.
        kind: The kind of journal that the worlds have, "" for all.
    """

    breaks: str
    noticed: frozenset[str]
    file: str
    before: str
    after: str
    kind: str = ""

    def applied(self, package: Path) -> str:
        """The file's text with the change in it.

        Raises:
            ValueError: It does not apply.
        """
        text = (package / self.file).read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            msg = f"{self.breaks!r} does not apply: {self.file} has not this once: {self.before}"
            raise ValueError(msg)
        return text.replace(self.before, self.after)


def _broken(
    breaks: str, noticed: str, file: str, before: str, after: str, kind: str = ""
) -> Sabotage:
    return Sabotage(breaks, frozenset(noticed.split(", ")), file, before, after, kind)


SABOTAGED = (
    _broken(
        "A submission whose answer was lost counts as not sent.",
        "lost",
        "_flow/verdicts.py",
        "case NotSentError() | UsageError() | GateError():",
        "case NotSentError() | UsageError() | GateError() | TransportError():",
    ),
    _broken(
        "A server that failed counts as one that did not begin: its submissions are sent again.",
        "sent again, double",
        "errors.py",
        'not known."""\n\n    retryable = True\n',
        'not known."""\n\n    billed = Billed.NO\n    retryable = True\n',
    ),
    _broken(
        "Whoever does not know what became of a submission says that nothing was billed.",
        "unbilled",
        "_flow/verdicts.py",
        "answered=answered, provider=info.name, billed=Billed.UNKNOWN",
        "answered=answered, provider=info.name, billed=Billed.NO",
    ),
    _broken(
        "A submission leaves before its intent is written down.",
        "unwritten, lost, untyped",
        "_flow/submitting.py",
        "record = yield from _intend(intent)",
        'record = ""',
    ),
    _broken(
        "A lost submission is repeated whether or not its provider knows a key.",
        "sent again, double, unwritten",
        "_flow/submitting.py",
        "return 1, 0.0",
        "return tries, 60.0",
    ),
    _broken(
        "A lost submission is repeated after its provider has forgotten the key.",
        "double",
        "_flow/submitting.py",
        "end = clock() + seconds",
        "end = clock() + 3600.0",
    ),
    _broken(
        "An accepted task is not written down.",
        "withheld, lost, sent again",
        "_flow/submitting.py",
        "return (yield from channel.record(task))",
        "return task",
    ),
    _broken(
        "A submission forgets its budgets.",
        "budget",
        "_flow/submitting.py",
        "        budgets=channel.terms.choices.budgets,\n",
        "        budgets=(),\n",
    ),
    _broken(
        "A price over the limit is let through.",
        "max_cost",
        "_flow/verdicts.py",
        "if quote.high > max_cost:",
        "if quote.high > 10 * max_cost:",
    ),
    _broken(
        "A resumed task is written into another record.",
        "swapped, withheld, untyped",
        "_client/resuming.py",
        "record = evolve(record, task=attempt.task)",
        "record = evolve(record, id=ids[0], task=attempt.task)",
    ),
    _broken(
        "An answer that nobody understands is not kept.",
        "thrown away",
        "_flow/submitting.py",
        "error = yield from channel.with_answer_kept(raised)",
        "error = raised",
    ),
    _broken(
        "An answer in which no picture can be read counts as a success.",
        "lost, thrown away",
        "convert.py",
        "        raise odd[0]\n",
        "",
    ),
    _broken(
        "A stream that ends without a picture is a task all the same.",
        "thrown away, lost",
        "_flow/verdicts.py",
        "if not (ended or task.images or task.id):",
        "if False:",
    ),
    _broken(
        "What nobody knows the end of is given back to its budget.",
        "budget",
        "journal/_lines.py",
        "    if settled.billed is Billed.NO:",
        "    if settled.billed is not Billed.YES:",
        "disk",
    ),
    _broken(
        "The journal on disk sets nothing aside.",
        "budget",
        "journal/_lines.py",
        "        reserved=reserved,\n",
        "        reserved=0,\n",
        "disk",
    ),
)


def noticed(sabotage: Sabotage, submissions: int) -> str:
    """What a simulation with a broken core tells, "" where it notices nothing."""
    with TemporaryDirectory(prefix="tintype-sabotage-") as folder:
        copy = Path(folder) / "src"
        shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        changed = sabotage.applied(copy / "tintype")
        (copy / "tintype" / sabotage.file).write_text(changed, encoding="utf-8")
        command = [sys.executable, "-m", "tests.simulation", "--submissions", str(submissions)]
        command += ["--kind", sabotage.kind, "--processes", "1"]
        places = os.pathsep.join([str(copy), str(_ROOT)])
        run = subprocess.run(  # noqa: S603 - ourselves
            command,
            env={**os.environ, "PYTHONPATH": places},
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    kinds = set(_COUNTED.findall(run.stdout.partition("violations.")[2]))
    return ", ".join(sorted(kinds & sabotage.noticed))


def main() -> int:
    """Break the core in every way; 0 where each is noticed."""
    missed = 0
    for each in SABOTAGED:
        told = noticed(each, 400 if each.kind == "disk" else 4_000)
        missed += not told
        print(f"{told or 'NOT NOTICED':<24} {each.breaks}", flush=True)  # noqa: T201 - a program
    print(f"{len(SABOTAGED) - missed} of {len(SABOTAGED)} noticed.")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
