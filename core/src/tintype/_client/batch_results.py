"""What becomes of a line of a batch: a result, of what was drawn or of what the journal knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from attrs import evolve

from tintype._blame import about
from tintype._client.batch_lines import BatchLine
from tintype._client.downloads import absolute, kept_at
from tintype._flow.verdicts import attempts_of, worst_billed
from tintype.errors import (
    Billed,
    DownloadError,
    Outcome,
    SubmissionUnknownError,
    TaskFailedError,
    TaskRefusedError,
    TintypeError,
)
from tintype.journal import JournalRecord
from tintype.models import Attempt, BatchOutcome, BatchResult, Generation, Task, TaskState
from tintype.sinks import is_address


def stands(record: JournalRecord, line: BatchLine) -> bool:
    """Whether nothing is to be sent in place of a submission any more.

    What was not billed is tried again, unless there are pictures all the same, or moderation
    refused the very same request.
    """
    task = record.task
    if record.billed is not Billed.NO or task is None:
        return record.billed is not Billed.NO
    refused_it = task.state is TaskState.REFUSED and record.digest == line.digest
    return bool(task.images) or not task.state.terminal or refused_it


def asked_of(record: JournalRecord) -> int:
    """How many pictures a submission was to bring."""
    return record.request.n if record.request is not None else 1


def without_missing(record: JournalRecord) -> JournalRecord:
    """A record of which no file counts as saved that is not there: of an address nobody asks."""
    there = {
        index: evolve(file, done=file.done and (is_address(file.path) or Path(file.path).exists()))
        for index, file in record.saved.items()
    }
    return evolve(record, saved=there)


def missing(error: TintypeError) -> TintypeError:
    """What is told of a saved picture that is not there, where it cannot be had again either."""
    if not isinstance(error, DownloadError):
        return error
    msg = (
        f"Its picture was saved, is not there any more, and cannot be had again: {error.message} "
        "It was paid for, and is not drawn anew: for that give the line a tag of its own."
    )
    return about(error, message=msg)


def failed(result: BatchResult, error: TintypeError) -> BatchResult:
    """A line that something went wrong with; what is known of it already stays.

    Where a submission is lost, that is what is told of it, whatever became of the others.
    """
    attempts = attempts_of(error)
    error = result.error or _lost(attempts) or error
    match error:
        case TaskRefusedError():
            outcome = BatchOutcome.REFUSED
        case SubmissionUnknownError():
            outcome = BatchOutcome.UNKNOWN
        case _:
            outcome = BatchOutcome.FAILED
    tasks = tuple(each.task for each in attempts if each.task is not None)
    tasks = result.tasks or tuple(map(_bare, tasks))
    return evolve(
        result,
        outcome=outcome,
        provider=result.provider or error.provider,
        model=result.model or next((task.model for task in tasks), ""),
        tasks=tasks,
        records=result.records or _records_of(attempts),
        billed=result.billed if result.tasks else worst_billed(each.billed for each in attempts),
        error=error,
    )


def _lost(attempts: Iterable[Attempt]) -> SubmissionUnknownError | None:
    """That nobody knows what became of one of several submissions, or None."""
    errors = (each.error for each in attempts)
    return next((each for each in errors if isinstance(each, SubmissionUnknownError)), None)


def _records_of(attempts: Iterable[Attempt]) -> tuple[str, ...]:
    """The journal's records of submissions, each once."""
    found: list[str] = []
    for attempt in attempts:
        if attempt.task is not None:
            found.append(attempt.task.record)
        elif isinstance(attempt.error, SubmissionUnknownError):
            found.append(attempt.error.record)
    return tuple(dict.fromkeys(filter(None, found)))


def drawn(blank: BatchResult, made: Generation) -> BatchResult:
    """A line that is drawn, and not saved yet."""
    cost = made.cost
    return evolve(
        blank,
        provider=made.quote.provider,
        model=next((task.model for task in made.tasks), ""),
        tasks=tuple(map(_bare, made.tasks)),
        records=_records_of(made.attempts),
        quoted=made.quote.high,
        paid=None if cost is None else cost.usd,
        billed=worst_billed(each.billed for each in made.attempts),
        error=_lost(made.attempts),
    )


