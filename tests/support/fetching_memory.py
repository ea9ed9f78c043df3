"""`python -m tests.support.fetching_memory URL`: what became of a cover, and the bytes it took.

A process of its own, because memory that was once used does not come back.
"""

import sys

from collage_core.contract import ProcessingConfig
from collage_core.fetching.fetch import Failed, Fetcher
from tests.support.decoding_memory import forget_peak, peak

if __name__ == "__main__":
    with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:
        forget_peak()
        before = peak()
        result = fetcher.fetch(sys.argv[1], seconds_left=100.0)
        taken = peak() - before
    print(result.reason if isinstance(result, Failed) else "fetched", taken)  # noqa: T201
