"""The same, but each chunk is compared with each pack."""

import sys
from pathlib import Path

from msgspec.structs import replace

from benchmarks.planning.kept_days import RUN_ID, SETTINGS, TODAY, store_in
from collage_core.contract.pack import ChunkPacks
from collage_core.layout import keys
from collage_core.packs.day_index import packs_of_last_days
from collage_core.run.run import Run
from collage_core.storage.documents import JSON, to_document

if __name__ == "__main__":
    store, bucket = store_in(Path(sys.argv[1])), SETTINGS.temp_bucket
    run = Run.open(store, SETTINGS, RUN_ID)
    packs = packs_of_last_days(store, bucket, today=TODAY, days=SETTINGS.keep_covers_days)
    of_run = ChunkPacks(folder=keys.packs_of_run(TODAY, RUN_ID))
    ranges = [(pack.first_creator.encode(), pack.last_creator.encode(), pack) for pack in packs]
    for chunk in run.manifest.chunks:
        begin, end = (chunk.first_creator or "").encode(), (chunk.last_creator or "").encode()
        found = [pack for first, last, pack in ranges if first <= end and last >= begin]
        document = to_document(replace(of_run, packs=found))
        key = keys.packs_of_chunk(RUN_ID, chunk.chunk_id)
        store.put(bucket, key, document, content_type=JSON)