def _bare(task: Task) -> Task:
    """A task without the bytes of its images."""
    return evolve(
        task, previews=(), images=tuple(evolve(image, data=None) for image in task.images)
    )


def saved(result: BatchResult, files: tuple[Path | str, ...], made: Generation) -> BatchResult:
    """A line whose pictures are saved."""
    result = evolve(result, files=tuple(map(absolute, files)))
    if result.error is None and len(files) >= _wanted(result):
        return evolve(result, outcome=BatchOutcome.DONE)
    own = [each for each in made.attempts if each.provider == made.quote.provider]
    error = next((each.error for each in own if each.error is not None), None)
    return failed(result, error or _fewer(result))


def _wanted(result: BatchResult) -> int:
    return result.request.n if result.request is not None else 1


def _fewer(result: BatchResult) -> TaskFailedError:
    said = "; ".join(failure.message for task in result.tasks for failure in task.errors)
    head = f"{len(result.files)} of {_wanted(result)} pictures came"
    msg = f"{head}: {said}" if said else f"{head}, and nobody says why there are no more."
    return TaskFailedError(msg, provider=result.provider, billed=result.billed)


def recorded(
    blank: BatchResult, records: Sequence[JournalRecord], error: TintypeError | None
) -> BatchResult:
    """A line as the journal knows it."""
    tasks = tuple(record.task for record in records if record.task is not None)
    quotes, charges = [each.quote for each in records], [each.charged for each in records]
    result = evolve(
        blank,
        recorded=True,
        provider=records[0].provider,
        model=records[0].model,
        tasks=tasks,
        records=tuple(record.id for record in records),
        files=tuple(
            kept_at(record.saved[index].path)
            for record in records
            for index in sorted(record.saved)
            if record.saved[index].done
        ),
        quoted=sum((each for each in quotes if each is not None), Decimal(0)) or None,
        paid=sum(charges, Decimal(0)) or None,
        billed=worst_billed(each.billed for each in records),
    )
    unknown = [each for each in records if each.outcome is Outcome.UNKNOWN]
    if lost := [each for each in unknown if each.lost or each.unread]:
        return failed(result, _unknown(lost[0]))
    if error is None and len(result.files) >= _wanted(result):
        return evolve(result, outcome=BatchOutcome.DONE)
    return failed(result, error or _why(result, records))


def _unknown(record: JournalRecord) -> SubmissionUnknownError:
    """That nobody knows what became of a submission, whose answer is lost or not understood."""
    kept = "".join(record.unread[-1:])
    what = f"Its answer is kept in {kept}, and read again by the next run. " if kept else ""
    msg = (
        f"Nobody knows what became of its submission (journal record {record.id}): it may "
        f"have been charged, and is not sent again. {what}Look it up at the provider, and close "
        f"it: tintype settle {record.id} --billed yes|no."
    )
    found = SubmissionUnknownError(
        msg,
        record=record.id,
        answered=bool(kept),
        provider=record.provider,
        billed=Billed.UNKNOWN,
    )
    return about(found, kept=kept)


def _why(result: BatchResult, records: Sequence[JournalRecord]) -> TintypeError:
    """Why a line lacks pictures, as the journal knows it."""
    for record in records:
        if record.task is not None and record.task.state is TaskState.REFUSED:
            said = "; ".join(failure.message for failure in record.task.errors)
            return TaskRefusedError(
                f"Moderation refused the picture: {said}",
                provider=record.provider,
                billed=record.billed,
            )
    reason = next((record.reason for record in records if record.reason), "")
    if reason and not result.tasks:
        return TaskFailedError(reason, provider=result.provider, billed=result.billed)
    return _fewer(result)


def spent(result: BatchResult, most: Decimal) -> Decimal:
    """What a line counts for, now that it is over: the worst, where nobody says."""
    if result.paid is not None and result.outcome is not BatchOutcome.UNKNOWN:
        return result.paid
    return Decimal(0) if result.billed is Billed.NO else most
