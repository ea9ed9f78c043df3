"""A page of the creators of a run, searched and filtered.

Of a closed run they come from its record. While a run works, they come from the newest receipts,
and from those whose creators are around the name that is searched.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, islice, takewhile

from collage_core.contract.books import RowCounts
from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.settings import Settings
from collage_core.storage.documents import READERS
from collage_core.storage.object_store import ListedObject, ObjectStore
from collage_core.views.creator_index import CreatorIndex, IndexedCreator, fold, in_order
from collage_core.views.documents import Documents, Unreadable, check_run_id
from collage_core.views.etag_cache import EtagCache

PER_PAGE = 60

MOST_RECORDS = 4
"""Documents of a record that are looked through, of 50,000 creators each."""

MOST_RECEIPTS = 50
"""Receipts that are read of a run that is not closed."""

_indexes: EtagCache[CreatorIndex] = EtagCache(most=250_000, size=lambda index: len(index.creators))
"""By creators. A person who searches asks for the same ones with each letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryQuery:
    """Which creators are asked for: all conditions hold."""

    text: str = ""
    """A part of the name, in any case and without regard to marks."""
    missing_only: bool = False
    """Only creators of whom a cover is missing."""
    outcome: Outcome | None = None
    """Only creators who ended like this."""
    reason: str | None = None
    """Only creators of whom a cover is missing for this reason."""

    @property
    def asks_for_all(self) -> bool:
        """Whether there is no condition."""
        return self == _EVERYBODY


_EVERYBODY = GalleryQuery()


