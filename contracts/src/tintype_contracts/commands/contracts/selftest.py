"""`tintype contracts selftest`: whether the checks would notice if a plugin broke."""

from __future__ import annotations

import click

from tintype.cli.options import option
from tintype.cli.speaking import complain, give_up, say
from tintype.errors import UsageError
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.run import subject_of
from tintype_contracts.selftest import Trial, selftest


@click.command("selftest")
@click.argument("name")
@option(
    "--least",
    default=95,
    type=click.IntRange(0, 100),
    help="The share of mutants, in percent, that has to be noticed.",
)
@option("--quiet", is_flag=True, help="Only what survives, and the sum.")
def command(name: str, *, least: int, quiet: bool) -> None:
    """Break a plugin in many ways, and see whether the checks notice.

    Each mutant is the plugin with its hooks' answers bent in one way. One that nothing
    notices shows what the fixtures lack. A way of bending that finds nothing to bend in
    this plugin is not counted. Exit status: 0 enough were noticed, 1 too few, 2 misuse.
    """
    subject = _subject(name)
    for fault in subject.faults:
        complain(f"{fault}")
        raise SystemExit(1)
    trial = selftest(subject)
    say(told(trial, quiet=quiet))
    raise SystemExit(0 if trial.score * 100 >= least else 1)


def told(trial: Trial, *, quiet: bool) -> str:
    """The trial for a person: a line a mutant, the sum, and what survived."""
    lines = [
        f"  killed    {fate.mutator.name:28} {fate.killed_by}"
        for fate in trial.fates
        if fate.killed_by and not quiet
    ]
    for fate in trial.survivors:
        lines.append(f"  SURVIVES  {fate.mutator.name:28} A plugin that {fate.mutator.breaks}.")
        lines.append(f"  {'':38} The fixtures lack {fate.mutator.missing}.")
    summed = trial.summary
    lines.append(
        f"{trial.provider}: {summed.killed} of {summed.mutants} mutants killed "
        f"({trial.score:.0%}); {len(trial.idle)} ways to break it make no difference here."
    )
    return "\n".join(lines)


def _subject(name: str) -> Subject:
    try:
        return subject_of(name)
    except UsageError as error:
        give_up(str(error))
