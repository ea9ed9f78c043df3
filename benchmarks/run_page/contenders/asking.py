"""Reads a page once, and reports what it took and how many requests it sent."""

import json
from collections.abc import Callable

from benchmarks.harness.measure import Work, peak_mb
from collage_core.aws.request_counts import RequestCounts
from collage_core.aws.s3_store import S3Store
from lambda_pkg.services import connect_s3


def ask(page: Callable[[S3Store], str], *, before: Callable[[S3Store], object] | None) -> None:
    """Measure `page`, which gives a line about what it has found.

    `before` is what the same process was asked before, without being measured.
    """
    client = connect_s3()
    store, counts = S3Store(client), RequestCounts()
    if before is not None:
        before(store)
    counts.watch(client)
    found: list[str] = []
    work = Work.of(lambda: found.append(page(store)), idle_mb=peak_mb())
    requests = counts.requests
    print(found[0])
    print(json.dumps({"lists": requests.lists, "gets": requests.gets}))
    work.report()
