"""Workers in turns: a schedule decides whose request comes next, the same each time it is run."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any, override

from collage_core.storage.object_store import ListedObject, ObjectHead, ObjectStore, StoredObject


class Killed(BaseException):
    """The end of a worker that has no time to do anything about it."""


class InlineExecutor(Executor):
    """Does everything at once, in the thread that asks for it."""

    @override
    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  whoever asks for the result gets it
            future.set_exception(error)
        return future


class StoreInTurns(ObjectStore):
    """A store of which each request waits for the turn of its worker."""

    def __init__(self, store: ObjectStore, before: Callable[[], None]) -> None:
        self._store = store
        self._before = before

    @override
    def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
        self._before()
        return self._store.get(bucket, key, **asked)

    @override
    def put(self, bucket: str, key: str, body: bytes, **asked: Any) -> str:
        self._before()
        return self._store.put(bucket, key, body, **asked)

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        self._before()
        return self._store.head(bucket, key)

    @override
    def delete_keys(self, bucket: str, keys: Iterable[str]) -> None:
        self._before()
        self._store.delete_keys(bucket, keys)

    @override
    def delete_as_seen(self, bucket: str, key: str, *, etag: str) -> None:
        self._before()
        self._store.delete_as_seen(bucket, key, etag=etag)

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        self._before()
        return self._store.list_objects(bucket, prefix, after=after)

    @override
    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        self._before()
        return self._store.list_keys(bucket, prefix)

    @override
    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        self._before()
        return self._store.list_folders(bucket, prefix)

    @override
    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        self._before()
        return self._store.list_etags(bucket, prefix)


class Turn:
    """One worker: a thread that stops before each of its requests."""

    def __init__(self, work: Callable[["Turn"], object]) -> None:
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._is_killed = False
        self.is_over = False
        self.outcome: object = None
        """What the work returned or raised."""
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def wait(self, *_: object) -> None:
        """What the worker does before each request, and when it pauses."""
        self._stopped.release()
        self._go.acquire()
        if self._is_killed:
            raise Killed

    def step(self) -> None:
        """Let the worker make one request."""
        if not self.is_over:
            self._go.release()
            self._stopped.acquire()

    def steps(self, most: int) -> None:
        """Let the worker make so many requests, or fewer if it ends."""
        for _ in range(most):
            self.step()

    def finish(self) -> object:
        """Let the worker go on to its end; what it returned or raised."""
        while not self.is_over:
            self.step()
        return self.outcome

    def kill(self) -> None:
        """End the worker before its next request."""
        self._is_killed = True
        self.finish()

    def _run(self, work: Callable[["Turn"], object]) -> None:
        self._go.acquire()
        try:
            if not self._is_killed:
                self.outcome = work(self)
        except BaseException as error:  # noqa: BLE001  the test asks for it
            self.outcome = error
        self.is_over = True
        self._stopped.release()


def bodies(objects: Mapping[tuple[str, str], bytes], bucket: str) -> dict[str, bytes]:
    """The objects of a bucket by key."""
    return {key: body for (name, key), body in objects.items() if name == bucket}
