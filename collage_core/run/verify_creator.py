"""Holds the documents and pictures of one creator against the record of the run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.manifest import Manifest
from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult
from collage_core.errors import MessageError
from collage_core.layout.creator_objects import ObjectKind, RunObjects
from collage_core.storage.object_store import ObjectStore

type Look = Callable[[bytes, bytes, CollageMetadata, PictureOptions], list[str]]
"""Opens a collage and its thumbnail, and says what is wrong with them, as
`opened_collage.picture_problems` does. Only a caller that has Pillow can hand it in."""


@dataclass
class CreatorCheck:
    """Looks at creators of one run."""

    store: ObjectStore
    bucket: str
    manifest: Manifest
    look: Look | None
    """None: no picture is read."""

    @cached_property
    def _places(self) -> RunObjects:
        return RunObjects.of(self.manifest)

    @cached_property
    def _chunks(self) -> frozenset[str]:
        return frozenset(chunk.chunk_id for chunk in self.manifest.chunks)

    def problems(self, result: CreatorResult) -> list[str]:
        """What is wrong with this creator, a line for each; empty if nothing is.

        Objects that are missing or have another ETag than the record are not looked at: the listing
        has found them already.
        """
        key = self._places.key("metadata", result.creator)
        found = self.store.get(self.bucket, key)
        if found is None or not _is_recorded(result, "metadata", found.etag):
            return [] if "metadata" in result.known_objects else [f"{key} is missing"]
        try:
            metadata = read(found.body, CollageMetadata)
        except MessageError as error:
            return [f"{key} cannot be read: {error}"]
        differing = [
            f"{key} has {what} {there!r}, and the record says {here!r}"
            for what, there, here in self._differences(metadata, result)
        ]
        return [*differing, *self._picture_problems(metadata, result)]

    def _differences(
        self, metadata: CollageMetadata, result: CreatorResult
    ) -> Iterator[tuple[str, object, object]]:
        """Each field of the metadata that is not as the record has it."""
        manifest, rows = self.manifest, result.rows
        recorded = _without_metadata(result)
        written = _as_far_as_known(metadata.result, recorded)
        pairs: list[tuple[str, object, object]] = [
            ("run_id", metadata.run_id, manifest.run_id),
            ("run_timestamp", metadata.run_timestamp, manifest.run_timestamp),
            ("trigger", metadata.trigger, manifest.trigger),
            ("cells", len(metadata.cells), rows.placed),
            ("not_placed", len(metadata.not_placed), rows.explained - rows.placed - rows.rejected),
            *(
                (name, getattr(written, name), getattr(recorded, name))
                for name in CreatorResult.__struct_fields__
            ),
        ]
        yield from (pair for pair in pairs if pair[1] != pair[2])
        if metadata.chunk_id is not None and metadata.chunk_id not in self._chunks:
            yield "chunk_id", metadata.chunk_id, "that the run has no such chunk"

    def _picture_problems(self, metadata: CollageMetadata, result: CreatorResult) -> Iterator[str]:
        if self.look is None or result.collage_key is None:
            return
        collage, thumbnail = self._body(result, "collage"), self._body(result, "thumbnail")
        if collage is None or thumbnail is None:
            if not result.known_objects:
                yield f"{result.collage_key} or its thumbnail is missing"
            return
        for line in self.look(collage, thumbnail, metadata, self.manifest.config):
            yield f"{result.collage_key}: {line}"
        if "by_creator" in result.known_objects:
            copy = self._body(result, "by_creator")
            if copy is not None and copy != collage:
                copy_key = self._places.key("by_creator", result.creator)
                yield f"{copy_key} is another picture than {result.collage_key}"

    def _body(self, result: CreatorResult, kind: ObjectKind) -> bytes | None:
        """The bytes of an object; None if it is not there as it was recorded."""
        found = self.store.get(self.bucket, self._places.key(kind, result.creator))
        return found.body if found and _is_recorded(result, kind, found.etag) else None


def _is_recorded(result: CreatorResult, kind: ObjectKind, etag: str) -> bool:
    """Whether the object has the ETag of the record, if the record has one."""
    written = result.known_objects.get(kind)
    return written.etag == etag if written else not result.known_objects


def _without_metadata(result: CreatorResult) -> CreatorResult:
    """A result as the metadata has it, which cannot contain its own ETag."""
    if isinstance(result.objects, UnsetType):
        return result
    pictures = {kind: item for kind, item in result.objects.items() if kind != "metadata"}
    return replace(result, objects=pictures)


def _as_far_as_known(written: CreatorResult, recorded: CreatorResult) -> CreatorResult:
    """What metadata says, and of what an older release left out of it, what the record says."""
    left_out = {
        name: getattr(recorded, name)
        for name in ("reasons", "objects", "pictures")
        if getattr(written, name) is UNSET
    }
    return replace(written, **left_out)