@dataclass(frozen=True, slots=True)
class GalleryCreator:
    """A creator as the gallery shows it."""

    creator: str
    """The name."""
    outcome: Outcome
    """How it ended."""
    rows: RowCounts
    """What became of the rows."""
    reasons: Mapping[str, int]
    """Rejected and failed rows by their reason."""
    collage_key: str | None
    """In the output bucket; None when no cover was placed."""
    thumbnail_key: str | None
    """The same for the thumbnail."""

    @property
    def missing(self) -> int:
        """Covers that could not be placed although they were wanted."""
        return self.rows.rejected + self.rows.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPage:
    """A page of creators, by the bytes of their names."""

    creators: Sequence[GalleryCreator] = ()
    """At most PER_PAGE."""
    page: int = 1
    """From 1."""
    pages: int = 1
    """At least 1."""
    found: int = 0
    """Creators on all pages."""
    searched: int = 0
    """Creators that were looked through."""
    is_complete: bool = True
    """Whether these are all creators of the run."""
    receipts_read: int | None = None
    """How many receipts they are from; None if they are from the record of the run."""
    receipts: int | None = None
    """How many receipts there are."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """How many of the creators that were looked through have each reason."""
    why_empty: str = ""
    """One sentence if there are no creators to show."""
    unreadable: Sequence[Unreadable] = ()
    """Documents that this release cannot read."""


def read_gallery(
    store: ObjectStore,
    settings: Settings,
    run_id: str,
    timestamp: RunTimestamp,
    query: GalleryQuery = _EVERYBODY,
    *,
    page: int = 1,
) -> GalleryPage:
    """A page of the creators that are asked for; the nearest page to a number.

    For a closed run one request, and one for each document of its record that is looked through
    and not in memory, at most MOST_RECORDS. For any other run three requests, one more for each
    1000 receipts, and at most MOST_RECEIPTS.

    Raises MessageError for what cannot be a run_id, and the errors of the store.
    """
    check_run_id(run_id)
    return _Gallery(store, settings, run_id, timestamp, query).page(page)


class _Gallery:
    """One question about the creators of one run."""

    def __init__(
        self,
        store: ObjectStore,
        settings: Settings,
        run_id: str,
        timestamp: RunTimestamp,
        query: GalleryQuery,
    ) -> None:
        self._store = store
        self._settings = settings
        self._run_id = run_id
        self._timestamp = timestamp
        self._query = query
        self._documents = Documents(store)

    def page(self, number: int) -> GalleryPage:
        record = keys.run_record(self._timestamp, self._run_id)
        found = self._store.list_objects(self._settings.output_bucket, record)
        listed = {item.key: item for item in found}
        if keys.recorded_manifest(self._timestamp, self._run_id) in listed:
            return self._of_record(listed, number)
        return self._of_receipts(number)

    def _of_record(self, listed: Mapping[str, ListedObject], number: int) -> GalleryPage:
        names = (keys.recorded_creators(self._timestamp, self._run_id, page) for page in count(1))
        documents = [listed[key] for key in takewhile(listed.__contains__, names)]
        read = documents[:MOST_RECORDS]
        indexes = self._indexes(self._settings.output_bucket, read, is_page=True)
        return self._shown(indexes, number, is_complete=len(documents) == len(read))

    def _of_receipts(self, number: int) -> GalleryPage:
        bucket = self._settings.temp_bucket
        manifest = self._documents.read(bucket, keys.manifest(self._run_id), Manifest)
        if manifest is None:
            return self._empty("Nothing is known of the creators of this run")
        if manifest.keep_only:
            return self._empty("This run only keeps covers: it makes no collages")
        prefix = keys.receipts(self._run_id)
        there = {item.key: item for item in self._store.list_objects(bucket, prefix)}
        of_plan = {
            chunk.chunk_id: there[key]
            for chunk in manifest.chunks
            if (key := keys.receipt(self._run_id, chunk.chunk_id)) in there
        }
        if not of_plan:
            return self._empty("No chunk of this run is done yet")
        chosen = [*islice(self._receipts_to_read(manifest, of_plan), MOST_RECEIPTS)]
        indexes = [in_order(self._indexes(bucket, chosen, is_page=False))]
        return self._shown(
            indexes,
            number,
            is_complete=len(chosen) == len(manifest.chunks),
            receipts_read=len(chosen),
            receipts=len(of_plan),
        )

    def _receipts_to_read(
        self, manifest: Manifest, of_plan: Mapping[str, ListedObject]
    ) -> Iterator[ListedObject]:
        """Those that may have a name that begins as the text does, then the newest."""
        around = [
            of_plan[chunk.chunk_id]
            for chunk in manifest.chunks
            if chunk.chunk_id in of_plan and _may_have(chunk, self._query.text)
        ]
        newest = sorted(of_plan.values(), key=lambda item: item.modified, reverse=True)
        yield from {item.key: item for item in (*around, *newest)}.values()

    def _indexes(
        self, bucket: str, wanted: Sequence[ListedObject], *, is_page: bool
    ) -> list[CreatorIndex]:
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(lambda item: self._index(bucket, item, is_page=is_page), wanted)
            return [index for index in found if index is not None]

    def _index(self, bucket: str, item: ListedObject, *, is_page: bool) -> CreatorIndex | None:
        if (kept := _indexes.get(bucket, item.key, item.etag)) is not None:
            return kept
        found = self._store.get(bucket, item.key)
        if found is None:  # removed since it was listed
            return None
        decode = CreatorIndex.of_page if is_page else CreatorIndex.of_receipt
        try:
            index = decode(found.body)
        except MessageError as error:
            self._documents.unreadable.append(Unreadable(bucket, item.key, str(error)))
            return None
        _indexes.keep(bucket, item.key, found.etag, index)
        return index

    def _shown(
        self,
        indexes: Sequence[CreatorIndex],
        number: int,
        *,
        is_complete: bool,
        receipts_read: int | None = None,
        receipts: int | None = None,
    ) -> GalleryPage:
        found = [*self._matching(indexes)]
        pages = max(1, -(-len(found) // PER_PAGE))
        number = min(max(number, 1), pages)
        reasons: Counter[str] = Counter()
        for index in indexes:
            reasons.update(index.reasons)
        return GalleryPage(
            creators=[
                self._creator(one) for one in found[(number - 1) * PER_PAGE : number * PER_PAGE]
            ],
            page=number,
            pages=pages,
            found=len(found),
            searched=sum(len(index.creators) for index in indexes),
            is_complete=is_complete and not self._documents.unreadable,
            receipts_read=receipts_read,
            receipts=receipts,
            reasons=reasons,
            why_empty="" if found else self._why_nobody(),
            unreadable=tuple(self._documents.unreadable),
        )

    def _matching(self, indexes: Iterable[CreatorIndex]) -> Iterator[IndexedCreator]:
        query, text = self._query, fold(self._query.text.strip())
        for index in indexes:
            if query.asks_for_all:
                yield from index.creators
                continue
            for creator, folded in zip(index.creators, index.folded, strict=True):
                if (
                    text in folded
                    and (query.outcome is None or creator.outcome is query.outcome)
                    and (not query.missing_only or creator.missing)
                    and (query.reason is None or query.reason in (creator.reasons or ()))
                ):
                    yield creator

    def _creator(self, one: IndexedCreator) -> GalleryCreator:
        rows, key = one.rows, one.collage_key
        return GalleryCreator(
            creator=one.creator,
            outcome=one.outcome,
            rows=RowCounts(
                total=rows.total,
                placed=rows.placed,
                duplicate=rows.duplicate,
                not_selected=rows.not_selected,
                rejected=rows.rejected,
                failed=rows.failed,
            ),
            reasons=one.reasons or {},
            collage_key=key,
            thumbnail_key=None if key is None else keys.thumbnail(one.creator, self._timestamp),
        )

    def _why_nobody(self) -> str:
        if not self._query.asks_for_all:
            return "No creator is like that"
        if self._documents.unreadable:
            return "No document about the creators of this run can be read"
        return "This run has no creators"

    def _empty(self, why: str) -> GalleryPage:
        return GalleryPage(
            why_empty=why,
            is_complete=False,
            receipts_read=0,
            receipts=0,
            unreadable=tuple(self._documents.unreadable),
        )


def _may_have(chunk: Chunk, text: str) -> bool:
    """Whether a chunk may have a creator whose name begins with a text."""
    begin = name_bytes(text.strip())
    if not begin or chunk.first_creator is None or chunk.last_creator is None:
        return False
    first, last = name_bytes(chunk.first_creator), name_bytes(chunk.last_creator)
    return first <= begin + b"\xff" and last >= begin
