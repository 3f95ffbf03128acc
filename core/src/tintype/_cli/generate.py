"""`tintype generate`."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import click
from attrs import field, frozen

from tintype._blame import about
from tintype._cli.client import client
from tintype._cli.display import charged, notices, passed_over, progress, quoted
from tintype._cli.options import (
    into_folder,
    labelled,
    option,
    through_proxy,
    trying,
    verbose,
    where_mismatched,
)
from tintype._cli.report import Report, as_document
from tintype._cli.requests import dollars, request_flags, request_from
from tintype._cli.routes import NamedOrder, Where, all_of, route_flags, where
from tintype._cli.speaking import say_path, tell
from tintype._cli.unfinished import Seen, hand_over, told_if_interrupted, way_on
from tintype._client.downloads import Kept, check_home, kept_at
from tintype._client.naming import check_free
from tintype._client.options import PerCallKeywords
from tintype._excerpts import sentences
from tintype._flow.resolve import OnUnsupported
from tintype._flow.sizes import OnMismatch, SizePolicy
from tintype._flow.verdicts import check_cost
from tintype.client import Client
from tintype.errors import DownloadError, SaveError, SizeMismatchError, UnsupportedError
from tintype.journal import File
from tintype.models import Generation, Task
from tintype.request import ImageRequest
from tintype.sinks import Home, home_of, is_address


@click.command()
@request_flags
@route_flags
@into_folder
@option("--name", metavar="TEMPLATE", help="Of the files, such as {model}-{seed}-{n}.")
@option("--max-cost", callback=dollars, metavar="USD", help="Submit nothing dearer, or unknown.")
@labelled
@option("--key", help="Draws once, however often it is called; needs a journal.")
@option("--timeout", type=float, help="Seconds to wait for the task.")
@option("--width", type=click.IntRange(1), help="How many submissions at once, by default 1.")
@option("--webhook-url", help="Where the provider should report the end.")
@where_mismatched
@option("--no-wait", is_flag=True, help="Print the accepted task as JSON, and stop.")
@as_document
@trying
@through_proxy
@verbose
def command(  # noqa: PLR0913 - each is a flag
    *,
    names: tuple[str, ...],
    order: NamedOrder | None,
    output: str,
    name: str | None,
    max_cost: Decimal | None,
    label: str,
    key: str | None,
    timeout: float | None,
    width: int | None,
    no_wait: bool,
    on_unsupported: OnUnsupported,
    size_policy: SizePolicy,
    on_mismatch: OnMismatch,
    allow_unlisted: bool,
    **flags: object,
) -> None:
    """Draw a picture through one provider, or the first of several that can, and save it."""
    place = where(names, order)
    if no_wait and ("provider" not in place or key is not None):
        msg = "--no-wait submits to one provider, named with -p, and takes no --key."
        raise click.UsageError(msg)
    wanted = _Order(place, request_from(all_of(names), flags), home_of(output), name, max_cost, key)
    if wanted.report is not None:
        wanted.report.provider = wanted.provider
    check_home(wanted.folder)
    if name is not None and key is None:  # with a key it may be the picture's own file
        check_free(name, wanted.folder)
    with (
        told_if_interrupted() as seen,
        client(
            on_unsupported=on_unsupported,
            size_policy=size_policy,
            on_mismatch="error",  # which one it is to be is decided here, once all is told
            allow_unlisted=allow_unlisted,
            task_timeout=timeout,
            width=width,
            label=label,
            observers=[seen.observe],
        ) as opened,
    ):
        odd = _submit(opened, wanted) if no_wait else _draw(opened, wanted, seen)
    if odd is not None and on_mismatch == "error":
        raise odd
    if odd is not None:
        tell(f"note: {odd.message}")


@frozen
class _Order:
    place: Where
    request: ImageRequest
    folder: Home
    name: str | None
    max_cost: Decimal | None
    key: str | None = None
    report: Report | None = field(factory=Report.here)

    @property
    def provider(self) -> str:
        """The one provider, or "": there are several."""
        return self.place.get("provider", "")

    def tell_files(self, paths: tuple[Kept, ...], *, beside: bool = False) -> None:
        """Files, a line each or in the document; on stderr where they stand beside a task."""
        if self.report is not None:
            self.report.files = paths
            return
        for path in paths:
            if beside:
                tell(str(path))
            else:
                say_path(path)


def _submit(opened: Client, order: _Order) -> SizeMismatchError | None:
    if order.max_cost is not None:
        check_cost(opened.quote(order.request, provider=order.provider), order.max_cost)
    try:
        task = opened.submit(order.request, provider=order.provider)
    except UnsupportedError as error:
        if error.field != "n":
            raise
        msg = f"One submission draws {error.allowed[0]} here: ask for that, or leave --no-wait out."
        raise UnsupportedError(
            msg, field="n", allowed=error.allowed, provider=error.provider
        ) from error
    notices(task.notices)
    hand_over(task)
    if not task.state.terminal or not task.images:
        return None
    paths, odd = _save(opened, order, task)  # there is nothing left for another process to do
    order.tell_files(paths, beside=True)
    return odd


def _draw(opened: Client, order: _Order, seen: Seen) -> SizeMismatchError | None:
    with progress(order.provider, order.request.n) as show:

        def note(task: Task) -> None:
            seen.note(task)
            show(task)

        per_call = PerCallKeywords() if order.key is None else PerCallKeywords(key=order.key)
        drawn = opened.generate(
            order.request, **order.place, max_cost=order.max_cost, on_progress=note, **per_call
        )
    if order.report is not None:
        order.report.made, order.report.digests = drawn, seen.digests
    others = [each for each in drawn.attempts if each.provider != drawn.quote.provider]
    passed_over(others)
    notices(drawn.notices)
    paths, odd = _collected(opened, order, drawn)
    order.tell_files(paths)
    seen.forget(drawn.tasks)
    tell(_summary(drawn, named=not order.provider))
    for attempt in drawn.attempts:
        if attempt.error is not None and attempt not in others:
            raise about(attempt.error, attempts=drawn.attempts)  # each that goes on is told of
    return odd


_Saved: TypeAlias = tuple[tuple[Kept, ...], SizeMismatchError | None]


def _save(opened: Client, order: _Order, drawn: Generation | Task) -> _Saved:
    """The files, and what is told of those of another size than was asked for."""
    try:
        return opened.save(drawn, order.folder, name=order.name), None
    except SizeMismatchError as error:
        return error.paths, error


def _collected(opened: Client, order: _Order, drawn: Generation) -> _Saved:
    try:
        kept = () if order.key is None else _kept(opened, drawn)
        return (kept, None) if kept else _save(opened, order, drawn)
    except (SaveError, DownloadError) as error:
        for task in drawn.tasks:
            hand_over(task)  # what was paid for can still be collected from this
        told = sentences(error.message, *map(way_on, drawn.tasks))
        raise about(error, message=told) from error.__cause__


def _kept(opened: Client, drawn: Generation) -> tuple[Kept, ...]:
    """Where an earlier call with this key has saved all images, or nothing."""
    records = opened.journal.records([task.record for task in drawn.tasks])
    known = {record.id: record.saved for record in records}
    files = [
        known[task.record].get(image.index)
        for task in drawn.tasks
        if task.record in known
        for image in task.images
    ]
    there = [kept_at(file.path) for file in files if file is not None and _stands(file)]
    return tuple(there) if len(there) == len(drawn.images) else ()


def _stands(file: File) -> bool:
    """Whether a picture is where it was put; of an address the journal's word is taken."""
    return file.done if is_address(file.path) else file.stands()


def _summary(drawn: Generation, *, named: bool) -> str:
    known = drawn.cost
    source = f" ({known.source})" if known else ""
    who = f"drawn by {drawn.quote.provider} ({drawn.quote.model}); " if named else ""
    return f"{who}quoted: {quoted(drawn.quote)}; cost{source}: {charged(known)}"
