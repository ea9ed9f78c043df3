"""What became of each row of a creator: the engine's part of the books, for any recipe."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.creator_record import CreatorRecord
from collage_core.contract.date_counts import ISO, DateCounts
from collage_core.contract.reasons import REJECTIONS
from collage_core.contract.receipt import CreatorResult, DeadCover, Outcome
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_url import host_of
from collage_core.covers.rows import CoverRow
from collage_core.worker.dead_covers import dead_covers, dead_in_record
from collage_core.worker.loading import LoadedCreator
from collage_core.worker.recipe import Ingredients
from collage_core.worker.writing import WrittenCreator

DUPLICATE = "duplicate"
NOT_SELECTED = "not_selected"
NOT_FAILED = {DUPLICATE, NOT_SELECTED}
"""What a record says of rows that were not placed, besides the reasons of failed ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the books of a chunk count of one creator."""

    books: Books
    dates: DateCounts
    rejected: Sequence[RejectedRow]
    failed_hosts: Mapping[str, int]
    """Failed covers by the host in their URL."""
    result: CreatorResult | None
    """None for rows whose creator cannot be read."""
    dead: Sequence[DeadCover] = ()
    """Covers that were asked for and whose URLs are dead."""


@dataclass(frozen=True, slots=True)
class Account[Part]:
    """The rows of one creator by what became of them."""

    loaded: LoadedCreator[Part]
    placed: list[CoverRow]
    parts: list[Part]
    failed: list[tuple[CoverRow, str]]
    rejected: list[RejectedRow]
    not_selected: list[CoverRow]
    """Rows that were not fetched, the reserves that were not needed first."""

    @classmethod
    def of(cls, loaded: LoadedCreator[Part]) -> "Account[Part]":
        """Takes the parts out of `loaded`, so that a recipe can free them one by one."""
        asked, not_needed = loaded.asked_and_not_needed
        not_selected = [*not_needed, *loaded.selection.not_selected]
        account = cls(loaded, [], [], [], list(loaded.group.rejected), not_selected)
        for row, cover in zip(asked, loaded.covers, strict=True):
            if not isinstance(cover, str):
                account.placed.append(row)
                account.parts.append(cover)
            elif cover in REJECTIONS:
                account.rejected.append(RejectedRow(row.line, cover, row.offset, row.creator))
            else:
                account.failed.append((row, cover))
        loaded.covers.clear()
        return account

    @property
    def rows(self) -> RowCounts:
        """`total` counts the rows that were read, the others what became of them."""
        group, selection = self.loaded.group, self.loaded.selection
        return RowCounts(
            total=len(group.rows) + len(group.rejected),
            placed=len(self.placed),
            duplicate=len(selection.duplicates),
            not_selected=len(self.not_selected),
            rejected=len(self.rejected),
            failed=len(self.failed),
        )

    @property
    def reasons(self) -> Counter[str]:
        """How many rows were rejected or failed, by reason."""
        return Counter([*(row.reason for row in self.rejected), *(why for _, why in self.failed)])

    @property
    def failed_hosts(self) -> Counter[str]:
        """How many covers failed, by the host in their URL."""
        return Counter(host_of(row.url) for row, _ in self.failed)

    @property
    def outcome(self) -> Outcome:
        """Whether as many covers are placed as were selected, fewer, or none.

        A cover that failed and was replaced leaves the creator complete.
        """
        if not self.placed:
            return Outcome.FAILED
        is_complete = len(self.placed) == len(self.loaded.selection.selected)
        return Outcome.COMPLETE if is_complete else Outcome.PARTIAL

    @property
    def dates(self) -> DateCounts:
        """The dates of the rows. In a canonical CSV every readable date is in ISO."""
        rows = self.loaded.group.rows
        read = sum(row.updated_at is not None for row in rows)
        unread = sum(row.is_date_unread for row in rows)
        return DateCounts(read, unread, ISO if read else None)

    def ingredients(self, creator: str) -> Ingredients[Part]:
        """What the recipe gets, with the same list of parts."""
        selection = self.loaded.selection
        return Ingredients(
            creator=creator,
            placed=self.placed,
            parts=self.parts,
            not_placed=[
                *self.failed,
                *((row, DUPLICATE) for row in selection.duplicates),
                *((row, NOT_SELECTED) for row in self.not_selected),
            ],
            rows=self.rows,
            reasons=self.reasons,
            outcome=self.outcome,
        )

    def entry(self, written: WrittenCreator | None) -> Entry:
        """What the books count of this creator, as written; None: the name cannot be read."""
        if written is None:
            books = Books(self.rows, self.reasons)
            return Entry(books, self.dates, self.rejected, self.failed_hosts, None)
        result, record = written.result, written.record
        rows = self.loaded.group.rows
        return Entry(
            Books(result.rows, result.known_reasons, _one(result.outcome), result.object_counts),
            self.dates,
            self.rejected,
            self.failed_hosts if record is None else _failed_hosts(record),
            result,
            dead_covers(self.failed) if record is None else dead_in_record(record, rows),
        )


def _one(outcome: Outcome) -> CreatorCounts:
    return CreatorCounts(
        total=1,
        complete=int(outcome is Outcome.COMPLETE),
        partial=int(outcome is Outcome.PARTIAL),
        failed=int(outcome is Outcome.FAILED),
    )


def _failed_hosts(record: CreatorRecord) -> Counter[str]:
    failed = (row.url for row in record.not_placed if row.reason not in NOT_FAILED)
    return Counter(host_of(url) for url in failed)
