"""The sync client: every flow by its verb, driven with blocking calls."""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast, overload

from tintype._client.configured import Configured
from tintype.models import Task
from tintype.sinks import home_of
from tintype.transports import Transport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal
    from pathlib import Path
    from types import TracebackType
    from typing import Unpack

    from tintype._blocking import BlockingDriver
    from tintype._client.downloads import Saveable
    from tintype._client.observing import Progress
    from tintype._client.options import PerCallKeywords
    from tintype._client.routing import Order
    from tintype.catalog import ProviderInfo
    from tintype.errors import TintypeError
    from tintype.journal import Resumed
    from tintype.messages import Delivery
    from tintype.models import BatchResult, Generation, Image, Offer, Quote
    from tintype.request import ImageRequest
    from tintype.sinks import Sink


class Client(Configured[Transport]):
    """Prices, submits, polls and collects images, with blocking calls.

    Safe to share between threads. Close it, or use it in a `with` block.
    """

    _awaits = False
    _width = 1

    def models(self, *, provider: str) -> ProviderInfo:
        """The provider's models: its live list where it has one, else its catalog."""
        return self._driver.run("models", provider, self._setup.conversations.of(provider).models())

    # ---------------------------------------------------------------------- images

    def quote(self, request: ImageRequest, *, provider: str) -> Quote:
        """The price of a request, before anything is submitted.

        A price that cannot be had is a quote of kind `unknown`, with the reason.

        Raises:
            UsageError: The request cannot be sent to this provider.
        """
        return self._driver.run(
            "quote", provider, self._setup.conversations.of(provider).quote(request)
        )

    def quotes(
        self,
        request: ImageRequest,
        *,
        providers: Iterable[str] | None = None,
        deadline: float = 30.0,
    ) -> tuple[Offer, ...]:
        """What several providers would do with a request, and for how much: cheapest first.

        All are asked at once. One that cannot draw it, is broken, or does not answer in time is
        an offer that says so. One whose price nobody tells comes after those that have one.

        Args:
            request: The picture.
            providers: Whom to ask, also those that need no key; None is every provider with a key.
            deadline: Seconds after which no answer is waited for any more.

        Raises:
            UnknownProviderError: A name is nobody's.
            MissingKeyError: Nobody is named, and no provider has a key.
        """
        flows = self._setup.comparing.asking(request, providers, deadline)
        found = self._driver.run_all(flows, deadline)
        return self._setup.comparing.ordered(request, flows, found, deadline)

    def submit(
        self,
        request: ImageRequest,
        *,
        provider: str,
        on_progress: Progress | None = None,
        **per_call: Unpack[PerCallKeywords],
    ) -> Task:
        """Start one submission and return at once with the accepted task.

        Raises:
            UsageError: The request cannot be sent to this provider; nothing was.
            ProviderError: The provider refused.
            SubmissionUnknownError: Nobody knows what became of it. It is not sent again, or, where
                a document names a key by which the provider knows it, not any more.
        """
        flow = self._setup.conversations.of(provider, per_call).submit(request)
        return self._driver.run("submit", provider, flow, on_progress)

    def refresh(self, task: Task) -> Task:
        """The task as it stands now, after one look."""
        flow = self._setup.conversations.of_task(task).refresh(task)
        return self._driver.run("refresh", task.provider, flow, record=task.record)

    def wait(self, task: Task, *, on_progress: Progress | None = None) -> Task:
        """The task once it has ended, well or badly.

        Raises:
            DeadlineError: It did not end in time; the error carries it as JSON.
        """
        flow = self._setup.conversations.of_task(task).wait(task)
        return self._driver.run("wait", task.provider, flow, on_progress, awaited=task)

    def generate(
        self,
        request: ImageRequest,
        *,
        provider: str | None = None,
        providers: Iterable[str] | None = None,
        order: Order = "price",
        max_cost: Decimal | None = None,
        on_progress: Progress | None = None,
        **per_call: Unpack[PerCallKeywords],
    ) -> Generation:
        """Quote, submit as often as `n` demands, and wait for the images.

        Of several providers the first draws that can: the next is tried only where the one
        before is known to have billed nothing. A single image is enough: what went wrong with
        the others is then not tried elsewhere. One that seems to be down is left alone for
        10 seconds, doubling up to ten minutes each time it is, and is tried behind the others.

        Args:
            request: The picture.
            provider: Who draws it.
            providers: Who may draw it, in its place: a list, or "any" for all with a key.
            order: Which of several is tried first: the cheapest by "price" (all are asked at
                once), the first one "listed", or as a function returns the offers it is given;
                those it leaves out are not tried.
            max_cost: US dollars; a dearer or unknown price submits nothing.
            on_progress: Called with each snapshot of each task.
            per_call: What holds for this call alone: `label`, whose the pictures are; `tries`, how
                often what may be repeated is made; `timeout`, seconds for one answer; `key`, by
                which it may be made again: the same key with the same request draws once, in
                whatever process, and gives what was drawn or waits for it. Needs a journal.

        Raises:
            UsageError: Something else was asked by this key.
            TintypeError: Not a single image came of it. Where some did, what went wrong
                with the others stands in `Generation.attempts`. Of several providers it is the
                last one's error, and its `attempts` hold each with its reason.
        """
        flow = self._setup.keyed_calls.generating(
            request, provider, providers, order, max_cost, per_call
        )
        return self._driver.run("generate", provider or "", flow, on_progress)

    def batch(  # noqa: PLR0913 - each holds for all lines
        self,
        requests: Iterable[ImageRequest | TintypeError],
        folder: str | Path | Sink = ".",
        *,
        name: str = "batch",
        provider: str | None = None,
        providers: Iterable[str] | None = None,
        order: Order = "price",
        max_cost: Decimal | None = None,
        width: int | None = None,
        file_name: str = "{tag}",
        resume: bool = False,
        **per_call: Unpack[PerCallKeywords],
    ) -> Iterator[BatchResult]:
        """Draw many requests, each once, and save their pictures; results come as lines end.

        A request is known by its tag, or, without one, by its number and what it asks for. What
        the journal has of it under the batch's name is finished and told of (`recorded`), and
        never paid for again, however often the batch is run: what may have been charged is not
        sent again. What is known to be unbilled is tried again by the next run. Requests of one
        tag are drawn once; one that asks for something else under it fails.

        Whoever stops taking results stops the batch: nothing more is begun, and what is under way
        is left to the next run, or to `resume`.

        Args:
            requests: Read one by one as lines are begun, by any thread. An error in the place of
                a request is that line's result. What the iterable itself raises ends the batch.
            folder: Where pictures go.
            name: What the journal knows the batch by.
            provider: Who draws.
            providers: Who may draw, in its place, as `generate` takes it.
            order: Which of several is tried first.
            max_cost: US dollars that all may cost together, in all runs; a line that does not
                fit, or whose price is unknown, is not sent, and none is begun after one that does
                not fit.
            width: How many lines are under way at a time; None is the client's.
            file_name: The files' name, a template as `save` takes it.
            resume: Whether an earlier run of that name is gone on with.
            per_call: What holds for each line, as `generate` takes it.

        Raises:
            UsageError: No journal is kept, a batch of that name was begun and is not to be
                resumed, or what holds for all lines is wrong. Nothing was sent.
            JournalError: The journal cannot be read.
        """
        from tintype._client.batch import BatchTerms  # noqa: PLC0415 - as in `Configured`
        from tintype._client.batch_lines import InTurn  # noqa: PLC0415 - likewise

        terms = BatchTerms(
            name=name,
            folder=folder,
            file_name=file_name,
            provider=provider,
            providers=providers,
            order=order,
            max_cost=max_cost,
            resume=resume,
            width=self._setup.width(width),
            per_call=per_call,
        )
        work = self._setup.batches.of(terms, InTurn(requests))
        with closing(self._driver.results(work.flow())) as results:
            for result in results:
                work.handed_over()
                yield result

    def stream(
        self, request: ImageRequest, *, provider: str, **per_call: Unpack[PerCallKeywords]
    ) -> Iterator[Task]:
        """Snapshots of one task as it is drawn, previews included where the model sends them."""
        yield from self._driver.steps(
            provider, self._setup.conversations.of(provider, per_call).draw(request)
        )

    def cancel(self, task: Task) -> Task:
        """The task, after the provider was asked to stop it."""
        flow = self._setup.conversations.of_task(task).cancel(task)
        return self._driver.run("cancel", task.provider, flow, record=task.record)

    def read_again(self, error: TintypeError) -> Task:
        """The task in an answer that nobody understood when it came, which an error holds.

        With a journal the answer is kept there, and `resume` reads it.

        Raises:
            UsageError: The error holds no answer.
            TintypeError: It is still not understood; it holds the answer again.
        """
        provider, flow = self._setup.conversations.rereading(error)
        return self._driver.run("read_again", provider, flow)

    def receive(
        self, delivery: Delivery, *, provider: str, record: str = "", task: Task | None = None
    ) -> Task:
        """The task that an inbound webhook speaks of, as the provider itself says it stands.

        Where its signature proves the body, that is what the provider says; else it is asked.

        Args:
            delivery: What came: the raw body, and the headers.
            provider: Whose webhook it is.
            record: The value of the URL's query field `tintype`, the record and its token: with
                it a submission whose answer was lost finds its task again, once that has ended.
            task: The task, where you know it; else the journal is asked.

        Raises:
            SignatureError: The account has its secrets, and it is not signed with one, or stale.
            ProtocolError: The body says nothing that a document describes.
            NotFoundError: The provider does not know the task: the webhook is forged.
        """
        proven = self._driver.run(
            "receive", provider, self._setup.webhooks.proving(provider, delivery)
        )
        heard = self._setup.webhooks.heard(provider, delivery, record, task)
        flow = self._setup.conversations.of(provider).confirm(heard, proven=proven)
        return self._driver.run(
            "receive", provider, flow, record=heard.known.record if heard.known else ""
        )

    # --------------------------------------------------------------------- results

    def fetch(self, image: Image, *, provider: str = "") -> bytes:
        """An image's bytes, from memory or from its URL.

        Raises:
            DownloadError: It cannot be had.
        """
        return self._driver.run("fetch", provider, self._setup.results.fetching(image, provider))

    @overload
    def save(
        self,
        images: Saveable,
        folder: Path,
        *,
        name: str | None = ...,
        overwrite: bool = ...,
        provider: str = ...,
    ) -> tuple[Path, ...]: ...

    @overload
    def save(
        self,
        images: Saveable,
        folder: Sink,
        *,
        name: str | None = ...,
        overwrite: bool = ...,
        provider: str = ...,
    ) -> tuple[str, ...]: ...

    @overload
    def save(
        self,
        images: Saveable,
        folder: str,
        *,
        name: str | None = ...,
        overwrite: bool = ...,
        provider: str = ...,
    ) -> tuple[Path | str, ...]: ...

    def save(
        self,
        images: Saveable,
        folder: str | Path | Sink,
        *,
        name: str | None = None,
        overwrite: bool = False,
        provider: str = "",
    ) -> tuple[Path | str, ...]:
        """Write images into a folder or a sink, each whole or not at all.

        Args:
            images: A generation, a task, or images.
            folder: Made if it is not there; or an address such as `s3://bucket/folder`
                (`tintype[fsspec]`), or a `tintype.sinks.Sink`.
            name: File name without an extension; several images are numbered. It may be a
                template such as `{model}-{seed}-{n}` (fields: provider, model, prompt, seed, n,
                tag, record, task, date). A template, and None, which makes a name of the
                provider and the prompt, counts on where it is taken.
            overwrite: Whether files that are there give way.
            provider: Whose bare images these are, where they come from a base URL or a
                trusted host of its account.

        Returns:
            The files, or their addresses, in the images' order, each with the extension of its
            content.

        Raises:
            SaveError: The name is taken, no plain name, or has no such field; or the disk refuses.
            DownloadError: An image cannot be had.
            SizeMismatchError: With `on_mismatch="error"`: all are saved, and one has not the size
                that was asked for.
        """
        provider = self._setup.results.owner(images) or provider
        flow = self._setup.results.saving(images, provider, folder, name, overwrite=overwrite)
        return self._driver.run("save", provider, flow)

    def resume(
        self,
        folder: str | Path | Sink = ".",
        *,
        records: Sequence[str] = (),
        on_progress: Progress | None = None,
    ) -> tuple[Resumed, ...]:
        """Finish what the journal says was accepted and is not on disk.

        What another living process follows is left to it, and so is what this client is at
        work on.

        Args:
            folder: Where images go whose place the journal does not know yet: a folder, an
                address, or a sink.
            records: Records to finish, or none for all.
            on_progress: Called with each snapshot of each task.

        Returns:
            One for each record there was something to do for. Submissions whose answer was
            lost are among them, with advice: they are never sent again. A picture of another size
            than was asked for is saved, and an `error` where the client says `on_mismatch="error"`.

        Raises:
            UsageError: The journal has no record of such an id.
        """
        place = home_of(folder)
        claimed = self._setup.claims.claimed(records)
        ids = [record.id for record in claimed]
        try:
            provider = claimed[0].provider if claimed else ""
            flow = self._setup.results.resuming(claimed, place)
            return self._driver.run("resume", provider, flow, on_progress)
        finally:
            self._setup.claims.left(ids)

    # -------------------------------------------------------------------- its own life

    def close(self) -> None:
        """Let the connections go, and the journal for good if it was opened here.

        A client that keeps no journal of its own may be used again, and closed again.
        """
        self._driver.close()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    @cached_property
    def _driver(self) -> BlockingDriver:
        from tintype._blocking import BlockingDriver  # noqa: PLC0415 - as in `Configured`

        made = BlockingDriver(self._setup, self._transport)
        # Threads that come first together share one: from Python 3.12 on nothing locks them out.
        return cast("BlockingDriver", vars(self).setdefault("_driver", made))
