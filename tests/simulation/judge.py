"""What must hold when everything has ended: books = receipts = objects, and nothing paid twice."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

from collage_core.contract.books import RowCounts
from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.manifest import Manifest
from collage_core.contract.pack import ChunkPacks, PackIndex
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.run_record import RecordedCreators
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.packs.directory import BrokenPackError, read_directory
from collage_core.settings import Settings
from tests.simulation.airflow import RUN_ID
from tests.simulation.products import Product
from tests.simulation.s3 import SimulatedS3


class Bucket:
    """The objects of the run in the buckets, as documents."""

    def __init__(self, s3: SimulatedS3, settings: Settings, product: Product) -> None:
        self._s3, self._settings, self._product = s3, settings, product
        self.output, self.temp = settings.output_bucket, settings.temp_bucket

    def manifest(self, run_id: str = RUN_ID) -> Manifest | None:
        found = self._s3.peek(self.temp, keys.manifest(run_id))
        return None if found is None else read(found.body, Manifest)

    def manifests(self) -> list[Manifest]:
        """The plans of all runs."""
        found = [
            read(item.body, Manifest)
            for key, item in self._s3.buckets.get(self.temp, {}).items()
            if key.endswith("/manifest.json")
        ]
        return sorted(found, key=lambda manifest: manifest.run_timestamp)

    def summary(self, manifest: Manifest) -> RunSummary | None:
        for run_id in (None, manifest.run_id):
            key = keys.processing_summary(manifest.run_timestamp, run_id)
            found = self._s3.peek(self.output, key)
            if found is not None:
                summary = read(found.body, RunSummary)
                if summary.run_id == manifest.run_id:
                    return summary
        return None

    def receipt(self, run_id: str, chunk_id: str) -> Receipt | None:
        found = self._s3.peek(self.temp, keys.receipt(run_id, chunk_id))
        return None if found is None else read(found.body, Receipt)

    def metadata(self) -> Iterator[tuple[str, CollageMetadata]]:
        """Those of all creators, by key."""
        for key, item in self._s3.buckets.get(self.output, {}).items():
            if "_metadata_" in key:
                yield key, read(item.body, CollageMetadata)

    def violations(self) -> Iterator[str]:
        """Everything that is not as the books say."""
        expected: set[str] = set()
        lines: Counter[tuple[str, str]] = Counter()
        manifests = self.manifests()
        if not manifests:
            yield "there is no run"
        for manifest in manifests:
            yield from self._of_run(manifest, expected, lines)
        for key in self._s3.buckets.get(self.output, {}):
            is_creators = key.startswith(("collages/", "thumbnails/")) or "_metadata_" in key
            if is_creators and key not in expected:
                yield f"W1: {key} is in no receipt"
        found = self._lines_of_results()
        if found != lines:
            yield f"the batch results have {found - lines} too much, and lack {lines - found}"

    def _of_run(
        self, manifest: Manifest, expected: set[str], lines: Counter[tuple[str, str]]
    ) -> Iterator[str]:
        summary, run_id = self.summary(manifest), manifest.run_id
        if summary is None:
            yield f"run {run_id} has no summary"
            return
        rows = summary.books.rows
        if rows.total != manifest.rows or rows.total != rows.explained:
            yield f"the summary of {run_id} counts {rows}, the manifest {manifest.rows} rows"
        results = self._recorded(manifest)
        counted = sum((result.rows for result in results), RowCounts())
        if (counted.placed, counted.failed) != (rows.placed, rows.failed):
            yield f"the summary of {run_id} counts {rows}, its record {counted}"
        if len({result.creator for result in results}) != len(results):
            yield f"a creator of {run_id} is recorded twice"
        for chunk in manifest.chunks:
            if self.receipt(run_id, chunk.chunk_id) is None:
                yield f"chunk {chunk.chunk_id} of {run_id} has no receipt"
        yield from self._of_packs(run_id)
        for result in results:
            lines[run_id, result.creator] += 1
            yield from self._of_creator(result, manifest, expected)

    def _of_packs(self, run_id: str) -> Iterator[str]:
        """The index of a run has all packs that it wrote, as they are, and they can be read."""
        planned = self._s3.peek(self.temp, keys.packs_of_all_chunks(run_id))
        if planned is None:
            if run_id != RUN_ID:  # the person clears dispatch also while plan is at work
                yield f"nothing says where {run_id} keeps covers"
            return
        folder = read(planned.body, ChunkPacks).folder
        there = {
            key: item
            for key, item in self._s3.buckets.get(self.temp, {}).items()
            if key.startswith(folder) and keys.is_pack(key)
        }
        found = self._s3.peek(self.temp, keys.pack_index(folder))
        packs = [] if found is None else read(found.body, PackIndex).packs
        indexed = {pack.key: pack.etag for pack in packs}
        if run_id != RUN_ID:  # nobody closes it once more after the last worker
            there = {key: item for key, item in there.items() if key in indexed}
        if indexed != {key: item.etag for key, item in there.items()}:
            yield f"the index of {run_id} has {indexed}, and there is {sorted(there)}"
            return
        for pack in packs:
            try:
                members = read_directory(there[pack.key].body[pack.directory_at :], pack)
            except BrokenPackError as error:
                yield f"{pack.key}: {error}"
            else:
                if len(members) != pack.covers:
                    yield f"{pack.key} has {len(members)} covers that can be found, not {pack}"

    def _recorded(self, manifest: Manifest) -> list[CreatorResult]:
        """The creators of a run as they are kept for good."""
        results: list[CreatorResult] = []
        for page in itertools.count(1):
            key = keys.recorded_creators(manifest.run_timestamp, manifest.run_id, page)
            found = self._s3.peek(self.output, key)
            if found is None:
                return results
            results += read(found.body, RecordedCreators).creators
        return results

    def _lines_of_results(self) -> Counter[tuple[str, str]]:
        return Counter(
            (row[0], row[1])
            for key, item in self._s3.buckets.get(self.output, {}).items()
            if "/batch_results_" in key
            for row in list(csv.reader(io.StringIO(item.body.decode("utf-8-sig"))))[1:]
        )

    def _of_creator(
        self, result: CreatorResult, manifest: Manifest, expected: set[str]
    ) -> Iterator[str]:
        by_kind = self._keys(result, manifest)
        expected.update(by_kind.values())
        if set(result.known_objects) != set(by_kind):
            kinds = set(result.known_objects)
            yield f"W2: {result.creator} has {kinds} in the record instead of {set(by_kind)}"
        bodies: dict[str, bytes] = {}
        for kind, key in by_kind.items():
            found, said = self._s3.peek(self.output, key), result.known_objects.get(kind)
            if found is None:
                yield f"{key} is missing"
                continue
            bodies[kind] = found.body
            if said and (said.etag, said.bytes) != (found.etag, len(found.body)):
                yield f"W2: {key} is another object than the record of {result.creator} names"
        if len(bodies) == len(by_kind):
            yield from self._of_bodies(result, manifest, bodies)

    def _keys(self, result: CreatorResult, manifest: Manifest) -> dict[str, str]:
        """The objects that a creator must have, by kind."""
        name, second = result.creator, manifest.run_timestamp
        by_kind = {"metadata": keys.metadata(name, second)}
        if result.rows.placed:
            by_kind["collage"] = keys.collage(name, second, manifest.trigger)
            by_kind["thumbnail"] = keys.thumbnail(name, second)
            if self._settings.by_creator_copies:
                by_kind["by_creator"] = keys.collage_by_creator(name, second)
        return by_kind

    def _of_bodies(
        self, result: CreatorResult, manifest: Manifest, bodies: Mapping[str, bytes]
    ) -> Iterator[str]:
        name = result.creator
        try:
            metadata = read(bodies["metadata"], CollageMetadata)
        except MessageError as error:
            yield f"W2: metadata of {name} cannot be read: {error}"
            return
        if (metadata.result.rows, metadata.result.outcome) != (result.rows, result.outcome):
            yield f"W2: metadata of {name} counts {metadata.result.rows}, record {result.rows}"
        if metadata.run_id != manifest.run_id:
            yield f"metadata of {name} is of run {metadata.run_id}"
        if len(metadata.cells) != result.rows.placed:
            yield f"W2: metadata of {name} has {len(metadata.cells)} cells of {result.rows}"
        if not result.rows.placed:
            return
        collage = bodies["collage"]
        for line in self._product.problems(collage, bodies["thumbnail"], metadata, manifest.config):
            yield f"W2: the collage of {name} {line}"
        if bodies.get("by_creator", collage) != collage:
            yield f"W2: the copy of {name} is another picture than the collage"
