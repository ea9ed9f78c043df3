"""What a page would read without a plan: `python -m benchmarks.run_page.contenders.naive WAY`.

`one-by-one` and `ten-at-once` list the receipts of the closed run, read all of them with
`json.loads`, and add up their rows. `records` reads the creators as the contract reads them.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.run_page.contenders.asking import ask
from benchmarks.run_page.large_run import CLOSED, SETTINGS, TIMESTAMPS
from collage_core.aws.s3_store import S3Store
from collage_core.layout import keys
from collage_core.run.recorded_run import RecordedRun
from collage_core.storage.documents import READERS


def _receipts(store: S3Store, at_once: int) -> str:
    bucket = SETTINGS.temp_bucket
    listed = [*store.list_keys(bucket, keys.receipts(CLOSED))]

    def rows(key: str) -> int:
        found = store.get(bucket, key)
        return 0 if found is None else int(json.loads(found.body)["rows"]["placed"])

    with ThreadPoolExecutor(at_once) as pool:
        placed = sum(pool.map(rows, listed))
    return f"{placed:,} rows placed in {len(listed)} chunks"


def _records(store: S3Store) -> str:
    record = RecordedRun.open(store, SETTINGS, TIMESTAMPS[CLOSED], CLOSED)
    return f"{sum(1 for _ in record.creators()):,} creators"


WAYS: dict[str, Callable[[S3Store], str]] = {
    "one-by-one": lambda store: _receipts(store, 1),
    "ten-at-once": lambda store: _receipts(store, READERS),
    "records": _records,
}

if __name__ == "__main__":
    ask(WAYS[sys.argv[1]], before=None)
