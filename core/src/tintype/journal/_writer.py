"""Group commit: one thread writes what many wait for, in one transaction."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias

from attrs import evolve, frozen

from tintype.entries import Entry
from tintype.errors import JournalError, TintypeError

_MAX_AT_ONCE = 256
_MANY = 4  # entries of one transaction, after which the next waits a moment for more
_MOMENT = 0.02  # seconds
_IDLE = 5.0  # seconds without an entry, after which something else may be written


@frozen
class Waiting:
    """An entry, and who waits for it."""

    entry: Entry
    done: Future[str]


class BatchError(Exception):
    """What kept a whole batch from being written, whatever stood in it."""


# Applies entries in one transaction: an id for each, or the error that refused it alone.
Apply: TypeAlias = Callable[[list[Entry]], list[str | TintypeError]]
# Makes an entry ready to be applied, and what belongs to it durable.
Prepare: TypeAlias = Callable[[Entry], Entry]
_Queue: TypeAlias = "queue.SimpleQueue[Waiting | None]"


class Writer:
    """Prepares entries, hands batches of them to `apply`, and tells who waits how it went.

    Two threads, one behind the other: what `apply` waits for keeps nothing from being prepared,
    and what needs no preparation, and has none before it, goes to the second at once. As long as
    there is nothing to write `idle` is called every now and then.
    """

    def __init__(
        self,
        apply: Apply,
        prepare: Prepare = lambda entry: entry,
        needs: Callable[[Entry], bool] = lambda _: False,
        idle: Callable[[], None] = lambda: None,
        pause: float = _IDLE,
    ) -> None:
        self._apply = apply
        self._prepare = prepare
        self._needs = needs
        self._idle = idle
        self._pause = pause
        self._closed = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have nothing waiting and no thread, as in a process that was just forked."""
        self._unprepared: _Queue = queue.SimpleQueue()
        self._queue: _Queue = queue.SimpleQueue()
        self._preparing = 0
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def submit(self, entry: Entry) -> Future[str]:
        """Have an entry written. Who cancels the future in time has it not written."""
        done: Future[str] = Future()
        with self._lock:
            if self._closed:
                done.set_exception(JournalError("The journal is closed. Nothing was written."))
                return done
            if not self._threads:
                self._start()
            if self._preparing or self._needs(entry):
                self._preparing += 1
                self._unprepared.put(Waiting(entry, done))
            else:
                self._queue.put(Waiting(entry, done))
        return done

    def _start(self) -> None:
        for work, name in ((self._prepare_all, "tintype-spool"), (self._work, "tintype-journal")):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Write what is waiting, and stop."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
        self._unprepared.put(None)
        for thread in threads:
            thread.join()

    def _prepare_all(self) -> None:
        unprepared, prepared = self._unprepared, self._queue
        while (waiting := unprepared.get()) is not None:
            try:
                prepared.put(evolve(waiting, entry=self._prepare(waiting.entry)))
            except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
                failure = error if isinstance(error, TintypeError) else unwritten(error)
                _tell(waiting.done, failure)
            with self._lock:
                self._preparing -= 1
        prepared.put(None)

    def _work(self) -> None:
        batch: list[Waiting] = []
        while (first := self._next()) is not None:
            if len(batch) >= _MANY:  # many write at once: each transaction has its own cost
                time.sleep(_MOMENT)
            batch, last = self._drained(first)
            # What nobody wants to be written any more is not.
            wanted = [each for each in batch if each.done.set_running_or_notify_cancel()]
            if wanted:
                self._write(wanted)
            if last:
                return

    def _next(self) -> Waiting | None:
        while True:
            try:
                return self._queue.get(timeout=self._pause)
            except queue.Empty:
                self._idle()

    def _drained(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """What is waiting by now, and whether nothing more will come."""
        batch = [first]
        while len(batch) < _MAX_AT_ONCE:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return batch, True
            batch.append(following)
        return batch, False

    def _write(self, batch: list[Waiting]) -> None:
        try:
            answers = self._apply([waiting.entry for waiting in batch])
        except BatchError as error:  # to try each alone would wait as long for each
            answers = [unwritten(error.args[0]) for _ in batch]
        except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            if len(batch) > 1:  # nobody is refused for what is wrong with another's entry
                for waiting in batch:
                    self._write([waiting])
                return
            answers = [error if isinstance(error, TintypeError) else unwritten(error)]
        for waiting, answer in zip(batch, answers, strict=True):
            if isinstance(answer, TintypeError):
                waiting.done.set_exception(answer)
            else:
                waiting.done.set_result(answer)


def _tell(done: Future[str], failure: TintypeError) -> None:
    if done.set_running_or_notify_cancel():
        done.set_exception(failure)


def unwritten(error: Exception) -> JournalError:
    """The error for a journal that could not be written."""
    reason = str(getattr(error, "orig", None) or error)
    return JournalError(f"The journal could not be written: {reason}")
