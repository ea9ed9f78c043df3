"""A line of metrics for each chunk that is done. CloudWatch reads it out of the function's log.

The line is in AWS's embedded metric format, so nothing is asked of CloudWatch while a chunk is
worked on. It is printed and not logged: Lambda puts a prefix before what is logged, or wraps it in
JSON of its own, and CloudWatch takes only a line that is nothing but the JSON object.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import UnsetType

from collage_core.contract.receipt import Receipt
from collage_core.settings import Settings
from collage_core.worker.peak_memory import peak_memory_mb

DIMENSION = "Environment"
"""The only one. A run or a chunk would be a new metric each time, and each metric has its price."""

UNITS: Mapping[str, str] = {
    "placed": "Count",
    "failed": "Count",
    "rejected": "Count",
    "kept": "Count",
    "collages": "Count",
    "seconds": "Seconds",
    "peak_mb": "Megabytes",
}
"""The metrics, and their units as CloudWatch calls them."""


def metrics_line(
    receipt: Receipt, *, namespace: str, environment: str, peak_mb: float, moment: datetime
) -> str:
    """The metrics of a chunk whose receipt is written, as one line of JSON.

    They are of the whole chunk, whichever invocations it took, and `peak_mb` is of the process that
    has ended it. The run and the chunk are beside them, for searches.
    """
    books = receipt.books
    values = {
        "placed": books.rows.placed,
        "failed": books.rows.failed,
        "rejected": books.rows.rejected,
        "kept": 0 if isinstance(books.downloads, UnsetType) else books.downloads.kept,
        "collages": books.objects.collages,
        "seconds": books.seconds.get("total", 0),
        "peak_mb": round(peak_mb),
    }
    metrics = [{"Name": name, "Unit": unit} for name, unit in UNITS.items()]
    directive = {"Namespace": namespace, "Dimensions": [[DIMENSION]], "Metrics": metrics}
    document = {
        "_aws": {
            "Timestamp": round(moment.timestamp() * 1000),
            "CloudWatchMetrics": [directive],
        },
        DIMENSION: environment,
        "run_id": receipt.run_id,
        "chunk_id": receipt.chunk_id,
        **values,
    }
    return json.dumps(document)


def print_metrics(receipt: Receipt, settings: Settings) -> None:
    """Print the line, unless the function has no metrics."""
    if not settings.metrics_namespace:
        return
    line = metrics_line(
        receipt,
        namespace=settings.metrics_namespace,
        environment=settings.metrics_environment,
        peak_mb=peak_memory_mb(),
        moment=datetime.now(UTC),
    )
    # In one piece: what another thread prints meanwhile must not be in the middle of it.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
