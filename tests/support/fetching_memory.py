"""`python -m tests.support.fetching_memory URL DOWNLOADS`: the bytes that fetching it takes.

So many threads fetch the URL at once, one try each. A process of its own, because memory that
was once used does not come back. Prints the reason or "fetched" too.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from collage_core.contract import ProcessingConfig
from collage_core.fetching.fetch import Failed, Fetcher
from tests.support.decoding_memory import peak

if __name__ == "__main__":
    url, downloads = sys.argv[1], int(sys.argv[2])
    config = ProcessingConfig(max_workers=downloads, max_retries=0, timeout=20)
    with Fetcher(["127.0.0.1"], config) as fetcher, ThreadPoolExecutor(downloads) as pool:
        before = peak()
        results = [pool.submit(fetcher.fetch, url, seconds_left=60) for _ in range(downloads)]
        (ending,) = {
            str(result.result()) if isinstance(result.result(), Failed) else "fetched"
            for result in results
        }
    print(peak() - before, ending)  # noqa: T201
