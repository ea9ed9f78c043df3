"""Whether a chunk is still in the plan of its run, as a worker asks while it works on the chunk."""

import time
from collections.abc import Callable

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage
from collage_core.errors import PlanReplacedError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

_SECONDS_BETWEEN_LOOKS = 20.0
"""A worker that stood still for longer looks before it writes anything."""


class PlanWatch:
    """Looks at the manifest of a chunk's run. A `Plan` for the writer of the chunk's objects.

    A message of an older release, or one that a person has written, may have no manifest: its chunk
    counts as planned.
    """

    def __init__(
        self,
        store: ObjectStore,
        settings: Settings,
        message: ChunkMessage,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._bucket = settings.temp_bucket
        self._message = message
        self._clock = clock
        self._etag: str | None = None
        self._looked_at = clock()

    def check_now_and_then(self) -> None:
        """Check if the last check is some time ago. Raises PlanReplacedError."""
        if self._clock() - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self.check()

    def check(self) -> None:
        """Raise PlanReplacedError if the chunk is in no plan any more.

        Raises MessageError for a manifest that cannot be read.
        """
        looked_at = self._clock()
        key = keys.manifest(self._message.run_id)
        head = self._store.head(self._bucket, key)
        etag = None if head is None else head.etag
        if etag is None or etag != self._etag:
            if self.planned_chunk() is None and not self._may_lack_a_plan(etag):
                raise PlanReplacedError(
                    f"chunk {self._message.chunk_id} is in no plan of run {self._message.run_id} "
                    "any more: the run was planned again"
                )
            self._etag = etag
        self._looked_at = looked_at

    def planned_chunk(self) -> Chunk | None:
        """The chunk as the manifest has it; None if it has no such chunk or there is none."""
        run_id, chunk_id = self._message.run_id, self._message.chunk_id
        manifest = read_document(self._store, self._bucket, keys.manifest(run_id), Manifest)
        chunks = [] if manifest is None else manifest.chunks
        return next((chunk for chunk in chunks if chunk.chunk_id == chunk_id), None)

    def is_being_planned(self) -> bool:
        """Whether the run is being planned again at this moment."""
        return self._store.head(self._bucket, keys.planning(self._message.run_id)) is not None

    def _may_lack_a_plan(self, etag: str | None) -> bool:
        return etag is None and self._message.rows_sha256 is None
