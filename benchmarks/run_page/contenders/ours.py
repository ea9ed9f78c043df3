"""What the run page reads: `python -m benchmarks.run_page.contenders.ours PAGE`."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from benchmarks.run_page.contenders.asking import ask
from benchmarks.run_page.large_run import CLOSED, SETTINGS, TIMESTAMPS, WORKING
from collage_core.aws.s3_store import S3Store
from collage_core.views.chunks import read_chunks
from collage_core.views.gallery import GalleryQuery, read_gallery
from collage_core.views.run_view import RunView, read_run
from collage_core.views.throughput import throughput

SEARCHED = "0427"


def _view(run_id: str, store: S3Store) -> RunView:
    return read_run(store, SETTINGS, run_id, TIMESTAMPS[run_id], now=datetime.now(UTC))


def _first_page(run_id: str, store: S3Store) -> str:
    view = _view(run_id, store)
    steps = throughput(view)
    return f"{view.state}: {view.rows_done:,} rows done in {len(steps.steps) if steps else 0} steps"


def _chunks(run_id: str, store: S3Store) -> str:
    found = read_chunks(store, SETTINGS, _view(run_id, store))
    return f"{len(found.rows)} of {found.total} chunks"


def _gallery(run_id: str, query: GalleryQuery, store: S3Store) -> str:
    found = read_gallery(store, SETTINGS, run_id, TIMESTAMPS[run_id], query)
    return f"{found.found:,} of {found.searched:,} creators"


_ALL, _SEARCH = GalleryQuery(), GalleryQuery(text=SEARCHED, missing_only=True)

PAGES: dict[str, Callable[[S3Store], str]] = {
    "closed": partial(_first_page, CLOSED),
    "working": partial(_first_page, WORKING),
    "chunks": partial(_chunks, CLOSED),
    "gallery": partial(_gallery, CLOSED, _ALL),
    "gallery-working": partial(_gallery, WORKING, _ALL),
    "search": partial(_gallery, CLOSED, _SEARCH),
}

BEFORE: dict[str, Callable[[S3Store], str]] = {"search": PAGES["gallery"]}
"""A person searches in a gallery that is open."""

if __name__ == "__main__":
    ask(PAGES[sys.argv[1]], before=BEFORE.get(sys.argv[1]))
