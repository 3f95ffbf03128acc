"""Group commit: one thread writes what many wait for, in one transaction."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias

from attrs import frozen

from tintype.entries import Entry
from tintype.errors import JournalError, TintypeError

_MOST_AT_ONCE = 256


@frozen
class Waiting:
    """An entry, and who waits for it."""

    entry: Entry
    done: Future[str]


class BatchError(Exception):
    """What kept a whole batch from being written, whatever stood in it."""


# Applies entries in one transaction: an id for each, or the error that refused it alone.
Apply: TypeAlias = Callable[[list[Entry]], list[str | TintypeError]]


class Writer:
    """Hands batches of entries to `apply`, and tells everyone who waits how it went."""

    def __init__(self, apply: Apply) -> None:
        self._apply = apply
        self._closed = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have nothing waiting and no thread, as in a process that was just forked."""
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, entry: Entry) -> Future[str]:
        """Have an entry written."""
        done: Future[str] = Future()
        with self._lock:
            if self._closed:
                done.set_exception(JournalError("The journal is closed."))
                return done
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="tintype-journal", daemon=True
                )
                self._thread.start()
            self._queue.put(Waiting(entry, done))
        return done

    def close(self) -> None:
        """Write what is waiting, and stop."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = self._drained(first)
            self._write(batch)
            if last:
                return

    def _drained(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """What is waiting by now, and whether nothing more will come."""
        batch = [first]
        while len(batch) < _MOST_AT_ONCE:
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


def unwritten(error: Exception) -> JournalError:
    """The error for a journal that could not be written."""
    reason = str(getattr(error, "orig", None) or error)
    return JournalError(f"The journal could not be written: {reason}")
