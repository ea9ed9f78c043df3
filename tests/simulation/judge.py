"""What must hold when everything has ended: books = receipts = objects, and nothing paid twice."""

import json
from collections.abc import Iterator

from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.settings import Settings
from tests.simulation.airflow import RUN_ID, TIMESTAMP
from tests.simulation.s3 import SimulatedS3


class Bucket:
    """The objects of the run in the buckets, as documents."""

    def __init__(self, s3: SimulatedS3, settings: Settings) -> None:
        self._s3, self._settings = s3, settings
        self.output, self.temp = settings.output_bucket, settings.temp_bucket

    def manifest(self) -> Manifest | None:
        found = self._s3.peek(self.temp, keys.manifest(RUN_ID))
        return None if found is None else read(found.body, Manifest)

    def summary(self) -> RunSummary | None:
        found = self._s3.peek(self.output, keys.processing_summary(TIMESTAMP))
        return None if found is None else read(found.body, RunSummary)

    def receipt(self, chunk_id: str) -> Receipt | None:
        found = self._s3.peek(self.temp, keys.receipt(RUN_ID, chunk_id))
        return None if found is None else read(found.body, Receipt)

    def violations(self) -> Iterator[str]:
        """Everything that is not as the books say."""
        manifest, summary = self.manifest(), self.summary()
        if manifest is None or summary is None:
            yield "the run has no manifest or no summary"
            return
        rows = summary.books.rows
        if rows.total != manifest.rows or rows.total != rows.explained:
            yield f"the summary counts {rows}, the manifest {manifest.rows} rows"
        results: list[CreatorResult] = []
        for chunk in manifest.chunks:
            receipt = self.receipt(chunk.chunk_id)
            if receipt is None:
                yield f"chunk {chunk.chunk_id} has no receipt"
            else:
                results += receipt.results
        if sum(result.rows.placed for result in results) != rows.placed:
            yield "the summary and the receipts count other placed rows"
        expected: set[str] = set()
        for result in results:
            yield from self._of_creator(result, manifest, expected)
        for key in self._s3.buckets.get(self.output, {}):
            if key.startswith(("collages/", "thumbnails/", "metadata/")) and key not in expected:
                if "/claim_" not in key and "processing_log" not in key:
                    yield f"W1: {key} is in no receipt"

    def _of_creator(
        self, result: CreatorResult, manifest: Manifest, expected: set[str]
    ) -> Iterator[str]:
        name = result.creator
        metadata_key = keys.metadata(name, TIMESTAMP)
        collage_key = keys.collage(name, TIMESTAMP, manifest.trigger)
        copy_key = keys.collage_by_creator(name, TIMESTAMP)
        thumbnail_key = keys.thumbnail(name, TIMESTAMP)
        by_kind = {"metadata": metadata_key}
        if result.rows.placed:
            by_kind |= {"collage": collage_key, "thumbnail": thumbnail_key}
            if self._settings.by_creator_copies:
                by_kind["by_creator"] = copy_key
        pictures = [key for kind, key in by_kind.items() if kind != "metadata"]
        expected.update([metadata_key, *pictures])
        found = {key: self._s3.peek(self.output, key) for key in [metadata_key, *pictures]}
        for key, item in found.items():
            if item is None:
                yield f"{key} is missing"
        if None in found.values():
            return
        bodies = {key: item.body for key, item in found.items() if item is not None}
        if set(result.known_objects) != set(by_kind):
            yield f"W2: the receipt of {name} names {set(result.known_objects)} of {set(by_kind)}"
        for kind, key in by_kind.items():
            said, item = result.known_objects.get(kind), found.get(key)
            if (said is None) != (item is None):
                yield f"W2: the receipt names {said} as {kind} of {name}, but there is {item}"
            elif said and item and (said.etag, said.bytes) != (item.etag, len(item.body)):
                yield f"W2: {key} is another object than the receipt of {name} names"
        metadata = read(bodies[metadata_key], CollageMetadata)
        if (metadata.result.rows, metadata.result.outcome) != (result.rows, result.outcome):
            yield f"W2: metadata of {name} counts {metadata.result.rows}, receipt {result.rows}"
        if metadata.run_id != RUN_ID:
            yield f"metadata of {name} is of run {metadata.run_id}"
        if not pictures:
            return
        covers = json.loads(bodies[collage_key])
        shown = [cell.cover.url for cell in metadata.cells]
        if [cover.partition("#")[0] for cover in covers] != shown:
            yield f"W2: the collage of {name} shows {covers}, its metadata says {shown}"
        if len(covers) != result.rows.placed:
            yield f"W2: the collage of {name} shows {len(covers)} covers, its receipt says {result.rows.placed}"
        if bodies.get(copy_key, bodies[collage_key]) != bodies[collage_key]:
            yield f"W2: the copy of {name} is another picture than the collage"
        if json.loads(bodies[thumbnail_key])[1:] != covers:
            yield f"W2: the thumbnail of {name} is of another collage"
