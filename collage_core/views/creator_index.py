"""The creators of a run in little memory: what a gallery shows and searches, and nothing else.

A document of a run's record has up to 50,000 creators, and half of its bytes are ETags. They are
decoded straight into what is kept.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import msgspec
from msgspec import Struct

from collage_core.contract.document import SCHEMA_VERSION
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.contract.run_record import RecordedCreators


class IndexedRows(Struct, frozen=True, gc=False):
    """What became of a creator's rows, as `RowCounts` has it."""

    total: int
    placed: int
    duplicate: int
    not_selected: int
    rejected: int
    failed: int


class IndexedCreator(Struct, frozen=True, gc=False):
    """What became of one creator."""

    creator: str
    """The creator's name."""
    outcome: Outcome
    """Whether the grid is as full as the rows allow, less full, or no cover was placed."""
    rows: IndexedRows
    """The creator's rows."""
    collage_key: str | None = None
    """Key in the output bucket; None when no cover could be placed."""
    reasons: Mapping[str, int] | None = None
    """Rejected and failed rows by their reason; None if they were left out."""

    @property
    def missing(self) -> int:
        """Covers that could not be placed although they were wanted."""
        return self.rows.rejected + self.rows.failed

    @classmethod
    def of(cls, result: CreatorResult) -> Self:
        """The same of a result that was read in full."""
        counts = msgspec.structs.astuple(result.rows)
        key, reasons = result.collage_key, result.known_reasons
        return cls(result.creator, result.outcome, IndexedRows(*counts), key, reasons or None)


@dataclass(frozen=True, slots=True)
class CreatorIndex:
    """Creators of one document, in its order."""

    creators: Sequence[IndexedCreator]
    folded: Sequence[str]
    """Their names as they are searched."""
    reasons: Mapping[str, int]
    """How many of them have each reason."""
    pages: int = 1
    """How many documents of this kind the run has."""

    @classmethod
    def of(cls, creators: Sequence[IndexedCreator], pages: int = 1) -> Self:
        """From the creators."""
        reasons: Counter[str] = Counter()
        for creator in creators:
            if creator.reasons:
                reasons.update(creator.reasons.keys())
        return cls(creators, [fold(creator.creator) for creator in creators], reasons, pages)

    @classmethod
    def of_page(cls, body: bytes) -> Self:
        """From a document of a run's record. Raises MessageError if it cannot be read."""
        try:
            page = _page_decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # The contract says what is wrong, or can read more: names that are not UTF-8.
            document = read(body, RecordedCreators)
            return cls.of([*map(IndexedCreator.of, document.creators)], document.pages)
        return cls.of(page.creators, page.pages)

    @classmethod
    def of_receipt(cls, body: bytes) -> Self:
        """From the receipt of a chunk. Raises MessageError if it cannot be read."""
        try:
            return cls.of(_receipt_decoder.decode(body).results)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return cls.of([*map(IndexedCreator.of, read(body, Receipt).results)])


def fold(text: str) -> str:
    """A name or a part of one as it is searched, as on the page of the command line.

    Compatible forms are the same (NFKD), marks do not count, and neither does the case.
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if unicodedata.category(each)[0] != "M").lower()


class _Page(Struct, gc=False, tag_field="schema_version", tag=SCHEMA_VERSION):
    pages: int
    creators: list[IndexedCreator]


class _Receipt(Struct, gc=False, tag_field="schema_version", tag=SCHEMA_VERSION):
    results: list[IndexedCreator]


_page_decoder = msgspec.json.Decoder(_Page)
_receipt_decoder = msgspec.json.Decoder(_Receipt)


def in_order(indexes: Iterable[CreatorIndex]) -> CreatorIndex:
    """The creators of several documents, by the bytes of their names."""
    creators = [creator for index in indexes for creator in index.creators]
    creators.sort(key=lambda one: one.creator.encode("utf-8", "surrogatepass"))
    return CreatorIndex.of(creators)
