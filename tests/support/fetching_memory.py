"""`python -m tests.support.fetching_memory URL DOWNLOADS`: what becomes of a cover, and the bytes.

So many threads fetch the URL at once, one try each, and must all come to the same. A process of
its own, because memory that was once used does not come back.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from collage_core.contract.config import ProcessingConfig
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.result import Failed
from tests.support.decoding_memory import forget_peak, peak


def ending(fetcher: Fetcher, url: str) -> str:
    """The reason why there is nothing, or "fetched"."""
    result = fetcher.fetch(url, seconds_left=100.0)
    return result.reason if isinstance(result, Failed) else "fetched"


if __name__ == "__main__":
    url, downloads = sys.argv[1], int(sys.argv[2])
    config = ProcessingConfig(max_workers=downloads, max_retries=0)
    with Fetcher(["127.0.0.1"], config) as fetcher, ThreadPoolExecutor(downloads) as pool:
        forget_peak()
        before = peak()
        (became,) = set(pool.map(lambda _: ending(fetcher, url), range(downloads)))
        taken = peak() - before
    print(became, taken)  # noqa: T201
