"""The table in docs/promises.md of the odd values that were tried, made by trying them.

    python tests/contracts/odd_values_table.py

plays every value to every plugin and writes the table anew. A test holds the page against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tintype_contracts import installed
from tintype_contracts.fixtures.pointers import covers
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.kept import is_kept, is_to_be_kept
from tintype_contracts.oracles.paid_trials import BESIDE, DECISIVE, ONE_OF_SEVERAL, Trial, trials
from tintype_contracts.oracles.spellings import (
    BASE64,
    CASE,
    DIGITS,
    respelt_ids,
    respelt_pictures,
    respelt_states,
)
from tintype_contracts.runner.run import subject_of
from tintype_contracts.strategies.odd_values import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "promises.md"
START, END = "<!-- odd values -->", "<!-- /odd values -->"
_TABLE = re.compile(f"{START}\n.*?{END}", re.DOTALL)
_PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    BESIDE: ("beside a picture: kept", (*KINDS, BASE64, CASE, DIGITS)),
    ONE_OF_SEVERAL: ("in one picture of three: the others kept", KINDS),
    DECISIVE: ("where the answer decides: an error of it, nothing guessed", KINDS),
}


def table(names: Iterable[str] = installed()) -> str:
    """A row a kind of odd value, a column a provider: how many of how many came out right."""
    subjects = {name: subject_of(name) for name in names}
    tried = {name: examined(subject) for name, subject in subjects.items()}
    lines = [START]
    for role, (title, kinds) in _PARTS.items():
        lines += ["", f"| {title} | {' | '.join(tried)} |", f"| --- |{' --: |' * len(tried)}"]
        lines += [f"| {kind} | {' | '.join(_counts(tried, role, kind))} |" for kind in kinds]
        lines += [f"| **all** | {' | '.join(_counts(tried, role, ''))} |"]
    lines += [f"| **kept to be read again** | {' | '.join(map(_kept, tried.items()))} |"]
    beside = [len(every(subject)) - len(tried[name]) for name, subject in subjects.items()]
    lines += [f"| **not counted: waived in its sheet** | {' | '.join(map(str, beside))} |"]
    return "\n".join([*lines, "", END])


def every(subject: Subject) -> tuple[Trial, ...]:
    """Every odd value and every other spelling, told to one plugin."""
    spelt = (respelt_pictures(subject), respelt_states(subject), respelt_ids(subject))
    return (*trials(subject), *(trial for some in spelt for trial in some))


def examined(subject: Subject) -> list[Trial]:
    """All of them but those at places that the sheet waives, with a reason."""
    places = [each.at for each in subject.fixtures.waivers if each.check.startswith("generous.")]
    return [
        each
        for each in every(subject)
        if not any(covers(place, each.mutation.pointer) for place in places)
    ]


def _counts(tried: Mapping[str, Sequence[Trial]], role: str, kind: str) -> Iterator[str]:
    for found in tried.values():
        mine = [each for each in found if each.role == role and kind in {"", each.kind}]
        kept = sum(not each.wrong for each in mine)
        yield f"{kept:,} of {len(mine):,}" if mine else ""


def _kept(of: tuple[str, Sequence[Trial]]) -> str:
    """How many of the answers that tell nothing the core keeps, told them in virtual time."""
    subject, tried = subject_of(of[0]), of[1]
    due = [each for each in tried if each.role == DECISIVE and is_to_be_kept(each)]
    return f"{sum(is_kept(subject, each) for each in due):,} of {len(due):,}"


def column(text: str, name: str) -> list[str]:
    """What a table says of one provider, line by line."""
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("|")]
    heads = [row for row in rows if name in [cell.strip() for cell in row]]
    at = [cell.strip() for cell in heads[0]].index(name) if heads else 0
    return [row[at].strip() for row in rows if len(row) > at]


def written() -> str:
    """The table as the page has it."""
    found = _TABLE.search(PAGE.read_text("utf-8"))
    return found[0] if found else ""


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text("utf-8")), "utf-8")
