"""What stands in for threads, clocks, covers and pictures where the code makes them itself."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from types import ModuleType, SimpleNamespace
from typing import Any

import collage_core.aws.again
import collage_core.run.stop
import collage_core.storage.documents
import collage_core.worker.chunk
import collage_core.worker.loading
import lambda_pkg.chunk
import lambda_pkg.sqs
from collage_core.contract.reading import read
from collage_core.contract.run_timestamp import RunTimestamp
from tests.simulation.covers import CoverServer, SimulatedFetcher
from tests.simulation.products import Product
from tests.simulation.scheduler import Scheduler, SimulatedExecutor


@contextmanager
def stand_ins(
    scheduler: Scheduler,
    covers: CoverServer,
    product: Product,
    *,
    inline_rows: int,
    now: Callable[[], RunTimestamp],
    on_unexpected: Callable[[], None],
) -> Iterator[None]:
    """Put them in their places. `on_unexpected` is called when the function catches any error."""

    def pool(threads: int | None = None, **_: object) -> SimulatedExecutor:
        return SimulatedExecutor(scheduler, threads)

    class Log:
        """The log of `lambda_pkg.sqs`, which catches what nobody has thought of."""

        def __getattr__(self, name: str) -> Any:
            return getattr(log, name)

        def exception(self, *_: object) -> None:
            on_unexpected()

    log = lambda_pkg.sqs.log
    values: dict[str, Any] = {
        "ThreadPoolExecutor": pool,
        "INLINE_ROWS": inline_rows,
        "read": _read,
    }
    patches: list[tuple[ModuleType, str, Any]] = [
        (collage_core.aws.again, "time", SimpleNamespace(sleep=scheduler.sleep)),
        (collage_core.aws.again, "random", scheduler.random),
        (collage_core.storage.documents, "json", SimpleNamespace(dumps=_dumps)),
        (collage_core.run.stop, "_now", now),
        # The system takes milliseconds to tell these two.
        (collage_core.worker.chunk, "peak_memory_mb", lambda: 0.0),
        (collage_core.worker.loading, "os", SimpleNamespace(cpu_count=lambda: 2)),
        (lambda_pkg.chunk, "Fetcher", lambda *_, **__: SimulatedFetcher(covers)),
        (lambda_pkg.chunk, "CollageRecipe", product.recipe),
        (lambda_pkg.sqs, "log", Log()),
        *((module, name, values[name]) for module, name in _places()),
    ]
    before = [getattr(module, name) for module, name, _ in patches]
    for module, name, value in patches:
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name, _), value in zip(patches, before, strict=True):
            setattr(module, name, value)


@cache
def _places() -> Sequence[tuple[ModuleType, str]]:
    """Where pools of threads are made and documents are read, and where the limit of rows is."""
    ours = [
        module
        for name, module in sys.modules.items()
        if name.startswith(("collage_core.", "lambda_pkg.")) and ".contract." not in name
    ]
    return [
        (module, name)
        for module in ours
        for name in ("ThreadPoolExecutor", "INLINE_ROWS", "read")
        if hasattr(module, name) and (name != "read" or module.read is read)
    ]


def _dumps(document: Any, **_: object) -> str:
    return json.dumps(document)  # without an indent, C writes it


_read_bytes = lru_cache(maxsize=2000)(read)


def _read(source: Any, kind: Any) -> Any:
    """The same bytes are read again and again."""
    return _read_bytes(source, kind) if isinstance(source, bytes) else read(source, kind)
