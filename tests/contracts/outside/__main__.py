"""`python -m tests.contracts.outside [--level N] [WORD …]`: what the kit says of every row.

A WORD is a provider, a kind (K1 to K9, right), or a piece of a row's name; without any it is all
of them, in about ten minutes of two cores. The documents are read once a process.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.contracts.outside.asking import PROVIDERS, Verdict, heard, rows
from tests.contracts.outside.how import KINDS

_WORKERS = 2


def _verdicts(words: list[str], level: int) -> Iterator[Verdict]:
    chosen = {
        (provider, row.name): row
        for provider, row in rows()
        if not words or any(word in {provider, row.kind} or word in row.name for word in words)
    }
    with ProcessPoolExecutor(
        _WORKERS, mp_context=get_context("spawn"), initializer=os.nice, initargs=(2,)
    ) as pool:
        asked = [(key, pool.submit(heard, *key, level)) for key in chosen]
        for (provider, name), each in asked:
            yield Verdict(provider, chosen[provider, name], *each.result())


def _line(verdict: Verdict) -> str:
    told = f"level {verdict.level}  {verdict.checks[0]}" if verdict.told else "NOT TOLD"
    if verdict.row.kind == "right":
        told = f"REFUSED  {', '.join(verdict.checks)}" if verdict.told else "passes"
    return f"{verdict.provider:<11}{verdict.row.kind:<6}{verdict.row.name:<58}{told}"


def _figure(verdicts: list[Verdict], provider: str, kind: str) -> str:
    among = [
        each for each in verdicts if provider in {"", each.provider} and kind in {"", each.row.kind}
    ]
    return f"{sum(each.told for each in among)}/{len(among)}" if among else "-"


def _table(verdicts: list[Verdict]) -> Iterator[str]:
    yield f"{'told':<11}" + "".join(f"{kind:>8}" for kind in (*KINDS, "all"))
    for provider in (*PROVIDERS, ""):
        cells = [_figure(verdicts, provider, kind) for kind in (*KINDS, "")]
        yield f"{provider or 'all':<11}" + "".join(f"{cell:>8}" for cell in cells)


def main() -> None:
    """Ask of every row, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.contracts.outside")
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--level", type=int, choices=(1, 2), default=2)
    parser.add_argument("--messages", action="store_true", help="what the first check says")
    given = parser.parse_args()
    verdicts = []
    for verdict in _verdicts(given.words, given.level):
        verdicts.append(verdict)
        print(_line(verdict), flush=True)
        if given.messages and verdict.told:
            print(f"    {verdict.message}")
    wrong = [each for each in verdicts if each.row.kind != "right"]
    right = [each for each in verdicts if each.row.kind == "right"]
    print("", *_table(wrong), "", sep="\n")
    print(f"{_figure(wrong, '', '')} wrong ones are told.")
    print(f"{sum(not each.told for each in right)}/{len(right)} right ones pass.")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
