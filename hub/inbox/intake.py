"""Group commit: one writer thread keeps many callers' events in one transaction.

While one commit runs, the next callers queue up, so the batch grows with the load by itself: 1 when
idle, up to 200. A future resolves only after COMMIT. The queue is bounded: a full one refuses at once.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from hub.db.transaction import savepoint, transaction
from hub.inbox.store import Arrival, Receipt, receive
from hub.kernel.errors import BusyError

BATCH_MAX = 200
_STOP = None
log = structlog.get_logger()


class IntakeFullError(BusyError):
    """More webhooks wait than the hub is willing to hold in memory; nothing was kept."""

    code = "busy"


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    future: Future[list[Receipt]]


class Intake:
    """The writer thread and its queue; one per API process."""

    def __init__(self, *, queue_max: int, on_kept: Callable[[Session], None]) -> None:
        """`on_kept` is called inside each transaction, to ask for a nudge after its commit."""
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(maxsize=queue_max)
        self._on_kept = on_kept
        self._is_stopped = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)

    def start(self) -> None:
        """Start the writer."""
        self._thread.start()

    def stop(self) -> None:
        """Keep what is queued, then end: nothing that waits is thrown away. Who comes later is refused."""
        with self._door:
            self._is_stopped = True
        self._queue.put(_STOP)
        self._thread.join()

    def submit(self, arrivals: Sequence[Arrival]) -> Future[list[Receipt]]:
        """Queue one caller's events; the future holds receipts, or BusyError.

        Raises: IntakeFullError; BusyError once stopped: nobody would ever answer.
        """
        future: Future[list[Receipt]] = Future()
        with self._door:
            if self._is_stopped:
                raise BusyError(resource="intake")
            try:
                self._queue.put_nowait(_Waiting(arrivals, future))
            except queue.Full:
                raise IntakeFullError(resource="intake") from None
        return future

    def is_alive(self) -> bool:
        """Whether the writer runs; a dead one would leave every caller waiting."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while (first := self._queue.get()) is not _STOP:
            batch, is_last = self._gather(first)
            self._keep(batch)
            if is_last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Take what queued up meanwhile, without waiting for more."""
        batch, size = [first], len(first.arrivals)
        while size < BATCH_MAX:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is _STOP:
                return batch, True
            batch.append(waiting)
            size += len(waiting.arrivals)
        return batch, False

    def _keep(self, batch: list[_Waiting]) -> None:
        """Commit all together; when that fails, each alone, so that one bad caller fails alone."""
        try:
            with transaction() as session:
                receipts = receive(session, [arrival for waiting in batch for arrival in waiting.arrivals])
                self._on_kept(session)
        except BusyError as error:
            self._fail(batch, error)
        except Exception:  # a writer that dies would deafen the door
            log.exception("intake_batch_failed", callers=len(batch))
            self._keep_singly(batch)
        else:
            given = iter(receipts)
            for waiting in batch:
                _resolve(waiting.future, [next(given) for _ in waiting.arrivals])

    def _keep_singly(self, batch: list[_Waiting]) -> None:
        kept: list[tuple[_Waiting, list[Receipt]]] = []
        try:
            with transaction() as session:
                for waiting in batch:
                    try:
                        with savepoint(session):
                            kept.append((waiting, receive(session, waiting.arrivals)))
                    except Exception as error:  # its caller is told, the others are kept
                        log.exception("intake_caller_failed", events=len(waiting.arrivals))
                        self._fail([waiting], error)
                self._on_kept(session)
        except Exception as error:  # noqa: BLE001  # nothing was committed: all who still wait are told
            self._fail(batch, error)
        else:
            for waiting, receipts in kept:
                _resolve(waiting.future, receipts)

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        for waiting in batch:
            try:
                waiting.future.set_exception(error)
            except InvalidStateError:
                continue  # told already, or gone


def _resolve(future: Future[list[Receipt]], receipts: list[Receipt]) -> None:
    try:
        future.set_result(receipts)
    except InvalidStateError:
        return  # the caller hung up; the row is kept, and its repetition will find it
