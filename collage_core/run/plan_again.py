"""Plans a run that may have a plan already: while its CSV is written again, workers can tell.

Between the moment at which the CSV is overwritten and the moment at which the manifest is, workers
of the old plan read bytes that are not those of their chunks. The note that is here meanwhile tells
them that they are not asked any more, and that nothing is wrong.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON


@contextmanager
def planning_again(store: S3Store, settings: Settings, run_id: str) -> Iterator[Sequence[str]]:
    """Do in its body all from the first byte of the run's CSV to its manifest.

    Gives the names at which an earlier plan was cut, so that this one is cut there too (the `cuts`
    of `ChunkPlanner`). They are empty if there is none, or if its chunks had another length.

    If the body fails or is killed, the note stays: the CSV may have been replaced already. The next
    try removes it. Only a run with a manifest has workers, so only for such a run there is a note.
    """
    bucket, note = settings.temp_bucket, keys.planning(run_id)
    found = store.get(bucket, keys.manifest(run_id))
    if found is None:
        yield []
        return
    body = json.dumps({"run_id": run_id, "replaces": found.etag}, indent=2).encode() + b"\n"
    store.put(bucket, note, body, content_type=JSON)
    yield _cuts(found.body, settings)
    store.delete_keys(bucket, [note])


def _cuts(document: bytes, settings: Settings) -> Sequence[str]:
    try:
        earlier = read(document, Manifest)
    except MessageError:
        return []  # it is logged where it is replaced
    if earlier.chunk_rows != settings.planned_chunk_rows:
        return []
    return [chunk.first_creator for chunk in earlier.chunks if chunk.first_creator is not None]
